// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Folding against the definition: the five branches of ECBSR's training form
// one by one, in double precision, on small pictures, all of whose pixels are
// near a border. The tensors come from the builder, not from the code under
// test.

#include "builder.h"
#include "model.h"

#include <math.h>
#include <string.h>

// Of the largest value in a layer. What rounding weights to floats costs, and
// far below the 1e-4 of full scale that the contract allows.
#define TOLERANCE 1e-6

// A picture of n channels; what is outside is zero, or what `outside` says.
typedef struct
{
  guint n, width, height;
  gdouble *value; // [n][height][width]
} Map;

static Map
new_map (guint n, guint width, guint height)
{
  return (Map){ n, width, height,
                g_new0 (gdouble, (gsize) n * width * height) };
}

static gdouble *
at (const Map *map, guint channel, guint y, guint x)
{
  return &map->value[((gsize) channel * map->height + y) * map->width + x];
}

// A pixel, or `outside` beyond the borders.
static gdouble
padded (const Map *map, guint channel, gint y, gint x, gdouble outside)
{
  if (y < 0 || x < 0 || y >= (gint) map->height || x >= (gint) map->width)
    return outside;
  return *at (map, channel, y, x);
}

static gdouble
apply_3x3 (const Map *map, guint channel, gint y, gint x, gdouble outside,
           const gfloat *kernel)
{
  gdouble sum = 0;

  for (gint tap = 0; tap < 9; tap++)
    sum += kernel[tap]
           * padded (map, channel, y + tap / 3 - 1, x + tap % 3 - 1, outside);
  return sum;
}

// ----------------------------------------------------------- the definition --

typedef struct
{
  Builder *builder;
  guint layer;
} Layer;

static const BuiltTensor *
part (const Layer *layer, const gchar *name)
{
  g_autofree gchar *full
      = g_strdup_printf ("backbone.%u.%s", layer->layer, name);

  return builder_find (layer->builder, full);
}

static const gfloat *
branch_part (const Layer *layer, const gchar *branch, const gchar *name)
{
  g_autofree gchar *full = g_strdup_printf ("%s.%s", branch, name);

  return part (layer, full)->values;
}

// out += 3x3 convolution, plus bias, of `in` padded with outside[channel].
static void
add_conv3x3 (Map *out, const Map *in, const gfloat *outside,
             const gfloat *weight, const gfloat *bias)
{
  for (guint o = 0; o < out->n; o++)
    for (guint i = 0; i < out->width * out->height; i++)
      {
        const gint y = i / out->width, x = i % out->width;

        *at (out, o, y, x) += bias[o];
        for (guint c = 0; c < in->n; c++)
          *at (out, o, y, x)
              += apply_3x3 (in, c, y, x, outside ? outside[c] : 0,
                            weight + ((gsize) o * in->n + c) * 9);
      }
}

static Map
conv1x1 (const Map *in, guint n_out, const gfloat *weight, const gfloat *bias)
{
  Map out = new_map (n_out, in->width, in->height);
  const gsize n_pixels = (gsize) in->width * in->height;

  for (guint o = 0; o < n_out; o++)
    for (gsize i = 0; i < n_pixels; i++)
      {
        out.value[o * n_pixels + i] = bias[o];
        for (guint c = 0; c < in->n; c++)
          out.value[o * n_pixels + i]
              += (gdouble) weight[o * in->n + c] * in->value[c * n_pixels + i];
      }
  return out;
}

static void
add_squeeze (Map *out, const Map *in, const Layer *layer)
{
  const gchar *branch = "conv1x1_3x3";
  const gfloat *b0 = branch_part (layer, branch, "b0");
  Map middle = conv1x1 (in, 2 * out->n, branch_part (layer, branch, "k0"), b0);

  add_conv3x3 (out, &middle, b0, branch_part (layer, branch, "k1"),
               branch_part (layer, branch, "b1"));
  g_free (middle.value);
}

static void
add_edge (Map *out, const Map *in, const Layer *layer, const gchar *branch,
          const gfloat kernel[9])
{
  const gfloat *b0 = branch_part (layer, branch, "b0");
  const gfloat *scale = branch_part (layer, branch, "scale");
  const gfloat *bias = branch_part (layer, branch, "bias");
  Map middle = conv1x1 (in, out->n, branch_part (layer, branch, "k0"), b0);

  for (guint o = 0; o < out->n; o++)
    for (guint i = 0; i < out->width * out->height; i++)
      {
        const gint y = i / out->width, x = i % out->width;

        *at (out, o, y, x)
            += bias[o] + scale[o] * apply_3x3 (&middle, o, y, x, b0[o], kernel);
      }
  g_free (middle.value);
}

static void
add_branches (Map *out, const Map *in, const Layer *layer, gboolean identity)
{
  static const gfloat sobel_x[] = { 1, 0, -1, 2, 0, -2, 1, 0, -1 };
  static const gfloat sobel_y[] = { 1, 2, 1, 0, 0, 0, -1, -2, -1 };
  static const gfloat laplacian[] = { 0, 1, 0, 1, -4, 1, 0, 1, 0 };

  add_squeeze (out, in, layer);
  add_edge (out, in, layer, "conv1x1_sbx", sobel_x);
  add_edge (out, in, layer, "conv1x1_sby", sobel_y);
  add_edge (out, in, layer, "conv1x1_lpl", laplacian);
  if (identity && in->n == out->n)
    for (gsize i = 0; i < (gsize) in->n * in->width * in->height; i++)
      out->value[i] += in->value[i];
}

// ---------------------------------------------------------------- whole
// networks --

