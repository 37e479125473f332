/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "qos.h"

#include <stdlib.h>
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* Of what a frame costs on the idle machine. */
#define LATENCY_PERCENT 150
#define LEAST_LATENCY GST_MSECOND

/* Frames a second. Parameter sets of H.264 and depayloaders say 500, 1000 or 90000 where
 * they know no rate, or count in ticks of a clock; applications count frames, or in
 * microseconds. */
#define MOST_PLAUSIBLE_RATE 240

/* Where frames have no known duration, the latency is not raised beyond this. */
#define LONGEST_FRAME GST_SECOND

/* So many more slow frames than others, and it is no passing disturbance. */
#define N_SLOW 32
#define SMOOTHING 8

/* For quality levels, instead of a frame that would take longer. */
#define LONGEST_WAIT GST_SECOND

/* Frames from which the rate is read where the caps know none, and what share of them may
 * be closer together by accident; more are a source that sends several at once. The first
 * time a few do, which may be slow ones, if they are not just some that came at once. A
 * pause is no frame's duration, and what is little else is the same. */
#define N_SPACINGS 16
#define FIRST_SPACINGS 2
#define FIRST_TIME (100 * GST_MSECOND)
#define CLOSER_SHARE 4
#define LEAST_OF_AVERAGE 2      /* the duration is no less than its half */
#define PAUSE GST_SECOND
#define SAME_SHARE 4

/* Caps that say less than this of the rate that was read are wrong, where the thread has
 * had no time to wait for frames for so many readings: else it makes no difference, or
 * timestamps are what is wrong. */
#define LEAST_OF_RATE_PERCENT 70
#define WAITS_PERCENT 10
#define N_FASTER 4

/* How far apart frames are. */
typedef struct
{
  GstClockTime latest;          /* running time; or none */
  GstClockTime between[N_SPACINGS];
  guint n;                      /* of them since the duration was read last */
  GstClockTime duration;        /* or none, as long as there are too few */

  GstClockTime begin, waited;   /* since it was read, by the time of arrivals; or none */
  guint n_faster;               /* readings in a row that the caps do not explain */
} Spacing;

/* What properties, caps and timestamps say. */
typedef struct
{
  GstEcbsrQosConfig config;
  GstClockTime duration;        /* of a frame; GST_CLOCK_TIME_NONE: unknown */
  GstClockTime budget;          /* what a frame may take; or none */
} Conditions;

/* The latency that is reported stays as it is, so that the timing of sinks does
 * not move under load, unless frames take longer for good. */
typedef struct
{
  GstClockTime time;
  GstClockTime average;         /* of frame times */
  guint n_slow;
} Latency;

struct _GstEcbsrQos
{
  /* Streaming thread */
  const GstEcbsrSetup *setup;   /* what runs; NULL: nothing */
  GstClockTime duration;        /* of a frame, by the latest caps; or none */
  Spacing spacing;
  Conditions conditions;        /* in force; written with the lock as well */
  GstEcbsrLevelsBuilder *builder;
  gboolean building;            /* levels are wanted of it */
  GstEcbsrLevels *levels;

  GMutex lock;
  /* Under the lock */
  GstEcbsrOverload *overload;
  Latency latency;
  gboolean upscales;
  GstClockTime reported;        /* the latency that was posted last */
};

/* --------------------------------------------------------------- spacing -- */

static void
forget_spacing (Spacing * spacing)
{
  memset (spacing, 0, sizeof *spacing);
  spacing->latest = spacing->duration = spacing->begin = GST_CLOCK_TIME_NONE;
}

static gint
compare_times (gconstpointer a, gconstpointer b)
{
  GstClockTime x = *(const GstClockTime *) a, y = *(const GstClockTime *) b;

  return (x > y) - (x < y);
}

static gboolean
is_plausible (GstClockTime duration)
{
  return duration >= GST_SECOND / MOST_PLAUSIBLE_RATE;
}

