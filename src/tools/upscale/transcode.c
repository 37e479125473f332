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
//   filesrc -> parsebin --------------------------------------------------> muxer
//
// and the input's video is thrown away.

#include "transcode.h"

#include "passthrough.h"
#include "video.h"

#include <gio/gio.h>
#include <glib-unix.h>
#include <gst/pbutils/pbutils.h>
#include <signal.h>
#include <string.h>

#define REFRESH 200          // ms between two looks at the progress
#define QUEUE_BYTES (64 << 20) // the most that a stream waits for another

typedef struct Transcoder Transcoder;

typedef struct
{
  Transcoder *owner;
  GstPad *pad; // of parsebin
  gulong hold; // probe
  GstPad *out; // of the multiqueue; NULL: left out
  gboolean sparse;
} Stream;

struct Transcoder
{
  const TranscodeOptions *options;
  TranscodeResult *result;
  GMainLoop *loop;
  GstElement *pipeline, *parsebin, *queue, *muxer, *sink;
  GstPad *video_sink; // the muxer's, or the sink's
  GPtrArray *streams;
  gboolean picture, exposed;
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

static void
tell (Transcoder *self, const gchar *format, ...) G_GNUC_PRINTF (2, 3);

static void
tell (Transcoder *self, const gchar *format, ...)
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

// What went wrong first counts, for the rest follows from it.
static void
fail (Transcoder *self, GError *error)
{
  if (self->error)
    g_error_free (error);
  else
    self->error = error;
  g_main_loop_quit (self->loop);
}

static void
fail_with (Transcoder *self, const gchar *text)
{
  fail (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, text));
}

// From a streaming thread.
static void
post_error (Transcoder *self, GError *error)
{
  gst_element_post_message (self->pipeline,
                            gst_message_new_error (GST_OBJECT (self->pipeline),
                                                   error, NULL));
  g_error_free (error);
}

static GstElement *
add (Transcoder *self, const gchar *factory)
{
  GstElement *element = self->error ? NULL : container_make (factory, &self->error);

  if (element)
    gst_bin_add (GST_BIN (self->pipeline), element);
  return element;
}

// ------------------------------------------------------------ stopping early --

static GstClockTime
stream_time (GstPad *pad, GstClockTime time)
{
  GstEvent *event = gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  if (!event)
    return GST_CLOCK_TIME_NONE;
  gst_event_parse_segment (event, &segment);
  time = segment->format == GST_FORMAT_TIME // of a picture it is bytes
             ? gst_segment_to_stream_time (segment, GST_FORMAT_TIME, time)
             : GST_CLOCK_TIME_NONE;
  gst_event_unref (event);
  return time;
}

static GstPadProbeReturn
end_stream (GstPad *pad, GstPadProbeInfo *info)
{
  gst_mini_object_unref (GST_MINI_OBJECT (info->data));
  info->data = NULL;
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  gst_pad_push_event (pad, gst_event_new_eos ());
  return GST_PAD_PROBE_HANDLED;
}

// Decoded frames. The first that comes after a signal is the first that is not
// in the output; of a picture, that is the second.
static GstPadProbeReturn
watch_decoded (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Transcoder *self = data;
  GstClockTime time = stream_time (pad, GST_BUFFER_PTS (info->data));
  gboolean stop;

  g_mutex_lock (&self->lock);
  stop = self->stopping || (!self->muxer && self->n_decoded > 0);
  if (self->stopping && self->stop_at == GST_CLOCK_TIME_NONE)
    self->stop_at = GST_CLOCK_TIME_IS_VALID (time) ? time : self->position;
  self->n_decoded++;
  g_mutex_unlock (&self->lock);
  return stop ? end_stream (pad, info) : GST_PAD_PROBE_OK;
}

// Sound goes as far as the pictures do.
static GstPadProbeReturn
watch_other (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Transcoder *self = data;
  GstClockTime time = stream_time (pad, GST_BUFFER_PTS (info->data)), stop_at;

  g_mutex_lock (&self->lock);
  stop_at = self->stop_at;
  g_mutex_unlock (&self->lock);
  if (stop_at == GST_CLOCK_TIME_NONE || time == GST_CLOCK_TIME_NONE || time < stop_at)
    return GST_PAD_PROBE_OK;
  return end_stream (pad, info);
}

