// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tile registers (Intel, "Architecture Instruction Set Extensions Programming
// Reference": AMX): eight of 16 rows of 64 bytes, as many of both used as the
// configuration says. Written in assembler: GCC 12's intrinsics do not tell it
// what memory they read, and it drops stores of that.
//
// tests/kernels/emulated_tiles.h has the same in plain C.

#ifndef ECBSR_TILES_H
#define ECBSR_TILES_H

#include <stddef.h>
#include <stdint.h>

// As the instruction reads it.
typedef struct
{
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t n_rows[16];
} TileConfig;
_Static_assert(sizeof (TileConfig) == 64, "an operand of 64 bytes");

#define TILE_PALETTE 1

#if ECBSR_TILES_EMULATED
#include "emulated_tiles.h"
#else

// All tiles are 0 then. From here on the system saves them with the thread.
static inline void
tile_configure (const TileConfig *config)
{
  __asm__ volatile("ldtilecfg %0" : : "m"(*config) : "memory");
}

// Until here.
static inline void
tile_release (void)
{
  __asm__ volatile("tilerelease" : : : "memory");
}

// `tile` is a number in digits. Rows are `stride` bytes apart.
#define tile_load(tile, from, stride)                                          \
  __asm__ volatile("tileloadd (%0,%1,1), %%tmm" #tile                          \
                   :                                                           \
                   : "r"((const void *) (from)), "r"((size_t) (stride))        \
                   : "memory")
#define tile_store(tile, to, stride)                                           \
  __asm__ volatile("tilestored %%tmm" #tile ", (%0,%1,1)"                      \
                   :                                                           \
                   : "r"((void *) (to)), "r"((size_t) (stride))                \
                   : "memory")

// sum[m][n] += Σ_k a[m][k] · b[k][n], of words: four bytes each, signed in a,
// unsigned in b, …
#define tile_multiply_bytes(sum, a, b)                                         \
  __asm__ volatile("tdpbsud %%tmm" #b ", %%tmm" #a ", %%tmm" #sum : : :)
// … or two bfloat16 each, to float32, denormals taken for 0: all first ones'
// products are summed up from 0, and all second ones', then both, and that is
// added.
#define tile_multiply_pairs(sum, a, b)                                         \
  __asm__ volatile("tdpbf16ps %%tmm" #b ", %%tmm" #a ", %%tmm" #sum : : :)

#endif

#endif
