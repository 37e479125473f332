// SPDX-License-Identifier: LGPL-2.1-or-later

#include "finish.h"
#include "plan.h"
#include "pool.h"

#include <fenv.h>

static Tile
tile_of (const TileGrid *grid, guint task)
{
  guint column = task % grid->n_columns;
  guint band = task / grid->n_columns;

  return (Tile) {
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
  const EcbsrPlan *plan = frame->plan;
  const TileGrid *grid = plan->grid;
  Tile tile;

  while (task >= grid->n_columns * grid->n_bands)
    {
      task -= grid->n_columns * grid->n_bands;
      grid++;
    }
  tile = tile_of (grid, task);
  if (grid == plan->grid)
    ecbsr_finish_luma_tile (frame, grid, &tile, &plan->scratch[slot]);
  else
    ecbsr_finish_chroma_tile (frame, grid, &tile, &plan->scratch[slot]);
}

void
ecbsr_plan_run (EcbsrPlan *plan, const EcbsrPicture *in,
                const EcbsrPicture *out, const EcbsrRunParams *params)
{
  Frame frame = { plan, in, out, params };
  fenv_t environment;

  // The caller's thread is not ours to leave with denormals flushed (kernels.h).
  fegetenv (&environment);
  ecbsr_pool_run (run_task, &frame, plan->n_tasks, plan->n_threads);
  fesetenv (&environment);
}
