/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "levels.h"

#include "frame.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* ----------------------------------------------------------------- costs -- */

GstClockTime
gst_ecbsr_levels_get_cost (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrConfig * config)
{
  gdouble n_pixels = (gdouble) GST_VIDEO_INFO_WIDTH (in)
      * GST_VIDEO_INFO_FIELD_HEIGHT (in), cost;
  EcbsrPlanConfig plan_config;
  GstVideoInfo native;

  if (!gst_ecbsr_frame_get_native (in, &native, NULL))
    return 0;
  gst_ecbsr_frame_get_config (&native, &plan_config);
  plan_config.n_threads = config->n_threads;
  plan_config.precision = config->precision;
  cost = ecbsr_model_get_cost (model, &plan_config);
  GST_LOG ("%s: %.2f ns a pixel", ecbsr_model_get_info (model)->name, cost);
  return (GstClockTime) (cost * n_pixels);
}

/* ---------------------------------------------------------------- levels -- */

/* A level that costs hardly less than the one above is not worth its memory, nor
 * the time until the next upgrade. */
#define STEP 0.8

/* What is to be built. */
typedef struct
{
  EcbsrModel *model;
  GstVideoInfo in, out;
  GstEcbsrConfig config;
  GstEcbsrModel lowest;
} Order;

struct _GstEcbsrLevelsBuilder
{
  GThread *thread;

