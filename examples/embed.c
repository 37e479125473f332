// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Embedding ecbsr: a pipeline, its messages, and another model while it plays.
//
//   cc embed.c -o embed $(pkg-config --cflags --libs gstreamer-1.0)
//   ./embed SOURCE [SINK]      each as in gst-launch-1.0
//   ./embed 'filesrc location=clip.mp4 ! decodebin' 'autovideosink'

#include <glib-unix.h>
#include <gst/gst.h>

typedef struct
{
  GMainLoop *loop;
  GstElement *pipeline, *ecbsr;
  guint turn;
  gboolean failed;
} App;

// Every two seconds the next model. A name that is not built in is no danger:
// the model that runs stays, and a message says why.
static gboolean
change_model (gpointer data)
{
  static const gchar *const models[] = { "bicubic", "esr-max", "ecbsr-m4c8" };
  App *app = data;

  gst_util_set_object_arg (G_OBJECT (app->ecbsr), "model",
                           models[app->turn++ % G_N_ELEMENTS (models)]);
  return G_SOURCE_CONTINUE;
}

static void
handle_error (App *app, GstMessage *message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *detail = NULL;

  gst_message_parse_error (message, &error, &detail);
  g_printerr ("embed: %s\n%s\n", error->message, detail ? detail : "");
  app->failed = TRUE;
  g_main_loop_quit (app->loop);
}

static void
handle_warning (GstMessage *message)
{
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  g_printerr ("embed: warning: %s\n", error->message);
}

static void
handle_news (const GstStructure *news)
{
  if (gst_structure_has_name (news, "ecbsr-model-loaded"))
    g_print ("%s runs\n", gst_structure_get_string (news, "name"));
  else if (gst_structure_has_name (news, "ecbsr-level-changed"))
    g_print ("short of time: from %s to %s\n",
             gst_structure_get_string (news, "from"),
             gst_structure_get_string (news, "to"));
}

static gboolean
handle_message (GstBus *bus, GstMessage *message, gpointer data)
{
  App *app = data;

  switch (GST_MESSAGE_TYPE (message))
    {
    case GST_MESSAGE_ERROR:
      handle_error (app, message);
      break;
    case GST_MESSAGE_WARNING:
      handle_warning (message);
      break;
    case GST_MESSAGE_ELEMENT:
      if (GST_MESSAGE_SRC (message) == GST_OBJECT (app->ecbsr))
        handle_news (gst_message_get_structure (message));
      break;
    case GST_MESSAGE_LATENCY: // ecbsr reports another one
      gst_bin_recalculate_latency (GST_BIN (app->pipeline));
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit (app->loop);
      break;
    default:
      break;
    }
  return G_SOURCE_CONTINUE;
}

// Ctrl-C: the stream comes to its end, so that a file is finished properly.
static gboolean
end (gpointer data)
{
  App *app = data;

  gst_element_send_event (app->pipeline, gst_event_new_eos ());
  return G_SOURCE_CONTINUE;
}

static void
play (App *app)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (app->pipeline);
  guint timer = g_timeout_add_seconds (2, change_model, app);
  guint interrupt = g_unix_signal_add (SIGINT, end, app);

  gst_bus_add_watch (bus, handle_message, app);
  gst_element_set_state (app->pipeline, GST_STATE_PLAYING);
  g_main_loop_run (app->loop); // a state change that fails posts an error
  gst_element_set_state (app->pipeline, GST_STATE_NULL);
  gst_bus_remove_watch (bus);
  g_source_remove (interrupt);
  g_source_remove (timer);
}

static void
print_stats (GstElement *ecbsr)
{
  GstStructure *stats;
  g_autofree gchar *text = NULL;

  g_object_get (ecbsr, "stats", &stats, NULL);
  text = gst_structure_to_string (stats);
  g_print ("%s\n", text);
  gst_structure_free (stats);
}

int
main (int argc, char **argv)
{
  App app = { 0 };
  g_autofree gchar *description = NULL;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  if (argc < 2)
    {
      g_printerr ("Usage: embed SOURCE [SINK]\n");
      return 2;
    }
  description = g_strdup_printf ("%s ! ecbsr name=ecbsr scale=2 ! %s", argv[1],
                                 argv[2] ? argv[2] : "autovideosink");
  app.pipeline = gst_parse_launch (description, &error);
  if (error) // of an element that is missing too
    {
      g_printerr ("embed: %s\n", error->message);
      g_clear_pointer (&app.pipeline, gst_object_unref);
      return 1;
    }
  app.ecbsr = gst_bin_get_by_name (GST_BIN (app.pipeline), "ecbsr");
  app.loop = g_main_loop_new (NULL, FALSE);
  play (&app);
  print_stats (app.ecbsr);
  g_main_loop_unref (app.loop);
  gst_object_unref (app.ecbsr);
  gst_object_unref (app.pipeline);
  return app.failed;
}
