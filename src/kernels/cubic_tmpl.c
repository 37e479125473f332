// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The cubic upscale, one phase filter per sub-pixel.

#include "isa.h"
#include "kernels.h"
#include "vec.h"

ALWAYS_INLINE float
four_taps (const float tap[4], float s0, float s1, float s2, float s3)
{
  float sum = mul_add (tap[1], s1, tap[0] * s0);
  return mul_add (tap[3], s3, mul_add (tap[2], s2, sum));
}

// Constant `scale` lets the compiler interleave whole vectors. Taps and offsets
// are read once: dst could alias them for all the compiler knows.
ALWAYS_INLINE void
cubic_row (float *restrict dst, const float *restrict src,
           const EcbsrCubic *filter, unsigned scale, size_t n)
{
  const EcbsrCubic f = *filter;

  for (size_t x = 0; x < n; x++)
    for (unsigned p = 0; p < scale; p++)
      {
        const float *s = src + (ptrdiff_t) x + f.first[p];
        dst[scale * x + p] = four_taps (f.tap[p], s[0], s[1], s[2], s[3]);
      }
}

void
ECBSR_NAME (cubic_h_f32) (float *dst, const float *src,
                          const EcbsrCubic *filter, size_t n)
{
  switch (filter->scale)
    {
    case 2:
      cubic_row (dst, src, filter, 2, n);
      break;
    case 3:
      cubic_row (dst, src, filter, 3, n);
      break;
    case 4:
      cubic_row (dst, src, filter, 4, n);
      break;
    default:
      cubic_row (dst, src, filter, filter->scale, n);
    }
}

void
ECBSR_NAME (cubic_v_f32) (float *restrict dst, const float *const src[4],
                          const float tap[4], size_t n)
{
  const float *s0 = src[0], *s1 = src[1], *s2 = src[2], *s3 = src[3];
  const float taps[4] = { tap[0], tap[1], tap[2], tap[3] };

  for (size_t x = 0; x < n; x++)
    dst[x] = four_taps (taps, s0[x], s1[x], s2[x], s3[x]);
}
