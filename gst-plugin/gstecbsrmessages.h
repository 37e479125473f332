/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What applications are told on the bus. */

#pragma once

#include "gstecbsroverload.h"
#include "gstecbsrsettings.h"

G_BEGIN_DECLS
/* An ERROR or WARNING @type with @error's message: an ECBSR_ERROR becomes the
 * GStreamer error that means the same. @detail is for developers. */
void gst_ecbsr_post (GstElement * element, GstMessageType type,
    const GError * error, const gchar * detail);

/* A warning that the network does not compute in what was asked for. @detail is
 * for developers. */
void gst_ecbsr_post_other_precision (GstElement * element,
    EcbsrPrecision wanted, EcbsrPrecision running, const gchar * detail);

void gst_ecbsr_post_model_loaded (GstElement * element,
    const GstEcbsrSettings * settings, const gchar * name);
void gst_ecbsr_post_model_failed (GstElement * element,
    const GstEcbsrSettings * settings, const GError * error);

/* Overload control has changed from the model @from to @to. */
void gst_ecbsr_post_level_changed (GstElement * element,
    const GstEcbsrLevelChange * change, const gchar * from, const gchar * to);

/* Which frame a QOS message is about. */
typedef struct
{
  GstClockTime running_time, stream_time, timestamp, duration;
} GstEcbsrFrameTimes;

void gst_ecbsr_frame_times_read (GstEcbsrFrameTimes * times,
    const GstSegment * segment, GstBuffer * buffer);

void gst_ecbsr_post_qos (GstElement * element,
    const GstEcbsrFrameTimes * times, const GstEcbsrQos * qos,
    guint64 n_processed, guint64 n_dropped);

G_END_DECLS
