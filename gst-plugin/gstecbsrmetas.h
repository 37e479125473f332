/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Metadata whose numbers are pixels grow with the picture. */

#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS
/* Whether metadata of @api can be carried to a larger frame. */
    gboolean gst_ecbsr_metas_can_scale (GType api);

/* Adds @meta of @inbuf to @outbuf in the larger frame's pixels. FALSE where it
 * has nothing to do with sizes: then it is not touched. */
gboolean gst_ecbsr_metas_scale (GstBuffer * outbuf, GstMeta * meta,
    GstBuffer * inbuf, GstVideoInfo * in_info, GstVideoInfo * out_info);

G_END_DECLS
