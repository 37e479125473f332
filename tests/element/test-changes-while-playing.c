/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Properties that change while frames flow. */

#include "upscale.h"

static GstVideoInfo in_info;

static void
set_up (void)
{
  frame_info (&in_info, GST_VIDEO_FORMAT_NV12, 33, 17);
}

static gchar *
golden (const gchar * name)
{
  return g_build_filename (g_getenv ("ECBSR_GOLDEN"), name, NULL);
}

static GstBuffer *
new_input (void)
{
  return frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);
}

/* Pushes a frame: it has to be what an element would make of it that had these
 * properties from the start. */
static void
assert_frame (Bench * bench, guint scale, const gchar * location, gint model)
{
  GstVideoInfo out_info, expected_info;
  GstBuffer *out = gst_harness_push_and_pull (bench->h, new_input ());
  GstBuffer *expected = upscale (new_input (), &in_info, &expected_info,
      "scale", scale, "model-location", location, "model", model, NULL);

  fail_unless (out != NULL);
  bench_get_output (bench, &out_info);
  fail_unless_equals_int (out_info.width, in_info.width * scale);
  fail_unless_equals_int (out_info.height, in_info.height * scale);
  frame_assert_equal (out, expected, &out_info, "frame");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

static void
assert_element_message (Bench * bench, const gchar * name)
{
  GstMessage *message = bench_pop_message (bench, GST_MESSAGE_ELEMENT);

  fail_unless (gst_message_has_name (message, name));
  gst_message_unref (message);
}

static void
assert_settings (Bench * bench, guint scale, const gchar * location, gint model)
{
  gchar *got_location;
  guint got_scale;
  gint got_model;

  g_object_get (bench->ecbsr, "scale", &got_scale, "model", &got_model,
      "model-location", &got_location, NULL);
  fail_unless_equals_int (got_scale, scale);
  fail_unless_equals_int (got_model, model);
  fail_unless (g_strcmp0 (got_location, location) == 0, "%s", got_location);
  g_free (got_location);
}

GST_START_TEST (test_scale_accepted)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  static const guint scales[] = { 2, 3, 1, 4, 1, 2 };
  guint i;

  bench_set_input (&bench, &in_info);
  for (i = 0; i < G_N_ELEMENTS (scales); i++) {
    g_object_set (bench.ecbsr, "scale", scales[i], NULL);
    assert_frame (&bench, scales[i], NULL, MODEL_ESR_MAX);
    assert_settings (&bench, scales[i], NULL, MODEL_ESR_MAX);
  }
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
}

GST_END_TEST;

static void
count (GObject * object, GParamSpec * spec, gpointer n)
{
  ++*(guint *) n;
}

/* One that the peer cannot take keeps the old one and warns. */
GST_START_TEST (test_scale_rejected)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  guint n_notified = 0;
  gchar *text;

  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,width=66");
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "scale", 3, "strength", 1.0, NULL);
  g_signal_connect (bench.ecbsr, "notify::scale", G_CALLBACK (count),
      &n_notified);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  fail_unless_equals_int (n_notified, 1);
  assert_settings (&bench, 2, NULL, MODEL_ESR_MAX);
  text = bench_pop_problem (&bench, GST_MESSAGE_WARNING, GST_CORE_ERROR,
      GST_CORE_ERROR_NEGOTIATION);
  fail_unless (strstr (text, "33x17") && strstr (text, "3"), "%s", text);
  g_free (text);
  assert_element_message (&bench, "ecbsr-model-failed");
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_model_accepted)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  gchar *path = golden ("esr-tm-x2-k5c5.safetensors"), *name;
  guint n_notified = 0;

  g_signal_connect (bench.ecbsr, "notify::active-model", G_CALLBACK (count),
      &n_notified);
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  bench_assert_quiet (&bench, GST_MESSAGE_ELEMENT);

  g_object_set (bench.ecbsr, "model", MODEL_BICUBIC, NULL);
  assert_frame (&bench, 2, NULL, MODEL_BICUBIC);
  assert_element_message (&bench, "ecbsr-model-loaded");
  fail_unless_equals_int (n_notified, 1);

  g_object_set (bench.ecbsr, "model-location", path, NULL);
  assert_frame (&bench, 2, path, MODEL_BICUBIC);
  assert_element_message (&bench, "ecbsr-model-loaded");
  fail_unless_equals_int (n_notified, 2);
  g_object_get (bench.ecbsr, "active-model", &name, NULL);
  fail_unless_equals_string (name, "esr-tm-x2-k5c5");
  g_free (name);

  /* threads are no new model */
  g_object_set (bench.ecbsr, "n-threads", 1, NULL);
  assert_frame (&bench, 2, path, MODEL_BICUBIC);
  g_object_get (bench.ecbsr, "backend", &name, NULL);
  fail_unless (strstr (name, "1 thread"), "%s", name);
  g_free (name);
  bench_assert_quiet (&bench, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING
      | GST_MESSAGE_ERROR);
  g_free (path);
  bench_free (&bench);
}

