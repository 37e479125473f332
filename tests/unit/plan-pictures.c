// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plan-pictures.h"

#include <string.h>

#define GUARD 0xc3

#define PLANE(plane, w_sub, h_sub) { plane, 0, 1, w_sub, h_sub }
#define PAIRED(offset, w_sub, h_sub) { 1, offset, 2, w_sub, h_sub }
#define PACKED(offset, pixel_stride) { 0, offset, pixel_stride, 0, 0 }
#define CHROMA_422(offset) { 0, offset, 4, 1, 0 }

#define PLANE16(plane, w_sub, h_sub) { plane, 0, 2, w_sub, h_sub }
#define PAIRED16(offset, h_sub) { 1, offset, 4, 1, h_sub }

#define YUV(name, ...) YUV16 (name, 0, 0, __VA_ARGS__)
#define YUV16(name, depth, shift, ...)                                         \
  { name, { ECBSR_COLOR_YUV, 3, { __VA_ARGS__ } }, 0, depth, shift }
#define YUVA(name, depth, shift, ...)                                          \
  { name, { ECBSR_COLOR_YUV, 4, { __VA_ARGS__ } }, 0, depth, shift }
#define GRAY16(name, depth, shift)                                             \
  { name, { ECBSR_COLOR_YUV, 1, { PLANE16 (0, 0, 0) } }, 0, depth, shift }
#define RGB(name, stride, r, g, b, unused)                                     \
  { name,                                                                      \
    { ECBSR_COLOR_RGB,                                                         \
      3,                                                                       \
      { PACKED (r, stride), PACKED (g, stride), PACKED (b, stride) } },        \
    unused, 0, 0 }
#define RGBA(name, r, g, b, a)                                                 \
  { name,                                                                      \
    { ECBSR_COLOR_RGB,                                                         \
      4,                                                                       \
      { PACKED (r, 4), PACKED (g, 4), PACKED (b, 4), PACKED (a, 4) } },        \
    0, 0, 0 }

#define RGBP(name, n, r, g, b)                                                 \
  { name,                                                                      \
    { ECBSR_COLOR_RGB,                                                         \
      n,                                                                       \
      { PLANE (r, 0, 0), PLANE (g, 0, 0), PLANE (b, 0, 0), PLANE (3, 0, 0) } },\
    0, 0, 0 }
#define RGBP16(name, n, depth, r, g, b)                                        \
  { name,                                                                      \
    { ECBSR_COLOR_RGB,                                                         \
      n,                                                                       \
      { PLANE16 (r, 0, 0), PLANE16 (g, 0, 0), PLANE16 (b, 0, 0),               \
        PLANE16 (3, 0, 0) } },                                                 \
    0, depth, 0 }

