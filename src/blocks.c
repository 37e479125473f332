// SPDX-License-Identifier: LGPL-2.1-or-later

#include "blocks.h"
#include "region.h"

// Small blocks follow what moves more closely, but each costs the receptive
// field around it.
#define BLOCK_WIDTH 84
#define BLOCK_HEIGHT 32
// So many in a picture, or rows of them become higher.
#define MANY_BLOCKS 8192
// So many tiles a thread, so that all end at about the same time.
#define TILES_PER_THREAD 2

// Blocks in a tile's width, rounded so that they never take more than it has.
static void
cut_grid (TileGrid *grid, guint height)
{
  const guint n = MAX (1, grid->tile_width / BLOCK_WIDTH);
  const guint width = grid->tile_width / n;

  grid->block_width = MAX (width / grid->cut_x, 1) * grid->cut_x;
  grid->block_height = MIN (height, grid->band_height);
  grid->n_block_columns = ecbsr_div_up (grid->width, grid->block_width);
  grid->n_block_rows = ecbsr_div_up (grid->height, grid->block_height);
}

// Where a tile is written to all planes, the others are cut as the first one is, for the
// comparison's sake.
static void
follow_luma (const EcbsrPlan *plan, TileGrid *grid)
{
  const EcbsrLayout *layout = &plan->config.layout;

  grid->block_width
      = plan->grid[0].block_width >> layout->component[grid->component].w_sub;
  grid->block_height
      = plan->grid[0].block_height >> layout->component[grid->component].h_sub;
  grid->n_block_columns = ecbsr_div_up (grid->width, grid->block_width);
  grid->n_block_rows = ecbsr_div_up (grid->height, grid->block_height);
}

// Grids that tasks are made of.
static guint
count_grids (const EcbsrPlan *plan)
{
  return ecbsr_plan_joins_planes (plan) ? 1 : plan->n_grids;
}

static guint
cut_grids (EcbsrPlan *plan, guint height)
{
  guint n = 0;

  for (guint g = 0; g < plan->n_grids; g++)
    {
      TileGrid *grid = &plan->grid[g];
      if (g < count_grids (plan))
        cut_grid (grid, height);
      else
        follow_luma (plan, grid);
      grid->first_block = n;
      n += grid->n_block_columns * grid->n_block_rows;
    }
  return n;
}

gboolean
ecbsr_blocks_init (EcbsrPlan *plan)
{
  guint height = BLOCK_HEIGHT;

  while ((plan->n_blocks = cut_grids (plan, height)) > MANY_BLOCKS
         && height < ECBSR_MAX_SIZE)
    height *= 2;
  plan->blocks = g_try_new0 (Block, plan->n_blocks);
  plan->block_tasks = g_try_new0 (BlockTask, plan->n_blocks);
  return plan->blocks && plan->block_tasks;
}

// --------------------------------------------------------------- marking --

static Tile
tile_of_blocks (const TileGrid *grid, guint column, guint row, guint n_columns,
               guint n_rows)
{
  return (Tile){
    .x0 = column * grid->block_width,
    .x1 = MIN ((column + n_columns) * grid->block_width, grid->width),
    .y0 = row * grid->block_height,
    .y1 = MIN ((row + n_rows) * grid->block_height, grid->height),
  };
}

Tile
ecbsr_blocks_touched (const TileGrid *grid, const Tile *tile)
{
  return (Tile){
    .x0 = tile->x0 / grid->block_width,
    .x1 = ecbsr_div_up (tile->x1, grid->block_width),
    .y0 = tile->y0 / grid->block_height,
    .y1 = ecbsr_div_up (tile->y1, grid->block_height),
  };
}

static void
mark_all (EcbsrPlan *plan, const TileGrid *grid, guint8 state)
{
  Block *block = ecbsr_block_at (plan, grid, 0, 0);

  for (guint i = 0; i < grid->n_block_columns * grid->n_block_rows; i++)
    block[i].state = state;
}

static void
mark_region (EcbsrPlan *plan, const TileGrid *grid, const Tile *region)
{
  const Tile reach = ecbsr_region_reach (plan, region);
  const Tile blocks = ecbsr_blocks_touched (grid, &reach);

  for (guint row = blocks.y0; row < blocks.y1; row++)
    for (guint column = blocks.x0; column < blocks.x1; column++)
      {
        const Tile block = tile_of_blocks (grid, column, row, 1, 1);
        gboolean whole = ecbsr_tile_contains (region, &block);
        ecbsr_block_at (plan, grid, column, row)->state
            |= BLOCK_NETWORK | (whole ? BLOCK_WHOLE : 0);
      }
}

// Left of the split there is no network.
static void
mark_split (EcbsrPlan *plan, const TileGrid *grid, guint split)
{
  const guint n
      = MIN (split / plan->scale / grid->block_width, grid->n_block_columns);

  for (guint row = 0; row < grid->n_block_rows; row++)
    for (guint column = 0; column < n; column++)
      ecbsr_block_at (plan, grid, column, row)->state = 0;
}

