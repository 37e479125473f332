// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whole containers that are no model for this engine: each is a good model with
// one change, and the message must say what is wrong with it.

#include "builder.h"
#include "ecbsr.h"

#include <math.h>
#include <string.h>

typedef Builder *(*Base) (void);

static Builder *
plain (void)
{
  return builder_new_ecbsr (2, 1, 4, "prelu", "plain", "false");
}

static Builder *
training (void)
{
  return builder_new_ecbsr (2, 1, 4, "prelu", "training", "true");
}

static Builder *
colors (void)
{
  return builder_new_colors (2, 1, 4, "prelu", "plain", "false");
}

static Builder *
colors_training (void)
{
  return builder_new_colors (1, 1, 3, "prelu", "training", "true");
}

static Builder *
esr_tm (void)
{
  return builder_new_esr ("esr-tm", 2, 3, 2);
}

static Builder *
esr_cnn (void)
{
  return builder_new_esr_cnn (2, 2, 3, 3);
}

static void
assert_refused (Builder *builder, const gchar *message)
{
  g_autoptr (GBytes) bytes = builder_build (builder);
  g_autoptr (GError) error = NULL;

  g_assert_null (ecbsr_model_new_from_bytes (bytes, "x.safetensors", &error));
  g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_FORMAT);
  g_assert_true (g_str_has_prefix (error->message, "x.safetensors: "));
  if (!strstr (error->message, message))
    g_error ("message is \"%s\", expected \"%s\" in it", error->message,
             message);
}

// What is changed here must have been good before.
static void
test_bases (void)
{
  static const Base bases[] = { plain, training, colors, colors_training,
                                esr_tm, esr_cnn };

  for (guint i = 0; i < G_N_ELEMENTS (bases); i++)
    {
      g_autoptr (Builder) builder = bases[i]();
      g_autoptr (GBytes) bytes = builder_build (builder);
      g_autoptr (GError) error = NULL;
      g_autoptr (EcbsrModel) model
          = ecbsr_model_new_from_bytes (bytes, "base", &error);

      g_assert_no_error (error);
      g_assert_nonnull (model);
    }
}

// ----------------------------------------------------------------- metadata --

typedef struct
{
  const gchar *name;
  Base base;
  const gchar *key, *value, *message;
} MetadataCase;

#define LONG_NAME                                                              \
  "0123456789012345678901234567890123456789012345678901234567890123"

