/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A model made ready for frames of a kind: a plan for whole frames, plans for
 * their fields, or both where the video is mixed. */

#pragma once

#include <gst/video/video.h>

#include "gstecbsrfields.h"
#include "gstecbsrsettings.h"

G_BEGIN_DECLS typedef struct _GstEcbsrPlans GstEcbsrPlans;

/* For frames of @in, with the threads and the precision of @settings. NULL sets an
 * ECBSR_ERROR. */
GstEcbsrPlans *gst_ecbsr_plans_new (EcbsrModel * model,
    const GstVideoInfo * in, const GstEcbsrSettings * settings,
    GError ** error);
void gst_ecbsr_plans_free (GstEcbsrPlans * plans);

const gchar *gst_ecbsr_plans_get_backend (const GstEcbsrPlans * plans);
EcbsrPrecision gst_ecbsr_plans_get_precision (const GstEcbsrPlans * plans);
/* Of the last frame. */
EcbsrRunCounts gst_ecbsr_plans_get_counts (const GstEcbsrPlans * plans);

/* What skip-static remembers, for all plans for the same kind of frames and the
 * same scale. */
typedef struct
{
  EcbsrHistory *history[GST_ECBSR_N_FIELDS];
} GstEcbsrHistories;

/* FALSE, and none, where there is no memory. */
gboolean gst_ecbsr_histories_init (GstEcbsrHistories * histories,
    const GstEcbsrPlans * plans, GError ** error);
void gst_ecbsr_histories_clear (GstEcbsrHistories * histories);

/* Upscales what @in holds, by the field, into @out. The history of @params is
 * taken from @histories. FALSE sets a GST_STREAM_ERROR. */
gboolean gst_ecbsr_plans_run (GstEcbsrPlans * plans,
    const GstEcbsrHistories * histories, const GstVideoFrame * in,
    const GstVideoFrame * out, const EcbsrRunParams * params, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrPlans, gst_ecbsr_plans_free)
    G_END_DECLS
