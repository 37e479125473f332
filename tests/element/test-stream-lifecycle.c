/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* States, renegotiation and streams without the usual. */

#include "upscale.h"

static GstVideoInfo in_info, out_info;

static GstBuffer *
new_input (void)
{
  return frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);
}

static void
assert_frame (Bench * bench)
{
  GstVideoInfo expected_info;
  GstBuffer *expected = upscale (new_input (), &in_info, &expected_info,
      "model", MODEL_ESR_MAX, NULL);
  GstBuffer *out = upscale_with (bench, new_input (), &in_info, &out_info);

  fail_unless (gst_video_info_is_equal (&out_info, &expected_info));
  frame_assert_equal (out, expected, &out_info, "stream");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

/* The same element again and again. */
GST_START_TEST (test_state_cycling)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  guint i;

  frame_info (&in_info, GST_VIDEO_FORMAT_YUY2, 33, 17);
  for (i = 0; i < 20; i++) {
    assert_frame (&bench);
    if (i % 3 == 0)
      g_object_set (bench.ecbsr, "n-threads", i % 4, NULL);
    gst_element_set_state (bench.ecbsr, i % 2 ? GST_STATE_NULL :
        GST_STATE_READY);
    gst_element_set_state (bench.ecbsr, GST_STATE_PLAYING);
    gst_harness_push_event (bench.h, gst_event_new_stream_start ("again"));
  }
  /* without a frame, without caps */
  for (i = 0; i < 20; i++) {
    gst_element_set_state (bench.ecbsr, GST_STATE_NULL);
    gst_element_set_state (bench.ecbsr, GST_STATE_PLAYING);
  }
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_renegotiation)
{
  static const struct
  {
    GstVideoFormat format;
    guint width, height;
  } streams[] = {
    {GST_VIDEO_FORMAT_I420, 33, 17}, {GST_VIDEO_FORMAT_I420, 64, 8},
    {GST_VIDEO_FORMAT_RGBA, 64, 8}, {GST_VIDEO_FORMAT_GRAY8, 1, 1},
    {GST_VIDEO_FORMAT_YUY2, 99, 51}, {GST_VIDEO_FORMAT_I420, 33, 17},
  };
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (streams); i++) {
    frame_info (&in_info, streams[i].format, streams[i].width,
        streams[i].height);
    assert_frame (&bench);
    assert_frame (&bench);
  }
  bench_free (&bench);
}

GST_END_TEST;

/* Downstream changes its mind. */
GST_START_TEST (test_reconfigure)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  GstBuffer *out;

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 33, 17);
  assert_frame (&bench);
  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,format=RGB");
  out = upscale_with (&bench, new_input (), &in_info, &out_info);
  fail_unless_equals_int (out_info.finfo->format, GST_VIDEO_FORMAT_RGB);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_no_framerate)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  GstBuffer *out;

  frame_info (&in_info, GST_VIDEO_FORMAT_NV21, 3, 5);
  in_info.fps_n = 0;
  out = upscale_with (&bench, new_input (), &in_info, &out_info);
  fail_unless_equals_int (out_info.fps_n, 0);
  gst_buffer_unref (out);

  /* a conversion needs equal rates on both sides */
  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,format=RGB");
  out = upscale_with (&bench, new_input (), &in_info, &out_info);
  fail_unless_equals_int (out_info.fps_n, 0);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

/* Flushing and end of stream leave nothing behind. */
GST_START_TEST (test_flush)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  GstSegment segment;

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 33, 17);
  assert_frame (&bench);
  gst_harness_push_event (bench.h, gst_event_new_flush_start ());
  gst_harness_push_event (bench.h, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.h, gst_event_new_segment (&segment));
  assert_frame (&bench);
  fail_unless (gst_harness_push_event (bench.h, gst_event_new_eos ()));
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
}

GST_END_TEST;

typedef struct
{
  Bench bench;
  GstVideoFormat format;
} Instance;

static gpointer
push_frames (gpointer data)
{
  Instance *instance = data;
  GstVideoInfo info, result_info;
  guint i;

  frame_info (&info, instance->format, 65, 33);
  for (i = 0; i < 50; i++)
    gst_buffer_unref (upscale_with (&instance->bench, frame_new_filled (&info,
                FRAME_DEFAULT, pattern_texture), &info, &result_info));
  return NULL;
}

/* As appsrc sends by default: timestamps in a segment of bytes mean nothing. */
GST_START_TEST (test_segment_of_bytes)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo info;
  GstSegment segment;
  GstBuffer *in;

  frame_info (&info, GST_VIDEO_FORMAT_I420, 16, 16);
  bench_set_input (&bench, &info);
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (bench.h, gst_event_new_segment (&segment));
  in = frame_new_filled (&info, FRAME_DEFAULT, pattern_texture);
  GST_BUFFER_PTS (in) = GST_SECOND;
  gst_buffer_unref (gst_harness_push_and_pull (bench.h, in));
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_several_instances)
{
  Instance instances[4];
  GThread *threads[4];
  guint i;

  for (i = 0; i < 4; i++) {
    instances[i].bench = bench_new ("model", MODEL_ESR_MAX, NULL);
    instances[i].format = all_formats[i * 3];
    threads[i] = g_thread_new ("instance", push_frames, &instances[i]);
  }
  for (i = 0; i < 4; i++) {
    g_thread_join (threads[i]);
    bench_free (&instances[i].bench);
  }
}

GST_END_TEST;

static Suite *
stream_lifecycle_suite (void)
{
  Suite *s = suite_create ("stream-lifecycle");
  TCase *tc = tcase_create ("streams");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_state_cycling);
  tcase_add_test (tc, test_renegotiation);
  tcase_add_test (tc, test_reconfigure);
  tcase_add_test (tc, test_no_framerate);
  tcase_add_test (tc, test_flush);
  tcase_add_test (tc, test_segment_of_bytes);
  tcase_add_test (tc, test_several_instances);
  return s;
}

GST_CHECK_MAIN (stream_lifecycle);
