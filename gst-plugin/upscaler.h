/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A model at work between two video formats: the engine's plans and conversions,
 * before them where the engine does not know the input's format, and behind them
 * where the output has another format or other colours. */

#pragma once

#include <gst/video/video.h>

#include "models.h"

G_BEGIN_DECLS

typedef enum
{
  GST_ECBSR_COMPARE_OFF,
  GST_ECBSR_COMPARE_SPLIT,
} GstEcbsrCompare;

typedef enum
{
  GST_ECBSR_ROI_OFF,
  GST_ECBSR_ROI_RECTANGLE,
  GST_ECBSR_ROI_META,
} GstEcbsrRoiMode;

/* The appearance of a frame, and the parts of it that are worked on. */
typedef struct
{
  gdouble strength;
  GstEcbsrCompare compare;
  gdouble compare_position;
  GstEcbsrRoiMode roi_mode;
  EcbsrRegion rectangle;
  gboolean skip_static;
} GstEcbsrFrameConfig;

/* A model made ready for frames of a kind: a plan for whole frames, plans for
 * their fields, or both where the video is mixed. */
typedef struct _GstEcbsrPlans GstEcbsrPlans;

/* Plans @model for frames of @in that become frames of @out, with
 * the threads and the precision of @config. NULL sets an ECBSR_ERROR. */
GstEcbsrPlans *gst_ecbsr_plans_new (EcbsrModel * model,
    const GstVideoInfo * in, const GstVideoInfo * out,
    const GstEcbsrConfig * config, GError ** error);
void gst_ecbsr_plans_free (GstEcbsrPlans * plans);

/* Returns one of the plans: in all else than the rows they are alike. */
const EcbsrPlan *gst_ecbsr_plans_get_any (const GstEcbsrPlans * plans);

typedef struct _GstEcbsrUpscaler GstEcbsrUpscaler;

/* Makes @model ready for frames of @in that become frames of @out, which is the
 * model's scale larger, with the threads and the precision of @config. NULL sets an
 * ECBSR_ERROR. */
GstEcbsrUpscaler *gst_ecbsr_upscaler_new (EcbsrModel * model,
    const GstVideoInfo * in, const GstVideoInfo * out,
    const GstEcbsrConfig * config, GError ** error);
void gst_ecbsr_upscaler_free (GstEcbsrUpscaler * upscaler);

/* Returns its own plans, of the model that it was made of. */
const GstEcbsrPlans *gst_ecbsr_upscaler_get_plans (const GstEcbsrUpscaler *
    upscaler);

/* Returns the precision of its own plans, which may not be the requested one; never
 * AUTO. */
EcbsrPrecision gst_ecbsr_upscaler_get_precision (const GstEcbsrUpscaler *
    upscaler);

/* Sets whether results of unchanged parts of the previous frame are reused. FALSE
 * sets an ECBSR_ERROR, once: there is no memory for it, and nothing is reused. */
gboolean gst_ecbsr_upscaler_set_skip_static (GstEcbsrUpscaler * upscaler,
    gboolean skip_static, GError ** error);

/* Time and tile counters of a frame. */
typedef struct
{
  GstClockTime plan_time;       /* in the plans, without conversions */
  EcbsrRunCounts counts;
} GstEcbsrRun;

/* Upscales one frame, as gst_ecbsr_frame_map () has mapped it, with @plans, which
 * are for frames of the same kind, or with its own (NULL). All of @config but
 * skip_static counts. FALSE sets an ECBSR_ERROR or a GStreamer error. */
gboolean gst_ecbsr_upscaler_run (GstEcbsrUpscaler * upscaler,
    GstEcbsrPlans * plans, const GstVideoFrame * in, GstVideoFrame * out,
    const GstEcbsrFrameConfig * config, GstEcbsrRun * run, GError ** error);

/* What runs, or is to run: a configuration, its model and, once caps are known,
 * the upscaler for them. Prepared and applied as one. */
typedef struct
{
  GstEcbsrConfig config;
  EcbsrModel *model;            /* NULL: scale 1, passed through */
  GstEcbsrUpscaler *upscaler;   /* NULL: passed through, or waiting for caps */
  GstVideoInfo in, out;         /* that the upscaler is for */
} GstEcbsrSetup;

void gst_ecbsr_setup_free (GstEcbsrSetup * setup);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrSetup, gst_ecbsr_setup_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrPlans, gst_ecbsr_plans_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrUpscaler, gst_ecbsr_upscaler_free)

G_END_DECLS
