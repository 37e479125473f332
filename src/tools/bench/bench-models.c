// SPDX-License-Identifier: LGPL-2.1-or-later

#include "bench.h"

#include <gio/gio.h>
#include <string.h>

#define FOLDER "/org/gstreamer/ecbsr/models"

static guint
macs_of (const gchar *name, guint scale)
{
  g_autoptr (EcbsrModel) model = bench_open_model (name, scale, NULL);
  return model ? ecbsr_model_get_info (model)->n_macs_per_pixel : 0;
}

static gint
compare_costs (gconstpointer a, gconstpointer b, gpointer scale)
{
  guint x = macs_of (*(gchar *const *) a, GPOINTER_TO_UINT (scale));
  guint y = macs_of (*(gchar *const *) b, GPOINTER_TO_UINT (scale));
  return x < y ? -1 : x > y;
}

gchar **
bench_list_models (guint scale)
{
  g_autofree gchar *suffix = g_strdup_printf ("-x%u.safetensors", scale);
  g_auto (GStrv) files = g_resources_enumerate_children (
      FOLDER, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  GPtrArray *names = g_ptr_array_new ();

  for (gchar **file = files; file && *file; file++)
    if (g_str_has_suffix (*file, suffix))
      g_ptr_array_add (names,
                       g_strndup (*file, strlen (*file) - strlen (suffix)));
  g_ptr_array_sort_with_data (names, compare_costs, GUINT_TO_POINTER (scale));
  g_ptr_array_add (names, NULL);
  return (gchar **) g_ptr_array_free (names, FALSE);
}

static EcbsrModel *
open_built_in (const gchar *name, guint scale, GError **error)
{
  g_autofree gchar *path
      = g_strdup_printf (FOLDER "/%s-x%u.safetensors", name, scale);
  g_autoptr (GBytes) bytes
      = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);

  if (bytes)
    return ecbsr_model_new_from_bytes (bytes, name, error);
  g_auto (GStrv) names = bench_list_models (scale);
  g_autofree gchar *all = g_strjoinv (", ", names);
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NOT_FOUND,
               "no model '%s' at scale %u; there are bicubic, %s", name, scale,
               all);
  return NULL;
}

EcbsrModel *
bench_open_model (const gchar *name, guint scale, GError **error)
{
  if (strcmp (name, "bicubic") == 0)
    return ecbsr_model_new_cubic (scale);
  if (strchr (name, '/') || g_str_has_suffix (name, ".safetensors"))
    return ecbsr_model_open (name, error);
  return open_built_in (name, scale, error);
}
