/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Buffers: how they are allocated (SIMD-friendly, and with GstVideoMeta, so that
 * strides are free), and the metadata that they carry; and what else has coordinates of
 * a frame. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS

/* Adds our alignment to upstream's allocation @query, before the base class answers it. */
void gst_ecbsr_buffer_propose_allocation (GstQuery * query);

/* Configures downstream's pool in the answered allocation @query, before the base
 * class does: a pool that rejects our configuration is replaced by one of our
 * own. */
void gst_ecbsr_buffer_decide_allocation (GstQuery * query);

/* What an element takes besides whole frames in the default layout. */
typedef struct
{
  gboolean crop;                /* GstVideoCropMeta */
  gboolean strides;             /* GstVideoMeta */
} GstEcbsrLayouts;

GstEcbsrLayouts gst_ecbsr_buffer_parse_layouts (GstQuery * allocation_query);

/* Returns whether one who takes @layouts reads @buffer, a frame of @info, right. */
gboolean gst_ecbsr_buffer_suits (GstBuffer * buffer, const GstVideoInfo * info,
    const GstEcbsrLayouts * layouts);

/* Returns whether upstream may be told that downstream takes metadata of @api: its
 * numbers are pixels, and can be scaled to a larger frame. Not a crop rectangle, which is
 * applied where it comes, but never asked for: elements between that pass allocation
 * queries on, such as textoverlay, would draw on what is cut away. */
gboolean gst_ecbsr_buffer_offers_meta (GType api);

/* Adds @meta of @inbuf to @outbuf in the larger frame's pixels. Returns FALSE, and
 * adds nothing, where @meta does not depend on sizes. */
gboolean gst_ecbsr_buffer_scale_meta (GstBuffer * outbuf, GstMeta * meta,
    GstBuffer * inbuf, GstVideoInfo * in_info, GstVideoInfo * out_info);

/* Takes navigation @event of the larger frame, and returns it in the pixels of a frame
 * that is @scale times smaller, upstream's. All events that have coordinates: the library's
 * accessors know no scrolling, up to 1.22. How far was scrolled is no distance in the
 * picture. */
GstEvent *gst_ecbsr_buffer_scale_navigation (GstEvent * event, guint scale);

/* Parts of a frame that the network works on. */
typedef struct
{
  EcbsrRegion region[ECBSR_MAX_REGIONS];
  guint n_regions;
} GstEcbsrRegions;

/* Collects the regions of interest of @buffer, a frame of @width by @height pixels,
 * clipped to it. More than ECBSR_MAX_REGIONS are joined with the last. */
void gst_ecbsr_buffer_get_regions (GstBuffer * buffer, guint width,
    guint height, GstEcbsrRegions * regions);

G_END_DECLS
