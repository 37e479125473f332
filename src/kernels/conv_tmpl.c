// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Convolutions, pixels in the lanes: a block of BLOCK output channels × VECTORS
// vectors of neighbouring pixels stays in registers while the loop runs over
// input channels and taps, so that 3 loads and BLOCK broadcasts feed 3·BLOCK
// multiply-adds. A 32-bit lane holds one channel of float32, two of bfloat16 or
// four bytes; only the multiply-add and the store know which.

#include "finish.h"
#include "isa.h"
#include "kernels.h"
#include "vec.h"
#include "vwords.h"

ALWAYS_INLINE vint
first_sum (const EcbsrConv *conv, unsigned o, EcbsrDtype in)
{
  if (in == ECBSR_DTYPE_U8)
    return vsplat_int (SIGNED_BYTES ? conv->signed_offset[o] : conv->offset[o]);
  return (vint) vsplat (conv->bias[o]);
}

// One block of b output channels, from channel `first`, at n_vectors vectors of
// pixels. b, n_vectors, k, in, out and bends (the curve is not a slope) are
// constants where this is inlined: a branch on the curve in here would keep the
// sums in memory.
ALWAYS_INLINE void
conv_part (const EcbsrConv *conv, const uint32_t *weight, unsigned first,
           uint32_t *dst, size_t dst_pitch, const void *const *src,
           size_t src_pitch, size_t x, unsigned b, unsigned n_vectors,
           unsigned k, EcbsrDtype in, EcbsrDtype out, int bends)
{
  const unsigned n_out = conv->n_out - first < b ? conv->n_out - first : b;
  vsum acc[8][VECTORS];

#pragma GCC unroll 8
  for (unsigned o = 0; o < b; o++)
#pragma GCC unroll 3
    for (unsigned v = 0; v < n_vectors; v++)
      acc[o][v] = (vsum) first_sum (conv, first + o, in);

  for (unsigned i = 0; i < conv->n_in; i++)
    for (unsigned ky = 0; ky < k; ky++)
      {
        const uint32_t *s
            = (const uint32_t *) src[ky] + i * src_pitch + x - k / 2;
#pragma GCC unroll 7
        for (unsigned kx = 0; kx < k; kx++, weight += b)
          {
            vint value[VECTORS];
#pragma GCC unroll 3
            for (unsigned v = 0; v < n_vectors; v++)
              value[v] = vinput (s + kx + v * LANES, in);
#pragma GCC unroll 8
            for (unsigned o = 0; o < b; o++)
              {
                vint weights = vweights (weight, o);
#pragma GCC unroll 3
                for (unsigned v = 0; v < n_vectors; v++)
                  acc[o][v] = (vsum) vdot ((vint) acc[o][v], value[v], weights,
                                           o % 4, in);
              }
          }
      }
  finish_block (conv, first, n_out, acc, dst + x, dst_pitch, b, n_vectors, in,
                out, bends);
}

// … for all pixels. What VECTORS vectors at a time leave over are single ones.
ALWAYS_INLINE void
conv_block (const EcbsrConv *conv, const uint32_t *weight, unsigned first,
            uint32_t *dst, size_t dst_pitch, const void *const *src,
            size_t src_pitch, size_t n, unsigned b, unsigned k, EcbsrDtype in,
            EcbsrDtype out, int bends)
{
  size_t x = 0;

  for (; x + (VECTORS - 1) * LANES < n; x += VECTORS * LANES)
    conv_part (conv, weight, first, dst, dst_pitch, src, src_pitch, x, b,
               VECTORS, k, in, out, bends);
  for (; x < n; x += LANES)
    conv_part (conv, weight, first, dst, dst_pitch, src, src_pitch, x, b, 1, k,
               in, out, bends);
}

ALWAYS_INLINE void
conv_row (const EcbsrConv *conv, void *dst, size_t dst_pitch,
          const void *const *src, size_t src_pitch, size_t n, unsigned k,
          EcbsrDtype in, EcbsrDtype out, int bends)
{
  const size_t n_taps = (size_t) conv->n_in * k * k;
  const uint32_t *weight = conv->weight;
  unsigned first = 0;

#if BLOCK == 8
  for (; first < conv->n_out && conv->n_out - first > 4; first += 8)
    {
      conv_block (conv, weight, first, dst, dst_pitch, src, src_pitch, n, 8, k,
                  in, out, bends);
      weight += 8 * n_taps;
    }
#endif
  for (; first < conv->n_out; first += 4)
    {
      conv_block (conv, weight, first, dst, dst_pitch, src, src_pitch, n, 4, k,
                  in, out, bends);
      weight += 4 * n_taps;
    }
}

// Two functions, so that registers are given out for each by itself.
#define CONV_FUNC(name, size, IN, OUT, bends)                                  \
  static __attribute__ ((noinline)) void name (                                \
      const EcbsrConv *conv, void *dst, size_t dst_pitch,                      \
      const void *const *src, size_t src_pitch, size_t n)                      \
  {                                                                            \
    conv_row (conv, dst, dst_pitch, src, src_pitch, n, size, IN, OUT, bends);  \
  }
