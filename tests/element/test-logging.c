/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a log of GST_DEBUG=ecbsr:6 tells of a stream: what ran, what changed, and
 * why. */

#include "live.h"

__attribute__ ((visibility ("default"))) int __lsan_is_turned_off (void);

/* GStreamer leaves its old list of log functions behind, which another thread may
 * be reading. */
int
__lsan_is_turned_off (void)
{
  return 1;
}

static GMutex lock;
static GString *log_text;       /* under the lock */

static void
collect (GstDebugCategory * category, GstDebugLevel level, const gchar * file,
    const gchar * function, gint line, GObject * object,
    GstDebugMessage * message, gpointer unused)
{
  gchar *name;

  if (!g_str_equal (gst_debug_category_get_name (category), "ecbsr"))
    return;
  name = g_strchomp (g_strdup (gst_debug_level_get_name (level)));      /* padded */
  g_mutex_lock (&lock);
  g_string_append_printf (log_text, "%s %s\n", name,
      gst_debug_message_get (message));
  g_mutex_unlock (&lock);
  g_free (name);
}

static void
set_up (void)
{
  live_set_up ();
  log_text = g_string_new (NULL);
  gst_debug_add_log_function (collect, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_for_name ("ecbsr", GST_LEVEL_LOG);
}

static void
tear_down (void)
{
  gst_debug_unset_threshold_for_name ("ecbsr");
  gst_debug_remove_log_function (collect);
  g_string_free (log_text, TRUE);
}

/* What has been logged since the last time has to hold @text. */
static void
assert_logged (const gchar * text)
{
  gboolean found;

  g_mutex_lock (&lock);
  found = strstr (log_text->str, text) != NULL;
  if (!found)
    g_printerr ("%s", log_text->str);
  g_mutex_unlock (&lock);
  fail_unless (found, "not logged: %s", text);
}

static void
forget (void)
{
  g_mutex_lock (&lock);
  g_string_truncate (log_text, 0);
  g_mutex_unlock (&lock);
}

GST_START_TEST (test_stream)
{
  Bench bench = live_start ("model", MODEL_ESR_TR, "max-processing-time",
      (guint64) 1, NULL);

  fail_if (live_push_is_dropped (&bench));
  assert_logged ("INFO started: scale=2 model=esr-tr");
  assert_logged ("precision=auto, n-threads=0");
  assert_logged ("DEBUG the source is live");
  assert_logged ("INFO NV12 64x36 to NV12 128x72, on ");
  assert_logged ("INFO latency: ");
  assert_logged ("LOG frame of 0:00:00.000000000 came: waited for ");
  assert_logged ("LOG frame of 0:00:00.000000000: ");

  forget ();
  live_push_qos (&bench, 1);
  assert_logged ("DEBUG the sink says: ");
  gst_message_unref (live_push_until_level_changes (&bench, 0));
  assert_logged ("quality levels are ready");
  assert_logged ("INFO level 0 (esr-tr-x2) to ");
  assert_logged ("-over-budget");

  forget ();
  live_push_qos (&bench, LIVE_FRAME);
  fail_unless (live_push_is_dropped (&bench));
  assert_logged ("DEBUG dropped the frame of ");
  bench_free (&bench);
  assert_logged ("DEBUG stopped: ecbsr-stats, frames=");
}

GST_END_TEST;

GST_START_TEST (test_changes)
{
  Bench bench = live_start ("model", MODEL_ESR_MAX, NULL);

  fail_if (live_push_is_dropped (&bench));
  forget ();
  g_object_set (bench.ecbsr, "model", MODEL_ESR_TM, NULL);
  assert_logged ("INFO requested: scale=2 model=esr-tm");
  assert_logged ("DEBUG loaded ");
  fail_if (live_push_is_dropped (&bench));
  assert_logged ("INFO applied: esr-tm-x2 in place of esr-max-x2");

  forget ();
  g_object_set (bench.ecbsr, "model-location", "/nonexistent", NULL);
  assert_logged ("WARN asked for scale=2 model-location=/nonexistent, keeping "
      "scale=2 model=esr-tm");
  assert_logged ("/nonexistent: ");
  bench_free (&bench);
}

GST_END_TEST;

/* What the application gets as messages is in the log, too. */
GST_START_TEST (test_problems)
{
  Bench bench = live_start ("model", MODEL_ESR_MAX, NULL);
  GstElement *element;

  fail_if (live_push_is_dropped (&bench));
  fail_unless_equals_int (gst_harness_push (bench.h, gst_buffer_new ()),
      GST_FLOW_OK);
  assert_logged ("WARN input buffer, PTS ");
  assert_logged ("1 in a row: the frame is dropped: a buffer of 0 bytes ");
  bench_free (&bench);

  element = gst_element_factory_make ("ecbsr", NULL);
  g_object_set (element, "model-location", "/nonexistent", NULL);
  gst_element_set_state (element, GST_STATE_PAUSED);
  assert_logged ("ERROR scale=2 model-location=/nonexistent: ");
  gst_element_set_state (element, GST_STATE_NULL);
  gst_object_unref (element);
}

GST_END_TEST;

static Suite *
logging_suite (void)
{
  Suite *s = suite_create ("logging");
  TCase *tc = tcase_create ("logging");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, tear_down);
  tcase_add_test (tc, test_stream);
  tcase_add_test (tc, test_changes);
  tcase_add_test (tc, test_problems);
  return s;
}

GST_CHECK_MAIN (logging);
