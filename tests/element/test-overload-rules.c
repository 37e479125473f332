/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Overload control by hand, frame by frame. */

#include "overload.h"

#include <gst/check/gstcheck.h>

static GstEcbsrOverload *
new_two_levels (GstClockTime budget)
{
  const GstClockTime costs[] = { 10 * GST_MSECOND, 5 * GST_MSECOND };
  GstEcbsrOverload *overload = gst_ecbsr_overload_new ();

  gst_ecbsr_overload_set_budget (overload,
      GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP, budget, 33 * GST_MSECOND);
  gst_ecbsr_overload_set_levels (overload, costs, G_N_ELEMENTS (costs));
  return overload;
}

static gboolean
take_frames (GstEcbsrOverload * overload, guint n, GstClockTime * now,
    GstClockTime time)
{
  GstEcbsrLevelChange change;
  gboolean changed = FALSE;

  while (n-- > 0 && !changed) {
    *now += 33 * GST_MSECOND;
    changed = gst_ecbsr_overload_take_frame (overload, *now, time, time,
        &change);
  }
  return changed;
}

/* Levels, or a budget, that are not known. */
GST_START_TEST (test_nothing_to_go_by)
{
  g_autoptr (GstEcbsrOverload) no_budget = new_two_levels (GST_CLOCK_TIME_NONE);
  g_autoptr (GstEcbsrOverload) no_levels = new_two_levels (26 * GST_MSECOND);
  GstClockTime now = 0;

  gst_ecbsr_overload_take_qos (no_budget, 0, GST_SECOND, 2.0);
  fail_if (take_frames (no_budget, 100, &now, GST_SECOND));
  gst_ecbsr_overload_set_levels (no_levels, NULL, 0);
  fail_if (take_frames (no_levels, 100, &now, GST_SECOND));
  fail_unless_equals_int (gst_ecbsr_overload_get_level (no_levels), 0);
}

GST_END_TEST;

static gboolean
drops (GstEcbsrOverload * overload, GstClockTime now,
    GstClockTime running_time)
{
  const GstEcbsrArrival arrival = { now, 0, running_time,
    GST_CLOCK_DIFF (running_time, now)
  };

  return gst_ecbsr_overload_take_arrival (overload, &arrival);
}

/* Without QOS events nothing is dropped while there may be a level to go down to, nor
 * what is as late as the source. */
GST_START_TEST (test_drops_backlog)
{
  g_autoptr (GstEcbsrOverload) overload = new_two_levels (26 * GST_MSECOND);
  const GstClockTime cost = 10 * GST_MSECOND;
  GstClockTime now = GST_SECOND;

  gst_ecbsr_overload_set_levels (overload, NULL, 0);
  fail_if (drops (overload, now, 0));
  fail_if (take_frames (overload, 1, &now, 100 * GST_MSECOND));
  fail_if (drops (overload, 2 * GST_SECOND, 0));
  gst_ecbsr_overload_set_levels (overload, &cost, 1);
  fail_if (take_frames (overload, 8, &now, 100 * GST_MSECOND));
  fail_if (drops (overload, 3 * GST_SECOND, 2 * GST_SECOND));
  fail_if (drops (overload, 3 * GST_SECOND + 66 * GST_MSECOND, 2 * GST_SECOND));
  fail_unless (drops (overload, 3 * GST_SECOND + 67 * GST_MSECOND,
          2 * GST_SECOND));
  gst_ecbsr_overload_forget_times (overload);
  fail_if (drops (overload, 3 * GST_SECOND + 67 * GST_MSECOND, 2 * GST_SECOND));
}

GST_END_TEST;

/* The first that has a timestamp is as late as the source, whatever came before. */
GST_START_TEST (test_drops_after_frames_without_timestamps)
{
  const GstEcbsrArrival unstamped = { GST_SECOND, 0, GST_CLOCK_TIME_NONE,
    GST_CLOCK_STIME_NONE
  };
  g_autoptr (GstEcbsrOverload) overload = new_two_levels (26 * GST_MSECOND);
  const GstClockTime cost = 10 * GST_MSECOND;
  GstClockTime now = GST_SECOND;

  gst_ecbsr_overload_set_levels (overload, &cost, 1);
  fail_if (gst_ecbsr_overload_take_arrival (overload, &unstamped));
  fail_if (take_frames (overload, 8, &now, 100 * GST_MSECOND));
  fail_if (gst_ecbsr_overload_take_arrival (overload, &unstamped));
  fail_if (drops (overload, 3 * GST_SECOND, 2 * GST_SECOND));
  fail_if (drops (overload, 3 * GST_SECOND + 66 * GST_MSECOND, 2 * GST_SECOND));
  fail_unless (drops (overload, 3 * GST_SECOND + 67 * GST_MSECOND,
          2 * GST_SECOND));
}

GST_END_TEST;

/* What the idle machine cannot do is not tried. */
GST_START_TEST (test_chooses_first_level)
{
  g_autoptr (GstEcbsrOverload) overload = new_two_levels (6 * GST_MSECOND);
  g_autoptr (GstEcbsrOverload) fits = new_two_levels (10 * GST_MSECOND);
  GstEcbsrLevelChange change;

  fail_unless (gst_ecbsr_overload_choose_level (overload, 0, &change));
  fail_unless_equals_int (change.to, 1);
  fail_unless_equals_string (change.reason, "predicted-over-budget");
  fail_if (gst_ecbsr_overload_choose_level (overload, 0, &change));
  fail_if (gst_ecbsr_overload_choose_level (fits, 0, &change));
}

