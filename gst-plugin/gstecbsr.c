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
 * Behind a live source the element keeps within the time that a frame has: it
 * selects a cheaper model where frames take too long, and drops late ones last.
 * Behind a file every frame is upscaled by the model that was asked for.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 v4l2src ! ecbsr scale=2 ! autovideosink
 * ]| A camera, twice as large.
 * |[
 * gst-launch-1.0 v4l2src ! ecbsr model=esr-cnn compare=split ! autovideosink
 * ]| Left of the middle bicubic upscaling, right of it the network.
 *
 * ## Messages
 *
 * Element messages tell what runs:
 *
 * * `ecbsr-model-loaded`: another model runs. `scale` (guint), `model`
 *   (#GstEcbsrModel), `content` (#GstEcbsrContent), `model-location` (gchararray):
 *   the properties that it was requested by; `name` (gchararray): as
 *   #GstEcbsr:active-model.
 * * `ecbsr-model-failed`: what was requested cannot run, and the properties are
 *   what they were. The same four fields, of what was requested; `error` (#GError).
 *   A warning message says the same in words.
 * * `ecbsr-level-changed`: overload control has selected another quality level.
 *   `from`, `to` (gchararray): names of models; `level` (guint): 0 for the model
 *   that was requested; `reason` (gchararray): `frame-far-over-budget`,
 *   `frames-over-budget`, `predicted-over-budget`, `late` or `slack`; `average-ns`
 *   (guint64): the time of the latest frames.
 *
 * Each change of level and each dropped frame also post a QOS message, whose
 * quality is 1000000 at level 0 and falls by equal steps. A LATENCY message asks
 * the application to have latency distributed again.
 *
 * ## Log
 *
 * `GST_DEBUG=ecbsr:2` tells what failed, `ecbsr:4` what runs and why it changed,
 * `ecbsr:5` adds decisions at caps time and late or dropped frames, `ecbsr:6` each frame.
 */

#include "gstecbsr.h"

#include "caps.h"
#include "caps_order.h"
#include "frame.h"
#include "properties.h"
#include "reconfigure.h"

GST_DEBUG_CATEGORY (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* Frames in a row that may be dropped because they cannot be read or written. */
#define MAX_INVALID 30

G_DEFINE_TYPE (GstEcbsr, gst_ecbsr, GST_TYPE_VIDEO_FILTER);
GST_ELEMENT_REGISTER_DEFINE (ecbsr, "ecbsr", GST_RANK_NONE, GST_TYPE_ECBSR);

static void gst_ecbsr_dispatch_properties_changed (GObject * object,
    guint n_pspecs, GParamSpec ** pspecs);
static void gst_ecbsr_finalize (GObject * object);

static gboolean gst_ecbsr_start (GstBaseTransform * trans);
static gboolean gst_ecbsr_stop (GstBaseTransform * trans);
static GstCaps *gst_ecbsr_transform_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter);
static GstCaps *gst_ecbsr_fixate_caps (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * othercaps);
static gboolean gst_ecbsr_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query);
static gboolean gst_ecbsr_decide_allocation (GstBaseTransform * trans,
    GstQuery * query);
static gboolean gst_ecbsr_filter_meta (GstBaseTransform * trans,
    GstQuery * query, GType api, const GstStructure * params);
static gboolean gst_ecbsr_transform_meta (GstBaseTransform * trans,
    GstBuffer * outbuf, GstMeta * meta, GstBuffer * inbuf);
static gboolean gst_ecbsr_sink_event (GstBaseTransform * trans,
    GstEvent * event);
static gboolean gst_ecbsr_src_event (GstBaseTransform * trans,
    GstEvent * event);
static gboolean gst_ecbsr_query (GstBaseTransform * trans,
    GstPadDirection direction, GstQuery * query);
static GstFlowReturn gst_ecbsr_chain (GstPad * pad, GstObject * parent,
    GstBuffer * buffer);
static GstFlowReturn gst_ecbsr_submit_input_buffer (GstBaseTransform * trans,
    gboolean is_discont, GstBuffer * buffer);
static void gst_ecbsr_before_transform (GstBaseTransform * trans,
    GstBuffer * buffer);
static GstFlowReturn gst_ecbsr_prepare_output_buffer (GstBaseTransform * trans,
    GstBuffer * inbuf, GstBuffer ** outbuf);
static GstFlowReturn gst_ecbsr_transform (GstBaseTransform * trans,
    GstBuffer * inbuf, GstBuffer * outbuf);

static gboolean gst_ecbsr_set_info (GstVideoFilter * filter, GstCaps * incaps,
    GstVideoInfo * in_info, GstCaps * outcaps, GstVideoInfo * out_info);
static GstFlowReturn gst_ecbsr_transform_frame (GstVideoFilter * filter,
    GstVideoFrame * in, GstVideoFrame * out);

/* ---------------------------------------------------------------- class -- */

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
  klass->prepare_output_buffer =
      GST_DEBUG_FUNCPTR (gst_ecbsr_prepare_output_buffer);
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
  /* GstVideoFilter takes a class without it for one that works in place. */
  filter_class->transform_frame = GST_DEBUG_FUNCPTR (gst_ecbsr_transform_frame);
}

