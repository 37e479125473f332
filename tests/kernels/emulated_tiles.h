// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What src/kernels/tiles.h has, in plain C: no emulator knows these
// instructions, and few CPUs do. Ends the program where a CPU would end it, and
// where it would be slow: each row of a tile has to begin a cache line.

#ifndef EMULATED_TILES_H
#define EMULATED_TILES_H

#include <stddef.h>

// One set of registers a thread.
void emulated_tiles_configure (const void *config);
void emulated_tiles_release (void);
void emulated_tiles_load (unsigned tile, const void *from, size_t stride);
void emulated_tiles_store (unsigned tile, void *to, size_t stride);
void emulated_tiles_multiply_bytes (unsigned sum, unsigned a, unsigned b);
void emulated_tiles_multiply_pairs (unsigned sum, unsigned a, unsigned b);

// Whether this thread has configured them and not released them.
int emulated_tiles_in_use (void);
// Multiplications on this thread so far.
unsigned long emulated_tiles_count (void);

#define tile_configure emulated_tiles_configure
#define tile_release emulated_tiles_release
#define tile_load emulated_tiles_load
#define tile_store emulated_tiles_store
#define tile_multiply_bytes emulated_tiles_multiply_bytes
#define tile_multiply_pairs emulated_tiles_multiply_pairs

#endif
