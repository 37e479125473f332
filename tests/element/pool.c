/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "pool.h"

typedef struct
{
  GstBufferPool parent;
  FrameLayout layout;
  gboolean refuse;
  guint n_short;
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

  if (self->n_short > 0) {
    self->n_short--;
    *buffer = gst_buffer_new_allocate (NULL, self->info.size / 2, NULL);
    return GST_FLOW_OK;
  }
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
  guint n_short;
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
  pool->n_short = offer->n_short;
  gst_query_add_allocation_pool (query, GST_BUFFER_POOL (pool), info.size, 0,
      0);
  gst_query_add_allocation_meta (query, GST_VIDEO_META_API_TYPE, NULL);
  gst_object_unref (pool);
  return GST_PAD_PROBE_HANDLED;
}

static void
install (GstHarness * h, Offer offer)
{
  gst_pad_add_probe (h->sinkpad,
      GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM | GST_PAD_PROBE_TYPE_PUSH, answer,
      g_memdup2 (&offer, sizeof offer), g_free);
}

void
pool_install (GstHarness * h, FrameLayout layout, gboolean refuse)
{
  const Offer offer = { layout, refuse, 0 };

  install (h, offer);
}

void
pool_install_short (GstHarness * h, guint n_short)
{
  const Offer offer = { FRAME_PADDED, FALSE, n_short };

  install (h, offer);
}
