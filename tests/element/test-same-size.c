/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Files of networks that keep the size, at scale 1: everything that works at other
 * scales works there, over the picture as it came in place of its cubic upscale. */

#include "live.h"

#include <string.h>

#define COLORS "ecbsr-rgb-x1-m1c8-prelu"
#define LUMA "ecbsr-x1-m1c8-prelu"
#define WIDTH 130
#define HEIGHT 70

static const gchar *const models[] = { COLORS, LUMA };

static const GstVideoFormat formats[] = {
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_YUY2,
  GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444, GST_VIDEO_FORMAT_RGB,
  GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_I420_10LE,
  GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_GRAY8,
};

#define N_RUNS (G_N_ELEMENTS (models) * G_N_ELEMENTS (formats))

static gchar *
golden (const gchar * name)
{
  gchar *file = g_strconcat (name, ".safetensors", NULL);
  gchar *path = g_build_filename (g_getenv ("ECBSR_GOLDEN"), file, NULL);

  g_free (file);
  return path;
}

/* Of a loop test. */
typedef struct
{
  gchar *path;
  GstVideoInfo info;
} Run;

static Run
run_new (guint i)
{
  Run run = { golden (models[i % G_N_ELEMENTS (models)]) };

  frame_info (&run.info, formats[i / G_N_ELEMENTS (models)], WIDTH, HEIGHT);
  return run;
}

static GstBuffer *
new_frame (const GstVideoInfo * info)
{
  return frame_new_filled (info, FRAME_PADDED, pattern_texture);
}

/* Whether luma, or R, differs anywhere in these columns. */
static gboolean
differs (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info, guint x0,
    guint x1)
{
  guint16 *of_a = frame_get_component (a, info, 0);
  guint16 *of_b = frame_get_component (b, info, 0);
  gboolean differ = FALSE;
  guint y;

  for (y = 0; y < HEIGHT; y++)
    differ |= memcmp (of_a + y * WIDTH + x0, of_b + y * WIDTH + x0,
        (x1 - x0) * sizeof *of_a) != 0;
  g_free (of_a);
  g_free (of_b);
  return differ;
}

GST_START_TEST (test_network_runs)
{
  Run run = run_new (__i__);
  GstBuffer *in = new_frame (&run.info), *out;
  GstVideoInfo out_info;

  out = upscale (new_frame (&run.info), &run.info, &out_info, "scale", 1,
      "model-location", run.path, NULL);
  fail_unless_equals_int (out_info.width, WIDTH);
  fail_unless_equals_int (out_info.height, HEIGHT);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&out_info),
      GST_VIDEO_INFO_FORMAT (&run.info));
  fail_unless (differs (in, out, &run.info, 0, WIDTH));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  g_free (run.path);
}

GST_END_TEST;

/* The cubic upscale by 1 is a copy. */
GST_START_TEST (test_strength)
{
  Run run = run_new (__i__);
  GstBuffer *in = new_frame (&run.info), *out;
  GstVideoInfo out_info;

  out = upscale (new_frame (&run.info), &run.info, &out_info, "scale", 1,
      "model-location", run.path, "strength", 0.0, NULL);
  frame_assert_equal (in, out, &run.info, "strength=0");
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  g_free (run.path);
}

GST_END_TEST;

GST_START_TEST (test_compare)
{
  Run run = run_new (__i__);
  GstBuffer *in = new_frame (&run.info), *whole, *out;
  GstVideoInfo out_info;

  whole = upscale (new_frame (&run.info), &run.info, &out_info, "scale", 1,
      "model-location", run.path, NULL);
  out = upscale (new_frame (&run.info), &run.info, &out_info, "scale", 1,
      "model-location", run.path, "compare", COMPARE_SPLIT, NULL);
  fail_if (differs (in, out, &run.info, 0, WIDTH / 2));
  fail_if (differs (whole, out, &run.info, WIDTH / 2 + 1, WIDTH));
  fail_unless (differs (in, out, &run.info, WIDTH / 2, WIDTH));
  gst_buffer_unref (in);
  gst_buffer_unref (whole);
  gst_buffer_unref (out);
  g_free (run.path);
}

GST_END_TEST;

