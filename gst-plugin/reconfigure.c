/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "reconfigure.h"

#include "frame.h"
#include "properties.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

static GstEcbsrScaling
get_scaling (const GstEcbsrSetup * setup)
{
  return (GstEcbsrScaling) {
  setup->config.scale, !setup->model};
}

/* Before a file has been read, at scale 1, it may be one that makes something of
 * frames. */
GstEcbsrScaling
gst_ecbsr_reconfigure_get_scaling (GstEcbsr * self)
{
  GstEcbsrScaling scaling;

  GST_OBJECT_LOCK (self);
  if (self->setup) {
    scaling = get_scaling (self->setup);
  } else {
    scaling.scale = self->requested.scale;
    scaling.passes = scaling.scale == 1 && !self->requested.location;
  }
  GST_OBJECT_UNLOCK (self);
  return scaling;
}

/* Another number each time that something else runs, also with the same scale. What is
 * only asked for does not count: properties may be set at any rate. */
static guint
count_setups (GstEcbsr * self)
{
  guint n;

  GST_OBJECT_LOCK (self);
  n = self->n_setups;
  GST_OBJECT_UNLOCK (self);
  return n;
}

/* Caps are transformed several times on the way to an answer. The streaming thread may
 * change the scale in between, even to and fro, and what is left of both is nothing. */
gboolean
gst_ecbsr_reconfigure_query (GstEcbsr * self, GstPadDirection direction,
    GstQuery * query)
{
  GstBaseTransformClass *parent_class =
      g_type_class_peek_parent (G_OBJECT_GET_CLASS (self));
  gboolean about_caps = GST_QUERY_TYPE (query) == GST_QUERY_CAPS
      || GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS;
  gboolean answered;
  guint scale, n_setups;

  do {
    scale = gst_ecbsr_reconfigure_get_scaling (self).scale;
    n_setups = count_setups (self);
    answered = parent_class->query (GST_BASE_TRANSFORM (self), direction,
        query);
  } while (about_caps && (scale != gst_ecbsr_reconfigure_get_scaling (self).scale
          || n_setups != count_setups (self)));
  return answered;
}

/* With the object lock, while started: the configuration that runs, or will run
 * next. */
static const GstEcbsrConfig *
get_latest (GstEcbsr * self)
{
  if (self->pending)
    return &self->pending->config;
  return self->applying ? &self->applying->config : &self->setup->config;
}

/* Takes the properties back to what runs, unless one has been set since the
 * rejected change was requested: who sets them requests again. Stopped meanwhile,
 * there is nothing to go back to, and the next start tells. */
static void
reject (GstEcbsr * self, const GstEcbsrConfig * config, guint serial,
    const GError * error)
{
  g_autofree gchar *rejected = gst_ecbsr_config_describe (config);
  g_autofree gchar *kept = NULL;
  g_autofree gchar *detail = NULL;

  GST_OBJECT_LOCK (self);
  if (!self->setup) {
    GST_OBJECT_UNLOCK (self);
    return;
  }
  if (self->serial == serial)
    gst_ecbsr_config_copy (&self->requested, get_latest (self));
  kept = gst_ecbsr_config_describe (get_latest (self));
  GST_OBJECT_UNLOCK (self);

  detail = g_strdup_printf ("asked for %s, keeping %s", rejected, kept);
  gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, error, detail);
  gst_ecbsr_post_model_failed (GST_ELEMENT (self), config, error);
  gst_ecbsr_notify_config (self);
}

/* ------------------------------------------------------------- preparing -- */

static void
log_config (GstEcbsr * self, const gchar * what, const GstEcbsrConfig * config)
{
  g_autofree gchar *description = gst_ecbsr_config_describe (config);

  GST_INFO_OBJECT (self, "%s: %s%s, precision=%s, n-threads=%u", what,
      description, config->training == GST_ECBSR_CONTENT_CAMERA
      ? " (camera)" : "", ecbsr_precision_to_string (config->precision),
      config->n_threads);
}

/* Makes @setup ready for frames of @in and @out, or lets it wait for caps (NULL).
 * FALSE sets an error. */
static gboolean
plan (GstEcbsr * self, GstEcbsrSetup * setup, const GstVideoInfo * in,
    const GstVideoInfo * out, GError ** error)
{
  GstEcbsrQosConfig qos_config = gst_ecbsr_get_qos_config (self);

  g_clear_pointer (&setup->upscaler, gst_ecbsr_upscaler_free);
  if (!setup->model || !in)
    return TRUE;
  if (!gst_ecbsr_qos_fit_model (&qos_config, &setup->config, in,
          &setup->model, error))
    return FALSE;
  if (!out)
    return TRUE;
  setup->in = *in;
  setup->out = *out;
  setup->upscaler = gst_ecbsr_upscaler_new (setup->model, in, out,
      &setup->config, error);
  return setup->upscaler != NULL;
}

