// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a picture has in common with the one before. Pictures are compared byte
// by byte while they are copied, so that input is read once, and the network
// works on the copy.

#ifndef ECBSR_FRAME_CACHE_H
#define ECBSR_FRAME_CACHE_H

#include "output.h"

// Takes over `frame`'s input and finds, for blocks already marked for this
// picture, which are kept. What is left to do is to be done from the frame cache's
// input to its output.
void ecbsr_frame_cache_begin (EcbsrFrameCache *cache, EcbsrPlan *plan,
                          const Frame *frame);
// When that is done.
void ecbsr_frame_cache_end (EcbsrFrameCache *cache, EcbsrPlan *plan,
                        const EcbsrRunParams *params);

// The frame to work on in place of `frame`.
Frame ecbsr_frame_cache_get_frame (EcbsrFrameCache *cache, const Frame *frame);

// Copies a tile of the frame cache's output to `out`.
void ecbsr_frame_cache_show (const EcbsrFrameCache *cache, const EcbsrPlan *plan,
                         const TileGrid *grid, const Tile *tile,
                         const EcbsrPicture *out);

#endif
