// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef PATTERNS_H
#define PATTERNS_H

#include "support.h"

typedef enum
{
  PATTERN_RANDOM, // 0 … 255
  PATTERN_SIGNED, // -1 … 1
  PATTERN_BLACK,
  PATTERN_WHITE,   // 255
  PATTERN_STRIPES, // 0 and 255 in turn
  PATTERN_EXTREME, // ±1e4
  PATTERN_IMPULSE, // one sample that is not 0
  PATTERN_MIXED,   // all magnitudes from 1e-6 to 1e6, both signs
  PATTERN_DENORMAL,
  PATTERN_WHOLE, // -16 … 16: sums of products are exact, in whatever order
  N_PATTERNS
} Pattern;

const char *pattern_name (Pattern pattern);
Pattern pattern_random (Random *rand);
void pattern_fill (Random *rand, Pattern pattern, float *dst, size_t n);
void pattern_fill_bytes (Random *rand, uint8_t *dst, size_t n);

#endif
