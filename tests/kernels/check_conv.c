// SPDX-License-Identifier: LGPL-2.1-or-later

#include "config-kernels.h"
#include "conv.h"

#include <stdio.h>
#include <string.h>

static void
run (const Conv *t, const EcbsrKernels *kernels, const EcbsrConv *conv,
     Rows *dst)
{
  EcbsrConvFunc func = ecbsr_kernels_find_conv (kernels, t->shape.in,
                                                t->shape.out, t->shape.k);

  func (conv, dst->row, dst->pitch, t->rows, t->src[0].pitch, t->shape.n);
}

static unsigned
slot_of (const Shape *s)
{
  static const unsigned narrow[][4] = {
    [ECBSR_DTYPE_BF16] = { SLOT (conv3x3_f32_bf16), SLOT (conv5x5_f32_bf16),
                           SLOT (conv3x3_bf16_bf16), SLOT (conv3x3_bf16_f32) },
    [ECBSR_DTYPE_U8] = { SLOT (conv3x3_f32_u8), SLOT (conv5x5_f32_u8),
                         SLOT (conv3x3_u8_u8), SLOT (conv3x3_u8_f32) },
  };

  if (s->in == ECBSR_DTYPE_F32 && s->out == ECBSR_DTYPE_F32)
    return SLOT (conv3x3_f32_f32) + (s->k - 3) / 2;
  if (s->in == ECBSR_DTYPE_F32)
    return narrow[s->out][(s->k - 3) / 2];
  return narrow[s->in][s->out == ECBSR_DTYPE_F32 ? 3 : 2];
}

static void
run_new (Check *c, const Conv *t, Rows *dst)
{
  c->n_calls[slot_of (&t->shape)]++;
  run (t, &c->new, &t->new, dst);
}

// Sums over bytes are exact, and of whole numbers, whatever their order. In a strict build those of floats have one order
// and no fused products; only the reference's tanh and softplus are others.
static bool
has_bits_of_ref (const Shape *s)
{
  if (s->curve != ECBSR_CURVE_SLOPE)
    return false;
  return s->in == ECBSR_DTYPE_U8
         || (s->pattern == PATTERN_WHOLE && s->out != ECBSR_DTYPE_U8)
         || (ECBSR_STRICT_FP && s->in == ECBSR_DTYPE_F32
             && s->out != ECBSR_DTYPE_BF16);
}

// Where there is such code at the base level. The reference's curves are libm's.
static bool
has_bits_of_base (const Check *c, const Shape *s)
{
  return ECBSR_STRICT_FP && s->in == ECBSR_DTYPE_F32
         && s->out == ECBSR_DTYPE_F32
         && (s->curve == ECBSR_CURVE_SLOPE || strcmp (c->new.isa, "ref") != 0);
}

static void
check_bits (Check *c, const Conv *t, const char *whose, const Rows *expected,
            const Rows *found)
{
  for (unsigned o = 0; o < t->shape.n_out; o++)
    for (size_t x = 0; x < t->shape.n; x++)
      if (conv_value_at (expected->row + x, expected->pitch, o, t->shape.out)
          != conv_value_at (found->row + x, found->pitch, o, t->shape.out))
        {
          check_fail (c, "c %u, x %zu: not the bits of %s", o, x, whose);
          return;
        }
}

static void
compare_with_base (Check *c, const Conv *t, const Rows *new)
{
  Rows base
      = rows_new (&c->rand, n_words (t->shape.out, t->shape.n_out), t->shape.n);

  run (t, &c->base, &t->base, &base);
  check_bits (c, t, "base", &base, new);
  rows_free (&base);
}

static void
compare (Check *c, const Conv *t, const Rows *ref, const Rows *new)
{
  const size_t n = t->shape.n;
  AUTOFREE Value *values = NEW (Value, n);

  for (unsigned o = 0; o < t->shape.n_out; o++)
    {
      for (size_t x = 0; x < n; x++)
        values[x] = conv_stored (t, o, conv_unbounded_at (t, o, x));
      conv_check_channel (c, t, "ref", o, values, ref);
      conv_check_channel (c, t, c->new.isa, o, values, new);
    }
  if (has_bits_of_ref (&t->shape))
    check_bits (c, t, "ref", ref, new);
  if (has_bits_of_base (c, &t->shape))
    compare_with_base (c, t, new);
  if (!rows_are_intact (new))
    check_fail (c, "wrote outside its granules");
}

static void
try_shape (Check *c, Shape shape)
{
  static const char *const curves[] = { "slope", "tanh", "softplus" };
  Conv t;
  Rows ref, new;

  if (c->failure[0])
    return;
  check_arguments (c, "%u to %u channels, %zu pixels, %s, %s", shape.n_in,
                   shape.n_out, shape.n, pattern_name (shape.pattern),
                   curves[shape.curve]);
  conv_new (c, &t, shape);
  ref = rows_new (&c->rand, n_words (shape.out, shape.n_out), shape.n);
  new = rows_new (&c->rand, n_words (shape.out, shape.n_out), shape.n);
  run (&t, &c->ref, &t.ref, &ref);
  run_new (c, &t, &new);
  compare (c, &t, &ref, &new);
  conv_free (&t);
  rows_free (&ref);
  rows_free (&new);
}

