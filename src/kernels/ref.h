// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Words of feature maps for the reference, one value at a time.

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

// Winograd's components of six values.
static inline void
make_components (float component[ECBSR_WINO_COMPONENTS], const float d[6])
{
  const float a = d[4] - 4 * d[2], b = d[3] - 4 * d[1];
  const float c = d[4] - d[2], e = d[3] - d[1];

  component[0] = a + b;
  component[1] = a - b;
  component[2] = c + 2 * e;
  component[3] = c - 2 * e;
  component[4] = c + 4 * (d[0] - d[2]);
  component[5] = d[5] - d[3] - 4 * e;
}

// Byte j of a word, times the signed one of a word of weights.
static inline int32_t
byte_product (uint32_t weight, uint32_t word, unsigned j)
{
  return (int8_t) (weight >> (8 * j) & 0xff)
         * (int32_t) (word >> (8 * j) & 0xff);
}

// What is rounded to a byte, rounded and saturated.
static inline uint32_t
to_byte (float v)
{
  return v >= 255 ? 255 : v > 0 ? (uint32_t) lrintf (v) : 0;
}

// Within output o's bounds.
static inline float
bounded (const EcbsrConv *conv, unsigned o, float v)
{
  v = v > conv->minimum[o] ? v : conv->minimum[o];
  return v < conv->maximum[o] ? v : conv->maximum[o];
}

// The same of a byte that is stored in its word.
static inline void
bound_byte (const EcbsrConv *conv, unsigned o, uint32_t *word)
{
  const unsigned shift = o % 4 * 8;
  const uint32_t least = conv->least_byte[o / 4] >> shift & 0xff;
  const uint32_t greatest = conv->greatest_byte[o / 4] >> shift & 0xff;
  uint32_t byte = *word >> shift & 0xff;

  byte = byte > least ? byte : least;
  byte = byte < greatest ? byte : greatest;
  *word = (*word & ~(0xffu << shift)) | byte << shift;
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