void
ecbsr_blocks_mark (EcbsrPlan *plan, const EcbsrRunParams *params)
{
  const TileGrid *luma = &plan->grid[0];

  ecbsr_regions_take (plan, params);
  for (guint g = 0; g < plan->n_grids; g++)
    mark_all (plan, &plan->grid[g], 0);
  if (params->strength <= 0)
    return;
  if (!params->regions)
    mark_all (plan, luma, BLOCK_NETWORK | BLOCK_WHOLE);
  for (guint i = 0; i < plan->n_regions; i++)
    mark_region (plan, luma, &plan->region[i]);
  mark_split (plan, luma, params->split);
}

// ------------------------------------------------------------ collecting --

// What is done with it: kept blocks are all alike.
static guint
fate (const Block *block)
{
  if (block->state & BLOCK_REUSED)
    return BLOCK_REUSED;
  return block->state & BLOCK_NETWORK;
}

static guint
count (const EcbsrPlan *plan, const TileGrid *grid, guint wanted)
{
  const Block *block = ecbsr_block_at (plan, grid, 0, 0);
  guint n = 0;

  for (guint i = 0; i < grid->n_block_columns * grid->n_block_rows; i++)
    n += fate (&block[i]) == wanted;
  return n;
}

typedef struct
{
  EcbsrPlan *plan;
  const TileGrid *grid;
  guint wanted;
  guint most; // blocks in a task
} Collector;

static gboolean
is_free (const Collector *c, guint column, guint row)
{
  const Block *block = ecbsr_block_at (c->plan, c->grid, column, row);

  return fate (block) == c->wanted && !block->taken;
}

static gboolean
all_free (const Collector *c, const BlockTask *task, guint row)
{
  for (guint i = 0; i < task->n_columns; i++)
    if (!is_free (c, task->column + i, row))
      return FALSE;
  return TRUE;
}

static void
take (const Collector *c, const BlockTask *task)
{
  for (guint i = 0; i < task->n_rows; i++)
    for (guint j = 0; j < task->n_columns; j++)
      ecbsr_block_at (c->plan, c->grid, task->column + j, task->row + i)->taken
          = TRUE;
}

// The largest task from this block on, to the right and then down.
static void
add_task (const Collector *c, guint column, guint row)
{
  BlockTask *task = &c->plan->block_tasks[c->plan->n_block_tasks++];
  const guint widest = c->grid->tile_width / c->grid->block_width;
  const guint n_columns
      = MIN (c->grid->n_block_columns - column, MIN (widest, c->most));

  *task = (BlockTask){
    .grid = (guint16) (c->grid - c->plan->grid),
    .state = (guint16) c->wanted,
    .column = (guint16) column,
    .row = (guint16) row,
    .n_columns = 1,
    .n_rows = 1,
  };
  while (task->n_columns < n_columns
         && is_free (c, column + task->n_columns, row))
    task->n_columns++;
  while (row + task->n_rows < c->grid->n_block_rows
         && (task->n_rows + 1u) * task->n_columns <= c->most
         && all_free (c, task, row + task->n_rows))
    task->n_rows++;
  take (c, task);
}

static void
collect (EcbsrPlan *plan, const TileGrid *grid, guint wanted)
{
  const guint n = count (plan, grid, wanted);
  const guint n_parts
      = plan->n_threads > 1 ? plan->n_threads * TILES_PER_THREAD : 1;
  const Collector c = { plan, grid, wanted, ecbsr_div_up (n, n_parts) };

  for (guint row = 0; n > 0 && row < grid->n_block_rows; row++)
    for (guint column = 0; column < grid->n_block_columns; column++)
      if (is_free (&c, column, row))
        add_task (&c, column, row);
}

void
ecbsr_blocks_collect (EcbsrPlan *plan)
{
  static const guint fates[] = { BLOCK_NETWORK, 0, BLOCK_REUSED };
  const TileGrid *luma = &plan->grid[0];

  for (guint i = 0; i < plan->n_blocks; i++)
    plan->blocks[i].taken = FALSE;
  plan->n_block_tasks = 0;
  for (guint i = 0; i < G_N_ELEMENTS (fates); i++)
    for (guint g = 0; g < count_grids (plan); g++)
      collect (plan, &plan->grid[g], fates[i]);
  plan->counts = (EcbsrRunCounts){
    .n_tiles = luma->n_block_columns * luma->n_block_rows,
    .n_outside = count (plan, luma, 0),
    .n_kept = count (plan, luma, BLOCK_REUSED),
  };
}

Tile
ecbsr_blocks_scale_tile (const EcbsrPlan *plan, const TileGrid *grid,
                         const Tile *tile)
{
  const EcbsrLayout *layout = &plan->config.layout;
  const guint w_sub = layout->component[grid->component].w_sub;
  const guint h_sub = layout->component[grid->component].h_sub;

  return (Tile){
    .x0 = tile->x0 >> w_sub,
    .x1 = MIN ((tile->x1 + (1u << w_sub) - 1) >> w_sub, grid->width),
    .y0 = tile->y0 >> h_sub,
    .y1 = MIN ((tile->y1 + (1u << h_sub) - 1) >> h_sub, grid->height),
  };
}

Tile
ecbsr_blocks_get_tile (const EcbsrPlan *plan, const BlockTask *task)
{
  return tile_of_blocks (&plan->grid[task->grid], task->column, task->row,
                        task->n_columns, task->n_rows);
}
