/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What a change of format costs, and what colours mean after it. */

#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS
/* The chroma siting that @caps name, into @info, which has been made of them:
 * gst_video_info_from_caps () loses it where they name no colorimetry. */
void gst_ecbsr_color_read_site (GstVideoInfo * info, GstCaps * caps);

/* How much of @in is lost, or has to be computed again, in frames of @format
 * whose further colour fields @s may restrict. 0: nothing at all. */
    guint gst_ecbsr_color_get_loss (const GstVideoInfo * in,
    GstVideoFormat format, const GstStructure * s);

/* Sets colorimetry and chroma-site in @s, caps of @format that are made of
 * @in: what they are in @in as far as the format allows, unless @s restricts
 * them to something else. */
void gst_ecbsr_color_fixate (GstStructure * s, const GstVideoInfo * in,
    GstVideoFormat format);

G_END_DECLS
