// SPDX-License-Identifier: LGPL-2.1-or-later

#include "model_load.h"

#include "error.h"
#include "file.h"

#include <string.h>

#define ALIGNMENT 8 // of the tensor data, for readers that map the file

// `text` holds no control characters: the reader has seen to that.
static void
append_string (GString *json, const gchar *text)
{
  g_string_append_c (json, '"');
  for (; *text; text++)
    {
      if (*text == '"' || *text == '\\')
        g_string_append_c (json, '\\');
      g_string_append_c (json, *text);
    }
  g_string_append_c (json, '"');
}

// What is written is folded, whatever was read.
static const gchar *
value_to_write (const EcbsrModel *model, guint i)
{
  if (model->info.architecture == ECBSR_ARCHITECTURE_ECBSR)
    {
      if (ecbsr_metadata_find (model->metadata, "form") == i)
        return "plain";
      if (ecbsr_metadata_find (model->metadata, "identity") == i)
        return "false";
    }
  return model->metadata[i];
}

static void
append_metadata (GString *json, const EcbsrModel *model)
{
  g_string_append (json, "{\"__metadata__\":{");
  for (guint i = 0; model->metadata[i]; i += 2)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      append_string (json, model->metadata[i]);
      g_string_append_c (json, ':');
      append_string (json, value_to_write (model, i + 1));
    }
  g_string_append_c (json, '}');
}

static guint
count_values (const EcbsrStored *stored)
{
  guint n = 1;

  for (guint i = 0; i < stored->n_dims; i++)
    n *= stored->shape[i];
  return n;
}

static guint
count_bytes (const EcbsrStored *stored)
{
  return count_values (stored)
         * (guint) (stored->bytes ? sizeof (gint8) : sizeof (gfloat));
}

static void
append_entry (GString *json, const EcbsrStored *stored, guint *offset)
{
  const guint first = *offset;

  *offset += count_bytes (stored);
  g_string_append_printf (json, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                          stored->name, stored->bytes ? "I8" : "F32");
  for (guint i = 0; i < stored->n_dims; i++)
    g_string_append_printf (json, "%s%u", i ? "," : "", stored->shape[i]);
  g_string_append_printf (json, "],\"data_offsets\":[%u,%u]}", first, *offset);
}

static GString *
make_header (EcbsrModel *model, guint *n_bytes)
{
  GString *json = g_string_new (NULL);
  EcbsrStored stored[ECBSR_MAX_STORED];
  guint offset = 0;

  append_metadata (json, model);
  for (guint i = 0; i < model->n_layers; i++)
    {
      const guint n_stored = ecbsr_model_list_all (model, i, stored);

      for (guint j = 0; j < n_stored; j++)
        append_entry (json, &stored[j], &offset);
    }
  *n_bytes = offset;
  g_string_append_c (json, '}');
  while (json->len % ALIGNMENT)
    g_string_append_c (json, ' ');
  return json;
}

static void
put_float (gchar *to, gfloat value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  bits = GUINT32_TO_LE (bits);
  memcpy (to, &bits, sizeof bits);
}

// Returns where the next values go.
static gchar *
put_values (gchar *to, const EcbsrStored *stored)
{
  const guint n = count_values (stored);

  for (guint i = 0; i < n; i++)
    if (stored->bytes)
      to[i] = (gchar) (*stored->values)[i];
    else
      put_float (to + i * sizeof (gfloat), (*stored->values)[i]);
  return to + count_bytes (stored);
}

static void
put_file (gchar *to, const GString *header, EcbsrModel *model)
{
  const guint64 length = GUINT64_TO_LE ((guint64) header->len);
  EcbsrStored stored[ECBSR_MAX_STORED];

  memcpy (to, &length, sizeof length);
  memcpy (to + sizeof length, header->str, header->len);
  to += sizeof length + header->len;
  for (guint i = 0; i < model->n_layers; i++)
    {
      const guint n_stored = ecbsr_model_list_all (model, i, stored);

      for (guint j = 0; j < n_stored; j++)
        to = put_values (to, &stored[j]);
    }
}

// Where the training form only just had room for its metadata.
static gboolean
check_header (const GString *header, const gchar *path, GError **error)
{
  g_autofree gchar *name = NULL;

  if (header->len <= ECBSR_MAX_HEADER_SIZE)
    return TRUE;
  name = g_filename_display_name (path);
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_WRITE,
               "%s: the metadata leave no room for the header", name);
  return FALSE;
}

gboolean
ecbsr_model_save (const EcbsrModel *model, const gchar *path, GError **error)
{
  // Listing what is stored also tells where it goes, hence wants to write.
  EcbsrModel *source = (EcbsrModel *) model;
  g_autoptr (GString) header = NULL;
  g_autofree gchar *data = NULL;
  guint n_bytes;
  gsize size;

  g_return_val_if_fail (model != NULL && path != NULL, FALSE);
  g_return_val_if_fail (model->n_layers > 0, FALSE);

  header = make_header (source, &n_bytes);
  if (!check_header (header, path, error))
    return FALSE;
  size = sizeof (guint64) + header->len + n_bytes;
  data = g_try_malloc (size);
  if (!data)
    return ecbsr_lack_memory (error, size, "the file") != NULL;
  put_file (data, header, source);
  return ecbsr_file_write (path, data, size, error);
}
