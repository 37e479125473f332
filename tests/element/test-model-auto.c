/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* model=auto: by measurement behind a live source, else the same everywhere. */

#include "live.h"

static Bench
start_auto (gboolean live, guint64 time, gint min_model)
{
  Bench bench = bench_new ("max-processing-time", time, "min-model", min_model,
      "content", CONTENT_CLEAN, NULL);

  if (!live)
    bench_be_a_file (&bench);
  bench_set_input (&bench, &live_info);
  return bench;
}

/* What runs is what this machine can, or what is best on any machine. */
GST_START_TEST (test_auto)
{
  Bench bench = start_auto (TRUE, 1, MODEL_BICUBIC);
  gchar *name;

  bench_assert_active (&bench, "bicubic");
  live_assert_output (&bench, MODEL_BICUBIC);
  bench_free (&bench);

  bench = start_auto (TRUE, 1, MODEL_ESR_MAX);
  g_object_get (bench.ecbsr, "active-model", &name, NULL);
  fail_unless (g_str_has_prefix (name, "e"), "%s is less than min-model", name);
  g_free (name);
  bench_free (&bench);

  bench = start_auto (FALSE, 1, MODEL_BICUBIC);
  bench_assert_active (&bench, "ecbsr-m4c16-x2");
  bench_free (&bench);

  live_info.fps_n = 0;
  bench = start_auto (TRUE, 0, MODEL_BICUBIC);
  bench_assert_active (&bench, "ecbsr-m4c16-x2");
  bench_free (&bench);
}

GST_END_TEST;

/* A file is what was asked for, whatever it takes. */
GST_START_TEST (test_auto_with_file)
{
  gchar *path = g_build_filename (g_getenv ("ECBSR_GOLDEN"),
      "esr-tm-x2-k5c5.safetensors", NULL);
  Bench bench = live_start ("model-location", path, "max-processing-time",
      (guint64) 1, NULL);

  bench_assert_active (&bench, "esr-tm-x2-k5c5");
  live_push_qos (&bench, 1);
  live_assert_downgraded (live_push_until_level_changes (&bench, 0),
      "esr-tm-x2-k5c5", "bicubic");
  bench_free (&bench);
  g_free (path);
}

GST_END_TEST;

/* More time, more picture. While playing too, and with new caps. */
GST_START_TEST (test_auto_again)
{
  Bench bench = start_auto (TRUE, 3600 * GST_SECOND, MODEL_BICUBIC);
  gchar *best;

  g_object_get (bench.ecbsr, "active-model", &best, NULL);
  fail_unless (g_str_has_prefix (best, "ecbsr-m"), "%s", best);
  g_object_set (bench.ecbsr, "model", MODEL_ESR_MAX, NULL);
  live_assert_output (&bench, MODEL_ESR_MAX);
  g_object_set (bench.ecbsr, "model", MODEL_AUTO, NULL);
  fail_if (live_push_is_dropped (&bench));
  bench_assert_active (&bench, best);
  g_free (best);

  g_object_set (bench.ecbsr, "max-processing-time", (guint64) 1, NULL);
  frame_info (&live_info, GST_VIDEO_FORMAT_RGB, 20, 30);
  bench_set_input (&bench, &live_info);
  bench_assert_active (&bench, "bicubic");
  bench_free (&bench);
}

GST_END_TEST;

static gint silent;             /* atomic: whether the source knows nothing of latency */

static GstPadProbeReturn
drop_latency_queries (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  return g_atomic_int_get (&silent) && GST_QUERY_TYPE (query) ==
      GST_QUERY_LATENCY ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* A selector's other camera may have no caps yet when those of the first one come, and
 * then nobody says whether the source is live. */
GST_START_TEST (test_source_that_answers_late)
{
  static const gint contents[] = { CONTENT_CLEAN, CONTENT_AUTO };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (contents); i++) {
    Bench bench = bench_new ("max-processing-time", (guint64) 1, "content",
        contents[i], NULL);

    gst_pad_add_probe (bench.h->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
        drop_latency_queries, NULL, NULL);
    g_atomic_int_set (&silent, TRUE);
    bench_set_input (&bench, &live_info);
    fail_if (live_push_is_dropped (&bench));
    bench_assert_active (&bench, "ecbsr-m4c16-x2");
    fail_unless_equals_uint64 (bench_get_stat (&bench, "latency-ns"), 0);

    g_atomic_int_set (&silent, FALSE);
    live_assert_output (&bench, MODEL_BICUBIC);
    bench_assert_active (&bench, "bicubic");
    fail_if (bench_get_stat (&bench, "latency-ns") == 0);
    bench_free (&bench);
  }
}

GST_END_TEST;

static Suite *
model_auto_suite (void)
{
  Suite *s = suite_create ("model-auto");
  TCase *tc = tcase_create ("auto");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, live_set_up, NULL);
  tcase_add_test (tc, test_auto);
  tcase_add_test (tc, test_auto_with_file);
  tcase_add_test (tc, test_auto_again);
  tcase_add_test (tc, test_source_that_answers_late);
  return s;
}

GST_CHECK_MAIN (model_auto);
