/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "levels.h"

#include "frame.h"

#include "cpu.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* ----------------------------------------------------------------- costs -- */

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
    const GstEcbsrConfig * config)
{
  guint scale = ecbsr_model_get_info (model)->scale;
  EcbsrPlanConfig plan_config;
  GstVideoInfo out;

  gst_ecbsr_frame_get_config (small, &plan_config);
  plan_config.n_threads = config->n_threads;
  plan_config.precision = config->precision;
  probe->plan = ecbsr_plan_new (model, &plan_config, NULL);
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

  gst_ecbsr_frame_get_picture (&probe->in, ECBSR_FIELD_NONE, &in);
  gst_ecbsr_frame_get_picture (&probe->out, ECBSR_FIELD_NONE, &out);
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
    const GstEcbsrConfig * config)
{
  guint n_threads = config->n_threads ? config->n_threads
      : ecbsr_cpu_count ();
  guint height = BAND * MIN (n_threads, MOST_BANDS);
  GstVideoInfo small = *in;
  Probe probe = { NULL, };
  gdouble cost = 0.0;

  gst_video_info_set_format (&small, GST_VIDEO_INFO_FORMAT (in), WIDTH, height);
  small.colorimetry = in->colorimetry;
  small.chroma_site = in->chroma_site;
  if (probe_init (&probe, model, &small, config))
    cost = (gdouble) find_shortest_run (&probe) / (WIDTH * height);
  probe_clear (&probe);
  return cost;
}

static gchar *
make_key (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrConfig * config)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (model);

  return g_strdup_printf ("%s %u %s %d %u", info->sha256, info->scale,
      GST_VIDEO_INFO_NAME (in), config->precision, config->n_threads);
}

/* Under the lock, so that two that measure do not disturb each other. */
static gdouble
look_up_or_measure (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrConfig * config)
{
  static GMutex lock;
  static GHashTable *known;
  gchar *key = make_key (model, in, config);
  gdouble *found, cost;

  g_mutex_lock (&lock);
  if (!known)
    known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  found = g_hash_table_lookup (known, key);
  cost = found ? *found : measure (model, in, config);
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
gst_ecbsr_levels_get_cost (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrConfig * config)
{
  gdouble n_pixels = (gdouble) GST_VIDEO_INFO_WIDTH (in)
      * GST_VIDEO_INFO_FIELD_HEIGHT (in);

  return (GstClockTime) (look_up_or_measure (model, in, config) * n_pixels);
}

/* ---------------------------------------------------------------- levels -- */

/* A level that costs hardly less than the one above is not worth its memory, nor
 * the time until the next upgrade. */
#define STEP 0.8

struct _GstEcbsrLevelsBuilder
{
  EcbsrModel *model;
  GstVideoInfo in;
  GstEcbsrConfig config;
  GstEcbsrModel lowest;

  GThread *thread;
  gint cancelled, done;         /* atomic */
  GstEcbsrLevels *levels;       /* atomic */
};

static void
level_clear (GstEcbsrLevel * level)
{
  g_clear_pointer (&level->plans, gst_ecbsr_plans_free);
  g_clear_pointer (&level->model, ecbsr_model_unref);
}

void
gst_ecbsr_levels_free (GstEcbsrLevels * levels)
{
  guint i;

  for (i = 0; i < levels->n_levels; i++)
    level_clear (&levels->level[i]);
  g_free (levels);
}

static EcbsrModel *
load (const GstEcbsrConfig * config, GstEcbsrModel choice, GError ** error)
{
  GstEcbsrConfig other = *config;
  EcbsrModel *model;

  other.model = choice;
  other.location = NULL;
  gst_ecbsr_config_load (&other, &model, error);
  return model;
}

/* -------------------------------------------------------------- building -- */

/* Bicubic is part of every other model: where it seems no cheaper, measuring was
 * disturbed. */
static gboolean
is_cheapest_of_all (GstEcbsrModel choice)
{
  return choice == GST_ECBSR_MODEL_BICUBIC;
}

/* Where there is no memory there is a level less. */
static void
add_level (GstEcbsrLevelsBuilder * builder, GstEcbsrLevels * levels,
    GstEcbsrModel choice)
{
  GstEcbsrLevel *above = &levels->level[levels->n_levels - 1];
  GstEcbsrLevel level = { load (&builder->config, choice, NULL), NULL, 0 };

  if (!level.model)
    return;
  level.cost = gst_ecbsr_levels_get_cost (level.model, &builder->in,
      &builder->config);
  if (is_cheapest_of_all (choice))
    level.cost = MIN (level.cost, above->cost);
  if (is_cheapest_of_all (choice) || level.cost < STEP * above->cost)
    level.plans = gst_ecbsr_plans_new (level.model, &builder->in,
        &builder->config, NULL);
  if (level.plans)
    levels->level[levels->n_levels++] = level;
  else
    level_clear (&level);
}

/* Bicubic is worked out wherever there is no network. */
static GstClockTime
get_base (const GstEcbsrLevelsBuilder * builder)
{
  g_autoptr (EcbsrModel) cubic =
      ecbsr_model_new_cubic (builder->config.scale);

  return gst_ecbsr_levels_get_cost (cubic, &builder->in, &builder->config);
}

/* What is better than the running model is passed over; a file's model may be of a
 * kind that has no place among the built-in ones. */
static gpointer
make (gpointer data)
{
  GstEcbsrLevelsBuilder *builder = data;
  GstEcbsrLevels *levels = g_new0 (GstEcbsrLevels, 1);
  GstEcbsrModel choices[GST_ECBSR_N_MODELS];
  guint n = gst_ecbsr_models_list (builder->config.scale,
      builder->config.content, builder->lowest, choices);
  gint rank = gst_ecbsr_models_get_rank (gst_ecbsr_models_identify
      (builder->model));
  guint i;

  levels->level[0].model = ecbsr_model_ref (builder->model);
  levels->level[0].cost =
      gst_ecbsr_levels_get_cost (builder->model, &builder->in,
      &builder->config);
  levels->base = get_base (builder);
  levels->n_levels = 1;
  for (i = 0; i < n && !g_atomic_int_get (&builder->cancelled); i++) {
    if (gst_ecbsr_models_get_rank (choices[i]) > rank)
      add_level (builder, levels, choices[i]);
  }
  GST_DEBUG ("%u levels", levels->n_levels);
  g_atomic_pointer_set (&builder->levels, levels);
  g_atomic_int_set (&builder->done, TRUE);
  return NULL;
}

GstEcbsrLevelsBuilder *
gst_ecbsr_levels_builder_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrConfig * config, GstEcbsrModel lowest)
{
  GstEcbsrLevelsBuilder *builder = g_new0 (GstEcbsrLevelsBuilder, 1);

  /* A cheaper model of the other training is better than none. */
  builder->model = ecbsr_model_ref (model);
  builder->in = *in;
  gst_ecbsr_config_copy (&builder->config, config);
  if (config->content == GST_ECBSR_CONTENT_CAMERA) {
    builder->config.content = GST_ECBSR_CONTENT_AUTO;
    builder->config.live = TRUE;
  }
  builder->lowest = lowest;
  builder->thread = g_thread_try_new ("ecbsr-levels", make, builder, NULL);
  if (!builder->thread)
    builder->done = TRUE;
  return builder;
}