const Format formats[] = {
  { "GRAY8", { ECBSR_COLOR_YUV, 1, { PLANE (0, 0, 0) } }, 0, 0, 0 },
  YUV ("I420", PLANE (0, 0, 0), PLANE (1, 1, 1), PLANE (2, 1, 1)),
  YUV ("YV12", PLANE (0, 0, 0), PLANE (2, 1, 1), PLANE (1, 1, 1)),
  YUV ("Y42B", PLANE (0, 0, 0), PLANE (1, 1, 0), PLANE (2, 1, 0)),
  YUV ("Y444", PLANE (0, 0, 0), PLANE (1, 0, 0), PLANE (2, 0, 0)),
  YUV ("NV12", PLANE (0, 0, 0), PAIRED (0, 1, 1), PAIRED (1, 1, 1)),
  YUV ("NV21", PLANE (0, 0, 0), PAIRED (1, 1, 1), PAIRED (0, 1, 1)),
  YUV ("NV16", PLANE (0, 0, 0), PAIRED (0, 1, 0), PAIRED (1, 1, 0)),
  YUV ("NV61", PLANE (0, 0, 0), PAIRED (1, 1, 0), PAIRED (0, 1, 0)),
  YUV ("NV24", PLANE (0, 0, 0), PAIRED (0, 0, 0), PAIRED (1, 0, 0)),
  YUV ("Y41B", PLANE (0, 0, 0), PLANE (1, 2, 0), PLANE (2, 2, 0)),
  YUV ("YVU9", PLANE (0, 0, 0), PLANE (2, 2, 2), PLANE (1, 2, 2)),
  YUV ("v308", PACKED (0, 3), PACKED (1, 3), PACKED (2, 3)),
  YUV ("IYU2", PACKED (1, 3), PACKED (0, 3), PACKED (2, 3)),
  YUVA ("AYUV", 0, 0, PACKED (1, 4), PACKED (2, 4), PACKED (3, 4),
        PACKED (0, 4)),
  YUVA ("VUYA", 0, 0, PACKED (2, 4), PACKED (1, 4), PACKED (0, 4),
        PACKED (3, 4)),
  YUVA ("A420", 0, 0, PLANE (0, 0, 0), PLANE (1, 1, 1), PLANE (2, 1, 1),
        PLANE (3, 0, 0)),
  YUVA ("AV12", 0, 0, PLANE (0, 0, 0), PAIRED (0, 1, 1), PAIRED (1, 1, 1),
        PLANE (2, 0, 0)),
  { "VUYx",
    { ECBSR_COLOR_YUV, 3, { PACKED (2, 4), PACKED (1, 4), PACKED (0, 4) } },
    3 + 1, 0, 0 },
  YUV ("YUY2", PACKED (0, 2), CHROMA_422 (1), CHROMA_422 (3)),
  YUV ("YVYU", PACKED (0, 2), CHROMA_422 (3), CHROMA_422 (1)),
  YUV ("UYVY", PACKED (1, 2), CHROMA_422 (0), CHROMA_422 (2)),
  YUV ("VYUY", PACKED (1, 2), CHROMA_422 (2), CHROMA_422 (0)),
  RGB ("RGB", 3, 0, 1, 2, 0),
  RGB ("BGR", 3, 2, 1, 0, 0),
  RGB ("RGBx", 4, 0, 1, 2, 3 + 1),
  RGB ("xRGB", 4, 1, 2, 3, 0 + 1),
  RGB ("BGRx", 4, 2, 1, 0, 3 + 1),
  RGB ("xBGR", 4, 3, 2, 1, 0 + 1),
  RGBA ("RGBA", 0, 1, 2, 3),
  RGBA ("ARGB", 1, 2, 3, 0),
  RGBA ("BGRA", 2, 1, 0, 3),
  RGBA ("ABGR", 3, 2, 1, 0),
  RGBP ("RGBP", 3, 0, 1, 2),
  RGBP ("GBR", 3, 2, 0, 1),
  RGBP ("GBRA", 4, 2, 0, 1),
  RGBP16 ("GBR_10LE", 3, 10, 2, 0, 1),
  RGBP16 ("GBRA_12LE", 4, 12, 2, 0, 1),
  RGBP16 ("GBR_16LE", 3, 16, 2, 0, 1),
  GRAY16 ("GRAY10_LE16", 10, 0),
  GRAY16 ("GRAY12_LE16", 12, 0),
  GRAY16 ("GRAY16_LE", 16, 0),
  YUV16 ("I420_10LE", 10, 0, PLANE16 (0, 0, 0), PLANE16 (1, 1, 1),
         PLANE16 (2, 1, 1)),
  YUV16 ("I422_12LE", 12, 0, PLANE16 (0, 0, 0), PLANE16 (1, 1, 0),
         PLANE16 (2, 1, 0)),
  YUV16 ("Y444_16LE", 16, 0, PLANE16 (0, 0, 0), PLANE16 (1, 0, 0),
         PLANE16 (2, 0, 0)),
  YUV16 ("P010_10LE", 10, 6, PLANE16 (0, 0, 0), PAIRED16 (0, 1),
         PAIRED16 (2, 1)),
  YUV16 ("P210_12LE", 12, 4, PLANE16 (0, 0, 0), PAIRED16 (0, 0),
         PAIRED16 (2, 0)),
  YUV16 ("Y210", 10, 6, { 0, 0, 4, 0, 0 }, { 0, 2, 8, 1, 0 },
         { 0, 6, 8, 1, 0 }),
  YUV16 ("v216", 16, 0, { 0, 2, 4, 0, 0 }, { 0, 0, 8, 1, 0 },
         { 0, 4, 8, 1, 0 }),
  YUVA ("A422_10LE", 10, 0, PLANE16 (0, 0, 0), PLANE16 (1, 1, 0),
        PLANE16 (2, 1, 0), PLANE16 (3, 0, 0)),
  YUVA ("Y412_LE", 12, 4, { 0, 2, 8, 0, 0 }, { 0, 0, 8, 0, 0 },
        { 0, 4, 8, 0, 0 }, { 0, 6, 8, 0, 0 }),
  YUVA ("AYUV64", 16, 0, { 0, 2, 8, 0, 0 }, { 0, 4, 8, 0, 0 },
        { 0, 6, 8, 0, 0 }, { 0, 0, 8, 0, 0 }),
  { "RGBA64_LE",
    { ECBSR_COLOR_RGB,
      4,
      { { 0, 0, 8, 0, 0 }, { 0, 2, 8, 0, 0 }, { 0, 4, 8, 0, 0 },
        { 0, 6, 8, 0, 0 } } },
    0, 16, 0 },
};
const guint n_formats = G_N_ELEMENTS (formats);

