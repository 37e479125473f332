// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef PATTERNS_H
#define PATTERNS_H

#include <glib.h>

typedef enum
{
  PATTERN_RANDOM, // 0 … 255
  PATTERN_SIGNED, // -1 … 1
  PATTERN_BLACK,
  PATTERN_WHITE, // 255
  PATTERN_STRIPES, // 0 and 255 in turn
  PATTERN_EXTREME, // ±1e4
  PATTERN_IMPULSE, // one sample that is not 0
  PATTERN_MIXED, // all magnitudes from 1e-6 to 1e6, both signs
  PATTERN_DENORMAL,
  N_PATTERNS
} Pattern;

const gchar *pattern_name (Pattern pattern);
Pattern pattern_random (GRand *rand);
void pattern_fill (GRand *rand, Pattern pattern, gfloat *dst, gsize n);
void pattern_fill_bytes (GRand *rand, guint8 *dst, gsize n);

#endif
