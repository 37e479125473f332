// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkkernels.h"
#include "memory.h"
#include "patterns.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct
{
  guint k, n_in, n_out;
  gsize n;
  Pattern pattern;
} Shape;

// One convolution's operands. The same weights, packed for either table.
typedef struct
{
  Shape shape;
  gfloat *weight, *bias, *slope; // weight [out][in][ky][kx]
  gfloat *packed_ref, *packed_new;
  EcbsrConv ref, new;
  Rows src[7];
  const gfloat *rows[7];
} Operands;

static gfloat *
pack (const Operands *t, guint block)
{
  const Shape *s = &t->shape;
  const gsize n_taps = (gsize) s->n_in * s->k * s->k;
  gfloat *packed = g_new0 (
      gfloat, ecbsr_kernels_packed_size (block, s->n_out, n_taps));

  ecbsr_kernels_pack (packed, t->weight, block, s->n_out, n_taps);
  return packed;
}

static void
make_weights (Check *c, Operands *t)
{
  const Shape *s = &t->shape;
  const gsize n_weights = (gsize) s->n_out * s->n_in * s->k * s->k;
  const guint n_padded = ecbsr_kernels_padded_outputs (s->n_out);
  EcbsrConv conv = { .kernel_size = s->k, .n_in = s->n_in, .n_out = s->n_out };

  t->weight = g_new (gfloat, n_weights);
  t->bias = g_new0 (gfloat, n_padded);
  t->slope = g_new0 (gfloat, n_padded);
  pattern_fill (c->rand, PATTERN_SIGNED, t->weight, n_weights);
  pattern_fill (c->rand, PATTERN_SIGNED, t->bias, s->n_out);
  // 0, 1, and slopes between and beyond.
  for (guint o = 0; o < s->n_out; o++)
    t->slope[o] = (gfloat) CLAMP (g_rand_double_range (c->rand, -1, 2), 0, 1)
                  - (g_rand_int_range (c->rand, 0, 8) == 0);
  t->packed_ref = pack (t, c->ref.block);
  t->packed_new = pack (t, c->new.block);
  conv.bias = t->bias;
  conv.slope = t->slope;
  t->ref = t->new = conv;
  t->ref.weight = t->packed_ref;
  t->new.weight = t->packed_new;
}

// What no output depends on stays POISON.
static void
make_rows (Check *c, Operands *t)
{
  const gsize reach = t->shape.k / 2;

  for (guint ky = 0; ky < t->shape.k; ky++)
    {
      Rows *rows = &t->src[ky];
      if (ky == 0)
        *rows = rows_new (c->rand, t->shape.n_in, t->shape.n);
      else
        *rows = rows_copy (&t->src[0]); // one pitch for all
      for (guint i = 0; i < rows->n_channels; i++)
        pattern_fill (c->rand, t->shape.pattern,
                      rows->row + i * rows->pitch - reach,
                      rows->n + 2 * reach);
      t->rows[ky] = rows->row;
    }
}

static void
make_operands (Check *c, Operands *t, Shape shape)
{
  t->shape = shape;
  make_weights (c, t);
  make_rows (c, t);
}

static void
free_operands (Operands *t)
{
  g_free (t->weight);
  g_free (t->bias);
  g_free (t->slope);
  g_free (t->packed_ref);
  g_free (t->packed_new);
  for (guint ky = 0; ky < t->shape.k; ky++)
    rows_free (&t->src[ky]);
}

// With N products and a bias, each product is rounded once or not at all and
// each of N sums once, and none of them exceeds the sum of magnitudes: N + 1
// roundings of it. The activation rounds once more and stretches by the slope.
static Value
expected_at (const Operands *t, guint o, gsize x)
{
  const Shape *s = &t->shape;
  const gfloat *w = t->weight + (gsize) o * s->n_in * s->k * s->k;
  const gdouble n_products = (gdouble) s->n_in * s->k * s->k;
  const gdouble slope = t->slope[o];
  gdouble sum = t->bias[o], magnitude = fabs (sum);

  for (guint i = 0; i < s->n_in; i++)
    for (guint ky = 0; ky < s->k; ky++)
      {
        const gfloat *src = t->rows[ky] + i * t->src[ky].pitch + x - s->k / 2;
        for (guint kx = 0; kx < s->k; kx++, w++)
          {
            gdouble product = (gdouble) *w * src[kx];
            sum += product;
            magnitude += fabs (product);
          }
      }
  return (Value) {
    .exact = sum > 0 ? sum : sum * slope,
    .bound = ((n_products + 2) * ROUNDING * magnitude + n_products * FLT_MIN)
             * MAX (1, fabs (slope)),
  };
}

