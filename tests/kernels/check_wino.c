// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Winograd convolutions, against the same in plain numbers.

#include "config-kernels.h"
#include "group.h"

#include <float.h>
#include <math.h>
#include <string.h>

// B and A of F(4,3), in the contract's order of components.
static const double to_component[ECBSR_WINO_COMPONENTS][6] = {
  { 0, -4, -4, 1, 1, 0 }, { 0, 4, -4, -1, 1, 0 }, { 0, -2, -1, 2, 1, 0 },
  { 0, 2, -1, -2, 1, 0 }, { 4, 0, -5, 0, 1, 0 },  { 0, 4, 0, -5, 0, 1 },
};
static const double to_row[ECBSR_GROUP_ROWS][ECBSR_WINO_COMPONENTS] = {
  { 1, 1, 1, 1, 1, 0 },
  { 1, -1, 2, -2, 0, 0 },
  { 1, 1, 4, 4, 0, 0 },
  { 1, -1, 8, -8, 0, 1 },
};
// G.
static const double to_weight[ECBSR_WINO_COMPONENTS][3] = {
  { -1 / 6.0, -1 / 6.0, -1 / 6.0 },
  { -1 / 6.0, 1 / 6.0, -1 / 6.0 },
  { 1 / 24.0, 1 / 12.0, 1 / 6.0 },
  { 1 / 24.0, -1 / 12.0, 1 / 6.0 },
  { 1 / 4.0, 0, 0 },
  { 0, 0, 1 },
};

// Inputs times outputs: the reference takes long for more.
#define MOST_KERNELS 1024

// Which of the table's.
typedef struct
{
  EcbsrDtype in, out;
  bool plain;
} Kind;

static size_t
work_size (const Conv *t)
{
  return ecbsr_kernels_wino_work (t->shape.in, t->ref.n_in);
}

static EcbsrGroupFunc
find (Check *c, const EcbsrKernels *table, Kind kind)
{
  if (table == &c->new)
    c->n_calls[kind.in == ECBSR_DTYPE_F32    ? SLOT (wino3x3_f32_f32)
               : kind.out == ECBSR_DTYPE_F32 ? SLOT (wino3x3_bf16_f32)
                                             : SLOT (wino3x3_bf16_bf16)]++;
  return ecbsr_kernels_find_wino (table, kind.in, kind.out);
}

static void
run (Check *c, const Conv *t, const EcbsrKernels *table, const EcbsrConv *conv,
     Group *group)
{
  const Kind kind = { t->shape.in, t->shape.out, t->shape.plain };

  group_run (c, find (c, table, kind), conv, t, work_size (t), group);
}

// Σ |U|·|V| of component k, output o, pixel x.
static double
float_magnitude (const Conv *t, unsigned k, unsigned o, size_t x)
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
          u += fabs (to_weight[k][ky] * w[3 * ky]);
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
expect_floats (const Conv *t, unsigned o, size_t x,
               Value value[ECBSR_GROUP_ROWS])
{
  double magnitude[ECBSR_WINO_COMPONENTS];

  for (unsigned k = 0; k < ECBSR_WINO_COMPONENTS; k++)
    magnitude[k] = float_magnitude (t, k, o, x);
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    {
      const double n_products = 6.0 * t->shape.n_in;
      double sum = fabs (t->bias[o]);
      Conv plain = *t;

      for (unsigned ky = 0; ky < 3; ky++)
        plain.rows[ky] = t->rows[r + ky];
      for (unsigned k = 0; k < ECBSR_WINO_COMPONENTS; k++)
        sum += fabs (to_row[r][k]) * magnitude[k];
      value[r] = conv_unbounded_at (&plain, o, x);
      value[r].bound
          = ((n_products + 8) * ROUNDING * sum + 24 * n_products * FLT_MIN)
                * fmax (1, fabs (t->slope[o]))
            + ROUNDING * fabs (value[r].exact);
      value[r] = conv_stored (t, o, value[r]);
    }
}

static double
to_bf16 (double value)
{
  const uint32_t bits = (uint32_t) ecbsr_bf16_from_float ((float) value) << 16;
  float rounded;

  memcpy (&rounded, &bits, sizeof rounded);
  return rounded;
}

