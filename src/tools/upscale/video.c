// SPDX-License-Identifier: LGPL-2.1-or-later

#include "video.h"

#include "fields.h"

#include <gst/video/video.h>

// A bin under construction: elements one after the other.
typedef struct
{
  GstElement *bin, *first, *last;
  GError **error;
  gboolean failed;
} Chain;

static void
append_element (Chain *self, GstElement *element)
{
  gst_bin_add (GST_BIN (self->bin), element);
  if (!self->first)
    self->first = element;
  else if (!gst_element_link (self->last, element) && !self->failed)
    {
      g_autofree gchar *from = gst_element_get_name (self->last);
      g_autofree gchar *to = gst_element_get_name (element);
      g_set_error (self->error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
                   "%s does not take what %s makes", to, from);
      self->failed = TRUE;
    }
  self->last = element;
}

static GstElement *
append (Chain *self, const gchar *factory)
{
  GstElement *element
      = self->failed ? NULL : container_make (factory, self->error);

  self->failed = !element;
  if (element)
    append_element (self, element);
  return element;
}

static void
append_queue (Chain *self)
{
  GstElement *queue = append (self, "queue");

  if (queue)
    g_object_set (queue, "max-size-buffers", 3, "max-size-bytes", 0,
                  "max-size-time", G_GUINT64_CONSTANT (0), NULL);
}

static void
append_caps (Chain *self, const gchar *description)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (description);
  GstElement *filter = append (self, "capsfilter");

  if (filter)
    g_object_set (filter, "caps", caps, NULL);
}

// Whether an element takes video of this format, whatever its size.
static gboolean
takes (const gchar *factory, const GstVideoInfo *info)
{
  g_autoptr (GstElementFactory) found = gst_element_factory_find (factory);
  g_autoptr (GstCaps) caps = gst_caps_new_simple (
      "video/x-raw", "format", G_TYPE_STRING,
      gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (info)), NULL);

  return found && gst_element_factory_can_sink_any_caps (found, caps);
}

static void
append_deinterlace (Chain *self, const GstVideoInfo *info)
{
  GstElement *deinterlace;

  if (!takes ("deinterlace", info))
    append (self, "videoconvert");
  deinterlace = append (self, "deinterlace");
  if (!deinterlace)
    return;
  // Each field becomes a frame: motion stays as smooth as it was.
  gst_util_set_object_arg (G_OBJECT (deinterlace), "fields", "all");
  gst_util_set_object_arg (G_OBJECT (deinterlace), "method", "yadif");
  fields_correct_times (deinterlace);
}

static GstVideoOrientationMethod
find_orientation (GstPad *pad)
{
  GstVideoOrientationMethod method = GST_VIDEO_ORIENTATION_IDENTITY;
  GstEvent *event;

  for (guint i = 0; (event = gst_pad_get_sticky_event (pad, GST_EVENT_TAG, i));
       i++)
    {
      GstVideoOrientationMethod found;
      GstTagList *tags;
      gst_event_parse_tag (event, &tags);
      if (gst_video_orientation_from_tag (tags, &found))
        method = found;
      gst_event_unref (event);
    }
  return method;
}

// The picture is upright from here on, and players must not turn it again.
static GstPadProbeReturn
drop_orientation (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  GstTagList *tags;

  if (GST_EVENT_TYPE (event) != GST_EVENT_TAG)
    return GST_PAD_PROBE_OK;
  gst_event_parse_tag (event, &tags);
  if (gst_tag_list_get_tag_size (tags, GST_TAG_IMAGE_ORIENTATION) == 0)
    return GST_PAD_PROBE_OK;
  tags = gst_tag_list_copy (tags);
  gst_tag_list_remove_tag (tags, GST_TAG_IMAGE_ORIENTATION);
  gst_event_unref (event);
  GST_PAD_PROBE_INFO_DATA (info) = gst_event_new_tag (tags);
  return GST_PAD_PROBE_OK;
}

static void
append_flip (Chain *self, GstVideoOrientationMethod method,
             const GstVideoInfo *info)
{
  g_autoptr (GstPad) pad = NULL;
  GstElement *flip;

  if (!takes ("videoflip", info))
    append (self, "videoconvert");
  flip = append (self, "videoflip");
  if (!flip)
    return;
  g_object_set (flip, "video-direction", method, NULL);
  pad = gst_element_get_static_pad (flip, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, drop_orientation,
                     NULL, NULL);
}

