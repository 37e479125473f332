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

/* Puts those of @caps that can be scaled in front. @alone: leaves the others out, where
 * there are any such. A source of both is to stay with what the scale may be changed for.
 * Takes @caps. */
GstCaps *gst_ecbsr_caps_prefer_scalable (GstCaps * caps, gboolean alone);

/* What the other pad can have when the pad in @direction has @caps: sizes times
 * (or, from source to sink, exactly divided by) @scale; first everything in
 * the same format, then everything that a conversion can make of it. */
GstCaps *gst_ecbsr_caps_transform (GstCaps * caps, GstPadDirection direction,
    guint scale);

/* The best fixed source caps in @othercaps for the fixed sink caps @incaps:
 * the same format where possible, else the one that loses least; colorimetry
 * and chroma siting always named, because their defaults depend on the size.
 * Takes @othercaps. */
GstCaps *gst_ecbsr_caps_fixate (GstCaps * incaps, GstCaps * othercaps,
    guint scale);

/* Sets the chroma siting of @info, which has been made of @caps: as they name it,
 * else that of JPEG for full range and that of MPEG-2 for all else. Whatever
 * gst_video_info_from_caps () has set is ignored: it depends on GStreamer's
 * version, on the height and on what else @caps name. Unknown (0) only where
 * chroma is not subsampled. */
void gst_ecbsr_caps_read_site (GstVideoInfo * info, const GstCaps * caps);

/* Puts in front of @caps, which the sink pad takes: what gives pictures within
 * @width x @height (input pixels; 0: any) at 24 frames a second or more, then
 * what gives such pictures at any rate; all else stays behind. Cameras offer many
 * sizes, and go by the order in which they are asked. For any other source it would
 * do harm: a scaler, a mixer or videorate takes the first structure for an order.
 *
 * @modes is what the camera offers, of whatever media type, or NULL if that is not
 * known. Of the sizes that it names the largest within the limit comes first; where none
 * is, the smallest comes behind the limit. Without it the first structure ends at the
 * limit: a camera reads from it which size is wanted, and may take one of its own that
 * is larger.
 *
 * @wanted is what downstream takes, in its order, or NULL. Where it names a rate below 24
 * frames a second first and the camera has it, pictures at that rate come before all else.
 *
 * Takes @caps. */
GstCaps *gst_ecbsr_caps_order (GstCaps * caps, const GstCaps * modes,
    const GstCaps * wanted, guint width, guint height);

/* Whether @caps, or NULL, name a size that is no range. */
gboolean gst_ecbsr_caps_name_size (const GstCaps * caps);

G_END_DECLS
