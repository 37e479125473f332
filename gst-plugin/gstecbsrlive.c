/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrlive.h"

#include "gstecbsrcaps.h"
#include "gstecbsrmessages.h"
#include "gstecbsrproperties.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

static void
change_free (GstEcbsrChange * change)
{
  gst_ecbsr_settings_clear (&change->settings);
  g_clear_pointer (&change->model, ecbsr_model_unref);
  g_clear_pointer (&change->upscaler, gst_ecbsr_upscaler_free);
  g_free (change);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrChange, change_free)
/* With the object lock: the settings that run, or will run next. */
     static const GstEcbsrSettings *get_latest (GstEcbsr * self)
{
  if (self->pending)
    return &self->pending->settings;
  return self->taken ? &self->taken->settings : &self->active;
}

/* Takes the properties back to what runs, unless they ask for something else
 * by now. */
static void
refuse (GstEcbsr * self, const GstEcbsrSettings * refused, const GError * error)
{
  g_autofree gchar *detail = NULL;
  g_autofree gchar *description = gst_ecbsr_settings_describe (refused);
  g_autofree gchar *kept = NULL;

  GST_OBJECT_LOCK (self);
  if (gst_ecbsr_settings_equal (&self->wanted, refused)) {
    gboolean live = self->wanted.live;  /* the source's, no property */

    gst_ecbsr_settings_copy (&self->wanted, get_latest (self));
    self->wanted.live = live;
  }
  kept = gst_ecbsr_settings_describe (get_latest (self));
  GST_OBJECT_UNLOCK (self);

  detail = g_strdup_printf ("asked for %s, keeping %s", description, kept);
  gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, error, detail);
  gst_ecbsr_post_model_failed (GST_ELEMENT (self), refused, error);
  gst_ecbsr_notify_settings (self);
}

/* After the model or its settings have changed. Returns the model's name. */
static gchar *
tell_active_model (GstEcbsr * self)
{
  gchar *name = gst_ecbsr_settings_name_model (&self->active, self->model);

  gst_ecbsr_set_active_model (self, name);
  return name;
}

void
gst_ecbsr_live_set_video (GstEcbsr * self, const GstVideoInfo * in,
    const GstVideoInfo * out)
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
gst_ecbsr_live_start (GstEcbsr * self)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *detail = NULL;
  GstEcbsrSettings settings = { 0, };

  g_mutex_lock (&self->load_lock);
  GST_OBJECT_LOCK (self);
  gst_ecbsr_settings_copy (&settings, &self->wanted);
  GST_OBJECT_UNLOCK (self);
  if (gst_ecbsr_settings_load (&settings, &self->model, &error)) {
    GST_OBJECT_LOCK (self);
    gst_ecbsr_settings_copy (&self->active, &settings);
    self->started = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
  g_mutex_unlock (&self->load_lock);

  if (error) {
    detail = gst_ecbsr_settings_describe (&settings);
    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, detail);
  } else {
    g_free (tell_active_model (self));
  }
  gst_ecbsr_settings_clear (&settings);
  return error == NULL;
}

void
gst_ecbsr_live_stop (GstEcbsr * self)
{
  g_autoptr (GstEcbsrChange) change = NULL;

  GST_OBJECT_LOCK (self);
  self->started = FALSE;
  change = g_steal_pointer (&self->pending);
  self->wanted.live = FALSE;
  GST_OBJECT_UNLOCK (self);

  forget_video (self);
  gst_ecbsr_pace_stop (self);
  g_clear_pointer (&self->upscaler, gst_ecbsr_upscaler_free);
  g_clear_pointer (&self->model, ecbsr_model_unref);
  gst_ecbsr_set_active_model (self, NULL);
  gst_ecbsr_set_backend (self, NULL);
}

void
gst_ecbsr_live_use (GstEcbsr * self, GstEcbsrUpscaler * upscaler)
{
  EcbsrPrecision wanted = self->active.precision;
  EcbsrPrecision running = gst_ecbsr_upscaler_get_precision (upscaler);
  const gchar *backend = gst_ecbsr_upscaler_get_backend (upscaler);

  g_clear_pointer (&self->upscaler, gst_ecbsr_upscaler_free);
  self->upscaler = upscaler;
  gst_ecbsr_pace_renew (self);
  if (wanted != ECBSR_PRECISION_AUTO && running != wanted)
    gst_ecbsr_post_other_precision (GST_ELEMENT (self), wanted, running,
        backend);
}

/* NULL where nothing new is asked for. @of_source: the properties do not count,
 * which another thread may be about to set, one after the other. */
static GstEcbsrChange *
get_wish (GstEcbsr * self, gboolean of_source)
{
  GstEcbsrChange *wish = NULL;
  GstEcbsrSettings settings;

  GST_OBJECT_LOCK (self);
  settings = of_source ? *get_latest (self) : self->wanted;
  settings.live = self->wanted.live;
  if (self->started && !gst_ecbsr_settings_equal (&settings, get_latest (self))) {
    wish = g_new0 (GstEcbsrChange, 1);
    gst_ecbsr_settings_copy (&wish->settings, &settings);
  }
  GST_OBJECT_UNLOCK (self);
  return wish;
}

