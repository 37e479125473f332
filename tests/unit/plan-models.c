// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plan-models.h"
#include "builder.h"

static EcbsrModel *
load (Builder *builder)
{
  g_autoptr (GBytes) bytes = builder_build (builder);
  g_autoptr (GError) error = NULL;
  EcbsrModel *model = ecbsr_model_new_from_bytes (bytes, "test", &error);

  g_assert_no_error (error);
  return model;
}

static void
scale_values (BuiltTensor *tensor, guint n_values, gdouble factor)
{
  for (guint i = 0; i < n_values; i++)
    tensor->values[i] = (gfloat) (factor * tensor->values[i]);
}

// The builder's weights keep the variance: scaled down, so much less is added.
static EcbsrModel *
load_weak (Builder *builder, gdouble amplitude, const gchar *padding)
{
  BuiltTensor *weight = builder_find (builder, "backbone.2.conv3x3.weight");
  BuiltTensor *bias = builder_find (builder, "backbone.2.conv3x3.bias");

  scale_values (weight, weight->n_values, 0.2 * amplitude);
  scale_values (bias, bias->n_values, 5 * amplitude);
  builder_set (builder, "padding", padding);
  return load (builder);
}

EcbsrModel *
model_new_padded (guint scale, gdouble amplitude, const gchar *padding)
{
  g_autoptr (Builder) builder
      = builder_new_ecbsr (scale, 1, 4, "prelu", "plain", "false");

  return load_weak (builder, amplitude, padding);
}

EcbsrModel *
model_new_wide (guint scale, gdouble amplitude, const gchar *padding)
{
  g_autoptr (Builder) builder
      = builder_new_ecbsr (scale, 2, 12, "prelu", "plain", "false");

  return load_weak (builder, amplitude, padding);
}

EcbsrModel *
model_new_colors (guint scale, gdouble amplitude, const gchar *padding)
{
  g_autoptr (Builder) builder
      = builder_new_colors (scale, 1, 4, "prelu", "plain", "false");

  return load_weak (builder, amplitude, padding);
}

EcbsrModel *
model_new_ecbsr (guint scale, gdouble amplitude)
{
  return model_new_padded (scale, amplitude, NULL);
}

// The values' filters are made a 1 in the middle with a little noise.
EcbsrModel *
model_new_esr (const gchar *architecture, guint scale)
{
  const guint n_channels = 3, n_taps = 25;
  const guint n_values = n_channels * scale * scale;
  g_autoptr (Builder) builder
      = builder_new_esr (architecture, scale, 5, n_channels);
  BuiltTensor *filter = builder_find (builder, "filter.weight");

  builder_set (builder, "luma_range", "0..1");
  scale_values (filter, n_values * n_taps, 0.1);
  for (guint o = 0; o < n_values; o++)
    filter->values[o * n_taps + n_taps / 2] += 1;
  return load (builder);
}
