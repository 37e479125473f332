// SPDX-License-Identifier: LGPL-2.1-or-later

#include "model_load.h"

// ECBSR: 1 → c, m × (c → c), c → s²; the input is added at the end. Of three colours:
// 3 → c, …, c → 3·s², where each colour is added to s² of them.
static void
lay_out_ecbsr (EcbsrModel *model)
{
  const EcbsrModelInfo *info = &model->info;
  const guint last = info->n_blocks + 1, c = info->n_channels;

  model->head = ECBSR_HEAD_RESIDUAL;
  model->n_maps = info->n_colors;
  model->n_layers = last + 1;
  model->layers = g_new0 (EcbsrLayer, model->n_layers);
  for (guint i = 0; i <= last; i++)
    model->layers[i] = (EcbsrLayer){
      .kernel_size = 3,
      .n_in = i == 0 ? info->n_colors : c,
      .n_out = i == last ? info->n_colors * info->scale * info->scale : c,
      .activation = i == last ? ECBSR_ACTIVATION_LINEAR : info->activation,
    };
}

// eSR-MAX, -TM, -TR: one convolution to n groups of C maps.
static void
lay_out_esr (EcbsrModel *model, EcbsrHead head, guint n_groups)
{
  const EcbsrModelInfo *info = &model->info;

  model->head = head;
  model->n_maps = info->n_channels;
  model->n_layers = 1;
  model->layers = g_new0 (EcbsrLayer, 1);
  model->layers[0] = (EcbsrLayer){
    .kernel_size = info->kernel_size,
    .n_in = 1,
    .n_out = n_groups * info->n_channels * info->scale * info->scale,
  };
}

static void
lay_out_esr_cnn (EcbsrModel *model)
{
  const EcbsrModelInfo *info = &model->info;

  model->head = ECBSR_HEAD_SELF;
  model->n_maps = info->n_channels;
  model->n_layers = 3;
  model->layers = g_new0 (EcbsrLayer, 3);
  model->layers[0] = (EcbsrLayer){
    .kernel_size = 5,
    .n_in = 1,
    .n_out = info->depth,
    .activation = info->activation,
  };
  model->layers[1] = (EcbsrLayer){
    .kernel_size = 3,
    .n_in = info->depth,
    .n_out = info->squeeze,
    .activation = info->activation,
  };
  model->layers[2] = (EcbsrLayer){
    .kernel_size = 3,
    .n_in = info->squeeze,
    .n_out = 2 * info->n_channels * info->scale * info->scale,
  };
}

// ------------------------------------------------------------------ tensors --

static gchar *
name_layer (const EcbsrModel *model, guint i)
{
  switch (model->info.architecture)
    {
    case ECBSR_ARCHITECTURE_ECBSR:
      return g_strdup_printf ("backbone.%u", i);
    case ECBSR_ARCHITECTURE_ESR_CNN:
      return g_strdup_printf ("filter.%u", 2 * i); // between them tanh
    default:
      return g_strdup ("filter");
    }
}

static void
name_tensor (EcbsrStored *stored, const gchar *layer, const gchar *part)
{
  g_snprintf (stored->name, sizeof stored->name, "%s.%s", layer, part);
}

guint
ecbsr_model_list_stored (EcbsrModel *model, guint i,
                         EcbsrStored *stored)
{
  const gboolean ecbsr = model->info.architecture == ECBSR_ARCHITECTURE_ECBSR;
  EcbsrLayer *layer = &model->layers[i];
  const guint k = layer->kernel_size, n_out = layer->n_out;
  g_autofree gchar *name = name_layer (model, i);
  guint n = 0;

  stored[n]
      = (EcbsrStored){ "", { n_out, layer->n_in, k, k }, 4, &layer->weight };
  name_tensor (&stored[n++], name, ecbsr ? "conv3x3.weight" : "weight");
  if (ecbsr || i + 1 < model->n_layers) // edge-SR: the last one has no bias
    {
      stored[n] = (EcbsrStored){ "", { n_out }, 1, &layer->bias };
      name_tensor (&stored[n++], name, ecbsr ? "conv3x3.bias" : "bias");
    }
  if (layer->activation == ECBSR_ACTIVATION_PRELU)
    {
      stored[n] = (EcbsrStored){ "", { n_out }, 1, &layer->slope };
      name_tensor (&stored[n++], name, "act.weight");
    }
  return n;
}

