/* SPDX-License-Identifier: LGPL-2.1-or-later */

/**
 * SECTION:element-ecbsr
 * @title: ecbsr
 * @short_description: upscales video with small super-resolution networks
 *
 * Makes video 2, 3 or 4 times larger in each direction, sharper than a plain
 * scaler does, on the CPU. It takes what cameras and decoders give and converts
 * to what comes after it, so it needs no videoconvert on either side.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 v4l2src ! ecbsr scale=2 ! autovideosink
 * ]| A camera, twice as large.
 * |[
 * gst-launch-1.0 v4l2src ! ecbsr model=esr-cnn compare=split ! autovideosink
 * ]| Left of the middle bicubic upscaling, right of it the network.
 */

#include "gstecbsr.h"

#include "gstecbsrallocation.h"
#include "gstecbsrcaps.h"
#include "gstecbsrcolor.h"
#include "gstecbsrevents.h"
#include "gstecbsrfields.h"
#include "gstecbsrframe.h"
#include "gstecbsrlive.h"
#include "gstecbsrmessages.h"
#include "gstecbsrmetas.h"
#include "gstecbsrprepare.h"
#include "gstecbsrpreference.h"
#include "gstecbsrproperties.h"

GST_DEBUG_CATEGORY (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

G_DEFINE_TYPE (GstEcbsr, gst_ecbsr, GST_TYPE_VIDEO_FILTER);
GST_ELEMENT_REGISTER_DEFINE (ecbsr, "ecbsr", GST_RANK_NONE, GST_TYPE_ECBSR);

guint
gst_ecbsr_get_scale (GstEcbsr * self)
{
  guint scale;

  GST_OBJECT_LOCK (self);
  scale = self->started ? self->active.scale : self->wanted.scale;
  GST_OBJECT_UNLOCK (self);
  return scale;
}

/* Called once for all properties of a g_object_set (): the place to load a
 * model, since a scale and a model file that belong together may be set one
 * after the other. Before chaining up, so that whoever is notified sees how it
 * went. */
static void
gst_ecbsr_dispatch_properties_changed (GObject * object, guint n_pspecs,
    GParamSpec ** pspecs)
{
  if (gst_ecbsr_properties_have_settings (pspecs, n_pspecs))
    gst_ecbsr_live_request (GST_ECBSR (object));
  G_OBJECT_CLASS (gst_ecbsr_parent_class)->dispatch_properties_changed (object,
      n_pspecs, pspecs);
}

/* ----------------------------------------------------------- start/stop -- */

static gboolean
gst_ecbsr_start (GstBaseTransform * trans)
{
  GstEcbsr *self = GST_ECBSR (trans);

  gst_ecbsr_stats_reset (self->stats);
  if (!gst_ecbsr_live_start (self))
    return FALSE;
  gst_base_transform_set_passthrough (trans, !self->model);
  return TRUE;
}

static gboolean
gst_ecbsr_stop (GstBaseTransform * trans)
{
  gst_ecbsr_live_stop (GST_ECBSR (trans));
  return TRUE;
}

/* ----------------------------------------------------------------- caps -- */

static GstCaps *
gst_ecbsr_transform_caps (GstBaseTransform * trans, GstPadDirection direction,
    GstCaps * caps, GstCaps * filter)
{
  GstCaps *filtered, *other = gst_ecbsr_caps_transform (caps, direction,
      gst_ecbsr_get_scale (GST_ECBSR (trans)));

  if (!filter)
    return other;
  filtered = gst_caps_intersect_full (filter, other, GST_CAPS_INTERSECT_FIRST);
  gst_caps_unref (other);
  return filtered;
}

static GstCaps *
gst_ecbsr_fixate_caps (GstBaseTransform * trans, GstPadDirection direction,
    GstCaps * caps, GstCaps * othercaps)
{
  if (direction == GST_PAD_SRC)
    return gst_caps_fixate (othercaps);
  return gst_ecbsr_caps_fixate (caps, othercaps,
      gst_ecbsr_get_scale (GST_ECBSR (trans)));
}

static gboolean
gst_ecbsr_set_info (GstVideoFilter * filter, GstCaps * incaps,
    GstVideoInfo * in_info, GstCaps * outcaps, GstVideoInfo * out_info)
{
  GstEcbsr *self = GST_ECBSR (filter);
  g_autoptr (GError) error = NULL;
  GstEcbsrUpscaler *upscaler = NULL;

  g_clear_pointer (&self->upscaler, gst_ecbsr_upscaler_free);
  gst_base_transform_set_passthrough (GST_BASE_TRANSFORM (self), !self->model);
  if (!self->model) {
    gst_ecbsr_set_backend (self, NULL);
    gst_ecbsr_pace_renew (self);
    return TRUE;
  }

  gst_ecbsr_color_read_site (in_info, incaps);
  gst_ecbsr_color_read_site (out_info, outcaps);
  gst_ecbsr_pace_set_caps (self, in_info);
  if (gst_ecbsr_fields_check (in_info, out_info, &error)
      && gst_ecbsr_pace_fit_model (self, &self->active, in_info, &self->model,
          &error))
    upscaler = gst_ecbsr_upscaler_new (self->model, in_info, out_info,
        &self->active, &error);
  if (!upscaler) {
    g_autofree gchar *detail = gst_caps_to_string (incaps);
    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, detail);
    return FALSE;
  }
  gst_ecbsr_live_use (self, upscaler);
  gst_ecbsr_live_set_video (self, in_info, out_info);
  return TRUE;
}

