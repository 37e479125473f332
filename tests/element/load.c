/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "load.h"

const gdouble load_costs[LOAD_N_LEVELS] = { 18.0, 8.0, 4.0, 1.5 };

static GstClockTime
from_ms (gdouble ms)
{
  return (GstClockTime) (ms * GST_MSECOND);
}

static GstEcbsrOverload *
new_overload (GstEcbsrOverloadPolicy policy)
{
  GstEcbsrOverload *overload = gst_ecbsr_overload_new ();
  GstClockTime costs[LOAD_N_LEVELS];
  guint i;

  for (i = 0; i < LOAD_N_LEVELS; i++)
    costs[i] = from_ms (load_costs[i]);
  gst_ecbsr_overload_set_budget (overload, policy, from_ms (LOAD_BUDGET_MS),
      from_ms (LOAD_FRAME_MS));
  gst_ecbsr_overload_set_levels (overload, costs, LOAD_N_LEVELS);
  gst_ecbsr_overload_set_base (overload, costs[LOAD_N_LEVELS - 1]);
  return overload;
}

/* The last level is what every other one costs without its network. */
static gdouble
get_cost (guint level, gdouble share)
{
  gdouble base = load_costs[LOAD_N_LEVELS - 1];

  return base + (load_costs[level] - base) * share;
}

/* Works on the frame from @start_ms on. */
static void
work (GstEcbsrOverload * overload, const LoadCase * load_case, GRand * rand,
    gdouble start_ms, LoadSample * sample)
{
  gdouble noise = 1.0 + load_case->noise * g_rand_double_range (rand, -1, 1);
  gdouble share = load_case->share ? load_case->share (sample->seconds) : 1.0;
  gdouble network = get_cost (sample->level, share) * sample->load * noise;
  gdouble stamp_ms = sample->seconds * 1000.0;
  GstEcbsrLevelChange change;

  sample->ms = network + load_case->overhead;
  sample->late_ms = start_ms + sample->ms - stamp_ms - LOAD_BUDGET_MS;
  gst_ecbsr_overload_set_share (overload, share);
  if (gst_ecbsr_overload_take_frame (overload, from_ms (start_ms + sample->ms),
          from_ms (sample->ms), from_ms (network), &change))
    sample->reason = change.reason;
  if (!load_case->silent)
    gst_ecbsr_overload_take_qos (overload, from_ms (stamp_ms),
        (GstClockTimeDiff) (sample->late_ms * GST_MSECOND),
        sample->ms / LOAD_FRAME_MS);
}

/* When the thread comes back for the next frame. */
static gdouble
push (const LoadCase * load_case, gdouble ms, const LoadSample * sample)
{
  if (load_case->downstream)
    ms += load_case->downstream (ms / 1000.0);
  if (load_case->sync_ms > 0.0)
    ms = MAX (ms, sample->seconds * 1000.0 + load_case->sync_ms);
  return ms;
}

static gdouble
get_ready_ms (const LoadCase * load_case, guint i)
{
  return load_case->source ? load_case->source (i) : i * LOAD_FRAME_MS;
}

/* A frame that is followed by more than fit into the queue is gone. */
static gboolean
is_lost (const LoadCase * load_case, guint i, gdouble free_ms)
{
  return get_ready_ms (load_case, i) < 0.0 || (load_case->queue > 0
      && get_ready_ms (load_case, i + load_case->queue) <= free_ms);
}

static gboolean
arrive (GstEcbsrOverload * overload, const LoadCase * load_case,
    gdouble free_ms, const LoadSample * sample)
{
  gdouble stamp_ms = sample->seconds * 1000.0;
  GstEcbsrArrival arrival = { from_ms (sample->came_ms),
    from_ms (sample->came_ms - free_ms), GST_CLOCK_TIME_NONE,
    GST_CLOCK_STIME_NONE
  };

  if (!load_case->no_times) {
    arrival.running_time = from_ms (stamp_ms);
    arrival.lateness =
        (GstClockTimeDiff) ((sample->came_ms - stamp_ms) * GST_MSECOND);
  }
  return gst_ecbsr_overload_take_arrival (overload, &arrival);
}

GArray *
load_run (const LoadCase * load_case)
{
  g_autoptr (GstEcbsrOverload) overload = new_overload (load_case->policy);
  GArray *samples = g_array_new (FALSE, TRUE, sizeof (LoadSample));
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  gdouble free_ms = 0.0;
  guint i;

  for (i = 0; i < load_case->seconds * LOAD_RATE; i++) {
    LoadSample sample = {.seconds = i * LOAD_FRAME_MS / 1000.0 };

    if (is_lost (load_case, i, free_ms))
      continue;
    sample.came_ms = MAX (get_ready_ms (load_case, i), free_ms);
    sample.load = load_case->load (sample.came_ms / 1000.0);
    sample.level = gst_ecbsr_overload_get_level (overload);
    if (arrive (overload, load_case, free_ms, &sample)) {
      free_ms = sample.came_ms;
    } else {
      work (overload, load_case, rand, sample.came_ms, &sample);
      free_ms = push (load_case, sample.came_ms + sample.ms, &sample);
    }
    g_array_append_val (samples, sample);
  }
  return samples;
}
