// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The network's output at the places of a field's rows.
//
// The network puts its rows where those of a whole picture lie, centred on the
// row that they are made of. In the upscaled picture a field's rows lie
// (scale - 1)/4 of their distance lower (top field) or higher (bottom field),
// so a cubic interpolates between the network's. These have detail below half
// of what they could hold at most, where a cubic of neighbours loses little.

#ifndef ECBSR_FIELD_H
#define ECBSR_FIELD_H

#include "net.h"

typedef struct
{
  NetStream *net;
  gfloat *const *rows; // a ring of SHIFT_ROWS, all columns of the tile
  gint first;          // the first of four rows that row 0 is made of
  const gfloat *tap;
  guint n;     // columns
  gint64 next; // the network's next row
  gint64 last; // of the picture
} FieldRows;

// The rows of the tile that the network has to make for the rows of `tile`.
Tile ecbsr_field_widen (const EcbsrPlan *plan, const Tile *tile);

// `net` is at its beginning, with such a tile. Not for scale 1.
void ecbsr_field_begin (FieldRows *rows, NetStream *net);

// Output row y of the field; rows come in ascending order.
void ecbsr_field_row (FieldRows *rows, guint y, gfloat *dst);

#endif
