// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Median time of a kernel, per pixel.

#ifndef BENCH_H
#define BENCH_H

#include "support.h"

#define BENCH_SAMPLES 101

typedef struct
{
  char label[32];
  double ns, ticks; // per pixel; ticks of the time stamp counter, 0: none
} BenchResult;

typedef struct
{
  BenchResult now;
  size_t n_pixels;
  unsigned batch, left; // calls between two looks at the clock
  unsigned n_samples;
  int64_t start_ns;
  uint64_t start_ticks;
  double ns[BENCH_SAMPLES], ticks[BENCH_SAMPLES];
  BenchResult results[8];
  unsigned n_results;
} Bench;

void bench_begin (Bench *bench, const char *label, size_t n_pixels);
// The slow path of bench_more(): a batch is through. false: enough is known.
bool bench_next (Bench *bench);

static inline bool
bench_more (Bench *bench)
{
  if (!bench)
    return false;
  if (bench->left > 0)
    {
      bench->left--;
      return true;
    }
  return bench_next (bench);
}

#endif
