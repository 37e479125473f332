// SPDX-License-Identifier: LGPL-2.1-or-later
//
// libFuzzer target: any bytes as a model file. Either they are a model, all of
// whose values are numbers and which upscales a picture in every precision, or there
// is an error that says so in readable text.

#include "model.h"
#include "scratch.h"

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
  for (gsize i = 0; values && i < n; i++)
    require (isfinite (values[i]));
}

static void
check_int8 (const EcbsrLayer *layer)
{
  const gsize n_weights = (gsize) layer->n_out * layer->n_in * layer->kernel_size
                          * layer->kernel_size;

  require_finite (layer->q_weight, n_weights);
  require_finite (layer->q_scale, layer->n_out);
  require_finite (layer->q_bias, layer->n_out);
  require_finite (layer->q_input_scale, 1);
  require_finite (layer->q_input_zero, layer->n_in);
}

static void
check_info (const EcbsrModel *model)
{
  const EcbsrModelInfo *info = &model->info;
  const gboolean ecbsr = info->architecture == ECBSR_ARCHITECTURE_ECBSR;

  require (info->scale >= (ecbsr ? 1 : 2) && info->scale <= 4);
  require (info->n_colors == 1 || (ecbsr && info->n_colors == 3));
  require (isfinite (info->black) && isfinite (info->white)
           && info->black < info->white);
  require (info->overshoot <= 1);
  require (model->n_layers > 0 && model->n_layers <= ECBSR_MAX_LAYERS);
  require (model->layers[0].n_in == info->n_colors);
  if (ecbsr)
    require (model->layers[model->n_layers - 1].n_out
             == info->n_colors * info->scale * info->scale);
}

static void
check_model (const EcbsrModel *model)
{
  check_info (model);
  for (guint i = 0; i < model->n_layers; i++)
    {
      const EcbsrLayer *layer = &model->layers[i];
      const guint k = layer->kernel_size;

      require_finite (layer->weight,
                      (gsize) layer->n_out * layer->n_in * k * k);
      require_finite (layer->bias, layer->n_out);
      require_finite (layer->slope, layer->n_out);
      require_finite (layer->minimum, layer->n_out);
      require_finite (layer->maximum, layer->n_out);
      check_int8 (layer);
      require (i == 0 || layer->n_in == model->layers[i - 1].n_out);
    }
}

// 5x3, 4:2:0, in planes of a size of their own, so that a sanitizer sees what goes
// beyond them. The values are of no matter.
static void
upscale (EcbsrModel *model, EcbsrPrecision precision)
{
  const guint scale = model->info.scale, width = 5, height = 3;
  const EcbsrPlanConfig config = {
    .width = width,
    .height = height,
    .layout = { .color = ECBSR_COLOR_YUV,
                .n_components = 3,
                .component = { { 0, 0, 1, 0, 0 },
                               { 1, 0, 1, 1, 1 },
                               { 2, 0, 1, 1, 1 } } },
    .black = 16,
    .white = 235,
    .luma_weight = { 0.2126, 0.7152, 0.0722 },
    .chroma_zero = 128,
    .chroma_span = 224,
    .chroma_offset_x = 0.25,
    .chroma_offset_y = 0.5,
    .precision = precision,
    .n_threads = 1,
  };
  const EcbsrRunParams params = { .strength = 1 };
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, NULL);
  EcbsrPicture in, out;

  require (plan != NULL);
  for (guint p = 0; p < 3; p++)
    {
      const guint sub = p > 0;
      const guint out_width = (width * scale + sub) >> sub;

      in.stride[p] = (width + sub) >> sub;
      in.plane[p] = g_malloc0 (in.stride[p] * ((height + sub) >> sub));
      out.stride[p] = out_width;
      out.plane[p] = g_malloc (out_width * ((height * scale + sub) >> sub));
    }
  ecbsr_plan_run (plan, &in, &out, &params);
  for (guint p = 0; p < 3; p++)
    {
      g_free (in.plane[p]);
      g_free (out.plane[p]);
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
    {
      check_model (model);
      for (guint i = ECBSR_PRECISION_FLOAT32; i < ECBSR_N_PRECISIONS; i++)
        upscale (model, (EcbsrPrecision) i);
    }
  else
    require (error->domain == ECBSR_ERROR
             && g_utf8_validate (error->message, -1, NULL));
  return 0;
}
