/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames of any raw format, written and read by the library's functions for it: rows of
 * pixels of four words of 16 bits, alpha and Y, U, V or R, G, B. */

#pragma once

#include <gst/video/video.h>

/* All 0, with room behind, since the library writes groups of pixels as a whole. */
GstBuffer *raw_frame_new (const GstVideoInfo * info);

void raw_frame_write_row (const GstVideoFrame * frame, gint y,
    const guint16 * row, guint n);
void raw_frame_read_row (const GstVideoFrame * frame, gint y, guint16 * row,
    guint n);

/* The palette that the library means when it writes one. */
void raw_frame_write_palette (const GstVideoFrame * frame);