  GMutex lock;
  GCond changed;
  /* Under the lock */
  Order *order;                 /* what is to be built next, or NULL */
  GstEcbsrLevels *levels;       /* what has been built, or NULL */
  guint generation;             /* of the latest order; what is older is no good */
  gboolean ended;
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

/* -------------------------------------------------------------- building -- */

/* Bicubic is part of every other model: where it seems no cheaper, measuring was
 * disturbed. */
static gboolean
is_cheapest_of_all (GstEcbsrModel choice)
{
  return choice == GST_ECBSR_MODEL_BICUBIC;
}

static void
order_free (Order * order)
{
  ecbsr_model_unref (order->model);
  gst_ecbsr_config_clear (&order->config);
  g_free (order);
}

/* Where there is no memory there is a level less. */
static void
add_level (const Order * order, GstEcbsrLevels * levels, GstEcbsrModel choice)
{
  GstEcbsrLevel *above = &levels->level[levels->n_levels - 1];
  GstEcbsrLevel level = {
    gst_ecbsr_config_load_built_in (&order->config, choice, NULL), NULL, 0
  };

  if (!level.model)
    return;
  level.cost = gst_ecbsr_levels_get_cost (level.model, &order->in,
      &order->config);
  if (is_cheapest_of_all (choice))
    level.cost = MIN (level.cost, above->cost);
  if (is_cheapest_of_all (choice) || level.cost < STEP * above->cost)
    level.plans = gst_ecbsr_plans_new (level.model, &order->in, &order->out,
        &order->config, NULL);
  if (level.plans)
    levels->level[levels->n_levels++] = level;
  else
    level_clear (&level);
}

/* Bicubic is worked out wherever there is no network. */
static GstClockTime
get_base (const Order * order)
{
  g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (order->config.scale);

  return gst_ecbsr_levels_get_cost (cubic, &order->in, &order->config);
}

static gboolean
is_latest (GstEcbsrLevelsBuilder * builder, guint generation)
{
  gboolean latest;

  g_mutex_lock (&builder->lock);
  latest = builder->generation == generation;
  g_mutex_unlock (&builder->lock);
  return latest;
}

/* What is better than the running model is passed over; a file's model may be of a
 * kind that has no place among the built-in ones. */
static GstEcbsrLevels *
build (GstEcbsrLevelsBuilder * builder, const Order * order, guint generation)
{
  GstEcbsrLevels *levels = g_new0 (GstEcbsrLevels, 1);
  GstEcbsrModel choices[GST_ECBSR_N_MODELS];
  guint n = gst_ecbsr_models_list (order->config.scale, order->config.content,
      order->lowest, choices);
  gint rank = gst_ecbsr_models_get_rank (gst_ecbsr_models_identify
      (order->model));
  guint i;

  levels->level[0].model = ecbsr_model_ref (order->model);
  levels->level[0].cost = gst_ecbsr_levels_get_cost (order->model, &order->in,
      &order->config);
  levels->base = get_base (order);
  levels->n_levels = 1;
  for (i = 0; i < n && is_latest (builder, generation); i++) {
    if (gst_ecbsr_models_get_rank (choices[i]) > rank)
      add_level (order, levels, choices[i]);
  }
  return levels;
}

static void
log_levels (const GstEcbsrLevels * levels)
{
  guint i;

  for (i = 0; i < levels->n_levels; i++) {
    g_autofree gchar *name = gst_ecbsr_models_get_name (levels->level[i].model);

    GST_DEBUG ("level %u: %s, %" GST_TIME_FORMAT " a frame", i, name,
        GST_TIME_ARGS (levels->level[i].cost));
  }
}

/* With the lock, which it lets go meanwhile. */
static void
build_order (GstEcbsrLevelsBuilder * builder)
{
  Order *order = g_steal_pointer (&builder->order);
  guint generation = builder->generation;
  GstEcbsrLevels *levels;

  g_mutex_unlock (&builder->lock);
  levels = build (builder, order, generation);
  log_levels (levels);
  order_free (order);
  g_mutex_lock (&builder->lock);
  if (builder->generation == generation)
    builder->levels = levels;
  else
    gst_ecbsr_levels_free (levels);
  g_cond_broadcast (&builder->changed);
}

static gpointer
run_builder (gpointer data)
{
  GstEcbsrLevelsBuilder *builder = data;

  g_mutex_lock (&builder->lock);
  while (!builder->ended) {
    if (builder->order)
      build_order (builder);
    else
      g_cond_wait (&builder->changed, &builder->lock);
  }
  g_mutex_unlock (&builder->lock);
  return NULL;
}

GstEcbsrLevelsBuilder *
gst_ecbsr_levels_builder_new (void)
{
  GstEcbsrLevelsBuilder *builder = g_new0 (GstEcbsrLevelsBuilder, 1);

  g_mutex_init (&builder->lock);
  g_cond_init (&builder->changed);
  return builder;
}

/* With the lock. */
static void
replace_order (GstEcbsrLevelsBuilder * builder, Order * order)
{
  g_clear_pointer (&builder->order, order_free);
  g_clear_pointer (&builder->levels, gst_ecbsr_levels_free);
  builder->order = order;
  builder->generation++;
  g_cond_broadcast (&builder->changed);
}

void
gst_ecbsr_levels_builder_start (GstEcbsrLevelsBuilder * builder,
    const GstEcbsrSetup * setup, GstEcbsrModel lowest)
{
  Order *order = g_new0 (Order, 1);

  order->model = ecbsr_model_ref (setup->model);
  order->in = setup->in;
  order->out = setup->out;
  order->lowest = lowest;
  gst_ecbsr_config_copy (&order->config, &setup->config);
  /* A cheaper model of the other training is better than none. */
  order->config.content = setup->config.training == GST_ECBSR_CONTENT_CAMERA
      ? GST_ECBSR_CONTENT_AUTO : setup->config.content;

  g_mutex_lock (&builder->lock);
  replace_order (builder, order);
  g_mutex_unlock (&builder->lock);
  if (!builder->thread)
    builder->thread = g_thread_try_new ("ecbsr-levels", run_builder, builder,
        NULL);
}

GstEcbsrLevels *
gst_ecbsr_levels_builder_take (GstEcbsrLevelsBuilder * builder)
{
  GstEcbsrLevels *levels;

  g_mutex_lock (&builder->lock);
  levels = g_steal_pointer (&builder->levels);
  g_mutex_unlock (&builder->lock);
  return levels;
}

void
gst_ecbsr_levels_builder_wait (GstEcbsrLevelsBuilder * builder,
    GstClockTime time)
{
  gint64 end = g_get_monotonic_time () + time / GST_USECOND;

  g_mutex_lock (&builder->lock);
  while (!builder->levels && builder->thread
      && g_cond_wait_until (&builder->changed, &builder->lock, end)) {
  }
  g_mutex_unlock (&builder->lock);
}

void
gst_ecbsr_levels_builder_cancel (GstEcbsrLevelsBuilder * builder)
{
  g_mutex_lock (&builder->lock);
  replace_order (builder, NULL);
  g_mutex_unlock (&builder->lock);
}

void
gst_ecbsr_levels_builder_stop (GstEcbsrLevelsBuilder * builder)
{
  g_mutex_lock (&builder->lock);
  replace_order (builder, NULL);
  builder->ended = TRUE;
  g_mutex_unlock (&builder->lock);
  if (builder->thread)
    g_thread_join (g_steal_pointer (&builder->thread));
  builder->ended = FALSE;
}

void
gst_ecbsr_levels_builder_free (GstEcbsrLevelsBuilder * builder)
{
  gst_ecbsr_levels_builder_stop (builder);
  g_mutex_clear (&builder->lock);
  g_cond_clear (&builder->changed);
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
    g_autoptr (EcbsrModel) model = gst_ecbsr_config_load_built_in (config,
        choices[i], error);
    GstClockTime cost;

    if (!model)
      return NULL;
    cost = gst_ecbsr_levels_get_cost (model, in, config);
    GST_DEBUG ("model=auto: %s takes %" GST_TIME_FORMAT " of %" GST_TIME_FORMAT,
        ecbsr_model_get_info (model)->name, GST_TIME_ARGS (cost),
        GST_TIME_ARGS (budget));
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
