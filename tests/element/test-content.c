/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which training of a built-in model runs. Beside what is built in there is an
 * esr-max for camera video here, which in truth is another network. */

#include <glib/gstdio.h>

#include "upscale.h"

#define GOLDEN "esr-max-x2-k5c2"
#define CAMERA_FILE "esr-max-x2-camera.safetensors"
#define METADATA "\"__metadata__\":{"

static gchar *folder, *camera_path;
static GstVideoInfo in_info;

/* A golden file with other metadata: the header gets longer, the data stay. */
static void
write_camera_model (void)
{
  gchar *name = g_strdup_printf ("%s.safetensors", GOLDEN);
  gchar *path = g_build_filename (g_getenv ("ECBSR_GOLDEN"), name, NULL);
  gchar *data;
  gsize size;
  guint64 length;
  GString *header, *file;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  memcpy (&length, data, sizeof length);
  length = GUINT64_FROM_LE (length);
  header = g_string_new_len (data + sizeof length, length);
  g_assert_cmpuint (g_string_replace (header, "\"" GOLDEN "\"", "\"esr-max\"",
          0), ==, 1);
  g_assert_cmpuint (g_string_replace (header, METADATA,
          METADATA "\"content\":\"camera\",", 0), ==, 1);

  file = g_string_new_len (header->str, header->len);
  g_string_append_len (file, data + sizeof length + length,
      size - sizeof length - length);
  length = GUINT64_TO_LE (header->len);
  g_string_prepend_len (file, (const gchar *) &length, sizeof length);
  g_assert_true (g_file_set_contents (camera_path, file->str, file->len, NULL));
  g_string_free (header, TRUE);
  g_string_free (file, TRUE);
  g_free (data);
  g_free (path);
  g_free (name);
}

static void
set_up (void)
{
  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 33, 17);
}

static void
assert_active (Bench * bench, const gchar * expected)
{
  gchar *name;

  g_object_get (bench->ecbsr, "active-model", &name, NULL);
  fail_unless_equals_string (name, expected);
  g_free (name);
}

static GstBuffer *
new_input (void)
{
  return frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);
}

/* A frame of the camera model, or of the built-in one for clean pictures. */
static void
assert_frame (Bench * bench, gboolean camera)
{
  GstVideoInfo info;
  GstBuffer *out = gst_harness_push_and_pull (bench->h, new_input ());
  GstBuffer *expected = upscale (new_input (), &in_info, &info,
      "model", MODEL_ESR_MAX, "content", CONTENT_CLEAN,
      "model-location", camera ? camera_path : NULL, NULL);

  fail_unless (out != NULL);
  frame_assert_equal (out, expected, &info, camera ? "camera" : "clean");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
  assert_active (bench, camera ? "esr-max-x2-camera" : "esr-max-x2");
}

static void
assert_quiet (Bench * bench)
{
  bench_assert_quiet (bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING
      | GST_MESSAGE_ELEMENT);
}

static void
assert_element_message (Bench * bench, const gchar * name)
{
  GstMessage *message = bench_pop_message (bench, GST_MESSAGE_ELEMENT);

  fail_unless (gst_message_has_name (message, name));
  fail_unless (gst_structure_has_field (gst_message_get_structure (message),
          "content"));
  gst_message_unref (message);
}

static Bench
new_bench (gint model, gint content, gboolean live)
{
  Bench bench = bench_new ("model", model, "content", content, NULL);

  gst_harness_set_live (bench.h, live);
  bench_set_input (&bench, &in_info);
  return bench;
}

/* content, whether the source is live, whether the camera model runs */
static const struct
{
  gint content;
  gboolean live, camera;
} choices[] = {
  {CONTENT_AUTO, FALSE, FALSE},
  {CONTENT_AUTO, TRUE, TRUE},
  {CONTENT_CLEAN, FALSE, FALSE},
  {CONTENT_CLEAN, TRUE, FALSE},
  {CONTENT_CAMERA, FALSE, TRUE},
  {CONTENT_CAMERA, TRUE, TRUE},
};

