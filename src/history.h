// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a picture has in common with the one before. Pictures are compared byte
// by byte while they are copied, so that input is read once, and the network
// works on the copy.

#ifndef ECBSR_HISTORY_H
#define ECBSR_HISTORY_H

#include "finish.h"

// Takes over `frame`'s input and finds, for cells already marked for this
// picture, which are kept. What is left to do is to be done from the history's
// input to its output.
void ecbsr_history_begin (EcbsrHistory *history, EcbsrPlan *plan,
                          const Frame *frame);
// When that is done.
void ecbsr_history_end (EcbsrHistory *history, EcbsrPlan *plan,
                        const EcbsrRunParams *params);

// The frame to work on in place of `frame`.
Frame ecbsr_history_get_frame (EcbsrHistory *history, const Frame *frame);

// Copies a tile of the history's output to `out`.
void ecbsr_history_show (const EcbsrHistory *history, const EcbsrPlan *plan,
                         const TileGrid *grid, const Tile *tile,
                         const EcbsrPicture *out);

#endif