static gboolean
turns (GstVideoOrientationMethod method)
{
  return method == GST_VIDEO_ORIENTATION_90R
         || method == GST_VIDEO_ORIENTATION_90L
         || method == GST_VIDEO_ORIENTATION_UL_LR
         || method == GST_VIDEO_ORIENTATION_UR_LL;
}

// H.264 and H.265 of 4:2:0 have no odd sizes: such a row or column is cut off.
static void
append_crop (Chain *self, GstVideoOrientationMethod method,
             const GstVideoInfo *info)
{
  guint scale;
  gint width = GST_VIDEO_INFO_WIDTH (info),
       height = GST_VIDEO_INFO_HEIGHT (info);
  GstElement *crop;

  if (self->failed)
    return;
  g_object_get (self->last, "scale", &scale, NULL);
  if (width * (gint) scale % 2 == 0 && height * (gint) scale % 2 == 0)
    return;
  if (turns (method))
    {
      gint turned = width;
      width = height;
      height = turned;
    }
  append_caps (self, "video/x-raw,format={I420,I420_10LE}");
  crop = append (self, "videocrop");
  if (crop)
    g_object_set (crop, "right", width * (gint) scale % 2, "bottom",
                  height * (gint) scale % 2, NULL);
}

static void
append_encoder (Chain *self, const Container *container, const gchar *encoder,
                gboolean deep)
{
  GstElement *bin;

  if (self->failed)
    return;
  if (!encoder)
    {
      // Between what ecbsr makes and what pictures need.
      if (!container->muxer)
        append (self, "videoconvert");
      append_caps (self, deep ? container->deep_caps : container->caps);
      encoder = deep ? container->deep_encoder : container->encoder;
    }
  else
    append (self, "videoconvert");
  append_queue (self);
  bin = self->failed ? NULL : container_make_bin (encoder, self->error);
  self->failed = !bin;
  if (bin)
    append_element (self, bin);
}

static void
add_pads (Chain *self)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (self->first, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (self->last, "src");

  if (!sink || !src)
    {
      g_set_error_literal (
          self->error, GST_CORE_ERROR, GST_CORE_ERROR_PAD,
          "the encoder has to have one pad for video and one for "
          "what it makes of it");
      self->failed = TRUE;
      return;
    }
  gst_element_add_pad (self->bin, gst_ghost_pad_new ("sink", sink));
  gst_element_add_pad (self->bin, gst_ghost_pad_new ("src", src));
}

static gboolean
is_deep (const GstVideoInfo *info)
{
  return GST_VIDEO_INFO_COMP_DEPTH (info, 0) > 8;
}

GstElement *
video_bin_new (GstElement *ecbsr, const Container *container,
               const gchar *encoder, gboolean keep_interlaced, GstPad *decoded,
               GError **error)
{
  Chain chain = { gst_bin_new ("video"), NULL, NULL, error, FALSE };
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (decoded);
  GstVideoOrientationMethod method = find_orientation (decoded);
  GstVideoInfo info;

  if (!caps || !gst_video_info_from_caps (&info, caps))
    {
      g_set_error_literal (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
                           "the decoder's video is of no known format");
      return NULL;
    }
  append_queue (&chain);
  if (GST_VIDEO_INFO_IS_INTERLACED (&info) && !keep_interlaced)
    append_deinterlace (&chain, &info);
  if (method != GST_VIDEO_ORIENTATION_IDENTITY)
    append_flip (&chain, method, &info);
  if (!takes ("ecbsr", &info))
    append (&chain, "videoconvert");
  if (!chain.failed)
    append_element (&chain, ecbsr);
  if (container->even && !encoder)
    append_crop (&chain, method, &info);
  append_encoder (&chain, container, encoder, is_deep (&info));
  if (!chain.failed)
    add_pads (&chain);
  if (!chain.failed)
    return chain.bin;
  gst_object_unref (gst_object_ref_sink (chain.bin));
  return NULL;
}
