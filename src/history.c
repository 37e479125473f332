// SPDX-License-Identifier: LGPL-2.1-or-later

#include "history.h"
#include "cells.h"
#include "cubic.h"
#include "picture.h"
#include "pool.h"

#include <stdlib.h>
#include <string.h>

// Bytes that are fetched from the input at a time: at least a cell's, which is
// less than twice as wide as cells.c wants it, with up to 8 bytes a pixel.
#define CHUNK 4096

struct _EcbsrHistory
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

static gsize
align_up (gsize n)
{
  return (n + ECBSR_ALIGN - 1) / ECBSR_ALIGN * ECBSR_ALIGN;
}

// Bytes of n samples of a row.
static gsize
n_bytes (const TileGrid *grid, guint n)
{
  return (gsize) ecbsr_div_up (n, grid->align) * grid->align
         * grid->pixel_stride;
}

// Lays a plane into the memory from `used` on, without memory only counts.
static void
lay_out_plane (const EcbsrHistory *history, EcbsrPicture *picture,
               const TileGrid *grid, guint width, guint height, gsize *used)
{
  const gsize stride = align_up (n_bytes (grid, width));

  if (history->memory)
    picture->plane[grid->plane] = history->memory + *used;
  picture->stride[grid->plane] = (gssize) stride;
  *used += stride * height;
}

static gsize
lay_out (EcbsrHistory *history, const EcbsrPlan *plan)
{
  gsize used = 0;

  for (guint g = 0; g < plan->n_grids; g++)
    {
      const TileGrid *grid = &plan->grid[g];
      const ComponentPlan *size = &plan->component[grid->component];
      lay_out_plane (history, &history->in, grid, size->width, size->height,
                     &used);
      lay_out_plane (history, &history->out, grid, size->out_width,
                     size->out_height, &used);
    }
  return used;
}

EcbsrHistory *
ecbsr_history_new (const EcbsrPlan *plan, GError **error)
{
  EcbsrHistory *history = g_try_new0 (EcbsrHistory, 1);
  gpointer memory = NULL;
  gsize size = 0;

  if (history)
    size = lay_out (history, plan);
  if (!history || posix_memalign (&memory, ECBSR_ALIGN, size) != 0)
    {
      g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
                   "not enough memory for the last picture of %ux%u, which "
                   "takes %" G_GSIZE_FORMAT " bytes",
                   plan->config.width, plan->config.height, size);
      g_free (history);
      return NULL;
    }
  history->memory = memory;
  lay_out (history, plan);
  memset (memory, 0, size); // compared with before it is written
  return history;
}

void
ecbsr_history_free (EcbsrHistory *history)
{
  if (!history)
    return;
  free (history->memory);
  g_free (history);
}

// ------------------------------------------------------------- comparing --

typedef struct
{
  EcbsrHistory *history;
  EcbsrPlan *plan;
  const EcbsrPicture *in;
} Comparison;

// Widens what is known to have changed in a cell by n samples of row y from x
// on.
static void
note (Cell *cell, guint x, guint n, guint y)
{
  if (cell->x1 == 0)
    {
      cell->x0 = (guint16) x;
      cell->x1 = (guint16) (x + n);
      cell->y0 = (guint16) y;
    }
  cell->x0 = (guint16) MIN (cell->x0, x);
  cell->x1 = (guint16) MAX (cell->x1, x + n);
  cell->y1 = (guint16) (y + 1);
}

// A cell's part of a row, `size` bytes that begin with sample x.
static void
compare_cell (Cell *cell, const TileGrid *grid, const guint8 *fresh,
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
  note (cell, x + x0, x1 - x0, y);
}

// Whole cells' part of row y, from `column` on.
static void
compare_chunk (const Comparison *c, const TileGrid *grid, const guint8 *fresh,
               const guint8 *old, gsize size, guint column, guint y)
{
  const gsize step = n_bytes (grid, grid->cell_width);
  Cell *cell = ecbsr_cell_at (c->plan, grid, column, y / grid->cell_height);

  for (gsize at = 0; at < size; at += step, cell++, column++)
    compare_cell (cell, grid, fresh + at, old + at, MIN (step, size - at),
                  column * grid->cell_width, y);
}

