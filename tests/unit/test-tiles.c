// SPDX-License-Identifier: LGPL-2.1-or-later
//
// When a plan computes in tile registers, and that the result is the same. What
// is known of the CPU and of layers is a process's: each test is one.

#include "emulate-tiles.h"
#include "emulated.h"
#include "plan.h"

#include <glib/gstdio.h>

#include <string.h>

// ×2, four layers of 16 → 16.
#define NETWORK "int8-ecbsr-x2-m4c16-prelu"
#define SCALE 2
#define WIDTH 83
#define HEIGHT 21
#define N_OUT (SCALE * WIDTH * SCALE * HEIGHT)

static EcbsrModel *
open_model (void)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("ECBSR_GOLDEN"),
                                             NETWORK ".safetensors", NULL);
  g_autoptr (GError) error = NULL;
  EcbsrModel *model = ecbsr_model_open (path, &error);

  g_assert_no_error (error);
  return model;
}

static EcbsrPlan *
new_plan (EcbsrModel *model, EcbsrPrecision precision, guint tile_width,
          guint band_height, guint n_threads)
{
  const EcbsrPlanConfig config = {
    .width = WIDTH,
    .height = HEIGHT,
    .layout = { .n_components = 1, .component = { { .pixel_stride = 1 } } },
    .black = 16,
    .white = 235,
    .precision = precision,
    .tile_width = tile_width,
    .band_height = band_height,
    .n_threads = n_threads,
  };
  g_autoptr (GError) error = NULL;
  EcbsrPlan *plan = ecbsr_plan_new (model, &config, &error);

  g_assert_no_error (error);
  return plan;
}

static guint
count_layers (const EcbsrPlan *plan)
{
  guint n = 0;

  for (guint l = 0; l < plan->model->n_layers; l++)
    n += plan->layers[l].tile > 0;
  return n;
}

// Noise that says where it is.
static void
upscale (EcbsrPlan *plan, guint8 out[N_OUT])
{
  guint8 in[WIDTH * HEIGHT];
  const EcbsrPicture from = { { in }, { WIDTH } };
  const EcbsrPicture to = { { out }, { SCALE * WIDTH } };
  const EcbsrRunParams params = { .strength = 1 };

  for (guint i = 0; i < sizeof in; i++)
    in[i] = (guint8) (i * 2654435761u >> 24);
  ecbsr_plan_run (plan, &from, &to, &params);
  g_assert_cmpint (emulated_in_use (), ==, 0);
}

static gboolean
is_possible (void)
{
  g_autoptr (EcbsrModel) model = open_model ();
  g_autoptr (EcbsrPlan) plan = new_plan (model, ECBSR_PRECISION_INT8, 0, 0, 1);

  return ecbsr_plan_get_precision (plan) == ECBSR_PRECISION_INT8;
}

static void
upscale_plainly (EcbsrPrecision precision, guint8 out[N_OUT])
{
  g_autoptr (EcbsrModel) model = open_model ();
  g_autoptr (EcbsrPlan) plan = new_plan (model, precision, 0, 0, 1);

  g_assert_cmpuint (count_layers (plan), ==, 0);
  g_assert_null (strstr (ecbsr_plan_get_isa (plan), "tiles"));
  upscale (plan, out);
}

// ------------------------------------------------------------------ tests --

// However the picture is cut.
static void
check_same (const guint8 *plain)
{
  static const guint geometry[][3] = { // tile width, band height, threads
                                       { 0, 0, 1 },
                                       { 5, 3, 1 },
                                       { 512, 1, 3 },
                                       { 17, 7, 4 }
  };
  g_autoptr (EcbsrModel) model = open_model ();

  for (guint i = 0; i < G_N_ELEMENTS (geometry); i++)
    {
      g_autoptr (EcbsrPlan) plan
          = new_plan (model, ECBSR_PRECISION_INT8, geometry[i][0],
                      geometry[i][1], geometry[i][2]);
      guint8 out[N_OUT];

      // All but the first, which reads float32.
      g_assert_cmpuint (count_layers (plan), ==, model->n_layers - 1);
      g_assert_nonnull (strstr (ecbsr_plan_get_isa (plan), "tiles"));
      upscale (plan, out);
      g_assert_cmpmem (out, N_OUT, plain, N_OUT);
    }
}

// In a process of its own, which writes what comes out to the file that it is
// told.
static void
test_bytes_plainly (void)
{
  guint8 out[N_OUT];

  emulated_grant = FALSE;
  upscale_plainly (ECBSR_PRECISION_INT8, out);
  g_assert_true (g_file_set_contents (g_getenv ("ECBSR_TEST_OUT"),
                                      (const gchar *) out, N_OUT, NULL));
}