/* The one place where what runs is made, in any thread: of @config and @model
 * (NULL: the one that @config asks for), for frames of @in and @out; where one of
 * them is NULL, without an upscaler. NULL sets an error. */
static GstEcbsrSetup *
prepare (GstEcbsr * self, const GstEcbsrConfig * config, EcbsrModel * model,
    const GstVideoInfo * in, const GstVideoInfo * out, GError ** error)
{
  g_autoptr (GstEcbsrSetup) setup = g_new0 (GstEcbsrSetup, 1);

  gst_ecbsr_config_copy (&setup->config, config);
  if (model)
    setup->model = ecbsr_model_ref (model);
  else if (!gst_ecbsr_config_load (config, &setup->model, error))
    return NULL;
  if (!plan (self, setup, in, out, error))
    return NULL;
  return g_steal_pointer (&setup);
}

static void
warn_of_precision (GstEcbsr * self, const GstEcbsrSetup * setup)
{
  EcbsrPrecision wanted = setup->config.precision;
  EcbsrPrecision running = gst_ecbsr_upscaler_get_precision (setup->upscaler);

  if (wanted != ECBSR_PRECISION_AUTO && running != wanted)
    gst_ecbsr_post_other_precision (GST_ELEMENT (self), wanted, running,
        ecbsr_plan_get_backend (gst_ecbsr_plans_get_any
            (gst_ecbsr_upscaler_get_plans (setup->upscaler))));
}

/* The one place where what runs is replaced: by @setup, which is taken. */
static void
replace (GstEcbsr * self, GstEcbsrSetup * setup, GstEcbsrQosActions * actions)
{
  GstEcbsrQosConfig qos_config = gst_ecbsr_get_qos_config (self);
  g_autoptr (GstEcbsrSetup) old = NULL;

  GST_OBJECT_LOCK (self);
  old = self->setup;
  self->setup = setup;
  self->n_setups++;
  self->applying = NULL;
  GST_OBJECT_UNLOCK (self);

  if (setup->upscaler)
    GST_INFO_OBJECT (self, "%s %dx%d to %s %dx%d, on %s",
        GST_VIDEO_INFO_NAME (&setup->in), setup->in.width, setup->in.height,
        GST_VIDEO_INFO_NAME (&setup->out), setup->out.width, setup->out.height,
        ecbsr_plan_get_backend (gst_ecbsr_plans_get_any
            (gst_ecbsr_upscaler_get_plans (setup->upscaler))));
  gst_ecbsr_qos_set_setup (self->qos, &qos_config, setup, actions);
  gst_ecbsr_reconfigure_show (self);
  if (setup->upscaler)
    warn_of_precision (self, setup);
}

/* NULL: nothing runs. */
static void
show_backend (GstEcbsr * self, const EcbsrPlan * plan)
{
  if (plan)
    gst_ecbsr_stats_set_backend (self->stats,
        ecbsr_precision_to_string (ecbsr_plan_get_precision (plan)),
        ecbsr_plan_get_isa (plan), ecbsr_plan_get_n_threads (plan));
  else
    gst_ecbsr_stats_set_backend (self->stats, NULL, NULL, 0);
  gst_ecbsr_set_backend (self, plan ? ecbsr_plan_get_backend (plan) : NULL);
}

void
gst_ecbsr_reconfigure_show (GstEcbsr * self)
{
  guint level = gst_ecbsr_qos_get_level (self->qos);
  const GstEcbsrPlans *plans = gst_ecbsr_qos_get_plans (self->qos);
  g_autofree gchar *name = gst_ecbsr_qos_name_level (self->qos, level);

  gst_ecbsr_set_active_model (self, name);
  if (!plans && self->setup && self->setup->upscaler)
    plans = gst_ecbsr_upscaler_get_plans (self->setup->upscaler);
  if (plans || !name)
    show_backend (self, plans ? gst_ecbsr_plans_get_any (plans) : NULL);
}

/* ------------------------------------------------------------ requesting -- */

/* With the object lock, while started: what is to run. @of_source: the properties do not
 * count, which another thread may be about to set, one after the other. */
static void
copy_wanted (GstEcbsr * self, gboolean of_source, GstEcbsrConfig * config)
{
  gst_ecbsr_config_copy (config, of_source ? get_latest (self)
      : &self->requested);
  gst_ecbsr_config_resolve (config, self->source_live);
}

