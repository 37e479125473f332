/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Behind a live source, before sinks that send no QoS events: what the element sees by
 * itself. What takes time here sleeps, so that a busy machine makes no difference. */

#include "live.h"

#define FOREVER ((guint64) 3600 * GST_SECOND)

static gint sleep_us;           /* of a frame, after the element; atomic */

static GstPadProbeReturn
sleep_downstream (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  g_usleep (g_atomic_int_get (&sleep_us));
  return GST_PAD_PROBE_OK;
}

/* After the element, in its thread. */
static void
set_downstream (Bench * bench, guint us)
{
  g_atomic_int_set (&sleep_us, us);
  gst_pad_add_probe (bench->h->sinkpad, GST_PAD_PROBE_TYPE_BUFFER,
      sleep_downstream, NULL, NULL);
}

/* A frame stamped @stamp_us, at @clock_us. */
static gboolean
is_dropped (Bench * bench, guint stamp_us, guint clock_us)
{
  GstBuffer *in = frame_new_filled (&live_info, FRAME_DEFAULT,
      pattern_texture), *out;
  gboolean dropped;

  gst_harness_set_time (bench->h, clock_us * GST_USECOND);
  GST_BUFFER_PTS (in) = stamp_us * GST_USECOND;
  fail_unless_equals_int (gst_harness_push (bench->h, in), GST_FLOW_OK);
  out = gst_harness_try_pull (bench->h);
  dropped = out == NULL;
  gst_clear_buffer (&out);
  return dropped;
}

static gboolean
runs (Bench * bench, const gchar * model)
{
  gboolean same;
  gchar *name;

  g_object_get (bench->ecbsr, "active-model", &name, NULL);
  same = g_strcmp0 (name, model) == 0;
  g_free (name);
  return same;
}

/* Frame times count whatever the sink says, and nothing is dropped for a level. */
GST_START_TEST (test_frame_times)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);

  live_assert_downgraded (live_push_until_level_changes (&bench, 0),
      "esr-tr-x2", "bicubic");
  live_assert_output (&bench, MODEL_BICUBIC);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "dropped"), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* What comes after the element takes more than frames last: a level less, and one
 * more after a second, down to the last; then nothing changes. Once it is fast again,
 * up. */
GST_START_TEST (test_slow_downstream)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "overload-policy",
      POLICY_DEGRADE, "max-processing-time", FOREVER, NULL);
  GstMessage *message;
  const gchar *reason;
  guint level;

  set_downstream (&bench, 60000);
  do {
    message = live_push_until_level_changes (&bench, LIVE_FRAME);
    reason = gst_structure_get_string (gst_message_get_structure (message),
        "reason");
    fail_unless_equals_string (reason, "late");
    gst_message_unref (message);
    level = bench_get_stat (&bench, "level");
  } while (!runs (&bench, "bicubic"));
  fail_unless_equals_uint64 (bench_get_stat (&bench, "dropped"), 0);

  g_atomic_int_set (&sleep_us, 0);
  message = live_push_until_level_changes (&bench, GST_SECOND / 4);
  gst_message_unref (message);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "level"), level - 1);
  bench_free (&bench);
}

GST_END_TEST;

#define SLOW_FRAME 100000       /* us: longer than a busy machine takes */

/* @n frames, stamped on time; the thread waits @wait_us for each. */
static void
push_late (Bench * bench, guint * stamp_us, guint * clock_us, guint n,
    guint wait_us, const gchar * why)
{
  guint i;

  for (i = 0; i < n; i++) {
    g_usleep (wait_us);
    *clock_us += wait_us;
    fail_if (is_dropped (bench, *stamp_us, *clock_us), "%s", why);
    *stamp_us += SLOW_FRAME;
  }
}

/* The source sends half as many frames as it stamps, so that they come ever later; or
 * nothing for a while, and then all at once. */
