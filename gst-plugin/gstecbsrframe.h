/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From a buffer to checked pointers. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS
/* Maps @buffer as a frame of @info. The metadata that comes with a buffer is
 * its producer's word only: whatever does not fit @info or the memory is
 * refused with a GST_STREAM_ERROR or GST_RESOURCE_ERROR. When mapped for
 * reading, a GstVideoCropMeta is applied.
 * @frame is then exactly as large as @info. */
    gboolean gst_ecbsr_frame_map (GstVideoFrame * frame,
    const GstVideoInfo * info, GstBuffer * buffer, GstMapFlags flags,
    GError ** error);

void gst_ecbsr_frame_get_picture (const GstVideoFrame * frame,
    EcbsrPicture * picture);

G_END_DECLS
