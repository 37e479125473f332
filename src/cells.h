// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A picture that is not treated alike all over: where the network is wanted in
// regions only, or where a history knows the result. Small cells are decided of
// one by one, and neighbours with the same fate become tiles again.

#ifndef ECBSR_CELLS_H
#define ECBSR_CELLS_H

#include "plan.h"

enum
{
  CELL_NETWORK = 1, // wanted somewhere in it
  CELL_WHOLE = 2,   // … in all of it
  CELL_KEPT = 4,    // as it was
};

// Cuts the grids into cells. FALSE when memory is short.
gboolean ecbsr_cells_init (EcbsrPlan *plan);

// The cells that touch a tile, as a tile of cells.
Tile ecbsr_cells_touched (const TileGrid *grid, const Tile *tile);

static inline Cell *
ecbsr_cell_at (const EcbsrPlan *plan, const TileGrid *grid, guint column,
               guint row)
{
  return plan->cells + grid->first_cell + row * grid->n_cell_columns + column;
}

// Takes over the regions and sets the state of all cells, none of them kept.
void ecbsr_cells_mark (EcbsrPlan *plan, const EcbsrRunParams *params);

// Makes tasks of the cells, those that take longest first, and counts them.
void ecbsr_cells_collect (EcbsrPlan *plan);

Tile ecbsr_cells_get_tile (const EcbsrPlan *plan, const CellTask *task);

#endif
