// SPDX-License-Identifier: LGPL-2.1-or-later
//
// For a network of three colours: from components to what it sees, and back.

#include "plan.h"

#include <math.h>

#define INVALID(error, ...)                                                    \
  (g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID, __VA_ARGS__), FALSE)

// ---------------------------------------------------------------- colours --

// R, G and B, from 0 to 1, of luma from 0 to 1 and chroma from -½ to ½; and back.
static void
set_standard (const gdouble k[3], gdouble to_rgb[3][3], gdouble from_rgb[3][3])
{
  const gdouble red = 2 * (1 - k[0]), blue = 2 * (1 - k[2]);

  for (guint i = 0; i < 3; i++)
    {
      to_rgb[i][0] = 1;
      from_rgb[0][i] = k[i];
      from_rgb[1][i] = ((i == 2) - k[i]) / blue;
      from_rgb[2][i] = ((i == 0) - k[i]) / red;
    }
  to_rgb[0][1] = to_rgb[2][2] = 0;
  to_rgb[0][2] = red;
  to_rgb[2][1] = blue;
  to_rgb[1][1] = -blue * k[2] / k[1];
  to_rgb[1][2] = -red * k[0] / k[1];
}

// With the ranges of samples, and of what the network sees.
static void
init_matrices (EcbsrPlan *plan)
{
  const EcbsrPlanConfig *config = &plan->config;
  const EcbsrModelInfo *info = &plan->model->info;
  const gdouble net_span = info->white - info->black;
  const gdouble span[]
      = { config->white - config->black, config->chroma_span, config->chroma_span };
  const gdouble zero[]
      = { config->black, config->chroma_zero, config->chroma_zero };
  gdouble to_rgb[3][3], from_rgb[3][3];

  set_standard (config->luma_weight, to_rgb, from_rgb);
  for (guint i = 0; i < 3; i++)
    {
      gdouble to_bias = info->black, from_bias = zero[i];

      for (guint c = 0; c < 3; c++)
        {
          const gdouble to = to_rgb[i][c] * net_span / span[c];
          const gdouble from = from_rgb[i][c] * span[i] / net_span;

          plan->yuv_to_net.weight[i][c] = (gfloat) to;
          plan->yuv_from_net.weight[i][c] = (gfloat) from;
          to_bias -= to * zero[c];
          from_bias -= from * info->black;
        }
      plan->yuv_to_net.bias[i] = (gfloat) to_bias;
      plan->yuv_from_net.bias[i] = (gfloat) from_bias;
    }
}

static gboolean
check_colors (const EcbsrPlanConfig *config, GError **error)
{
  const gdouble *k = config->luma_weight;

  if (!(k[0] < 1 && k[1] > 0 && k[2] < 1))
    return INVALID (error, "luma of %g R + %g G + %g B leaves no chroma", k[0],
                    k[1], k[2]);
  if (config->layout.n_components > 1
      && !(isfinite (config->chroma_zero) && fabs (config->chroma_zero) <= 65536
           && config->chroma_span >= 1e-3 && config->chroma_span <= 65536))
    return INVALID (error, "chroma of %g about %g is no range",
                    config->chroma_span, config->chroma_zero);
  return TRUE;
}

// ----------------------------------------------------------------- chroma --

static void
normalise (ChromaFilter *filter)
{
  gdouble sum = 0;

  for (guint i = 0; i < filter->n; i++)
    sum += filter->tap[i];
  for (guint i = 0; i < filter->n; i++)
    filter->tap[i] = (gfloat) (filter->tap[i] / sum);
}

// Ends that the cubic takes nothing of are left out.
static void
set_cubic (ChromaFilter *filter, gdouble at)
{
  const gint size = (gint) filter->size, middle = (gint) floor (at);

  for (gint i = middle - 2 * size; i <= middle + 2 * size; i++)
    {
      const gdouble weight = ecbsr_cubic_weight ((i + 0.5 - at) / size);

      if (filter->n == 0)
        filter->first = i;
      if (weight != 0)
        {
          filter->n = (guint) (i - filter->first) + 1;
          filter->tap[filter->n - 1] = (gfloat) weight;
        }
    }
}

