/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Behind a live source: what is too slow is made so by max-processing-time; time
 * passes on a test clock. */

#pragma once

#include "upscale.h"

#define LIVE_FRAME (GST_SECOND / 25)
#define LIVE_PATIENCE 5000      /* frames, until levels are built */

extern GstVideoInfo live_info;  /* of the input */
extern GstClockTime live_now;

/* A fixture: small NV12, time 0. */
void live_set_up (void);

/* Playing, and nothing pushed yet. Of each model there may be one for cameras. */
Bench live_start (const gchar * first_property, ...) G_GNUC_NULL_TERMINATED;

/* The next frame. NULL: it was dropped. */
GstBuffer *live_push (Bench * bench);
gboolean live_push_is_dropped (Bench * bench);

/* What a sink says of the frame before the next one. */
void live_push_qos (Bench * bench, GstClockTimeDiff jitter);

/* The next message of a change of level, or NULL. */
GstMessage *live_pop_level_changed (Bench * bench);
/* Pushes frames, between which @step passes, until the level changes. Levels are
 * built in another thread. */
GstMessage *live_push_until_level_changes (Bench * bench, GstClockTime step);
/* Takes @message, which has to be of a downgrade because frames took too long. */
void live_assert_downgraded (GstMessage * message, const gchar * from,
    const gchar * to);

/* The next frame has to be what @model makes of it. */
void live_assert_output (Bench * bench, gint model);
