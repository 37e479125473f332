/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A source that chooses among its modes as v4l2src does: the peer's first
 * structure, made as large as it can be up to 3840x2160, is the size it would
 * like; it takes the smallest mode that is not below that, and where all are, the
 * first that the peer takes. */

#pragma once

#include <gst/base/gstpushsrc.h>

#define TEST_TYPE_CAMERA (test_camera_get_type ())
G_DECLARE_FINAL_TYPE (TestCamera, test_camera, TEST, CAMERA, GstPushSrc)
/* @modes: "WIDTHxHEIGHT@RATE …", in the camera's order. Floating. */
GstElement *test_camera_new (const gchar * modes);

/* Has it ask what its peer takes whenever it is asked what it offers. */
void test_camera_ask_back (GstElement * camera);
