// SPDX-License-Identifier: LGPL-2.1-or-later

#include "bench.h"

#include <string.h>

#define N_WARM_UP 3
#define MIN_FRAMES 20

// I420: Y, then U and V of half the size.
static gsize
picture_size (guint width, guint height)
{
  gsize w = width, h = height;
  return w * h + 2 * ((w + 1) / 2 * ((h + 1) / 2));
}

static EcbsrPicture
picture_of (guint8 *data, guint width, guint height)
{
  gsize w = width, h = height, cw = (w + 1) / 2, ch = (h + 1) / 2;

  return (EcbsrPicture) {
    .plane = { data, data + w * h, data + w * h + cw * ch },
    .stride = { (gssize) w, (gssize) cw, (gssize) cw },
  };
}

static EcbsrPlanConfig
config_of (guint width, guint height, EcbsrPrecision precision,
           guint n_threads)
{
  return (EcbsrPlanConfig) {
    .width = width,
    .height = height,
    .layout = { .color = ECBSR_COLOR_YUV,
                .n_components = 3,
                .component = { { 0, 0, 1, 0, 0 },
                               { 1, 0, 1, 1, 1 },
                               { 2, 0, 1, 1, 1 } } },
    .black = 16,
    .white = 235,
    .luma_weight = { 0.2126, 0.7152, 0.0722 },
    .chroma_zero = 128,
    .chroma_span = 224,
    .chroma_offset_x = 0.25,
    .chroma_offset_y = 0.5,
    .precision = precision,
    .n_threads = n_threads,
  };
}

// Structured noise: neither flat nor pure noise, the same for everybody.
static void
fill (guint8 *data, gsize n)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);

  for (gsize i = 0; i < n; i++)
    data[i] = (guint8) (16 + (i / 7 + g_rand_int_range (random, 0, 40)) % 220);
}

BenchCase *
bench_case_new (const gchar *name, guint scale, guint width, guint height,
                EcbsrPrecision precision, guint n_threads, GError **error)
{
  BenchCase *c = g_new0 (BenchCase, 1);
  EcbsrPlanConfig config = config_of (width, height, precision, n_threads);

  c->name = name;
  c->width = width;
  c->height = height;
  c->n_threads = n_threads;
  c->ms = g_array_new (FALSE, FALSE, sizeof (gdouble));
  c->model = bench_open_model (name, scale, error);
  if (c->model)
    c->plan = ecbsr_plan_new (c->model, &config, error);
  if (!c->plan)
    {
      bench_case_free (c);
      return NULL;
    }
  scale = ecbsr_model_get_info (c->model)->scale;
  c->precision = ecbsr_plan_get_precision (c->plan);
  c->chosen = precision == ECBSR_PRECISION_AUTO;
  c->in = g_malloc (picture_size (width, height));
  c->out = g_malloc0 (picture_size (width * scale, height * scale));
  fill (c->in, picture_size (width, height));
  return c;
}

void
bench_case_free (BenchCase *c)
{
  if (c->plan)
    ecbsr_plan_free (c->plan);
  if (c->model)
    ecbsr_model_unref (c->model);
  g_array_unref (c->ms);
  g_free (c->in);
  g_free (c->out);
  g_free (c);
}

static gdouble
run_frame (BenchCase *c)
{
  const EcbsrRunParams params = { 1, 0 };
  const guint scale = ecbsr_model_get_info (c->model)->scale;
  EcbsrPicture in = picture_of (c->in, c->width, c->height);
  EcbsrPicture out
      = picture_of (c->out, c->width * scale, c->height * scale);
  gint64 start = g_get_monotonic_time ();

  ecbsr_plan_run (c->plan, &in, &out, &params);
  return (g_get_monotonic_time () - start) / 1e3;
}

// About a tenth of a second of one case, so that the next is not measured with
// another clock frequency or another guest on the machine.
static gdouble
run_turn (BenchCase *c)
{
  gdouble busy = 0;

  while (busy < 100)
    {
      gdouble ms = run_frame (c);
      g_array_append_val (c->ms, ms);
      busy += ms;
    }
  return busy;
}

void
bench_measure (GPtrArray *cases, gdouble seconds)
{
  gboolean again = TRUE;

  for (guint i = 0; i < cases->len; i++)
    for (guint n = 0; n < N_WARM_UP; n++)
      run_frame (cases->pdata[i]);
  for (gdouble busy = 0; again; busy += 0.1)
    {
      again = FALSE;
      for (guint i = 0; i < cases->len; i++)
        {
          BenchCase *c = cases->pdata[i];
          if (busy >= seconds && c->ms->len >= MIN_FRAMES)
            continue;
          run_turn (c);
          again = TRUE;
        }
    }
}

static gint
compare_doubles (gconstpointer a, gconstpointer b)
{
  gdouble x = *(const gdouble *) a, y = *(const gdouble *) b;
  return x < y ? -1 : x > y;
}

static gdouble
percentile (const GArray *sorted, gdouble share)
{
  guint i = (guint) (share * (sorted->len - 1) + 0.5);
  return g_array_index (sorted, gdouble, i);
}

BenchFigures
bench_figures (const BenchCase *c, const BenchSystem *system)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (c->model);
  gdouble n_macs
      = (gdouble) info->n_macs_per_pixel * c->width * c->height;
  gdouble peak = system->peak[c->precision]
                 * MIN (c->n_threads ? c->n_threads : system->n_cpus,
                        system->n_cpus);
  BenchFigures figures;

  g_array_sort (c->ms, compare_doubles);
  figures.p50 = percentile (c->ms, 0.5);
  figures.p95 = percentile (c->ms, 0.95);
  figures.p99 = percentile (c->ms, 0.99);
  figures.fps = 1000 / figures.p50;
  figures.gmac_s = n_macs / figures.p50 / 1e6;
  figures.peak_share = peak > 0 ? figures.gmac_s / peak : 0;
  return figures;
}
