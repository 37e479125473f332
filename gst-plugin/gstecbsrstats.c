/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrstats.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW 256

struct _GstEcbsrStats
{
  GMutex lock;
  guint64 n_frames;
  GstClockTime latest[WINDOW];
  gint64 told;
};

GstEcbsrStats *
gst_ecbsr_stats_new (void)
{
  GstEcbsrStats *stats = g_new0 (GstEcbsrStats, 1);

  g_mutex_init (&stats->lock);
  return stats;
}

void
gst_ecbsr_stats_free (GstEcbsrStats * stats)
{
  g_mutex_clear (&stats->lock);
  g_free (stats);
}

void
gst_ecbsr_stats_reset (GstEcbsrStats * stats)
{
  g_mutex_lock (&stats->lock);
  stats->n_frames = 0;
  g_mutex_unlock (&stats->lock);
}

gboolean
gst_ecbsr_stats_add (GstEcbsrStats * stats, GstClockTime time)
{
  gint64 now = g_get_monotonic_time ();
  gboolean tell;

  g_mutex_lock (&stats->lock);
  stats->latest[stats->n_frames++ % WINDOW] = time;
  tell = now - stats->told >= G_USEC_PER_SEC;
  if (tell)
    stats->told = now;
  g_mutex_unlock (&stats->lock);
  return tell;
}

static int
compare_times (const void *a, const void *b)
{
  GstClockTime x = *(const GstClockTime *) a, y = *(const GstClockTime *) b;

  return (x > y) - (x < y);
}

GstStructure *
gst_ecbsr_stats_to_structure (GstEcbsrStats * stats)
{
  GstClockTime times[WINDOW], average = 0, p95 = 0, max = 0;
  guint64 n_frames;
  guint n, i;

  g_mutex_lock (&stats->lock);
  n_frames = stats->n_frames;
  memcpy (times, stats->latest, sizeof times);
  g_mutex_unlock (&stats->lock);

  n = MIN (n_frames, WINDOW);
  if (n > 0) {
    qsort (times, n, sizeof times[0], compare_times);
    for (i = 0; i < n; i++)
      average += times[i];
    average /= n;
    p95 = times[(n - 1) * 95 / 100];
    max = times[n - 1];
  }
  return gst_structure_new ("ecbsr-stats",
      "frames", G_TYPE_UINT64, n_frames,
      "average-ns", G_TYPE_UINT64, average,
      "p95-ns", G_TYPE_UINT64, p95, "max-ns", G_TYPE_UINT64, max, NULL);
}
