// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Good models: what the engine makes of them, saving, opening from files, and
// references held by several threads.

#include "builder.h"
#include "model.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static EcbsrModel *
load (Builder *builder)
{
  g_autoptr (GBytes) bytes = builder_build (builder);
  g_autoptr (GError) error = NULL;
  EcbsrModel *model = ecbsr_model_new_from_bytes (bytes, "test", &error);

  g_assert_no_error (error);
  return model;
}

// ------------------------------------------------------------------- counts --

typedef struct
{
  const gchar *architecture;
  guint scale, a, b, c; // m, c; K, C; C, D, S
  guint n_parameters, n_macs_per_pixel, radius, n_layers;
} CountCase;

static const CountCase count_cases[] = {
  { "ecbsr", 2, 4, 8, 0, 2748, 2664, 6, 6 },
  { "ecbsr", 4, 4, 8, 0, 3624, 3528, 6, 6 },
  { "ecbsr", 2, 4, 16, 0, 10100, 9936, 6, 6 },
  { "ecbsr", 4, 4, 16, 0, 11840, 11664, 6, 6 },
  { "ecbsr", 2, 10, 16, 0, 24116, 23760, 12, 12 },
  { "ecbsr", 4, 10, 16, 0, 25856, 25488, 12, 12 },
  { "ecbsr", 3, 0, 4, 0, 377, 360, 2, 2 },
  { "esr-max", 2, 5, 2, 0, 200, 200, 2, 1 },
  { "esr-max", 4, 5, 3, 0, 1200, 1200, 2, 1 },
  { "esr-tm", 2, 5, 5, 0, 1000, 1000, 2, 1 },
  { "esr-tm", 4, 5, 5, 0, 4000, 4000, 2, 1 },
  { "esr-tr", 2, 5, 6, 0, 1800, 1800, 2, 1 },
  { "esr-tr", 4, 5, 6, 0, 7200, 7200, 2, 1 },
  { "esr-tr", 3, 7, 1, 0, 1323, 1323, 3, 1 },
  { "esr-cnn", 2, 2, 7, 3, 806, 796, 4, 3 },
  { "esr-cnn", 4, 2, 7, 3, 2102, 2092, 4, 3 },
  { "esr-cnn", 2, 2, 1, 3, 488, 484, 4, 3 },
};

static Builder *
build (const CountCase *c, const gchar *form)
{
  if (strcmp (c->architecture, "ecbsr") == 0)
    return builder_new_ecbsr (c->scale, c->a, c->b, "prelu", form, "false");
  if (strcmp (c->architecture, "esr-cnn") == 0)
    return builder_new_esr_cnn (c->scale, c->a, c->b, c->c);
  return builder_new_esr (c->architecture, c->scale, c->a, c->b);
}

static void
assert_counts (const CountCase *c, const gchar *form)
{
  g_autoptr (Builder) builder = build (c, form);
  g_autoptr (EcbsrModel) model = load (builder);
  const EcbsrModelInfo *info = ecbsr_model_get_info (model);

  g_assert_cmpstr (ecbsr_architecture_to_string (info->architecture), ==,
                   c->architecture);
  g_assert_cmpuint (info->scale, ==, c->scale);
  g_assert_cmpuint (info->n_parameters, ==, c->n_parameters);
  g_assert_cmpuint (info->n_macs_per_pixel, ==, c->n_macs_per_pixel);
  g_assert_cmpuint (info->radius, ==, c->radius);
  g_assert_cmpuint (model->n_layers, ==, c->n_layers);
}

static void
test_counts (gconstpointer user_data)
{
  const CountCase *c = user_data;

  assert_counts (c, "plain");
  if (strcmp (c->architecture, "ecbsr") == 0)
    assert_counts (c, "training");
}

// --------------------------------------------------------------------- info --

