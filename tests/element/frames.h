/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames with known content in every memory layout. */

#pragma once

#include <gst/video/video.h>

#define GUARD 0xA5

typedef enum
{
  FRAME_DEFAULT,                /* as GStreamer lays it out, without meta */
  FRAME_TIGHT,                  /* strides are exactly a row, odd ones too */
  FRAME_PADDED,                 /* 13 bytes between rows */
  FRAME_FLIPPED,                /* bottom row first: negative strides */
  N_FRAME_LAYOUTS
} FrameLayout;

/* Of 8 bits: the upper ones of deeper samples, whose others are 0. */
typedef guint8 (*FramePattern) (guint component, guint x, guint y);

/* Formats of the element; the YUV ones are limited range by default. */
extern const GstVideoFormat all_formats[];
extern const guint n_all_formats;

void frame_info (GstVideoInfo * info, GstVideoFormat format, guint width,
    guint height);
/* States the siting of chroma, which GStreamer sets up to 1.22 and then no more:
 * that of MPEG-2, as frame_info () does; none where chroma is not subsampled. */
void frame_set_site (GstVideoInfo * info);

/* Of memory that refuses to be mapped. */
GstBuffer *frame_new_unmappable (gsize size);

/* Every byte is GUARD. */
GstBuffer *frame_new (const GstVideoInfo * info, FrameLayout layout);
GstBuffer *frame_new_filled (const GstVideoInfo * info, FrameLayout layout,
    FramePattern pattern);
void frame_fill (GstBuffer * buffer, const GstVideoInfo * info,
    FramePattern pattern);
/* Samples of their full depth. */
void frame_set_component (GstBuffer * buffer, const GstVideoInfo * info,
    guint component, const guint16 * samples);

/* Detail, edges and noise; and the same in grey in every component. */
guint8 pattern_texture (guint component, guint x, guint y);
guint8 pattern_grey_texture (guint component, guint x, guint y);

/* Rows of planes as bytes, between two layouts; not for tiles. */
void frame_copy_rows (GstBuffer * to, GstBuffer * from,
    const GstVideoInfo * info);

guint frame_depth (const GstVideoInfo * info);
/* Where in its pixel a component begins, bytes. */
guint frame_component_offset (const GstVideoInfo * info, guint component);

/* A component as rows of samples without gaps. */
guint16 *frame_get_component (GstBuffer * buffer, const GstVideoInfo * info,
    guint component);

/* Largest difference of a component; fails where sizes differ. */
guint frame_compare_component (GstBuffer * a, const GstVideoInfo * a_info,
    GstBuffer * b, const GstVideoInfo * b_info, guint component);
/* Fails where two frames of the same format differ. @what is printed. */
void frame_assert_equal (GstBuffer * a, GstBuffer * b,
    const GstVideoInfo * info, const gchar * what);

/* Fails where a byte that belongs to no row is not GUARD. */
void frame_assert_guards (GstBuffer * buffer, const GstVideoInfo * info);