// A pixel's bits must not depend on where in the row, and so in which lane or
// tile, it is computed.
static void
try_shifted (Check *c, Shape shape, unsigned shift)
{
  const unsigned k = shape.k, n_runs = n_words (shape.out, shape.n_out);
  const size_t n_same = shape.n - shift;
  Conv t;
  Rows whole, moved;

  check_arguments (c, "%u to %u channels moved by %u", shape.n_in, shape.n_out,
                   shift);
  conv_new (c, &t, shape);
  whole = rows_new (&c->rand, n_runs, shape.n);
  moved = rows_copy (&whole);
  run_new (c, &t, &whole);
  for (unsigned ky = 0; ky < k; ky++)
    memmove (t.src[ky].row - k / 2, t.src[ky].row - k / 2 + shift,
             (t.src[ky].region.size / sizeof (float) - ECBSR_ROW_PAD - shift)
                 * sizeof (float));
  run_new (c, &t, &moved);
  for (unsigned o = 0; o < n_runs; o++)
    check_same (c, "moved", whole.row + o * whole.pitch + shift,
                moved.row + o * moved.pitch, n_same - k / 2, sizeof (float));
  conv_free (&t);
  rows_free (&whole);
  rows_free (&moved);
}

static Shape
shape_of (const Shape *kind, unsigned n_in, unsigned n_out, size_t n,
          Pattern pattern)
{
  Shape shape = *kind;

  shape.n_in = n_in;
  shape.n_out = n_out;
  shape.n = n;
  shape.pattern = pattern;
  return shape;
}

static void
check_channels (Check *c, const Shape *kind, unsigned most_inputs)
{
  // Those of the models, and those around a block.
  static const unsigned counts[]
      = { 1, 3, 4, 5, 6, 7, 8, 9, 10, 16, 18, 32, 50, 64, 128 };
  static const size_t widths[] = { 1, 16, 31, 47, 48, 49 };

  unsigned n = N_ELEMENTS (counts);

  while (counts[n - 1] > c->most_channels)
    n--;
  for (unsigned i = 0; i < n && counts[i] <= most_inputs; i++)
    for (unsigned o = 0; o < n; o++)
      try_shape (c, shape_of (kind, counts[i], counts[o],
                              widths[(i + o) % N_ELEMENTS (widths)],
                              pattern_random (&c->rand)));
}

static void
bench_shape (Check *c, const Shape *kind, unsigned n_in, unsigned n_out)
{
  const Shape shape = shape_of (kind, n_in, n_out, 480, PATTERN_RANDOM);
  char label[32];
  Conv t;
  Rows dst;

  if (c->failure[0] || !c->bench)
    return;
  conv_new (c, &t, shape);
  dst = rows_new (&c->rand, n_words (shape.out, n_out), shape.n);
  snprintf (label, sizeof label, "%u to %u", n_in, n_out);
  bench_begin (c->bench, label, shape.n);
  while (bench_more (c->bench))
    run_new (c, &t, &dst);
  conv_free (&t);
  rows_free (&dst);
}

static void
check_conv (Check *c, unsigned k, EcbsrDtype in, EcbsrDtype out,
            unsigned most_inputs)
{
  Shape kind = { .k = k, .in = in, .out = out };
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    try_shape (c, shape_of (&kind, 3, 5, n, PATTERN_RANDOM));
  for (Pattern p = 0; p < N_PATTERNS; p++)
    try_shape (c, shape_of (&kind, 4, 9, 50, p));
  kind.plain = out == ECBSR_DTYPE_F32;
  for (unsigned n_out = 1; kind.plain && n_out < 18; n_out++)
    try_shape (c, shape_of (&kind, 3, n_out, 50, PATTERN_RANDOM));
  kind.plain = false;
  check_channels (c, &kind, most_inputs);
  for (unsigned shift = 1; shift < 50; shift += 7)
    try_shifted (c, shape_of (&kind, 3, 13, 144, PATTERN_RANDOM), shift);
  bench_shape (c, &kind, 1, 8);
  bench_shape (c, &kind, 3, 8);
  bench_shape (c, &kind, 8, 4);
  bench_shape (c, &kind, 8, 8);
  bench_shape (c, &kind, 16, 4);
  bench_shape (c, &kind, 16, 9);
  bench_shape (c, &kind, 16, 16);
  // All magnitudes, where curves bend and where they do not.
  for (kind.curve = ECBSR_CURVE_TANH; kind.curve <= ECBSR_CURVE_SOFTPLUS;
       kind.curve++)
    for (Pattern p = 0; p < N_PATTERNS; p++)
      for (unsigned n_out = 1; n_out < 14; n_out += 4)
        try_shape (c, shape_of (&kind, 1, n_out, 480, p));
}

// Inner and last layers have any number of inputs; 5x5 and 7x7 are first
// layers, of one channel, of which some more do no harm.
#define CHECK(size, in, out, IN, OUT, most_inputs)                             \
  void check_conv##size##x##size##_##in##_##out (Check *c)                     \
  {                                                                            \
    check_conv (c, size, ECBSR_DTYPE_##IN, ECBSR_DTYPE_##OUT, most_inputs);    \
  }
CHECK (3, f32, f32, F32, F32, 128)
CHECK (5, f32, f32, F32, F32, 8)
CHECK (7, f32, f32, F32, F32, 8)
CHECK (3, f32, bf16, F32, BF16, 8)
CHECK (5, f32, bf16, F32, BF16, 8)
CHECK (3, bf16, bf16, BF16, BF16, 128)
CHECK (3, bf16, f32, BF16, F32, 128)
CHECK (3, f32, u8, F32, U8, 8)
CHECK (5, f32, u8, F32, U8, 8)
CHECK (3, u8, u8, U8, U8, 64)
CHECK (3, u8, f32, U8, F32, 64)
