/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Interlaced video as pictures: which fields a buffer holds, and where. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS
#define GST_ECBSR_N_FIELDS (ECBSR_FIELD_BOTTOM + 1)
/* Whether the fields of @in's frames can be told apart, and @out has the same.
 * FALSE sets a GST_STREAM_ERROR. */
    gboolean gst_ecbsr_fields_check (const GstVideoInfo * in,
    const GstVideoInfo * out, GError ** error);

/* The kinds of pictures that frames of @info may hold, by EcbsrField. */
void gst_ecbsr_fields_get_possible (const GstVideoInfo * info,
    gboolean possible[GST_ECBSR_N_FIELDS]);

/* The pictures that @frame holds: one or two. 0 sets a GST_STREAM_ERROR: the
 * buffer does not say which field it is. */
guint gst_ecbsr_fields_find (const GstVideoFrame * frame, EcbsrField fields[2],
    GError ** error);

/* Where @field lies in @frame. */
void gst_ecbsr_fields_get_picture (const GstVideoFrame * frame,
    EcbsrField field, EcbsrPicture * picture);

/* A part of a frame as part of @field, which has half the rows. */
EcbsrRegion gst_ecbsr_fields_get_region (const EcbsrRegion * region,
    EcbsrField field);

/* Where buffers of @info hold one field each: makes it a picture of that height,
 * for what knows nothing of this. */
void gst_ecbsr_fields_make_whole (GstVideoInfo * info);

/* Row @y of the frame, counted in the rows of a buffer of @info. FALSE where
 * nothing can begin there, because rows around it belong to two fields. */
gboolean gst_ecbsr_fields_find_row (const GstVideoInfo * info, guint y,
    guint * row);

G_END_DECLS
