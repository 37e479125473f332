/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "status.h"

#include <stdlib.h>
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* ------------------------------------------------------------ statistics -- */

#define WINDOW 256

struct _GstEcbsrStats
{
  GMutex lock;
  guint64 n_frames, n_dropped, n_invalid, n_degraded;
  guint64 n_tiles, n_outside, n_kept;
  guint level;
  const gchar *precision, *isa;
  guint n_threads;
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
  stats->n_frames = stats->n_dropped = 0;
  stats->n_invalid = stats->n_degraded = 0;
  stats->n_tiles = stats->n_outside = stats->n_kept = 0;
  stats->level = 0;
  stats->latency = 0;
  g_mutex_unlock (&stats->lock);
}

gboolean
gst_ecbsr_stats_add (GstEcbsrStats * stats, GstClockTime time, guint level,
    const EcbsrRunCounts * counts)
{
  gint64 now = g_get_monotonic_time ();
  gboolean tell;

  g_mutex_lock (&stats->lock);
  stats->latest[stats->n_frames++ % WINDOW] = time;
  if (level > 0)
    stats->n_degraded++;
  stats->n_tiles += counts->n_tiles;
  stats->n_outside += counts->n_outside;
  stats->n_kept += counts->n_kept;
  tell = now - stats->told >= G_USEC_PER_SEC;
  if (tell)
    stats->told = now;
  g_mutex_unlock (&stats->lock);
  return tell;
}

void
gst_ecbsr_stats_add_dropped (GstEcbsrStats * stats)
{
  g_mutex_lock (&stats->lock);
  stats->n_dropped++;
  g_mutex_unlock (&stats->lock);
}

void
gst_ecbsr_stats_add_invalid (GstEcbsrStats * stats)
{
  g_mutex_lock (&stats->lock);
  stats->n_dropped++;
  stats->n_invalid++;
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
gst_ecbsr_stats_set_backend (GstEcbsrStats * stats, const gchar * precision,
    const gchar * isa, guint n_threads)
{
  g_mutex_lock (&stats->lock);
  stats->precision = precision;
  stats->isa = isa;
  stats->n_threads = n_threads;
  g_mutex_unlock (&stats->lock);
}

void
gst_ecbsr_stats_set_latency (GstEcbsrStats * stats, GstClockTime latency)
{
  g_mutex_lock (&stats->lock);
  stats->latency = latency;
  g_mutex_unlock (&stats->lock);
}

static void
get_counts (GstEcbsrStats * stats, guint64 * frames, guint64 * dropped)
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
      "invalid", G_TYPE_UINT64, stats->n_invalid,
      "degraded", G_TYPE_UINT64, stats->n_degraded,
      "tiles", G_TYPE_UINT64, stats->n_tiles,
      "tiles-outside", G_TYPE_UINT64, stats->n_outside,
      "tiles-skipped", G_TYPE_UINT64, stats->n_kept,
      "level", G_TYPE_UINT, stats->level,
      "latency-ns", G_TYPE_UINT64, stats->latency,
      "precision", G_TYPE_STRING, stats->precision,
      "instruction-set", G_TYPE_STRING, stats->isa,
      "threads", G_TYPE_UINT, stats->n_threads, NULL);
  add_times (s, stats);
  g_mutex_unlock (&stats->lock);
  return s;
}

/* -------------------------------------------------------------- messages -- */

