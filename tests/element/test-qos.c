/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The quality of service of a stream without an element: what is to be done comes
 * back, the clock is passed in, and quality levels cost what is said here. */

#include "qos.h"

#include <gst/check/gstcheck.h>

#define FRAME (GST_SECOND / 25)
#define BUDGET (FRAME * 80 / 100)

/* ---------------------------------------------- levels.c, without measuring -- */

struct _GstEcbsrLevelsBuilder
{
  EcbsrModel *model;            /* that levels have been ordered for */
};

static GstClockTime costs[] = { 20 * GST_MSECOND, 5 * GST_MSECOND };
static GstClockTime waited;     /* for levels */

GstEcbsrLevelsBuilder *
gst_ecbsr_levels_builder_new (void)
{
  return g_new0 (GstEcbsrLevelsBuilder, 1);
}

void
gst_ecbsr_levels_builder_start (GstEcbsrLevelsBuilder * builder,
    const GstEcbsrSetup * setup, GstEcbsrModel lowest)
{
  builder->model = setup->model;
}

GstEcbsrLevels *
gst_ecbsr_levels_builder_take (GstEcbsrLevelsBuilder * builder)
{
  GstEcbsrLevels *levels = g_new0 (GstEcbsrLevels, 1);

  levels->n_levels = G_N_ELEMENTS (costs);
  levels->level[0].model = ecbsr_model_ref (builder->model);
  levels->level[0].cost = costs[0];
  levels->level[1].model = ecbsr_model_new_cubic (2);
  levels->level[1].cost = costs[1];
  return levels;
}

void
gst_ecbsr_levels_builder_wait (GstEcbsrLevelsBuilder * builder,
    GstClockTime time)
{
  waited = time;
}

void
gst_ecbsr_levels_builder_cancel (GstEcbsrLevelsBuilder * builder)
{
  builder->model = NULL;
}

void
gst_ecbsr_levels_builder_stop (GstEcbsrLevelsBuilder * builder)
{
  builder->model = NULL;
}

void
gst_ecbsr_levels_builder_free (GstEcbsrLevelsBuilder * builder)
{
  g_free (builder);
}

void
gst_ecbsr_levels_free (GstEcbsrLevels * levels)
{
  guint i;

  for (i = 0; i < levels->n_levels; i++)
    ecbsr_model_unref (levels->level[i].model);
  g_free (levels);
}

GstClockTime
gst_ecbsr_levels_get_cost (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrConfig * config)
{
  return costs[0];
}

static GstClockTime asked_budget;

EcbsrModel *
gst_ecbsr_levels_find_best (const GstVideoInfo * in,
    const GstEcbsrConfig * config, GstEcbsrModel lowest, GstClockTime budget,
    GError ** error)
{
  asked_budget = budget;
  return ecbsr_model_new_cubic (config->scale);
}

/* --------------------------------------------------------------- a stream -- */

typedef struct
{
  GstEcbsrQos *qos;
  GstEcbsrQosConfig config;
  GstEcbsrSetup *setup;
  GstEcbsrQosActions actions;
  GstClockTime now, running_time;
} Stream;

static GstEcbsrSetup *
new_setup (gint fps)
{
  GstEcbsrSetup *setup = g_new0 (GstEcbsrSetup, 1);

  setup->config.scale = 2;
  setup->config.model = GST_ECBSR_MODEL_ESR_MAX;
  fail_unless (gst_ecbsr_config_load (&setup->config, &setup->model, NULL));
  gst_video_info_set_format (&setup->in, GST_VIDEO_FORMAT_GRAY8, 16, 16);
  gst_video_info_set_format (&setup->out, GST_VIDEO_FORMAT_GRAY8, 32, 32);
  setup->in.fps_n = fps;
  setup->in.fps_d = 1;
  setup->upscaler = gst_ecbsr_upscaler_new (setup->model, &setup->in,
      &setup->out, &setup->config, NULL);
  return setup;
}

static void
replace_setup (Stream * stream, gint fps)
{
  GstEcbsrSetup *setup = new_setup (fps);

  gst_ecbsr_qos_set_setup (stream->qos, &stream->config, setup,
      &stream->actions);
  if (stream->setup)
    gst_ecbsr_setup_free (stream->setup);
  stream->setup = setup;
}