guint
ecbsr_model_list_bounds (EcbsrModel *model, guint i, EcbsrStored *stored)
{
  EcbsrLayer *layer = &model->layers[i];
  g_autofree gchar *name = name_layer (model, i);

  stored[0] = (EcbsrStored){ "", { layer->n_out }, 1, &layer->minimum };
  stored[1] = (EcbsrStored){ "", { layer->n_out }, 1, &layer->maximum };
  name_tensor (&stored[0], name, "minimum");
  name_tensor (&stored[1], name, "maximum");
  return 2;
}

static void
list_int8 (EcbsrStored *stored, const gchar *layer, const gchar *part, guint n,
           gfloat **values)
{
  *stored = (EcbsrStored){ "", { n }, 1, values };
  g_snprintf (stored->name, sizeof stored->name, "int8.%s.%s", layer, part);
}

guint
ecbsr_model_list_int8 (EcbsrModel *model, guint i,
                       EcbsrStored *stored)
{
  EcbsrLayer *layer = &model->layers[i];
  const guint k = layer->kernel_size, n_out = layer->n_out;
  g_autofree gchar *name = name_layer (model, i);

  if (i == 0)
    return 0;
  list_int8 (&stored[0], name, "weight", n_out, &layer->q_weight);
  stored[0].n_dims = 4;
  stored[0].shape[1] = layer->n_in;
  stored[0].shape[2] = stored[0].shape[3] = k;
  stored[0].bytes = TRUE;
  list_int8 (&stored[1], name, "weight_scale", n_out, &layer->q_scale);
  list_int8 (&stored[2], name, "bias", n_out, &layer->q_bias);
  list_int8 (&stored[3], name, "input_scale", 1, &layer->q_input_scale);
  list_int8 (&stored[4], name, "input_zero", layer->n_in, &layer->q_input_zero);
  stored[4].bytes = stored[4].optional = TRUE;
  return 5;
}

guint
ecbsr_model_list_all (EcbsrModel *model, guint i,
                      EcbsrStored *stored)
{
  guint n = ecbsr_model_list_stored (model, i, stored);

  if (model->layers[i].minimum)
    n += ecbsr_model_list_bounds (model, i, stored + n);
  if (model->info.has_int8)
    n += ecbsr_model_list_int8 (model, i, stored + n);
  return n;
}

// ------------------------------------------------------------------- counts --

static guint
count_parameters (EcbsrModel *model, guint i)
{
  EcbsrStored stored[ECBSR_MAX_STORED];
  const guint n_stored = ecbsr_model_list_stored (model, i, stored);
  guint sum = 0;

  for (guint j = 0; j < n_stored; j++)
    {
      guint n = 1;

      for (guint dim = 0; dim < stored[j].n_dims; dim++)
        n *= stored[j].shape[dim];
      sum += n;
    }
  return sum;
}

static void
count (EcbsrModel *model)
{
  EcbsrModelInfo *info = &model->info;

  for (guint i = 0; i < model->n_layers; i++)
    {
      const EcbsrLayer *layer = &model->layers[i];
      const guint k = layer->kernel_size;

      info->n_macs_per_pixel += k * k * layer->n_in * layer->n_out;
      info->n_parameters += count_parameters (model, i);
      info->radius += k / 2;
    }
}

void
ecbsr_model_lay_out (EcbsrModel *model)
{
  switch (model->info.architecture)
    {
    case ECBSR_ARCHITECTURE_ESR_MAX:
      lay_out_esr (model, ECBSR_HEAD_MAX, 1);
      break;
    case ECBSR_ARCHITECTURE_ESR_TM:
      lay_out_esr (model, ECBSR_HEAD_TEMPLATE, 2);
      break;
    case ECBSR_ARCHITECTURE_ESR_TR:
      lay_out_esr (model, ECBSR_HEAD_TRANSFORMER, 3);
      break;
    case ECBSR_ARCHITECTURE_ESR_CNN:
      lay_out_esr_cnn (model);
      break;
    default:
      lay_out_ecbsr (model);
    }
  count (model);
}
