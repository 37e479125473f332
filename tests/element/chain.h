/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Elements of GStreamer's own around ecbsr. */

#pragma once

#include <gst/gst.h>

/* Before the others: makes known the plugins that are installed, as far as they are
 * named here, and the element testcamera. */
void chain_set_up (void);

/* As gst_parse_launch (), floating; NULL where an element of it is not installed. */
GstElement *chain_parse (const gchar * description);

/* Says that something has not been tested. */
void chain_skip (const gchar * description);

/* Starts "@description ! fakesink" and returns what comes into the element named e,
 * as "WIDTHxHEIGHT@RATE". NULL where it cannot run here: an element is not installed,
 * or stops with an error before anything comes. */
gchar *chain_get_video (const gchar * description);

/* In the same way, which mode the testcamera has taken that is first in it. */
gchar *chain_get_camera_mode (const gchar * description);

/* Plays @description to its end. FALSE where it cannot run here. Fails where it does not
 * come to an end. */
gboolean chain_play (const gchar * description);

/* As chain_play (), which waits long; sets whether it has come to its end within
 * @patience. */
gboolean chain_play_within (const gchar * description, GstClockTime patience,
    gboolean * played);
