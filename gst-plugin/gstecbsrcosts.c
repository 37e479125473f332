/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrcosts.h"

#include "gstecbsrformats.h"
#include "gstecbsrframe.h"

#include "cpu.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* Wide enough for whole tiles, and as many rows as make a band for each thread. */
#define WIDTH 256
#define BAND 32
#define MOST_BANDS 16

/* The shortest of a few runs is one that nothing has disturbed. */
#define FEWEST_RUNS 3
#define MOST_RUNS 10
#define ENOUGH (3 * GST_MSECOND)

typedef struct
{
  EcbsrPlan *plan;
  GstBuffer *buffers[2];
  GstVideoFrame in, out;
} Probe;

static GstBuffer *
new_grey (const GstVideoInfo * info)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);

  if (buffer)
    gst_buffer_memset (buffer, 0, 0x80, info->size);
  return buffer;
}

static gboolean
map_new (GstVideoFrame * frame, GstBuffer ** buffer, const GstVideoInfo * info)
{
  *buffer = new_grey (info);
  if (!*buffer)
    return FALSE;
  if (gst_ecbsr_frame_map (frame, info, *buffer, GST_MAP_READWRITE, NULL))
    return TRUE;
  gst_clear_buffer (buffer);
  return FALSE;
}

static void
probe_clear (Probe * probe)
{
  if (probe->buffers[0])
    gst_video_frame_unmap (&probe->in);
  if (probe->buffers[1])
    gst_video_frame_unmap (&probe->out);
  gst_clear_buffer (&probe->buffers[0]);
  gst_clear_buffer (&probe->buffers[1]);
  g_clear_pointer (&probe->plan, ecbsr_plan_free);
}

static gboolean
probe_init (Probe * probe, EcbsrModel * model, const GstVideoInfo * small,
    const GstEcbsrSettings * settings)
{
  guint scale = ecbsr_model_get_info (model)->scale;
  EcbsrPlanConfig config;
  GstVideoInfo out;

  gst_ecbsr_formats_get_config (small, &config);
  config.n_threads = settings->n_threads;
  config.precision = settings->precision;
  probe->plan = ecbsr_plan_new (model, &config, NULL);
  gst_video_info_set_format (&out, GST_VIDEO_INFO_FORMAT (small),
      small->width * scale, small->height * scale);
  return probe->plan && map_new (&probe->in, &probe->buffers[0], small)
      && map_new (&probe->out, &probe->buffers[1], &out);
}

static GstClockTime
time_run (Probe * probe)
{
  const EcbsrRunParams params = { 1, 0 };
  EcbsrPicture in, out;
  GstClockTime begin = gst_util_get_timestamp ();

  gst_ecbsr_frame_get_picture (&probe->in, &in);
  gst_ecbsr_frame_get_picture (&probe->out, &out);
  ecbsr_plan_run (probe->plan, &in, &out, &params);
  return gst_util_get_timestamp () - begin;
}

static GstClockTime
find_shortest_run (Probe * probe)
{
  GstClockTime shortest = GST_CLOCK_TIME_NONE, sum = 0;
  guint i;

  time_run (probe);             /* the memory is touched, the workers wake up */
  for (i = 0; i < FEWEST_RUNS || (i < MOST_RUNS && sum < ENOUGH); i++) {
    GstClockTime time = time_run (probe);

    shortest = MIN (shortest, time);
    sum += time;
  }
  return shortest;
}

/* Nanoseconds a pixel, 0 without memory. */
static gdouble
measure (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrSettings * settings)
{
  guint n_threads = settings->n_threads ? settings->n_threads
      : ecbsr_cpu_count ();
  guint height = BAND * MIN (n_threads, MOST_BANDS);
  GstVideoInfo small = *in;
  Probe probe = { NULL, };
  gdouble cost = 0.0;

  gst_video_info_set_format (&small, GST_VIDEO_INFO_FORMAT (in), WIDTH, height);
  small.colorimetry = in->colorimetry;
  small.chroma_site = in->chroma_site;
  if (probe_init (&probe, model, &small, settings))
    cost = (gdouble) find_shortest_run (&probe) / (WIDTH * height);
  probe_clear (&probe);
  return cost;
}

static gchar *
make_key (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrSettings * settings)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (model);

  return g_strdup_printf ("%s %u %s %d %u", info->sha256, info->scale,
      GST_VIDEO_INFO_NAME (in), settings->precision, settings->n_threads);
}

/* Under the lock, so that two that measure do not disturb each other. */
static gdouble
look_up_or_measure (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrSettings * settings)
{
  static GMutex lock;
  static GHashTable *known;
  gchar *key = make_key (model, in, settings);
  gdouble *found, cost;

  g_mutex_lock (&lock);
  if (!known)
    known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  found = g_hash_table_lookup (known, key);
  cost = found ? *found : measure (model, in, settings);
  if (!found && cost > 0.0) {   /* there may be memory the next time */
    GST_INFO ("%s: %.2f ns a pixel (%s)", ecbsr_model_get_info (model)->name,
        cost, key);
    g_hash_table_insert (known, g_strdup (key), g_memdup2 (&cost, sizeof cost));
  }
  g_mutex_unlock (&lock);
  g_free (key);
  return cost;
}

GstClockTime
gst_ecbsr_costs_get (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrSettings * settings)
{
  gdouble n_pixels = (gdouble) GST_VIDEO_INFO_WIDTH (in)
      * GST_VIDEO_INFO_FIELD_HEIGHT (in);

  return (GstClockTime) (look_up_or_measure (model, in, settings) * n_pixels);
}
