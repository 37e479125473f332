// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Models in files: opening whatever a path may lead to, and saving.

#include "builder.h"
#include "model.h"
#include "safetensors.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  gchar *folder, *path; // a file in the folder, not there yet
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer user_data)
{
  fixture->folder = g_dir_make_tmp ("ecbsr-XXXXXX", NULL);
  g_assert_nonnull (fixture->folder);
  fixture->path = g_build_filename (fixture->folder, "m.safetensors", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer user_data)
{
  g_remove (fixture->path);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0); // no files left behind
  g_free (fixture->folder);
  g_free (fixture->path);
}

static Builder *
new_builder (const gchar *form)
{
  return builder_new_ecbsr (2, 1, 4, "prelu", form,
                            strcmp (form, "plain") == 0 ? "false" : "true");
}

static void
write_model (const gchar *path, Builder *builder)
{
  g_autoptr (GBytes) bytes = builder_build (builder);
  gsize size;
  const gchar *data = g_bytes_get_data (bytes, &size);

  g_assert_true (g_file_set_contents (path, data, (gssize) size, NULL));
}

static EcbsrModel *
open_model (const gchar *path)
{
  g_autoptr (GError) error = NULL;
  EcbsrModel *model = ecbsr_model_open (path, &error);

  g_assert_no_error (error);
  return model;
}

static void
assert_refused (const gchar *path, EcbsrError code, const gchar *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ecbsr_model_open (path, &error));
  g_assert_error (error, ECBSR_ERROR, (gint) code);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_nonnull (strstr (error->message, message));
}

// ------------------------------------------------------------------ opening --

static void
test_open (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (Builder) builder = new_builder ("plain");
  g_autoptr (EcbsrModel) model = NULL;

  write_model (fixture->path, builder);
  model = open_model (fixture->path);
  g_assert_cmpuint (model->info.scale, ==, 2);
}

static void
test_absent (Fixture *fixture, gconstpointer user_data)
{
  g_autofree gchar *below = g_build_filename (fixture->path, "x", NULL);

  assert_refused (fixture->path, ECBSR_ERROR_NOT_FOUND, "No such file");
  g_assert_true (g_file_set_contents (fixture->path, "x", 1, NULL));
  assert_refused (below, ECBSR_ERROR_NOT_FOUND, "Not a directory");
}

static void
test_not_regular (Fixture *fixture, gconstpointer user_data)
{
  assert_refused (fixture->folder, ECBSR_ERROR_READ, "a folder, not a file");
  assert_refused ("/dev/null", ECBSR_ERROR_READ, "not a regular file");
  // Nobody writes to this pipe: opening it must not wait.
  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  assert_refused (fixture->path, ECBSR_ERROR_READ, "not a regular file");
}

static void
test_unreadable (Fixture *fixture, gconstpointer user_data)
{
  if (geteuid () == 0)
    {
      g_test_skip ("nothing is unreadable to root");
      return;
    }
  g_assert_true (g_file_set_contents (fixture->path, "x", 1, NULL));
  g_assert_cmpint (g_chmod (fixture->path, 0), ==, 0);
  assert_refused (fixture->path, ECBSR_ERROR_READ, "Permission denied");
}

static void
test_empty (Fixture *fixture, gconstpointer user_data)
{
  g_assert_true (g_file_set_contents (fixture->path, "", 0, NULL));
  assert_refused (fixture->path, ECBSR_ERROR_FORMAT, "an empty file");
}

static void
test_too_large (Fixture *fixture, gconstpointer user_data)
{
  const gint fd = g_open (fixture->path, O_CREAT | O_WRONLY, 0600);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, ECBSR_MAX_FILE_SIZE + 1), ==, 0);
  close (fd);
  assert_refused (fixture->path, ECBSR_ERROR_FORMAT,
                  "most that a model file may be");
}

// ------------------------------------------------------------------- saving --

static void
assert_same_floats (const gfloat *a, const gfloat *b, gsize n)
{
  g_assert_true ((a == NULL) == (b == NULL));
  if (a)
    g_assert_cmpmem (a, n * sizeof *a, b, n * sizeof *b);
}

static void
assert_same_layers (const EcbsrModel *a, const EcbsrModel *b)
{
  g_assert_cmpuint (a->n_layers, ==, b->n_layers);
  for (guint i = 0; i < a->n_layers; i++)
    {
      const EcbsrLayer *x = &a->layers[i], *y = &b->layers[i];
      const guint k = x->kernel_size;

      g_assert_cmpuint (x->kernel_size, ==, y->kernel_size);
      g_assert_cmpuint (x->n_in, ==, y->n_in);
      g_assert_cmpuint (x->n_out, ==, y->n_out);
      g_assert_cmpint (x->activation, ==, y->activation);
      assert_same_floats (x->weight, y->weight,
                          (gsize) x->n_out * x->n_in * k * k);
      assert_same_floats (x->bias, y->bias, x->n_out);
      assert_same_floats (x->slope, y->slope, x->n_out);
      assert_same_floats (x->minimum, y->minimum, x->n_out);
      assert_same_floats (x->maximum, y->maximum, x->n_out);
    }
}

static void
assert_same_metadata (const EcbsrModel *saved, const EcbsrModel *source)
{
  for (guint i = 0; source->metadata[i]; i += 2)
    {
      const gchar *key = source->metadata[i],
                  *expected = source->metadata[i + 1];

      if (strcmp (key, "form") == 0)
        expected = "plain";
      if (strcmp (key, "identity") == 0)
        expected = "false";
      g_assert_cmpstr (saved->metadata[i], ==, key);
      g_assert_cmpstr (saved->metadata[i + 1], ==, expected);
    }
  g_assert_cmpuint (g_strv_length (saved->metadata), ==,
                    g_strv_length (source->metadata));
}

