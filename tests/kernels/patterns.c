// SPDX-License-Identifier: LGPL-2.1-or-later

#include "patterns.h"

#include <float.h>
#include <math.h>
#include <string.h>

const gchar *
pattern_name (Pattern pattern)
{
  static const gchar *const names[N_PATTERNS]
      = { "random",  "signed",  "black", "white",   "stripes",
          "extreme", "impulse", "mixed", "denormal" };
  return names[pattern];
}

Pattern
pattern_random (GRand *rand)
{
  return (Pattern) g_rand_int_range (rand, 0, N_PATTERNS);
}

static gfloat
sample (GRand *rand, Pattern pattern, gsize i)
{
  const gfloat sign = g_rand_boolean (rand) ? 1 : -1;

  switch (pattern)
    {
    case PATTERN_RANDOM:
      return (gfloat) g_rand_double_range (rand, 0, 255);
    case PATTERN_SIGNED:
      return (gfloat) g_rand_double_range (rand, -1, 1);
    case PATTERN_WHITE:
      return 255;
    case PATTERN_STRIPES:
      return i % 2 ? 255 : 0;
    case PATTERN_EXTREME:
      return sign * 1e4f;
    case PATTERN_MIXED:
      return sign * (gfloat) pow (10, g_rand_double_range (rand, -6, 6));
    case PATTERN_DENORMAL:
      return sign * (gfloat) (FLT_MIN * g_rand_double (rand));
    default:
      return 0;
    }
}

void
pattern_fill (GRand *rand, Pattern pattern, gfloat *dst, gsize n)
{
  for (gsize i = 0; i < n; i++)
    dst[i] = sample (rand, pattern, i);
  if (pattern == PATTERN_IMPULSE && n > 0)
    dst[g_rand_int_range (rand, 0, (gint32) n)]
        = (gfloat) g_rand_double_range (rand, 1, 255);
}

// Noise, or only the ends of the range.
void
pattern_fill_bytes (GRand *rand, guint8 *dst, gsize n)
{
  const gboolean noise = g_rand_boolean (rand);

  for (gsize i = 0; i < n; i++)
    dst[i] = noise ? (guint8) g_rand_int (rand)
                   : (g_rand_boolean (rand) ? 255 : 0);
}