static void
set_mean (ChromaFilter *filter)
{
  filter->n = filter->size;
  for (guint i = 0; i < filter->n; i++)
    filter->tap[i] = 1;
}

// Of what lies around `at`, where pixel i lies at i + ½. In the middle of its cell it is
// the mean of its pixels that comes closest to them when chroma is upscaled again, on
// a pixel or beside the middle the cubic as wide as a cell, by a dB.
static gboolean
init_down (ChromaFilter *filter, guint sub, gdouble at)
{
  *filter = (ChromaFilter){ .size = 1u << sub };
  if (!(fabs (at - filter->size / 2.0) <= 2))
    return FALSE;
  if (at == filter->size / 2.0)
    set_mean (filter);
  else
    set_cubic (filter, at);
  normalise (filter);
  return TRUE;
}

// Whether a cell's sample is that of its one pixel.
static gboolean
is_pixel (const ChromaFilter *filter)
{
  return filter->size == 1 && filter->n == 1 && filter->first == 0;
}

// Input pixels beyond a cell, at either side.
static guint
count_beside (const ChromaFilter *filter, guint scale)
{
  const gint before = -filter->first;
  const gint after = filter->first + (gint) (filter->n - filter->size);

  return ecbsr_div_up ((guint) MAX (0, MAX (before, after)), scale);
}

// Rows of a field are told from each other by where they lie in the whole picture.
static gboolean
init_chroma (EcbsrPlan *plan, GError **error)
{
  const EcbsrPlanConfig *config = &plan->config;
  const guint w_sub = config->layout.component[1].w_sub;
  const guint h_sub = config->layout.component[1].h_sub;
  const gdouble in_x = w_sub ? config->chroma_offset_x : 0.5;
  const gdouble in_y = h_sub ? config->chroma_offset_y : 0.5;
  const gdouble luma = ecbsr_plan_row_offset (config->field, 0.5);
  const gdouble out_y
      = ecbsr_plan_row_offset (config->field, in_y + config->chroma_shift_y);
  const gdouble out_x = in_x + config->chroma_shift_x;

  ecbsr_cubic_init (&plan->chroma_x, 1u << w_sub, in_x, 0.5);
  ecbsr_cubic_init (&plan->chroma_y, 1u << h_sub,
                    ecbsr_plan_row_offset (config->field, in_y), luma);
  if (init_down (&plan->down_x, w_sub, out_x * (1u << w_sub))
      && init_down (&plan->down_y, h_sub, out_y * (1u << h_sub) - luma + 0.5))
    {
      plan->joins_chroma = !is_pixel (&plan->down_x) || !is_pixel (&plan->down_y);
      plan->beside_x = count_beside (&plan->down_x, plan->scale);
      plan->beside_y = count_beside (&plan->down_y, plan->scale);
      return TRUE;
    }
  return INVALID (error, "chroma moved by (%g, %g) leaves its cell, which a network "
                         "of three colours does not reach beyond",
                  config->chroma_shift_x, config->chroma_shift_y);
}

static gboolean
check_planes (const EcbsrPlan *plan, GError **error)
{
  const EcbsrLayout *layout = &plan->config.layout;

  if (layout->component[1].w_sub == layout->component[2].w_sub
      && layout->component[1].h_sub == layout->component[2].h_sub)
    return TRUE;
  return INVALID (error, "U and V are subsampled in different ways");
}

gboolean
ecbsr_plan_init_colors (EcbsrPlan *plan, GError **error)
{
  const EcbsrLayout *layout = &plan->config.layout;

  if (!ecbsr_plan_has_colors (plan) || layout->color == ECBSR_COLOR_RGB)
    return TRUE;
  if (!check_colors (&plan->config, error))
    return FALSE;
  if (layout->n_components == 1)
    {
      plan->config.chroma_zero = 0;
      plan->config.chroma_span = 1;
    }
  init_matrices (plan);
  return layout->n_components == 1
         || (check_planes (plan, error) && init_chroma (plan, error));
}
