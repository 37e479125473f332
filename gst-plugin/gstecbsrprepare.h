/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the properties ask of the next frame. */

#pragma once

#include "gstecbsr.h"

G_BEGIN_DECLS
/* On the streaming thread: sets the upscaler up for @in and fills @params, which
 * are good until the next call. */
    void gst_ecbsr_prepare_frame (GstEcbsr * self, const GstVideoFrame * in,
    EcbsrRunParams * params);

G_END_DECLS
