/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Overload control: which of the quality levels, ever cheaper models, runs, and
 * which frames are dropped. Nothing but logic: time, frame times and what the sink says
 * are passed in. Not thread-safe.
 *
 * Level 0 is the chosen model, the last level the lowest. Down at once to the best
 * level that is predicted to fit, when
 *   - one frame takes more than twice its budget,
 *   - three of the last eight frames take more than their budget,
 *   - the prediction for the running level is over the budget, or
 *   - the sink says that frames are late by more than a frame (one level).
 * Up one level at a time, after the prediction for the next one has left slack for
 * a while: 10 s at first. An upgrade that does not last doubles that wait,
 * one that does takes it back to 10 s.
 *
 * The prediction for a level: its cost on the idle machine × the load, plus what
 * comes on top at any level (conversion). The load is the ratio of frame times to
 * costs at the level that runs, averaged. Where the network works on a share of the
 * picture only, costs are what they are without a network, plus that share, also
 * averaged, of the rest. */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef enum
{
  GST_ECBSR_OVERLOAD_NONE,
  GST_ECBSR_OVERLOAD_DEGRADE,
  GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
  GST_ECBSR_OVERLOAD_DROP,
} GstEcbsrOverloadPolicy;

#define GST_ECBSR_MAX_LEVELS 12

/* What a frame that lasts @duration may take: @max_processing_time, or by default
 * (0) 80 % of its duration; GST_CLOCK_TIME_NONE where both are unknown. */
GstClockTime gst_ecbsr_overload_get_budget (GstClockTime max_processing_time,
    GstClockTime duration);

/* What a model may cost that is chosen for @budget: it leaves as much room as an
 * upgrade does. */
GstClockTime gst_ecbsr_overload_get_slack_budget (GstClockTime budget);

typedef struct
{
  guint from, to;
  const gchar *reason;          /* static */
  GstClockTime average;         /* of the latest frames at @from */
} GstEcbsrLevelChange;

typedef struct _GstEcbsrOverload GstEcbsrOverload;

GstEcbsrOverload *gst_ecbsr_overload_new (void);
void gst_ecbsr_overload_free (GstEcbsrOverload * overload);

/* Forgets everything but policy and budget. */
void gst_ecbsr_overload_reset (GstEcbsrOverload * overload);
/* Forgets what the sink has said, as after a flush. */
void gst_ecbsr_overload_forget_qos (GstEcbsrOverload * overload);

/* @budget: what a frame may take; @duration: how long it lasts. Without a budget
 * (GST_CLOCK_TIME_NONE), or with a policy that does not degrade, level 0 runs. */
void gst_ecbsr_overload_set_budget (GstEcbsrOverload * overload,
    GstEcbsrOverloadPolicy policy, GstClockTime budget, GstClockTime duration);

/* @costs: of a frame at each level on the idle machine, falling. Starts at level
 * 0; what is known of the load stays. 0 levels: nothing is known. */
void gst_ecbsr_overload_set_levels (GstEcbsrOverload * overload,
    const GstClockTime * costs, guint n_levels);

/* What a frame costs without a network, 0 until told. */
void gst_ecbsr_overload_set_base (GstEcbsrOverload * overload,
    GstClockTime cost);

/* On what share of the picture the network, if any, was to work in the frame that is
 * taken next; 1 until told. */
void gst_ecbsr_overload_set_share (GstEcbsrOverload * overload, gdouble share);

/* What a QOS event says. Before the first one with a jitter nothing is done: no sink
 * waits for the clock. */
void gst_ecbsr_overload_take_qos (GstEcbsrOverload * overload,
    GstClockTime timestamp, GstClockTimeDiff jitter, gdouble proportion);

/* Whether the frame at @running_time is to be dropped, before any work is done. */
gboolean gst_ecbsr_overload_drops (GstEcbsrOverload * overload,
    GstClockTime running_time);

/* A frame took @total, @network of it in the model. TRUE: from now on another
 * level runs. @now only has to grow. */
gboolean gst_ecbsr_overload_take_frame (GstEcbsrOverload * overload,
    GstClockTime now, GstClockTime total, GstClockTime network,
    GstEcbsrLevelChange * change);

guint gst_ecbsr_overload_get_level (const GstEcbsrOverload * overload);
/* Whether it could still go down. */
gboolean gst_ecbsr_overload_has_lower (const GstEcbsrOverload * overload);

/* For QOS messages. @quality: 1000000 at level 0, less by equal steps. */
typedef struct
{
  GstClockTimeDiff jitter;
  gdouble proportion;
  gint quality;
} GstEcbsrQosValues;

void gst_ecbsr_overload_get_qos (const GstEcbsrOverload * overload,
    GstEcbsrQosValues * qos);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrOverload, gst_ecbsr_overload_free)

G_END_DECLS
