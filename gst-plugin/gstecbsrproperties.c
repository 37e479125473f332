/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrproperties.h"

#include "gstecbsrcaps.h"
#include "gstecbsrlive.h"

enum
{
  PROP_0,
  PROP_SCALE,
  PROP_MODEL,
  PROP_MODEL_LOCATION,
  PROP_CONTENT,
  PROP_N_THREADS,
  PROP_PRECISION,
  PROP_STRENGTH,
  PROP_COMPARE,
  PROP_COMPARE_POSITION,
  PROP_PREFERRED_OUTPUT_WIDTH,
  PROP_PREFERRED_OUTPUT_HEIGHT,
  PROP_POLICY,                  /* the first of GST_ECBSR_N_POLICIES */
  PROP_SCOPE = PROP_POLICY + GST_ECBSR_N_POLICIES,      /* the same */
  PROP_ACTIVE_MODEL = PROP_SCOPE + GST_ECBSR_N_SCOPES,
  PROP_BACKEND,
  PROP_STATS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

#define DEFAULT_SCALE 2
#define DEFAULT_MODEL GST_ECBSR_MODEL_AUTO
#define DEFAULT_CONTENT GST_ECBSR_CONTENT_AUTO
#define DEFAULT_N_THREADS 0
#define MAX_N_THREADS 64        /* the engine has no more */
#define DEFAULT_PRECISION ECBSR_PRECISION_AUTO
#define DEFAULT_STRENGTH 1.0
#define DEFAULT_COMPARE GST_ECBSR_COMPARE_OFF
#define DEFAULT_COMPARE_POSITION 0.5
#define DEFAULT_PREFERRED_OUTPUT_WIDTH 1920
#define DEFAULT_PREFERRED_OUTPUT_HEIGHT 1080
#define MAX_PREFERRED (ECBSR_MAX_SIZE * GST_ECBSR_MAX_SCALE)

#define GST_TYPE_ECBSR_COMPARE (gst_ecbsr_compare_get_type ())
static GType
gst_ecbsr_compare_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_ECBSR_COMPARE_OFF, "The network everywhere", "off"},
    {GST_ECBSR_COMPARE_SPLIT,
        "Bicubic left of compare-position, the network right of it", "split"},
    {0, NULL, NULL},
  };
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    GType t = g_enum_register_static ("GstEcbsrCompare", values);
    g_once_init_leave (&type, t);
  }
  return type;
}

#define GST_TYPE_ECBSR_PRECISION (gst_ecbsr_precision_get_type ())
static GType
gst_ecbsr_precision_get_type (void)
{
  static const GEnumValue values[] = {
    {ECBSR_PRECISION_AUTO,
        "The fastest whose measured loss is at most 0.05 dB", "auto"},
    {ECBSR_PRECISION_FLOAT32, "32 bits: the most exact", "float32"},
    {ECBSR_PRECISION_BFLOAT16, "16 bits: faster on CPUs that know it",
        "bfloat16"},
    {ECBSR_PRECISION_INT8,
        "8 bits: the fastest, for models that were prepared for it", "int8"},
    {0, NULL, NULL},
  };
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    GType t = g_enum_register_static ("GstEcbsrPrecision", values);
    g_once_init_leave (&type, t);
  }
  return type;
}

static void
create_model_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  props[PROP_SCALE] = g_param_spec_uint ("scale", "Scale",
      "How many times wider and higher the video becomes; 1 passes it through "
      "unchanged", 1, GST_ECBSR_MAX_SCALE, DEFAULT_SCALE, flags);
  props[PROP_MODEL] = g_param_spec_enum ("model", "Model",
      "Which built-in network upscales the video; larger ones look better and "
      "need more CPU", GST_TYPE_ECBSR_MODEL, DEFAULT_MODEL, flags);
  props[PROP_MODEL_LOCATION] = g_param_spec_string ("model-location",
      "Model location",
      "Path of a model file (.safetensors) to use instead of a built-in model; "
      "it has to be one for the scale that is set", NULL, flags);
  props[PROP_CONTENT] = g_param_spec_enum ("content", "Content",
      "Which training of the built-in model: for clean pictures or for what "
      "cameras send; auto is camera behind a live source where there is such "
      "a model, else clean", GST_TYPE_ECBSR_CONTENT, DEFAULT_CONTENT, flags);
  props[PROP_N_THREADS] = g_param_spec_uint ("n-threads", "Number of threads",
      "How many threads work on a frame; 0 means one for each CPU that the "
      "process may use", 0, MAX_N_THREADS, DEFAULT_N_THREADS, flags);
  props[PROP_PRECISION] = g_param_spec_enum ("precision", "Precision",
      "Number format of the network's inner layers: auto takes the fastest "
      "whose measured loss is at most 0.05 dB; what the CPU or the model "
      "cannot do runs as float32, with a warning",
      GST_TYPE_ECBSR_PRECISION, DEFAULT_PRECISION, flags);
}