static void
test_ecbsr (void)
{
  g_autoptr (Builder) builder
      = builder_new_ecbsr (3, 1, 5, "prelu", "plain", "false");
  g_autoptr (EcbsrModel) model = NULL;
  const EcbsrModelInfo *info;
  const EcbsrLayer *layer;

  builder_set (builder, "content", "camera");
  model = load (builder);
  info = ecbsr_model_get_info (model);
  g_assert_cmpuint (info->n_blocks, ==, 1);
  g_assert_cmpuint (info->n_channels, ==, 5);
  g_assert_cmpuint (info->kernel_size + info->depth + info->squeeze, ==, 0);
  g_assert_cmpint (info->activation, ==, ECBSR_ACTIVATION_PRELU);
  g_assert_false (info->training_form || info->identity);
  g_assert_cmpfloat (info->black, ==, 16);
  g_assert_cmpfloat (info->white, ==, 235);
  g_assert_cmpstr (info->name, ==, "Zufall \"\xc3\xa4\\\"");
  g_assert_cmpstr (info->licence, ==, "CC0-1.0");
  g_assert_cmpstr (info->trained_on, ==, "nothing");
  g_assert_cmpstr (info->content, ==, "camera");

  g_assert_cmpint (model->head, ==, ECBSR_HEAD_RESIDUAL);
  g_assert_cmpuint (model->n_maps, ==, 1);
  layer = &model->layers[1];
  g_assert_cmpuint (layer->kernel_size, ==, 3);
  g_assert_cmpuint (layer->n_in, ==, 5);
  g_assert_cmpuint (layer->n_out, ==, 5);
  g_assert_cmpmem (layer->weight, 900,
                   builder_find (builder, "backbone.1.conv3x3.weight")->values,
                   900);
  g_assert_cmpmem (layer->bias, 20,
                   builder_find (builder, "backbone.1.conv3x3.bias")->values,
                   20);
  g_assert_cmpmem (layer->slope, 20,
                   builder_find (builder, "backbone.1.act.weight")->values, 20);
  g_assert_cmpint (model->layers[2].activation, ==, ECBSR_ACTIVATION_LINEAR);
  g_assert_null (model->layers[2].slope);
}

static void
test_bounds (void)
{
  g_autoptr (Builder) builder
      = builder_new_ecbsr (2, 1, 5, "prelu", "plain", "false");
  g_autoptr (EcbsrModel) unbounded = load (builder);
  g_autoptr (EcbsrModel) model = NULL;

  g_assert_false (unbounded->info.bounded);
  builder_add_bounds (builder, "backbone.1", 5);
  builder_add_bounds (builder, "backbone.2", 4);
  model = load (builder);
  g_assert_true (model->info.bounded);
  g_assert_cmpuint (model->info.n_parameters, ==,
                    unbounded->info.n_parameters);
  g_assert_null (model->layers[0].minimum);
  g_assert_null (model->layers[0].maximum);
  g_assert_cmpfloat (model->layers[1].minimum[4], ==, -1.5);
  g_assert_cmpfloat (model->layers[1].maximum[4], ==, 2);
  g_assert_cmpfloat (model->layers[2].maximum[3], ==, 1.75);
}

static void
test_activations (void)
{
  static const gchar *const names[]
      = { "linear", "relu", "rrelu", "prelu", "softplus" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (Builder) builder
          = builder_new_ecbsr (2, 1, 4, names[i], "plain", "false");
      g_autoptr (EcbsrModel) model = load (builder);

      g_assert_cmpstr (ecbsr_activation_to_string (model->info.activation), ==,
                       names[i]);
      g_assert_cmpint (model->layers[1].activation, ==, model->info.activation);
      g_assert_true ((model->layers[1].slope != NULL)
                     == (strcmp (names[i], "prelu") == 0));
    }
}

static void
test_esr (void)
{
  static const struct
  {
    const gchar *architecture;
    EcbsrHead head;
    guint n_groups;
  } cases[] = { { "esr-max", ECBSR_HEAD_MAX, 1 },
                { "esr-tm", ECBSR_HEAD_TEMPLATE, 2 },
                { "esr-tr", ECBSR_HEAD_TRANSFORMER, 3 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Builder) builder
          = builder_new_esr (cases[i].architecture, 2, 7, 3);
      g_autoptr (EcbsrModel) model = load (builder);
      const gfloat zeros[36] = { 0 };

      g_assert_cmpint (model->head, ==, cases[i].head);
      g_assert_cmpuint (model->n_maps, ==, 3);
      g_assert_cmpuint (model->info.kernel_size, ==, 7);
      g_assert_cmpuint (model->layers[0].n_out, ==, cases[i].n_groups * 12);
      g_assert_cmpmem (model->layers[0].bias,
                       model->layers[0].n_out * sizeof (gfloat), zeros,
                       cases[i].n_groups * 12 * sizeof (gfloat));
      g_assert_cmpfloat (model->info.white, ==, 1);
      g_assert_cmpstr (model->info.content, ==, "clean");
    }
}

static void
test_esr_cnn (void)
{
  g_autoptr (Builder) builder = builder_new_esr_cnn (2, 2, 7, 3);
  g_autoptr (EcbsrModel) model = load (builder);

  g_assert_cmpint (model->head, ==, ECBSR_HEAD_SELF);
  g_assert_cmpuint (model->n_maps, ==, 2);
  g_assert_cmpuint (model->info.depth, ==, 7);
  g_assert_cmpuint (model->info.squeeze, ==, 3);
  g_assert_cmpint (model->layers[0].activation, ==, ECBSR_ACTIVATION_TANH);
  g_assert_cmpint (model->layers[1].activation, ==, ECBSR_ACTIVATION_TANH);
  g_assert_cmpint (model->layers[2].activation, ==, ECBSR_ACTIVATION_LINEAR);
  g_assert_cmpuint (model->layers[0].kernel_size, ==, 5);
  g_assert_cmpmem (model->layers[1].bias, 12,
                   builder_find (builder, "filter.2.bias")->values, 12);
}

