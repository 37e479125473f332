// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Tiles of networks of three colours: what they make goes to all planes. Rows come
// out as R, G and B, become components of every pixel, and U and V of fewer samples
// are made of those by a cubic as wide as their cells, or a mean. The cubic upscale,
// where some of it is wanted, is that of the components as they came.

#include "output.h"
#include "cubic.h"
#include "net.h"
#include "picture.h"
#include "region.h"

#include <string.h>

static const Mapping identity = { 1, 0 };

// A tile under way.
typedef struct
{
  const Frame *frame;
  Scratch *scratch;
  Tile tile;
  gboolean use_net, use_cubic;
  gboolean mixed; // the network not everywhere: as the regions want it
  Tile area;      // where its results are shown: whole cells of chroma
  Tile wide;      // where it runs: what these are made of
  RegionSet regions;
  NetStream net;
  FieldRows field;
  gint64 next; // output row of the network
  CubicStream cubic[ECBSR_MAX_COMPONENTS];
} ColorTile;

// ------------------------------------------------------------- geometry --

static guint
w_sub_of (const EcbsrPlan *plan, guint c)
{
  return plan->config.layout.component[c].w_sub;
}

static guint
h_sub_of (const EcbsrPlan *plan, guint c)
{
  return plan->config.layout.component[c].h_sub;
}

// How far `to` pixels are in samples of a component that has one of 1 << sub.
static guint
up (guint to, guint sub)
{
  return (to + (1u << sub) - 1) >> sub;
}

// Columns of component c that the tile makes.
static guint
count_columns (const ColorTile *t, guint c)
{
  const EcbsrPlan *plan = t->frame->plan;
  const guint sub = w_sub_of (plan, c);

  return MIN (up (t->tile.x1 * plan->scale, sub), plan->component[c].out_width)
         - (t->tile.x0 * plan->scale >> sub);
}

// Alpha is no matter of the network's.
static gboolean
is_color (const EcbsrPlan *plan, guint c)
{
  return c < 3 && c < plan->config.layout.n_components;
}

static guint
cell_down (guint x, guint cell)
{
  return x / cell * cell;
}

static guint
cell_up (guint x, guint cell, guint end)
{
  return MIN (ecbsr_div_up (x, cell) * cell, end);
}

// Where the regions want the network, in whole cells.
static void
find_area (ColorTile *t)
{
  const TileGrid *grid = &t->frame->plan->grid[0];

  t->area = t->tile;
  t->mixed = FALSE;
  if (!t->use_net || !t->frame->params->regions)
    return;
  ecbsr_regions_find (t->frame->plan, &t->tile, &t->regions);
  t->use_net = t->regions.n > 0;
  t->mixed = t->use_net && !t->regions.whole;
  if (!t->mixed)
    return;
  t->area.x0 = cell_down (t->regions.bounds.x0, grid->cut_x);
  t->area.y0 = cell_down (t->regions.bounds.y0, grid->cut_y);
  t->area.x1 = cell_up (t->regions.bounds.x1, grid->cut_x, t->tile.x1);
  t->area.y1 = cell_up (t->regions.bounds.y1, grid->cut_y, t->tile.y1);
}

static Tile
widen (const EcbsrPlan *plan, const Tile *area)
{
  return (Tile){
    .x0 = area->x0 - MIN (area->x0, plan->beside_x),
    .x1 = MIN (area->x1 + plan->beside_x, plan->config.width),
    .y0 = area->y0 - MIN (area->y0, plan->beside_y),
    .y1 = MIN (area->y1 + plan->beside_y, plan->config.height),
  };
}

static void
begin_net (ColorTile *t)
{
  const EcbsrPlan *plan = t->frame->plan;
  Tile read;

  t->wide = widen (plan, &t->area);
  t->next = (gint64) t->wide.y0 * plan->scale;
  read = ecbsr_field_moves (plan) ? ecbsr_field_widen (plan, &t->wide) : t->wide;
  ecbsr_net_begin (&t->net, plan, t->frame->in, t->scratch, &read);
  if (ecbsr_field_moves (plan))
    ecbsr_field_begin (&t->field, &t->net);
}

// Output columns of the tile left of the comparison's line.
static guint
count_left (const ColorTile *t)
{
  const guint scale = t->frame->plan->scale;
  const guint first = t->tile.x0 * scale, split = t->frame->params->split;

  return split > first
             ? MIN (split - first, (t->tile.x1 - t->tile.x0) * scale)
             : 0;
}

static void
begin_cubic (ColorTile *t, guint c)
{
  const guint sub = w_sub_of (t->frame->plan, c);

  ecbsr_cubic_begin (&t->cubic[c], t->frame->plan, t->frame->in,
                     &t->scratch->cubic[c], c, t->tile.x0 >> sub,
                     up (t->tile.x1, sub), identity);
}

