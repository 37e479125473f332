/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrplans.h"

#include "gstecbsrformats.h"

struct _GstEcbsrPlans
{
  EcbsrPlan *plan[GST_ECBSR_N_FIELDS];  /* NULL: there are no such pictures */
  EcbsrRunCounts counts;
};

static EcbsrPlan *
new_plan (EcbsrModel * model, const GstVideoInfo * in, EcbsrField field,
    const GstEcbsrSettings * settings, GError ** error)
{
  EcbsrPlanConfig config;

  gst_ecbsr_formats_get_config (in, &config);
  config.n_threads = settings->n_threads;
  config.precision = settings->precision;
  config.field = field;
  if (field != ECBSR_FIELD_NONE)
    config.height /= 2;
  return ecbsr_plan_new (model, &config, error);
}

GstEcbsrPlans *
gst_ecbsr_plans_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrSettings * settings, GError ** error)
{
  g_autoptr (GstEcbsrPlans) plans = g_new0 (GstEcbsrPlans, 1);
  gboolean possible[GST_ECBSR_N_FIELDS];
  guint i;

  gst_ecbsr_fields_get_possible (in, possible);
  for (i = 0; i < GST_ECBSR_N_FIELDS; i++) {
    if (!possible[i])
      continue;
    plans->plan[i] = new_plan (model, in, i, settings, error);
    if (!plans->plan[i])
      return NULL;
  }
  return g_steal_pointer (&plans);
}

void
gst_ecbsr_plans_free (GstEcbsrPlans * plans)
{
  guint i;

  for (i = 0; i < GST_ECBSR_N_FIELDS; i++)
    g_clear_pointer (&plans->plan[i], ecbsr_plan_free);
  g_free (plans);
}

/* In all else than the rows they are alike. */
static const EcbsrPlan *
get_any (const GstEcbsrPlans * plans)
{
  return plans->plan[ECBSR_FIELD_NONE] ? plans->plan[ECBSR_FIELD_NONE]
      : plans->plan[ECBSR_FIELD_TOP];
}

const gchar *
gst_ecbsr_plans_get_backend (const GstEcbsrPlans * plans)
{
  return ecbsr_plan_get_backend (get_any (plans));
}

EcbsrPrecision
gst_ecbsr_plans_get_precision (const GstEcbsrPlans * plans)
{
  return ecbsr_plan_get_precision (get_any (plans));
}

EcbsrRunCounts
gst_ecbsr_plans_get_counts (const GstEcbsrPlans * plans)
{
  return plans->counts;
}

gboolean
gst_ecbsr_histories_init (GstEcbsrHistories * histories,
    const GstEcbsrPlans * plans, GError ** error)
{
  guint i;

  for (i = 0; i < GST_ECBSR_N_FIELDS; i++) {
    if (!plans->plan[i])
      continue;
    histories->history[i] = ecbsr_history_new (plans->plan[i], error);
    if (!histories->history[i]) {
      gst_ecbsr_histories_clear (histories);
      return FALSE;
    }
  }
  return TRUE;
}

void
gst_ecbsr_histories_clear (GstEcbsrHistories * histories)
{
  guint i;

  for (i = 0; i < GST_ECBSR_N_FIELDS; i++)
    g_clear_pointer (&histories->history[i], ecbsr_history_free);
}

static void
run_field (GstEcbsrPlans * plans, EcbsrField field, const GstVideoFrame * in,
    const GstVideoFrame * out, const EcbsrRunParams * params)
{
  EcbsrPlan *plan = plans->plan[field];
  EcbsrRegion regions[ECBSR_MAX_REGIONS];
  EcbsrRunParams here = *params;
  EcbsrPicture from, to;
  EcbsrRunCounts counts;
  guint i;

  for (i = 0; params->regions && i < params->n_regions; i++)
    regions[i] = gst_ecbsr_fields_get_region (&params->regions[i], field);
  if (params->regions)
    here.regions = regions;
  gst_ecbsr_fields_get_picture (in, field, &from);
  gst_ecbsr_fields_get_picture (out, field, &to);
  ecbsr_plan_run (plan, &from, &to, &here);

  counts = ecbsr_plan_get_counts (plan);
  plans->counts.n_tiles += counts.n_tiles;
  plans->counts.n_outside += counts.n_outside;
  plans->counts.n_kept += counts.n_kept;
}

gboolean
gst_ecbsr_plans_run (GstEcbsrPlans * plans,
    const GstEcbsrHistories * histories, const GstVideoFrame * in,
    const GstVideoFrame * out, const EcbsrRunParams * params, GError ** error)
{
  EcbsrRunParams here = *params;
  EcbsrField fields[2];
  guint i, n = gst_ecbsr_fields_find (in, fields, error);

  memset (&plans->counts, 0, sizeof plans->counts);
  for (i = 0; i < n; i++) {
    here.history = histories->history[fields[i]];
    run_field (plans, fields[i], in, out, &here);
  }
  return n > 0;
}
