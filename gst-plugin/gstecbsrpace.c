/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrpace.h"

#include "gstecbsr.h"
#include "gstecbsrcosts.h"
#include "gstecbsrladder.h"
#include "gstecbsrlatency.h"
#include "gstecbsrmessages.h"
#include "gstecbsrproperties.h"
#include "gstecbsrterms.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* Of the budget: model=auto leaves as much room as a climb does. */
#define AUTO_PERCENT 80

/* Where frames have no known duration, the promise is not raised beyond this. */
#define LONGEST_FRAME GST_SECOND

struct _GstEcbsrPace
{
  /* Streaming thread */
  GstVideoInfo in;
  GstEcbsrTerms terms;          /* in force; written with the lock as well */
  GstEcbsrLadderMaker *maker;
  GSList *cancelled;            /* makers that may not be done yet */
  GstEcbsrLadder *ladder;
  GstEcbsrFrameTimes frame;

  GMutex lock;
  /* Under the lock */
  GstEcbsrOverload *overload;
  GstEcbsrLatency latency;
  gboolean live;                /* as far as is known */
  gboolean upscales;
  GstClockTime reported;        /* the answer that was told last */
};

GstEcbsrPace *
gst_ecbsr_pace_new (void)
{
  GstEcbsrPace *pace = g_new0 (GstEcbsrPace, 1);

  g_mutex_init (&pace->lock);
  pace->overload = gst_ecbsr_overload_new ();
  return pace;
}

static void
free_done_makers (GstEcbsrPace * pace)
{
  GSList *next, *link;

  for (link = pace->cancelled; link; link = next) {
    next = link->next;
    if (!gst_ecbsr_ladder_maker_is_done (link->data))
      continue;
    gst_ecbsr_ladder_maker_free (link->data);
    pace->cancelled = g_slist_delete_link (pace->cancelled, link);
  }
}

/* Waits for nothing: frames may be under way. */
static void
drop_ladder (GstEcbsrPace * pace)
{
  if (pace->maker) {
    gst_ecbsr_ladder_maker_cancel (pace->maker);
    pace->cancelled = g_slist_prepend (pace->cancelled, pace->maker);
    pace->maker = NULL;
  }
  free_done_makers (pace);
  g_clear_pointer (&pace->ladder, gst_ecbsr_ladder_free);
}

/* No thread outlives the stream. */
static void
end_ladders (GstEcbsrPace * pace)
{
  drop_ladder (pace);
  g_slist_free_full (g_steal_pointer (&pace->cancelled),
      (GDestroyNotify) gst_ecbsr_ladder_maker_free);
}

void
gst_ecbsr_pace_free (GstEcbsrPace * pace)
{
  end_ladders (pace);
  gst_ecbsr_overload_free (pace->overload);
  g_mutex_clear (&pace->lock);
  g_free (pace);
}

void
gst_ecbsr_pace_stop (GstEcbsr * self)
{
  GstEcbsrPace *pace = self->pace;

  end_ladders (pace);
  g_mutex_lock (&pace->lock);
  memset (&pace->terms, 0, sizeof pace->terms);
  gst_ecbsr_overload_reset (pace->overload);
  memset (&pace->latency, 0, sizeof pace->latency);
  pace->live = pace->upscales = FALSE;
  pace->reported = 0;
  g_mutex_unlock (&pace->lock);
}

/* --------------------------------------------------------------- latency -- */

/* Where the answer to a latency query has changed. */
static void
tell_latency (GstEcbsr * self)
{
  GstEcbsrPace *pace = self->pace;
  GstClockTime answer = 0;
  gboolean changed;

  g_mutex_lock (&pace->lock);
  if (pace->terms.live && pace->terms.policy.report_latency && pace->upscales)
    answer = pace->latency.promise;
  changed = answer != pace->reported;
  pace->reported = answer;
  g_mutex_unlock (&pace->lock);
  if (!changed)
    return;
  gst_ecbsr_stats_set_latency (self->stats, answer);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_latency (GST_OBJECT (self)));
}