static void
gst_ecbsr_init (GstEcbsr * self)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  self->stats = gst_ecbsr_stats_new ();
  self->qos = gst_ecbsr_qos_new ();
  self->camera = gst_ecbsr_camera_new ();
  gst_ecbsr_properties_init (self);

  self->parent_chain = GST_PAD_CHAINFUNC (GST_BASE_TRANSFORM_SINK_PAD (trans));
  gst_pad_set_chain_function (GST_BASE_TRANSFORM_SINK_PAD (trans),
      GST_DEBUG_FUNCPTR (gst_ecbsr_chain));

  gst_base_transform_set_gap_aware (trans, TRUE);
  /* Our own order has what needs no conversion first. */
  gst_base_transform_set_prefer_passthrough (trans, FALSE);
}

static void
gst_ecbsr_finalize (GObject * object)
{
  GstEcbsr *self = GST_ECBSR (object);

  gst_ecbsr_config_clear (&self->requested);
  gst_ecbsr_stats_free (self->stats);
  gst_ecbsr_qos_free (self->qos);
  gst_ecbsr_camera_free (self->camera);
  g_free (self->active_model);
  g_free (self->backend);
  G_OBJECT_CLASS (gst_ecbsr_parent_class)->finalize (object);
}

/* ------------------------------------------------------------------ qos -- */

static void
change_level (GstEcbsr * self, const GstEcbsrQosActions * actions)
{
  const GstEcbsrLevelChange *change = &actions->change;
  g_autofree gchar *from = gst_ecbsr_qos_name_level (self->qos, change->from);
  g_autofree gchar *to = gst_ecbsr_qos_name_level (self->qos, change->to);

  GST_INFO_OBJECT (self, "level %u (%s) to %u (%s): %s, %" GST_TIME_FORMAT
      " a frame lately", change->from, from, change->to, to, change->reason,
      GST_TIME_ARGS (change->average));
  gst_ecbsr_reconfigure_show (self);
  gst_ecbsr_stats_set_level (self->stats, change->to);
  gst_ecbsr_post_level_changed (GST_ELEMENT (self), change, from, to);
  gst_ecbsr_post_qos (GST_ELEMENT (self), &self->times, &actions->values,
      self->stats);
}

/* The one place where the decisions of QoS are carried out. */
static void
apply_actions (GstEcbsr * self, const GstEcbsrQosActions * actions)
{
  if (actions->level_reset) {
    GST_DEBUG_OBJECT (self, "level 0");
    gst_ecbsr_reconfigure_show (self);
    gst_ecbsr_stats_set_level (self->stats, 0);
  }
  if (actions->level_changed)
    change_level (self, actions);
  if (actions->latency_changed) {
    GST_INFO_OBJECT (self, "latency: %" GST_TIME_FORMAT,
        GST_TIME_ARGS (actions->latency));
    gst_ecbsr_stats_set_latency (self->stats, actions->latency);
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
  }
}

