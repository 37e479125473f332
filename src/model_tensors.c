// SPDX-License-Identifier: LGPL-2.1-or-later

#include "model_load.h"

#include "error.h"

static gboolean
take_all (EcbsrSafetensors *file, const EcbsrStored *stored, guint n_stored,
          GError **error)
{
  for (guint j = 0; j < n_stored; j++)
    {
      const EcbsrStored *s = &stored[j];

      *s->values
          = s->bytes ? ecbsr_safetensors_take_bytes (file, s->name, s->shape,
                                                     s->n_dims, error)
                     : ecbsr_safetensors_take (file, s->name, s->shape,
                                               s->n_dims, error);
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
  return TRUE;
}

gboolean
ecbsr_model_read_tensors (EcbsrModel *model, EcbsrSafetensors *file,
                          GError **error)
{
  for (guint i = 0; i < model->n_layers; i++)
    if (!read_layer (model, i, file, error))
      return FALSE;
  if (!read_int8 (model, file, error))
    return FALSE;
  return ecbsr_safetensors_check_all_taken (file, error);
}
