/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Statistics, and messages on the bus. */

#pragma once

#include <gst/gst.h>

#include "models.h"
#include "overload.h"
#include "times.h"

G_BEGIN_DECLS

/* ------------------------------------------------------------ statistics -- */

/* Thread-safe, with a lock of its own. */
typedef struct _GstEcbsrStats GstEcbsrStats;

GstEcbsrStats *gst_ecbsr_stats_new (void);
void gst_ecbsr_stats_free (GstEcbsrStats * stats);

void gst_ecbsr_stats_reset (GstEcbsrStats * stats);

/* Adds a frame that took @time at @level of overload control, and its tile
 * counters. TRUE about once a second: time to notify. */
gboolean gst_ecbsr_stats_add (GstEcbsrStats * stats, GstClockTime time,
    guint level, const EcbsrRunCounts * counts);
void gst_ecbsr_stats_add_dropped (GstEcbsrStats * stats);
/* Adds a frame that could not be read or written, and was dropped for that. */
void gst_ecbsr_stats_add_invalid (GstEcbsrStats * stats);
void gst_ecbsr_stats_set_level (GstEcbsrStats * stats, guint level);
/* What runs: @precision and @isa are constants, NULL while nothing does. */
void gst_ecbsr_stats_set_backend (GstEcbsrStats * stats,
    const gchar * precision, const gchar * isa, guint n_threads);
void gst_ecbsr_stats_set_latency (GstEcbsrStats * stats, GstClockTime latency);

/* Returns them as the property stats has them (properties.c). */
GstStructure *gst_ecbsr_stats_to_structure (GstEcbsrStats * stats);

/* -------------------------------------------------------------- messages -- */

/* Posts and logs @error as @type, ERROR or WARNING: an ECBSR_ERROR becomes the
 * GStreamer error of the same meaning. @detail is for developers. */
void gst_ecbsr_post (GstElement * element, GstMessageType type,
    const GError * error, const gchar * detail);

/* Posts and logs a warning that the network runs in another precision than the requested
 * one. @detail is for developers. */
void gst_ecbsr_post_other_precision (GstElement * element,
    EcbsrPrecision wanted, EcbsrPrecision running, const gchar * detail);

void gst_ecbsr_post_model_loaded (GstElement * element,
    const GstEcbsrConfig * config, const gchar * name);
void gst_ecbsr_post_model_failed (GstElement * element,
    const GstEcbsrConfig * config, const GError * error);

/* Posts that overload control has changed from the model @from to @to. */
void gst_ecbsr_post_level_changed (GstElement * element,
    const GstEcbsrLevelChange * change, const gchar * from, const gchar * to);

/* Posts a QOS message about the frame of @times, with the numbers of frames in @stats. */
void gst_ecbsr_post_qos (GstElement * element,
    const GstEcbsrFrameTimes * times, const GstEcbsrQosValues * values,
    GstEcbsrStats * stats);

G_END_DECLS
