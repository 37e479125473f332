/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "reconfigure.h"

#include <string.h>

#include "caps.h"
#include "properties.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

static void
change_free (GstEcbsrChange * change)
{
  gst_ecbsr_config_clear (&change->config);
  g_clear_pointer (&change->model, ecbsr_model_unref);
  g_clear_pointer (&change->upscaler, gst_ecbsr_upscaler_free);
  g_free (change);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrChange, change_free)

guint
gst_ecbsr_reconfigure_get_scale (GstEcbsr * self)
{
  guint scale;

  GST_OBJECT_LOCK (self);
  scale = self->started ? self->applied.scale : self->requested.scale;
  GST_OBJECT_UNLOCK (self);
  return scale;
}

/* With the object lock: the configuration that runs, or will run next. */
static const GstEcbsrConfig *
get_latest (GstEcbsr * self)
{
  if (self->pending)
    return &self->pending->config;
  return self->applying ? &self->applying->config : &self->applied;
}

/* Takes the properties back to what runs, unless they ask for something else
 * by now. */
static void
reject (GstEcbsr * self, const GstEcbsrConfig * rejected, const GError * error)
{
  g_autofree gchar *detail = NULL;
  g_autofree gchar *description = gst_ecbsr_config_describe (rejected);
  g_autofree gchar *kept = NULL;

  GST_OBJECT_LOCK (self);
  if (gst_ecbsr_config_equal (&self->requested, rejected)) {
    gboolean live = self->requested.live;       /* the source's, no property */

    gst_ecbsr_config_copy (&self->requested, get_latest (self));
    self->requested.live = live;
  }
  kept = gst_ecbsr_config_describe (get_latest (self));
  GST_OBJECT_UNLOCK (self);

  detail = g_strdup_printf ("asked for %s, keeping %s", description, kept);
  gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, error, detail);
  gst_ecbsr_post_model_failed (GST_ELEMENT (self), rejected, error);
  gst_ecbsr_notify_config (self);
}

void
gst_ecbsr_reconfigure_show (GstEcbsr * self)
{
  guint level = gst_ecbsr_qos_get_level (self->qos);
  const GstEcbsrPlans *plans = gst_ecbsr_qos_get_plans (self->qos);
  g_autofree gchar *name = level > 0
      ? gst_ecbsr_qos_name_level (self->qos, level)
      : gst_ecbsr_config_name_model (&self->applied, self->model);

  gst_ecbsr_set_active_model (self, name);
  if (!plans && self->upscaler)
    plans = gst_ecbsr_upscaler_get_plans (self->upscaler);
  if (plans || !self->model)
    gst_ecbsr_set_backend (self,
        plans ? gst_ecbsr_plans_get_backend (plans) : NULL);
}

static void
set_video (GstEcbsr * self, const GstVideoInfo * in, const GstVideoInfo * out)
{
  GST_OBJECT_LOCK (self);
  self->in = *in;
  self->out = *out;
  GST_OBJECT_UNLOCK (self);
}

static void
forget_video (GstEcbsr * self)
{
  GST_OBJECT_LOCK (self);
  memset (&self->in, 0, sizeof self->in);
  memset (&self->out, 0, sizeof self->out);
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_ecbsr_reconfigure_start (GstEcbsr * self)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *detail = NULL;
  GstEcbsrConfig config = { 0, };

  g_mutex_lock (&self->load_lock);
  GST_OBJECT_LOCK (self);
  gst_ecbsr_config_copy (&config, &self->requested);
  GST_OBJECT_UNLOCK (self);
  if (gst_ecbsr_config_load (&config, &self->model, &error)) {
    GST_OBJECT_LOCK (self);
    gst_ecbsr_config_copy (&self->applied, &config);
    self->started = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
  g_mutex_unlock (&self->load_lock);

  if (error) {
    detail = gst_ecbsr_config_describe (&config);
    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, detail);
  } else {
    gst_ecbsr_reconfigure_show (self);
  }
  gst_ecbsr_config_clear (&config);
  return error == NULL;
}

void
gst_ecbsr_reconfigure_stop (GstEcbsr * self)
{
  g_autoptr (GstEcbsrChange) change = NULL;

  GST_OBJECT_LOCK (self);
  self->started = FALSE;
  change = g_steal_pointer (&self->pending);
  self->requested.live = FALSE;
  GST_OBJECT_UNLOCK (self);

  forget_video (self);
  gst_ecbsr_qos_stop (self->qos);
  g_clear_pointer (&self->upscaler, gst_ecbsr_upscaler_free);
  g_clear_pointer (&self->model, ecbsr_model_unref);
  gst_ecbsr_reconfigure_show (self);
}