/* Who answers upstream's allocation query depends on it: downstream at scale 1, where
 * we take crop rectangles and any strides otherwise. So upstream is to ask again. It will
 * negotiate caps as well, which is no reason to take others: a camera would stop to
 * change its mode. */
static void
set_passthrough (GstEcbsr * self, gboolean passthrough)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);

  if (gst_base_transform_is_passthrough (trans) == passthrough)
    return;
  GST_DEBUG_OBJECT (self, "passthrough: %d", passthrough);
  gst_base_transform_set_passthrough (trans, passthrough);
  self->downstream.crop = self->downstream.strides = FALSE;
  g_atomic_int_set (&self->keep_caps, TRUE);
  gst_base_transform_reconfigure_sink (trans);
}

/* Where caps stay as they are, set_info is not called. */
static gboolean
keeps_caps (GstEcbsr * self)
{
  g_autoptr (GstCaps) in =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self));
  g_autoptr (GstCaps) out =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SRC_PAD (self));

  return in && out && gst_caps_is_equal (in, out);
}

static void
apply_changes (GstEcbsr * self, GstCaps * incaps)
{
  GstEcbsrQosActions actions;

  if (!gst_ecbsr_reconfigure_apply (self, incaps, &actions))
    return;
  if (keeps_caps (self))
    set_passthrough (self, !self->setup->model);
  apply_actions (self, &actions);
}

/* ----------------------------------------------------------- properties -- */

/* Called once for all properties of a g_object_set (): the place to load a
 * model, since a scale and a model file that belong together may be set one
 * after the other. Before chaining up, so that whoever is notified sees how it
 * went. */
static void
gst_ecbsr_dispatch_properties_changed (GObject * object, guint n_pspecs,
    GParamSpec ** pspecs)
{
  if (gst_ecbsr_properties_have_config (pspecs, n_pspecs))
    gst_ecbsr_reconfigure_request (GST_ECBSR (object));
  G_OBJECT_CLASS (gst_ecbsr_parent_class)->dispatch_properties_changed (object,
      n_pspecs, pspecs);
}

/* ----------------------------------------------------------- start/stop -- */

static gboolean
gst_ecbsr_start (GstBaseTransform * trans)
{
  GstEcbsr *self = GST_ECBSR (trans);
  GstEcbsrQosActions actions;

  self->asks_again = self->answered_allocation = FALSE;
  self->n_invalid = 0;
  g_atomic_int_set (&self->keep_caps, FALSE);
  gst_ecbsr_stats_reset (self->stats);
  if (!gst_ecbsr_reconfigure_start (self, &actions))
    return FALSE;
  apply_actions (self, &actions);
  gst_ecbsr_camera_ask_modes (self->camera, GST_BASE_TRANSFORM_SINK_PAD (self));
  gst_base_transform_set_passthrough (trans, !self->setup->model);
  return TRUE;
}

static gboolean
gst_ecbsr_stop (GstBaseTransform * trans)
{
  gst_ecbsr_reconfigure_stop (GST_ECBSR (trans));
  return TRUE;
}

/* ----------------------------------------------------------------- caps -- */

static GstCaps *
gst_ecbsr_transform_caps (GstBaseTransform * trans, GstPadDirection direction,
    GstCaps * caps, GstCaps * filter)
{
  GstEcbsrScaling scaling =
      gst_ecbsr_reconfigure_get_scaling (GST_ECBSR (trans));
  g_autoptr (GstCaps) other =
      gst_ecbsr_caps_transform (caps, direction, &scaling);

  if (!filter)
    return g_steal_pointer (&other);
  return gst_caps_intersect_full (filter, other, GST_CAPS_INTERSECT_FIRST);
}

static GstCaps *
gst_ecbsr_fixate_caps (GstBaseTransform * trans, GstPadDirection direction,
    GstCaps * caps, GstCaps * othercaps)
{
  GstEcbsrScaling scaling =
      gst_ecbsr_reconfigure_get_scaling (GST_ECBSR (trans));

  if (direction == GST_PAD_SRC)
    return gst_caps_fixate (othercaps);
  othercaps = gst_ecbsr_caps_fixate (caps, othercaps, &scaling);
  GST_DEBUG_OBJECT (trans, "%" GST_PTR_FORMAT " becomes %" GST_PTR_FORMAT,
      caps, othercaps);
  return othercaps;
}

