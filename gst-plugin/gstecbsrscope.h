/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Where in the picture work is done: the properties roi-mode, roi-x, roi-y,
 * roi-width, roi-height and skip-static, and what they mean for a frame. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS typedef enum
{
  GST_ECBSR_ROI_OFF,
  GST_ECBSR_ROI_RECTANGLE,
  GST_ECBSR_ROI_META,
} GstEcbsrRoiMode;

typedef struct
{
  GstEcbsrRoiMode roi_mode;
  EcbsrRegion rectangle;
  gboolean skip_static;
} GstEcbsrScope;

enum
{
  GST_ECBSR_SCOPE_ROI_MODE,
  GST_ECBSR_SCOPE_ROI_X,
  GST_ECBSR_SCOPE_ROI_Y,
  GST_ECBSR_SCOPE_ROI_WIDTH,
  GST_ECBSR_SCOPE_ROI_HEIGHT,
  GST_ECBSR_SCOPE_SKIP_STATIC,
  GST_ECBSR_N_SCOPES,
};

#define GST_TYPE_ECBSR_ROI_MODE (gst_ecbsr_roi_mode_get_type ())
GType gst_ecbsr_roi_mode_get_type (void);

/* The specifications of the properties, in the order of the enumeration. */
void gst_ecbsr_scope_create_specs (GParamSpec * specs[GST_ECBSR_N_SCOPES]);

void gst_ecbsr_scope_init (GstEcbsrScope * scope);
void gst_ecbsr_scope_set (GstEcbsrScope * scope, guint which,
    const GValue * value);
void gst_ecbsr_scope_get (const GstEcbsrScope * scope, guint which,
    GValue * value);

/* Where the network works. */
typedef struct
{
  EcbsrRegion region[ECBSR_MAX_REGIONS];
  guint n_regions;
} GstEcbsrRegions;

/* The regions for the frame in @buffer, @width by @height pixels, into @params,
 * which then points to @regions. */
void gst_ecbsr_scope_find_regions (const GstEcbsrScope * scope,
    GstBuffer * buffer, guint width, guint height, GstEcbsrRegions * regions,
    EcbsrRunParams * params);

G_END_DECLS
