// SPDX-License-Identifier: LGPL-2.1-or-later
//
// 3x3 convolutions by Arm's matrix products: of two pixels' eight bytes, or
// four bfloat16, by two outputs' into a tile of 2x2 sums, twice as many as a
// dot product makes.
//
// Two words of a pixel's neighbours lie beside one another, so a vector as it
// is loaded is columns 0 and 1 of the kernel for two pixels, every other one.
// Column 2 of two words is put together by a transposition, which takes every
// other pixel, too.

#include "finish.h"
#include "isa.h"
#include "kernels.h"
#include "vec.h"
#include "vwords.h"

// A block is at most so many outputs times VECTORS vectors of pixels.
#define OUTPUTS 8
// Of a vector of pixels: the even ones and the odd ones.
#define HALVES 2

#if ECBSR_DOT == 4
#define NARROW ECBSR_DTYPE_U8
#else
#define NARROW ECBSR_DTYPE_BF16
#endif

// Pairs of pixels by pairs of outputs.
typedef vsum Tiles[OUTPUTS / 2][HALVES * VECTORS];
typedef vint Pixels[HALVES * VECTORS];

ALWAYS_INLINE vsum
vmatrix (vsum sum, vint pixels, vint weights)
{
#if ECBSR_DOT == 4
  return (vsum) vusmmlaq_s32 ((int32x4_t) sum, (uint8x16_t) pixels,
                              (int8x16_t) weights);
#else
  return (vsum) vbfmmlaq_f32 ((float32x4_t) sum, (bfloat16x8_t) pixels,
                              (bfloat16x8_t) weights);
#endif
}

// What sums of outputs o and o + 1 begin with.
ALWAYS_INLINE vsum
first_pair (const EcbsrConv *conv, unsigned o)
{
  const void *from = ECBSR_DOT == 4 ? (const void *) (conv->offset + o)
                                    : (const void *) (conv->bias + o);
  uint64_t pair;

  memcpy (&pair, from, sizeof pair);
  return (vsum) vdupq_n_u64 (pair);
}

// Returns the weights of the next step.
ALWAYS_INLINE const uint32_t *
add_products (Tiles sum, const Pixels pixels, const uint32_t *weight,
              unsigned b, unsigned n_vectors)
{
#pragma GCC unroll 4
  for (unsigned o = 0; o < b / 2; o++, weight += 4)
    {
      vint weights = (vint) vld1q_u32 (weight);
      VKEEP (weights);
#pragma GCC unroll 6
      for (unsigned v = 0; v < HALVES * n_vectors; v++)
        sum[o][v] = vmatrix (sum[o][v], pixels[v], weights);
    }
  return weight;
}

// Columns 0 and 1 of a word; s is the pixel to the left of the first.
ALWAYS_INLINE void
load_columns (Pixels pixels, const uint32_t *s, unsigned n_vectors)
{
#pragma GCC unroll 3
  for (unsigned v = 0; v < n_vectors; v++)
    {
      pixels[HALVES * v] = vinput (s + v * LANES, NARROW);
      pixels[HALVES * v + 1] = vinput (s + v * LANES + 1, NARROW);
    }
}

// Column 2 of two words.
ALWAYS_INLINE void
load_last_columns (Pixels pixels, const uint32_t *s, const uint32_t *t,
                   unsigned n_vectors)
{
#pragma GCC unroll 3
  for (unsigned v = 0; v < n_vectors; v++)
    {
      const uint32x4_t a = (uint32x4_t) vinput (s + v * LANES + 2, NARROW);
      const uint32x4_t b = (uint32x4_t) vinput (t + v * LANES + 2, NARROW);
      pixels[HALVES * v] = (vint) vtrn1q_u32 (a, b);
      pixels[HALVES * v + 1] = (vint) vtrn2q_u32 (a, b);
    }
}

// A single word is paired with itself: weights of the other one are 0.
ALWAYS_INLINE void
make_sums (Tiles sum, const EcbsrConv *conv, const uint32_t *weight,
           const void *const *src, size_t src_pitch, size_t x, unsigned b,
           unsigned n_vectors)
{
  unsigned i = 0;
  Pixels pixels;

  for (; i + 1 < conv->n_in; i += 2)
    for (unsigned ky = 0; ky < 3; ky++)
      {
        const uint32_t *s = (const uint32_t *) src[ky] + i * src_pitch + x - 1;
        load_columns (pixels, s, n_vectors);
        weight = add_products (sum, pixels, weight, b, n_vectors);
        load_columns (pixels, s + src_pitch, n_vectors);
        weight = add_products (sum, pixels, weight, b, n_vectors);
        load_last_columns (pixels, s, s + src_pitch, n_vectors);
        weight = add_products (sum, pixels, weight, b, n_vectors);
      }
  for (unsigned ky = 0; i < conv->n_in && ky < 3; ky++)
    {
      const uint32_t *s = (const uint32_t *) src[ky] + i * src_pitch + x - 1;
      load_columns (pixels, s, n_vectors);
      weight = add_products (sum, pixels, weight, b, n_vectors);
      load_last_columns (pixels, s, s, n_vectors);
      weight = add_products (sum, pixels, weight, b, n_vectors);
    }
}