static GstClockTime
get_sum (const Spacing * spacing)
{
  GstClockTime sum = 0;
  guint i;

  for (i = 0; i < spacing->n; i++)
    sum += spacing->between[i];
  return sum;
}

/* Where frames were lost on the way most of the others may be far apart. */
static GstClockTime
get_usual_spacing (Spacing * spacing)
{
  GstClockTime sum = get_sum (spacing), usual;

  qsort (spacing->between, spacing->n, sizeof *spacing->between, compare_times);
  usual = spacing->between[spacing->n / CLOSER_SHARE];
  return usual * spacing->n < sum / LEAST_OF_AVERAGE ? sum / spacing->n : usual;
}

/* Frames that are closer together have come at once, or are stamped in other units. */
static void
read_duration (Spacing * spacing)
{
  GstClockTime old = spacing->duration, duration = get_usual_spacing (spacing);

  if (is_plausible (duration) && (!GST_CLOCK_TIME_IS_VALID (old)
          || ABS (GST_CLOCK_DIFF (old, duration)) >
          (GstClockTimeDiff) (old / SAME_SHARE)))
    spacing->duration = duration;
  if (GST_CLOCK_TIME_IS_VALID (spacing->duration) || spacing->n == N_SPACINGS)
    spacing->n = 0;
}

/* After a reading. @duration: by the caps. */
static void
judge_caps (Spacing * spacing, GstClockTime duration, GstClockTime now)
{
  gboolean faster = GST_CLOCK_TIME_IS_VALID (duration)
      && GST_CLOCK_TIME_IS_VALID (spacing->duration)
      && spacing->duration * 100 < duration * LEAST_OF_RATE_PERCENT;
  gboolean waits = !GST_CLOCK_TIME_IS_VALID (spacing->begin)
      || spacing->waited * 100 >= (now - spacing->begin) * WAITS_PERCENT;

  if (!faster || (waits && spacing->n_faster < N_FASTER))
    spacing->n_faster = 0;
  else
    spacing->n_faster = MIN (spacing->n_faster + 1, N_FASTER);
  spacing->begin = now;
  spacing->waited = 0;
}

static void
take_spacing (Spacing * spacing, GstClockTime caps_duration,
    const GstEcbsrArrival * arrival)
{
  GstClockTime latest = spacing->latest, running_time = arrival->running_time;

  spacing->latest = running_time;
  if (GST_CLOCK_TIME_IS_VALID (spacing->begin))
    spacing->waited += arrival->waited;
  if (!GST_CLOCK_TIME_IS_VALID (running_time)
      || !GST_CLOCK_TIME_IS_VALID (latest) || running_time <= latest
      || running_time - latest >= PAUSE)
    return;
  spacing->between[spacing->n++] = running_time - latest;
  if (spacing->n == N_SPACINGS || (spacing->n >= FIRST_SPACINGS
          && !GST_CLOCK_TIME_IS_VALID (spacing->duration)
          && get_sum (spacing) >= FIRST_TIME))
    read_duration (spacing);
  if (spacing->n == 0)
    judge_caps (spacing, caps_duration, arrival->now);
}

/* ------------------------------------------------------------------- life -- */

GstEcbsrQos *
gst_ecbsr_qos_new (void)
{
  GstEcbsrQos *self = g_new0 (GstEcbsrQos, 1);

  g_mutex_init (&self->lock);
  forget_spacing (&self->spacing);
  self->duration = GST_CLOCK_TIME_NONE;
  self->overload = gst_ecbsr_overload_new ();
  self->builder = gst_ecbsr_levels_builder_new ();
  return self;
}

/* Waits for nothing: frames may be under way. */
static void
drop_levels (GstEcbsrQos * self)
{
  gst_ecbsr_levels_builder_cancel (self->builder);
  self->building = FALSE;
  g_clear_pointer (&self->levels, gst_ecbsr_levels_free);
}

