/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A live stream through overload control, in simulated time: a camera, one thread with
 * the element and what comes after it, a machine whose load varies. */

#pragma once

#include "overload.h"

/* How much longer than on the idle machine frames take at @seconds. */
typedef gdouble (*Load) (gdouble seconds);

/* When frame @i, whose timestamp is i × LOAD_FRAME_MS, is there; negative: never. */
typedef gdouble (*LoadSource) (guint i);

typedef struct
{
  GstEcbsrOverloadPolicy policy;
  Load load;
  gdouble seconds;
  gdouble noise;                /* of frame times, a share */
  gdouble overhead;             /* milliseconds at any level */
  Load share;                   /* of the picture for the network; NULL: all */

  /* Without any: a camera that is on time, a queue without end, and a sink in a thread
   * of its own that sends QOS events. */
  gboolean silent;              /* the sink sends none */
  LoadSource source;
  Load downstream;              /* milliseconds that a frame takes in the thread */
  gdouble sync_ms;              /* the sink in the thread waits: the latency; 0: no */
  guint queue;                  /* holds as many frames, the latest ones; 0: all */
  gboolean no_times;            /* neither timestamps nor a clock */
} LoadCase;

#define LOAD_RATE 30
#define LOAD_FRAME_MS (1000.0 / LOAD_RATE)
#define LOAD_BUDGET_MS (0.8 * LOAD_FRAME_MS)
#define LOAD_N_LEVELS 4

/* Milliseconds on the idle machine. */
extern const gdouble load_costs[LOAD_N_LEVELS];

typedef struct
{
  gdouble seconds, load;
  gdouble came_ms;              /* at the element */
  gdouble ms;                   /* the frame took; 0: dropped */
  gdouble late_ms;              /* at the sink; negative: early */
  guint level;                  /* that it ran at */
  const gchar *reason;          /* of the change after it, or NULL */
} LoadSample;

/* One sample a frame that came to the element. */
GArray *load_run (const LoadCase * load_case);
