// SPDX-License-Identifier: LGPL-2.1-or-later

#include "safetensors.h"

#include "error.h"
#include "tensor.h"

#include <string.h>

#define LENGTH_SIZE 8 // of the number in front of the header

typedef struct
{
  const gchar *key, *value;
} Entry;

struct _EcbsrSafetensors
{
  GBytes *bytes;
  gsize data_offset;     // of the tensor data in the file
  GStringChunk *strings; // all names, keys and values
  GArray *metadata;      // Entry, sorted by key
  GArray *tensors;       // EcbsrTensor, sorted by name
  gboolean has_metadata;
};

// ------------------------------------------------------------------- header --

static gboolean
read_metadata (EcbsrJson *json, const gchar *key, gpointer data, GError **error)
{
  EcbsrSafetensors *file = data;
  Entry entry = { key, ecbsr_json_read_string (json, error) };

  if (!entry.value)
    return FALSE;
  g_array_append_val (file->metadata, entry);
  return TRUE;
}

static gboolean
read_tensor (EcbsrJson *json, EcbsrSafetensors *file, const gchar *name,
             GError **error)
{
  EcbsrTensor tensor;

  if (file->tensors->len == ECBSR_MAX_TENSORS)
    return ecbsr_refuse (error, "more than %d tensors", ECBSR_MAX_TENSORS);
  if (!ecbsr_tensor_read_entry (&tensor, name, json, error))
    return FALSE;
  g_array_append_val (file->tensors, tensor);
  return TRUE;
}

static gboolean
read_member (EcbsrJson *json, const gchar *key, gpointer data, GError **error)
{
  EcbsrSafetensors *file = data;

  if (strcmp (key, "__metadata__") != 0)
    return read_tensor (json, file, key, error);
  if (file->has_metadata)
    return ecbsr_refuse (error, "'__metadata__' is there twice");
  file->has_metadata = TRUE;
  if (ecbsr_json_read_object (json, read_metadata, file, error))
    return TRUE;
  g_prefix_error (error, "__metadata__: ");
  return FALSE;
}

// -------------------------------------------------------------- whole file --

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar *const *) a, *(const gchar *const *) b);
}

static const gchar *
name_at (const GArray *array, guint i)
{
  const gsize size = g_array_get_element_size ((GArray *) array);

  return *(const gchar *const *) (gconstpointer) (array->data + i * size);
}

// Sorts structures that begin with their name, and refuses equal names. Sorting
// takes n log n even where a hash table could be made to degenerate.
static gboolean
sort_names (GArray *array, const gchar *what, GError **error)
{
  g_array_sort (array, compare_names);
  for (guint i = 1; i < array->len; i++)
    {
      g_autofree gchar *quoted = NULL;

      if (strcmp (name_at (array, i - 1), name_at (array, i)) != 0)
        continue;
      quoted = ecbsr_quote (name_at (array, i));
      return ecbsr_refuse (error, "%s %s is there twice", what, quoted);
    }
  return TRUE;
}

static gint
compare_offsets (gconstpointer a, gconstpointer b)
{
  const EcbsrTensor *x = *(EcbsrTensor *const *) a,
                    *y = *(EcbsrTensor *const *) b;
  const guint i = x->offset[0] == y->offset[0]; // equal: the empty one first

  return x->offset[i] < y->offset[i] ? -1 : x->offset[i] > y->offset[i];
}

static gboolean
check_place (const EcbsrTensor *tensor, guint64 expected, gsize n_data,
             GError **error)
{
  g_autofree gchar *quoted = ecbsr_quote (tensor->name);

  if (tensor->offset[0] != expected)
    return ecbsr_refuse (
        error,
        "tensor %s: data begins at byte %" G_GUINT64_FORMAT
        ", which %s: the one before ends at %" G_GUINT64_FORMAT,
        quoted, tensor->offset[0],
        tensor->offset[0] < expected ? "overlaps" : "leaves a gap", expected);
  if (tensor->offset[1] > n_data)
    return ecbsr_refuse (error,
                         "tensor %s: data ends at byte %" G_GUINT64_FORMAT
                         ", outside the file, which holds %" G_GSIZE_FORMAT,
                         quoted, tensor->offset[1], n_data);
  return TRUE;
}

// The data of all tensors must follow each other and fill the file.
static gboolean
check_data (const EcbsrSafetensors *file, GError **error)
{
  const gsize n_data = g_bytes_get_size (file->bytes) - file->data_offset;
  g_autoptr (GPtrArray) order = g_ptr_array_new ();
  guint64 end = 0;

  for (guint i = 0; i < file->tensors->len; i++)
    g_ptr_array_add (order, &g_array_index (file->tensors, EcbsrTensor, i));
  g_ptr_array_sort (order, compare_offsets);
  for (guint i = 0; i < order->len; i++)
    {
      const EcbsrTensor *tensor = order->pdata[i];

      if (!check_place (tensor, end, n_data, error))
        return FALSE;
      end = tensor->offset[1];
    }
  return end == n_data
         || ecbsr_refuse (error,
                          "%" G_GUINT64_FORMAT " bytes after the last tensor",
                          n_data - end);
}

// What people are likely to try instead of a model file: a zip archive or a
// pickle, which both look like a very long header.
static gboolean
is_pytorch (const guint8 *data)
{
  return memcmp (data, "PK\003\004", 4) == 0
         || (data[0] == 0x80 && data[1] >= 2 && data[1] <= 5);
}