static const MetadataCase metadata_cases[] = {
  { "no-format", plain, "format", NULL, "not a gst-ecbsr model" },
  { "format-2", plain, "format", "gst-ecbsr 2", "'format' is 'gst-ecbsr 2'" },
  { "format-pt", plain, "format", "pt", "expected 'gst-ecbsr 1'" },
  { "no-architecture", plain, "architecture", NULL,
    "metadata 'architecture' is missing" },
  { "architecture", plain, "architecture", "ESPCN",
    "'architecture' is 'ESPCN', expected one of ecbsr, esr-max, esr-tm" },
  { "architecture-cubic", plain, "architecture", "cubic", "expected one of" },
  { "architecture-other", esr_tm, "architecture", "esr-tr",
    "tensor 'filter.weight': shape is [16, 1, 3, 3], expected [24, 1, 3, 3]" },
  { "no-scale", plain, "scale", NULL, "metadata 'scale' is missing" },
  { "scale-0", plain, "scale", "0", "'scale' is '0', expected 1 to 4" },
  { "scale-1", esr_tm, "scale", "1", "'scale' is '1', expected 2 to 4" },
  { "scale-5", plain, "scale", "5", "'scale' is '5', expected 1 to 4" },
  { "scale-5-of-esr", esr_tm, "scale", "5", "'scale' is '5', expected 2 to 4" },
  { "scale-signed", plain, "scale", "+2", "'scale' is '+2'" },
  { "scale-02", plain, "scale", "02", "'scale' is '02'" },
  { "scale-fraction", plain, "scale", "2.0", "'scale' is '2.0'" },
  { "scale-space", plain, "scale", " 2", "'scale' is ' 2'" },
  { "scale-long", plain, "scale", "18446744073709551618", "'scale' is" },
  { "scale-empty", plain, "scale", "", "'scale' is '', expected some text" },
  { "other-scale", plain, "scale", "3",
    "tensor 'backbone.2.conv3x3.weight': shape is [4, 4, 3, 3], expected "
    "[9, 4, 3, 3]" },
  { "no-luma-range", plain, "luma_range", NULL, "'luma_range' is missing" },
  { "luma-one", plain, "luma_range", "235", "'luma_range' is '235'" },
  { "luma-three", plain, "luma_range", "0..1..2", "'luma_range' is" },
  { "luma-backwards", plain, "luma_range", "235..16", "'luma_range' is" },
  { "luma-equal", plain, "luma_range", "1..1", "'luma_range' is" },
  { "luma-nearly-equal", plain, "luma_range", "0..0.0001", "'luma_range' is" },
  { "luma-nan", plain, "luma_range", "nan..1", "'luma_range' is" },
  { "luma-infinite", plain, "luma_range", "0..inf", "'luma_range' is" },
  { "luma-huge", plain, "luma_range", "0..1e30", "'luma_range' is" },
  { "luma-large", plain, "luma_range", "0..65537", "'luma_range' is" },
  { "luma-hex", plain, "luma_range", "0x0..0x1", "'luma_range' is" },
  { "luma-space", plain, "luma_range", "0.. 1", "'luma_range' is" },
  { "luma-comma", plain, "luma_range", "0..1,5", "'luma_range' is" },
  { "no-name", plain, "name", NULL, "metadata 'name' is missing" },
  { "empty-name", plain, "name", "", "'name' is ''" },
  { "long-name", plain, "name", LONG_NAME "4", "expected 1 to 64 characters" },
  { "no-licence", plain, "licence", NULL, "'licence' is missing" },
  { "no-trained-on", plain, "trained_on", NULL, "'trained_on' is missing" },
  { "padding", plain, "padding", "reflect",
    "'padding' is 'reflect', expected one of zero, replicate, symmetric" },
  { "padding-case", esr_tm, "padding", "Zero", "'padding' is 'Zero'" },
  { "padding-empty", esr_cnn, "padding", "", "'padding' is ''" },
  { "overshoot", plain, "overshoot", "1.5",
    "'overshoot' is '1.5', expected a number from 0 to 1" },
  { "overshoot-less", esr_tm, "overshoot", "-0.1", "'overshoot' is '-0.1'" },
  { "overshoot-nan", esr_cnn, "overshoot", "nan", "'overshoot' is 'nan'" },
  { "overshoot-empty", plain, "overshoot", "", "'overshoot' is ''" },
  { "content", plain, "content", "film", "expected one of clean, camera" },

  { "no-blocks", plain, "blocks", NULL, "metadata 'blocks' is missing" },
  { "blocks-65", plain, "blocks", "65", "expected 0 to 64" },
  { "blocks-more", plain, "blocks", "2",
    "tensor 'backbone.2.act.weight' is missing" },
  { "blocks-fewer", plain, "blocks", "0",
    "backbone.1.act.weight' is not part" },
  { "no-channels", plain, "channels", NULL, "'channels' is missing" },
  { "channels-0", plain, "channels", "0", "expected 1 to 64" },
  { "channels-65", plain, "channels", "65", "expected 1 to 64" },
  { "other-channels", plain, "channels", "5",
    "'backbone.0.conv3x3.weight': shape is [4, 1, 3, 3], expected [5, 1, 3, "
    "3]" },
  { "colors-2", colors, "colors", "2", "'colors' is '2', expected one of 1, 3" },
  { "colors-empty", colors, "colors", "", "'colors' is ''" },
  { "colors-left-out", colors, "colors", NULL,
    "'backbone.0.conv3x3.weight': shape is [4, 3, 3, 3], expected [4, 1, 3, "
    "3]" },
  { "luma-as-colors", plain, "colors", "3",
    "'backbone.0.conv3x3.weight': shape is [4, 1, 3, 3], expected [4, 3, 3, "
    "3]" },
  { "colors-other-scale", colors, "scale", "1",
    "'backbone.2.conv3x3.weight': shape is [12, 4, 3, 3], expected [3, 4, 3, "
    "3]" },
  { "esr-of-colors", esr_tm, "colors", "3",
    "'colors' is '3', expected 1: only ecbsr is known with 3" },
  { "no-activation", plain, "activation", NULL, "'activation' is missing" },
  { "activation-gelu", plain, "activation", "gelu",
    "'activation' is 'gelu', expected one of linear, relu, rrelu, prelu" },
  { "activation-tanh", plain, "activation", "tanh", "expected one of" },
  { "other-activation", plain, "activation", "relu",
    "tensor 'backbone.0.act.weight' is not part of this network" },
  { "no-form", plain, "form", NULL, "metadata 'form' is missing" },
  { "form", plain, "form", "folded", "expected one of plain, training" },
  { "plain-as-training", plain, "form", "training",
    "tensor 'backbone.0.conv1x1_sbx.k0' is missing" },
  { "training-as-plain", training, "form", "plain", "'identity' is 'true'" },
  { "no-identity", training, "identity", NULL, "'identity' is missing" },
  { "identity-yes", training, "identity", "yes", "one of false, true" },
  { "plain-identity", plain, "identity", "true", "expected false where" },

  { "esr-channels-0", esr_tm, "channels", "0", "expected 1 to 16" },
  { "esr-channels-17", esr_tm, "channels", "17", "expected 1 to 16" },
  { "no-kernel-size", esr_tm, "kernel_size", NULL, "'kernel_size' is missing" },
  { "kernel-size-4", esr_tm, "kernel_size", "4", "one of 3, 5, 7" },
  { "kernel-size-9", esr_tm, "kernel_size", "9", "one of 3, 5, 7" },
  { "other-kernel-size", esr_tm, "kernel_size", "5", "expected [16, 1, 5, 5]" },
  { "no-depth", esr_cnn, "depth", NULL, "'depth' is missing" },
  { "depth-0", esr_cnn, "depth", "0", "'depth' is '0', expected 1 to 64" },
  { "depth-65", esr_cnn, "depth", "65", "expected 1 to 64" },
  { "squeeze-0", esr_cnn, "squeeze", "0", "expected 1 to 64" },
  { "other-squeeze", esr_cnn, "squeeze", "4",
    "'filter.2.weight': shape is [3, 3, 3, 3], expected [4, 3, 3, 3]" },
};

