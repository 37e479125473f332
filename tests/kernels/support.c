// SPDX-License-Identifier: LGPL-2.1-or-later

#include "support.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
support_free_at (void *pointer)
{
  void *memory;

  memcpy (&memory, pointer, sizeof memory);
  free (memory);
}

void *
support_alloc (size_t n, size_t size)
{
  void *memory = calloc (n ? n : 1, size);

  if (!memory)
    support_die ("no memory for %zu times %zu bytes", n, size);
  return memory;
}

void
support_die (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
  exit (2);
}

// Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014
// (SplitMix64).
static uint64_t
next (Random *rand)
{
  uint64_t z = rand->state += 0x9e3779b97f4a7c15;

  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

uint32_t
random_bits (Random *rand)
{
  return (uint32_t) (next (rand) >> 32);
}

bool
random_bool (Random *rand)
{
  return next (rand) >> 63;
}

int
random_range (Random *rand, int low, int high)
{
  const uint64_t width = (uint64_t) ((int64_t) high - low);

  return (int) (low + (int64_t) (random_bits (rand) * width >> 32));
}

double
random_real (Random *rand, double low, double high)
{
  return low + (high - low) * ((double) (next (rand) >> 11) * 0x1p-53);
}
