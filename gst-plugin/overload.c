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

/* Whether the thread keeps up is judged by groups of frames, since one frame may well
 * take long; where two groups in a row do it is no accident either. Clocks and frame
 * rates are not exact. */
#define GROUP 8
#define N_BEHIND 2
#define EXACT_PERCENT 2
#define MOST_DEBT 32            /* frames */

/* Less than that may add up as well: a frame more, again and again. */
#define N_STEPS 4
#define STEP_WAIT (10 * GST_SECOND)

/* Where more time is between frames than the rate says, some are missing; unless the
 * thread waits for as much of that time. Where there is much less, timestamps are
 * not to be trusted. */
#define LEAST_RATE_PERCENT 70
#define MOST_RATE_PERCENT (100 + EXACT_PERCENT)
#define WAITS_PERCENT 10

/* A frame that was waited for, for more than scheduling takes, shows how late the
 * source is by itself: by the lowest value of a window or two, in which there were
 * such frames, not just a thread that was kept from running now and then. */
#define WAITED_SHARE 32         /* of a frame's duration */
#define WINDOW (5 * GST_SECOND)
#define N_WAITED_FOR 8

/* A sink that waits for the clock lets the thread go when it has shown the frame: most of
 * the latest 8 frames so exactly, by a share of a frame's duration, are no accident. */
#define SHOWN_SHARE 4
#define N_SHOWN 5

/* A thread that has fallen behind needs some time to catch up. */
#define CATCHES_UP_PERCENT 95

/* What the streaming thread does with its time. */
typedef struct
{
  GstClockTime latest;          /* arrival, or none */
  gboolean dropped;             /* the frame that came then */

  /* Since the group began, up to the latest arrival */
  guint n_arrivals, n_frames;   /* dropped ones are no frames */
  GstClockTime busy, waited;
  GstClockTime own;             /* part of busy: spent on frames here */
  GstClockTime first;           /* running time */

  /* Of a frame in the last group */
  GstClockTime rest;            /* busy, but not here */
  GstClockTime allowed;         /* busy at all, so that the thread keeps up */
  guint n_behind;               /* groups in a row */
  GstClockTime debt;            /* how far it is behind, until it has caught up */

  GstClockTimeDiff drift;       /* sum of all that was more or less than expected */
  GstClockTimeDiff step;        /* up to which it grew when it grew by a frame */
  GstClockTime step_time;
  guint n_steps;                /* in a row */
} Thread;

/* How late the source is by itself. */
typedef struct
{
  GstClockTimeDiff lowest[2];   /* of this window and the last; or none */
  GstClockTime begin;           /* of this window */
  guint n_waited_for;           /* frames in it */
} Source;

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

  Thread thread;
  Source source;
  GstClockTimeDiff lateness;    /* of the latest frame, more than the source's */
  GstClockTime latency;         /* of the pipeline; or none */
  guint8 shown;                 /* by a sink that waited; one bit a frame */

  /* What the sink says */
  gboolean engaged;
  guint n_silent;               /* frames since */
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

  self->budget = self->duration = self->latency = GST_CLOCK_TIME_NONE;
  gst_ecbsr_overload_reset (self);
  return self;
}

void
gst_ecbsr_overload_free (GstEcbsrOverload * self)
{
  g_free (self);
}

static void
forget_arrivals (GstEcbsrOverload * self)
{
  const Thread thread = {.latest = GST_CLOCK_TIME_NONE };
  const Source source = {
    .lowest = {GST_CLOCK_STIME_NONE, GST_CLOCK_STIME_NONE}
  };

  self->thread = thread;
  self->source = source;
  self->lateness = 0;
  self->shown = 0;
}

