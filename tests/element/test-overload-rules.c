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

/* No QOS event: nobody waits for frames, as in a transcode. No budget: nothing
 * says what is too long. */
GST_START_TEST (test_not_engaged)
{
  g_autoptr (GstEcbsrOverload) silent = new_two_levels (26 * GST_MSECOND);
  g_autoptr (GstEcbsrOverload) free = new_two_levels (GST_CLOCK_TIME_NONE);
  GstClockTime now = 0;

  fail_if (take_frames (silent, 100, &now, GST_SECOND));
  gst_ecbsr_overload_take_qos (silent, 0, 0, 1.0);      /* sync=false */
  fail_if (take_frames (silent, 100, &now, GST_SECOND));
  fail_if (gst_ecbsr_overload_drops (silent, 0));
  gst_ecbsr_overload_take_qos (free, 0, GST_SECOND, 2.0);
  fail_if (take_frames (free, 100, &now, GST_SECOND));
  gst_ecbsr_overload_take_qos (silent, 0, -GST_MSECOND, 0.5);
  fail_unless (take_frames (silent, 1, &now, GST_SECOND));
  gst_ecbsr_overload_forget_qos (silent);
  fail_if (take_frames (silent, 1000, &now, GST_MSECOND));
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
  fail_unless (gst_ecbsr_overload_drops (overload, 0));
  gst_ecbsr_overload_set_levels (overload, NULL, 0);
  fail_if (take_frames (overload, 10, &now, GST_SECOND));
}

GST_END_TEST;

static Suite *
overload_rules_suite (void)
{
  Suite *s = suite_create ("overload-rules");
  TCase *tc = tcase_create ("overload-rules");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_not_engaged);
  tcase_add_test (tc, test_late_downstream);
  tcase_add_test (tc, test_changes);
  return s;
}

GST_CHECK_MAIN (overload_rules);
