// SPDX-License-Identifier: LGPL-2.1-or-later

#include "model_load.h"

#include "file.h"

static EcbsrModel *
new_model (void)
{
  EcbsrModel *model = g_new0 (EcbsrModel, 1);

  g_atomic_ref_count_init (&model->ref_count);
  return model;
}

static EcbsrModel *
load (GBytes *bytes, GError **error)
{
  g_autoptr (EcbsrSafetensors) file = ecbsr_safetensors_new (bytes, error);
  g_autoptr (EcbsrModel) model = NULL;

  if (!file)
    return NULL;
  model = new_model ();
  model->metadata = ecbsr_safetensors_dup_metadata (file);
  if (!ecbsr_model_read_metadata (model, error))
    return NULL;
  ecbsr_model_lay_out (model);
  if (!ecbsr_model_read_tensors (model, file, error))
    return NULL;
  model->info.sha256 = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  return g_steal_pointer (&model);
}

EcbsrModel *
ecbsr_model_new_from_bytes (GBytes *bytes, const gchar *origin, GError **error)
{
  EcbsrModel *model;

  g_return_val_if_fail (bytes != NULL && origin != NULL, NULL);

  model = load (bytes, error);
  if (!model)
    g_prefix_error (error, "%s: ", origin);
  return model;
}

EcbsrModel *
ecbsr_model_open (const gchar *path, GError **error)
{
  g_autofree gchar *name = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  name = g_filename_display_name (path);
  bytes = ecbsr_file_read (path, ECBSR_MAX_FILE_SIZE, error);
  if (!bytes)
    {
      g_prefix_error (error, "%s: ", name);
      return NULL;
    }
  return ecbsr_model_new_from_bytes (bytes, name, error);
}

EcbsrModel *
ecbsr_model_new_cubic (guint scale)
{
  EcbsrModel *model;

  g_return_val_if_fail (scale >= 1 && scale <= 4, NULL);

  model = new_model ();
  model->metadata = g_new0 (gchar *, 1);
  model->info = (EcbsrModelInfo){
    .architecture = ECBSR_ARCHITECTURE_CUBIC,
    .scale = scale,
    .n_colors = 1,
    .white = 1,
    .radius = 2, // four taps
    .bfloat16_loss = -1,
    .int8_loss = -1,
    .overshoot = -1,
    .name = "bicubic",
    .licence = "",
    .trained_on = "",
    .content = "",
    .sha256 = g_strdup (""),
  };
  return model;
}

EcbsrModel *
ecbsr_model_ref (EcbsrModel *model)
{
  g_return_val_if_fail (model != NULL, NULL);

  g_atomic_ref_count_inc (&model->ref_count);
  return model;
}

static void
free_model (EcbsrModel *model)
{
  for (guint i = 0; i < model->n_layers; i++)
    {
      g_free (model->layers[i].weight);
      g_free (model->layers[i].bias);
      g_free (model->layers[i].slope);
      g_free (model->layers[i].minimum);
      g_free (model->layers[i].maximum);
      g_free (model->layers[i].q_weight);
      g_free (model->layers[i].q_scale);
      g_free (model->layers[i].q_bias);
      g_free (model->layers[i].q_input_scale);
      g_free (model->layers[i].q_input_zero);
    }
  g_free (model->layers);
  g_free ((gchar *) model->info.sha256);
  g_strfreev (model->metadata);
  g_free (model);
}

void
ecbsr_model_unref (EcbsrModel *model)
{
  g_return_if_fail (model != NULL);

  if (g_atomic_ref_count_dec (&model->ref_count))
    free_model (model);
}

const EcbsrModelInfo *
ecbsr_model_get_info (const EcbsrModel *model)
{
  g_return_val_if_fail (model != NULL, NULL);

  return &model->info;
}

const gchar *const *
ecbsr_model_get_metadata (const EcbsrModel *model)
{
  g_return_val_if_fail (model != NULL, NULL);

  return (const gchar *const *) model->metadata;
}
