// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Networks of three colours on pictures of every format: what comes out is what the
// definition of each format makes of R, G and B.

#include "plan-models.h"
#include "plan-pictures.h"

#include <math.h>
#include <string.h>

// A network that adds nothing repeats each pixel: components that go by way of R, G
// and B come back as they were, whatever they are, also beyond black and white.
static void
test_flat (gconstpointer data)
{
  const Format *format = data;
  const guint n = format->layout.n_components;
  g_autoptr (GRand) random = g_rand_new_with_seed (4);

  for (guint i = 0; i < 40; i++)
    {
      const guint scale = 1 + i % 4;
      g_autoptr (EcbsrModel) model = model_new_colors (scale, 0, NULL);
      g_autoptr (Picture) in = picture_new (format, 11, 6, ROWS_TIGHT);
      g_autoptr (Picture) out = NULL;
      guint value[4];
      Setup setup = default_setup;

      setup.field = i % 3;
      setup.offset_x = i % 2 ? 0.5 : 0.25;
      for (guint c = 0; c < n; c++)
        {
          value[c] = (guint) g_rand_int_range (random, 0, 1 << format_depth (format));
          picture_fill (in, c, value[c]);
        }
      out = picture_upscale (model, in, ROWS_ODD, &setup);
      for (guint c = 0; c < n; c++)
        for (guint y = 0; y < picture_height (out, c); y++)
          for (guint x = 0; x < picture_width (out, c); x++)
            g_assert_cmpint (ABS ((gint) picture_get (out, c, x, y) - (gint) value[c]),
                             <=, format_depth (format) > 12);
    }
}

// --------------------------------------------------------------- chroma --

