// SPDX-License-Identifier: LGPL-2.1-or-later

#include "groups.h"

gint64
ecbsr_group_begin (const PlanLayer *layer, gint64 y)
{
  const gint64 rest = (y - layer->phase) % layer->group;

  return y - rest - (rest < 0 ? layer->group : 0);
}

gint64
ecbsr_groups_find_first (const EcbsrPlan *plan, gint64 y, gint64 *first)
{
  for (guint l = plan->model->n_layers; l-- > 0;)
    {
      first[l] = ecbsr_group_begin (&plan->layers[l], y);
      y = first[l] - plan->layers[l].conv.kernel_size / 2;
    }
  return y;
}

void
ecbsr_groups_init (EcbsrPlan *plan)
{
  const guint n_layers = plan->model->n_layers;
  guint group = 1, after = plan->radius;
  gint64 first[ECBSR_MAX_LAYERS];

  for (guint l = 0; l < n_layers; l++)
    {
      PlanLayer *layer = &plan->layers[l];
      if (layer->run_group)
        group = ECBSR_WINO_ROWS;
      after -= layer->conv.kernel_size / 2;
      layer->group = group;
      layer->phase = after % group;
    }
  // The last layer's groups begin at row 0: its last row looks farthest up, its
  // first farthest down.
  plan->rows_above = plan->rows_below = plan->radius + group - 1;
  if (n_layers > 0)
    plan->rows_above
        = (guint) (group - 1 - ecbsr_groups_find_first (plan, 0, first));
}
