// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Every allocation of tensor data fails once: each failure must be an error and
// leave nothing behind, which a sanitizer checks. The linker puts the functions
// below in front of GLib's (--wrap).

#include "builder.h"
#include "ecbsr.h"

#include <glib/gstdio.h>

static gint countdown; // allocations that still succeed; negative: all

static gboolean
is_denied (void)
{
  return countdown >= 0 && countdown-- == 0;
}

#define WRAP(name, parameters, arguments)                                      \
  gpointer __real_##name parameters;                                           \
  gpointer __wrap_##name parameters;                                           \
  gpointer __wrap_##name parameters                                            \
  {                                                                            \
    return is_denied () ? NULL : __real_##name arguments;                      \
  }

WRAP (g_try_malloc, (gsize n), (n))
WRAP (g_try_malloc0, (gsize n), (n))
WRAP (g_try_malloc_n, (gsize n, gsize size), (n, size))
WRAP (g_try_malloc0_n, (gsize n, gsize size), (n, size))

// Denies the first allocation, then the second, until all are granted. Returns
// how many there are.
static gint
fail_each (EcbsrModel *(*load) (gconstpointer source, GError **error),
           gconstpointer source)
{
  for (gint n = 0;; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (EcbsrModel) model = NULL;

      countdown = n;
      model = load (source, &error);
      countdown = -1;
      if (model)
        return n;
      g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY);
    }
}

static EcbsrModel *
load_bytes (gconstpointer source, GError **error)
{
  return ecbsr_model_new_from_bytes ((GBytes *) source, "test", error);
}

static EcbsrModel *
load_path (gconstpointer source, GError **error)
{
  return ecbsr_model_open (source, error);
}

static void
test_bytes (void)
{
  g_autoptr (Builder) training
      = builder_new_ecbsr (2, 1, 4, "prelu", "training", "true");
  g_autoptr (Builder) cnn = builder_new_esr_cnn (2, 2, 3, 3);
  g_autoptr (GBytes) training_bytes = builder_build (training);
  g_autoptr (GBytes) cnn_bytes = builder_build (cnn);

  // A layer: weight, bias, three branches of four tensors, one of four, two
  // sums; the slope where there is one.
  g_assert_cmpint (fail_each (load_bytes, training_bytes), ==, 3 * 20 + 2);
  // Three weights, two biases, and the zeros of the third.
  g_assert_cmpint (fail_each (load_bytes, cnn_bytes), ==, 6);
}

static void
test_files (void)
{
  g_autoptr (Builder) builder = builder_new_esr ("esr-max", 2, 3, 1);
  g_autoptr (GBytes) bytes = builder_build (builder);
  g_autoptr (EcbsrModel) model = load_bytes (bytes, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *path = NULL;
  const gint fd = g_file_open_tmp ("ecbsr-XXXXXX", &path, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  countdown = 0;
  g_assert_false (ecbsr_model_save (model, path, &error));
  countdown = -1;
  g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY);
  g_assert_true (ecbsr_model_save (model, path, NULL));
  g_assert_cmpint (fail_each (load_path, path), ==, 3); // the file, two tensors
  g_remove (path);
}

int
main (int argc, char **argv)
{
  countdown = -1;
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/memory/bytes", test_bytes);
  g_test_add_func ("/memory/files", test_files);
  return g_test_run ();
}
