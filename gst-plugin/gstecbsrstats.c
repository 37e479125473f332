/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrstats.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW 256

struct _GstEcbsrStats
{
  GMutex lock;
  guint64 n_frames, n_dropped, n_degraded;
  guint64 n_tiles, n_outside, n_kept;
  guint level;
  GstClockTime latency;
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
  stats->n_frames = stats->n_dropped = stats->n_degraded = 0;
  stats->n_tiles = stats->n_outside = stats->n_kept = 0;
  stats->level = 0;
  stats->latency = 0;
  g_mutex_unlock (&stats->lock);
}

gboolean
gst_ecbsr_stats_add (GstEcbsrStats * stats, GstClockTime time, guint level)
{
  gint64 now = g_get_monotonic_time ();
  gboolean tell;

  g_mutex_lock (&stats->lock);
  stats->latest[stats->n_frames++ % WINDOW] = time;
  if (level > 0)
    stats->n_degraded++;
  tell = now - stats->told >= G_USEC_PER_SEC;
  if (tell)
    stats->told = now;
  g_mutex_unlock (&stats->lock);
  return tell;
}

void
gst_ecbsr_stats_add_tiles (GstEcbsrStats * stats, const EcbsrRunCounts * counts)
{
  g_mutex_lock (&stats->lock);
  stats->n_tiles += counts->n_tiles;
  stats->n_outside += counts->n_outside;
  stats->n_kept += counts->n_kept;
  g_mutex_unlock (&stats->lock);
}

void
gst_ecbsr_stats_add_dropped (GstEcbsrStats * stats)
{
  g_mutex_lock (&stats->lock);
  stats->n_dropped++;
  g_mutex_unlock (&stats->lock);
}

void
gst_ecbsr_stats_set_level (GstEcbsrStats * stats, guint level)
{
  g_mutex_lock (&stats->lock);
  stats->level = level;
  g_mutex_unlock (&stats->lock);
}

void
gst_ecbsr_stats_set_latency (GstEcbsrStats * stats, GstClockTime latency)
{
  g_mutex_lock (&stats->lock);
  stats->latency = latency;
  g_mutex_unlock (&stats->lock);
}

void
gst_ecbsr_stats_get_counts (GstEcbsrStats * stats, guint64 * frames,
    guint64 * dropped)
{
  g_mutex_lock (&stats->lock);
  *frames = stats->n_frames;
  *dropped = stats->n_dropped;
  g_mutex_unlock (&stats->lock);
}

static int
compare_times (const void *a, const void *b)
{
  GstClockTime x = *(const GstClockTime *) a, y = *(const GstClockTime *) b;

  return (x > y) - (x < y);
}

/* Adds what the latest frames, up to WINDOW, say. */
static void
add_times (GstStructure * s, const GstEcbsrStats * stats)
{
  GstClockTime times[WINDOW], average = 0, p95 = 0, max = 0;
  guint n = MIN (stats->n_frames, WINDOW), i;

  memcpy (times, stats->latest, sizeof times);
  if (n > 0) {
    qsort (times, n, sizeof times[0], compare_times);
    for (i = 0; i < n; i++)
      average += times[i];
    average /= n;
    p95 = times[(n - 1) * 95 / 100];
    max = times[n - 1];
  }
  gst_structure_set (s, "average-ns", G_TYPE_UINT64, average,
      "p95-ns", G_TYPE_UINT64, p95, "max-ns", G_TYPE_UINT64, max, NULL);
}

GstStructure *
gst_ecbsr_stats_to_structure (GstEcbsrStats * stats)
{
  GstStructure *s;

  g_mutex_lock (&stats->lock);
  s = gst_structure_new ("ecbsr-stats",
      "frames", G_TYPE_UINT64, stats->n_frames,
      "dropped", G_TYPE_UINT64, stats->n_dropped,
      "degraded", G_TYPE_UINT64, stats->n_degraded,
      "tiles", G_TYPE_UINT64, stats->n_tiles,
      "tiles-outside", G_TYPE_UINT64, stats->n_outside,
      "tiles-skipped", G_TYPE_UINT64, stats->n_kept,
      "level", G_TYPE_UINT, stats->level,
      "latency-ns", G_TYPE_UINT64, stats->latency, NULL);
  add_times (s, stats);
  g_mutex_unlock (&stats->lock);
  return s;
}
