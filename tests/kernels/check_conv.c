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
  EcbsrDtype in, out;
  EcbsrCurve curve;
} Shape;

// One convolution's operands. The same weights, packed for either table.
typedef struct
{
  Shape shape;
  gfloat *weight; // [out][in][ky][kx], as the kernel sees them
  gfloat *bias, *slope, *multiplier;
  gint32 *offset;
  guint32 *packed_ref, *packed_new;
  EcbsrConv ref, new;
  Rows src[7];
  const void *rows[7];
} Operands;

static guint
n_words (EcbsrDtype dtype, guint n_channels)
{
  const guint k = ecbsr_dtype_channels (dtype);
  return (n_channels + k - 1) / k;
}

static guint32 *
pack (const Operands *t, guint block)
{
  const Shape *s = &t->shape;
  guint32 *packed = g_new0 (
      guint32, ecbsr_kernels_packed_size (block, s->in, s->k, s->n_in,
                                          s->n_out));

  ecbsr_kernels_pack (packed, t->weight, block, s->in, s->k, s->n_in,
                      s->n_out);
  return packed;
}

static gfloat
to_bf16 (gfloat value)
{
  const guint32 bits = (guint32) ecbsr_bf16_from_float (value) << 16;
  gfloat rounded;

  memcpy (&rounded, &bits, sizeof rounded);
  return rounded;
}

// Signed, then what the words can hold.
static void
fill_weights (Check *c, Operands *t, gsize n)
{
  pattern_fill (c->rand, PATTERN_SIGNED, t->weight, n);
  for (gsize i = 0; i < n; i++)
    if (t->shape.in == ECBSR_DTYPE_BF16)
      t->weight[i] = to_bf16 (t->weight[i]);
    else if (t->shape.in == ECBSR_DTYPE_U8)
      t->weight[i] = rintf (127 * t->weight[i]);
}

// Of a size that brings sums into the range of what is written.
static void
fill_outputs (Check *c, Operands *t, guint o)
{
  const Shape *s = &t->shape;
  const gsize n_taps = (gsize) s->n_in * s->k * s->k;
  const gfloat *w = t->weight + o * n_taps;

  // 0, 1, and slopes between and beyond.
  t->slope[o] = (gfloat) CLAMP (g_rand_double_range (c->rand, -1, 2), 0, 1)
                - (g_rand_int_range (c->rand, 0, 8) == 0);
  t->multiplier[o] = (gfloat) (g_rand_double_range (c->rand, 0.5, 2)
                               / (50 * sqrt (n_taps)));
  for (gsize i = 0; s->in == ECBSR_DTYPE_U8 && i < n_taps; i++)
    t->offset[o] -= 128 * (gint32) w[i];
}

static void
make_weights (Check *c, Operands *t)
{
  const Shape *s = &t->shape;
  const gsize n_weights = (gsize) s->n_out * s->n_in * s->k * s->k;
  const guint n_padded = ecbsr_kernels_padded_outputs (s->n_out);

  t->weight = g_new (gfloat, n_weights);
  t->bias = g_new0 (gfloat, n_padded);
  t->slope = g_new0 (gfloat, n_padded);
  t->multiplier = g_new0 (gfloat, n_padded);
  t->offset = g_new0 (gint32, n_padded);
  fill_weights (c, t, n_weights);
  pattern_fill (c->rand, PATTERN_SIGNED, t->bias, s->n_out);
  for (guint o = 0; o < s->n_out; o++)
    fill_outputs (c, t, o);
  t->packed_ref = pack (t, c->ref.block);
  t->packed_new = pack (t, c->new.block);
  t->ref = t->new = (EcbsrConv) {
    .kernel_size = s->k,
    .n_in = n_words (s->in, s->n_in),
    .n_out = s->n_out,
    .bias = t->bias,
    .slope = t->slope,
    .multiplier = t->multiplier,
    .offset = t->offset,
    .curve = s->curve,
    .gain = s->out == ECBSR_DTYPE_U8 ? 0.75f : 1,
  };
  t->ref.weight = t->packed_ref;
  t->new.weight = t->packed_new;
}

