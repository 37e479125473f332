// SPDX-License-Identifier: LGPL-2.1-or-later

#include "streams.h"

#include "passthrough.h"
#include "video.h"

#include <gio/gio.h>
#include <gst/pbutils/pbutils.h>
#include <string.h>

// ----------------------------------------------------------- stopping early --

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
  if (stop_at == GST_CLOCK_TIME_NONE || time == GST_CLOCK_TIME_NONE
      || time < stop_at)
    return GST_PAD_PROBE_OK;
  return end_stream (pad, info);
}

void
streams_end_sparse (Transcoder *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = self->streams->pdata[i];
      if (stream->out && stream->sparse)
        gst_pad_push_event (stream->out, gst_event_new_eos ());
    }
}

// ----------------------------------------------------------------- pictures --

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
  gst_pad_add_probe (counted, GST_PAD_PROBE_TYPE_BUFFER, count_frame, self,
                     NULL);
  gst_pad_add_probe (self->video_sink, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                     see_size, self, NULL);
}

static void
watch_video (Transcoder *self, GstPad *decoded)
{
  g_autoptr (GstPad) upscaled
      = gst_element_get_static_pad (self->options->ecbsr, "src");

  gst_pad_add_probe (decoded, GST_PAD_PROBE_TYPE_BUFFER, watch_decoded, self,
                     NULL);
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
      transcoder_post_error (self, error);
      return GST_PAD_PROBE_DROP;
    }
  gst_bin_add (GST_BIN (self->pipeline), bin);
  sink = gst_element_get_static_pad (bin, "sink");
  src = gst_element_get_static_pad (bin, "src");
  if (gst_pad_link (src, self->video_sink) != GST_PAD_LINK_OK
      || gst_pad_link (decoded, sink) != GST_PAD_LINK_OK)
    {
      transcoder_post_error (
          self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
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

  if (caps
      && g_str_has_prefix (
          gst_structure_get_name (gst_caps_get_structure (caps, 0)),
          "video/x-raw"))
    gst_pad_add_probe (pad,
                       GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
                       build_video, data, NULL);
}

static GstCaps *
stream_caps (Stream *stream)
{
  GstCaps *caps = gst_pad_get_current_caps (stream->pad);
  g_autoptr (GstStream) announced
      = caps ? NULL : gst_pad_get_stream (stream->pad);

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
      && gst_structure_has_name (gst_caps_get_structure (caps, 0),
                                 "image/jpeg"))
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
      transcoder_fail (self, error);
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

// ------------------------------------------------------------------ streams --

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
  g_autoptr (GstPad) sink
      = gst_element_request_pad_simple (self->queue, "sink_%u");
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
  gchar *name = gst_caps_is_fixed (caps)
                    ? gst_pb_utils_get_codec_description (caps)
                    : NULL;

  return name ? name : gst_caps_to_string (caps);
}

static gboolean
link_other (Transcoder *self, Stream *stream)
{
  g_autoptr (GstCaps) caps = stream_caps (stream);
  g_autofree gchar *name = describe (caps);
  const gchar *encoder = NULL, *suffix = self->options->container->suffix;
  GError *error = NULL;

  if (!stream->out)
    stream->out = queue_stream (self, stream);
  switch (passthrough_link (GST_BIN (self->pipeline), self->muxer,
                            self->options->container, stream->out, caps,
                            &encoder, &error))
    {
    case PASSTHROUGH_AS_IT_IS:
      break;
    case PASSTHROUGH_ENCODED:
      transcoder_tell (self,
                       "%s is encoded again by %s, because %s cannot hold it",
                       name, encoder, suffix);
      break;
    case PASSTHROUGH_LEFT_OUT:
      transcoder_tell (self, "%s is left out, because %s cannot hold it", name,
                       suffix);
      g_clear_object (&stream->out);
      return TRUE;
    case PASSTHROUGH_FAILED:
      g_prefix_error (&error, "%s has to be encoded again for %s: ", name,
                      suffix);
      transcoder_fail (self, error);
      return FALSE;
    }
  gst_pad_add_probe (stream->out, GST_PAD_PROBE_TYPE_BUFFER, watch_other, self,
                     NULL);
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

  for (guint i = 0; (event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i));
       i++)
    {
      GstTagList *tags;
      gst_event_parse_tag (event, &tags);
      if (gst_tag_list_get_scope (tags) == GST_TAG_SCOPE_GLOBAL)
        gst_tag_setter_merge_tags (GST_TAG_SETTER (self->muxer), tags,
                                   GST_TAG_MERGE_KEEP);
      gst_event_unref (event);
    }
}

static gboolean
discard (Transcoder *self, GstPad *pad)
{
  GstElement *sink = transcoder_add (self, "fakesink");
  g_autoptr (GstPad) end
      = sink ? gst_element_get_static_pad (sink, "sink") : NULL;

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
    transcoder_post_error (self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                                              "there is no video in %s",
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
      gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                         check_own_video, self, NULL);
      discard (self, pad);
    }
  else if (gst_pad_link (pad, self->video_sink) != GST_PAD_LINK_OK)
    transcoder_post_error (self,
                           g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                                        "%s does not take the video of %s",
                                        self->options->container->suffix,
                                        self->options->video));
}

