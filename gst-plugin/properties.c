/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "properties.h"

#include "caps.h"

enum
{
  PROP_0,
  PROP_SCALE,                   /* to PROP_PRECISION: GstEcbsrConfig */
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
  PROP_OVERLOAD_POLICY,
  PROP_MAX_PROCESSING_TIME,
  PROP_MIN_MODEL,
  PROP_REPORT_LATENCY,
  PROP_ROI_MODE,
  PROP_ROI_X,
  PROP_ROI_Y,
  PROP_ROI_WIDTH,
  PROP_ROI_HEIGHT,
  PROP_SKIP_STATIC,
  PROP_ACTIVE_MODEL,
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
#define DEFAULT_OVERLOAD_POLICY GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP
#define DEFAULT_MAX_PROCESSING_TIME 0
#define DEFAULT_MIN_MODEL GST_ECBSR_MODEL_BICUBIC
#define DEFAULT_REPORT_LATENCY TRUE
#define DEFAULT_ROI_MODE GST_ECBSR_ROI_OFF
#define DEFAULT_SKIP_STATIC FALSE
#define MAX_PREFERRED (ECBSR_MAX_SIZE * GST_ECBSR_MAX_SCALE)

/**
 * GstEcbsrCompare:
 * @GST_ECBSR_COMPARE_OFF: the network everywhere
 * @GST_ECBSR_COMPARE_SPLIT: bicubic left of #GstEcbsr:compare-position, the network right of it
 *
 * Since: 0.1
 */
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

  return gst_ecbsr_register_enum (&type, "GstEcbsrCompare", values);
}

/**
 * GstEcbsrPrecision:
 * @ECBSR_PRECISION_AUTO: the fastest on this machine, by measurement, whose loss is at most
 *   0.05 dB
 * @ECBSR_PRECISION_FLOAT32: 32 bits
 * @ECBSR_PRECISION_BFLOAT16: 16 bits
 * @ECBSR_PRECISION_INT8: 8 bits, for models that were prepared for it
 *
 * Since: 0.1
 */
#define GST_TYPE_ECBSR_PRECISION (gst_ecbsr_precision_get_type ())
static GType
gst_ecbsr_precision_get_type (void)
{
  static const GEnumValue values[] = {
    {ECBSR_PRECISION_AUTO,
          "The fastest here, by measurement, whose loss is at most 0.05 dB",
        "auto"},
    {ECBSR_PRECISION_FLOAT32, "32 bits: the most exact", "float32"},
    {ECBSR_PRECISION_BFLOAT16, "16 bits: faster on CPUs that know it",
        "bfloat16"},
    {ECBSR_PRECISION_INT8,
        "8 bits: the fastest, for models that were prepared for it", "int8"},
    {0, NULL, NULL},
  };
  static gsize type = 0;

  return gst_ecbsr_register_enum (&type, "GstEcbsrPrecision", values);
}

/**
 * GstEcbsrOverloadPolicy:
 * @GST_ECBSR_OVERLOAD_NONE: never degrade or drop
 * @GST_ECBSR_OVERLOAD_DEGRADE: use cheaper models, drop nothing
 * @GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP: use cheaper models; drop late frames where the
 *   cheapest is too slow
 * @GST_ECBSR_OVERLOAD_DROP: drop late frames, keep the model
 *
 * Since: 0.1
 */
#define GST_TYPE_ECBSR_OVERLOAD_POLICY (gst_ecbsr_overload_policy_get_type ())
static GType
gst_ecbsr_overload_policy_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_ECBSR_OVERLOAD_NONE, "Never degrade or drop", "none"},
    {GST_ECBSR_OVERLOAD_DEGRADE, "Use cheaper models, drop nothing", "degrade"},
    {GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
          "Use cheaper models; drop late frames where the cheapest is too slow",
        "degrade-then-drop"},
    {GST_ECBSR_OVERLOAD_DROP, "Drop late frames, keep the model", "drop"},
    {0, NULL, NULL},
  };
  static gsize type = 0;

  return gst_ecbsr_register_enum (&type, "GstEcbsrOverloadPolicy", values);
}