GST_START_TEST (test_choice)
{
  Bench bench = new_bench (MODEL_ESR_MAX, choices[__i__].content,
      choices[__i__].live);

  assert_frame (&bench, choices[__i__].camera);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
}

GST_END_TEST;

/* New caps may come from another source. What is chosen by hand stays. */
GST_START_TEST (test_source_changes)
{
  Bench bench = new_bench (MODEL_ESR_MAX, CONTENT_AUTO, FALSE);

  assert_frame (&bench, FALSE);
  assert_quiet (&bench);
  gst_harness_set_live (bench.h, TRUE);
  assert_frame (&bench, FALSE);
  frame_info (&in_info, GST_VIDEO_FORMAT_NV12, 20, 10);
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, TRUE);
  assert_element_message (&bench, "ecbsr-model-loaded");

  g_object_set (bench.ecbsr, "content", CONTENT_CAMERA, NULL);
  assert_frame (&bench, TRUE);
  gst_harness_set_live (bench.h, FALSE);
  frame_info (&in_info, GST_VIDEO_FORMAT_NV12, 30, 10);
  bench_set_input (&bench, &in_info);
  assert_frame (&bench, TRUE);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_restart)
{
  Bench bench = new_bench (MODEL_ESR_MAX, CONTENT_AUTO, TRUE);

  assert_frame (&bench, TRUE);
  gst_element_set_state (bench.ecbsr, GST_STATE_NULL);
  assert_active (&bench, NULL);
  gst_element_set_state (bench.ecbsr, GST_STATE_PAUSED);
  assert_active (&bench, "esr-max-x2");
  bench_free (&bench);
}

GST_END_TEST;

static void
set_content (Bench * bench, gint content, gboolean camera)
{
  g_object_set (bench->ecbsr, "content", content, NULL);
  assert_frame (bench, camera);
  assert_element_message (bench, "ecbsr-model-loaded");
  assert_quiet (bench);
}

GST_START_TEST (test_changes)
{
  Bench bench = new_bench (MODEL_ESR_MAX, CONTENT_CLEAN, TRUE);

  assert_frame (&bench, FALSE);
  set_content (&bench, CONTENT_CAMERA, TRUE);
  set_content (&bench, CONTENT_CLEAN, FALSE);
  set_content (&bench, CONTENT_AUTO, TRUE);
  bench_free (&bench);
}

GST_END_TEST;