static void
run_ref (Check *c, const Operands *t, Rows *dst)
{
  const gsize pitch = t->src[0].pitch;

  if (t->shape.k == 3)
    call_ref (c, conv3x3_f32, &t->ref, dst->row, dst->pitch, t->rows, pitch,
              t->shape.n);
  else if (t->shape.k == 5)
    call_ref (c, conv5x5_f32, &t->ref, dst->row, dst->pitch, t->rows, pitch,
              t->shape.n);
  else
    call_ref (c, conv7x7_f32, &t->ref, dst->row, dst->pitch, t->rows, pitch,
              t->shape.n);
}

static void
run_new (Check *c, const Operands *t, Rows *dst)
{
  const gsize pitch = t->src[0].pitch;

  if (t->shape.k == 3)
    call_new (c, conv3x3_f32, &t->new, dst->row, dst->pitch, t->rows, pitch,
              t->shape.n);
  else if (t->shape.k == 5)
    call_new (c, conv5x5_f32, &t->new, dst->row, dst->pitch, t->rows, pitch,
              t->shape.n);
  else
    call_new (c, conv7x7_f32, &t->new, dst->row, dst->pitch, t->rows, pitch,
              t->shape.n);
}

static void
compare (Check *c, const Operands *t, const Rows *ref, const Rows *new)
{
  const gsize n = t->shape.n;
  g_autofree Value *values = g_new (Value, n);

  for (guint o = 0; o < t->shape.n_out; o++)
    {
      for (gsize x = 0; x < n; x++)
        values[x] = expected_at (t, o, x);
      check_values (c, "ref", o, values, ref->row + o * ref->pitch, n);
      check_values (c, c->new.isa, o, values, new->row + o * new->pitch, n);
    }
  if (!rows_are_intact (new))
    check_fail (c, "wrote outside its granules");
}

static void
try_shape (Check *c, Shape shape)
{
  Operands t;
  Rows ref, new;

  if (c->failure)
    return;
  check_arguments (c, "%u to %u channels, %" G_GSIZE_FORMAT " pixels, %s",
                   shape.n_in, shape.n_out, shape.n,
                   pattern_name (shape.pattern));
  make_operands (c, &t, shape);
  ref = rows_new (c->rand, shape.n_out, shape.n);
  new = rows_new (c->rand, shape.n_out, shape.n);
  run_ref (c, &t, &ref);
  run_new (c, &t, &new);
  compare (c, &t, &ref, &new);
  free_operands (&t);
  rows_free (&ref);
  rows_free (&new);
}

// A pixel's bits must not depend on where in the row, and so in which lane or
// tile, it is computed.
static void
try_shifted (Check *c, guint k, guint n_in, guint n_out, guint shift)
{
  const Shape shape = { k, n_in, n_out, 3 * ECBSR_GRANULE, PATTERN_RANDOM };
  const gsize n_same = shape.n - shift;
  Operands t;
  Rows whole, moved;

  check_arguments (c, "%u to %u channels moved by %u", n_in, n_out, shift);
  make_operands (c, &t, shape);
  whole = rows_new (c->rand, n_out, shape.n);
  moved = rows_copy (&whole);
  run_new (c, &t, &whole);
  for (guint ky = 0; ky < k; ky++)
    memmove (t.src[ky].row - k / 2, t.src[ky].row - k / 2 + shift,
             (t.src[ky].region.size / sizeof (gfloat) - ECBSR_ROW_PAD - shift)
                 * sizeof (gfloat));
  run_new (c, &t, &moved);
  for (guint o = 0; o < n_out; o++)
    check_same (c, "moved", whole.row + o * whole.pitch + shift,
                moved.row + o * moved.pitch, n_same - k / 2, sizeof (gfloat));
  free_operands (&t);
  rows_free (&whole);
  rows_free (&moved);
}