static void
warn_of_precision (GstEcbsr * self)
{
  EcbsrPrecision wanted = self->applied.precision;
  EcbsrPrecision running = gst_ecbsr_upscaler_get_precision (self->upscaler);

  if (wanted != ECBSR_PRECISION_AUTO && running != wanted)
    gst_ecbsr_post_other_precision (GST_ELEMENT (self), wanted, running,
        gst_ecbsr_plans_get_backend (gst_ecbsr_upscaler_get_plans
            (self->upscaler)));
}

static void
run (GstEcbsr * self, GstEcbsrUpscaler * upscaler, gboolean waiting,
    GstEcbsrQosActions * actions)
{
  g_clear_pointer (&self->upscaler, gst_ecbsr_upscaler_free);
  self->upscaler = upscaler;
  gst_ecbsr_qos_set_model (self->qos, self->model, &self->applied, waiting,
      actions);
  gst_ecbsr_reconfigure_show (self);
  if (upscaler)
    warn_of_precision (self);
}

void
gst_ecbsr_reconfigure_use (GstEcbsr * self, GstEcbsrUpscaler * upscaler,
    const GstVideoInfo * in, const GstVideoInfo * out,
    GstEcbsrQosActions * actions)
{
  run (self, upscaler, FALSE, actions);
  if (upscaler)
    set_video (self, in, out);
}

/* NULL where nothing new is asked for. @of_source: the properties do not count,
 * which another thread may be about to set, one after the other. */
static GstEcbsrChange *
get_change (GstEcbsr * self, gboolean of_source)
{
  GstEcbsrChange *change = NULL;
  GstEcbsrConfig config;

  GST_OBJECT_LOCK (self);
  config = of_source ? *get_latest (self) : self->requested;
  config.live = self->requested.live;
  if (self->started && !gst_ecbsr_config_equal (&config, get_latest (self))) {
    change = g_new0 (GstEcbsrChange, 1);
    gst_ecbsr_config_copy (&change->config, &config);
  }
  GST_OBJECT_UNLOCK (self);
  return change;
}

/* Hands @change to the streaming thread in place of an earlier one. */
static void
queue (GstEcbsr * self, GstEcbsrChange * change)
{
  g_autoptr (GstEcbsrChange) unused = change;

  GST_OBJECT_LOCK (self);
  if (self->started) {
    unused = self->pending;
    self->pending = change;
  }
  GST_OBJECT_UNLOCK (self);
}

/* For the video that flows, which does not have to wait for it then. Where that fails,
 * it fails again on the streaming thread, which tells. Of another scale the output is
 * not negotiated yet; what there is to measure for model=auto is measured here still. */
static void
plan_ahead (GstEcbsr * self, GstEcbsrChange * change)
{
  gboolean flows, same_scale;

  GST_OBJECT_LOCK (self);
  flows = self->in.finfo != NULL;
  same_scale = change->config.scale == self->applied.scale;
  change->in = self->in;
  change->out = self->out;
  GST_OBJECT_UNLOCK (self);
  if (!flows || !change->model
      || !gst_ecbsr_qos_fit_model (self->qos, &change->config, &change->in,
          &change->model, NULL))
    return;
  if (same_scale)
    change->upscaler = gst_ecbsr_upscaler_new (change->model, &change->in,
        &change->out, &change->config, NULL);
}

static void
request (GstEcbsr * self, gboolean of_source)
{
  g_autoptr (GstEcbsrChange) change = get_change (self, of_source);
  g_autoptr (GError) error = NULL;

  if (!change)
    return;

  g_mutex_lock (&self->load_lock);
  g_clear_pointer (&change, change_free);
  /* another thread may have loaded meanwhile */
  change = get_change (self, of_source);
  if (change
      && gst_ecbsr_config_load (&change->config, &change->model, &error)) {
    plan_ahead (self, change);
    queue (self, g_steal_pointer (&change));
  }
  g_mutex_unlock (&self->load_lock);

  if (error)
    reject (self, &change->config, error);
}

void
gst_ecbsr_reconfigure_request (GstEcbsr * self)
{
  request (self, FALSE);
}

static gboolean
is_upstream_live (GstEcbsr * self)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  gst_query_unref (query);
  return live;
}

void
gst_ecbsr_reconfigure_ask_upstream (GstEcbsr * self)
{
  gboolean live = is_upstream_live (self);

  GST_OBJECT_LOCK (self);
  self->requested.live = live;
  GST_OBJECT_UNLOCK (self);
  gst_ecbsr_qos_set_live (self->qos, live);
  request (self, TRUE);
}