GST_START_TEST (test_late_source)
{
  static const gint policies[] = { POLICY_DEGRADE_THEN_DROP, POLICY_DROP };
  guint stamp_us = 0, clock_us = 0, i;
  Bench bench;

  live_info.fps_n = 10;
  bench = live_start ("model", MODEL_ESR_TR, "max-processing-time", FOREVER,
      NULL);
  for (i = 0; i < G_N_ELEMENTS (policies); i++) {
    g_object_set (bench.ecbsr, "overload-policy", policies[i], NULL);
    push_late (&bench, &stamp_us, &clock_us, 18, 2 * SLOW_FRAME,
        "half the rate");
    push_late (&bench, &stamp_us, &clock_us, 1, 5 * SLOW_FRAME, "stall");
    push_late (&bench, &stamp_us, &clock_us, 18, 0, "burst");
  }
  fail_unless (live_pop_level_changed (&bench) == NULL);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "dropped"), 0);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "level"), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* ------------------------------------------------------------------ dropping -- */

#define FAST_FRAME 5000         /* us */
#define LATE 50                 /* us, of the source by itself */
#define N_STEADY 20             /* frames, after which the thread is known to fall behind */

/* What comes after the element takes longer than frames last. */
static Bench
start_too_fast (guint scale, gint policy)
{
  Bench bench;
  guint i;

  live_info.fps_n = G_USEC_PER_SEC / FAST_FRAME;
  bench = live_start ("scale", scale, "model", MODEL_ESR_TR,
      "overload-policy", policy, NULL);
  set_downstream (&bench, FAST_FRAME + 2000);
  for (i = 0; i < N_STEADY; i++)
    fail_if (is_dropped (&bench, FAST_FRAME * i, FAST_FRAME * i + LATE));
  return bench;
}

/* Frame @i, that much later than the source is by itself. */
static gboolean
late_is_dropped (Bench * bench, guint i, guint late_us)
{
  return is_dropped (bench, FAST_FRAME * i, FAST_FRAME * i + LATE + late_us);
}

/* What comes more than two frames later is dropped. */
GST_START_TEST (test_drops)
{
  Bench bench = start_too_fast (2, POLICY_DROP);
  GstMessage *message;
  gint64 jitter;

  fail_if (late_is_dropped (&bench, 20, 0));
  fail_if (late_is_dropped (&bench, 21, 0));
  fail_if (late_is_dropped (&bench, 22, 2 * FAST_FRAME));
  fail_unless (late_is_dropped (&bench, 22, 2 * FAST_FRAME + 1));
  fail_unless (late_is_dropped (&bench, 23, 70 * FAST_FRAME));
  fail_if (late_is_dropped (&bench, 95, 0));
  fail_unless_equals_uint64 (bench_get_stat (&bench, "dropped"), 2);
  message = bench_pop_message (&bench, GST_MESSAGE_QOS);
  gst_message_parse_qos_values (message, &jitter, NULL, NULL);
  fail_unless_equals_int64 (jitter, (2 * FAST_FRAME + 1) * GST_USECOND);
  gst_message_unref (message);
  bench_free (&bench);
}

GST_END_TEST;

/* Not while there may be a level to go down to, nor where the policy says no. */
GST_START_TEST (test_does_not_drop)
{
  static const gint policies[] = { POLICY_NONE, POLICY_DEGRADE };
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (policies); i++) {
    Bench bench = start_too_fast (2, policies[i]);

    for (k = N_STEADY; k < 50; k++)
      fail_if (late_is_dropped (&bench, k, 100 * k * FAST_FRAME));
    bench_free (&bench);
  }
}

GST_END_TEST;

/* At the lowest level. */
GST_START_TEST (test_drops_at_lowest_level)
{
  Bench bench = start_too_fast (2, POLICY_DEGRADE_THEN_DROP);
  guint i;

  for (i = N_STEADY; i < LIVE_PATIENCE && !runs (&bench, "bicubic"); i++)
    fail_if (late_is_dropped (&bench, i, 0));
  while (i < LIVE_PATIENCE && !late_is_dropped (&bench, i, 3 * FAST_FRAME))
    i++;
  fail_unless (i < LIVE_PATIENCE, "nothing is dropped");
  fail_if (late_is_dropped (&bench, i + 10, 0));
  bench_free (&bench);
}