static void
activate (Map *map, const gfloat *slope)
{
  const gsize n_pixels = (gsize) map->width * map->height;

  for (gsize i = 0; i < map->n * n_pixels; i++)
    if (map->value[i] < 0)
      map->value[i] *= slope[i / n_pixels];
}

// Layer `i`, as trained, of the picture in `map`, which it replaces.
static void
run_trained (Map *map, Builder *builder, guint i, guint n_out,
             gboolean identity)
{
  const Layer layer = { builder, i };
  Map out = new_map (n_out, map->width, map->height);

  add_conv3x3 (&out, map, NULL, part (&layer, "conv3x3.weight")->values,
               part (&layer, "conv3x3.bias")->values);
  add_branches (&out, map, &layer, identity);
  g_free (map->value);
  *map = out;
}

static void
run_folded (Map *map, const EcbsrLayer *layer)
{
  Map out = new_map (layer->n_out, map->width, map->height);

  add_conv3x3 (&out, map, NULL, layer->weight, layer->bias);
  g_free (map->value);
  *map = out;
}

static Map
random_map (GRand *rand, guint width, guint height)
{
  Map map = new_map (1, width, height);

  for (guint i = 0; i < width * height; i++)
    map.value[i] = g_rand_double_range (rand, 0, 255);
  return map;
}

static Map
copy_map (const Map *map)
{
  Map copy = new_map (map->n, map->width, map->height);

  memcpy (copy.value, map->value,
          sizeof (gdouble) * map->n * map->width * map->height);
  return copy;
}

// As a fraction of the largest value.
static gdouble
measure_difference (const Map *a, const Map *b)
{
  gdouble difference = 0, largest = 0;

  for (gsize i = 0; i < (gsize) a->n * a->width * a->height; i++)
    {
      difference = MAX (difference, fabs (a->value[i] - b->value[i]));
      largest = MAX (largest, fabs (a->value[i]));
    }
  return difference / largest;
}

// Both networks side by side, compared after each layer.
static gdouble
compare (Builder *builder, const EcbsrModel *model, guint width, guint height)
{
  Map trained = random_map (builder->rand, width, height);
  Map folded = copy_map (&trained);
  gdouble largest = 0;

  for (guint i = 0; i < model->n_layers; i++)
    {
      const EcbsrLayer *layer = &model->layers[i];

      run_trained (&trained, builder, i, layer->n_out, model->info.identity);
      run_folded (&folded, layer);
      largest = MAX (largest, measure_difference (&trained, &folded));
      if (layer->slope)
        {
          activate (&trained,
                    part (&(Layer){ builder, i }, "act.weight")->values);
          activate (&folded, layer->slope);
        }
    }
  g_free (trained.value);
  g_free (folded.value);
  return largest;
}

typedef struct
{
  guint scale, n_blocks, n_channels;
  const gchar *activation, *identity;
  guint width, height;
} FoldCase;

static const FoldCase fold_cases[] = {
  { 2, 0, 4, "linear", "false", 5, 4 }, { 2, 0, 4, "prelu", "true", 1, 1 },
  { 2, 1, 5, "prelu", "true", 3, 7 },   { 3, 1, 9, "prelu", "true", 4, 1 },
  { 3, 2, 7, "prelu", "false", 2, 2 },  { 4, 1, 16, "prelu", "true", 1, 6 },
  { 2, 4, 16, "prelu", "false", 5, 5 }, { 4, 1, 64, "linear", "true", 3, 3 },
};

static void
test_fold (gconstpointer user_data)
{
  const FoldCase *c = user_data;
  g_autoptr (Builder) builder
      = builder_new_ecbsr (c->scale, c->n_blocks, c->n_channels, c->activation,
                           "training", c->identity);
  g_autoptr (GBytes) bytes = builder_build (builder);
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrModel) model
      = ecbsr_model_new_from_bytes (bytes, "test", &error);
  gdouble difference;

  g_assert_no_error (error);
  g_assert_true (model->info.training_form);
  g_assert_cmpint (model->info.identity, ==, strcmp (c->identity, "true") == 0);
  difference = compare (builder, model, c->width, c->height);
  g_test_message ("largest difference: %.2g", difference);
  g_assert_cmpfloat (difference, <=, TOLERANCE);
}

// State dictionaries carry the edge kernels along.
static void
test_masks (void)
{
  static const gfloat kernels[][9] = { { 1, 0, -1, 2, 0, -2, 1, 0, -1 },
                                       { 1, 2, 1, 0, 0, 0, -1, -2, -1 },
                                       { 0, 1, 0, 1, -4, 1, 0, 1, 0 } };
  static const gchar *const names[] = { "sbx", "sby", "lpl" };
  const guint shape[] = { 4, 1, 3, 3 };
  g_autoptr (Builder) builder
      = builder_new_ecbsr (2, 0, 4, "relu", "training", "false");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrModel) model = NULL;

  for (guint i = 0; i < 6; i++)
    {
      g_autofree gchar *name = g_strdup_printf ("backbone.%u.conv1x1_%s.mask",
                                                i / 3, names[i % 3]);
      BuiltTensor *mask = builder_add (builder, name, 4, shape);

      for (guint j = 0; j < mask->n_values; j++)
        mask->values[j] = kernels[i % 3][j % 9];
    }
  bytes = builder_build (builder);
  model = ecbsr_model_new_from_bytes (bytes, "test", &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fold/masks", test_masks);
  for (guint i = 0; i < G_N_ELEMENTS (fold_cases); i++)
    {
      const FoldCase *c = &fold_cases[i];
      g_autofree gchar *path
          = g_strdup_printf ("/fold/x%u-m%uc%u-%s-%s", c->scale, c->n_blocks,
                             c->n_channels, c->activation, c->identity);

      g_test_add_data_func (path, c, test_fold);
    }
  return g_test_run ();
}
