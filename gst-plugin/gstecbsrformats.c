/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrformats.h"

#include <string.h>

/* In bytes. GStreamer 1.22 counts P010's in words, of which 1 is no byte that a
 * word could begin at. */
static guint
get_offset (const GstVideoFormatInfo * finfo, guint component)
{
  guint offset = GST_VIDEO_FORMAT_INFO_POFFSET (finfo, component);

  if (GST_VIDEO_FORMAT_INFO_DEPTH (finfo, component) > 8 && offset % 2 != 0)
    offset *= 2;
  return offset;
}

static void
set_layout (EcbsrLayout * layout, const GstVideoFormatInfo * finfo)
{
  guint i;

  layout->color = GST_VIDEO_FORMAT_INFO_IS_RGB (finfo) ?
      ECBSR_COLOR_RGB : ECBSR_COLOR_YUV;
  layout->n_components = GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo);
  for (i = 0; i < layout->n_components; i++) {
    layout->component[i].plane = GST_VIDEO_FORMAT_INFO_PLANE (finfo, i);
    layout->component[i].offset = get_offset (finfo, i);
    layout->component[i].pixel_stride =
        GST_VIDEO_FORMAT_INFO_PSTRIDE (finfo, i);
    layout->component[i].w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (finfo, i);
    layout->component[i].h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (finfo, i);
  }
}

/* Unknown means what is usual: the full range for RGB, else video range. */
static gboolean
is_full_range (const GstVideoInfo * info)
{
  switch (info->colorimetry.range) {
    case GST_VIDEO_COLOR_RANGE_0_255:
      return TRUE;
    case GST_VIDEO_COLOR_RANGE_16_235:
      return FALSE;
    default:
      return GST_VIDEO_INFO_IS_RGB (info);
  }
}

/* RGB says nothing of how luma is made of it, but the primaries tell which
 * standard the picture follows. */
static GstVideoColorMatrix
get_luma_matrix (const GstVideoColorimetry * color)
{
  if (color->matrix != GST_VIDEO_COLOR_MATRIX_RGB)
    return color->matrix;

  switch (color->primaries) {
    case GST_VIDEO_COLOR_PRIMARIES_BT709:
      return GST_VIDEO_COLOR_MATRIX_BT709;
    case GST_VIDEO_COLOR_PRIMARIES_BT2020:
      return GST_VIDEO_COLOR_MATRIX_BT2020;
    default:
      return GST_VIDEO_COLOR_MATRIX_BT601;
  }
}

static void
set_luma_weights (gdouble weight[3], const GstVideoColorimetry * color)
{
  gdouble kr, kb;

  if (!gst_video_color_matrix_get_Kr_Kb (get_luma_matrix (color), &kr, &kb))
    gst_video_color_matrix_get_Kr_Kb (GST_VIDEO_COLOR_MATRIX_BT601, &kr, &kb);
  weight[0] = kr;
  weight[1] = 1.0 - kr - kb;
  weight[2] = kb;
}

static void
set_chroma_offsets (EcbsrPlanConfig * config, const GstVideoInfo * info)
{
  GstVideoChromaSite site = info->chroma_site;

  /* Where nothing is said: as in JPEG for its range, else as in MPEG-2. */
  if (site == GST_VIDEO_CHROMA_SITE_UNKNOWN)
    site = is_full_range (info) ?
        GST_VIDEO_CHROMA_SITE_JPEG : GST_VIDEO_CHROMA_SITE_MPEG2;
  config->chroma_offset_x =
      (site & GST_VIDEO_CHROMA_SITE_H_COSITED) ? 0.25 : 0.5;
  config->chroma_offset_y =
      (site & GST_VIDEO_CHROMA_SITE_V_COSITED) ? 0.25 : 0.5;
}

/* Black and white are where they are in 8 bits; full range is all there is. */
static void
set_samples (EcbsrPlanConfig * config, const GstVideoInfo * info)
{
  guint depth = GST_VIDEO_INFO_COMP_DEPTH (info, 0);
  guint unit = 1u << (depth - 8);

  config->sample = depth > 8 ? ECBSR_SAMPLE_U16 : ECBSR_SAMPLE_U8;
  config->depth = depth;
  config->shift = GST_VIDEO_FORMAT_INFO_SHIFT (info->finfo, 0);
  config->black = is_full_range (info) ? 0.0 : 16.0 * unit;
  config->white = is_full_range (info) ? (1u << depth) - 1.0 : 235.0 * unit;
}

void
gst_ecbsr_formats_get_config (const GstVideoInfo * info,
    EcbsrPlanConfig * config)
{
  memset (config, 0, sizeof *config);
  config->width = GST_VIDEO_INFO_WIDTH (info);
  config->height = GST_VIDEO_INFO_HEIGHT (info);
  set_layout (&config->layout, info->finfo);
  set_samples (config, info);
  set_luma_weights (config->luma_weight, &info->colorimetry);
  set_chroma_offsets (config, info);
}
