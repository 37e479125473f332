// SPDX-License-Identifier: LGPL-2.1-or-later
//
// 3x3 Winograd convolutions of bfloat16 (kernels.h). Products are so
// fast here that keeping a block's sums between components, as wino_tmpl.c does,
// would take longer than they: all six components of four outputs, one vector of
// each, stay in registers until the four rows are complete.

#include "isa.h"
#include "kernels.h"
#include "vec.h"
#include "vwords.h"
#include "wino.h"

#define OUTPUTS 4
#define PITCH (ECBSR_WINO_WORD_SPAN + 2 * ECBSR_ROW_PAD)

typedef vfloat Sums[ECBSR_WINO_COMPONENTS][OUTPUTS];
typedef vfloat Column[ECBSR_GROUP_ROWS];

// A block's vector of four rows under way.
typedef struct
{
  const EcbsrConv *conv;
  unsigned first, n_out; // channels; n_out are left from the first on
  uint32_t *dst[ECBSR_GROUP_ROWS];
  size_t pitch;
} Output;

// `work` is the pixel to the left of the first.
ALWAYS_INLINE void
add_products (Sums sum, const uint32_t *work, const uint32_t *weight,
              unsigned n_in)
{
  const size_t component_pitch = (size_t) n_in * PITCH;

  for (unsigned i = 0; i < n_in; i++, work += PITCH)
#pragma GCC unroll 3
    for (unsigned kx = 0; kx < 3; kx++)
#pragma GCC unroll 6
      for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++, weight += OUTPUTS)
        {
          const vint value
              = vinput (work + c * component_pitch + kx, ECBSR_DTYPE_BF16);
#pragma GCC unroll 4
          for (unsigned o = 0; o < OUTPUTS; o++)
            sum[c][o] = (vfloat) vdot ((vint) sum[c][o], value,
                                       vweights (weight, o), o,
                                       ECBSR_DTYPE_BF16);
        }
}

// Four rows of output o.
ALWAYS_INLINE void
put_together (Column y, Sums m, unsigned o, const Output *out)
{
  const Activation a = activation_of (out->conv, out->first + o);
  const vfloat sum = m[0][o] + m[1][o], difference = m[0][o] - m[1][o];
  const vfloat p = m[2][o] + m[3][o], q = m[2][o] - m[3][o];

  y[0] = sum + p + m[4][o];
  y[1] = difference + 2 * q;
  y[2] = sum + 4 * p;
  y[3] = difference + 8 * q + m[5][o];
  if (out->conv->plain)
    return;
#pragma GCC unroll 4
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    y[r] = vactivated (y[r], &a);
}

ALWAYS_INLINE void
store_floats (const Output *out, Sums sum)
{
#pragma GCC unroll 4
  for (unsigned o = 0; o < OUTPUTS; o++)
    {
      Column y;
      if (o >= out->n_out)
        break;
      put_together (y, sum, o, out);
#pragma GCC unroll 4
      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        vstore ((float *) (out->dst[r] + (out->first + o) * out->pitch), y[r]);
    }
}

ALWAYS_INLINE void
store_pairs (const Output *out, Sums sum)
{
#pragma GCC unroll 2
  for (unsigned o = 0; o < OUTPUTS; o += 2)
    {
      Column a, b;
      if (o >= out->n_out)
        break;
      put_together (a, sum, o, out);
      put_together (b, sum, o + 1, out);
#pragma GCC unroll 4
      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        vstore ((float *) (out->dst[r] + (out->first + o) / 2 * out->pitch),
                (vfloat) vbf16_pair (a[r], b[r]));
    }
}

ALWAYS_INLINE void
make_block (const Output *out, const uint32_t *work, const uint32_t *weight,
            EcbsrDtype dtype)
{
  Sums sum;

#pragma GCC unroll 6
  for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++)
#pragma GCC unroll 4
    for (unsigned o = 0; o < OUTPUTS; o++)
      sum[c][o] = vsplat (c == 0 ? out->conv->bias[out->first + o] : 0);
  add_products (sum, work, weight, out->conv->n_in);
  if (dtype == ECBSR_DTYPE_F32)
    store_floats (out, sum);
  else
    store_pairs (out, sum);
}