const Setup default_setup = {
  .strength = 1,
  .n_threads = 1,
  .black = 16,
  .white = 235,
  .offset_x = 0.25,
  .offset_y = 0.5,
};

const Format *
format_find (const gchar *name)
{
  for (guint i = 0; i < n_formats; i++)
    if (strcmp (formats[i].name, name) == 0)
      return &formats[i];
  g_error ("no format %s", name);
}

guint
format_depth (const Format *format)
{
  return format->depth ? format->depth : 8;
}

gboolean
format_is_rgb (const Format *format)
{
  return format->layout.color == ECBSR_COLOR_RGB;
}

static guint
subsampled (guint size, guint sub)
{
  return (size + (1u << sub) - 1) >> sub;
}

guint
picture_width (const Picture *picture, guint c)
{
  return subsampled (picture->width,
                     picture->format->layout.component[c].w_sub);
}

guint
picture_height (const Picture *picture, guint c)
{
  return subsampled (picture->height,
                     picture->format->layout.component[c].h_sub);
}

static gsize
stride_of (gsize row_bytes, RowOrder order)
{
  if (order == ROWS_PADDED)
    return (row_bytes + 63) / 64 * 64 + 64;
  return order == ROWS_ODD ? row_bytes + 13 : row_bytes;
}

// A row of guards before and after.
static void
make_plane (Picture *picture, guint p, RowOrder order)
{
  const gsize stride = stride_of (picture->row_bytes[p], order);
  const gsize n_bytes = (picture->n_rows[p] + 2) * stride;

  picture->memory[p] = g_malloc (n_bytes);
  memset (picture->memory[p], GUARD, n_bytes);
  picture->planes.plane[p] = picture->memory[p] + stride;
  picture->planes.stride[p] = (gssize) stride;
  if (order != ROWS_FLIPPED)
    return;
  picture->planes.plane[p] += (picture->n_rows[p] - 1) * stride;
  picture->planes.stride[p] = -(gssize) stride;
}

Picture *
picture_new (const Format *format, guint width, guint height, RowOrder order)
{
  Picture *picture = g_new0 (Picture, 1);

  picture->format = format;
  picture->width = width;
  picture->height = height;
  // Whole pixels; in 4:2:2 in one plane chroma has the largest, of two.
  for (guint c = 0; c < format->layout.n_components; c++)
    {
      guint p = format->layout.component[c].plane;
      gsize bytes = (gsize) picture_width (picture, c)
                    * format->layout.component[c].pixel_stride;
      picture->n_planes = MAX (picture->n_planes, p + 1);
      picture->row_bytes[p] = MAX (picture->row_bytes[p], bytes);
      picture->n_rows[p] = picture_height (picture, c);
    }
  for (guint p = 0; p < picture->n_planes; p++)
    make_plane (picture, p, order);
  return picture;
}

void
picture_free (Picture *picture)
{
  for (guint p = 0; p < picture->n_planes; p++)
    g_free (picture->memory[p]);
  g_free (picture);
}

guint8 *
picture_sample (const Picture *picture, guint c, guint x, guint y)
{
  const EcbsrLayout *layout = &picture->format->layout;
  const guint p = layout->component[c].plane;

  return picture->planes.plane[p] + (gssize) y * picture->planes.stride[p]
         + (gsize) x * layout->component[c].pixel_stride
         + layout->component[c].offset;
}

guint
picture_get (const Picture *picture, guint c, guint x, guint y)
{
  const guint8 *bytes = picture_sample (picture, c, x, y);

  if (!picture->format->depth)
    return bytes[0];
  return (bytes[0] | (guint) bytes[1] << 8) >> picture->format->shift;
}

void
picture_set (const Picture *picture, guint c, guint x, guint y, guint value)
{
  guint8 *bytes = picture_sample (picture, c, x, y);

  value <<= picture->format->shift;
  bytes[0] = (guint8) value;
  if (picture->format->depth)
    bytes[1] = (guint8) (value >> 8);
}