GstEcbsrLevels *
gst_ecbsr_levels_builder_take (GstEcbsrLevelsBuilder * builder)
{
  return g_atomic_pointer_exchange (&builder->levels, NULL);
}

void
gst_ecbsr_levels_builder_cancel (GstEcbsrLevelsBuilder * builder)
{
  g_atomic_int_set (&builder->cancelled, TRUE);
}

gboolean
gst_ecbsr_levels_builder_is_done (GstEcbsrLevelsBuilder * builder)
{
  return g_atomic_int_get (&builder->done);
}

void
gst_ecbsr_levels_builder_free (GstEcbsrLevelsBuilder * builder)
{
  gst_ecbsr_levels_builder_cancel (builder);
  if (builder->thread)
    g_thread_join (builder->thread);
  g_clear_pointer (&builder->levels, gst_ecbsr_levels_free);
  ecbsr_model_unref (builder->model);
  gst_ecbsr_config_clear (&builder->config);
  g_free (builder);
}

/* -------------------------------------------------------------- choosing -- */

EcbsrModel *
gst_ecbsr_levels_find_best (const GstVideoInfo * in,
    const GstEcbsrConfig * config, GstEcbsrModel lowest,
    GstClockTime budget, GError ** error)
{
  GstEcbsrModel choices[GST_ECBSR_N_MODELS];
  guint n = gst_ecbsr_models_list (config->scale, config->content, lowest,
      choices), i;
  g_autoptr (EcbsrModel) cheapest = NULL;
  GstClockTime least = GST_CLOCK_TIME_NONE;

  for (i = 0; i < n; i++) {
    g_autoptr (EcbsrModel) model = load (config, choices[i], error);
    GstClockTime cost;

    if (!model)
      return NULL;
    cost = gst_ecbsr_levels_get_cost (model, in, config);
    if (cost <= budget)
      return g_steal_pointer (&model);
    if (cost >= least && !is_cheapest_of_all (choices[i]))
      continue;
    least = cost;
    g_clear_pointer (&cheapest, ecbsr_model_unref);
    cheapest = g_steal_pointer (&model);
  }
  return g_steal_pointer (&cheapest);
}