static void
compare_row (const Comparison *c, const TileGrid *grid, guint y)
{
  const gsize cell_size = n_bytes (grid, grid->cell_width);
  const gsize n_columns = MAX (CHUNK / cell_size, 1);
  const gsize step = n_columns * cell_size;
  const gsize size = n_bytes (grid, grid->width);
  const guint8 *in = ecbsr_picture_at (c->in, grid->plane, 0, y, 1);
  guint8 *old = ecbsr_picture_at (&c->history->in, grid->plane, 0, y, 1);
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

// A task is a row of cells of some grid.
static void
compare_task (gpointer data, guint task, guint slot)
{
  const Comparison *c = data;
  const TileGrid *grid = c->plan->grid;
  guint end;

  for (; task >= grid->n_cell_rows; grid++)
    task -= grid->n_cell_rows;
  for (guint i = 0; i < grid->n_cell_columns; i++)
    ecbsr_cell_at (c->plan, grid, i, task)->x1 = 0;
  end = MIN ((task + 1) * grid->cell_height,
             c->plan->component[grid->component].n_rows);
  for (guint y = task * grid->cell_height; y < end; y++)
    compare_row (c, grid, y);
}

static void
compare (EcbsrHistory *history, EcbsrPlan *plan, const EcbsrPicture *in)
{
  Comparison comparison = { history, plan, in };
  guint n_rows = 0;

  for (guint g = 0; g < plan->n_grids; g++)
    n_rows += plan->grid[g].n_cell_rows;
  ecbsr_pool_run (compare_task, &comparison, n_rows, plan->n_threads);
}

// --------------------------------------------------------------- keeping --

static gboolean
same_regions (const EcbsrHistory *history, const EcbsrPlan *plan,
              const EcbsrRunParams *params)
{
  return history->everywhere == (params->regions == NULL)
         && history->n_regions == plan->n_regions
         && memcmp (history->region, plan->region,
                    plan->n_regions * sizeof (Tile))
                == 0;
}

// Where regions have changed, cells stay as they are that had nothing of the
// network and get none, and those that are full of it.
static gboolean
is_same (const Cell *cell, gboolean regions_same)
{
  return cell->state == cell->last_state
         && (regions_same || cell->state != CELL_NETWORK);
}

static void
keep_same (const EcbsrHistory *history, EcbsrPlan *plan,
           const EcbsrRunParams *params)
{
  const gboolean known = history->run != 0 && history->run == plan->run
                         && history->strength == params->strength
                         && history->split == params->split;
  const gboolean regions_same = same_regions (history, plan, params);

  for (guint i = 0; known && i < plan->n_cells; i++)
    if (is_same (&plan->cells[i], regions_same))
      plan->cells[i].state |= CELL_KEPT;
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
  const guint reach = find_reach (plan, grid, plan->radius);
  const guint above = find_reach (plan, grid, plan->rows_below);
  const guint below = find_reach (plan, grid, plan->rows_above);
  const Tile seen = {
    .x0 = changed->x0 - MIN (changed->x0, reach),
    .x1 = MIN (changed->x1 + reach, grid->width),
    .y0 = changed->y0 - MIN (changed->y0, above),
    .y1 = MIN (changed->y1 + below, grid->height),
  };
  const Tile cells = ecbsr_cells_touched (grid, &seen);

  for (guint row = cells.y0; row < cells.y1; row++)
    for (guint column = cells.x0; column < cells.x1; column++)
      ecbsr_cell_at (plan, grid, column, row)->state &= ~CELL_KEPT;
}

static void
redo_changed (EcbsrPlan *plan, const TileGrid *grid)
{
  const Cell *cell = ecbsr_cell_at (plan, grid, 0, 0);

  for (guint i = 0; i < grid->n_cell_columns * grid->n_cell_rows; i++, cell++)
    {
      const Tile changed = { cell->x0, cell->x1, cell->y0, cell->y1 };
      if (cell->x1 > 0)
        redo (plan, grid, &changed);
    }
}

void
ecbsr_history_begin (EcbsrHistory *history, EcbsrPlan *plan, const Frame *frame)
{
  compare (history, plan, frame->in);
  keep_same (history, plan, frame->params);
  for (guint g = 0; g < plan->n_grids; g++)
    redo_changed (plan, &plan->grid[g]);
}

void
ecbsr_history_end (EcbsrHistory *history, EcbsrPlan *plan,
                   const EcbsrRunParams *params)
{
  static gsize n_runs; // of all histories in the process

  history->run = plan->run = (gsize) g_atomic_pointer_add (&n_runs, 1) + 1;
  history->strength = params->strength;
  history->split = params->split;
  history->everywhere = params->regions == NULL;
  history->n_regions = plan->n_regions;
  memcpy (history->region, plan->region, plan->n_regions * sizeof (Tile));
  for (guint i = 0; i < plan->n_cells; i++)
    plan->cells[i].last_state
        = plan->cells[i].state & (CELL_NETWORK | CELL_WHOLE);
}

Frame
ecbsr_history_get_frame (EcbsrHistory *history, const Frame *frame)
{
  return (Frame){ frame->plan, &history->in, &history->out, frame->params };
}

void
ecbsr_history_show (const EcbsrHistory *history, const EcbsrPlan *plan,
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
        ecbsr_picture_at (&history->out, grid->plane, x, y, grid->pixel_stride),
        n_bytes (grid, n));
}