static void
translate (const GError * error, GQuark * domain, gint * code)
{
  static const struct
  {
    gboolean stream;
    gint code;
  } codes[] = {
    [ECBSR_ERROR_NOT_FOUND] = {FALSE, GST_RESOURCE_ERROR_NOT_FOUND},
    [ECBSR_ERROR_READ] = {FALSE, GST_RESOURCE_ERROR_OPEN_READ},
    [ECBSR_ERROR_FORMAT] = {TRUE, GST_STREAM_ERROR_FORMAT},
    [ECBSR_ERROR_WRITE] = {FALSE, GST_RESOURCE_ERROR_OPEN_WRITE},
    [ECBSR_ERROR_INVALID] = {TRUE, GST_STREAM_ERROR_FORMAT},
    [ECBSR_ERROR_NO_MEMORY] = {FALSE, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
  };

  *domain = error->domain;
  *code = error->code;
  if (error->domain != ECBSR_ERROR)
    return;
  *domain = codes[error->code].stream ? GST_STREAM_ERROR : GST_RESOURCE_ERROR;
  *code = codes[error->code].code;
}

void
gst_ecbsr_post (GstElement * element, GstMessageType type,
    const GError * error, const gchar * detail)
{
  GQuark domain;
  gint code;

  GST_CAT_LEVEL_LOG (GST_CAT_DEFAULT, type == GST_MESSAGE_ERROR
      ? GST_LEVEL_ERROR : GST_LEVEL_WARNING, element, "%s: %s", detail,
      error->message);
  translate (error, &domain, &code);
  gst_element_message_full (element, type, domain, code,
      g_strdup (error->message), g_strdup (detail), __FILE__, GST_FUNCTION,
      __LINE__);
}

void
gst_ecbsr_post_other_precision (GstElement * element, EcbsrPrecision wanted,
    EcbsrPrecision running, const gchar * detail)
{
  GST_WARNING_OBJECT (element, "precision=%s was asked for, %s runs",
      ecbsr_precision_to_string (wanted), ecbsr_precision_to_string (running));
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("The network runs in %s: precision=%s was asked for, but this model or "
          "this CPU cannot do it.", ecbsr_precision_to_string (running),
          ecbsr_precision_to_string (wanted)), ("%s", detail));
}

static void
post_structure (GstElement * element, GstStructure * s)
{
  gst_element_post_message (element,
      gst_message_new_element (GST_OBJECT (element), s));
}

static GstStructure *
new_structure (const gchar * name, const GstEcbsrConfig * config)
{
  return gst_structure_new (name,
      "scale", G_TYPE_UINT, config->scale,
      "model", GST_TYPE_ECBSR_MODEL, config->model,
      "content", GST_TYPE_ECBSR_CONTENT, config->content,
      "model-location", G_TYPE_STRING, config->location, NULL);
}

void
gst_ecbsr_post_model_loaded (GstElement * element,
    const GstEcbsrConfig * config, const gchar * name)
{
  GstStructure *s = new_structure ("ecbsr-model-loaded", config);

  gst_structure_set (s, "name", G_TYPE_STRING, name, NULL);
  post_structure (element, s);
}

void
gst_ecbsr_post_model_failed (GstElement * element,
    const GstEcbsrConfig * config, const GError * error)
{
  GstStructure *s = new_structure ("ecbsr-model-failed", config);

  gst_structure_set (s, "error", G_TYPE_ERROR, error, NULL);
  post_structure (element, s);
}

void
gst_ecbsr_post_level_changed (GstElement * element,
    const GstEcbsrLevelChange * change, const gchar * from, const gchar * to)
{
  post_structure (element, gst_structure_new ("ecbsr-level-changed",
          "from", G_TYPE_STRING, from, "to", G_TYPE_STRING, to,
          "level", G_TYPE_UINT, change->to,
          "reason", G_TYPE_STRING, change->reason,
          "average-ns", G_TYPE_UINT64, change->average, NULL));
}

void
gst_ecbsr_post_qos (GstElement * element, const GstEcbsrFrameTimes * times,
    const GstEcbsrQosValues * values, GstEcbsrStats * stats)
{
  GstMessage *message = gst_message_new_qos (GST_OBJECT (element), TRUE,
      times->running_time, times->stream_time, times->timestamp,
      times->duration);
  guint64 n_frames, n_dropped;

  get_counts (stats, &n_frames, &n_dropped);
  gst_message_set_qos_values (message, values->jitter, values->proportion,
      values->quality);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS, n_frames, n_dropped);
  gst_element_post_message (element, message);
}
