/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "overload.h"

/* Of a frame's duration, unless max-processing-time says more or less. */
#define BUDGET_PERCENT 80

/* Of the budget: what a downgrade selects has some room left, what an upgrade
 * selects, and what model=auto chooses, has more. */
#define FITS_PERCENT 90
#define SLACK_PERCENT 80

#define FEW_FRAMES 3            /* of the latest 8 */
#define SMOOTHING 8             /* frames */
#define WARM_UP 8               /* frames */

#define FIRST_WAIT (10 * GST_SECOND)
#define LONGEST_WAIT (320 * GST_SECOND)

/* As many frames late in a row are no accident; so many seconds later one sees
 * whether a level less helps. */
#define N_LATE 8
#define LATE_WAIT GST_SECOND

struct _GstEcbsrOverload
{
  GstEcbsrOverloadPolicy policy;
  GstClockTime budget, duration;

  gdouble cost[GST_ECBSR_MAX_LEVELS];
  gdouble base;                 /* part of each cost: without the network */
  guint n_levels, level;
  gdouble share;                /* of the picture, for the network, lately */

  /* Averages */
  gdouble load;                 /* time in the network / its cost */
  gdouble average_share;
  gdouble overhead, total;      /* nanoseconds */
  guint64 n_frames;
  guint8 over;                  /* one bit a frame, the latest lowest */

  /* What the sink says */
  gboolean engaged;
  GstClockTime earliest;        /* what comes before is late there */
  GstClockTimeDiff jitter;
  gdouble proportion;
  guint n_late;
  gboolean backlog;             /* drop what is late, once */

  GstClockTime slack_since, upgraded, changed;
  GstClockTime wait;
};

GstClockTime
gst_ecbsr_overload_get_budget (GstClockTime max_processing_time,
    GstClockTime duration)
{
  if (max_processing_time)
    return max_processing_time;
  if (!GST_CLOCK_TIME_IS_VALID (duration))
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale_int (duration, BUDGET_PERCENT, 100);
}

GstClockTime
gst_ecbsr_overload_get_slack_budget (GstClockTime budget)
{
  return gst_util_uint64_scale_int (budget, SLACK_PERCENT, 100);
}

GstEcbsrOverload *
gst_ecbsr_overload_new (void)
{
  GstEcbsrOverload *self = g_new0 (GstEcbsrOverload, 1);

  self->budget = self->duration = GST_CLOCK_TIME_NONE;
  gst_ecbsr_overload_reset (self);
  return self;
}

void
gst_ecbsr_overload_free (GstEcbsrOverload * self)
{
  g_free (self);
}

void
gst_ecbsr_overload_reset (GstEcbsrOverload * self)
{
  GstEcbsrOverload fresh = {
    .policy = self->policy,
    .budget = self->budget,
    .duration = self->duration,
    .load = 1.0,
    .share = 1.0,
    .average_share = 1.0,
    .proportion = 1.0,
    .earliest = GST_CLOCK_TIME_NONE,
    .slack_since = GST_CLOCK_TIME_NONE,
    .upgraded = GST_CLOCK_TIME_NONE,
    .changed = GST_CLOCK_TIME_NONE,
    .wait = FIRST_WAIT,
  };

  *self = fresh;
}

void
gst_ecbsr_overload_forget_qos (GstEcbsrOverload * self)
{
  self->engaged = FALSE;
  self->earliest = GST_CLOCK_TIME_NONE;
  self->jitter = 0;
  self->proportion = 1.0;
  self->n_late = 0;
  self->backlog = FALSE;
}

static gboolean
degrades (const GstEcbsrOverload * self)
{
  return GST_CLOCK_TIME_IS_VALID (self->budget)
      && (self->policy == GST_ECBSR_OVERLOAD_DEGRADE
      || self->policy == GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP);
}

void
gst_ecbsr_overload_set_budget (GstEcbsrOverload * self,
    GstEcbsrOverloadPolicy policy, GstClockTime budget, GstClockTime duration)
{
  self->policy = policy;
  self->budget = budget;
  self->duration = GST_CLOCK_TIME_IS_VALID (duration) ? duration : budget;
  self->over = 0;
  self->slack_since = GST_CLOCK_TIME_NONE;
  if (!degrades (self))
    self->level = 0;
}

