// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Convolutions, pixels in the lanes: a block of BLOCK output channels × VECTORS
// vectors of neighbouring pixels stays in registers while the loop runs over
// input channels and taps, so that 3 loads and BLOCK broadcasts feed 3·BLOCK
// multiply-adds.

#include "isa.h"
#include "kernels.h"
#include "vec.h"

// One block of b output channels, from channel `first`, for all pixels. b and k
// are constants where this is inlined.
ALWAYS_INLINE void
conv_block (const EcbsrConv *conv, const float *weight, unsigned first,
            float *dst, size_t dst_pitch, const float *const *src,
            size_t src_pitch, size_t n, unsigned b, unsigned k)
{
  const unsigned n_out = conv->n_out - first < b ? conv->n_out - first : b;

  for (size_t x = 0; x < n; x += VECTORS * LANES)
    {
      vfloat acc[8][VECTORS];
      const float *w = weight;

#pragma GCC unroll 8
      for (unsigned o = 0; o < b; o++)
#pragma GCC unroll 3
        for (unsigned v = 0; v < VECTORS; v++)
          acc[o][v] = vsplat (conv->bias[first + o]);

      for (unsigned i = 0; i < conv->n_in; i++)
        for (unsigned ky = 0; ky < k; ky++)
          {
            const float *s = src[ky] + i * src_pitch + x - k / 2;
#pragma GCC unroll 7
            for (unsigned kx = 0; kx < k; kx++, w += b)
              {
                vfloat in[VECTORS];
#pragma GCC unroll 3
                for (unsigned v = 0; v < VECTORS; v++)
                  {
                    in[v] = vload (s + kx + v * LANES);
                    VKEEP (in[v]);
                  }
#pragma GCC unroll 8
                for (unsigned o = 0; o < b; o++)
                  {
                    vfloat factor = vsplat (w[o]);
#pragma GCC unroll 3
                    for (unsigned v = 0; v < VECTORS; v++)
                      acc[o][v] = vmuladd (acc[o][v], factor, in[v]);
                  }
              }
          }

#pragma GCC unroll 8
      for (unsigned o = 0; o < b; o++)
        {
          if (o >= n_out)
            break;
#pragma GCC unroll 3
          for (unsigned v = 0; v < VECTORS; v++)
            {
              vfloat sum = acc[o][v];
              vstore (dst + (first + o) * dst_pitch + x + v * LANES,
                      vselect (sum > 0, sum, sum * conv->slope[first + o]));
            }
        }
    }
}

ALWAYS_INLINE void
conv_row (const EcbsrConv *conv, float *dst, size_t dst_pitch,
          const float *const *src, size_t src_pitch, size_t n, unsigned k)
{
  const size_t n_taps = (size_t) conv->n_in * k * k;
  const float *weight = conv->weight;
  unsigned first = 0;

#if BLOCK == 8
  for (; conv->n_out - first > 4 && first < conv->n_out; first += 8)
    {
      conv_block (conv, weight, first, dst, dst_pitch, src, src_pitch, n, 8,
                  k);
      weight += 8 * n_taps;
    }
#endif
  for (; first < conv->n_out; first += 4)
    {
      conv_block (conv, weight, first, dst, dst_pitch, src, src_pitch, n, 4,
                  k);
      weight += 4 * n_taps;
    }
}

void
ECBSR_NAME (conv3x3_f32) (const EcbsrConv *conv, float *dst, size_t dst_pitch,
                          const float *const *src, size_t src_pitch, size_t n)
{
  conv_row (conv, dst, dst_pitch, src, src_pitch, n, 3);
}

void
ECBSR_NAME (conv5x5_f32) (const EcbsrConv *conv, float *dst, size_t dst_pitch,
                          const float *const *src, size_t src_pitch, size_t n)
{
  conv_row (conv, dst, dst_pitch, src, src_pitch, n, 5);
}

void
ECBSR_NAME (conv7x7_f32) (const EcbsrConv *conv, float *dst, size_t dst_pitch,
                          const float *const *src, size_t src_pitch, size_t n)
{
  conv_row (conv, dst, dst_pitch, src, src_pitch, n, 7);
}
