// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Memory between two pages that nobody may touch, and rows of feature maps in
// it.

#ifndef MEMORY_H
#define MEMORY_H

#include "support.h"

// `data` lies in accessible pages whose other bytes hold a known pattern.
typedef struct
{
  uint8_t *map;
  size_t map_size;
  void *data;
  size_t size;
} Region;

// The data ends `slack` bytes before the page that nobody may touch; …
Region region_new (size_t size, size_t slack);
// … or begins right after one.
Region region_new_front (size_t size);
void region_free (Region *region);
// false when a byte around the data has changed.
bool region_is_intact (const Region *region);

// Feature maps as kernels.h describes them, ECBSR_ROW_PAD floats before pixel 0
// of channel 0 and after the last granule of the last channel, and not one
// more.
typedef struct
{
  Region region;
  float *row;   // pixel 0 of channel 0
  size_t pitch; // floats
  unsigned n_channels;
  size_t n; // pixels, whole granules
} Rows;

// Filled with POISON throughout, a NaN that shows where it comes from.
Rows rows_new (Random *rand, unsigned n_channels, size_t n);
// The same geometry and content.
Rows rows_copy (const Rows *rows);
void rows_free (Rows *rows);
// false when a float outside the n pixels of every channel is not POISON.
bool rows_are_intact (const Rows *rows);

#define POISON_BITS 0x7fa5a5a5

float poison (void);

#endif
