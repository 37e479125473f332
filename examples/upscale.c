// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Embedding, as upscale INPUT OUTPUT.y4m [SCALE]: playbin decodes a video,
// ecbsr as its video filter upscales it, and appsink hands the frames to this
// program, which writes them into a Y4M file.

#include <errno.h>
#include <stdio.h>
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>

typedef struct
{
  GMainLoop *loop;
  FILE *file;
  guint n_frames;
  gboolean failed;
} Upscale;

static void
write_plane (Upscale *self, const GstVideoFrame *frame, guint plane)
{
  const guint8 *row = GST_VIDEO_FRAME_PLANE_DATA (frame, plane);

  // A row may be longer than the picture is wide, so one by one.
  for (gint y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (frame, plane); y++)
    {
      fwrite (row, 1, GST_VIDEO_FRAME_COMP_WIDTH (frame, plane), self->file);
      row += GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
    }
}

static gboolean
write_sample (Upscale *self, GstSample *sample)
{
  GstVideoInfo info;
  GstVideoFrame frame;

  if (!gst_video_info_from_caps (&info, gst_sample_get_caps (sample))
      || !gst_video_frame_map (&frame, &info, gst_sample_get_buffer (sample),
                               GST_MAP_READ))
    return FALSE;
  if (self->n_frames++ == 0)
    fprintf (self->file, "YUV4MPEG2 W%d H%d F%d:%d Ip A%d:%d C420\n",
             info.width, info.height, info.fps_n, info.fps_n ? info.fps_d : 0,
             info.par_n, info.par_d);
  fputs ("FRAME\n", self->file);
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES (&frame); plane++)
    write_plane (self, &frame, plane);
  gst_video_frame_unmap (&frame);
  return !ferror (self->file);
}

// Called in a streaming thread, for every frame.
static GstFlowReturn
take_frame (GstAppSink *sink, gpointer data)
{
  GstSample *sample = gst_app_sink_pull_sample (sink);
  gboolean written = sample && write_sample (data, sample);

  g_clear_pointer (&sample, gst_sample_unref);
  if (written)
    return GST_FLOW_OK;
  GST_ELEMENT_ERROR (sink, RESOURCE, WRITE, ("Cannot write a frame."), (NULL));
  return GST_FLOW_ERROR;
}

static gboolean
handle_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Upscale *self = data;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *detail = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    {
      gst_message_parse_error (message, &error, &detail);
      g_printerr ("upscale: %s\n%s\n", error->message, detail ? detail : "");
      self->failed = TRUE;
    }
  if (self->failed || GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
    g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static GstElement *
make_player (Upscale *self, const gchar *path, guint scale)
{
  GstElement *player = gst_element_factory_make ("playbin", NULL);
  GstElement *filter = gst_element_factory_make ("ecbsr", NULL);
  GstElement *sink = gst_element_factory_make ("appsink", NULL);
  g_autoptr (GstCaps) caps = gst_caps_from_string ("video/x-raw,format=I420");
  g_autofree gchar *uri = gst_filename_to_uri (path, NULL);
  GstAppSinkCallbacks callbacks = { .new_sample = take_frame };

  if (!player || !filter || !sink)
    return NULL;
  g_object_set (filter, "scale", scale, NULL);
  g_object_set (sink, "caps", caps, "sync", FALSE, NULL);
  gst_app_sink_set_callbacks (GST_APP_SINK (sink), &callbacks, self, NULL);
  g_object_set (player, "uri", uri, "video-filter", filter, "video-sink", sink,
                NULL);
  gst_util_set_object_arg (G_OBJECT (player), "flags", "video");
  return player;
}

static void
play (Upscale *self, GstElement *player)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (player);

  self->loop = g_main_loop_new (NULL, FALSE);
  gst_bus_add_watch (bus, handle_message, self);
  gst_element_set_state (player, GST_STATE_PLAYING);
  g_main_loop_run (self->loop); // a state change that fails posts an error
  gst_element_set_state (player, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  g_main_loop_unref (self->loop);
}

static int
complain (const gchar *what)
{
  g_printerr ("upscale: %s\n", what);
  return 1;
}

int
main (int argc, char **argv)
{
  Upscale self = { 0 };
  guint64 n = 2;
  g_autoptr (GstElement) player = NULL;

  gst_init (&argc, &argv);
  if (argc < 3
      || (argv[3] && !g_ascii_string_to_unsigned (argv[3], 10, 1, 4, &n, NULL)))
    return complain ("INPUT OUTPUT.y4m [SCALE, 1 to 4] are wanted");
  self.file = fopen (argv[2], "wb");
  if (!self.file)
    return complain (g_strerror (errno));
  player = make_player (&self, argv[1], n);
  if (!player)
    return complain ("no ecbsr, playbin or appsink: is GST_PLUGIN_PATH set?");
  play (&self, player);
  if (fclose (self.file) != 0 || self.n_frames == 0)
    return complain ("the output is not complete");
  g_print ("%s: %u frames\n", argv[2], self.n_frames);
  return self.failed;
}
