/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The latency that is reported: what a frame costs and half as much again, and only
 * ever more. */

#include "gstecbsr.h"

#include "upscale.h"

#define UPSTREAM (7 * GST_MSECOND)
#define BUDGET (GST_SECOND / 25 * 80 / 100)
#define LEAST GST_MSECOND

/* ------------------------------------------------- a machine of the test's own -- */

/* What a pixel is measured to cost, and what a frame takes, by a clock that nothing
 * else moves on: how fast the real machine is must not matter. The linker puts the
 * functions below in front of the real ones (--wrap). */
#define PIXEL_COST 200          /* nanoseconds */
static GstClockTime frame_time, now;

gdouble __wrap_ecbsr_model_get_cost (EcbsrModel * model,
    const EcbsrPlanConfig * config);
/* visible, since GStreamer's libraries refer to the real one */
__attribute__ ((visibility ("default")))
GstClockTime __wrap_gst_util_get_timestamp (void);
void __real_ecbsr_plan_run (EcbsrPlan * plan, const EcbsrPicture * in,
    const EcbsrPicture * out, const EcbsrRunParams * params);
void __wrap_ecbsr_plan_run (EcbsrPlan * plan, const EcbsrPicture * in,
    const EcbsrPicture * out, const EcbsrRunParams * params);

gdouble
__wrap_ecbsr_model_get_cost (EcbsrModel * model, const EcbsrPlanConfig * config)
{
  return PIXEL_COST;
}

GstClockTime
__wrap_gst_util_get_timestamp (void)
{
  return now;
}

void
__wrap_ecbsr_plan_run (EcbsrPlan * plan, const EcbsrPicture * in,
    const EcbsrPicture * out, const EcbsrRunParams * params)
{
  now += frame_time;
  __real_ecbsr_plan_run (plan, in, out, params);
}

/* ---------------------------------------------------------------- streams -- */

static GstVideoInfo in_info;

static void
set_up (void)
{
  GST_ELEMENT_REGISTER (ecbsr, NULL);
  frame_time = 10 * GST_USECOND;
  now = GST_SECOND;
  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 33, 17);
}

static Bench
start (const gchar * first_property, ...)
{
  va_list properties;
  Bench bench;

  va_start (properties, first_property);
  bench = bench_new_valist (POLICY_NONE, first_property, properties);
  va_end (properties);
  gst_harness_set_upstream_latency (bench.h, UPSTREAM);
  bench_set_input (&bench, &in_info);
  return bench;
}

static void
push (Bench * bench)
{
  GstBuffer *out = gst_harness_push_and_pull (bench->h,
      frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture));

  fail_unless (out != NULL);
  gst_buffer_unref (out);
}

static guint
count_messages (Bench * bench)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bench->bus, GST_MESSAGE_LATENCY))) {
    fail_unless (GST_MESSAGE_SRC (message) == GST_OBJECT (bench->ecbsr));
    gst_message_unref (message);
    n++;
  }
  return n;
}

static GstClockTime
get_added (Bench * bench)
{
  return gst_harness_query_latency (bench->h) - UPSTREAM;
}

GST_START_TEST (test_small_picture)
{
  Bench bench = start ("model", MODEL_ESR_MAX, NULL);
  guint i;

  fail_unless_equals_uint64 (get_added (&bench), LEAST);
  fail_unless_equals_int (count_messages (&bench), 1);
  for (i = 0; i < 20; i++)
    push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), LEAST);
  fail_unless_equals_int (count_messages (&bench), 0);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "latency-ns"), LEAST);
  bench_free (&bench);
}

GST_END_TEST;

/* A frame in ten seconds is not shown eight seconds later. */
GST_START_TEST (test_slow_rate)
{
  Bench bench;

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 64, 48);
  in_info.fps_n = 1;
  in_info.fps_d = 10;
  bench = start ("model", MODEL_ESR_MAX, NULL);
  push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), LEAST);
  bench_free (&bench);
}

GST_END_TEST;

/* Neither another frame rate nor more time nor a smaller picture change it; a larger
 * one does, up to the budget. */