void
gst_ecbsr_overload_set_levels (GstEcbsrOverload * self,
    const GstClockTime * costs, guint n_levels)
{
  guint i;

  g_assert (n_levels <= GST_ECBSR_MAX_LEVELS);
  for (i = 0; i < n_levels; i++)
    self->cost[i] = MAX (costs[i], 1);
  self->n_levels = n_levels;
  self->level = 0;
  self->over = 0;
  self->slack_since = GST_CLOCK_TIME_NONE;
  self->upgraded = GST_CLOCK_TIME_NONE;
}

void
gst_ecbsr_overload_set_base (GstEcbsrOverload * self, GstClockTime cost)
{
  self->base = cost;
}

void
gst_ecbsr_overload_set_share (GstEcbsrOverload * self, gdouble share)
{
  self->share = share;
}

void
gst_ecbsr_overload_take_qos (GstEcbsrOverload * self, GstClockTime timestamp,
    GstClockTimeDiff jitter, gdouble proportion)
{
  gboolean late = GST_CLOCK_TIME_IS_VALID (self->duration) && proportion > 1.0
      && jitter > (GstClockTimeDiff) self->duration;

  if (jitter == 0)              /* to the nanosecond: from a sink that does not wait */
    return;
  self->engaged = TRUE;
  self->jitter = jitter;
  self->proportion = proportion;
  self->n_late = late ? self->n_late + 1 : 0;
  self->earliest = timestamp;
  if (GST_CLOCK_TIME_IS_VALID (timestamp) && (jitter > 0
          || timestamp >= (GstClockTime) ABS (jitter)))
    self->earliest = timestamp + jitter;
}

static gboolean
is_many (guint8 frames)
{
  guint n = 0;

  for (; frames; frames &= frames - 1)
    n++;
  return n >= FEW_FRAMES;
}

static gdouble
get_cost (const GstEcbsrOverload * self, guint level, gdouble share)
{
  gdouble base = MIN (self->base, self->cost[level]);

  return MAX (base + (self->cost[level] - base) * share, 1.0);
}

static gdouble
predict (const GstEcbsrOverload * self, guint level, gdouble load)
{
  return self->overhead
      + get_cost (self, level, self->average_share) * load;
}

/* -------------------------------------------------------------- dropping -- */

static gboolean
lowest_fits (const GstEcbsrOverload * self)
{
  if (!GST_CLOCK_TIME_IS_VALID (self->budget) || is_many (self->over))
    return FALSE;
  if (self->n_levels == 0)
    return self->total <= self->budget;
  return predict (self, self->level, self->load) <= self->budget;
}

gboolean
gst_ecbsr_overload_drops (GstEcbsrOverload * self, GstClockTime running_time)
{
  if (!self->engaged || !GST_CLOCK_TIME_IS_VALID (running_time)
      || !GST_CLOCK_TIME_IS_VALID (self->earliest))
    return FALSE;
  if (running_time > self->earliest) {
    self->backlog = FALSE;
    return FALSE;
  }
  switch (self->policy) {
    case GST_ECBSR_OVERLOAD_DROP:
      return TRUE;
    case GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP:
      return self->backlog || (!gst_ecbsr_overload_has_lower (self)
          && !lowest_fits (self));
    default:
      return FALSE;
  }
}

/* ---------------------------------------------------------------- levels -- */

static void
learn (GstEcbsrOverload * self, GstClockTime total, GstClockTime network)
{
  gdouble overhead = (gdouble) total - network;

  if (self->n_frames == 0)
    self->total = total;
  self->total += (total - self->total) / SMOOTHING;
  self->overhead += (overhead - self->overhead) / SMOOTHING;
  self->average_share += (self->share - self->average_share) / SMOOTHING;
  if (self->n_levels > 0)
    self->load += (network / get_cost (self, self->level, self->share)
        - self->load) / SMOOTHING;
  self->n_frames++;
  self->over <<= 1;
  if (GST_CLOCK_TIME_IS_VALID (self->budget) && total > self->budget)
    self->over |= 1;
}

static void
change_level (GstEcbsrOverload * self, GstClockTime now, guint level,
    const gchar * reason, GstEcbsrLevelChange * change)
{
  change->from = self->level;
  change->to = level;
  change->reason = reason;
  change->average = self->total;
  self->level = level;
  self->over = 0;
  self->n_late = 0;
  self->changed = now;
  self->slack_since = GST_CLOCK_TIME_NONE;
}

