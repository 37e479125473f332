/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "upscale.h"

static void
assert_range (GObjectClass * klass, const gchar * name, gboolean controllable)
{
  GParamSpec *spec = g_object_class_find_property (klass, name);

  fail_unless (spec != NULL, "no property %s", name);
  fail_unless (spec->flags & GST_PARAM_MUTABLE_PLAYING, "%s", name);
  fail_unless (!(spec->flags & GST_PARAM_CONTROLLABLE) == !controllable, "%s",
      name);
  fail_unless (strlen (g_param_spec_get_blurb (spec)) > 20, "%s", name);
}

GST_START_TEST (test_specs)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  GObjectClass *klass = G_OBJECT_GET_CLASS (ecbsr);

  assert_range (klass, "scale", FALSE);
  assert_range (klass, "model", FALSE);
  assert_range (klass, "model-location", FALSE);
  assert_range (klass, "content", FALSE);
  assert_range (klass, "n-threads", FALSE);
  assert_range (klass, "precision", FALSE);
  assert_range (klass, "strength", TRUE);
  assert_range (klass, "compare", FALSE);
  assert_range (klass, "compare-position", TRUE);
  assert_range (klass, "overload-policy", FALSE);
  assert_range (klass, "max-processing-time", FALSE);
  assert_range (klass, "min-model", FALSE);
  assert_range (klass, "report-latency", FALSE);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

GST_START_TEST (test_defaults)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  gchar *location, *active_model, *backend;
  gdouble strength, position;
  guint scale, n_threads;
  gint model, content, precision, compare;

  g_object_get (ecbsr, "scale", &scale, "model", &model, "model-location",
      &location, "n-threads", &n_threads, "precision", &precision, "strength",
      &strength, "content", &content, "compare", &compare, "compare-position",
      &position, "active-model", &active_model, "backend", &backend, NULL);
  fail_unless_equals_int (scale, 2);
  fail_unless_equals_int (model, MODEL_AUTO);
  fail_unless_equals_int (content, CONTENT_AUTO);
  fail_unless (location == NULL);
  fail_unless_equals_int (n_threads, 0);
  fail_unless_equals_int (precision, PRECISION_AUTO);
  fail_unless (strength == 1.0);
  fail_unless_equals_int (compare, COMPARE_OFF);
  fail_unless (position == 0.5);
  fail_unless (active_model == NULL && backend == NULL);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

GST_START_TEST (test_policy_defaults)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  guint64 time;
  gint policy, min_model;
  gboolean report;

  g_object_get (ecbsr, "overload-policy", &policy, "max-processing-time",
      &time, "min-model", &min_model, "report-latency", &report, NULL);
  fail_unless_equals_int (policy, POLICY_DEGRADE_THEN_DROP);
  fail_unless (time == 0);
  fail_unless_equals_int (min_model, MODEL_BICUBIC);
  fail_unless (report);

  gst_util_set_object_arg (G_OBJECT (ecbsr), "overload-policy", "drop");
  g_object_set (ecbsr, "max-processing-time", (guint64) 5, "min-model",
      MODEL_ESR_TM, "report-latency", FALSE, NULL);
  g_object_get (ecbsr, "overload-policy", &policy, "max-processing-time",
      &time, "min-model", &min_model, "report-latency", &report, NULL);
  fail_unless_equals_int (policy, POLICY_DROP);
  fail_unless (time == 5);
  fail_unless_equals_int (min_model, MODEL_ESR_TM);
  fail_if (report);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

GST_START_TEST (test_nicks)
{
  static const gchar *nicks[] = { "auto", "ecbsr-m4c8", "ecbsr-m4c16",
    "ecbsr-m10c16", "esr-max", "esr-tm", "esr-tr", "esr-cnn", "bicubic"
  };
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  guint i;
  gint model;

  for (i = 0; i < G_N_ELEMENTS (nicks); i++) {
    gst_util_set_object_arg (G_OBJECT (ecbsr), "model", nicks[i]);
    g_object_get (ecbsr, "model", &model, NULL);
    fail_unless_equals_int (model, i);
  }
  gst_object_unref (ecbsr);
}

GST_END_TEST;

static void
assert_precision (GstElement * ecbsr, gint expected)
{
  gint precision;

  g_object_get (ecbsr, "precision", &precision, NULL);
  fail_unless_equals_int (precision, expected);
}

GST_START_TEST (test_precisions)
{
  static const gchar *nicks[] = { "auto", "float32", "bfloat16", "int8" };
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (nicks); i++) {
    gst_util_set_object_arg (G_OBJECT (ecbsr), "precision", nicks[i]);
    assert_precision (ecbsr, i);
  }
  for (i = 0; i < G_N_ELEMENTS (nicks); i++) {
    g_object_set (ecbsr, "precision", i, NULL);
    assert_precision (ecbsr, i);
  }
  /* one that there is not leaves it as it was */
  gst_util_set_object_arg (G_OBJECT (ecbsr), "precision", "float16");
  assert_precision (ecbsr, PRECISION_INT8);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