/* Hands @change to the streaming thread in place of an earlier one. */
static void
hand_over (GstEcbsr * self, GstEcbsrChange * change)
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
  same_scale = change->settings.scale == self->active.scale;
  change->in = self->in;
  change->out = self->out;
  GST_OBJECT_UNLOCK (self);
  if (!flows || !change->model
      || !gst_ecbsr_pace_fit_model (self, &change->settings, &change->in,
          &change->model, NULL))
    return;
  if (same_scale)
    change->upscaler = gst_ecbsr_upscaler_new (change->model, &change->in,
        &change->out, &change->settings, NULL);
}

static void
request (GstEcbsr * self, gboolean of_source)
{
  g_autoptr (GstEcbsrChange) wish = get_wish (self, of_source);
  g_autoptr (GError) error = NULL;

  if (!wish)
    return;

  g_mutex_lock (&self->load_lock);
  g_clear_pointer (&wish, change_free);
  wish = get_wish (self, of_source);    /* another thread may have loaded meanwhile */
  if (wish && gst_ecbsr_settings_load (&wish->settings, &wish->model, &error)) {
    plan_ahead (self, wish);
    hand_over (self, g_steal_pointer (&wish));
  }
  g_mutex_unlock (&self->load_lock);

  if (error)
    refuse (self, &wish->settings, error);
}

void
gst_ecbsr_live_request (GstEcbsr * self)
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
gst_ecbsr_live_look_upstream (GstEcbsr * self)
{
  gboolean live = is_upstream_live (self);

  GST_OBJECT_LOCK (self);
  self->wanted.live = live;
  GST_OBJECT_UNLOCK (self);
  gst_ecbsr_pace_set_live (self, live);
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
  if (change->settings.scale != self->active.scale)
    return check_scale (self, incaps, change->settings.scale, error);
  if (!self->upscaler || !change->model || new_video)
    return TRUE;                /* what is made for the caps will be of this model */
  if (change->upscaler && gst_video_info_is_equal (&change->in,
          &filter->in_info)
      && gst_video_info_is_equal (&change->out, &filter->out_info)) {
    *upscaler = g_steal_pointer (&change->upscaler);
    return TRUE;
  }
  if (!gst_ecbsr_pace_fit_model (self, &change->settings, &filter->in_info,
          &change->model, error))
    return FALSE;
  *upscaler = gst_ecbsr_upscaler_new (change->model, &filter->in_info,
      &filter->out_info, &change->settings, error);
  return *upscaler != NULL;
}

/* The old upscaler is not for this model, and the new one comes with the output
 * caps, before the next frame is worked on. */
static void
wait_for_caps (GstEcbsr * self)
{
  forget_video (self);
  g_clear_pointer (&self->upscaler, gst_ecbsr_upscaler_free);
  gst_ecbsr_pace_renew (self);
  gst_base_transform_reconfigure_src (GST_BASE_TRANSFORM (self));
}

static void
commit (GstEcbsr * self, GstEcbsrChange * change, GstEcbsrUpscaler * upscaler)
{
  gboolean new_model =
      !gst_ecbsr_settings_same_model (&change->settings, &self->active);
  g_autofree gchar *old_name =
      gst_ecbsr_settings_name_model (&self->active, self->model);
  gboolean new_scale = change->settings.scale != self->active.scale;
  g_autofree gchar *name = NULL;

  GST_OBJECT_LOCK (self);
  gst_ecbsr_settings_copy (&self->active, &change->settings);
  self->taken = NULL;
  GST_OBJECT_UNLOCK (self);

  g_clear_pointer (&self->model, ecbsr_model_unref);
  self->model = g_steal_pointer (&change->model);
  if (new_scale)
    wait_for_caps (self);
  else if (upscaler)
    gst_ecbsr_live_use (self, upscaler);
  name = tell_active_model (self);
  if (new_model || g_strcmp0 (name, old_name) != 0)
    gst_ecbsr_post_model_loaded (GST_ELEMENT (self), &change->settings, name);
}

void
gst_ecbsr_live_take_up (GstEcbsr * self, GstCaps * incaps)
{
  g_autoptr (GstEcbsrChange) change = NULL;
  g_autoptr (GError) error = NULL;
  GstEcbsrUpscaler *upscaler = NULL;

  GST_OBJECT_LOCK (self);
  change = self->taken = g_steal_pointer (&self->pending);
  GST_OBJECT_UNLOCK (self);
  if (!change)
    return;

  if (prepare (self, change, incaps, &upscaler, &error)) {
    commit (self, change, upscaler);
    return;
  }
  GST_OBJECT_LOCK (self);
  self->taken = NULL;
  GST_OBJECT_UNLOCK (self);
  refuse (self, &change->settings, error);
}
