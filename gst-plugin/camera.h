/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The camera that feeds the element, and the modes that it offers. A caps query
 * must not be answered by a question upstream: elements there, such as those of
 * playbin, hold their lock while they ask. So the camera is found by its links,
 * and asked beforehand. */

#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Thread-safe, with a lock of its own that is held over no call into GStreamer. */
typedef struct _GstEcbsrCamera GstEcbsrCamera;

GstEcbsrCamera *gst_ecbsr_camera_new (void);
void gst_ecbsr_camera_free (GstEcbsrCamera * camera);

/* Asks the camera upstream of @sinkpad, if there is one, which modes it has: at
 * its own source pad, past what is in between. Not while another thread streams
 * from it, and never from within a query. */
void gst_ecbsr_camera_ask_modes (GstEcbsrCamera * camera, GstPad * sinkpad);

/* Whether everything that can reach @sinkpad comes from cameras, through nothing
 * that could change the size or the rate of the pictures. Walks along links and asks
 * nobody. Sets @modes to what the camera was found to have (caps of any media type),
 * or NULL where that is unknown. */
gboolean gst_ecbsr_camera_find (GstEcbsrCamera * camera, GstPad * sinkpad,
    GstCaps ** modes);

G_END_DECLS
