// SPDX-License-Identifier: LGPL-2.1-or-later

#include "region.h"

#include <string.h>

// FALSE where nothing of the region lies in the picture.
static gboolean
clip (const EcbsrPlan *plan, const EcbsrRegion *region, Tile *clipped)
{
  const guint width = plan->config.width, height = plan->config.height;

  if (region->x >= width || region->y >= height || region->width == 0
      || region->height == 0)
    return FALSE;
  clipped->x0 = region->x;
  clipped->y0 = region->y;
  clipped->x1 = region->x + MIN (region->width, width - region->x);
  clipped->y1 = region->y + MIN (region->height, height - region->y);
  return TRUE;
}

void
ecbsr_regions_take (EcbsrPlan *plan, const EcbsrRunParams *params)
{
  const guint n = MIN (params->n_regions, ECBSR_MAX_REGIONS);

  plan->n_regions = 0;
  for (guint i = 0; params->regions && i < n; i++)
    if (clip (plan, &params->regions[i], &plan->region[plan->n_regions]))
      plan->n_regions++;
}

Tile
ecbsr_region_reach (const EcbsrPlan *plan, const Tile *region)
{
  return (Tile){
    .x0 = region->x0 - MIN (region->x0, ECBSR_REGION_FADE),
    .x1 = MIN (region->x1 + ECBSR_REGION_FADE, plan->config.width),
    .y0 = region->y0 - MIN (region->y0, ECBSR_REGION_FADE),
    .y1 = MIN (region->y1 + ECBSR_REGION_FADE, plan->config.height),
  };
}

gboolean
ecbsr_tile_contains (const Tile *outer, const Tile *inner)
{
  return outer->x0 <= inner->x0 && outer->x1 >= inner->x1
         && outer->y0 <= inner->y0 && outer->y1 >= inner->y1;
}

static gboolean
intersect (const Tile *a, const Tile *b, Tile *both)
{
  both->x0 = MAX (a->x0, b->x0);
  both->x1 = MIN (a->x1, b->x1);
  both->y0 = MAX (a->y0, b->y0);
  both->y1 = MIN (a->y1, b->y1);
  return both->x0 < both->x1 && both->y0 < both->y1;
}

static void
include (Tile *bounds, const Tile *other)
{
  bounds->x0 = MIN (bounds->x0, other->x0);
  bounds->x1 = MAX (bounds->x1, other->x1);
  bounds->y0 = MIN (bounds->y0, other->y0);
  bounds->y1 = MAX (bounds->y1, other->y1);
}

void
ecbsr_regions_find (const EcbsrPlan *plan, const Tile *tile, RegionSet *set)
{
  set->n = 0;
  set->whole = FALSE;
  for (guint i = 0; i < plan->n_regions; i++)
    {
      const Tile reach = ecbsr_region_reach (plan, &plan->region[i]);
      Tile part;

      if (!intersect (&reach, tile, &part))
        continue;
      if (ecbsr_tile_contains (&plan->region[i], tile))
        set->whole = TRUE;
      if (set->n == 0)
        set->bounds = part;
      include (&set->bounds, &part);
      set->region[set->n++] = &plan->region[i];
    }
}

// Output pixels; `distance` from the region, 0 within.
static gfloat
fade (guint distance, guint scale)
{
  const guint reach = ECBSR_REGION_FADE * scale;

  if (distance > reach)
    return 0;
  return 1 - (gfloat) distance / (gfloat) (reach + 1);
}

// Output pixel `at` from the output pixels [first, end).
static guint
distance_from (guint at, guint first, guint end)
{
  if (at < first)
    return first - at;
  return at >= end ? at - end + 1 : 0;
}

// Raises the weights of [from, to) to what the region wants there, times
// `most`.
static void
raise_fading (gfloat *weight, guint x, guint from, guint to, guint first,
              guint end, guint scale, gfloat most)
{
  for (guint at = from; at < to; at++)
    {
      gfloat wanted = most * fade (distance_from (at, first, end), scale);
      weight[at - x] = MAX (weight[at - x], wanted);
    }
}

static void
raise_within (gfloat *weight, guint n, gfloat wanted)
{
  for (guint i = 0; i < n; i++)
    weight[i] = MAX (weight[i], wanted);
}

void
ecbsr_regions_weigh (const RegionSet *set, guint scale, guint x, guint y,
                     guint n, gfloat *weight)
{
  const guint reach = ECBSR_REGION_FADE * scale;

  memset (weight, 0, n * sizeof (gfloat));
  for (guint i = 0; i < set->n; i++)
    {
      const Tile *region = set->region[i];
      const guint first = region->x0 * scale, end = region->x1 * scale;
      const gfloat most = fade (
          distance_from (y, region->y0 * scale, region->y1 * scale), scale);
      const guint from = CLAMP (first - MIN (first, reach), x, x + n);
      const guint begin = CLAMP (first, x, x + n);
      const guint stop = CLAMP (end, x, x + n);
      const guint to = CLAMP (end + reach, x, x + n);

      raise_fading (weight, x, from, begin, first, end, scale, most);
      raise_within (weight + begin - x, stop - begin, most);
      raise_fading (weight, x, stop, to, first, end, scale, most);
    }
}

void
ecbsr_regions_fade (gfloat *row, const gfloat *base, const gfloat *weight, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      gfloat blend = base[i] + weight[i] * (row[i] - base[i]);
      gfloat less = weight[i] > 0 ? blend : base[i];
      row[i] = weight[i] < 1 ? less : row[i];
    }
}
