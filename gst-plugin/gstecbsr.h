/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The element. Known to gstecbsr.c, properties.c and reconfigure.c alone. */

#pragma once

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include "buffer.h"
#include "models.h"
#include "qos.h"
#include "status.h"
#include "upscaler.h"

G_BEGIN_DECLS

typedef enum
{
  GST_ECBSR_COMPARE_OFF,
  GST_ECBSR_COMPARE_SPLIT,
} GstEcbsrCompare;

typedef enum
{
  GST_ECBSR_ROI_OFF,
  GST_ECBSR_ROI_RECTANGLE,
  GST_ECBSR_ROI_META,
} GstEcbsrRoiMode;

/* What a frame is to look like, and where work is done. */
typedef struct
{
  gdouble strength;
  GstEcbsrCompare compare;
  gdouble compare_position;
  GstEcbsrRoiMode roi_mode;
  EcbsrRegion rectangle;
  gboolean skip_static;
} GstEcbsrFrameConfig;

/* A configuration with its model loaded, on the way to the streaming thread. */
typedef struct
{
  GstEcbsrConfig config;
  EcbsrModel *model;            /* NULL for scale 1 */
  GstEcbsrUpscaler *upscaler;   /* or NULL: not made ahead */
  GstVideoInfo in, out;         /* that it is for */
} GstEcbsrChange;

#define GST_TYPE_ECBSR (gst_ecbsr_get_type ())
G_DECLARE_FINAL_TYPE (GstEcbsr, gst_ecbsr, GST, ECBSR, GstVideoFilter)

struct _GstEcbsr
{
  GstVideoFilter parent;

  /* With locks of their own */
  GstEcbsrStats *stats;
  GstEcbsrQos *qos;

  /* One model is loaded at a time, so that the latest request comes last. */
  GMutex load_lock;

  /* Under the object lock */
  gboolean started;
  GstEcbsrConfig requested;     /* what the properties say */
  GstEcbsrConfig applied;       /* what runs, while started */
  GstEcbsrChange *pending;      /* what the streaming thread applies next */
  GstEcbsrChange *applying;     /* what it is applying */
  GstVideoInfo in, out;         /* what is upscaled; no format: nothing yet */
  GstEcbsrFrameConfig frame_config;
  GstEcbsrQosConfig qos_config; /* but for enabled, which the base class has */
  guint preferred_width, preferred_height;      /* of the output; 0: any */
  gchar *active_model;
  gchar *backend;

  gint asking_upstream;         /* atomic: a query of ours is on its way */

  /* Streaming thread */
  EcbsrModel *model;
  GstEcbsrUpscaler *upscaler;
  GstEcbsrRegions regions;      /* of the frame under way */
  GstEcbsrFrameTimes times;     /* the same */
};

GST_ELEMENT_REGISTER_DECLARE (ecbsr);

G_END_DECLS