GST_END_TEST;

static void
try_in_vain (Bench * bench, const gchar * location, guint scale,
    GQuark domain, gint code)
{
  gchar *text;

  g_object_set (bench->ecbsr, "scale", scale, "model-location", location, NULL);
  text = bench_pop_problem (bench, GST_MESSAGE_WARNING, domain, code);
  fail_unless (strstr (text, location), "%s", text);
  g_free (text);
  assert_element_message (bench, "ecbsr-model-failed");
  assert_settings (bench, 2, NULL, MODEL_ESR_MAX);
  assert_frame (bench, 2, NULL, MODEL_ESR_MAX);
  bench_assert_quiet (bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING
      | GST_MESSAGE_ELEMENT);
}

GST_START_TEST (test_model_rejected)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  gchar *path = golden ("esr-max-x2-k5c2.safetensors");

  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  try_in_vain (&bench, "/nonexistent", 2, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND);
  try_in_vain (&bench, g_get_tmp_dir (), 2, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_OPEN_READ);
  try_in_vain (&bench, __FILE__, 2, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  try_in_vain (&bench, path, 3, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  g_free (path);
  bench_free (&bench);
}

GST_END_TEST;

/* A scale and a file that belong together, in either order. */
GST_START_TEST (test_scale_and_model_together)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  gchar *x2 = golden ("esr-tm-x2-k5c5.safetensors");
  gchar *x3 = golden ("esr-max-x3-k3c1.safetensors");

  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "scale", 3, "model-location", x3, NULL);
  assert_frame (&bench, 3, x3, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "model-location", x2, "scale", 2, NULL);
  assert_frame (&bench, 2, x2, MODEL_ESR_MAX);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  g_free (x2);
  g_free (x3);
  bench_free (&bench);
}

GST_END_TEST;

/* Of several changes between two frames the last one counts. */
GST_START_TEST (test_last_request)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);

  bench_set_input (&bench, &in_info);
  g_object_set (bench.ecbsr, "scale", 3, NULL);
  g_object_set (bench.ecbsr, "model", MODEL_ESR_TM, NULL);
  g_object_set (bench.ecbsr, "model-location", "/nonexistent", NULL);
  g_free (bench_pop_problem (&bench, GST_MESSAGE_WARNING, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_FOUND));
  assert_frame (&bench, 3, NULL, MODEL_ESR_TM);
  g_object_set (bench.ecbsr, "scale", 4, NULL);
  g_object_set (bench.ecbsr, "scale", 3, NULL);
  assert_frame (&bench, 3, NULL, MODEL_ESR_TM);
  bench_free (&bench);
}

GST_END_TEST;

/* Input of another size and the scale that makes it the size downstream wants:
 * with the scale before it would be rejected. */
GST_START_TEST (test_scale_before_caps)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);

  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,width=66");
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "scale", 3, NULL);
  frame_info (&in_info, GST_VIDEO_FORMAT_NV12, 22, 17);
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 3, NULL, MODEL_ESR_MAX);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
}

GST_END_TEST;

/* Before there are caps, and together with new ones. */
GST_START_TEST (test_scale_and_caps)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);

  g_object_set (bench.ecbsr, "scale", 3, NULL);
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 3, NULL, MODEL_ESR_MAX);

  g_object_set (bench.ecbsr, "scale", 4, NULL);
  frame_info (&in_info, GST_VIDEO_FORMAT_RGB, 20, 10);
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 4, NULL, MODEL_ESR_MAX);
  bench_free (&bench);
}

GST_END_TEST;

static gboolean
backend_has (Bench * bench, const gchar * precision)
{
  gchar *backend;
  gboolean has;

  g_object_get (bench->ecbsr, "backend", &backend, NULL);
  fail_unless (backend != NULL);
  has = strstr (backend, precision) != NULL;
  g_free (backend);
  return has;
}

static void
assert_precision_warning (Bench * bench, const gchar * wanted)
{
  gchar *text = bench_pop_problem (bench, GST_MESSAGE_WARNING,
      GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS);

  fail_unless (strstr (text, wanted) && strstr (text, "float32"), "%s", text);
  g_free (text);
}

/* Taken up by the next frame, which is what it would be with this precision
 * from the start. What the CPU cannot do is told. */
