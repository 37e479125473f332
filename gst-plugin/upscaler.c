/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "upscaler.h"

#include "frame.h"

#include "cpu.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* ----------------------------------------------------------------- plans -- */

struct _GstEcbsrPlans
{
  EcbsrPlan *plan[GST_ECBSR_N_FIELDS];  /* NULL: there are no such pictures */
  EcbsrRunCounts counts;
};

static EcbsrPlan *
new_plan (EcbsrModel * model, const GstVideoInfo * in, EcbsrField field,
    const GstEcbsrConfig * config, GError ** error)
{
  EcbsrPlanConfig plan_config;

  gst_ecbsr_frame_get_config (in, &plan_config);
  plan_config.n_threads = config->n_threads;
  plan_config.precision = config->precision;
  plan_config.field = field;
  if (field != ECBSR_FIELD_NONE)
    plan_config.height /= 2;
  return ecbsr_plan_new (model, &plan_config, error);
}

GstEcbsrPlans *
gst_ecbsr_plans_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrConfig * config, GError ** error)
{
  g_autoptr (GstEcbsrPlans) plans = g_new0 (GstEcbsrPlans, 1);
  gboolean possible[GST_ECBSR_N_FIELDS];
  guint i;

  gst_ecbsr_frame_get_possible_fields (in, possible);
  for (i = 0; i < GST_ECBSR_N_FIELDS; i++) {
    if (!possible[i])
      continue;
    plans->plan[i] = new_plan (model, in, i, config, error);
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

/* In all else than the rows they are alike. */
static const EcbsrPlan *
get_any (const GstEcbsrPlans * plans)
{
  return plans->plan[ECBSR_FIELD_NONE] ? plans->plan[ECBSR_FIELD_NONE]
      : plans->plan[ECBSR_FIELD_TOP];
}

const gchar *
gst_ecbsr_plans_get_backend (const GstEcbsrPlans * plans)
{
  return ecbsr_plan_get_backend (get_any (plans));
}

/* What skip-static remembers, for all plans for the same kind of frames and the
 * same scale. */
typedef struct
{
  EcbsrHistory *history[GST_ECBSR_N_FIELDS];
} PreviousFrames;

static void
previous_clear (PreviousFrames * previous)
{
  guint i;

  for (i = 0; i < GST_ECBSR_N_FIELDS; i++)
    g_clear_pointer (&previous->history[i], ecbsr_history_free);
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
    previous->history[i] = ecbsr_history_new (plans->plan[i], error);
    if (!previous->history[i]) {
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
    here.history = previous->history[fields[i]];
    run_field (plans, fields[i], in, out, &here);
  }
}

/* -------------------------------------------------------------- upscaler -- */

struct _GstEcbsrUpscaler
{
  GstEcbsrPlans *plans;

  gboolean skip_static;
  PreviousFrames previous;  /* none where there was no memory for them */

  /* Only where the output is not what the plan makes. */
  GstVideoConverter *converter;
  GstVideoInfo scaled_info, out_info;
  GstBuffer *scaled;
  GstBuffer *aligned;           /* made when it is needed first */
};

/* Where buffers of @info hold one field each: makes it a progressive picture of
 * that height, for the converter, which does not know such buffers. */
static void
make_whole (GstVideoInfo * info)
{
  if (GST_VIDEO_INFO_INTERLACE_MODE (info) !=
      GST_VIDEO_INTERLACE_MODE_ALTERNATE)
    return;
  info->height = GST_VIDEO_INFO_FIELD_HEIGHT (info);
  GST_VIDEO_INFO_INTERLACE_MODE (info) = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
}

static gboolean
needs_conversion (const GstVideoInfo * a, const GstVideoInfo * b)
{
  return GST_VIDEO_INFO_FORMAT (a) != GST_VIDEO_INFO_FORMAT (b)
      || !gst_video_colorimetry_is_equal (&a->colorimetry, &b->colorimetry)
      || a->chroma_site != b->chroma_site;
}

/* The input's kind of frame at the output's size and rate. */
static void
set_scaled_info (GstVideoInfo * scaled, const GstVideoInfo * in,
    const GstVideoInfo * out)
{
  gst_video_info_set_interlaced_format (scaled, GST_VIDEO_INFO_FORMAT (in),
      GST_VIDEO_INFO_INTERLACE_MODE (in), out->width, out->height);
  scaled->colorimetry = in->colorimetry;
  scaled->chroma_site = in->chroma_site;
  scaled->fps_n = out->fps_n;
  scaled->fps_d = out->fps_d;
}

static GstBuffer *
new_buffer (const GstVideoInfo * info, GError ** error)
{
  GstAllocationParams params = { 0, 63, 0, 0 };
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, &params);

  if (!buffer)
    g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
        "no memory for a frame of %" G_GSIZE_FORMAT " bytes", info->size);
  return buffer;
}