static gboolean
gst_ecbsr_set_info (GstVideoFilter * filter, GstCaps * incaps,
    GstVideoInfo * in_info, GstCaps * outcaps, GstVideoInfo * out_info)
{
  GstEcbsr *self = GST_ECBSR (filter);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *detail = NULL;
  GstEcbsrQosActions actions;

  set_passthrough (self, !self->setup->model);
  if (!gst_ecbsr_caps_can_scale (incaps))
    self->answered_allocation = FALSE;  /* that was about other memory */
  gst_ecbsr_caps_read_color (in_info, incaps);
  gst_ecbsr_caps_read_color (out_info, outcaps);
  if (gst_ecbsr_reconfigure_set_caps (self, in_info, out_info, &actions,
          &error)) {
    apply_actions (self, &actions);
    return TRUE;
  }
  detail = gst_caps_to_string (incaps);
  gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, detail);
  return FALSE;
}

/* -------------------------------------------------- allocation and metas -- */

static gboolean
gst_ecbsr_propose_allocation (GstBaseTransform * trans,
    GstQuery * decide_query, GstQuery * query)
{
  GstEcbsr *self = GST_ECBSR (trans);
  gboolean answered;

  g_atomic_int_set (&self->keep_caps, FALSE);
  if (decide_query) {
    self->answered_allocation = TRUE;
    gst_ecbsr_buffer_propose_allocation (query);
  }
  answered = GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)
      ->propose_allocation (trans, decide_query, query);
  if (answered && !decide_query)        /* by downstream */
    self->downstream = gst_ecbsr_buffer_parse_layouts (query);
  return answered;
}

static gboolean
gst_ecbsr_decide_allocation (GstBaseTransform * trans, GstQuery * query)
{
  gst_ecbsr_buffer_decide_allocation (query);
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->decide_allocation
      (trans, query);
}

static gboolean
gst_ecbsr_filter_meta (GstBaseTransform * trans, GstQuery * query, GType api,
    const GstStructure * params)
{
  return gst_ecbsr_buffer_offers_meta (api);
}

static gboolean
gst_ecbsr_transform_meta (GstBaseTransform * trans, GstBuffer * outbuf,
    GstMeta * meta, GstBuffer * inbuf)
{
  GstVideoFilter *filter = GST_VIDEO_FILTER (trans);

  if (gst_ecbsr_buffer_scale_meta (outbuf, meta, inbuf, &filter->in_info,
          &filter->out_info))
    return FALSE;               /* done: not to be copied as well */
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->transform_meta
      (trans, outbuf, meta, inbuf);
}

/* --------------------------------------------------------------- events -- */

static gboolean
gst_ecbsr_sink_event (GstBaseTransform * trans, GstEvent * event)
{
  GstEcbsr *self = GST_ECBSR (trans);
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      /* A source that has been linked since the start negotiates after this. */
      gst_ecbsr_camera_ask_modes (self->camera,
          GST_BASE_TRANSFORM_SINK_PAD (self));
      break;
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      g_atomic_int_set (&self->keep_caps, FALSE);
      self->asks_again = !gst_ecbsr_reconfigure_ask_upstream (self);
      apply_changes (self, caps);
      break;
    case GST_EVENT_FLUSH_STOP:
      GST_DEBUG_OBJECT (self, "flushed");
      gst_ecbsr_qos_flush (self->qos);
      break;
    default:
      break;
  }
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->sink_event (trans,
      event);
}

/* Bypasses GstBaseTransform's QoS, which would drop frames that can still be
 * upscaled by a cheaper model; and upstream as long as we can help it. */
