/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* All raw formats that this GStreamer has, whatever these are: what the library's own
 * scaler takes, the element takes, and what comes out is the same picture. Frames are
 * written and read by the library's functions for a format. */

#include "pool.h"
#include "raw-frames.h"
#include "upscale.h"

#include <math.h>

#include "formats.h"

#define SCALE 2

/* Rows of pixels of four words of 16 bits, alpha and Y, U, V or R, G, B. */
typedef struct
{
  gint width, height;
  guint16 *words;
} Pixels;

typedef guint16 (*Pattern) (guint component, gdouble x, gdouble y);

static const GstVideoFormat *raw_formats;
static guint n_raw_formats;

static Pixels
pixels_new (gint width, gint height)
{
  Pixels pixels = { width, height,
    /* Room for get_n_drawn (). */
    g_new0 (guint16, (gsize) width * height * 4 + 64)
  };

  return pixels;
}

static void
pixels_clear (Pixels * pixels)
{
  g_free (pixels->words);
}

static guint16 *
get_row (const Pixels * pixels, gint y)
{
  return pixels->words + (gsize) y * pixels->width * 4;
}

/* Neither black nor white, and different in every component. */
static guint16
flat (guint component, gdouble x, gdouble y)
{
  static const guint16 values[] = { 0xaaaa, 0x5a5a, 0x8484, 0xb5b5 };

  return values[component];
}

/* Places are of the whole picture, which is 1 wide and high. */
static guint16
gradient (guint component, gdouble x, gdouble y)
{
  gdouble phase = component * 0.7;

  return (guint16) (32768 + 9000 * sin (2.5 * x + phase)
      + 9000 * cos (2 * y - phase));
}

/* Of the kind of which the library leaves out a last tile that is not whole. */
static gboolean
has_whole_tiles_only (const GstVideoInfo * info)
{
  return g_str_has_prefix (GST_VIDEO_INFO_NAME (info), "MT2110");
}

/* Of pixels that share chroma, or such a tile, all are written and read, though only
 * some may be in the picture: rows have room for it, and some of the library's
 * functions do something else where they end amid them. */
static guint
get_n_drawn (const GstVideoInfo * info)
{
  gboolean pairs = GST_VIDEO_INFO_IS_YUV (info)
      && GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, 1) > 0
      && !GST_VIDEO_FORMAT_INFO_IS_COMPLEX (info->finfo);

  if (has_whole_tiles_only (info))
    return GST_ROUND_UP_16 (info->width);
  return pairs ? GST_ROUND_UP_2 (info->width) : info->width;
}

static GstBuffer *
draw (const GstVideoInfo * info, Pattern pattern)
{
  GstBuffer *buffer = raw_frame_new (info);
  gint n = get_n_drawn (info);
  guint16 *row = g_new (guint16, 4 * n);
  GstVideoFrame frame;
  gint x, y;
  guint c;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  for (y = 0; y < info->height; y++) {
    for (x = 0; x < n; x++) {
      for (c = 0; c < 4; c++)
        row[4 * x + c] = pattern (c, (x + 0.5) / info->width,
            (y + 0.5) / info->height);
    }
    raw_frame_write_row (&frame, y, row, n);
  }
  raw_frame_write_palette (&frame);
  gst_video_frame_unmap (&frame);
  g_free (row);
  return buffer;
}

static Pixels
read_pixels (GstBuffer * buffer, const GstVideoInfo * info)
{
  Pixels pixels = pixels_new (info->width, info->height);
  GstVideoFrame frame;
  gint y;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (y = 0; y < info->height; y++)
    raw_frame_read_row (&frame, y, get_row (&pixels, y), get_n_drawn (info));
  gst_video_frame_unmap (&frame);
  return pixels;
}

/* --------------------------------------------------------------- scaling -- */

