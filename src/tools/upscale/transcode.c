// SPDX-License-Identifier: LGPL-2.1-or-later
//
//                       +-> decodebin -> video bin (ecbsr, encoder) -+
// filesrc -> parsebin -multiqueue                                     +-> muxer
//                       +-> sound, subtitles: see passthrough --------+
//
// parsebin's streams are held back until all of them are known and, with a
// start, until the file has been sought there. The video bin is made when the
// first frame is decoded, because what it has to do depends on caps and tags.
//
// With a video of its own (options->video) the first line is
//
//   filesrc -> parsebin -----------------------------------------------> muxer
//
// and the input's video is thrown away.

#include "transcode.h"

#include "matroska.h"
#include "streams.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <gst/pbutils/pbutils.h>
#include <signal.h>
#include <string.h>

#define REFRESH 200            // ms between two looks at the progress
#define QUEUE_BYTES (64 << 20) // the most that a stream waits for another

void
transcoder_tell (Transcoder *self, const gchar *format, ...)
{
  g_autofree gchar *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (!g_hash_table_add (self->warned, g_strdup (text)))
    return;
  progress_clear (self->options->progress);
  g_printerr ("ecbsr-upscale: %s: %s\n", self->options->input, text);
}

void
transcoder_fail (Transcoder *self, GError *error)
{
  if (self->error)
    g_error_free (error);
  else
    self->error = error;
  g_main_loop_quit (self->loop);
}

void
transcoder_fail_with (Transcoder *self, const gchar *text)
{
  transcoder_fail (self,
                   g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, text));
}

void
transcoder_post_error (Transcoder *self, GError *error)
{
  gst_element_post_message (
      self->pipeline,
      gst_message_new_error (GST_OBJECT (self->pipeline), error, NULL));
  g_error_free (error);
}

GstElement *
transcoder_add (Transcoder *self, const gchar *factory)
{
  GstElement *element
      = self->error ? NULL : container_make (factory, &self->error);

  if (element)
    gst_bin_add (GST_BIN (self->pipeline), element);
  return element;
}

static gboolean
handle_signal (gpointer data)
{
  Transcoder *self = data;
  gboolean again;
  guint64 n_frames;

  g_mutex_lock (&self->lock);
  again = self->stopping;
  n_frames = self->n_frames;
  self->stopping = TRUE;
  g_mutex_unlock (&self->lock);
  if (again || n_frames == 0 || !self->muxer || self->options->video)
    transcoder_fail_with (self, "interrupted");
  else
    streams_end_sparse (self);
  return G_SOURCE_CONTINUE;
}

// ---------------------------------------------------------------------- bus --

// The last line of what GStreamer adds for developers often names the cause.
static const gchar *
find_cause (const gchar *detail)
{
  const gchar *line = detail ? strchr (detail, '\n') : NULL;

  return line && line[1] ? line + 1 : NULL;
}

static void
handle_error (Transcoder *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *detail = NULL;
  const gchar *cause;

  gst_message_parse_error (message, &error, &detail);
  cause = find_cause (detail);
  if (!self->error)
    self->result->not_written
        = GST_MESSAGE_SRC (message) == GST_OBJECT (self->sink);
  if (self->missing)
    transcoder_fail (
        self,
        g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                     "GStreamer has no %s; on Debian, gstreamer1.0-libav and "
                     "gstreamer1.0-plugins-bad hold most",
                     self->missing));
  else if (cause)
    transcoder_fail (self, g_error_new (error->domain, error->code, "%s (%s)",
                                        error->message, cause));
  else
    transcoder_fail (self, g_steal_pointer (&error));
}

static void
handle_warning (Transcoder *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  transcoder_tell (self, "%s", error->message);
}

static void
note_missing (Transcoder *self, GstMessage *message)
{
  g_autofree gchar *name = gst_missing_plugin_message_get_description (message);

  if (!self->missing)
    self->missing = g_steal_pointer (&name);
}

static void
take_chapters (Transcoder *self, GstMessage *message)
{
  g_autoptr (GstToc) toc = NULL;

  gst_message_parse_toc (message, &toc, NULL);
  if (!self->muxer || !gst_toc_get_entries (toc))
    return;
  if (GST_IS_TOC_SETTER (self->muxer))
    gst_toc_setter_set_toc (GST_TOC_SETTER (self->muxer), toc);
  else
    transcoder_tell (self,
                     "the chapters are left out, because %s cannot hold them",
                     self->options->container->suffix);
}

