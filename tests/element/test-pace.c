/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Behind a live source: overload control in the element. What is too slow is made
 * so by max-processing-time; time passes on a test clock. */

#include "upscale.h"

#define FRAME (GST_SECOND / 25)
#define PATIENCE 500

static GstVideoInfo in_info;
static GstClockTime pts, now;
static guint n_qos_upstream;

static void
set_up (void)
{
  frame_info (&in_info, GST_VIDEO_FORMAT_NV12, 64, 36);
  pts = now = 0;
  n_qos_upstream = 0;
}

/* Playing, and nothing pushed yet. Of each model there may be one for cameras. */
static Bench
start (const gchar * first_property, ...)
{
  va_list properties;
  Bench bench;

  va_start (properties, first_property);
  bench = bench_new_valist (first_property, properties);
  va_end (properties);
  g_object_set (bench.ecbsr, "content", CONTENT_CLEAN, NULL);
  gst_harness_use_testclock (bench.h);
  bench_set_input (&bench, &in_info);
  return bench;
}

static GstBuffer *
new_input (void)
{
  GstBuffer *in = frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);

  GST_BUFFER_PTS (in) = pts;
  GST_BUFFER_DURATION (in) = FRAME;
  pts += FRAME;
  return in;
}

/* NULL: it was dropped. */
static GstBuffer *
push (Bench * bench)
{
  fail_unless_equals_int (gst_harness_push (bench->h, new_input ()),
      GST_FLOW_OK);
  return gst_harness_try_pull (bench->h);
}

static gboolean
push_is_dropped (Bench * bench)
{
  GstBuffer *out = push (bench);
  gboolean dropped = out == NULL;

  gst_clear_buffer (&out);
  return dropped;
}

/* What a sink says of the frame before the next one. */
static void
say (Bench * bench, GstClockTimeDiff jitter)
{
  gst_harness_push_upstream_event (bench->h,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, jitter > 0 ? 1.5 : 0.5,
          jitter, pts));
}

static GstMessage *
pop_level_changed (Bench * bench)
{
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (bench->bus, GST_MESSAGE_ELEMENT))) {
    if (gst_message_has_name (message, "ecbsr-level-changed"))
      return message;
    gst_message_unref (message);
  }
  return NULL;
}

/* Pushes frames, between which @step passes, until the level changes. The ladder is
 * made in another thread. */
static GstMessage *
push_until_level_changes (Bench * bench, GstClockTime step)
{
  GstMessage *message = NULL;
  guint i;

  for (i = 0; i < PATIENCE && !message; i++) {
    push_is_dropped (bench);
    gst_harness_set_time (bench->h, now += step);
    message = pop_level_changed (bench);
    g_usleep (1000);
  }
  fail_unless (message != NULL, "still the same level");
  return message;
}

static void
assert_gone_down (GstMessage * message, const gchar * from, const gchar * to)
{
  const GstStructure *s = gst_message_get_structure (message);
  guint64 average;

  fail_unless_equals_string (gst_structure_get_string (s, "from"), from);
  fail_unless_equals_string (gst_structure_get_string (s, "to"), to);
  fail_unless (g_str_has_suffix (gst_structure_get_string (s, "reason"),
          "over-budget"));
  fail_unless (gst_structure_get_uint64 (s, "average-ns", &average));
  gst_message_unref (message);
}

static void
assert_output (Bench * bench, gint model)
{
  GstVideoInfo out_info;
  GstBuffer *out = push (bench);
  GstBuffer *expected = upscale (frame_new_filled (&in_info, FRAME_DEFAULT,
          pattern_texture), &in_info, &out_info, "model", model,
      "content", CONTENT_CLEAN, NULL);

  fail_unless (out != NULL);
  frame_assert_equal (out, expected, &out_info, "frame");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

static guint64
get_stat (Bench * bench, const gchar * name)
{
  GstStructure *stats;
  guint64 value = 0;
  guint small = 0;

  g_object_get (bench->ecbsr, "stats", &stats, NULL);
  if (!gst_structure_get_uint64 (stats, name, &value)) {
    fail_unless (gst_structure_get_uint (stats, name, &small), "%s", name);
    value = small;
  }
  gst_structure_free (stats);
  return value;
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

/* Down at once to the floor, with the same caps; the sink's complaints do not
 * make upstream drop meanwhile. */
GST_START_TEST (test_degrades)
{
  Bench bench = start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);
  GstMessage *message;
  gint64 jitter;
  gdouble proportion;
  gint quality;

  say (&bench, 7);
  assert_gone_down (push_until_level_changes (&bench, 0), "esr-tr-x2",
      "bicubic");
  bench_assert_active (&bench, "bicubic");
  message = bench_pop_message (&bench, GST_MESSAGE_QOS);
  gst_message_parse_qos_values (message, &jitter, &proportion, &quality);
  fail_unless_equals_int64 (jitter, 7);
  fail_unless (quality > 0 && quality <= 500000, "%d", quality);
  gst_message_unref (message);
  fail_unless_equals_uint64 (get_stat (&bench, "degraded"), 0);
  assert_output (&bench, MODEL_BICUBIC);
  fail_unless (get_stat (&bench, "level") >= 1);
  fail_unless_equals_uint64 (get_stat (&bench, "degraded"), 1);
  fail_unless_equals_uint64 (get_stat (&bench, "dropped"), 0);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
}

GST_END_TEST;

/* The caps' chroma siting holds at each level, also where GStreamer overlooks it:
 * without colorimetry. */
GST_START_TEST (test_chroma_site)
{
  Bench bench = start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);

  in_info.chroma_site = GST_VIDEO_CHROMA_SITE_MPEG2;
  gst_harness_set_src_caps_str (bench.h, "video/x-raw,format=NV12,width=64,"
      "height=36,framerate=25/1,chroma-site=mpeg2");
  say (&bench, 1);
  gst_message_unref (push_until_level_changes (&bench, 0));
  assert_output (&bench, MODEL_BICUBIC);
  bench_free (&bench);
}