GST_START_TEST (test_region)
{
  Run run = run_new (__i__);
  GstBuffer *in = new_frame (&run.info), *out;
  GstVideoInfo out_info;

  out = upscale (new_frame (&run.info), &run.info, &out_info, "scale", 1,
      "model-location", run.path, "roi-mode", ROI_RECTANGLE, "roi-x", 0,
      "roi-y", 0, "roi-width", 32, "roi-height", HEIGHT, NULL);
  fail_unless (differs (in, out, &run.info, 0, 32));
  fail_if (differs (in, out, &run.info, 64, WIDTH));
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  g_free (run.path);
}

GST_END_TEST;

GST_START_TEST (test_skip_static)
{
  Run run = run_new (__i__);
  Bench bench = bench_new ("scale", 1, "model-location", run.path,
      "skip-static", TRUE, NULL);
  GstVideoInfo out_info;
  GstBuffer *fresh, *again;
  guint i;

  fresh = upscale (new_frame (&run.info), &run.info, &out_info, "scale", 1,
      "model-location", run.path, NULL);
  for (i = 0; i < 3; i++) {
    again = upscale_with (&bench, new_frame (&run.info), &run.info, &out_info);
    frame_assert_equal (fresh, again, &run.info, "skip-static");
    gst_buffer_unref (again);
  }
  gst_buffer_unref (fresh);
  bench_free (&bench);
  g_free (run.path);
}

GST_END_TEST;

/* What downstream wants is what comes out, as at other scales. */
GST_START_TEST (test_conversion)
{
  gchar *path = golden (COLORS);
  Bench bench = bench_new ("scale", 1, "model-location", path, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *out;

  frame_info (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,format=RGB");
  out = upscale_with (&bench, new_frame (&info), &info, &out_info);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&out_info),
      GST_VIDEO_FORMAT_RGB);
  fail_unless_equals_int (out_info.width, WIDTH);
  gst_buffer_unref (out);
  bench_free (&bench);
  g_free (path);
}

GST_END_TEST;

/* Below the file's model there is what copies. */
GST_START_TEST (test_overload)
{
  gchar *path = golden (models[__i__]);
  Bench bench = live_start ("scale", 1, "model-location", path,
      "max-processing-time", (guint64) 1, "overload-policy", POLICY_DEGRADE,
      NULL);
  GstBuffer *in = frame_new_filled (&live_info, FRAME_DEFAULT, pattern_texture);
  GstBuffer *out;

  bench_assert_active (&bench, models[__i__]);
  live_push_qos (&bench, 1);
  live_assert_downgraded (live_push_until_level_changes (&bench, 0),
      models[__i__], "bicubic");
  out = live_push (&bench);
  fail_unless (out != NULL);
  frame_assert_equal (in, out, &live_info, "at the lowest level");
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  bench_free (&bench);
  g_free (path);
}

GST_END_TEST;

/* ---------------------------------------------------------------- changes -- */

