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
  return s;
}

GST_CHECK_MAIN (model_auto);