GST_END_TEST;

/* Up one by one, 10 s of the clock apart at least, to where it began. */
GST_START_TEST (test_climbs)
{
  Bench bench = start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);
  GstClockTime changed;
  guint level, i;

  say (&bench, 1);
  gst_message_unref (push_until_level_changes (&bench, 0));
  g_object_set (bench.ecbsr, "max-processing-time", (guint64) GST_SECOND, NULL);
  level = get_stat (&bench, "level");
  changed = now;
  for (; level > 0; level--) {
    gst_message_unref (push_until_level_changes (&bench, GST_SECOND));
    fail_unless_equals_uint64 (get_stat (&bench, "level"), level - 1);
    fail_unless (now >= changed + 10 * GST_SECOND);
    changed = now;
  }
  bench_assert_active (&bench, "esr-tr-x2");
  assert_output (&bench, MODEL_ESR_TR);
  for (i = 0; i < 50; i++)
    fail_if (push_is_dropped (&bench));
  fail_unless (pop_level_changed (&bench) == NULL);
  bench_free (&bench);
}

GST_END_TEST;

/* Nothing changes and nothing is dropped: @why. */
static void
assert_leaves_alone (Bench * bench, const gchar * why)
{
  guint i;

  for (i = 0; i < 100; i++) {
    fail_if (push_is_dropped (bench), "%s", why);
    g_usleep (500);
  }
  fail_unless (pop_level_changed (bench) == NULL, "%s", why);
  fail_unless_equals_uint64 (get_stat (bench, "degraded"), 0);
  bench_assert_active (bench, "esr-tr-x2");
}

GST_START_TEST (test_left_alone)
{
  Bench bench = start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);

  assert_leaves_alone (&bench, "no sink that waits");
  bench_free (&bench);

  bench = start ("model", MODEL_ESR_TR, "max-processing-time", (guint64) 1,
      "qos", FALSE, NULL);
  say (&bench, 10 * FRAME);
  assert_leaves_alone (&bench, "qos=false");
  bench_free (&bench);

  bench = start ("model", MODEL_ESR_TR, "max-processing-time", (guint64) 1,
      "overload-policy", POLICY_NONE, NULL);
  say (&bench, 10 * FRAME);
  assert_leaves_alone (&bench, "policy none");
  bench_free (&bench);
}

GST_END_TEST;

/* As GstBaseTransform does: late frames are dropped, in full quality. */
GST_START_TEST (test_file)
{
  Bench bench = bench_new ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, "overload-policy", POLICY_NONE, NULL);

  bench_be_a_file (&bench);
  bench_set_input (&bench, &in_info);
  assert_leaves_alone (&bench, "a file");
  say (&bench, FRAME);
  fail_unless (push_is_dropped (&bench));
  fail_unless (push_is_dropped (&bench));
  fail_if (push_is_dropped (&bench));
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

  fail_if (push_is_dropped (bench));
  say (bench, FRAME);
  fail_unless (push_is_dropped (bench));
  fail_unless (push_is_dropped (bench));
  out = push (bench);
  fail_unless (out != NULL);
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_DISCONT));
  gst_buffer_unref (out);

  fail_unless_equals_uint64 (get_stat (bench, "dropped"), 2);
  gst_message_unref (bench_pop_message (bench, GST_MESSAGE_QOS));
  message = bench_pop_message (bench, GST_MESSAGE_QOS);
  gst_message_parse_qos_stats (message, &format, &processed, &dropped);
  fail_unless_equals_int (format, GST_FORMAT_BUFFERS);
  fail_unless_equals_uint64 (processed, 1);
  fail_unless_equals_uint64 (dropped, 2);
  gst_message_unref (message);
}

