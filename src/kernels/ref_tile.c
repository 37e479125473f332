// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The reference of convolutions by tiles: the sums by the place that each
// weight has in its tile.

#include "ref.h"

// The word of weights of output o at input word i and a tap.
static uint32_t
weight_at (const EcbsrConv *conv, const EcbsrTiling *tiling, unsigned o,
           unsigned i, unsigned ky, unsigned kx)
{
  const unsigned part = i / tiling->n_words, block = o / ECBSR_TILE_SIZE;
  const size_t tile = ((size_t) block * tiling->n_parts + part) * 3 + ky;
  const uint32_t *row = (const uint32_t *) conv->weight
                        + tile * ECBSR_TILE_WORDS
                        + o % ECBSR_TILE_SIZE * ECBSR_TILE_SIZE;

  return row[kx * tiling->n_words + i % tiling->n_words];
}

// What the slope is applied to; src is the row's three.
static float
make_sum (const EcbsrConv *conv, const EcbsrTiling *tiling, unsigned o,
          const void *const *src, size_t src_pitch, size_t x, EcbsrDtype in)
{
  const unsigned k = ecbsr_dtype_channels (in);
  float sum = conv->bias[o];
  int32_t whole = in == ECBSR_DTYPE_U8 ? conv->offset[o] : 0;

  for (unsigned i = 0; i < conv->n_in; i++)
    for (unsigned ky = 0; ky < 3; ky++)
      for (unsigned kx = 0; kx < 3; kx++)
        {
          const uint32_t weight = weight_at (conv, tiling, o, i, ky, kx);
          const ptrdiff_t at = (ptrdiff_t) (i * src_pitch + x + kx) - 1;
          const uint32_t word = ((const uint32_t *) src[ky])[at];
          for (unsigned j = 0; j < k; j++)
            if (in == ECBSR_DTYPE_U8)
              whole += byte_product (weight, word, j);
            else
              sum += word_value (weight, in, j) * word_value (word, in, j);
        }
  if (in == ECBSR_DTYPE_U8)
    return fmaf ((float) whole, conv->multiplier[o], conv->bias[o]);
  return sum;
}

static float
finish (const EcbsrConv *conv, unsigned o, float t, EcbsrDtype out)
{
  if (out == ECBSR_DTYPE_U8)
    return fmaxf (t, fmaf (t, conv->slope[o], conv->knee[o]));
  if (out == ECBSR_DTYPE_F32 && conv->plain)
    return t;
  return bounded (conv, o, t > 0 ? t : t * conv->slope[o]);
}

static void
make_row (const EcbsrConv *conv, uint32_t *dst, size_t dst_pitch,
          const void *const *src, size_t src_pitch, size_t n, EcbsrDtype in,
          EcbsrDtype out)
{
  const size_t end = (n + ECBSR_GRANULE - 1) / ECBSR_GRANULE * ECBSR_GRANULE;
  const EcbsrTiling tiling
      = ecbsr_kernels_tiling (in, conv->n_in * ecbsr_dtype_channels (in));

  for (unsigned o = 0; o < conv->n_out; o++)
    for (size_t x = 0; x < end; x++)
      {
        uint32_t *word = dst + o / ecbsr_dtype_channels (out) * dst_pitch + x;
        const float t = make_sum (conv, &tiling, o, src, src_pitch, x, in);
        put_value (word, o, finish (conv, o, t, out), out);
        if (out == ECBSR_DTYPE_U8)
          bound_byte (conv, o, word);
      }
}

#define TILE(name, in, out)                                                    \
  static void name (const EcbsrConv *conv, void *const *dst, size_t dst_pitch, \
                    const void *const *src, size_t src_pitch, void *work,      \
                    size_t n)                                                  \
  {                                                                            \
    for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)                            \
      make_row (conv, dst[r], dst_pitch, src + r, src_pitch, n, in, out);      \
  }
TILE (tile_bf16_bf16, ECBSR_DTYPE_BF16, ECBSR_DTYPE_BF16)
TILE (tile_bf16_f32, ECBSR_DTYPE_BF16, ECBSR_DTYPE_F32)
TILE (tile_u8_u8, ECBSR_DTYPE_U8, ECBSR_DTYPE_U8)
TILE (tile_u8_f32, ECBSR_DTYPE_U8, ECBSR_DTYPE_F32)

void
ecbsr_kernels_fill_tile_ref (EcbsrKernels *kernels)
{
  kernels->tile = ECBSR_TILE_SIZE;
  kernels->tile3x3_bf16_bf16 = tile_bf16_bf16;
  kernels->tile3x3_bf16_f32 = tile_bf16_f32;
  kernels->tile3x3_u8_u8 = tile_u8_u8;
  kernels->tile3x3_u8_f32 = tile_u8_f32;
}
