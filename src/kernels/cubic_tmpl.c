// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The cubic upscale, one phase filter per sub-pixel.

#include "isa.h"
#include "kernels.h"
#include "vec.h"

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
        dst[scale * x + p] = f.tap[p][0] * s[0] + f.tap[p][1] * s[1]
                             + f.tap[p][2] * s[2] + f.tap[p][3] * s[3];
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
  const float t0 = tap[0], t1 = tap[1], t2 = tap[2], t3 = tap[3];

  for (size_t x = 0; x < n; x++)
    dst[x] = t0 * s0[x] + t1 * s1[x] + t2 * s2[x] + t3 * s3[x];
}