static Stream
stream_start (gboolean live)
{
  Stream stream = { gst_ecbsr_qos_new (), {live, TRUE,
          GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP, 0, GST_ECBSR_MODEL_BICUBIC,
          TRUE}, NULL, {FALSE}, 0, 0 };

  replace_setup (&stream, 25);
  return stream;
}

static void
stream_free (Stream * stream)
{
  gst_ecbsr_qos_stop (stream->qos);
  gst_ecbsr_qos_free (stream->qos);
  gst_ecbsr_setup_free (stream->setup);
}

/* From a source that is on time. */
static gboolean
frame_is_dropped (Stream * stream)
{
  const GstEcbsrArrival arrival = { stream->now, GST_SECOND,
    stream->running_time, 0
  };

  return gst_ecbsr_qos_before_frame (stream->qos, &stream->config,
      stream->now, &arrival, &stream->actions);
}

/* A frame that takes @time. */
static void
run_frame (Stream * stream, GstClockTime time)
{
  const GstEcbsrRun run = { time, {1, 0, 0} };

  fail_if (frame_is_dropped (stream));
  stream->now += FRAME;
  if (GST_CLOCK_TIME_IS_VALID (stream->running_time))
    stream->running_time += FRAME;
  gst_ecbsr_qos_after_frame (stream->qos, stream->now, time, &run,
      &stream->actions);
}

/* A frame that takes @time, after which the next one is there already, @spacing later. */
static void
run_busy (Stream * stream, GstClockTime spacing, GstClockTime time)
{
  const GstEcbsrRun run = { time, {1, 0, 0} };
  const GstEcbsrArrival arrival = { stream->now, 0, stream->running_time,
    GST_CLOCK_DIFF (stream->running_time, stream->now)
  };

  fail_if (gst_ecbsr_qos_before_frame (stream->qos, &stream->config,
          stream->now, &arrival, &stream->actions));
  stream->now += time;
  stream->running_time += spacing;
  gst_ecbsr_qos_after_frame (stream->qos, stream->now, time, &run,
      &stream->actions);
}

static GstEcbsrQosAnswer
say (Stream * stream, GstClockTimeDiff jitter)
{
  GstEvent *event = gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW,
      jitter > 0 ? 1.5 : 0.5, jitter, stream->running_time);
  GstEcbsrQosAnswer answer = gst_ecbsr_qos_take_event (stream->qos,
      &stream->config, event);

  gst_event_unref (event);
  return answer;
}

static GstClockTime
get_latency (Stream * stream, gboolean live)
{
  GstQuery *query = gst_query_new_latency ();
  GstClockTime min;

  gst_query_set_latency (query, live, 0, GST_CLOCK_TIME_NONE);
  gst_ecbsr_qos_add_latency (stream->qos, &stream->config, query);
  gst_query_parse_latency (query, NULL, &min, NULL);
  gst_query_unref (query);
  return min;
}

static void
run_until_level_changes (Stream * stream, guint most, GstClockTime time)
{
  guint i;

  for (i = 0; i < most; i++) {
    run_frame (stream, time);
    if (stream->actions.level_changed)
      return;
  }
  fail ("still level %u", gst_ecbsr_qos_get_level (stream->qos));
}

/* ------------------------------------------------------------------ tests -- */

/* Down while frames take too long, up ten seconds of the clock after they do not. */
GST_START_TEST (test_levels)
{
  Stream stream = stream_start (TRUE);
  gchar *name;
  guint i;

  fail_unless (stream.actions.level_reset);
  run_frame (&stream, 20 * GST_MSECOND);
  fail_unless_equals_int (say (&stream, -GST_MSECOND), GST_ECBSR_QOS_OURS);
  run_until_level_changes (&stream, 20, 60 * GST_MSECOND);
  fail_unless_equals_int (gst_ecbsr_qos_get_level (stream.qos), 1);
  name = gst_ecbsr_qos_name_level (stream.qos, 1);
  fail_unless_equals_string (name, "bicubic");
  g_free (name);

  for (i = 0; i < 240; i++) {
    run_frame (&stream, GST_MSECOND);
    fail_if (stream.actions.level_changed);
  }
  run_until_level_changes (&stream, 50, GST_MSECOND);
  fail_unless_equals_int (gst_ecbsr_qos_get_level (stream.qos), 0);
  stream_free (&stream);
}

GST_END_TEST;

