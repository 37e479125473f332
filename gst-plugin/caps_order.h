/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* In which order a caps query of the sink pad is answered: many who ask take the first
 * caps that they can make. Functions of their arguments only. */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Puts in front of the caps in @query's answer, which the sink pad takes: what gives
 * pictures within @width x @height (input pixels; 0: any) at 24 frames a second or more,
 * then what gives such pictures at any rate; all else stays behind. Cameras offer many
 * sizes, and go by the order in which they are asked. For any other source it would
 * do harm: a scaler, a mixer or videorate takes the first structure for an order.
 *
 * @modes is what the camera offers, of whatever media type, or NULL if that is not
 * known; most sources name sizes in the query's filter, which counts more. Of the sizes
 * that are named the largest within the limit comes first; where none is, the smallest
 * comes behind the limit. Without any the first structure ends at the limit: a camera
 * reads from it which size is wanted, and may take one of its own that is larger.
 *
 * @wanted is what downstream takes, in its order, or NULL. Where it names a rate below 24
 * frames a second first and the camera has it, pictures at that rate come before all
 * else. */
void gst_ecbsr_caps_order_modes (GstQuery * query, const GstCaps * modes,
    const GstCaps * wanted, guint width, guint height);

/* Puts @current in front of the caps in @query's answer, if it is among them. */
void gst_ecbsr_caps_order_current (GstQuery * query, GstCaps * current);

/* Puts those that can be scaled in front, and leaves the others out where @query has a
 * filter and there are any such: who can make the system's memory too, as most filters
 * say, is not led away from it, since the scale may change. */
void gst_ecbsr_caps_order_scalable (GstQuery * query);

G_END_DECLS