GST_START_TEST (test_only_raised)
{
  const GstClockTime large = 128 * 72 * PIXEL_COST * 3 / 2;
  Bench bench;

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 8, 8);
  bench = start ("model", MODEL_ECBSR_M10C16, "content", CONTENT_CLEAN, NULL);
  push (&bench);
  in_info.fps_n = 10;
  bench_set_input (&bench, &in_info);
  push (&bench);
  g_object_set (bench.ecbsr, "max-processing-time", (guint64) 90 * GST_MSECOND,
      NULL);
  push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), LEAST);
  fail_unless_equals_int (count_messages (&bench), 1);

  g_object_set (bench.ecbsr, "max-processing-time", (guint64) 0, NULL);
  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 128, 72);
  bench_set_input (&bench, &in_info);
  push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), large);
  fail_unless_equals_int (count_messages (&bench), 1);
  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 8, 8);
  bench_set_input (&bench, &in_info);
  push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), large);
  fail_unless_equals_int (count_messages (&bench), 0);

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 480, 270);
  bench_set_input (&bench, &in_info);
  push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), BUDGET);
  fail_unless_equals_int (count_messages (&bench), 1);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_not_reported)
{
  Bench bench = start ("model", MODEL_ESR_MAX, "report-latency", FALSE, NULL);

  push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), 0);
  count_messages (&bench);
  g_object_set (bench.ecbsr, "report-latency", TRUE, NULL);
  push (&bench);
  fail_unless_equals_int (count_messages (&bench), 1);
  fail_unless_equals_uint64 (get_added (&bench), LEAST);
  bench_be_a_file (&bench);
  fail_unless_equals_uint64 (gst_harness_query_latency (bench.h), 0);
  bench_free (&bench);

  bench = start ("model", MODEL_ESR_MAX, NULL);
  g_object_set (bench.ecbsr, "scale", 1, NULL);
  push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), 0);
  bench_free (&bench);

  bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  bench_be_a_file (&bench);
  bench_set_input (&bench, &in_info);
  fail_unless_equals_uint64 (gst_harness_query_latency (bench.h), 0);
  fail_unless_equals_int (count_messages (&bench), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* Frames that take longer for good raise it, in one step if they take equally long; not
 * beyond their duration, since then no latency helps. */
GST_START_TEST (test_slow)
{
  Bench bench = start ("model", MODEL_ESR_MAX, "max-processing-time",
      (guint64) 1, "overload-policy", POLICY_NONE, NULL);
  guint i;

  fail_unless_equals_uint64 (get_added (&bench), 1);
  count_messages (&bench);
  frame_time = 2 * GST_MSECOND;
  for (i = 0; i < 31; i++)
    push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), 1);
  for (i = 0; i < 300; i++)
    push (&bench);
  fail_unless (get_added (&bench) > frame_time);
  fail_unless (get_added (&bench) <= frame_time * 5 / 4);
  fail_unless_equals_int (count_messages (&bench), 1);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_too_slow)
{
  Bench bench;
  guint i;

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 320, 180);
  in_info.fps_n = 200;
  bench = start ("model", MODEL_ESR_MAX, "overload-policy", POLICY_NONE, NULL);
  fail_unless_equals_uint64 (get_added (&bench), 4 * GST_MSECOND);
  frame_time = 10 * GST_MSECOND;
  for (i = 0; i < 100; i++)
    push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), 5 * GST_MSECOND);
  bench_free (&bench);
}

GST_END_TEST;

/* Without a frame rate there is no budget. */
GST_START_TEST (test_no_rate)
{
  Bench bench;

  in_info.fps_n = 0;
  bench = start ("model", MODEL_ESR_MAX, NULL);
  push (&bench);
  fail_unless_equals_uint64 (get_added (&bench), LEAST);
  fail_unless_equals_int (count_messages (&bench), 1);
  bench_free (&bench);
}

GST_END_TEST;

/* From and to where there is nothing to do: the answer to the query changes, and that
 * is told. */
GST_START_TEST (test_scale_one_and_back)
{
  static const guint scales[] = { 1, 2, 1, 3 };
  Bench bench = start ("model", MODEL_ESR_MAX, "scale", 1, NULL);
  guint i;

  push (&bench);
  for (i = 0; i < G_N_ELEMENTS (scales); i++) {
    GstClockTime expected = scales[i] > 1 ? LEAST : 0;

    fail_unless (get_added (&bench) == (i ? LEAST - expected : 0));
    count_messages (&bench);
    g_object_set (bench.ecbsr, "scale", scales[i], NULL);
    push (&bench);
    fail_unless_equals_uint64 (get_added (&bench), expected);
    fail_unless_equals_int (count_messages (&bench), i > 0);
    fail_unless_equals_uint64 (bench_get_stat (&bench, "latency-ns"), expected);
  }
  bench_free (&bench);
}

GST_END_TEST;

/* What nobody is told of needs no message. */
GST_START_TEST (test_no_message_where_not_reported)
{
  Bench bench = start ("model", MODEL_ESR_MAX, "report-latency", FALSE, NULL);

  push (&bench);
  g_object_set (bench.ecbsr, "max-processing-time", (guint64) GST_SECOND, NULL);
  push (&bench);
  fail_unless_equals_int (count_messages (&bench), 0);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
latency_suite (void)
{
  Suite *s = suite_create ("latency");
  TCase *tc = tcase_create ("latency");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_small_picture);
  tcase_add_test (tc, test_slow_rate);
  tcase_add_test (tc, test_only_raised);
  tcase_add_test (tc, test_not_reported);
  tcase_add_test (tc, test_slow);
  tcase_add_test (tc, test_too_slow);
  tcase_add_test (tc, test_no_rate);
  tcase_add_test (tc, test_scale_one_and_back);
  tcase_add_test (tc, test_no_message_where_not_reported);
  return s;
}

GST_CHECK_MAIN (latency);
