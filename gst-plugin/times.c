/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "times.h"

#include <time.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

void
gst_ecbsr_times_read_frame (GstEcbsrFrameTimes * times,
    const GstSegment * segment, GstBuffer * buffer)
{
  times->timestamp = GST_BUFFER_PTS (buffer);
  times->duration = GST_BUFFER_DURATION (buffer);
  times->running_time = times->stream_time = GST_CLOCK_TIME_NONE;
  if (segment->format != GST_FORMAT_TIME)
    return;
  times->running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      times->timestamp);
  times->stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME,
      times->timestamp);
}

GstEcbsrThreadTime
gst_ecbsr_times_get_thread (void)
{
  GstEcbsrThreadTime time = { g_thread_self (), gst_util_get_timestamp (), 0 };

#ifdef CLOCK_THREAD_CPUTIME_ID
  struct timespec used;

  if (clock_gettime (CLOCK_THREAD_CPUTIME_ID, &used) == 0)
    time.used = GST_TIMESPEC_TO_TIME (used);
#endif
  return time;
}

/* The thread that waits for its next frame is not at work. Where that cannot be told
 * (another thread, no clock of its time), all of it has been waiting. */
static GstClockTime
get_waited (const GstEcbsrThreadTime * left, const GstEcbsrThreadTime * back)
{
  GstClockTime passed = back->now - left->now, used = back->used - left->used;

  if (left->thread != back->thread)
    return passed;
  return passed - MIN (used, passed);
}

GstClockTime
gst_ecbsr_times_get_now (GstElement * element, GstClockTime * base_time)
{
  GstClock *clock = gst_element_get_clock (element);
  GstClockTime now;

  *base_time = GST_CLOCK_TIME_NONE;
  if (!clock)
    return gst_util_get_timestamp ();
  *base_time = gst_element_get_base_time (element);
  now = gst_clock_get_time (clock);
  gst_object_unref (clock);
  return now;
}

static GstClockTimeDiff
get_lateness (GstClockTime now, GstClockTime base_time,
    GstClockTime running_time)
{
  if (!GST_CLOCK_TIME_IS_VALID (base_time)
      || !GST_CLOCK_TIME_IS_VALID (running_time))
    return GST_CLOCK_STIME_NONE;
  return GST_CLOCK_DIFF (running_time, now) - (GstClockTimeDiff) base_time;
}

GstClockTimeDiff
gst_ecbsr_times_get_lateness (GstElement * element, GstClockTime running_time)
{
  GstClockTime base_time, now = gst_ecbsr_times_get_now (element, &base_time);

  return get_lateness (now, base_time, running_time);
}

GstClockTime
gst_ecbsr_times_read_arrival (GstElement * element,
    const GstEcbsrThreadTime * left, GstClockTime running_time,
    GstEcbsrArrival * arrival)
{
  GstEcbsrThreadTime back = gst_ecbsr_times_get_thread ();
  GstClockTime base_time, now = gst_ecbsr_times_get_now (element, &base_time);

  arrival->now = back.now;
  arrival->waited = get_waited (left, &back);
  arrival->running_time = running_time;
  arrival->lateness = get_lateness (now, base_time, running_time);
  GST_LOG_OBJECT (element, "frame of %" GST_TIME_FORMAT " came: waited for %"
      GST_TIME_FORMAT ", late by %" GST_STIME_FORMAT,
      GST_TIME_ARGS (running_time), GST_TIME_ARGS (arrival->waited),
      GST_STIME_ARGS (arrival->lateness));
  return now;
}
