/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "buffer.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* In bytes, less one. */
#define ALIGN_MASK 63

/* ------------------------------------------------------------ allocation -- */

static void
align (GstQuery * query, GstAllocator ** allocator,
    GstAllocationParams * params)
{
  *allocator = NULL;
  gst_allocation_params_init (params);
  if (gst_query_get_n_allocation_params (query) > 0) {
    gst_query_parse_nth_allocation_param (query, 0, allocator, params);
    params->align |= ALIGN_MASK;
    gst_query_set_nth_allocation_param (query, 0, *allocator, params);
  } else {
    params->align = ALIGN_MASK;
    gst_query_add_allocation_param (query, NULL, params);
  }
}

void
gst_ecbsr_buffer_propose_allocation (GstQuery * query)
{
  GstAllocator *allocator;
  GstAllocationParams params;

  align (query, &allocator, &params);
  gst_clear_object (&allocator);
}

static gboolean
configure (GstBufferPool * pool, GstCaps * caps, guint size, guint min,
    guint max, GstAllocator * allocator, const GstAllocationParams * params)
{
  GstStructure *config = gst_buffer_pool_get_config (pool);

  gst_buffer_pool_config_set_params (config, caps, size, min, max);
  gst_buffer_pool_config_set_allocator (config, allocator, params);
  gst_buffer_pool_config_add_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (gst_buffer_pool_set_config (pool, config))
    return TRUE;

  /* A pool may say no and offer something near it. */
  config = gst_buffer_pool_get_config (pool);
  if (!gst_buffer_pool_config_validate_params (config, caps, size, min, max)) {
    gst_structure_free (config);
    return FALSE;
  }
  return gst_buffer_pool_set_config (pool, config);
}

void
gst_ecbsr_buffer_decide_allocation (GstQuery * query)
{
  GstBufferPool *pool = NULL;
  GstAllocator *allocator;
  GstAllocationParams params;
  GstVideoInfo info;
  GstCaps *caps;
  guint size = 0, min = 0, max = 0;
  gboolean offered = gst_query_get_n_allocation_pools (query) > 0;

  gst_query_parse_allocation (query, &caps, NULL);
  gst_video_info_from_caps (&info, caps);
  align (query, &allocator, &params);
  if (offered)
    gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, &min, &max);
  size = MAX (size, info.size);

  if (pool && !configure (pool, caps, size, min, max, allocator, &params)) {
    GST_INFO_OBJECT (pool, "rejects %" GST_PTR_FORMAT ", using a pool of our "
        "own", caps);
    gst_clear_object (&pool);
    min = max = 0;
  }
  if (!pool) {
    GST_DEBUG ("a pool of our own for %" GST_PTR_FORMAT, caps);
    pool = gst_video_buffer_pool_new ();
    configure (pool, caps, size, min, max, allocator, &params);
  }
  if (offered)
    gst_query_set_nth_allocation_pool (query, 0, pool, size, min, max);
  else
    gst_query_add_allocation_pool (query, pool, size, min, max);
  gst_object_unref (pool);
  gst_clear_object (&allocator);
}

GstEcbsrLayouts
gst_ecbsr_buffer_parse_layouts (GstQuery * query)
{
  GstEcbsrLayouts layouts = {
    gst_query_find_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, NULL),
    gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL)
  };

  return layouts;
}

static gboolean
has_default_layout (GstBuffer * buffer, const GstVideoInfo * info)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  guint p;

  for (p = 0; meta && p < GST_VIDEO_INFO_N_PLANES (info); p++)
    if (meta->stride[p] != GST_VIDEO_INFO_PLANE_STRIDE (info, p)
        || meta->offset[p] != GST_VIDEO_INFO_PLANE_OFFSET (info, p))
      return FALSE;
  return TRUE;
}

gboolean
gst_ecbsr_buffer_suits (GstBuffer * buffer, const GstVideoInfo * info,
    const GstEcbsrLayouts * layouts)
{
  return (layouts->crop || !gst_buffer_get_video_crop_meta (buffer))
      && (layouts->strides || has_default_layout (buffer, info));
}

/* -------------------------------------------------------------- metadata -- */

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

static gboolean
can_scale (GType api)
{
  return api == GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE
      || is_geometry (api);
}

