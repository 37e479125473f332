/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What goes wrong at the start or with a buffer, and what the bus says. */

#include <glib/gstdio.h>

#include "upscale.h"

static gchar *folder;

static void
set_up (void)
{
  folder = g_dir_make_tmp ("ecbsr-XXXXXX", NULL);
}

static void
tear_down (void)
{
  g_rmdir (folder);
  g_free (folder);
}

/* Starts an element that must not start. Returns the error's text. */
static gchar *
start (const gchar * location, guint scale, gint model, GQuark domain,
    gint code)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  Bench bench = {.ecbsr = gst_object_ref_sink (ecbsr),.bus = gst_bus_new () };
  gchar *text;

  gst_element_set_bus (ecbsr, bench.bus);
  g_object_set (ecbsr, "model-location", location, "scale", scale, "model",
      model, NULL);
  fail_unless_equals_int (gst_element_set_state (ecbsr, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  text = bench_pop_problem (&bench, GST_MESSAGE_ERROR, domain, code);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);

  /* and recovers as soon as it is asked for something there is */
  g_object_set (ecbsr, "model-location", NULL, "scale", 2, "model",
      MODEL_BICUBIC, NULL);
  fail_unless (gst_element_set_state (ecbsr, GST_STATE_PAUSED)
      != GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (ecbsr, GST_STATE_NULL);
  gst_element_set_bus (ecbsr, NULL);
  gst_object_unref (bench.bus);
  gst_object_unref (ecbsr);
  return text;
}

static void
check_location (const gchar * location, GQuark domain, gint code)
{
  gchar *text = start (location, 2, MODEL_AUTO, domain, code);

  fail_unless (strstr (text, location), "the path is not in: %s", text);
  g_free (text);
}

static void
check_content (const gchar * content, gssize size)
{
  gchar *path = g_build_filename (folder, "model.safetensors", NULL);

  fail_unless (g_file_set_contents (path, content, size, NULL));
  check_location (path, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT);
  g_unlink (path);
  g_free (path);
}

GST_START_TEST (test_missing_file)
{
  check_location ("/nonexistent/model.safetensors", GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND);
}

GST_END_TEST;

GST_START_TEST (test_directory)
{
  check_location (folder, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ);
}

GST_END_TEST;

GST_START_TEST (test_dev_null)
{
  check_location ("/dev/null", GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_OPEN_READ);
}

GST_END_TEST;

GST_START_TEST (test_bad_content)
{
  check_content ("", 0);
  check_content ("GARBAGE", -1);
  check_content ("\2\0\0\0\0\0\0\0{}", 10);
  check_content ("\377\377\377\377\377\377\377\377{}", 10);
  check_content ("<?xml version=\"1.0\"?><gresources></gresources>", -1);
}

GST_END_TEST;

GST_START_TEST (test_scale_of_the_file)
{
  gchar *path = g_build_filename (g_getenv ("ECBSR_GOLDEN"),
      "esr-max-x2-k5c2.safetensors", NULL);
  gchar *text = start (path, 3, MODEL_AUTO, GST_STREAM_ERROR,
      GST_STREAM_ERROR_FORMAT);

  fail_unless (strstr (text, path), "%s", text);
  fail_unless (strstr (text, " 2") && strstr (text, " 3"), "%s", text);
  g_free (text);
  g_free (path);
}

GST_END_TEST;

/* A lowest model that is none. */
GST_START_TEST (test_min_model_auto)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  Bench bench = {.ecbsr = gst_object_ref_sink (ecbsr),.bus = gst_bus_new () };
  gchar *text;

  gst_element_set_bus (ecbsr, bench.bus);
  g_object_set (ecbsr, "min-model", MODEL_AUTO, NULL);
  fail_unless_equals_int (gst_element_set_state (ecbsr, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  text = bench_pop_problem (&bench, GST_MESSAGE_ERROR, GST_LIBRARY_ERROR,
      GST_LIBRARY_ERROR_SETTINGS);
  fail_unless (strstr (text, "min-model=auto") != NULL, "%s", text);
  g_free (text);
  gst_element_set_state (ecbsr, GST_STATE_NULL);
  gst_element_set_bus (ecbsr, NULL);
  gst_object_unref (bench.bus);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

/* A model that is not built in is not replaced by another one. */
GST_START_TEST (test_model_not_built_in)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  gint model, scale;
  guint n_absent = 0;

  for (model = MODEL_ECBSR_M4C8; model <= MODEL_ESR_CNN; model++) {
    for (scale = 2; scale <= 4; scale++) {
      gchar *text;

      g_object_set (ecbsr, "model", model, "scale", scale, NULL);
      if (gst_element_set_state (ecbsr, GST_STATE_PAUSED)
          != GST_STATE_CHANGE_FAILURE) {
        gst_element_set_state (ecbsr, GST_STATE_NULL);
        continue;
      }
      n_absent++;
      text = start (NULL, scale, model, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_NOT_FOUND);
      fail_unless (strstr (text, "not built in")
          && strstr (text, "bicubic"), "%s", text);
      g_free (text);
    }
  }
  GST_INFO ("%u models are not built in", n_absent);
  gst_element_set_state (ecbsr, GST_STATE_NULL);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

/* --------------------------------------------------------------- buffers -- */

static void
check_refused (GstBuffer * in, GstFlowReturn flow)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo info;

  bench_be_a_file (&bench);
  frame_info (&info, GST_VIDEO_FORMAT_I420, 16, 16);
  bench_set_input (&bench, &info);
  fail_unless_equals_int (gst_harness_push (bench.h, in), flow);
  g_free (bench_pop_problem (&bench, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_READ));
  fail_unless_equals_int (gst_harness_buffers_received (bench.h), 0);
  bench_free (&bench);
}

/* No frame that nobody has written goes out. */
GST_START_TEST (test_failing_map)
{
  check_refused (frame_new_unmappable (384), GST_FLOW_ERROR);
}

GST_END_TEST;

/* The model changes, and the picture with it. */
static void
assert_model (Bench * bench, const GstVideoInfo * info, guint model)
{
  GstVideoInfo out_info, expected_info;
  GstBuffer *expected = upscale (frame_new_filled (info, FRAME_DEFAULT,
          pattern_texture), info, &expected_info, "model", model, NULL);
  GstBuffer *out;

  g_object_set (bench->ecbsr, "model", model, NULL);
  out = upscale_with (bench, frame_new_filled (info, FRAME_DEFAULT,
          pattern_texture), info, &out_info);
  frame_assert_equal (out, expected, &out_info, "changed");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

/* After caps that were refused the earlier ones work again, and changes too. */
GST_START_TEST (test_refused_caps_and_back)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  GstVideoInfo in_info;
  GstBuffer *out;
  guint i;

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 16, 16);
  for (i = 0; i < 2; i++) {
    bench_set_input (&bench, &in_info);
    out = gst_harness_push_and_pull (bench.h,
        frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture));
    fail_unless (out != NULL);
    gst_buffer_unref (out);
    bench_assert_quiet (&bench, GST_MESSAGE_ERROR);
    assert_model (&bench, &in_info, MODEL_ESR_TM);
    assert_model (&bench, &in_info, MODEL_ESR_MAX);
    bench_try_input (&bench, "video/x-raw,format=I420,width=32,height=17,"
        "framerate=25/1,interlace-mode=interleaved");
    g_free (bench_pop_problem (&bench, GST_MESSAGE_ERROR, GST_STREAM_ERROR,
            GST_STREAM_ERROR_FORMAT));
  }
  bench_free (&bench);
}

