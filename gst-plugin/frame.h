/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From GstVideoInfo and GstVideoFrame to the engine's EcbsrPlanConfig and
 * EcbsrPicture: formats, fields of interlaced video, checks of what a buffer says. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS

#define GST_ECBSR_N_FIELDS (ECBSR_FIELD_BOTTOM + 1)

/* What frames of @info are upscaled as: @info itself, or where its format is not
 * native frames of the same size and colours in a format that is (formats.h). FALSE
 * sets an ECBSR_ERROR: they would be too large. */
gboolean gst_ecbsr_frame_get_native (const GstVideoInfo * info,
    GstVideoInfo * native, GError ** error);

/* Describes frames of @info, whose format is native, to the engine. */
void gst_ecbsr_frame_get_config (const GstVideoInfo * info,
    EcbsrPlanConfig * config);

/* How many bits samples have while frames of @in become frames of @out: those of the
 * native format, or where neither has as many, those of @in. */
guint gst_ecbsr_frame_get_depth (const GstVideoInfo * in,
    const GstVideoInfo * out);

/* Has the plan read and write so many, the upper ones, of those that frames of @info
 * have. Rounded here once, they are exact when a conversion cuts off the others. */
void gst_ecbsr_frame_set_depth (const GstVideoInfo * info, guint depth,
    EcbsrPlanConfig * config);

/* Has the plan put chroma where frames of @out, made of frames of @in, want it.
 * Both say where that is in the caps. Where the format changes, the conversion is
 * told nothing of siting, and takes chroma to lie in the middle of the pixels that
 * share it (convert.h). */
void gst_ecbsr_frame_aim_chroma (const GstVideoInfo * in,
    const GstVideoInfo * out, EcbsrPlanConfig * config);

/* Rows after which the fields of interlaced @info begin anew: those of luma, and where
 * both fields lie in one buffer those of chroma, which is shared out as well. */
guint gst_ecbsr_frame_get_row_unit (const GstVideoInfo * info);

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
 * @frame is then exactly as large as @info; only when mapped for reading in a format
 * that is not native it is as large as the buffer says, and not cropped. */
gboolean gst_ecbsr_frame_map (GstVideoFrame * frame, const GstVideoInfo * info,
    GstBuffer * buffer, GstMapFlags flags, GError ** error);

/* Does that after all: cuts @frame, to which the content of @buffer was converted,
 * down to @info's size, from the corner of a GstVideoCropMeta on. FALSE sets a
 * GST_STREAM_ERROR: the rectangle does not fit. */
gboolean gst_ecbsr_frame_crop (GstVideoFrame * frame,
    const GstVideoInfo * info, GstBuffer * buffer, GError ** error);

/* Copies the pixels of @buffer, a frame of @info cropped as it says, to one with nothing
 * but these, where @info has them. NULL where either cannot be mapped, as above. */
GstBuffer *gst_ecbsr_frame_copy_plain (const GstVideoInfo * info,
    GstBuffer * buffer, GError ** error);

/* Finds the pictures that @frame holds, and returns their number: one or two. */
guint gst_ecbsr_frame_find_fields (const GstVideoFrame * frame,
    EcbsrField fields[2]);

/* Bytes of a row, its last pixel, or group of pixels, complete. Not for tiles. */
gsize gst_ecbsr_frame_get_row_size (const GstVideoFrame * frame, guint plane);

/* Points @picture to the rows of @field in @frame; ECBSR_FIELD_NONE: to all. */
void gst_ecbsr_frame_get_picture (const GstVideoFrame * frame,
    EcbsrField field, EcbsrPicture * picture);

G_END_DECLS
