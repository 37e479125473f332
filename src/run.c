// SPDX-License-Identifier: LGPL-2.1-or-later

#include "blocks.h"
#include "output.h"
#include "frame_cache.h"
#include "plan.h"
#include "pool.h"

#include <fenv.h>

static void
finish_tile (const Frame *frame, const TileGrid *grid, const Tile *tile,
             gboolean network, guint slot)
{
  const EcbsrPlan *plan = frame->plan;

  if (ecbsr_plan_has_colors (plan))
    ecbsr_output_color_tile (frame, tile, network, &plan->scratch[slot]);
  else if (grid == plan->grid)
    ecbsr_output_luma_tile (frame, grid, tile, network, &plan->scratch[slot]);
  else
    ecbsr_output_chroma_tile (frame, grid, tile, &plan->scratch[slot]);
}

// ------------------------------------------------------ all of a picture --

static Tile
tile_of (const TileGrid *grid, guint task)
{
  guint column = task % grid->n_columns;
  guint band = task / grid->n_columns;

  return (Tile){
    .x0 = column * grid->tile_width,
    .x1 = MIN ((column + 1) * grid->tile_width, grid->width),
    .y0 = band * grid->band_height,
    .y1 = MIN ((band + 1) * grid->band_height, grid->height),
  };
}

// Tasks count through the grids, the network's first: they take longest.
static void
run_task (gpointer data, guint task, guint slot)
{
  const Frame *frame = data;
  const TileGrid *grid = frame->plan->grid;
  Tile tile;

  while (task >= grid->n_columns * grid->n_bands)
    {
      task -= grid->n_columns * grid->n_bands;
      grid++;
    }
  tile = tile_of (grid, task);
  finish_tile (frame, grid, &tile, TRUE, slot);
}

static void
run_all (EcbsrPlan *plan, Frame *frame)
{
  const TileGrid *luma = &plan->grid[0];
  const guint n_tiles = luma->n_block_columns * luma->n_block_rows;

  plan->counts = (EcbsrRunCounts){
    .n_tiles = n_tiles,
    .n_outside = frame->params->strength > 0 ? 0 : n_tiles,
  };
  ecbsr_pool_run (run_task, frame, plan->n_tasks, plan->n_threads);
}

// ----------------------------------------------------- parts of a picture --

typedef struct
{
  Frame frame;
  const EcbsrFrameCache *cache;
  const EcbsrPicture *out;
} Parts;

// From the cache to the picture: all planes that the tile is written to.
static void
show (const Parts *parts, const TileGrid *grid, const Tile *tile)
{
  const EcbsrPlan *plan = parts->frame.plan;

  if (!ecbsr_plan_joins_planes (plan))
    {
      ecbsr_frame_cache_show (parts->cache, plan, grid, tile, parts->out);
      return;
    }
  for (guint g = 0; g < plan->n_grids; g++)
    {
      const Tile part = ecbsr_blocks_scale_tile (plan, &plan->grid[g], tile);
      ecbsr_frame_cache_show (parts->cache, plan, &plan->grid[g], &part,
                              parts->out);
    }
}

static void
run_part (gpointer data, guint task, guint slot)
{
  const Parts *parts = data;
  const EcbsrPlan *plan = parts->frame.plan;
  const BlockTask *blocks = &plan->block_tasks[task];
  const TileGrid *grid = &plan->grid[blocks->grid];
  const Tile tile = ecbsr_blocks_get_tile (plan, blocks);

  if (blocks->state != BLOCK_REUSED)
    finish_tile (&parts->frame, grid, &tile, blocks->state == BLOCK_NETWORK,
                 slot);
  if (parts->cache)
    show (parts, grid, &tile);
}

static void
run_parts (EcbsrPlan *plan, const Frame *frame)
{
  EcbsrFrameCache *cache = frame->params->frame_cache;
  Parts parts = { *frame, cache, frame->out };

  ecbsr_blocks_mark (plan, frame->params);
  if (cache)
    {
      ecbsr_frame_cache_begin (cache, plan, frame);
      parts.frame = ecbsr_frame_cache_get_frame (cache, frame);
    }
  ecbsr_blocks_collect (plan);
  ecbsr_pool_run (run_part, &parts, plan->n_block_tasks, plan->n_threads);
  if (cache)
    ecbsr_frame_cache_end (cache, plan, frame->params);
}

void
ecbsr_plan_run (EcbsrPlan *plan, const EcbsrPicture *in,
                const EcbsrPicture *out, const EcbsrRunParams *params)
{
  Frame frame = { plan, in, out, params };
  fenv_t environment;

  // The caller's thread is not ours to leave with denormals flushed
  // (kernels.h).
  fegetenv (&environment);
  if (params->regions || params->frame_cache)
    run_parts (plan, &frame);
  else
    run_all (plan, &frame);
  fesetenv (&environment);
}
