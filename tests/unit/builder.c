// SPDX-License-Identifier: LGPL-2.1-or-later

#include "builder.h"

#include <math.h>
#include <string.h>

#define SEED 20240607

static void
free_tensor (gpointer data)
{
  BuiltTensor *tensor = data;

  g_free (tensor->name);
  g_free (tensor->dtype);
  g_free (tensor->values);
  g_free (tensor);
}

void
builder_free (Builder *builder)
{
  g_ptr_array_unref (builder->metadata);
  g_ptr_array_unref (builder->tensors);
  g_rand_free (builder->rand);
  g_free (builder);
}

void
builder_set (Builder *builder, const gchar *key, const gchar *value)
{
  GPtrArray *metadata = builder->metadata;

  for (guint i = 0; i < metadata->len; i += 2)
    if (strcmp (metadata->pdata[i], key) == 0)
      {
        g_ptr_array_remove_range (metadata, i, 2);
        break;
      }
  if (!value)
    return;
  g_ptr_array_add (metadata, g_strdup (key));
  g_ptr_array_add (metadata, g_strdup (value));
}

static void
set_number (Builder *builder, const gchar *key, guint number)
{
  g_autofree gchar *value = g_strdup_printf ("%u", number);

  builder_set (builder, key, value);
}

static Builder *
new_builder (const gchar *architecture, guint scale, guint n_channels)
{
  Builder *builder = g_new (Builder, 1);

  builder->metadata = g_ptr_array_new_with_free_func (g_free);
  builder->tensors = g_ptr_array_new_with_free_func (free_tensor);
  builder->rand = g_rand_new_with_seed (SEED);
  builder_set (builder, "format", "gst-ecbsr 1");
  builder_set (builder, "architecture", architecture);
  set_number (builder, "scale", scale);
  set_number (builder, "channels", n_channels);
  builder_set (builder, "luma_range", "16..235");
  builder_set (builder, "name", "Zufall \"\xc3\xa4\\\"");
  builder_set (builder, "licence", "CC0-1.0");
  builder_set (builder, "trained_on", "nothing");
  return builder;
}

// ------------------------------------------------------------------ tensors --

// Values that keep the variance of what they are multiplied with, so that deep
// networks neither fade nor explode.
static void
fill (Builder *builder, BuiltTensor *tensor)
{
  const guint n_summands = tensor->n_values / tensor->shape[0];
  const gdouble range = 1.5 / sqrt (n_summands);

  for (guint i = 0; i < tensor->n_values; i++)
    tensor->values[i]
        = (gfloat) g_rand_double_range (builder->rand, -range, range);
}

BuiltTensor *
builder_add (Builder *builder, const gchar *name, guint n_dims,
             const guint *shape)
{
  BuiltTensor *tensor = g_new0 (BuiltTensor, 1);

  tensor->name = g_strdup (name);
  tensor->dtype = g_strdup ("F32");
  tensor->n_dims = n_dims;
  tensor->n_values = 1;
  for (guint i = 0; i < n_dims; i++)
    {
      tensor->shape[i] = shape[i];
      tensor->n_values *= shape[i];
    }
  tensor->values = g_new (gfloat, tensor->n_values);
  fill (builder, tensor);
  g_ptr_array_add (builder->tensors, tensor);
  return tensor;
}

void
builder_add_bounds (Builder *builder, const gchar *layer, guint n_out)
{
  g_autofree gchar *minimum = g_strconcat (layer, ".minimum", NULL);
  g_autofree gchar *maximum = g_strconcat (layer, ".maximum", NULL);
  BuiltTensor *low = builder_add (builder, minimum, 1, &n_out);
  BuiltTensor *high = builder_add (builder, maximum, 1, &n_out);

  for (guint o = 0; o < n_out; o++)
    {
      low->values[o] = -1 - (gfloat) o / 8;
      high->values[o] = 1 + (gfloat) o / 4;
    }
}

