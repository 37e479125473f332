/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The models that are built into the plugin, and the configuration that says
 * which model runs how. */

#pragma once

#include <gst/gst.h>

#include "ecbsr.h"

G_BEGIN_DECLS

typedef enum
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

/* Training data of a network. AUTO: camera video behind a live source where there is
 * such a model, else clean pictures. */
typedef enum
{
  GST_ECBSR_CONTENT_AUTO,
  GST_ECBSR_CONTENT_CLEAN,
  GST_ECBSR_CONTENT_CAMERA,
} GstEcbsrContent;

/* Registers the enumeration @values as @name, once, and returns its type, which it
 * keeps in *@type. Thread-safe. */
GType gst_ecbsr_register_enum (gsize * type, const gchar * name,
    const GEnumValue * values);

#define GST_TYPE_ECBSR_MODEL (gst_ecbsr_model_get_type ())
GType gst_ecbsr_model_get_type (void);

#define GST_TYPE_ECBSR_CONTENT (gst_ecbsr_content_get_type ())
GType gst_ecbsr_content_get_type (void);

/* Returns the rank of @choice by quality: 0 for the best, -1 for AUTO. */
gint gst_ecbsr_models_get_rank (GstEcbsrModel choice);

/* Checks that @lowest is a model, so that it can be the lowest-quality one that may
 * run. FALSE sets a GST_LIBRARY_ERROR. */
gboolean gst_ecbsr_models_check_lowest (GstEcbsrModel lowest, GError ** error);

/* Returns the name of the built-in @model's file, which applications see. */
gchar *gst_ecbsr_models_get_name (const EcbsrModel * model);

/* Returns the built-in model that @model is or is like; AUTO where there is none. */
GstEcbsrModel gst_ecbsr_models_identify (const EcbsrModel * model);

/* Lists the models built in for @scale and @content that are @lowest or better, best
 * first; AUTO: all, down to bicubic. The list is never empty: where neither @lowest
 * nor a better one is built in, it holds the best there is. Returns its length. */
guint gst_ecbsr_models_list (guint scale, GstEcbsrContent content,
    GstEcbsrModel lowest, GstEcbsrModel list[GST_ECBSR_N_MODELS]);

/* The properties that decide which model runs how: changed together, loaded
 * together, and given up together. */
typedef struct
{
  guint scale;
  GstEcbsrModel model;
  GstEcbsrContent content;
  GstEcbsrContent training;     /* no property: CLEAN or CAMERA, of AUTO too */
  gchar *location;              /* a file instead of @model, or NULL */
  guint n_threads;              /* 0: one for each CPU */
  EcbsrPrecision precision;
} GstEcbsrConfig;

/* @dest holds a configuration or zeros. */
void gst_ecbsr_config_copy (GstEcbsrConfig * dest, const GstEcbsrConfig * src);
void gst_ecbsr_config_clear (GstEcbsrConfig * config);

gboolean gst_ecbsr_config_equal (const GstEcbsrConfig * a,
    const GstEcbsrConfig * b);

/* Returns whether both ask for the same model at the same scale. */
gboolean gst_ecbsr_config_same_model (const GstEcbsrConfig * a,
    const GstEcbsrConfig * b);

/* Sets the training that @config's content means where the source is @live. */
void gst_ecbsr_config_resolve (GstEcbsrConfig * config, gboolean live);

/* Loads the model that it asks for into @model: NULL for scale 1, which needs
 * none, unless it asks for a file of a network that keeps the size. FALSE sets an
 * ECBSR_ERROR: where there is no such built-in model its message lists those there
 * are; where a file is for another scale it names both. */
gboolean gst_ecbsr_config_load (const GstEcbsrConfig * config,
    EcbsrModel ** model, GError ** error);

/* Loads the built-in model @choice that @config would run in place of its own; at
 * scale 1 there is bicubic, which copies. NULL sets an ECBSR_ERROR. */
EcbsrModel *gst_ecbsr_config_load_built_in (const GstEcbsrConfig * config,
    GstEcbsrModel choice, GError ** error);

/* Returns @config in words. */
gchar *gst_ecbsr_config_describe (const GstEcbsrConfig * config);

/* Returns the name of @model, which @config has loaded, as in active-model; NULL for
 * NULL. */
gchar *gst_ecbsr_config_name_model (const GstEcbsrConfig * config,
    const EcbsrModel * model);

G_END_DECLS