// b outputs from `first` on, n_vectors vectors of pixels: constants where this
// is inlined, as `out`.
ALWAYS_INLINE void
make_part (const EcbsrConv *conv, const uint32_t *weight, unsigned first,
           uint32_t *dst, size_t dst_pitch, const void *const *src,
           size_t src_pitch, size_t x, unsigned b, unsigned n_vectors,
           EcbsrDtype out)
{
  const unsigned n_out = conv->n_out - first < b ? conv->n_out - first : b;
  vsum acc[OUTPUTS][VECTORS];
  Tiles sum;

#pragma GCC unroll 4
  for (unsigned o = 0; o < b / 2; o++)
#pragma GCC unroll 6
    for (unsigned v = 0; v < HALVES * n_vectors; v++)
      sum[o][v] = first_pair (conv, first + 2 * o);
  make_sums (sum, conv, weight, src, src_pitch, x, b, n_vectors);
#pragma GCC unroll 8
  for (unsigned o = 0; o < b; o++)
#pragma GCC unroll 3
    for (unsigned v = 0; v < n_vectors; v++)
      {
        const uint32x4_t even = (uint32x4_t) sum[o / 2][HALVES * v];
        const uint32x4_t odd = (uint32x4_t) sum[o / 2][HALVES * v + 1];
        acc[o][v]
            = (vsum) (o % 2 ? vtrn2q_u32 (even, odd) : vtrn1q_u32 (even, odd));
      }
  finish_block (conv, first, n_out, acc, dst + x, dst_pitch, b, n_vectors,
                NARROW, out, 0);
}

ALWAYS_INLINE void
make_block (const EcbsrConv *conv, const uint32_t *weight, unsigned first,
            uint32_t *dst, size_t dst_pitch, const void *const *src,
            size_t src_pitch, size_t n, unsigned b, EcbsrDtype out)
{
  size_t x = 0;

  for (; x + (VECTORS - 1) * LANES < n; x += VECTORS * LANES)
    make_part (conv, weight, first, dst, dst_pitch, src, src_pitch, x, b,
               VECTORS, out);
  for (; x < n; x += LANES)
    make_part (conv, weight, first, dst, dst_pitch, src, src_pitch, x, b, 1,
               out);
}

ALWAYS_INLINE void
make_row (const EcbsrConv *conv, void *dst, size_t dst_pitch,
          const void *const *src, size_t src_pitch, size_t n, EcbsrDtype out)
{
  const size_t per_output
      = ecbsr_kernels_tile_size (2, NARROW, conv->n_in * ECBSR_DOT, 4) / 4;
  const uint32_t *weight = conv->weight;
  unsigned first = 0;

  for (; conv->n_out - first > 4 && first < conv->n_out; first += OUTPUTS)
    {
      make_block (conv, weight, first, dst, dst_pitch, src, src_pitch, n,
                  OUTPUTS, out);
      weight += OUTPUTS * per_output;
    }
  if (first < conv->n_out)
    make_block (conv, weight, first, dst, dst_pitch, src, src_pitch, n, 4, out);
}

#define TILE(in, out, OUT)                                                     \
  static void ECBSR_NAME (tile3x3_##in##_##out) (                              \
      const EcbsrConv *conv, void *const *dst, size_t dst_pitch,               \
      const void *const *src, size_t src_pitch, void *work, size_t n)          \
  {                                                                            \
    for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)                            \
      make_row (conv, dst[r], dst_pitch, src + r, src_pitch, n, OUT);          \
  }

#if ECBSR_DOT == 4
TILE (u8, u8, NARROW)
TILE (u8, f32, ECBSR_DTYPE_F32)
#else
TILE (bf16, bf16, NARROW)
TILE (bf16, f32, ECBSR_DTYPE_F32)
#endif

// As many as a block has under way, on nothing but registers.
static size_t
ECBSR_NAME (peak_tiles) (size_t n_rounds)
{
  Tiles sum = { { { 0 } } };
  vint pixels = { 0 }, weights = { 0 };

  for (size_t i = 0; i < n_rounds; i++)
    {
      VKEEP (pixels);
      VKEEP (weights);
#pragma GCC unroll 4
      for (unsigned o = 0; o < OUTPUTS / 2; o++)
#pragma GCC unroll 6
        for (unsigned v = 0; v < HALVES * VECTORS; v++)
          {
            sum[o][v] = vmatrix (sum[o][v], pixels, weights);
            VKEEP (sum[o][v]);
          }
    }
#pragma GCC unroll 4
  for (unsigned o = 0; o < OUTPUTS / 2; o++)
#pragma GCC unroll 6
    for (unsigned v = 0; v < HALVES * VECTORS; v++)
      pixels += (vint) sum[o][v];
  __asm__ volatile("" : : "m"(pixels)); // somebody wants the result
  // 2x2 sums of two words each.
  return n_rounds * OUTPUTS / 2 * HALVES * VECTORS * 2 * 2 * 2 * ECBSR_DOT;
}

void
ECBSR_NAME (enter_tiles) (EcbsrKernels *kernels)
{
  kernels->tile = 2;
  kernels->peak[NARROW] = ECBSR_NAME (peak_tiles);
#if ECBSR_DOT == 4
  kernels->tile3x3_u8_u8 = ECBSR_NAME (tile3x3_u8_u8);
  kernels->tile3x3_u8_f32 = ECBSR_NAME (tile3x3_u8_f32);
#else
  kernels->tile3x3_bf16_bf16 = ECBSR_NAME (tile3x3_bf16_bf16);
  kernels->tile3x3_bf16_f32 = ECBSR_NAME (tile3x3_bf16_f32);
#endif
}
