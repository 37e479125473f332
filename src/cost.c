// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a pixel costs, measured: on a small picture, once in a process for each kind of
// network and picture.

#include "cpu.h"
#include "model.h"
#include "plan.h"
#include "pool.h"

#include <string.h>

// Wide enough for whole tiles, and as many rows as make a band for each thread.
#define WIDTH 256
#define BAND 32
#define MOST_BANDS 16

// The shortest of a few runs is one that nothing has disturbed.
#define FEWEST_RUNS 3
#define MOST_RUNS 10
#define ENOUGH 3000 // µs
// So long a run is hardly longer for what disturbs it, and too long to be repeated.
#define SLOW 30000 // µs
#define MOST_ATTEMPTS 3

// ------------------------------------------------------------------- measuring --

typedef struct
{
  EcbsrPlan *plan;
  EcbsrPicture in, out;
} Probe;

static gsize
plane_stride (const EcbsrLayout *layout, guint plane, guint width)
{
  gsize stride = 0;

  for (guint c = 0; c < layout->n_components; c++)
    if (layout->component[c].plane == plane)
      {
        const guint n = (width >> layout->component[c].w_sub) + 1;
        stride = MAX (stride, (gsize) n * layout->component[c].pixel_stride);
      }
  return stride;
}

// Grey. FALSE when memory is short; what there is goes with picture_clear().
static gboolean
picture_init (EcbsrPicture *picture, const EcbsrLayout *layout, guint width,
              guint height)
{
  for (guint p = 0; p < ECBSR_MAX_PLANES; p++)
    {
      const gsize stride = plane_stride (layout, p, width);
      const gsize size = stride * (height + 1);

      if (stride == 0)
        continue;
      picture->stride[p] = (gssize) stride;
      picture->plane[p] = g_try_malloc (size);
      if (!picture->plane[p])
        return FALSE;
      memset (picture->plane[p], 0x80, size);
    }
  return TRUE;
}

static void
picture_clear (EcbsrPicture *picture)
{
  for (guint p = 0; p < ECBSR_MAX_PLANES; p++)
    g_free (picture->plane[p]);
}

static gboolean
probe_init (Probe *probe, EcbsrModel *model, const EcbsrPlanConfig *config)
{
  const guint scale = model->info.scale;

  probe->plan = ecbsr_plan_new (model, config, NULL);
  return probe->plan
         && picture_init (&probe->in, &config->layout, config->width,
                          config->height)
         && picture_init (&probe->out, &config->layout, config->width * scale,
                          config->height * scale);
}

static void
probe_clear (Probe *probe)
{
  picture_clear (&probe->in);
  picture_clear (&probe->out);
  g_clear_pointer (&probe->plan, ecbsr_plan_free);
}

static gint64
time_run (Probe *probe)
{
  const EcbsrRunParams params = { 1, 0 };
  const gint64 begin = g_get_monotonic_time ();

  ecbsr_plan_run (probe->plan, &probe->in, &probe->out, &params);
  return g_get_monotonic_time () - begin;
}

static gint64
find_shortest_run (Probe *probe)
{
  const gint64 first = time_run (probe); // touches memory, wakes the workers up
  gint64 shortest = G_MAXINT64, sum = 0;

  if (first >= SLOW)
    return first;
  for (guint i = 0; i < FEWEST_RUNS || (i < MOST_RUNS && sum < ENOUGH); i++)
    {
      const gint64 time = time_run (probe);

      shortest = MIN (shortest, time);
      sum += time;
    }
  return MAX (shortest, 1);
}

// Nanoseconds a pixel, 0 without memory.
static gdouble
measure (EcbsrModel *model, const EcbsrPlanConfig *config)
{
  EcbsrPlanConfig small = *config;
  Probe probe = { NULL, };
  gdouble cost = 0;

  small.width = WIDTH;
  small.height = BAND * MIN (small.n_threads, MOST_BANDS);
  small.field = ECBSR_FIELD_NONE;
  small.interleaved = FALSE;
  if (probe_init (&probe, model, &small))
    cost = 1e3 * (gdouble) find_shortest_run (&probe) / (small.width * small.height);
  probe_clear (&probe);
  return cost;
}

