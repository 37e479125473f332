/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which of the sizes that the sink pad takes stand first. Cameras offer many,
 * and go by the order in which they are asked. */

#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS
/* Puts in front of @caps, which the sink pad takes: what gives pictures within
 * @width x @height (input pixels; 0: any) at 24 frames a second or more, then
 * what gives such pictures at any rate; all else stays behind.
 *
 * A camera reads from the first structure which size is wanted, and may take one
 * of its own that is larger. @upstream is what it offers, or NULL if that is not
 * known: its largest size within the limit is what is asked for then.
 *
 * Takes @caps. */
    GstCaps * gst_ecbsr_preference_order (GstCaps * caps,
    const GstCaps * upstream, guint width, guint height);

G_END_DECLS