// The contract's components of channel i, `at` pixels from the row's first.
static void
make_components (const Conv *t, unsigned i, ptrdiff_t at,
                 double v[ECBSR_WINO_COMPONENTS])
{
  float d[6];

  for (unsigned r = 0; r < 6; r++)
    d[r] = (float) conv_value_at ((const float *) t->rows[r] + at,
                                  t->src[0].pitch, i, t->shape.in);
  const float c = d[4] - d[2], e = d[3] - d[1];
  v[0] = to_bf16 ((d[4] - 4 * d[2]) + (d[3] - 4 * d[1]));
  v[1] = to_bf16 ((d[4] - 4 * d[2]) - (d[3] - 4 * d[1]));
  v[2] = to_bf16 (c + 2 * e);
  v[3] = to_bf16 (c - 2 * e);
  v[4] = to_bf16 (c + 4 * (d[0] - d[2]));
  v[5] = to_bf16 ((d[5] - d[3]) - 4 * e);
}

// Sums of each component, and of magnitudes.
static void
sum_words (const Conv *t, unsigned o, size_t x, double m[ECBSR_WINO_COMPONENTS],
           double magnitude[ECBSR_WINO_COMPONENTS])
{
  for (unsigned i = 0; i < t->shape.n_in; i++)
    for (unsigned kx = 0; kx < 3; kx++)
      {
        const float *w = t->weight + ((size_t) o * t->shape.n_in + i) * 9 + kx;
        double v[ECBSR_WINO_COMPONENTS];
        make_components (t, i, (ptrdiff_t) (x + kx) - 1, v);
        for (unsigned k = 0; k < ECBSR_WINO_COMPONENTS; k++)
          {
            double u = to_bf16 (to_weight[k][0] * w[0] + to_weight[k][1] * w[3]
                                + to_weight[k][2] * w[6]);
            m[k] += u * v[k];
            magnitude[k] += fabs (u * v[k]);
          }
      }
}

// Components and weights are rounded alike by all; products are rounded or not,
// may take denormals for 0, and there are as many sums, and 8 more.
static void
expect_words (const Conv *t, unsigned o, size_t x, Value value[ECBSR_GROUP_ROWS])
{
  const double n_products = 3.0 * t->shape.n_in, slope = t->slope[o];
  double m[ECBSR_WINO_COMPONENTS] = { t->bias[o] };
  double magnitude[ECBSR_WINO_COMPONENTS] = { fabs (t->bias[o]) };

  sum_words (t, o, x, m, magnitude);
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    {
      double sum = 0, size = 0;
      for (unsigned k = 0; k < ECBSR_WINO_COMPONENTS; k++)
        {
          sum += to_row[r][k] * m[k];
          size += fabs (to_row[r][k]) * magnitude[k];
        }
      value[r].exact = sum > 0 || t->shape.plain ? sum : sum * slope;
      value[r].bound
          = 2 * ((n_products + 8) * ROUNDING * size + 24 * n_products * FLT_MIN)
                * fmax (1, fabs (slope))
            + ROUNDING * fabs (value[r].exact);
      value[r] = conv_stored (t, o, value[r]);
    }
}

static void
compare (Check *c, const Conv *t, const char *whose, const Group *group)
{
  const size_t n = t->shape.n;
  AUTOFREE Value *values = NEW (Value, n * ECBSR_GROUP_ROWS);
  Value column[ECBSR_GROUP_ROWS];

  for (unsigned o = 0; o < t->shape.n_out; o++)
    {
      for (size_t x = 0; x < n; x++)
        {
          if (t->shape.in == ECBSR_DTYPE_F32)
            expect_floats (t, o, x, column);
          else
            expect_words (t, o, x, column);
          for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
            values[r * n + x] = column[r];
        }
      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        conv_check_channel (c, t, whose, o, values + r * n, &group->row[r]);
    }
}

// In a strict build all levels round alike, but for products of bfloat16.
static void
check_bits (Check *c, const Conv *t, const Group *ref, const Group *new)
{
  if (!ECBSR_STRICT_FP || t->shape.in != ECBSR_DTYPE_F32)
    return;
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    for (unsigned o = 0; o < t->shape.n_out; o++)
      check_same (c, "bits of ref", ref->row[r].row + o * ref->row[r].pitch,
                  new->row[r].row + o *new->row[r].pitch, t->shape.n,
                  sizeof (float));
}