static GstBuffer *
upscale_to (GstBuffer * in, const GstVideoInfo * info, GstVideoFormat to,
    guint model, GstVideoInfo * out_info)
{
  gchar *caps = g_strdup_printf ("video/x-raw,format=%s",
      gst_video_format_to_string (to));
  Bench bench = bench_new ("scale", SCALE, "model", model, "n-threads", 1,
      NULL);
  GstBuffer *out;

  gst_harness_set_sink_caps_str (bench.h, caps);
  out = upscale_with (&bench, in, info, out_info);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (out_info), to);
  fail_unless_equals_int (out_info->width, info->width * SCALE);
  fail_unless_equals_int (out_info->height, info->height * SCALE);
  bench_free (&bench);
  g_free (caps);
  return out;
}

/* The same by the library, which is what videoscale does. */
static GstBuffer *
scale_by_library (GstBuffer * in, const GstVideoInfo * info,
    GstVideoInfo * out_info)
{
  GstStructure *options = gst_structure_new ("options",
      GST_VIDEO_CONVERTER_OPT_RESAMPLER_METHOD,
      GST_TYPE_VIDEO_RESAMPLER_METHOD, GST_VIDEO_RESAMPLER_METHOD_CUBIC,
      NULL);
  GstVideoConverter *converter;
  GstVideoFrame from, to;
  GstBuffer *out;

  gst_video_info_set_format (out_info, GST_VIDEO_INFO_FORMAT (info),
      info->width * SCALE, info->height * SCALE);
  out_info->colorimetry = info->colorimetry;
  out_info->chroma_site = info->chroma_site;
  out_info->fps_n = info->fps_n;
  out_info->fps_d = info->fps_d;
  out = raw_frame_new (out_info);
  converter = gst_video_converter_new (info, out_info, options);
  fail_unless (gst_video_frame_map (&from, info, in, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to, out_info, out, GST_MAP_READWRITE));
  gst_video_converter_frame (converter, &from, &to);
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  gst_video_converter_free (converter);
  return out;
}

/* The library writes into a palette of 6 x 6 x 6 colours. */
static gboolean
is_coarse (const GstVideoInfo * info)
{
  return GST_VIDEO_FORMAT_INFO_HAS_PALETTE (info->finfo);
}

/* One level of component @c of the pixels, which begin with alpha. */
static gint
get_level (const GstVideoInfo * info, guint c)
{
  guint component = c == 0 ? 3 : c - 1, depth = 8;

  if (is_coarse (info))
    return 0x3400;
  if (component < GST_VIDEO_INFO_N_COMPONENTS (info))
    depth = GST_VIDEO_INFO_COMP_DEPTH (info, component);
  return 65535 / ((1 << depth) - 1) + 1;
}

static gboolean
has_component (const GstVideoInfo * info, guint c)
{
  if (GST_VIDEO_INFO_IS_GRAY (info))
    return c == 1;
  return c > 0 || GST_VIDEO_INFO_N_COMPONENTS (info) == 4;
}

/* The library does not write the chroma that an odd last pixel has for itself into
 * groups of bits. */
static gboolean
lacks_chroma (const GstVideoInfo * info)
{
  return GST_VIDEO_FORMAT_INFO_IS_COMPLEX (info->finfo)
      && !GST_VIDEO_FORMAT_INFO_IS_TILED (info->finfo) && info->width % 2 != 0;
}

static void
assert_pixel (const GstVideoInfo * info, const Pixels * pixels,
    const Pixels * expected, gint i, guint tolerance, const GstVideoInfo * from)
{
  guint n = !lacks_chroma (from) ? 4 : GST_VIDEO_INFO_IS_RGB (info) ? 0 : 2;
  guint c;

  for (c = 0; c < n; c++) {
    gint found = pixels->words[4 * i + c], wanted = expected->words[4 * i + c];

    fail_unless (!has_component (info, c)
        || ABS (found - wanted) <= (gint) tolerance * get_level (info, c),
        "%s to %s %dx%d: component %u of pixel %d is %04x, not %04x",
        GST_VIDEO_INFO_NAME (from), GST_VIDEO_INFO_NAME (info), info->width,
        info->height, c, i, found, wanted);
  }
}

