/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "chain.h"

#include <gst/check/gstcheck.h>
#include <gst/video/video.h>

#include "camera-source.h"

#define PATIENCE (20 * GST_SECOND)

static const gchar *const plugins[] = { "app", "audiotestsrc", "avi",
  "compositor", "coreelements", "debugutilsbad", "deinterlace", "imagefreeze",
  "interlace", "jpeg", "libav", "pango", "playback", "png", "typefindfunctions",
  "videobox", "videoconvert", "videoconvertscale", "videocrop", "videofilter",
  "videorate", "videoscale", "videotestsrc", NULL
};

/* They leave objects behind in GStreamer 1.22. */
static const gchar *const leaking_plugins[] = { "autoconvert", "opengl",
  "switchbin", NULL
};

static void
load (const gchar * const *names)
{
  for (; *names; names++) {
    gchar *path = g_strdup_printf ("%s/libgst%s.so", TEST_PLUGIN_DIR, *names);
    GstPlugin *plugin = gst_plugin_load_file (path, NULL);

    gst_clear_object (&plugin);
    g_free (path);
  }
}

void
chain_set_up (void)
{
  load (plugins);
  if (!g_getenv ("GST_TRACERS"))
    load (leaking_plugins);
  test_camera_register ();
}

void
chain_skip (const gchar * description)
{
  g_print ("skipped, not everything is here that it needs: %s\n", description);
}

GstElement *
chain_parse (const gchar * description)
{
  GError *error = NULL;
  GstElement *pipeline = gst_parse_launch_full (description, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS, &error);

  if (error)
    fail_unless (g_error_matches (error, GST_PARSE_ERROR,
            GST_PARSE_ERROR_NO_SUCH_ELEMENT), "%s: %s", description,
        error->message);
  g_clear_error (&error);
  return pipeline;
}

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean failed;
  gchar *video;
} Seen;

static gchar *
describe (GstCaps * caps)
{
  GstStructure *s = gst_caps_get_structure (caps, 0);
  gint width = 0, height = 0, n = 0, d = 1;

  gst_structure_get_int (s, "width", &width);
  gst_structure_get_int (s, "height", &height);
  gst_structure_get_fraction (s, "framerate", &n, &d);
  if (d != 1)
    return g_strdup_printf ("%dx%d@%d/%d", width, height, n, d);
  return g_strdup_printf ("%dx%d@%d", width, height, n);
}

static void
set_video (Seen * seen, GstCaps * caps)
{
  g_mutex_lock (&seen->lock);
  if (!seen->video)
    seen->video = describe (caps);
  g_cond_signal (&seen->cond);
  g_mutex_unlock (&seen->lock);
}

static GstPadProbeReturn
look (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  Seen *seen = data;
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return GST_PAD_PROBE_OK;
  gst_event_parse_caps (event, &caps);
  set_video (seen, caps);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
look_at_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer seen)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  set_video (seen, caps);
  gst_caps_unref (caps);
  return GST_PAD_PROBE_REMOVE;
}

static void
add_probe (GstElement * pipeline, GstPad * pad, Seen * seen)
{
  GstIterator *freezers =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (pipeline),
      "imagefreeze");
  GValue freezer = G_VALUE_INIT;

  /* Stopped between its caps and its buffer, that of GStreamer 1.22 divides by zero. */
  if (gst_iterator_next (freezers, &freezer) == GST_ITERATOR_OK)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, look_at_buffer, seen,
        NULL);
  else
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, look, seen,
        NULL);
  if (G_IS_VALUE (&freezer))
    g_value_unset (&freezer);
  gst_iterator_free (freezers);
}

static GstBusSyncReply
watch (GstBus * bus, GstMessage * message, gpointer data)
{
  Seen *seen = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
    g_mutex_lock (&seen->lock);
    seen->failed = TRUE;
    g_cond_signal (&seen->cond);
    g_mutex_unlock (&seen->lock);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static gchar *
run (GstElement * pipeline, GstPad * pad)
{
  gint64 end = g_get_monotonic_time () + PATIENCE / 1000;
  GstBus *bus = gst_element_get_bus (pipeline);
  Seen seen = { 0, };
  gboolean waits = TRUE;

  gst_bus_set_sync_handler (bus, watch, &seen, NULL);
  add_probe (pipeline, pad, &seen);
  seen.failed = gst_element_set_state (pipeline, GST_STATE_PLAYING)
      == GST_STATE_CHANGE_FAILURE;
  g_mutex_lock (&seen.lock);
  while (!seen.failed && !seen.video && waits)
    waits = g_cond_wait_until (&seen.cond, &seen.lock, end);
  g_mutex_unlock (&seen.lock);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_object_unref (bus);
  fail_unless (waits, "nothing comes");
  return seen.video;
}

static GstElement *
parse_to_sink (const gchar * description)
{
  gchar *all = g_strdup_printf ("%s ! fakesink", description);
  GstElement *pipeline = chain_parse (all);

  g_free (all);
  return pipeline;
}

gchar *
chain_get_video (const gchar * description)
{
  GstElement *pipeline = parse_to_sink (description), *element;
  GstPad *pad;
  gchar *video;

  if (!pipeline)
    return NULL;
  element = gst_bin_get_by_name (GST_BIN (pipeline), "e");
  pad = gst_element_get_static_pad (element, "sink");
  video = run (pipeline, pad);
  gst_object_unref (pad);
  gst_object_unref (element);
  gst_object_unref (pipeline);
  return video;
}

static GstElement *
find_camera (GstElement * pipeline)
{
  GstIterator *all =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (pipeline),
      "testcamera");
  GValue item = G_VALUE_INIT;
  GstElement *camera = NULL;

  /* elements are put in front of the earlier ones */
  while (gst_iterator_next (all, &item) == GST_ITERATOR_OK) {
    gst_clear_object (&camera);
    camera = g_value_dup_object (&item);
    g_value_unset (&item);
  }
  gst_iterator_free (all);
  return camera;
}

gchar *
chain_get_camera_mode (const gchar * description)
{
  GstElement *pipeline = parse_to_sink (description), *camera;
  gchar *video;

  if (!pipeline)
    return NULL;
  camera = find_camera (pipeline);
  video = run (pipeline, GST_BASE_SRC_PAD (camera));
  gst_object_unref (camera);
  gst_object_unref (pipeline);
  return video;
}

gboolean
chain_play_within (const gchar * description, GstClockTime patience,
    gboolean * played)
{
  GstElement *pipeline = chain_parse (description);
  GstMessage *message;
  GstBus *bus;

  if (!pipeline)
    return FALSE;
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, patience,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  *played = message != NULL;
  if (message) {
    fail_unless (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS, "%s: %"
        GST_PTR_FORMAT, description, message);
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (bus);
  gst_object_unref (pipeline);
  return TRUE;
}

gboolean
chain_play (const gchar * description)
{
  gboolean played;

  if (!chain_play_within (description, PATIENCE, &played))
    return FALSE;
  fail_unless (played, "no end: %s", description);
  return TRUE;
}
