/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gst/video/gstvideofilter.h>
#include <gst/video/video.h>

#include "gstecbsrpace.h"
#include "gstecbsrpolicy.h"
#include "gstecbsrscope.h"
#include "gstecbsrsettings.h"
#include "gstecbsrstats.h"
#include "gstecbsrupscaler.h"

G_BEGIN_DECLS typedef enum
{
  GST_ECBSR_COMPARE_OFF,
  GST_ECBSR_COMPARE_SPLIT,
} GstEcbsrCompare;

#define GST_TYPE_ECBSR (gst_ecbsr_get_type ())
G_DECLARE_FINAL_TYPE (GstEcbsr, gst_ecbsr, GST, ECBSR, GstVideoFilter)
/* Settings with their model loaded, on the way to the streaming thread. */
     typedef struct
     {
       GstEcbsrSettings settings;
       EcbsrModel *model;       /* NULL for scale 1 */
       GstEcbsrUpscaler *upscaler;      /* or NULL: not made ahead */
       GstVideoInfo in, out;    /* that it is for */
     } GstEcbsrChange;

     struct _GstEcbsr
     {
       GstVideoFilter parent;

       GstEcbsrStats *stats;
       GstEcbsrPace *pace;

       /* One model is loaded at a time, so that the latest wish comes last. */
       GMutex load_lock;

       /* Under the object lock */
       gboolean started;
       GstEcbsrSettings wanted; /* what the properties say */
       GstEcbsrSettings active; /* what runs, while started */
       GstEcbsrChange *pending; /* what the streaming thread takes up next */
       GstEcbsrChange *taken;   /* what it is taking up */
       GstVideoInfo in, out;    /* what is upscaled; no format: nothing yet */
       GstEcbsrPolicy policy;
       GstEcbsrScope scope;
       gdouble strength;
       GstEcbsrCompare compare;
       gdouble compare_position;
       guint preferred_width, preferred_height; /* of the output; 0: any */
       gchar *active_model;
       gchar *backend;

       gint asking_upstream;    /* atomic: a query of ours is on its way */

       /* Streaming thread */
       EcbsrModel *model;
       GstEcbsrUpscaler *upscaler;
       GstEcbsrRegions regions; /* of the frame under way */
     };

GST_ELEMENT_REGISTER_DECLARE (ecbsr);

/* Shared by the files of the element. */
     guint gst_ecbsr_get_scale (GstEcbsr * self);
     
G_END_DECLS
