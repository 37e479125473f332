/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Buffers: how they are allocated (SIMD-friendly, and with GstVideoMeta, so that
 * strides are free), and the metadata that they carry. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS

/* Before the base class answers upstream's allocation @query. */
void gst_ecbsr_buffer_propose_allocation (GstQuery * query);

/* Before the base class settles downstream's answer in @query: a pool that
 * does not take our configuration is replaced by one of our own. */
void gst_ecbsr_buffer_decide_allocation (GstQuery * query);

/* Whether metadata of @api, whose numbers are pixels, can be carried to a larger
 * frame. */
gboolean gst_ecbsr_buffer_can_scale_meta (GType api);

/* Adds @meta of @inbuf to @outbuf in the larger frame's pixels. FALSE where it
 * has nothing to do with sizes: then it is not touched. */
gboolean gst_ecbsr_buffer_scale_meta (GstBuffer * outbuf, GstMeta * meta,
    GstBuffer * inbuf, GstVideoInfo * in_info, GstVideoInfo * out_info);

/* Where the network works. */
typedef struct
{
  EcbsrRegion region[ECBSR_MAX_REGIONS];
  guint n_regions;
} GstEcbsrRegions;

/* The regions of interest that come with @buffer, a frame of @width by @height
 * pixels, cut down to it. */
void gst_ecbsr_buffer_get_regions (GstBuffer * buffer, guint width,
    guint height, GstEcbsrRegions * regions);

G_END_DECLS