static void
change_precision (Bench * bench, const gchar * precision)
{
  GstBuffer *out, *expected;
  GstVideoInfo out_info;
  gint value;

  gst_util_set_object_arg (G_OBJECT (bench->ecbsr), "precision", precision);
  out = gst_harness_push_and_pull (bench->h, new_input ());
  fail_unless (out != NULL);
  g_object_get (bench->ecbsr, "precision", &value, NULL);
  expected = upscale (new_input (), &in_info, &out_info, "model",
      MODEL_ECBSR_M4C8, "content", CONTENT_CLEAN, "precision", value, NULL);
  frame_assert_equal (out, expected, &out_info, precision);
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
  if (value != PRECISION_AUTO && !backend_has (bench, precision))
    assert_precision_warning (bench, precision);
  bench_assert_quiet (bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING
      | GST_MESSAGE_ELEMENT);
}

GST_START_TEST (test_precision_accepted)
{
  Bench bench = bench_new ("model", MODEL_ECBSR_M4C8, "content", CONTENT_CLEAN,
      NULL);
  gboolean other;
  guint n_notified = 0;

  bench_set_input (&bench, &in_info);
  change_precision (&bench, "auto");
  change_precision (&bench, "int8");
  change_precision (&bench, "bfloat16");
  other = !backend_has (&bench, "float32");
  g_signal_connect (bench.ecbsr, "notify::backend", G_CALLBACK (count),
      &n_notified);
  change_precision (&bench, "float32");
  fail_unless (backend_has (&bench, "float32"));
  fail_unless_equals_int (n_notified, other);
  bench_free (&bench);
}

GST_END_TEST;

/* A network of one layer has no inner layers: float32 always. */
GST_START_TEST (test_precision_impossible)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, "precision", PRECISION_INT8,
      NULL);

  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  fail_unless (backend_has (&bench, "float32"));
  assert_precision_warning (&bench, "int8");

  g_object_set (bench.ecbsr, "precision", PRECISION_BFLOAT16, NULL);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  assert_precision_warning (&bench, "bfloat16");

  g_object_set (bench.ecbsr, "precision", PRECISION_FLOAT32, NULL);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
}

GST_END_TEST;

static gpointer
fiddle (gpointer data)
{
  Bench *bench = data;
  guint i;

  for (i = 0; i < 300; i++) {
    switch (i % 6) {
      case 0:
        g_object_set (bench->ecbsr, "scale", 1 + i % 4, NULL);
        break;
      case 1:
        g_object_set (bench->ecbsr, "model", i % 2 ? MODEL_ESR_MAX
            : MODEL_BICUBIC, NULL);
        break;
      case 2:
        g_object_set (bench->ecbsr, "n-threads", i % 3, "precision", i % 4,
            NULL);
        break;
      case 3:
        g_object_set (bench->ecbsr, "strength", (i % 10) / 10.0, "compare",
            i % 2, "compare-position", (i % 7) / 7.0, NULL);
        break;
      case 4:
        g_object_set (bench->ecbsr, "content", i % 4 ? CONTENT_AUTO
            : CONTENT_CLEAN, NULL);
        break;
      default:
        g_object_set (bench->ecbsr, "model-location", "/nonexistent", NULL);
        break;
    }
    g_usleep (500);
  }
  return NULL;
}

/* ------------------------------------------------- properties set half -- */

/* What another thread does amid a rejection on the streaming thread: sets a scale
 * and the file that belongs to it, and has set the scale only. */
static struct
{
  GObject *object;
  gchar *location;
  void (*dispatch) (GObject *, guint, GParamSpec **);
} half;

static void
half_set_scale (void)
{
  g_object_freeze_notify (half.object);
  g_object_set (half.object, "scale", 3, NULL);
}

static void
set_other_half (void)
{
  g_object_set (half.object, "model-location", half.location, NULL);
  g_object_thaw_notify (half.object);
}

static void
dispatch_while_half_set (GObject * object, guint n, GParamSpec ** specs)
{
  GObjectClass *klass = G_OBJECT_GET_CLASS (object);

  klass->dispatch_properties_changed = half.dispatch;
  half_set_scale ();
  half.dispatch (object, n, specs);
  set_other_half ();
}

static void
half_set_up (Bench * bench)
{
  half.object = G_OBJECT (bench->ecbsr);
  half.location = golden ("esr-max-x3-k3c1.safetensors");
  half.dispatch =
      G_OBJECT_GET_CLASS (bench->ecbsr)->dispatch_properties_changed;
}

static guint
count_failures (Bench * bench)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bench->bus, GST_MESSAGE_ELEMENT))) {
    n += gst_message_has_name (message, "ecbsr-model-failed");
    gst_message_unref (message);
  }
  return n;
}