// A subtitle may not come for long, and the muxer would wait for it.
static void
end_sparse_streams (Transcoder *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = self->streams->pdata[i];
      if (stream->out && stream->sparse)
        gst_pad_push_event (stream->out, gst_event_new_eos ());
    }
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
    fail_with (self, "interrupted");
  else
    end_sparse_streams (self);
  return G_SOURCE_CONTINUE;
}

// ------------------------------------------------------------------- pictures --

static GstPadProbeReturn
count_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Transcoder *self = data;
  GstClockTime time = stream_time (pad, GST_BUFFER_PTS (info->data));

  g_mutex_lock (&self->lock);
  self->n_frames++;
  if (GST_CLOCK_TIME_IS_VALID (time))
    self->position = time;
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
see_size (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Transcoder *self = data;
  GstCaps *caps;

  if (GST_EVENT_TYPE (info->data) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (info->data, &caps);
  g_mutex_lock (&self->lock);
  gst_structure_get (gst_caps_get_structure (caps, 0), "width", G_TYPE_INT,
                     &self->width, "height", G_TYPE_INT, &self->height, NULL);
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

static void
watch_frames (Transcoder *self, GstPad *counted)
{
  gst_pad_add_probe (counted, GST_PAD_PROBE_TYPE_BUFFER, count_frame, self, NULL);
  gst_pad_add_probe (self->video_sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, see_size,
                     self, NULL);
}

static void
watch_video (Transcoder *self, GstPad *decoded)
{
  g_autoptr (GstPad) upscaled
      = gst_element_get_static_pad (self->options->ecbsr, "src");

  gst_pad_add_probe (decoded, GST_PAD_PROBE_TYPE_BUFFER, watch_decoded, self, NULL);
  watch_frames (self, upscaled);
}

// The first decoded frame is here, with the caps and tags that go before it.
static GstPadProbeReturn
build_video (GstPad *decoded, GstPadProbeInfo *info, gpointer data)
{
  Transcoder *self = data;
  const TranscodeOptions *o = self->options;
  GError *error = NULL;
  GstElement *bin = video_bin_new (o->ecbsr, o->container, o->encoder,
                                   o->keep_interlaced, decoded, &error);
  g_autoptr (GstPad) sink = NULL, src = NULL;

  if (!bin)
    {
      post_error (self, error);
      return GST_PAD_PROBE_DROP;
    }
  gst_bin_add (GST_BIN (self->pipeline), bin);
  sink = gst_element_get_static_pad (bin, "sink");
  src = gst_element_get_static_pad (bin, "src");
  if (gst_pad_link (src, self->video_sink) != GST_PAD_LINK_OK
      || gst_pad_link (decoded, sink) != GST_PAD_LINK_OK)
    {
      post_error (self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                                     "%s does not take what the encoder makes",
                                     o->container->suffix));
      return GST_PAD_PROBE_DROP;
    }
  watch_video (self, decoded);
  gst_element_sync_state_with_parent (bin);
  return GST_PAD_PROBE_REMOVE;
}

static void
hold_decoded (GstElement *decoder, GstPad *pad, gpointer data)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  if (caps && g_str_has_prefix (
          gst_structure_get_name (gst_caps_get_structure (caps, 0)), "video/x-raw"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
                       build_video, data, NULL);
}

static GstCaps *
stream_caps (Stream *stream)
{
  GstCaps *caps = gst_pad_get_current_caps (stream->pad);
  g_autoptr (GstStream) announced = caps ? NULL : gst_pad_get_stream (stream->pad);

  if (!caps && announced)
    caps = gst_stream_get_caps (announced);
  return caps ? caps : gst_pad_query_caps (stream->pad, NULL);
}

// parsebin leaves a photo as it is; its parser reads which way up it is.
static GstElement *
add_photo_parser (Transcoder *self, Stream *stream)
{
  g_autoptr (GstCaps) caps = stream_caps (stream);
  GstElement *parser = NULL;

  if (self->picture
      && gst_structure_has_name (gst_caps_get_structure (caps, 0), "image/jpeg"))
    parser = gst_element_factory_make ("jpegparse", NULL);
  if (parser)
    gst_bin_add (GST_BIN (self->pipeline), parser);
  return parser;
}

static gboolean
link_video (Transcoder *self, Stream *stream)
{
  GError *error = NULL;
  GstElement *decoder = container_make ("decodebin", &error);
  GstElement *parser = decoder ? add_photo_parser (self, stream) : NULL;
  g_autoptr (GstPad) sink = NULL;

  if (!decoder)
    {
      fail (self, error);
      return FALSE;
    }
  // Decoders of graphics cards leave frames in memory of their own.
  g_object_set (decoder, "force-sw-decoders", TRUE, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (hold_decoded), self);
  gst_bin_add (GST_BIN (self->pipeline), decoder);
  if (parser)
    gst_element_link (parser, decoder);
  sink = gst_element_get_static_pad (parser ? parser : decoder, "sink");
  gst_pad_link_full (stream->out, sink, GST_PAD_LINK_CHECK_HIERARCHY);
  gst_element_sync_state_with_parent (decoder);
  if (parser)
    gst_element_sync_state_with_parent (parser);
  return TRUE;
}

// -------------------------------------------------------------------- streams --

static gboolean
is_video (Stream *stream)
{
  g_autoptr (GstCaps) caps = stream_caps (stream);
  const gchar *name;

  if (gst_caps_get_size (caps) == 0)
    return FALSE;
  name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  return g_str_has_prefix (name, "video/") || g_str_has_prefix (name, "image/");
}

static Stream *
find_video (Transcoder *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    if (is_video (self->streams->pdata[i]))
      return self->streams->pdata[i];
  return NULL;
}

static gboolean
is_sparse (GstPad *pad)
{
  GstEvent *event = gst_pad_get_sticky_event (pad, GST_EVENT_STREAM_START, 0);
  GstStreamFlags flags = GST_STREAM_FLAG_NONE;

  if (!event)
    return FALSE;
  gst_event_parse_stream_flags (event, &flags);
  gst_event_unref (event);
  return (flags & GST_STREAM_FLAG_SPARSE) != 0;
}

// A source pad of the multiqueue, that the stream comes out of.
static GstPad *
queue_stream (Transcoder *self, Stream *stream)
{
  g_autoptr (GstPad) sink = gst_element_request_pad_simple (self->queue, "sink_%u");
  GstIterator *inside = gst_pad_iterate_internal_links (sink);
  GValue item = G_VALUE_INIT;
  GstPad *src = NULL;

  if (inside && gst_iterator_next (inside, &item) == GST_ITERATOR_OK)
    src = g_value_dup_object (&item);
  g_value_unset (&item);
  gst_iterator_free (inside);
  gst_pad_link_full (stream->pad, sink, GST_PAD_LINK_CHECK_HIERARCHY);
  stream->sparse = is_sparse (stream->pad);
  return src;
}

static gchar *
describe (GstCaps *caps)
{
  gchar *name = gst_caps_is_fixed (caps) ? gst_pb_utils_get_codec_description (caps) : NULL;

  return name ? name : gst_caps_to_string (caps);
}

static gboolean
link_other (Transcoder *self, Stream *stream)
{
  g_autoptr (GstCaps) caps = stream_caps (stream);
  g_autofree gchar *name = describe (caps);
  const gchar *encoder = NULL, *suffix = self->options->container->suffix;
  GError *error = NULL;

  stream->out = queue_stream (self, stream);
  switch (passthrough_link (GST_BIN (self->pipeline), self->muxer,
                            self->options->container, stream->out, caps, &encoder,
                            &error))
    {
    case PASSTHROUGH_AS_IT_IS:
      break;
    case PASSTHROUGH_ENCODED:
      tell (self, "%s is encoded again by %s, because %s cannot hold it", name,
            encoder, suffix);
      break;
    case PASSTHROUGH_LEFT_OUT:
      tell (self, "%s is left out, because %s cannot hold it", name, suffix);
      g_clear_object (&stream->out);
      return TRUE;
    case PASSTHROUGH_FAILED:
      g_prefix_error (&error, "%s has to be encoded again for %s: ", name, suffix);
      fail (self, error);
      return FALSE;
    }
  gst_pad_add_probe (stream->out, GST_PAD_PROBE_TYPE_BUFFER, watch_other, self, NULL);
  return TRUE;
}

static gboolean
request_video_sink (Transcoder *self)
{
  if (self->muxer)
    self->video_sink = gst_element_request_pad_simple (self->muxer, "video_%u");
  else
    self->video_sink = gst_element_get_static_pad (self->sink, "sink");
  return self->video_sink != NULL;
}

// --------------------------------------------------------- video of its own --

// Of the file as a whole, which would have come with the video.
static void
keep_global_tags (Transcoder *self, GstPad *pad)
{
  GstEvent *event;

  for (guint i = 0; (event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i)); i++)
    {
      GstTagList *tags;
      gst_event_parse_tag (event, &tags);
      if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_GLOBAL)
        gst_tag_setter_merge_tags (GST_TAG_SETTER (self->muxer), tags, GST_TAG_MERGE_KEEP);
      gst_event_unref (event);
    }
}

