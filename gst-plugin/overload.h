/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Overload control: which of the quality levels, ever cheaper models, runs, and
 * which frames are dropped. Nothing but logic: time, frame times and what the sink says
 * are passed in. Not thread-safe.
 *
 * Level 0 is the chosen model, the last level the lowest. Down at once to the best
 * level that is predicted to fit, when
 *   - one frame takes more than twice its budget,
 *   - three of the last eight frames take more than their budget,
 *   - the prediction for the running level is over the budget,
 *   - the streaming thread falls behind, though frames take no more than their budget
 *     here, and is a frame behind already, or
 *   - the sink says that frames are late by more than a frame (one level).
 * Up one level at a time, after the prediction for the next one has left slack for
 * a while: 10 s at first. An upgrade that does not last doubles that wait,
 * one that does takes it back to 10 s.
 *
 * The thread falls behind where it is busy for longer than frames last: here, with what
 * comes before and after in the same thread, and where a full queue holds it up. The
 * time in which it waits for its next frame is no part of that: a source that is slow,
 * stamps frames of another rate than it says, or pauses has not to be helped. Nor is that in
 * which a sink waits for the clock, which no cheaper level makes shorter. Where
 * the frame rate is known, frames that are missing count as if they had come: a source
 * or a queue that does not wait has dropped them.
 *
 * Frames are dropped where no level is left, or the policy has none:
 *   - that come before what the sink says is late, or
 *   - that come more than two frames later than the source alone makes them, while
 *     frames take longer than they last, or the thread falls behind.
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
/* Forgets what the sink has said and how late frames came, as after a flush. */
void gst_ecbsr_overload_forget_times (GstEcbsrOverload * overload);

/* @budget: what a frame may take; @duration: how long it lasts; GST_CLOCK_TIME_NONE
 * where unknown. Without a budget, or with a policy that does not degrade, level 0
 * runs. */
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

/* The pipeline's latency, as a LATENCY event says: how long after its running time a
 * sink shows a frame. */
void gst_ecbsr_overload_take_latency (GstEcbsrOverload * overload,
    GstClockTime latency);

/* The thread is back from a frame, when that was @lateness late, as on its arrival. Where
 * that is the pipeline's latency, again and again, a sink in the same thread has waited
 * for the clock, and the thread is not behind however few frames it finds time for. */
void gst_ecbsr_overload_take_return (GstEcbsrOverload * overload,
    GstClockTimeDiff lateness);

/* What a QOS event says. One without jitter says nothing: that sink does not wait for
 * the clock. */
void gst_ecbsr_overload_take_qos (GstEcbsrOverload * overload,
    GstClockTime timestamp, GstClockTimeDiff jitter, gdouble proportion);

/* A frame that has come to the element. */
typedef struct
{
  GstClockTime now;             /* monotonic, whatever clock the pipeline has */
  GstClockTime waited;          /* before @now, in which the thread had nothing to do */
  GstClockTime running_time;    /* of the frame, or GST_CLOCK_TIME_NONE */
  GstClockTimeDiff lateness;    /* the pipeline's running time less that of the frame,
                                 * or GST_CLOCK_STIME_NONE */
} GstEcbsrArrival;

/* Whether the frame is to be dropped, before any work is done. */
gboolean gst_ecbsr_overload_take_arrival (GstEcbsrOverload * overload,
    const GstEcbsrArrival * arrival);

/* After new levels: TRUE where the first is predicted not to fit, before a frame has
 * been lost on it, and another one runs from now on. */
gboolean gst_ecbsr_overload_choose_level (GstEcbsrOverload * overload,
    GstClockTime now, GstEcbsrLevelChange * change);

/* A frame took @total, @network of it in the model. TRUE: from now on another
 * level runs. @now only has to grow. */
gboolean gst_ecbsr_overload_take_frame (GstEcbsrOverload * overload,
    GstClockTime now, GstClockTime total, GstClockTime network,
    GstEcbsrLevelChange * change);

guint gst_ecbsr_overload_get_level (const GstEcbsrOverload * overload);
/* Whether it could still go down. */
gboolean gst_ecbsr_overload_has_lower (const GstEcbsrOverload * overload);

/* For QOS messages. @jitter: as the sink says, or how late the latest frame has come;
 * @quality: 1000000 at level 0, less by equal steps. */
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