/**
 * GstEcbsrRoiMode:
 * @GST_ECBSR_ROI_OFF: the network everywhere
 * @GST_ECBSR_ROI_RECTANGLE: the network within one rectangle
 * @GST_ECBSR_ROI_META: the network within every #GstVideoRegionOfInterestMeta of a buffer
 *
 * Since: 0.1
 */
#define GST_TYPE_ECBSR_ROI_MODE (gst_ecbsr_roi_mode_get_type ())
static GType
gst_ecbsr_roi_mode_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_ECBSR_ROI_OFF, "The network everywhere", "off"},
    {GST_ECBSR_ROI_RECTANGLE,
        "The network within roi-x, roi-y, roi-width, roi-height", "rectangle"},
    {GST_ECBSR_ROI_META,
          "The network within the regions of interest that come with a buffer",
        "meta"},
    {0, NULL, NULL},
  };
  static gsize type = 0;

  return gst_ecbsr_register_enum (&type, "GstEcbsrRoiMode", values);
}

static void
create_model_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  /**
   * GstEcbsr:scale:
   *
   * How many times wider and higher the video becomes; 1 passes it through
   * untouched, unless #GstEcbsr:model-location is a network that keeps the size: that
   * runs. A scale that downstream does not take is rejected with a warning.
   *
   * Since: 0.1
   */
  props[PROP_SCALE] = g_param_spec_uint ("scale", "Scale",
      "How many times wider and higher the video becomes; 1 passes it through "
      "unchanged, unless model-location is a network that keeps the size", 1,
      GST_ECBSR_MAX_SCALE, DEFAULT_SCALE, flags);
  /**
   * GstEcbsr:model:
   *
   * Which built-in network upscales the video. AUTO behind a live source is the
   * best that this CPU runs within 80 % of a frame's budget, else the same on any
   * machine.
   *
   * Since: 0.1
   */
  props[PROP_MODEL] = g_param_spec_enum ("model", "Model",
      "Which built-in network upscales the video; larger ones look better and "
      "need more CPU", GST_TYPE_ECBSR_MODEL, DEFAULT_MODEL, flags);
  /**
   * GstEcbsr:model-location:
   *
   * Path of a model file in place of #GstEcbsr:model. It has to be one for
   * #GstEcbsr:scale: set both in one g_object_set (), they are loaded together.
   *
   * Since: 0.1
   */
  props[PROP_MODEL_LOCATION] = g_param_spec_string ("model-location",
      "Model location",
      "Path of a model file (.safetensors) to use instead of a built-in model; "
      "it has to be one for the scale that is set", NULL, flags);
  /**
   * GstEcbsr:content:
   *
   * Which training of the built-in model runs. AUTO is CAMERA behind a live source
   * where there is such a model, else CLEAN.
   *
   * Since: 0.1
   */
  props[PROP_CONTENT] = g_param_spec_enum ("content", "Content",
      "Which training of the built-in model: for clean pictures or for what "
      "cameras send; auto is camera behind a live source where there is such "
      "a model, else clean", GST_TYPE_ECBSR_CONTENT, DEFAULT_CONTENT, flags);
  /**
   * GstEcbsr:n-threads:
   *
   * How many threads work on a frame; 0 means one for each CPU that the process may
   * use. The result does not depend on it.
   *
   * Since: 0.1
   */
  props[PROP_N_THREADS] = g_param_spec_uint ("n-threads", "Number of threads",
      "How many threads work on a frame; 0 means one for each CPU that the "
      "process may use", 0, MAX_N_THREADS, DEFAULT_N_THREADS, flags);
  /**
   * GstEcbsr:precision:
   *
   * Number format of the network's inner layers. What the CPU or the model cannot do
   * runs as float32, with a warning.
   *
   * Since: 0.1
   */
  props[PROP_PRECISION] = g_param_spec_enum ("precision", "Precision",
      "Number format of the network's inner layers: auto takes the fastest "
      "on this machine, by measurement, whose loss is at most 0.05 dB; what the CPU or the model "
      "cannot do runs as float32, with a warning",
      GST_TYPE_ECBSR_PRECISION, DEFAULT_PRECISION, flags);
}

