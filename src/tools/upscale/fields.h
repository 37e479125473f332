// SPDX-License-Identifier: LGPL-2.1-or-later
//
// When the frames are that an element deinterlace makes, one of each field.

#pragma once

#include <gst/gst.h>

// With yadif it gives the first frames and the last times of others, so that
// pictures come late against sound or go back, and repeats the last ones. From
// now on frames of video that is interlaced throughout have the times of their
// fields; of any, those are left out that would not go forward.
void fields_correct_times (GstElement *deinterlace);
