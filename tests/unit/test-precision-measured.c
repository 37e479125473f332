// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What AUTO measures, when, and what it makes of it: on a clock of the test's own, which
// only pictures move on, by what each precision is said to cost. The linker puts the
// functions below in front of the real ones (--wrap).

#include "model.h"
#include "plan-models.h"
#include "plan.h"

#include <time.h>

static struct
{
  GMutex lock;
  GCond changed;
  gdouble ns; // the time
  gdouble cost[ECBSR_N_PRECISIONS]; // of a pixel, ns
  guint n_runs;
  gint until_slow; // so many runs until one is disturbed; -1: none is
  gdouble slow_by; // so much longer that one takes
  GThread *held;   // whose runs wait
  gboolean waits;
} machine;

int __wrap_clock_gettime (clockid_t clock, struct timespec *now);
void __wrap_ecbsr_plan_run (EcbsrPlan *plan, const EcbsrPicture *in,
                            const EcbsrPicture *out, const EcbsrRunParams *params);

int
__wrap_clock_gettime (clockid_t clock, struct timespec *now)
{
  g_mutex_lock (&machine.lock);
  now->tv_sec = (time_t) (machine.ns / 1e9);
  now->tv_nsec = (glong) (machine.ns - 1e9 * (gdouble) now->tv_sec);
  g_mutex_unlock (&machine.lock);
  return 0;
}

void
__wrap_ecbsr_plan_run (EcbsrPlan *plan, const EcbsrPicture *in, const EcbsrPicture *out,
                       const EcbsrRunParams *params)
{
  gdouble cost;

  g_mutex_lock (&machine.lock);
  cost = machine.cost[ecbsr_plan_get_precision (plan)];
  if (machine.until_slow == 0)
    cost *= machine.slow_by;
  if (machine.until_slow >= 0)
    machine.until_slow--;
  machine.n_runs++;
  machine.ns += cost * plan->config.width * plan->config.height;
  while (machine.held == g_thread_self ())
    {
      machine.waits = TRUE;
      g_cond_broadcast (&machine.changed);
      g_cond_wait (&machine.changed, &machine.lock);
    }
  g_mutex_unlock (&machine.lock);
}

static void
set_costs (gdouble float32, gdouble bfloat16, gdouble int8)
{
  g_mutex_lock (&machine.lock);
  machine.cost[ECBSR_PRECISION_FLOAT32] = float32;
  machine.cost[ECBSR_PRECISION_BFLOAT16] = bfloat16;
  machine.cost[ECBSR_PRECISION_INT8] = int8;
  machine.n_runs = 0;
  machine.until_slow = -1;
  machine.slow_by = 50;
  g_mutex_unlock (&machine.lock);
}

// --------------------------------------------------------------------- models --

// A network that can do all three, of a shape that no other call has had: what is
// known of a shape stays known in a process.
static EcbsrModel *
new_model (gdouble bfloat16_loss, gdouble int8_loss)
{
  static guint n_models;
  g_autofree gchar *path = g_build_filename (
      g_getenv ("ECBSR_GOLDEN"), "int8-ecbsr-x4-m1c10-prelu.safetensors", NULL);
  g_autoptr (GError) error = NULL;
  EcbsrModel *model = ecbsr_model_open (path, &error);

  g_assert_no_error (error);
  g_assert_true (model->info.has_int8);
  model->info.bfloat16_loss = bfloat16_loss;
  model->info.int8_loss = int8_loss;
  model->n_maps = ++n_models; // of a head that has none
  return model;
}

static EcbsrPrecision
choose (EcbsrModel *model, guint n_threads)
{
  const EcbsrPlanConfig config = {
    .width = 64,
    .height = 300,
    .layout = { .n_components = 1, .component = { { .pixel_stride = 1 } } },
    .black = 16,
    .white = 235,
    .n_threads = n_threads,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, &error);

  g_assert_no_error (error);
  return ecbsr_plan_get_precision (plan);
}

// ---------------------------------------------------------------------- tests --

typedef struct
{
  const gchar *name;
  gdouble float32, bfloat16, int8; // ns a pixel
  gdouble bfloat16_loss, int8_loss;
  EcbsrPrecision want;
} Case;

static const Case cases[] = {
  { "int8", 30, 20, 5, 0.01, 0.02, ECBSR_PRECISION_INT8 },
  { "slow-bfloat16", 20, 38, 0, 0.01, -1, ECBSR_PRECISION_FLOAT32 },
  { "fast-bfloat16", 38, 20, 0, 0.01, -1, ECBSR_PRECISION_BFLOAT16 },
  { "slow-int8", 20, 30, 40, 0.01, 0.02, ECBSR_PRECISION_FLOAT32 },
  { "lossy-int8", 30, 20, 5, 0.01, 0.051, ECBSR_PRECISION_BFLOAT16 },
  { "just-not-lossy", 30, 20, 5, 0.01, 0.05, ECBSR_PRECISION_INT8 },
  { "unmeasured-losses", 30, 20, 5, -1, -1, ECBSR_PRECISION_FLOAT32 },
  { "about-as-fast", 10.9, 10, 10, 0.01, 0.02, ECBSR_PRECISION_FLOAT32 },
  { "a-little-faster", 11.2, 10, 10, 0.01, 0.02, ECBSR_PRECISION_BFLOAT16 },
};

static void
test_choice (gconstpointer data)
{
  const Case *c = data;
  g_autoptr (EcbsrModel) model = new_model (c->bfloat16_loss, c->int8_loss);

  set_costs (c->float32, c->bfloat16, c->int8);
  g_assert_cmpint (choose (model, 1), ==, c->want);
}

