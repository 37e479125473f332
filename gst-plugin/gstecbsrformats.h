/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Video formats in the engine's terms. */

#pragma once

#include <gst/video/video.h>

#include "ecbsr.h"

G_BEGIN_DECLS
/* What a plan has to know of frames of @info, one of GST_ECBSR_FORMATS. */
void gst_ecbsr_formats_get_config (const GstVideoInfo * info,
    EcbsrPlanConfig * config);

G_END_DECLS