void
gst_ecbsr_overload_reset (GstEcbsrOverload * self)
{
  GstEcbsrOverload fresh = {
    .policy = self->policy,
    .budget = self->budget,
    .duration = self->duration,
    .latency = self->latency,
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
  forget_arrivals (self);
}

void
gst_ecbsr_overload_forget_times (GstEcbsrOverload * self)
{
  forget_arrivals (self);
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
  if (duration != self->duration)
    forget_arrivals (self);
  self->duration = duration;
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

/* Above which frames are late, or behind. */
static GstClockTime
get_one_frame (const GstEcbsrOverload * self)
{
  return GST_CLOCK_TIME_IS_VALID (self->duration) ? self->duration
      : self->budget;
}

void
gst_ecbsr_overload_take_qos (GstEcbsrOverload * self, GstClockTime timestamp,
    GstClockTimeDiff jitter, gdouble proportion)
{
  GstClockTime frame = get_one_frame (self);
  gboolean late = GST_CLOCK_TIME_IS_VALID (frame) && proportion > 1.0
      && jitter > (GstClockTimeDiff) frame;

  if (jitter == 0)              /* to the nanosecond: from a sink that does not wait */
    return;
  self->engaged = TRUE;
  self->n_silent = 0;
  self->jitter = jitter;
  self->proportion = proportion;
  self->n_late = late ? self->n_late + 1 : 0;
  self->earliest = timestamp;
  if (GST_CLOCK_TIME_IS_VALID (timestamp) && (jitter > 0
          || timestamp >= (GstClockTime) ABS (jitter)))
    self->earliest = timestamp + jitter;
}

static guint
count (guint8 frames)
{
  guint n = 0;

  for (; frames; frames &= frames - 1)
    n++;
  return n;
}

static gboolean
is_many (guint8 frames)
{
  return count (frames) >= FEW_FRAMES;
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
  return self->overhead + get_cost (self, level, self->average_share) * load;
}

/* -------------------------------------------------------------- arrivals -- */

/* How long a frame of the group should take, from its timestamps; by the frame rate
 * where some are missing. None: nothing says. */
static GstClockTime
get_expected (const GstEcbsrOverload * self, GstClockTime running_time)
{
  const Thread *thread = &self->thread;
  GstClockTime nominal = self->duration, spacing;
  gboolean waits;

  if (!GST_CLOCK_TIME_IS_VALID (running_time)
      || !GST_CLOCK_TIME_IS_VALID (thread->first)
      || running_time <= thread->first)
    return nominal;
  spacing = (running_time - thread->first) / thread->n_arrivals;
  if (!GST_CLOCK_TIME_IS_VALID (nominal))
    return spacing;
  waits = thread->waited * 100 >= thread->n_arrivals * nominal * WAITS_PERCENT;
  if (spacing * 100 < nominal * LEAST_RATE_PERCENT
      || (spacing * 100 > nominal * MOST_RATE_PERCENT && !waits))
    return nominal;
  return spacing;
}

/* A step down is as large as a step up, so that noise makes none. */
static void
judge_drift (Thread * thread, GstClockTime now, GstClockTimeDiff frame)
{
  if (thread->drift >= thread->step + frame) {
    thread->n_steps = now < thread->step_time + STEP_WAIT
        ? thread->n_steps + 1 : 1;
    thread->step_time = now;
    thread->step = thread->drift;
  } else if (thread->drift <= thread->step - frame) {
    thread->n_steps = 0;
    thread->step = thread->drift;
  }
}

static void
judge_group (GstEcbsrOverload * self, const GstEcbsrArrival * arrival)
{
  Thread *thread = &self->thread;
  GstClockTime expected = get_expected (self, arrival->running_time), owed;

  if (GST_CLOCK_TIME_IS_VALID (expected)) {
    thread->drift += GST_CLOCK_DIFF (thread->n_arrivals * expected,
        thread->busy);
    judge_drift (thread, arrival->now, expected);
    thread->rest = (thread->busy - MIN (thread->own, thread->busy))
        / thread->n_frames;
    thread->allowed = expected + expected * EXACT_PERCENT / 100;
    thread->n_behind = thread->busy > thread->n_frames * thread->allowed
        ? thread->n_behind + 1 : 0;
    owed = thread->debt + thread->busy;
    thread->debt = owed - MIN (owed, thread->n_arrivals * thread->allowed);
    thread->debt = MIN (thread->debt, MOST_DEBT * expected);
  }
  thread->n_arrivals = thread->n_frames = 0;
  thread->busy = thread->waited = thread->own = 0;
}

/* Adds the time since the last arrival, which the frame that came then has taken. */
static void
account_thread (GstEcbsrOverload * self, const GstEcbsrArrival * arrival)
{
  Thread *thread = &self->thread;
  GstClockTime passed, waited;

  if (GST_CLOCK_TIME_IS_VALID (thread->latest)) {
    passed = arrival->now - MIN (thread->latest, arrival->now);
    waited = MIN (arrival->waited, passed);
    thread->n_arrivals++;
    thread->waited += waited;
    thread->busy += passed - waited;
    if (!thread->dropped)
      thread->n_frames++;
  }
  if (thread->n_frames == GROUP)
    judge_group (self, arrival);
  if (thread->n_arrivals == 0)
    thread->first = arrival->running_time;
  thread->latest = arrival->now;
}

/* None as long as nothing has come. */
static GstClockTimeDiff
get_source_lateness (const Source * source)
{
  if (source->lowest[0] == GST_CLOCK_STIME_NONE)
    return source->lowest[1];
  if (source->lowest[1] == GST_CLOCK_STIME_NONE)
    return source->lowest[0];
  return MIN (source->lowest[0], source->lowest[1]);
}

static void
begin_window (Source * source, GstClockTime now)
{
  source->lowest[1] = source->lowest[0];
  source->lowest[0] = GST_CLOCK_STIME_NONE;
  source->begin = now;
  source->n_waited_for = 0;
}

/* How much later the frame comes than the source alone makes it. A frame that the
 * thread has waited for is as late as the source; another one may be later. */
static GstClockTimeDiff
take_lateness (GstEcbsrOverload * self, const GstEcbsrArrival * arrival)
{
  Source *source = &self->source;
  GstClockTimeDiff lateness = arrival->lateness, least;
  gboolean was_waited_for = !GST_CLOCK_TIME_IS_VALID (self->thread.latest)
      || arrival->waited > get_one_frame (self) / WAITED_SHARE;

  if (source->n_waited_for >= N_WAITED_FOR
      && arrival->now >= source->begin + WINDOW)
    begin_window (source, arrival->now);
  least = get_source_lateness (source);
  if (was_waited_for)
    source->n_waited_for++;
  else if (GST_CLOCK_STIME_IS_VALID (least) && lateness >= least)
    return lateness - least;
  if (source->lowest[0] == GST_CLOCK_STIME_NONE || lateness < source->lowest[0])
    source->lowest[0] = lateness;
  return lateness - get_source_lateness (source);
}

void
gst_ecbsr_overload_take_latency (GstEcbsrOverload * self, GstClockTime latency)
{
  self->latency = latency;
}

void
gst_ecbsr_overload_take_return (GstEcbsrOverload * self,
    GstClockTimeDiff lateness)
{
  GstClockTimeDiff after;

  if (self->thread.dropped)
    return;
  self->shown <<= 1;
  if (!GST_CLOCK_STIME_IS_VALID (lateness)
      || !GST_CLOCK_TIME_IS_VALID (self->latency)
      || !GST_CLOCK_TIME_IS_VALID (self->duration))
    return;
  after = lateness - (GstClockTimeDiff) self->latency;
  self->shown |= after >= 0
      && after < (GstClockTimeDiff) (self->duration / SHOWN_SHARE);
}

/* A sink that waits for the clock knows best. */
static gboolean
is_in_time_at_sink (const GstEcbsrOverload * self)
{
  return count (self->shown) >= N_SHOWN
      || (self->engaged && self->n_silent <= N_LATE && self->jitter <= 0);
}

static gboolean
falls_behind (const GstEcbsrOverload * self)
{
  return (self->thread.n_behind >= N_BEHIND || self->thread.n_steps >= N_STEPS)
      && !is_in_time_at_sink (self);
}

/* -------------------------------------------------------------- dropping -- */

/* What frames take now, at the running level. */
static gdouble
get_frame_time (const GstEcbsrOverload * self)
{
  return self->n_levels > 0 ? predict (self, self->level, self->load)
      : self->total;
}

static gboolean
lowest_fits (const GstEcbsrOverload * self)
{
  return GST_CLOCK_TIME_IS_VALID (self->budget) && !is_many (self->over)
      && get_frame_time (self) <= self->budget;
}

static gboolean
drops_late (GstEcbsrOverload * self, GstClockTime running_time)
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

/* Before the levels are known there is hope. */
static gboolean
is_hopeless (const GstEcbsrOverload * self)
{
  if (self->policy == GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP
      && (self->n_levels == 0 || gst_ecbsr_overload_has_lower (self)))
    return FALSE;
  return falls_behind (self) || (get_frame_time (self) > self->duration
      && !is_in_time_at_sink (self));
}

static gboolean
drops_backlog (const GstEcbsrOverload * self)
{
  return (self->policy == GST_ECBSR_OVERLOAD_DROP
      || self->policy == GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP)
      && GST_CLOCK_TIME_IS_VALID (self->duration)
      && self->lateness > 2 * (GstClockTimeDiff) self->duration
      && is_hopeless (self);
}

gboolean
gst_ecbsr_overload_take_arrival (GstEcbsrOverload * self,
    const GstEcbsrArrival * arrival)
{
  if (self->engaged)
    self->n_silent++;
  self->lateness = GST_CLOCK_STIME_IS_VALID (arrival->lateness)
      ? take_lateness (self, arrival) : 0;
  account_thread (self, arrival);
  self->thread.dropped = drops_late (self, arrival->running_time)
      || drops_backlog (self);
  return self->thread.dropped;
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
  self->thread.own += total;
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
  self->thread.n_behind = self->thread.n_steps = 0;
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
is_behind (const GstEcbsrOverload * self)
{
  return falls_behind (self) && (self->thread.n_steps >= N_STEPS
      || self->thread.debt > get_one_frame (self));
}

static gboolean
is_late (const GstEcbsrOverload * self, GstClockTime now)
{
  return (self->n_late >= N_LATE || is_behind (self))
      && (!GST_CLOCK_TIME_IS_VALID (self->changed)
      || now >= self->changed + LATE_WAIT);
}

static guint
find_level_within (const GstEcbsrOverload * self, gdouble time)
{
  guint level = self->level + 1;

  while (level + 1 < self->n_levels && predict (self, level, self->load) > time)
    level++;
  return level;
}

/* What the latest frame says of the load, and of the network's share, counts in full
 * where it is more than the average, so that one jump is enough. */
static guint
find_level_that_fits (GstEcbsrOverload * self, GstClockTime network)
{
  self->load = MAX (self->load,
      network / get_cost (self, self->level, self->share));
  self->average_share = MAX (self->average_share, self->share);
  return find_level_within (self, FITS_PERCENT / 100.0 * self->budget);
}

/* What else the thread does cannot be helped, but there may be a level that leaves
 * time for it. Where none does, or the sink alone says that frames are late, one sees
 * what a level less does. */
static guint
find_level_in_time (const GstEcbsrOverload * self)
{
  const Thread *thread = &self->thread;
  gdouble time = CATCHES_UP_PERCENT / 100.0 * thread->allowed - thread->rest;

  if (!is_behind (self) || predict (self, self->n_levels - 1,
          self->load) > time)
    return self->level + 1;
  return find_level_within (self, time);
}

static void
judge_last_upgrade (GstEcbsrOverload * self, GstClockTime now)
{
  if (!GST_CLOCK_TIME_IS_VALID (self->upgraded))
    return;
  if (now < self->upgraded + MAX (2 * self->wait, N_STEPS * STEP_WAIT))
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
  self->backlog = self->engaged;
  return TRUE;
}

static gboolean
upgrade (GstEcbsrOverload * self, GstClockTime now,
    GstEcbsrLevelChange * change)
{
  if (self->level == 0)
    return FALSE;
  if (self->over || self->n_late > 0 || falls_behind (self)
      || self->thread.debt > get_one_frame (self) || predict (self,
          self->level - 1, self->load) > SLACK_PERCENT / 100.0 * self->budget) {
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
gst_ecbsr_overload_choose_level (GstEcbsrOverload * self, GstClockTime now,
    GstEcbsrLevelChange * change)
{
  if (!degrades (self) || !gst_ecbsr_overload_has_lower (self)
      || predict (self, self->level, self->load) <= self->budget)
    return FALSE;
  return downgrade (self, now, find_level_that_fits (self, 0),
      "predicted-over-budget", change);
}

gboolean
gst_ecbsr_overload_take_frame (GstEcbsrOverload * self, GstClockTime now,
    GstClockTime total, GstClockTime network, GstEcbsrLevelChange * change)
{
  const gchar *overload;

  learn (self, total, network);
  if (self->n_levels == 0 || !degrades (self))
    return FALSE;
  overload = find_overload (self, total);
  if (!overload && !is_late (self, now))
    return upgrade (self, now, change);

  self->slack_since = GST_CLOCK_TIME_NONE;
  if (!gst_ecbsr_overload_has_lower (self))
    return FALSE;
  if (!overload)
    return downgrade (self, now, find_level_in_time (self), "late", change);
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

  qos->jitter = self->engaged ? self->jitter : self->lateness;
  qos->proportion = self->proportion;
  qos->quality = (gint) (1000000 * (n - self->level) / n);
}