static void
begin (ColorTile *t, const Frame *frame, const Tile *tile, gboolean network,
       Scratch *scratch)
{
  const EcbsrPlan *plan = frame->plan;
  const gfloat strength = frame->params->strength;
  const guint n = (tile->x1 - tile->x0) * plan->scale;
  guint left;

  t->frame = frame;
  t->scratch = scratch;
  t->tile = *tile;
  left = count_left (t);
  t->use_net = network && strength > 0 && left < n;
  find_area (t);
  t->use_cubic = !t->use_net || strength < 1 || left > 0 || t->mixed;
  if (t->use_net)
    begin_net (t);
  for (guint c = 0; c < plan->config.layout.n_components; c++)
    if (t->use_cubic || !is_color (plan, c))
      begin_cubic (t, c);
}

// ----------------------------------------------------------- components --

static gfloat *
color_row (const ColorTile *t, gint64 y, guint c)
{
  return t->scratch->color[y % t->frame->plan->scratch_layout.n_color_rows]
         + c * t->frame->plan->scratch_layout.out_pitch;
}

// Components of every pixel of the network's next row, as samples.
static void
make_row (ColorTile *t)
{
  const EcbsrPlan *plan = t->frame->plan;
  const EcbsrLayout *layout = &plan->config.layout;
  const gsize pitch = plan->scratch_layout.out_pitch;
  const guint n = (t->wide.x1 - t->wide.x0) * plan->scale;
  const gint64 y = t->next++;
  gfloat *row = t->scratch->row;
  const gfloat *const rgb[] = { row, row + pitch, row + 2 * pitch };

  if (ecbsr_field_moves (plan))
    ecbsr_field_row (&t->field, (guint) y, row);
  else
    ecbsr_net_output_row (&t->net, (guint) y, row);
  for (guint c = 0; is_color (plan, c); c++)
    if (layout->color == ECBSR_COLOR_RGB)
      plan->kernels.affine_f32 (color_row (t, y, c), rgb[c],
                                plan->from_net.scale, plan->from_net.bias, n);
    else
      plan->kernels.luma_f32 (color_row (t, y, c), rgb,
                              plan->yuv_from_net.weight[c],
                              plan->yuv_from_net.bias[c], n);
}

// Row y of component c where every pixel has one; beyond the picture its outermost
// row. Rows come in ascending order but for the last n_color_rows.
static const gfloat *
get_row (ColorTile *t, gint64 y, guint c)
{
  const gint64 last = (gint64) t->frame->plan->config.height
                          * t->frame->plan->scale
                      - 1;

  y = CLAMP (y, 0, last);
  while (t->next <= y)
    make_row (t);
  return color_row (t, y, c);
}

// dst = Σ tap[k] · rows[k], four at a time; n floats. rows has CHROMA_TAPS.
static void
sum_rows (const ColorTile *t, const ChromaFilter *filter, const gfloat *const *rows,
          guint n, gfloat *dst)
{
  const EcbsrKernels *kernels = &t->frame->plan->kernels;
  gfloat *const *sum = t->scratch->sum;
  guint i = 0;

  kernels->cubic_v_f32 (filter->n > 4 ? sum[0] : dst, rows, filter->tap, n);
  for (guint k = 4; k < filter->n; k += 3, i = !i)
    {
      const gfloat *const four[] = { sum[i], rows[k], rows[k + 1], rows[k + 2] };
      const gfloat tap[]
          = { 1, filter->tap[k], filter->tap[k + 1], filter->tap[k + 2] };

      kernels->cubic_v_f32 (k + 3 < filter->n ? sum[!i] : dst, four, tap, n);
    }
}

// Row j of a component of fewer samples, of as many columns as there are pixels. Beyond
// the picture goes on its outermost column, as far as taps reach.
static const gfloat *
join_rows (ColorTile *t, guint c, guint j)
{
  const EcbsrPlan *plan = t->frame->plan;
  const ChromaFilter *filter = &plan->down_y;
  const guint n = (t->wide.x1 - t->wide.x0) * plan->scale;
  const gint64 first = (gint64) j * filter->size + filter->first;
  const gfloat *rows[CHROMA_TAPS];
  gfloat *joined = t->scratch->joined;

  for (guint k = 0; k < CHROMA_TAPS; k++)
    rows[k] = get_row (t, first + MIN (k, filter->n - 1), c);
  sum_rows (t, filter, rows, n, joined);
  for (guint x = 0; x < ECBSR_ROW_PAD; x++)
    {
      joined[-1 - (gint) x] = joined[0];
      joined[n + x] = joined[n - 1];
    }
  return joined;
}

