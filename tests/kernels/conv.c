// SPDX-License-Identifier: LGPL-2.1-or-later

#include "conv.h"

#include <math.h>
#include <string.h>

unsigned
n_words (EcbsrDtype dtype, unsigned n_channels)
{
  const unsigned k = ecbsr_dtype_channels (dtype);
  return (n_channels + k - 1) / k;
}

static float
to_bf16 (float value)
{
  const uint32_t bits = (uint32_t) ecbsr_bf16_from_float (value) << 16;
  float rounded;

  memcpy (&rounded, &bits, sizeof rounded);
  return rounded;
}

// Whole where values are.
static Pattern
pattern_of_weights (const Shape *s)
{
  return s->pattern == PATTERN_WHOLE && s->in != ECBSR_DTYPE_U8
             ? PATTERN_WHOLE
             : PATTERN_SIGNED;
}

// Signed, then what the words can hold.
static void
fill_weights (Check *c, Conv *t, size_t n)
{
  pattern_fill (&c->rand, pattern_of_weights (&t->shape), t->weight, n);
  for (size_t i = 0; i < n; i++)
    if (t->shape.in == ECBSR_DTYPE_BF16)
      t->weight[i] = to_bf16 (t->weight[i]);
    else if (t->shape.in == ECBSR_DTYPE_U8)
      t->weight[i] = rintf (127 * t->weight[i]);
}

// Of outputs, the byte that stands for 0: the ends of the range, the middle,
// one that is odd and one that is even.
static const float zeros[] = { 128, 0, 255, 97, 14 };

// A third of the outputs has none, some have one value only. Sums are some hundreds.
static void
fill_bounds (Check *c, Conv *t, unsigned o)
{
  const bool none = random_range (&c->rand, 0, 3) == 0;
  const bool one = random_range (&c->rand, 0, 8) == 0;
  const double span = one ? 0 : random_real (&c->rand, 0, 400);
  const unsigned least = (unsigned) random_range (&c->rand, 0, 256);
  const unsigned greatest
      = one ? least : least + (unsigned) random_range (&c->rand, 0, 256 - (int) least);

  t->minimum[o] = none ? -INFINITY : (float) random_real (&c->rand, -300, 200);
  t->maximum[o] = none ? INFINITY : (float) (t->minimum[o] + span);
  t->least_byte[o / 4] |= (none ? 0 : least) << o % 4 * 8;
  t->greatest_byte[o / 4] |= (none ? 255 : greatest) << o % 4 * 8;
}

// Of a size that brings sums into the range of what is written.
static void
fill_outputs (Check *c, Conv *t, unsigned o)
{
  const Shape *s = &t->shape;
  const size_t n_taps = (size_t) s->n_in * s->k * s->k;
  const float *w = t->weight + o * n_taps;

  // 0, 1, and slopes between and below.
  t->slope[o] = (float) fmin (fmax (random_real (&c->rand, -1, 2), 0), 1)
                - (random_range (&c->rand, 0, 8) == 0);
  t->multiplier[o]
      = (float) (random_real (&c->rand, 0.5, 2) / (50 * sqrt (n_taps)));
  // The zero points of inputs count through these sums only.
  t->offset[o] = random_range (&c->rand, 0, 20001) - 10000;
  t->signed_offset[o] = t->offset[o];
  for (size_t i = 0; s->in == ECBSR_DTYPE_U8 && i < n_taps; i++)
    t->offset[o] -= 128 * (int32_t) w[i];
  t->zero[o] = zeros[o % N_ELEMENTS (zeros)];
  t->knee[o] = t->zero[o] * (1 - t->slope[o]);
  if (s->in == ECBSR_DTYPE_U8 && s->out == ECBSR_DTYPE_U8
      && s->curve == ECBSR_CURVE_SLOPE)
    t->bias[o] += t->zero[o];
  fill_bounds (c, t, o);
}

static void
make_weights (Check *c, Conv *t)
{
  const Shape *s = &t->shape;
  const size_t n_weights = (size_t) s->n_out * s->n_in * s->k * s->k;
  const unsigned n_padded = ecbsr_kernels_padded_outputs (s->n_out);

  t->weight = NEW (float, n_weights);
  t->bias = NEW (float, n_padded);
  t->slope = NEW (float, n_padded);
  t->multiplier = NEW (float, n_padded);
  t->offset = NEW (int32_t, n_padded);
  t->signed_offset = NEW (int32_t, n_padded);
  t->zero = NEW (float, n_padded);
  t->knee = NEW (float, n_padded);
  t->minimum = NEW (float, n_padded);
  t->maximum = NEW (float, n_padded);
  t->least_byte = NEW (uint32_t, n_padded / 4);
  t->greatest_byte = NEW (uint32_t, n_padded / 4);
  fill_weights (c, t, n_weights);
  pattern_fill (&c->rand, pattern_of_weights (s), t->bias, s->n_out);
  for (unsigned o = 0; o < s->n_out; o++)
    fill_outputs (c, t, o);
}

