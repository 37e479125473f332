// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One pool of worker threads per process, shared by all plans.

#ifndef ECBSR_POOL_H
#define ECBSR_POOL_H

#include <glib.h>

#define ECBSR_MAX_THREADS 64

// Does task number `task`. `slot` is below n_threads and different for each
// thread that works on the same call at the same time: it picks the scratch.
typedef void (*EcbsrTaskFunc) (gpointer data, guint task, guint slot);

// Makes sure that n_threads - 1 workers exist; they stay for the life of the
// process. With fewer than wanted (the system refused a thread) everything
// still works, slower. Thread-safe.
void ecbsr_pool_reserve (guint n_threads);

// Runs tasks 0 … n_tasks-1 on at most n_threads threads, the caller's among
// them, and returns when all are done. Allocates nothing; one lock per call and
// thread, none per task. Calls from several threads share the workers in turn.
void ecbsr_pool_run (EcbsrTaskFunc func, gpointer data, guint n_tasks,
                     guint n_threads);

#endif