/* Takes both, which are made of a frame of @from. */
static void
assert_same_pixels (GstBuffer * buffer, GstBuffer * other,
    const GstVideoInfo * info, guint tolerance, const GstVideoInfo * from)
{
  Pixels pixels = read_pixels (buffer, info);
  Pixels expected = read_pixels (other, info);
  gint i;

  for (i = 0; i < pixels.width * pixels.height; i++)
    assert_pixel (info, &pixels, &expected, i, tolerance, from);
  pixels_clear (&pixels);
  pixels_clear (&expected);
  gst_buffer_unref (buffer);
  gst_buffer_unref (other);
}

static gboolean
can_test (GstVideoInfo * info, guint i, guint width, guint height)
{
  GstVideoFormat format = raw_formats[i];
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);

  if (!finfo->unpack_func || !finfo->pack_func || finfo->pack_lines != 1) {
    GST_WARNING ("%s cannot be written or read by the library, and is skipped",
        finfo->name);
    return FALSE;
  }
  frame_info (info, format, width, height);
  /* The library takes the chroma of the first of the pixels that share it. */
  if (GST_VIDEO_INFO_IS_YUV (info))
    info->chroma_site = GST_VIDEO_CHROMA_SITE_COSITED;
  return TRUE;
}


static const struct
{
  guint width, height;
} sizes[] = { {1, 1}, {3, 5}, {16, 8}, {33, 17} };

/* A colour that a format holds comes back as it is, whatever the size. */
GST_START_TEST (test_flat)
{
  GstVideoInfo info, out_info;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    GstBuffer *out;

    if (!can_test (&info, __i__, sizes[i].width, sizes[i].height))
      return;
    out = upscale_to (draw (&info, flat), &info,
        GST_VIDEO_INFO_FORMAT (&info), MODEL_BICUBIC, &out_info);
    assert_same_pixels (out, draw (&out_info, flat), &out_info,
        is_coarse (&info) ? 1 : 0, &info);
  }
}

GST_END_TEST;

static GstBuffer *
convert (GstBuffer * in, const GstVideoInfo * info, const GstVideoInfo * to)
{
  GstVideoConverter *converter = gst_video_converter_new (info, to, NULL);
  GstBuffer *out = raw_frame_new (to);
  GstVideoFrame from_frame, to_frame;

  fail_unless (gst_video_frame_map (&from_frame, info, in, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to_frame, to, out, GST_MAP_READWRITE));
  gst_video_converter_frame (converter, &from_frame, &to_frame);
  gst_video_frame_unmap (&from_frame);
  gst_video_frame_unmap (&to_frame);
  gst_video_converter_free (converter);
  return out;
}

/* As the library converts the frame that is as large at once. */
static void
check_flat_conversion (const GstVideoInfo * info, GstVideoFormat to)
{
  GstVideoInfo large_info, out_info;
  GstBuffer *large, *out;

  out = upscale_to (draw (info, flat), info, to, MODEL_BICUBIC, &out_info);
  frame_info (&large_info, has_whole_tiles_only (info)
      ? gst_ecbsr_formats_get_native (GST_VIDEO_INFO_FORMAT (info))
      : GST_VIDEO_INFO_FORMAT (info), out_info.width, out_info.height);
  large_info.colorimetry = info->colorimetry;
  large = draw (&large_info, flat);
  assert_same_pixels (out, convert (large, &large_info, &out_info), &out_info,
      1, info);
  gst_buffer_unref (large);
}

GST_START_TEST (test_flat_conversion)
{
  GstVideoInfo info;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i += 3) {
    if (!can_test (&info, __i__, sizes[i].width, sizes[i].height))
      return;
    check_flat_conversion (&info, GST_VIDEO_FORMAT_I420);
    check_flat_conversion (&info, GST_VIDEO_FORMAT_RGBx);
  }
}

GST_END_TEST;

/* Of a component against the pattern that was drawn, where it has samples, but for the
 * border. */
