// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The engine against what PyTorch made of the same weights and pictures
// (tests/golden/make.py): within 1e-5 of full scale before rounding (2e-5 where layers
// are wide enough for squares of pixels, whose sums cancel more), borders included, whatever the tiles and threads; at most 1 step after rounding.

#include "plan.h"
#include "safetensors.h"

#include <math.h>
#include <string.h>

typedef struct
{
  EcbsrModel *model;
  guint width, height, scale, n_colors;
  gsize n_in, n_out; // values of all colours
  // [colours][height][width], [colours][scale·height][scale·width]
  gfloat *input, *output;
} Case;

static gchar *
case_path (const gchar *name, const gchar *suffix)
{
  g_autofree gchar *file = g_strconcat (name, suffix, NULL);
  return g_build_filename (g_getenv ("ECBSR_GOLDEN"), file, NULL);
}

static guint
metadata_number (gchar **metadata, const gchar *key)
{
  for (gchar **m = metadata; *m; m += 2)
    if (strcmp (*m, key) == 0)
      return (guint) g_ascii_strtoull (m[1], NULL, 10);
  g_error ("no %s in the metadata", key);
}

static void
load_pictures (Case *c, const gchar *name, const gchar *output)
{
  g_autofree gchar *path = case_path (name, ".io.safetensors");
  g_autoptr (GError) error = NULL;
  g_autofree gchar *data = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (EcbsrSafetensors) file = NULL;
  g_auto (GStrv) metadata = NULL;
  gsize size;

  g_file_get_contents (path, &data, &size, &error);
  g_assert_no_error (error);
  bytes = g_bytes_new_take (g_steal_pointer (&data), size);
  file = ecbsr_safetensors_new (bytes, &error);
  g_assert_no_error (error);
  metadata = ecbsr_safetensors_dup_metadata (file);
  c->width = metadata_number (metadata, "width");
  c->height = metadata_number (metadata, "height");
  c->n_in = (gsize) c->n_colors * c->width * c->height;
  c->n_out = c->n_in * c->scale * c->scale;

  guint in_shape[] = { c->n_colors, c->height, c->width };
  guint out_shape[]
      = { c->n_colors, c->scale * c->height, c->scale * c->width };
  guint grey = c->n_colors == 1; // has no dimension of colours
  c->input = ecbsr_safetensors_take (file, "input", in_shape + grey, 3 - grey,
                                     &error);
  g_assert_no_error (error);
  c->output = ecbsr_safetensors_take (file, output, out_shape + grey, 3 - grey,
                                      &error);
  g_assert_no_error (error);
}

// With the expected output of that name.
static Case
load_case_of (const gchar *name, const gchar *output)
{
  g_autofree gchar *path = case_path (name, ".safetensors");
  g_autoptr (GError) error = NULL;
  Case c = { 0 };

  c.model = ecbsr_model_open (path, &error);
  g_assert_no_error (error);
  c.scale = ecbsr_model_get_info (c.model)->scale;
  c.n_colors = ecbsr_model_get_info (c.model)->n_colors;
  load_pictures (&c, name, output);
  return c;
}

static Case
load_case (const gchar *name)
{
  return load_case_of (name, "output");
}

static void
clear_case (Case *c)
{
  ecbsr_model_unref (c->model);
  g_free (c->input);
  g_free (c->output);
}

static EcbsrPlanConfig
config_of (const Case *c, EcbsrSample sample)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (c->model);
  gboolean floats = sample == ECBSR_SAMPLE_F32;
  EcbsrPlanConfig config = {
    .width = c->width,
    .height = c->height,
    .sample = sample,
    .layout = { .color = c->n_colors == 3 ? ECBSR_COLOR_RGB : ECBSR_COLOR_YUV,
                .n_components = c->n_colors },
    .luma_weight = { 0.2126, 0.7152, 0.0722 },
    .black = floats ? info->black : 0,
    .white = floats ? info->white : 255,
    .precision = ECBSR_PRECISION_FLOAT32,
    .n_threads = 1,
  };

  for (guint i = 0; i < c->n_colors; i++)
    {
      config.layout.component[i].plane = i;
      config.layout.component[i].pixel_stride = floats ? 4 : 1;
    }
  return config;
}

static void
run (const Case *c, const EcbsrPlanConfig *config, gpointer in, gpointer out)
{
  const gsize bytes = config->sample == ECBSR_SAMPLE_F32 ? 4 : 1;
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (c->model, config, &error);
  const gsize n_in = c->n_in / c->n_colors, n_out = c->n_out / c->n_colors;
  EcbsrPicture from, to;
  EcbsrRunParams params = { 1, 0 };

  g_assert_no_error (error);
  for (guint i = 0; i < c->n_colors; i++)
    {
      from.plane[i] = (guint8 *) in + i * n_in * bytes;
      from.stride[i] = (gssize) (c->width * bytes);
      to.plane[i] = (guint8 *) out + i * n_out * bytes;
      to.stride[i] = (gssize) (c->scale * c->width * bytes);
    }
  ecbsr_plan_run (plan, &from, &to, &params);
}

