// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One block of memory for many pieces. The code that takes the pieces runs twice: the
// first time the arena has no memory and counts, the second time it places.

#ifndef ECBSR_ARENA_H
#define ECBSR_ARENA_H

#include "kernels/kernels.h"

#include <glib.h>

#include <stdlib.h>
#include <string.h>

typedef struct
{
  guint8 *memory; // NULL: count only
  gsize used;     // bytes
} Arena;

// The next n_bytes, at a multiple of ECBSR_ALIGN; NULL while it counts.
static inline gpointer
ecbsr_arena_take (Arena *arena, gsize n_bytes)
{
  gpointer piece = arena->memory ? arena->memory + arena->used : NULL;

  arena->used += (n_bytes + ECBSR_ALIGN - 1) / ECBSR_ALIGN * ECBSR_ALIGN;
  return piece;
}

// Goes over from counting to placing: allocates what was counted, zeroed, which is
// free()d by who keeps `memory`. FALSE when memory is short.
static inline gboolean
ecbsr_arena_allocate (Arena *arena)
{
  gpointer memory;

  if (posix_memalign (&memory, ECBSR_ALIGN, MAX (arena->used, 1)) != 0)
    return FALSE;
  memset (memory, 0, arena->used);
  *arena = (Arena){ memory, 0 };
  return TRUE;
}

#endif
