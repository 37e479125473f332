// SPDX-License-Identifier: LGPL-2.1-or-later

#include "pool.h"

#define MAX_TASKS 500

// ---------------------------------------------------------------- fairness --

// A call whose tasks wait until told to go on.
typedef struct
{
  guint n_tasks, n_threads;
  guint n_arrived; // tasks under way; the gate's lock
  gboolean open;
} Held;

static struct
{
  GMutex lock;
  GCond changed;
} gate;

static void
hold (gpointer data, guint task, guint slot)
{
  Held *held = data;

  g_mutex_lock (&gate.lock);
  held->n_arrived++;
  g_cond_broadcast (&gate.changed);
  while (!held->open)
    g_cond_wait (&gate.changed, &gate.lock);
  g_mutex_unlock (&gate.lock);
}

static gpointer
run_held (gpointer data)
{
  Held *held = data;

  ecbsr_pool_run (hold, held, held->n_tasks, held->n_threads);
  return NULL;
}

static void
wait_for (const Held *held, guint n)
{
  const gint64 end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND;

  g_mutex_lock (&gate.lock);
  while (held->n_arrived < n)
    if (!g_cond_wait_until (&gate.changed, &gate.lock, end))
      g_error ("%u threads instead of %u after 20 s", held->n_arrived, n);
  g_mutex_unlock (&gate.lock);
}

static void
open_gate (Held *held)
{
  g_mutex_lock (&gate.lock);
  held->open = TRUE;
  g_cond_broadcast (&gate.changed);
  g_mutex_unlock (&gate.lock);
}

// Two calls that each want both workers get one each. Runs first: the pool has
// no more than two workers yet.
static void
test_fair (void)
{
  Held busy = { 3, 3, 0, FALSE }, a = { 3, 3, 0, FALSE },
       b = { 3, 3, 0, FALSE };
  GThread *threads[3];

  ecbsr_pool_reserve (3);
  threads[0] = g_thread_new ("busy", run_held, &busy);
  wait_for (&busy, 3);
  threads[1] = g_thread_new ("a", run_held, &a);
  wait_for (&a, 1);
  threads[2] = g_thread_new ("b", run_held, &b);
  wait_for (&b, 1);
  open_gate (&busy);
  wait_for (&a, 2);
  wait_for (&b, 2);
  open_gate (&a);
  open_gate (&b);
  for (guint i = 0; i < 3; i++)
    g_thread_join (threads[i]);
  g_assert_cmpuint (a.n_arrived, ==, 3);
  g_assert_cmpuint (b.n_arrived, ==, 3);
}

// -------------------------------------------------------------- every task --

typedef struct
{
  guint n_tasks, n_threads;
  gint n_done[MAX_TASKS];       // atomic
  gint in_use[ECBSR_MAX_THREADS]; // slots; atomic
} Count;

static void
count (gpointer data, guint task, guint slot)
{
  Count *c = data;

  g_assert_cmpuint (task, <, c->n_tasks);
  g_assert_cmpuint (slot, <, MAX (c->n_threads, 1));
  g_assert_cmpint (g_atomic_int_add (&c->in_use[slot], 1), ==, 0);
  g_atomic_int_inc (&c->n_done[task]);
  if (task % 16 == 0)
    g_thread_yield ();
  g_atomic_int_add (&c->in_use[slot], -1);
}

static void
check_run (guint n_tasks, guint n_threads)
{
  Count *c = g_new0 (Count, 1);

  c->n_tasks = n_tasks;
  c->n_threads = n_threads;
  ecbsr_pool_run (count, c, n_tasks, n_threads);
  for (guint i = 0; i < MAX_TASKS; i++)
    g_assert_cmpint (c->n_done[i], ==, i < n_tasks);
  g_free (c);
}

static const guint task_counts[] = { 0, 1, 2, 3, 7, 64, MAX_TASKS };
static const guint thread_counts[] = { 1, 2, 3, 8, ECBSR_MAX_THREADS };

static void
check_runs (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (task_counts); i++)
    for (guint j = 0; j < G_N_ELEMENTS (thread_counts); j++)
      check_run (task_counts[i], thread_counts[j]);
}

// With the two workers there are, whatever the call hopes for.
static void
test_few_workers (void)
{
  check_runs ();
}

static void
test_many_workers (void)
{
  ecbsr_pool_reserve (8);
  check_runs ();
}

// More than the most is the most.
static void
test_too_many_workers (void)
{
  ecbsr_pool_reserve (ECBSR_MAX_THREADS);
  ecbsr_pool_reserve (G_MAXUINT);
  check_runs ();
}

static gpointer
run_some (gpointer data)
{
  for (guint i = 0; i < 100; i++)
    check_run (1 + i % 50, 1 + i % 5);
  return NULL;
}

static void
test_calls_side_by_side (void)
{
  GThread *threads[6];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("caller", run_some, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pool/fair", test_fair);
  g_test_add_func ("/pool/few-workers", test_few_workers);
  g_test_add_func ("/pool/many-workers", test_many_workers);
  g_test_add_func ("/pool/calls-side-by-side", test_calls_side_by_side);
  g_test_add_func ("/pool/too-many-workers", test_too_many_workers);
  return g_test_run ();
}