static void
create_look_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  props[PROP_STRENGTH] = g_param_spec_double ("strength", "Strength",
      "How much of the network's work is seen: 1 all of it, 0 nothing but "
      "plain bicubic upscaling, between them a blend of both",
      0.0, 1.0, DEFAULT_STRENGTH, flags | GST_PARAM_CONTROLLABLE);
  props[PROP_COMPARE] = g_param_spec_enum ("compare", "Compare",
      "Show what the network does, beside plain bicubic upscaling",
      GST_TYPE_ECBSR_COMPARE, DEFAULT_COMPARE, flags);
  props[PROP_COMPARE_POSITION] = g_param_spec_double ("compare-position",
      "Compare position",
      "Where compare=split divides the picture: 0 at the left edge, 1 at the "
      "right edge", 0.0, 1.0, DEFAULT_COMPARE_POSITION,
      flags | GST_PARAM_CONTROLLABLE);
}

static void
create_negotiation_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_READY;

  props[PROP_PREFERRED_OUTPUT_WIDTH] =
      g_param_spec_uint ("preferred-output-width", "Preferred output width",
      "Ask a source that offers many sizes for one that becomes at most this "
      "wide, at 24 frames a second or more if it can; a wish, not a limit; 0 "
      "means any", 0, MAX_PREFERRED, DEFAULT_PREFERRED_OUTPUT_WIDTH, flags);
  props[PROP_PREFERRED_OUTPUT_HEIGHT] =
      g_param_spec_uint ("preferred-output-height", "Preferred output height",
      "As preferred-output-width, of the height; 0 means any", 0,
      MAX_PREFERRED, DEFAULT_PREFERRED_OUTPUT_HEIGHT, flags);
}

static void
create_status_properties (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  props[PROP_ACTIVE_MODEL] = g_param_spec_string ("active-model",
      "Active model", "Name of the model that upscales now", NULL, flags);
  props[PROP_BACKEND] = g_param_spec_string ("backend", "Backend",
      "What it runs on: the CPU's instruction set, number format and threads",
      NULL, flags);
  props[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "Numbers of frames, of dropped and of degraded ones since the start, of "
      "tiles, of those outside of regions of interest and of those skipped, the "
      "average, 95th percentile and maximum of the nanoseconds that each of "
      "the last 256 frames took, the level of overload control and the latency "
      "that is reported; notified once a second", GST_TYPE_STRUCTURE, flags);
}

/* With the object lock. */
static void
set_locked (GstEcbsr * self, guint prop_id, const GValue * value)
{
  const gchar *location;

  switch (prop_id) {
    case PROP_SCALE:
      self->wanted.scale = g_value_get_uint (value);
      break;
    case PROP_MODEL:
      self->wanted.model = g_value_get_enum (value);
      break;
    case PROP_MODEL_LOCATION:
      location = g_value_get_string (value);
      g_free (self->wanted.location);
      self->wanted.location =
          location && *location ? g_strdup (location) : NULL;
      break;
    case PROP_CONTENT:
      self->wanted.content = g_value_get_enum (value);
      break;
    case PROP_N_THREADS:
      self->wanted.n_threads = g_value_get_uint (value);
      break;
    case PROP_PRECISION:
      self->wanted.precision = g_value_get_enum (value);
      break;
    case PROP_STRENGTH:
      self->strength = g_value_get_double (value);
      break;
    case PROP_COMPARE:
      self->compare = g_value_get_enum (value);
      break;
    case PROP_COMPARE_POSITION:
      self->compare_position = g_value_get_double (value);
      break;
    case PROP_PREFERRED_OUTPUT_WIDTH:
      self->preferred_width = g_value_get_uint (value);
      break;
    case PROP_PREFERRED_OUTPUT_HEIGHT:
      self->preferred_height = g_value_get_uint (value);
      break;
    default:
      if (prop_id < PROP_SCOPE)
        gst_ecbsr_policy_set (&self->policy, prop_id - PROP_POLICY, value);
      else
        gst_ecbsr_scope_set (&self->scope, prop_id - PROP_SCOPE, value);
      break;
  }
}

void
gst_ecbsr_set_property (GObject * object, guint prop_id, const GValue * value,
    GParamSpec * pspec)
{
  if (prop_id >= PROP_ACTIVE_MODEL) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  }
  GST_OBJECT_LOCK (object);
  set_locked (GST_ECBSR (object), prop_id, value);
  GST_OBJECT_UNLOCK (object);
}

