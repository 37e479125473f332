/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The times of a frame: its timestamps, when it comes by the clocks, and what the
 * streaming thread did until then. Clocks are read here and passed to QoS, which
 * reads none (qos.h). */

#pragma once

#include <gst/gst.h>

#include "overload.h"

G_BEGIN_DECLS

/* By the segment, or GST_CLOCK_TIME_NONE. */
typedef struct
{
  GstClockTime running_time, stream_time, timestamp, duration;
} GstEcbsrFrameTimes;

void gst_ecbsr_times_read_frame (GstEcbsrFrameTimes * times,
    const GstSegment * segment, GstBuffer * buffer);

/* Where a thread stands. */
typedef struct
{
  GThread *thread;              /* only compared */
  GstClockTime now;             /* monotonic */
  GstClockTime used;            /* time that it ran on a CPU */
} GstEcbsrThreadTime;

GstEcbsrThreadTime gst_ecbsr_times_get_thread (void);

/* Returns the time of @element's clock, and its base time; without a clock the
 * monotonic time, and GST_CLOCK_TIME_NONE. */
GstClockTime gst_ecbsr_times_get_now (GstElement * element,
    GstClockTime * base_time);

/* How much later it is, by @element's clock, than a frame's @running_time, or
 * GST_CLOCK_STIME_NONE. */
GstClockTimeDiff gst_ecbsr_times_get_lateness (GstElement * element,
    GstClockTime running_time);

/* Sets @arrival for a frame of @running_time that @element has got now in this thread,
 * which left to get it when @left says. Returns the time of gst_ecbsr_times_get_now (). */
GstClockTime gst_ecbsr_times_read_arrival (GstElement * element,
    const GstEcbsrThreadTime * left, GstClockTime running_time,
    GstEcbsrArrival * arrival);

G_END_DECLS
