// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The reference of Winograd convolutions, in the contract's order.

#include "ref.h"

// Of value j of the words at `at`.
static void
transform (float component[ECBSR_WINO_COMPONENTS], const void *const *src,
           ptrdiff_t at, EcbsrDtype in, unsigned j)
{
  float d[6];

  for (unsigned r = 0; r < 6; r++)
    d[r] = word_value (((const uint32_t *) src[r])[at], in, j);
  make_components (component, d);
  for (unsigned k = 0; in == ECBSR_DTYPE_BF16 && k < ECBSR_WINO_COMPONENTS; k++)
    component[k] = from_bf16 (ecbsr_bf16_from_float (component[k]));
}

// The word of component c's weights of a tap: one of all input words' columns.
static uint32_t
weight_at (const EcbsrConv *conv, unsigned o, unsigned c, unsigned tap,
           EcbsrDtype in)
{
  // The reference table's block is 4.
  const size_t n_taps = (size_t) conv->n_in * 3, block = o / 4;
  const size_t at = in == ECBSR_DTYPE_F32
                        ? (block * ECBSR_WINO_COMPONENTS + c) * n_taps + tap
                        : (block * n_taps + tap) * ECBSR_WINO_COMPONENTS + c;

  return ((const uint32_t *) conv->weight)[at * 4 + o % 4];
}

static void
add_products (const EcbsrConv *conv, unsigned o, const void *const *src,
              size_t src_pitch, size_t x, EcbsrDtype in,
              float sum[ECBSR_WINO_COMPONENTS])
{
  for (unsigned i = 0; i < conv->n_in; i++)
    for (unsigned kx = 0; kx < 3; kx++)
      for (unsigned j = 0; j < ecbsr_dtype_channels (in); j++)
        {
          float component[ECBSR_WINO_COMPONENTS];
          transform (component, src, (ptrdiff_t) (i * src_pitch + x + kx) - 1,
                     in, j);
          for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++)
            sum[c] += word_value (weight_at (conv, o, c, i * 3 + kx, in), in, j)
                      * component[c];
        }
}

// The rest of an outer row and its last component: of float32 that is added
// product by product.
static float
outer_row (const EcbsrConv *conv, unsigned o, const void *const *src,
           size_t src_pitch, size_t x, EcbsrDtype in, unsigned c, float first)
{
  float sum[ECBSR_WINO_COMPONENTS] = { 0 };

  sum[c] = in == ECBSR_DTYPE_F32 ? first : 0;
  add_products (conv, o, src, src_pitch, x, in, sum);
  return in == ECBSR_DTYPE_F32 ? sum[c] : first + sum[c];
}

static float
curve (const EcbsrConv *conv, unsigned o, float v)
{
  return conv->plain ? v : bounded (conv, o, v > 0 ? v : v * conv->slope[o]);
}

static void
make_pixel (const EcbsrConv *conv, unsigned o, const void *const *src,
            size_t src_pitch, size_t x, EcbsrDtype in, float y[ECBSR_GROUP_ROWS])
{
  float m[ECBSR_WINO_COMPONENTS] = { conv->bias[o] };

  add_products (conv, o, src, src_pitch, x, in, m);
  const float sum = m[0] + m[1], difference = m[0] - m[1];
  const float p = m[2] + m[3], q = m[2] - m[3];
  y[0] = outer_row (conv, o, src, src_pitch, x, in, 4, sum + p);
  y[1] = difference + 2 * q;
  y[2] = sum + 4 * p;
  y[3] = outer_row (conv, o, src, src_pitch, x, in, 5, difference + 8 * q);
}

static void
make_rows (const EcbsrConv *conv, void *const *dst, size_t dst_pitch,
           const void *const *src, size_t src_pitch, size_t n, EcbsrDtype in,
           EcbsrDtype out)
{
  const size_t end = (n + ECBSR_GRANULE - 1) / ECBSR_GRANULE * ECBSR_GRANULE;
  float y[ECBSR_GROUP_ROWS];

  for (unsigned o = 0; o < conv->n_out; o++)
    for (size_t x = 0; x < end; x++)
      {
        const size_t at = o / ecbsr_dtype_channels (out) * dst_pitch + x;
        make_pixel (conv, o, src, src_pitch, x, in, y);
        for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
          put_value ((uint32_t *) dst[r] + at, o, curve (conv, o, y[r]), out);
      }
}

#define WINO(name, in, out)                                                    \
  static void name (const EcbsrConv *conv, void *const *dst, size_t dst_pitch, \
                    const void *const *src, size_t src_pitch, void *work,      \
                    size_t n)                                                  \
  {                                                                            \
    make_rows (conv, dst, dst_pitch, src, src_pitch, n, in, out);              \
  }
WINO (wino_f32_f32, ECBSR_DTYPE_F32, ECBSR_DTYPE_F32)
WINO (wino_bf16_bf16, ECBSR_DTYPE_BF16, ECBSR_DTYPE_BF16)
WINO (wino_bf16_f32, ECBSR_DTYPE_BF16, ECBSR_DTYPE_F32)

void
ecbsr_kernels_fill_wino_ref (EcbsrKernels *kernels)
{
  kernels->wino3x3_f32_f32 = wino_f32_f32;
  kernels->wino3x3_bf16_bf16 = wino_bf16_bf16;
  kernels->wino3x3_bf16_f32 = wino_bf16_f32;
}
