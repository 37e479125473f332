// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Convolutions by tiles: four rows, each of which is what the convolution of
// one row is.

#include "group.h"

#include <string.h>

// Inputs times outputs: emulated tiles take long for more, and on emulated CPUs longer.
#define MOST_KERNELS 700
#define MOST_KERNELS_QUICKLY 200

// Which of the table's.
typedef struct
{
  EcbsrDtype in, out;
  bool plain;
} Kind;

static Shape
shape_of (Kind kind, unsigned n_in, unsigned n_out, size_t n, Pattern pattern)
{
  return (Shape){ .k = 3,
                  .tiles = true,
                  .in = kind.in,
                  .out = kind.out,
                  .plain = kind.plain,
                  .n_in = n_in,
                  .n_out = n_out,
                  .n = n,
                  .pattern = pattern };
}

static size_t
work_size (const EcbsrKernels *table, const Conv *t)
{
  return ecbsr_kernels_tile_work (table->tile, t->shape.in, t->shape.n_in,
                                  t->shape.n_out);
}

static EcbsrGroupFunc
find (Check *c, const EcbsrKernels *table, const Shape *shape)
{
  const bool narrow = shape->out != ECBSR_DTYPE_F32;

  if (table == &c->new)
    c->n_calls[shape->in == ECBSR_DTYPE_U8
                   ? (narrow ? SLOT (tile3x3_u8_u8) : SLOT (tile3x3_u8_f32))
                   : (narrow ? SLOT (tile3x3_bf16_bf16)
                             : SLOT (tile3x3_bf16_f32))]++;
  return ecbsr_kernels_find_tile (table, shape->in, shape->out);
}

static void
run (Check *c, const Conv *t, const EcbsrKernels *table, const EcbsrConv *conv,
     Group *group)
{
  group_run (c, find (c, table, &t->shape), conv, t, work_size (table, t), group);
  if (check_tiles_in_use (c))
    check_fail (c, "has not released the tiles");
}

// The convolution of row r.
static Conv
row_of (const Conv *t, unsigned r)
{
  Conv row = *t;

  for (unsigned ky = 0; ky < 3; ky++)
    row.rows[ky] = t->rows[r + ky];
  return row;
}

static void
compare (Check *c, const Conv *t, const char *whose, const Group *group)
{
  const size_t n = t->shape.n;
  AUTOFREE Value *values = NEW (Value, n);

  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    {
      const Conv row = row_of (t, r);
      for (unsigned o = 0; o < t->shape.n_out; o++)
        {
          for (size_t x = 0; x < n; x++)
            values[x] = conv_stored (t, o, conv_unbounded_at (&row, o, x));
          conv_check_channel (c, t, whose, o, values, &group->row[r]);
        }
    }
}

// Of bytes always, of bfloat16 where the order of sums is all the same.
static void
check_bits (Check *c, const Conv *t, const Group *ref, const Group *new)
{
  if (t->shape.in != ECBSR_DTYPE_U8 && t->shape.pattern != PATTERN_WHOLE)
    return;
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    for (unsigned o = 0; o < t->shape.n_out; o++)
      for (size_t x = 0; x < t->shape.n; x++)
        if (conv_value_at (ref->row[r].row + x, ref->row[r].pitch, o,
                           t->shape.out)
            != conv_value_at (new->row[r].row + x, new->row[r].pitch, o,
                              t->shape.out))
          {
            check_fail (c, "row %u, c %u, x %zu: not the bits of ref", r, o, x);
            return;
          }
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

// A pixel's bits must not depend on where in the row, and so in which tile or
// span, it is computed.
static void
try_shifted (Check *c, Kind kind, unsigned shift)
{
  const Shape shape = shape_of (kind, 19, 13, 240, PATTERN_RANDOM);
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
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS + 2; r++)
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
  // 480 is a tile of real pictures.
  const Shape shape = shape_of (kind, n_in, n_out, 480, PATTERN_RANDOM);
  Conv t;

  if (c->failure[0] || !c->bench)
    return;
  conv_new (c, &t, shape);
  group_bench (c, find (c, &c->new, &shape), &t, work_size (&c->new, &t));
  conv_free (&t);
}

static void
check_kind (Check *c, Kind kind)
{
  // Those of the models, and those around a tile's and a part's.
  static const unsigned counts[]
      = { 1, 3, 4, 5, 8, 9, 10, 11, 16, 17, 20, 21, 32, 41, 64, 128 };
  static const size_t widths[] = { 1, 16, 31, 47, 48, 49, 100 };
  const unsigned n_counts = N_ELEMENTS (counts);
  const unsigned most_kernels
      = c->most_channels < 128 ? MOST_KERNELS_QUICKLY : MOST_KERNELS;
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    try_shape (c, shape_of (kind, 3, 5, n, PATTERN_RANDOM));
  for (Pattern p = 0; p < N_PATTERNS; p++)
    try_shape (c, shape_of (kind, 4, 9, 50, p));
  kind.plain = kind.out == ECBSR_DTYPE_F32;
  for (unsigned n_out = 1; kind.plain && n_out < 18; n_out++)
    try_shape (c, shape_of (kind, 3, n_out, 50, PATTERN_WHOLE));
  kind.plain = false;
  for (unsigned i = 0; i < n_counts && counts[i] <= c->most_channels; i++)
    for (unsigned o = 0; o < n_counts && counts[o] <= c->most_channels; o++)
      if (counts[i] * counts[o] <= most_kernels)
        try_shape (c, shape_of (kind, counts[i], counts[o],
                                widths[(i + o) % N_ELEMENTS (widths)],
                                (i + o) % 2 ? pattern_random (&c->rand)
                                            : PATTERN_WHOLE));
  for (unsigned shift = 1; shift < 50; shift += 7)
    try_shifted (c, kind, shift);
  bench_shape (c, kind, 8, 4);
  bench_shape (c, kind, 8, 8);
  bench_shape (c, kind, 16, 4);
  bench_shape (c, kind, 16, 9);
  bench_shape (c, kind, 16, 16);
}

void
check_tile3x3_bf16_bf16 (Check *c)
{
  check_kind (c, (Kind){ ECBSR_DTYPE_BF16, ECBSR_DTYPE_BF16, false });
}

void
check_tile3x3_bf16_f32 (Check *c)
{
  check_kind (c, (Kind){ ECBSR_DTYPE_BF16, ECBSR_DTYPE_F32, false });
}

void
check_tile3x3_u8_u8 (Check *c)
{
  check_kind (c, (Kind){ ECBSR_DTYPE_U8, ECBSR_DTYPE_U8, false });
}

void
check_tile3x3_u8_f32 (Check *c)
{
  check_kind (c, (Kind){ ECBSR_DTYPE_U8, ECBSR_DTYPE_F32, false });
}