#define CONV(size, in, out, IN, OUT)                                           \
  CONV_FUNC (sloped##size##_##in##_##out, size, IN, OUT, 0)                    \
  CONV_FUNC (bent##size##_##in##_##out, size, IN, OUT, 1)                      \
  static void ECBSR_NAME (conv##size##x##size##_##in##_##out) (                \
      const EcbsrConv *conv, void *dst, size_t dst_pitch,                      \
      const void *const *src, size_t src_pitch, size_t n)                      \
  {                                                                            \
    if (conv->curve == ECBSR_CURVE_SLOPE)                                      \
      sloped##size##_##in##_##out (conv, dst, dst_pitch, src, src_pitch, n);   \
    else                                                                       \
      bent##size##_##in##_##out (conv, dst, dst_pitch, src, src_pitch, n);     \
  }
// As many independent multiply-adds as the convolution has under way, on
// nothing but registers: the most that the machine can do.
#define PEAK(in, IN)                                                           \
  static size_t ECBSR_NAME (peak_##in) (size_t n_rounds)                       \
  {                                                                            \
    vint acc[BLOCK][VECTORS] = { { { 0 } } };                                  \
    vint value = { 0 }, factor = { 0 };                                        \
    for (size_t i = 0; i < n_rounds; i++)                                      \
      {                                                                        \
        VKEEP (value);                                                         \
        VKEEP (factor);                                                        \
        _Pragma ("GCC unroll 8") for (unsigned o = 0; o < BLOCK; o++)          \
            _Pragma ("GCC unroll 3") for (unsigned v = 0; v < VECTORS; v++)    \
        {                                                                      \
          acc[o][v] = vdot (acc[o][v], value, factor, 0, IN);                  \
          VKEEP (acc[o][v]);                                                   \
        }                                                                      \
      }                                                                        \
    _Pragma ("GCC unroll 8") for (unsigned o = 0; o < BLOCK; o++)              \
        _Pragma ("GCC unroll 3") for (unsigned v = 0; v < VECTORS; v++) value  \
        += acc[o][v];                                                          \
    __asm__ volatile("" : : "m"(value)); /* somebody wants the result */       \
    return n_rounds * BLOCK * VECTORS * LANES * ECBSR_DOT;                     \
  }
#define ENTER(size, in, out)                                                   \
  kernels->conv##size##x##size##_##in##_##out                                  \
      = ECBSR_NAME (conv##size##x##size##_##in##_##out)

// The first layer of a network reads float32, the last writes it; only a first
// layer has kernels of 5 or 7.
#if ECBSR_DOT == 1
#define NARROW ECBSR_DTYPE_F32
CONV (3, f32, f32, NARROW, NARROW)
CONV (5, f32, f32, NARROW, NARROW)
CONV (7, f32, f32, NARROW, NARROW)
PEAK (f32, NARROW)

void
ECBSR_NAME (enter_convs) (EcbsrKernels *kernels)
{
  kernels->block = BLOCK;
  ENTER (3, f32, f32);
  ENTER (5, f32, f32);
  ENTER (7, f32, f32);
  kernels->peak[NARROW] = ECBSR_NAME (peak_f32);
}

#elif ECBSR_DOT == 2
#define NARROW ECBSR_DTYPE_BF16
CONV (3, f32, bf16, ECBSR_DTYPE_F32, NARROW)
CONV (5, f32, bf16, ECBSR_DTYPE_F32, NARROW)
CONV (3, bf16, bf16, NARROW, NARROW)
CONV (3, bf16, f32, NARROW, ECBSR_DTYPE_F32)
PEAK (bf16, NARROW)

void
ECBSR_NAME (enter_convs) (EcbsrKernels *kernels)
{
  ENTER (3, f32, bf16);
  ENTER (5, f32, bf16);
  ENTER (3, bf16, bf16);
  ENTER (3, bf16, f32);
  kernels->peak[NARROW] = ECBSR_NAME (peak_bf16);
}

#else
#define NARROW ECBSR_DTYPE_U8
CONV (3, f32, u8, ECBSR_DTYPE_F32, NARROW)
CONV (5, f32, u8, ECBSR_DTYPE_F32, NARROW)
CONV (3, u8, u8, NARROW, NARROW)
CONV (3, u8, f32, NARROW, ECBSR_DTYPE_F32)
PEAK (u8, NARROW)

void
ECBSR_NAME (enter_convs) (EcbsrKernels *kernels)
{
  ENTER (3, f32, u8);
  ENTER (5, f32, u8);
  ENTER (3, u8, u8);
  ENTER (3, u8, f32);
  kernels->peak[NARROW] = ECBSR_NAME (peak_u8);
}
#endif
