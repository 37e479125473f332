/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Raw video formats: which there are, which the engine reads and writes by itself,
 * and what the others are converted to. Whatever this GStreamer has, also what was
 * not known yet when the plugin was built. Thread-safe. */

#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

/* What cameras, decoders and displays have in common: first in all caps, and native.
 * Sources take the first they can make, which is to be a cheap one. */
#define GST_ECBSR_USUAL_FORMATS "{ I420, YV12, NV12, NV21, YUY2, UYVY, YVYU, " \
    "VYUY, NV16, NV61, NV24, Y42B, Y444, GRAY8, RGB, BGR, RGBx, BGRx, xRGB, " \
    "xBGR, RGBA, BGRA, ARGB, ABGR, I420_10LE, P010_10LE, I422_10LE, Y444_10LE, " \
    "I420_12LE, P012_LE, I422_12LE, Y444_12LE, P016_LE, Y444_16LE, GRAY16_LE }"

/* These, and all others, the native ones first: lists of strings. */
const GValue *gst_ecbsr_formats_get_usual (void);
const GValue *gst_ecbsr_formats_get_others (void);

gboolean gst_ecbsr_formats_is_native (GstVideoFormat format);

/* What frames of @format are upscaled as: @format itself where it is native, else
 * the native format that loses nothing, or the least. */
GstVideoFormat gst_ecbsr_formats_get_native (GstVideoFormat format);

/* How much of frames of @in is lost, or has to be computed, in frames of @out. 0:
 * nothing, they are the same. */
guint gst_ecbsr_formats_get_loss (const GstVideoFormatInfo * in,
    const GstVideoFormatInfo * out);

/* Bits of the deepest colour component: green has one more in RGB16. */
guint gst_ecbsr_formats_get_depth (const GstVideoFormatInfo * finfo);

gboolean gst_ecbsr_formats_is_subsampled (const GstVideoFormatInfo * finfo);

/* Both YUV, both RGB or both grey. */
gboolean gst_ecbsr_formats_same_family (const GstVideoFormatInfo * a,
    const GstVideoFormatInfo * b);

G_END_DECLS