/* With the object lock. */
static void
get_locked (GstEcbsr * self, guint prop_id, GValue * value)
{
  switch (prop_id) {
    case PROP_SCALE:
      g_value_set_uint (value, self->wanted.scale);
      break;
    case PROP_MODEL:
      g_value_set_enum (value, self->wanted.model);
      break;
    case PROP_MODEL_LOCATION:
      g_value_set_string (value, self->wanted.location);
      break;
    case PROP_CONTENT:
      g_value_set_enum (value, self->wanted.content);
      break;
    case PROP_N_THREADS:
      g_value_set_uint (value, self->wanted.n_threads);
      break;
    case PROP_PRECISION:
      g_value_set_enum (value, self->wanted.precision);
      break;
    case PROP_STRENGTH:
      g_value_set_double (value, self->strength);
      break;
    case PROP_COMPARE:
      g_value_set_enum (value, self->compare);
      break;
    case PROP_COMPARE_POSITION:
      g_value_set_double (value, self->compare_position);
      break;
    case PROP_PREFERRED_OUTPUT_WIDTH:
      g_value_set_uint (value, self->preferred_width);
      break;
    case PROP_PREFERRED_OUTPUT_HEIGHT:
      g_value_set_uint (value, self->preferred_height);
      break;
    case PROP_ACTIVE_MODEL:
      g_value_set_string (value, self->active_model);
      break;
    case PROP_BACKEND:
      g_value_set_string (value, self->backend);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_ecbsr_stats_to_structure (self->stats));
      break;
    default:
      if (prop_id < PROP_SCOPE)
        gst_ecbsr_policy_get (&self->policy, prop_id - PROP_POLICY, value);
      else
        gst_ecbsr_scope_get (&self->scope, prop_id - PROP_SCOPE, value);
      break;
  }
}

void
gst_ecbsr_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec)
{
  if (prop_id >= N_PROPS) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    return;
  }
  GST_OBJECT_LOCK (object);
  get_locked (GST_ECBSR (object), prop_id, value);
  GST_OBJECT_UNLOCK (object);
}

gboolean
gst_ecbsr_properties_have_settings (GParamSpec ** pspecs, guint n_pspecs)
{
  guint i;

  for (i = 0; i < n_pspecs; i++) {
    if (pspecs[i] == props[PROP_SCALE] || pspecs[i] == props[PROP_MODEL]
        || pspecs[i] == props[PROP_MODEL_LOCATION]
        || pspecs[i] == props[PROP_CONTENT]
        || pspecs[i] == props[PROP_N_THREADS]
        || pspecs[i] == props[PROP_PRECISION])
      return TRUE;
  }
  return FALSE;
}

void
gst_ecbsr_notify_settings (GstEcbsr * self)
{
  guint i;

  g_object_freeze_notify (G_OBJECT (self));
  for (i = PROP_SCALE; i <= PROP_PRECISION; i++)
    g_object_notify_by_pspec (G_OBJECT (self), props[i]);
  g_object_thaw_notify (G_OBJECT (self));
}

static void
set_status (GstEcbsr * self, gchar ** field, guint prop_id, const gchar * value)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = g_strcmp0 (*field, value) != 0;
  if (changed) {
    g_free (*field);
    *field = g_strdup (value);
  }
  GST_OBJECT_UNLOCK (self);
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), props[prop_id]);
}

void
gst_ecbsr_set_active_model (GstEcbsr * self, const gchar * name)
{
  set_status (self, &self->active_model, PROP_ACTIVE_MODEL, name);
}

void
gst_ecbsr_set_backend (GstEcbsr * self, const gchar * backend)
{
  set_status (self, &self->backend, PROP_BACKEND, backend);
}

void
gst_ecbsr_notify_stats (GstEcbsr * self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATS]);
}

void
gst_ecbsr_properties_init (GstEcbsr * self)
{
  self->wanted.scale = DEFAULT_SCALE;
  self->wanted.model = DEFAULT_MODEL;
  self->wanted.content = DEFAULT_CONTENT;
  self->wanted.n_threads = DEFAULT_N_THREADS;
  self->wanted.precision = DEFAULT_PRECISION;
  self->strength = DEFAULT_STRENGTH;
  self->compare = DEFAULT_COMPARE;
  self->compare_position = DEFAULT_COMPARE_POSITION;
  self->preferred_width = DEFAULT_PREFERRED_OUTPUT_WIDTH;
  self->preferred_height = DEFAULT_PREFERRED_OUTPUT_HEIGHT;
  gst_ecbsr_policy_init (&self->policy);
  gst_ecbsr_scope_init (&self->scope);
}

void
gst_ecbsr_properties_install (GObjectClass * klass)
{
  create_model_properties ();
  create_look_properties ();
  create_negotiation_properties ();
  gst_ecbsr_policy_create_specs (&props[PROP_POLICY]);
  gst_ecbsr_scope_create_specs (&props[PROP_SCOPE]);
  create_status_properties ();
  g_object_class_install_properties (klass, N_PROPS, props);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_MODEL, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_CONTENT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_PRECISION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_COMPARE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_OVERLOAD_POLICY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_ROI_MODE, 0);
}
