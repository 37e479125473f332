// SPDX-License-Identifier: LGPL-2.1-or-later

#include "frame_cache.h"
#include "arena.h"
#include "blocks.h"
#include "cubic.h"
#include "picture.h"
#include "pool.h"

#include <stdlib.h>
#include <string.h>

// Bytes that are fetched from the input at a time: at least a block's, which is
// less than twice as wide as blocks.c wants it, with up to 8 bytes a pixel.
#define CHUNK 4096

struct _EcbsrFrameCache
{
  guint8 *memory;
  EcbsrPicture in, out;

  gsize run; // the last; 0: none. The plan that did it knows the same number
  // What was asked for then.
  gfloat strength;
  guint split;
  gboolean everywhere;
  guint n_regions;
  Tile region[ECBSR_MAX_REGIONS];
};

// ---------------------------------------------------------------- memory --

// Bytes of n samples of a row.
static gsize
n_bytes (const TileGrid *grid, guint n)
{
  return (gsize) ecbsr_div_up (n, grid->align) * grid->align
         * grid->pixel_stride;
}

static void
lay_out_plane (Arena *arena, EcbsrPicture *picture, const TileGrid *grid,
               guint width, guint height)
{
  const gsize n = n_bytes (grid, width);
  const gsize stride = (n + ECBSR_ALIGN - 1) / ECBSR_ALIGN * ECBSR_ALIGN;

  picture->plane[grid->plane] = ecbsr_arena_take (arena, stride * height);
  picture->stride[grid->plane] = (gssize) stride;
}

static void
lay_out (Arena *arena, EcbsrFrameCache *cache, const EcbsrPlan *plan)
{
  for (guint g = 0; g < plan->n_grids; g++)
    {
      const TileGrid *grid = &plan->grid[g];
      const ComponentPlan *size = &plan->component[grid->component];
      lay_out_plane (arena, &cache->in, grid, size->width, size->height);
      lay_out_plane (arena, &cache->out, grid, size->out_width,
                     size->out_height);
    }
}

EcbsrFrameCache *
ecbsr_frame_cache_new (const EcbsrPlan *plan, GError **error)
{
  EcbsrFrameCache *cache = g_try_new0 (EcbsrFrameCache, 1);
  Arena arena = { NULL, 0 };

  if (cache)
    lay_out (&arena, cache, plan);
  if (!cache || !ecbsr_arena_allocate (&arena))
    {
      g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
                   "not enough memory for the last picture of %ux%u, which "
                   "takes %" G_GSIZE_FORMAT " bytes",
                   plan->config.width, plan->config.height, arena.used);
      g_free (cache);
      return NULL;
    }
  cache->memory = arena.memory; // of zeros: compared with before it is written
  lay_out (&arena, cache, plan);
  return cache;
}

void
ecbsr_frame_cache_free (EcbsrFrameCache *cache)
{
  if (!cache)
    return;
  free (cache->memory);
  g_free (cache);
}

// ------------------------------------------------------------- comparing --

typedef struct
{
  EcbsrFrameCache *cache;
  EcbsrPlan *plan;
  const EcbsrPicture *in;
} Comparison;

// Widens what is known to have changed in a block by n samples of row y from x
// on.
static void
note (Block *block, guint x, guint n, guint y)
{
  if (block->x1 == 0)
    {
      block->x0 = (guint16) x;
      block->x1 = (guint16) (x + n);
      block->y0 = (guint16) y;
    }
  block->x0 = (guint16) MIN (block->x0, x);
  block->x1 = (guint16) MAX (block->x1, x + n);
  block->y1 = (guint16) (y + 1);
}

// A block's part of a row, `size` bytes that begin with sample x.
static void
compare_block (Block *block, const TileGrid *grid, const guint8 *fresh,
              const guint8 *old, gsize size, guint x, guint y)
{
  gsize first = 0, end = size;
  guint x0, x1;

  if (memcmp (fresh, old, size) == 0)
    return;
  while (fresh[first] == old[first])
    first++;
  while (fresh[end - 1] == old[end - 1])
    end--;
  x0 = (guint) (first / grid->pixel_stride);
  x1 = (guint) ((end - 1) / grid->pixel_stride + 1);
  note (block, x + x0, x1 - x0, y);
}

