// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What OUT's suffix says: the muxer, and the encoders for what goes into it.

#pragma once

#include <gst/gst.h>

typedef struct
{
  const gchar *suffix; // with its dot, lower case
  const gchar *muxer;  // NULL: a picture, which is what the encoder writes
  // As for gst_parse_bin_from_description(), for video of 8 bits a component
  // and for deeper video.
  const gchar *encoder, *deep_encoder;
  const gchar *caps, *deep_caps;  // raw video that the encoder is given
  gboolean even;                  // width and height have to be even
  const gchar *audio_encoders[4]; // the first that is installed
} Container;

// By the suffix of a path, in any case. NULL and an error that lists them all
// if there is none of that name.
const Container *container_for (const gchar *path, GError **error);

// Whether a muxer takes a stream as it is: the template of the pad to request
// for it, or NULL.
GstPadTemplate *container_find_template (GstElement *muxer,
                                         const GstCaps *caps);

// An element; if it is not installed, an error that says where it is to be had.
// The reference is floating.
GstElement *container_make (const gchar *factory, GError **error);

// The same for a description of several, whose pads become the bin's.
GstElement *container_make_bin (const gchar *description, GError **error);
