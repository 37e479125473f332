/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What buffers we want: SIMD-friendly, and with GstVideoMeta, so that strides
 * are free. */

#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS
/* Before the base class answers upstream's allocation @query. */
void gst_ecbsr_allocation_propose (GstQuery * query);

/* Before the base class settles downstream's answer in @query: a pool that
 * does not take our configuration is replaced by one of our own. */
void gst_ecbsr_allocation_decide (GstQuery * query);

G_END_DECLS
