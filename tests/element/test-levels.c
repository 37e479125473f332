/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What models cost, and quality levels, without an element. */

#include "levels.h"

#include <gst/check/gstcheck.h>

static GstVideoInfo in_info;

static void
set_up (void)
{
  gst_video_info_set_format (&in_info, GST_VIDEO_FORMAT_GRAY8, 64, 64);
}

static EcbsrModel *
load (GstEcbsrConfig * config, GstEcbsrModel choice)
{
  EcbsrModel *model;

  memset (config, 0, sizeof *config);
  config->scale = 2;
  config->model = choice;
  gst_ecbsr_config_resolve (config, FALSE);
  fail_unless (gst_ecbsr_config_load (config, &model, NULL));
  return model;
}

static GstClockTime
get_cost (GstEcbsrModel choice)
{
  GstEcbsrConfig config;
  g_autoptr (EcbsrModel) model = load (&config, choice);

  return gst_ecbsr_levels_get_cost (model, &in_info, &config);
}

/* ---------------------------------------- a measurement that does not end -- */

static struct
{
  GMutex lock;
  GCond changed;
  GThread *thread;              /* whose measurement waits */
  gboolean begun, released;
} slow;

void __real_ecbsr_plan_run (EcbsrPlan * plan, const EcbsrPicture * in,
    const EcbsrPicture * out, const EcbsrRunParams * params);
void __wrap_ecbsr_plan_run (EcbsrPlan * plan, const EcbsrPicture * in,
    const EcbsrPicture * out, const EcbsrRunParams * params);

void
__wrap_ecbsr_plan_run (EcbsrPlan * plan, const EcbsrPicture * in,
    const EcbsrPicture * out, const EcbsrRunParams * params)
{
  g_mutex_lock (&slow.lock);
  if (slow.thread == g_thread_self ()) {
    slow.begun = TRUE;
    g_cond_signal (&slow.changed);
    while (!slow.released)
      g_cond_wait (&slow.changed, &slow.lock);
  }
  g_mutex_unlock (&slow.lock);
  __real_ecbsr_plan_run (plan, in, out, params);
}

static gpointer
measure_slowly (gpointer choice)
{
  g_mutex_lock (&slow.lock);
  slow.thread = g_thread_self ();
  g_mutex_unlock (&slow.lock);
  fail_unless (get_cost (GPOINTER_TO_INT (choice)) > 0);
  return NULL;
}

static GThread *
start_to_measure (GstEcbsrModel choice)
{
  GThread *thread = g_thread_new ("measure", measure_slowly,
      GINT_TO_POINTER (choice));

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

/* While one stream measures, another one gets the costs that are known, and
 * measures those that are not, the same one as well. */
GST_START_TEST (test_measuring_holds_up_nobody)
{
  GstClockTime known = get_cost (GST_ECBSR_MODEL_BICUBIC);
  GThread *thread = start_to_measure (GST_ECBSR_MODEL_ESR_MAX);

  fail_unless (known > 0);
  fail_unless_equals_uint64 (get_cost (GST_ECBSR_MODEL_BICUBIC), known);
  fail_unless (get_cost (GST_ECBSR_MODEL_ESR_TM) > 0);
  fail_unless (get_cost (GST_ECBSR_MODEL_ESR_MAX) > 0);
  let_end (thread);
}

GST_END_TEST;

/* Measured once, and by area. */
GST_START_TEST (test_costs)
{
  GstClockTime cost = get_cost (GST_ECBSR_MODEL_ESR_MAX);

  fail_unless_equals_uint64 (get_cost (GST_ECBSR_MODEL_ESR_MAX), cost);
  gst_video_info_set_format (&in_info, GST_VIDEO_FORMAT_GRAY8, 128, 128);
  fail_unless (ABS ((gint64) get_cost (GST_ECBSR_MODEL_ESR_MAX)
          - 4 * (gint64) cost) <= 4);
}

GST_END_TEST;

/* Of what a format is upscaled as. */
GST_START_TEST (test_cost_of_converted)
{
  GstClockTime cost;

  gst_video_info_set_format (&in_info, GST_VIDEO_FORMAT_I422_10LE, 64, 64);
  cost = get_cost (GST_ECBSR_MODEL_ESR_MAX);
  fail_unless (cost > 0);
  gst_video_info_set_format (&in_info, GST_VIDEO_FORMAT_v210, 64, 64);
  fail_unless_equals_uint64 (get_cost (GST_ECBSR_MODEL_ESR_MAX), cost);
}

GST_END_TEST;

/* ----------------------------------------------------------------- levels -- */

static GstEcbsrSetup *
new_setup (GstEcbsrModel choice)
{
  GstEcbsrSetup *setup = g_new0 (GstEcbsrSetup, 1);

  setup->model = load (&setup->config, choice);
  setup->in = in_info;
  gst_video_info_set_format (&setup->out, GST_VIDEO_FORMAT_GRAY8,
      2 * in_info.width, 2 * in_info.height);
  return setup;
}

static GstEcbsrLevels *
wait_for_levels (GstEcbsrLevelsBuilder * builder)
{
  GstEcbsrLevels *levels;

  while (!(levels = gst_ecbsr_levels_builder_take (builder)))
    g_usleep (1000);
  return levels;
}

static void
assert_levels (const GstEcbsrLevels * levels, const GstEcbsrSetup * setup,
    GstEcbsrModel lowest)
{
  guint i;

  fail_unless (levels->level[0].model == setup->model);
  for (i = 1; i < levels->n_levels; i++) {
    fail_unless (levels->level[i].plans != NULL);
    fail_unless (levels->level[i].cost <= levels->level[i - 1].cost);
  }
  fail_unless_equals_int (gst_ecbsr_models_identify (levels->level[i -
              1].model), lowest);
}

/* The latest order counts, whatever became of those before; after a stop there may
 * be more. */
GST_START_TEST (test_builder)
{
  GstEcbsrLevelsBuilder *builder = gst_ecbsr_levels_builder_new ();
  GstEcbsrSetup *first = new_setup (GST_ECBSR_MODEL_ECBSR_M4C16);
  GstEcbsrSetup *second = new_setup (GST_ECBSR_MODEL_ESR_CNN);
  GstEcbsrLevels *levels;
  guint i;

  for (i = 0; i < 2; i++) {
    gst_ecbsr_levels_builder_start (builder, first, GST_ECBSR_MODEL_BICUBIC);
    gst_ecbsr_levels_builder_start (builder, second, GST_ECBSR_MODEL_BICUBIC);
    levels = wait_for_levels (builder);
    assert_levels (levels, second, GST_ECBSR_MODEL_BICUBIC);
    gst_ecbsr_levels_free (levels);
    fail_unless (gst_ecbsr_levels_builder_take (builder) == NULL);

    gst_ecbsr_levels_builder_start (builder, first, GST_ECBSR_MODEL_BICUBIC);
    gst_ecbsr_levels_builder_cancel (builder);
    gst_ecbsr_levels_builder_stop (builder);
    fail_unless (gst_ecbsr_levels_builder_take (builder) == NULL);
  }
  gst_ecbsr_levels_builder_free (builder);
  gst_ecbsr_setup_free (first);
  gst_ecbsr_setup_free (second);
}

GST_END_TEST;

static Suite *
levels_suite (void)
{
  Suite *s = suite_create ("levels");
  TCase *tc = tcase_create ("levels");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_measuring_holds_up_nobody);
  tcase_add_test (tc, test_costs);
  tcase_add_test (tc, test_cost_of_converted);
  tcase_add_test (tc, test_builder);
  return s;
}

GST_CHECK_MAIN (levels);