static gboolean
add_own_video (Transcoder *self, Stream *replaced)
{
  GstElement *source = transcoder_add (self, "filesrc");
  GstElement *parser = transcoder_add (self, "parsebin");

  if (!source || !parser
      || !discard (self, replaced->out ? replaced->out : replaced->pad))
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

// -------------------------------------------------------------- all of them --

static gboolean
link_main_video (Transcoder *self, Stream *video)
{
  if (self->options->video)
    return add_own_video (self, video);
  if (!video->out)
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
        transcoder_tell (
            self,
            "has several video streams; only the first is upscaled and kept");
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
      if (stream->hold)
        gst_pad_remove_probe (stream->pad, stream->hold);
      stream->hold = 0;
      if (stream->hold_out)
        gst_pad_remove_probe (stream->held, stream->hold_out);
      stream->hold_out = 0;
      stream->known = TRUE;
    }
}

// ----------------------------------------------- streams that are seen late --

static void
post_known (GstElement *parsebin)
{
  gst_element_post_message (
      parsebin,
      gst_message_new_application (GST_OBJECT (parsebin),
                                   gst_structure_new_empty ("streams-known")));
}

// A queue is full, and no other stream has come meanwhile.
static void
stop_waiting (GstElement *queue, gpointer parsebin)
{
  post_known (parsebin);
}

static GstPadProbeReturn
stop_waiting_at_end (GstPad *pad, GstPadProbeInfo *info, gpointer parsebin)
{
  if (GST_EVENT_TYPE (info->data) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  post_known (parsebin);
  return GST_PAD_PROBE_REMOVE;
}

static GstPadProbeReturn
keep_blocked (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

// Some demuxers, flvdemux for one, find a stream at its first data only, after
// that of the others: what has come goes into the queue, so that the file is
// read on.
static void
wait_for_others (Transcoder *self, Stream *first)
{
  self->waiting = TRUE;
  first->out = queue_stream (self, first);
  first->held = gst_object_ref (first->out);
  first->hold_out = gst_pad_add_probe (
      first->out, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
      keep_blocked, NULL, NULL);
  g_signal_connect (self->queue, "overrun", G_CALLBACK (stop_waiting),
                    self->parsebin);
  gst_pad_add_probe (first->pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                     stop_waiting_at_end, self->parsebin, NULL);
  gst_pad_remove_probe (first->pad, first->hold);
  first->hold = 0;
}

// The muxer has written its header by then, or may have.
static void
leave_out_late (Transcoder *self)
{
  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = self->streams->pdata[i];
      g_autoptr (GstCaps) caps = stream->known ? NULL : stream_caps (stream);
      g_autofree gchar *name = caps ? describe (caps) : NULL;

      if (stream->known)
        continue;
      stream->known = TRUE;
      transcoder_tell (
          self, "%s is left out, because it begins after the others", name);
      discard (self, stream->pad);
      gst_pad_remove_probe (stream->pad, stream->hold);
      stream->hold = 0;
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
      transcoder_fail (self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                                          "starts at %" GST_TIME_FORMAT
                                          ", but ends at %" GST_TIME_FORMAT,
                                          GST_TIME_ARGS (start),
                                          GST_TIME_ARGS (duration)));
      return FALSE;
    }
  if (gst_pad_send_event (
          pad, gst_event_new_seek (1, GST_FORMAT_TIME,
                                   GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
                                   GST_SEEK_TYPE_SET, (gint64) start,
                                   GST_SEEK_TYPE_NONE, -1)))
    return TRUE;
  transcoder_fail_with (
      self, "this kind of file cannot be entered at a time (--start)");
  return FALSE;
}

void
streams_start (Transcoder *self)
{
  Stream *video = find_video (self);

  if (self->exposed)
    {
      leave_out_late (self);
      return;
    }
  if (self->streams->len == 1 && self->muxer && !self->picture
      && !self->waiting)
    {
      wait_for_others (self, self->streams->pdata[0]);
      return;
    }
  self->exposed = TRUE;
  if (!video)
    transcoder_fail_with (self, "there is no video in it");
  else if (self->picture && self->muxer)
    transcoder_fail (
        self, g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED,
                           "is a picture; write one (.png, .jpg), not %s",
                           self->options->container->suffix));
  else if (seek (self, video->pad) && link_streams (self, video))
    release_streams (self);
}

// Data comes on a stream. parsebin lets none through before all pads are there
// that its demuxer knows of.
static GstPadProbeReturn
hold (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  post_known (data);
  return GST_PAD_PROBE_OK; // and so it stays blocked
}

void
streams_add (GstElement *parsebin, GstPad *pad, gpointer data)
{
  Transcoder *self = data;
  Stream *stream = g_new0 (Stream, 1);

  stream->owner = self;
  stream->pad = gst_object_ref (pad);
  stream->hold = gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold, parsebin,
      NULL);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->streams, stream);
  g_mutex_unlock (&self->lock);
}

void
streams_free_one (gpointer data)
{
  Stream *stream = data;

  gst_object_unref (stream->pad);
  g_clear_object (&stream->out);
  g_clear_object (&stream->held);
  g_free (stream);
}

// The first type that is told is what the file itself is.
gboolean
streams_see_type (GstElement *parsebin, GstPad *pad, GstCaps *caps,
                  gpointer data)
{
  Transcoder *self = data;
  const gchar *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));

  if (!self->typed)
    self->picture = g_str_has_prefix (name, "image/");
  self->typed
      = TRUE; // those that follow are its streams', JPEG in a film for one
  return TRUE;
}
