// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One video file into another, larger one.

#pragma once

#include "container.h"
#include "progress.h"

typedef struct
{
  const gchar *input, *output;
  const Container *container;
  const gchar *encoder; // NULL: the container's
  gboolean keep_interlaced;
  GstClockTime start;
  const gchar
      *video; // NULL, or a file whose video is taken as it is, for input's
  GstElement *ecbsr; // its properties set
  Progress *progress;
} TranscodeOptions;

typedef struct
{
  guint64 n_frames;
  gint width, height;
  gchar *model;            // and on what it ran; NULL: no frame was upscaled
  GstClockTime stopped_at; // GST_CLOCK_TIME_NONE: the whole of it
  gboolean not_written;    // an error is one of the output, not of the input
} TranscodeResult;

// Runs until the output is complete, or SIGINT, SIGTERM or SIGHUP came: then
// the output ends before stopped_at, the first frame that is not in it, and is
// a valid file all the same. A second signal is an error, and so is one before
// the first frame. Warnings go to standard error. Once a process.
gboolean transcode (const TranscodeOptions *options, TranscodeResult *result,
                    GError **error);