// Keys's cubic by its definition.
static gdouble
keys (gdouble x)
{
  x = fabs (x);
  if (x < 1)
    return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

// Where samples lie in one direction, in pixels: sample i of a component at
// (i + site) · size, that of the output at (i + to) · size, pixel i at i + pixel.
typedef struct
{
  guint n; // samples
  gdouble size, site, to, pixel;
} Axis;

static gdouble
up_weight (const Axis *axis, gint i, guint pixel)
{
  return keys ((pixel + axis->pixel) / axis->size - axis->site - i);
}

// A sample of component c at pixel (x, y).
static gdouble
chroma_at (const Picture *in, guint c, const Axis *ax, const Axis *ay, guint x, guint y)
{
  gdouble sum = 0;

  for (gint j = -4; j < (gint) ay->n + 4; j++)
    for (gint i = -4; i < (gint) ax->n + 4; i++)
      {
        const gdouble weight = up_weight (ax, i, x) * up_weight (ay, j, y);
        if (weight != 0)
          sum += weight
                 * picture_get (in, c, (guint) CLAMP (i, 0, (gint) ax->n - 1),
                                (guint) CLAMP (j, 0, (gint) ay->n - 1));
      }
  return sum;
}

static gdouble *
chroma_of_pixels (const Picture *in, guint c, const Axis *ax, const Axis *ay)
{
  gdouble *chroma = g_new (gdouble, in->width * in->height);

  for (guint y = 0; y < in->height; y++)
    for (guint x = 0; x < in->width; x++)
      chroma[y * in->width + x] = chroma_at (in, c, ax, ay, x, y);
  return chroma;
}

// What pixel `i` counts for in sample `x` of the output: in the middle of a cell its
// pixels alike, else the cubic as wide as a cell.
static gdouble
down_weight (const Axis *axis, guint x, gint i)
{
  if ((axis->to - 0.5) * axis->size == axis->pixel - 0.5)
    return i >= x * axis->size && i < (x + 1) * axis->size;
  return keys ((i + axis->pixel) / axis->size - axis->to - x);
}

// A cubic's weights need not add up to 1.
static gdouble
down_total (const Axis *axis, guint x)
{
  gdouble sum = 0;

  for (gint i = -20; i < (gint) ((x + 1) * axis->size) + 20; i++)
    sum += down_weight (axis, x, i);
  return sum;
}

// Sample (x, y) of the output, of pixels that were repeated `scale` times.
static gdouble
expected_chroma (const Picture *in, const gdouble *chroma, guint scale, const Axis *ax,
                 const Axis *ay, guint x, guint y)
{
  const gint width = (gint) (in->width * scale), height = (gint) (in->height * scale);
  gdouble sum = 0;

  for (gint j = (gint) (y * ay->size) - 20; j < (gint) ((y + 1) * ay->size) + 20; j++)
    {
      const guint row = (guint) CLAMP (j, 0, height - 1) / scale;
      const gdouble row_weight = down_weight (ay, y, j);
      const gint first = (gint) (x * ax->size) - 20;

      for (gint i = first; row_weight != 0 && i < first + (gint) ax->size + 40; i++)
        sum += row_weight * down_weight (ax, x, i)
               * chroma[row * in->width + (guint) CLAMP (i, 0, width - 1) / scale];
    }
  return sum / down_total (ax, x) / down_total (ay, y);
}

static void
check_component (const Picture *in, const Picture *out, guint c, const Axis *ax,
                 const Axis *ay)
{
  const gint most = (1 << format_depth (in->format)) - 1;
  g_autofree gdouble *chroma = chroma_of_pixels (in, c, ax, ay);

  for (guint y = 0; y < picture_height (out, c); y++)
    for (guint x = 0; x < picture_width (out, c); x++)
      {
        const gdouble value
            = expected_chroma (in, chroma, out->width / in->width, ax, ay, x, y);
        g_assert_cmpfloat (
            fabs (picture_get (out, c, x, y) - CLAMP (value, 0, most)), <, 0.6);
      }
}

// A row of a field in that field's cells, of whole pictures' ones.
static gdouble
in_field (EcbsrField field, gdouble offset)
{
  return field == ECBSR_FIELD_NONE ? offset
                                   : (offset + (field == ECBSR_FIELD_BOTTOM)) / 2;
}

// Chroma on the first pixel of its cell, or in the middle of all of them.
static gdouble
site_of (guint sub, gboolean cosited)
{
  return cosited ? 0.5 / (1 << sub) : 0.5;
}

// Of so many columns and rows; `sites`: a bit for each of input and output, across and
// down.
static void
check_chroma (const Format *format, guint width, guint height, guint scale,
              EcbsrField field, guint sites)
{
  const guint w_sub = format->layout.component[1].w_sub;
  const guint h_sub = format->layout.component[1].h_sub;
  const gdouble x = site_of (w_sub, sites & 1), to_x = site_of (w_sub, sites & 2);
  const gdouble y = site_of (h_sub, sites & 4), to_y = site_of (h_sub, sites & 8);
  g_autoptr (EcbsrModel) model = model_new_colors (scale, 0, NULL);
  g_autoptr (Picture) in = picture_new (format, width, height, ROWS_TIGHT);
  g_autoptr (Picture) out = NULL;
  const Axis ax = { picture_width (in, 1), 1 << w_sub, x, to_x, 0.5 };
  const Axis ay = { picture_height (in, 1), 1 << h_sub, in_field (field, y),
                    in_field (field, to_y), in_field (field, 0.5) };
  Setup setup = default_setup;

  setup.field = field;
  setup.offset_x = x;
  setup.offset_y = y;
  setup.shift_x = to_x - x;
  setup.shift_y = to_y - y;
  setup.tile_width = 7;
  setup.band_height = 3;
  picture_fill_noise (in, 8);
  out = picture_upscale (model, in, ROWS_TIGHT, &setup);
  for (guint j = 0; j < out->height; j++)
    for (guint i = 0; i < out->width; i++)
      g_assert_cmpint (ABS ((gint) picture_get (out, 0, i, j)
                            - (gint) picture_get (in, 0, i / scale, j / scale)),
                       <=, 1);
  for (guint c = 1; c < 3; c++)
    check_component (in, out, c, &ax, &ay);
}

// All sitings of the input and the output; fields where the network's rows are theirs.
static void
test_chroma (gconstpointer data)
{
  const Format *format = data;

  for (guint sites = 0; sites < 16; sites++)
    {
      for (guint scale = 1; scale <= 4; scale++)
        check_chroma (format, 13, 9, scale, ECBSR_FIELD_NONE, sites);
      check_chroma (format, 1, 1, 1 + sites % 4, ECBSR_FIELD_NONE, sites);
      check_chroma (format, 2, 3, 1 + sites % 4, ECBSR_FIELD_NONE, sites);
      check_chroma (format, 13, 9, 1, ECBSR_FIELD_TOP, sites);
      check_chroma (format, 13, 9, 1, ECBSR_FIELD_BOTTOM, sites);
    }
}

// ------------------------------------------------------------- networks --

static gdouble
luma_of (const Picture *rgb, guint x, guint y)
{
  return 0.2126 * picture_get (rgb, 0, x, y) + 0.7152 * picture_get (rgb, 1, x, y)
         + 0.0722 * picture_get (rgb, 2, x, y);
}

// Grey is three colours alike, and stays grey: the luma of what becomes of them.
static void
test_grey (void)
{
  for (guint scale = 1; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) model = model_new_colors (scale, 0.2, NULL);
      g_autoptr (Picture) grey
          = picture_new (format_find ("GRAY8"), 33, 17, ROWS_TIGHT);
      g_autoptr (Picture) rgb
          = picture_new (format_find ("RGB"), 33, 17, ROWS_TIGHT);
      g_autoptr (Picture) grey_out = NULL, rgb_out = NULL;

      for (guint y = 0; y < 17; y++)
        for (guint x = 0; x < 33; x++)
          for (guint c = 0; c < 3; c++)
            {
              picture_set (grey, 0, x, y, 60 + (x * y * 7) % 130);
              picture_set (rgb, c, x, y, 60 + (x * y * 7) % 130);
            }
      grey_out = picture_upscale (model, grey, ROWS_TIGHT, &default_setup);
      rgb_out = picture_upscale (model, rgb, ROWS_TIGHT, &default_setup);
      for (guint y = 0; y < 17 * scale; y++)
        for (guint x = 0; x < 33 * scale; x++)
          g_assert_cmpfloat (fabs (picture_get (grey_out, 0, x, y)
                                   - luma_of (rgb_out, x, y)),
                             <=, 1);
    }
}