// Another measurement at the same time makes it longer. Waiting would make a stream
// wait for another one, so it is repeated instead, a few times, and the least counts.
static gdouble
measure_apart (EcbsrModel *model, const EcbsrPlanConfig *config)
{
  static gint n_begun, n_running; // atomic
  gdouble least = 0;

  for (gint i = 0; i < MOST_ATTEMPTS; i++)
    {
      const gint begun = g_atomic_int_add (&n_begun, 1) + 1;
      const gint others = g_atomic_int_add (&n_running, 1);
      const gdouble cost = measure (model, config);

      g_atomic_int_add (&n_running, -1);
      if (i == 0 || cost < least)
        least = cost;
      if (others == 0 && g_atomic_int_get (&n_begun) == begun)
        break;
    }
  return least;
}

// ----------------------------------------------------------------- remembering --

static void
describe_network (GString *key, const EcbsrModel *model)
{
  const EcbsrModelInfo *info = &model->info;

  g_string_append_printf (key, "%d %u %d %u %d", info->architecture,
                          info->scale, model->head, model->n_maps,
                          info->padding);
  for (guint l = 0; l < model->n_layers; l++)
    {
      const EcbsrLayer *layer = &model->layers[l];
      g_string_append_printf (key, " %u:%u>%u %d%s", layer->kernel_size,
                              layer->n_in, layer->n_out, layer->activation,
                              layer->minimum ? " bounded" : "");
    }
}

// What a picture of the kind takes beside the network.
static void
describe_picture (GString *key, const EcbsrPlanConfig *config)
{
  const EcbsrLayout *layout = &config->layout;

  g_string_append_printf (key, "; %d %d %d", layout->color, config->sample,
                          config->shift != 0);
  for (guint c = 0; c < layout->n_components; c++)
    g_string_append_printf (key, " %u+%u/%u %u %u", layout->component[c].plane,
                            layout->component[c].offset,
                            layout->component[c].pixel_stride,
                            layout->component[c].w_sub,
                            layout->component[c].h_sub);
}

static gchar *
make_key (const EcbsrModel *model, const EcbsrPlanConfig *config)
{
  GString *key = g_string_new (NULL);

  describe_network (key, model);
  describe_picture (key, config);
  g_string_append_printf (key, "; %d %u", config->precision, config->n_threads);
  return g_string_free (key, FALSE);
}

static GMutex costs_lock;
static GHashTable *costs; // of a pixel, by key; under the lock

// 0: not known.
static gdouble
look_up (const gchar *key)
{
  const gdouble *found;
  gdouble cost;

  g_mutex_lock (&costs_lock);
  found = costs ? g_hash_table_lookup (costs, key) : NULL;
  cost = found ? *found : 0;
  g_mutex_unlock (&costs_lock);
  return cost;
}

// Where another thread has measured the same meanwhile, both may have disturbed each
// other, and the lower cost is the better one. Returns it.
static gdouble
remember (const gchar *key, gdouble cost)
{
  gdouble *found;

  g_mutex_lock (&costs_lock);
  if (!costs)
    costs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  found = g_hash_table_lookup (costs, key);
  if (found)
    *found = cost = MIN (*found, cost);
  else
    g_hash_table_insert (costs, g_strdup (key), g_memdup2 (&cost, sizeof cost));
  g_mutex_unlock (&costs_lock);
  return cost;
}

// The lock is not held while measuring: other threads do not wait for it.
gdouble
ecbsr_model_get_cost (EcbsrModel *model, const EcbsrPlanConfig *config)
{
  EcbsrPlanConfig here = *config;

  // CPUs may come and go: a figure is for so many threads.
  here.n_threads
      = MIN (config->n_threads ? config->n_threads : ecbsr_cpu_count (),
             ECBSR_MAX_THREADS);
  g_autofree gchar *key = make_key (model, &here);
  gdouble cost = look_up (key);

  if (cost > 0)
    return cost;
  cost = measure_apart (model, &here);
  // There may be memory the next time.
  return cost > 0 ? remember (key, cost) : 0;
}