static gdouble
get_psnr (GstBuffer * buffer, const GstVideoInfo * info, guint c,
    Pattern pattern)
{
  Pixels pixels = read_pixels (buffer, info);
  const gint margin = 4 * SCALE;
  gboolean chroma = c > 1 && GST_VIDEO_INFO_IS_YUV (info);
  guint w_sub = chroma ? GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, 1) : 0;
  guint h_sub = chroma ? GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1) : 0;
  gdouble sum = 0;
  gint x, y, n = 0;

  for (y = margin; y < info->height - margin; y += 1 << h_sub) {
    for (x = margin; x < info->width - margin; x += 1 << w_sub) {
      gdouble off = get_row (&pixels, y)[4 * x + c]
          - pattern (c, (x + 0.5) / info->width, (y + 0.5) / info->height);

      sum += off * off;
      n++;
    }
  }
  pixels_clear (&pixels);
  return 10 * log10 (65535.0 * 65535 / (sum / n + 1));
}

/* As near to the picture that was drawn as the library's scaler. */
GST_START_TEST (test_gradient)
{
  GstVideoInfo info, out_info, other_info;
  GstBuffer *in, *out, *other;
  guint c;

  if (!can_test (&info, __i__, 60, 34) || is_coarse (&info))
    return;
  in = draw (&info, gradient);
  other = scale_by_library (in, &info, &other_info);
  out = upscale_to (in, &info, GST_VIDEO_INFO_FORMAT (&info), MODEL_BICUBIC,
      &out_info);
  for (c = 0; c < 4; c++) {
    gdouble ours, theirs;

    if (!has_component (&info, c))
      continue;
    ours = get_psnr (out, &out_info, c, gradient);
    theirs = get_psnr (other, &other_info, c, gradient);
    GST_INFO ("%s component %u: %.1f dB, the library %.1f dB",
        GST_VIDEO_INFO_NAME (&info), c, ours, theirs);
    fail_unless (ours > theirs - 0.5, "%s component %u: %.1f dB, the library "
        "%.1f dB", GST_VIDEO_INFO_NAME (&info), c, ours, theirs);
  }
  gst_buffer_unref (out);
  gst_buffer_unref (other);
}

GST_END_TEST;

/* A step of 16 bits is 1/16384 of the width: all levels of 10 bits, and no others
 * that 8 bits could not show apart. */
static guint16
ramp (guint component, gdouble x, gdouble y)
{
  return (guint16) (16384 + 32768 * x);
}

static gint
compare_words (gconstpointer a, gconstpointer b)
{
  return *(const guint16 *) a - *(const guint16 *) b;
}

static guint
count_levels (GstBuffer * buffer, const GstVideoInfo * info, guint c)
{
  Pixels pixels = read_pixels (buffer, info);
  guint16 *row = g_new (guint16, info->width);
  guint n = 1;
  gint x;

  for (x = 0; x < info->width; x++)
    row[x] = get_row (&pixels, info->height / 2)[4 * x + c];
  qsort (row, info->width, sizeof *row, compare_words);
  for (x = 1; x < info->width; x++)
    n += row[x] != row[x - 1];
  g_free (row);
  pixels_clear (&pixels);
  return n;
}

GST_START_TEST (test_depth)
{
  GstVideoInfo info, out_info;
  GstBuffer *in, *out;
  guint c;

  if (!can_test (&info, __i__, 512, 8) || frame_depth (&info) < 10)
    return;
  in = draw (&info, ramp);
  out = upscale_to (in, &info, GST_VIDEO_INFO_FORMAT (&info), MODEL_ESR_TM,
      &out_info);
  for (c = 0; c < 4; c++) {
    guint n = count_levels (out, &out_info, c);
    gboolean subsampled = c > 1 && GST_VIDEO_INFO_IS_YUV (&info)
        && GST_VIDEO_FORMAT_INFO_W_SUB (info.finfo, 1) > 0;

    if (!has_component (&info, c) || (c == 0
            && GST_VIDEO_INFO_COMP_DEPTH (&info, 3) < 10))
      continue;
    fail_unless (n > (subsampled ? 250 : 500), "%s component %u has %u levels",
        GST_VIDEO_INFO_NAME (&info), c, n);
  }
  gst_buffer_unref (out);
}

GST_END_TEST;

static guint16
white (guint component, gdouble x, gdouble y)
{
  return component < 2 ? 0xffff : 0x8080;
}

