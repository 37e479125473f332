/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From GstVideoInfo and GstVideoFrame to the engine's EcbsrPlanConfig and
 * EcbsrPicture: formats, fields of interlaced video, checks of what a buffer says. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS

#define GST_ECBSR_N_FIELDS (ECBSR_FIELD_BOTTOM + 1)

/* Describes frames of @info, one of GST_ECBSR_FORMATS, to the engine. */
void gst_ecbsr_frame_get_config (const GstVideoInfo * info,
    EcbsrPlanConfig * config);

/* Checks that the fields of @in's frames can be told apart, and that @out has the
 * same. FALSE sets a GST_STREAM_ERROR. */
gboolean gst_ecbsr_frame_check_fields (const GstVideoInfo * in,
    const GstVideoInfo * out, GError ** error);

/* Sets the kinds of pictures that frames of @info may hold, by EcbsrField. */
void gst_ecbsr_frame_get_possible_fields (const GstVideoInfo * info,
    gboolean possible[GST_ECBSR_N_FIELDS]);

/* Maps @buffer as a frame of @info. The metadata that comes with a buffer is
 * its producer's word only: whatever does not fit @info or the memory is
 * rejected with a GST_STREAM_ERROR or GST_RESOURCE_ERROR. When mapped for
 * reading, a GstVideoCropMeta is applied.
 * @frame is then exactly as large as @info. */
gboolean gst_ecbsr_frame_map (GstVideoFrame * frame, const GstVideoInfo * info,
    GstBuffer * buffer, GstMapFlags flags, GError ** error);

/* Finds the pictures that @frame holds, and returns their number: one or two. */
guint gst_ecbsr_frame_find_fields (const GstVideoFrame * frame,
    EcbsrField fields[2]);

/* Points @picture to the rows of @field in @frame; ECBSR_FIELD_NONE: to all. */
void gst_ecbsr_frame_get_picture (const GstVideoFrame * frame,
    EcbsrField field, EcbsrPicture * picture);

G_END_DECLS
