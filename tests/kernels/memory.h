// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Memory between two pages that nobody may touch, and rows of feature maps in it.

#ifndef MEMORY_H
#define MEMORY_H

#include <glib.h>

// `data` lies in accessible pages whose other bytes hold a known pattern.
typedef struct
{
  guint8 *map;
  gsize map_size;
  gpointer data;
  gsize size;
} Region;

// The data ends `slack` bytes before the page that nobody may touch; …
Region region_new (gsize size, gsize slack);
// … or begins right after one.
Region region_new_front (gsize size);
void region_free (Region *region);
// FALSE when a byte around the data has changed.
gboolean region_is_intact (const Region *region);

// Feature maps as kernels.h describes them, ECBSR_ROW_PAD floats before pixel 0
// of channel 0 and after the last granule of the last channel, and not one more.
typedef struct
{
  Region region;
  gfloat *row; // pixel 0 of channel 0
  gsize pitch; // floats
  guint n_channels;
  gsize n; // pixels, whole granules
} Rows;

// Filled with POISON throughout, a NaN that shows where it comes from.
Rows rows_new (GRand *rand, guint n_channels, gsize n);
// The same geometry and content.
Rows rows_copy (const Rows *rows);
void rows_free (Rows *rows);
// FALSE when a float outside the n pixels of every channel is not POISON.
gboolean rows_are_intact (const Rows *rows);

#define POISON_BITS 0x7fa5a5a5

gfloat poison (void);

#endif
