/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The models that overload control can go down to, ready to run: built-in ones of
 * lower quality than the chosen one that are cheaper on this machine, down to a
 * floor. Made in a thread of its own. */

#pragma once

#include "gstecbsroverload.h"
#include "gstecbsrplans.h"
#include "gstecbsrsettings.h"

#include <gst/video/video.h>

G_BEGIN_DECLS typedef struct
{
  EcbsrModel *model;
  GstEcbsrPlans *plans;         /* NULL at level 0, whose are the element's */
  GstClockTime cost;            /* of a frame, on the idle machine */
} GstEcbsrRung;

typedef struct
{
  guint n_rungs;
  GstClockTime base;            /* what a frame costs without a network */
  GstEcbsrRung rung[GST_ECBSR_MAX_LEVELS];
} GstEcbsrLadder;

void gst_ecbsr_ladder_free (GstEcbsrLadder * ladder);

typedef struct _GstEcbsrLadderMaker GstEcbsrLadderMaker;

/* Starts to make the ladder down from @model, which runs with @settings on frames
 * of @in. */
GstEcbsrLadderMaker *gst_ecbsr_ladder_maker_new (EcbsrModel * model,
    const GstVideoInfo * in, const GstEcbsrSettings * settings,
    GstEcbsrModel floor);
/* The ladder, once; NULL while it is not ready. Does not wait. */
GstEcbsrLadder *gst_ecbsr_ladder_maker_take (GstEcbsrLadderMaker * maker);
/* Gives up what is not ready. Its thread ends with the model that is under way. */
void gst_ecbsr_ladder_maker_cancel (GstEcbsrLadderMaker * maker);
gboolean gst_ecbsr_ladder_maker_is_done (GstEcbsrLadderMaker * maker);
/* Cancels it; where it is not done, waits until it is. */
void gst_ecbsr_ladder_maker_free (GstEcbsrLadderMaker * maker);

/* The best built-in model for @settings' scale, @floor or better, whose cost for a
 * frame of @in is within @budget. The cheapest where none is. NULL sets an
 * ECBSR_ERROR. */
EcbsrModel *gst_ecbsr_ladder_find_best (const GstVideoInfo * in,
    const GstEcbsrSettings * settings, GstEcbsrModel floor,
    GstClockTime budget, GError ** error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstEcbsrLadder, gst_ecbsr_ladder_free)
    G_END_DECLS
