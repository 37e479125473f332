// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a decoded video goes through: deinterlaced, turned upright, upscaled,
// encoded.

#pragma once

#include "container.h"

// A bin with a pad "sink", for a stream such as flows at decoded (its caps and
// tags count), and a pad "src" of what the container takes. ecbsr becomes part
// of it.
GstElement *video_bin_new (GstElement *ecbsr, const Container *container,
                           const gchar *encoder, gboolean keep_interlaced,
                           GstPad *decoded, GError **error);