// R, G and B by the standard's equations, and Y, U and V of what becomes of them.
static void
test_rgb_as_yuv (void)
{
  static const gdouble k[] = { 0.2126, 0.7152, 0.0722 };
  g_autoptr (EcbsrModel) model = model_new_colors (2, 0.5, "replicate");
  g_autoptr (Picture) yuv
      = picture_new (format_find ("Y444_16LE"), 29, 13, ROWS_TIGHT);
  g_autoptr (Picture) rgb
      = picture_new (format_find ("RGBA64_LE"), 29, 13, ROWS_TIGHT);
  g_autoptr (Picture) yuv_out = NULL, rgb_out = NULL;
  const gdouble black = 16 * 256, span = 219 * 256, middle = 128 * 256, half = 224 * 256;

  picture_fill_noise (rgb, 2);
  for (guint y = 0; y < 13; y++)
    for (guint x = 0; x < 29; x++)
      {
        gdouble v[3], luma = 0;
        for (guint c = 0; c < 3; c++) // such that nothing is clamped anywhere
          picture_set (rgb, c, x, y, 20000 + picture_get (rgb, c, x, y) / 4);
        for (guint c = 0; c < 3; c++)
          luma += k[c] * (v[c] = (picture_get (rgb, c, x, y) - black) / span);
        picture_set (yuv, 0, x, y, (guint) (black + span * luma + 0.5));
        picture_set (yuv, 1, x, y,
                     (guint) (middle + half * (v[2] - luma) / (2 * (1 - k[2])) + 0.5));
        picture_set (yuv, 2, x, y,
                     (guint) (middle + half * (v[0] - luma) / (2 * (1 - k[0])) + 0.5));
      }
  yuv_out = picture_upscale (model, yuv, ROWS_TIGHT, &default_setup);
  rgb_out = picture_upscale (model, rgb, ROWS_TIGHT, &default_setup);
  for (guint y = 0; y < rgb_out->height; y++)
    for (guint x = 0; x < rgb_out->width; x++)
      {
        gdouble luma = (luma_of (rgb_out, x, y) - black) / span;
        gdouble blue = (picture_get (rgb_out, 2, x, y) - black) / span;
        gdouble u = middle + half * (blue - luma) / (2 * (1 - k[2]));
        g_assert_cmpfloat (
            fabs (picture_get (yuv_out, 0, x, y) - (black + span * luma)), <, 4);
        g_assert_cmpfloat (fabs (picture_get (yuv_out, 1, x, y) - u), <, 4);
      }
}

