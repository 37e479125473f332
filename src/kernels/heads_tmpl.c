// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Heads, what bounds their overshoot, and the pixel shuffle.

#include "isa.h"
#include "kernels.h"
#include "vec.h"
#include "vmath.h"

void
ECBSR_NAME (head_residual_f32) (float *row, const float *input, size_t n)
{
  for (size_t x = 0; x < n; x += LANES)
    vstore (row + x, vload (row + x) + vload (input + x));
}

// Three rows first, then three columns: of a vector's left neighbours the last one is
// read before it is overwritten.
void
ECBSR_NAME (range_f32) (float *low, float *high, const float *const rows[3],
                        float beyond, size_t n)
{
  const vfloat more = vsplat (beyond);
  vfloat low_before, high_before;

  for (size_t x = 0; x < n; x += LANES)
    {
      const vfloat a = vload (rows[0] + x), b = vload (rows[1] + x),
                   c = vload (rows[2] + x);
      vstore (low + x, vmin (vmin (a, b), c));
      vstore (high + x, vmax (vmax (a, b), c));
    }
  low[-1] = low[0];
  high[-1] = high[0];
  low[n] = low[n - 1];
  high[n] = high[n - 1];
  low_before = vload (low - 1);
  high_before = vload (high - 1);
  for (size_t x = 0; x < n; x += LANES)
    {
      const vfloat least
          = vmin (vmin (low_before, vload (low + x)), vload (low + x + 1));
      const vfloat greatest
          = vmax (vmax (high_before, vload (high + x)), vload (high + x + 1));
      low_before = vload (low + x + LANES - 1);
      high_before = vload (high + x + LANES - 1);
      vstore (low + x, least - more);
      vstore (high + x, greatest + more);
    }
}

void
ECBSR_NAME (bound_f32) (float *row, const float *low, const float *high,
                        size_t n)
{
  for (size_t x = 0; x < n; x += LANES)
    vstore (row + x,
            vbounded (vload (row + x), vload (low + x), vload (high + x)));
}

void
ECBSR_NAME (head_max_f32) (float *row, size_t map_pitch, unsigned n_maps,
                           size_t n)
{
  for (size_t x = 0; x < n; x += LANES)
    {
      vfloat top = vload (row + x);
      for (unsigned c = 1; c < n_maps; c++)
        top = vmax (top, vload (row + c * map_pitch + x));
      vstore (row + x, top);
    }
}

typedef enum
{
  LOGIT_TM,
  LOGIT_TR,
  LOGIT_CNN,
} Logit;

// What the softmax of map c is taken of; `logit` is a constant where inlined.
// Rounded: fused with the subtraction of the greatest, a huge logit would differ
// from itself by half its last bit, and no exponential could bear that.
ALWAYS_INLINE vfloat
vlogit (const float *maps, size_t map_pitch, unsigned n_maps, unsigned c,
        Logit logit)
{
  vfloat key = vload (maps + (n_maps + c) * map_pitch);
  if (logit == LOGIT_TR)
    return vrounded (key * vload (maps + (2 * n_maps + c) * map_pitch));
  return logit == LOGIT_CNN ? vrounded (key * key) : key;
}

// Σ value · softmax (logit). Logits are computed twice rather than kept: they
// are at most one multiplication away from memory.
ALWAYS_INLINE void
attend_row (float *row, size_t map_pitch, unsigned n_maps, size_t n,
            Logit logit)
{
  for (size_t x = 0; x < n; x += LANES)
    {
      const float *maps = row + x;
      vfloat top = vlogit (maps, map_pitch, n_maps, 0, logit);
      vfloat sum = { 0 }, weights = { 0 };

      for (unsigned c = 1; c < n_maps; c++)
        top = vmax (top, vlogit (maps, map_pitch, n_maps, c, logit));
      for (unsigned c = 0; c < n_maps; c++)
        {
          vfloat e = vexp (vlogit (maps, map_pitch, n_maps, c, logit) - top);
          weights += e;
          sum += e * vload (maps + c * map_pitch);
        }
      vstore (row + x, sum / weights);
    }
}

void
ECBSR_NAME (head_tm_f32) (float *row, size_t map_pitch, unsigned n_maps,
                          size_t n)
{
  attend_row (row, map_pitch, n_maps, n, LOGIT_TM);
}

void
ECBSR_NAME (head_tr_f32) (float *row, size_t map_pitch, unsigned n_maps,
                          size_t n)
{
  attend_row (row, map_pitch, n_maps, n, LOGIT_TR);
}

void
ECBSR_NAME (head_cnn_f32) (float *row, size_t map_pitch, unsigned n_maps,
                           size_t n)
{
  attend_row (row, map_pitch, n_maps, n, LOGIT_CNN);
}

// Constant `scale` lets the compiler interleave whole vectors.
ALWAYS_INLINE void
shuffle (float *restrict dst, const float *restrict src, size_t src_pitch,
         unsigned scale, size_t n)
{
  for (size_t x = 0; x < n; x++)
    for (unsigned d = 0; d < scale; d++)
      dst[scale * x + d] = src[d * src_pitch + x];
}

void
ECBSR_NAME (shuffle_f32) (float *dst, const float *src, size_t src_pitch,
                          unsigned scale, size_t n)
{
  switch (scale)
    {
    case 2:
      shuffle (dst, src, src_pitch, 2, n);
      break;
    case 3:
      shuffle (dst, src, src_pitch, 3, n);
      break;
    case 4:
      shuffle (dst, src, src_pitch, 4, n);
      break;
    default:
      shuffle (dst, src, src_pitch, scale, n);
    }
}
