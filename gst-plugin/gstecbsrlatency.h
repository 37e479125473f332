/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The latency that the element promises: it stays as it is, so that the timing of
 * sinks does not move under load, unless frames take longer for good. */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS typedef struct
{
  GstClockTime promise;
  GstClockTime average;         /* of frame times */
  guint n_slow;
} GstEcbsrLatency;

/* Promises at least @time. TRUE: the promise has been raised. */
gboolean gst_ecbsr_latency_raise (GstEcbsrLatency * latency, GstClockTime time);

/* A frame took @time. Where most do not keep the promise, raises it, but not
 * beyond @most. TRUE: it has been raised. */
gboolean gst_ecbsr_latency_take_frame (GstEcbsrLatency * latency,
    GstClockTime time, GstClockTime most);

/* Answers the latency @query, which upstream has answered, with the promise. */
void gst_ecbsr_latency_add (const GstEcbsrLatency * latency, GstQuery * query);

G_END_DECLS
