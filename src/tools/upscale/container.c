// SPDX-License-Identifier: LGPL-2.1-or-later

#include "container.h"

#include <gio/gio.h>
#include <string.h>

// Constant quality, close to what cannot be told from the original. The number
// of threads is given because it is part of what x264 and libvpx decide: the
// same file on any machine.
#define H264 "x264enc pass=qual quantizer=18 speed-preset=fast threads=8"
#define H265                                                                   \
  "x265enc speed-preset=fast log-level=error "                                 \
  "option-string=\"crf=20:frame-threads=2\" ! h265parse"
// Frames are lost where vp9enc looks ahead (GStreamer 1.22).
#define VP9                                                                    \
  "vp9enc end-usage=cq cq-level=20 target-bitrate=100000000 "                  \
  "deadline=1000000 cpu-used=4 row-mt=true threads=8 tile-columns=2 "          \
  "lag-in-frames=0 keyframe-max-dist=240"
#define YUV "video/x-raw,format=I420"
#define DEEP_YUV "video/x-raw,format=I420_10LE"
#define AAC                                                                    \
  {                                                                            \
    "avenc_aac", "fdkaacenc", "voaacenc"                                       \
  }

// clang-format off
static const Container containers[] = {
  { ".mp4", "mp4mux", H264, H265, YUV, DEEP_YUV, TRUE, AAC },
  { ".m4v", "mp4mux", H264, H265, YUV, DEEP_YUV, TRUE, AAC },
  { ".mov", "qtmux", H264, H265, YUV, DEEP_YUV, TRUE, AAC },
  { ".mkv", "matroskamux", H264, H265, YUV, DEEP_YUV, TRUE, { "flacenc" } },
  { ".webm", "webmmux", VP9, VP9, YUV, YUV, FALSE, { "opusenc" } },
  // A JPEG file's colours are always those of JFIF.
  { ".jpg", NULL, "jpegenc quality=95 snapshot=true", "jpegenc quality=95 snapshot=true",
    "video/x-raw,format={I420,Y42B,Y444,GRAY8},colorimetry=1:4:0:0",
    "video/x-raw,format={I420,Y42B,Y444},colorimetry=1:4:0:0" },
  { ".jpeg", NULL, "jpegenc quality=95 snapshot=true", "jpegenc quality=95 snapshot=true",
    "video/x-raw,format={I420,Y42B,Y444,GRAY8},colorimetry=1:4:0:0",
    "video/x-raw,format={I420,Y42B,Y444},colorimetry=1:4:0:0" },
  { ".png", NULL, "pngenc snapshot=true", "pngenc snapshot=true",
    "video/x-raw,format={RGB,RGBA,GRAY8}", "video/x-raw,format={RGB,RGBA,GRAY16_BE}" },
};

static const struct { const gchar *factory, *package; } packages[] = {
  { "ecbsr", "gstreamer1.0-ecbsr" },
  { "parsebin", "gstreamer1.0-plugins-base" }, { "decodebin", "gstreamer1.0-plugins-base" },
  { "videoconvert", "gstreamer1.0-plugins-base" }, { "opusenc", "gstreamer1.0-plugins-base" },
  { "mp4mux", "gstreamer1.0-plugins-good" }, { "qtmux", "gstreamer1.0-plugins-good" },
  { "matroskamux", "gstreamer1.0-plugins-good" }, { "webmmux", "gstreamer1.0-plugins-good" },
  { "vp9enc", "gstreamer1.0-plugins-good" }, { "flacenc", "gstreamer1.0-plugins-good" },
  { "jpegenc", "gstreamer1.0-plugins-good" }, { "pngenc", "gstreamer1.0-plugins-good" },
  { "deinterlace", "gstreamer1.0-plugins-good" }, { "videoflip", "gstreamer1.0-plugins-good" },
  { "videocrop", "gstreamer1.0-plugins-good" }, { "x264enc", "gstreamer1.0-plugins-ugly" },
  { "x265enc", "gstreamer1.0-plugins-bad" }, { "h265parse", "gstreamer1.0-plugins-bad" },
  { "avenc_aac", "gstreamer1.0-libav" },
};
// clang-format on

const Container *
container_for (const gchar *path, GError **error)
{
  const gchar *suffix = strrchr (path, '.');
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (containers); i++)
    {
      if (suffix && g_ascii_strcasecmp (suffix, containers[i].suffix) == 0)
        return &containers[i];
      g_string_append_printf (all, "%s%s", i ? ", " : "", containers[i].suffix);
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
               "%s: its suffix says what to write, and has to be one of %s",
               path, all->str);
  return NULL;
}

GstPadTemplate *
container_find_template (GstElement *muxer, const GstCaps *caps)
{
  GList *templates
      = gst_element_class_get_pad_template_list (GST_ELEMENT_GET_CLASS (muxer));

  for (; templates; templates = templates->next)
    {
      GstPadTemplate *template = templates->data;
      g_autoptr (GstCaps) accepted = gst_pad_template_get_caps (template);
      if (GST_PAD_TEMPLATE_DIRECTION (template) == GST_PAD_SINK
          && gst_caps_can_intersect (accepted, caps))
        return template;
    }
  return NULL;
}

static const gchar *
package_of (const gchar *factory)
{
  for (guint i = 0; i < G_N_ELEMENTS (packages); i++)
    if (strcmp (packages[i].factory, factory) == 0)
      return packages[i].package;
  return NULL;
}

static void
set_missing (GError **error, const gchar *factory)
{
  const gchar *package = package_of (factory);

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               "GStreamer has no element %s%s%s%s%s", factory,
               package ? "; on Debian it is in the package " : "",
               package ? package : "",
               strcmp (factory, "ecbsr") == 0
                   ? ", and GST_PLUGIN_PATH may name the folder it is in"
                   : "",
               strcmp (factory, "x264enc") == 0
                   ? " (.webm does without it, and --encoder takes another)"
                   : "");
}

GstElement *
container_make (const gchar *factory, GError **error)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  if (!element)
    set_missing (error, factory);
  return element;
}

GstElement *
container_make_bin (const gchar *description, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (GstParseContext) context = gst_parse_context_new ();
  GstElement *bin = gst_parse_bin_from_description_full (
      description, TRUE, context, GST_PARSE_FLAG_FATAL_ERRORS, &problem);
  g_auto (GStrv) missing = gst_parse_context_get_missing_elements (context);

  if (bin)
    return bin;
  if (missing && missing[0])
    set_missing (error, missing[0]);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "encoder '%s': %s",
                 description, problem->message);
  return NULL;
}
