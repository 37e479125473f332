// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tensor.h"

#include "error.h"

#include <math.h>
#include <string.h>

struct _EcbsrDtype
{
  const gchar *name;
  guint size;
  gfloat (*read) (const guint8 *from);
};

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

static const EcbsrDtype dtypes[] = {
  { "F32", 4, read_f32 },
  { "F16", 2, read_f16 },
  { "BF16", 2, read_bf16 },
  { "I8", 1, read_i8 },
};

// -------------------------------------------------------------------- entry --

static gboolean
read_dtype (EcbsrTensor *tensor, EcbsrJson *json, GError **error)
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
  EcbsrTensor *tensor = data;
  g_autofree gchar *quoted = NULL;

  if (strcmp (key, "dtype") == 0 && !tensor->dtype)
    return read_dtype (tensor, json, error);
  if (strcmp (key, "shape") == 0 && !tensor->has_shape)
    {
      tensor->has_shape = TRUE;
      return ecbsr_json_read_numbers (json, tensor->dim, ECBSR_MAX_DIMS,
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
shape_to_string (const EcbsrTensor *tensor)
{
  GString *text = g_string_new ("[");

  for (guint i = 0; i < tensor->n_dims; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i ? ", " : "",
                            tensor->dim[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

static gboolean
count_bytes (const EcbsrTensor *tensor, guint64 *n_bytes)
{
  *n_bytes = tensor->dtype->size;
  for (guint i = 0; i < tensor->n_dims; i++)
    if (!g_uint64_checked_mul (n_bytes, *n_bytes, tensor->dim[i]))
      return FALSE;
  return TRUE;
}

static gboolean
check_size (const EcbsrTensor *tensor, GError **error)
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
check_entry (const EcbsrTensor *tensor, GError **error)
{
  if (!tensor->dtype)
    return ecbsr_refuse (error, "dtype is missing");
  if (!tensor->has_shape)
    return ecbsr_refuse (error, "shape is missing");
  if (tensor->n_offsets != 2)
    return ecbsr_refuse (error, "data_offsets are missing or not two numbers");
  return check_size (tensor, error);
}

gboolean
ecbsr_tensor_read_entry (EcbsrTensor *tensor, const gchar *name,
                         EcbsrJson *json, GError **error)
{
  g_autofree gchar *quoted = NULL;

  *tensor = (EcbsrTensor){ .name = name };
  if (ecbsr_json_read_object (json, read_field, tensor, error)
      && check_entry (tensor, error))
    return TRUE;
  quoted = ecbsr_quote (name);
  g_prefix_error (error, "tensor %s: ", quoted);
  return FALSE;
}

// ------------------------------------------------------------------- values --

gboolean
ecbsr_tensor_check_shape (const EcbsrTensor *tensor, const guint *shape,
                          guint n_dims, GError **error)
{
  EcbsrTensor wanted = { .n_dims = n_dims };
  g_autofree gchar *found = shape_to_string (tensor), *expected = NULL;

  for (guint i = 0; i < n_dims; i++)
    wanted.dim[i] = shape[i];
  expected = shape_to_string (&wanted);
  if (strcmp (found, expected) == 0)
    return TRUE;
  return ecbsr_refuse (error, "tensor '%s': shape is %s, expected %s",
                       tensor->name, found, expected);
}

gboolean
ecbsr_tensor_check_kind (const EcbsrTensor *tensor, gboolean bytes,
                         GError **error)
{
  if ((tensor->dtype->read == read_i8) == bytes)
    return TRUE;
  return ecbsr_refuse (error, "tensor '%s': dtype is %s, expected %s",
                       tensor->name, tensor->dtype->name,
                       bytes ? "I8" : "F32, F16 or BF16");
}

gfloat *
ecbsr_tensor_read_values (const EcbsrTensor *tensor, const guint8 *data,
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