// Half of the network is half way between it and the cubic, of all components.
static void
test_strength (gconstpointer data)
{
  const Format *format = data;
  g_autoptr (EcbsrModel) model = model_new_colors (2, 1, NULL);
  g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (2);
  g_autoptr (Picture) in = picture_new (format, 35, 13, ROWS_TIGHT);
  g_autoptr (Picture) all = NULL, none = NULL, half = NULL, compared = NULL;
  Setup setup = default_setup;

  for (guint c = 0; c < format->layout.n_components; c++)
    for (guint y = 0; y < picture_height (in, c); y++)
      for (guint x = 0; x < picture_width (in, c); x++)
        picture_set (in, c, x, y,
                     (100 + (x * 5 + y * 11 + c * 3) % 60) << (format_depth (format) - 8));
  all = picture_upscale (model, in, ROWS_TIGHT, &setup);
  setup.strength = 0.5f;
  half = picture_upscale (model, in, ROWS_TIGHT, &setup);
  setup.strength = 0;
  none = picture_upscale (model, in, ROWS_TIGHT, &setup);
  setup.strength = 1;
  setup.split = 32;
  compared = picture_upscale (model, in, ROWS_TIGHT, &setup);
  for (guint c = 0; c < format->layout.n_components; c++)
    for (guint y = 0; y < picture_height (all, c); y++)
      for (guint x = 0; x < picture_width (all, c); x++)
        {
          const guint first = x << format->layout.component[c].w_sub;
          const gint a = (gint) picture_get (all, c, x, y);
          const gint n = (gint) picture_get (none, c, x, y);
          g_assert_cmpint (ABS (2 * (gint) picture_get (half, c, x, y) - a - n), <=,
                           2);
          g_assert_cmpint (picture_get (compared, c, x, y), ==, first < 32 ? n : a);
        }
  picture_free (g_steal_pointer (&all));
  all = picture_upscale (cubic, in, ROWS_TIGHT, &default_setup);
  picture_assert_equal (all, none);
}

// --------------------------------------------------------------- config --

static void
assert_invalid (const EcbsrPlanConfig *config, const gchar *message)
{
  g_autoptr (EcbsrModel) model = model_new_colors (4, 1, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (ecbsr_plan_new (model, config, &error));
  g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID);
  if (!strstr (error->message, message))
    g_error ("\"%s\", expected \"%s\" in it", error->message, message);
}

static void
test_config (void)
{
  g_autoptr (Picture) in = picture_new (format_find ("I420"), 8, 8, ROWS_TIGHT);
  const EcbsrPlanConfig good = picture_config (in, &default_setup);
  static const gdouble bad_spans[] = { 0, -224, 1e9, NAN, INFINITY };
  EcbsrPlanConfig config;

  for (guint i = 0; i < G_N_ELEMENTS (bad_spans); i++)
    {
      config = good;
      config.chroma_span = bad_spans[i];
      assert_invalid (&config, "is no range");
    }
  config = good;
  config.chroma_zero = NAN;
  assert_invalid (&config, "is no range");
  config = good;
  config.luma_weight[0] = 1;
  config.luma_weight[1] = config.luma_weight[2] = 0;
  assert_invalid (&config, "leaves no chroma");
  config = good;
  config.luma_weight[1] = 0;
  assert_invalid (&config, "is no average");
  config = good;
  config.chroma_shift_x = 1.4;
  assert_invalid (&config, "leaves its cell");
  config = good;
  config.layout.component[2].w_sub = 0;
  assert_invalid (&config, "subsampled in different ways");
}

static void
add (const gchar *name, const Format *format, GTestDataFunc test)
{
  g_autofree gchar *path
      = g_strdup_printf ("/plan/colors/%s/%s", name, format->name);

  g_test_add_data_func (path, format, test);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_formats; i++)
    {
      add ("flat", &formats[i], test_flat);
      add ("strength", &formats[i], test_strength);
      if (!format_is_rgb (&formats[i]) && formats[i].layout.n_components > 1)
        add ("chroma", &formats[i], test_chroma);
    }
  g_test_add_func ("/plan/colors/grey", test_grey);
  g_test_add_func ("/plan/colors/rgb-as-yuv", test_rgb_as_yuv);
  g_test_add_func ("/plan/colors/config", test_config);
  return g_test_run ();
}
