/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Keeping pace with a live source: overload control at work in the element, the
 * choice of model=auto, and the latency that is promised. */

#pragma once

#include <gst/video/video.h>

#include "gstecbsrsettings.h"

G_BEGIN_DECLS typedef struct _GstEcbsr GstEcbsr;
typedef struct _GstEcbsrPace GstEcbsrPace;

GstEcbsrPace *gst_ecbsr_pace_new (void);
void gst_ecbsr_pace_free (GstEcbsrPace * pace);

void gst_ecbsr_pace_stop (GstEcbsr * self);

/* ------------------------------------------------------ streaming thread -- */

/* What upstream says when caps arrive. Later latency queries tell as well. */
void gst_ecbsr_pace_set_live (GstEcbsr * self, gboolean live);

/* New caps: sets what a frame may take. Before the next two. */
void gst_ecbsr_pace_set_caps (GstEcbsr * self, const GstVideoInfo * in);

/* For model=auto behind a live source: replaces @model by the best that keeps pace
 * with frames of @in. Leaves it alone otherwise. FALSE sets an ECBSR_ERROR. In any
 * thread. */
gboolean gst_ecbsr_pace_fit_model (GstEcbsr * self,
    const GstEcbsrSettings * settings, const GstVideoInfo * in,
    EcbsrModel ** model, GError ** error);

/* Another model runs now, or none. */
void gst_ecbsr_pace_renew (GstEcbsr * self);

/* Before a buffer is worked on. TRUE: it is to be dropped. */
gboolean gst_ecbsr_pace_drops (GstEcbsr * self, GstBuffer * buffer);

/* After a frame that took @time. */
void gst_ecbsr_pace_take_frame (GstEcbsr * self, GstClockTime time);

void gst_ecbsr_pace_flush (GstEcbsr * self);

/* ----------------------------------------------------------- any thread -- */

typedef enum
{
  GST_ECBSR_QOS_NOT_OURS,       /* the base class drops, as before any sink */
  GST_ECBSR_QOS_FOR_UPSTREAM,   /* what is upstream may help */
  GST_ECBSR_QOS_OURS,           /* nobody else needs to do anything */
} GstEcbsrQosAnswer;

/* Takes note of a QOS event. */
GstEcbsrQosAnswer gst_ecbsr_pace_take_qos (GstEcbsr * self, GstEvent * event);

/* Adds the promise to what upstream has answered. */
void gst_ecbsr_pace_add_latency (GstEcbsr * self, GstQuery * query);

G_END_DECLS