static gboolean
refuse_length (const guint8 *data, guint64 length, GError **error)
{
  if (is_pytorch (data))
    return ecbsr_refuse (error, "looks like a PyTorch file; models/convert.py "
                                "makes a model file from it");
  return ecbsr_refuse (error,
                       "header of %" G_GUINT64_FORMAT
                       " bytes, more than 1 MiB: not a safetensors file?",
                       length);
}

static gboolean
find_header (const EcbsrSafetensors *file, gsize *n_header, GError **error)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file->bytes, &size);
  guint64 length;

  if (size > ECBSR_MAX_FILE_SIZE)
    return ecbsr_refuse (error, "larger than %d MiB",
                         ECBSR_MAX_FILE_SIZE >> 20);
  if (size < LENGTH_SIZE)
    return ecbsr_refuse (error, "%s", size ? "shorter than 8 bytes" : "an empty file");
  memcpy (&length, data, sizeof length);
  length = GUINT64_FROM_LE (length);
  if (length > ECBSR_MAX_HEADER_SIZE)
    return refuse_length (data, length, error);
  if (length > size - LENGTH_SIZE)
    return ecbsr_refuse (error,
                         "header of %" G_GUINT64_FORMAT
                         " bytes in a file of %" G_GSIZE_FORMAT ": cut off?",
                         length, size);
  *n_header = (gsize) length;
  return TRUE;
}

static gboolean
read_file (EcbsrSafetensors *file, GError **error)
{
  const gchar *data = g_bytes_get_data (file->bytes, NULL);
  EcbsrJson json;
  gsize n_header = 0;

  if (!find_header (file, &n_header, error))
    return FALSE;
  file->data_offset = LENGTH_SIZE + n_header;
  return ecbsr_json_init (&json, data + LENGTH_SIZE, n_header, file->strings,
                          error)
         && ecbsr_json_read_object (&json, read_member, file, error)
         && ecbsr_json_finish (&json, error)
         && sort_names (file->metadata, "metadata", error)
         && sort_names (file->tensors, "tensor", error)
         && check_data (file, error);
}

// ---------------------------------------------------------------- interface --

EcbsrSafetensors *
ecbsr_safetensors_new (GBytes *bytes, GError **error)
{
  g_autoptr (EcbsrSafetensors) file = g_new0 (EcbsrSafetensors, 1);

  file->bytes = g_bytes_ref (bytes);
  file->strings = g_string_chunk_new (4096);
  file->metadata = g_array_new (FALSE, FALSE, sizeof (Entry));
  file->tensors = g_array_new (FALSE, FALSE, sizeof (EcbsrTensor));
  if (!read_file (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

void
ecbsr_safetensors_free (EcbsrSafetensors *file)
{
  g_bytes_unref (file->bytes);
  g_string_chunk_free (file->strings);
  g_array_unref (file->metadata);
  g_array_unref (file->tensors);
  g_free (file);
}

gchar **
ecbsr_safetensors_dup_metadata (const EcbsrSafetensors *file)
{
  gchar **metadata = g_new0 (gchar *, 2 * (gsize) file->metadata->len + 1);

  for (guint i = 0; i < file->metadata->len; i++)
    {
      const Entry *entry = &g_array_index (file->metadata, Entry, i);

      metadata[2 * i] = g_strdup (entry->key);
      metadata[2 * i + 1] = g_strdup (entry->value);
    }
  return metadata;
}

static EcbsrTensor *
find_tensor (const EcbsrSafetensors *file, const gchar *name)
{
  guint i;

  if (!g_array_binary_search (file->tensors, &name, compare_names, &i))
    return NULL;
  return &g_array_index (file->tensors, EcbsrTensor, i);
}

gboolean
ecbsr_safetensors_has (const EcbsrSafetensors *file, const gchar *name)
{
  return find_tensor (file, name) != NULL;
}

static gfloat *
take (EcbsrSafetensors *file, const gchar *name, const guint *shape,
      guint n_dims, gboolean bytes, GError **error)
{
  EcbsrTensor *tensor = find_tensor (file, name);
  const guint8 *data;

  if (!tensor)
    {
      ecbsr_refuse (error, "tensor '%s' is missing", name);
      return NULL;
    }
  if (!ecbsr_tensor_check_kind (tensor, bytes, error)
      || !ecbsr_tensor_check_shape (tensor, shape, n_dims, error))
    return NULL;
  tensor->taken = TRUE;
  data = g_bytes_get_data (file->bytes, NULL);
  return ecbsr_tensor_read_values (tensor, data + file->data_offset, error);
}

gfloat *
ecbsr_safetensors_take (EcbsrSafetensors *file, const gchar *name,
                        const guint *shape, guint n_dims, GError **error)
{
  return take (file, name, shape, n_dims, FALSE, error);
}

gfloat *
ecbsr_safetensors_take_bytes (EcbsrSafetensors *file, const gchar *name,
                              const guint *shape, guint n_dims, GError **error)
{
  return take (file, name, shape, n_dims, TRUE, error);
}

gboolean
ecbsr_safetensors_check_all_taken (const EcbsrSafetensors *file, GError **error)
{
  for (guint i = 0; i < file->tensors->len; i++)
    {
      const EcbsrTensor *tensor
          = &g_array_index (file->tensors, EcbsrTensor, i);
      g_autofree gchar *quoted = NULL;

      if (tensor->taken)
        continue;
      quoted = ecbsr_quote (tensor->name);
      return ecbsr_refuse (error, "tensor %s is not part of this network",
                           quoted);
    }
  return TRUE;
}