/* With no model to go down to, what comes too late is dropped: here, and, since
 * there is no other help, upstream too. */
GST_START_TEST (test_drops)
{
  Bench bench = start ("model", MODEL_ESR_TR, "min-model", MODEL_ESR_TR,
      "max-processing-time", (guint64) 1, NULL);

  watch_qos_upstream (&bench);
  assert_drops_two (&bench);
  fail_unless_equals_int (n_qos_upstream, 1);
  bench_free (&bench);

  set_up ();
  bench = start ("model", MODEL_ESR_TR, "overload-policy", POLICY_DROP, NULL);
  assert_drops_two (&bench);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_degrade_does_not_drop)
{
  Bench bench = start ("model", MODEL_ESR_TR, "min-model", MODEL_ESR_TR,
      "max-processing-time", (guint64) 1, "overload-policy", POLICY_DEGRADE,
      NULL);

  say (&bench, 10 * FRAME);
  assert_leaves_alone (&bench, "policy degrade");
  bench_free (&bench);
}

GST_END_TEST;

/* While a level is left, upstream does not need to know. What the sink has said
 * does not outlive a flush. */
GST_START_TEST (test_events)
{
  Bench bench = start ("model", MODEL_ESR_TR, NULL);
  GstSegment segment;
  guint i;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  watch_qos_upstream (&bench);
  for (i = 0; i < PATIENCE; i++) {
    guint n_before = n_qos_upstream;

    fail_if (push_is_dropped (&bench));
    say (&bench, -1);
    if (n_qos_upstream == n_before)
      break;
    g_usleep (1000);
  }
  fail_unless (i < PATIENCE, "no ladder");

  g_object_set (bench.ecbsr, "overload-policy", POLICY_DROP, NULL);
  say (&bench, FRAME);
  gst_harness_push_event (bench.h, gst_event_new_flush_start ());
  gst_harness_push_event (bench.h, gst_event_new_flush_stop (FALSE));
  gst_harness_push_event (bench.h, gst_event_new_segment (&segment));
  fail_if (push_is_dropped (&bench));
  bench_free (&bench);
}

GST_END_TEST;

/* At scale 1 there is nothing to help: where frames may be dropped QoS is the base
 * class's. */
