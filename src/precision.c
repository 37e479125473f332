// SPDX-License-Identifier: LGPL-2.1-or-later

#include "precision.h"
#include "cost.h"

#include <string.h>

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

// ----------------------------------------------------------------------- costs --

typedef struct
{
  gdouble cost[ECBSR_N_PRECISIONS]; // 0: may not be taken
} Costs;

static GMutex known_lock;
static GHashTable *known; // Costs by shape and candidates; under the lock

static guint
list_candidates (const EcbsrPlan *plan, EcbsrPrecision list[ECBSR_N_PRECISIONS])
{
  guint n = 0;

  for (guint p = ECBSR_PRECISION_FLOAT32; p < ECBSR_N_PRECISIONS; p++)
    if (is_admissible (plan, p))
      list[n++] = p;
  return n;
}

static gchar *
make_key (const EcbsrPlan *plan, const EcbsrPrecision *list, guint n)
{
  GString *key = g_string_new (NULL);

  ecbsr_cost_describe (key, plan->model);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (key, " %d", list[i]);
  return g_string_free (key, FALSE);
}

static gboolean
look_up (const gchar *key, Costs *costs)
{
  const Costs *found;

  g_mutex_lock (&known_lock);
  found = known ? g_hash_table_lookup (known, key) : NULL;
  if (found)
    *costs = *found;
  g_mutex_unlock (&known_lock);
  return found != NULL;
}

// Where another thread has measured the same meanwhile, its figures stand: there may be
// plans by them already, and all plans of a network are to give the same bits.
static void
remember (const gchar *key, Costs *costs)
{
  const Costs *found;

  g_mutex_lock (&known_lock);
  if (!known)
    known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  found = g_hash_table_lookup (known, key);
  if (found)
    *costs = *found;
  else
    g_hash_table_insert (known, g_strdup (key), g_memdup2 (costs, sizeof *costs));
  g_mutex_unlock (&known_lock);
}

void
ecbsr_plan_get_precision_costs (const EcbsrPlan *plan,
                                gdouble cost[ECBSR_N_PRECISIONS])
{
  EcbsrPrecision list[ECBSR_N_PRECISIONS];
  const guint n = list_candidates (plan, list);
  g_autofree gchar *key = make_key (plan, list, n);
  gdouble measured[ECBSR_N_PRECISIONS];
  Costs costs = { { 0 } };

  if (!look_up (key, &costs)
      && ecbsr_cost_compare (plan->model, list, n, measured))
    {
      for (guint i = 0; i < n; i++)
        costs.cost[list[i]] = measured[i];
      remember (key, &costs);
    }
  memcpy (cost, costs.cost, sizeof costs.cost);
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