/* The notification of a rejection is none of a property that was set. */
GST_START_TEST (test_notify_of_rejection_requests_nothing)
{
  gchar *x2 = golden ("esr-tm-x2-k5c5.safetensors");
  Bench bench = bench_new ("model-location", x2, NULL);

  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,width=[1,99]");
  bench_set_input (&bench, &in_info);
  g_object_set (bench.ecbsr, "scale", 4, "model-location", NULL, NULL);
  half_set_up (&bench);
  G_OBJECT_GET_CLASS (half.object)->dispatch_properties_changed =
      dispatch_while_half_set;
  gst_buffer_unref (gst_harness_push_and_pull (bench.h, new_input ()));
  G_OBJECT_GET_CLASS (half.object)->dispatch_properties_changed =
      half.dispatch;
  fail_unless_equals_int (count_failures (&bench), 1);
  bench_free (&bench);
  g_free (half.location);
  g_free (x2);
}

GST_END_TEST;

static gboolean
accept_nothing_while_half_set (GstPad * pad, GstObject * parent,
    GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_ACCEPT_CAPS)
    return gst_pad_query_default (pad, parent, query);
  gst_pad_set_query_function (pad, gst_pad_query_default);
  half_set_scale ();
  gst_query_set_accept_caps_result (query, FALSE);
  return TRUE;
}

/* A rejection takes back nothing that has been set since the request, though it
 * be the same. */
GST_START_TEST (test_rejection_keeps_what_is_set_meanwhile)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);

  half_set_up (&bench);
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "scale", 3, NULL);
  gst_pad_set_query_function (bench.h->sinkpad, accept_nothing_while_half_set);
  assert_frame (&bench, 2, NULL, MODEL_ESR_MAX);
  set_other_half ();
  assert_settings (&bench, 3, half.location, MODEL_ESR_MAX);
  assert_frame (&bench, 3, half.location, MODEL_ESR_MAX);
  fail_unless_equals_int (count_failures (&bench), 1);
  bench_free (&bench);
  g_free (half.location);
}

GST_END_TEST;

static gboolean stopped;        /* atomic */

static gpointer
ask_in_vain (gpointer ecbsr)
{
  while (!g_atomic_int_get (&stopped))
    g_object_set (ecbsr, "model-location", "/nonexistent", NULL);
  return NULL;
}

/* Stopped while another thread loads what fails: nothing runs that the properties
 * could go back to. */
GST_START_TEST (test_stopped_while_loading)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  GThread *thread;
  guint i;

  gst_object_ref_sink (ecbsr);
  g_object_set (ecbsr, "model", MODEL_BICUBIC, NULL);
  thread = g_thread_new ("ask", ask_in_vain, ecbsr);
  for (i = 0; i < 3000; i++) {
    /* which fails where the file is asked for before it has started */
    gst_element_set_state (ecbsr, GST_STATE_PAUSED);
    gst_element_set_state (ecbsr, GST_STATE_NULL);
    g_object_set (ecbsr, "model-location", NULL, NULL);
  }
  g_atomic_int_set (&stopped, TRUE);
  g_thread_join (thread);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

/* Whatever two threads set while frames flow: each frame is a whole one. */
GST_START_TEST (test_stress)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  GThread *threads[2];
  guint i;

  bench_set_input (&bench, &in_info);
  for (i = 0; i < 2; i++)
    threads[i] = g_thread_new ("fiddle", fiddle, &bench);
  for (i = 0; i < 300; i++) {
    GstBuffer *out = gst_harness_push_and_pull (bench.h, new_input ());
    GstVideoInfo out_info;

    fail_unless (out != NULL);
    bench_get_output (&bench, &out_info);
    fail_unless_equals_int (out_info.width % in_info.width, 0);
    fail_unless (gst_buffer_get_size (out) >= out_info.size);
    gst_buffer_unref (out);
  }
  for (i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
changes_while_playing_suite (void)
{
  Suite *s = suite_create ("changes-while-playing");
  TCase *tc = tcase_create ("changes");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_scale_accepted);
  tcase_add_test (tc, test_scale_rejected);
  tcase_add_test (tc, test_model_accepted);
  tcase_add_test (tc, test_model_rejected);
  tcase_add_test (tc, test_scale_and_model_together);
  tcase_add_test (tc, test_last_request);
  tcase_add_test (tc, test_scale_and_caps);
  tcase_add_test (tc, test_scale_before_caps);
  tcase_add_test (tc, test_precision_accepted);
  tcase_add_test (tc, test_precision_impossible);
  tcase_add_test (tc, test_notify_of_rejection_requests_nothing);
  tcase_add_test (tc, test_rejection_keeps_what_is_set_meanwhile);
  tcase_add_test (tc, test_stopped_while_loading);
  tcase_add_test (tc, test_stress);
  return s;
}

GST_CHECK_MAIN (changes_while_playing);
