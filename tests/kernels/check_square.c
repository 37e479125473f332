// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Winograd convolutions over rows and columns, against the same in plain numbers.

#include "config-kernels.h"
#include "group.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define SIDE ECBSR_WINO_COMPONENTS
#define SIZE ECBSR_SQUARE_SIZE
// Inputs times outputs: the reference takes long for more.
#define MOST_KERNELS 1024

// |B|, |A| and |G| of F(4,3).
static const double to_component[SIDE][6] = {
  { 0, 4, 4, 1, 1, 0 }, { 0, 4, 4, 1, 1, 0 }, { 0, 2, 1, 2, 1, 0 },
  { 0, 2, 1, 2, 1, 0 }, { 4, 0, 5, 0, 1, 0 }, { 0, 4, 0, 5, 0, 1 },
};
static const double to_row[SIZE][SIDE] = {
  { 1, 1, 1, 1, 1, 0 },
  { 1, 1, 2, 2, 0, 0 },
  { 1, 1, 4, 4, 0, 0 },
  { 1, 1, 8, 8, 0, 1 },
};
static const double to_weight[SIDE][3] = {
  { 1 / 6.0, 1 / 6.0, 1 / 6.0 },
  { 1 / 6.0, 1 / 6.0, 1 / 6.0 },
  { 1 / 24.0, 1 / 12.0, 1 / 6.0 },
  { 1 / 24.0, 1 / 12.0, 1 / 6.0 },
  { 1 / 4.0, 0, 0 },
  { 0, 0, 1 },
};

static size_t
work_size (const Conv *t)
{
  return ecbsr_kernels_square_work (t->ref.n_in);
}

static void
run (Check *c, const Conv *t, const EcbsrKernels *table, const EcbsrConv *conv,
     Group *group)
{
  if (table == &c->new)
    c->n_calls[SLOT (square3x3_f32_f32)]++;
  group_run (c, table->square3x3_f32_f32, conv, t, work_size (t), group);
}

static double
weight_magnitude (const Conv *t, unsigned o, unsigned i, unsigned k, unsigned l)
{
  const float *w = t->weight + ((size_t) o * t->shape.n_in + i) * 9;
  double sum = 0;

  for (unsigned y = 0; y < 3; y++)
    for (unsigned x = 0; x < 3; x++)
      sum += to_weight[k][y] * to_weight[l][x] * fabs (w[3 * y + x]);
  return sum;
}

static double
component_magnitude (const Conv *t, unsigned i, size_t x, unsigned k, unsigned l)
{
  double sum = 0;

  for (unsigned r = 0; r < 6; r++)
    for (unsigned column = 0; column < 6; column++)
      {
        const float *row = (const float *) t->rows[r] - 1;
        sum += to_component[k][r] * to_component[l][column]
               * fabs (row[i * t->src[0].pitch + x + column]);
      }
  return sum;
}

// Of all squares and inputs: [square][in][component].
static double *
component_magnitudes (const Conv *t)
{
  const size_t n_squares = (t->shape.n + SIZE - 1) / SIZE;
  double *all = NEW (double, n_squares *t->shape.n_in * SIDE * SIDE), *next = all;

  for (size_t square = 0; square < n_squares; square++)
    for (unsigned i = 0; i < t->shape.n_in; i++)
      for (unsigned k = 0; k < SIDE * SIDE; k++)
        *next++ = component_magnitude (t, i, square * SIZE, k / SIDE, k % SIDE);
  return all;
}

// Of output o: [in][component].
static double *
weight_magnitudes (const Conv *t, unsigned o)
{
  double *all = NEW (double, t->shape.n_in *SIDE * SIDE), *next = all;

  for (unsigned i = 0; i < t->shape.n_in; i++)
    for (unsigned k = 0; k < SIDE * SIDE; k++)
      *next++ = weight_magnitude (t, o, i, k / SIDE, k % SIDE);
  return all;
}

// Σ |U|·|V| of all components of a square.
static void
sum_magnitudes (const Conv *t, const double *u, const double *v,
                double magnitude[SIDE][SIDE])
{
  for (unsigned k = 0; k < SIDE * SIDE; k++)
    magnitude[k / SIDE][k % SIDE] = 0;
  for (unsigned i = 0; i < t->shape.n_in; i++)
    for (unsigned k = 0; k < SIDE * SIDE; k++)
      magnitude[k / SIDE][k % SIDE] += *u++ * *v++;
}

// Components have 6 roundings, weights and products one; there are as many sums as
// inputs, and 7 more, none of which exceeds the sum of magnitudes.
static Value
expect (const Conv *t, unsigned o, size_t x, unsigned r, double magnitude[SIDE][SIDE])
{
  const double n_in = t->shape.n_in;
  double sum = fabs (t->bias[o]);
  Conv plain = *t;
  Value value;

  for (unsigned ky = 0; ky < 3; ky++)
    plain.rows[ky] = t->rows[r + ky];
  for (unsigned k = 0; k < SIDE; k++)
    for (unsigned l = 0; l < SIDE; l++)
      sum += to_row[r][k] * to_row[x % SIZE][l] * magnitude[k][l];
  value = conv_unbounded_at (&plain, o, x);
  value.bound = ((n_in + 16) * ROUNDING * sum + 64 * 36 * n_in * FLT_MIN)
                    * fmax (1, fabs (t->slope[o]))
                + ROUNDING * fabs (value.exact);
  return conv_stored (t, o, value);
}

