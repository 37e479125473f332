/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "upscaler.h"

#include "buffer.h"
#include "convert.h"
#include "formats.h"
#include "frame.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* ----------------------------------------------------------------- plans -- */

struct _GstEcbsrPlans
{
  EcbsrPlan *plan[GST_ECBSR_N_FIELDS];  /* NULL: there are no such pictures */
  EcbsrRunCounts counts;
};

/* @in is native, and has @depth bits that count. */
static EcbsrPlan *
new_plan (EcbsrModel * model, const GstVideoInfo * in, guint depth,
    const GstVideoInfo * out, EcbsrField field, const GstEcbsrConfig * config,
    GError ** error)
{
  EcbsrPlanConfig plan_config;

  gst_ecbsr_frame_get_config (in, &plan_config);
  gst_ecbsr_frame_set_depth (in, depth, &plan_config);
  gst_ecbsr_frame_aim_chroma (in, out, &plan_config);
  plan_config.n_threads = config->n_threads;
  plan_config.precision = config->precision;
  plan_config.field = field;
  if (field != ECBSR_FIELD_NONE)
    plan_config.height /= 2;
  return ecbsr_plan_new (model, &plan_config, error);
}

GstEcbsrPlans *
gst_ecbsr_plans_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstVideoInfo * out, const GstEcbsrConfig * config, GError ** error)
{
  g_autoptr (GstEcbsrPlans) plans = g_new0 (GstEcbsrPlans, 1);
  gboolean possible[GST_ECBSR_N_FIELDS];
  GstVideoInfo native;
  guint i;

  if (!gst_ecbsr_frame_get_native (in, &native, error))
    return NULL;
  gst_ecbsr_frame_get_possible_fields (in, possible);
  for (i = 0; i < GST_ECBSR_N_FIELDS; i++) {
    if (!possible[i])
      continue;
    plans->plan[i] = new_plan (model, &native,
        gst_ecbsr_frame_get_depth (in, out), out, i, config, error);
    if (!plans->plan[i])
      return NULL;
  }
  return g_steal_pointer (&plans);
}

void
gst_ecbsr_plans_free (GstEcbsrPlans * plans)
{
  guint i;

  for (i = 0; i < GST_ECBSR_N_FIELDS; i++)
    g_clear_pointer (&plans->plan[i], ecbsr_plan_free);
  g_free (plans);
}

const EcbsrPlan *
gst_ecbsr_plans_get_any (const GstEcbsrPlans * plans)
{
  return plans->plan[ECBSR_FIELD_NONE] ? plans->plan[ECBSR_FIELD_NONE]
      : plans->plan[ECBSR_FIELD_TOP];
}

/* What skip-static remembers, for all plans for the same kind of frames and the
 * same scale. */
typedef struct
{
  EcbsrFrameCache *cache[GST_ECBSR_N_FIELDS];
} PreviousFrames;

static void
previous_clear (PreviousFrames * previous)
{
  guint i;

  for (i = 0; i < GST_ECBSR_N_FIELDS; i++)
    g_clear_pointer (&previous->cache[i], ecbsr_frame_cache_free);
}

/* FALSE, and none, where there is no memory. */
static gboolean
previous_init (PreviousFrames * previous,
    const GstEcbsrPlans * plans, GError ** error)
{
  guint i;

  for (i = 0; i < GST_ECBSR_N_FIELDS; i++) {
    if (!plans->plan[i])
      continue;
    previous->cache[i] = ecbsr_frame_cache_new (plans->plan[i], error);
    if (!previous->cache[i]) {
      previous_clear (previous);
      return FALSE;
    }
  }
  return TRUE;
}

/* A part of a frame as part of @field, which has half the rows. */
static EcbsrRegion
get_field_region (const EcbsrRegion * region, EcbsrField field)
{
  EcbsrRegion part = *region;

  if (field == ECBSR_FIELD_NONE || region->height == 0)
    return part;
  part.y = region->y / 2;
  part.height = (region->height + region->y % 2 + 1) / 2;
  return part;
}

