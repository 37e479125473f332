/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A model at work between two video formats: the engine's plan and, where the
 * output has another format or other colours, a conversion behind it. */

#pragma once

#include <gst/video/video.h>

#include "gstecbsrplans.h"
#include "gstecbsrsettings.h"

G_BEGIN_DECLS typedef struct _GstEcbsrUpscaler GstEcbsrUpscaler;

/* From frames of @in to frames of @out, which is the model's scale larger,
 * with the threads and the precision of @settings. NULL sets an ECBSR_ERROR. */
GstEcbsrUpscaler *gst_ecbsr_upscaler_new (EcbsrModel * model,
    const GstVideoInfo * in, const GstVideoInfo * out,
    const GstEcbsrSettings * settings, GError ** error);
void gst_ecbsr_upscaler_free (GstEcbsrUpscaler * upscaler);

/* From the next frame on @plans run, which are for frames of the same kind and have
 * to stay as long; NULL: its own. */
void gst_ecbsr_upscaler_set_plans (GstEcbsrUpscaler * upscaler,
    GstEcbsrPlans * plans);

/* Whether what has not changed since the last frame is worked on again. FALSE sets
 * an ECBSR_ERROR, once: there is no memory, and all is worked on. */
gboolean gst_ecbsr_upscaler_set_skip_static (GstEcbsrUpscaler * upscaler,
    gboolean skip_static, GError ** error);

const gchar *gst_ecbsr_upscaler_get_backend (const GstEcbsrUpscaler * upscaler);
/* What runs, which may not be what was asked for; never AUTO. */
EcbsrPrecision gst_ecbsr_upscaler_get_precision (const GstEcbsrUpscaler *
    upscaler);

/* How long the plan took of the last frame, without conversion. */
GstClockTime gst_ecbsr_upscaler_get_plan_time (const GstEcbsrUpscaler *
    upscaler);

/* What became of the tiles of the last frame. */
EcbsrRunCounts gst_ecbsr_upscaler_get_counts (const GstEcbsrUpscaler *
    upscaler);

/* One frame. FALSE sets a GStreamer error. */
gboolean gst_ecbsr_upscaler_run (GstEcbsrUpscaler * upscaler,
    const GstVideoFrame * in, GstVideoFrame * out,
    const EcbsrRunParams * params, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrUpscaler, gst_ecbsr_upscaler_free)
    G_END_DECLS
