// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Samples of 16 bits to floats and back. Plain loops that the compiler turns
// into vectors, whose strides and counts are constants for that.

#include "isa.h"
#include "kernels.h"
#include "merge.h"
#include "vec.h"

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define LITTLE16(v) __builtin_bswap16 (v)
#define LITTLE32(v) __builtin_bswap32 (v)
#else
#define LITTLE16(v) (v)
#define LITTLE32(v) (v)
#endif

ALWAYS_INLINE unsigned
read_u16 (const uint8_t *p)
{
  uint16_t v;
  memcpy (&v, p, sizeof v);
  return LITTLE16 (v);
}

ALWAYS_INLINE void
load_every (float *restrict dst, const uint8_t *src, unsigned pixel_stride,
            unsigned shift, float scale, float bias, size_t n)
{
  for (size_t x = 0; x < n; x++)
    {
      int sample = (int) (read_u16 (src + 2 * pixel_stride * x) >> shift);
      dst[x] = mul_add (scale, (float) sample, bias);
    }
}

// One of two, out of 32-bit words.
ALWAYS_INLINE void
load_pair (float *restrict dst, const uint8_t *src, unsigned offset,
           unsigned shift, float scale, float bias, size_t n)
{
  const unsigned down = 16 * offset + shift;
  const uint32_t mask = 0xffffu >> shift;

  for (size_t x = 0; x < n; x++)
    {
      uint32_t pair;
      memcpy (&pair, src + 4 * x, sizeof pair);
      int sample = (int) (LITTLE32 (pair) >> down & mask);
      dst[x] = mul_add (scale, (float) sample, bias);
    }
}

void
ECBSR_NAME (load_u16) (float *restrict dst, const void *src,
                       unsigned pixel_stride, unsigned offset, unsigned shift,
                       float scale, float bias, size_t n)
{
  const uint8_t *bytes = src;

  if (pixel_stride == 1)
    load_every (dst, bytes, 1, shift, scale, bias, n);
  else if (pixel_stride == 2)
    load_pair (dst, bytes, offset, shift, scale, bias, n);
  else
    load_every (dst, bytes + 2 * offset, pixel_stride, shift, scale, bias, n);
}

void
ECBSR_NAME (store_u16) (void *restrict dst, const float *restrict src,
                        unsigned depth, unsigned shift, float scale, float bias,
                        size_t n)
{
  const float most = (float) ((1u << depth) - 1), half = bias + 0.5f;
  uint8_t *bytes = dst;

  for (size_t x = 0; x < n; x++)
    {
      float v = mul_add (scale, src[x], half);
      v = v > 0 ? v : 0; // a NaN becomes 0
      v = v < most ? v : most;
      uint16_t sample = LITTLE16 ((uint16_t) ((unsigned) (int) v << shift));
      memcpy (bytes + 2 * x, &sample, sizeof sample);
    }
}

void
ECBSR_NAME (merge_u16) (void *dst, const uint16_t *const *src, unsigned k,
                        size_t n)
{
  const uint8_t *bytes[4];

  for (unsigned j = 0; j < k; j++)
    bytes[j] = (const uint8_t *) src[j];
  merge_samples (dst, bytes, k, 2, n);
}
