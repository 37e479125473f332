// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How far long work is, on standard error: a bar that moves on a terminal, a
// line every ten seconds elsewhere.

#pragma once

#include <glib.h>

typedef struct
{
  gboolean quiet, terminal;
  gint64 started;   // µs, monotonic
  gint64 last_line; // µs, monotonic
  gboolean drawn;   // a bar stands on the terminal's line
} Progress;

void progress_init (Progress *self, gboolean quiet);

// Call it a few times a second. position and duration in nanoseconds; a
// duration of 0 is one that is not known.
void progress_show (Progress *self, guint64 n_frames, guint64 position,
                    guint64 duration);

// Takes the bar away, before something else is printed.
void progress_clear (Progress *self);

gdouble progress_seconds (const Progress *self);
