/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrmetas.h"

static gboolean
has_tag (GType api, const gchar * tag)
{
  return gst_meta_api_type_has_tag (api, g_quark_from_string (tag));
}

/* Sizes and positions scale; memory belongs to its buffer, and colours can
 * change on the way. */
static gboolean
is_geometry (GType api)
{
  return (has_tag (api, GST_META_TAG_VIDEO_SIZE_STR)
      || has_tag (api, GST_META_TAG_VIDEO_ORIENTATION_STR))
      && !has_tag (api, GST_META_TAG_MEMORY_STR)
      && !has_tag (api, GST_META_TAG_VIDEO_COLORSPACE_STR);
}

gboolean
gst_ecbsr_metas_can_scale (GType api)
{
  return api == GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE
      || is_geometry (api);
}

static gpointer
copy_params (gconstpointer params, gpointer unused)
{
  return gst_structure_copy (params);
}

/* Numbers of a hostile buffer do not wrap into the picture. */
static guint
scale_size (guint size, guint scale)
{
  return (guint) MIN ((guint64) size * scale, G_MAXUINT);
}

static gint
scale_position (gint position, guint scale)
{
  return (gint) CLAMP ((gint64) position * scale, G_MININT, G_MAXINT);
}

/* The library's own transformation leaves the parameters behind. */
static void
scale_region (GstBuffer * outbuf, const GstVideoRegionOfInterestMeta * roi,
    guint scale)
{
  GstVideoRegionOfInterestMeta *scaled =
      gst_buffer_add_video_region_of_interest_meta_id (outbuf, roi->roi_type,
      scale_size (roi->x, scale), scale_size (roi->y, scale),
      scale_size (roi->w, scale), scale_size (roi->h, scale));

  scaled->id = roi->id;
  scaled->parent_id = roi->parent_id;
  scaled->params = g_list_copy_deep (roi->params, copy_params, NULL);
}

static void
scale_overlay (GstBuffer * outbuf, const GstVideoOverlayCompositionMeta * meta,
    guint scale)
{
  GstVideoOverlayComposition *scaled =
      gst_video_overlay_composition_copy (meta->overlay);
  guint i;

  for (i = 0; i < gst_video_overlay_composition_n_rectangles (scaled); i++) {
    GstVideoOverlayRectangle *rectangle =
        gst_video_overlay_composition_get_rectangle (scaled, i);
    gint x, y;
    guint width, height;

    gst_video_overlay_rectangle_get_render_rectangle (rectangle, &x, &y,
        &width, &height);
    gst_video_overlay_rectangle_set_render_rectangle (rectangle,
        scale_position (x, scale), scale_position (y, scale),
        scale_size (width, scale), scale_size (height, scale));
  }
  gst_buffer_add_video_overlay_composition_meta (outbuf, scaled);
  gst_video_overlay_composition_unref (scaled);
}

static void
scale_other (GstBuffer * outbuf, GstMeta * meta, GstBuffer * inbuf,
    GstVideoInfo * in_info, GstVideoInfo * out_info)
{
  GstVideoMetaTransform transform = { in_info, out_info };

  if (!meta->info->transform_func
      || !meta->info->transform_func (outbuf, meta, inbuf,
          gst_video_meta_transform_scale_get_quark (), &transform))
    GST_DEBUG ("%s cannot be scaled and is dropped",
        g_type_name (meta->info->api));
}

gboolean
gst_ecbsr_metas_scale (GstBuffer * outbuf, GstMeta * meta, GstBuffer * inbuf,
    GstVideoInfo * in_info, GstVideoInfo * out_info)
{
  GType api = meta->info->api;
  guint scale = out_info->width / in_info->width;

  if (!gst_ecbsr_metas_can_scale (api))
    return FALSE;

  if (api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)
    scale_region (outbuf, (GstVideoRegionOfInterestMeta *) meta, scale);
  else if (api == GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE)
    scale_overlay (outbuf, (GstVideoOverlayCompositionMeta *) meta, scale);
  else if (api != GST_VIDEO_CROP_META_API_TYPE) /* that one has been applied */
    scale_other (outbuf, meta, inbuf, in_info, out_info);
  return TRUE;
}