/* New conditions begin at the first level again, or end it. */
GST_START_TEST (test_conditions)
{
  Stream stream = stream_start (TRUE);

  run_frame (&stream, 20 * GST_MSECOND);
  say (&stream, -GST_MSECOND);
  run_until_level_changes (&stream, 20, 60 * GST_MSECOND);
  stream.config.enabled = FALSE;
  fail_if (frame_is_dropped (&stream));
  fail_unless (stream.actions.level_reset);
  fail_unless_equals_int (gst_ecbsr_qos_get_level (stream.qos), 0);
  fail_unless_equals_int (say (&stream, FRAME), GST_ECBSR_QOS_NOT_OURS);
  stream_free (&stream);
}

GST_END_TEST;

/* Behind a file nothing is done, and events are the base class's. */
GST_START_TEST (test_file)
{
  Stream stream = stream_start (FALSE);
  guint i;

  fail_unless_equals_int (say (&stream, GST_SECOND), GST_ECBSR_QOS_NOT_OURS);
  for (i = 0; i < 100; i++) {
    run_frame (&stream, GST_SECOND);
    fail_if (stream.actions.level_changed || stream.actions.latency_changed);
  }
  fail_unless_equals_uint64 (get_latency (&stream, FALSE), 0);
  stream_free (&stream);
}

GST_END_TEST;

/* Late frames are dropped at the lowest level, if it is too slow as well. */
GST_START_TEST (test_drops)
{
  Stream stream = stream_start (TRUE);
  guint i;

  run_frame (&stream, 20 * GST_MSECOND);
  say (&stream, -GST_MSECOND);
  run_until_level_changes (&stream, 20, GST_SECOND);
  for (i = 0; i < 20; i++)
    run_frame (&stream, GST_SECOND);
  fail_unless_equals_int (say (&stream, FRAME / 2),
      GST_ECBSR_QOS_FOR_UPSTREAM);
  fail_unless (frame_is_dropped (&stream));
  fail_unless_equals_int64 (stream.actions.values.jitter, FRAME / 2);
  fail_unless_equals_int (stream.actions.values.quality, 500000);
  gst_ecbsr_qos_flush (stream.qos);
  fail_if (frame_is_dropped (&stream));
  stream_free (&stream);
}

GST_END_TEST;

/* What the machine is measured to take, and half as much again. It is raised where
 * frames take longer for good: up to the budget while there is a lower level, else up
 * to their duration. It is never lowered; a query changes nothing. */
GST_START_TEST (test_latency)
{
  Stream stream = stream_start (TRUE);
  guint i;

  fail_unless (stream.actions.latency_changed);
  fail_unless_equals_uint64 (stream.actions.latency, 30 * GST_MSECOND);
  fail_unless_equals_uint64 (get_latency (&stream, TRUE), 30 * GST_MSECOND);
  fail_unless_equals_uint64 (get_latency (&stream, FALSE), 0);
  fail_unless_equals_uint64 (get_latency (&stream, TRUE), 30 * GST_MSECOND);

  run_frame (&stream, BUDGET - 1);
  for (i = 0; i < 200 && !stream.actions.latency_changed; i++)
    run_frame (&stream, BUDGET - 1);
  fail_unless_equals_int (gst_ecbsr_qos_get_level (stream.qos), 0);
  fail_unless_equals_uint64 (get_latency (&stream, TRUE), BUDGET);
  stream.config.overload_policy = GST_ECBSR_OVERLOAD_NONE;
  run_frame (&stream, 39 * GST_MSECOND);
  for (i = 0; i < 200 && !stream.actions.latency_changed; i++)
    run_frame (&stream, 39 * GST_MSECOND);
  fail_unless (stream.actions.latency_changed);
  fail_unless (stream.actions.latency > BUDGET
      && stream.actions.latency <= FRAME);
  replace_setup (&stream, 50);
  fail_if (stream.actions.latency_changed);
  fail_unless (get_latency (&stream, TRUE) > BUDGET);
  stream_free (&stream);
}

GST_END_TEST;

/* At least a millisecond, at most the budget. */
GST_START_TEST (test_latency_limits)
{
  Stream stream;

  costs[0] = 1;
  stream = stream_start (TRUE);
  fail_unless_equals_uint64 (get_latency (&stream, TRUE), GST_MSECOND);
  stream_free (&stream);
  costs[0] = GST_SECOND;
  stream = stream_start (TRUE);
  fail_unless_equals_uint64 (get_latency (&stream, TRUE), BUDGET);
  stream_free (&stream);
  costs[0] = 20 * GST_MSECOND;
}