static void
test_luma_ranges (void)
{
  static const struct
  {
    const gchar *text;
    gdouble black, white;
  } cases[] = { { "0..1", 0, 1 },
                { "-0.5..0.5", -0.5, 0.5 },
                { "16.0..235.0", 16, 235 },
                { "0.06..0.92", 0.06, 0.92 },
                { "-65536..65536", -65536, 65536 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Builder) builder = builder_new_esr ("esr-max", 2, 3, 1);
      g_autoptr (EcbsrModel) model = NULL;

      builder_set (builder, "luma_range", cases[i].text);
      model = load (builder);
      g_assert_cmpfloat (model->info.black, ==, cases[i].black);
      g_assert_cmpfloat (model->info.white, ==, cases[i].white);
    }
}

static void
test_metadata (void)
{
  const gchar *const expected[] = { "architecture",
                                    "esr-max",
                                    "channels",
                                    "1",
                                    "format",
                                    "gst-ecbsr 1",
                                    "kernel_size",
                                    "3",
                                    "licence",
                                    "CC0-1.0",
                                    "luma_range",
                                    "0..1",
                                    "name",
                                    "n",
                                    "note",
                                    "kept",
                                    "scale",
                                    "2",
                                    "trained_on",
                                    "nothing",
                                    NULL };
  g_autoptr (Builder) builder = builder_new_esr ("esr-max", 2, 3, 1);
  g_autoptr (EcbsrModel) model = NULL;

  builder_set (builder, "name", "n");
  builder_set (builder, "note", "kept");
  model = load (builder);
  g_assert_true (g_strv_equal (ecbsr_model_get_metadata (model), expected));
}

static void
test_sha256 (void)
{
  g_autoptr (Builder) builder = builder_new_esr ("esr-max", 2, 3, 1);
  g_autoptr (GBytes) bytes = builder_build (builder);
  g_autofree gchar *sum
      = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
  g_autoptr (EcbsrModel) model = load (builder);

  g_assert_cmpstr (model->info.sha256, ==, sum);
}

static void
test_cubic (void)
{
  for (guint scale = 1; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) model = ecbsr_model_new_cubic (scale);
      const EcbsrModelInfo *info = ecbsr_model_get_info (model);

      g_assert_cmpint (info->architecture, ==, ECBSR_ARCHITECTURE_CUBIC);
      g_assert_cmpuint (info->scale, ==, scale);
      g_assert_cmpfloat (info->white, ==, 1);
      g_assert_cmpstr (info->sha256, ==, "");
      g_assert_cmpuint (info->n_parameters + info->n_macs_per_pixel, ==, 0);
      g_assert_cmpuint (model->n_layers, ==, 0);
      g_assert_null (ecbsr_model_get_metadata (model)[0]);
    }
}

// --------------------------------------------------------------- references --

static gpointer
use_and_release (gpointer data)
{
  EcbsrModel *model = data;

  for (guint i = 0; i < 100000; i++)
    {
      EcbsrModel *again = ecbsr_model_ref (model);

      g_assert_cmpuint (ecbsr_model_get_info (again)->scale, ==, 2);
      ecbsr_model_unref (again);
    }
  ecbsr_model_unref (model);
  return NULL;
}

// The last thread to finish frees the model; a sanitizer sees if none does.
static void
test_references (void)
{
  g_autoptr (Builder) builder = builder_new_esr ("esr-max", 2, 3, 1);
  EcbsrModel *model = load (builder);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i]
        = g_thread_new ("reference", use_and_release, ecbsr_model_ref (model));
  ecbsr_model_unref (model);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/model/ecbsr", test_ecbsr);
  g_test_add_func ("/model/bounds", test_bounds);
  g_test_add_func ("/model/activations", test_activations);
  g_test_add_func ("/model/esr", test_esr);
  g_test_add_func ("/model/esr-cnn", test_esr_cnn);
  g_test_add_func ("/model/luma-ranges", test_luma_ranges);
  g_test_add_func ("/model/metadata", test_metadata);
  g_test_add_func ("/model/sha256", test_sha256);
  g_test_add_func ("/model/cubic", test_cubic);
  g_test_add_func ("/model/references", test_references);
  for (guint i = 0; i < G_N_ELEMENTS (count_cases); i++)
    {
      const CountCase *c = &count_cases[i];
      g_autofree gchar *path
          = g_strdup_printf ("/model/counts/%s-x%u-%u-%u-%u", c->architecture,
                             c->scale, c->a, c->b, c->c);

      g_test_add_data_func (path, c, test_counts);
    }
  return g_test_run ();
}