static void
test_metadata (gconstpointer user_data)
{
  const MetadataCase *c = user_data;
  g_autoptr (Builder) builder = c->base ();

  builder_set (builder, c->key, c->value);
  assert_refused (builder, c->message);
}

// ------------------------------------------------------------------ tensors --

typedef void (*Change) (Builder *builder, const gchar *name);

static void
add_extra (Builder *builder, const gchar *name)
{
  const guint shape = 1;

  builder_add (builder, name, 1, &shape);
}

static void
set_nan (Builder *builder, const gchar *name)
{
  BuiltTensor *tensor = builder_find (builder, name);

  tensor->values[tensor->n_values - 1] = NAN;
}

static void
set_infinite (Builder *builder, const gchar *name)
{
  builder_find (builder, name)->values[0] = -INFINITY;
}

static void
fill_huge (BuiltTensor *tensor)
{
  for (guint i = 0; i < tensor->n_values; i++)
    tensor->values[i] = G_MAXFLOAT;
}

// Finite on their own, but not once they are multiplied or added up.
static void
set_huge_weights (Builder *builder, const gchar *name)
{
  fill_huge (builder_find (builder, name));
}

static void
set_huge_biases (Builder *builder, const gchar *name)
{
  fill_huge (builder_find (builder, name));
  fill_huge (builder_find (builder, "backbone.1.conv3x3.bias"));
}

static void
drop_dim (Builder *builder, const gchar *name)
{
  BuiltTensor *tensor = builder_find (builder, name);

  g_assert_cmpuint (tensor->shape[tensor->n_dims - 1], ==, 1);
  tensor->n_dims--;
}

static void
swap_dims (Builder *builder, const gchar *name)
{
  BuiltTensor *tensor = builder_find (builder, name);
  const guint first = tensor->shape[0];

  tensor->shape[0] = tensor->shape[1];
  tensor->shape[1] = first;
}

