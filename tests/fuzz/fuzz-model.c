// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libFuzzer target: any bytes as a model file. Either they are a model, all of
// whose values are numbers, or there is an error that says so in readable text.

#include "model.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
require (gboolean condition)
{
  if (!condition)
    abort ();
}

static void
require_finite (const gfloat *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    require (isfinite (values[i]));
}

static void
check_model (const EcbsrModel *model)
{
  require (model->n_layers > 0);
  require (model->info.scale >= 2 && model->info.scale <= 4);
  for (guint i = 0; i < model->n_layers; i++)
    {
      const EcbsrLayer *layer = &model->layers[i];
      const guint k = layer->kernel_size;

      require_finite (layer->weight,
                      (gsize) layer->n_out * layer->n_in * k * k);
      require_finite (layer->bias, layer->n_out);
      if (layer->slope)
        require_finite (layer->slope, layer->n_out);
      require (i == 0 || layer->n_in == model->layers[i - 1].n_out);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrModel) model
      = ecbsr_model_new_from_bytes (bytes, "input", &error);

  require ((model == NULL) == (error != NULL));
  if (model)
    check_model (model);
  else
    require (error->domain == ECBSR_ERROR
             && g_utf8_validate (error->message, -1, NULL));
  return 0;
}