static gboolean
discard (Transcoder *self, GstPad *pad)
{
  GstElement *sink = add (self, "fakesink");
  g_autoptr (GstPad) end = sink ? gst_element_get_static_pad (sink, "sink") : NULL;

  if (!sink)
    return FALSE;
  g_object_set (sink, "async", FALSE, NULL);
  gst_element_sync_state_with_parent (sink);
  return gst_pad_link (pad, end) == GST_PAD_LINK_OK;
}

// The end of a stream that is no video; all streams are known by then.
static GstPadProbeReturn
check_own_video (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Transcoder *self = data;

  if (GST_EVENT_TYPE (info->data) == GST_EVENT_EOS
      && !gst_pad_is_linked (self->video_sink))
    post_error (self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "there is no video in %s",
                                   self->options->video));
  return GST_PAD_PROBE_OK;
}

static void
link_own_video (GstElement *parser, GstPad *pad, gpointer data)
{
  Transcoder *self = data;
  Stream stream = { .pad = pad };

  if (gst_pad_is_linked (self->video_sink) || !is_video (&stream))
    {
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, check_own_video, self,
                         NULL);
      discard (self, pad);
    }
  else if (gst_pad_link (pad, self->video_sink) != GST_PAD_LINK_OK)
    post_error (self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                                   "%s does not take the video of %s",
                                   self->options->container->suffix,
                                   self->options->video));
}