// A hash of its arguments (the mixing steps of MurmurHash3).
static guint32
noise (guint seed, guint c, guint x, guint y)
{
  guint32 h = seed * 0x9e3779b1u ^ c * 0x85ebca77u ^ x * 0xc2b2ae3du
              ^ y * 0x27d4eb2fu;

  h = (h ^ h >> 16) * 0x85ebca6bu;
  h = (h ^ h >> 13) * 0xc2b2ae35u;
  return h;
}

void
picture_fill_noise (Picture *picture, guint seed)
{
  const guint down = 32 - format_depth (picture->format);

  for (guint c = 0; c < picture->format->layout.n_components; c++)
    for (guint y = 0; y < picture_height (picture, c); y++)
      for (guint x = 0; x < picture_width (picture, c); x++)
        picture_set (picture, c, x, y, noise (seed, c, x, y) >> down);
}

void
picture_fill (Picture *picture, guint c, guint value)
{
  for (guint y = 0; y < picture_height (picture, c); y++)
    for (guint x = 0; x < picture_width (picture, c); x++)
      picture_set (picture, c, x, y, value);
}

static void
assert_guards (const guint8 *from, const guint8 *to)
{
  for (; from < to; from++)
    g_assert_cmphex (*from, ==, GUARD);
}

void
picture_assert_intact (const Picture *picture)
{
  for (guint p = 0; p < picture->n_planes; p++)
    {
      gsize stride = (gsize) ABS (picture->planes.stride[p]);
      const guint8 *row = picture->memory[p];
      assert_guards (row, row + stride);
      for (guint y = 0; y < picture->n_rows[p]; y++)
        {
          row += stride;
          assert_guards (row + picture->row_bytes[p], row + stride);
        }
      assert_guards (row + stride, row + 2 * stride);
    }
}

void
picture_assert_near (const Picture *a, guint ca, const Picture *b, guint cb,
                     guint limit)
{
  g_assert_cmpuint (picture_width (a, ca), ==, picture_width (b, cb));
  g_assert_cmpuint (picture_height (a, ca), ==, picture_height (b, cb));
  for (guint y = 0; y < picture_height (a, ca); y++)
    for (guint x = 0; x < picture_width (a, ca); x++)
      {
        gint va = (gint) picture_get (a, ca, x, y);
        gint vb = (gint) picture_get (b, cb, x, y);
        if ((guint) ABS (va - vb) > limit)
          g_error ("component %u of %s, %u of %s: %d and %d at (%u,%u) of "
                   "%ux%u",
                   ca, a->format->name, cb, b->format->name, va, vb, x, y,
                   a->width, a->height);
      }
}

void
picture_assert_equal (const Picture *a, const Picture *b)
{
  for (guint c = 0; c < a->format->layout.n_components; c++)
    picture_assert_near (a, c, b, c, 0);
}

EcbsrPlanConfig
picture_config (const Picture *picture, const Setup *setup)
{
  const Format *format = picture->format;
  const gdouble unit = 1 << (format_depth (format) - 8);

  return (EcbsrPlanConfig) {
    .width = picture->width,
    .height = picture->height,
    .sample = format->depth ? ECBSR_SAMPLE_U16 : ECBSR_SAMPLE_U8,
    .depth = format->depth,
    .shift = format->shift,
    .layout = picture->format->layout,
    .black = setup->black * unit,
    .white = setup->white * unit,
    .luma_weight = { 0.2126, 0.7152, 0.0722 },
    .chroma_zero = 128 * unit,
    .chroma_span = 224 * unit,
    .chroma_offset_x = setup->offset_x,
    .chroma_offset_y = setup->offset_y,
    .chroma_shift_x = setup->shift_x,
    .chroma_shift_y = setup->shift_y,
    .field = setup->field,
    .n_threads = setup->n_threads,
    .tile_width = setup->tile_width,
    .band_height = setup->band_height,
  };
}

EcbsrRunParams
setup_params (const Setup *setup)
{
  return (EcbsrRunParams){
    .strength = setup->strength,
    .split = setup->split,
    .regions = setup->regions,
    .n_regions = setup->n_regions,
  };
}

Picture *
picture_upscale (EcbsrModel *model, const Picture *in, RowOrder out_order,
                 const Setup *setup)
{
  const EcbsrPlanConfig config = picture_config (in, setup);
  const EcbsrRunParams params = setup_params (setup);
  const guint scale = ecbsr_model_get_info (model)->scale;
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, &error);
  Picture *out = picture_new (in->format, in->width * scale,
                              in->height * scale, out_order);

  g_assert_no_error (error);
  ecbsr_plan_run (plan, &in->planes, &out->planes, &params);
  picture_assert_intact (in);
  picture_assert_intact (out);
  return out;
}
