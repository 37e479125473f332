/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrlatency.h"

/* So many more slow frames than others, and it is no passing disturbance. */
#define N_SLOW 32
#define SMOOTHING 8

gboolean
gst_ecbsr_latency_raise (GstEcbsrLatency * latency, GstClockTime time)
{
  if (time <= latency->promise)
    return FALSE;
  latency->promise = time;
  latency->n_slow = 0;
  return TRUE;
}

gboolean
gst_ecbsr_latency_take_frame (GstEcbsrLatency * latency, GstClockTime time,
    GstClockTime most)
{
  latency->average += ((GstClockTimeDiff) time
      - (GstClockTimeDiff) latency->average) / SMOOTHING;
  if (time > latency->promise)
    latency->n_slow++;
  else if (latency->n_slow > 0)
    latency->n_slow--;
  if (latency->n_slow < N_SLOW)
    return FALSE;

  latency->n_slow = 0;
  /* with room, so that it does not have to be raised again and again */
  return gst_ecbsr_latency_raise (latency,
      MIN (latency->average + latency->average / 4, most));
}

void
gst_ecbsr_latency_add (const GstEcbsrLatency * latency, GstQuery * query)
{
  GstClockTime min, max;
  gboolean live;

  gst_query_parse_latency (query, &live, &min, &max);
  if (!live)
    return;
  min += latency->promise;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += latency->promise;
  gst_query_set_latency (query, live, min, max);
}
