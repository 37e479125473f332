// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Words of feature maps for the oracle, one value at a time.

#ifndef ECBSR_REF_H
#define ECBSR_REF_H

#include "kernels.h"

#include <math.h>
#include <string.h>

static inline float
from_bf16 (uint16_t half)
{
  const uint32_t bits = (uint32_t) half << 16;
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

// Value j of a word of float32 or bfloat16.
static inline float
word_value (uint32_t word, EcbsrDtype dtype, unsigned j)
{
  float value;

  if (dtype == ECBSR_DTYPE_BF16)
    return from_bf16 ((uint16_t) (word >> (16 * j)));
  memcpy (&value, &word, sizeof value);
  return value;
}

// What is rounded to a byte, rounded and saturated.
static inline uint32_t
to_byte (float v)
{
  return v >= 255 ? 255 : v > 0 ? (uint32_t) lrintf (v) : 0;
}

// Puts channel o's value into its part of the word.
static inline void
put_value (uint32_t *word, unsigned o, float v, EcbsrDtype out)
{
  if (out == ECBSR_DTYPE_F32)
    memcpy (word, &v, sizeof v);
  else if (out == ECBSR_DTYPE_BF16)
    *word = (*word & ~(0xffffu << (o % 2 * 16)))
            | (uint32_t) ecbsr_bf16_from_float (v) << (o % 2 * 16);
  else
    *word = (*word & ~(0xffu << (o % 4 * 8))) | to_byte (v) << (o % 4 * 8);
}

#endif
