/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Video formats and buffers in the engine's terms: what a plan has to know of a
 * format, which fields a buffer holds, and checked pointers to them. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS

#define GST_ECBSR_N_FIELDS (ECBSR_FIELD_BOTTOM + 1)

/* What a plan has to know of frames of @info, one of GST_ECBSR_FORMATS. */
void gst_ecbsr_frame_get_config (const GstVideoInfo * info,
    EcbsrPlanConfig * config);

/* Whether the fields of @in's frames can be told apart, and @out has the same.
 * FALSE sets a GST_STREAM_ERROR. */
gboolean gst_ecbsr_frame_check_fields (const GstVideoInfo * in,
    const GstVideoInfo * out, GError ** error);

/* The kinds of pictures that frames of @info may hold, by EcbsrField. */
void gst_ecbsr_frame_get_possible_fields (const GstVideoInfo * info,
    gboolean possible[GST_ECBSR_N_FIELDS]);

/* Maps @buffer as a frame of @info. The metadata that comes with a buffer is
 * its producer's word only: whatever does not fit @info or the memory is
 * rejected with a GST_STREAM_ERROR or GST_RESOURCE_ERROR. When mapped for
 * reading, a GstVideoCropMeta is applied.
 * @frame is then exactly as large as @info. */
gboolean gst_ecbsr_frame_map (GstVideoFrame * frame, const GstVideoInfo * info,
    GstBuffer * buffer, GstMapFlags flags, GError ** error);

/* The pictures that @frame holds: one or two. 0 sets a GST_STREAM_ERROR: the
 * buffer does not say which field it is. */
guint gst_ecbsr_frame_find_fields (const GstVideoFrame * frame,
    EcbsrField fields[2], GError ** error);

/* Where @field lies in @frame; ECBSR_FIELD_NONE: all of it. */
void gst_ecbsr_frame_get_picture (const GstVideoFrame * frame,
    EcbsrField field, EcbsrPicture * picture);

G_END_DECLS