GST_START_TEST (test_passthrough)
{
  Bench bench = start ("model", MODEL_ESR_TR, "overload-policy", POLICY_DEGRADE,
      NULL);

  fail_if (push_is_dropped (&bench));
  g_object_set (bench.ecbsr, "scale", 1, NULL);
  fail_if (push_is_dropped (&bench));
  fail_if (push_is_dropped (&bench));
  watch_qos_upstream (&bench);
  say (&bench, FRAME);
  fail_unless_equals_int (n_qos_upstream, 1);
  fail_if (push_is_dropped (&bench));

  g_object_set (bench.ecbsr, "overload-policy", POLICY_DROP, NULL);
  say (&bench, FRAME);
  fail_unless_equals_int (n_qos_upstream, 2);
  fail_unless (push_is_dropped (&bench));
  fail_unless_equals_uint64 (get_stat (&bench, "dropped"), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* The floor is min-model; another one while playing makes another ladder. */
GST_START_TEST (test_min_model)
{
  Bench bench = start ("model", MODEL_ESR_TR, "min-model", MODEL_ESR_MAX,
      "max-processing-time", (guint64) 1, NULL);

  say (&bench, 1);
  assert_gone_down (push_until_level_changes (&bench, 0), "esr-tr-x2",
      "esr-max-x2");
  assert_output (&bench, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "min-model", MODEL_BICUBIC, NULL);
  assert_gone_down (push_until_level_changes (&bench, 0), "esr-tr-x2",
      "bicubic");
  g_object_set (bench.ecbsr, "overload-policy", POLICY_DROP, NULL);
  assert_output (&bench, MODEL_ESR_TR);
  bench_assert_active (&bench, "esr-tr-x2");
  fail_unless_equals_uint64 (get_stat (&bench, "level"), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* A new model, and new caps, in the middle of it. */
GST_START_TEST (test_changes_while_degraded)
{
  Bench bench = start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);

  say (&bench, 1);
  gst_message_unref (push_until_level_changes (&bench, 0));
  g_object_set (bench.ecbsr, "model", MODEL_ESR_TM, NULL);
  assert_output (&bench, MODEL_ESR_TM);
  assert_gone_down (push_until_level_changes (&bench, 0), "esr-tm-x2",
      "bicubic");

  frame_info (&in_info, GST_VIDEO_FORMAT_RGB, 20, 30);
  bench_set_input (&bench, &in_info);
  assert_output (&bench, MODEL_ESR_TM);
  assert_gone_down (push_until_level_changes (&bench, 0), "esr-tm-x2",
      "bicubic");
  assert_output (&bench, MODEL_BICUBIC);

  g_object_set (bench.ecbsr, "scale", 1, NULL);
  fail_if (push_is_dropped (&bench));
  bench_assert_active (&bench, NULL);
  fail_unless_equals_uint64 (get_stat (&bench, "level"), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* Straight away: stopping while the ladder is being made. */
GST_START_TEST (test_stop)
{
  guint i;

  for (i = 0; i < 20; i++) {
    Bench bench = start ("model", MODEL_ECBSR_M4C8, NULL);

    say (&bench, 1);
    fail_if (push_is_dropped (&bench));
    g_usleep (i * 200);
    bench_free (&bench);
  }
}

GST_END_TEST;

/* --------------------------------------------------------- model=auto -- */

static Bench
start_auto (gboolean live, guint64 time, gint min_model)
{
  Bench bench = bench_new ("max-processing-time", time, "min-model", min_model,
      "content", CONTENT_CLEAN, NULL);

  if (!live)
    bench_be_a_file (&bench);
  bench_set_input (&bench, &in_info);
  return bench;
}

/* What runs is what this machine can, or what is best on any machine. */
GST_START_TEST (test_auto)
{
  Bench bench = start_auto (TRUE, 1, MODEL_BICUBIC);
  gchar *name;

  bench_assert_active (&bench, "bicubic");
  assert_output (&bench, MODEL_BICUBIC);
  bench_free (&bench);

  bench = start_auto (TRUE, 1, MODEL_ESR_MAX);
  g_object_get (bench.ecbsr, "active-model", &name, NULL);
  fail_unless (g_str_has_prefix (name, "e"), "%s is less than min-model", name);
  g_free (name);
  bench_free (&bench);

  bench = start_auto (FALSE, 1, MODEL_BICUBIC);
  bench_assert_active (&bench, "ecbsr-m4c16-x2");
  bench_free (&bench);

  in_info.fps_n = 0;
  bench = start_auto (TRUE, 0, MODEL_BICUBIC);
  bench_assert_active (&bench, "ecbsr-m4c16-x2");
  bench_free (&bench);
}

GST_END_TEST;

/* A file is what was asked for, whatever it takes. */
GST_START_TEST (test_auto_with_file)
{
  gchar *path = g_build_filename (g_getenv ("ECBSR_GOLDEN"),
      "esr-tm-x2-k5c5.safetensors", NULL);
  Bench bench = start ("model-location", path, "max-processing-time",
      (guint64) 1, NULL);

  bench_assert_active (&bench, "esr-tm-x2-k5c5");
  say (&bench, 1);
  assert_gone_down (push_until_level_changes (&bench, 0), "esr-tm-x2-k5c5",
      "bicubic");
  bench_free (&bench);
  g_free (path);
}

GST_END_TEST;

/* More time, more picture. While playing too, and with new caps. */
GST_START_TEST (test_auto_again)
{
  Bench bench = start_auto (TRUE, 3600 * GST_SECOND, MODEL_BICUBIC);
  gchar *best;

  g_object_get (bench.ecbsr, "active-model", &best, NULL);
  fail_unless (g_str_has_prefix (best, "ecbsr-m"), "%s", best);
  g_object_set (bench.ecbsr, "model", MODEL_ESR_MAX, NULL);
  assert_output (&bench, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "model", MODEL_AUTO, NULL);
  fail_if (push_is_dropped (&bench));
  bench_assert_active (&bench, best);
  g_free (best);

  g_object_set (bench.ecbsr, "max-processing-time", (guint64) 1, NULL);
  frame_info (&in_info, GST_VIDEO_FORMAT_RGB, 20, 30);
  bench_set_input (&bench, &in_info);
  bench_assert_active (&bench, "bicubic");
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
pace_suite (void)
{
  Suite *s = suite_create ("pace");
  TCase *tc = tcase_create ("pace");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_degrades);
  tcase_add_test (tc, test_chroma_site);
  tcase_add_test (tc, test_climbs);
  tcase_add_test (tc, test_left_alone);
  tcase_add_test (tc, test_file);
  tcase_add_test (tc, test_drops);
  tcase_add_test (tc, test_degrade_does_not_drop);
  tcase_add_test (tc, test_events);
  tcase_add_test (tc, test_passthrough);
  tcase_add_test (tc, test_min_model);
  tcase_add_test (tc, test_changes_while_degraded);
  tcase_add_test (tc, test_stop);
  tcase_add_test (tc, test_auto);
  tcase_add_test (tc, test_auto_with_file);
  tcase_add_test (tc, test_auto_again);
  return s;
}

GST_CHECK_MAIN (pace);