static void
create_look_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  /**
   * GstEcbsr:strength:
   *
   * How much of the network's work is seen: 1 all of it, 0 nothing but the cubic
   * upscale.
   *
   * Since: 0.1
   */
  props[PROP_STRENGTH] = g_param_spec_double ("strength", "Strength",
      "How much of the network's work is seen: 1 all of it, 0 nothing but "
      "plain bicubic upscaling, between them a blend of both",
      0.0, 1.0, DEFAULT_STRENGTH, flags | GST_PARAM_CONTROLLABLE);
  /**
   * GstEcbsr:compare:
   *
   * Whether the network is shown beside the cubic upscale.
   *
   * Since: 0.1
   */
  props[PROP_COMPARE] = g_param_spec_enum ("compare", "Compare",
      "Show what the network does, beside plain bicubic upscaling",
      GST_TYPE_ECBSR_COMPARE, DEFAULT_COMPARE, flags);
  /**
   * GstEcbsr:compare-position:
   *
   * Where compare=split divides the picture: 0 at the left edge, 1 at the right
   * edge.
   *
   * Since: 0.1
   */
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

  /**
   * GstEcbsr:preferred-output-width:
   *
   * The greatest width that the output should have where a camera offers many
   * sizes; 0 means any. A preference, not a limit.
   *
   * Since: 0.1
   */
  props[PROP_PREFERRED_OUTPUT_WIDTH] =
      g_param_spec_uint ("preferred-output-width", "Preferred output width",
      "Ask a source that offers many sizes for one that becomes at most this "
      "wide, at 24 frames a second or more if it can; a preference, not a "
      "limit; 0 means any", 0, MAX_PREFERRED,
      DEFAULT_PREFERRED_OUTPUT_WIDTH, flags);
  /**
   * GstEcbsr:preferred-output-height:
   *
   * As #GstEcbsr:preferred-output-width, of the height.
   *
   * Since: 0.1
   */
  props[PROP_PREFERRED_OUTPUT_HEIGHT] =
      g_param_spec_uint ("preferred-output-height", "Preferred output height",
      "As preferred-output-width, of the height; 0 means any", 0,
      MAX_PREFERRED, DEFAULT_PREFERRED_OUTPUT_HEIGHT, flags);
}

static void
create_qos_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  /**
   * GstEcbsr:overload-policy:
   *
   * What happens where frames take longer than there is time, behind a live
   * source, whatever the sink. Needs #GstBaseTransform:qos.
   *
   * Since: 0.1
   */
  props[PROP_OVERLOAD_POLICY] = g_param_spec_enum ("overload-policy",
      "Overload policy",
      "What to do where frames take longer than there is time; only behind a "
      "live source, and with qos on", GST_TYPE_ECBSR_OVERLOAD_POLICY,
      DEFAULT_OVERLOAD_POLICY, flags);
  /**
   * GstEcbsr:max-processing-time:
   *
   * What a frame may take, in nanoseconds; 0 means 80 % of its duration, without
   * limit where nothing says how long that is.
   *
   * Since: 0.1
   */
  props[PROP_MAX_PROCESSING_TIME] =
      g_param_spec_uint64 ("max-processing-time", "Maximum processing time",
      "How many nanoseconds a frame may take; 0 means 80 % of its duration, "
      "by the timestamps where the frame rate is variable, unknown or above 240",
      0, G_MAXINT64, DEFAULT_MAX_PROCESSING_TIME, flags);
  /**
   * GstEcbsr:min-model:
   *
   * Lowest-quality model that overload control and model=auto may select. AUTO names
   * none: an error at the start, a warning while playing.
   *
   * Since: 0.1
   */
  props[PROP_MIN_MODEL] = g_param_spec_enum ("min-model",
      "Minimum model",
      "Lowest-quality model that overload control and model=auto may select",
      GST_TYPE_ECBSR_MODEL, DEFAULT_MIN_MODEL, flags);
  /**
   * GstEcbsr:report-latency:
   *
   * Whether the time that a frame is expected to take is added to the pipeline's
   * latency behind a live source: half as much again as measured on this machine,
   * from 1 ms to #GstEcbsr:max-processing-time.
   *
   * Since: 0.1
   */
  props[PROP_REPORT_LATENCY] =
      g_param_spec_boolean ("report-latency", "Report latency",
      "Behind a live source, add the time that a frame is expected to take to "
      "the pipeline's latency", DEFAULT_REPORT_LATENCY, flags);
}