static void
check_channels (Check *c, guint k, guint most_inputs)
{
  // Those of the models, and those around a block.
  static const guint counts[]
      = { 1, 3, 4, 5, 6, 7, 8, 9, 10, 16, 18, 32, 50, 64, 128 };
  static const gsize widths[] = { 1, 16, 31, 47, 48, 49 };

  for (guint i = 0; i < G_N_ELEMENTS (counts) && counts[i] <= most_inputs; i++)
    for (guint o = 0; o < G_N_ELEMENTS (counts); o++)
      try_shape (c, (Shape) { k, counts[i], counts[o],
                              widths[(i + o) % G_N_ELEMENTS (widths)],
                              pattern_random (c->rand) });
}

static void
bench_shape (Check *c, guint k, guint n_in, guint n_out)
{
  const Shape shape = { k, n_in, n_out, 10 * ECBSR_GRANULE, PATTERN_RANDOM };
  g_autofree gchar *label = g_strdup_printf ("%u to %u", n_in, n_out);
  Operands t;
  Rows dst;

  if (c->failure || !c->bench)
    return;
  make_operands (c, &t, shape);
  dst = rows_new (c->rand, n_out, shape.n);
  bench_begin (c->bench, label, shape.n);
  while (bench_more (c->bench))
    run_new (c, &t, &dst);
  free_operands (&t);
  rows_free (&dst);
}

static void
check_conv (Check *c, guint k, guint most_inputs)
{
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    try_shape (c, (Shape) { k, 3, 5, n, PATTERN_RANDOM });
  for (Pattern p = 0; p < N_PATTERNS; p++)
    try_shape (c, (Shape) { k, 4, 9, 50, p });
  check_channels (c, k, most_inputs);
  for (guint shift = 1; shift < 50; shift += 7)
    try_shifted (c, k, 3, 13, shift);
  bench_shape (c, k, 1, 8);
  bench_shape (c, k, 8, 8);
  bench_shape (c, k, 16, 16);
}

// ECBSR's layers, and eSR-CNN's second and third.
void
check_conv3x3_f32 (Check *c)
{
  check_conv (c, 3, 128);
}

// The larger kernels are first layers, of one channel; some more do no harm.
void
check_conv5x5_f32 (Check *c)
{
  check_conv (c, 5, 8);
}

void
check_conv7x7_f32 (Check *c)
{
  check_conv (c, 7, 8);
}

// Every weight is where the contract says, everything else is 0.
static void
check_packed (Check *c, guint block, guint n_out, gsize n_taps)
{
  const gsize size = ecbsr_kernels_packed_size (block, n_out, n_taps);
  Region region = region_new (size * sizeof (gfloat), 0);
  g_autofree gfloat *weight = g_new (gfloat, n_out * n_taps);
  const gfloat *packed = region.data;
  guint width;

  check_arguments (c, "block %u, %u outputs, %" G_GSIZE_FORMAT " taps", block,
                   n_out, n_taps);
  for (gsize i = 0; i < n_out * n_taps; i++)
    weight[i] = (gfloat) (i + 1);
  ecbsr_kernels_pack (region.data, weight, block, n_out, n_taps);
  for (guint first = 0; first < n_out; first += width)
    {
      width = block == 8 && n_out - first > 4 ? 8 : 4;
      for (gsize i = 0; i < n_taps * width; i++, packed++)
        {
          guint o = first + (guint) (i % width);
          gfloat right = o < n_out ? weight[o * n_taps + i / width] : 0;
          if (*packed != right)
            check_fail (c, "output %u: %g instead of %g", o, *packed, right);
        }
    }
  if (packed != (gfloat *) region.data + size || !region_is_intact (&region))
    check_fail (c, "not the promised size");
  region_free (&region);
}

void
check_packing (Check *c)
{
  for (guint n_out = 1; n_out <= 40; n_out++)
    {
      if (ecbsr_kernels_padded_outputs (n_out) != (n_out + 7) / 8 * 8)
        check_fail (c, "%u outputs are padded wrongly", n_out);
      check_packed (c, 4, n_out, 9);
      check_packed (c, 8, n_out, 25);
    }
}
