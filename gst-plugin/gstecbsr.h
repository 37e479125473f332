/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The element. Known to gstecbsr.c, properties.c and reconfigure.c alone.
 *
 *   application:  properties ─object lock→ prepare, without a lock ─object lock→ pending
 *   any thread:   QOS, LATENCY ─QoS lock→ recorded, answered
 *   builder:      quality levels ─builder lock→ taken by the streaming thread
 *   streaming:    drop? → apply pending → map → run → account → do what QoS says
 *
 * Order of locks, outermost first: object lock, then that of statistics, which the
 * property stats reads. All others are held alone: those of QoS, of the builder of its
 * levels and of the camera; of the engine, that of measured costs (for a look-up) and
 * the worker pool's. None is held over a call that GStreamer may send back: messages,
 * notifications, queries, events. */

#pragma once

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include "buffer.h"
#include "camera.h"
#include "models.h"
#include "qos.h"
#include "status.h"
#include "times.h"
#include "upscaler.h"

G_BEGIN_DECLS

#define GST_TYPE_ECBSR (gst_ecbsr_get_type ())
G_DECLARE_FINAL_TYPE (GstEcbsr, gst_ecbsr, GST, ECBSR, GstVideoFilter)

struct _GstEcbsr
{
  GstVideoFilter parent;

  GstPadChainFunction parent_chain;     /* the base class's */

  /* Thread-safe, with locks of their own */
  GstEcbsrStats *stats;
  GstEcbsrQos *qos;
  GstEcbsrCamera *camera;

  /* Under the object lock */
  GstEcbsrConfig requested;     /* what the properties say */
  guint serial;                 /* counts what is set of it */
  gboolean source_live;         /* as upstream has said since caps came */
  GstEcbsrSetup *pending;       /* what the streaming thread applies next */
  guint pending_serial;         /* of what was requested for it */
  const GstEcbsrSetup *applying;        /* what it is applying */
  GstEcbsrFrameConfig frame_config;
  GstEcbsrQosConfig qos_config; /* see gst_ecbsr_get_qos_config () */
  guint preferred_width, preferred_height;      /* of the output; 0: any */
  gchar *active_model;
  gchar *backend;

  /* What runs; NULL: stopped. Replaced by the streaming thread (by the state
   * change while there is none) under the object lock, read by it without. */
  GstEcbsrSetup *setup;
  guint n_setups;               /* that have run; with the setup */

  gint keep_caps;               /* atomic: upstream asks again because we asked it to */

  /* Streaming thread */
  gboolean asks_again;          /* whether the source is live, since it has not said */
  gboolean answered_allocation; /* a query for it, by itself */
  GstEcbsrLayouts downstream;   /* at scale 1: what it takes, as far as it was asked */
  guint n_invalid;              /* frames in a row */
  GstEcbsrFrameTimes times;     /* of the frame under way */
  GstEcbsrThreadTime left;      /* when it went to get the next frame */
};

GST_ELEMENT_REGISTER_DECLARE (ecbsr);

G_END_DECLS
