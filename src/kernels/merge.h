// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Samples of several rows into one, in plain loops whose constants let the compiler
// interleave whole vectors.

#ifndef ECBSR_MERGE_H
#define ECBSR_MERGE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define MERGE_INLINE static inline __attribute__ ((always_inline))

MERGE_INLINE void
merge_of (uint8_t *restrict dst, const uint8_t *const *src, unsigned k,
          unsigned size, size_t n)
{
  const uint8_t *s[4];

  for (unsigned j = 0; j < k; j++)
    s[j] = src[j];
  for (size_t x = 0; x < n; x++)
    for (unsigned j = 0; j < k; j++)
      memcpy (dst + size * (k * x + j), s[j] + size * x, size);
}

// dst[x·k + j] = src[j][x] for samples of `size` bytes, k = 2, 3, 4.
MERGE_INLINE void
merge_samples (uint8_t *restrict dst, const uint8_t *const *src, unsigned k,
               unsigned size, size_t n)
{
  if (k == 2)
    merge_of (dst, src, 2, size, n);
  else if (k == 3)
    merge_of (dst, src, 3, size, n);
  else
    merge_of (dst, src, 4, size, n);
}

#endif
