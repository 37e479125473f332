/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How long frames take. */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS typedef struct _GstEcbsrStats GstEcbsrStats;

GstEcbsrStats *gst_ecbsr_stats_new (void);
void gst_ecbsr_stats_free (GstEcbsrStats * stats);

void gst_ecbsr_stats_reset (GstEcbsrStats * stats);

/* Adds a frame. TRUE about once a second: time to tell. */
gboolean gst_ecbsr_stats_add (GstEcbsrStats * stats, GstClockTime time);

/* frames: all since the start; average-ns, p95-ns, max-ns: of the latest
 * frames, up to 256. */
GstStructure *gst_ecbsr_stats_to_structure (GstEcbsrStats * stats);

G_END_DECLS
