/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pool.h"

typedef struct
{
  GstBufferPool parent;
  FrameLayout layout;
  gboolean refuse;
  GstVideoInfo info;
} LayoutPool;

typedef GstBufferPoolClass LayoutPoolClass;

static GType layout_pool_get_type (void);
G_DEFINE_TYPE (LayoutPool, layout_pool, GST_TYPE_BUFFER_POOL);

static const gchar **
layout_pool_get_options (GstBufferPool * pool)
{
  static const gchar *options[] = { GST_BUFFER_POOL_OPTION_VIDEO_META, NULL };

  return options;
}

static gboolean
layout_pool_set_config (GstBufferPool * pool, GstStructure * config)
{
  LayoutPool *self = (LayoutPool *) pool;
  GstCaps *caps;

  if (self->refuse)
    return FALSE;
  gst_buffer_pool_config_get_params (config, &caps, NULL, NULL, NULL);
  return caps && gst_video_info_from_caps (&self->info, caps)
      && GST_BUFFER_POOL_CLASS (layout_pool_parent_class)->set_config (pool,
      config);
}

static GstFlowReturn
layout_pool_alloc_buffer (GstBufferPool * pool, GstBuffer ** buffer,
    GstBufferPoolAcquireParams * params)
{
  LayoutPool *self = (LayoutPool *) pool;

  *buffer = frame_new (&self->info, self->layout);
  return GST_FLOW_OK;
}

static void
layout_pool_class_init (LayoutPoolClass * klass)
{
  klass->get_options = layout_pool_get_options;
  klass->set_config = layout_pool_set_config;
  klass->alloc_buffer = layout_pool_alloc_buffer;
}

static void
layout_pool_init (LayoutPool * pool)
{
}

typedef struct
{
  FrameLayout layout;
  gboolean refuse;
} Offer;

static GstPadProbeReturn
answer (GstPad * pad, GstPadProbeInfo * probe, gpointer data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (probe);
  Offer *offer = data;
  LayoutPool *pool;
  GstVideoInfo info;
  GstCaps *caps;

  if (GST_QUERY_TYPE (query) != GST_QUERY_ALLOCATION)
    return GST_PAD_PROBE_OK;
  gst_query_parse_allocation (query, &caps, NULL);
  gst_video_info_from_caps (&info, caps);
  pool = g_object_new (layout_pool_get_type (), NULL);
  gst_object_ref_sink (pool);
  pool->layout = offer->layout;
  pool->refuse = offer->refuse;
  gst_query_add_allocation_pool (query, GST_BUFFER_POOL (pool), info.size, 0,
      0);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_object_unref (pool);
  return GST_PAD_PROBE_HANDLED;
}

void
pool_install (GstHarness * h, FrameLayout layout, gboolean refuse)
{
  Offer *offer = g_new (Offer, 1);

  offer->layout = layout;
  offer->refuse = refuse;
  gst_pad_add_probe (h->sinkpad,
      GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH, answer,
      offer, g_free);
}
