/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wishes.h"

#include "harness.h"

#define SEED 5

struct _Wishes
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
  guint n_begun, n_completed, n_refused;
  Wish *log;                    /* n + 1, the first is the start */
};

static void
read_back (GstElement * element, Wish * wish)
{
  g_object_get (element, "scale", &wish->scale, "model", &wish->model,
      "content", &wish->content, "precision", &wish->precision,
      "model-location", &wish->location, "strength", &wish->strength,
      "compare", &wish->compare, "compare-position", &wish->position, NULL);
}

/* What the element takes or refuses as a whole. */
static gboolean
same_model (const Wish * a, const Wish * b)
{
  return a->scale == b->scale && a->model == b->model
      && a->content == b->content && a->precision == b->precision
      && g_strcmp0 (a->location, b->location) == 0;
}

/* --------------------------------------------------------------- changes -- */

static const gchar *
pick_location (Wishes * self)
{
  return self->locations[g_rand_int_range (self->rand, 0, self->n_locations)];
}

static void
change_model (Wishes * self, Wish * wish)
{
  wish->model = g_rand_int_range (self->rand, MODEL_AUTO, MODEL_BICUBIC + 1);
  g_object_set (self->element, "model", wish->model, NULL);
}

static void
change_location (Wishes * self, Wish * wish)
{
  g_free (wish->location);
  wish->location = g_strdup (pick_location (self));
  g_object_set (self->element, "model-location", wish->location, NULL);
}

static void
change_scale (Wishes * self, Wish * wish)
{
  wish->scale = g_rand_int_range (self->rand, 1, 5);
  g_object_set (self->element, "scale", wish->scale, NULL);
}

static void
change_scale_and_location (Wishes * self, Wish * wish)
{
  g_free (wish->location);
  wish->location = g_strdup (pick_location (self));
  wish->scale = g_rand_int_range (self->rand, 2, 5);
  g_object_set (self->element, "scale", wish->scale, "model-location",
      wish->location, NULL);
}

static void
change_precision (Wishes * self, Wish * wish)
{
  wish->precision = g_rand_int_range (self->rand, PRECISION_AUTO,
      PRECISION_INT8 + 1);
  g_object_set (self->element, "precision", wish->precision, NULL);
}

static void
change_content (Wishes * self, Wish * wish)
{
  wish->content = g_rand_int_range (self->rand, CONTENT_AUTO,
      CONTENT_CAMERA + 1);
  g_object_set (self->element, "content", wish->content, NULL);
}

static void
change_threads (Wishes * self, Wish * wish)
{
  g_object_set (self->element, "n-threads", g_rand_int_range (self->rand, 0, 4),
      NULL);
}

/* A few values, so that not every frame needs a reference of its own. */
static void
change_strength (Wishes * self, Wish * wish)
{
  wish->strength = g_rand_int_range (self->rand, 0, 3) / 2.0;
  g_object_set (self->element, "strength", wish->strength, NULL);
}

static void
change_compare (Wishes * self, Wish * wish)
{
  wish->compare = g_rand_boolean (self->rand);
  g_object_set (self->element, "compare", wish->compare, NULL);
}

static void
change_position (Wishes * self, Wish * wish)
{
  wish->position = g_rand_int_range (self->rand, 1, 3) / 3.0;
  g_object_set (self->element, "compare-position", wish->position, NULL);
}

static void
change_overload (Wishes * self, Wish * wish)
{
  static const guint64 budgets[] = { 0, 1000, 10000, GST_SECOND };

  g_object_set (self->element,
      "overload-policy", self->policies[g_rand_boolean (self->rand)],
      "max-processing-time", budgets[g_rand_int_range (self->rand, 0, 4)],
      "min-model", g_rand_int_range (self->rand, MODEL_AUTO, MODEL_BICUBIC + 1),
      "report-latency", g_rand_boolean (self->rand), NULL);
}

static void (*const changes[]) (Wishes *, Wish *) = {
  change_model, change_location, change_scale, change_scale_and_location,
  change_precision, change_content, change_threads, change_strength,
  change_compare, change_position, change_overload,
};

/* ---------------------------------------------------------------- thread -- */

static void
wait_for_frames (Wishes * self, guint n_frames)
{
  g_mutex_lock (&self->lock);
  while (self->n_frames < n_frames)
    g_cond_wait (&self->cond, &self->lock);
  g_mutex_unlock (&self->lock);
  g_usleep (g_rand_int_range (self->rand, 0, 200));     /* anywhere in a frame */
}

static void
count_change (Wishes * self, gboolean refused)
{
  g_mutex_lock (&self->lock);
  self->n_refused += refused;
  self->n_completed++;
  g_mutex_unlock (&self->lock);
}

static void
make_change (Wishes * self, Wish * wished, guint i)
{
  g_mutex_lock (&self->lock);
  self->n_begun++;
  g_mutex_unlock (&self->lock);
  changes[g_rand_int_range (self->rand, 0, G_N_ELEMENTS (changes))] (self,
      wished);
  read_back (self->element, &self->log[i]);
  count_change (self, !same_model (wished, &self->log[i]));
}

static gpointer
make_changes (gpointer data)
{
  Wishes *self = data;
  guint i;

  for (i = 1; i <= self->n; i++) {
    Wish wished = self->log[i - 1];

    wished.location = g_strdup (wished.location);
    wait_for_frames (self, i * self->frames_between);
    make_change (self, &wished, i);
    g_free (wished.location);
  }
  return NULL;
}

Wishes *
wishes_new (GstElement * element, guint n, guint frames_between,
    const gchar * const *locations, guint n_locations, const gint policies[2])
{
  Wishes *self = g_new0 (Wishes, 1);

  self->element = element;
  self->n = n;
  self->frames_between = frames_between;
  self->locations = locations;
  self->n_locations = n_locations;
  self->policies = policies;
  self->rand = g_rand_new_with_seed (SEED);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->log = g_new0 (Wish, n + 1);
  read_back (element, &self->log[0]);
  self->thread = g_thread_new ("wishes", make_changes, self);
  return self;
}

void
wishes_finish (Wishes * self)
{
  g_thread_join (self->thread);
}

void
wishes_free (Wishes * self)
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
wishes_count_frame (Wishes * self)
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
get (Wishes * self, const guint * field)
{
  guint value;

  g_mutex_lock (&self->lock);
  value = *field;
  g_mutex_unlock (&self->lock);
  return value;
}

guint
wishes_get_completed (Wishes * self)
{
  return get (self, &self->n_completed);
}

guint
wishes_get_begun (Wishes * self)
{
  return get (self, &self->n_begun);
}

guint
wishes_get_n_refused (Wishes * self)
{
  return get (self, &self->n_refused);
}

const Wish *
wishes_get (Wishes * self, guint i)
{
  return &self->log[i];
}
