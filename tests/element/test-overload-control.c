/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Behind a live source: overload control in the element. */

#include "live.h"

static guint n_qos_upstream;

static void
set_up (void)
{
  live_set_up ();
  n_qos_upstream = 0;
}

static GstPadProbeReturn
count_qos (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_QOS)
    n_qos_upstream++;
  return GST_PAD_PROBE_OK;
}

static void
watch_qos_upstream (Bench * bench)
{
  gst_pad_add_probe (bench->h->srcpad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      count_qos, NULL, NULL);
}

/* Down at once to the lowest level, with the same caps; the sink's complaints do not
 * make upstream drop meanwhile. */
GST_START_TEST (test_degrades)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);
  GstMessage *message;
  guint64 n_degraded;
  gint64 jitter;
  gdouble proportion;
  gint quality;

  live_push_qos (&bench, 7);
  live_assert_downgraded (live_push_until_level_changes (&bench, 0), "esr-tr-x2",
      "bicubic");
  bench_assert_active (&bench, "bicubic");
  message = bench_pop_message (&bench, GST_MESSAGE_QOS);
  gst_message_parse_qos_values (message, &jitter, &proportion, &quality);
  fail_unless_equals_int64 (jitter, 7);
  fail_unless (quality > 0 && quality <= 500000, "%d", quality);
  gst_message_unref (message);
  n_degraded = bench_get_stat (&bench, "degraded");
  live_assert_output (&bench, MODEL_BICUBIC);
  fail_unless (bench_get_stat (&bench, "level") >= 1);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "degraded"),
      n_degraded + 1);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "dropped"), 0);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
}

GST_END_TEST;

/* The caps' chroma siting holds at each level, also where GStreamer overlooks it:
 * without colorimetry. */
GST_START_TEST (test_chroma_site)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);

  live_info.chroma_site = GST_VIDEO_CHROMA_SITE_MPEG2;
  gst_harness_set_src_caps_str (bench.h, "video/x-raw,format=NV12,width=64,"
      "height=36,framerate=25/1,chroma-site=mpeg2");
  live_push_qos (&bench, 1);
  gst_message_unref (live_push_until_level_changes (&bench, 0));
  live_assert_output (&bench, MODEL_BICUBIC);
  bench_free (&bench);
}

GST_END_TEST;

/* Up one by one, 10 s of the clock apart at least, to where it began. */
GST_START_TEST (test_upgrades)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);
  GstClockTime changed;
  guint level, i;

  live_push_qos (&bench, 1);
  gst_message_unref (live_push_until_level_changes (&bench, 0));
  g_object_set (bench.ecbsr, "max-processing-time", (guint64) GST_SECOND, NULL);
  level = bench_get_stat (&bench, "level");
  changed = live_now;
  for (; level > 0; level--) {
    gst_message_unref (live_push_until_level_changes (&bench, GST_SECOND));
    fail_unless_equals_uint64 (bench_get_stat (&bench, "level"), level - 1);
    fail_unless (live_now >= changed + 10 * GST_SECOND);
    changed = live_now;
  }
  bench_assert_active (&bench, "esr-tr-x2");
  live_assert_output (&bench, MODEL_ESR_TR);
  for (i = 0; i < 50; i++)
    fail_if (live_push_is_dropped (&bench));
  fail_unless (live_pop_level_changed (&bench) == NULL);
  bench_free (&bench);
}

GST_END_TEST;

/* Nothing changes and nothing is dropped: @why. */
static void
assert_leaves_alone (Bench * bench, const gchar * why)
{
  guint i;

  for (i = 0; i < 100; i++) {
    fail_if (live_push_is_dropped (bench), "%s", why);
    g_usleep (500);
  }
  fail_unless (live_pop_level_changed (bench) == NULL, "%s", why);
  fail_unless_equals_uint64 (bench_get_stat (bench, "degraded"), 0);
  bench_assert_active (bench, "esr-tr-x2");
}

GST_START_TEST (test_left_alone)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, "qos", FALSE, NULL);
  live_push_qos (&bench, 10 * LIVE_FRAME);
  assert_leaves_alone (&bench, "qos=false");
  bench_free (&bench);

  bench = live_start ("model", MODEL_ESR_TR, "max-processing-time", (guint64) 1,
      "overload-policy", POLICY_NONE, NULL);
  live_push_qos (&bench, 10 * LIVE_FRAME);
  assert_leaves_alone (&bench, "policy none");
  bench_free (&bench);
}

GST_END_TEST;

/* A change that is rejected does not make a file of the source. */
GST_START_TEST (test_live_after_rejection)
{
  Bench bench = live_start ("model", MODEL_ESR_MAX, NULL);

  gst_buffer_unref (live_push (&bench));
  g_object_set (bench.ecbsr, "model-location", "/nonexistent", NULL);
  g_free (bench_pop_problem (&bench, GST_MESSAGE_WARNING, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_FOUND));
  g_object_set (bench.ecbsr, "model", MODEL_ESR_CNN, "content", CONTENT_AUTO,
      NULL);
  gst_buffer_unref (live_push (&bench));
  bench_assert_active (&bench, "esr-cnn-x2-camera");
  bench_free (&bench);
}

