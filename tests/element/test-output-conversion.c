/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where downstream refuses the input's format: upscaled first, converted
 * last. */

#include "../unit/builder.h"
#include "pool.h"
#include "upscale.h"

#include <glib/gstdio.h>
#include <string.h>

/* Where samples only move, the library dithers them still. */
static gboolean
is_exact (const GstVideoInfo * a, const GstVideoInfo * b)
{
  return GST_VIDEO_INFO_IS_YUV (a) && GST_VIDEO_INFO_IS_YUV (b)
      && GST_VIDEO_FORMAT_INFO_W_SUB (a->finfo, 1) ==
      GST_VIDEO_FORMAT_INFO_W_SUB (b->finfo, 1)
      && GST_VIDEO_FORMAT_INFO_H_SUB (a->finfo, 1) ==
      GST_VIDEO_FORMAT_INFO_H_SUB (b->finfo, 1)
      && frame_depth (b) >= frame_depth (a);
}

static GstBuffer *
convert (GstBuffer * buffer, const GstVideoInfo * info,
    const GstVideoInfo * to_info)
{
  GstVideoConverter *converter;
  GstVideoFrame from, to;
  GstBuffer *out = frame_new (to_info, FRAME_DEFAULT);
  GstStructure *options = NULL;

  if (is_exact (info, to_info))
    options = gst_structure_new ("options",
        GST_VIDEO_CONVERTER_OPT_DITHER_METHOD, GST_TYPE_VIDEO_DITHER_METHOD,
        GST_VIDEO_DITHER_NONE, NULL);
  converter = gst_video_converter_new (info, to_info, options);
  fail_unless (gst_video_frame_map (&from, info, buffer, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to, to_info, out, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &from, &to);
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  gst_video_converter_free (converter);
  return out;
}

/* Where siting makes no difference: chroma in the middle, before and after. */
static void
centred_info (GstVideoInfo * info, GstVideoFormat format)
{
  frame_info (info, format, 33, 17);
  if (GST_VIDEO_INFO_IS_YUV (info))
    info->chroma_site = GST_VIDEO_CHROMA_SITE_JPEG;
}

static void
check (const GstVideoInfo * info, const gchar * wanted, FrameLayout out_layout)
{
  Bench bench = bench_new ("model", MODEL_ESR_TM, NULL);
  GstVideoInfo upscaled_info, out_info;
  GstBuffer *in, *upscaled, *expected, *out;

  in = frame_new_filled (info, FRAME_PADDED, pattern_texture);
  upscaled = upscale (gst_buffer_ref (in), info, &upscaled_info, "model",
      MODEL_ESR_TM, NULL);
  gst_harness_set_sink_caps_str (bench.h, wanted);
  pool_install (bench.h, out_layout, FALSE);
  out = upscale_with (&bench, in, info, &out_info);

  fail_unless_equals_int (upscaled_info.finfo->format, info->finfo->format);
  /* The library's converter dithers what it need not convert. */
  if (upscaled_info.finfo == out_info.finfo
      && gst_video_colorimetry_is_equal (&upscaled_info.colorimetry,
          &out_info.colorimetry))
    expected = gst_buffer_ref (upscaled);
  else
    expected = convert (upscaled, &upscaled_info, &out_info);
  frame_assert_equal (out, expected, &out_info, wanted);
  frame_assert_guards (out, &out_info);
  gst_buffer_unref (upscaled);
  gst_buffer_unref (expected);
  gst_buffer_unref (out);
  bench_free (&bench);
}

/* ximagesink takes nothing but this. */
GST_START_TEST (test_to_rgb)
{
  GstVideoInfo info;

  centred_info (&info, all_formats[__i__]);
  check (&info, "video/x-raw,format=BGRx", FRAME_PADDED);
  check (&info, "video/x-raw,format=BGRx", FRAME_FLIPPED);
}

GST_END_TEST;

GST_START_TEST (test_to_i420)
{
  GstVideoInfo info;

  centred_info (&info, all_formats[__i__]);
  check (&info, "video/x-raw,format=I420,chroma-site=jpeg", FRAME_TIGHT);
}

GST_END_TEST;

GST_START_TEST (test_to_10_bits)
{
  GstVideoInfo info;

  centred_info (&info, all_formats[__i__]);
  check (&info, "video/x-raw,format=P010_10LE,chroma-site=jpeg", FRAME_FLIPPED);
}

GST_END_TEST;

/* Same format, other colours. */
GST_START_TEST (test_colorimetry)
{
  GstVideoInfo info;

  centred_info (&info, GST_VIDEO_FORMAT_I420);
  check (&info, "video/x-raw,format=I420,colorimetry=bt709", FRAME_PADDED);
  gst_video_colorimetry_from_string (&info.colorimetry, "1:4:0:0");
  check (&info, "video/x-raw,colorimetry=bt601", FRAME_PADDED);
}

GST_END_TEST;

/* ---------------------------------------------------------------- siting -- */

static const struct
{
  GstVideoFormat in;
  GstVideoChromaSite site;
  const gchar *out;
} sitings[] = {
  {GST_VIDEO_FORMAT_I420, GST_VIDEO_CHROMA_SITE_MPEG2, "format=I420,chroma-site=jpeg"},
  {GST_VIDEO_FORMAT_I420, GST_VIDEO_CHROMA_SITE_JPEG, "format=NV12,chroma-site=mpeg2"},
  {GST_VIDEO_FORMAT_I420, GST_VIDEO_CHROMA_SITE_MPEG2, "format=Y444"},
  {GST_VIDEO_FORMAT_NV12, GST_VIDEO_CHROMA_SITE_MPEG2, "format=YUY2,chroma-site=mpeg2"},
  {GST_VIDEO_FORMAT_I420, GST_VIDEO_CHROMA_SITE_COSITED, "format=Y42B,chroma-site=mpeg2"},
  {GST_VIDEO_FORMAT_YUY2, GST_VIDEO_CHROMA_SITE_MPEG2, "format=I420,chroma-site=cosited"},
  {GST_VIDEO_FORMAT_Y444, GST_VIDEO_CHROMA_SITE_UNKNOWN, "format=I420,chroma-site=mpeg2"},
  {GST_VIDEO_FORMAT_Y444, GST_VIDEO_CHROMA_SITE_UNKNOWN, "format=NV12,chroma-site=cosited"},
  {GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_CHROMA_SITE_MPEG2, "format=I422_10LE,chroma-site=jpeg"},
  {GST_VIDEO_FORMAT_I420, GST_VIDEO_CHROMA_SITE_MPEG2, "format=Y41B,chroma-site=jpeg"},
};

/* Of 8 bits, a pixel. */
#define SLOPE 4.0

/* Where sample @i of 1 << @sub pixels lies, in pixels from the picture's edge. */
static gdouble
get_place (gint i, guint sub, gboolean cosited)
{
  return cosited ? (i << sub) + 0.5 : (i + 0.5) * (1 << sub);
}

/* U is a ramp to the right, V one down. */
static gdouble
get_ramp (const GstVideoInfo * info, guint c, gint x, gint y)
{
  GstVideoChromaSite site = info->chroma_site;

  if (c == 1)
    return get_place (x, GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, 1),
        (site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0);
  return get_place (y, GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1),
      (site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0);
}

static GstBuffer *
new_ramps (const GstVideoInfo * info)
{
  GstBuffer *buffer = frame_new_filled (info, FRAME_DEFAULT, pattern_texture);
  gdouble unit = 1 << (frame_depth (info) - 8);
  guint c;

  for (c = 1; c < 3; c++) {
    gint width = GST_VIDEO_INFO_COMP_WIDTH (info, c);
    gint n = width * GST_VIDEO_INFO_COMP_HEIGHT (info, c), i;
    guint16 *samples = g_new (guint16, n);

    for (i = 0; i < n; i++)
      samples[i] = (40 + SLOPE * get_ramp (info, c, i % width, i / width))
          * unit + 0.5;
    frame_set_component (buffer, info, c, samples);
    g_free (samples);
  }
  return buffer;
}

/* In pixels of the input: how far from its place the ramp of @c lies, away from the
 * borders. */
static gdouble
find_shift (GstBuffer * buffer, const GstVideoInfo * info, guint c)
{
  gint width = GST_VIDEO_INFO_COMP_WIDTH (info, c);
  gint height = GST_VIDEO_INFO_COMP_HEIGHT (info, c), x, y, n = 0;
  guint16 *samples = frame_get_component (buffer, info, c);
  gdouble unit = 1 << (frame_depth (info) - 8), sum = 0;

  for (y = height / 4; y < height * 3 / 4; y++) {
    for (x = width / 4; x < width * 3 / 4; x++, n++)
      sum += (samples[y * width + x] / unit - 40) / SLOPE
          - get_ramp (info, c, x, y) / 2;
  }
  g_free (samples);
  return sum / n;
}

static void
check_siting (guint row, Bench bench)
{
  gchar *wanted = g_strconcat ("video/x-raw,", sitings[row].out, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *out;
  guint c;

  gst_harness_set_sink_caps_str (bench.h, wanted);
  frame_info (&info, sitings[row].in, 48, 48);
  info.chroma_site = sitings[row].site;
  out = upscale_with (&bench, new_ramps (&info), &info, &out_info);
  for (c = 1; c < 3; c++) {
    gdouble shift = find_shift (out, &out_info, c);

    fail_unless (ABS (shift) < 0.15, "%s to %s: component %u has moved by %.3f "
        "pixels", GST_VIDEO_INFO_NAME (&info), sitings[row].out, c, shift);
  }
  gst_buffer_unref (out);
  bench_free (&bench);
  g_free (wanted);
}

/* Chroma stays where it is in the picture, whatever becomes of its samples. */
GST_START_TEST (test_siting)
{
  check_siting (__i__, bench_new ("model", MODEL_BICUBIC, NULL));
}

GST_END_TEST;

/* A file of a network of three colours that repeats each pixel. */
static gchar *
new_repeating_model (void)
{
  g_autofree gchar *path = NULL;
  g_autoptr (Builder) builder = builder_new_colors (2, 1, 4, "prelu", "plain",
      "false");
  g_autoptr (GBytes) file = NULL;
  gint fd = g_file_open_tmp ("ecbsr-XXXXXX.safetensors", &path, NULL);
  guint i;

  for (i = 0; i < builder->tensors->len; i++) {
    BuiltTensor *tensor = g_ptr_array_index (builder->tensors, i);

    memset (tensor->values, 0, tensor->n_values * sizeof *tensor->values);
  }
  file = builder_build (builder);
  fail_unless (fd >= 0 && g_close (fd, NULL));
  fail_unless (g_file_set_contents (path, g_bytes_get_data (file, NULL),
          g_bytes_get_size (file), NULL));
  return g_steal_pointer (&path);
}

/* The same where a network makes chroma. */
GST_START_TEST (test_siting_of_colors)
{
  gchar *path = new_repeating_model ();
  Bench bench = bench_new ("scale", 2, "model-location", path, NULL);

  g_unlink (path);
  check_siting (__i__, bench);
  g_free (path);
}

GST_END_TEST;

static Suite *
output_conversion_suite (void)
{
  Suite *s = suite_create ("output-conversion");
  TCase *tc = tcase_create ("frames");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_to_rgb, 0, n_all_formats);
  tcase_add_loop_test (tc, test_to_i420, 0, n_all_formats);
  tcase_add_loop_test (tc, test_to_10_bits, 0, n_all_formats);
  tcase_add_test (tc, test_colorimetry);
  tcase_add_loop_test (tc, test_siting, 0, G_N_ELEMENTS (sitings));
  tcase_add_loop_test (tc, test_siting_of_colors, 0, G_N_ELEMENTS (sitings));
  return s;
}

GST_CHECK_MAIN (output_conversion);