GST_END_TEST;

/* Nothing is said of progressive frames that is not so. */
GST_START_TEST (test_other_interlace_mode_downstream)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  gchar *text;

  gst_harness_set_sink_caps_str (bench.h,
      "video/x-raw,interlace-mode=interleaved");
  bench_try_input (&bench, "video/x-raw,format=I420,width=32,height=20,"
      "framerate=25/1");
  text = bench_pop_problem (&bench, GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_FORMAT);
  fail_unless (strstr (text, "progressive") && strstr (text, "interleaved"),
      "%s", text);
  g_free (text);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_short_buffer)
{
  check_refused (gst_buffer_new_allocate (NULL, 383, NULL), GST_FLOW_ERROR);
  check_refused (gst_buffer_new (), GST_FLOW_ERROR);
}

GST_END_TEST;

static Suite *
errors_suite (void)
{
  Suite *s = suite_create ("errors");
  TCase *tc = tcase_create ("errors");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, tear_down);
  tcase_add_test (tc, test_missing_file);
  tcase_add_test (tc, test_directory);
  tcase_add_test (tc, test_dev_null);
  tcase_add_test (tc, test_bad_content);
  tcase_add_test (tc, test_scale_of_the_file);
  tcase_add_test (tc, test_min_model_auto);
  tcase_add_test (tc, test_model_not_built_in);
  tcase_add_test (tc, test_failing_map);
  tcase_add_test (tc, test_short_buffer);
  tcase_add_test (tc, test_refused_caps_and_back);
  tcase_add_test (tc, test_other_interlace_mode_downstream);
  return s;
}

GST_CHECK_MAIN (errors);
