/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties that decide which model runs how: changed together, loaded
 * together, and given up together. */

#pragma once

#include "gstecbsrmodels.h"

G_BEGIN_DECLS typedef struct
{
  guint scale;
  GstEcbsrModel model;
  GstEcbsrContent content;
  gboolean live;                /* no property: what content=auto goes by */
  gchar *location;              /* a file instead of @model, or NULL */
  guint n_threads;
  EcbsrPrecision precision;
} GstEcbsrSettings;

/* @dest holds settings or zeros. */
void gst_ecbsr_settings_copy (GstEcbsrSettings * dest,
    const GstEcbsrSettings * src);
void gst_ecbsr_settings_clear (GstEcbsrSettings * settings);

gboolean gst_ecbsr_settings_equal (const GstEcbsrSettings * a,
    const GstEcbsrSettings * b);
/* Whether both mean the same model at the same scale. */
gboolean gst_ecbsr_settings_same_model (const GstEcbsrSettings * a,
    const GstEcbsrSettings * b);

/* Loads the model they ask for into @model: NULL for scale 1, which needs
 * none. */
gboolean gst_ecbsr_settings_load (const GstEcbsrSettings * settings,
    EcbsrModel ** model, GError ** error);

/* What they ask for, in words. */
gchar *gst_ecbsr_settings_describe (const GstEcbsrSettings * settings);

/* What @model, which they have loaded, is called; NULL for NULL. */
gchar *gst_ecbsr_settings_name_model (const GstEcbsrSettings * settings,
    const EcbsrModel * model);

G_END_DECLS