GST_END_TEST;

/* A model that cannot be fast enough does not get a first frame. */
GST_START_TEST (test_first_frame)
{
  Stream stream;

  costs[0] = 300 * GST_MSECOND;
  stream = stream_start (TRUE);
  fail_if (frame_is_dropped (&stream));
  fail_unless_equals_uint64 (waited, 300 * GST_MSECOND);
  fail_unless (stream.actions.level_changed);
  fail_unless_equals_int (gst_ecbsr_qos_get_level (stream.qos), 1);
  stream_free (&stream);

  costs[0] = 20 * GST_MSECOND;
  waited = 0;
  stream = stream_start (TRUE);
  fail_if (frame_is_dropped (&stream));
  fail_if (stream.actions.level_changed);
  stream_free (&stream);
  costs[0] = 300 * GST_MSECOND;
  stream = stream_start (FALSE);
  fail_if (frame_is_dropped (&stream));
  fail_if (stream.actions.level_changed);
  stream_free (&stream);
  fail_unless_equals_uint64 (waited, 0);
  costs[0] = 20 * GST_MSECOND;
}

GST_END_TEST;

/* model=auto behind a live source is what leaves slack; elsewhere what was loaded
 * stays. */
GST_START_TEST (test_fit_model)
{
  Stream stream = stream_start (TRUE);
  GstEcbsrConfig config = stream.setup->config;
  EcbsrModel *model = ecbsr_model_ref (stream.setup->model);

  fail_unless (gst_ecbsr_qos_fit_model (&stream.config, &config,
          &stream.setup->in, &model, NULL));
  fail_unless (model == stream.setup->model);
  config.model = GST_ECBSR_MODEL_AUTO;
  stream.config.live = FALSE;
  fail_unless (gst_ecbsr_qos_fit_model (&stream.config, &config,
          &stream.setup->in, &model, NULL));
  fail_unless (model == stream.setup->model);
  stream.config.live = TRUE;
  fail_unless (gst_ecbsr_qos_fit_model (&stream.config, &config,
          &stream.setup->in, &model, NULL));
  fail_unless (model != stream.setup->model);
  fail_unless_equals_uint64 (asked_budget, BUDGET * 80 / 100);
  ecbsr_model_unref (model);
  stream_free (&stream);
}

GST_END_TEST;

/* ---------------------------------------------------- a rate that is not known -- */

/* Network cameras and screens say 0/1. Frames @spacing apart of @time each. */
static void
run_frames (Stream * stream, guint n, GstClockTime spacing, GstClockTime time)
{
  guint i;

  for (i = 0; i < n; i++) {
    run_frame (stream, time);
    if (GST_CLOCK_TIME_IS_VALID (stream->running_time))
      stream->running_time += spacing - FRAME;
    fail_if (stream->actions.level_changed);
  }
}

/* The timestamps say it. */
GST_START_TEST (test_unknown_rate)
{
  Stream stream = stream_start (TRUE);

  replace_setup (&stream, 0);
  run_until_level_changes (&stream, 20, 60 * GST_MSECOND);
  fail_unless_equals_int (gst_ecbsr_qos_get_level (stream.qos), 1);
  stream_free (&stream);
}

GST_END_TEST;

/* A source that drops frames and one that bursts or pauses has the rate that it has in
 * between; one that becomes slower has another. */
GST_START_TEST (test_read_rate)
{
  Stream stream = stream_start (TRUE);
  guint i;

  replace_setup (&stream, 0);
  run_frames (&stream, 20, 2 * FRAME, 60 * GST_MSECOND);
  run_frames (&stream, 20, FRAME, 20 * GST_MSECOND);
  gst_ecbsr_qos_flush (stream.qos);
  stream.running_time += 100 * GST_SECOND;
  for (i = 0; i < 100; i++) {
    run_frame (&stream, i % 16 == 3 ? 40 * GST_MSECOND : 20 * GST_MSECOND);
    fail_if (stream.actions.level_changed);
    stream.running_time += i % 10 == 0 ? 5 * GST_SECOND
        : i % 9 == 0 ? GST_MSECOND - FRAME : i % 3 == 0 ? FRAME : 0;
  }
  run_until_level_changes (&stream, 20, 40 * GST_MSECOND);
  stream_free (&stream);
}

GST_END_TEST;

