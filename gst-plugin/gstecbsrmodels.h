/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The models that are built into the plugin. */

#pragma once

#include <gst/gst.h>

#include "ecbsr.h"

G_BEGIN_DECLS typedef enum
{
  GST_ECBSR_MODEL_AUTO,
  GST_ECBSR_MODEL_ECBSR_M4C8,
  GST_ECBSR_MODEL_ECBSR_M4C16,
  GST_ECBSR_MODEL_ECBSR_M10C16,
  GST_ECBSR_MODEL_ESR_MAX,
  GST_ECBSR_MODEL_ESR_TM,
  GST_ECBSR_MODEL_ESR_TR,
  GST_ECBSR_MODEL_ESR_CNN,
  GST_ECBSR_MODEL_BICUBIC,
  GST_ECBSR_N_MODELS,
} GstEcbsrModel;

/* What a network was trained on. AUTO: camera video where there is such a model,
 * and the source is live. */
typedef enum
{
  GST_ECBSR_CONTENT_AUTO,
  GST_ECBSR_CONTENT_CLEAN,
  GST_ECBSR_CONTENT_CAMERA,
} GstEcbsrContent;

#define GST_TYPE_ECBSR_MODEL (gst_ecbsr_model_get_type ())
GType gst_ecbsr_model_get_type (void);

#define GST_TYPE_ECBSR_CONTENT (gst_ecbsr_content_get_type ())
GType gst_ecbsr_content_get_type (void);

const gchar *gst_ecbsr_model_get_nick (GstEcbsrModel model);
const gchar *gst_ecbsr_content_get_nick (GstEcbsrContent content);

/* The built-in model @choice for @scale, trained on @content; @live: what AUTO
 * goes by. NULL sets an ECBSR_ERROR; where there is no such model its message
 * lists those there are. */
EcbsrModel *gst_ecbsr_models_load (GstEcbsrModel choice, guint scale,
    GstEcbsrContent content, gboolean live, GError ** error);

/* What applications are told that @model, from gst_ecbsr_models_load (), is: the
 * name of its file. */
gchar *gst_ecbsr_models_describe (const EcbsrModel * model);

/* Where @choice stands by quality: 0 for the best. -1 for AUTO. */
gint gst_ecbsr_models_get_rank (GstEcbsrModel choice);
/* Which built-in one @model is or is like; AUTO where none. */
GstEcbsrModel gst_ecbsr_models_identify (const EcbsrModel * model);
/* Into @list those built in for @scale and @content that are @floor or better, best
 * first; AUTO: all, down to bicubic. Never none: where @floor is not built in and
 * nothing better is, the best there is. Returns how many. */
guint gst_ecbsr_models_list (guint scale, GstEcbsrContent content,
    GstEcbsrModel floor, GstEcbsrModel list[GST_ECBSR_N_MODELS]);

/* The model in the file @location, which has to be one for @scale. */
EcbsrModel *gst_ecbsr_models_open (const gchar * location, guint scale,
    GError ** error);

G_END_DECLS