/* The budget; without one what the model is measured to take. Not before there are
 * caps that it runs with. */
static void
promise_latency (GstEcbsr * self)
{
  GstEcbsrPace *pace = self->pace;
  GstClockTime time = pace->terms.budget;

  if (self->upscaler && pace->terms.live) {
    if (!GST_CLOCK_TIME_IS_VALID (time))
      time = gst_ecbsr_costs_get (self->model, &pace->in, &self->active);
    g_mutex_lock (&pace->lock);
    gst_ecbsr_latency_raise (&pace->latency, time);
    g_mutex_unlock (&pace->lock);
  }
  tell_latency (self);
}

void
gst_ecbsr_pace_add_latency (GstEcbsr * self, GstQuery * query)
{
  GstEcbsrPace *pace = self->pace;
  gboolean live, report;

  gst_query_parse_latency (query, &live, NULL, NULL);
  GST_OBJECT_LOCK (self);
  report = self->policy.report_latency;
  GST_OBJECT_UNLOCK (self);

  g_mutex_lock (&pace->lock);
  pace->live = live;
  if (report && pace->upscales)
    gst_ecbsr_latency_add (&pace->latency, query);
  g_mutex_unlock (&pace->lock);
}

/* ----------------------------------------------------------------- terms -- */

static GstEcbsrTerms
get_terms (GstEcbsr * self)
{
  GstEcbsrPace *pace = self->pace;
  GstEcbsrTerms terms;

  terms.qos = gst_base_transform_is_qos_enabled (GST_BASE_TRANSFORM (self));
  GST_OBJECT_LOCK (self);
  terms.policy = self->policy;
  GST_OBJECT_UNLOCK (self);
  g_mutex_lock (&pace->lock);
  terms.live = pace->live;
  g_mutex_unlock (&pace->lock);
  terms.duration = gst_ecbsr_terms_get_duration (&pace->in);
  terms.budget = gst_ecbsr_policy_get_budget (&terms.policy, terms.duration);
  return terms;
}

static void
set_terms (GstEcbsr * self, const GstEcbsrTerms * terms)
{
  GstEcbsrPace *pace = self->pace;

  g_mutex_lock (&pace->lock);
  pace->terms = *terms;
  gst_ecbsr_overload_set_budget (pace->overload,
      gst_ecbsr_terms_get_policy (terms), terms->budget, terms->duration);
  g_mutex_unlock (&pace->lock);
}

void
gst_ecbsr_pace_set_live (GstEcbsr * self, gboolean live)
{
  g_mutex_lock (&self->pace->lock);
  self->pace->live = live;
  g_mutex_unlock (&self->pace->lock);
}

void
gst_ecbsr_pace_set_caps (GstEcbsr * self, const GstVideoInfo * in)
{
  GstEcbsrPace *pace = self->pace;
  GstEcbsrTerms terms;

  pace->in = *in;
  terms = get_terms (self);
  set_terms (self, &terms);
}

gboolean
gst_ecbsr_pace_fit_model (GstEcbsr * self, const GstEcbsrSettings * settings,
    const GstVideoInfo * in, EcbsrModel ** model, GError ** error)
{
  GstEcbsrTerms terms;
  EcbsrModel *best;

  g_mutex_lock (&self->pace->lock);
  terms = self->pace->terms;
  g_mutex_unlock (&self->pace->lock);
  if (settings->model != GST_ECBSR_MODEL_AUTO || settings->location
      || !terms.live || !GST_CLOCK_TIME_IS_VALID (terms.budget))
    return TRUE;

  best = gst_ecbsr_ladder_find_best (in, settings, terms.policy.min_model,
      gst_util_uint64_scale_int (terms.budget, AUTO_PERCENT, 100), error);
  if (!best)
    return FALSE;
  ecbsr_model_unref (*model);
  *model = best;
  return TRUE;
}

/* ---------------------------------------------------------------- levels -- */

static gboolean
wants_ladder (GstEcbsr * self)
{
  return self->upscaler && gst_ecbsr_terms_want_levels (&self->pace->terms);
}