void
gst_ecbsr_qos_free (GstEcbsrQos * self)
{
  drop_levels (self);
  gst_ecbsr_levels_builder_free (self->builder);
  gst_ecbsr_overload_free (self->overload);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
gst_ecbsr_qos_stop (GstEcbsrQos * self)
{
  drop_levels (self);
  gst_ecbsr_levels_builder_stop (self->builder);
  self->setup = NULL;
  self->duration = GST_CLOCK_TIME_NONE;
  forget_spacing (&self->spacing);
  g_mutex_lock (&self->lock);
  memset (&self->conditions, 0, sizeof self->conditions);
  gst_ecbsr_overload_reset (self->overload);
  memset (&self->latency, 0, sizeof self->latency);
  self->upscales = FALSE;
  self->reported = 0;
  g_mutex_unlock (&self->lock);
}

/* --------------------------------------------------------------- latency -- */

static gboolean
upscales_now (const GstEcbsrQos * self)
{
  return self->setup && self->setup->upscaler;
}

/* TRUE: the reported latency has been raised. */
static gboolean
raise_latency (Latency * latency, GstClockTime time)
{
  if (time <= latency->time)
    return FALSE;
  latency->time = time;
  latency->n_slow = 0;
  return TRUE;
}

/* A frame took @time. Where most take longer than what is reported, raises it,
 * but not beyond @most. TRUE: it has been raised. */
static gboolean
learn_latency (Latency * latency, GstClockTime time, GstClockTime most)
{
  latency->average += ((GstClockTimeDiff) time
      - (GstClockTimeDiff) latency->average) / SMOOTHING;
  if (time > latency->time)
    latency->n_slow++;
  else if (latency->n_slow > 0)
    latency->n_slow--;
  if (latency->n_slow < N_SLOW)
    return FALSE;

  latency->n_slow = 0;
  /* with room, so that it does not have to be raised again and again */
  return raise_latency (latency,
      MIN (latency->average + latency->average / 4, most));
}

/* Where the answer to a latency query has changed. */
static void
check_latency (GstEcbsrQos * self, GstEcbsrQosActions * actions)
{
  GstClockTime answer = 0;

  g_mutex_lock (&self->lock);
  if (self->conditions.config.live && self->conditions.config.report_latency
      && self->upscales)
    answer = self->latency.time;
  actions->latency_changed = answer != self->reported;
  actions->latency = self->reported = answer;
  g_mutex_unlock (&self->lock);
}

static GstClockTime
get_cost (const GstEcbsrQos * self)
{
  return gst_ecbsr_levels_get_cost (self->setup->model, &self->setup->in,
      &self->setup->config);
}

/* What a frame is expected to take, with room for what is not idle. */
static GstClockTime
get_expected_time (const GstEcbsrQos * self)
{
  GstClockTime time = get_cost (self) * LATENCY_PERCENT / 100;

  return MIN (MAX (time, LEAST_LATENCY), self->conditions.budget);
}

/* Not before there are caps that the model runs with. */
static void
report_latency (GstEcbsrQos * self, GstEcbsrQosActions * actions)
{
  if (upscales_now (self) && self->conditions.config.live) {
    GstClockTime time = get_expected_time (self);

    g_mutex_lock (&self->lock);
    raise_latency (&self->latency, time);
    g_mutex_unlock (&self->lock);
  }
  check_latency (self, actions);
}

void
gst_ecbsr_qos_add_latency (GstEcbsrQos * self,
    const GstEcbsrQosConfig * qos_config, GstQuery * query)
{
  GstClockTime min, max, latency = 0;
  gboolean live;

  gst_query_parse_latency (query, &live, &min, &max);
  g_mutex_lock (&self->lock);
  if (live && qos_config->report_latency && self->upscales)
    latency = self->latency.time;
  g_mutex_unlock (&self->lock);
  if (!live)
    return;
  min += latency;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += latency;
  gst_query_set_latency (query, live, min, max);
}

/* ------------------------------------------------------------ conditions -- */

static GstEcbsrOverloadPolicy
get_policy (const Conditions * conditions)
{
  return conditions->config.live && conditions->config.enabled
      ? conditions->config.overload_policy : GST_ECBSR_OVERLOAD_NONE;
}

/* Whether there is any use in lower levels. */
static gboolean
conditions_want_levels (const Conditions * conditions)
{
  GstEcbsrOverloadPolicy policy = get_policy (conditions);

  return GST_CLOCK_TIME_IS_VALID (conditions->budget)
      && (policy == GST_ECBSR_OVERLOAD_DEGRADE
      || policy == GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP);
}

static gboolean
conditions_equal (const Conditions * a, const Conditions * b)
{
  return a->config.live == b->config.live
      && a->config.enabled == b->config.enabled
      && a->duration == b->duration && a->budget == b->budget
      && a->config.overload_policy == b->config.overload_policy
      && a->config.min_model == b->config.min_model
      && a->config.report_latency == b->config.report_latency;
}

static GstClockTime
get_duration (const GstVideoInfo * info)
{
  if (info->fps_n <= 0 || info->fps_d <= 0
      || info->fps_n / info->fps_d > MOST_PLAUSIBLE_RATE)
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale_int (GST_SECOND, info->fps_d,
      GST_VIDEO_INFO_FIELD_RATE_N (info));
}

static Conditions
get_conditions (const GstEcbsrQos * self, const GstEcbsrQosConfig * qos_config)
{
  GstClockTime duration = GST_CLOCK_TIME_IS_VALID (self->duration)
      && self->spacing.n_faster < N_FASTER
      ? self->duration : self->spacing.duration;
  Conditions conditions = { *qos_config, duration,
    gst_ecbsr_overload_get_budget (qos_config->max_processing_time, duration)
  };

  return conditions;
}

static void
set_conditions (GstEcbsrQos * self, const Conditions * conditions)
{
  g_mutex_lock (&self->lock);
  self->conditions = *conditions;
  gst_ecbsr_overload_set_budget (self->overload, get_policy (conditions),
      conditions->budget, conditions->duration);
  g_mutex_unlock (&self->lock);
  GST_DEBUG ("%s, qos %s, a frame lasts %" GST_TIME_FORMAT " and may take %"
      GST_TIME_FORMAT, conditions->config.live ? "live" : "not live",
      conditions->config.enabled ? "on" : "off",
      GST_TIME_ARGS (conditions->duration), GST_TIME_ARGS (conditions->budget));
}

gboolean
gst_ecbsr_qos_fit_model (const GstEcbsrQosConfig * qos_config,
    const GstEcbsrConfig * config, const GstVideoInfo * in,
    EcbsrModel ** model, GError ** error)
{
  GstClockTime budget =
      gst_ecbsr_overload_get_budget (qos_config->max_processing_time,
      get_duration (in));
  EcbsrModel *best;

  if (!qos_config->live)
    return TRUE;
  if (config->model != GST_ECBSR_MODEL_AUTO || config->location
      || !GST_CLOCK_TIME_IS_VALID (budget)) {
    gst_ecbsr_levels_get_cost (*model, in, config);
    return TRUE;
  }
  best = gst_ecbsr_levels_find_best (in, config, qos_config->min_model,
      gst_ecbsr_overload_get_slack_budget (budget), error);
  if (!best)
    return FALSE;
  ecbsr_model_unref (*model);
  *model = best;
  return TRUE;
}

/* ---------------------------------------------------------------- levels -- */

static gboolean
wants_levels (const GstEcbsrQos * self)
{
  return upscales_now (self) && conditions_want_levels (&self->conditions);
}

static void
restart (GstEcbsrQos * self, GstEcbsrQosActions * actions)
{
  drop_levels (self);
  g_mutex_lock (&self->lock);
  gst_ecbsr_overload_set_levels (self->overload, NULL, 0);
  /* if only after the next caps */
  self->upscales = self->setup && self->setup->model;
  g_mutex_unlock (&self->lock);
  actions->level_reset = TRUE;
  report_latency (self, actions);
  if (!wants_levels (self))
    return;
  self->building = TRUE;
  gst_ecbsr_levels_builder_start (self->builder, self->setup,
      self->conditions.config.min_model);
}

void
gst_ecbsr_qos_set_setup (GstEcbsrQos * self,
    const GstEcbsrQosConfig * qos_config, const GstEcbsrSetup * setup,
    GstEcbsrQosActions * actions)
{
  memset (actions, 0, sizeof *actions);
  self->setup = setup;
  if (setup->upscaler) {
    GstClockTime duration = get_duration (&setup->in);
    Conditions conditions;

    if (duration != self->duration)
      self->spacing.n_faster = 0;
    self->duration = duration;
    conditions = get_conditions (self, qos_config);
    set_conditions (self, &conditions);
  }
  restart (self, actions);
}

/* What the idle machine cannot do is not worth a frame. Measured without one beside
 * it, the levels' costs are right, too. */
static void
wait_for_levels (GstEcbsrQos * self)
{
  GstClockTime cost = get_cost (self);

  if (cost > self->conditions.budget)
    gst_ecbsr_levels_builder_wait (self->builder, MIN (cost, LONGEST_WAIT));
}

static void
take_levels (GstEcbsrQos * self, GstClockTime now, GstEcbsrQosActions * actions)
{
  GstClockTime costs[GST_ECBSR_MAX_LEVELS];
  guint i;

  if (!self->building || self->levels)
    return;
  wait_for_levels (self);
  self->levels = gst_ecbsr_levels_builder_take (self->builder);
  if (!self->levels)
    return;
  for (i = 0; i < self->levels->n_levels; i++)
    costs[i] = self->levels->level[i].cost;
  g_mutex_lock (&self->lock);
  gst_ecbsr_overload_set_levels (self->overload, costs, self->levels->n_levels);
  gst_ecbsr_overload_set_base (self->overload, self->levels->base);
  actions->level_changed = gst_ecbsr_overload_choose_level (self->overload,
      now, &actions->change);
  g_mutex_unlock (&self->lock);
  GST_DEBUG ("%u quality levels are ready", self->levels->n_levels);
}

/* What has changed since the last frame. A new budget keeps the levels. */
static void
update (GstEcbsrQos * self, const GstEcbsrQosConfig * qos_config,
    GstClockTime now, GstEcbsrQosActions * actions)
{
  Conditions conditions = get_conditions (self, qos_config);
  Conditions old = self->conditions;

  if (!conditions_equal (&conditions, &old)) {
    set_conditions (self, &conditions);
    if (wants_levels (self) != self->building
        || conditions.config.min_model != old.config.min_model)
      restart (self, actions);
    else
      report_latency (self, actions);
  }
  take_levels (self, now, actions);
}

guint
gst_ecbsr_qos_get_level (const GstEcbsrQos * self)
{
  return gst_ecbsr_overload_get_level (self->overload);
}

GstEcbsrPlans *
gst_ecbsr_qos_get_plans (const GstEcbsrQos * self)
{
  return self->levels
      ? self->levels->level[gst_ecbsr_qos_get_level (self)].plans : NULL;
}

gchar *
gst_ecbsr_qos_name_level (const GstEcbsrQos * self, guint level)
{
  if (level == 0)
    return self->setup ? gst_ecbsr_config_name_model (&self->setup->config,
        self->setup->model) : NULL;
  return gst_ecbsr_models_get_name (self->levels->level[level].model);
}

/* ---------------------------------------------------------------- frames -- */

gboolean
gst_ecbsr_qos_before_frame (GstEcbsrQos * self,
    const GstEcbsrQosConfig * qos_config, GstClockTime now,
    const GstEcbsrArrival * arrival, GstEcbsrQosActions * actions)
{
  gboolean drops;

  memset (actions, 0, sizeof *actions);
  take_spacing (&self->spacing, self->duration, arrival);
  update (self, qos_config, now, actions);
  g_mutex_lock (&self->lock);
  drops = self->upscales
      && gst_ecbsr_overload_take_arrival (self->overload, arrival);
  gst_ecbsr_overload_get_qos (self->overload, &actions->values);
  g_mutex_unlock (&self->lock);
  return drops;
}

/* With the lock. Above its budget a frame becomes faster, not later, while there is a
 * level to go down to. */
static GstClockTime
get_most_latency (const GstEcbsrQos * self)
{
  if (gst_ecbsr_overload_has_lower (self->overload))
    return self->conditions.budget;
  if (GST_CLOCK_TIME_IS_VALID (self->conditions.duration))
    return self->conditions.duration;
  return LONGEST_FRAME;
}

void
gst_ecbsr_qos_after_frame (GstEcbsrQos * self, GstClockTime now,
    GstClockTime time, const GstEcbsrRun * run, GstEcbsrQosActions * actions)
{
  const EcbsrRunCounts *counts = &run->counts;
  gboolean raised = FALSE;

  memset (actions, 0, sizeof *actions);
  g_mutex_lock (&self->lock);
  if (self->conditions.config.live)
    raised = learn_latency (&self->latency, time, get_most_latency (self));
  gst_ecbsr_overload_set_share (self->overload,
      1.0 - (gdouble) (counts->n_outside + counts->n_kept) / counts->n_tiles);
  actions->level_changed = gst_ecbsr_overload_take_frame (self->overload, now,
      time, MIN (run->plan_time, time), &actions->change);
  gst_ecbsr_overload_get_qos (self->overload, &actions->values);
  g_mutex_unlock (&self->lock);
  if (raised)
    check_latency (self, actions);
}

void
gst_ecbsr_qos_after_return (GstEcbsrQos * self, GstClockTimeDiff lateness)
{
  g_mutex_lock (&self->lock);
  gst_ecbsr_overload_take_return (self->overload, lateness);
  g_mutex_unlock (&self->lock);
}

void
gst_ecbsr_qos_take_latency (GstEcbsrQos * self, GstClockTime latency)
{
  g_mutex_lock (&self->lock);
  gst_ecbsr_overload_take_latency (self->overload, latency);
  g_mutex_unlock (&self->lock);
}

void
gst_ecbsr_qos_flush (GstEcbsrQos * self)
{
  self->spacing.latest = self->spacing.begin = GST_CLOCK_TIME_NONE;
  g_mutex_lock (&self->lock);
  gst_ecbsr_overload_forget_times (self->overload);
  g_mutex_unlock (&self->lock);
}

static gboolean
may_drop (const GstEcbsrQosConfig * qos_config)
{
  return qos_config->overload_policy == GST_ECBSR_OVERLOAD_DROP
      || qos_config->overload_policy == GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP;
}

GstEcbsrQosAnswer
gst_ecbsr_qos_take_event (GstEcbsrQos * self,
    const GstEcbsrQosConfig * qos_config, GstEvent * event)
{
  GstEcbsrQosAnswer answer = GST_ECBSR_QOS_NOT_OURS;
  GstClockTimeDiff jitter;
  GstClockTime timestamp;
  gdouble proportion;

  if (!qos_config->enabled)
    return answer;
  gst_event_parse_qos (event, NULL, &proportion, &jitter, &timestamp);
  g_mutex_lock (&self->lock);
  if (qos_config->live && self->upscales) {
    gst_ecbsr_overload_take_qos (self->overload, timestamp, jitter, proportion);
    answer = gst_ecbsr_overload_has_lower (self->overload)
        ? GST_ECBSR_QOS_OURS : GST_ECBSR_QOS_FOR_UPSTREAM;
  } else if (qos_config->live && !may_drop (qos_config)) {
    answer = GST_ECBSR_QOS_FOR_UPSTREAM;
  }
  g_mutex_unlock (&self->lock);
  GST_DEBUG ("the sink says: %" GST_STIME_FORMAT " late at %" GST_TIME_FORMAT
      ", proportion %.2f; %s", GST_STIME_ARGS (jitter),
      GST_TIME_ARGS (timestamp), proportion, answer == GST_ECBSR_QOS_OURS
      ? "handled here" : "passed on");
  return answer;
}