/* Full range in, full range out, and white stays what it is. */
GST_START_TEST (test_full_range)
{
  GstVideoInfo info, out_info;
  GstBuffer *out;

  if (!can_test (&info, __i__, 16, 8) || GST_VIDEO_INFO_IS_RGB (&info))
    return;
  info.colorimetry.range = GST_VIDEO_COLOR_RANGE_0_255;
  out = upscale_to (draw (&info, white), &info, GST_VIDEO_INFO_FORMAT (&info),
      MODEL_BICUBIC, &out_info);
  fail_unless_equals_int (out_info.colorimetry.range,
      GST_VIDEO_COLOR_RANGE_0_255);
  assert_same_pixels (out, draw (&out_info, white), &out_info, 0,
      &info);
}

GST_END_TEST;

/* --------------------------------------------- all that the element does -- */

/* Of each kind that is converted, and some that are not. */
static const GstVideoFormat kinds[] = {
  GST_VIDEO_FORMAT_v210, GST_VIDEO_FORMAT_UYVP, GST_VIDEO_FORMAT_NV12_10LE40,
  GST_VIDEO_FORMAT_P010_10BE, GST_VIDEO_FORMAT_Y410, GST_VIDEO_FORMAT_IYU1,
  GST_VIDEO_FORMAT_NV12_4L4, GST_VIDEO_FORMAT_GBR, GST_VIDEO_FORMAT_GBRA_10LE,
  GST_VIDEO_FORMAT_RGB16, GST_VIDEO_FORMAT_RGB8P, GST_VIDEO_FORMAT_ARGB64_BE,
  GST_VIDEO_FORMAT_GRAY16_BE, GST_VIDEO_FORMAT_Y210, GST_VIDEO_FORMAT_AYUV,
  GST_VIDEO_FORMAT_A420, GST_VIDEO_FORMAT_ARGB64_LE
};

static guint16
texture (guint component, gdouble x, gdouble y)
{
  return pattern_texture (component, (guint) (x * 64), (guint) (y * 36))
      * 0x101;
}

static void
kind_info (GstVideoInfo * info, GstVideoFormat format)
{
  frame_info (info, format, 64, 36);
}

static GstBuffer *
run (const GstVideoInfo * info, const gchar * first_property, ...)
{
  GstVideoInfo out_info;
  Bench bench;
  va_list properties;
  GstBuffer *out;

  va_start (properties, first_property);
  bench = bench_new_valist (POLICY_NONE, first_property, properties);
  va_end (properties);
  out = upscale_with (&bench, draw (info, texture), info, &out_info);
  bench_free (&bench);
  return out;
}

/* Takes both. */
static void
assert_equal (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info,
    gboolean equal, const gchar * what)
{
  GstVideoInfo out_info;
  Pixels x, y;
  gsize size;

  frame_info (&out_info, GST_VIDEO_INFO_FORMAT (info), SCALE * info->width,
      SCALE * info->height);
  x = read_pixels (a, &out_info);
  y = read_pixels (b, &out_info);
  size = (gsize) out_info.width * out_info.height * 4 * sizeof *x.words;
  fail_unless ((memcmp (x.words, y.words, size) == 0) == equal, "%s: %s",
      GST_VIDEO_INFO_NAME (info), what);
  pixels_clear (&x);
  pixels_clear (&y);
  gst_buffer_unref (a);
  gst_buffer_unref (b);
}

