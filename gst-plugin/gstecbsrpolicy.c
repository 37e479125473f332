/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrpolicy.h"

#define DEFAULT_OVERLOAD_POLICY GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP
#define DEFAULT_MAX_PROCESSING_TIME 0
#define DEFAULT_MIN_MODEL GST_ECBSR_MODEL_BICUBIC
#define DEFAULT_REPORT_LATENCY TRUE

/* Of a frame's duration, unless max-processing-time says more or less. */
#define BUDGET_PERCENT 80

GType
gst_ecbsr_overload_policy_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_ECBSR_OVERLOAD_NONE, "Go on as if there were time", "none"},
    {GST_ECBSR_OVERLOAD_DEGRADE, "Use cheaper models, drop nothing", "degrade"},
    {GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
          "Use cheaper models; drop late frames where the cheapest is too slow",
        "degrade-then-drop"},
    {GST_ECBSR_OVERLOAD_DROP, "Drop late frames, keep the model", "drop"},
    {0, NULL, NULL},
  };
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    GType t = g_enum_register_static ("GstEcbsrOverloadPolicy", values);
    g_once_init_leave (&type, t);
  }
  return type;
}

void
gst_ecbsr_policy_create_specs (GParamSpec * specs[GST_ECBSR_N_POLICIES])
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  specs[GST_ECBSR_POLICY_OVERLOAD] = g_param_spec_enum ("overload-policy",
      "Overload policy",
      "What to do where frames take longer than there is time; only behind a "
      "live source, before a sink that waits for the clock and sends QoS "
      "events, and with qos on", GST_TYPE_ECBSR_OVERLOAD_POLICY,
      DEFAULT_OVERLOAD_POLICY, flags);
  specs[GST_ECBSR_POLICY_MAX_PROCESSING_TIME] =
      g_param_spec_uint64 ("max-processing-time", "Maximum processing time",
      "How many nanoseconds a frame may take; 0 means 80 % of its duration, "
      "without limit where the frame rate is variable or unknown",
      0, G_MAXINT64, DEFAULT_MAX_PROCESSING_TIME, flags);
  specs[GST_ECBSR_POLICY_MIN_MODEL] = g_param_spec_enum ("min-model",
      "Minimum model",
      "The least model that overload-policy and model=auto may go down to",
      GST_TYPE_ECBSR_MODEL, DEFAULT_MIN_MODEL, flags);
  specs[GST_ECBSR_POLICY_REPORT_LATENCY] =
      g_param_spec_boolean ("report-latency", "Report latency",
      "Behind a live source, add the time that a frame may take to the "
      "pipeline's latency", DEFAULT_REPORT_LATENCY, flags);
}

void
gst_ecbsr_policy_init (GstEcbsrPolicy * policy)
{
  policy->overload = DEFAULT_OVERLOAD_POLICY;
  policy->max_processing_time = DEFAULT_MAX_PROCESSING_TIME;
  policy->min_model = DEFAULT_MIN_MODEL;
  policy->report_latency = DEFAULT_REPORT_LATENCY;
}

void
gst_ecbsr_policy_set (GstEcbsrPolicy * policy, guint which,
    const GValue * value)
{
  switch (which) {
    case GST_ECBSR_POLICY_OVERLOAD:
      policy->overload = g_value_get_enum (value);
      break;
    case GST_ECBSR_POLICY_MAX_PROCESSING_TIME:
      policy->max_processing_time = g_value_get_uint64 (value);
      break;
    case GST_ECBSR_POLICY_MIN_MODEL:
      policy->min_model = g_value_get_enum (value);
      break;
    default:
      policy->report_latency = g_value_get_boolean (value);
      break;
  }
}

void
gst_ecbsr_policy_get (const GstEcbsrPolicy * policy, guint which,
    GValue * value)
{
  switch (which) {
    case GST_ECBSR_POLICY_OVERLOAD:
      g_value_set_enum (value, policy->overload);
      break;
    case GST_ECBSR_POLICY_MAX_PROCESSING_TIME:
      g_value_set_uint64 (value, policy->max_processing_time);
      break;
    case GST_ECBSR_POLICY_MIN_MODEL:
      g_value_set_enum (value, policy->min_model);
      break;
    default:
      g_value_set_boolean (value, policy->report_latency);
      break;
  }
}

GstClockTime
gst_ecbsr_policy_get_budget (const GstEcbsrPolicy * policy,
    GstClockTime duration)
{
  if (policy->max_processing_time)
    return policy->max_processing_time;
  if (!GST_CLOCK_TIME_IS_VALID (duration))
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale_int (duration, BUDGET_PERCENT, 100);
}

gboolean
gst_ecbsr_policy_may_drop (const GstEcbsrPolicy * policy)
{
  return policy->overload == GST_ECBSR_OVERLOAD_DROP
      || policy->overload == GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP;
}
