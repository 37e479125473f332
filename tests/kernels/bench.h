// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Median time of a kernel, per pixel.

#ifndef BENCH_H
#define BENCH_H

#include <glib.h>

#define BENCH_SAMPLES 101

typedef struct
{
  gchar label[32];
  gdouble ns, ticks; // per pixel; ticks of the time stamp counter, 0: none
} BenchResult;

typedef struct
{
  BenchResult now;
  gsize n_pixels;
  guint batch, left; // calls between two looks at the clock
  guint n_samples;
  gint64 start_ns;
  guint64 start_ticks;
  gdouble ns[BENCH_SAMPLES], ticks[BENCH_SAMPLES];
  GArray *results; // BenchResult
} Bench;

void bench_begin (Bench *bench, const gchar *label, gsize n_pixels);
// The slow path of bench_more(): a batch is through. FALSE: enough is known.
gboolean bench_next (Bench *bench);

static inline gboolean
bench_more (Bench *bench)
{
  if (!bench)
    return FALSE;
  if (bench->left > 0)
    {
      bench->left--;
      return TRUE;
    }
  return bench_next (bench);
}

#endif
