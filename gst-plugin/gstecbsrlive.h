/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the properties to the model that runs. While started, a new model is
 * loaded and planned in the thread that asks for it and taken up between two frames by the
 * streaming thread; what fails leaves everything as it was, properties too. */

#pragma once

#include "gstecbsr.h"

G_BEGIN_DECLS
/* Loads what the properties ask for. FALSE: an ERROR has been posted. */
    gboolean gst_ecbsr_live_start (GstEcbsr * self);
void gst_ecbsr_live_stop (GstEcbsr * self);

/* After properties have changed, in the thread that changed them. */
void gst_ecbsr_live_request (GstEcbsr * self);

/* On the streaming thread, before it takes up what new sink caps bring: looks
 * whether the source is live, which content=auto goes by. Not before, since
 * sources know only when they have started. */
void gst_ecbsr_live_look_upstream (GstEcbsr * self);

/* On the streaming thread, before it handles a buffer, or new sink caps
 * (@incaps; NULL: the current ones). */
void gst_ecbsr_live_take_up (GstEcbsr * self, GstCaps * incaps);

/* On the streaming thread: @upscaler (taken) runs from now on. Says so, and
 * warns where it does not compute in the precision that was asked for. */
void gst_ecbsr_live_use (GstEcbsr * self, GstEcbsrUpscaler * upscaler);
/* On the streaming thread: what the upscaler of new caps is for, so that others
 * can be made ahead. */
void gst_ecbsr_live_set_video (GstEcbsr * self, const GstVideoInfo * in,
    const GstVideoInfo * out);

G_END_DECLS
