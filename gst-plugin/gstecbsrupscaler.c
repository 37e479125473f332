/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrupscaler.h"

#include "gstecbsrframe.h"

#include "cpu.h"

struct _GstEcbsrUpscaler
{
  GstEcbsrPlans *plans;
  GstEcbsrPlans *running;       /* these or lent ones */
  GstClockTime plan_time;

  gboolean skip_static;
  GstEcbsrHistories histories;  /* none where there was no memory for them */

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
  gst_ecbsr_fields_make_whole (&from);
  gst_ecbsr_fields_make_whole (&to);
  self->converter = gst_video_converter_new (&from, &to, options);
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

  self->plans = gst_ecbsr_plans_new (model, in, settings, error);
  if (!self->plans)
    return NULL;
  self->running = self->plans;

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
  g_clear_pointer (&self->plans, gst_ecbsr_plans_free);
  gst_ecbsr_histories_clear (&self->histories);
  g_clear_pointer (&self->converter, gst_video_converter_free);
  gst_clear_buffer (&self->scaled);
  gst_clear_buffer (&self->aligned);
  g_free (self);
}

void
gst_ecbsr_upscaler_set_plans (GstEcbsrUpscaler * self, GstEcbsrPlans * plans)
{
  self->running = plans ? plans : self->plans;
}

gboolean
gst_ecbsr_upscaler_set_skip_static (GstEcbsrUpscaler * self,
    gboolean skip_static, GError ** error)
{
  if (self->skip_static == skip_static)
    return TRUE;

  self->skip_static = skip_static;
  gst_ecbsr_histories_clear (&self->histories);
  return !skip_static
      || gst_ecbsr_histories_init (&self->histories, self->plans, error);
}

EcbsrRunCounts
gst_ecbsr_upscaler_get_counts (const GstEcbsrUpscaler * self)
{
  return gst_ecbsr_plans_get_counts (self->running);
}

GstClockTime
gst_ecbsr_upscaler_get_plan_time (const GstEcbsrUpscaler * self)
{
  return self->plan_time;
}

const gchar *
gst_ecbsr_upscaler_get_backend (const GstEcbsrUpscaler * self)
{
  return gst_ecbsr_plans_get_backend (self->running);
}

EcbsrPrecision
gst_ecbsr_upscaler_get_precision (const GstEcbsrUpscaler * self)
{
  return gst_ecbsr_plans_get_precision (self->running);
}

static gboolean
run_plans (GstEcbsrUpscaler * self, const GstVideoFrame * in,
    const GstVideoFrame * out, const EcbsrRunParams * params, GError ** error)
{
  GstClockTime begin = gst_util_get_timestamp ();
  gboolean done = gst_ecbsr_plans_run (self->running, &self->histories, in, out,
      params, error);

  self->plan_time = gst_util_get_timestamp () - begin;
  return done;
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

  gst_ecbsr_fields_make_whole (&from.info);
  gst_ecbsr_fields_make_whole (&to.info);
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
gst_ecbsr_upscaler_run (GstEcbsrUpscaler * self, const GstVideoFrame * in,
    GstVideoFrame * out, const EcbsrRunParams * params, GError ** error)
{
  GstVideoFrame scaled;
  gboolean done;

  if (!self->converter)
    return run_plans (self, in, out, params, error);
  if (!gst_ecbsr_frame_map (&scaled, &self->scaled_info, self->scaled,
          GST_MAP_READWRITE, error))
    return FALSE;
  scaled.flags = in->flags;     /* the converter, too, keeps fields apart */
  done = run_plans (self, in, &scaled, params, error)
      && convert (self, &scaled, out, error);
  gst_video_frame_unmap (&scaled);
  return done;
}