static GParamSpec *
new_pixels (const gchar * name, const gchar * nick, const gchar * blurb,
    GParamFlags flags)
{
  return g_param_spec_uint (name, nick, blurb, 0, G_MAXINT, 0,
      flags | GST_PARAM_CONTROLLABLE);
}

static void
create_region_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  /**
   * GstEcbsr:roi-mode:
   *
   * Where the network works; everywhere else the upscaling is bicubic.
   *
   * Since: 0.1
   */
  props[PROP_ROI_MODE] = g_param_spec_enum ("roi-mode",
      "Region of interest mode",
      "Where the network works; everywhere else the upscaling is bicubic, "
      "which costs less", GST_TYPE_ECBSR_ROI_MODE, DEFAULT_ROI_MODE, flags);
  /**
   * GstEcbsr:roi-x:
   *
   * Left edge of the region of roi-mode=rectangle, in input pixels.
   *
   * Since: 0.1
   */
  props[PROP_ROI_X] = new_pixels ("roi-x", "Region x",
      "Left edge of the region of roi-mode=rectangle, in input pixels", flags);
  /**
   * GstEcbsr:roi-y:
   *
   * Top edge of the region of roi-mode=rectangle, in input pixels.
   *
   * Since: 0.1
   */
  props[PROP_ROI_Y] = new_pixels ("roi-y", "Region y",
      "Top edge of the region of roi-mode=rectangle, in input pixels", flags);
  /**
   * GstEcbsr:roi-width:
   *
   * Width of the region of roi-mode=rectangle, in input pixels.
   *
   * Since: 0.1
   */
  props[PROP_ROI_WIDTH] = new_pixels ("roi-width", "Region width",
      "Width of the region of roi-mode=rectangle, in input pixels", flags);
  /**
   * GstEcbsr:roi-height:
   *
   * Height of the region of roi-mode=rectangle, in input pixels.
   *
   * Since: 0.1
   */
  props[PROP_ROI_HEIGHT] = new_pixels ("roi-height",
      "Region height",
      "Height of the region of roi-mode=rectangle, in input pixels", flags);
  /**
   * GstEcbsr:skip-static:
   *
   * Whether parts of the picture that have not changed since the last frame are
   * reused. The result is the same to the bit.
   *
   * Since: 0.1
   */
  props[PROP_SKIP_STATIC] = g_param_spec_boolean ("skip-static",
      "Skip static",
      "Do not work again on parts of the picture that have not changed since "
      "the last frame; the result is the same to the bit",
      DEFAULT_SKIP_STATIC, flags);
}

static void
create_status_properties (void)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  /**
   * GstEcbsr:active-model:
   *
   * Name of the model that runs: a built-in file such as ecbsr-m4c8-x2, bicubic, or
   * the name in the file of #GstEcbsr:model-location.
   *
   * Since: 0.1
   */
  props[PROP_ACTIVE_MODEL] = g_param_spec_string ("active-model",
      "Active model", "Name of the model that upscales now", NULL, flags);
  /**
   * GstEcbsr:backend:
   *
   * What it runs on, such as "avx2, float32, 4 threads".
   *
   * Since: 0.1
   */
  props[PROP_BACKEND] = g_param_spec_string ("backend", "Backend",
      "What it runs on: the CPU's instruction set, number format and threads",
      NULL, flags);
  /**
   * GstEcbsr:stats:
   *
   * A #GstStructure "ecbsr-stats", notified about once a second, with since the
   * start `frames`, `dropped`, `invalid` (dropped because they could not be read or
   * written), `degraded` (at a level below the first), `tiles`, `tiles-outside` (of
   * regions of interest), `tiles-skipped` (as in the last frame; all guint64); of the
   * latest 256 frames at most `average-ns`, `p95-ns`, `max-ns` (guint64); as they are
   * `level` (guint), `latency-ns` (guint64), and as in #GstEcbsr:backend `precision`,
   * `instruction-set` (strings, NULL while nothing runs) and `threads` (guint).
   *
   * Since: 0.1
   */
  props[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "Numbers of frames, of dropped, invalid and degraded ones since the start, of "
      "tiles, of those outside of regions of interest and of those skipped, the "
      "average, 95th percentile and maximum of the nanoseconds that each of "
      "the last 256 frames took, the level of overload control, the latency "
      "that is reported, and the precision, instruction set and threads in use; "
      "notified once a second", GST_TYPE_STRUCTURE, flags);
}

