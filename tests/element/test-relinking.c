/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Elements come and go around ecbsr, and ecbsr itself, while video plays, and other
 * threads ask and set what they like. Nothing stops, and frames are of the size that is
 * asked for. */

#include <gst/check/gstcheck.h>

#include "chain.h"
#include "harness.h"

#define N_ROUNDS 24
#define PATIENCE (20 * G_TIME_SPAN_SECOND)

static GMutex lock;
static GCond cond;
static guint n_frames;          /* that came to the sink */
static gboolean linked;         /* by a probe */
static gint done;               /* atomic */

static GstElement *pipeline, *source, *sink;
/* Between them; NULL: nothing there. */
static GstElement *front, *ecbsr;

static GstPadProbeReturn
count (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  g_mutex_lock (&lock);
  n_frames++;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_OK;
}

static GstElement *
get (const gchar * name)
{
  GstElement *element = gst_bin_get_by_name (GST_BIN (pipeline), name);

  fail_unless (element != NULL);
  gst_object_unref (element);   /* the pipeline has it */
  return element;
}

/* FALSE where an element is not installed. */
static gboolean
start (const gchar * before)
{
  gchar *description = g_strdup_printf ("videotestsrc ! video/x-raw,width=64,"
      "height=48,framerate=30/1 ! %s ! fakesink name=sink sync=false "
      "async=false", before);
  GstPad *pad;

  pipeline = chain_parse (description);
  if (!pipeline)
    chain_skip (description);
  g_free (description);
  if (!pipeline)
    return FALSE;
  source = get ("source");
  sink = get ("sink");
  front = ecbsr = NULL;
  n_frames = 0;
  g_atomic_int_set (&done, FALSE);
  pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count, NULL, NULL);
  gst_object_unref (pad);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return TRUE;
}

static void
assert_no_error (const gchar * when)
{
  GstBus *bus = gst_element_get_bus (pipeline);
  GstMessage *message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  GError *error = NULL;
  gchar *detail = NULL;

  if (message)
    gst_message_parse_error (message, &error, &detail);
  fail_unless (message == NULL, "%s: %s (%s)", when, error ? error->message
      : "", detail);
  gst_object_unref (bus);
}

static void
stop (void)
{
  assert_no_error ("at the end");
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_clear_object (&pipeline);
}

static void
await_frames (guint n, guint round)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gboolean came = TRUE;

  g_mutex_lock (&lock);
  n += n_frames;
  while (n_frames < n && came)
    came = g_cond_wait_until (&cond, &lock, end);
  g_mutex_unlock (&lock);
  if (!came)
    assert_no_error ("after a change of links");
  fail_unless (came, "no frames after change %u", round);
}

/* ------------------------------------------------------------------ relinking -- */

static void
take_out (GstElement ** element)
{
  if (*element) {
    gst_element_set_state (*element, GST_STATE_NULL);
    gst_bin_remove (GST_BIN (pipeline), *element);
  }
  *element = NULL;
}

static GstElement *
put_in (GstElement * before, const gchar * factory)
{
  GstElement *element = gst_element_factory_make (factory, NULL);

  gst_bin_add (GST_BIN (pipeline), element);
  fail_unless (gst_element_link (before, element));
  return element;
}

/* NULL: nothing. */
static const gchar *const fronts[] = { NULL, "identity", "queue" };

/* Source, what is in front, ecbsr, sink, each link anew. The last is started first, so
 * that nothing comes to an element that does not run. */
static void
link_anew (guint round)
{
  const gchar *factory = fronts[round % G_N_ELEMENTS (fronts)];
  GstElement *last = source;

  take_out (&front);
  take_out (&ecbsr);
  gst_element_unlink (source, sink);
  if (factory)
    last = front = put_in (last, factory);
  if (round % 4 != 3) {
    last = ecbsr = put_in (last, "ecbsr");
    g_object_set (ecbsr, "model", MODEL_BICUBIC, "scale", round % 3 + 1, NULL);
  }
  fail_unless (gst_element_link (last, sink));
  if (ecbsr)
    gst_element_sync_state_with_parent (ecbsr);
  if (front)
    gst_element_sync_state_with_parent (front);
}

typedef struct
{
  void (*change) (guint round);
  guint round;
} Change;

