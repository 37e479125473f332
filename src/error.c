// SPDX-License-Identifier: LGPL-2.1-or-later

#include "error.h"

// Names in a file may be a megabyte long, messages should not.
#define MAX_QUOTED 80

G_DEFINE_QUARK (ecbsr - error - quark, ecbsr_error)

gboolean
ecbsr_refuse (GError **error, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  g_propagate_error (error, g_error_new_valist (ECBSR_ERROR, ECBSR_ERROR_FORMAT,
                                                format, args));
  va_end (args);
  return FALSE;
}

gpointer
ecbsr_lack_memory (GError **error, gsize n_bytes, const gchar *what)
{
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
               "no memory for the %" G_GSIZE_FORMAT " bytes of %s", n_bytes,
               what);
  return NULL;
}

gchar *
ecbsr_quote (const gchar *text)
{
  g_autofree gchar *head = NULL;

  if (g_utf8_strlen (text, -1) <= MAX_QUOTED)
    return g_strdup_printf ("'%s'", text);
  head = g_utf8_substring (text, 0, MAX_QUOTED);
  return g_strdup_printf ("'%s...'", head);
}
