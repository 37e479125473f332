/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Caps negotiation. Functions of their arguments only. */

#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

#define GST_ECBSR_MAX_SCALE 4

/* What the sink pad (@direction GST_PAD_SINK) or the source pad takes, whatever
 * the scale. */
GstCaps *gst_ecbsr_caps_template (GstPadDirection direction);

/* Whether frames of @caps, which are fixed, are in memory that is read and written here.
 * Others pass at scale 1. */
gboolean gst_ecbsr_caps_can_scale (const GstCaps * caps);

/* What becomes of a frame. */
typedef struct
{
  guint scale;
  gboolean passes;              /* as it is, at scale 1: no network */
} GstEcbsrScaling;

/* What the other pad can have when the pad in @direction has @caps: sizes times
 * (or, from source to sink, exactly divided by) the scale; first everything in
 * the same format, then everything that a conversion can make of it. Where frames
 * pass: @caps. */
GstCaps *gst_ecbsr_caps_transform (GstCaps * caps, GstPadDirection direction,
    const GstEcbsrScaling * scaling);

/* The best fixed source caps in @othercaps for the fixed sink caps @incaps:
 * the same format where possible, else the one that loses least; colorimetry
 * and chroma siting always named, because their defaults depend on the size.
 * Takes @othercaps. */
GstCaps *gst_ecbsr_caps_fixate (GstCaps * incaps, GstCaps * othercaps,
    const GstEcbsrScaling * scaling);

/* What gst_video_info_from_caps () has made of the colours in @caps, corrected in @info.
 * The range: GStreamer forgets one that is named without a matrix, as decoders do for
 * H.264 that says no more than that it is of full range. The chroma siting: as @caps name
 * it, else that of JPEG for full range and that of MPEG-2 for all else; GStreamer's own
 * depends on its version, on the height and on what else @caps name. Unknown (0) only
 * where chroma is not subsampled. */
void gst_ecbsr_caps_read_color (GstVideoInfo * info, const GstCaps * caps);

G_END_DECLS
