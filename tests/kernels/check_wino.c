// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Convolutions by transformed rows, against the same in plain numbers.

#include "config-kernels.h"
#include "conv.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

// B and A of F(4,3), in the contract's order of components.
static const double to_component[ECBSR_WINO_COMPONENTS][6] = {
  { 0, -4, -4, 1, 1, 0 }, { 0, 4, -4, -1, 1, 0 }, { 0, -2, -1, 2, 1, 0 },
  { 0, 2, -1, -2, 1, 0 }, { 4, 0, -5, 0, 1, 0 },  { 0, 4, 0, -5, 0, 1 },
};
static const double to_row[ECBSR_WINO_ROWS][ECBSR_WINO_COMPONENTS] = {
  { 1, 1, 1, 1, 1, 0 },
  { 1, -1, 2, -2, 0, 0 },
  { 1, 1, 4, 4, 0, 0 },
  { 1, -1, 8, -8, 0, 1 },
};
// What G makes of a column of weights, at most.
static const double to_weight[ECBSR_WINO_COMPONENTS][3] = {
  { 1 / 6.0, 1 / 6.0, 1 / 6.0 },
  { 1 / 6.0, 1 / 6.0, 1 / 6.0 },
  { 1 / 24.0, 1 / 12.0, 1 / 6.0 },
  { 1 / 24.0, 1 / 12.0, 1 / 6.0 },
  { 1 / 4.0, 0, 0 },
  { 0, 0, 1 },
};

typedef struct
{
  Rows row[ECBSR_WINO_ROWS];
} Group;

static Group
group_new (Check *c, unsigned n_channels, size_t n)
{
  Group group = { { rows_new (&c->rand, n_channels, n) } };

  for (unsigned r = 1; r < ECBSR_WINO_ROWS; r++)
    group.row[r] = rows_copy (&group.row[0]);
  return group;
}

static void
group_free (Group *group)
{
  for (unsigned r = 0; r < ECBSR_WINO_ROWS; r++)
    rows_free (&group->row[r]);
}

// Work that holds nothing sensible, and ends where nobody may write.
static Region
new_work (const Conv *t)
{
  const size_t n = ecbsr_kernels_wino_work (t->ref.n_in);
  Region work = region_new (n * sizeof (float), 0);
  float *floats = work.data;

  for (size_t i = 0; i < n; i++)
    floats[i] = poison ();
  return work;
}

static void
run (Check *c, const Conv *t, const EcbsrKernels *table, const EcbsrConv *conv,
     Group *group)
{
  Region work = new_work (t);
  void *dst[ECBSR_WINO_ROWS];

  for (unsigned r = 0; r < ECBSR_WINO_ROWS; r++)
    dst[r] = group->row[r].row;
  if (table == &c->new)
    call_new (c, wino3x3_f32_f32, conv, dst, group->row[0].pitch, t->rows,
              t->src[0].pitch, work.data, t->shape.n);
  else
    table->wino3x3_f32_f32 (conv, dst, group->row[0].pitch, t->rows,
                            t->src[0].pitch, work.data, t->shape.n);
  if (!region_is_intact (&work))
    check_fail (c, "wrote outside its work");
  region_free (&work);
}

// Σ |U|·|V| of component k, output o, pixel x.
static double
component_magnitude (const Conv *t, unsigned k, unsigned o, size_t x)
{
  const unsigned n_in = t->shape.n_in;
  double sum = 0;

  for (unsigned i = 0; i < n_in; i++)
    for (unsigned kx = 0; kx < 3; kx++)
      {
        const float *w = t->weight + ((size_t) o * n_in + i) * 9 + kx;
        const size_t at = i * t->src[0].pitch + x + kx;
        double u = 0, v = 0;
        for (unsigned ky = 0; ky < 3; ky++)
          u += to_weight[k][ky] * fabs (w[3 * ky]);
        for (unsigned r = 0; r < 6; r++)
          v += fabs (to_component[k][r] * ((const float *) t->rows[r] - 1)[at]);
        sum += u * v;
      }
  return sum;
}

// Components have 3 roundings, weights and products one; an outer row goes
// through two components' sums and 3 more, and none of them exceeds the sum of
// magnitudes.
static void
expect_column (const Conv *t, unsigned o, size_t x,
               Value value[ECBSR_WINO_ROWS])
{
  double magnitude[ECBSR_WINO_COMPONENTS];

  for (unsigned k = 0; k < ECBSR_WINO_COMPONENTS; k++)
    magnitude[k] = component_magnitude (t, k, o, x);
  for (unsigned r = 0; r < ECBSR_WINO_ROWS; r++)
    {
      const double n_products = 6.0 * t->shape.n_in;
      double sum = fabs (t->bias[o]);
      Conv plain = *t;

      for (unsigned ky = 0; ky < 3; ky++)
        plain.rows[ky] = t->rows[r + ky];
      for (unsigned k = 0; k < ECBSR_WINO_COMPONENTS; k++)
        sum += fabs (to_row[r][k]) * magnitude[k];
      value[r] = conv_expected_at (&plain, o, x);
      value[r].bound
          = ((n_products + 8) * ROUNDING * sum + 24 * n_products * FLT_MIN)
                * fmax (1, fabs (t->slope[o]))
            + ROUNDING * fabs (value[r].exact);
    }
}

static void
compare (Check *c, const Conv *t, const char *whose, const Group *group)
{
  const size_t n = t->shape.n;
  AUTOFREE Value *values = NEW (Value, n * ECBSR_WINO_ROWS);
  Value column[ECBSR_WINO_ROWS];

  for (unsigned o = 0; o < t->shape.n_out; o++)
    {
      for (size_t x = 0; x < n; x++)
        {
          expect_column (t, o, x, column);
          for (unsigned r = 0; r < ECBSR_WINO_ROWS; r++)
            values[r * n + x] = column[r];
        }
      for (unsigned r = 0; r < ECBSR_WINO_ROWS; r++)
        check_values (c, whose, o, values + r * n,
                      group->row[r].row + o * group->row[r].pitch, n);
    }
}