// part[d][i] = row[size · i + d].
static inline void
part_columns (gfloat *const *part, const gfloat *row, guint size, guint n)
{
  for (guint d = 0; d < size; d++)
    for (guint i = 0; i < n; i++)
      part[d][i] = row[size * i + d];
}

// The samples of the area, dst being the tile's first.
static void
join_columns (const ColorTile *t, guint c, const gfloat *row, gfloat *dst)
{
  const EcbsrPlan *plan = t->frame->plan;
  const ChromaFilter *filter = &plan->down_x;
  const guint size = filter->size, scale = plan->scale;
  const guint from = t->area.x0 * scale / size;
  const guint to = MIN (ecbsr_div_up (t->area.x1 * scale, size),
                        plan->component[c].out_width);
  const guint n = to - from, n_parts = n + (filter->n - 1) / size;
  const gfloat *first
      = row + ((gint) (from * size) + filter->first - (gint) (t->wide.x0 * scale));
  const gfloat *rows[CHROMA_TAPS];
  gfloat *const *part = t->scratch->part;

  if (size == 2) // constant: the compiler takes vectors
    part_columns (part, first, 2, n_parts);
  else
    part_columns (part, first, size, n_parts);
  for (guint k = 0; k < CHROMA_TAPS; k++)
    {
      const guint tap = MIN (k, filter->n - 1);
      rows[k] = part[tap % size] + tap / size;
    }
  sum_rows (t, filter, rows, n, dst + (from - t->tile.x0 * scale / size));
}

// What the network makes of row j of component c; beyond its area the row holds
// anything.
static void
net_row (ColorTile *t, guint c, guint j, gfloat *dst)
{
  const EcbsrPlan *plan = t->frame->plan;
  const guint scale = plan->scale;

  if (c > 0 && plan->joins_chroma)
    join_columns (t, c, join_rows (t, c, j), dst);
  else
    memcpy (dst + (t->area.x0 - t->tile.x0) * scale,
            get_row (t, j, c) + (t->area.x0 - t->wide.x0) * scale,
            (t->area.x1 - t->area.x0) * scale * sizeof (gfloat));
}

// Whether it works on row j of component c.
static gboolean
net_is_at (const ColorTile *t, guint c, guint j)
{
  const guint scale = t->frame->plan->scale;
  const guint y = j << h_sub_of (t->frame->plan, c);

  return t->use_net && is_color (t->frame->plan, c) && y >= t->area.y0 * scale
         && y < t->area.y1 * scale;
}

// ---------------------------------------------------------------- blend --

// A sample that several pixels share is wanted as much as any of them.
static void
raise_weights (gfloat *weight, const gfloat *other, guint n)
{
  for (guint i = 0; i < n; i++)
    weight[i] = MAX (weight[i], other[i]);
}

static void
weigh (const ColorTile *t, guint c, guint j)
{
  const EcbsrPlan *plan = t->frame->plan;
  const guint scale = plan->scale, w_sub = w_sub_of (plan, c);
  const guint first = j << h_sub_of (plan, c), n_rows = 1u << h_sub_of (plan, c);
  const guint n = (t->tile.x1 - t->tile.x0) * scale;
  gfloat *weight = t->scratch->weight, *other = t->scratch->joined;

  ecbsr_regions_weigh (&t->regions, scale, t->tile.x0 * scale, first, n, weight);
  for (guint i = 1; i < n_rows; i++)
    {
      ecbsr_regions_weigh (&t->regions, scale, t->tile.x0 * scale, first + i, n,
                           other);
      raise_weights (weight, other, n);
    }
  for (guint x = 0; w_sub > 0 && x < n; x++)
    {
      const gfloat here = weight[x];
      const gboolean fresh = (x & ((1u << w_sub) - 1)) == 0;

      weight[x >> w_sub] = fresh ? here : MAX (weight[x >> w_sub], here);
    }
}

// Row j of component c: network, cubic, or both.
static const gfloat *
component_row (ColorTile *t, guint c, guint j)
{
  const EcbsrPlan *plan = t->frame->plan;
  const gfloat strength = t->frame->params->strength;
  const guint n = count_columns (t, c);
  const guint left = MIN (count_left (t) >> w_sub_of (plan, c), n);
  gfloat *row = t->scratch->value[c], *base = t->scratch->base;

  if (!net_is_at (t, c, j))
    {
      ecbsr_cubic_row (&t->cubic[c], j, row);
      return row;
    }
  net_row (t, c, j, row);
  if (!t->use_cubic)
    return row;
  ecbsr_cubic_row (&t->cubic[c], j, base);
  memcpy (row, base, left * sizeof *row);
  if (strength < 1)
    plan->kernels.mix_f32 (row + left, base + left, strength, n - left);
  if (t->mixed)
    {
      weigh (t, c, j);
      ecbsr_regions_fade (row, base, t->scratch->weight, n);
    }
  return row;
}