BuiltTensor *
builder_find (Builder *builder, const gchar *name)
{
  for (guint i = 0; i < builder->tensors->len; i++)
    {
      BuiltTensor *tensor = builder->tensors->pdata[i];

      if (strcmp (tensor->name, name) == 0)
        return tensor;
    }
  g_error ("no tensor %s", name);
}

void
builder_remove (Builder *builder, const gchar *name)
{
  g_ptr_array_remove (builder->tensors, builder_find (builder, name));
}

static void
add_kernel (Builder *builder, const gchar *layer, const gchar *part,
            guint n_out, guint n_in, guint size)
{
  g_autofree gchar *name = g_strdup_printf ("%s.%s", layer, part);
  const guint shape[] = { n_out, n_in, size, size };

  builder_add (builder, name, 4, shape);
}

static void
add_vector (Builder *builder, const gchar *layer, const gchar *part, guint n)
{
  g_autofree gchar *name = g_strdup_printf ("%s.%s", layer, part);

  builder_add (builder, name, 1, &n);
}

static void
add_branches (Builder *builder, guint i, guint n_in, guint n_out)
{
  static const gchar *const edges[]
      = { "conv1x1_sbx", "conv1x1_sby", "conv1x1_lpl" };
  g_autofree gchar *squeeze = g_strdup_printf ("backbone.%u.conv1x1_3x3", i);

  add_kernel (builder, squeeze, "k0", 2 * n_out, n_in, 1);
  add_vector (builder, squeeze, "b0", 2 * n_out);
  add_kernel (builder, squeeze, "k1", n_out, 2 * n_out, 3);
  add_vector (builder, squeeze, "b1", n_out);
  for (guint j = 0; j < G_N_ELEMENTS (edges); j++)
    {
      g_autofree gchar *edge = g_strdup_printf ("backbone.%u.%s", i, edges[j]);

      add_kernel (builder, edge, "k0", n_out, n_in, 1);
      add_vector (builder, edge, "b0", n_out);
      add_kernel (builder, edge, "scale", n_out, 1, 1);
      add_vector (builder, edge, "bias", n_out);
    }
}

// ----------------------------------------------------------------- networks --

static Builder *
new_ecbsr (guint n_colors, guint scale, guint n_blocks, guint n_channels,
           const gchar *activation, const gchar *form, const gchar *identity)
{
  Builder *builder = new_builder ("ecbsr", scale, n_channels);

  set_number (builder, "blocks", n_blocks);
  builder_set (builder, "activation", activation);
  builder_set (builder, "form", form);
  builder_set (builder, "identity", identity);
  for (guint i = 0; i < n_blocks + 2; i++)
    {
      const gboolean last = i == n_blocks + 1;
      const guint n_in = i ? n_channels : n_colors;
      const guint n_out = last ? n_colors * scale * scale : n_channels;
      g_autofree gchar *layer = g_strdup_printf ("backbone.%u", i);

      add_kernel (builder, layer, "conv3x3.weight", n_out, n_in, 3);
      add_vector (builder, layer, "conv3x3.bias", n_out);
      if (strcmp (activation, "prelu") == 0 && !last)
        add_vector (builder, layer, "act.weight", n_out);
      if (strcmp (form, "training") == 0)
        add_branches (builder, i, n_in, n_out);
    }
  return builder;
}

Builder *
builder_new_ecbsr (guint scale, guint n_blocks, guint n_channels,
                   const gchar *activation, const gchar *form,
                   const gchar *identity)
{
  return new_ecbsr (1, scale, n_blocks, n_channels, activation, form, identity);
}

Builder *
builder_new_colors (guint scale, guint n_blocks, guint n_channels,
                    const gchar *activation, const gchar *form,
                    const gchar *identity)
{
  Builder *builder = new_ecbsr (3, scale, n_blocks, n_channels, activation,
                                form, identity);

  builder_set (builder, "colors", "3");
  return builder;
}

