/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A source that chooses among its modes as v4l2src does: the peer's first
 * structure, made as large as it can be up to 3840x2160, is the size it would
 * like; it takes the smallest mode that is not below that, and where all are, the
 * first that the peer takes.
 *
 * Properties: modes, "WIDTHxHEIGHT@RATE …" in the camera's order; media-type,
 * video/x-raw or image/jpeg (with nothing of the kind in its buffers); filters: to
 * negotiate as other sources do, which ask with their own caps as the filter; asks-back:
 * to ask what its peer takes whenever it is asked what it offers. */

#pragma once

#include <gst/base/gstpushsrc.h>

#define TEST_TYPE_CAMERA (test_camera_get_type ())
G_DECLARE_FINAL_TYPE (TestCamera, test_camera, TEST, CAMERA, GstPushSrc)
/* As the element testcamera. */
void test_camera_register (void);
