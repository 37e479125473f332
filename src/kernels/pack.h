// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Words of packed weights.

#ifndef ECBSR_PACK_H
#define ECBSR_PACK_H

#include "kernels.h"

#include <string.h>

// The word of an output's channels from `weight` on, of which n_channels exist,
// at one tap; channels are n_taps apart.
static inline uint32_t
pack_word (const float *weight, EcbsrDtype dtype, size_t n_taps,
           unsigned n_channels)
{
  const unsigned k = ecbsr_dtype_channels (dtype);
  const unsigned n = n_channels < k ? n_channels : k;
  uint32_t word = 0;

  if (dtype == ECBSR_DTYPE_F32)
    memcpy (&word, weight, sizeof word);
  else if (dtype == ECBSR_DTYPE_BF16)
    for (unsigned c = 0; c < n; c++)
      word |= (uint32_t) ecbsr_bf16_from_float (weight[c * n_taps]) << (16 * c);
  else
    for (unsigned c = 0; c < n; c++)
      word |= (uint32_t) (uint8_t) (int8_t) weight[c * n_taps] << (8 * c);
  return word;
}

#endif