/* A copy of what is to run, with the serial number of the properties, where it is
 * not what runs, or will run next; else FALSE. */
static gboolean
get_change (GstEcbsr * self, gboolean of_source, GstEcbsrConfig * config,
    guint * serial)
{
  gboolean changed = FALSE;

  GST_OBJECT_LOCK (self);
  if (self->setup) {
    copy_wanted (self, of_source, config);
    changed = !gst_ecbsr_config_equal (config, get_latest (self));
    *serial = self->serial;
  }
  GST_OBJECT_UNLOCK (self);
  return changed;
}

/* With the object lock. Whether @setup is still what is to run: while it was prepared
 * another thread may have asked for something else, or for the same. */
static gboolean
is_wanted (GstEcbsr * self, gboolean of_source, const GstEcbsrSetup * setup)
{
  GstEcbsrConfig config = { 0, };
  gboolean wanted;

  if (!self->setup)
    return FALSE;
  copy_wanted (self, of_source, &config);
  wanted = gst_ecbsr_config_equal (&config, &setup->config)
      && !gst_ecbsr_config_equal (&config, get_latest (self));
  gst_ecbsr_config_clear (&config);
  return wanted;
}

/* Hands @setup to the streaming thread in place of an earlier one, if it is wanted. */
static void
queue (GstEcbsr * self, GstEcbsrSetup * setup, gboolean of_source, guint serial)
{
  g_autoptr (GstEcbsrSetup) unused = setup;

  GST_OBJECT_LOCK (self);
  if (is_wanted (self, of_source, setup)) {
    unused = self->pending;
    self->pending = setup;
    self->pending_serial = serial;
  }
  GST_OBJECT_UNLOCK (self);
}

/* The video that flows: @in has no format where none does; @out has none where it
 * will be of another size. */
static void
get_video (GstEcbsr * self, guint scale, GstVideoInfo * in, GstVideoInfo * out)
{
  gst_video_info_init (in);
  gst_video_info_init (out);
  GST_OBJECT_LOCK (self);
  if (self->setup && self->setup->upscaler) {
    *in = self->setup->in;
    if (scale == self->setup->config.scale)
      *out = self->setup->out;
  }
  GST_OBJECT_UNLOCK (self);
}

static gboolean
has_format (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_FORMAT (info) != GST_VIDEO_FORMAT_UNKNOWN;
}

/* Made ready for the video that flows, which does not have to wait for it then. Of
 * another scale the output is not negotiated yet; what there is to measure for
 * model=auto is measured here still. */
static GstEcbsrSetup *
prepare_ahead (GstEcbsr * self, const GstEcbsrConfig * config, GError ** error)
{
  GstVideoInfo in, out;

  get_video (self, config->scale, &in, &out);
  return prepare (self, config, NULL, has_format (&in) ? &in : NULL,
      has_format (&out) ? &out : NULL, error);
}

/* One change, and another one where something else has become wanted meanwhile, so that
 * the latest comes last. No lock is held over it: it loads and measures. */
static void
request (GstEcbsr * self, gboolean of_source)
{
  g_autoptr (GError) error = NULL;
  GstEcbsrConfig config = { 0, };
  guint serial = 0;

  while (!error && get_change (self, of_source, &config, &serial)) {
    GstEcbsrSetup *setup;

    log_config (self, "requested", &config);
    setup = prepare_ahead (self, &config, &error);
    if (setup) {
      GST_DEBUG_OBJECT (self, "prepared%s", setup->upscaler ? ""
          : ", but for caps");
      queue (self, setup, of_source, serial);
    }
  }
  if (error)
    reject (self, &config, serial, error);
  gst_ecbsr_config_clear (&config);
}

void
gst_ecbsr_reconfigure_request (GstEcbsr * self)
{
  request (self, FALSE);
}

/* FALSE: nobody knows. */
static gboolean
ask_whether_live (GstEcbsr * self, gboolean * live)
{
  GstQuery *query = gst_query_new_latency ();
  gboolean answered =
      gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (self), query);

  *live = FALSE;
  if (answered)
    gst_query_parse_latency (query, live, NULL, NULL);
  gst_query_unref (query);
  return answered;
}

gboolean
gst_ecbsr_reconfigure_ask_upstream (GstEcbsr * self)
{
  gboolean live, answered = ask_whether_live (self, &live);

  if (answered)
    GST_DEBUG_OBJECT (self, "the source is %s", live ? "live" : "not live");
  else
    GST_LOG_OBJECT (self, "the source does not say whether it is live");
  GST_OBJECT_LOCK (self);
  self->source_live = live;
  GST_OBJECT_UNLOCK (self);
  request (self, TRUE);
  return answered;
}