/* Goes the way that the base class will go: transform, ask, fixate, ask. */
static gboolean
peer_takes_scale (GstEcbsr * self, GstCaps * incaps, guint scale)
{
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (self);
  g_autoptr (GstCaps) template = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) transformed =
      gst_ecbsr_caps_transform (incaps, GST_PAD_SINK, scale);
  g_autoptr (GstCaps) possible = gst_caps_intersect_full (transformed,
      template, GST_CAPS_INTERSECT_FIRST);
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (pad, possible);
  g_autoptr (GstCaps) caps =
      gst_caps_intersect_full (peer, possible, GST_CAPS_INTERSECT_FIRST);

  if (gst_caps_is_empty (caps))
    return FALSE;
  caps = gst_ecbsr_caps_fixate (incaps, caps, scale);
  return gst_pad_peer_query_accept_caps (pad, caps);
}

static gboolean
check_scale (GstEcbsr * self, GstCaps * incaps, guint scale, GError ** error)
{
  GstVideoInfo info;

  if (!gst_video_info_from_caps (&info, incaps)
      || peer_takes_scale (self, incaps, scale))
    return TRUE;

  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "downstream does not take %dx%d video upscaled by %u", info.width,
      info.height, scale);
  return FALSE;
}

static gboolean
prepare (GstEcbsr * self, GstEcbsrChange * change, GstCaps * incaps,
    GstEcbsrUpscaler ** upscaler, GError ** error)
{
  GstVideoFilter *filter = GST_VIDEO_FILTER (self);
  g_autoptr (GstCaps) current =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self));
  gboolean new_video = incaps && !(current && gst_caps_is_equal (incaps,
          current));

  if (!incaps)
    incaps = current;
  if (!incaps)
    return TRUE;                /* the first negotiation decides */
  if (change->config.scale != self->applied.scale)
    return check_scale (self, incaps, change->config.scale, error);
  if (!self->upscaler || !change->model || new_video)
    return TRUE;                /* what is made for the caps will be of this model */
  if (change->upscaler && gst_video_info_is_equal (&change->in,
          &filter->in_info)
      && gst_video_info_is_equal (&change->out, &filter->out_info)) {
    *upscaler = g_steal_pointer (&change->upscaler);
    return TRUE;
  }
  if (!gst_ecbsr_qos_fit_model (self->qos, &change->config, &filter->in_info,
          &change->model, error))
    return FALSE;
  *upscaler = gst_ecbsr_upscaler_new (change->model, &filter->in_info,
      &filter->out_info, &change->config, error);
  return *upscaler != NULL;
}

/* The old upscaler is not for this model, and the new one comes with the output
 * caps, before the next frame is worked on. */
static void
wait_for_caps (GstEcbsr * self, GstEcbsrQosActions * actions)
{
  forget_video (self);
  run (self, NULL, TRUE, actions);
  gst_base_transform_reconfigure_src (GST_BASE_TRANSFORM (self));
}

static gboolean
commit (GstEcbsr * self, GstEcbsrChange * change, GstEcbsrUpscaler * upscaler,
    GstEcbsrQosActions * actions)
{
  gboolean new_model =
      !gst_ecbsr_config_same_model (&change->config, &self->applied);
  g_autofree gchar *old_name =
      gst_ecbsr_config_name_model (&self->applied, self->model);
  gboolean new_scale = change->config.scale != self->applied.scale;
  g_autofree gchar *name = NULL;

  GST_OBJECT_LOCK (self);
  gst_ecbsr_config_copy (&self->applied, &change->config);
  self->applying = NULL;
  GST_OBJECT_UNLOCK (self);

  g_clear_pointer (&self->model, ecbsr_model_unref);
  self->model = g_steal_pointer (&change->model);
  if (new_scale)
    wait_for_caps (self, actions);
  else if (upscaler)
    run (self, upscaler, FALSE, actions);
  else
    gst_ecbsr_reconfigure_show (self);
  name = gst_ecbsr_config_name_model (&self->applied, self->model);
  if (new_model || g_strcmp0 (name, old_name) != 0)
    gst_ecbsr_post_model_loaded (GST_ELEMENT (self), &change->config, name);
  return new_scale || upscaler;
}

gboolean
gst_ecbsr_reconfigure_apply (GstEcbsr * self, GstCaps * incaps,
    GstEcbsrQosActions * actions)
{
  g_autoptr (GstEcbsrChange) change = NULL;
  g_autoptr (GError) error = NULL;
  GstEcbsrUpscaler *upscaler = NULL;

  GST_OBJECT_LOCK (self);
  change = self->applying = g_steal_pointer (&self->pending);
  GST_OBJECT_UNLOCK (self);
  if (!change)
    return FALSE;

  if (prepare (self, change, incaps, &upscaler, &error))
    return commit (self, change, upscaler, actions);
  GST_OBJECT_LOCK (self);
  self->applying = NULL;
  GST_OBJECT_UNLOCK (self);
  reject (self, &change->config, error);
  return FALSE;
}