void
gst_ecbsr_set_property (GObject * object, guint prop_id, const GValue * value,
    GParamSpec * pspec)
{
  GstEcbsr *self = GST_ECBSR (object);
  g_autoptr (GError) error = NULL;
  const gchar *location;

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_SCALE:
      self->requested.scale = g_value_get_uint (value);
      break;
    case PROP_MODEL:
      self->requested.model = g_value_get_enum (value);
      break;
    case PROP_MODEL_LOCATION:
      location = g_value_get_string (value);
      g_free (self->requested.location);
      self->requested.location =
          location && *location ? g_strdup (location) : NULL;
      break;
    case PROP_CONTENT:
      self->requested.content = g_value_get_enum (value);
      break;
    case PROP_N_THREADS:
      self->requested.n_threads = g_value_get_uint (value);
      break;
    case PROP_PRECISION:
      self->requested.precision = g_value_get_enum (value);
      break;
    case PROP_STRENGTH:
      self->frame_config.strength = g_value_get_double (value);
      break;
    case PROP_COMPARE:
      self->frame_config.compare = g_value_get_enum (value);
      break;
    case PROP_COMPARE_POSITION:
      self->frame_config.compare_position = g_value_get_double (value);
      break;
    case PROP_PREFERRED_OUTPUT_WIDTH:
      self->preferred_width = g_value_get_uint (value);
      break;
    case PROP_PREFERRED_OUTPUT_HEIGHT:
      self->preferred_height = g_value_get_uint (value);
      break;
    case PROP_OVERLOAD_POLICY:
      self->qos_config.overload_policy = g_value_get_enum (value);
      break;
    case PROP_MAX_PROCESSING_TIME:
      self->qos_config.max_processing_time = g_value_get_uint64 (value);
      break;
    case PROP_MIN_MODEL:
      /* before it starts, starting fails */
      if (!self->setup || gst_ecbsr_models_check_lowest (g_value_get_enum
              (value), &error))
        self->qos_config.min_model = g_value_get_enum (value);
      break;
    case PROP_REPORT_LATENCY:
      self->qos_config.report_latency = g_value_get_boolean (value);
      break;
    case PROP_ROI_MODE:
      self->frame_config.roi_mode = g_value_get_enum (value);
      break;
    case PROP_ROI_X:
      self->frame_config.rectangle.x = g_value_get_uint (value);
      break;
    case PROP_ROI_Y:
      self->frame_config.rectangle.y = g_value_get_uint (value);
      break;
    case PROP_ROI_WIDTH:
      self->frame_config.rectangle.width = g_value_get_uint (value);
      break;
    case PROP_ROI_HEIGHT:
      self->frame_config.rectangle.height = g_value_get_uint (value);
      break;
    case PROP_SKIP_STATIC:
      self->frame_config.skip_static = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  if (prop_id <= PROP_PRECISION)
    self->serial++;
  GST_OBJECT_UNLOCK (self);
  if (error)
    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, error,
        "min-model stays as it was");
}