static void
try_shape (Check *c, Kind kind, unsigned n_in, unsigned n_out, size_t n,
           Pattern pattern)
{
  const Shape shape = { .k = 3,
                        .wino = true,
                        .in = kind.in,
                        .out = kind.out,
                        .plain = kind.plain,
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
  ref = group_new (c, &shape);
  new = group_new (c, &shape);
  run (c, &t, &c->ref, &t.ref, &ref);
  run (c, &t, &c->new, &t.new, &new);
  compare (c, &t, "ref", &ref);
  compare (c, &t, c->new.isa, &new);
  check_bits (c, &t, &ref, &new);
  group_check_intact (c, &new);
  conv_free (&t);
  group_free (&ref);
  group_free (&new);
}

// A pixel's bits must not depend on where in the row, and so in which lane or
// span, it is computed.
static void
try_shifted (Check *c, Kind kind, unsigned shift)
{
  const Shape shape = { .k = 3,
                        .wino = true,
                        .in = kind.in,
                        .out = kind.out,
                        .plain = kind.plain,
                        .n_in = 3,
                        .n_out = 13,
                        .n = 2 * ECBSR_WINO_WORD_SPAN,
                        .pattern = PATTERN_RANDOM };
  const unsigned n_runs = n_words (kind.out, shape.n_out);
  Conv t;
  Group whole, moved;

  if (c->failure[0])
    return;
  check_arguments (c, "moved by %u", shift);
  conv_new (c, &t, shape);
  whole = group_new (c, &shape);
  moved = group_new (c, &shape);
  run (c, &t, &c->new, &t.new, &whole);
  for (unsigned r = 0; r < 6; r++)
    memmove (t.src[r].row - 1, t.src[r].row - 1 + shift,
             (t.src[r].region.size / sizeof (float) - ECBSR_ROW_PAD - shift)
                 * sizeof (float));
  run (c, &t, &c->new, &t.new, &moved);
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    for (unsigned o = 0; o < n_runs; o++)
      check_same (c, "moved", whole.row[r].row + o * whole.row[r].pitch + shift,
                  moved.row[r].row + o * moved.row[r].pitch,
                  shape.n - shift - 1, sizeof (float));
  conv_free (&t);
  group_free (&whole);
  group_free (&moved);
}

static void
bench_shape (Check *c, Kind kind, unsigned n_in, unsigned n_out)
{
  const Shape shape = { .k = 3,
                        .wino = true,
                        .in = kind.in,
                        .out = kind.out,
                        .plain = kind.plain,
                        .n_in = n_in,
                        .n_out = n_out,
                        .n = 480, // a tile of real pictures
                        .pattern = PATTERN_RANDOM };
  const EcbsrGroupFunc func = find (c, &c->new, kind);
  Conv t;

  if (c->failure[0] || !c->bench)
    return;
  conv_new (c, &t, shape);
  group_bench (c, func, &t, work_size (&t));
  conv_free (&t);
}

static void
check_kind (Check *c, Kind kind)
{
  static const unsigned counts[] = { 1, 3, 4, 5, 8, 9, 10, 16, 32, 64, 128 };
  static const size_t widths[] = { 1, 16, 31, 47, 48, 49 };
  const unsigned n_counts = N_ELEMENTS (counts);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    try_shape (c, kind, 3, 5, n, PATTERN_RANDOM);
  for (Pattern p = 0; p < N_PATTERNS; p++)
    try_shape (c, kind, 4, 9, 50, p);
  kind.plain = kind.out == ECBSR_DTYPE_F32;
  for (unsigned n_out = 1; kind.plain && n_out < 18; n_out++)
    try_shape (c, kind, 3, n_out, 50, PATTERN_RANDOM);
  kind.plain = false;
  for (unsigned i = 0; i < n_counts && counts[i] <= c->most_channels; i++)
    for (unsigned o = 0; o < n_counts && counts[o] <= c->most_channels; o++)
      if (counts[i] * counts[o] <= MOST_KERNELS)
        try_shape (c, kind, counts[i], counts[o],
                   widths[(i + o) % N_ELEMENTS (widths)],
                   pattern_random (&c->rand));
  for (unsigned shift = 1; shift < 50; shift += 7)
    try_shifted (c, kind, shift);
  bench_shape (c, kind, 3, 8);
  bench_shape (c, kind, 8, 4);
  bench_shape (c, kind, 8, 8);
  bench_shape (c, kind, 16, 4);
  bench_shape (c, kind, 16, 9);
  bench_shape (c, kind, 16, 16);
  bench_shape (c, kind, 24, 24);
  bench_shape (c, kind, 64, 64);
}

void
check_wino3x3_f32_f32 (Check *c)
{
  check_kind (c, (Kind){ ECBSR_DTYPE_F32, ECBSR_DTYPE_F32, false });
}

void
check_wino3x3_bf16_bf16 (Check *c)
{
  check_kind (c, (Kind){ ECBSR_DTYPE_BF16, ECBSR_DTYPE_BF16, false });
}

void
check_wino3x3_bf16_f32 (Check *c)
{
  check_kind (c, (Kind){ ECBSR_DTYPE_BF16, ECBSR_DTYPE_F32, false });
}