// In a strict build all levels round alike.
static void
check_bits (Check *c, const Conv *t, const Group *ref, const Group *new)
{
  for (unsigned r = 0; ECBSR_STRICT_FP && r < ECBSR_WINO_ROWS; r++)
    for (unsigned o = 0; o < t->shape.n_out; o++)
      check_same (c, "bits of ref", ref->row[r].row + o * ref->row[r].pitch,
                  new->row[r].row + o *new->row[r].pitch, t->shape.n,
                  sizeof (float));
}

static void
try_shape (Check *c, unsigned n_in, unsigned n_out, size_t n, Pattern pattern)
{
  const Shape shape = { .k = 3,
                        .wino = true,
                        .n_in = n_in,
                        .n_out = n_out,
                        .n = n,
                        .pattern = pattern };
  Conv t;
  Group ref, new;

  if (c->failure[0])
    return;
  check_arguments (c, "%u to %u channels, %zu pixels, %s", n_in, n_out, n,
                   pattern_name (pattern));
  conv_new (c, &t, shape);
  ref = group_new (c, n_out, n);
  new = group_new (c, n_out, n);
  run (c, &t, &c->ref, &t.ref, &ref);
  run (c, &t, &c->new, &t.new, &new);
  compare (c, &t, "ref", &ref);
  compare (c, &t, c->new.isa, &new);
  check_bits (c, &t, &ref, &new);
  for (unsigned r = 0; r < ECBSR_WINO_ROWS; r++)
    if (!rows_are_intact (&new.row[r]))
      check_fail (c, "wrote outside its granules");
  conv_free (&t);
  group_free (&ref);
  group_free (&new);
}

// A pixel's bits must not depend on where in the row, and so in which lane or
// span, it is computed.
static void
try_shifted (Check *c, unsigned shift)
{
  const Shape shape = { .k = 3,
                        .wino = true,
                        .n_in = 3,
                        .n_out = 13,
                        .n = 2 * ECBSR_WINO_SPAN,
                        .pattern = PATTERN_RANDOM };
  Conv t;
  Group whole, moved;

  check_arguments (c, "moved by %u", shift);
  conv_new (c, &t, shape);
  whole = group_new (c, shape.n_out, shape.n);
  moved = group_new (c, shape.n_out, shape.n);
  run (c, &t, &c->new, &t.new, &whole);
  for (unsigned r = 0; r < 6; r++)
    memmove (t.src[r].row - 1, t.src[r].row - 1 + shift,
             (t.src[r].region.size / sizeof (float) - ECBSR_ROW_PAD - shift)
                 * sizeof (float));
  run (c, &t, &c->new, &t.new, &moved);
  for (unsigned r = 0; r < ECBSR_WINO_ROWS; r++)
    for (unsigned o = 0; o < shape.n_out; o++)
      check_same (c, "moved", whole.row[r].row + o * whole.row[r].pitch + shift,
                  moved.row[r].row + o * moved.row[r].pitch,
                  shape.n - shift - 1, sizeof (float));
  conv_free (&t);
  group_free (&whole);
  group_free (&moved);
}

// Per pixel of one row.
static void
bench_shape (Check *c, unsigned n_in, unsigned n_out)
{
  const Shape shape = { .k = 3,
                        .wino = true,
                        .n_in = n_in,
                        .n_out = n_out,
                        .n = 7 * ECBSR_GRANULE,
                        .pattern = PATTERN_RANDOM };
  char label[32];
  Group group;
  Conv t;

  if (c->failure[0] || !c->bench)
    return;
  conv_new (c, &t, shape);
  group = group_new (c, n_out, shape.n);
  snprintf (label, sizeof label, "%u to %u", n_in, n_out);
  Region work = new_work (&t);
  void *dst[] = { group.row[0].row, group.row[1].row, group.row[2].row,
                  group.row[3].row };
  bench_new (c, label, shape.n * ECBSR_WINO_ROWS, wino3x3_f32_f32, &t.new, dst,
             group.row[0].pitch, t.rows, t.src[0].pitch, work.data, shape.n);
  region_free (&work);
  conv_free (&t);
  group_free (&group);
}

void
check_wino3x3_f32_f32 (Check *c)
{
  static const unsigned counts[] = { 1, 3, 4, 5, 8, 9, 10, 16, 32, 64, 128 };
  static const size_t widths[] = { 1, 16, 31, 47, 48, 49 };
  const unsigned n_counts = N_ELEMENTS (counts);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    try_shape (c, 3, 5, n, PATTERN_RANDOM);
  for (Pattern p = 0; p < N_PATTERNS; p++)
    try_shape (c, 4, 9, 50, p);
  for (unsigned i = 0; i < n_counts && counts[i] <= c->most_channels; i++)
    for (unsigned o = 0; o < n_counts && counts[o] <= c->most_channels; o++)
      try_shape (c, counts[i], counts[o], widths[(i + o) % N_ELEMENTS (widths)],
                 pattern_random (&c->rand));
  for (unsigned shift = 1; shift < 50; shift += 7)
    try_shifted (c, shift);
  bench_shape (c, 3, 8);
  bench_shape (c, 8, 4);
  bench_shape (c, 8, 8);
  bench_shape (c, 16, 4);
  bench_shape (c, 16, 9);
  bench_shape (c, 16, 16);
}