static void
test_bytes (void)
{
  g_autofree gchar *folder = g_dir_make_tmp (NULL, NULL);
  g_autofree gchar *path = g_build_filename (folder, "plain", NULL);
  g_autofree gchar *plain = NULL;
  gsize size;

  g_setenv ("ECBSR_TEST_OUT", path, TRUE);
  g_test_trap_subprocess ("/tiles/subprocess/bytes-plainly", 0, 0);
  g_test_trap_assert_passed ();
  g_assert_true (g_file_get_contents (path, &plain, &size, NULL));
  g_assert_cmpuint (size, ==, N_OUT);
  check_same ((const guint8 *) plain);
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_refused (void)
{
  guint8 out[N_OUT];

  emulated_grant = FALSE;
  upscale_plainly (ECBSR_PRECISION_INT8, out);
  upscale_plainly (ECBSR_PRECISION_BFLOAT16, out);
  g_assert_cmpint (emulated_n_requests, ==, 1);
  g_assert_cmpint (emulated_n_measured, ==, 0);
}

// Bytes are the same bits, so nothing speaks for what is slower; sums of
// bfloat16 are more exact, which is worth a tenth.
static void
test_slower (void)
{
  g_autoptr (EcbsrModel) model = open_model ();
  g_autoptr (EcbsrPlan) plan = NULL;
  guint8 out[N_OUT];

  emulated_by_tiles = 1.05 * emulated_as_it_is;
  upscale_plainly (ECBSR_PRECISION_INT8, out);
  plan = new_plan (model, ECBSR_PRECISION_BFLOAT16, 0, 0, 1);
  if (ecbsr_plan_get_precision (plan) == ECBSR_PRECISION_BFLOAT16)
    g_assert_cmpuint (count_layers (plan), ==, model->n_layers - 1);
}

static void
test_much_slower (void)
{
  guint8 out[N_OUT];

  emulated_by_tiles = 1.15 * emulated_as_it_is;
  upscale_plainly (ECBSR_PRECISION_INT8, out);
  upscale_plainly (ECBSR_PRECISION_BFLOAT16, out);
}

// Emulated ones are slower than anything, and the kernels that are measured need not be told
// what a plan would tell them.
static void
test_measured (void)
{
  guint8 out[N_OUT];

  emulated_is_measured = TRUE;
  upscale_plainly (ECBSR_PRECISION_INT8, out);
  upscale_plainly (ECBSR_PRECISION_BFLOAT16, out);
  g_assert_cmpint (emulated_n_measured, >, 0);
}

// Whoever does not use them does not ask.
static void
test_float32 (void)
{
  guint8 out[N_OUT];

  upscale_plainly (ECBSR_PRECISION_FLOAT32, out);
  g_assert_cmpint (emulated_n_requests, ==, 0);
}

// Once a process, and a shape: 16 → 16 and 16 → 4.
static void
test_asked_once (void)
{
  g_autoptr (EcbsrModel) model = open_model ();

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (EcbsrPlan) plan
          = new_plan (model, ECBSR_PRECISION_INT8, 0, 0, 2);
      g_assert_cmpuint (count_layers (plan), >, 0);
    }
  g_assert_cmpint (emulated_n_requests, ==, 1);
  g_assert_cmpint (emulated_n_measured, ==, 2);
}

static void
run_apart (gconstpointer path)
{
  if (!is_possible ())
    {
      g_test_skip ("no int8 on this CPU");
      return;
    }
  g_test_trap_subprocess (path, 0, 0);
  g_test_trap_assert_passed ();
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const gchar *path, *apart;
    GTestFunc func;
  } tests[] = {
    { "/tiles/bytes", "/tiles/subprocess/bytes", test_bytes },
    { "/tiles/refused", "/tiles/subprocess/refused", test_refused },
    { "/tiles/slower", "/tiles/subprocess/slower", test_slower },
    { "/tiles/much-slower", "/tiles/subprocess/much-slower", test_much_slower },
    { "/tiles/measured", "/tiles/subprocess/measured", test_measured },
    { "/tiles/float32", "/tiles/subprocess/float32", test_float32 },
    { "/tiles/asked-once", "/tiles/subprocess/asked-once", test_asked_once },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_test_add_data_func (tests[i].path, tests[i].apart, run_apart);
      g_test_add_func (tests[i].apart, tests[i].func);
    }
  g_test_add_func ("/tiles/subprocess/bytes-plainly", test_bytes_plainly);
  return g_test_run ();
}
