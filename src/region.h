// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Regions where the network is wanted, and how it fades into the cubic around
// them. Where two fade into the same pixel the nearer one counts, so that
// regions side by side are one.

#ifndef ECBSR_REGION_H
#define ECBSR_REGION_H

#include "plan.h"

// The regions that matter to a tile.
typedef struct
{
  guint n;
  const Tile *region[ECBSR_MAX_REGIONS];
  Tile bounds;    // of the part of the tile that they reach
  gboolean whole; // one of them holds all of the tile
} RegionSet;

// Takes over the picture's regions into the plan, cut at its borders, without
// those that are empty or outside.
void ecbsr_regions_take (EcbsrPlan *plan, const EcbsrRunParams *params);

// The region and the pixels it fades over, within the picture.
Tile ecbsr_region_reach (const EcbsrPlan *plan, const Tile *region);

gboolean ecbsr_tile_contains (const Tile *outer, const Tile *inner);

void ecbsr_regions_find (const EcbsrPlan *plan, const Tile *tile,
                         RegionSet *set);

// How much of the network, 0 to 1, is wanted in each of n output pixels of row
// y from column x on. The same wherever tiles begin.
void ecbsr_regions_weigh (const RegionSet *set, guint scale, guint x, guint y,
                          guint n, gfloat *weight);

// The network's row fades into the cubic one, `base`, by these weights. Where they
// are 1 or 0, these very samples stay.
void ecbsr_regions_fade (gfloat *row, const gfloat *base, const gfloat *weight,
                         guint n);

#endif
