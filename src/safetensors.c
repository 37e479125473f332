// SPDX-License-Identifier: LGPL-2.1-or-later

#include "safetensors.h"

#include "error.h"
#include "json.h"

#include <math.h>
#include <string.h>

#define LENGTH_SIZE 8 // of the number in front of the header
#define MAX_DIMS 8

typedef struct
{
  const gchar *name;
  guint size;
  gfloat (*read) (const guint8 *from);
} Dtype;

// A tensor's entry in the header.
typedef struct
{
  const gchar *name; // stays first: tables are sorted by it
  const Dtype *dtype;
  guint64 dim[MAX_DIMS];
  guint n_dims;
  gboolean has_shape;
  guint64 offset[2]; // of the first byte and of the one after the last
  guint n_offsets;
  gboolean has_offsets;
  gboolean taken;
} Tensor;

// --------------------------------------------------------------- data types --

static gfloat
bits_to_float (guint32 bits)
{
  gfloat value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static guint16
read_u16 (const guint8 *from)
{
  guint16 value;

  memcpy (&value, from, sizeof value);
  return GUINT16_FROM_LE (value);
}

static gfloat
read_f32 (const guint8 *from)
{
  guint32 bits;

  memcpy (&bits, from, sizeof bits);
  return bits_to_float (GUINT32_FROM_LE (bits));
}

static gfloat
read_bf16 (const guint8 *from)
{
  return bits_to_float ((guint32) read_u16 (from) << 16);
}

static gfloat
read_f16 (const guint8 *from)
{
  const guint32 half = read_u16 (from);
  const guint32 sign = (half & 0x8000) << 16;
  const guint32 exponent = half >> 10 & 0x1f, fraction = half & 0x3ff;
  gfloat small;

  if (exponent == 0x1f) // infinite, or no number
    return bits_to_float (sign | 0x7f800000 | fraction << 13);
  if (exponent > 0)
    return bits_to_float (sign | (exponent + 127 - 15) << 23 | fraction << 13);
  small = ldexpf ((gfloat) fraction, -24); // zero and subnormal numbers
  return sign ? -small : small;
}

static gfloat
read_i8 (const guint8 *from)
{
  return (gint8) *from;
}

static const Dtype dtypes[] = {
  { "F32", 4, read_f32 },
  { "F16", 2, read_f16 },
  { "BF16", 2, read_bf16 },
  { "I8", 1, read_i8 },
};

// -------------------------------------------------------------------- entry --

static gboolean
read_dtype (Tensor *tensor, EcbsrJson *json, GError **error)
{
  const gchar *name = ecbsr_json_read_string (json, error);
  g_autofree gchar *quoted = NULL;

  if (!name)
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strcmp (name, dtypes[i].name) == 0)
      {
        tensor->dtype = &dtypes[i];
        return TRUE;
      }
  quoted = ecbsr_quote (name);
  return ecbsr_refuse (error, "dtype is %s, expected F32, F16, BF16 or I8", quoted);
}

static gboolean
read_field (EcbsrJson *json, const gchar *key, gpointer data, GError **error)
{
  Tensor *tensor = data;
  g_autofree gchar *quoted = NULL;

  if (strcmp (key, "dtype") == 0 && !tensor->dtype)
    return read_dtype (tensor, json, error);
  if (strcmp (key, "shape") == 0 && !tensor->has_shape)
    {
      tensor->has_shape = TRUE;
      return ecbsr_json_read_numbers (json, tensor->dim, MAX_DIMS,
                                      &tensor->n_dims, error);
    }
  if (strcmp (key, "data_offsets") == 0 && !tensor->has_offsets)
    {
      tensor->has_offsets = TRUE;
      return ecbsr_json_read_numbers (json, tensor->offset, 2,
                                      &tensor->n_offsets, error);
    }
  quoted = ecbsr_quote (key);
  return ecbsr_refuse (error,
                       "%s is unknown or there twice, expected dtype, shape "
                       "and data_offsets",
                       quoted);
}