static void
set_integer (Builder *builder, const gchar *name)
{
  BuiltTensor *tensor = builder_find (builder, name);

  g_free (tensor->dtype);
  tensor->dtype = g_strdup ("I32");
}

static void
add_wrong_mask (Builder *builder, const gchar *name)
{
  static const gfloat sobel[] = { 1, 0, -1, 2, 0, -2, 1, 0, -1 };
  const guint shape[] = { 4, 1, 3, 3 };
  BuiltTensor *tensor = builder_add (builder, name, 4, shape);

  for (guint i = 0; i < tensor->n_values; i++)
    tensor->values[i] = sobel[i % 9];
  tensor->values[35] = 1;
}

static void
add_large_mask (Builder *builder, const gchar *name)
{
  const guint shape[] = { 4, 1, 5, 5 };

  builder_add (builder, name, 4, shape);
}

static void
add_minimum_alone (Builder *builder, const gchar *layer)
{
  g_autofree gchar *maximum = g_strconcat (layer, ".maximum", NULL);

  builder_add_bounds (builder, layer, 4);
  builder_remove (builder, maximum);
}

static void
add_maximum_alone (Builder *builder, const gchar *layer)
{
  g_autofree gchar *minimum = g_strconcat (layer, ".minimum", NULL);

  builder_add_bounds (builder, layer, 4);
  builder_remove (builder, minimum);
}

static void
add_crossed_bounds (Builder *builder, const gchar *layer)
{
  g_autofree gchar *minimum = g_strconcat (layer, ".minimum", NULL);

  builder_add_bounds (builder, layer, 4);
  builder_find (builder, minimum)->values[3] = 2;
}

static void
add_nan_bounds (Builder *builder, const gchar *layer)
{
  g_autofree gchar *minimum = g_strconcat (layer, ".minimum", NULL);

  builder_add_bounds (builder, layer, 4);
  set_nan (builder, minimum);
}

static void
add_infinite_bounds (Builder *builder, const gchar *layer)
{
  g_autofree gchar *minimum = g_strconcat (layer, ".minimum", NULL);

  builder_add_bounds (builder, layer, 4);
  set_infinite (builder, minimum);
}

static void
add_fewer_bounds (Builder *builder, const gchar *layer)
{
  builder_add_bounds (builder, layer, 3);
}

static void
add_bounds (Builder *builder, const gchar *layer)
{
  builder_add_bounds (builder, layer, 4);
}

typedef struct
{
  const gchar *name;
  Base base;
  const gchar *tensor;
  Change change;
  const gchar *message;
} TensorCase;