GST_END_TEST;

/* At a lower level, qos=false leads back to full quality at once. */
GST_START_TEST (test_qos_switched_off)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);

  live_push_qos (&bench, 1);
  gst_message_unref (live_push_until_level_changes (&bench, 0));
  g_object_set (bench.ecbsr, "qos", FALSE, NULL);
  live_assert_output (&bench, MODEL_ESR_TR);
  bench_assert_active (&bench, "esr-tr-x2");
  bench_free (&bench);
}

GST_END_TEST;

/* As GstBaseTransform does: late frames are dropped, in full quality. */
GST_START_TEST (test_file)
{
  Bench bench = bench_new ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, "overload-policy", POLICY_NONE, NULL);

  bench_be_a_file (&bench);
  bench_set_input (&bench, &live_info);
  assert_leaves_alone (&bench, "a file");
  live_push_qos (&bench, LIVE_FRAME);
  fail_unless (live_push_is_dropped (&bench));
  fail_unless (live_push_is_dropped (&bench));
  fail_if (live_push_is_dropped (&bench));
  bench_free (&bench);
}

GST_END_TEST;

static gboolean
answer_as_live (GstPad * pad, GstObject * parent, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, TRUE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* Whether the source is live is asked when caps come: whoever asks for the latency
 * later changes nothing. */
GST_START_TEST (test_latency_query_changes_nothing)
{
  Bench bench = bench_new ("model", MODEL_ESR_TR, "overload-policy",
      POLICY_DEGRADE, NULL);

  bench_be_a_file (&bench);
  bench_set_input (&bench, &live_info);
  fail_if (live_push_is_dropped (&bench));
  gst_pad_set_query_function (bench.h->srcpad, answer_as_live);
  gst_harness_query_latency (bench.h);
  live_push_qos (&bench, LIVE_FRAME);
  fail_unless (live_push_is_dropped (&bench));
  bench_free (&bench);
}

GST_END_TEST;

/* While playing, min-model=auto is rejected, and the old one stays. */
GST_START_TEST (test_min_model_auto)
{
  Bench bench = live_start ("min-model", MODEL_ESR_MAX, NULL);
  gchar *text;
  gint model;

  g_object_set (bench.ecbsr, "min-model", MODEL_AUTO, NULL);
  text = bench_pop_problem (&bench, GST_MESSAGE_WARNING, GST_LIBRARY_ERROR,
      GST_LIBRARY_ERROR_SETTINGS);
  fail_unless (strstr (text, "min-model=auto") != NULL, "%s", text);
  g_object_get (bench.ecbsr, "min-model", &model, NULL);
  fail_unless_equals_int (model, MODEL_ESR_MAX);
  g_free (text);
  bench_free (&bench);
}

GST_END_TEST;

static void
assert_drops_two (Bench * bench)
{
  GstMessage *message;
  GstFormat format;
  guint64 processed, dropped;
  GstBuffer *out;

  fail_if (live_push_is_dropped (bench));
  live_push_qos (bench, LIVE_FRAME);
  fail_unless (live_push_is_dropped (bench));
  fail_unless (live_push_is_dropped (bench));
  out = live_push (bench);
  fail_unless (out != NULL);
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (out);

  fail_unless_equals_uint64 (bench_get_stat (bench, "dropped"), 2);
  gst_message_unref (bench_pop_message (bench, GST_MESSAGE_QOS));
  message = bench_pop_message (bench, GST_MESSAGE_QOS);
  gst_message_parse_qos_stats (message, &format, &processed, &dropped);
  fail_unless_equals_int (format, GST_FORMAT_BUFFERS);
  fail_unless_equals_uint64 (processed, 1);
  fail_unless_equals_uint64 (dropped, 2);
  gst_message_unref (message);
}

/* At the lowest level, what comes too late is dropped: here, and, since
 * there is no other help, upstream too. */
GST_START_TEST (test_drops)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "min-model", MODEL_ESR_TR,
      "max-processing-time", (guint64) 1, NULL);

  watch_qos_upstream (&bench);
  assert_drops_two (&bench);
  fail_unless_equals_int (n_qos_upstream, 1);
  bench_free (&bench);

  live_set_up ();
  bench =
      live_start ("model", MODEL_ESR_TR, "overload-policy", POLICY_DROP, NULL);
  assert_drops_two (&bench);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_degrade_does_not_drop)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "min-model", MODEL_ESR_TR,
      "max-processing-time", (guint64) 1, "overload-policy", POLICY_DEGRADE,
      NULL);

  live_push_qos (&bench, 10 * LIVE_FRAME);
  assert_leaves_alone (&bench, "policy degrade");
  bench_free (&bench);
}

GST_END_TEST;

/* While a level is left, upstream does not need to know. What the sink has said
 * does not outlive a flush. */