/* -------------------------------------------------- allocation and metas -- */

static gboolean
gst_ecbsr_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  if (decide_query)             /* else passed through to downstream */
    gst_ecbsr_allocation_propose (query);
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->propose_allocation
      (trans, decide_query, query);
}

static gboolean
gst_ecbsr_decide_allocation (GstBaseTransform * trans, GstQuery * query)
{
  gst_ecbsr_allocation_decide (query);
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->decide_allocation
      (trans, query);
}

static gboolean
gst_ecbsr_filter_meta (GstBaseTransform * trans, GstQuery * query, GType api,
    const GstStructure * params)
{
  return gst_ecbsr_metas_can_scale (api);
}

static gboolean
gst_ecbsr_transform_meta (GstBaseTransform * trans, GstBuffer * outbuf,
    GstMeta * meta, GstBuffer * inbuf)
{
  GstVideoFilter *filter = GST_VIDEO_FILTER (trans);

  if (gst_ecbsr_metas_scale (outbuf, meta, inbuf, &filter->in_info,
          &filter->out_info))
    return FALSE;               /* done: not to be copied as well */
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->transform_meta
      (trans, outbuf, meta, inbuf);
}

/* --------------------------------------------------------------- events -- */

static gboolean
gst_ecbsr_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  gst_ecbsr_events_see (GST_ECBSR (trans), event);
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->sink_event (trans,
      event);
}

static gboolean
gst_ecbsr_src_event (GstBaseTransform * trans, GstEvent * event)
{
  gboolean handled;

  event = gst_ecbsr_events_take (GST_ECBSR (trans), event, &handled);
  if (!event)
    return handled;
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->src_event (trans,
      event);
}

/* What the source offers, or NULL. Not while it is being asked already: a source
 * may ask back what we take. */
static GstCaps *
ask_upstream (GstEcbsr * self)
{
  GstCaps *offer = NULL;

  if (g_atomic_int_compare_and_exchange (&self->asking_upstream, FALSE, TRUE)) {
    offer = gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SINK_PAD (self), NULL);
    g_atomic_int_set (&self->asking_upstream, FALSE);
  }
  return offer;
}

static void
order_caps (GstEcbsr * self, GstQuery * query)
{
  guint width, height, scale = gst_ecbsr_get_scale (self);
  GstCaps *caps, *offer;

  GST_OBJECT_LOCK (self);
  width = self->preferred_width;
  height = self->preferred_height;
  GST_OBJECT_UNLOCK (self);

  offer = ask_upstream (self);
  gst_query_parse_caps_result (query, &caps);
  caps = gst_ecbsr_preference_order (gst_caps_ref (caps), offer,
      (width + scale - 1) / scale, (height + scale - 1) / scale);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
  gst_clear_caps (&offer);
}