// As a plan of it has them.
static gboolean
has_squares (const Case *c)
{
  EcbsrPlanConfig config = config_of (c, ECBSR_SAMPLE_F32);
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (c->model, &config, &error);

  g_assert_no_error (error);
  for (guint l = 0; l < c->model->n_layers; l++)
    if (plan->layers[l].square)
      return TRUE;
  return FALSE;
}

static void
test_float (gconstpointer name)
{
  Case c = load_case (name);
  const EcbsrModelInfo *info = ecbsr_model_get_info (c.model);
  const gdouble limit
      = (has_squares (&c) ? 2e-5 : 1e-5) * (info->white - info->black);
  EcbsrPlanConfig config = config_of (&c, ECBSR_SAMPLE_F32);
  g_autofree gfloat *found = g_new (gfloat, c.n_out);
  gdouble worst = 0;

  run (&c, &config, c.input, found);
  for (gsize i = 0; i < c.n_out; i++)
    {
      gdouble difference = fabs ((gdouble) found[i] - c.output[i]);
      if (!(difference <= limit))
        g_error ("(%u,%u): %g instead of %g",
                 (guint) (i % (c.scale * c.width)),
                 (guint) (i / (c.scale * c.width)), found[i], c.output[i]);
      worst = MAX (worst, difference);
    }
  g_test_message ("worst %g of full scale",
                  worst / (info->white - info->black));
  clear_case (&c);
}

// Odd tiles, many threads: the same bits.
static void
test_tiles (gconstpointer name)
{
  static const guint geometry[][3] = { // tile width, band height, threads
    { 5, 3, 1 }, { 512, 1, 3 }, { 1, 512, 2 }, { 16, 7, 4 }
  };
  Case c = load_case (name);
  EcbsrPlanConfig config = config_of (&c, ECBSR_SAMPLE_F32);
  g_autofree gfloat *whole = g_new (gfloat, c.n_out);
  g_autofree gfloat *tiled = g_new (gfloat, c.n_out);

  run (&c, &config, c.input, whole);
  for (guint i = 0; i < G_N_ELEMENTS (geometry); i++)
    {
      config.tile_width = geometry[i][0];
      config.band_height = geometry[i][1];
      config.n_threads = geometry[i][2];
      memset (tiled, 0xff, c.n_out * sizeof (gfloat));
      run (&c, &config, c.input, tiled);
      g_assert_cmpmem (tiled, c.n_out * 4, whole, c.n_out * 4);
    }
  clear_case (&c);
}

static guint8
to_byte (gdouble v)
{
  return (guint8) CLAMP (floor (v + 0.5), 0, 255);
}

// 8-bit in and out agrees with the float path on the same 8-bit input.
static void
test_bytes (gconstpointer name)
{
  Case c = load_case (name);
  const EcbsrModelInfo *info = ecbsr_model_get_info (c.model);
  const gdouble step = (info->white - info->black) / 255;
  EcbsrPlanConfig config = config_of (&c, ECBSR_SAMPLE_F32);
  g_autofree guint8 *in = g_new (guint8, c.n_in);
  g_autofree guint8 *out = g_new (guint8, c.n_out);
  g_autofree gfloat *expected = g_new (gfloat, c.n_out);

  for (gsize i = 0; i < c.n_in; i++)
    {
      in[i] = to_byte ((c.input[i] - info->black) / step);
      c.input[i] = (gfloat) (info->black + in[i] * step);
    }
  run (&c, &config, c.input, expected);
  config = config_of (&c, ECBSR_SAMPLE_U8);
  run (&c, &config, in, out);
  for (gsize i = 0; i < c.n_out; i++)
    {
      guint8 rounded = to_byte ((expected[i] - info->black) / step);
      g_assert_cmpint (ABS (out[i] - rounded), <=, 1);
    }
  clear_case (&c);
}

// Whether the plan for this case computes in `precision`, or the test is skipped.
static gboolean
has_precision (const Case *c, const EcbsrPlanConfig *config)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (c->model, config, &error);

  g_assert_no_error (error);
  if (ecbsr_plan_get_precision (plan) == config->precision)
    return TRUE;
  g_test_skip ("not on this CPU");
  return FALSE;
}