static gboolean
add_own_video (Transcoder *self, Stream *replaced)
{
  GstElement *source = add (self, "filesrc");
  GstElement *parser = add (self, "parsebin");

  if (!source || !parser || !discard (self, replaced->pad))
    return FALSE;
  if (GST_IS_TAG_SETTER (self->muxer))
    keep_global_tags (self, replaced->pad);
  g_object_set (source, "location", self->options->video, NULL);
  g_signal_connect (parser, "pad-added", G_CALLBACK (link_own_video), self);
  watch_frames (self, self->video_sink);
  gst_element_link (source, parser);
  gst_element_sync_state_with_parent (parser);
  gst_element_sync_state_with_parent (source);
  return TRUE;
}

// ---------------------------------------------------------------- all of them --

static gboolean
link_main_video (Transcoder *self, Stream *video)
{
  if (self->options->video)
    return add_own_video (self, video);
  video->out = queue_stream (self, video);
  return link_video (self, video);
}

static gboolean
link_streams (Transcoder *self, Stream *video)
{
  if (!request_video_sink (self) || !link_main_video (self, video))
    return FALSE;
  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = self->streams->pdata[i];
      if (stream == video || !self->muxer)
        continue;
      if (is_video (stream))
        tell (self, "has several video streams; only the first is upscaled and kept");
      else if (!link_other (self, stream))
        return FALSE;
    }
  return TRUE;
}

static void
release_streams (Transcoder *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = self->streams->pdata[i];
      gst_pad_remove_probe (stream->pad, stream->hold);
    }
}

static gboolean
seek (Transcoder *self, GstPad *pad)
{
  GstClockTime start = self->options->start;
  gint64 duration;

  if (!gst_pad_query_duration (pad, GST_FORMAT_TIME, &duration))
    duration = 0;
  self->duration = (GstClockTime) duration;
  if (start == 0)
    return TRUE;
  if (duration && start >= (GstClockTime) duration)
    {
      fail (self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                               "starts at %" GST_TIME_FORMAT ", but ends at %" GST_TIME_FORMAT,
                               GST_TIME_ARGS (start), GST_TIME_ARGS (duration)));
      return FALSE;
    }
  if (gst_pad_send_event (pad, gst_event_new_seek (1, GST_FORMAT_TIME,
                                                   GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                                                   GST_SEEK_TYPE_SET, (gint64) start,
                                                   GST_SEEK_TYPE_NONE, -1)))
    return TRUE;
  fail_with (self, "this kind of file cannot be entered at a time (--start)");
  return FALSE;
}