static void
run_field (GstEcbsrPlans * plans, EcbsrField field, const GstVideoFrame * in,
    const GstVideoFrame * out, const EcbsrRunParams * params)
{
  EcbsrPlan *plan = plans->plan[field];
  EcbsrRegion regions[ECBSR_MAX_REGIONS];
  EcbsrRunParams here = *params;
  EcbsrPicture from, to;
  EcbsrRunCounts counts;
  guint i;

  for (i = 0; params->regions && i < params->n_regions; i++)
    regions[i] = get_field_region (&params->regions[i], field);
  if (params->regions)
    here.regions = regions;
  gst_ecbsr_frame_get_picture (in, field, &from);
  gst_ecbsr_frame_get_picture (out, field, &to);
  ecbsr_plan_run (plan, &from, &to, &here);

  counts = ecbsr_plan_get_counts (plan);
  plans->counts.n_tiles += counts.n_tiles;
  plans->counts.n_outside += counts.n_outside;
  plans->counts.n_kept += counts.n_kept;
}

/* Upscales what @in holds, by the field, into @out. */
static void
plans_run (GstEcbsrPlans * plans,
    const PreviousFrames * previous, const GstVideoFrame * in,
    const GstVideoFrame * out, const EcbsrRunParams * params)
{
  EcbsrRunParams here = *params;
  EcbsrField fields[2];
  guint i, n = gst_ecbsr_frame_find_fields (in, fields);

  memset (&plans->counts, 0, sizeof plans->counts);
  for (i = 0; i < n; i++) {
    here.frame_cache = previous->cache[fields[i]];
    run_field (plans, fields[i], in, out, &here);
  }
}

/* -------------------------------------------------------------- upscaler -- */

struct _GstEcbsrUpscaler
{
  GstEcbsrPlans *plans;

  gboolean skip_static;
  PreviousFrames previous;      /* none where there was no memory for them */

  /* What the plans read and write. */
  GstVideoInfo native, scaled_info;
  guint n_threads;

  /* Only where the input is not what the plans read: for buffers as large as these,
   * which a crop may leave little of. */
  GstEcbsrConversion *import;
  GstVideoInfo import_info;
  GstBuffer *imported;

  /* Only where the output is not what the plans write. */
  GstEcbsrConversion *export;
  GstBuffer *scaled;
};

static gboolean
needs_conversion (const GstVideoInfo * a, const GstVideoInfo * b)
{
  return GST_VIDEO_INFO_FORMAT (a) != GST_VIDEO_INFO_FORMAT (b)
      || !gst_video_colorimetry_is_equal (&a->colorimetry, &b->colorimetry);
}

/* The native kind of frame at the output's size and rate. */
static void
set_scaled_info (GstVideoInfo * scaled, const GstVideoInfo * native,
    const GstVideoInfo * out)
{
  gst_video_info_set_interlaced_format (scaled, GST_VIDEO_INFO_FORMAT (native),
      GST_VIDEO_INFO_INTERLACE_MODE (native), out->width, out->height);
  scaled->colorimetry = native->colorimetry;
  scaled->chroma_site = out->chroma_site;
  scaled->fps_n = out->fps_n;
  scaled->fps_d = out->fps_d;
}

static gboolean
add_export (GstEcbsrUpscaler * self, const GstVideoInfo * in,
    const GstVideoInfo * out, GError ** error)
{
  GST_DEBUG ("converts from %s to %s after upscaling",
      GST_VIDEO_INFO_NAME (&self->scaled_info), GST_VIDEO_INFO_NAME (out));
  self->export = gst_ecbsr_conversion_new (&self->scaled_info, out,
      gst_ecbsr_frame_get_depth (in, out), self->n_threads, error);
  if (self->export)
    self->scaled = gst_ecbsr_conversion_new_buffer (&self->scaled_info, error);
  return self->scaled != NULL;
}

