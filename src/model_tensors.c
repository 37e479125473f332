// SPDX-License-Identifier: LGPL-2.1-or-later

#include "model_load.h"

#include "error.h"

static gboolean
read_layer (EcbsrModel *model, guint i, EcbsrSafetensors *file, GError **error)
{
  EcbsrLayer *layer = &model->layers[i];
  EcbsrStored stored[ECBSR_MAX_STORED];
  const guint n_stored = ecbsr_model_list_stored (model, i, stored);

  for (guint j = 0; j < n_stored; j++)
    {
      *stored[j].values = ecbsr_safetensors_take (
          file, stored[j].name, stored[j].shape, stored[j].n_dims, error);
      if (!*stored[j].values)
        return FALSE;
    }
  if (!layer->bias)
    layer->bias = g_try_new0 (gfloat, layer->n_out);
  if (!layer->bias)
    return ecbsr_lack_memory (error, layer->n_out * sizeof *layer->bias, "bias")
           != NULL;
  return !model->info.training_form
         || ecbsr_model_fold_branches (model, i, file, error);
}

gboolean
ecbsr_model_read_tensors (EcbsrModel *model, EcbsrSafetensors *file,
                          GError **error)
{
  for (guint i = 0; i < model->n_layers; i++)
    if (!read_layer (model, i, file, error))
      return FALSE;
  return ecbsr_safetensors_check_all_taken (file, error);
}