static const TensorCase tensor_cases[] = {
  { "no-first-weight", plain, "backbone.0.conv3x3.weight", builder_remove,
    "tensor 'backbone.0.conv3x3.weight' is missing" },
  { "no-bias", plain, "backbone.2.conv3x3.bias", builder_remove, "is missing" },
  { "no-slope", plain, "backbone.1.act.weight", builder_remove, "is missing" },
  { "no-k1", training, "backbone.2.conv1x1_3x3.k1", builder_remove,
    "tensor 'backbone.2.conv1x1_3x3.k1' is missing" },
  { "no-edge-bias", training, "backbone.1.conv1x1_sby.bias", builder_remove,
    "tensor 'backbone.1.conv1x1_sby.bias' is missing" },
  { "no-edge-scale", training, "backbone.1.conv1x1_lpl.scale", builder_remove,
    "is missing" },
  { "no-filter", esr_tm, "filter.weight", builder_remove, "is missing" },
  { "no-filter-bias", esr_cnn, "filter.2.bias", builder_remove, "is missing" },
  { "extra", plain, "x", add_extra, "tensor 'x' is not part of this network" },
  { "extra-layer", plain, "backbone.3.conv3x3.bias", add_extra, "is not part" },
  { "last-slope", plain, "backbone.2.act.weight", add_extra, "is not part" },
  { "extra-bias", esr_tm, "filter.bias", add_extra, "'filter.bias' is not" },
  { "last-bias", esr_cnn, "filter.4.bias", add_extra, "is not part" },
  { "state-prefix", esr_tm, "module.filter.weight", add_extra, "is not part" },
  { "nan", plain, "backbone.1.conv3x3.weight", set_nan,
    "tensor 'backbone.1.conv3x3.weight': value 143 is not finite" },
  { "infinite", esr_tm, "filter.weight", set_infinite,
    "value 0 is not finite" },
  { "nan-branch", training, "backbone.1.conv1x1_sbx.scale", set_nan,
    "tensor 'backbone.1.conv1x1_sbx.scale': value 3 is not finite" },
  { "huge-fold", training, "backbone.1.conv1x1_3x3.k1", set_huge_weights,
    "backbone.1: the branches add up to more than a float can hold" },
  { "huge-bias", training, "backbone.1.conv1x1_sby.bias", set_huge_biases,
    "backbone.1: the branches add up" },
  { "scale-as-vector", training, "backbone.0.conv1x1_sbx.scale", drop_dim,
    "shape is [4, 1, 1], expected [4, 1, 1, 1]" },
  { "swapped", plain, "backbone.0.conv3x3.weight", swap_dims,
    "shape is [1, 4, 3, 3], expected [4, 1, 3, 3]" },
  { "integer", plain, "backbone.0.conv3x3.bias", set_integer,
    "tensor 'backbone.0.conv3x3.bias': dtype is 'I32'" },
  { "mask-value", training, "backbone.0.conv1x1_sbx.mask", add_wrong_mask,
    "tensor 'backbone.0.conv1x1_sbx.mask': value 35 is 1, expected -1" },
  { "mask-of-other", training, "backbone.0.conv1x1_sby.mask", add_wrong_mask,
    "value 1 is 0, expected 2: not the kernel of this branch" },
  { "mask-shape", training, "backbone.0.conv1x1_lpl.mask", add_large_mask,
    "shape is [4, 1, 5, 5], expected [4, 1, 3, 3]" },
  { "no-maximum", plain, "backbone.1", add_minimum_alone,
    "tensor 'backbone.1.maximum' is missing" },
  { "no-minimum", training, "backbone.2", add_maximum_alone,
    "tensor 'backbone.2.minimum' is missing" },
  { "crossed-bounds", plain, "backbone.0", add_crossed_bounds,
    "tensor 'backbone.0.minimum': value 3, 2, is above that of "
    "'backbone.0.maximum', 1.75" },
  { "nan-bounds", plain, "backbone.0", add_nan_bounds,
    "tensor 'backbone.0.minimum': value 3 is not finite" },
  { "infinite-bounds", plain, "backbone.0", add_infinite_bounds,
    "tensor 'backbone.0.minimum': value 0 is not finite" },
  { "fewer-bounds", plain, "backbone.0", add_fewer_bounds,
    "tensor 'backbone.0.minimum': shape is [3], expected [4]" },
  { "bounds-of-nothing", plain, "backbone.3", add_bounds, "is not part" },
  { "bounds-of-other-name", esr_cnn, "filter.1", add_bounds, "is not part" },
  { "mask-of-squeeze", training, "backbone.0.conv1x1_3x3.mask", add_wrong_mask,
    "is not part" },
};

static void
test_tensors (gconstpointer user_data)
{
  const TensorCase *c = user_data;
  g_autoptr (Builder) builder = c->base ();

  c->change (builder, c->tensor);
  assert_refused (builder, c->message);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/broken-models/bases", test_bases);
  for (guint i = 0; i < G_N_ELEMENTS (metadata_cases); i++)
    {
      g_autofree gchar *path = g_strconcat ("/broken-models/metadata/",
                                            metadata_cases[i].name, NULL);
      g_test_add_data_func (path, &metadata_cases[i], test_metadata);
    }
  for (guint i = 0; i < G_N_ELEMENTS (tensor_cases); i++)
    {
      g_autofree gchar *path
          = g_strconcat ("/broken-models/tensors/", tensor_cases[i].name, NULL);
      g_test_add_data_func (path, &tensor_cases[i], test_tensors);
    }
  return g_test_run ();
}
