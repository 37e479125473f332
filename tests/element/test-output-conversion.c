/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where downstream refuses the input's format: upscaled first, converted
 * last. */

#include "pool.h"
#include "upscale.h"

static GstBuffer *
convert (GstBuffer * buffer, const GstVideoInfo * info,
    const GstVideoInfo * to_info)
{
  GstVideoConverter *converter;
  GstVideoFrame from, to;
  GstBuffer *out = frame_new (to_info, FRAME_DEFAULT);

  converter = gst_video_converter_new (info, to_info, NULL);
  fail_unless (gst_video_frame_map (&from, info, buffer, GST_MAP_READ));
  fail_unless (gst_video_frame_map (&to, to_info, out, GST_MAP_WRITE));
  gst_video_converter_frame (converter, &from, &to);
  gst_video_frame_unmap (&from);
  gst_video_frame_unmap (&to);
  gst_video_converter_free (converter);
  return out;
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

  frame_info (&info, all_formats[__i__], 33, 17);
  check (&info, "video/x-raw,format=BGRx", FRAME_PADDED);
  check (&info, "video/x-raw,format=BGRx", FRAME_FLIPPED);
}

GST_END_TEST;

GST_START_TEST (test_to_i420)
{
  GstVideoInfo info;

  frame_info (&info, all_formats[__i__], 33, 17);
  check (&info, "video/x-raw,format=I420", FRAME_TIGHT);
}

GST_END_TEST;

GST_START_TEST (test_to_10_bits)
{
  GstVideoInfo info;

  frame_info (&info, all_formats[__i__], 33, 17);
  check (&info, "video/x-raw,format=P010_10LE", FRAME_FLIPPED);
}

GST_END_TEST;

/* Same format, other colours. */
GST_START_TEST (test_colorimetry)
{
  GstVideoInfo info;

  frame_info (&info, GST_VIDEO_FORMAT_I420, 33, 17);
  check (&info, "video/x-raw,format=I420,colorimetry=bt709", FRAME_PADDED);
  gst_video_colorimetry_from_string (&info.colorimetry, "1:4:0:0");
  check (&info, "video/x-raw,colorimetry=bt601", FRAME_PADDED);
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
  return s;
}

GST_CHECK_MAIN (output_conversion);