static void
remove_import (GstEcbsrUpscaler * self)
{
  g_clear_pointer (&self->import, gst_ecbsr_conversion_free);
  gst_clear_buffer (&self->imported);
}

/* For frames of @info, which may be larger than what is upscaled of them. */
static gboolean
add_import (GstEcbsrUpscaler * self, const GstVideoInfo * info, GError ** error)
{
  remove_import (self);
  if (!gst_ecbsr_frame_get_native (info, &self->import_info, error))
    return FALSE;
  self->import = gst_ecbsr_conversion_new (info, &self->import_info,
      gst_ecbsr_formats_get_depth (info->finfo), self->n_threads, error);
  GST_DEBUG ("converts %dx%d from %s to %s before upscaling", info->width,
      info->height, GST_VIDEO_INFO_NAME (info),
      GST_VIDEO_INFO_NAME (&self->import_info));
  if (self->import)
    self->imported = gst_ecbsr_conversion_new_buffer (&self->import_info,
        error);
  return self->imported != NULL;
}

GstEcbsrUpscaler *
gst_ecbsr_upscaler_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstVideoInfo * out, const GstEcbsrConfig * config, GError ** error)
{
  g_autoptr (GstEcbsrUpscaler) self = g_new0 (GstEcbsrUpscaler, 1);

  self->n_threads = config->n_threads;
  if (!gst_ecbsr_frame_get_native (in, &self->native, error))
    return NULL;
  self->plans = gst_ecbsr_plans_new (model, in, out, config, error);
  if (!self->plans)
    return NULL;

  if (GST_VIDEO_INFO_FORMAT (in) != GST_VIDEO_INFO_FORMAT (&self->native)
      && !add_import (self, in, error))
    return NULL;
  set_scaled_info (&self->scaled_info, &self->native, out);
  if (needs_conversion (&self->scaled_info, out)
      && !add_export (self, in, out, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
gst_ecbsr_upscaler_free (GstEcbsrUpscaler * self)
{
  g_clear_pointer (&self->plans, gst_ecbsr_plans_free);
  previous_clear (&self->previous);
  remove_import (self);
  g_clear_pointer (&self->export, gst_ecbsr_conversion_free);
  gst_clear_buffer (&self->scaled);
  g_free (self);
}

const GstEcbsrPlans *
gst_ecbsr_upscaler_get_plans (const GstEcbsrUpscaler * self)
{
  return self->plans;
}

EcbsrPrecision
gst_ecbsr_upscaler_get_precision (const GstEcbsrUpscaler * self)
{
  return ecbsr_plan_get_precision (gst_ecbsr_plans_get_any (self->plans));
}

gboolean
gst_ecbsr_upscaler_set_skip_static (GstEcbsrUpscaler * self,
    gboolean skip_static, GError ** error)
{
  if (self->skip_static == skip_static)
    return TRUE;

  GST_DEBUG ("skip-static %s", skip_static ? "on" : "off");
  self->skip_static = skip_static;
  previous_clear (&self->previous);
  return !skip_static || previous_init (&self->previous, self->plans, error);
}

static void
run_plans (GstEcbsrUpscaler * self, GstEcbsrPlans * plans,
    const GstVideoFrame * in, const GstVideoFrame * out,
    const EcbsrRunParams * params, GstEcbsrRun * run)
{
  GstClockTime begin = gst_util_get_timestamp ();

  if (!plans)
    plans = self->plans;
  plans_run (plans, &self->previous, in, out, params);
  run->plan_time = gst_util_get_timestamp () - begin;
  run->counts = plans->counts;
}

/* Upscales @in, which is native, into @out: by way of a frame of the same kind, where
 * that is another. */
static gboolean
run_native (GstEcbsrUpscaler * self, GstEcbsrPlans * plans,
    const GstVideoFrame * in, const GstVideoFrame * out,
    const EcbsrRunParams * params, GstEcbsrRun * run, GError ** error)
{
  GstVideoFrame scaled;
  gboolean done;

  if (!self->export) {
    run_plans (self, plans, in, out, params, run);
    return TRUE;
  }
  if (!gst_ecbsr_frame_map (&scaled, &self->scaled_info, self->scaled,
          GST_MAP_READWRITE, error))
    return FALSE;
  scaled.flags = in->flags;     /* the converter, too, keeps fields apart */
  run_plans (self, plans, in, &scaled, params, run);
  done = gst_ecbsr_conversion_run (self->export, &scaled, out, error);
  gst_video_frame_unmap (&scaled);
  return done;
}

static gboolean
fit_import (GstEcbsrUpscaler * self, const GstVideoFrame * in, GError ** error)
{
  return (self->import && in->info.width == self->import_info.width
      && in->info.height == self->import_info.height)
      || add_import (self, &in->info, error);
}

static gboolean
is_native (const GstEcbsrUpscaler * self, const GstVideoFrame * in)
{
  return GST_VIDEO_FRAME_FORMAT (in) == GST_VIDEO_INFO_FORMAT (&self->native);
}

/* Sets those parts of @in that @config says, kept in @regions, in @params. */
static void
set_regions (EcbsrRunParams * params, const GstEcbsrFrameConfig * config,
    const GstVideoInfo * info, GstBuffer * in, GstEcbsrRegions * regions)
{
  if (config->roi_mode == GST_ECBSR_ROI_OFF)
    return;
  if (config->roi_mode == GST_ECBSR_ROI_RECTANGLE) {
    regions->region[0] = config->rectangle;
    regions->n_regions = 1;
  } else {
    gst_ecbsr_buffer_get_regions (in, info->width, info->height, regions);
  }
  params->regions = regions->region;
  params->n_regions = regions->n_regions;
}

/* Upscales @in, which is imported first where it is not native. */
static gboolean
run_any (GstEcbsrUpscaler * self, GstEcbsrPlans * plans,
    const GstVideoFrame * in, GstVideoFrame * out,
    const EcbsrRunParams * params, GstEcbsrRun * run, GError ** error)
{
  GstVideoFrame imported;
  gboolean done;

  if (is_native (self, in))
    return run_native (self, plans, in, out, params, run, error);
  if (!fit_import (self, in, error)
      || !gst_ecbsr_frame_map (&imported, &self->import_info, self->imported,
          GST_MAP_READWRITE, error))
    return FALSE;
  imported.flags = in->flags;
  done = gst_ecbsr_conversion_run (self->import, in, &imported, error)
      && gst_ecbsr_frame_crop (&imported, &self->native, in->buffer, error)
      && run_native (self, plans, &imported, out, params, run, error);
  gst_video_frame_unmap (&imported);
  return done;
}

gboolean
gst_ecbsr_upscaler_run (GstEcbsrUpscaler * self, GstEcbsrPlans * plans,
    const GstVideoFrame * in, GstVideoFrame * out,
    const GstEcbsrFrameConfig * config, GstEcbsrRun * run, GError ** error)
{
  EcbsrRunParams params = {.strength = config->strength };
  GstEcbsrRegions regions;

  if (config->compare == GST_ECBSR_COMPARE_SPLIT)
    params.split = config->compare_position * out->info.width + 0.5;
  set_regions (&params, config, &self->native, in->buffer, &regions);
  return run_any (self, plans, in, out, &params, run, error);
}

void
gst_ecbsr_setup_free (GstEcbsrSetup * setup)
{
  gst_ecbsr_config_clear (&setup->config);
  g_clear_pointer (&setup->model, ecbsr_model_unref);
  g_clear_pointer (&setup->upscaler, gst_ecbsr_upscaler_free);
  g_free (setup);
}