static gchar *
shape_to_string (const Tensor *tensor)
{
  GString *text = g_string_new ("[");

  for (guint i = 0; i < tensor->n_dims; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i ? ", " : "",
                            tensor->dim[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

static gboolean
count_bytes (const Tensor *tensor, guint64 *n_bytes)
{
  *n_bytes = tensor->dtype->size;
  for (guint i = 0; i < tensor->n_dims; i++)
    if (!g_uint64_checked_mul (n_bytes, *n_bytes, tensor->dim[i]))
      return FALSE;
  return TRUE;
}

static gboolean
check_size (const Tensor *tensor, GError **error)
{
  g_autofree gchar *shape = shape_to_string (tensor);
  const guint64 first = tensor->offset[0], end = tensor->offset[1];
  guint64 n_bytes;

  if (!count_bytes (tensor, &n_bytes))
    return ecbsr_refuse (error, "shape %s is too large", shape);
  if (first > end)
    return ecbsr_refuse (error, "data_offsets run backwards");
  if (end - first == n_bytes)
    return TRUE;
  return ecbsr_refuse (error,
                       "%s of shape %s takes %" G_GUINT64_FORMAT
                       " bytes, data_offsets give %" G_GUINT64_FORMAT,
                       tensor->dtype->name, shape, n_bytes, end - first);
}

static gboolean
check_entry (const Tensor *tensor, GError **error)
{
  if (!tensor->dtype)
    return ecbsr_refuse (error, "dtype is missing");
  if (!tensor->has_shape)
    return ecbsr_refuse (error, "shape is missing");
  if (tensor->n_offsets != 2)
    return ecbsr_refuse (error, "data_offsets are missing or not two numbers");
  return check_size (tensor, error);
}

// Reads what stands in the header for tensor `name`. Afterwards shape, type and
// offsets fit each other.
static gboolean
read_entry (Tensor *tensor, const gchar *name,
                         EcbsrJson *json, GError **error)
{
  g_autofree gchar *quoted = NULL;

  *tensor = (Tensor){ .name = name };
  if (ecbsr_json_read_object (json, read_field, tensor, error)
      && check_entry (tensor, error))
    return TRUE;
  quoted = ecbsr_quote (name);
  g_prefix_error (error, "tensor %s: ", quoted);
  return FALSE;
}

// ------------------------------------------------------------------- values --

static gboolean
check_shape (const Tensor *tensor, const guint *shape,
                          guint n_dims, GError **error)
{
  Tensor wanted = { .n_dims = n_dims };
  g_autofree gchar *found = shape_to_string (tensor), *expected = NULL;

  for (guint i = 0; i < n_dims; i++)
    wanted.dim[i] = shape[i];
  expected = shape_to_string (&wanted);
  if (strcmp (found, expected) == 0)
    return TRUE;
  return ecbsr_refuse (error, "tensor '%s': shape is %s, expected %s",
                       tensor->name, found, expected);
}

// Refuses whole numbers where floats belong, and the other way round.
static gboolean
check_kind (const Tensor *tensor, gboolean bytes,
                         GError **error)
{
  if ((tensor->dtype->read == read_i8) == bytes)
    return TRUE;
  return ecbsr_refuse (error, "tensor '%s': dtype is %s, expected %s",
                       tensor->name, tensor->dtype->name,
                       bytes ? "I8" : "F32, F16 or BF16");
}

// The values, all finite, as floats. `data` is what the offsets count from; it need
// not be aligned.
static gfloat *
read_values (const Tensor *tensor, const guint8 *data,
                          GError **error)
{
  const guint size = tensor->dtype->size;
  const gsize n_values = (gsize) (tensor->offset[1] - tensor->offset[0]) / size;
  const guint8 *from = data + tensor->offset[0];
  g_autofree gfloat *values = g_try_new (gfloat, n_values);

  if (!values)
    return ecbsr_lack_memory (error, n_values * sizeof *values, tensor->name);
  for (gsize i = 0; i < n_values; i++)
    {
      values[i] = tensor->dtype->read (from + i * size);
      if (isfinite (values[i]))
        continue;
      ecbsr_refuse (error,
                    "tensor '%s': value %" G_GSIZE_FORMAT " is not finite",
                    tensor->name, i);
      return NULL;
    }
  return g_steal_pointer (&values);
}

// ----------------------------------------------------------------- container --

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
  GArray *tensors;       // Tensor, sorted by name
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
  Tensor tensor;

  if (file->tensors->len == ECBSR_MAX_TENSORS)
    return ecbsr_refuse (error, "more than %d tensors", ECBSR_MAX_TENSORS);
  if (!read_entry (&tensor, name, json, error))
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
  const Tensor *x = *(Tensor *const *) a,
                    *y = *(Tensor *const *) b;
  const guint i = x->offset[0] == y->offset[0]; // equal: the empty one first

  return x->offset[i] < y->offset[i] ? -1 : x->offset[i] > y->offset[i];
}

static gboolean
check_place (const Tensor *tensor, guint64 expected, gsize n_data,
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
    g_ptr_array_add (order, &g_array_index (file->tensors, Tensor, i));
  g_ptr_array_sort (order, compare_offsets);
  for (guint i = 0; i < order->len; i++)
    {
      const Tensor *tensor = order->pdata[i];

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
  file->tensors = g_array_new (FALSE, FALSE, sizeof (Tensor));
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

static Tensor *
find_tensor (const EcbsrSafetensors *file, const gchar *name)
{
  guint i;

  if (!g_array_binary_search (file->tensors, &name, compare_names, &i))
    return NULL;
  return &g_array_index (file->tensors, Tensor, i);
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
  Tensor *tensor = find_tensor (file, name);
  const guint8 *data;

  if (!tensor)
    {
      ecbsr_refuse (error, "tensor '%s' is missing", name);
      return NULL;
    }
  if (!check_kind (tensor, bytes, error)
      || !check_shape (tensor, shape, n_dims, error))
    return NULL;
  tensor->taken = TRUE;
  data = g_bytes_get_data (file->bytes, NULL);
  return read_values (tensor, data + file->data_offset, error);
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
      const Tensor *tensor
          = &g_array_index (file->tensors, Tensor, i);
      g_autofree gchar *quoted = NULL;

      if (tensor->taken)
        continue;
      quoted = ecbsr_quote (tensor->name);
      return ecbsr_refuse (error, "tensor %s is not part of this network",
                           quoted);
    }
  return TRUE;
}
