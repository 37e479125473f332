/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrterms.h"

gboolean
gst_ecbsr_terms_equal (const GstEcbsrTerms * a, const GstEcbsrTerms * b)
{
  return a->live == b->live && a->qos == b->qos
      && a->duration == b->duration && a->budget == b->budget
      && a->policy.overload == b->policy.overload
      && a->policy.min_model == b->policy.min_model
      && a->policy.report_latency == b->policy.report_latency;
}

GstEcbsrOverloadPolicy
gst_ecbsr_terms_get_policy (const GstEcbsrTerms * terms)
{
  return terms->live && terms->qos ? terms->policy.overload
      : GST_ECBSR_OVERLOAD_NONE;
}

gboolean
gst_ecbsr_terms_want_levels (const GstEcbsrTerms * terms)
{
  GstEcbsrOverloadPolicy policy = gst_ecbsr_terms_get_policy (terms);

  return GST_CLOCK_TIME_IS_VALID (terms->budget)
      && (policy == GST_ECBSR_OVERLOAD_DEGRADE
      || policy == GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP);
}

GstClockTime
gst_ecbsr_terms_get_duration (const GstVideoInfo * info)
{
  if (info->fps_n <= 0 || info->fps_d <= 0)
    return GST_CLOCK_TIME_NONE;
  return gst_util_uint64_scale_int (GST_SECOND, info->fps_d,
      GST_VIDEO_INFO_FIELD_RATE_N (info));
}