// Whole blocks' part of row y, from `column` on.
static void
compare_chunk (const Comparison *c, const TileGrid *grid, const guint8 *fresh,
               const guint8 *old, gsize size, guint column, guint y)
{
  const gsize step = n_bytes (grid, grid->block_width);
  Block *block = ecbsr_block_at (c->plan, grid, column, y / grid->block_height);

  for (gsize at = 0; at < size; at += step, block++, column++)
    compare_block (block, grid, fresh + at, old + at, MIN (step, size - at),
                  column * grid->block_width, y);
}

static void
compare_row (const Comparison *c, const TileGrid *grid, guint y)
{
  const gsize block_size = n_bytes (grid, grid->block_width);
  const gsize n_columns = MAX (CHUNK / block_size, 1);
  const gsize step = n_columns * block_size;
  const gsize size = n_bytes (grid, grid->width);
  const guint8 *in = ecbsr_picture_at (c->in, grid->plane, 0, y, 1);
  guint8 *old = ecbsr_picture_at (&c->cache->in, grid->plane, 0, y, 1);
  guint8 fresh[CHUNK];
  guint column = 0;

  for (gsize at = 0; at < size; at += step, column += n_columns)
    {
      const gsize n = MIN (step, size - at);
      memcpy (fresh, in + at, n);
      if (memcmp (fresh, old + at, n) == 0)
        continue;
      compare_chunk (c, grid, fresh, old + at, n, column, y);
      memcpy (old + at, fresh, n);
    }
}

// A task is a row of blocks of some grid.
static void
compare_task (gpointer data, guint task, guint slot)
{
  const Comparison *c = data;
  const TileGrid *grid = c->plan->grid;
  guint end;

  for (; task >= grid->n_block_rows; grid++)
    task -= grid->n_block_rows;
  for (guint i = 0; i < grid->n_block_columns; i++)
    ecbsr_block_at (c->plan, grid, i, task)->x1 = 0;
  end = MIN ((task + 1) * grid->block_height,
             c->plan->component[grid->component].n_rows);
  for (guint y = task * grid->block_height; y < end; y++)
    compare_row (c, grid, y);
}

static void
compare (EcbsrFrameCache *cache, EcbsrPlan *plan, const EcbsrPicture *in)
{
  Comparison comparison = { cache, plan, in };
  guint n_rows = 0;

  for (guint g = 0; g < plan->n_grids; g++)
    n_rows += plan->grid[g].n_block_rows;
  ecbsr_pool_run (compare_task, &comparison, n_rows, plan->n_threads);
}

// --------------------------------------------------------------- keeping --

static gboolean
same_regions (const EcbsrFrameCache *cache, const EcbsrPlan *plan,
              const EcbsrRunParams *params)
{
  return cache->everywhere == (params->regions == NULL)
         && cache->n_regions == plan->n_regions
         && memcmp (cache->region, plan->region,
                    plan->n_regions * sizeof (Tile))
                == 0;
}

// Where regions have changed, blocks stay as they are that had nothing of the
// network and get none, and those that are full of it.
static gboolean
is_same (const Block *block, gboolean regions_same)
{
  return block->state == block->last_state
         && (regions_same || block->state != BLOCK_NETWORK);
}

static void
keep_same (const EcbsrFrameCache *cache, EcbsrPlan *plan,
           const EcbsrRunParams *params)
{
  const gboolean known = cache->run != 0 && cache->run == plan->run
                         && cache->strength == params->strength
                         && cache->split == params->split;
  const gboolean regions_same = same_regions (cache, plan, params);

  for (guint i = 0; known && i < plan->n_blocks; i++)
    if (is_same (&plan->blocks[i], regions_same))
      plan->blocks[i].state |= BLOCK_REUSED;
}

// How many samples away from a changed one results change: as far as the
// network sees, `radius` this way, and the cubic, of chroma that lies in the
// same plane as well.
static guint
find_reach (const EcbsrPlan *plan, const TileGrid *grid, guint radius)
{
  const guint cubic = (CUBIC_REACH + 1) * grid->align;

  const guint beside = plan->config.field == ECBSR_FIELD_NONE ? 0 : 1; // field.h

  return grid == plan->grid ? MAX (radius + beside, cubic) : cubic;
}