static gboolean
handle_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Transcoder *self = data;

  switch (GST_MESSAGE_TYPE (message))
    {
    case GST_MESSAGE_ERROR:
      handle_error (self, message);
      break;
    case GST_MESSAGE_WARNING:
      handle_warning (self, message);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (self->loop);
      break;
    case GST_MESSAGE_APPLICATION:
      streams_start (self);
      break;
    case GST_MESSAGE_TOC:
      take_chapters (self, message);
      break;
    default:
      if (gst_is_missing_plugin_message (message))
        note_missing (self, message);
      break;
    }
  return G_SOURCE_CONTINUE;
}

static gboolean
refresh (gpointer data)
{
  Transcoder *self = data;
  GstClockTime start = self->options->start, position;
  guint64 n_frames;

  g_mutex_lock (&self->lock);
  position = self->position;
  n_frames = self->n_frames;
  g_mutex_unlock (&self->lock);
  if (n_frames > 0 && self->muxer)
    progress_show (self->options->progress, n_frames,
                   position > start ? position - start : 0,
                   self->duration > start ? self->duration - start : 0);
  return G_SOURCE_CONTINUE;
}

// ----------------------------------------------------------------- pipeline --

static void
make_pipeline (Transcoder *self)
{
  const TranscodeOptions *o = self->options;
  GstElement *source;

  self->pipeline = gst_pipeline_new (NULL);
  source = transcoder_add (self, "filesrc");
  self->parsebin = transcoder_add (self, "parsebin");
  self->queue = transcoder_add (self, "multiqueue");
  self->sink = transcoder_add (self, "filesink");
  if (o->container->muxer)
    self->muxer = transcoder_add (self, o->container->muxer);
  if (self->muxer
      && (strcmp (o->container->muxer, "matroskamux") == 0
          || strcmp (o->container->muxer, "webmmux") == 0))
    matroska_correct (self->muxer);
  if (self->error)
    return;
  g_object_set (source, "location", o->input, NULL);
  g_object_set (self->sink, "location", o->output, NULL);
  // A few buffers each; more where a stream has to wait for another.
  g_object_set (self->queue, "max-size-buffers", 5, "max-size-bytes",
                QUEUE_BYTES, "max-size-time", G_GUINT64_CONSTANT (0), NULL);
  gst_element_link (source, self->parsebin);
  if (self->muxer)
    gst_element_link (self->muxer, self->sink);
  g_signal_connect (self->parsebin, "autoplug-continue",
                    G_CALLBACK (streams_see_type), self);
  g_signal_connect (self->parsebin, "pad-added", G_CALLBACK (streams_add),
                    self);
}

static void
run (Transcoder *self)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
  static const gint signals[] = { SIGINT, SIGTERM, SIGHUP };
  guint sources[G_N_ELEMENTS (signals)];
  guint timer = g_timeout_add (REFRESH, refresh, self);

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sources[i] = g_unix_signal_add (signals[i], handle_signal, self);
  gst_bus_add_watch (bus, handle_message, self);
  gst_element_set_state (self->pipeline,
                         GST_STATE_PLAYING); // a failure posts an error
  g_main_loop_run (self->loop);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (sources[i]);
  g_source_remove (timer);
  progress_clear (self->options->progress);
}

static void
fill_result (Transcoder *self)
{
  TranscodeResult *result = self->result;
  g_autofree gchar *model = NULL, *backend = NULL;

  result->n_frames = self->n_frames;
  result->width = self->width;
  result->height = self->height;
  result->stopped_at = self->stop_at;
  if (self->options->video)
    return;
  g_object_get (self->options->ecbsr, "active-model", &model, "backend",
                &backend, NULL);
  result->model = g_strdup_printf ("%s, %s", model, backend);
}

static void
clear (Transcoder *self)
{
  if (self->pipeline)
    {
      g_autoptr (GstBus) bus = gst_element_get_bus (self->pipeline);
      gst_bus_remove_watch (bus);
      gst_element_set_state (self->pipeline, GST_STATE_NULL);
    }
  g_clear_object (&self->video_sink);
  g_ptr_array_unref (self->streams);
  g_clear_object (&self->pipeline);
  g_main_loop_unref (self->loop);
  g_hash_table_unref (self->warned);
  g_free (self->missing);
  g_mutex_clear (&self->lock);
}

gboolean
transcode (const TranscodeOptions *options, TranscodeResult *result,
           GError **error)
{
  Transcoder self
      = { .options = options,
          .result = result,
          .loop = g_main_loop_new (NULL, FALSE),
          .streams = g_ptr_array_new_with_free_func (streams_free_one),
          .warned
          = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
          .stop_at = GST_CLOCK_TIME_NONE };

  g_mutex_init (&self.lock);
  make_pipeline (&self);
  if (!self.error)
    run (&self);
  if (!self.error && self.n_frames == 0)
    self.error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED,
                                      "no picture could be decoded");
  if (!self.error)
    fill_result (&self);
  clear (&self);
  if (!self.error)
    return TRUE;
  g_propagate_error (error, self.error);
  return FALSE;
}