static GstPadProbeReturn
change_links (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Change *change = data;

  change->change (change->round);
  g_mutex_lock (&lock);
  linked = TRUE;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_REMOVE;
}

/* While the source holds a frame back, which then goes the new way. */
static void
change_at_frame (void (*function) (guint round), guint round)
{
  GstPad *pad = gst_element_get_static_pad (source, "src");
  Change change = { function, round };

  linked = FALSE;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER,
      change_links, &change, NULL);
  g_mutex_lock (&lock);
  while (!linked)
    g_cond_wait (&cond, &lock);
  g_mutex_unlock (&lock);
  gst_object_unref (pad);
}

static void
assert_width (guint round)
{
  GstPad *pad = gst_element_get_static_pad (sink, "sink");
  GstCaps *caps = gst_pad_get_current_caps (pad);
  gint width = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "width", &width);
  fail_unless_equals_int (width, 64 * (ecbsr ? round % 3 + 1 : 1));
  gst_caps_unref (caps);
  gst_object_unref (pad);
}

static const gchar *const sources[] = {
  "identity name=source", "queue name=source", "tee ! queue name=source",
  "videocrop name=source", "videorate ! textoverlay text=x name=source"
};

GST_START_TEST (test_relinking)
{
  guint round;

  if (!start (sources[__i__]))
    return;
  for (round = 0; round < N_ROUNDS; round++) {
    change_at_frame (link_anew, round);
    await_frames (3, round);
    assert_width (round);
  }
  stop ();
}

GST_END_TEST;

/* ------------------------------------------------------------- other threads -- */

/* The queries of applications and of elements that negotiate. */
static gpointer
keep_asking (gpointer data)
{
  GstElement *element = data;
  GstPad *pads[] = { GST_PAD (element->sinkpads->data),
    GST_PAD (element->srcpads->data)
  };
  GstQuery *query;
  guint i;

  while (!g_atomic_int_get (&done)) {
    for (i = 0; i < G_N_ELEMENTS (pads); i++)
      gst_caps_unref (gst_pad_query_caps (pads[i], NULL));
    query = gst_query_new_latency ();
    gst_element_query (pipeline, query);
    gst_query_unref (query);
    g_usleep (100);
  }
  return NULL;
}

static gpointer
keep_setting (gpointer data)
{
  guint i;

  for (i = 0; !g_atomic_int_get (&done); i++) {
    g_object_set (data, "scale", i % 3 + 1, "strength", (i % 5) / 4.0,
        "preferred-output-width", i % 2 * 1920, NULL);
    gst_element_send_event (data, gst_event_new_reconfigure ());
    g_usleep (500);
  }
  return NULL;
}

/* What is in front comes and goes; the ecbsr stays. */
static void
change_front (guint round)
{
  const gchar *factory = fronts[round % G_N_ELEMENTS (fronts)];

  take_out (&front);
  gst_element_unlink (source, ecbsr);
  if (factory)
    front = put_in (source, factory);
  fail_unless (gst_element_link (front ? front : source, ecbsr));
  if (front)
    gst_element_sync_state_with_parent (front);
}

GST_START_TEST (test_asked_and_set_meanwhile)
{
  GThread *asks, *sets;
  guint round;

  if (!start (sources[__i__]))
    return;
  change_at_frame (link_anew, 0);
  asks = g_thread_new ("ask", keep_asking, ecbsr);
  sets = g_thread_new ("set", keep_setting, ecbsr);
  for (round = 0; round < N_ROUNDS; round++) {
    change_at_frame (change_front, round);
    await_frames (3, round);
  }
  g_atomic_int_set (&done, TRUE);
  g_thread_join (asks);
  g_thread_join (sets);
  stop ();
}

GST_END_TEST;

static Suite *
relinking_suite (void)
{
  Suite *s = suite_create ("relinking");
  TCase *tc = tcase_create ("relinking");

  suite_add_tcase (s, tc);
  chain_set_up ();              /* once, before tests fork */
  tcase_add_loop_test (tc, test_relinking, 0, G_N_ELEMENTS (sources));
  tcase_add_loop_test (tc, test_asked_and_set_meanwhile, 0,
      G_N_ELEMENTS (sources));
  return s;
}

GST_CHECK_MAIN (relinking);
