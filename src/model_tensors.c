// SPDX-License-Identifier: LGPL-2.1-or-later

#include "model_load.h"

#include "error.h"

#include <math.h>

static gfloat *
take_one (EcbsrSafetensors *file, const EcbsrStored *s, GError **error)
{
  if (s->optional && !ecbsr_safetensors_has (file, s->name))
    {
      gfloat *zeros = g_try_new0 (gfloat, s->shape[0]);
      return zeros ? zeros
                   : ecbsr_lack_memory (error, s->shape[0] * sizeof *zeros,
                                        s->name);
    }
  if (s->bytes)
    return ecbsr_safetensors_take_bytes (file, s->name, s->shape, s->n_dims,
                                         error);
  return ecbsr_safetensors_take (file, s->name, s->shape, s->n_dims, error);
}

static gboolean
take_all (EcbsrSafetensors *file, const EcbsrStored *stored, guint n_stored,
          GError **error)
{
  for (guint j = 0; j < n_stored; j++)
    {
      const EcbsrStored *s = &stored[j];

      *s->values = take_one (file, s, error);
      if (!*s->values)
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_layer (EcbsrModel *model, guint i, EcbsrSafetensors *file, GError **error)
{
  EcbsrLayer *layer = &model->layers[i];
  EcbsrStored stored[ECBSR_MAX_STORED];
  const guint n_stored = ecbsr_model_list_stored (model, i, stored);

  if (!take_all (file, stored, n_stored, error))
    return FALSE;
  if (!layer->bias)
    layer->bias = g_try_new0 (gfloat, layer->n_out);
  if (!layer->bias)
    return ecbsr_lack_memory (error, layer->n_out * sizeof *layer->bias, "bias")
           != NULL;
  return !model->info.training_form
         || ecbsr_model_fold_branches (model, i, file, error);
}

static gboolean
check_bounds (const EcbsrStored *minimum, const EcbsrStored *maximum,
              GError **error)
{
  for (guint o = 0; o < minimum->shape[0]; o++)
    if (!((*minimum->values)[o] <= (*maximum->values)[o]))
      return ecbsr_refuse (error,
                           "tensor '%s': value %u, %g, is above that of '%s', %g",
                           minimum->name, o, (*minimum->values)[o],
                           maximum->name, (*maximum->values)[o]);
  return TRUE;
}

// Both or neither.
static gboolean
read_bounds (EcbsrModel *model, guint i, EcbsrSafetensors *file, GError **error)
{
  EcbsrStored stored[ECBSR_MAX_STORED];
  const guint n_stored = ecbsr_model_list_bounds (model, i, stored);

  if (!ecbsr_safetensors_has (file, stored[0].name)
      && !ecbsr_safetensors_has (file, stored[1].name))
    return TRUE;
  model->info.bounded = TRUE;
  return take_all (file, stored, n_stored, error)
         && check_bounds (&stored[0], &stored[1], error);
}

// A step of 0 or below would turn the order of values round, or lose them.
static gboolean
check_steps (const EcbsrStored *stored, GError **error)
{
  for (guint i = 0; i < stored->shape[0]; i++)
    if (!((*stored->values)[i] > 1e-20f))
      return ecbsr_refuse (error, "tensor '%s': value %u is not above 0",
                           stored->name, i);
  return TRUE;
}

static gboolean
read_int8_layer (EcbsrModel *model, guint i, EcbsrSafetensors *file,
                 GError **error)
{
  EcbsrStored stored[ECBSR_MAX_STORED];
  const guint n_stored = ecbsr_model_list_int8 (model, i, stored);

  return take_all (file, stored, n_stored, error)
         && check_steps (&stored[1], error) && check_steps (&stored[3], error);
}

// The most that output `o` can be on its way to a byte (kernels.h), in steps of
// the layer that reads it, with its zero point.
static gdouble
reach_of (const EcbsrLayer *layer, guint o)
{
  const guint n_taps = layer->n_in * layer->kernel_size * layer->kernel_size;
  const gfloat *weight = layer->q_weight + (gsize) o * n_taps;
  const gdouble slope = layer->slope ? fabs (layer->slope[o]) : 1;
  gdouble sum = 0;

  for (guint t = 0; t < n_taps; t++)
    sum += fabs (weight[t]);
  sum *= 255.0 * *layer->q_input_scale * layer->q_scale[o];
  sum += fabs (layer->q_bias[o]);
  return (sum / *layer[1].q_input_scale + 255) * MAX (slope, 1);
}

// Kernels convert to whole numbers of 32 bits, and take the greater one of a
// value and its product with the slope.
static gboolean
check_output (const EcbsrModel *model, guint i, guint o, GError **error)
{
  const EcbsrLayer *layer = &model->layers[i];

  if (layer->slope && layer->slope[o] > 1)
    return ecbsr_refuse (
        error,
        "int8 data want slopes of at most 1: that of layer %u, "
        "output %u, is %g",
        i, o, layer->slope[o]);
  if (i > 0 && !(reach_of (layer, o) < G_MAXINT32))
    return ecbsr_refuse (error,
                         "int8 data of layer %u: output %u reaches %g steps of "
                         "the next layer's input_scale",
                         i, o, reach_of (layer, o));
  return TRUE;
}

static gboolean
check_outputs (const EcbsrModel *model, GError **error)
{
  for (guint i = 0; i + 1 < model->n_layers; i++)
    for (guint o = 0; o < model->layers[i].n_out; o++)
      if (!check_output (model, i, o, error))
        return FALSE;
  return TRUE;
}

// All inner layers have it, or none. It belongs to folded weights.
static gboolean
read_int8 (EcbsrModel *model, EcbsrSafetensors *file, GError **error)
{
  EcbsrStored stored[ECBSR_MAX_STORED];

  if (model->n_layers < 2 || model->info.training_form)
    return TRUE;
  ecbsr_model_list_int8 (model, 1, stored);
  model->info.has_int8 = ecbsr_safetensors_has (file, stored[0].name);
  for (guint i = 1; i < model->n_layers && model->info.has_int8; i++)
    if (!read_int8_layer (model, i, file, error))
      return FALSE;
  return !model->info.has_int8 || check_outputs (model, error);
}

gboolean
ecbsr_model_read_tensors (EcbsrModel *model, EcbsrSafetensors *file,
                          GError **error)
{
  for (guint i = 0; i < model->n_layers; i++)
    if (!read_layer (model, i, file, error)
        || !read_bounds (model, i, file, error))
      return FALSE;
  if (!read_int8 (model, file, error))
    return FALSE;
  return ecbsr_safetensors_check_all_taken (file, error);
}
