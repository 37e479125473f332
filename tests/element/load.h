/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A live stream through overload control, in simulated time: a camera that never
 * waits, a machine whose load varies, a sink that says how late frames are. */

#pragma once

#include "overload.h"

/* How much longer than on the idle machine frames take at @seconds. */
typedef gdouble (*Load) (gdouble seconds);

typedef struct
{
  GstEcbsrOverloadPolicy policy;
  Load load;
  gdouble seconds;
  gdouble noise;                /* of frame times, a share */
  gdouble overhead;             /* milliseconds at any level */
  Load share;                   /* of the picture for the network; NULL: all */
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
  gdouble ms;                   /* the frame took; 0: dropped */
  gdouble late_ms;              /* at the sink; negative: early */
  guint level;                  /* that it ran at */
  const gchar *reason;          /* of the change after it, or NULL */
} LoadSample;

/* One sample a frame. */
GArray *load_run (const LoadCase * load_case);
