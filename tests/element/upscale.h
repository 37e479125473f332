/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* One frame through an element of its own. */

#pragma once

#include "frames.h"
#include "harness.h"

/* The frame @in (taken) of @in_info upscaled by an element with these
 * properties; @out_info is filled. */
GstBuffer *upscale (GstBuffer * in, const GstVideoInfo * in_info,
    GstVideoInfo * out_info, const gchar * first_property, ...)
    G_GNUC_NULL_TERMINATED;

/* The same with an element that is there. */
GstBuffer *upscale_with (Bench * bench, GstBuffer * in,
    const GstVideoInfo * in_info, GstVideoInfo * out_info);
