// SPDX-License-Identifier: LGPL-2.1-or-later

#include "plan.h"
#include "blocks.h"
#include "cpu.h"
#include "net.h"
#include "pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Strips so many bytes wide keep all rings of M4C16 within about 1 MiB of L2.
// The fewer, the less is computed twice: M4C16's receptive field overlaps by 12.
#define WIDEST_TILE 2048
// Fewer rows than this and a band does more warming up than work.
#define LOWEST_BAND 32
// What floats map from one range to another without losing a step of 8 bits.
#define LARGEST_SAMPLE 65536
#define SMALLEST_RANGE 1e-3

static gboolean
check_range (const EcbsrPlanConfig *config, GError **error)
{
  const gdouble black = config->black, white = config->white;

  if (isfinite (black) && isfinite (white) && ABS (black) <= LARGEST_SAMPLE
      && ABS (white) <= LARGEST_SAMPLE && white - black >= SMALLEST_RANGE)
    return TRUE;
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
               "black %g and white %g are no range of at least %g within ±%d",
               black, white, SMALLEST_RANGE, LARGEST_SAMPLE);
  return FALSE;
}

// The weights of R, G and B, as far as there are any.
static gboolean
check_luma (const EcbsrPlanConfig *config, gboolean colors, GError **error)
{
  const gdouble *weight = config->luma_weight;

  if ((config->layout.color != ECBSR_COLOR_RGB && !colors)
      || (weight[0] >= 0 && weight[1] >= 0 && weight[2] >= 0
          && fabs (weight[0] + weight[1] + weight[2] - 1) <= 1e-3))
    return TRUE;
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
               "luma of %g R + %g G + %g B is no average of the three",
               weight[0], weight[1], weight[2]);
  return FALSE;
}

// Beyond its cell, a sample's cubic neighbours would not be those that are read.
static gboolean
check_siting (const EcbsrPlanConfig *config, GError **error)
{
  const gdouble x = config->chroma_offset_x, y = config->chroma_offset_y;

  if (x >= 0 && x <= 1 && y >= 0 && y <= 1)
    return TRUE;
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
               "chroma at (%g, %g) of its cell is not between 0 and 1", x, y);
  return FALSE;
}

static gboolean
check_config (const EcbsrPlanConfig *config, gboolean colors, GError **error)
{
  if (config->width < 1 || config->width > ECBSR_MAX_SIZE
      || config->height < 1 || config->height > ECBSR_MAX_SIZE)
    {
      g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
                   "size %ux%u is not between 1x1 and %ux%u", config->width,
                   config->height, ECBSR_MAX_SIZE, ECBSR_MAX_SIZE);
      return FALSE;
    }
  return check_range (config, error) && check_luma (config, colors, error)
         && check_siting (config, error);
}

static void
init_mapping (EcbsrPlan *plan)
{
  const EcbsrModelInfo *info = &plan->model->info;
  gdouble black = plan->config.black;
  gdouble span = plan->config.white - black;
  gdouble scale = (info->white - info->black) / span;

  plan->to_net = plan->from_net = (Mapping) { 1, 0 };
  if (info->architecture == ECBSR_ARCHITECTURE_CUBIC)
    return; // linear: it may as well work on the samples themselves
  plan->to_net.scale = (gfloat) scale;
  plan->to_net.bias = (gfloat) (info->black - black * scale);
  plan->from_net.scale = (gfloat) (1 / scale);
  plan->from_net.bias = (gfloat) (black - info->black / scale);
}

// Granules that all layers compute in strips of this width, the overlap included, and
// those of the strips themselves.
static guint
count_granules (const EcbsrPlan *plan, guint width, guint tile)
{
  guint n = 0;

  for (guint x = 0; x < width; x += tile)
    {
      const guint end = MIN (x + tile, width);
      NetColumns columns;

      n += ecbsr_div_up (end - x, ECBSR_GRANULE);
      ecbsr_net_find_columns (plan, x, end, &columns);
      for (guint l = 0; l < plan->model->n_layers; l++)
        n += ecbsr_div_up ((guint) (columns.layer[l].end - columns.layer[l].begin),
                           ECBSR_GRANULE);
    }
  return n;
}

// Pixels, by what a channel of an inner layer takes.
static guint
widest_tile (const EcbsrPlan *plan)
{
  switch (plan->precision)
    {
    case ECBSR_PRECISION_INT8:
      return WIDEST_TILE;
    case ECBSR_PRECISION_BFLOAT16:
      return WIDEST_TILE / 2;
    default:
      return WIDEST_TILE / 4;
    }
}

// Of those with the fewest granules the fewest strips, and of these the most
// even.
static guint
best_tile_width (const EcbsrPlan *plan, guint width)
{
  const guint widest = MIN (width, widest_tile (plan));
  guint best = widest, fewest = G_MAXUINT;

  for (guint tile = widest; tile > widest / 2; tile--)
    {
      guint n = count_granules (plan, width, tile);
      gboolean as_many
          = ecbsr_div_up (width, tile) == ecbsr_div_up (width, best);
      if (n < fewest || (n == fewest && as_many))
        {
          fewest = n;
          best = tile;
        }
    }
  return best;
}