GST_START_TEST (test_properties)
{
  GstVideoInfo info, out_info;

  kind_info (&info, kinds[__i__]);
  frame_info (&out_info, kinds[__i__], SCALE * info.width,
      SCALE * info.height);
  assert_equal (run (&info, "model", MODEL_ESR_TM, NULL),
      run (&info, "model", MODEL_BICUBIC, NULL), &info, FALSE,
      "there is no network");
  /* Samples go by way of the network's range, and may be rounded otherwise. */
  assert_same_pixels (run (&info, "model", MODEL_ESR_TM, "strength", 0.0,
          NULL), run (&info, "model", MODEL_BICUBIC, NULL), &out_info, 1,
      &info);
  assert_equal (run (&info, "model", MODEL_ESR_TM, "n-threads", 3, NULL),
      run (&info, "model", MODEL_ESR_TM, "n-threads", 1, NULL), &info, TRUE,
      "threads make a difference");
  assert_equal (run (&info, "model", MODEL_ESR_TM, "compare", COMPARE_SPLIT,
          "compare-position", 1.0, NULL),
      run (&info, "model", MODEL_ESR_TM, "strength", 0.0, NULL), &info, TRUE,
      "left of the line it is not bicubic");
  assert_equal (run (&info, "model", MODEL_ESR_TM, "roi-mode", ROI_META, NULL),
      run (&info, "model", MODEL_ESR_TM, "strength", 0.0, NULL), &info, TRUE,
      "without regions it is not bicubic");
  assert_equal (run (&info, "model", MODEL_ESR_TM, "roi-mode", ROI_RECTANGLE,
          "roi-width", 64, "roi-height", 36, NULL),
      run (&info, "model", MODEL_ESR_TM, NULL), &info, TRUE,
      "a region of all makes a difference");
}

GST_END_TEST;

GST_START_TEST (test_skip_static)
{
  Bench bench = bench_new ("model", MODEL_ESR_TM, "skip-static", TRUE, NULL);
  GstVideoInfo info, out_info;
  guint i;

  kind_info (&info, kinds[__i__]);
  for (i = 0; i < 3; i++) {
    GstBuffer *out = upscale_with (&bench, draw (&info, texture), &info,
        &out_info);

    assert_equal (out, run (&info, "model", MODEL_ESR_TM, NULL), &info, TRUE,
        "a frame at rest differs");
  }
  fail_unless (bench_get_stat (&bench, "tiles-skipped") > 0);
  bench_free (&bench);
}

GST_END_TEST;

/* Any strides and addresses, at either side. */
GST_START_TEST (test_layouts)
{
  GstVideoInfo info, out_info;
  guint layout;

  kind_info (&info, kinds[__i__]);
  if (GST_VIDEO_FORMAT_INFO_IS_TILED (info.finfo))
    return;
  for (layout = FRAME_TIGHT; layout < N_FRAME_LAYOUTS; layout++) {
    Bench bench = bench_new ("model", MODEL_ESR_TM, NULL);
    GstBuffer *drawn = draw (&info, texture), *in = frame_new (&info, layout);
    GstBuffer *out, *plain;

    frame_copy_rows (in, drawn, &info);
    gst_buffer_unref (drawn);
    pool_install (bench.h, layout, FALSE);
    out = upscale_with (&bench, in, &info, &out_info);
    frame_assert_guards (out, &out_info);
    plain = frame_new (&out_info, FRAME_DEFAULT);
    frame_copy_rows (plain, out, &out_info);
    gst_buffer_unref (out);
    assert_equal (plain, run (&info, "model", MODEL_ESR_TM, NULL), &info, TRUE,
        "the layout makes a difference");
    bench_free (&bench);
  }
}

GST_END_TEST;

/* The part of a larger frame, as if it were a frame of its own. */
GST_START_TEST (test_crop)
{
  GstVideoInfo info, large_info, out_info;
  GstBuffer *large, *in, *out, *expected;
  Pixels pixels;
  GstVideoFrame frame;
  GstVideoCropMeta *crop;
  gint y;

  frame_info (&large_info, kinds[__i__], 96, 64);
  kind_info (&info, kinds[__i__]);
  large = draw (&large_info, texture);
  pixels = read_pixels (large, &large_info);
  in = raw_frame_new (&info);
  fail_unless (gst_video_frame_map (&frame, &info, in, GST_MAP_READWRITE));
  for (y = 0; y < info.height; y++)
    raw_frame_write_row (&frame, y, get_row (&pixels, y + 12) + 4 * 24, info.width);
  raw_frame_write_palette (&frame);
  gst_video_frame_unmap (&frame);
  pixels_clear (&pixels);

  gst_buffer_add_video_meta (large, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (&info), 96, 64);
  crop = gst_buffer_add_video_crop_meta (large);
  crop->x = 24;
  crop->y = 12;
  crop->width = info.width;
  crop->height = info.height;
  out = upscale (large, &info, &out_info, "model", MODEL_ESR_TM, NULL);
  expected = upscale (in, &info, &out_info, "model", MODEL_ESR_TM, NULL);
  assert_equal (out, expected, &info, TRUE, "a crop differs");
}