static gboolean
handle_qos (GstEcbsr * self, GstEvent * event)
{
  GstBaseTransform *trans = GST_BASE_TRANSFORM (self);
  GstEcbsrQosConfig qos_config = gst_ecbsr_get_qos_config (self);

  GST_LOG_OBJECT (self, "%" GST_PTR_FORMAT, event);
  switch (gst_ecbsr_qos_take_event (self->qos, &qos_config, event)) {
    case GST_ECBSR_QOS_NOT_OURS:
      return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->src_event
          (trans, event);
    case GST_ECBSR_QOS_FOR_UPSTREAM:
      return gst_pad_push_event (GST_BASE_TRANSFORM_SINK_PAD (trans), event);
    default:
      gst_event_unref (event);
      return TRUE;
  }
}

static gboolean
gst_ecbsr_src_event (GstBaseTransform * trans, GstEvent * event)
{
  GstEcbsr *self = GST_ECBSR (trans);
  GstClockTime latency;

  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    return handle_qos (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_LATENCY) {
    gst_event_parse_latency (event, &latency);
    gst_ecbsr_qos_take_latency (self->qos, latency);
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_NAVIGATION)
    event = gst_ecbsr_buffer_scale_navigation (event,
        gst_ecbsr_reconfigure_get_scaling (self).scale);
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)->src_event (trans,
      event);
}

/* -------------------------------------------------------------- queries -- */

/* A caps query is answered by what downstream takes and asks nothing upstream, where
 * whoever sent it may hold a lock. */
static void
order_caps (GstEcbsr * self, guint scale, GstQuery * query)
{
  guint width, height;
  g_autoptr (GstCaps) modes = NULL;
  g_autoptr (GstCaps) wanted = NULL;
  GstCaps *caps, *filter;

  if (!gst_ecbsr_camera_find (self->camera, GST_BASE_TRANSFORM_SINK_PAD (self),
          &modes))
    return;

  GST_OBJECT_LOCK (self);
  width = self->preferred_width;
  height = self->preferred_height;
  GST_OBJECT_UNLOCK (self);

  /* the answer has the order of the filter, if there is one */
  gst_query_parse_caps (query, &filter);
  gst_query_parse_caps_result (query, &caps);
  wanted = filter ? gst_pad_peer_query_caps (GST_BASE_TRANSFORM_SRC_PAD (self),
      NULL) : gst_caps_ref (caps);
  gst_ecbsr_caps_order_modes (query, modes, wanted,
      (width + scale - 1) / scale, (height + scale - 1) / scale);
  GST_LOG_OBJECT (self, "sink caps, ordered: %" GST_PTR_FORMAT, query);
}

static void
keep_caps (GstEcbsr * self, GstQuery * query)
{
  g_autoptr (GstCaps) current =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self));

  if (current)
    gst_ecbsr_caps_order_current (query, current);
}

static gboolean
gst_ecbsr_query (GstBaseTransform * trans, GstPadDirection direction,
    GstQuery * query)
{
  GstEcbsr *self = GST_ECBSR (trans);

  if (!gst_ecbsr_reconfigure_query (self, direction, query))
    return FALSE;
  if (direction == GST_PAD_SRC && GST_QUERY_TYPE (query) == GST_QUERY_LATENCY) {
    GstEcbsrQosConfig qos_config = gst_ecbsr_get_qos_config (self);

    gst_ecbsr_qos_add_latency (self->qos, &qos_config, query);
  }
  if (direction == GST_PAD_SINK && GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
    GstEcbsrScaling scaling = gst_ecbsr_reconfigure_get_scaling (self);

    if (scaling.passes)
      gst_ecbsr_caps_order_scalable (query);
    else
      order_caps (self, scaling.scale, query);
    if (g_atomic_int_get (&self->keep_caps))
      keep_caps (self, query);
  }
  return TRUE;
}

/* ------------------------------------------------------------ transform -- */

/* The base class's, which pushes before it returns. */
static GstFlowReturn
gst_ecbsr_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstEcbsr *self = GST_ECBSR (parent);
  GstFlowReturn ret = self->parent_chain (pad, parent, buffer);

  gst_ecbsr_qos_after_return (self->qos,
      gst_ecbsr_times_get_lateness (GST_ELEMENT (self),
          self->times.running_time));
  self->left = gst_ecbsr_times_get_thread ();
  return ret;
}

