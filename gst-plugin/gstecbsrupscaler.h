/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A model at work between two video formats: the engine's plan and, where the
 * output has another format or other colours, a conversion behind it. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS typedef struct _GstEcbsrUpscaler GstEcbsrUpscaler;

/* From frames of @in to frames of @out, which is the model's scale larger.
 * NULL sets an ECBSR_ERROR. */
GstEcbsrUpscaler *gst_ecbsr_upscaler_new (EcbsrModel * model,
    const GstVideoInfo * in, const GstVideoInfo * out, guint n_threads,
    GError ** error);
void gst_ecbsr_upscaler_free (GstEcbsrUpscaler * upscaler);

const gchar *gst_ecbsr_upscaler_get_backend (const GstEcbsrUpscaler * upscaler);

/* One frame. FALSE sets a GStreamer error. */
gboolean gst_ecbsr_upscaler_run (GstEcbsrUpscaler * upscaler,
    const GstVideoFrame * in, GstVideoFrame * out,
    const EcbsrRunParams * params, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrUpscaler, gst_ecbsr_upscaler_free)
    G_END_DECLS