/* ----------------------------------------------------------- start, stop -- */

gboolean
gst_ecbsr_reconfigure_start (GstEcbsr * self, GstEcbsrQosActions * actions)
{
  GstEcbsrQosConfig qos_config = gst_ecbsr_get_qos_config (self);
  g_autoptr (GError) error = NULL;
  GstEcbsrConfig config = { 0, };
  GstEcbsrSetup *setup = NULL;

  GST_OBJECT_LOCK (self);
  gst_ecbsr_config_copy (&config, &self->requested);
  gst_ecbsr_config_resolve (&config, self->source_live);
  GST_OBJECT_UNLOCK (self);
  if (gst_ecbsr_models_check_lowest (qos_config.min_model, &error))
    setup = prepare (self, &config, NULL, NULL, NULL, &error);
  if (setup) {
    log_config (self, "started", &config);
    replace (self, setup, actions);
    request (self, FALSE);      /* what has been set meanwhile */
  } else {
    g_autofree gchar *detail = gst_ecbsr_config_describe (&config);
    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_ERROR, error, detail);
  }
  gst_ecbsr_config_clear (&config);
  return setup != NULL;
}

void
gst_ecbsr_reconfigure_stop (GstEcbsr * self)
{
  g_autoptr (GstStructure) stats = gst_ecbsr_stats_to_structure (self->stats);
  g_autoptr (GstEcbsrSetup) pending = NULL;
  g_autoptr (GstEcbsrSetup) setup = NULL;

  GST_OBJECT_LOCK (self);
  setup = g_steal_pointer (&self->setup);
  pending = g_steal_pointer (&self->pending);
  self->source_live = FALSE;
  GST_OBJECT_UNLOCK (self);

  GST_DEBUG_OBJECT (self, "stopped: %" GST_PTR_FORMAT, stats);
  gst_ecbsr_qos_stop (self->qos);
  gst_ecbsr_reconfigure_show (self);
}

/* -------------------------------------------------------------- applying -- */

/* Goes the way that the base class will go: transform, ask, fixate, ask. NULL: downstream
 * does not take it. */
static GstCaps *
negotiate (GstEcbsr * self, GstCaps * incaps, const GstEcbsrScaling * scaling)
{
  GstPad *pad = GST_BASE_TRANSFORM_SRC_PAD (self);
  g_autoptr (GstCaps) template = gst_pad_get_pad_template_caps (pad);
  g_autoptr (GstCaps) transformed =
      gst_ecbsr_caps_transform (incaps, GST_PAD_SINK, scaling);
  g_autoptr (GstCaps) possible = gst_caps_intersect_full (transformed,
      template, GST_CAPS_INTERSECT_FIRST);
  g_autoptr (GstCaps) peer = gst_pad_peer_query_caps (pad, possible);
  g_autoptr (GstCaps) caps =
      gst_caps_intersect_full (peer, possible, GST_CAPS_INTERSECT_FIRST);

  if (gst_caps_is_empty (caps))
    return NULL;
  caps = gst_ecbsr_caps_fixate (incaps, caps, scaling);
  return gst_pad_peer_query_accept_caps (pad, caps) ? g_steal_pointer (&caps)
      : NULL;
}

static gboolean
check_memory (GstCaps * incaps, GError ** error)
{
  g_autofree gchar *features = NULL;

  if (gst_ecbsr_caps_can_scale (incaps))
    return TRUE;
  features = gst_caps_features_to_string (gst_caps_get_features (incaps, 0));
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "frames of %s pass at scale 1 and cannot be upscaled: ask upstream for "
      "system memory", features);
  return FALSE;
}

static gboolean
check_scaling (GstEcbsr * self, GstCaps * incaps,
    const GstEcbsrScaling * scaling, GError ** error)
{
  g_autoptr (GstCaps) outcaps = NULL;
  GstVideoInfo in, out;

  if (!gst_video_info_from_caps (&in, incaps))
    return TRUE;
  if (!scaling->passes && !check_memory (incaps, error))
    return FALSE;
  outcaps = negotiate (self, incaps, scaling);
  if (!outcaps) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "downstream does not take %dx%d video upscaled by %u", in.width,
        in.height, scaling->scale);
    return FALSE;
  }
  return scaling->passes || !gst_video_info_from_caps (&out, outcaps)
      || gst_ecbsr_frame_check_fields (&in, &out, error);
}

