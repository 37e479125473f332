/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrupscaler.h"

#include "gstecbsrformats.h"
#include "gstecbsrframe.h"

struct _GstEcbsrUpscaler
{
  EcbsrPlan *plan;
  EcbsrPlan *running;           /* this one or a lent one */
  GstClockTime plan_time;

  gboolean skip_static;
  EcbsrHistory *history;        /* NULL where there was no memory for it */

  /* Only where the output is not what the plan makes. */
  GstVideoConverter *converter;
  GstVideoInfo scaled_info, out_info;
  GstBuffer *scaled;
  GstBuffer *aligned;           /* made when it is needed first */
};

static gboolean
sites_differ (const GstVideoInfo * a, const GstVideoInfo * b)
{
  return GST_VIDEO_INFO_IS_YUV (a) && a->chroma_site != b->chroma_site
      && a->chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN
      && b->chroma_site != GST_VIDEO_CHROMA_SITE_UNKNOWN;
}

static gboolean
needs_conversion (const GstVideoInfo * a, const GstVideoInfo * b)
{
  return GST_VIDEO_INFO_FORMAT (a) != GST_VIDEO_INFO_FORMAT (b)
      || !gst_video_colorimetry_is_equal (&a->colorimetry, &b->colorimetry)
      || sites_differ (a, b);
}

/* The input's kind of frame at the output's size and rate. */
static void
set_scaled_info (GstVideoInfo * scaled, const GstVideoInfo * in,
    const GstVideoInfo * out)
{
  gst_video_info_set_format (scaled, GST_VIDEO_INFO_FORMAT (in), out->width,
      out->height);
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
  GstStructure *options;

  if (n_threads == 0)
    n_threads = g_get_num_processors ();
  options = gst_structure_new ("options", GST_VIDEO_CONVERTER_OPT_THREADS,
      G_TYPE_UINT, n_threads, NULL);
  self->converter = gst_video_converter_new (&self->scaled_info,
      &self->out_info, options);
  if (!self->converter) {
    g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
        "no conversion from %s to %s", GST_VIDEO_INFO_NAME (&self->scaled_info),
        GST_VIDEO_INFO_NAME (&self->out_info));
    return FALSE;
  }
  self->scaled = new_buffer (&self->scaled_info, error);
  return self->scaled != NULL;
}

GstEcbsrUpscaler *
gst_ecbsr_upscaler_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstVideoInfo * out, const GstEcbsrSettings * settings,
    GError ** error)
{
  g_autoptr (GstEcbsrUpscaler) self = g_new0 (GstEcbsrUpscaler, 1);
  EcbsrPlanConfig config;

  gst_ecbsr_formats_get_config (in, &config);
  config.n_threads = settings->n_threads;
  config.precision = settings->precision;
  self->plan = ecbsr_plan_new (model, &config, error);
  if (!self->plan)
    return NULL;
  self->running = self->plan;

  self->out_info = *out;
  set_scaled_info (&self->scaled_info, in, out);
  if (needs_conversion (&self->scaled_info, out)
      && !add_conversion (self, settings->n_threads, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
gst_ecbsr_upscaler_free (GstEcbsrUpscaler * self)
{
  g_clear_pointer (&self->plan, ecbsr_plan_free);
  g_clear_pointer (&self->history, ecbsr_history_free);
  g_clear_pointer (&self->converter, gst_video_converter_free);
  gst_clear_buffer (&self->scaled);
  gst_clear_buffer (&self->aligned);
  g_free (self);
}

void
gst_ecbsr_upscaler_set_plan (GstEcbsrUpscaler * self, EcbsrPlan * plan)
{
  self->running = plan ? plan : self->plan;
}

gboolean
gst_ecbsr_upscaler_set_skip_static (GstEcbsrUpscaler * self,
    gboolean skip_static, GError ** error)
{
  if (self->skip_static == skip_static)
    return TRUE;

  self->skip_static = skip_static;
  g_clear_pointer (&self->history, ecbsr_history_free);
  if (skip_static)
    self->history = ecbsr_history_new (self->plan, error);
  return self->history || !skip_static;
}

EcbsrRunCounts
gst_ecbsr_upscaler_get_counts (const GstEcbsrUpscaler * self)
{
  return ecbsr_plan_get_counts (self->running);
}

GstClockTime
gst_ecbsr_upscaler_get_plan_time (const GstEcbsrUpscaler * self)
{
  return self->plan_time;
}

const gchar *
gst_ecbsr_upscaler_get_backend (const GstEcbsrUpscaler * self)
{
  return ecbsr_plan_get_backend (self->running);
}

EcbsrPrecision
gst_ecbsr_upscaler_get_precision (const GstEcbsrUpscaler * self)
{
  return ecbsr_plan_get_precision (self->running);
}

static void
run_plan (GstEcbsrUpscaler * self, const GstVideoFrame * in,
    const GstVideoFrame * out, const EcbsrRunParams * params)
{
  GstClockTime begin = gst_util_get_timestamp ();
  EcbsrRunParams params_here = *params;
  EcbsrPicture from, to;

  params_here.history = self->history;
  gst_ecbsr_frame_get_picture (in, &from);
  gst_ecbsr_frame_get_picture (out, &to);
  ecbsr_plan_run (self->running, &from, &to, &params_here);
  self->plan_time = gst_util_get_timestamp () - begin;
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

/* The library's converter writes whole pixels and crashes where these are not
 * aligned, which strides of a downstream pool need not care for. */
static gboolean
convert (GstEcbsrUpscaler * self, const GstVideoFrame * scaled,
    GstVideoFrame * out, GError ** error)
{
  GstVideoFrame aligned;

  if (is_aligned (out)) {
    gst_video_converter_frame (self->converter, scaled, out);
    return TRUE;
  }
  if (!self->aligned)
    self->aligned = new_buffer (&self->out_info, error);
  if (!self->aligned || !gst_ecbsr_frame_map (&aligned, &self->out_info,
          self->aligned, GST_MAP_READWRITE, error))
    return FALSE;
  gst_video_converter_frame (self->converter, scaled, &aligned);
  gst_video_frame_copy (out, &aligned);
  gst_video_frame_unmap (&aligned);
  return TRUE;
}

gboolean
gst_ecbsr_upscaler_run (GstEcbsrUpscaler * self, const GstVideoFrame * in,
    GstVideoFrame * out, const EcbsrRunParams * params, GError ** error)
{
  GstVideoFrame scaled;
  gboolean converted;

  if (!self->converter) {
    run_plan (self, in, out, params);
    return TRUE;
  }
  if (!gst_ecbsr_frame_map (&scaled, &self->scaled_info, self->scaled,
          GST_MAP_READWRITE, error))
    return FALSE;
  run_plan (self, in, &scaled, params);
  converted = convert (self, &scaled, out, error);
  gst_video_frame_unmap (&scaled);
  return converted;
}
