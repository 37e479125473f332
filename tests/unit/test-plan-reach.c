// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How far a row's or a column's change goes, to the last bit: no farther than the plan
// says, which is what skip-static relies on, and at most one row or a square less far.
// (The plan has all rows of a group depend on all six of its input, and the first one does
// not on the last. Columns are counted alike to both sides.)

#include "builder.h"
#include "plan.h"

#include <string.h>

#define WIDTH 60
#define HEIGHT 44
#define SCALE 2

typedef struct
{
  EcbsrPlan *plan;
  gfloat in[HEIGHT * WIDTH];
  gfloat before[SCALE * SCALE * HEIGHT * WIDTH];
  gfloat after[SCALE * SCALE * HEIGHT * WIDTH];
  guint reach_above, reach_below; // rows that a change has reached so far
  guint reach_beside; // columns
} Reach;

static EcbsrModel *
new_model (guint n_channels, const gchar *padding)
{
  g_autoptr (Builder) builder
      = builder_new_ecbsr (SCALE, 4, n_channels, "prelu", "plain", "false");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  EcbsrModel *model;

  builder_set (builder, "padding", padding);
  bytes = builder_build (builder);
  model = ecbsr_model_new_from_bytes (bytes, "test", &error);
  g_assert_no_error (error);
  return model;
}

static EcbsrPlan *
new_plan (EcbsrPrecision precision, guint n_channels, const gchar *padding)
{
  const EcbsrPlanConfig config = {
    .width = WIDTH,
    .height = HEIGHT,
    .sample = ECBSR_SAMPLE_F32,
    .layout = { .color = ECBSR_COLOR_YUV,
                .n_components = 1,
                .component[0].pixel_stride = sizeof (gfloat) },
    .black = 16,
    .white = 235,
    .precision = precision,
    .n_threads = 1,
  };
  EcbsrModel *model = new_model (n_channels, padding);
  g_autoptr (GError) error = NULL;
  EcbsrPlan *plan = ecbsr_plan_new (model, &config, &error);

  g_assert_no_error (error);
  ecbsr_model_unref (model);
  return plan;
}

static void
run (Reach *r, gfloat *out)
{
  const EcbsrPicture from = { .plane[0] = (guint8 *) r->in,
                              .stride[0] = WIDTH * sizeof (gfloat) };
  const EcbsrPicture to = { .plane[0] = (guint8 *) out,
                            .stride[0] = SCALE * WIDTH * sizeof (gfloat) };
  const EcbsrRunParams params = { .strength = 1 };

  ecbsr_plan_run (r->plan, &from, &to, &params);
}

static void
fill_row (Reach *r, GRand *random, guint y)
{
  for (guint x = 0; x < WIDTH; x++)
    r->in[y * WIDTH + x] = (gfloat) g_rand_double_range (random, 16, 235);
}

// Of the result, in rows of the input.
static gboolean
has_changed (const Reach *r, guint y)
{
  const gsize n = SCALE * SCALE * WIDTH;

  return memcmp (r->before + y * n, r->after + y * n, n * sizeof (gfloat)) != 0;
}

static void
check_row (Reach *r, guint changed)
{
  for (guint y = 0; y < HEIGHT; y++)
    if (has_changed (r, y) && y < changed)
      r->reach_above = MAX (r->reach_above, changed - y);
    else if (has_changed (r, y))
      r->reach_below = MAX (r->reach_below, y - changed);
}

static void
fill_column (Reach *r, GRand *random, guint x)
{
  for (guint y = 0; y < HEIGHT; y++)
    r->in[y * WIDTH + x] = (gfloat) g_rand_double_range (random, 16, 235);
}

// Column x of the input, in any row.
static gboolean
has_column_changed (const Reach *r, guint x)
{
  const gsize n = SCALE * sizeof (gfloat);

  for (guint y = 0; y < SCALE * HEIGHT; y++)
    {
      const gsize at = ((gsize) y * WIDTH + x) * SCALE;
      if (memcmp (r->before + at, r->after + at, n) != 0)
        return TRUE;
    }
  return FALSE;
}

static void
check_column (Reach *r, guint changed)
{
  for (guint x = 0; x < WIDTH; x++)
    if (has_column_changed (r, x))
      r->reach_beside
          = MAX (r->reach_beside, x < changed ? changed - x : x - changed);
}

static void
check_columns (Reach *r, GRand *random)
{
  for (guint x = 0; x < WIDTH; x++)
    {
      run (r, r->before);
      fill_column (r, random, x);
      run (r, r->after);
      check_column (r, x);
    }
  g_test_message ("%u columns; the plan says %u", r->reach_beside,
                  r->plan->columns_beside);
  g_assert_cmpuint (r->reach_beside, <=, r->plan->columns_beside);
  g_assert_cmpuint (r->reach_beside + ECBSR_SQUARE_SIZE, >,
                    r->plan->columns_beside);
}

// A result depends on rows below it as far as a change reaches above.
static void
check_reach (EcbsrPrecision precision, guint n_channels, const gchar *padding)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (precision);
  g_autofree Reach *r = g_new0 (Reach, 1);

  r->plan = new_plan (precision, n_channels, padding);
  if (ecbsr_plan_get_precision (r->plan) != precision)
    g_test_skip ("not on this CPU");
  else
    {
      for (guint y = 0; y < HEIGHT; y++)
        fill_row (r, random, y);
      for (guint y = 0; y < HEIGHT; y++)
        {
          run (r, r->before);
          fill_row (r, random, y);
          run (r, r->after);
          check_row (r, y);
        }
      check_columns (r, random);
      g_test_message ("%u rows above, %u below; the plan says %u and %u",
                      r->reach_above, r->reach_below, r->plan->rows_below,
                      r->plan->rows_above);
      g_assert_cmpuint (r->reach_above, <=, r->plan->rows_below);
      g_assert_cmpuint (r->reach_below, <=, r->plan->rows_above);
      // Mirrored, they are what they may be at an edge.
      if (!g_str_equal (padding, "symmetric"))
        {
          g_assert_cmpuint (r->reach_above, >=, r->plan->rows_below - 1);
          g_assert_cmpuint (r->reach_below, >=, r->plan->rows_above - 1);
        }
    }
  ecbsr_plan_free (r->plan);
}

static void
test_reach (gconstpointer data)
{
  static const gchar *const paddings[] = { "zero", "replicate", "symmetric" };

  for (guint i = 0; i < G_N_ELEMENTS (paddings); i++)
    {
      check_reach (GPOINTER_TO_UINT (data), 8, paddings[i]);
      check_reach (GPOINTER_TO_UINT (data), 12, paddings[i]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/plan/reach/float32",
                        GUINT_TO_POINTER (ECBSR_PRECISION_FLOAT32), test_reach);
  g_test_add_data_func ("/plan/reach/bfloat16",
                        GUINT_TO_POINTER (ECBSR_PRECISION_BFLOAT16),
                        test_reach);
  return g_test_run ();
}
