/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The properties that say what happens when time is short. */

#pragma once

#include "gstecbsrmodels.h"
#include "gstecbsroverload.h"

G_BEGIN_DECLS typedef struct
{
  GstEcbsrOverloadPolicy overload;
  GstClockTime max_processing_time;     /* 0: by the frame rate */
  GstEcbsrModel min_model;
  gboolean report_latency;
} GstEcbsrPolicy;

enum
{
  GST_ECBSR_POLICY_OVERLOAD,
  GST_ECBSR_POLICY_MAX_PROCESSING_TIME,
  GST_ECBSR_POLICY_MIN_MODEL,
  GST_ECBSR_POLICY_REPORT_LATENCY,
  GST_ECBSR_N_POLICIES,
};

#define GST_TYPE_ECBSR_OVERLOAD_POLICY (gst_ecbsr_overload_policy_get_type ())
GType gst_ecbsr_overload_policy_get_type (void);

/* The specifications of the properties, in the order of the enumeration. */
void gst_ecbsr_policy_create_specs (GParamSpec * specs[GST_ECBSR_N_POLICIES]);

void gst_ecbsr_policy_init (GstEcbsrPolicy * policy);
void gst_ecbsr_policy_set (GstEcbsrPolicy * policy, guint which,
    const GValue * value);
void gst_ecbsr_policy_get (const GstEcbsrPolicy * policy, guint which,
    GValue * value);

/* What a frame that lasts @duration may take; GST_CLOCK_TIME_NONE where both are
 * unknown. */
GstClockTime gst_ecbsr_policy_get_budget (const GstEcbsrPolicy * policy,
    GstClockTime duration);

/* Whether late frames may be dropped at all. */
gboolean gst_ecbsr_policy_may_drop (const GstEcbsrPolicy * policy);

G_END_DECLS