static gboolean
add_conversion (GstEcbsrUpscaler * self, guint n_threads, GError ** error)
{
  GstVideoInfo from = self->scaled_info, to = self->out_info;
  GstStructure *options;

  if (n_threads == 0)
    n_threads = ecbsr_cpu_count ();
  options = gst_structure_new ("options", GST_VIDEO_CONVERTER_OPT_THREADS,
      G_TYPE_UINT, n_threads, NULL);
  make_whole (&from);
  make_whole (&to);
  self->converter = gst_video_converter_new (&from, &to, options);
  if (!self->converter) {
    g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
        "no conversion from %s to %s", GST_VIDEO_INFO_NAME (&self->scaled_info),
        GST_VIDEO_INFO_NAME (&self->out_info));
    return FALSE;
  }
  GST_DEBUG ("converts from %s to %s after upscaling",
      GST_VIDEO_INFO_NAME (&from), GST_VIDEO_INFO_NAME (&to));
  self->scaled = new_buffer (&self->scaled_info, error);
  return self->scaled != NULL;
}

GstEcbsrUpscaler *
gst_ecbsr_upscaler_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstVideoInfo * out, const GstEcbsrConfig * config,
    GError ** error)
{
  g_autoptr (GstEcbsrUpscaler) self = g_new0 (GstEcbsrUpscaler, 1);

  self->plans = gst_ecbsr_plans_new (model, in, config, error);
  if (!self->plans)
    return NULL;

  self->out_info = *out;
  set_scaled_info (&self->scaled_info, in, out);
  if (needs_conversion (&self->scaled_info, out)
      && !add_conversion (self, config->n_threads, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
gst_ecbsr_upscaler_free (GstEcbsrUpscaler * self)
{
  g_clear_pointer (&self->plans, gst_ecbsr_plans_free);
  previous_clear (&self->previous);
  g_clear_pointer (&self->converter, gst_video_converter_free);
  gst_clear_buffer (&self->scaled);
  gst_clear_buffer (&self->aligned);
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
  return ecbsr_plan_get_precision (get_any (self->plans));
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
  return !skip_static
      || previous_init (&self->previous, self->plans, error);
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

static gboolean
is_aligned (const GstVideoFrame * frame)
{
  guintptr bits = 0;
  guint p;

  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++)
    bits |= (guintptr) GST_VIDEO_FRAME_PLANE_DATA (frame, p)
        | (guintptr) GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  return (bits & 3) == 0;
}

static void
run_converter (GstEcbsrUpscaler * self, const GstVideoFrame * scaled,
    const GstVideoFrame * out)
{
  GstVideoFrame from = *scaled, to = *out;

  make_whole (&from.info);
  make_whole (&to.info);
  gst_video_converter_frame (self->converter, &from, &to);
}

/* The library's converter writes whole pixels and crashes where these are not
 * aligned, which strides of a downstream pool need not care for. */
static gboolean
convert (GstEcbsrUpscaler * self, const GstVideoFrame * scaled,
    GstVideoFrame * out, GError ** error)
{
  GstVideoFrame aligned;

  if (is_aligned (out)) {
    run_converter (self, scaled, out);
    return TRUE;
  }
  if (!self->aligned)
    self->aligned = new_buffer (&self->out_info, error);
  if (!self->aligned || !gst_ecbsr_frame_map (&aligned, &self->out_info,
          self->aligned, GST_MAP_READWRITE, error))
    return FALSE;
  aligned.flags = out->flags;
  run_converter (self, scaled, &aligned);
  gst_video_frame_copy (out, &aligned);
  gst_video_frame_unmap (&aligned);
  return TRUE;
}

gboolean
gst_ecbsr_upscaler_run (GstEcbsrUpscaler * self, GstEcbsrPlans * plans,
    const GstVideoFrame * in, GstVideoFrame * out,
    const EcbsrRunParams * params, GstEcbsrRun * run, GError ** error)
{
  GstVideoFrame scaled;
  gboolean done;

  if (!self->converter) {
    run_plans (self, plans, in, out, params, run);
    return TRUE;
  }
  if (!gst_ecbsr_frame_map (&scaled, &self->scaled_info, self->scaled,
          GST_MAP_READWRITE, error))
    return FALSE;
  scaled.flags = in->flags;     /* the converter, too, keeps fields apart */
  run_plans (self, plans, in, &scaled, params, run);
  done = convert (self, &scaled, out, error);
  gst_video_frame_unmap (&scaled);
  return done;
}

/* ----------------------------------------------------------------- setup -- */

void
gst_ecbsr_setup_free (GstEcbsrSetup * setup)
{
  gst_ecbsr_config_clear (&setup->config);
  g_clear_pointer (&setup->model, ecbsr_model_unref);
  g_clear_pointer (&setup->upscaler, gst_ecbsr_upscaler_free);
  g_free (setup);
}
