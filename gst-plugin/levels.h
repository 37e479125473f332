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

typedef struct _GstEcbsrLevelsBuilder GstEcbsrLevelsBuilder;

/* Starts to build the levels below @model, which runs with @config on frames of
 * @in, down to @lowest. */
GstEcbsrLevelsBuilder *gst_ecbsr_levels_builder_new (EcbsrModel * model,
    const GstVideoInfo * in, const GstEcbsrConfig * config,
    GstEcbsrModel lowest);
/* The levels, once; NULL while they are not ready. Does not wait. */
GstEcbsrLevels *gst_ecbsr_levels_builder_take (GstEcbsrLevelsBuilder * builder);
/* Gives up what is not ready. Its thread ends with the model that is under way. */
void gst_ecbsr_levels_builder_cancel (GstEcbsrLevelsBuilder * builder);
gboolean gst_ecbsr_levels_builder_is_done (GstEcbsrLevelsBuilder * builder);
/* Cancels it; where it is not done, waits until it is. */
void gst_ecbsr_levels_builder_free (GstEcbsrLevelsBuilder * builder);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrLevels, gst_ecbsr_levels_free)

G_END_DECLS