/* The next frame: @same, as it came in; else not. */
static void
assert_next (Bench * bench, const GstVideoInfo * info, guint scale,
    gboolean same)
{
  GstBuffer *in = new_frame (info);
  GstBuffer *out = gst_harness_push_and_pull (bench->h, gst_buffer_ref (in));
  GstVideoInfo out_info;

  fail_unless (out != NULL);
  bench_get_output (bench, &out_info);
  fail_unless_equals_int (out_info.width, WIDTH * scale);
  if (scale == 1 && same)
    frame_assert_equal (in, out, info, "passed through");
  else if (scale == 1)
    fail_unless (differs (in, out, info, 0, WIDTH));
  bench_assert_quiet (bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
}

GST_START_TEST (test_changes)
{
  gchar *x1 = golden (models[__i__]), *x2 = golden ("ecbsr-x2-m4c16-prelu");
  Bench bench = bench_new ("scale", 1, NULL);
  GstVideoInfo info;
  guint i;

  frame_info (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  bench_set_input (&bench, &info);
  for (i = 0; i < 2; i++) {
    assert_next (&bench, &info, 1, TRUE);
    g_object_set (bench.ecbsr, "model-location", x1, NULL);
    assert_next (&bench, &info, 1, FALSE);
    bench_assert_active (&bench, models[__i__]);
    g_object_set (bench.ecbsr, "model-location", NULL, NULL);
    assert_next (&bench, &info, 1, TRUE);
    g_object_set (bench.ecbsr, "scale", 2, "model-location", x2, NULL);
    assert_next (&bench, &info, 2, FALSE);
    g_object_set (bench.ecbsr, "scale", 1, NULL);       /* the file is kept */
    assert_next (&bench, &info, 1, TRUE);
    g_object_set (bench.ecbsr, "scale", 2, NULL);
    assert_next (&bench, &info, 2, FALSE);
    g_object_set (bench.ecbsr, "scale", 1, "model-location", x1, NULL);
    assert_next (&bench, &info, 1, FALSE);
    g_object_set (bench.ecbsr, "model-location", NULL, NULL);
  }
  bench_free (&bench);
  g_free (x1);
  g_free (x2);
}

GST_END_TEST;

/* New caps, too: of video that is passed, and of video that is worked on. */
GST_START_TEST (test_caps_change)
{
  gchar *x1 = golden (COLORS);
  Bench bench = bench_new ("scale", 1, NULL);
  GstVideoInfo info;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    frame_info (&info, formats[i], WIDTH, HEIGHT);
    g_object_set (bench.ecbsr, "model-location", i % 2 ? x1 : NULL, NULL);
    bench_set_input (&bench, &info);
    assert_next (&bench, &info, 1, i % 2 == 0);
    g_object_set (bench.ecbsr, "model-location", i % 2 ? NULL : x1, NULL);
    assert_next (&bench, &info, 1, i % 2 == 1);
  }
  bench_free (&bench);
  g_free (x1);
}

GST_END_TEST;

/* A format that is converted to, and then not any more. */
GST_START_TEST (test_conversion_ends)
{
  gchar *x1 = golden (COLORS);
  Bench bench = bench_new ("scale", 1, "model-location", x1, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *out;
  gchar *text;

  frame_info (&info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,format=RGB");
  out = upscale_with (&bench, new_frame (&info), &info, &out_info);
  gst_buffer_unref (out);
  g_object_set (bench.ecbsr, "model-location", NULL, NULL);
  out = gst_harness_push_and_pull (bench.h, new_frame (&info));
  fail_unless (out != NULL);
  text = bench_pop_problem (&bench, GST_MESSAGE_WARNING, GST_CORE_ERROR,
      GST_CORE_ERROR_NEGOTIATION);
  g_free (text);
  bench_assert_active (&bench, COLORS);
  bench_get_output (&bench, &out_info);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&out_info),
      GST_VIDEO_FORMAT_RGB);
  gst_buffer_unref (out);
  bench_free (&bench);
  g_free (x1);
}

GST_END_TEST;

/* Memory that is not read here passes, and goes on to. */
GST_START_TEST (test_other_memory)
{
  gchar *x1 = golden (COLORS);
  Bench bench = bench_new ("scale", 1, NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL), *out;
  gchar *text;

  gst_harness_set_src_caps_str (bench.h, "video/x-raw(memory:DMABuf),"
      "format=NV12,width=32,height=24,framerate=30/1");
  g_object_set (bench.ecbsr, "model-location", x1, NULL);
  out = gst_harness_push_and_pull (bench.h, gst_buffer_ref (buffer));
  fail_unless (out == buffer);
  text = bench_pop_problem (&bench, GST_MESSAGE_WARNING, GST_CORE_ERROR,
      GST_CORE_ERROR_NEGOTIATION);
  fail_unless (strstr (text, "memory:DMABuf"), "%s", text);
  g_free (text);
  g_free (x1);
  g_object_get (bench.ecbsr, "model-location", &x1, NULL);
  fail_unless (x1 == NULL);
  gst_buffer_unref (buffer);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
same_size_suite (void)
{
  Suite *s = suite_create ("same-size");
  TCase *tc = tcase_create ("same-size");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, live_set_up, NULL);
  tcase_add_loop_test (tc, test_network_runs, 0, N_RUNS);
  tcase_add_loop_test (tc, test_strength, 0, N_RUNS);
  tcase_add_loop_test (tc, test_compare, 0, N_RUNS);
  tcase_add_loop_test (tc, test_region, 0, N_RUNS);
  tcase_add_loop_test (tc, test_skip_static, 0, N_RUNS);
  tcase_add_test (tc, test_conversion);
  tcase_add_loop_test (tc, test_overload, 0, G_N_ELEMENTS (models));
  tcase_add_loop_test (tc, test_changes, 0, G_N_ELEMENTS (models));
  tcase_add_test (tc, test_caps_change);
  tcase_add_test (tc, test_conversion_ends);
  tcase_add_test (tc, test_other_memory);
  return s;
}

GST_CHECK_MAIN (same_size);
