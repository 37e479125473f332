/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The quality of service of one stream: overload control, the choice of
 * model=auto, and the latency that is reported. It knows no element: what is to be
 * done is returned, and times are passed in. */

#pragma once

#include <gst/video/video.h>

#include "levels.h"
#include "models.h"
#include "overload.h"
#include "status.h"

G_BEGIN_DECLS

/* What it goes by. */
typedef struct
{
  gboolean live;                /* whether the source is */
  gboolean enabled;             /* the property qos, of the base class */
  GstEcbsrOverloadPolicy overload_policy;
  GstClockTime max_processing_time;     /* 0: by the frame rate */
  GstEcbsrModel min_model;
  gboolean report_latency;
} GstEcbsrQosConfig;

/* What the element has to do. */
typedef struct
{
  gboolean level_reset;         /* level 0 runs from now on */
  gboolean level_changed;       /* another level runs from now on: post it */
  GstEcbsrLevelChange change;
  gboolean latency_changed;     /* the reported latency is another: post it */
  GstClockTime latency;
  GstEcbsrQosValues values;     /* for QOS messages */
} GstEcbsrQosActions;

typedef struct _GstEcbsrQos GstEcbsrQos;

GstEcbsrQos *gst_ecbsr_qos_new (void);
void gst_ecbsr_qos_free (GstEcbsrQos * qos);

/* ------------------------------------------------------ streaming thread -- */

/* Forgets the stream. Waits for the thread that builds levels. */
void gst_ecbsr_qos_stop (GstEcbsrQos * qos);

/* @setup runs from now on, until the next one or the stop: level 0. */
void gst_ecbsr_qos_set_setup (GstEcbsrQos * qos,
    const GstEcbsrQosConfig * qos_config, const GstEcbsrSetup * setup,
    GstEcbsrQosActions * actions);

guint gst_ecbsr_qos_get_level (const GstEcbsrQos * qos);

/* What runs at the current level; NULL: the upscaler's own plans. Good until the
 * next of the functions that return actions. */
GstEcbsrPlans *gst_ecbsr_qos_get_plans (const GstEcbsrQos * qos);

/* The name of the model of @level; NULL: none runs. */
gchar *gst_ecbsr_qos_name_level (const GstEcbsrQos * qos, guint level);

/* Before the frame that came as @arrival says, when it is @now by the clock that
 * gst_ecbsr_qos_after_frame () goes by. TRUE: it is to be dropped. Where the model
 * cannot be fast enough even on an idle machine, waits for quality levels; for no
 * longer than a frame would take. */
gboolean gst_ecbsr_qos_before_frame (GstEcbsrQos * qos,
    const GstEcbsrQosConfig * qos_config, GstClockTime now,
    const GstEcbsrArrival * arrival, GstEcbsrQosActions * actions);

/* After a frame that took @time, which includes @run, and ended at @now. */
void gst_ecbsr_qos_after_frame (GstEcbsrQos * qos, GstClockTime now,
    GstClockTime time, const GstEcbsrRun * run, GstEcbsrQosActions * actions);

/* The thread has come back from a frame that was @lateness late then, as on its arrival. */
void gst_ecbsr_qos_after_return (GstEcbsrQos * qos, GstClockTimeDiff lateness);

void gst_ecbsr_qos_flush (GstEcbsrQos * qos);

/* ----------------------------------------------------------- any thread -- */

/* Behind a live source: measures what @model costs for frames of @in, so that the
 * streaming thread does not have to; for model=auto replaces it by the best that is
 * fast enough. Does nothing behind a file. FALSE sets an ECBSR_ERROR. */
gboolean gst_ecbsr_qos_fit_model (const GstEcbsrQosConfig * qos_config,
    const GstEcbsrConfig * config, const GstVideoInfo * in,
    EcbsrModel ** model, GError ** error);

typedef enum
{
  GST_ECBSR_QOS_NOT_OURS,       /* the base class drops, as before any sink */
  GST_ECBSR_QOS_FOR_UPSTREAM,   /* what is upstream may help */
  GST_ECBSR_QOS_OURS,           /* nobody else needs to do anything */
} GstEcbsrQosAnswer;

/* Records a QOS event, and says who is to have it. */
GstEcbsrQosAnswer gst_ecbsr_qos_take_event (GstEcbsrQos * qos,
    const GstEcbsrQosConfig * qos_config, GstEvent * event);

/* What a LATENCY event has distributed. */
void gst_ecbsr_qos_take_latency (GstEcbsrQos * qos, GstClockTime latency);

/* Adds the reported latency to what upstream has answered. */
void gst_ecbsr_qos_add_latency (GstEcbsrQos * qos,
    const GstEcbsrQosConfig * qos_config, GstQuery * query);

G_END_DECLS