// Saves, opens, compares; then saves again, which must give the same bytes.
static void
assert_round_trip (const gchar *path, Builder *builder)
{
  g_autoptr (EcbsrModel) source = NULL, saved = NULL, again = NULL;
  g_autoptr (GError) error = NULL;

  write_model (path, builder);
  source = open_model (path);
  g_assert_true (ecbsr_model_save (source, path, &error));
  g_assert_no_error (error);
  saved = open_model (path);
  g_assert_false (saved->info.training_form || saved->info.identity);
  assert_same_layers (saved, source);
  assert_same_metadata (saved, source);
  g_assert_true (ecbsr_model_save (saved, path, NULL));
  again = open_model (path);
  g_assert_cmpstr (again->info.sha256, ==, saved->info.sha256);
}

static void
test_round_trip (Fixture *fixture, gconstpointer user_data)
{
  Builder *builders[]
      = { new_builder ("plain"),
          new_builder ("training"),
          builder_new_ecbsr (3, 0, 9, "relu", "training", "true"),
          builder_new_esr ("esr-max", 2, 5, 2),
          builder_new_esr ("esr-tr", 3, 7, 2),
          builder_new_esr_cnn (4, 2, 3, 1) };

  builder_add_bounds (builders[1], "backbone.1", 4);
  builder_add_bounds (builders[2], "backbone.1", 9);
  builder_add_bounds (builders[4], "filter", 54);
  builder_set (builders[5], "padding", "replicate");
  for (guint i = 0; i < G_N_ELEMENTS (builders); i++)
    {
      builder_set (builders[i], "note", "\\ \" \xc3\xa4 / ");
      assert_round_trip (fixture->path, builders[i]);
      builder_free (builders[i]);
    }
}

static void
test_no_identity (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (Builder) builder = new_builder ("plain");

  builder_set (builder, "identity", NULL);
  assert_round_trip (fixture->path, builder);
}

static void
test_permissions (Fixture *fixture, gconstpointer user_data)
{
  const mode_t mask = umask (022);
  g_autoptr (Builder) builder = new_builder ("plain");
  g_autoptr (GBytes) bytes = builder_build (builder);
  g_autoptr (EcbsrModel) model
      = ecbsr_model_new_from_bytes (bytes, "test", NULL);
  GStatBuf status;

  g_assert_true (ecbsr_model_save (model, fixture->path, NULL));
  umask (mask);
  g_assert_cmpint (g_stat (fixture->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0644);
}

static void
assert_not_saved (const EcbsrModel *model, const gchar *path,
                  const gchar *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (ecbsr_model_save (model, path, &error));
  g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_WRITE);
  g_assert_true (g_str_has_prefix (error->message, path));
  g_assert_nonnull (strstr (error->message, message));
}

static void
test_not_saved (Fixture *fixture, gconstpointer user_data)
{
  g_autoptr (Builder) builder = new_builder ("plain");
  g_autoptr (GBytes) bytes = builder_build (builder);
  g_autoptr (EcbsrModel) model
      = ecbsr_model_new_from_bytes (bytes, "test", NULL);
  g_autofree gchar *below = g_build_filename (fixture->path, "x", NULL);
  GStatBuf status;

  assert_not_saved (model, fixture->folder, "not a regular file");
  assert_not_saved (model, below, "No such file");
  // A pipe, or a device, must be left as it is.
  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  assert_not_saved (model, fixture->path, "not a regular file");
  g_assert_cmpint (g_stat (fixture->path, &status), ==, 0);
  g_assert_true (S_ISFIFO (status.st_mode));
}

// Half floats end at byte 72, floats at 144: one digit more, for which this
// header has no room.
static void
test_long_metadata (Fixture *fixture, gconstpointer user_data)
{
  const gchar *format
      = "{\"__metadata__\":{\"architecture\":\"esr-max\",\"channels\":\"1\","
        "\"format\":\"gst-ecbsr 1\",\"kernel_size\":\"3\",\"licence\":\"x\","
        "\"luma_range\":\"0..1\",\"name\":\"x\",\"scale\":\"2\","
        "\"trained_on\":\"%s\"},\"filter.weight\":{\"dtype\":\"F16\","
        "\"shape\":[4,1,3,3],\"data_offsets\":[0,72]}}";
  const guint8 zeros[72] = { 0 };
  g_autofree gchar *text
      = g_strnfill (ECBSR_MAX_HEADER_SIZE - (strlen (format) - 2), 'x');
  g_autofree gchar *header = g_strdup_printf (format, text);
  g_autoptr (GBytes) bytes
      = wrap_header (header, strlen (header), zeros, sizeof zeros);
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrModel) model
      = ecbsr_model_new_from_bytes (bytes, "test", &error);

  g_assert_no_error (error);
  assert_not_saved (model, fixture->path, "leave no room");
}

#define ADD(name, function)                                                    \
  g_test_add ("/model-files/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("open", test_open);
  ADD ("absent", test_absent);
  ADD ("not-regular", test_not_regular);
  ADD ("unreadable", test_unreadable);
  ADD ("empty", test_empty);
  ADD ("too-large", test_too_large);
  ADD ("round-trip", test_round_trip);
  ADD ("no-identity", test_no_identity);
  ADD ("permissions", test_permissions);
  ADD ("not-saved", test_not_saved);
  ADD ("long-metadata", test_long_metadata);
  return g_test_run ();
}
