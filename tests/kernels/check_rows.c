// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Arithmetic on rows of floats.

#include "checkkernels.h"
#include "memory.h"
#include "patterns.h"

#include <float.h>
#include <math.h>
#include <string.h>

// Up to three operands, results of either table, and what they should be.
typedef struct
{
  gsize n, first; // the part from `first` is computed once more, by itself
  Region src[3], ref, new, part;
  const gfloat *row[3];
  Value *values;
} Operands;

static Region
new_row (Check *c, gsize n)
{
  return g_rand_boolean (c->rand) ? region_new (n * sizeof (gfloat), 0)
                                  : region_new_front (n * sizeof (gfloat));
}

static void
make_operands (Check *c, Operands *t, gsize n)
{
  *t = (Operands) { .n = n };
  t->first = (gsize) g_rand_int_range (c->rand, 0, (gint) n);
  for (guint i = 0; i < 3; i++)
    {
      t->src[i] = new_row (c, n);
      pattern_fill (c->rand, pattern_random (c->rand), t->src[i].data, n);
      t->row[i] = t->src[i].data;
    }
  t->ref = new_row (c, n);
  t->new = new_row (c, n);
  t->part = new_row (c, n - t->first);
  t->values = g_new (Value, n);
}

// For kernels that work in place: row[0] is what is there before.
static void
fill_destinations (Operands *t)
{
  memcpy (t->ref.data, t->row[0], t->n * sizeof (gfloat));
  memcpy (t->new.data, t->row[0], t->n * sizeof (gfloat));
  memcpy (t->part.data, t->row[0] + t->first,
          (t->n - t->first) * sizeof (gfloat));
}

static void
compare (Check *c, const Operands *t)
{
  check_values (c, "ref", 0, t->values, t->ref.data, t->n);
  check_values (c, c->new.isa, 0, t->values, t->new.data, t->n);
  check_same (c, "a part of the row", (gfloat *) t->new.data + t->first,
              t->part.data, t->n - t->first, sizeof (gfloat));
  if (!region_is_intact (&t->new) || !region_is_intact (&t->part))
    check_fail (c, "wrote outside its row");
}

static void
free_operands (Operands *t)
{
  for (guint i = 0; i < 3; i++)
    region_free (&t->src[i]);
  region_free (&t->ref);
  region_free (&t->new);
  region_free (&t->part);
  g_free (t->values);
}

static void
try_affine (Check *c, gsize n, gfloat scale, gfloat bias, gboolean in_place)
{
  Operands t;

  check_arguments (c, "%" G_GSIZE_FORMAT " pixels, %g · v + %g%s", n, scale,
                   bias, in_place ? ", in place" : "");
  make_operands (c, &t, n);
  for (gsize x = 0; x < n; x++)
    {
      gdouble product = (gdouble) scale * t.row[0][x];
      t.values[x].exact = product + bias;
      t.values[x].bound = 2 * ROUNDING * (fabs (product) + fabs (bias))
                          + (2 + fabs (scale)) * FLT_MIN;
    }
  fill_destinations (&t);
  call_ref (c, affine_f32, t.ref.data, t.row[0], scale, bias, n);
  call_new (c, affine_f32, t.new.data, in_place ? t.new.data : t.row[0], scale,
            bias, n);
  call_new (c, affine_f32, t.part.data,
            in_place ? t.part.data : t.row[0] + t.first, scale, bias,
            n - t.first);
  compare (c, &t);
  free_operands (&t);
}

void
check_affine_f32 (Check *c)
{
  g_autofree gfloat *row = g_new0 (gfloat, 480);
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint in_place = 0; in_place < 2; in_place++)
      {
        try_affine (c, n, 1, 0, in_place);
        try_affine (c, n, 219.0f / 255, 16, in_place);
        try_affine (c, n, 255, -16 * 255.0f / 219, in_place);
      }
  bench_new (c, "", 480, affine_f32, row, row, 0.5f, 1, 480);
}

// A difference, a product and a sum.
static Value
moved (gfloat from, gfloat to, gfloat base, gfloat strength)
{
  const gdouble step = (gdouble) strength * ((gdouble) to - base);

  return (Value) {
    .exact = from + step,
    .bound = 4 * ROUNDING
                 * (fabs (strength) * (fabs (to) + fabs (base)) + fabs (from))
             + 4 * FLT_MIN,
  };
}

