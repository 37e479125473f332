// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a pixel costs, measured on a small picture.

#include "arena.h"
#include "cost.h"
#include "cpu.h"
#include "model.h"
#include "plan.h"
#include "pool.h"

#include <string.h>
#include <time.h>

// Wide enough for whole tiles, and as many rows as make a band for each thread.
#define WIDTH 256
#define BAND 32
#define MOST_BANDS 16
// To compare precisions less will do, as the same is lost at its borders in all.
#define COMPARED_WIDTH 192
#define COMPARED_HEIGHT 16

// The shortest of a few runs is one that nothing has disturbed: the more so where
// another one was hardly longer.
#define FEWEST_RUNS 3
#define MOST_RUNS 10
#define HARDLY_LONGER 1.05
#define HOPELESS 2.0
#define ENOUGH 3e6 // ns, each
#define LONGEST 20e6 // ns, all
// So long a run is hardly longer for what disturbs it, and too long to be repeated.
#define SLOW 30e6 // ns
#define MOST_ATTEMPTS 3

#define MOST_PROBES ECBSR_N_PRECISIONS

// Neither a denormal nor no number in any kind of sample.
#define SAMPLE 0x40

typedef struct
{
  EcbsrPlan *plan;
  EcbsrPicture in, out;
  gpointer memory;        // theirs
  gdouble run[1 + MOST_RUNS]; // ns; the first, where that was slow, and a round's each
  guint n_runs;
  gdouble shortest;
} Probe;

// ------------------------------------------------------------- pictures --

// Of the plane's widest component.
static gsize
row_size (const EcbsrPlanConfig *config, guint plane, guint width)
{
  gsize size = 0;

  for (guint c = 0; c < config->layout.n_components; c++)
    if (config->layout.component[c].plane == plane)
      size = MAX (size, (gsize) ecbsr_div_up (width, 1u << config->layout.component[c].w_sub)
                            * config->layout.component[c].pixel_stride);
  return size;
}

static gsize
n_rows (const EcbsrPlanConfig *config, guint plane, guint height)
{
  gsize n = 0;

  for (guint c = 0; c < config->layout.n_components; c++)
    if (config->layout.component[c].plane == plane)
      n = MAX (n, ecbsr_div_up (height, 1u << config->layout.component[c].h_sub));
  return n;
}

static void
take_picture (const EcbsrPlanConfig *config, guint scale, Arena *arena,
              EcbsrPicture *picture)
{
  for (guint p = 0; p < ECBSR_MAX_PLANES; p++)
    {
      gsize stride = row_size (config, p, config->width * scale);

      stride = (stride + ECBSR_ALIGN - 1) / ECBSR_ALIGN * ECBSR_ALIGN;
      picture->plane[p] = ecbsr_arena_take (
          arena, stride * n_rows (config, p, config->height * scale));
      picture->stride[p] = (gssize) stride;
    }
}

static void
take_pictures (Probe *probe, Arena *arena)
{
  take_picture (&probe->plan->config, 1, arena, &probe->in);
  take_picture (&probe->plan->config, probe->plan->scale, arena, &probe->out);
}

static gboolean
probe_init (Probe *probe, EcbsrModel *model, const EcbsrPlanConfig *config)
{
  Arena arena = { NULL, 0 };
  gsize size;

  probe->plan = ecbsr_plan_new (model, config, NULL);
  if (!probe->plan)
    return FALSE;
  take_pictures (probe, &arena);
  size = arena.used;
  if (!ecbsr_arena_allocate (&arena))
    return FALSE;
  probe->memory = arena.memory;
  memset (probe->memory, SAMPLE, size);
  take_pictures (probe, &arena);
  return TRUE;
}

static void
probe_clear (Probe *probe)
{
  ecbsr_plan_free (probe->plan);
  free (probe->memory);
}

// ------------------------------------------------------------ measuring --

static gdouble
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gdouble) now.tv_sec * 1e9 + (gdouble) now.tv_nsec;
}

static gdouble
time_run (Probe *probe)
{
  const EcbsrRunParams params = { 1, 0 };
  const gdouble begin = now_ns ();

  ecbsr_plan_run (probe->plan, &probe->in, &probe->out, &params);
  return now_ns () - begin;
}

static void
add_run (Probe *probe, gdouble ns)
{
  g_assert (probe->n_runs < G_N_ELEMENTS (probe->run));
  ns = MAX (ns, 1);
  probe->run[probe->n_runs++] = ns;
  probe->shortest = probe->n_runs == 1 ? ns : MIN (probe->shortest, ns);
}

// Of those that have run; without one there is no limit.
static gdouble
find_least (const Probe *probes, guint n)
{
  gdouble least = G_MAXDOUBLE;

  for (guint i = 0; i < n; i++)
    if (probes[i].n_runs > 0)
      least = MIN (least, probes[i].shortest);
  return least;
}

