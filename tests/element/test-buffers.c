/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What buffers say of themselves: crop rectangles, strides and offsets. */

#include "upscale.h"

#define SCALE 3

static GstVideoInfo in_info, out_info;

static GstBuffer *
run (GstBuffer * in)
{
  return upscale (in, &in_info, &out_info, "scale", SCALE, "model",
      MODEL_BICUBIC, NULL);
}

static void
set_up (void)
{
  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 32, 24);
}

static void
add_crop (GstBuffer * buffer, guint x, guint y, guint width, guint height)
{
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);

  crop->x = x;
  crop->y = y;
  crop->width = width;
  crop->height = height;
}


static guint crop_x, crop_y;

/* What lies in the rectangle, chroma from the sample of its first luma. */
static guint8
pattern_in_crop (guint component, guint x, guint y)
{
  gboolean chroma = component == 1 || component == 2;
  guint w_sub = chroma ? GST_VIDEO_INFO_COMP_WIDTH (&in_info, 1)
      < in_info.width : 0;
  guint h_sub = chroma ? GST_VIDEO_INFO_COMP_HEIGHT (&in_info, 1)
      < in_info.height : 0;

  return pattern_texture (component, x + (crop_x >> w_sub),
      y + (crop_y >> h_sub));
}

static void
check_crop (GstVideoFormat format, FrameLayout layout, guint x, guint y)
{
  GstVideoInfo big_info;
  GstBuffer *big, *out, *expected;

  crop_x = x;
  crop_y = y;
  frame_info (&big_info, format, 64, 48);
  frame_info (&in_info, format, 32, 24);
  big = frame_new_filled (&big_info, layout, pattern_texture);
  add_crop (big, x, y, 32, 24);
  out = run (big);
  expected = run (frame_new_filled (&in_info, FRAME_DEFAULT, pattern_in_crop));
  frame_assert_equal (out, expected, &out_info, "crop");
  fail_unless (gst_buffer_get_video_crop_meta (out) == NULL);
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

GST_START_TEST (test_crop)
{
  check_crop (all_formats[__i__], FRAME_PADDED, 6, 4);
  check_crop (all_formats[__i__], FRAME_FLIPPED, 32, 24);
  check_crop (all_formats[__i__], FRAME_TIGHT, 0, 0);
}

GST_END_TEST;

GST_START_TEST (test_odd_crop)
{
  check_crop (GST_VIDEO_FORMAT_I420, FRAME_PADDED, 5, 3);
  check_crop (GST_VIDEO_FORMAT_NV12, FRAME_PADDED, 5, 3);
  check_crop (GST_VIDEO_FORMAT_BGRx, FRAME_PADDED, 5, 3);
}

GST_END_TEST;

static void
assert_refused (GstBuffer * in, GQuark domain, gint code, const gchar * word)
{
  Bench bench = bench_new ("scale", SCALE, "model", MODEL_BICUBIC, NULL);
  gchar *text;

  bench_be_a_file (&bench);
  bench_set_input (&bench, &in_info);
  fail_unless_equals_int (gst_harness_push (bench.h, in), GST_FLOW_ERROR);
  text = bench_pop_problem (&bench, GST_MESSAGE_ERROR, domain, code);
  fail_unless (strstr (text, word), "%s", text);
  fail_unless_equals_int (gst_harness_buffers_received (bench.h), 0);
  g_free (text);
  bench_free (&bench);
}

GST_START_TEST (test_bad_crop)
{
  static const guint bad[][4] = {
    {1, 0, 32, 24}, {0, 1, 32, 24}, {G_MAXUINT, 0, 32, 24},
    {0, G_MAXUINT - 23, 32, 24}, {0, 0, 16, 24}, {0, 0, 32, 25}, {0, 0, 0, 0},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    GstBuffer *in = frame_new_filled (&in_info, FRAME_DEFAULT,
        pattern_texture);

    add_crop (in, bad[i][0], bad[i][1], bad[i][2], bad[i][3]);
    assert_refused (in, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "crop");
  }
}

GST_END_TEST;

/* ----------------------------------------------------------- video metas -- */

static GstBuffer *
new_with_meta (GstVideoFormat format, guint width, guint height, gsize size,
    gint luma_stride, gsize chroma_offset)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0, chroma_offset, chroma_offset };
  gint stride[GST_VIDEO_MAX_PLANES] = { luma_stride, 16, 16 };

  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, format,
      width, height, format == GST_VIDEO_FORMAT_NV12 ? 2 : 3, offset, stride);
  return buffer;
}

/* What a buffer says of itself is not believed. */
GST_START_TEST (test_lying_video_meta)
{
  const GstVideoFormat i420 = GST_VIDEO_FORMAT_I420;
  const struct
  {
    GstBuffer *in;
    const gchar *word;
  } bad[] = {
    {new_with_meta (GST_VIDEO_FORMAT_NV12, 32, 24, 2000, 32, 768), "NV12"},
    {new_with_meta (i420, 31, 24, 2000, 32, 768), "31x24"},
    {new_with_meta (i420, 32, 23, 2000, 32, 768), "32x23"},
    {new_with_meta (i420, 32, 24, 2000, 100, 768), "plane 0"},
    {new_with_meta (i420, 32, 24, 2000, G_MAXINT, 768), "plane 0"},
    {new_with_meta (i420, 32, 24, 2000, -32, 768), "plane 0"},
    {new_with_meta (i420, 32, 24, 2000, G_MININT, 768), "plane 0"},
    {new_with_meta (i420, 32, 24, 900, 32, 768), "plane 1"},
    {new_with_meta (i420, 32, 24, 2000, 32, 1999), "plane 1"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (bad); i++)
    assert_refused (bad[i].in, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        bad[i].word);
  assert_refused (new_with_meta (i420, 32, 24, 2000, 32, 5000),
      GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "32x24");
}

GST_END_TEST;

static Suite *
buffers_suite (void)
{
  Suite *s = suite_create ("buffers");
  TCase *tc = tcase_create ("buffers");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_loop_test (tc, test_crop, 0, n_all_formats);
  tcase_add_test (tc, test_odd_crop);
  tcase_add_test (tc, test_bad_crop);
  tcase_add_test (tc, test_lying_video_meta);
  return s;
}

GST_CHECK_MAIN (buffers);