static EcbsrConv
pack_for (const EcbsrKernels *table, const Conv *t)
{
  const Shape *s = &t->shape;
  const size_t n = ecbsr_kernels_packed_size (table->block, s->in, s->k,
                                              s->n_in, s->n_out);
  uint32_t *packed = NEW (uint32_t, n);

  ecbsr_kernels_pack (packed, t->weight, table->block, s->in, s->k, s->n_in,
                      s->n_out);
  return (EcbsrConv){
    .kernel_size = s->k,
    .n_in = n_words (s->in, s->n_in),
    .n_out = s->n_out,
    .weight = packed,
    .bias = t->bias,
    .slope = t->slope,
    .multiplier = t->multiplier,
    .offset = t->offset,
    .signed_offset = t->signed_offset,
    .zero = t->zero,
    .knee = t->knee,
    .minimum = t->minimum,
    .maximum = t->maximum,
    .least_byte = t->least_byte,
    .greatest_byte = t->greatest_byte,
    .curve = s->curve,
    .plain = s->plain,
    .gain = s->out == ECBSR_DTYPE_U8 ? 0.75f : 1,
  };
}

// The same as Winograd's kernels have it.
static EcbsrConv
pack_wino_for (const EcbsrKernels *table, const Conv *t)
{
  const Shape *s = &t->shape;
  EcbsrConv conv = pack_for (table, t);
  uint32_t *packed
      = NEW (uint32_t, ecbsr_kernels_wino_size (table->block, s->in, s->n_in,
                                                s->n_out));

  ecbsr_kernels_pack_wino (packed, t->weight, table->block, s->in, s->n_in,
                           s->n_out);
  free ((void *) conv.weight);
  conv.weight = packed;
  return conv;
}

// As those have it that go over columns as well.
static EcbsrConv
pack_square_for (const EcbsrKernels *table, const Conv *t)
{
  const Shape *s = &t->shape;
  EcbsrConv conv = pack_for (table, t);
  uint32_t *packed
      = NEW (uint32_t, ecbsr_kernels_square_size (s->n_in, s->n_out));

  ecbsr_kernels_pack_square (packed, t->weight, s->n_in, s->n_out);
  free ((void *) conv.weight);
  conv.weight = packed;
  return conv;
}

// And as that of tiles.
static EcbsrConv
pack_tiles_for (const EcbsrKernels *table, const Conv *t)
{
  const Shape *s = &t->shape;
  EcbsrConv conv = pack_for (table, t);
  void *packed;

  if (posix_memalign (&packed, ECBSR_ALIGN,
                      sizeof (uint32_t)
                          * ecbsr_kernels_tile_size (table->tile, s->in, s->n_in,
                                                 s->n_out))
      != 0)
    support_die ("no memory for tiles");
  ecbsr_kernels_pack_tiles (packed, t->weight, table->tile, s->in, s->n_in,
                            s->n_out);
  free ((void *) conv.weight);
  conv.weight = packed;
  return conv;
}

static EcbsrConv
pack (const EcbsrKernels *table, const Conv *t)
{
  if (t->shape.tiles)
    return pack_tiles_for (table, t);
  if (t->shape.square)
    return pack_square_for (table, t);
  return t->shape.wino ? pack_wino_for (table, t) : pack_for (table, t);
}

// Input rows.
static unsigned
n_rows (const Shape *s)
{
  return s->wino || s->square || s->tiles ? ECBSR_GROUP_ROWS + 2 : s->k;
}

// Words of the pattern, as floats first. Bytes are the pattern's low byte,
// which makes black, white and stripes what they are called.
static void
fill_words (Check *c, const Shape *s, float *row, size_t n)
{
  const unsigned k = ecbsr_dtype_channels (s->in);
  AUTOFREE float *values = NEW (float, n *k);

  pattern_fill (&c->rand, s->pattern, values, n * k);
  for (size_t x = 0; x < n; x++)
    {
      uint32_t word = 0;
      for (unsigned j = 0; j < k; j++)
        if (s->in == ECBSR_DTYPE_BF16)
          word |= (uint32_t) ecbsr_bf16_from_float (values[x * k + j])
                  << (16 * j);
        else if (s->in == ECBSR_DTYPE_U8)
          word |= ((uint32_t) (int32_t) values[x * k + j] & 0xff) << (8 * j);
        else
          memcpy (&word, &values[x], sizeof word);
      memcpy (row + x, &word, sizeof word);
    }
}

// What no output depends on stays POISON.
static void
make_rows (Check *c, Conv *t)
{
  const size_t reach = t->shape.k / 2;

  for (unsigned ky = 0; ky < n_rows (&t->shape); ky++)
    {
      Rows *rows = &t->src[ky];
      if (ky == 0)
        *rows = rows_new (&c->rand, t->ref.n_in, t->shape.n);
      else
        *rows = rows_copy (&t->src[0]); // one pitch for all
      for (unsigned i = 0; i < rows->n_channels; i++)
        fill_words (c, &t->shape, rows->row + i * rows->pitch - reach,
                    rows->n + 2 * reach);
      t->rows[ky] = rows->row;
    }
}

void
conv_new (Check *c, Conv *t, Shape shape)
{
  t->shape = shape;
  make_weights (c, t);
  t->ref = pack (&c->ref, t);
  t->new = pack (&c->new, t);
  t->base = pack (&c->base, t);
  make_rows (c, t);
}

void
conv_free (Conv *t)
{
  free (t->weight);
  free (t->bias);
  free (t->slope);
  free (t->multiplier);
  free (t->offset);
  free (t->signed_offset);
  free (t->zero);
  free (t->knee);
  free (t->minimum);
  free (t->maximum);
  free (t->least_byte);
  free (t->greatest_byte);
  free ((void *) t->ref.weight);
  free ((void *) t->new.weight);
  free ((void *) t->base.weight);
  for (unsigned ky = 0; ky < n_rows (&t->shape); ky++)
    rows_free (&t->src[ky]);
}