Builder *
builder_new_esr (const gchar *architecture, guint scale, guint kernel_size,
                 guint n_channels)
{
  Builder *builder = new_builder (architecture, scale, n_channels);
  const guint n_groups = strcmp (architecture, "esr-max") == 0  ? 1
                         : strcmp (architecture, "esr-tm") == 0 ? 2
                                                                : 3;

  set_number (builder, "kernel_size", kernel_size);
  builder_set (builder, "luma_range", "0..1");
  add_kernel (builder, "filter", "weight",
              n_groups * n_channels * scale * scale, 1, kernel_size);
  return builder;
}

Builder *
builder_new_esr_cnn (guint scale, guint n_channels, guint depth, guint squeeze)
{
  Builder *builder = new_builder ("esr-cnn", scale, n_channels);

  set_number (builder, "depth", depth);
  set_number (builder, "squeeze", squeeze);
  builder_set (builder, "luma_range", "0..1");
  add_kernel (builder, "filter.0", "weight", depth, 1, 5);
  add_vector (builder, "filter.0", "bias", depth);
  add_kernel (builder, "filter.2", "weight", squeeze, depth, 3);
  add_vector (builder, "filter.2", "bias", squeeze);
  add_kernel (builder, "filter.4", "weight", 2 * n_channels * scale * scale,
              squeeze, 3);
  return builder;
}

// --------------------------------------------------------------------- file --

GBytes *
wrap_header (const gchar *header, gsize n_header, gconstpointer data,
             gsize n_data)
{
  const guint64 length = GUINT64_TO_LE ((guint64) n_header);
  guint8 *file = g_malloc (sizeof length + n_header + n_data);

  memcpy (file, &length, sizeof length);
  memcpy (file + sizeof length, header, n_header);
  if (n_data)
    memcpy (file + sizeof length + n_header, data, n_data);
  return g_bytes_new_take (file, sizeof length + n_header + n_data);
}

static void
append_text (GString *json, const gchar *text)
{
  g_autofree gchar *escaped = g_strescape (text, "\xc3\xa4");

  g_string_append_printf (json, "\"%s\"", escaped);
}

static void
append_tensor (GString *json, const BuiltTensor *tensor, guint offset)
{
  append_text (json, tensor->name);
  g_string_append_printf (json, ":{\"dtype\":\"%s\",\"shape\":[",
                          tensor->dtype);
  for (guint i = 0; i < tensor->n_dims; i++)
    g_string_append_printf (json, "%s%u", i ? "," : "", tensor->shape[i]);
  g_string_append_printf (json, "],\"data_offsets\":[%u,%u]}", offset,
                          offset + tensor->n_values * 4);
}

static GString *
make_header (Builder *builder)
{
  GString *json = g_string_new ("{\"__metadata__\":{");
  guint offset = 0;

  for (guint i = 0; i < builder->metadata->len; i++)
    {
      g_string_append (json, i == 0 ? "" : i % 2 ? ":" : ",");
      append_text (json, builder->metadata->pdata[i]);
    }
  g_string_append_c (json, '}');
  for (guint i = 0; i < builder->tensors->len; i++)
    {
      const BuiltTensor *tensor = builder->tensors->pdata[i];

      g_string_append_c (json, ',');
      append_tensor (json, tensor, offset);
      offset += tensor->n_values * 4;
    }
  g_string_append_c (json, '}');
  return json;
}

GBytes *
builder_build (Builder *builder)
{
  g_autoptr (GString) header = make_header (builder);
  g_autoptr (GByteArray) data = g_byte_array_new ();

  for (guint i = 0; i < builder->tensors->len; i++)
    {
      const BuiltTensor *tensor = builder->tensors->pdata[i];

      for (guint j = 0; j < tensor->n_values; j++)
        {
          guint32 bits;

          memcpy (&bits, &tensor->values[j], sizeof bits);
          bits = GUINT32_TO_LE (bits);
          g_byte_array_append (data, (const guint8 *) &bits, sizeof bits);
        }
    }
  return wrap_header (header->str, header->len, data->data, data->len);
}
