/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long frames take. */

#pragma once

#include <gst/gst.h>

#include "ecbsr.h"

G_BEGIN_DECLS typedef struct _GstEcbsrStats GstEcbsrStats;

GstEcbsrStats *gst_ecbsr_stats_new (void);
void gst_ecbsr_stats_free (GstEcbsrStats * stats);

void gst_ecbsr_stats_reset (GstEcbsrStats * stats);

/* Adds a frame; @level: of overload control. TRUE about once a second: time to tell. */
gboolean gst_ecbsr_stats_add (GstEcbsrStats * stats, GstClockTime time,
    guint level);
void gst_ecbsr_stats_add_tiles (GstEcbsrStats * stats,
    const EcbsrRunCounts * counts);
void gst_ecbsr_stats_add_dropped (GstEcbsrStats * stats);
void gst_ecbsr_stats_set_level (GstEcbsrStats * stats, guint level);
void gst_ecbsr_stats_set_latency (GstEcbsrStats * stats, GstClockTime latency);

/* Frames that went out, and that were dropped, since the start. */
void gst_ecbsr_stats_get_counts (GstEcbsrStats * stats, guint64 * frames,
    guint64 * dropped);

/* frames, dropped, degraded (at a level below the first), tiles, tiles-outside (of
 * regions), tiles-skipped (as in the last frame): all since the start;
 * average-ns, p95-ns, max-ns: of the latest frames, up to 256; level, latency-ns:
 * as they are. */
GstStructure *gst_ecbsr_stats_to_structure (GstEcbsrStats * stats);

G_END_DECLS
