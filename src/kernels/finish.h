// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What becomes of a block's sums: curve, bounds, rounding, and where they are
// stored.

#ifndef ECBSR_FINISH_H
#define ECBSR_FINISH_H

#include "kernels.h"
#include "vec.h"
#include "vmath.h"
#include "vwords.h"

// What most sums here are. GCC 12 spills them where they are declared
// otherwise.
#if ECBSR_DOT == 4
typedef vint vsum;
#else
typedef vfloat vsum;
#endif

// What the curve is taken of, from the sum.
ALWAYS_INLINE vfloat
before_curve (const EcbsrConv *conv, unsigned o, vint sum, EcbsrDtype in)
{
  if (in == ECBSR_DTYPE_U8)
    return vmuladd_once (vsplat (conv->bias[o]), vfrom_int (sum),
                         vsplat (conv->multiplier[o]));
  return (vfloat) sum;
}

// The rare curves, out of the way of the common one's code.
static __attribute__ ((noinline)) vfloat
bend (const EcbsrConv *conv, vfloat v)
{
  return conv->curve == ECBSR_CURVE_TANH ? vtanh (v) : vsoftplus (v);
}

// One output's vector on its way to a float or bfloat16.
ALWAYS_INLINE vfloat
finish_float (const EcbsrConv *conv, unsigned o, const Activation *a, vint sum,
              EcbsrDtype in, int bends)
{
  const vfloat t = before_curve (conv, o, sum, in);

  return bends ? vbounded (bend (conv, t), a->minimum, a->maximum)
               : vactivated (t, a);
}

// A word's outputs from o on, which are the block's from `first` on.
ALWAYS_INLINE void
finish_floats (const EcbsrConv *conv, unsigned o, vsum acc[][VECTORS],
               uint32_t *dst, unsigned n_vectors, EcbsrDtype in, EcbsrDtype out,
               int bends)
{
  const Activation a = activation_of (conv, o);
  Activation b;

  if (out == ECBSR_DTYPE_BF16)
    b = activation_of (conv, o + 1);
  if (out == ECBSR_DTYPE_F32 && !bends && conv->plain)
    {
#pragma GCC unroll 3
      for (unsigned v = 0; v < n_vectors; v++)
        vstore ((float *) (dst + v * LANES),
                before_curve (conv, o, (vint) acc[0][v], in));
      return;
    }
#pragma GCC unroll 3
  for (unsigned v = 0; v < n_vectors; v++)
    {
      const vfloat y = finish_float (conv, o, &a, (vint) acc[0][v], in, bends);
      float *to = (float *) (dst + v * LANES);
      if (out == ECBSR_DTYPE_F32)
        vstore (to, y);
      else
        vstore (to, (vfloat) vbf16_pair (y, finish_float (conv, o + 1, &b,
                                                          (vint) acc[1][v], in,
                                                          bends)));
    }
}

#if ECBSR_DOT == 4

// What is rounded to a byte.
ALWAYS_INLINE vfloat
finish_byte (const EcbsrConv *conv, unsigned o, vfloat t, EcbsrDtype in,
             int bends)
{
  const vfloat zero = vsplat (conv->zero[o]), gain = vsplat (conv->gain);
  vfloat b;

  if (bends)
    return vmuladd_once (zero, bend (conv, t), gain);
  b = in == ECBSR_DTYPE_U8 ? t : vmuladd_once (zero, t, gain);
  return vmax (
      b, vmuladd_once (vsplat (conv->knee[o]), b, vsplat (conv->slope[o])));
}

ALWAYS_INLINE void
finish_bytes (const EcbsrConv *conv, unsigned o, vsum acc[][VECTORS],
              uint32_t *dst, unsigned n_vectors, EcbsrDtype in, int bends)
{
  const vint least = vsplat_int ((int32_t) conv->least_byte[o / 4]);
  const vint greatest = vsplat_int ((int32_t) conv->greatest_byte[o / 4]);

#pragma GCC unroll 3
  for (unsigned v = 0; v < n_vectors; v++)
    {
      vfloat y[4];
#pragma GCC unroll 4
      for (unsigned j = 0; j < 4; j++)
        y[j] = finish_byte (conv, o + j,
                            before_curve (conv, o + j, (vint) acc[j][v], in),
                            in, bends);
      vstore (
          (float *) (dst + v * LANES),
          (vfloat) vbounded_bytes (
              vbyte_quad (y, in == ECBSR_DTYPE_U8 && !bends), least, greatest));
    }
}

#endif

// Finishes and stores n_vectors vectors of a block of b outputs, word by word.
ALWAYS_INLINE void
finish_block (const EcbsrConv *conv, unsigned first, unsigned n_out,
              vsum acc[8][VECTORS], uint32_t *dst, size_t dst_pitch, unsigned b,
              unsigned n_vectors, EcbsrDtype in, EcbsrDtype out, int bends)
{
  const unsigned k = out == ECBSR_DTYPE_F32    ? 1
                     : out == ECBSR_DTYPE_BF16 ? 2
                                               : 4;

#pragma GCC unroll 8
  for (unsigned o = 0; o < b; o += k)
    {
      uint32_t *to = dst + (first + o) / k * dst_pitch;
      if (o >= n_out)
        break;
      if (out != ECBSR_DTYPE_U8)
        finish_floats (conv, first + o, acc + o, to, n_vectors, in, out, bends);
#if ECBSR_DOT == 4
      else
        finish_bytes (conv, first + o, acc + o, to, n_vectors, in, bends);
#endif
    }
}

#endif
