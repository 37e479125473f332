// SPDX-License-Identifier: LGPL-2.1-or-later

#include "bench.h"

#include <stdlib.h>
#include <time.h>

// A batch this long makes the clock's own cost and steps invisible.
#define SHORTEST_BATCH_NS 50000

static gint64
now_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return (gint64) t.tv_sec * 1000000000 + t.tv_nsec;
}

static guint64
now_ticks (void)
{
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc ();
#else
  return 0;
#endif
}

static gboolean
start_batch (Bench *bench)
{
  bench->left = bench->batch - 1; // the call that follows is one of them
  bench->start_ns = now_ns ();
  bench->start_ticks = now_ticks ();
  return TRUE;
}

void
bench_begin (Bench *bench, const gchar *label, gsize n_pixels)
{
  if (!bench)
    return;
  g_strlcpy (bench->now.label, label, sizeof bench->now.label);
  bench->n_pixels = n_pixels;
  bench->batch = 0;
  bench->left = 0;
  bench->n_samples = 0;
}

static int
compare (const void *a, const void *b)
{
  const gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;
  return (x > y) - (x < y);
}

static gdouble
median (gdouble *samples)
{
  qsort (samples, BENCH_SAMPLES, sizeof *samples, compare);
  return samples[BENCH_SAMPLES / 2];
}

static gboolean
finish (Bench *bench)
{
  bench->now.ns = median (bench->ns);
  bench->now.ticks = median (bench->ticks);
  g_array_append_val (bench->results, bench->now);
  return FALSE;
}

gboolean
bench_next (Bench *bench)
{
  const guint64 ticks = now_ticks () - bench->start_ticks;
  const gint64 ns = now_ns () - bench->start_ns;

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
  gdouble n = (gdouble) bench->batch * (gdouble) bench->n_pixels;
  bench->ns[bench->n_samples] = (gdouble) ns / n;
  bench->ticks[bench->n_samples] = (gdouble) ticks / n;
  bench->n_samples++;
  return bench->n_samples < BENCH_SAMPLES ? start_batch (bench)
                                          : finish (bench);
}
