// SPDX-License-Identifier: LGPL-2.1-or-later

#include "pool.h"

// So long a thread looks for what it waits for before it sleeps: about what falling
// asleep and being woken take, which is much of a small picture's time.
#define PATIENCE_US 20

// A call of ecbsr_pool_run(), on its caller's stack.
typedef struct _Job Job;
struct _Job
{
  EcbsrTaskFunc func;
  gpointer data;
  guint n_tasks;
  guint next_task; // atomic

  // Under the pool's lock.
  guint n_free_slots;
  guint n_slots;  // handed out
  guint n_active; // atomic, so that it can be looked at without
  gboolean queued;
  GCond done;
  Job *prev, *next;
};

// Jobs that want more threads, served in turn.
static struct
{
  GMutex lock;
  GCond work;
  Job *head, *tail;
  guint n_workers;
} pool;

static void
enqueue (Job *job)
{
  job->prev = pool.tail;
  job->next = NULL;
  if (pool.tail)
    pool.tail->next = job;
  else
    g_atomic_pointer_set (&pool.head, job);
  pool.tail = job;
  job->queued = TRUE;
}

static void
dequeue (Job *job)
{
  if (!job->queued)
    return;
  if (job->prev)
    job->prev->next = job->next;
  else
    g_atomic_pointer_set (&pool.head, job->next);
  if (job->next)
    job->next->prev = job->prev;
  else
    pool.tail = job->prev;
  job->queued = FALSE;
}

// Looks whether something has come to pass, for a while.
static void
look_for (gboolean (*has_come) (gconstpointer data), gconstpointer data)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE_US;

  while (!has_come (data) && g_get_monotonic_time () < end)
    continue;
}

static gboolean
job_is_there (gconstpointer unused)
{
  return g_atomic_pointer_get (&pool.head) != NULL;
}

static gboolean
helpers_are_done (gconstpointer job)
{
  return g_atomic_int_get (&((const Job *) job)->n_active) == 0;
}

static void
work_on (Job *job, guint slot)
{
  for (;;)
    {
      guint task = (guint) g_atomic_int_add (&job->next_task, 1);
      if (task >= job->n_tasks)
        return;
      job->func (job->data, task, slot);
    }
}

// Takes a slot of the first job and moves the job to the end of the queue, so
// that the next worker helps another one.
static Job *
join_first_job (guint *slot)
{
  Job *job = pool.head;

  dequeue (job);
  *slot = job->n_slots++;
  g_atomic_int_inc (&job->n_active);
  if (--job->n_free_slots > 0)
    enqueue (job);
  return job;
}

static gpointer
worker (gpointer unused)
{
  g_mutex_lock (&pool.lock);
  for (;;)
    {
      guint slot;
      Job *job;

      while (!pool.head)
        g_cond_wait (&pool.work, &pool.lock);
      job = join_first_job (&slot);
      g_mutex_unlock (&pool.lock);

      work_on (job, slot);

      g_mutex_lock (&pool.lock);
      dequeue (job); // no task is left, so nobody else needs to join
      if (g_atomic_int_dec_and_test (&job->n_active))
        g_cond_signal (&job->done);
      if (pool.head)
        continue;
      g_mutex_unlock (&pool.lock);
      look_for (job_is_there, NULL);
      g_mutex_lock (&pool.lock);
    }
  return NULL;
}

void
ecbsr_pool_reserve (guint n_threads)
{
  g_mutex_lock (&pool.lock);
  while (pool.n_workers + 1 < MIN (n_threads, ECBSR_MAX_THREADS))
    {
      GThread *thread = g_thread_try_new ("ecbsr", worker, NULL, NULL);
      if (!thread)
        break;
      g_thread_unref (thread);
      pool.n_workers++;
    }
  g_mutex_unlock (&pool.lock);
}

static void
run_shared (Job *job, guint n_helpers)
{
  g_mutex_lock (&pool.lock);
  enqueue (job);
  for (guint i = 0; i < MIN (n_helpers, pool.n_workers); i++)
    g_cond_signal (&pool.work);
  g_mutex_unlock (&pool.lock);

  work_on (job, 0);

  g_mutex_lock (&pool.lock);
  dequeue (job);
  g_mutex_unlock (&pool.lock);
  look_for (helpers_are_done, job);
  g_mutex_lock (&pool.lock);
  while (job->n_active > 0)
    g_cond_wait (&job->done, &pool.lock);
  g_mutex_unlock (&pool.lock);
}

void
ecbsr_pool_run (EcbsrTaskFunc func, gpointer data, guint n_tasks,
                guint n_threads)
{
  guint n_helpers = MIN (n_threads, n_tasks) - (n_tasks > 0);
  Job job = {
    .func = func,
    .data = data,
    .n_tasks = n_tasks,
    .n_free_slots = n_helpers,
    .n_slots = 1, // the caller's is 0
  };

  if (n_helpers == 0)
    {
      work_on (&job, 0);
      return;
    }
  g_cond_init (&job.done);
  run_shared (&job, n_helpers);
  g_cond_clear (&job.done);
}