// Words of the pattern, as floats first. Bytes are the pattern's low byte, which
// makes black, white and stripes what they are called.
static void
fill_words (Check *c, const Shape *s, gfloat *row, gsize n)
{
  const guint k = ecbsr_dtype_channels (s->in);
  g_autofree gfloat *values = g_new (gfloat, n * k);

  pattern_fill (c->rand, s->pattern, values, n * k);
  for (gsize x = 0; x < n; x++)
    {
      guint32 word = 0;
      for (guint j = 0; j < k; j++)
        if (s->in == ECBSR_DTYPE_BF16)
          word |= (guint32) ecbsr_bf16_from_float (values[x * k + j])
                  << (16 * j);
        else if (s->in == ECBSR_DTYPE_U8)
          word |= ((guint32) (gint32) values[x * k + j] & 0xff) << (8 * j);
        else
          memcpy (&word, &values[x], sizeof word);
      memcpy (row + x, &word, sizeof word);
    }
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
        *rows = rows_new (c->rand, t->ref.n_in, t->shape.n);
      else
        *rows = rows_copy (&t->src[0]); // one pitch for all
      for (guint i = 0; i < rows->n_channels; i++)
        fill_words (c, &t->shape, rows->row + i * rows->pitch - reach,
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
  g_free (t->multiplier);
  g_free (t->offset);
  g_free (t->packed_ref);
  g_free (t->packed_new);
  for (guint ky = 0; ky < t->shape.k; ky++)
    rows_free (&t->src[ky]);
}

// Channel i of a pixel. A byte stands for its difference from 128.
static gdouble
value_at (const gfloat *row, gsize pitch, guint i, EcbsrDtype dtype)
{
  const guint k = ecbsr_dtype_channels (dtype), j = i % k;
  guint32 word;
  gfloat value;

  memcpy (&word, row + i / k * pitch, sizeof word);
  if (dtype == ECBSR_DTYPE_U8)
    return (gdouble) (word >> (8 * j) & 0xff) - 128;
  if (dtype == ECBSR_DTYPE_BF16)
    word = word >> (16 * j) << 16;
  memcpy (&value, &word, sizeof value);
  return value;
}

// Σ and the sum of magnitudes, from `sum`.
static void
add_products (const Operands *t, guint o, gsize x, gdouble *sum,
              gdouble *magnitude)
{
  const Shape *s = &t->shape;
  const gfloat *w = t->weight + (gsize) o * s->n_in * s->k * s->k;

  for (guint i = 0; i < s->n_in; i++)
    for (guint ky = 0; ky < s->k; ky++)
      for (guint kx = 0; kx < s->k; kx++, w++)
        {
          const gfloat *src = (const gfloat *) t->rows[ky] + x + kx - s->k / 2;
          gdouble product
              = *w * value_at (src, t->src[ky].pitch, i, s->in);
          *sum += product;
          *magnitude += fabs (product);
        }
}

// With N products and a bias, each product is rounded once or not at all and
// each of N sums once, and none of them exceeds the sum of magnitudes: N + 1
// roundings of it. Dot products of bfloat16 may round their products too, and take
// denormals for 0. Sums over bytes are exact, their multiply-add rounds once.
static Value
before_curve (const Operands *t, guint o, gsize x)
{
  const Shape *s = &t->shape;
  const gdouble n_products = (gdouble) s->n_in * s->k * s->k;
  gdouble sum = 0, magnitude = 0;

  if (s->in == ECBSR_DTYPE_U8)
    {
      add_products (t, o, x, &sum, &magnitude);
      sum = sum * t->multiplier[o] + t->bias[o];
      return (Value) { sum, ROUNDING * fabs (sum) };
    }
  sum = t->bias[o];
  magnitude = fabs (sum);
  add_products (t, o, x, &sum, &magnitude);
  return (Value) {
    sum, (s->in == ECBSR_DTYPE_BF16 ? 2 : 1)
             * ((n_products + 1) * ROUNDING * magnitude + n_products * FLT_MIN)
  };
}

// The curve rounds once more and stretches by the slope; tanh and softplus, which
// stretch by at most 1, have errors of their own.
static Value
expected_at (const Operands *t, guint o, gsize x)
{
  const Value v = before_curve (t, o, x);
  const gdouble slope = t->slope[o], gain = t->ref.gain;
  Value y;

  if (t->shape.curve == ECBSR_CURVE_TANH)
    y = (Value) { tanh (v.exact), v.bound + 2e-7 };
  else if (t->shape.curve == ECBSR_CURVE_SOFTPLUS)
    {
      y.exact = fmax (v.exact, 0) + log1p (exp (-fabs (v.exact)));
      y.bound = v.bound + 1e-6 * y.exact + 0x1p-148;
    }
  else
    {
      y.exact = v.exact > 0 ? v.exact : v.exact * slope;
      y.bound = v.bound * MAX (1, fabs (slope)) + ROUNDING * fabs (y.exact);
    }
  y.exact *= gain;
  y.bound = y.bound * gain + ROUNDING * fabs (y.exact);
  return y;
}

// What the value becomes in a word, and how far from it a right one may be.
static Value
stored (Value y, EcbsrDtype out)
{
  if (out == ECBSR_DTYPE_BF16)
    y.bound += 0x1p-8 * (fabs (y.exact) + y.bound);
  else if (out == ECBSR_DTYPE_U8)
    {
      y.exact = CLAMP (y.exact, -128, 127);
      y.bound += 0.5;
    }
  return y;
}

static void
run (const Operands *t, const EcbsrKernels *kernels, const EcbsrConv *conv,
     Rows *dst)
{
  EcbsrConvFunc func = ecbsr_kernels_find_conv (kernels, t->shape.in,
                                                t->shape.out, t->shape.k);

  func (conv, dst->row, dst->pitch, t->rows, t->src[0].pitch, t->shape.n);
}

static guint
slot_of (const Shape *s)
{
  static const guint narrow[][4] = {
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
run_new (Check *c, const Operands *t, Rows *dst)
{
  c->n_calls[slot_of (&t->shape)]++;
  run (t, &c->new, &t->new, dst);
}

static void
compare_channel (Check *c, const Operands *t, const gchar *whose, guint o,
                 const Value *values, const Rows *rows)
{
  const gsize n = t->shape.n;
  g_autofree gfloat *found = g_new (gfloat, n);

  for (gsize x = 0; x < n; x++)
    found[x] = (gfloat) value_at (rows->row + x, rows->pitch, o, t->shape.out);
  check_values (c, whose, o, values, found, n);
}

static void
compare (Check *c, const Operands *t, const Rows *ref, const Rows *new)
{
  const gsize n = t->shape.n;
  const gboolean exact = t->shape.in == ECBSR_DTYPE_U8
                         && t->shape.curve == ECBSR_CURVE_SLOPE;
  g_autofree Value *values = g_new (Value, n);

  for (guint o = 0; o < t->shape.n_out; o++)
    {
      for (gsize x = 0; x < n; x++)
        values[x] = stored (expected_at (t, o, x), t->shape.out);
      compare_channel (c, t, "ref", o, values, ref);
      compare_channel (c, t, c->new.isa, o, values, new);
      for (gsize x = 0; exact && x < n; x++)
        if (value_at (ref->row + x, ref->pitch, o, t->shape.out)
            != value_at (new->row + x, new->pitch, o, t->shape.out))
          check_fail (c, "c %u, x %u: not the reference's bits", o, (guint) x);
    }
  if (!rows_are_intact (new))
    check_fail (c, "wrote outside its granules");
}

static void
try_shape (Check *c, Shape shape)
{
  static const gchar *const curves[] = { "slope", "tanh", "softplus" };
  Operands t;
  Rows ref, new;

  if (c->failure)
    return;
  check_arguments (c, "%u to %u channels, %" G_GSIZE_FORMAT " pixels, %s, %s",
                   shape.n_in, shape.n_out, shape.n,
                   pattern_name (shape.pattern), curves[shape.curve]);
  make_operands (c, &t, shape);
  ref = rows_new (c->rand, n_words (shape.out, shape.n_out), shape.n);
  new = rows_new (c->rand, n_words (shape.out, shape.n_out), shape.n);
  run (&t, &c->ref, &t.ref, &ref);
  run_new (c, &t, &new);
  compare (c, &t, &ref, &new);
  free_operands (&t);
  rows_free (&ref);
  rows_free (&new);
}

// A pixel's bits must not depend on where in the row, and so in which lane or
// tile, it is computed.
static void
try_shifted (Check *c, Shape shape, guint shift)
{
  const guint k = shape.k, n_runs = n_words (shape.out, shape.n_out);
  const gsize n_same = shape.n - shift;
  Operands t;
  Rows whole, moved;

  check_arguments (c, "%u to %u channels moved by %u", shape.n_in, shape.n_out,
                   shift);
  make_operands (c, &t, shape);
  whole = rows_new (c->rand, n_runs, shape.n);
  moved = rows_copy (&whole);
  run_new (c, &t, &whole);
  for (guint ky = 0; ky < k; ky++)
    memmove (t.src[ky].row - k / 2, t.src[ky].row - k / 2 + shift,
             (t.src[ky].region.size / sizeof (gfloat) - ECBSR_ROW_PAD - shift)
                 * sizeof (gfloat));
  run_new (c, &t, &moved);
  for (guint o = 0; o < n_runs; o++)
    check_same (c, "moved", whole.row + o * whole.pitch + shift,
                moved.row + o * moved.pitch, n_same - k / 2, sizeof (gfloat));
  free_operands (&t);
  rows_free (&whole);
  rows_free (&moved);
}

static Shape
shape_of (const Shape *kind, guint n_in, guint n_out, gsize n, Pattern pattern)
{
  Shape shape = *kind;

  shape.n_in = n_in;
  shape.n_out = n_out;
  shape.n = n;
  shape.pattern = pattern;
  return shape;
}

static void
check_channels (Check *c, const Shape *kind, guint most_inputs)
{
  // Those of the models, and those around a block.
  static const guint counts[]
      = { 1, 3, 4, 5, 6, 7, 8, 9, 10, 16, 18, 32, 50, 64, 128 };
  static const gsize widths[] = { 1, 16, 31, 47, 48, 49 };

  for (guint i = 0; i < G_N_ELEMENTS (counts) && counts[i] <= most_inputs; i++)
    for (guint o = 0; o < G_N_ELEMENTS (counts); o++)
      try_shape (c, shape_of (kind, counts[i], counts[o],
                              widths[(i + o) % G_N_ELEMENTS (widths)],
                              pattern_random (c->rand)));
}

static void
bench_shape (Check *c, const Shape *kind, guint n_in, guint n_out)
{
  const Shape shape
      = shape_of (kind, n_in, n_out, 10 * ECBSR_GRANULE, PATTERN_RANDOM);
  g_autofree gchar *label = g_strdup_printf ("%u to %u", n_in, n_out);
  Operands t;
  Rows dst;

  if (c->failure || !c->bench)
    return;
  make_operands (c, &t, shape);
  dst = rows_new (c->rand, n_words (shape.out, n_out), shape.n);
  bench_begin (c->bench, label, shape.n);
  while (bench_more (c->bench))
    run_new (c, &t, &dst);
  free_operands (&t);
  rows_free (&dst);
}

static void
check_conv (Check *c, guint k, EcbsrDtype in, EcbsrDtype out,
            guint most_inputs)
{
  Shape kind = { .k = k, .in = in, .out = out };
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    try_shape (c, shape_of (&kind, 3, 5, n, PATTERN_RANDOM));
  for (Pattern p = 0; p < N_PATTERNS; p++)
    try_shape (c, shape_of (&kind, 4, 9, 50, p));
  check_channels (c, &kind, most_inputs);
  for (guint shift = 1; shift < 50; shift += 7)
    try_shifted (c,
                 shape_of (&kind, 3, 13, 3 * ECBSR_GRANULE, PATTERN_RANDOM),
                 shift);
  bench_shape (c, &kind, 1, 8);
  bench_shape (c, &kind, 8, 8);
  bench_shape (c, &kind, 16, 16);
  // All magnitudes, where curves bend and where they do not.
  for (kind.curve = ECBSR_CURVE_TANH; kind.curve <= ECBSR_CURVE_SOFTPLUS;
       kind.curve++)
    for (Pattern p = 0; p < N_PATTERNS; p++)
      for (guint n_out = 1; n_out < 14; n_out += 4)
        try_shape (c, shape_of (&kind, 1, n_out, 480, p));
}

// Inner and last layers have any number of inputs; 5x5 and 7x7 are first layers,
// of one channel, of which some more do no harm.
#define CHECK(size, in, out, IN, OUT, most_inputs)                            \
  void check_conv##size##x##size##_##in##_##out (Check *c)                    \
  {                                                                           \
    check_conv (c, size, ECBSR_DTYPE_##IN, ECBSR_DTYPE_##OUT, most_inputs);   \
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

