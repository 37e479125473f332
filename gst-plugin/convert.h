/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A GstVideoConverter between two kinds of frames of the same size, with what it does
 * not do by itself: it takes frames at any address, single fields, and formats of
 * which it would touch bytes beyond a row; and it changes no sample that it need not.
 *
 * Of YUV, chroma of both sides lies in the middle of the pixels that share it,
 * whatever the frames say, since only some of the converter's ways know of siting. */

#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct _GstEcbsrConversion GstEcbsrConversion;

/* Of @from's samples the upper @depth bits count. @n_threads 0: as many CPUs as the
 * process may use. NULL sets an ECBSR_ERROR. */
GstEcbsrConversion *gst_ecbsr_conversion_new (const GstVideoInfo * from,
    const GstVideoInfo * to, guint depth, guint n_threads, GError ** error);
void gst_ecbsr_conversion_free (GstEcbsrConversion * conversion);

/* FALSE sets an ECBSR_ERROR: there is no memory. For one thread at a time. */
gboolean gst_ecbsr_conversion_run (GstEcbsrConversion * conversion,
    const GstVideoFrame * from, const GstVideoFrame * to, GError ** error);

/* A buffer for frames of @info, aligned for SIMD. NULL sets an ECBSR_ERROR. */
GstBuffer *gst_ecbsr_conversion_new_buffer (const GstVideoInfo * info,
    GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrConversion, gst_ecbsr_conversion_free)

G_END_DECLS
