// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The oracle of convolutions by transformed rows, in the contract's order.

#include "kernels.h"

#include <string.h>

static void
transform (float component[ECBSR_WINO_COMPONENTS], const void *const *src,
           ptrdiff_t at)
{
  float d[6];

  for (unsigned r = 0; r < 6; r++)
    d[r] = ((const float *) src[r])[at];
  const float a = d[4] - 4 * d[2], b = d[3] - 4 * d[1];
  const float c = d[4] - d[2], e = d[3] - d[1];
  component[0] = a + b;
  component[1] = a - b;
  component[2] = c + 2 * e;
  component[3] = c - 2 * e;
  component[4] = c + 4 * (d[0] - d[2]);
  component[5] = d[5] - d[3] - 4 * e;
}

static float
weight_at (const EcbsrConv *conv, unsigned o, unsigned c, unsigned tap)
{
  // The reference table's block is 4.
  const size_t n_taps = (size_t) conv->n_in * 3;
  const size_t block = (size_t) o / 4 * ECBSR_WINO_COMPONENTS + c;

  return ((const float *) conv->weight)[(block * n_taps + tap) * 4 + o % 4];
}

static void
add_products (const EcbsrConv *conv, unsigned o, const void *const *src,
              size_t src_pitch, size_t x, float sum[ECBSR_WINO_COMPONENTS])
{
  for (unsigned i = 0; i < conv->n_in; i++)
    for (unsigned kx = 0; kx < 3; kx++)
      {
        float component[ECBSR_WINO_COMPONENTS];
        transform (component, src, (ptrdiff_t) (i * src_pitch + x + kx) - 1);
        for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++)
          sum[c] += weight_at (conv, o, c, i * 3 + kx) * component[c];
      }
}

// The outer rows' last component is added product by product.
static float
outer_row (const EcbsrConv *conv, unsigned o, const void *const *src,
           size_t src_pitch, size_t x, unsigned c, float first)
{
  float sum[ECBSR_WINO_COMPONENTS] = { 0 };

  sum[c] = first;
  add_products (conv, o, src, src_pitch, x, sum);
  return sum[c];
}

static float
curve (const EcbsrConv *conv, unsigned o, float v)
{
  return v > 0 ? v : v * conv->slope[o];
}

static void
make_pixel (const EcbsrConv *conv, unsigned o, const void *const *src,
            size_t src_pitch, size_t x, float y[ECBSR_WINO_ROWS])
{
  float m[ECBSR_WINO_COMPONENTS] = { conv->bias[o] };

  add_products (conv, o, src, src_pitch, x, m);
  const float sum = m[0] + m[1], difference = m[0] - m[1];
  const float p = m[2] + m[3], q = m[2] - m[3];
  y[0] = outer_row (conv, o, src, src_pitch, x, 4, sum + p);
  y[1] = difference + 2 * q;
  y[2] = sum + 4 * p;
  y[3] = outer_row (conv, o, src, src_pitch, x, 5, difference + 8 * q);
}

void
ecbsr_wino3x3_f32_f32_ref (const EcbsrConv *conv, void *const *dst,
                           size_t dst_pitch, const void *const *src,
                           size_t src_pitch, float *work, size_t n)
{
  const size_t end = (n + ECBSR_GRANULE - 1) / ECBSR_GRANULE * ECBSR_GRANULE;
  float y[ECBSR_WINO_ROWS];

  for (unsigned o = 0; o < conv->n_out; o++)
    for (size_t x = 0; x < end; x++)
      {
        make_pixel (conv, o, src, src_pitch, x, y);
        for (unsigned r = 0; r < ECBSR_WINO_ROWS; r++)
          ((float *) dst[r])[o * dst_pitch + x] = curve (conv, o, y[r]);
      }
}
