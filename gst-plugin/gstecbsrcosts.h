/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What models cost on this machine. */

#pragma once

#include "gstecbsrsettings.h"

#include <gst/video/video.h>

G_BEGIN_DECLS
/* How long a frame of @in takes with @model, with the threads and the precision
 * of @settings, while nothing else runs. Measured on a small picture of that
 * format, in about a millisecond, once in a process; scaled by area. 0 where there
 * is no memory to measure in. Thread-safe. */
    GstClockTime gst_ecbsr_costs_get (EcbsrModel * model,
    const GstVideoInfo * in, const GstEcbsrSettings * settings);

G_END_DECLS
