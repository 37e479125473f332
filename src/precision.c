// SPDX-License-Identifier: LGPL-2.1-or-later

#include "precision.h"

// The loss that AUTO accepts, dB.
#define ACCEPTABLE_LOSS 0.05

// A more exact precision is worth so much more time.
#define ABOUT_AS_FAST 1.1

const gchar *
ecbsr_precision_to_string (EcbsrPrecision precision)
{
  static const gchar *const names[]
      = { "auto", "float32", "bfloat16", "int8" };

  return names[precision];
}

EcbsrDtype
ecbsr_precision_to_dtype (EcbsrPrecision precision)
{
  static const EcbsrDtype dtypes[]
      = { [ECBSR_PRECISION_FLOAT32] = ECBSR_DTYPE_F32,
          [ECBSR_PRECISION_BFLOAT16] = ECBSR_DTYPE_BF16,
          [ECBSR_PRECISION_INT8] = ECBSR_DTYPE_U8 };

  return dtypes[precision];
}

static gboolean
can_run (const EcbsrPlan *plan, EcbsrPrecision precision)
{
  const EcbsrDtype dtype = ecbsr_precision_to_dtype (precision);

  if (precision == ECBSR_PRECISION_FLOAT32)
    return TRUE;
  if (plan->model->n_layers < 2)
    return FALSE; // the first layer is also the last
  if (precision == ECBSR_PRECISION_INT8 && !plan->model->info.has_int8)
    return FALSE;
  return ecbsr_kernels_find_conv (&plan->kernels, dtype, dtype, 3) != NULL;
}

static gboolean
is_acceptable (const EcbsrModelInfo *info, EcbsrPrecision precision)
{
  gdouble loss = 0;

  if (precision == ECBSR_PRECISION_INT8)
    loss = info->int8_loss;
  if (precision == ECBSR_PRECISION_BFLOAT16)
    loss = info->bfloat16_loss;
  return loss >= 0 && loss <= ACCEPTABLE_LOSS;
}

static gboolean
is_admissible (const EcbsrPlan *plan, EcbsrPrecision precision)
{
  return can_run (plan, precision)
         && is_acceptable (&plan->model->info, precision);
}

static gboolean
is_there_a_choice (const EcbsrPlan *plan)
{
  return is_admissible (plan, ECBSR_PRECISION_BFLOAT16)
         || is_admissible (plan, ECBSR_PRECISION_INT8);
}

EcbsrPrecision
ecbsr_precision_pick (const gdouble cost[ECBSR_N_PRECISIONS])
{
  gdouble least = G_MAXDOUBLE;

  for (guint p = ECBSR_PRECISION_FLOAT32; p < ECBSR_N_PRECISIONS; p++)
    if (cost[p] > 0)
      least = MIN (least, cost[p]);
  // In the order of the enumeration the most exact comes first.
  for (guint p = ECBSR_PRECISION_FLOAT32; p < ECBSR_N_PRECISIONS; p++)
    if (cost[p] > 0 && cost[p] <= ABOUT_AS_FAST * least)
      return p;
  return ECBSR_PRECISION_FLOAT32;
}

// Luma alone, whatever the pictures are: what differs by precision is the network.
static EcbsrPlanConfig
luma_config (const EcbsrPlan *plan, EcbsrPrecision precision)
{
  return (EcbsrPlanConfig){
    .layout = { .color = ECBSR_COLOR_YUV,
                .n_components = 1,
                .component = { { 0, 0, 1, 0, 0 } } },
    .black = 16,
    .white = 235,
    .precision = precision,
    .n_threads = plan->config.n_threads,
  };
}

void
ecbsr_plan_get_precision_costs (const EcbsrPlan *plan,
                                gdouble cost[ECBSR_N_PRECISIONS])
{
  cost[ECBSR_PRECISION_AUTO] = 0;
  for (guint p = ECBSR_PRECISION_FLOAT32; p < ECBSR_N_PRECISIONS; p++)
    {
      const EcbsrPlanConfig config = luma_config (plan, p);
      cost[p] = is_admissible (plan, p) ? ecbsr_model_get_cost (plan->model, &config)
                                        : 0;
    }
}

EcbsrPrecision
ecbsr_precision_choose (const EcbsrPlan *plan)
{
  const EcbsrPrecision wanted = plan->config.precision;
  gdouble cost[ECBSR_N_PRECISIONS];

  if (wanted != ECBSR_PRECISION_AUTO)
    return can_run (plan, wanted) ? wanted : ECBSR_PRECISION_FLOAT32;
  if (!is_there_a_choice (plan))
    return ECBSR_PRECISION_FLOAT32;
  ecbsr_plan_get_precision_costs (plan, cost);
  return ecbsr_precision_pick (cost);
}