// Where the network makes chroma as well, a cell of it is not parted.
static void
set_cuts (const EcbsrPlan *plan, TileGrid *grid)
{
  const EcbsrLayout *layout = &plan->config.layout;

  grid->cut_x = grid->align;
  grid->cut_y = 1;
  if (!ecbsr_plan_has_colors (plan) || !ecbsr_plan_is_subsampled (plan)
      || plan->n_grids > 1)
    return;
  grid->cut_x = 1u << layout->component[1].w_sub;
  grid->cut_y = 1u << layout->component[1].h_sub;
}

static void
add_grid (EcbsrPlan *plan, guint p)
{
  const EcbsrPlanConfig *config = &plan->config;
  const PlanePlan *plane = &plan->plane[p];
  TileGrid *grid = &plan->grid[plan->n_grids++];

  // In a plane of 4:2:2 the first by offset may be chroma; luma sets the grid.
  grid->component = plane->kind == PLANE_YUYV ? 0 : plane->component[0];
  grid->align = plane->kind == PLANE_YUYV ? 2 : 1;
  set_cuts (plan, grid);
  grid->plane = p;
  grid->pixel_stride = config->layout.component[grid->component].pixel_stride;
  grid->width = plan->component[grid->component].width;
  grid->height = plan->component[grid->component].height;
  grid->tile_width = config->tile_width
                         ? MIN (config->tile_width, widest_tile (plan))
                         : best_tile_width (plan, grid->width);
  grid->tile_width = ecbsr_div_up (grid->tile_width, grid->cut_x) * grid->cut_x;
  grid->band_height = MIN (config->band_height, grid->height);
  if (grid->band_height == 0)
    grid->band_height
        = MAX (LOWEST_BAND, ecbsr_div_up (grid->height, plan->n_threads));
  grid->band_height
      = ecbsr_div_up (grid->band_height, grid->cut_y) * grid->cut_y;
  grid->n_columns = ecbsr_div_up (grid->width, grid->tile_width);
  grid->n_bands = ecbsr_div_up (grid->height, grid->band_height);
  if (grid == plan->grid || !ecbsr_plan_joins_planes (plan))
    plan->n_tasks += grid->n_columns * grid->n_bands;
}

static void
init_grids (EcbsrPlan *plan)
{
  guint first = plan->config.layout.component[0].plane;

  add_grid (plan, first);
  for (guint p = 0; p < plan->n_planes; p++)
    if (p != first)
      add_grid (plan, p);
}

// Runs of words in a row that the layer makes. The last block of outputs is
// stored whole.
static guint
n_runs (const PlanLayer *layer)
{
  if (layer->out == ECBSR_DTYPE_F32)
    return layer->conv.n_out;
  return ecbsr_div_up (layer->conv.n_out, 4) * 4
         / ecbsr_dtype_channels (layer->out);
}

// Floats.
static gsize
work_size (const PlanLayer *layer, const EcbsrLayer *from)
{
  if (!layer->run_group)
    return 0;
  if (layer->tile)
    return ecbsr_kernels_tile_work (layer->tile, layer->in, from->n_in,
                                    from->n_out);
  if (layer->square)
    return ecbsr_kernels_square_work (layer->conv.n_in);
  return ecbsr_kernels_wino_work (layer->in, layer->conv.n_in);
}

// From the first row that a row of chroma is made of, or that luma is at, to the last.
static guint
count_color_rows (const ChromaFilter *filter)
{
  const gint last = filter->first + (gint) filter->n - 1;

  return (guint) (MAX (last, 0) - MIN (filter->first, 0) + 1);
}

static void
init_scratch_layout (EcbsrPlan *plan)
{
  ScratchLayout *layout = &plan->scratch_layout;
  const EcbsrModel *model = plan->model;
  guint widest = 0;

  for (guint g = 0; g < plan->n_grids; g++)
    widest = MAX (widest, plan->grid[g].tile_width);
  layout->n_colors = model->info.n_colors;
  layout->n_color_rows = count_color_rows (&plan->down_y);
  widest += 2 * plan->beside_x;
  layout->pitch
      = ecbsr_div_up (widest + 2 * plan->columns_beside + ECBSR_SQUARE_SIZE - 1,
                      ECBSR_GRANULE)
            * ECBSR_GRANULE
        + 2 * ECBSR_ROW_PAD;
  layout->out_pitch
      = ecbsr_div_up (widest * plan->scale, ECBSR_GRANULE) * ECBSR_GRANULE
        + ECBSR_ROW_PAD;
  layout->sample_size = plan->sample_size;
  layout->bytes = plan->precision == ECBSR_PRECISION_INT8;
  layout->rgb = plan->config.layout.color == ECBSR_COLOR_RGB;
  layout->n_layers = model->n_layers;
  layout->n_runs[0] = model->info.n_colors;
  layout->n_rows[0] = 1;
  for (guint l = 0; l < model->n_layers; l++)
    {
      const PlanLayer *layer = &plan->layers[l];
      layout->n_rows[l] = layer->conv.kernel_size + layer->group - 1;
      layout->n_rows[l + 1] = layer->group;
      layout->n_runs[l + 1] = n_runs (layer);
      layout->n_work
          = MAX (layout->n_work, work_size (layer, &model->layers[l]));
    }
  // The residual needs the input rows that the last layer is at, what bounds the
  // overshoot those above and below as well.
  layout->has_overshoot = ecbsr_plan_has_overshoot (plan);
  layout->n_rows[0]
      = MAX (layout->n_rows[0], plan->radius + layout->n_rows[model->n_layers]
                                    + (layout->has_overshoot ? 1 : 0));
}

