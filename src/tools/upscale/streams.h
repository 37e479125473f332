// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What transcode.c, which runs the pipeline, and streams.c, which links what
// parsebin finds in the input, share. Functions are the main thread's but where
// they say otherwise.

#pragma once

#include "transcode.h"

typedef struct Transcoder Transcoder;

typedef struct
{
  Transcoder *owner;
  GstPad *pad;            // of parsebin
  gulong hold;            // probe
  GstPad *out;            // of the multiqueue; NULL: left out
  GstPad *held;           // the same while others are waited for
  gulong hold_out;        // its probe
  gboolean sparse, known; // when streams were linked
} Stream;

struct Transcoder
{
  const TranscodeOptions *options;
  TranscodeResult *result;
  GMainLoop *loop;
  GstElement *pipeline, *parsebin, *queue, *muxer, *sink;
  GstPad *video_sink; // the muxer's, or the sink's
  GPtrArray *streams;
  gboolean typed, picture, waiting, exposed;
  GstClockTime duration; // of what is upscaled; 0: not known
  GError *error;
  gchar *missing; // plugins
  GHashTable *warned;

  GMutex lock; // for all below, which streaming threads write
  guint64 n_decoded, n_frames;
  gint width, height;
  GstClockTime position; // stream time of the latest frame
  gboolean stopping;
  GstClockTime stop_at;
};

// Once for each text, over the line of progress.
void transcoder_tell (Transcoder *self, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

// What went wrong first counts, for the rest follows from it. Takes `error`.
void transcoder_fail (Transcoder *self, GError *error);
void transcoder_fail_with (Transcoder *self, const gchar *text);

// From any thread. Takes `error`.
void transcoder_post_error (Transcoder *self, GError *error);

// A new element in the pipeline, or NULL, where the error is noted.
GstElement *transcoder_add (Transcoder *self, const gchar *factory);

// parsebin's "autoplug-continue" and "pad-added". From streaming threads.
gboolean streams_see_type (GstElement *parsebin, GstPad *pad, GstCaps *caps,
                           gpointer data);
void streams_add (GstElement *parsebin, GstPad *pad, gpointer data);

// Data has come on a stream: links all and lets them go. Where there is but
// one, others may follow when more of the file has been read, which is waited
// for.
void streams_start (Transcoder *self);

// A subtitle may not come for long, and the muxer would wait for it.
void streams_end_sparse (Transcoder *self);

void streams_free_one (gpointer stream);
