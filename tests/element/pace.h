/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Behind a live source: what is too slow is made so by max-processing-time; time
 * passes on a test clock. */

#pragma once

#include "upscale.h"

#define PACE_FRAME (GST_SECOND / 25)
#define PACE_PATIENCE 5000      /* frames, until a ladder is there */

extern GstVideoInfo pace_info;  /* of the input */
extern GstClockTime pace_now;

/* A fixture: small NV12, time 0. */
void pace_set_up (void);

/* Playing, and nothing pushed yet. Of each model there may be one for cameras. */
Bench pace_start (const gchar * first_property, ...) G_GNUC_NULL_TERMINATED;

/* The next frame. NULL: it was dropped. */
GstBuffer *pace_push (Bench * bench);
gboolean pace_push_is_dropped (Bench * bench);

/* What a sink says of the frame before the next one. */
void pace_say (Bench * bench, GstClockTimeDiff jitter);

/* The next message of a change of level, or NULL. */
GstMessage *pace_pop_level_changed (Bench * bench);
/* Pushes frames, between which @step passes, until the level changes. The ladder is
 * made in another thread. */
GstMessage *pace_push_until_level_changes (Bench * bench, GstClockTime step);
/* Takes @message, which has to be of a way down because frames took too long. */
void pace_assert_gone_down (GstMessage * message, const gchar * from,
    const gchar * to);

/* The next frame has to be what @model makes of it. */
void pace_assert_output (Bench * bench, gint model);
