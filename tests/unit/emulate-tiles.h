// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A CPU that has tile registers, which are emulated, in a test program that is
// linked with emulate-tiles.c: its functions stand in front of the engine's.

#ifndef EMULATE_TILES_H
#define EMULATE_TILES_H

#include <glib.h>

// What the system answers when it is asked for them; TRUE at first.
extern gboolean emulated_grant;
// How often it has been asked.
extern gint emulated_n_requests; // atomic
// What measuring finds; tiles are faster at first.
extern gdouble emulated_as_it_is, emulated_by_tiles;
extern gint emulated_n_measured; // atomic
// Whether it is left to the engine; FALSE at first.
extern gboolean emulated_is_measured;

#endif