/* `auto` takes what there is, without a word. */
GST_START_TEST (test_no_camera_model)
{
  Bench bench = new_bench (MODEL_ESR_TM, CONTENT_AUTO, TRUE);
  gchar *text;
  gint content;

  gst_buffer_unref (gst_harness_push_and_pull (bench.h, new_input ()));
  assert_active (&bench, "esr-tm-x2");
  assert_quiet (&bench);

  /* asked for, it is refused */
  g_object_set (bench.ecbsr, "content", CONTENT_CAMERA, NULL);
  text = bench_pop_problem (&bench, GST_MESSAGE_WARNING, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND);
  fail_unless (strstr (text, "esr-tm") && strstr (text, "camera")
      && strstr (text, "esr-max, bicubic"), "%s", text);
  g_free (text);
  assert_element_message (&bench, "ecbsr-model-failed");
  g_object_get (bench.ecbsr, "content", &content, NULL);
  fail_unless_equals_int (content, CONTENT_AUTO);
  gst_buffer_unref (gst_harness_push_and_pull (bench.h, new_input ()));
  assert_active (&bench, "esr-tm-x2");
  assert_quiet (&bench);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_no_camera_model_at_start)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  Bench bench = {.ecbsr = gst_object_ref_sink (ecbsr),.bus = gst_bus_new () };
  gchar *text;

  gst_element_set_bus (ecbsr, bench.bus);
  g_object_set (ecbsr, "model", MODEL_ESR_TR, "content", CONTENT_CAMERA, NULL);
  fail_unless_equals_int (gst_element_set_state (ecbsr, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  text = bench_pop_problem (&bench, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NOT_FOUND);
  fail_unless (strstr (text, "esr-tr") && strstr (text, "scale 2")
      && strstr (text, "camera") && strstr (text, "esr-max, bicubic"), "%s",
      text);
  g_free (text);
  gst_element_set_state (ecbsr, GST_STATE_NULL);
  gst_element_set_bus (ecbsr, NULL);
  gst_object_unref (bench.bus);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

/* model=auto takes one of those that there are for the content. */
GST_START_TEST (test_model_auto)
{
  Bench bench = new_bench (MODEL_AUTO, CONTENT_CAMERA, FALSE);
  gchar *name;

  g_object_get (bench.ecbsr, "active-model", &name, NULL);
  fail_unless (g_str_has_suffix (name, "-x2-camera"), "%s", name);
  g_free (name);
  g_object_set (bench.ecbsr, "content", CONTENT_CLEAN, NULL);
  gst_buffer_unref (gst_harness_push_and_pull (bench.h, new_input ()));
  g_object_get (bench.ecbsr, "active-model", &name, NULL);
  fail_unless (g_str_has_suffix (name, "-x2"), "%s", name);
  g_free (name);
  bench_free (&bench);
}

GST_END_TEST;

/* Neither bicubic nor a file has another training. */
GST_START_TEST (test_no_choice)
{
  gchar *name = g_strdup_printf ("%s.safetensors", GOLDEN);
  gchar *path = g_build_filename (g_getenv ("ECBSR_GOLDEN"), name, NULL);
  Bench bench = new_bench (MODEL_BICUBIC, CONTENT_CAMERA, TRUE);

  gst_buffer_unref (gst_harness_push_and_pull (bench.h, new_input ()));
  assert_active (&bench, "bicubic");
  g_object_set (bench.ecbsr, "model-location", path, NULL);
  gst_buffer_unref (gst_harness_push_and_pull (bench.h, new_input ()));
  assert_active (&bench, GOLDEN);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  bench_free (&bench);
  g_free (path);
  g_free (name);
}

GST_END_TEST;

static Suite *
content_suite (void)
{
  Suite *s = suite_create ("content");
  TCase *tc = tcase_create ("content");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_loop_test (tc, test_choice, 0, G_N_ELEMENTS (choices));
  tcase_add_test (tc, test_source_changes);
  tcase_add_test (tc, test_restart);
  tcase_add_test (tc, test_changes);
  tcase_add_test (tc, test_no_camera_model);
  tcase_add_test (tc, test_no_camera_model_at_start);
  tcase_add_test (tc, test_model_auto);
  tcase_add_test (tc, test_no_choice);
  return s;
}

/* GLib takes files of this folder for resources of the plugin. It reads the
 * variable once, so it is set before anything else. */
static void
add_camera_model (void)
{
  gchar *overlay;

  folder = g_dir_make_tmp ("ecbsr-XXXXXX", NULL);
  g_assert_nonnull (folder);
  camera_path = g_build_filename (folder, CAMERA_FILE, NULL);
  overlay = g_strdup_printf ("/org/gstreamer/ecbsr/models=%s", folder);
  g_setenv ("G_RESOURCE_OVERLAYS", overlay, TRUE);
  g_free (overlay);
  write_camera_model ();
}

int
main (int argc, char **argv)
{
  int n_failed;

  add_camera_model ();
  gst_check_init (&argc, &argv);
  n_failed = gst_check_run_suite (content_suite (), "content", __FILE__);
  g_remove (camera_path);
  g_rmdir (folder);
  g_free (camera_path);
  g_free (folder);
  return n_failed;
}