static void
compare (Check *c, const Conv *t, const char *whose, const Group *group)
{
  const size_t n = t->shape.n;
  const size_t n_v = (size_t) t->shape.n_in * SIDE * SIDE;
  AUTOFREE Value *values = NEW (Value, n * ECBSR_GROUP_ROWS);
  AUTOFREE double *v = component_magnitudes (t);

  for (unsigned o = 0; o < t->shape.n_out; o++)
    {
      AUTOFREE double *u = weight_magnitudes (t, o);
      double magnitude[SIDE][SIDE];
      for (size_t x = 0; x < n; x++)
        {
          if (x % SIZE == 0)
            sum_magnitudes (t, u, v + x / SIZE * n_v, magnitude);
          for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
            values[r * n + x] = expect (t, o, x, r, magnitude);
        }
      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        conv_check_channel (c, t, whose, o, values + r * n, &group->row[r]);
    }
}

// In a strict build all levels round alike.
static void
check_bits (Check *c, const Conv *t, const Group *ref, const Group *new)
{
  for (unsigned r = 0; ECBSR_STRICT_FP && r < ECBSR_GROUP_ROWS; r++)
    for (unsigned o = 0; o < t->shape.n_out; o++)
      check_same (c, "bits of ref", ref->row[r].row + o * ref->row[r].pitch,
                  new->row[r].row + o * new->row[r].pitch, t->shape.n,
                  sizeof (float));
}

static Shape
shape_of (unsigned n_in, unsigned n_out, size_t n, Pattern pattern)
{
  return (Shape){ .k = 3,
                  .square = true,
                  .in = ECBSR_DTYPE_F32,
                  .out = ECBSR_DTYPE_F32,
                  .n_in = n_in,
                  .n_out = n_out,
                  .n = n,
                  .pattern = pattern };
}

static void
try_shape (Check *c, Shape shape)
{
  Conv t;
  Group ref, new;

  if (c->failure[0])
    return;
  check_arguments (c, "%u to %u channels, %zu pixels, %s", shape.n_in,
                   shape.n_out, shape.n, pattern_name (shape.pattern));
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

// A square's bits must not depend on where in the row, and so in which lane or span, it
// is computed.
static void
try_shifted (Check *c, unsigned shift)
{
  const Shape shape
      = shape_of (3, 13, 2 * ECBSR_SQUARE_SPAN + 20, PATTERN_RANDOM);
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
    for (unsigned o = 0; o < shape.n_out; o++)
      check_same (c, "moved", whole.row[r].row + o * whole.row[r].pitch + shift,
                  moved.row[r].row + o * moved.row[r].pitch,
                  shape.n - shift - SIZE, sizeof (float));
  conv_free (&t);
  group_free (&whole);
  group_free (&moved);
}

// What lies beside a square is read, but its outer columns alone are made of it.
static void
try_beside (Check *c)
{
  const Shape shape = shape_of (3, 5, SIZE, PATTERN_RANDOM);
  Conv t;
  Group group, disturbed;

  if (c->failure[0])
    return;
  check_arguments (c, "inner columns");
  conv_new (c, &t, shape);
  group = group_new (c, &shape);
  disturbed = group_new (c, &shape);
  run (c, &t, &c->new, &t.new, &group);
  for (unsigned r = 0; r < 6; r++)
    for (unsigned i = 0; i < shape.n_in; i++)
      {
        float *row = t.src[r].row + i * t.src[r].pitch;
        row[-1] = row[SIZE] = NAN;
      }
  run (c, &t, &c->new, &t.new, &disturbed);
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    for (unsigned o = 0; o < shape.n_out; o++)
      check_same (c, "inner columns", group.row[r].row + o * group.row[r].pitch + 1,
                  disturbed.row[r].row + o * disturbed.row[r].pitch + 1, SIZE - 2,
                  sizeof (float));
  conv_free (&t);
  group_free (&group);
  group_free (&disturbed);
}

// 480 pixels: a tile of real pictures.
static void
bench_shape (Check *c, unsigned n_in, unsigned n_out)
{
  Conv t;

  if (c->failure[0] || !c->bench)
    return;
  conv_new (c, &t, shape_of (n_in, n_out, 480, PATTERN_RANDOM));
  group_bench (c, c->new.square3x3_f32_f32, &t, work_size (&t));
  conv_free (&t);
}

void
check_square3x3_f32_f32 (Check *c)
{
  static const unsigned counts[] = { 1, 3, 4, 5, 8, 9, 10, 16, 32, 64, 128 };
  static const size_t widths[] = { 1, 16, 31, 47, 48, 49 };
  const unsigned n_counts = N_ELEMENTS (counts);
  Shape plain = shape_of (3, 6, 50, PATTERN_RANDOM);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    try_shape (c, shape_of (3, 5, n, PATTERN_RANDOM));
  for (Pattern p = 0; p < N_PATTERNS; p++)
    try_shape (c, shape_of (4, 9, 50, p));
  plain.plain = true;
  try_shape (c, plain);
  for (unsigned i = 0; i < n_counts && counts[i] <= c->most_channels; i++)
    for (unsigned o = 0; o < n_counts && counts[o] <= c->most_channels; o++)
      if (counts[i] * counts[o] <= MOST_KERNELS)
        try_shape (c, shape_of (counts[i], counts[o],
                                widths[(i + o) % N_ELEMENTS (widths)],
                                pattern_random (&c->rand)));
  for (unsigned shift = SIZE; shift < 50; shift += 3 * SIZE)
    try_shifted (c, shift);
  try_beside (c);
  bench_shape (c, 8, 8);
  bench_shape (c, 16, 4);
  bench_shape (c, 16, 16);
  bench_shape (c, 24, 24);
  bench_shape (c, 64, 64);
}