/* At the least these are built in, at every scale. */
GST_START_TEST (test_built_in_models)
{
  static const gint models[] = { MODEL_AUTO, MODEL_ECBSR_M4C8, MODEL_ESR_MAX,
    MODEL_ESR_TM, MODEL_ESR_TR, MODEL_ESR_CNN, MODEL_BICUBIC
  };
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  guint i, scale;

  for (i = 0; i < G_N_ELEMENTS (models); i++) {
    for (scale = 2; scale <= 4; scale++) {
      g_object_set (ecbsr, "model", models[i], "scale", scale, NULL);
      fail_unless (gst_element_set_state (ecbsr, GST_STATE_PAUSED)
          != GST_STATE_CHANGE_FAILURE, "model %d, scale %u", models[i], scale);
      gst_element_set_state (ecbsr, GST_STATE_NULL);
    }
  }
  gst_object_unref (ecbsr);
}

GST_END_TEST;

static gchar *
get_string (Bench * bench, const gchar * name)
{
  gchar *value;

  g_object_get (bench->ecbsr, name, &value, NULL);
  return value;
}

static void
count (GObject * object, GParamSpec * spec, gpointer n)
{
  ++*(guint *) n;
}

/* What runs is told, and taken back when nothing runs. */
GST_START_TEST (test_active_model_and_backend)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, "n-threads", 1, NULL);
  guint n_models = 0, n_backends = 0;
  GstVideoInfo info, out_info;
  gchar *value;

  g_signal_connect (bench.ecbsr, "notify::active-model", G_CALLBACK (count),
      &n_models);
  g_signal_connect (bench.ecbsr, "notify::backend", G_CALLBACK (count),
      &n_backends);
  value = get_string (&bench, "active-model");
  fail_unless (value && strstr (value, "cubic"), "%s", value);
  g_free (value);

  frame_info (&info, GST_VIDEO_FORMAT_NV12, 16, 16);
  gst_buffer_unref (upscale_with (&bench, frame_new_filled (&info,
              FRAME_DEFAULT, pattern_texture), &info, &out_info));
  value = get_string (&bench, "backend");
  fail_unless (value && strstr (value, "1 thread"), "%s", value);
  g_free (value);
  fail_unless_equals_int (n_backends, 1);

  gst_element_set_state (bench.ecbsr, GST_STATE_NULL);
  fail_unless (get_string (&bench, "active-model") == NULL);
  fail_unless (get_string (&bench, "backend") == NULL);
  fail_unless_equals_int (n_models, 1);
  fail_unless_equals_int (n_backends, 2);
  bench_free (&bench);
}

GST_END_TEST;

/* As fields what `backend` says in a sentence. */
static void
check_backend_in_stats (Bench * bench)
{
  g_autofree gchar *backend = NULL, *expected = NULL;
  GstStructure *stats;
  guint n_threads;

  g_object_get (bench->ecbsr, "stats", &stats, "backend", &backend, NULL);
  fail_unless (gst_structure_get_uint (stats, "threads", &n_threads));
  expected = g_strdup_printf ("%s, %s, %u thread%s",
      gst_structure_get_string (stats, "instruction-set"),
      gst_structure_get_string (stats, "precision"), n_threads,
      n_threads == 1 ? "" : "s");
  fail_unless_equals_string (backend, expected);
  gst_structure_free (stats);
}

GST_START_TEST (test_stats)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo info, out_info;
  guint i, n_notified = 0;

  g_signal_connect (bench.ecbsr, "notify::stats", G_CALLBACK (count),
      &n_notified);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "frames"), 0);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "max-ns"), 0);
  frame_info (&info, GST_VIDEO_FORMAT_NV12, 64, 64);
  for (i = 0; i < 300; i++)
    gst_buffer_unref (upscale_with (&bench, frame_new_filled (&info,
                FRAME_DEFAULT, pattern_texture), &info, &out_info));
  fail_unless_equals_uint64 (bench_get_stat (&bench, "frames"), 300);
  fail_unless (bench_get_stat (&bench, "average-ns") > 0);
  fail_unless (bench_get_stat (&bench, "average-ns") <= bench_get_stat (&bench,
          "max-ns"));
  fail_unless (bench_get_stat (&bench, "p95-ns") <= bench_get_stat (&bench,
          "max-ns"));
  fail_unless (n_notified > 0 && n_notified < 300);
  check_backend_in_stats (&bench);
  bench_free (&bench);
}

GST_END_TEST;

/* The result does not depend on the number of threads. */
GST_START_TEST (test_threads)
{
  GstVideoInfo info, out_info;
  GstBuffer *expected, *out;
  guint n;

  frame_info (&info, GST_VIDEO_FORMAT_YUY2, 333, 177);
  expected = upscale (frame_new_filled (&info, FRAME_DEFAULT,
          pattern_texture), &info, &out_info, "model", MODEL_ESR_TM,
      "n-threads", 1, NULL);
  for (n = 2; n <= 7; n += 5) {
    out = upscale (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture),
        &info, &out_info, "model", MODEL_ESR_TM, "n-threads", n, NULL);
    frame_assert_equal (out, expected, &out_info, "threads");
    gst_buffer_unref (out);
  }
  gst_buffer_unref (expected);
}

GST_END_TEST;

static Suite *
properties_suite (void)
{
  Suite *s = suite_create ("properties");
  TCase *tc = tcase_create ("element");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_specs);
  tcase_add_test (tc, test_defaults);
  tcase_add_test (tc, test_policy_defaults);
  tcase_add_test (tc, test_nicks);
  tcase_add_test (tc, test_precisions);
  tcase_add_test (tc, test_built_in_models);
  tcase_add_test (tc, test_active_model_and_backend);
  tcase_add_test (tc, test_stats);
  tcase_add_test (tc, test_threads);
  return s;
}

GST_CHECK_MAIN (properties);
