// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A tile through the network, depth first: one input row in, one row of every
// layer on, one row of the last layer out.

#ifndef ECBSR_NET_H
#define ECBSR_NET_H

#include "cubic.h"

// Columns of the picture and beyond it, end excluded.
typedef struct
{
  gint64 begin, end;
} ColumnSpan;

// Those that a tile's output is made of.
typedef struct
{
  gint64 origin; // where rows begin: at a square's first column
  ColumnSpan input;
  ColumnSpan layer[ECBSR_MAX_LAYERS]; // what each layer makes
} NetColumns;

typedef struct
{
  const EcbsrPlan *plan;
  const EcbsrPicture *picture;
  Scratch *scratch;
  Tile tile;
  NetColumns columns;
  gint64 step; // the next input row to fetch
  gint64 first[ECBSR_MAX_LAYERS]; // row that each layer has to make
  const gfloat *subpixels; // of the last row made
  CubicStream chroma[2]; // U and V of every pixel, for networks of three colours
} NetStream;

// Columns x0 to x1 of the picture, of layers that are made ready.
void ecbsr_net_find_columns (const EcbsrPlan *plan, guint x0, guint x1,
                             NetColumns *columns);

// Fills columns_beside.
void ecbsr_net_reach_columns (EcbsrPlan *plan);

// Fills group and phase of layers whose run_group is set, and rows_above and
// rows_below.
void ecbsr_net_group_rows (EcbsrPlan *plan);

void ecbsr_net_begin (NetStream *stream, const EcbsrPlan *plan,
                      const EcbsrPicture *picture, Scratch *scratch,
                      const Tile *tile);

// Makes the scale² sub-pixels of input row y; rows come one by one, from the
// tile's first. What is returned is pixel x0 of sub-pixel 0; sub-pixel
// dy·scale + dx follows so many pitches later, those of the next colour scale²
// pitches later. Valid until the next call.
const gfloat *ecbsr_net_row (NetStream *stream, guint y);

// Output row y, shuffled; instead of ecbsr_net_row(), one by one from the tile's
// first as well. Of three colours three rows, out_pitch floats apart.
void ecbsr_net_output_row (NetStream *stream, guint y, gfloat *dst);

// The network's output at the places of a field's rows.
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

// Whether a field's rows lie elsewhere than the network's: at scale 1 they do not.
gboolean ecbsr_field_moves (const EcbsrPlan *plan);

// The rows of the tile that the network has to make for the rows of `tile`.
Tile ecbsr_field_widen (const EcbsrPlan *plan, const Tile *tile);

// `net` is at its beginning, with such a tile. Not for scale 1, where rows stay.
void ecbsr_field_begin (FieldRows *rows, NetStream *net);

// Output row y of the field, of three colours likewise; rows come in ascending
// order.
void ecbsr_field_row (FieldRows *rows, guint y, gfloat *dst);

#endif