static void
try_mix (Check *c, gsize n, gfloat strength)
{
  Operands t;

  check_arguments (c, "%" G_GSIZE_FORMAT " pixels, strength %g", n, strength);
  make_operands (c, &t, n);
  for (gsize x = 0; x < n; x++)
    t.values[x] = moved (t.row[1][x], t.row[0][x], t.row[1][x], strength);
  fill_destinations (&t);
  call_ref (c, mix_f32, t.ref.data, t.row[1], strength, n);
  call_new (c, mix_f32, t.new.data, t.row[1], strength, n);
  call_new (c, mix_f32, t.part.data, t.row[1] + t.first, strength,
            n - t.first);
  compare (c, &t);
  free_operands (&t);
}

static const gfloat strengths[] = { 0, 0.125f, 0.5f, 0.7f, 1 };

void
check_mix_f32 (Check *c)
{
  g_autofree gfloat *row = g_new0 (gfloat, 480);
  g_autofree gfloat *base = g_new0 (gfloat, 480);
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint s = 0; s < G_N_ELEMENTS (strengths); s++)
      try_mix (c, n, strengths[s]);
  bench_new (c, "", 480, mix_f32, row, base, 0.5f, 480);
}

static void
try_correct (Check *c, gsize n, gfloat strength)
{
  Operands t;

  check_arguments (c, "%" G_GSIZE_FORMAT " pixels, strength %g", n, strength);
  make_operands (c, &t, n);
  for (gsize x = 0; x < n; x++)
    t.values[x] = moved (t.row[0][x], t.row[1][x], t.row[2][x], strength);
  fill_destinations (&t);
  call_ref (c, correct_f32, t.ref.data, t.row[1], t.row[2], strength, n);
  call_new (c, correct_f32, t.new.data, t.row[1], t.row[2], strength, n);
  call_new (c, correct_f32, t.part.data, t.row[1] + t.first,
            t.row[2] + t.first, strength, n - t.first);
  compare (c, &t);
  free_operands (&t);
}

void
check_correct_f32 (Check *c)
{
  g_autofree gfloat *row = g_new0 (gfloat, 480);
  g_autofree gfloat *y = g_new0 (gfloat, 480);
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint s = 0; s < G_N_ELEMENTS (strengths); s++)
      try_correct (c, n, strengths[s]);
  bench_new (c, "", 480, correct_f32, row, y, y, 0.5f, 480);
}

// Three products and three sums.
static void
try_luma (Check *c, gsize n, const gfloat weight[3], gfloat bias)
{
  const gfloat *shifted[3];
  Operands t;

  check_arguments (c, "%" G_GSIZE_FORMAT " pixels, %g R + %g G + %g B + %g", n,
                   weight[0], weight[1], weight[2], bias);
  make_operands (c, &t, n);
  for (gsize x = 0; x < n; x++)
    {
      Value v = { bias, fabs (bias) };
      for (guint i = 0; i < 3; i++)
        {
          v.exact += (gdouble) weight[i] * t.row[i][x];
          v.bound += fabs ((gdouble) weight[i] * t.row[i][x]);
        }
      v.bound = 5 * ROUNDING * v.bound
                + (4 + fabs (weight[0]) + fabs (weight[1]) + fabs (weight[2]))
                      * FLT_MIN;
      t.values[x] = v;
    }
  for (guint i = 0; i < 3; i++)
    shifted[i] = t.row[i] + t.first;
  call_ref (c, luma_f32, t.ref.data, t.row, weight, bias, n);
  call_new (c, luma_f32, t.new.data, t.row, weight, bias, n);
  call_new (c, luma_f32, t.part.data, shifted, weight, bias, n - t.first);
  compare (c, &t);
  free_operands (&t);
}

void
check_luma_f32 (Check *c)
{
  static const gfloat weights[][3] = {
    { 0.2126f, 0.7152f, 0.0722f }, // BT.709
    { 0.299f * 219 / 255, 0.587f * 219 / 255, 0.114f * 219 / 255 },
    { 1, 0, 0 },
  };
  g_autofree gfloat *row = g_new0 (gfloat, 480);
  g_autofree gfloat *dst = g_new0 (gfloat, 480);
  const gfloat *rows[3] = { row, row, row };
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint w = 0; w < G_N_ELEMENTS (weights); w++)
      try_luma (c, n, weights[w], w == 1 ? 16 : 0);
  bench_new (c, "", 480, luma_f32, dst, rows, weights[0], 0, 480);
}