GST_START_TEST (test_events)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, NULL);
  GstSegment segment;
  guint i;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  watch_qos_upstream (&bench);
  for (i = 0; i < LIVE_PATIENCE; i++) {
    guint n_before = n_qos_upstream;

    fail_if (live_push_is_dropped (&bench));
    live_push_qos (&bench, -1);
    if (n_qos_upstream == n_before)
      break;
    g_usleep (1000);
  }
  fail_unless (i < LIVE_PATIENCE, "no levels");

  g_object_set (bench.ecbsr, "overload-policy", POLICY_DROP, NULL);
  live_push_qos (&bench, LIVE_FRAME);
  gst_harness_push_event (bench.h, gst_event_new_flush_start ());
  gst_harness_push_event (bench.h, gst_event_new_flush_stop (FALSE));
  gst_harness_push_event (bench.h, gst_event_new_segment (&segment));
  fail_if (live_push_is_dropped (&bench));
  bench_free (&bench);
}

GST_END_TEST;

/* At scale 1 there is nothing to help: where frames may be dropped QoS is the base
 * class's. */
GST_START_TEST (test_passthrough)
{
  Bench bench =
      live_start ("model", MODEL_ESR_TR, "overload-policy", POLICY_DEGRADE,
      NULL);

  fail_if (live_push_is_dropped (&bench));
  g_object_set (bench.ecbsr, "scale", 1, NULL);
  fail_if (live_push_is_dropped (&bench));
  fail_if (live_push_is_dropped (&bench));
  watch_qos_upstream (&bench);
  live_push_qos (&bench, LIVE_FRAME);
  fail_unless_equals_int (n_qos_upstream, 1);
  fail_if (live_push_is_dropped (&bench));

  g_object_set (bench.ecbsr, "overload-policy", POLICY_DROP, NULL);
  live_push_qos (&bench, LIVE_FRAME);
  fail_unless_equals_int (n_qos_upstream, 2);
  fail_unless (live_push_is_dropped (&bench));
  fail_unless_equals_uint64 (bench_get_stat (&bench, "dropped"), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* The lowest level is min-model; another one while playing builds other levels. */
GST_START_TEST (test_min_model)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "min-model", MODEL_ESR_MAX,
      "max-processing-time", (guint64) 1, NULL);

  live_push_qos (&bench, 1);
  live_assert_downgraded (live_push_until_level_changes (&bench, 0), "esr-tr-x2",
      "esr-max-x2");
  live_assert_output (&bench, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "min-model", MODEL_BICUBIC, NULL);
  live_assert_downgraded (live_push_until_level_changes (&bench, 0), "esr-tr-x2",
      "bicubic");
  g_object_set (bench.ecbsr, "overload-policy", POLICY_DROP, NULL);
  live_assert_output (&bench, MODEL_ESR_TR);
  bench_assert_active (&bench, "esr-tr-x2");
  fail_unless_equals_uint64 (bench_get_stat (&bench, "level"), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* A new model, and new caps, in the middle of it. */
GST_START_TEST (test_changes_while_degraded)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);

  live_push_qos (&bench, 1);
  gst_message_unref (live_push_until_level_changes (&bench, 0));
  g_object_set (bench.ecbsr, "model", MODEL_ESR_TM, NULL);
  /* By the first frame, where costs are known and levels are built that fast. */
  live_assert_downgraded (live_push_until_level_changes (&bench, 0), "esr-tm-x2",
      "bicubic");

  frame_info (&live_info, GST_VIDEO_FORMAT_RGB, 20, 30);
  bench_set_input (&bench, &live_info);
  live_assert_downgraded (live_push_until_level_changes (&bench, 0), "esr-tm-x2",
      "bicubic");
  live_assert_output (&bench, MODEL_BICUBIC);

  g_object_set (bench.ecbsr, "scale", 1, NULL);
  fail_if (live_push_is_dropped (&bench));
  bench_assert_active (&bench, NULL);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "level"), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* Straight away: stopping while levels are being built. */
GST_START_TEST (test_stop)
{
  guint i;

  for (i = 0; i < 20; i++) {
    Bench bench = live_start ("model", MODEL_ECBSR_M4C8, NULL);

    live_push_qos (&bench, 1);
    fail_if (live_push_is_dropped (&bench));
    g_usleep (i * 200);
    bench_free (&bench);
  }
}

GST_END_TEST;

static Suite *
overload_control_suite (void)
{
  Suite *s = suite_create ("overload-control");
  TCase *tc = tcase_create ("overload-control");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_degrades);
  tcase_add_test (tc, test_chroma_site);
  tcase_add_test (tc, test_upgrades);
  tcase_add_test (tc, test_left_alone);
  tcase_add_test (tc, test_qos_switched_off);
  tcase_add_test (tc, test_live_after_rejection);
  tcase_add_test (tc, test_latency_query_changes_nothing);
  tcase_add_test (tc, test_min_model_auto);
  tcase_add_test (tc, test_file);
  tcase_add_test (tc, test_drops);
  tcase_add_test (tc, test_degrade_does_not_drop);
  tcase_add_test (tc, test_events);
  tcase_add_test (tc, test_passthrough);
  tcase_add_test (tc, test_min_model);
  tcase_add_test (tc, test_changes_while_degraded);
  tcase_add_test (tc, test_stop);
  return s;
}

GST_CHECK_MAIN (overload_control);