static gboolean
gst_ecbsr_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  if (!GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->query (trans,
          direction, query))
    return FALSE;
  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY)
    gst_ecbsr_pace_add_latency (GST_ECBSR (trans), query);
  if (direction == GST_PAD_SINK && GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    order_caps (GST_ECBSR (trans), query);
  return TRUE;
}

/* ------------------------------------------------------------ transform -- */

static GstFlowReturn
gst_ecbsr_submit_input_buffer (GstBaseTransform * trans, gboolean is_discont,
    GstBuffer * buffer)
{
  if (gst_ecbsr_pace_drops (GST_ECBSR (trans), buffer)) {
    gst_buffer_unref (buffer);
    return GST_BASE_TRANSFORM_FLOW_DROPPED;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->submit_input_buffer
      (trans, is_discont, buffer);
}

static void
gst_ecbsr_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstClockTime time = GST_CLOCK_TIME_NONE;

  gst_ecbsr_live_take_up (GST_ECBSR (trans), NULL);
  if (trans->segment.format == GST_FORMAT_TIME)
    time = gst_segment_to_stream_time (&trans->segment, GST_FORMAT_TIME,
        GST_BUFFER_TIMESTAMP (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (trans), time);
}

static GstFlowReturn
fail (GstEcbsr * self, const GError * error, const gchar * detail)
{
  gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, detail);
  return GST_FLOW_ERROR;
}

static GstFlowReturn
gst_ecbsr_transform_frame (GstVideoFilter * filter, GstVideoFrame * in,
    GstVideoFrame * out)
{
  GstEcbsr *self = GST_ECBSR (filter);
  GstClockTime begin = gst_util_get_timestamp ();
  g_autoptr (GError) error = NULL;
  EcbsrRunParams params;

  gst_ecbsr_prepare_frame (self, in, &params);
  if (!gst_ecbsr_upscaler_run (self->upscaler, in, out, &params, &error))
    return fail (self, error, "frame between upscaling and conversion");
  gst_ecbsr_pace_take_frame (self, gst_util_get_timestamp () - begin);
  return GST_FLOW_OK;
}

/* After caps that failed the base class takes the old ones for set still, where
 * they come back. FALSE where they fail as well, which has been posted. */
static gboolean
set_info_again (GstEcbsr * self)
{
  GstVideoFilter *filter = GST_VIDEO_FILTER (self);
  g_autoptr (GstCaps) in =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self));
  g_autoptr (GstCaps) out =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SRC_PAD (self));

  return in && out && gst_video_info_from_caps (&filter->in_info, in)
      && gst_video_info_from_caps (&filter->out_info, out)
      && gst_ecbsr_set_info (filter, in, &filter->in_info, out,
      &filter->out_info) && self->upscaler;
}

/* The parent's only warns where a buffer cannot be mapped, and lets a frame
 * that nobody has written go out. */
static GstFlowReturn
gst_ecbsr_transform (GstBaseTransform * trans, GstBuffer * inbuf,
    GstBuffer * outbuf)
{
  GstEcbsr *self = GST_ECBSR (trans);
  GstVideoFilter *filter = GST_VIDEO_FILTER (trans);
  g_autoptr (GError) error = NULL;
  GstVideoFrame in, out;
  GstFlowReturn ret;

  if (!self->upscaler && !set_info_again (self))
    return GST_FLOW_NOT_NEGOTIATED;
  if (!gst_ecbsr_frame_map (&in, &filter->in_info, inbuf, GST_MAP_READ, &error))
    return fail (self, error, "input buffer");
  if (!gst_ecbsr_frame_map (&out, &filter->out_info, outbuf, GST_MAP_WRITE,
          &error)) {
    gst_video_frame_unmap (&in);
    return fail (self, error, "output buffer");
  }
  ret = gst_ecbsr_transform_frame (filter, &in, &out);
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  return ret;
}

/* ---------------------------------------------------------------- class -- */

