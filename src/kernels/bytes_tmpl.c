// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Bytes to floats and back on x86 with AVX2 or more, where ORC's code takes two to
// four times as long: it knows no vectors of 512 bits, and guards each conversion
// against what cannot come here. Contraction is off in this file, so that all bits
// are those of ORC's.

#include "isa.h"
#include "kernels.h"
#include "merge.h"
#include "vec.h"

ALWAYS_INLINE void
load_every (float *restrict dst, const uint8_t *restrict src,
            unsigned pixel_stride, float scale, float bias, size_t n)
{
  for (size_t x = 0; x < n; x++)
    dst[x] = scale * (float) src[x * pixel_stride] + bias;
}

// One of two or four, out of words: the compiler would gather single bytes.
ALWAYS_INLINE void
load_pair (float *restrict dst, const uint8_t *restrict src, unsigned offset,
           float scale, float bias, size_t n)
{
  for (size_t x = 0; x < n; x++)
    {
      uint16_t pair;
      memcpy (&pair, src + 2 * x, sizeof pair);
      dst[x] = scale * (float) (pair >> 8 * offset & 0xff) + bias;
    }
}

ALWAYS_INLINE void
load_quad (float *restrict dst, const uint8_t *restrict src, unsigned offset,
           float scale, float bias, size_t n)
{
  for (size_t x = 0; x < n; x++)
    {
      uint32_t quad;
      memcpy (&quad, src + 4 * x, sizeof quad);
      dst[x] = scale * (float) (int) (quad >> 8 * offset & 0xff) + bias;
    }
}

void
ECBSR_NAME (load_u8) (float *dst, const uint8_t *src, unsigned pixel_stride,
                      unsigned offset, float scale, float bias, size_t n)
{
  if (pixel_stride == 1)
    load_every (dst, src, 1, scale, bias, n);
  else if (pixel_stride == 2)
    load_pair (dst, src, offset, scale, bias, n);
  else if (pixel_stride == 3)
    load_every (dst, src + offset, 3, scale, bias, n);
  else
    load_quad (dst, src, offset, scale, bias, n);
}

// Of lanes 0 … 255.
ALWAYS_INLINE void
store_lanes (uint8_t *dst, vint v)
{
#if defined(__AVX512F__)
  _mm_storeu_si128 ((__m128i *) dst, _mm512_cvtepi32_epi8 ((__m512i) v));
#else // the compiler would pack them one half after the other
  __m128i low = _mm256_castsi256_si128 ((__m256i) v);
  __m128i high = _mm256_extracti128_si256 ((__m256i) v, 1);
  __m128i words = _mm_packs_epi32 (low, high);
  _mm_storel_epi64 ((__m128i *) dst, _mm_packus_epi16 (words, words));
#endif
}

// A NaN becomes 0.
void
ECBSR_NAME (store_u8) (uint8_t *restrict dst, const float *restrict src,
                       float scale, float bias, size_t n)
{
  const float half = bias + 0.5f;
  const vfloat zero = vsplat (0), most = vsplat (255);
  size_t x = 0;

  for (; x + LANES <= n; x += LANES)
    {
      vfloat v = vmax (scale * vload (src + x) + half, zero);
      v = vselect (v < most, v, most);
      store_lanes (dst + x, __builtin_convertvector(v, vint));
    }
  for (; x < n; x++)
    {
      float v = scale * src[x] + half;
      v = v > 0 ? v : 0;
      v = v < 255 ? v : 255;
      dst[x] = (uint8_t) (int) v;
    }
}

void
ECBSR_NAME (merge_u8) (uint8_t *dst, const uint8_t *const *src, unsigned k,
                       size_t n)
{
  merge_samples (dst, src, k, 1, n);
}
