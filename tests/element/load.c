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

/* Works on the frame that came at @sample's time, from @start_ms on. */
static void
work (GstEcbsrOverload * overload, const LoadCase * load_case, GRand * rand,
    gdouble start_ms, LoadSample * sample)
{
  gdouble noise = 1.0 + load_case->noise * g_rand_double_range (rand, -1, 1);
  gdouble share = load_case->share ? load_case->share (sample->seconds) : 1.0;
  gdouble network = get_cost (sample->level, share) * sample->load * noise;
  gdouble came_ms = sample->seconds * 1000.0;
  GstEcbsrLevelChange change;

  sample->ms = network + load_case->overhead;
  sample->late_ms = start_ms + sample->ms - came_ms - LOAD_BUDGET_MS;
  gst_ecbsr_overload_set_share (overload, share);
  if (gst_ecbsr_overload_take_frame (overload, from_ms (start_ms + sample->ms),
          from_ms (sample->ms), from_ms (network), &change))
    sample->reason = change.reason;
  gst_ecbsr_overload_take_qos (overload, from_ms (came_ms),
      (GstClockTimeDiff) (sample->late_ms * GST_MSECOND),
      sample->ms / LOAD_FRAME_MS);
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
    gdouble came_ms = i * LOAD_FRAME_MS;
    LoadSample sample = { came_ms / 1000.0, };

    sample.load = load_case->load (MAX (came_ms, free_ms) / 1000.0);
    sample.level = gst_ecbsr_overload_get_level (overload);
    if (!gst_ecbsr_overload_drops (overload, from_ms (came_ms))) {
      work (overload, load_case, rand, MAX (came_ms, free_ms), &sample);
      free_ms = MAX (came_ms, free_ms) + sample.ms;
    }
    g_array_append_val (samples, sample);
  }
  return samples;
}