static gboolean
can_be_shorter (const Probe *probe, gdouble least)
{
  return probe->n_runs < 2 // of which one may have been disturbed
         || (probe->shortest < SLOW && probe->shortest / HOPELESS < least);
}

static gboolean
is_settled (const Probe *probe)
{
  guint n_near = 0;

  for (guint r = 0; r < probe->n_runs; r++)
    n_near += probe->run[r] <= HARDLY_LONGER * probe->shortest;
  return n_near >= 2;
}

static gboolean
are_settled (const Probe *probes, guint n)
{
  const gdouble least = find_least (probes, n);

  for (guint i = 0; i < n; i++)
    if (can_be_shorter (&probes[i], least) && !is_settled (&probes[i]))
      return FALSE;
  return TRUE;
}

// One run of each, if it can still be the shortest. Returns what they took.
static gdouble
time_round (Probe *probes, guint n)
{
  const gdouble least = find_least (probes, n);
  gdouble sum = 0;

  for (guint i = 0; i < n; i++)
    if (can_be_shorter (&probes[i], least))
      {
        const gdouble ns = time_run (&probes[i]);

        add_run (&probes[i], ns);
        sum += ns;
      }
  return sum;
}

// Memory is touched, and workers wake up. Counts where that is but a small part.
static void
warm_up (Probe *probes, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      const gdouble ns = time_run (&probes[i]);

      if (ns >= SLOW)
        add_run (&probes[i], ns);
    }
}

static void
time_runs (Probe *probes, guint n)
{
  gdouble sum = 0;

  warm_up (probes, n);
  for (guint r = 0; r < FEWEST_RUNS
                    || (r < MOST_RUNS
                        && (sum < n * ENOUGH
                            || (sum < LONGEST && !are_settled (probes, n))));
       r++)
    sum += time_round (probes, n);
}

// configs[i] for each; ns a pixel. FALSE without memory.
static gboolean
measure (EcbsrModel *model, const EcbsrPlanConfig *configs, guint n, gdouble *costs)
{
  Probe probes[MOST_PROBES] = { { NULL } };
  gboolean ok = TRUE;

  for (guint i = 0; i < n && ok; i++)
    ok = probe_init (&probes[i], model, &configs[i]);
  if (ok)
    time_runs (probes, n);
  for (guint i = 0; i < n; i++)
    {
      costs[i] = probes[i].shortest / ((gdouble) configs[i].width * configs[i].height);
      probe_clear (&probes[i]);
    }
  return ok;
}

// Another measurement at the same time makes it longer. Waiting would make a stream
// wait for another one, so it is repeated instead, a few times, and the least counts.
static gboolean
measure_apart (EcbsrModel *model, const EcbsrPlanConfig *configs, guint n, gdouble *costs)
{
  static gint n_begun, n_running; // atomic

  for (guint i = 0; i < MOST_ATTEMPTS; i++)
    {
      const gint begun = g_atomic_int_add (&n_begun, 1) + 1;
      const gint others = g_atomic_int_add (&n_running, 1);
      gdouble latest[MOST_PROBES];
      const gboolean ok = measure (model, configs, n, latest);

      g_atomic_int_add (&n_running, -1);
      if (!ok)
        return i > 0;
      for (guint p = 0; p < n; p++)
        costs[p] = i == 0 ? latest[p] : MIN (costs[p], latest[p]);
      if (others == 0 && g_atomic_int_get (&n_begun) == begun)
        break;
    }
  return TRUE;
}

// Side by side: whatever slows down one slows down all.
gboolean
ecbsr_cost_compare (EcbsrModel *model, const EcbsrPrecision *precisions, guint n,
                    gdouble *costs)
{
  EcbsrPlanConfig configs[MOST_PROBES];

  for (guint i = 0; i < n; i++)
    configs[i] = (EcbsrPlanConfig){
      .width = COMPARED_WIDTH,
      .height = COMPARED_HEIGHT,
      .layout = { .n_components = 1, .component = { { .pixel_stride = 1 } } },
      .black = 16,
      .white = 235,
      .luma_weight = { 0.299, 0.587, 0.114 },
      .precision = precisions[i],
      .n_threads = 1,
    };
  return measure_apart (model, configs, n, costs);
}

// ----------------------------------------------------------------- remembering --

void
ecbsr_cost_describe (GString *key, const EcbsrModel *model)
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

  ecbsr_cost_describe (key, model);
  describe_picture (key, config);
  g_string_append_printf (key, "; %d %u", config->precision, config->n_threads);
  if (config->precision == ECBSR_PRECISION_AUTO) // what runs depends on these
    g_string_append_printf (key, " %d %g %g", model->info.has_int8,
                            model->info.int8_loss, model->info.bfloat16_loss);
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
  here.width = WIDTH;
  here.height = BAND * MIN (here.n_threads, MOST_BANDS);
  here.field = ECBSR_FIELD_NONE;
  here.interleaved = FALSE;
  if (!measure_apart (model, &here, 1, &cost))
    return 0; // there may be memory the next time
  return remember (key, cost);
}