/* What no camera sends is no rate either, and nothing that model=auto is chosen by. */
GST_START_TEST (test_implausible_rate)
{
  static const gint rates[] = { 241, 500, 1000, 90000, G_MAXINT };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (rates); i++) {
    Stream stream = stream_start (TRUE);
    GstEcbsrConfig config = stream.setup->config;
    EcbsrModel *model;

    replace_setup (&stream, rates[i]);
    config.model = GST_ECBSR_MODEL_AUTO;
    model = ecbsr_model_ref (stream.setup->model);
    fail_unless (gst_ecbsr_qos_fit_model (&stream.config, &config,
            &stream.setup->in, &model, NULL));
    fail_unless (model == stream.setup->model);
    ecbsr_model_unref (model);
    run_frames (&stream, 100, FRAME, 20 * GST_MSECOND);
    run_until_level_changes (&stream, 20, 60 * GST_MSECOND);
    stream_free (&stream);
  }
}

GST_END_TEST;

/* A source that is stamped when it comes, three frames at a time: the rate is that of
 * all of them, from the first on. */
GST_START_TEST (test_rate_of_bursts)
{
  static const GstClockTime spacings[] = { GST_MSECOND, 8 * GST_MSECOND };
  guint i, k;

  for (k = 0; k < G_N_ELEMENTS (spacings); k++) {
    Stream stream = stream_start (TRUE);

    replace_setup (&stream, 0);
    for (i = 0; i < 100; i++) {
      run_frame (&stream, 20 * GST_MSECOND);
      fail_if (stream.actions.level_changed);
      stream.running_time += i % 3 == 2 ? 2 * FRAME - 2 * spacings[k]
          : spacings[k] - FRAME;
    }
    run_until_level_changes (&stream, 20, 2 * FRAME);
    stream_free (&stream);
  }
}

GST_END_TEST;

/* A camera says 5 frames a second and sends 25: the thread has no time to wait. Once it
 * has, the caps are as wrong as before, until it does send 5. */
GST_START_TEST (test_too_low_rate)
{
  Stream stream = stream_start (TRUE);
  guint i;

  replace_setup (&stream, 5);
  for (i = 0; i < 100 && !gst_ecbsr_qos_get_level (stream.qos); i++)
    run_busy (&stream, FRAME, 60 * GST_MSECOND);
  fail_unless (i > 60 && i < 100, "after %u frames", i);
  run_until_level_changes (&stream, 400, GST_MSECOND);
  run_until_level_changes (&stream, 20, 60 * GST_MSECOND);
  fail_unless_equals_int (gst_ecbsr_qos_get_level (stream.qos), 1);

  for (i = 0; i < 20; i++) {
    run_frame (&stream, GST_MSECOND);
    stream.running_time += 4 * FRAME;
  }
  run_until_level_changes (&stream, 1000, GST_MSECOND);
  replace_setup (&stream, 5);
  run_frames (&stream, 20, 5 * FRAME, 60 * GST_MSECOND);
  stream_free (&stream);
}

GST_END_TEST;

/* What caps say counts; where nothing says anything, nothing is done. */
GST_START_TEST (test_known_rate)
{
  Stream stream = stream_start (TRUE);

  run_frames (&stream, 100, FRAME / 4, 20 * GST_MSECOND);
  stream_free (&stream);
  stream = stream_start (TRUE);
  replace_setup (&stream, 0);
  stream.running_time = GST_CLOCK_TIME_NONE;
  run_frames (&stream, 100, FRAME, GST_SECOND);
  stream_free (&stream);
}

GST_END_TEST;

static Suite *
qos_suite (void)
{
  Suite *s = suite_create ("qos");
  TCase *tc = tcase_create ("qos");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_levels);
  tcase_add_test (tc, test_conditions);
  tcase_add_test (tc, test_file);
  tcase_add_test (tc, test_drops);
  tcase_add_test (tc, test_latency);
  tcase_add_test (tc, test_latency_limits);
  tcase_add_test (tc, test_first_frame);
  tcase_add_test (tc, test_fit_model);
  tcase_add_test (tc, test_unknown_rate);
  tcase_add_test (tc, test_read_rate);
  tcase_add_test (tc, test_implausible_rate);
  tcase_add_test (tc, test_rate_of_bursts);
  tcase_add_test (tc, test_too_low_rate);
  tcase_add_test (tc, test_known_rate);
  return s;
}

GST_CHECK_MAIN (qos);