gboolean
gst_ecbsr_buffer_offers_meta (GType api)
{
  return api != GST_VIDEO_CROP_META_API_TYPE && can_scale (api);
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

/* The matrix knows no pixels, only the picture's width and height as 1. The library's
 * own transformation says that it is done, and does nothing. */
static void
copy_affine (GstBuffer * outbuf, const GstVideoAffineTransformationMeta * meta)
{
  GstVideoAffineTransformationMeta *copy =
      gst_buffer_add_video_affine_transformation_meta (outbuf);

  memcpy (copy->matrix, meta->matrix, sizeof copy->matrix);
}

/* A larger picture lies as the smaller did: what is said of its orientation, and not
 * of its size, stays. */
static gboolean
copy_orientation (GstBuffer * outbuf, GstMeta * meta, GstBuffer * inbuf)
{
  GstMetaTransformCopy copy = { FALSE, 0, (gsize) - 1 };

  return !has_tag (meta->info->api, GST_META_TAG_VIDEO_SIZE_STR)
      && meta->info->transform_func && meta->info->transform_func (outbuf, meta,
      inbuf, _gst_meta_transform_copy, &copy);
}

static void
scale_other (GstBuffer * outbuf, GstMeta * meta, GstBuffer * inbuf,
    GstVideoInfo * in_info, GstVideoInfo * out_info)
{
  GstVideoMetaTransform transform = { in_info, out_info };

  if ((!meta->info->transform_func
          || !meta->info->transform_func (outbuf, meta, inbuf,
              gst_video_meta_transform_scale_get_quark (), &transform))
      && !copy_orientation (outbuf, meta, inbuf))
    GST_DEBUG ("%s cannot be scaled and is dropped",
        g_type_name (meta->info->api));
}

gboolean
gst_ecbsr_buffer_scale_meta (GstBuffer * outbuf, GstMeta * meta,
    GstBuffer * inbuf, GstVideoInfo * in_info, GstVideoInfo * out_info)
{
  GType api = meta->info->api;
  guint scale = out_info->width / in_info->width;

  if (!can_scale (api))
    return FALSE;

  if (api == GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)
    scale_region (outbuf, (GstVideoRegionOfInterestMeta *) meta, scale);
  else if (api == GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE)
    scale_overlay (outbuf, (GstVideoOverlayCompositionMeta *) meta, scale);
  else if (api == GST_VIDEO_AFFINE_TRANSFORMATION_META_API_TYPE)
    copy_affine (outbuf, (GstVideoAffineTransformationMeta *) meta);
  else if (api != GST_VIDEO_CROP_META_API_TYPE) /* that one has been applied */
    scale_other (outbuf, meta, inbuf, in_info, out_info);
  return TRUE;
}

/* --------------------------------------------------- regions of interest -- */

/* The smallest rectangle that holds both. */
static EcbsrRegion
join (const EcbsrRegion * a, const EcbsrRegion * b)
{
  EcbsrRegion both = { MIN (a->x, b->x), MIN (a->y, b->y), 0, 0 };

  both.width = MAX (a->x + a->width, b->x + b->width) - both.x;
  both.height = MAX (a->y + a->height, b->y + b->height) - both.y;
  return both;
}

/* Metadata may say anything. What is in the picture counts; regions beyond the
 * most that there may be are taken together with the last. */
static void
add_region (GstEcbsrRegions * regions, guint width, guint height,
    const GstVideoRegionOfInterestMeta * roi)
{
  EcbsrRegion region = { roi->x, roi->y, 0, 0 };
  EcbsrRegion *last = &regions->region[ECBSR_MAX_REGIONS - 1];

  if (roi->x >= width || roi->y >= height || roi->w == 0 || roi->h == 0)
    return;
  region.width = MIN (roi->w, width - roi->x);
  region.height = MIN (roi->h, height - roi->y);
  if (regions->n_regions < ECBSR_MAX_REGIONS)
    regions->region[regions->n_regions++] = region;
  else
    *last = join (last, &region);
}

void
gst_ecbsr_buffer_get_regions (GstBuffer * buffer, guint width, guint height,
    GstEcbsrRegions * regions)
{
  gpointer state = NULL;
  GstMeta *meta;

  regions->n_regions = 0;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
    add_region (regions, width, height, (GstVideoRegionOfInterestMeta *) meta);
}

/* ------------------------------------------------------------ navigation -- */

GstEvent *
gst_ecbsr_buffer_scale_navigation (GstEvent * event, guint scale)
{
  const GstStructure *s = gst_event_get_structure (event);
  gdouble x, y;

  if (!s || !gst_structure_get (s, "pointer_x", G_TYPE_DOUBLE, &x,
          "pointer_y", G_TYPE_DOUBLE, &y, NULL))
    return event;
  event = gst_event_make_writable (event);
  gst_structure_set (gst_event_writable_structure (event), "pointer_x",
      G_TYPE_DOUBLE, x / scale, "pointer_y", G_TYPE_DOUBLE, y / scale, NULL);
  return event;
}