static GstFlowReturn
gst_ecbsr_submit_input_buffer (GstBaseTransform * trans, gboolean is_discont,
    GstBuffer * buffer)
{
  GstEcbsr *self = GST_ECBSR (trans);
  GstEcbsrQosConfig qos_config = gst_ecbsr_get_qos_config (self);
  GstEcbsrQosActions actions;
  GstEcbsrArrival arrival;
  GstClockTime now;
  gboolean drops;

  gst_ecbsr_times_read_frame (&self->times, &trans->segment, buffer);
  now = gst_ecbsr_times_read_arrival (GST_ELEMENT (self), &self->left,
      self->times.running_time, &arrival);
  drops = gst_ecbsr_qos_before_frame (self->qos, &qos_config, now, &arrival,
      &actions);
  apply_actions (self, &actions);
  if (!drops)
    return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)
        ->submit_input_buffer (trans, is_discont, buffer);

  GST_DEBUG_OBJECT (self, "dropped the frame of %" GST_TIME_FORMAT
      ": late by %" GST_STIME_FORMAT,
      GST_TIME_ARGS (self->times.running_time),
      GST_STIME_ARGS (actions.values.jitter));
  gst_ecbsr_stats_add_dropped (self->stats);
  gst_ecbsr_post_qos (GST_ELEMENT (self), &self->times, &actions.values,
      self->stats);
  gst_buffer_unref (buffer);
  return GST_BASE_TRANSFORM_FLOW_DROPPED;
}

/* Where another setup waits for caps, and those that came failed, the base class
 * takes the old ones for set still when they come back. FALSE where they fail as
 * well, which has been posted. */
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
      &filter->out_info) && self->setup->upscaler;
}

/* As if the caps came now, with which the answer did not. */
static void
ask_again (GstEcbsr * self)
{
  self->asks_again = !gst_ecbsr_reconfigure_ask_upstream (self);
  apply_changes (self, NULL);
  if (!self->asks_again && self->setup->upscaler)
    set_info_again (self);
}

static void
gst_ecbsr_before_transform (GstBaseTransform * trans, GstBuffer * buffer)
{
  GstEcbsr *self = GST_ECBSR (trans);
  GstClockTime time = GST_CLOCK_TIME_NONE;

  apply_changes (self, NULL);
  if (self->asks_again)
    ask_again (self);
  if (trans->segment.format == GST_FORMAT_TIME)
    time = gst_segment_to_stream_time (&trans->segment, GST_FORMAT_TIME,
        GST_BUFFER_TIMESTAMP (buffer));
  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (trans), time);
}

/* A frame cannot be read or written, as @error says. One is no reason to end a live
 * stream, which has the next one soon; a file that is broken is better not copied in
 * part, and a source that sends nothing else is broken too. @where: for developers. */
static GstFlowReturn
drop_invalid (GstEcbsr * self, const GError * error, const gchar * where)
{
  gboolean goes_on = gst_ecbsr_get_qos_config (self).live
      && self->n_invalid < MAX_INVALID;
  g_autofree gchar *detail = NULL;

  self->n_invalid++;
  detail = g_strdup_printf ("%s, PTS %" GST_TIME_FORMAT ", %u in a row: %s",
      where, GST_TIME_ARGS (self->times.timestamp), self->n_invalid,
      goes_on ? "the frame is dropped" : "the stream ends");
  gst_ecbsr_stats_add_invalid (self->stats);
  gst_ecbsr_post (GST_ELEMENT (self),
      goes_on ? GST_MESSAGE_WARNING : GST_MESSAGE_ERROR, error, detail);
  return goes_on ? GST_BASE_TRANSFORM_FLOW_DROPPED : GST_FLOW_ERROR;
}

/* Of a buffer as we take it and downstream does not. */
static GstFlowReturn
copy_plain (GstEcbsr * self, GstBuffer * inbuf, GstBuffer ** outbuf)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBuffer) plain =
      gst_ecbsr_frame_copy_plain (&GST_VIDEO_FILTER (self)->in_info, inbuf,
      &error);

  if (!plain)
    return drop_invalid (self, error, "input buffer");
  GST_BASE_TRANSFORM_GET_CLASS (self)->copy_metadata (GST_BASE_TRANSFORM (self),
      inbuf, plain);
  self->n_invalid = 0;
  *outbuf = g_steal_pointer (&plain);
  return GST_FLOW_OK;
}

