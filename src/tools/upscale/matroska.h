// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What matroskamux (webmmux, too) writes that other programs take for something
// else.

#pragma once

#include <gst/gst.h>

// A stream whose language nobody named is of none, where the file would say
// English; and text in tags is written as it is, where matroskamux quotes all
// but the simplest words as for gst-launch-1.0: "My\ Film".
void matroska_correct (GstElement *muxer);
