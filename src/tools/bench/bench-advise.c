// SPDX-License-Identifier: LGPL-2.1-or-later

#include "bench.h"

#include <stdio.h>

// Of the frame's time, as the element's overload control allows by default.
#define BUDGET 0.8

static gboolean
parse_mode (const gchar *mode, guint *width, guint *height, gdouble *fps,
            GError **error)
{
  gchar end;

  if (sscanf (mode, "%ux%u@%lf%c", width, height, fps, &end) == 3 && *fps > 0
      && *fps < 10000)
    return TRUE;
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
               "'%s' is not WIDTHxHEIGHT@FPS, such as 960x540@30", mode);
  return FALSE;
}

static gboolean
make_cases (GPtrArray *cases, gchar **names, guint scale, guint width,
            guint height, GError **error)
{
  for (gchar **name = names; *name; name++)
    {
      BenchCase *c = bench_case_new (*name, scale, width, height,
                                     ECBSR_PRECISION_AUTO, 0, error);
      if (!c)
        return FALSE;
      g_ptr_array_add (cases, c);
    }
  return TRUE;
}

// Models come cheapest first, which is also worst first.
static const BenchCase *
best_that_fits (GPtrArray *cases, const BenchSystem *system, gdouble budget)
{
  for (guint i = cases->len; i-- > 0;)
    if (bench_figures (cases->pdata[i], system).p95 <= budget)
      return cases->pdata[i];
  return NULL;
}

gboolean
bench_advise (const gchar *mode, guint scale, GError **error)
{
  g_autoptr (GPtrArray) cases
      = g_ptr_array_new_with_free_func ((GDestroyNotify) bench_case_free);
  g_auto (GStrv) names = bench_list_models (scale);
  const BenchCase *best;
  BenchSystem system = { 0 };
  guint width, height;
  gdouble fps, budget;

  if (!parse_mode (mode, &width, &height, &fps, error)
      || !make_cases (cases, names, scale, width, height, error))
    return FALSE;
  bench_measure (cases, 0.5);
  budget = BUDGET * 1000 / fps;
  best = best_that_fits (cases, &system, budget);
  if (best)
    g_print ("%s, %s: %.1f of %.1f ms a frame (95th percentile)\n", best->name,
             ecbsr_plan_get_backend (best->plan),
             bench_figures (best, &system).p95, budget);
  else
    g_print ("bicubic: no network holds %s here within %.1f ms a frame\n",
             mode, budget);
  return TRUE;
}