static void
gst_ecbsr_finalize (GObject * object)
{
  GstEcbsr *self = GST_ECBSR (object);

  gst_ecbsr_settings_clear (&self->wanted);
  gst_ecbsr_settings_clear (&self->active);
  gst_ecbsr_stats_free (self->stats);
  gst_ecbsr_pace_free (self->pace);
  g_free (self->active_model);
  g_free (self->backend);
  g_mutex_clear (&self->load_lock);
  G_OBJECT_CLASS (gst_ecbsr_parent_class)->finalize (object);
}

static void
gst_ecbsr_init (GstEcbsr * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  g_mutex_init (&self->load_lock);
  self->stats = gst_ecbsr_stats_new ();
  self->pace = gst_ecbsr_pace_new ();
  gst_ecbsr_properties_init (self);

  gst_base_transform_set_gap_aware (trans, TRUE);
  /* Our own order has what needs no conversion first. */
  gst_base_transform_set_prefer_passthrough (trans, FALSE);
}

static void
add_template (GstElementClass * klass, const gchar * name,
    GstPadDirection direction)
{
  GstCaps *caps = gst_ecbsr_caps_template (direction);

  gst_element_class_add_pad_template (klass,
      gst_pad_template_new (name, direction, GST_PAD_ALWAYS, caps));
  gst_caps_unref (caps);
}

static void
init_transform_class (GstBaseTransformClass * klass)
{
  klass->start = GST_DEBUG_FUNCPTR (gst_ecbsr_start);
  klass->stop = GST_DEBUG_FUNCPTR (gst_ecbsr_stop);
  klass->transform_caps = GST_DEBUG_FUNCPTR (gst_ecbsr_transform_caps);
  klass->fixate_caps = GST_DEBUG_FUNCPTR (gst_ecbsr_fixate_caps);
  klass->propose_allocation = GST_DEBUG_FUNCPTR (gst_ecbsr_propose_allocation);
  klass->decide_allocation = GST_DEBUG_FUNCPTR (gst_ecbsr_decide_allocation);
  klass->filter_meta = GST_DEBUG_FUNCPTR (gst_ecbsr_filter_meta);
  klass->transform_meta = GST_DEBUG_FUNCPTR (gst_ecbsr_transform_meta);
  klass->sink_event = GST_DEBUG_FUNCPTR (gst_ecbsr_sink_event);
  klass->src_event = GST_DEBUG_FUNCPTR (gst_ecbsr_src_event);
  klass->query = GST_DEBUG_FUNCPTR (gst_ecbsr_query);
  klass->submit_input_buffer =
      GST_DEBUG_FUNCPTR (gst_ecbsr_submit_input_buffer);
  klass->before_transform = GST_DEBUG_FUNCPTR (gst_ecbsr_before_transform);
  klass->transform = GST_DEBUG_FUNCPTR (gst_ecbsr_transform);
}

static void
gst_ecbsr_class_init (GstEcbsrClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstVideoFilterClass *filter_class = GST_VIDEO_FILTER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_ecbsr_debug, "ecbsr", 0,
      "super-resolution upscaler");

  object_class->set_property = gst_ecbsr_set_property;
  object_class->get_property = gst_ecbsr_get_property;
  object_class->dispatch_properties_changed =
      gst_ecbsr_dispatch_properties_changed;
  object_class->finalize = gst_ecbsr_finalize;
  gst_ecbsr_properties_install (object_class);

  gst_element_class_set_static_metadata (element_class,
      "Super-resolution upscaler", "Filter/Converter/Video/Scaler",
      "Upscales video with small super-resolution networks (ECBSR, edge-SR)",
      "The gst-ecbsr authors");
  add_template (element_class, "sink", GST_PAD_SINK);
  add_template (element_class, "src", GST_PAD_SRC);

  init_transform_class (GST_BASE_TRANSFORM_CLASS (klass));
  filter_class->set_info = GST_DEBUG_FUNCPTR (gst_ecbsr_set_info);
  filter_class->transform_frame = GST_DEBUG_FUNCPTR (gst_ecbsr_transform_frame);
}
