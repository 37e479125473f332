/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* While a change is prepared, which loads a model, measures and plans, nobody waits but
 * the thread that asked for it. */

#include "gstecbsr.h"

#include "frames.h"

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

/* ------------------------------------------- a preparation that does not end -- */

static struct
{
  GMutex lock;
  GCond changed;
  GThread *thread;              /* whose plans wait */
  gboolean begun, released;
} slow;

EcbsrPlan *__real_ecbsr_plan_new (EcbsrModel * model,
    const EcbsrPlanConfig * config, GError ** error);
EcbsrPlan *__wrap_ecbsr_plan_new (EcbsrModel * model,
    const EcbsrPlanConfig * config, GError ** error);

EcbsrPlan *
__wrap_ecbsr_plan_new (EcbsrModel * model, const EcbsrPlanConfig * config,
    GError ** error)
{
  g_mutex_lock (&slow.lock);
  if (slow.thread == g_thread_self ()) {
    slow.begun = TRUE;
    g_cond_signal (&slow.changed);
    while (!slow.released)
      g_cond_wait (&slow.changed, &slow.lock);
  }
  g_mutex_unlock (&slow.lock);
  return __real_ecbsr_plan_new (model, config, error);
}

static gpointer
choose_slowly (gpointer element)
{
  g_mutex_lock (&slow.lock);
  slow.thread = g_thread_self ();
  g_mutex_unlock (&slow.lock);
  g_object_set (element, "model", GST_ECBSR_MODEL_ESR_TM, NULL);
  return NULL;
}

/* Returns when its plans are being made. */
static GThread *
start_to_choose (GstHarness * h)
{
  GThread *thread = g_thread_new ("choose", choose_slowly, h->element);

  g_mutex_lock (&slow.lock);
  while (!slow.begun)
    g_cond_wait (&slow.changed, &slow.lock);
  g_mutex_unlock (&slow.lock);
  return thread;
}

static void
let_end (GThread * thread)
{
  g_mutex_lock (&slow.lock);
  slow.released = TRUE;
  g_cond_signal (&slow.changed);
  g_mutex_unlock (&slow.lock);
  g_thread_join (thread);
}

/* ---------------------------------------------------------------- streams -- */

static GstVideoInfo in_info;

static void
set_up (void)
{
  GST_ELEMENT_REGISTER (ecbsr, NULL);
  slow.thread = NULL;
  slow.begun = slow.released = FALSE;
  frame_info (&in_info, GST_VIDEO_FORMAT_GRAY8, 32, 16);
}

/* Of the element that this program is linked with. */
static GstHarness *
new_stream (void)
{
  GstElement *element = g_object_new (gst_ecbsr_get_type (), "model",
      GST_ECBSR_MODEL_ESR_MAX, "overload-policy", 0, NULL);
  GstHarness *h;

  gst_object_ref_sink (element);
  h = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  return h;
}

static void
set_caps (GstHarness * h)
{
  gst_harness_set_src_caps (h, gst_video_info_to_caps (&in_info));
}

static void
assert_frame (GstHarness * h)
{
  GstBuffer *out = gst_harness_push_and_pull (h, frame_new_filled (&in_info,
          FRAME_DEFAULT, pattern_texture));

  fail_unless (out != NULL);
  gst_buffer_unref (out);
}

static void
assert_model (GstHarness * h, const gchar * expected)
{
  gchar *model;

  assert_frame (h);             /* what is pending is applied */
  g_object_get (h->element, "active-model", &model, NULL);
  fail_unless_equals_string (model, expected);
  g_free (model);
}

GST_START_TEST (test_second_stream)
{
  GstHarness *first = new_stream (), *second;
  GThread *thread;

  set_caps (first);
  assert_frame (first);
  thread = start_to_choose (first);
  second = new_stream ();
  set_caps (second);
  assert_frame (second);
  g_object_set (second->element, "model", GST_ECBSR_MODEL_BICUBIC, NULL);
  assert_model (second, "bicubic");
  let_end (thread);
  assert_model (first, "esr-tm-x2");
  gst_harness_teardown (second);
  gst_harness_teardown (first);
}

GST_END_TEST;

/* New caps ask for what is wanted, too. */
GST_START_TEST (test_same_stream)
{
  GstHarness *h = new_stream ();
  GThread *thread;

  set_caps (h);
  assert_frame (h);
  thread = start_to_choose (h);
  assert_frame (h);
  frame_info (&in_info, GST_VIDEO_FORMAT_GRAY8, 48, 20);
  set_caps (h);
  assert_model (h, "esr-max-x2");
  let_end (thread);
  assert_model (h, "esr-tm-x2");
  gst_harness_teardown (h);
}

GST_END_TEST;

/* What was asked for first and is ready last is not what runs in the end. */
GST_START_TEST (test_latest_wins)
{
  GstHarness *h = new_stream ();
  GThread *thread;

  set_caps (h);
  assert_frame (h);
  thread = start_to_choose (h);
  g_object_set (h->element, "model", GST_ECBSR_MODEL_BICUBIC, NULL);
  assert_model (h, "bicubic");
  let_end (thread);
  assert_model (h, "bicubic");
  g_object_set (h->element, "model", GST_ECBSR_MODEL_ESR_MAX, NULL);
  assert_model (h, "esr-max-x2");
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
measuring_suite (void)
{
  Suite *suite = suite_create ("measuring");
  TCase *tests = tcase_create ("general");

  suite_add_tcase (suite, tests);
  tcase_add_checked_fixture (tests, set_up, NULL);
  tcase_add_test (tests, test_second_stream);
  tcase_add_test (tests, test_same_stream);
  tcase_add_test (tests, test_latest_wins);
  return suite;
}

GST_CHECK_MAIN (measuring);