GST_END_TEST;

/* Buffers whose metadata promises more than their memory holds are errors. */
GST_START_TEST (test_short_buffer)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo info, large_info;
  GstBuffer *buffer;

  kind_info (&info, kinds[__i__]);
  frame_info (&large_info, kinds[__i__], 96, 64);
  bench_be_a_file (&bench);
  bench_set_input (&bench, &info);
  buffer = draw (&info, texture);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (&info), 96, 64, GST_VIDEO_INFO_N_PLANES (&info),
      info.offset, large_info.stride);
  fail_unless_equals_int (gst_harness_push (bench.h, buffer), GST_FLOW_ERROR);
  bench_free (&bench);
}

GST_END_TEST;

/* As frames that need no conversion: fields stay apart. */
GST_START_TEST (test_interlaced)
{
  GstVideoInfo info, native_info, out_info, native_out_info;
  GstBuffer *in, *native, *out, *expected;
  GstVideoFormat format = gst_ecbsr_formats_get_native (kinds[__i__]);
  GstStructure *options;
  GstVideoConverter *converter;
  GstVideoFrame from, to;

  kind_info (&info, kinds[__i__]);
  kind_info (&native_info, format);
  in = draw (&info, texture);
  native = raw_frame_new (&native_info);
  options = gst_structure_new ("options",
      GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
      GST_VIDEO_DITHER_NONE, NULL);
  converter = gst_video_converter_new (&info, &native_info, options);
  fail_unless (gst_video_frame_map (&from, &info, in, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to, &native_info, native,
          GST_MAP_READWRITE));
  gst_video_converter_frame (converter, &from, &to);
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  gst_video_converter_free (converter);

  GST_VIDEO_INFO_INTERLACE_MODE (&info) =
      GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  GST_VIDEO_INFO_INTERLACE_MODE (&native_info) =
      GST_VIDEO_INTERLACE_MODE_INTERLEAVED;
  out = upscale (in, &info, &out_info, "model", MODEL_BICUBIC, NULL);
  expected = upscale (native, &native_info, &native_out_info, "model",
      MODEL_BICUBIC, NULL);
  GST_VIDEO_INFO_INTERLACE_MODE (&out_info) =
      GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  GST_VIDEO_INFO_INTERLACE_MODE (&native_out_info) =
      GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
  if (!is_coarse (&info)) {
    GstBuffer *converted = convert (expected, &native_out_info, &out_info);

    /* The library dithers where we have rounded. */
    assert_same_pixels (out, converted, &out_info, 3, &info);
    gst_buffer_unref (expected);
    return;
  }
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

GST_END_TEST;

GST_START_TEST (test_passthrough)
{
  Bench bench = bench_new ("scale", 1, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *in, *out;

  if (!can_test (&info, __i__, 3, 5))
    return;
  in = draw (&info, flat);
  out = upscale_with (&bench, in, &info, &out_info);
  fail_unless (out == in);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
raw_formats_suite (void)
{
  Suite *s = suite_create ("raw-formats");
  TCase *tc = tcase_create ("frames");

  raw_formats = gst_video_formats_raw (&n_raw_formats);
  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_flat, 0, n_raw_formats);
  tcase_add_loop_test (tc, test_flat_conversion, 0, n_raw_formats);
  tcase_add_loop_test (tc, test_gradient, 0, n_raw_formats);
  tcase_add_loop_test (tc, test_depth, 0, n_raw_formats);
  tcase_add_loop_test (tc, test_full_range, 0, n_raw_formats);
  tcase_add_loop_test (tc, test_passthrough, 0, n_raw_formats);
  tcase_add_loop_test (tc, test_properties, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tc, test_skip_static, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tc, test_layouts, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tc, test_crop, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tc, test_short_buffer, 0, G_N_ELEMENTS (kinds));
  tcase_add_loop_test (tc, test_interlaced, 0, G_N_ELEMENTS (kinds));
  return s;
}

GST_CHECK_MAIN (raw_formats);
