// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Sound and subtitles: into the new file as they are, or, where it cannot hold
// them so, as the nearest that it can.

#pragma once

#include "container.h"

typedef enum
{
  PASSTHROUGH_AS_IT_IS,
  PASSTHROUGH_ENCODED, // decoded and encoded again
  PASSTHROUGH_LEFT_OUT,
  PASSTHROUGH_FAILED,
} Passthrough;

// Links a source pad, which need not have caps yet but will have these, to the
// muxer; what is needed between goes into the pipeline. encoder is the element
// that encodes, if one does. Without error, unless it has failed.
Passthrough passthrough_link (GstBin *pipeline, GstElement *muxer,
                              const Container *container, GstPad *src,
                              const GstCaps *caps, const gchar **encoder,
                              GError **error);
