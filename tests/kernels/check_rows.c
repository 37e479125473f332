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
  size_t n, first; // the part from `first` is computed once more, by itself
  Region src[3], ref, new, part;
  const float *row[3];
  Value *values;
} Operands;

static Region
new_row (Check *c, size_t n)
{
  return random_bool (&c->rand) ? region_new (n * sizeof (float), 0)
                                : region_new_front (n * sizeof (float));
}

static void
make_operands (Check *c, Operands *t, size_t n)
{
  *t = (Operands){ .n = n };
  t->first = (size_t) random_range (&c->rand, 0, (int) n);
  for (unsigned i = 0; i < 3; i++)
    {
      t->src[i] = new_row (c, n);
      pattern_fill (&c->rand, pattern_random (&c->rand), t->src[i].data, n);
      t->row[i] = t->src[i].data;
    }
  t->ref = new_row (c, n);
  t->new = new_row (c, n);
  t->part = new_row (c, n - t->first);
  t->values = NEW (Value, n);
}

// For kernels that work in place: row[0] is what is there before.
static void
fill_destinations (Operands *t)
{
  memcpy (t->ref.data, t->row[0], t->n * sizeof (float));
  memcpy (t->new.data, t->row[0], t->n * sizeof (float));
  memcpy (t->part.data, t->row[0] + t->first,
          (t->n - t->first) * sizeof (float));
}

static void
compare (Check *c, const Operands *t)
{
  check_values (c, "ref", 0, t->values, t->ref.data, t->n);
  check_values (c, c->new.isa, 0, t->values, t->new.data, t->n);
  check_same (c, "a part of the row", (float *) t->new.data + t->first,
              t->part.data, t->n - t->first, sizeof (float));
  if (!region_is_intact (&t->new) || !region_is_intact (&t->part))
    check_fail (c, "wrote outside its row");
}

static void
free_operands (Operands *t)
{
  for (unsigned i = 0; i < 3; i++)
    region_free (&t->src[i]);
  region_free (&t->ref);
  region_free (&t->new);
  region_free (&t->part);
  free (t->values);
}

static void
try_affine (Check *c, size_t n, float scale, float bias, bool in_place)
{
  Operands t;

  check_arguments (c, "%zu pixels, %g · v + %g%s", n, scale, bias,
                   in_place ? ", in place" : "");
  make_operands (c, &t, n);
  for (size_t x = 0; x < n; x++)
    {
      double product = (double) scale * t.row[0][x];
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
  AUTOFREE float *row = NEW (float, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned in_place = 0; in_place < 2; in_place++)
      {
        try_affine (c, n, 1, 0, in_place);
        try_affine (c, n, 219.0f / 255, 16, in_place);
        try_affine (c, n, 255, -16 * 255.0f / 219, in_place);
      }
  bench_new (c, "", 480, affine_f32, row, row, 0.5f, 1, 480);
}

// A difference, a product and a sum.
static Value
moved (float from, float to, float base, float strength)
{
  const double step = (double) strength * ((double) to - base);

  return (Value){
    .exact = from + step,
    .bound
    = 4 * ROUNDING * (fabs (strength) * (fabs (to) + fabs (base)) + fabs (from))
      + 4 * FLT_MIN,
  };
}

static void
try_mix (Check *c, size_t n, float strength)
{
  Operands t;

  check_arguments (c, "%zu pixels, strength %g", n, strength);
  make_operands (c, &t, n);
  for (size_t x = 0; x < n; x++)
    t.values[x] = moved (t.row[1][x], t.row[0][x], t.row[1][x], strength);
  fill_destinations (&t);
  call_ref (c, mix_f32, t.ref.data, t.row[1], strength, n);
  call_new (c, mix_f32, t.new.data, t.row[1], strength, n);
  call_new (c, mix_f32, t.part.data, t.row[1] + t.first, strength, n - t.first);
  compare (c, &t);
  free_operands (&t);
}

static const float strengths[] = { 0, 0.125f, 0.5f, 0.7f, 1 };

void
check_mix_f32 (Check *c)
{
  AUTOFREE float *row = NEW (float, 480);
  AUTOFREE float *base = NEW (float, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned s = 0; s < N_ELEMENTS (strengths); s++)
      try_mix (c, n, strengths[s]);
  bench_new (c, "", 480, mix_f32, row, base, 0.5f, 480);
}

static void
try_correct (Check *c, size_t n, float strength)
{
  Operands t;

  check_arguments (c, "%zu pixels, strength %g", n, strength);
  make_operands (c, &t, n);
  for (size_t x = 0; x < n; x++)
    t.values[x] = moved (t.row[0][x], t.row[1][x], t.row[2][x], strength);
  fill_destinations (&t);
  call_ref (c, correct_f32, t.ref.data, t.row[1], t.row[2], strength, n);
  call_new (c, correct_f32, t.new.data, t.row[1], t.row[2], strength, n);
  call_new (c, correct_f32, t.part.data, t.row[1] + t.first, t.row[2] + t.first,
            strength, n - t.first);
  compare (c, &t);
  free_operands (&t);
}

void
check_correct_f32 (Check *c)
{
  AUTOFREE float *row = NEW (float, 480);
  AUTOFREE float *y = NEW (float, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned s = 0; s < N_ELEMENTS (strengths); s++)
      try_correct (c, n, strengths[s]);
  bench_new (c, "", 480, correct_f32, row, y, y, 0.5f, 480);
}

// Three products and three sums.
static void
try_luma (Check *c, size_t n, const float weight[3], float bias)
{
  const float *shifted[3];
  Operands t;

  check_arguments (c, "%zu pixels, %g R + %g G + %g B + %g", n, weight[0],
                   weight[1], weight[2], bias);
  make_operands (c, &t, n);
  for (size_t x = 0; x < n; x++)
    {
      Value v = { bias, fabs (bias) };
      for (unsigned i = 0; i < 3; i++)
        {
          v.exact += (double) weight[i] * t.row[i][x];
          v.bound += fabs ((double) weight[i] * t.row[i][x]);
        }
      v.bound = 5 * ROUNDING * v.bound
                + (4 + fabs (weight[0]) + fabs (weight[1]) + fabs (weight[2]))
                      * FLT_MIN;
      t.values[x] = v;
    }
  for (unsigned i = 0; i < 3; i++)
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
  static const float weights[][3] = {
    { 0.2126f, 0.7152f, 0.0722f }, // BT.709
    { 0.299f * 219 / 255, 0.587f * 219 / 255, 0.114f * 219 / 255 },
    { 1, 0, 0 },
  };
  AUTOFREE float *row = NEW (float, 480);
  AUTOFREE float *dst = NEW (float, 480);
  const float *rows[3] = { row, row, row };
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned w = 0; w < N_ELEMENTS (weights); w++)
      try_luma (c, n, weights[w], w == 1 ? 16 : 0);
  bench_new (c, "", 480, luma_f32, dst, rows, weights[0], 0, 480);
}
