/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrupscaler.h"

#include "gstecbsrformats.h"
#include "gstecbsrframe.h"

struct _GstEcbsrUpscaler
{
  EcbsrPlan *plan;

  /* Only where the output is not what the plan makes. */
  GstVideoConverter *converter;
  GstVideoInfo scaled_info;
  GstBuffer *scaled;
};

static gboolean
needs_conversion (const GstVideoInfo * a, const GstVideoInfo * b)
{
  return GST_VIDEO_INFO_FORMAT (a) != GST_VIDEO_INFO_FORMAT (b)
      || !gst_video_colorimetry_is_equal (&a->colorimetry, &b->colorimetry)
      || (GST_VIDEO_INFO_IS_YUV (a) && a->chroma_site != b->chroma_site);
}

static void
set_scaled_info (GstVideoInfo * scaled, const GstVideoInfo * in, guint scale)
{
  gst_video_info_set_format (scaled, GST_VIDEO_INFO_FORMAT (in),
      in->width * scale, in->height * scale);
  scaled->colorimetry = in->colorimetry;
  scaled->chroma_site = in->chroma_site;
}

static gboolean
add_conversion (GstEcbsrUpscaler * self, const GstVideoInfo * out,
    guint n_threads, GError ** error)
{
  GstAllocationParams params = { 0, 63, 0, 0 };
  GstStructure *options;

  if (n_threads == 0)
    n_threads = g_get_num_processors ();
  options = gst_structure_new ("options", GST_VIDEO_CONVERTER_OPT_THREADS,
      G_TYPE_UINT, n_threads, NULL);
  self->converter = gst_video_converter_new (&self->scaled_info, out, options);
  if (!self->converter) {
    g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
        "no conversion from %s to %s", GST_VIDEO_INFO_NAME (&self->scaled_info),
        GST_VIDEO_INFO_NAME (out));
    return FALSE;
  }
  self->scaled = gst_buffer_new_allocate (NULL, self->scaled_info.size,
      &params);
  if (!self->scaled) {
    g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
        "no memory for a frame of %" G_GSIZE_FORMAT " bytes",
        self->scaled_info.size);
    return FALSE;
  }
  return TRUE;
}

GstEcbsrUpscaler *
gst_ecbsr_upscaler_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstVideoInfo * out, guint n_threads, GError ** error)
{
  g_autoptr (GstEcbsrUpscaler) self = g_new0 (GstEcbsrUpscaler, 1);
  EcbsrPlanConfig config;

  gst_ecbsr_formats_get_config (in, &config);
  config.n_threads = n_threads;
  self->plan = ecbsr_plan_new (model, &config, error);
  if (!self->plan)
    return NULL;

  set_scaled_info (&self->scaled_info, in, ecbsr_model_get_info (model)->scale);
  if (needs_conversion (&self->scaled_info, out)
      && !add_conversion (self, out, n_threads, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
gst_ecbsr_upscaler_free (GstEcbsrUpscaler * self)
{
  g_clear_pointer (&self->plan, ecbsr_plan_free);
  g_clear_pointer (&self->converter, gst_video_converter_free);
  gst_clear_buffer (&self->scaled);
  g_free (self);
}

const gchar *
gst_ecbsr_upscaler_get_backend (const GstEcbsrUpscaler * self)
{
  return ecbsr_plan_get_backend (self->plan);
}

static void
run_plan (GstEcbsrUpscaler * self, const GstVideoFrame * in,
    const GstVideoFrame * out, const EcbsrRunParams * params)
{
  EcbsrPicture from, to;

  gst_ecbsr_frame_get_picture (in, &from);
  gst_ecbsr_frame_get_picture (out, &to);
  ecbsr_plan_run (self->plan, &from, &to, params);
}

gboolean
gst_ecbsr_upscaler_run (GstEcbsrUpscaler * self, const GstVideoFrame * in,
    GstVideoFrame * out, const EcbsrRunParams * params, GError ** error)
{
  GstVideoFrame scaled;

  if (!self->converter) {
    run_plan (self, in, out, params);
    return TRUE;
  }
  if (!gst_ecbsr_frame_map (&scaled, &self->scaled_info, self->scaled,
          GST_MAP_READWRITE, error))
    return FALSE;
  run_plan (self, in, &scaled, params);
  gst_video_converter_frame (self->converter, &scaled, out);
  gst_video_frame_unmap (&scaled);
  return TRUE;
}
