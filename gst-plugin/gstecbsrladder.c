/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrladder.h"

#include "gstecbsrcosts.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* A rung that costs hardly less than the one above is not worth its memory, nor
 * the time to climb it. */
#define STEP 0.8

struct _GstEcbsrLadderMaker
{
  EcbsrModel *model;
  GstVideoInfo in;
  GstEcbsrSettings settings;
  GstEcbsrModel floor;

  GThread *thread;
  gint cancelled, done;         /* atomic */
  GstEcbsrLadder *ladder;       /* atomic */
};

static void
rung_clear (GstEcbsrRung * rung)
{
  g_clear_pointer (&rung->plans, gst_ecbsr_plans_free);
  g_clear_pointer (&rung->model, ecbsr_model_unref);
}

void
gst_ecbsr_ladder_free (GstEcbsrLadder * ladder)
{
  guint i;

  for (i = 0; i < ladder->n_rungs; i++)
    rung_clear (&ladder->rung[i]);
  g_free (ladder);
}

static EcbsrModel *
load (const GstEcbsrSettings * settings, GstEcbsrModel choice, GError ** error)
{
  GstEcbsrSettings other = *settings;
  EcbsrModel *model;

  other.model = choice;
  other.location = NULL;
  gst_ecbsr_settings_load (&other, &model, error);
  return model;
}

/* ---------------------------------------------------------------- making -- */

/* Bicubic is part of every other model: where it seems no cheaper, measuring was
 * disturbed. */
static gboolean
is_cheapest_of_all (GstEcbsrModel choice)
{
  return choice == GST_ECBSR_MODEL_BICUBIC;
}

/* Where there is no memory the ladder does without a rung. */
static void
add_rung (GstEcbsrLadderMaker * maker, GstEcbsrLadder * ladder,
    GstEcbsrModel choice)
{
  GstEcbsrRung *above = &ladder->rung[ladder->n_rungs - 1];
  GstEcbsrRung rung = { load (&maker->settings, choice, NULL), NULL, 0 };

  if (!rung.model)
    return;
  rung.cost = gst_ecbsr_costs_get (rung.model, &maker->in, &maker->settings);
  if (is_cheapest_of_all (choice))
    rung.cost = MIN (rung.cost, above->cost);
  if (is_cheapest_of_all (choice) || rung.cost < STEP * above->cost)
    rung.plans = gst_ecbsr_plans_new (rung.model, &maker->in, &maker->settings,
        NULL);
  if (rung.plans)
    ladder->rung[ladder->n_rungs++] = rung;
  else
    rung_clear (&rung);
}

/* Bicubic is worked out wherever there is no network. */
static GstClockTime
get_base (const GstEcbsrLadderMaker * maker)
{
  g_autoptr (EcbsrModel) cubic =
      ecbsr_model_new_cubic (maker->settings.scale);

  return gst_ecbsr_costs_get (cubic, &maker->in, &maker->settings);
}

/* What is better than the running model is passed over; a file's model may be of a
 * kind that has no place among the built-in ones. */
static gpointer
make (gpointer data)
{
  GstEcbsrLadderMaker *maker = data;
  GstEcbsrLadder *ladder = g_new0 (GstEcbsrLadder, 1);
  GstEcbsrModel choices[GST_ECBSR_N_MODELS];
  guint n = gst_ecbsr_models_list (maker->settings.scale,
      maker->settings.content, maker->floor, choices);
  gint rank = gst_ecbsr_models_get_rank (gst_ecbsr_models_identify
      (maker->model));
  guint i;

  ladder->rung[0].model = ecbsr_model_ref (maker->model);
  ladder->rung[0].cost =
      gst_ecbsr_costs_get (maker->model, &maker->in, &maker->settings);
  ladder->base = get_base (maker);
  ladder->n_rungs = 1;
  for (i = 0; i < n && !g_atomic_int_get (&maker->cancelled); i++) {
    if (gst_ecbsr_models_get_rank (choices[i]) > rank)
      add_rung (maker, ladder, choices[i]);
  }
  GST_DEBUG ("%u rungs", ladder->n_rungs);
  g_atomic_pointer_set (&maker->ladder, ladder);
  g_atomic_int_set (&maker->done, TRUE);
  return NULL;
}

GstEcbsrLadderMaker *
gst_ecbsr_ladder_maker_new (EcbsrModel * model, const GstVideoInfo * in,
    const GstEcbsrSettings * settings, GstEcbsrModel floor)
{
  GstEcbsrLadderMaker *maker = g_new0 (GstEcbsrLadderMaker, 1);

  /* A cheaper model of the other training is better than none. */
  maker->model = ecbsr_model_ref (model);
  maker->in = *in;
  gst_ecbsr_settings_copy (&maker->settings, settings);
  if (settings->content == GST_ECBSR_CONTENT_CAMERA) {
    maker->settings.content = GST_ECBSR_CONTENT_AUTO;
    maker->settings.live = TRUE;
  }
  maker->floor = floor;
  maker->thread = g_thread_try_new ("ecbsr-ladder", make, maker, NULL);
  if (!maker->thread)
    maker->done = TRUE;
  return maker;
}

GstEcbsrLadder *
gst_ecbsr_ladder_maker_take (GstEcbsrLadderMaker * maker)
{
  return g_atomic_pointer_exchange (&maker->ladder, NULL);
}

void
gst_ecbsr_ladder_maker_cancel (GstEcbsrLadderMaker * maker)
{
  g_atomic_int_set (&maker->cancelled, TRUE);
}

gboolean
gst_ecbsr_ladder_maker_is_done (GstEcbsrLadderMaker * maker)
{
  return g_atomic_int_get (&maker->done);
}

void
gst_ecbsr_ladder_maker_free (GstEcbsrLadderMaker * maker)
{
  gst_ecbsr_ladder_maker_cancel (maker);
  if (maker->thread)
    g_thread_join (maker->thread);
  g_clear_pointer (&maker->ladder, gst_ecbsr_ladder_free);
  ecbsr_model_unref (maker->model);
  gst_ecbsr_settings_clear (&maker->settings);
  g_free (maker);
}

/* -------------------------------------------------------------- choosing -- */

EcbsrModel *
gst_ecbsr_ladder_find_best (const GstVideoInfo * in,
    const GstEcbsrSettings * settings, GstEcbsrModel floor,
    GstClockTime budget, GError ** error)
{
  GstEcbsrModel choices[GST_ECBSR_N_MODELS];
  guint n = gst_ecbsr_models_list (settings->scale, settings->content, floor,
      choices), i;
  g_autoptr (EcbsrModel) cheapest = NULL;
  GstClockTime least = GST_CLOCK_TIME_NONE;

  for (i = 0; i < n; i++) {
    g_autoptr (EcbsrModel) model = load (settings, choices[i], error);
    GstClockTime cost;

    if (!model)
      return NULL;
    cost = gst_ecbsr_costs_get (model, in, settings);
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