static GstFlowReturn
gst_ecbsr_prepare_output_buffer (GstBaseTransform * trans, GstBuffer * inbuf,
    GstBuffer ** outbuf)
{
  GstEcbsr *self = GST_ECBSR (trans);

  /* After a change to scale 1 buffers come as they were agreed on before, until
   * upstream has asked again; from elements that never do, such as a videocrop that
   * works in place, for ever. */
  if (self->answered_allocation && gst_base_transform_is_passthrough (trans)
      && !gst_ecbsr_buffer_suits (inbuf, &GST_VIDEO_FILTER (self)->in_info,
          &self->downstream))
    return copy_plain (self, inbuf, outbuf);
  return GST_BASE_TRANSFORM_CLASS (gst_ecbsr_parent_class)
      ->prepare_output_buffer (trans, inbuf, outbuf);
}

/* Without memory for it all is worked on, as before. */
static void
set_skip_static (GstEcbsr * self, gboolean skip_static)
{
  g_autoptr (GError) error = NULL;

  if (!gst_ecbsr_upscaler_set_skip_static (self->setup->upscaler, skip_static,
          &error))
    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, error,
        "skip-static has no effect");
}

static GstEcbsrFrameConfig
get_frame_config (GstEcbsr * self)
{
  GstEcbsrFrameConfig config;

  GST_OBJECT_LOCK (self);
  config = self->frame_config;
  GST_OBJECT_UNLOCK (self);
  return config;
}

static void
account_frame (GstEcbsr * self, GstClockTime time, const GstEcbsrRun * run)
{
  guint level = gst_ecbsr_qos_get_level (self->qos);
  GstClockTime base_time, now = gst_ecbsr_times_get_now (GST_ELEMENT (self),
      &base_time);
  GstEcbsrQosActions actions;

  GST_LOG_OBJECT (self, "frame of %" GST_TIME_FORMAT ": %" GST_TIME_FORMAT
      ", %" GST_TIME_FORMAT " of it in the model, at level %u",
      GST_TIME_ARGS (self->times.running_time), GST_TIME_ARGS (time),
      GST_TIME_ARGS (run->plan_time), level);
  gst_ecbsr_qos_after_frame (self->qos, now, time, run, &actions);
  if (gst_ecbsr_stats_add (self->stats, time, level, &run->counts))
    gst_ecbsr_notify_stats (self);
  apply_actions (self, &actions);
}

static GstFlowReturn
gst_ecbsr_transform_frame (GstVideoFilter * filter, GstVideoFrame * in,
    GstVideoFrame * out)
{
  GstEcbsr *self = GST_ECBSR (filter);
  GstClockTime begin = gst_util_get_timestamp ();
  GstEcbsrFrameConfig config = get_frame_config (self);
  g_autoptr (GError) error = NULL;
  GstEcbsrRun run;

  set_skip_static (self, config.skip_static);
  if (!gst_ecbsr_upscaler_run (self->setup->upscaler,
          gst_ecbsr_qos_get_plans (self->qos), in, out, &config, &run, &error))
    return drop_invalid (self, error, "frame between upscaling and conversion");
  account_frame (self, gst_util_get_timestamp () - begin, &run);
  self->n_invalid = 0;
  return GST_FLOW_OK;
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

  if (!self->setup->upscaler && !set_info_again (self))
    return GST_FLOW_NOT_NEGOTIATED;
  if (!gst_ecbsr_frame_map (&in, &filter->in_info, inbuf, GST_MAP_READ, &error))
    return drop_invalid (self, error, "input buffer");
  if (!gst_ecbsr_frame_map (&out, &filter->out_info, outbuf, GST_MAP_WRITE,
          &error)) {
    gst_video_frame_unmap (&in);
    return drop_invalid (self, error, "output buffer");
  }
  ret = gst_ecbsr_transform_frame (filter, &in, &out);
  gst_video_frame_unmap (&out);
  gst_video_frame_unmap (&in);
  return ret;
}
