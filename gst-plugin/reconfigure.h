/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the properties to the model that runs. While started, a new model is loaded
 * and planned in the thread that asks for it, and applied between two frames by the
 * streaming thread; what fails leaves everything as it was, properties too. */

#pragma once

#include "caps.h"
#include "gstecbsr.h"

G_BEGIN_DECLS

/* Of what runs, or will run once started. In any thread. */
GstEcbsrScaling gst_ecbsr_reconfigure_get_scaling (GstEcbsr * self);

/* Answers @query as the base class does, but at one scale: one about caps begins anew
 * where another setup has been applied meanwhile. In any thread. */
gboolean gst_ecbsr_reconfigure_query (GstEcbsr * self,
    GstPadDirection direction, GstQuery * query);

/* Loads what the properties ask for. FALSE: an ERROR has been posted. */
gboolean gst_ecbsr_reconfigure_start (GstEcbsr * self,
    GstEcbsrQosActions * actions);
void gst_ecbsr_reconfigure_stop (GstEcbsr * self);

/* After properties have changed, in the thread that changed them: prepares what
 * they ask for. Where that fails, a WARNING is posted, and they are taken back. */
void gst_ecbsr_reconfigure_request (GstEcbsr * self);

/* On the streaming thread, before it applies what new sink caps bring: asks
 * whether the source is live, which content=auto goes by. Not before, since
 * sources know only when they have started. FALSE: one has not yet, such as another
 * input of a selector, and it counts as not live until asked again. */
gboolean gst_ecbsr_reconfigure_ask_upstream (GstEcbsr * self);

/* On the streaming thread, before it handles a buffer, or new sink caps
 * (@incaps; NULL: the current ones): applies what is pending. TRUE: there are
 * @actions. */
gboolean gst_ecbsr_reconfigure_apply (GstEcbsr * self, GstCaps * incaps,
    GstEcbsrQosActions * actions);

/* On the streaming thread: frames of @in become frames of @out from now on. FALSE
 * sets an error; nothing is changed then. */
gboolean gst_ecbsr_reconfigure_set_caps (GstEcbsr * self,
    const GstVideoInfo * in, const GstVideoInfo * out,
    GstEcbsrQosActions * actions, GError ** error);

/* On the streaming thread: brings active-model and backend up to what runs. */
void gst_ecbsr_reconfigure_show (GstEcbsr * self);

G_END_DECLS
