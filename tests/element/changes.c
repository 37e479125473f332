/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "changes.h"

#include "harness.h"

#define SEED 5

struct _Changes
{
  GstElement *element;
  guint n, frames_between;
  const gchar *const *locations;
  guint n_locations;
  const gint *policies;
  GRand *rand;
  GThread *thread;

  GMutex lock;
  GCond cond;
  /* Under the lock */
  guint n_frames;
  guint n_begun, n_completed, n_rejected;
  Properties *log;                    /* n + 1, the first is the start */
};

static void
read_back (GstElement * element, Properties * props)
{
  g_object_get (element, "scale", &props->scale, "model", &props->model,
      "content", &props->content, "precision", &props->precision,
      "model-location", &props->location, "strength", &props->strength,
      "compare", &props->compare, "compare-position", &props->position, NULL);
}

/* What the element applies or rejects as a whole. */
static gboolean
same_model (const Properties * a, const Properties * b)
{
  return a->scale == b->scale && a->model == b->model
      && a->content == b->content && a->precision == b->precision
      && g_strcmp0 (a->location, b->location) == 0;
}

/* --------------------------------------------------------------- changes -- */

static const gchar *
pick_location (Changes * self)
{
  return self->locations[g_rand_int_range (self->rand, 0, self->n_locations)];
}

static void
change_model (Changes * self, Properties * props)
{
  props->model = g_rand_int_range (self->rand, MODEL_AUTO, MODEL_BICUBIC + 1);
  g_object_set (self->element, "model", props->model, NULL);
}

static void
change_location (Changes * self, Properties * props)
{
  g_free (props->location);
  props->location = g_strdup (pick_location (self));
  g_object_set (self->element, "model-location", props->location, NULL);
}

static void
change_scale (Changes * self, Properties * props)
{
  props->scale = g_rand_int_range (self->rand, 1, 5);
  g_object_set (self->element, "scale", props->scale, NULL);
}

static void
change_scale_and_location (Changes * self, Properties * props)
{
  g_free (props->location);
  props->location = g_strdup (pick_location (self));
  props->scale = g_rand_int_range (self->rand, 2, 5);
  g_object_set (self->element, "scale", props->scale, "model-location",
      props->location, NULL);
}

static void
change_precision (Changes * self, Properties * props)
{
  props->precision = g_rand_int_range (self->rand, PRECISION_AUTO,
      PRECISION_INT8 + 1);
  g_object_set (self->element, "precision", props->precision, NULL);
}

static void
change_content (Changes * self, Properties * props)
{
  props->content = g_rand_int_range (self->rand, CONTENT_AUTO,
      CONTENT_CAMERA + 1);
  g_object_set (self->element, "content", props->content, NULL);
}

static void
change_threads (Changes * self, Properties * props)
{
  g_object_set (self->element, "n-threads", g_rand_int_range (self->rand, 0, 4),
      NULL);
}

/* A few values, so that not every frame needs a reference of its own. */
static void
change_strength (Changes * self, Properties * props)
{
  props->strength = g_rand_int_range (self->rand, 0, 3) / 2.0;
  g_object_set (self->element, "strength", props->strength, NULL);
}

static void
change_compare (Changes * self, Properties * props)
{
  props->compare = g_rand_boolean (self->rand);
  g_object_set (self->element, "compare", props->compare, NULL);
}

static void
change_position (Changes * self, Properties * props)
{
  props->position = g_rand_int_range (self->rand, 1, 3) / 3.0;
  g_object_set (self->element, "compare-position", props->position, NULL);
}

static void
change_overload (Changes * self, Properties * props)
{
  static const guint64 budgets[] = { 0, 1000, 10000, GST_SECOND };

  g_object_set (self->element,
      "overload-policy", self->policies[g_rand_boolean (self->rand)],
      "max-processing-time", budgets[g_rand_int_range (self->rand, 0, 4)],
      "min-model", g_rand_int_range (self->rand, MODEL_AUTO, MODEL_BICUBIC + 1),
      "report-latency", g_rand_boolean (self->rand), NULL);
}

static void (*const changes[]) (Changes *, Properties *) = {
  change_model, change_location, change_scale, change_scale_and_location,
  change_precision, change_content, change_threads, change_strength,
  change_compare, change_position, change_overload,
};

/* ---------------------------------------------------------------- thread -- */

static void
wait_for_frames (Changes * self, guint n_frames)
{
  g_mutex_lock (&self->lock);
  while (self->n_frames < n_frames)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  g_usleep (g_rand_int_range (self->rand, 0, 200));     /* anywhere in a frame */
}

static void
count_change (Changes * self, gboolean rejected)
{
  g_mutex_lock (&self->lock);
  self->n_rejected += rejected;
  self->n_completed++;
  g_mutex_unlock (&self->lock);
}

static void
make_change (Changes * self, Properties * asked, guint i)
{
  g_mutex_lock (&self->lock);
  self->n_begun++;
  g_mutex_unlock (&self->lock);
  changes[g_rand_int_range (self->rand, 0, G_N_ELEMENTS (changes))] (self,
      asked);
  read_back (self->element, &self->log[i]);
  count_change (self, !same_model (asked, &self->log[i]));
}

static gpointer
make_changes (gpointer data)
{
  Changes *self = data;
  guint i;

  for (i = 1; i <= self->n; i++) {
    Properties asked = self->log[i - 1];

    asked.location = g_strdup (asked.location);
    wait_for_frames (self, i * self->frames_between);
    make_change (self, &asked, i);
    g_free (asked.location);
  }
  return NULL;
}

Changes *
changes_new (GstElement * element, guint n, guint frames_between,
    const gchar * const *locations, guint n_locations, const gint policies[2])
{
  Changes *self = g_new0 (Changes, 1);

  self->element = element;
  self->n = n;
  self->frames_between = frames_between;
  self->locations = locations;
  self->n_locations = n_locations;
  self->policies = policies;
  self->rand = g_rand_new_with_seed (SEED);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->log = g_new0 (Properties, n + 1);
  read_back (element, &self->log[0]);
  self->thread = g_thread_new ("changes", make_changes, self);
  return self;
}

void
changes_finish (Changes * self)
{
  g_thread_join (self->thread);
}

void
changes_free (Changes * self)
{
  guint i;

  for (i = 0; i <= self->n; i++)
    g_free (self->log[i].location);
  g_free (self->log);
  g_rand_free (self->rand);
  g_cond_clear (&self->cond);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* --------------------------------------------------------------- reading -- */

gboolean
changes_count_frame (Changes * self)
{
  gboolean more;

  g_mutex_lock (&self->lock);
  self->n_frames++;
  more = self->n_completed < self->n;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  return more;
}

static guint
get (Changes * self, const guint * field)
{
  guint value;

  g_mutex_lock (&self->lock);
  value = *field;
  g_mutex_unlock (&self->lock);
  return value;
}

guint
changes_get_completed (Changes * self)
{
  return get (self, &self->n_completed);
}

guint
changes_get_begun (Changes * self)
{
  return get (self, &self->n_begun);
}

guint
changes_get_n_rejected (Changes * self)
{
  return get (self, &self->n_rejected);
}

const Properties *
changes_get (Changes * self, guint i)
{
  return &self->log[i];
}