GST_END_TEST;

/* At scale 1 nothing takes time. */
GST_START_TEST (test_passthrough)
{
  Bench bench = start_too_fast (1, POLICY_DROP);
  guint i;

  for (i = N_STEADY; i < 50; i++)
    fail_if (late_is_dropped (&bench, i, 100 * i * FAST_FRAME));
  bench_free (&bench);
}

GST_END_TEST;

/* How late frames came before a flush says nothing of those after it. */
GST_START_TEST (test_flush)
{
  GstSegment segment;
  Bench bench = start_too_fast (2, POLICY_DROP);

  fail_if (late_is_dropped (&bench, 20, 0));
  fail_unless (late_is_dropped (&bench, 21, 100 * FAST_FRAME));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (bench.h, gst_event_new_flush_start ());
  gst_harness_push_event (bench.h, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (bench.h, gst_event_new_segment (&segment));
  fail_if (late_is_dropped (&bench, 21, 100 * FAST_FRAME));
  bench_free (&bench);
}

GST_END_TEST;

/* Frame @i without a timestamp. */
static gboolean
unstamped_is_dropped (Bench * bench, guint i)
{
  GstBuffer *in = frame_new_filled (&live_info, FRAME_DEFAULT,
      pattern_texture), *out;
  gboolean dropped;

  gst_harness_set_time (bench->h, i * GST_MSECOND);
  GST_BUFFER_PTS (in) = GST_CLOCK_TIME_NONE;
  fail_unless_equals_int (gst_harness_push (bench->h, in), GST_FLOW_OK);
  out = gst_harness_try_pull (bench->h);
  dropped = out == NULL;
  gst_clear_buffer (&out);
  return dropped;
}

/* Without timestamps there is nothing to be late by; with them there is, whether or not
 * the caps have a frame rate, unless they are no times at all. */
GST_START_TEST (test_times)
{
  static const struct
  {
    guint rate, unit_us;
    gboolean drops;
  } cases[] = {
    {200, FAST_FRAME, TRUE},
    {0, FAST_FRAME, TRUE},
    {0, 1, FALSE},              /* the number of the frame */
  };
  guint i, k, n;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    Bench bench;

    live_info.fps_n = cases[i].rate;
    bench = live_start ("model", MODEL_ESR_TR, "overload-policy", POLICY_DROP,
        NULL);
    set_downstream (&bench, FAST_FRAME + 2000);
    for (k = 0; k < 20; k++)
      fail_if (unstamped_is_dropped (&bench, k));
    for (n = 0; k < 80; k++)
      n += is_dropped (&bench, cases[i].unit_us * k, 100 * FAST_FRAME * k);
    fail_unless (cases[i].drops ? n > 0 : n == 0, "case %u: %u", i, n);
    bench_free (&bench);
  }
}

GST_END_TEST;

static void
set_up (void)
{
  live_set_up ();
  g_atomic_int_set (&sleep_us, 0);
}

static Suite *
no_qos_events_suite (void)
{
  Suite *s = suite_create ("no-qos-events");
  TCase *tc = tcase_create ("no-qos-events");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_frame_times);
  tcase_add_test (tc, test_slow_downstream);
  tcase_add_test (tc, test_late_source);
  tcase_add_test (tc, test_drops);
  tcase_add_test (tc, test_does_not_drop);
  tcase_add_test (tc, test_drops_at_lowest_level);
  tcase_add_test (tc, test_passthrough);
  tcase_add_test (tc, test_flush);
  tcase_add_test (tc, test_times);
  return s;
}

GST_CHECK_MAIN (no_qos_events);