// All streams are there, and none has begun to flow.
static void
start_streams (Transcoder *self)
{
  Stream *video = find_video (self);

  if (self->exposed)
    return;
  self->exposed = TRUE;
  if (!video)
    fail_with (self, "there is no video in it");
  else if (self->picture && self->muxer)
    fail (self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                             "is a picture; write one (.png, .jpg), not %s",
                             self->options->container->suffix));
  else if (seek (self, video->pad) && link_streams (self, video))
    release_streams (self);
}

// Data comes on a stream. parsebin lets none through before all pads are there.
static GstPadProbeReturn
hold (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstElement *parsebin = data;

  gst_element_post_message (
      parsebin, gst_message_new_application (
                    GST_OBJECT (parsebin), gst_structure_new_empty ("streams-known")));
  return GST_PAD_PROBE_OK; // and so it stays blocked
}

static void
add_stream (GstElement *parsebin, GstPad *pad, gpointer data)
{
  Transcoder *self = data;
  Stream *stream = g_new0 (Stream, 1);

  stream->owner = self;
  stream->pad = gst_object_ref (pad);
  stream->hold = gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold, parsebin, NULL);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->streams, stream);
  g_mutex_unlock (&self->lock);
}

static void
free_stream (gpointer data)
{
  Stream *stream = data;

  gst_object_unref (stream->pad);
  g_clear_object (&stream->out);
  g_free (stream);
}

// The first that it says is what the file itself is.
static gboolean
see_type (GstElement *parsebin, GstPad *pad, GstCaps *caps, gpointer data)
{
  Transcoder *self = data;
  const gchar *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  if (self->streams->len == 0 && g_str_has_prefix (name, "image/")
      && strcmp (name, "image/gif") != 0)
    self->picture = TRUE;
  return TRUE;
}

// ------------------------------------------------------------------------ bus --

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
  if (self->missing)
    fail (self, g_error_new (G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                             "GStreamer has no %s; on Debian, gstreamer1.0-libav and "
                             "gstreamer1.0-plugins-bad hold most",
                             self->missing));
  else if (cause)
    fail (self, g_error_new (error->domain, error->code, "%s (%s)", error->message, cause));
  else
    fail (self, g_steal_pointer (&error));
}

static void
handle_warning (Transcoder *self, GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  tell (self, "%s", error->message);
}

static void
note_missing (Transcoder *self, GstMessage *message)
{
  g_autofree gchar *name = gst_missing_plugin_message_get_description (message);

  if (!self->missing)
    self->missing = g_steal_pointer (&name);
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
      start_streams (self);
      break;
    case GST_MESSAGE_TOC: // chapters
      if (self->muxer && GST_IS_TOC_SETTER (self->muxer))
        {
          g_autoptr (GstToc) toc = NULL;
          gst_message_parse_toc (message, &toc, NULL);
          gst_toc_setter_set_toc (GST_TOC_SETTER (self->muxer), toc);
        }
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

// ------------------------------------------------------------------- pipeline --

static void
make_pipeline (Transcoder *self)
{
  const TranscodeOptions *o = self->options;
  GstElement *source;

  self->pipeline = gst_pipeline_new (NULL);
  source = add (self, "filesrc");
  self->parsebin = add (self, "parsebin");
  self->queue = add (self, "multiqueue");
  self->sink = add (self, "filesink");
  if (o->container->muxer)
    self->muxer = add (self, o->container->muxer);
  if (self->error)
    return;
  g_object_set (source, "location", o->input, NULL);
  g_object_set (self->sink, "location", o->output, NULL);
  // A few buffers each; more where a stream has to wait for another.
  g_object_set (self->queue, "max-size-buffers", 5, "max-size-bytes", QUEUE_BYTES,
                "max-size-time", G_GUINT64_CONSTANT (0), NULL);
  gst_element_link (source, self->parsebin);
  if (self->muxer)
    gst_element_link (self->muxer, self->sink);
  g_signal_connect (self->parsebin, "autoplug-continue", G_CALLBACK (see_type), self);
  g_signal_connect (self->parsebin, "pad-added", G_CALLBACK (add_stream), self);
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
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING); // a failure posts an error
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
  g_object_get (self->options->ecbsr, "active-model", &model, "backend", &backend, NULL);
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
transcode (const TranscodeOptions *options, TranscodeResult *result, GError **error)
{
  Transcoder self = { .options = options,
                      .result = result,
                      .loop = g_main_loop_new (NULL, FALSE),
                      .streams = g_ptr_array_new_with_free_func (free_stream),
                      .warned = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
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