static gchar *
name_level (GstEcbsr * self, guint level)
{
  if (level == 0)
    return gst_ecbsr_settings_name_model (&self->active, self->model);
  return gst_ecbsr_models_describe (self->pace->ladder->rung[level].model);
}

static void
run_level (GstEcbsr * self, guint level)
{
  g_autofree gchar *name = name_level (self, level);

  gst_ecbsr_upscaler_set_plans (self->upscaler,
      level ? self->pace->ladder->rung[level].plans : NULL);
  gst_ecbsr_set_active_model (self, name);
  gst_ecbsr_set_backend (self, gst_ecbsr_upscaler_get_backend (self->upscaler));
  gst_ecbsr_stats_set_level (self->stats, level);
}

void
gst_ecbsr_pace_renew (GstEcbsr * self)
{
  GstEcbsrPace *pace = self->pace;

  if (self->upscaler)
    run_level (self, 0);
  else
    gst_ecbsr_stats_set_level (self->stats, 0);
  drop_ladder (pace);
  g_mutex_lock (&pace->lock);
  gst_ecbsr_overload_set_levels (pace->overload, NULL, 0);
  pace->upscales = self->model != NULL; /* if only after the next caps */
  g_mutex_unlock (&pace->lock);
  promise_latency (self);
  if (wants_ladder (self))
    pace->maker = gst_ecbsr_ladder_maker_new (self->model, &pace->in,
        &self->active, pace->terms.policy.min_model);
}

static void
take_ladder (GstEcbsrPace * pace)
{
  GstClockTime costs[GST_ECBSR_MAX_LEVELS];
  guint i;

  if (!pace->maker || pace->ladder)
    return;
  pace->ladder = gst_ecbsr_ladder_maker_take (pace->maker);
  if (!pace->ladder)
    return;
  for (i = 0; i < pace->ladder->n_rungs; i++)
    costs[i] = pace->ladder->rung[i].cost;
  g_mutex_lock (&pace->lock);
  gst_ecbsr_overload_set_levels (pace->overload, costs, pace->ladder->n_rungs);
  gst_ecbsr_overload_set_base (pace->overload, pace->ladder->base);
  g_mutex_unlock (&pace->lock);
}

/* What has changed since the last frame. A new budget keeps the ladder. */
static void
keep_up (GstEcbsr * self)
{
  GstEcbsrPace *pace = self->pace;
  GstEcbsrTerms terms = get_terms (self), old = pace->terms;

  if (!gst_ecbsr_terms_equal (&terms, &old)) {
    set_terms (self, &terms);
    if (wants_ladder (self) != (pace->maker != NULL)
        || terms.policy.min_model != old.policy.min_model)
      gst_ecbsr_pace_renew (self);
    else
      promise_latency (self);
  }
  take_ladder (pace);
}

static void
tell_qos (GstEcbsr * self, const GstEcbsrQos * qos)
{
  guint64 n_frames, n_dropped;

  gst_ecbsr_stats_get_counts (self->stats, &n_frames, &n_dropped);
  gst_ecbsr_post_qos (GST_ELEMENT (self), &self->pace->frame, qos, n_frames,
      n_dropped);
}

static void
change_level (GstEcbsr * self, const GstEcbsrLevelChange * change,
    const GstEcbsrQos * qos)
{
  g_autofree gchar *from = name_level (self, change->from);
  g_autofree gchar *to = name_level (self, change->to);

  GST_INFO_OBJECT (self, "%s to %s: %s", from, to, change->reason);
  run_level (self, change->to);
  gst_ecbsr_post_level_changed (GST_ELEMENT (self), change, from, to);
  tell_qos (self, qos);
}

/* ---------------------------------------------------------------- frames -- */