/* The first frames touch memory for the first time. */
static const gchar *
find_overload (const GstEcbsrOverload * self, GstClockTime total)
{
  gboolean warming_up = self->n_frames <= WARM_UP;

  if (!warming_up && total > 2 * self->budget)
    return "frame-far-over-budget";
  if (!warming_up && is_many (self->over))
    return "frames-over-budget";
  if (predict (self, self->level, self->load) > self->budget)
    return "predicted-over-budget";
  return NULL;
}

static gboolean
is_late (const GstEcbsrOverload * self, GstClockTime now)
{
  return self->n_late >= N_LATE && (!GST_CLOCK_TIME_IS_VALID (self->changed)
      || now >= self->changed + LATE_WAIT);
}

/* What the latest frame says of the load, and of the network's share, counts in full
 * where it is more than the average, so that one jump is enough. */
static guint
find_level_that_fits (GstEcbsrOverload * self, GstClockTime network)
{
  guint level = self->level + 1;

  self->load = MAX (self->load,
      network / get_cost (self, self->level, self->share));
  self->average_share = MAX (self->average_share, self->share);
  while (level + 1 < self->n_levels
      && predict (self, level, self->load) >
      FITS_PERCENT / 100.0 * self->budget)
    level++;
  return level;
}

static void
judge_last_upgrade (GstEcbsrOverload * self, GstClockTime now)
{
  if (!GST_CLOCK_TIME_IS_VALID (self->upgraded))
    return;
  if (now < self->upgraded + 2 * self->wait)
    self->wait = MIN (2 * self->wait, LONGEST_WAIT);
  else
    self->wait = FIRST_WAIT;
  self->upgraded = GST_CLOCK_TIME_NONE;
}

static gboolean
downgrade (GstEcbsrOverload * self, GstClockTime now, guint level,
    const gchar * reason, GstEcbsrLevelChange * change)
{
  judge_last_upgrade (self, now);
  change_level (self, now, level, reason, change);
  self->backlog = TRUE;
  return TRUE;
}

static gboolean
upgrade (GstEcbsrOverload * self, GstClockTime now,
    GstEcbsrLevelChange * change)
{
  if (self->level == 0)
    return FALSE;
  if (self->over || self->n_late > 0 || predict (self, self->level - 1,
          self->load) > SLACK_PERCENT / 100.0 * self->budget) {
    self->slack_since = GST_CLOCK_TIME_NONE;
    return FALSE;
  }
  if (!GST_CLOCK_TIME_IS_VALID (self->slack_since) || now < self->slack_since)
    self->slack_since = now;
  if (now < self->slack_since + self->wait)
    return FALSE;
  change_level (self, now, self->level - 1, "slack", change);
  self->upgraded = now;
  return TRUE;
}

gboolean
gst_ecbsr_overload_take_frame (GstEcbsrOverload * self, GstClockTime now,
    GstClockTime total, GstClockTime network, GstEcbsrLevelChange * change)
{
  const gchar *overload;

  learn (self, total, network);
  if (!self->engaged || self->n_levels == 0 || !degrades (self))
    return FALSE;
  overload = find_overload (self, total);
  if (!overload && !is_late (self, now))
    return upgrade (self, now, change);

  self->slack_since = GST_CLOCK_TIME_NONE;
  if (!gst_ecbsr_overload_has_lower (self))
    return FALSE;
  if (!overload)
    return downgrade (self, now, self->level + 1, "late", change);
  return downgrade (self, now, find_level_that_fits (self, network), overload,
      change);
}

/* ----------------------------------------------------------------- state -- */

guint
gst_ecbsr_overload_get_level (const GstEcbsrOverload * self)
{
  return self->level;
}

gboolean
gst_ecbsr_overload_has_lower (const GstEcbsrOverload * self)
{
  return self->level + 1 < self->n_levels;
}

void
gst_ecbsr_overload_get_qos (const GstEcbsrOverload * self,
    GstEcbsrQosValues * qos)
{
  gint64 n = MAX (self->n_levels, 1);

  qos->jitter = self->jitter;
  qos->proportion = self->proportion;
  qos->quality = (gint) (1000000 * (n - self->level) / n);
}