static void
redo (EcbsrPlan *plan, const TileGrid *grid, const Tile *changed)
{
  const guint reach = find_reach (plan, grid, plan->columns_beside);
  const guint above = find_reach (plan, grid, plan->rows_below);
  const guint below = find_reach (plan, grid, plan->rows_above);
  const Tile seen = {
    .x0 = changed->x0 - MIN (changed->x0, reach),
    .x1 = MIN (changed->x1 + reach, grid->width),
    .y0 = changed->y0 - MIN (changed->y0, above),
    .y1 = MIN (changed->y1 + below, grid->height),
  };
  const Tile blocks = ecbsr_blocks_touched (grid, &seen);

  for (guint row = blocks.y0; row < blocks.y1; row++)
    for (guint column = blocks.x0; column < blocks.x1; column++)
      ecbsr_block_at (plan, grid, column, row)->state &= ~BLOCK_REUSED;
}

// Where tiles are written to all planes: what has changed in any of them, in pixels,
// with the chroma that every pixel is made of, and that it is made part of.
static void
redo_colors (EcbsrPlan *plan, const TileGrid *grid, const Tile *changed)
{
  const EcbsrLayout *layout = &plan->config.layout;
  const guint w_sub = layout->component[grid->component].w_sub;
  const guint h_sub = layout->component[grid->component].h_sub;
  const TileGrid *luma = &plan->grid[0];
  guint x = plan->beside_x, y = plan->beside_y;
  Tile seen;

  if (ecbsr_plan_is_subsampled (plan))
    {
      x += CUBIC_REACH << layout->component[1].w_sub;
      y += CUBIC_REACH << layout->component[1].h_sub;
    }
  seen = (Tile){
    .x0 = (changed->x0 << w_sub) - MIN (changed->x0 << w_sub, x),
    .x1 = MIN ((changed->x1 << w_sub) + x, luma->width),
    .y0 = (changed->y0 << h_sub) - MIN (changed->y0 << h_sub, y),
    .y1 = MIN ((changed->y1 << h_sub) + y, luma->height),
  };
  redo (plan, luma, &seen);
}

static void
redo_changed (EcbsrPlan *plan, const TileGrid *grid)
{
  const Block *block = ecbsr_block_at (plan, grid, 0, 0);

  for (guint i = 0; i < grid->n_block_columns * grid->n_block_rows; i++, block++)
    {
      const Tile changed = { block->x0, block->x1, block->y0, block->y1 };
      if (block->x1 > 0 && ecbsr_plan_joins_planes (plan))
        redo_colors (plan, grid, &changed);
      else if (block->x1 > 0)
        redo (plan, grid, &changed);
    }
}

void
ecbsr_frame_cache_begin (EcbsrFrameCache *cache, EcbsrPlan *plan, const Frame *frame)
{
  compare (cache, plan, frame->in);
  keep_same (cache, plan, frame->params);
  for (guint g = 0; g < plan->n_grids; g++)
    redo_changed (plan, &plan->grid[g]);
}

void
ecbsr_frame_cache_end (EcbsrFrameCache *cache, EcbsrPlan *plan,
                   const EcbsrRunParams *params)
{
  static gsize n_runs; // of all histories in the process

  cache->run = plan->run = (gsize) g_atomic_pointer_add (&n_runs, 1) + 1;
  cache->strength = params->strength;
  cache->split = params->split;
  cache->everywhere = params->regions == NULL;
  cache->n_regions = plan->n_regions;
  memcpy (cache->region, plan->region, plan->n_regions * sizeof (Tile));
  for (guint i = 0; i < plan->n_blocks; i++)
    plan->blocks[i].last_state
        = plan->blocks[i].state & (BLOCK_NETWORK | BLOCK_WHOLE);
}

Frame
ecbsr_frame_cache_get_frame (EcbsrFrameCache *cache, const Frame *frame)
{
  return (Frame){ frame->plan, &cache->in, &cache->out, frame->params };
}

void
ecbsr_frame_cache_show (const EcbsrFrameCache *cache, const EcbsrPlan *plan,
                    const TileGrid *grid, const Tile *tile,
                    const EcbsrPicture *out)
{
  const ComponentPlan *size = &plan->component[grid->component];
  const guint scale = plan->scale;
  const guint x = tile->x0 * scale;
  const guint n = MIN (tile->x1 * scale, size->out_width) - x;
  const guint end = MIN (tile->y1 * scale, size->out_height);

  for (guint y = tile->y0 * scale; y < end; y++)
    memcpy (
        ecbsr_picture_at (out, grid->plane, x, y, grid->pixel_stride),
        ecbsr_picture_at (&cache->out, grid->plane, x, y, grid->pixel_stride),
        n_bytes (grid, n));
}