// --------------------------------------------------------------- planes --

// The samples of row j of component c.
static void
round_component (ColorTile *t, guint c, guint j)
{
  ecbsr_picture_round (t->frame->plan, t->scratch->samples[c], identity,
                       component_row (t, c, j), count_columns (t, c));
}

// After n rounded samples: an odd row of pairs ends in half a pair.
static void
repeat_last (const EcbsrPlan *plan, guint8 *row, guint n)
{
  const gsize size = plan->sample_size;

  memcpy (row + n * size, row + (n - 1) * size, size);
}

static void
finish_yuyv (ColorTile *t, guint p, guint y)
{
  const EcbsrPlan *plan = t->frame->plan;
  const EcbsrLayout *layout = &plan->config.layout;
  guint8 *const *samples = t->scratch->samples;
  const guint n = count_columns (t, 0), n_pairs = (n + 1) / 2;
  const guint u = layout->component[1].offset < layout->component[2].offset ? 1 : 2;
  const gboolean luma_first = layout->component[0].offset == 0;
  gconstpointer chroma[2], all[2];

  for (guint c = 0; c < 3; c++)
    round_component (t, c, y);
  repeat_last (plan, samples[0], n);
  chroma[0] = samples[u];
  chroma[1] = samples[3 - u];
  ecbsr_picture_merge (plan, samples[4], chroma, 2, n_pairs);
  all[0] = samples[luma_first ? 0 : 4];
  all[1] = samples[luma_first ? 4 : 0];
  ecbsr_picture_merge (plan,
                       ecbsr_picture_at (t->frame->out, p, t->tile.x0 * plan->scale,
                                         y, 2 * plan->sample_size),
                       all, 2, 2 * n_pairs);
}

// Row j of a plane whose components have a sample each in every pixel of it.
static void
finish_merged (ColorTile *t, guint p, guint j)
{
  const EcbsrPlan *plan = t->frame->plan;
  const EcbsrLayout *layout = &plan->config.layout;
  const PlanePlan *plane = &plan->plane[p];
  const guint c0 = plane->component[0];
  const guint pixel_stride = layout->component[c0].pixel_stride;
  const guint k = pixel_stride / plan->sample_size;
  const guint n = count_columns (t, c0);
  gconstpointer ordered[4] = { NULL };

  for (guint i = 0; i < plane->n_components; i++)
    {
      const guint c = plane->component[i];
      round_component (t, c, j);
      ordered[layout->component[c].offset / plan->sample_size]
          = t->scratch->samples[c];
    }
  for (guint i = 0; i < k; i++)
    if (!ordered[i]) // the unused one
      ordered[i] = memset (t->scratch->samples[3], 0xff, n * plan->sample_size);
  ecbsr_picture_merge (
      plan,
      ecbsr_picture_at (t->frame->out, p,
                        t->tile.x0 * plan->scale >> w_sub_of (plan, c0), j,
                        pixel_stride),
      ordered, k, n);
}

static void
finish_plain (ColorTile *t, guint p, guint j)
{
  const EcbsrPlan *plan = t->frame->plan;
  const guint c = plan->plane[p].component[0];

  ecbsr_picture_store (plan, t->frame->out, p,
                       t->tile.x0 * plan->scale >> w_sub_of (plan, c), j,
                       count_columns (t, c), identity, component_row (t, c, j));
}

// What output row y begins of plane p.
static void
finish_plane (ColorTile *t, guint p, guint y)
{
  const EcbsrPlan *plan = t->frame->plan;
  const guint c = plan->plane[p].component[0];
  const guint sub = plan->plane[p].kind == PLANE_YUYV ? 0 : h_sub_of (plan, c);
  const guint j = y >> sub;

  if (j << sub != y || j >= plan->component[c].out_height)
    return;
  if (plan->plane[p].kind == PLANE_PLAIN)
    finish_plain (t, p, j);
  else if (plan->plane[p].kind == PLANE_YUYV)
    finish_yuyv (t, p, j);
  else
    finish_merged (t, p, j);
}

void
ecbsr_output_color_tile (const Frame *frame, const Tile *tile, gboolean network,
                         Scratch *scratch)
{
  const EcbsrPlan *plan = frame->plan;
  ColorTile t;

  begin (&t, frame, tile, network, scratch);
  for (guint y = tile->y0 * plan->scale; y < tile->y1 * plan->scale; y++)
    for (guint p = 0; p < plan->n_planes; p++)
      finish_plane (&t, p, y);
}