// Against the emulation in models/train/int8.py. Layers are the same bits; what
// is left are the roundings of the float layers, which may tip a byte where tanh
// is in front of it.
static void
test_int8 (gconstpointer name)
{
  Case c = load_case (name);
  const EcbsrModelInfo *info = ecbsr_model_get_info (c.model);
  gboolean tanh_first = info->architecture == ECBSR_ARCHITECTURE_ESR_CNN;
  const gdouble limit
      = (tanh_first ? 0.02 : 1e-6) * (info->white - info->black);
  EcbsrPlanConfig config = config_of (&c, ECBSR_SAMPLE_F32);
  g_autofree gfloat *found = g_new (gfloat, c.n_out);
  gsize n_differ = 0;

  config.precision = ECBSR_PRECISION_INT8;
  config.tile_width = 7;
  config.n_threads = 2;
  if (has_precision (&c, &config))
    {
      run (&c, &config, c.input, found);
      for (gsize i = 0; i < c.n_out; i++)
        {
          g_assert_cmpfloat (fabs ((gdouble) found[i] - c.output[i]), <=,
                             limit);
          n_differ += fabs ((gdouble) found[i] - c.output[i]) > limit / 1000;
        }
      if (tanh_first) // few of them do
        g_assert_cmpuint (n_differ, <, c.n_out / 50);
    }
  clear_case (&c);
}

// Where layers' sums are those of tiles, they are more exact than the emulation, which
// makes them by Winograd: that nearness is to float32.
static gboolean
is_by_tiles (const Case *c, const EcbsrPlanConfig *config)
{
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (c->model, config, NULL);
  gboolean any = FALSE;

  for (guint l = 0; l < plan->model->n_layers; l++)
    any |= plan->layers[l].tile > 0;
  return any;
}

// bfloat16's sums have an order of their own, and a value that lies between two
// numbers may become the other one, which layers after it spread. On average they
// are far nearer to the emulation than that is to float32. A cut into tiles changes
// nothing.
static void
test_bfloat16 (gconstpointer name)
{
  Case c = load_case_of (name, "bfloat16");
  EcbsrPlanConfig config = config_of (&c, ECBSR_SAMPLE_F32);
  g_autofree gfloat *exact = g_new (gfloat, c.n_out);
  g_autofree gfloat *found = g_new (gfloat, c.n_out);
  g_autofree gfloat *tiled = g_new (gfloat, c.n_out);
  gdouble error = 0, loss = 0, own_loss = 0;

  run (&c, &config, c.input, exact);
  config.precision = ECBSR_PRECISION_BFLOAT16;
  if (has_precision (&c, &config))
    {
      run (&c, &config, c.input, found);
      for (gsize i = 0; i < c.n_out; i++)
        {
          error += fabs ((gdouble) found[i] - c.output[i]);
          loss += fabs ((gdouble) exact[i] - c.output[i]);
          own_loss += fabs ((gdouble) found[i] - exact[i]);
        }
      g_test_message ("%g from the emulation, which is %g from float32",
                      error / c.n_out, loss / c.n_out);
      if (is_by_tiles (&c, &config))
        g_assert_cmpfloat (own_loss, <, 1.1 * loss);
      else
        g_assert_cmpfloat (error, <, 0.1 * loss);
      config.tile_width = 7;
      config.band_height = 5;
      config.n_threads = 2;
      run (&c, &config, c.input, tiled);
      g_assert_cmpmem (found, c.n_out * sizeof *found, tiled,
                       c.n_out * sizeof *tiled);
    }
  clear_case (&c);
}

static void
add_narrow_cases (void)
{
  g_autofree gchar *list = NULL;
  g_autofree gchar *path
      = g_build_filename (g_getenv ("ECBSR_GOLDEN"), "int8.txt", NULL);
  g_auto (GStrv) names = NULL;

  if (!g_file_get_contents (path, &list, NULL, NULL))
    g_error ("no %s", path);
  names = g_strsplit (g_strstrip (list), "\n", -1);
  for (gchar **name = names; *name; name++)
    {
      g_autofree gchar *int8 = g_strdup_printf ("/golden/%s/int8", *name);
      g_autofree gchar *bf16 = g_strdup_printf ("/golden/%s/bfloat16", *name);

      g_test_add_data_func_full (int8, g_strdup (*name), test_int8, g_free);
      g_test_add_data_func_full (bf16, g_strdup (*name), test_bfloat16,
                                 g_free);
    }
}

static void
add_cases (void)
{
  g_autofree gchar *list = NULL;
  g_autofree gchar *path
      = g_build_filename (g_getenv ("ECBSR_GOLDEN"), "list.txt", NULL);
  g_auto (GStrv) names = NULL;

  if (!g_file_get_contents (path, &list, NULL, NULL))
    g_error ("no %s", path);
  names = g_strsplit (g_strstrip (list), "\n", -1);
  for (gchar **name = names; *name; name++)
    {
      static const struct
      {
        const gchar *label;
        GTestDataFunc func;
      } tests[] = {
        { "float", test_float },
        { "tiles", test_tiles },
        { "bytes", test_bytes },
      };
      for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
        {
          g_autofree gchar *test
              = g_strdup_printf ("/golden/%s/%s", *name, tests[i].label);
          g_test_add_data_func_full (test, g_strdup (*name), tests[i].func,
                                     g_free);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_cases ();
  add_narrow_cases ();
  return g_test_run ();
}