GST_END_TEST;

/* Frames are in time here, but late at the sink, and later than a frame: what
 * comes after takes its time too. */
GST_START_TEST (test_late_downstream)
{
  g_autoptr (GstEcbsrOverload) overload = new_two_levels (26 * GST_MSECOND);
  GstClockTime now = 0;
  guint i;

  for (i = 0; i < 100; i++) {
    gst_ecbsr_overload_take_qos (overload, now, 20 * GST_MSECOND, 1.5);
    fail_if (take_frames (overload, 1, &now, 10 * GST_MSECOND));
    gst_ecbsr_overload_take_qos (overload, now, 50 * GST_MSECOND, 0.9);
    fail_if (take_frames (overload, 1, &now, 10 * GST_MSECOND));
  }
  for (i = 0; i < 7; i++) {
    gst_ecbsr_overload_take_qos (overload, now, 50 * GST_MSECOND, 1.5);
    fail_if (take_frames (overload, 1, &now, 10 * GST_MSECOND));
  }
  gst_ecbsr_overload_take_qos (overload, now, 50 * GST_MSECOND, 1.5);
  fail_unless (take_frames (overload, 1, &now, 10 * GST_MSECOND));
  fail_unless_equals_int (gst_ecbsr_overload_get_level (overload), 1);
}

GST_END_TEST;

/* Another budget, policy or set of levels in the middle of it. */
GST_START_TEST (test_changes)
{
  g_autoptr (GstEcbsrOverload) overload = new_two_levels (26 * GST_MSECOND);
  const GstClockTime cost = GST_MSECOND;
  GstClockTime now = 0;
  GstEcbsrQosValues qos;

  gst_ecbsr_overload_take_qos (overload, 0, GST_MSECOND, 1.0);
  gst_ecbsr_overload_set_budget (overload, GST_ECBSR_OVERLOAD_DEGRADE,
      8 * GST_MSECOND, 33 * GST_MSECOND);
  fail_unless (take_frames (overload, 1, &now, 10 * GST_MSECOND));
  gst_ecbsr_overload_get_qos (overload, &qos);
  fail_unless_equals_int (qos.quality, 500000);
  fail_unless_equals_int64 (qos.jitter, GST_MSECOND);
  fail_if (gst_ecbsr_overload_has_lower (overload));

  gst_ecbsr_overload_set_budget (overload, GST_ECBSR_OVERLOAD_DROP,
      8 * GST_MSECOND, 33 * GST_MSECOND);
  fail_unless_equals_int (gst_ecbsr_overload_get_level (overload), 0);
  gst_ecbsr_overload_set_levels (overload, &cost, 1);
  gst_ecbsr_overload_get_qos (overload, &qos);
  fail_unless_equals_int (qos.quality, 1000000);
  fail_unless (drops (overload, now, 0));
  gst_ecbsr_overload_set_levels (overload, NULL, 0);
  fail_if (take_frames (overload, 10, &now, GST_SECOND));
}

GST_END_TEST;

#define FRAME (33 * GST_MSECOND)
#define LATENCY (80 * GST_MSECOND)

/* Whether the level changes where the thread has time for every other frame only, from which
 * it comes back @late later than the sink shows it. */
static gboolean
goes_down (GstClockTimeDiff late, GstClockTimeDiff jitter)
{
  g_autoptr (GstEcbsrOverload) overload = new_two_levels (26 * GST_MSECOND);
  guint i;

  gst_ecbsr_overload_take_latency (overload, LATENCY);
  for (i = 0; i < 100; i++) {
    GstClockTime now = GST_SECOND + 2 * FRAME * i;
    GstEcbsrLevelChange change;

    fail_if (drops (overload, now, now));
    if (gst_ecbsr_overload_take_frame (overload, now, 10 * GST_MSECOND,
            10 * GST_MSECOND, &change))
      return TRUE;
    gst_ecbsr_overload_take_return (overload, (GstClockTimeDiff) LATENCY + late
        + (i % 2 ? jitter : 0));
  }
  return FALSE;
}

/* A sink in the same thread waits for the clock, longer than frames last, and a queue that
 * holds one frame throws every other one away: no cheaper level helps. Unless the thread
 * comes back at any other time, which is work. */
GST_START_TEST (test_sink_that_waits)
{
  fail_if (goes_down (0, 0));
  fail_if (goes_down (GST_MSECOND, GST_MSECOND));
  fail_unless (goes_down (-GST_MSECOND, 0));
  fail_unless (goes_down (FRAME / 4, 0));
  fail_unless (goes_down (0, FRAME / 2));
}

GST_END_TEST;

static Suite *
overload_rules_suite (void)
{
  Suite *s = suite_create ("overload-rules");
  TCase *tc = tcase_create ("overload-rules");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_nothing_to_go_by);
  tcase_add_test (tc, test_drops_backlog);
  tcase_add_test (tc, test_drops_after_frames_without_timestamps);
  tcase_add_test (tc, test_chooses_first_level);
  tcase_add_test (tc, test_late_downstream);
  tcase_add_test (tc, test_sink_that_waits);
  tcase_add_test (tc, test_changes);
  return s;
}

GST_CHECK_MAIN (overload_rules);
