/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrallocation.h"

#define ALIGN_MASK 63

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
gst_ecbsr_allocation_propose (GstQuery * query)
{
  GstAllocator *allocator;
  GstAllocationParams params;

  align (query, &allocator, &params);
  gst_clear_object (&allocator);
  gst_query_add_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE, NULL);
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
gst_ecbsr_allocation_decide (GstQuery * query)
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
    GST_INFO_OBJECT (pool, "refuses %" GST_PTR_FORMAT ", using a pool of our "
        "own", caps);
    gst_clear_object (&pool);
    min = max = 0;
  }
  if (!pool) {
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
