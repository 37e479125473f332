// SPDX-License-Identifier: LGPL-2.1-or-later

#include "patterns.h"

#include <float.h>
#include <math.h>
#include <string.h>

const char *
pattern_name (Pattern pattern)
{
  static const char *const names[N_PATTERNS]
      = { "random",  "signed",  "black", "white",   "stripes",
          "extreme", "impulse", "mixed", "denormal", "whole" };
  return names[pattern];
}

Pattern
pattern_random (Random *rand)
{
  return (Pattern) random_range (rand, 0, N_PATTERNS);
}

static float
sample (Random *rand, Pattern pattern, size_t i)
{
  const float sign = random_bool (rand) ? 1 : -1;

  switch (pattern)
    {
    case PATTERN_RANDOM:
      return (float) random_real (rand, 0, 255);
    case PATTERN_SIGNED:
      return (float) random_real (rand, -1, 1);
    case PATTERN_WHITE:
      return 255;
    case PATTERN_STRIPES:
      return i % 2 ? 255 : 0;
    case PATTERN_EXTREME:
      return sign * 1e4f;
    case PATTERN_MIXED:
      return sign * (float) pow (10, random_real (rand, -6, 6));
    case PATTERN_DENORMAL:
      return sign * (float) (FLT_MIN * random_real (rand, 0, 1));
    case PATTERN_WHOLE:
      return (float) random_range (rand, -16, 17);
    default:
      return 0;
    }
}

void
pattern_fill (Random *rand, Pattern pattern, float *dst, size_t n)
{
  for (size_t i = 0; i < n; i++)
    dst[i] = sample (rand, pattern, i);
  if (pattern == PATTERN_IMPULSE && n > 0)
    dst[random_range (rand, 0, (int32_t) n)]
        = (float) random_real (rand, 1, 255);
}

// Noise, or only the ends of the range.
void
pattern_fill_bytes (Random *rand, uint8_t *dst, size_t n)
{
  const bool noise = random_bool (rand);

  for (size_t i = 0; i < n; i++)
    dst[i]
        = noise ? (uint8_t) random_bits (rand) : (random_bool (rand) ? 255 : 0);
}