// Functions of their own, so that registers are given out for each by itself.
typedef void (*BlockFunc) (const Output *out, const uint32_t *work,
                           const uint32_t *weight);

static __attribute__ ((noinline)) void
make_floats (const Output *out, const uint32_t *work, const uint32_t *weight)
{
  make_block (out, work, weight, ECBSR_DTYPE_F32);
}

static __attribute__ ((noinline)) void
make_pairs (const Output *out, const uint32_t *work, const uint32_t *weight)
{
  make_block (out, work, weight, ECBSR_DTYPE_BF16);
}

// One vector of words of all six rows.
ALWAYS_INLINE void
transform (uint32_t *work, size_t component_pitch, const vint word[6])
{
  vfloat d[6], low[ECBSR_WINO_COMPONENTS], high[ECBSR_WINO_COMPONENTS];

#pragma GCC unroll 6
  for (unsigned r = 0; r < 6; r++)
    d[r] = (vfloat) (word[r] << 16);
  vcomponents (low, d);
#pragma GCC unroll 6
  for (unsigned r = 0; r < 6; r++)
    d[r] = (vfloat) (word[r] & vsplat_int ((int32_t) 0xffff0000u));
  vcomponents (high, d);
#pragma GCC unroll 6
  for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++)
    vstore ((float *) (work + c * component_pitch),
            (vfloat) vbf16_pair (low[c], high[c]));
}

// All words of n pixels from x on, and a vector more at either end.
static void
transform_rows (uint32_t *work, const void *const *src, size_t src_pitch,
                unsigned n_in, size_t x, size_t n)
{
  for (unsigned i = 0; i < n_in; i++)
    for (ptrdiff_t at = -LANES; at < (ptrdiff_t) n + LANES; at += LANES)
      {
        vint word[6];
#pragma GCC unroll 6
        for (unsigned r = 0; r < 6; r++)
          word[r] = (vint) vload ((const float *) src[r] + i * src_pitch
                                  + (ptrdiff_t) x + at);
        transform (work + i * PITCH + at, n_in * PITCH, word);
      }
}

static void
make_span (const EcbsrConv *conv, void *const *dst, size_t dst_pitch,
           const uint32_t *work, size_t x, size_t n, BlockFunc make)
{
  const size_t n_words = (size_t) conv->n_in * 3 * ECBSR_WINO_COMPONENTS;
  const uint32_t *weight = conv->weight;

  for (unsigned o = 0; o < conv->n_out; o += OUTPUTS)
    for (size_t at = 0; at < n; at += LANES)
      {
        Output out = { conv, o, conv->n_out - o, { 0 }, dst_pitch };
        for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
          out.dst[r] = (uint32_t *) dst[r] + x + at;
        make (&out, work + at - 1, weight + o * n_words);
      }
}

static void
make_rows (const EcbsrConv *conv, void *const *dst, size_t dst_pitch,
           const void *const *src, size_t src_pitch, uint32_t *work, size_t n,
           BlockFunc make)
{
  const size_t end = (n + LANES - 1) / LANES * LANES;

  work += ECBSR_ROW_PAD;
  for (size_t x = 0; x < end; x += ECBSR_WINO_WORD_SPAN)
    {
      const size_t left = end - x;
      const size_t part
          = left < ECBSR_WINO_WORD_SPAN ? left : ECBSR_WINO_WORD_SPAN;
      transform_rows (work, src, src_pitch, conv->n_in, x, part);
      make_span (conv, dst, dst_pitch, work, x, part, make);
    }
}

void
ECBSR_NAME (wino3x3_bf16_bf16) (const EcbsrConv *conv, void *const *dst,
                                size_t dst_pitch, const void *const *src,
                                size_t src_pitch, void *work, size_t n)
{
  make_rows (conv, dst, dst_pitch, src, src_pitch, work, n, make_pairs);
}

void
ECBSR_NAME (wino3x3_bf16_f32) (const EcbsrConv *conv, void *const *dst,
                               size_t dst_pitch, const void *const *src,
                               size_t src_pitch, void *work, size_t n)
{
  make_rows (conv, dst, dst_pitch, src, src_pitch, work, n, make_floats);
}