void
gst_ecbsr_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec)
{
  GstEcbsr *self = GST_ECBSR (object);

  GST_OBJECT_LOCK (self);
  switch (prop_id) {
    case PROP_SCALE:
      g_value_set_uint (value, self->requested.scale);
      break;
    case PROP_MODEL:
      g_value_set_enum (value, self->requested.model);
      break;
    case PROP_MODEL_LOCATION:
      g_value_set_string (value, self->requested.location);
      break;
    case PROP_CONTENT:
      g_value_set_enum (value, self->requested.content);
      break;
    case PROP_N_THREADS:
      g_value_set_uint (value, self->requested.n_threads);
      break;
    case PROP_PRECISION:
      g_value_set_enum (value, self->requested.precision);
      break;
    case PROP_STRENGTH:
      g_value_set_double (value, self->frame_config.strength);
      break;
    case PROP_COMPARE:
      g_value_set_enum (value, self->frame_config.compare);
      break;
    case PROP_COMPARE_POSITION:
      g_value_set_double (value, self->frame_config.compare_position);
      break;
    case PROP_PREFERRED_OUTPUT_WIDTH:
      g_value_set_uint (value, self->preferred_width);
      break;
    case PROP_PREFERRED_OUTPUT_HEIGHT:
      g_value_set_uint (value, self->preferred_height);
      break;
    case PROP_OVERLOAD_POLICY:
      g_value_set_enum (value, self->qos_config.overload_policy);
      break;
    case PROP_MAX_PROCESSING_TIME:
      g_value_set_uint64 (value, self->qos_config.max_processing_time);
      break;
    case PROP_MIN_MODEL:
      g_value_set_enum (value, self->qos_config.min_model);
      break;
    case PROP_REPORT_LATENCY:
      g_value_set_boolean (value, self->qos_config.report_latency);
      break;
    case PROP_ROI_MODE:
      g_value_set_enum (value, self->frame_config.roi_mode);
      break;
    case PROP_ROI_X:
      g_value_set_uint (value, self->frame_config.rectangle.x);
      break;
    case PROP_ROI_Y:
      g_value_set_uint (value, self->frame_config.rectangle.y);
      break;
    case PROP_ROI_WIDTH:
      g_value_set_uint (value, self->frame_config.rectangle.width);
      break;
    case PROP_ROI_HEIGHT:
      g_value_set_uint (value, self->frame_config.rectangle.height);
      break;
    case PROP_SKIP_STATIC:
      g_value_set_boolean (value, self->frame_config.skip_static);
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
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_ecbsr_properties_have_config (GParamSpec ** pspecs, guint n_pspecs)
{
  guint i, k;

  for (i = 0; i < n_pspecs; i++)
    for (k = PROP_SCALE; k <= PROP_PRECISION; k++)
      if (pspecs[i] == props[k])
        return TRUE;
  return FALSE;
}

GstEcbsrQosConfig
gst_ecbsr_get_qos_config (GstEcbsr * self)
{
  gboolean enabled =
      gst_base_transform_is_qos_enabled (GST_BASE_TRANSFORM (self));
  GstEcbsrQosConfig config;

  GST_OBJECT_LOCK (self);
  config = self->qos_config;
  config.live = self->source_live;
  GST_OBJECT_UNLOCK (self);
  config.enabled = enabled;
  return config;
}

/* Past the element's own dispatcher, which takes a notification for the end of a
 * g_object_set (), and past the queue of notifications, which would leave to this
 * thread those of another one that is setting properties. */
void
gst_ecbsr_notify_config (GstEcbsr * self)
{
  GObjectClass *parent_class =
      g_type_class_peek_parent (G_OBJECT_GET_CLASS (self));

  parent_class->dispatch_properties_changed (G_OBJECT (self),
      PROP_PRECISION - PROP_SCALE + 1, &props[PROP_SCALE]);
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
  self->requested.scale = DEFAULT_SCALE;
  self->requested.model = DEFAULT_MODEL;
  self->requested.content = DEFAULT_CONTENT;
  self->requested.n_threads = DEFAULT_N_THREADS;
  self->requested.precision = DEFAULT_PRECISION;
  self->frame_config.strength = DEFAULT_STRENGTH;
  self->frame_config.compare = DEFAULT_COMPARE;
  self->frame_config.compare_position = DEFAULT_COMPARE_POSITION;
  self->preferred_width = DEFAULT_PREFERRED_OUTPUT_WIDTH;
  self->preferred_height = DEFAULT_PREFERRED_OUTPUT_HEIGHT;
  self->qos_config.overload_policy = DEFAULT_OVERLOAD_POLICY;
  self->qos_config.max_processing_time = DEFAULT_MAX_PROCESSING_TIME;
  self->qos_config.min_model = DEFAULT_MIN_MODEL;
  self->qos_config.report_latency = DEFAULT_REPORT_LATENCY;
  self->frame_config.roi_mode = DEFAULT_ROI_MODE;
  self->frame_config.skip_static = DEFAULT_SKIP_STATIC;
}

void
gst_ecbsr_properties_install (GObjectClass * klass)
{
  create_model_properties ();
  create_look_properties ();
  create_negotiation_properties ();
  create_qos_properties ();
  create_region_properties ();
  create_status_properties ();
  g_object_class_install_properties (klass, N_PROPS, props);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_MODEL, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_CONTENT, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_PRECISION, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_COMPARE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_OVERLOAD_POLICY, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_ECBSR_ROI_MODE, 0);
}