gboolean
gst_ecbsr_pace_drops (GstEcbsr * self, GstBuffer * buffer)
{
  GstEcbsrPace *pace = self->pace;
  GstEcbsrQos qos;
  gboolean drops;

  keep_up (self);
  gst_ecbsr_frame_times_read (&pace->frame,
      &GST_BASE_TRANSFORM (self)->segment, buffer);
  g_mutex_lock (&pace->lock);
  drops = pace->upscales && gst_ecbsr_overload_drops (pace->overload,
      pace->frame.running_time);
  gst_ecbsr_overload_get_qos (pace->overload, &qos);
  g_mutex_unlock (&pace->lock);
  if (drops) {
    gst_ecbsr_stats_add_dropped (self->stats);
    tell_qos (self, &qos);
  }
  return drops;
}

static GstClockTime
get_time (GstEcbsr * self)
{
  GstClock *clock = gst_element_get_clock (GST_ELEMENT (self));
  GstClockTime time;

  if (!clock)
    return gst_util_get_timestamp ();
  time = gst_clock_get_time (clock);
  gst_object_unref (clock);
  return time;
}

void
gst_ecbsr_pace_take_frame (GstEcbsr * self, GstClockTime time)
{
  GstEcbsrPace *pace = self->pace;
  GstClockTime now = get_time (self);
  GstClockTime plan_time = gst_ecbsr_upscaler_get_plan_time (self->upscaler);
  EcbsrRunCounts counts = gst_ecbsr_upscaler_get_counts (self->upscaler);
  GstEcbsrLevelChange change;
  GstEcbsrQos qos;
  gboolean changed, raised = FALSE;
  guint level;

  g_mutex_lock (&pace->lock);
  level = gst_ecbsr_overload_get_level (pace->overload);
  /* while there is a level to go down to, frames become faster, not later */
  if (pace->live && !gst_ecbsr_overload_has_lower (pace->overload))
    raised = gst_ecbsr_latency_take_frame (&pace->latency, time,
        GST_CLOCK_TIME_IS_VALID (pace->terms.duration) ? pace->terms.duration
        : LONGEST_FRAME);
  gst_ecbsr_overload_set_share (pace->overload,
      1.0 - (gdouble) (counts.n_outside + counts.n_kept) / counts.n_tiles);
  changed = gst_ecbsr_overload_take_frame (pace->overload, now, time,
      MIN (plan_time, time), &change);
  gst_ecbsr_overload_get_qos (pace->overload, &qos);
  g_mutex_unlock (&pace->lock);
  gst_ecbsr_stats_add_tiles (self->stats, &counts);
  if (gst_ecbsr_stats_add (self->stats, time, level))
    gst_ecbsr_notify_stats (self);
  if (changed)
    change_level (self, &change, &qos);
  if (raised)
    tell_latency (self);
}

void
gst_ecbsr_pace_flush (GstEcbsr * self)
{
  g_mutex_lock (&self->pace->lock);
  gst_ecbsr_overload_forget_qos (self->pace->overload);
  g_mutex_unlock (&self->pace->lock);
}

GstEcbsrQosAnswer
gst_ecbsr_pace_take_qos (GstEcbsr * self, GstEvent * event)
{
  GstEcbsrPace *pace = self->pace;
  GstEcbsrQosAnswer answer = GST_ECBSR_QOS_NOT_OURS;
  GstClockTimeDiff jitter;
  GstClockTime timestamp;
  gdouble proportion;
  gboolean may_drop;

  if (!gst_base_transform_is_qos_enabled (GST_BASE_TRANSFORM (self)))
    return answer;
  GST_OBJECT_LOCK (self);
  may_drop = gst_ecbsr_policy_may_drop (&self->policy);
  GST_OBJECT_UNLOCK (self);
  gst_event_parse_qos (event, NULL, &proportion, &jitter, &timestamp);
  g_mutex_lock (&pace->lock);
  if (pace->live && pace->upscales) {
    gst_ecbsr_overload_take_qos (pace->overload, timestamp, jitter, proportion);
    answer = gst_ecbsr_overload_has_lower (pace->overload)
        ? GST_ECBSR_QOS_OURS : GST_ECBSR_QOS_FOR_UPSTREAM;
  } else if (pace->live && !may_drop) {
    answer = GST_ECBSR_QOS_FOR_UPSTREAM;
  }
  g_mutex_unlock (&pace->lock);
  return answer;
}
