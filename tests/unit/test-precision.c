// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How AUTO chooses, by given costs, and what it measures.

#include "plan-models.h"
#include "precision.h"

typedef struct
{
  const gchar *name;
  gdouble float32, bfloat16, int8; // 0: may not be taken
  EcbsrPrecision want;
} Case;

static const Case cases[] = {
  { "none", 0, 0, 0, ECBSR_PRECISION_FLOAT32 },
  { "float32-alone", 10, 0, 0, ECBSR_PRECISION_FLOAT32 },
  { "bfloat16-slower", 10, 14, 0, ECBSR_PRECISION_FLOAT32 },
  { "bfloat16-faster", 10, 6, 0, ECBSR_PRECISION_BFLOAT16 },
  { "int8-fastest", 10, 6, 3, ECBSR_PRECISION_INT8 },
  { "int8-alone", 10, 0, 3, ECBSR_PRECISION_INT8 },
  { "int8-slowest", 10, 6, 20, ECBSR_PRECISION_BFLOAT16 },
  { "all-alike", 10.9, 10.5, 10, ECBSR_PRECISION_FLOAT32 },
  { "int8-and-bfloat16-alike", 20, 10.9, 10, ECBSR_PRECISION_BFLOAT16 },
  { "by-more-than-a-tenth", 11.1, 0, 10, ECBSR_PRECISION_INT8 },
  { "no-memory-for-float32", 0, 6, 7, ECBSR_PRECISION_BFLOAT16 },
};

static void
test_pick (gconstpointer data)
{
  const Case *c = data;
  const gdouble cost[ECBSR_N_PRECISIONS] = { 0, c->float32, c->bfloat16, c->int8 };

  g_assert_cmpint (ecbsr_precision_pick (cost), ==, c->want);
}

static EcbsrPlanConfig
grey_config (guint n_threads)
{
  return (EcbsrPlanConfig){
    .width = 64,
    .height = 48,
    .layout = { .color = ECBSR_COLOR_YUV,
                .n_components = 1,
                .component = { { 0, 0, 1, 0, 0 } } },
    .black = 16,
    .white = 235,
    .n_threads = n_threads,
  };
}

// What is admissible has a cost, which stays the same, and AUTO goes by it.
static void
test_measured (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  const EcbsrPlanConfig config = grey_config (1);
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, NULL);
  gdouble cost[ECBSR_N_PRECISIONS], again[ECBSR_N_PRECISIONS];

  g_assert_nonnull (plan);
  ecbsr_plan_get_precision_costs (plan, cost);
  ecbsr_plan_get_precision_costs (plan, again);
  g_assert_cmpfloat (cost[ECBSR_PRECISION_FLOAT32], >, 0);
  for (guint p = 0; p < ECBSR_N_PRECISIONS; p++)
    g_assert_cmpfloat (cost[p], ==, again[p]);
  g_assert_cmpint (ecbsr_plan_get_precision (plan), ==, ecbsr_precision_pick (cost));
}

// One measurement for all networks of one shape; another one for other threads.
static void
test_shapes (void)
{
  g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (2);
  g_autoptr (EcbsrModel) same = ecbsr_model_new_cubic (2);
  const EcbsrPlanConfig one = grey_config (1), two = grey_config (2);
  const gdouble cost = ecbsr_model_get_cost (cubic, &one);

  g_assert_cmpfloat (cost, >, 0);
  g_assert_cmpfloat (ecbsr_model_get_cost (same, &one), ==, cost);
  g_assert_cmpfloat (ecbsr_model_get_cost (same, &two), >, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree gchar *path = g_strdup_printf ("/precision/pick/%s", cases[i].name);
      g_test_add_data_func (path, &cases[i], test_pick);
    }
  g_test_add_func ("/precision/cost/measured", test_measured);
  g_test_add_func ("/precision/cost/shapes", test_shapes);
  return g_test_run ();
}
