// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The last stage: output rows, blended, rounded and interleaved as the picture
// wants them.

#ifndef ECBSR_OUTPUT_H
#define ECBSR_OUTPUT_H

#include "plan.h"

typedef struct
{
  const EcbsrPlan *plan;
  const EcbsrPicture *in, *out;
  const EcbsrRunParams *params;
} Frame;

// A tile of the plane that the network works on, with whatever else lies in it; of R, G
// and B, with the other planes of these.
// Without `network` the cubic only; with it, where the regions of the plan want
// it, if the parameters have any.
void ecbsr_output_luma_tile (const Frame *frame, const TileGrid *grid,
                             const Tile *tile, gboolean network,
                             Scratch *scratch);

// A tile of the picture, all planes of it, for a network of three colours; else the
// same.
void ecbsr_output_color_tile (const Frame *frame, const Tile *tile,
                              gboolean network, Scratch *scratch);

// A tile of a plane of chroma: cubic.
void ecbsr_output_chroma_tile (const Frame *frame, const TileGrid *grid,
                               const Tile *tile, Scratch *scratch);

#endif