// Any size and number of threads has the same choice, for the life of the process,
// and so has another file of the same shape.
static void
test_once (void)
{
  g_autoptr (EcbsrModel) model = new_model (0.01, 0.02);
  g_autoptr (EcbsrModel) same = new_model (0.03, 0.04);

  same->n_maps = model->n_maps;
  set_costs (30, 20, 5);
  g_assert_cmpint (choose (model, 1), ==, ECBSR_PRECISION_INT8);
  g_assert_cmpuint (machine.n_runs, >, 0);
  set_costs (5, 20, 30);
  for (guint n_threads = 0; n_threads < 4; n_threads++)
    {
      g_assert_cmpint (choose (model, n_threads), ==, ECBSR_PRECISION_INT8);
      g_assert_cmpint (choose (same, n_threads), ==, ECBSR_PRECISION_INT8);
    }
  g_assert_cmpuint (machine.n_runs, ==, 0);
}

// What a frame costs with AUTO is what it costs in what AUTO takes: by the losses of the
// file, which another one of the same shape may not have.
static void
test_cost_of_auto (void)
{
  g_autoptr (EcbsrModel) model = new_model (0.01, 0.02);
  g_autoptr (EcbsrModel) lossy = new_model (0.01, 0.2);
  const EcbsrPlanConfig config = {
    .layout = { .n_components = 1, .component = { { .pixel_stride = 1 } } },
    .black = 16,
    .white = 235,
    .n_threads = 2,
  };

  lossy->n_maps = model->n_maps;
  set_costs (30, 20, 5);
  g_assert_cmpfloat_with_epsilon (ecbsr_model_get_cost (model, &config), 5, 0.01);
  g_assert_cmpfloat_with_epsilon (ecbsr_model_get_cost (lossy, &config), 20, 0.01);
}

static void
test_no_choice (void)
{
  g_autoptr (EcbsrModel) model = new_model (-1, 0.2);

  set_costs (30, 20, 5);
  g_assert_cmpint (choose (model, 1), ==, ECBSR_PRECISION_FLOAT32);
  g_assert_cmpuint (machine.n_runs, ==, 0);
}

// Of what would take seconds, each runs twice.
static void
test_slow_machine (void)
{
  g_autoptr (EcbsrModel) model = new_model (0.01, 0.02);

  set_costs (50000, 40000, 20000);
  g_assert_cmpint (choose (model, 1), ==, ECBSR_PRECISION_INT8);
  g_assert_cmpuint (machine.n_runs, ==, 6);
}

// Where the largest built-in network takes 2 ms of float32, the measurement is over
// after 30.
static void
test_duration (void)
{
  g_autoptr (EcbsrModel) model = new_model (0.01, 0.02);
  const gdouble begin = machine.ns;

  set_costs (700, 600, 500);
  g_assert_cmpint (choose (model, 1), ==, ECBSR_PRECISION_INT8);
  g_assert_cmpfloat (machine.ns - begin, <, 30e6);
}

// Whichever single run something disturbs, a little or for so long that its time counts
// at once, the choice is the same.
static void
test_disturbed (gconstpointer slow_by)
{
  for (gint run = 0; run < 12; run++)
    {
      g_autoptr (EcbsrModel) model = new_model (0.01, 0.02);

      set_costs (12, 20, 10);
      machine.until_slow = run;
      machine.slow_by = GPOINTER_TO_UINT (slow_by);
      g_assert_cmpint (choose (model, 1), ==, ECBSR_PRECISION_INT8);
    }
}

static gpointer
choose_in_thread (gpointer model)
{
  g_mutex_lock (&machine.lock);
  machine.held = g_thread_self ();
  g_mutex_unlock (&machine.lock);
  return GINT_TO_POINTER (choose (model, 1));
}

// One that measures holds up no other one, which is first to know then; both take the
// same, whatever the slower one has seen.
static void
test_two_at_once (void)
{
  g_autoptr (EcbsrModel) model = new_model (0.01, 0.02);
  GThread *thread;

  set_costs (5, 20, 30);
  thread = g_thread_new ("measures", choose_in_thread, model);
  g_mutex_lock (&machine.lock);
  while (!machine.waits)
    g_cond_wait (&machine.changed, &machine.lock);
  g_mutex_unlock (&machine.lock);

  set_costs (30, 20, 5);
  g_assert_cmpint (choose (model, 1), ==, ECBSR_PRECISION_INT8);

  set_costs (5, 20, 30);
  g_mutex_lock (&machine.lock);
  machine.held = NULL;
  g_cond_broadcast (&machine.changed);
  g_mutex_unlock (&machine.lock);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, ECBSR_PRECISION_INT8);
}

int
main (int argc, char **argv)
{
  // All precisions, on any CPU.
  g_setenv ("ECBSR_CPU", "ref", TRUE);
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree gchar *path = g_strdup_printf ("/precision/auto/%s", cases[i].name);
      g_test_add_data_func (path, &cases[i], test_choice);
    }
  g_test_add_func ("/precision/measured/once", test_once);
  g_test_add_func ("/precision/measured/cost-of-auto", test_cost_of_auto);
  g_test_add_func ("/precision/measured/no-choice", test_no_choice);
  g_test_add_func ("/precision/measured/slow-machine", test_slow_machine);
  g_test_add_func ("/precision/measured/duration", test_duration);
  g_test_add_data_func ("/precision/measured/disturbed", GUINT_TO_POINTER (50),
                        test_disturbed);
  g_test_add_data_func ("/precision/measured/held-up", GUINT_TO_POINTER (2000),
                        test_disturbed);
  g_test_add_func ("/precision/measured/two-at-once", test_two_at_once);
  return g_test_run ();
}
