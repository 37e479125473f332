// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A picture that is not treated alike all over: where the network is wanted in
// regions only, or where the previous frame holds the result. The state of each small
// block is found by itself, and neighbours of one state become tiles again.

#ifndef ECBSR_BLOCKS_H
#define ECBSR_BLOCKS_H

#include "plan.h"

enum
{
  BLOCK_NETWORK = 1, // wanted somewhere in it
  BLOCK_WHOLE = 2,   // … in all of it
  BLOCK_REUSED = 4,    // as it was
};

// Cuts the grids into blocks. FALSE when memory is short.
gboolean ecbsr_blocks_init (EcbsrPlan *plan);

// The blocks that touch a tile, as a tile of blocks.
Tile ecbsr_blocks_touched (const TileGrid *grid, const Tile *tile);

static inline Block *
ecbsr_block_at (const EcbsrPlan *plan, const TileGrid *grid, guint column,
               guint row)
{
  return plan->blocks + grid->first_block + row * grid->n_block_columns + column;
}

// Takes over the regions and sets the state of all blocks, none of them kept.
void ecbsr_blocks_mark (EcbsrPlan *plan, const EcbsrRunParams *params);

// Makes tasks of the blocks, those that take longest first, and counts them.
void ecbsr_blocks_collect (EcbsrPlan *plan);

// A tile of the network's grid in samples of another one.
Tile ecbsr_blocks_scale_tile (const EcbsrPlan *plan, const TileGrid *grid,
                              const Tile *tile);

Tile ecbsr_blocks_get_tile (const EcbsrPlan *plan, const BlockTask *task);

#endif