/* Whether frames of the video that flows go out as they come in: what has passed them
 * through is then replaced without new caps. */
static gboolean
is_unchanged (GstEcbsr * self)
{
  const GstVideoFilter *filter = GST_VIDEO_FILTER (self);

  return filter->negotiated
      && gst_video_info_is_equal (&filter->in_info, &filter->out_info);
}

static gboolean
is_for (const GstEcbsrSetup * setup, const GstVideoInfo * in,
    const GstVideoInfo * out)
{
  return setup->upscaler && gst_video_info_is_equal (&setup->in, in)
      && gst_video_info_is_equal (&setup->out, out);
}

/* Makes @setup ready for the caps that are set, if it is not; where others come
 * first, it waits for them. FALSE sets an error. */
static gboolean
settle (GstEcbsr * self, GstEcbsrSetup * setup, GstCaps * incaps,
    GError ** error)
{
  GstVideoFilter *filter = GST_VIDEO_FILTER (self);
  g_autoptr (GstCaps) current =
      gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (self));
  gboolean new_video = incaps && !(current && gst_caps_is_equal (incaps,
          current));
  GstEcbsrScaling scaling = get_scaling (setup);
  gboolean passed = !self->setup->model;

  if (!incaps)
    incaps = current;
  if (incaps && (scaling.scale != self->setup->config.scale
          || (scaling.passes && !passed)))
    return plan (self, setup, NULL, NULL, error)
        && check_scaling (self, incaps, &scaling, error);
  if (!incaps || new_video || !(passed ? is_unchanged (self)
          : self->setup->upscaler != NULL))
    return plan (self, setup, NULL, NULL, error);
  if (passed && !scaling.passes && !check_scaling (self, incaps, &scaling,
          error))
    return FALSE;
  if (is_for (setup, &filter->in_info, &filter->out_info))
    return TRUE;
  return plan (self, setup, &filter->in_info, &filter->out_info, error);
}

static void
commit (GstEcbsr * self, GstEcbsrSetup * setup, GstEcbsrQosActions * actions)
{
  const GstEcbsrSetup *old = self->setup;
  g_autofree gchar *old_name = gst_ecbsr_config_name_model (&old->config,
      old->model);
  g_autofree gchar *name = gst_ecbsr_config_name_model (&setup->config,
      setup->model);
  gboolean new_scaling = setup->config.scale != old->config.scale
      || !setup->model != !old->model;
  gboolean new_model =
      !gst_ecbsr_config_same_model (&setup->config, &old->config)
      || g_strcmp0 (name, old_name) != 0;

  GST_INFO_OBJECT (self, "applied: %s in place of %s%s",
      name ? name : "passthrough", old_name ? old_name : "passthrough",
      setup->upscaler ? "" : ", from the next caps on");
  replace (self, setup, actions);
  if (new_scaling)
    gst_base_transform_reconfigure_src (GST_BASE_TRANSFORM (self));
  if (new_model)
    gst_ecbsr_post_model_loaded (GST_ELEMENT (self), &setup->config, name);
}

gboolean
gst_ecbsr_reconfigure_apply (GstEcbsr * self, GstCaps * incaps,
    GstEcbsrQosActions * actions)
{
  g_autoptr (GstEcbsrSetup) setup = NULL;
  g_autoptr (GError) error = NULL;
  guint serial;

  GST_OBJECT_LOCK (self);
  self->applying = setup = g_steal_pointer (&self->pending);
  serial = self->pending_serial;
  GST_OBJECT_UNLOCK (self);
  if (!setup)
    return FALSE;

  if (settle (self, setup, incaps, &error)) {
    commit (self, g_steal_pointer (&setup), actions);
    return TRUE;
  }
  GST_OBJECT_LOCK (self);
  self->applying = NULL;
  GST_OBJECT_UNLOCK (self);
  reject (self, &setup->config, serial, error);
  return FALSE;
}

gboolean
gst_ecbsr_reconfigure_set_caps (GstEcbsr * self, const GstVideoInfo * in,
    const GstVideoInfo * out, GstEcbsrQosActions * actions, GError ** error)
{
  const GstEcbsrConfig *config = &self->setup->config;
  /* the choice for other caps is none for these */
  gboolean automatic = config->model == GST_ECBSR_MODEL_AUTO
      && !config->location;
  GstEcbsrSetup *setup;

  if (self->setup->model && !gst_ecbsr_frame_check_fields (in, out, error))
    return FALSE;
  setup = prepare (self, config, automatic ? NULL : self->setup->model, in,
      out, error);
  if (setup)
    replace (self, setup, actions);
  return setup != NULL;
}