static gboolean
init_scratch (EcbsrPlan *plan)
{
  ecbsr_net_group_rows (plan);
  init_scratch_layout (plan);
  plan->scratch = g_try_new0 (Scratch, plan->n_threads);
  if (!plan->scratch)
    return FALSE;
  for (guint i = 0; i < plan->n_threads; i++)
    if (!ecbsr_scratch_init (&plan->scratch[i], &plan->scratch_layout))
      return FALSE;
  return TRUE;
}

static const EcbsrKernels *
kernels_here (void)
{
  static EcbsrKernels kernels;
  static gsize filled;

  if (g_once_init_enter (&filled))
    {
      ecbsr_kernels_init (&kernels, ecbsr_cpu_flags ());
      g_once_init_leave (&filled, 1);
    }
  return &kernels;
}

// What needs memory.
static gboolean
allocate (EcbsrPlan *plan)
{
  if (!ecbsr_plan_init_layers (plan))
    return FALSE;
  ecbsr_net_reach_columns (plan);
  init_grids (plan);
  // More threads than tiles would only hold scratch that nobody uses.
  plan->n_threads = MIN (plan->n_threads, plan->n_tasks);
  return init_scratch (plan) && ecbsr_blocks_init (plan);
}

static gboolean
init_plan (EcbsrPlan *plan, GError **error)
{
  const EcbsrPlanConfig *config = &plan->config;

  if (!check_config (config, ecbsr_plan_has_colors (plan), error)
      || !ecbsr_plan_init_layout (plan, error))
    return FALSE;
  plan->kernels = *kernels_here ();
  plan->n_threads = MIN (config->n_threads ? config->n_threads
                                           : ecbsr_cpu_count (),
                         ECBSR_MAX_THREADS);
  init_mapping (plan);
  if (!ecbsr_plan_init_colors (plan, error))
    return FALSE;
  if (!allocate (plan))
    {
      g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
                   "not enough memory for %ux%u on %u threads",
                   config->width, config->height, plan->n_threads);
      return FALSE;
    }
  plan->backend
      = g_strdup_printf ("%s, %s, %u thread%s", plan->kernels.isa,
                         ecbsr_precision_to_string (plan->precision),
                         plan->n_threads, plan->n_threads == 1 ? "" : "s");
  return TRUE;
}

EcbsrPlan *
ecbsr_plan_new (EcbsrModel *model, const EcbsrPlanConfig *config,
                GError **error)
{
  EcbsrPlan *plan = g_try_new0 (EcbsrPlan, 1);

  if (!plan)
    {
      g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
                   "not enough memory for a plan");
      return NULL;
    }
  plan->model = ecbsr_model_ref (model);
  plan->config = *config;
  plan->scale = model->info.scale;
  plan->radius = model->info.radius;
  if (!init_plan (plan, error))
    {
      ecbsr_plan_free (plan);
      return NULL;
    }
  ecbsr_pool_reserve (plan->n_threads);
  return plan;
}

void
ecbsr_plan_free (EcbsrPlan *plan)
{
  if (!plan)
    return;
  for (guint i = 0; plan->scratch && i < plan->n_threads; i++)
    ecbsr_scratch_clear (&plan->scratch[i]);
  g_free (plan->scratch);
  g_free (plan->layers);
  free (plan->packed);
  g_free (plan->blocks);
  g_free (plan->block_tasks);
  g_free (plan->backend);
  ecbsr_model_unref (plan->model);
  g_free (plan);
}

const gchar *
ecbsr_plan_get_backend (const EcbsrPlan *plan)
{
  return plan->backend;
}

const gchar *
ecbsr_plan_get_isa (const EcbsrPlan *plan)
{
  return plan->kernels.isa;
}

guint
ecbsr_plan_get_n_threads (const EcbsrPlan *plan)
{
  return plan->n_threads;
}

EcbsrPrecision
ecbsr_plan_get_precision (const EcbsrPlan *plan)
{
  return plan->precision;
}

EcbsrRunCounts
ecbsr_plan_get_counts (const EcbsrPlan *plan)
{
  return plan->counts;
}
