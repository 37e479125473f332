// SPDX-License-Identifier: LGPL-2.1-or-later

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// A batch this long makes the clock's own cost and steps invisible.
#define SHORTEST_BATCH_NS 50000

static int64_t
now_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

static uint64_t
now_ticks (void)
{
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc ();
#else
  return 0;
#endif
}

static bool
start_batch (Bench *bench)
{
  bench->left = bench->batch - 1; // the call that follows is one of them
  bench->start_ns = now_ns ();
  bench->start_ticks = now_ticks ();
  return true;
}

void
bench_begin (Bench *bench, const char *label, size_t n_pixels)
{
  if (!bench)
    return;
  snprintf (bench->now.label, sizeof bench->now.label, "%s", label);
  bench->n_pixels = n_pixels;
  bench->batch = 0;
  bench->left = 0;
  bench->n_samples = 0;
}

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return (x > y) - (x < y);
}

static double
median (double *samples)
{
  qsort (samples, BENCH_SAMPLES, sizeof *samples, compare);
  return samples[BENCH_SAMPLES / 2];
}

static bool
finish (Bench *bench)
{
  bench->now.ns = median (bench->ns);
  bench->now.ticks = median (bench->ticks);
  if (bench->n_results == N_ELEMENTS (bench->results))
    support_die ("a check measures too often");
  bench->results[bench->n_results++] = bench->now;
  return false;
}

bool
bench_next (Bench *bench)
{
  const uint64_t ticks = now_ticks () - bench->start_ticks;
  const int64_t ns = now_ns () - bench->start_ns;

  if (bench->batch == 0)
    {
      bench->batch = 1;
      return start_batch (bench);
    }
  if (ns < SHORTEST_BATCH_NS && bench->n_samples == 0)
    {
      bench->batch *= 2;
      return start_batch (bench);
    }
  double n = (double) bench->batch * (double) bench->n_pixels;
  bench->ns[bench->n_samples] = (double) ns / n;
  bench->ticks[bench->n_samples] = (double) ticks / n;
  bench->n_samples++;
  return bench->n_samples < BENCH_SAMPLES ? start_batch (bench)
                                          : finish (bench);
}
