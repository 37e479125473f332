/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The terms under which the element keeps pace: what properties and caps say. */

#pragma once

#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

#include "gstecbsrpolicy.h"

G_BEGIN_DECLS typedef struct
{
  GstEcbsrPolicy policy;
  gboolean live, qos;
  GstClockTime duration;        /* of a frame; GST_CLOCK_TIME_NONE: unknown */
  GstClockTime budget;          /* what a frame may take; or none */
} GstEcbsrTerms;

gboolean gst_ecbsr_terms_equal (const GstEcbsrTerms * a,
    const GstEcbsrTerms * b);

/* What overload control does under them. */
GstEcbsrOverloadPolicy gst_ecbsr_terms_get_policy (const GstEcbsrTerms * terms);

/* Whether models to go down to are of any use. */
gboolean gst_ecbsr_terms_want_levels (const GstEcbsrTerms * terms);

GstClockTime gst_ecbsr_terms_get_duration (const GstVideoInfo * info);

G_END_DECLS
