/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Quality levels: the models that overload control can select, ready to run.
 * Level 0 is the chosen model; below it stand built-in ones of lower quality that
 * are cheaper on this machine. They are built in a thread of their own. */

#pragma once

#include <gst/video/video.h>

#include "models.h"
#include "overload.h"
#include "upscaler.h"

G_BEGIN_DECLS

/* How long a frame of @in takes with @model, with the threads and the precision
 * of @config, while nothing else runs. Measured on a small picture of that
 * format, in about a millisecond, once in a process; scaled by area. 0 where there
 * is no memory to measure in. Thread-safe. */
GstClockTime gst_ecbsr_levels_get_cost (EcbsrModel * model,
    const GstVideoInfo * in, const GstEcbsrConfig * config);

/* The best built-in model for @config's scale, @lowest or better, whose cost for a
 * frame of @in is within @budget. The cheapest where none is. NULL sets an
 * ECBSR_ERROR. */
EcbsrModel *gst_ecbsr_levels_find_best (const GstVideoInfo * in,
    const GstEcbsrConfig * config, GstEcbsrModel lowest, GstClockTime budget,
    GError ** error);

typedef struct
{
  EcbsrModel *model;
  GstEcbsrPlans *plans;         /* NULL at level 0, which has the upscaler's */
  GstClockTime cost;            /* of a frame, on the idle machine */
} GstEcbsrLevel;

typedef struct
{
  guint n_levels;
  GstClockTime base;            /* what a frame costs without a network */
  GstEcbsrLevel level[GST_ECBSR_MAX_LEVELS];
} GstEcbsrLevels;

void gst_ecbsr_levels_free (GstEcbsrLevels * levels);

/* Builds levels in a thread of its own, one order at a time, which begins with the
 * first order and ends with the stop. Its functions are for one thread. */
typedef struct _GstEcbsrLevelsBuilder GstEcbsrLevelsBuilder;

GstEcbsrLevelsBuilder *gst_ecbsr_levels_builder_new (void);
void gst_ecbsr_levels_builder_free (GstEcbsrLevelsBuilder * builder);

/* Orders the levels below what runs with @setup, down to @lowest, in place of an
 * earlier order. Does not wait. */
void gst_ecbsr_levels_builder_start (GstEcbsrLevelsBuilder * builder,
    const GstEcbsrSetup * setup, GstEcbsrModel lowest);

/* The levels, once; NULL while they are not ready. Does not wait. */
GstEcbsrLevels *gst_ecbsr_levels_builder_take (GstEcbsrLevelsBuilder * builder);

/* Waits until they are ready, for @time at most. */
void gst_ecbsr_levels_builder_wait (GstEcbsrLevelsBuilder * builder,
    GstClockTime time);

/* Gives up what is not ready. Does not wait: the thread goes on until the model
 * that is under way. */
void gst_ecbsr_levels_builder_cancel (GstEcbsrLevelsBuilder * builder);

/* Cancels, and waits for the thread to end. */
void gst_ecbsr_levels_builder_stop (GstEcbsrLevelsBuilder * builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrLevels, gst_ecbsr_levels_free)

G_END_DECLS
