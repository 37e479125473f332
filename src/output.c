// SPDX-License-Identifier: LGPL-2.1-or-later

#include "output.h"
#include "cubic.h"
#include "net.h"
#include "picture.h"
#include "region.h"

#include <string.h>

static const Mapping identity = { 1, 0 };

// A luma tile under way. Columns are output columns of the tile.
typedef struct
{
  const Frame *frame;
  Scratch *scratch;
  Tile tile;
  guint plane;
  guint n;    // columns
  guint left; // so many of them cubic, for the comparison
  gboolean use_net, use_cubic;
  Tile area;      // where the network runs
  gboolean mixed; // not everywhere: as the regions want it
  RegionSet regions;
  NetStream net;
  FieldRows field;
  CubicStream cubic[ECBSR_MAX_COMPONENTS];
} LumaTile;

// Without regions the network runs all over the tile, with them where they are.
static void
find_area (LumaTile *t)
{
  t->area = t->tile;
  t->mixed = FALSE;
  if (!t->use_net || !t->frame->params->regions)
    return;
  ecbsr_regions_find (t->frame->plan, &t->tile, &t->regions);
  t->use_net = t->regions.n > 0;
  t->mixed = t->use_net && !t->regions.whole;
  if (t->mixed)
    t->area = t->regions.bounds;
}

static void
begin_net (LumaTile *t)
{
  const EcbsrPlan *plan = t->frame->plan;
  gboolean field = ecbsr_field_moves (plan);
  const Tile area = field ? ecbsr_field_widen (plan, &t->area) : t->area;

  ecbsr_net_begin (&t->net, plan, t->frame->in, t->scratch, &area);
  if (field)
    ecbsr_field_begin (&t->field, &t->net);
}

static void
begin_luma (LumaTile *t, const Frame *frame, const TileGrid *grid,
            const Tile *tile, gboolean network, Scratch *scratch)
{
  const EcbsrPlan *plan = frame->plan;
  const guint first = tile->x0 * plan->scale;
  const guint split = frame->params->split;
  const gfloat strength = frame->params->strength;

  t->frame = frame;
  t->scratch = scratch;
  t->tile = *tile;
  t->plane = grid->plane;
  t->n = (tile->x1 - tile->x0) * plan->scale;
  t->left = split > first ? MIN (split - first, t->n) : 0;
  t->use_net
      = network && plan->model->n_layers > 0 && strength > 0 && t->left < t->n;
  find_area (t);
  t->use_cubic = !t->use_net || strength < 1 || t->left > 0 || t->mixed;
  if (t->use_net)
    begin_net (t);
}

// A stream for component c over the tile, whose columns the component may have
// half as many of.
static void
begin_cubic (LumaTile *t, guint c, Mapping mapping)
{
  const guint sub = t->frame->plan->config.layout.component[c].w_sub;

  ecbsr_cubic_begin (&t->cubic[c], t->frame->plan, t->frame->in,
                     &t->scratch->cubic[c], c, t->tile.x0 >> sub,
                     (t->tile.x1 + sub) >> sub, mapping);
}

// What the network makes of output row y, as the network sees luma. Beyond its
// area the row holds anything.
static void
net_row (LumaTile *t, guint y, gfloat *row)
{
  gfloat *part = row + (t->area.x0 - t->tile.x0) * t->frame->plan->scale;

  if (!ecbsr_field_moves (t->frame->plan))
    ecbsr_net_output_row (&t->net, y, part);
  else
    ecbsr_field_row (&t->field, y, part);
}

// Whether the network works on output row y.
static gboolean
net_is_at (const LumaTile *t, guint y)
{
  const guint scale = t->frame->plan->scale;

  return t->use_net && y >= t->area.y0 * scale && y < t->area.y1 * scale;
}

// The network's row fades into the cubic one as the regions want it.
static void
fade_row (const LumaTile *t, guint y, gfloat *row, const gfloat *base)
{
  const guint scale = t->frame->plan->scale;
  gfloat *weight = t->scratch->weight;

  ecbsr_regions_weigh (&t->regions, scale, t->tile.x0 * scale, y, t->n, weight);
  ecbsr_regions_fade (row, base, weight, t->n);
}

// Output row y of Y: network, cubic, or both.
static const gfloat *
luma_row (LumaTile *t, guint y)
{
  const EcbsrKernels *kernels = &t->frame->plan->kernels;
  const gfloat strength = t->frame->params->strength;
  gfloat *row = t->scratch->row;
  gfloat *base = t->scratch->base;

  if (t->use_cubic)
    ecbsr_cubic_row (&t->cubic[0], y, base);
  if (!net_is_at (t, y))
    return base;
  net_row (t, y, row);
  memcpy (row, base, t->left * sizeof (gfloat));
  if (strength < 1)
    kernels->mix_f32 (row + t->left, base + t->left, strength,
                      t->n - t->left);
  if (t->mixed)
    fade_row (t, y, row, base);
  return row;
}

static void
finish_plain (LumaTile *t, guint y)
{
  const EcbsrPlan *plan = t->frame->plan;

  ecbsr_picture_store (plan, t->frame->out, t->plane,
                       t->tile.x0 * plan->scale, y, t->n, plan->from_net,
                       luma_row (t, y));
}

// After n rounded samples. An odd row of pairs ends in half a pair, whose second
// luma sample nobody sees.
static void
repeat_last (const EcbsrPlan *plan, guint8 *row, guint n)
{
  const gsize size = plan->sample_size;

  memcpy (row + n * size, row + (n - 1) * size, size);
}

// Interleaves Y with U and V.
static void
finish_yuyv (LumaTile *t, guint y)
{
  const EcbsrPlan *plan = t->frame->plan;
  const EcbsrLayout *layout = &plan->config.layout;
  const guint n_pairs = (t->n + 1) / 2;
  guint8 *const *samples = t->scratch->samples;
  gconstpointer chroma[2], all[2];
  guint8 *out = ecbsr_picture_at (t->frame->out, t->plane,
                                  t->tile.x0 * plan->scale, y,
                                  2 * plan->sample_size);
  gboolean luma_first = layout->component[0].offset == 0;
  gboolean u_first
      = layout->component[1].offset < layout->component[2].offset;

  ecbsr_picture_round (plan, samples[0], plan->from_net,
                       luma_row (t, y), t->n);
  repeat_last (plan, samples[0], t->n);
  for (guint c = 1; c < 3; c++)
    {
      ecbsr_cubic_row (&t->cubic[c], y, t->scratch->value[c]);
      ecbsr_picture_round (plan, samples[c], identity, t->scratch->value[c],
                           n_pairs);
    }
  chroma[0] = samples[u_first ? 1 : 2];
  chroma[1] = samples[u_first ? 2 : 1];
  ecbsr_picture_merge (plan, samples[4], chroma, 2, n_pairs);
  all[0] = samples[luma_first ? 0 : 4];
  all[1] = samples[luma_first ? 4 : 0];
  ecbsr_picture_merge (plan, out, all, 2, 2 * n_pairs);
}

// R, G, B upscaled cubically, and what the network adds to the cubic upscale of
// their luma added to each. Cubic and luma are both linear, so that the luma of
// the upscaled is the upscaled luma.
static void
correct_rgb (LumaTile *t, guint y)
{
  const EcbsrPlan *plan = t->frame->plan;
  const EcbsrKernels *kernels = &plan->kernels;
  gfloat *const *value = t->scratch->value;
  gfloat *row = t->scratch->row;
  gfloat *base = t->scratch->base;
  gfloat weight[3];

  for (guint c = 0; c < 3; c++)
    weight[c] = (gfloat) plan->config.luma_weight[c];
  kernels->luma_f32 (base, (const gfloat *const *) value, weight, 0, t->n);
  net_row (t, y, row);
  kernels->affine_f32 (row, row, plan->from_net.scale, plan->from_net.bias,
                       t->n);
  if (t->mixed)
    fade_row (t, y, row, base);
  for (guint c = 0; c < 3; c++)
    kernels->correct_f32 (value[c] + t->left, row + t->left, base + t->left,
                          t->frame->params->strength, t->n - t->left);
}

// The components of output row y from `first` on: cubic, with the network's correction
// of R, G and B.
static void
make_values (LumaTile *t, guint first, guint y)
{
  const EcbsrLayout *layout = &t->frame->plan->config.layout;

  for (guint c = first; c < layout->n_components; c++)
    ecbsr_cubic_row (&t->cubic[c], y, t->scratch->value[c]);
  if (layout->color == ECBSR_COLOR_RGB && net_is_at (t, y))
    correct_rgb (t, y);
}

// Makes the samples of output row y, of which the network makes Y by itself.
static void
round_packed (LumaTile *t, guint y)
{
  const EcbsrPlan *plan = t->frame->plan;
  const guint n = plan->config.layout.n_components;
  const guint first = plan->config.layout.color == ECBSR_COLOR_RGB ? 0 : 1;

  make_values (t, first, y);
  if (first == 1)
    ecbsr_picture_round (plan, t->scratch->samples[0], plan->from_net,
                         luma_row (t, y), t->n);
  for (guint c = first; c < n; c++)
    ecbsr_picture_round (plan, t->scratch->samples[c], identity,
                         t->scratch->value[c], t->n);
}

static void
finish_packed (LumaTile *t, guint y)
{
  const EcbsrPlan *plan = t->frame->plan;
  const EcbsrLayout *layout = &plan->config.layout;
  const guint pixel_stride = layout->component[0].pixel_stride;
  const guint k = pixel_stride / plan->sample_size;
  gconstpointer ordered[4] = { NULL };

  round_packed (t, y);
  for (guint c = 0; c < layout->n_components; c++)
    ordered[layout->component[c].offset / plan->sample_size]
        = t->scratch->samples[c];
  for (guint i = 0; i < k; i++)
    if (!ordered[i]) // the unused one; samples[3] was made opaque
      ordered[i] = t->scratch->samples[3];
  ecbsr_picture_merge (plan,
                       ecbsr_picture_at (t->frame->out, t->plane,
                                         t->tile.x0 * plan->scale, y,
                                         pixel_stride),
                       ordered, k, t->n);
}

// Planes of R, G, B and alpha.
static void
finish_planar_rgb (LumaTile *t, guint y)
{
  const EcbsrPlan *plan = t->frame->plan;
  const EcbsrLayout *layout = &plan->config.layout;

  make_values (t, 0, y);
  for (guint c = 0; c < layout->n_components; c++)
    ecbsr_picture_store (plan, t->frame->out, layout->component[c].plane,
                         t->tile.x0 * plan->scale, y, t->n, identity,
                         t->scratch->value[c]);
}

static void
begin_components (LumaTile *t, PlaneKind kind)
{
  const EcbsrPlan *plan = t->frame->plan;
  const guint n = plan->config.layout.n_components;
  gboolean rgb = plan->config.layout.color == ECBSR_COLOR_RGB;

  if (rgb || t->use_cubic)
    begin_cubic (t, 0, rgb ? identity : plan->to_net);
  for (guint c = 1; (rgb || kind != PLANE_PLAIN) && c < n; c++)
    begin_cubic (t, c, identity);
  if (kind == PLANE_QUAD && n == 3)
    memset (t->scratch->samples[3], 0xff, t->n * plan->sample_size);
}

static void
finish_row (LumaTile *t, PlaneKind kind, guint y)
{
  if (kind == PLANE_PLAIN
      && t->frame->plan->config.layout.color == ECBSR_COLOR_RGB)
    finish_planar_rgb (t, y);
  else if (kind == PLANE_PLAIN)
    finish_plain (t, y);
  else if (kind == PLANE_YUYV)
    finish_yuyv (t, y);
  else
    finish_packed (t, y);
}

void
ecbsr_output_luma_tile (const Frame *frame, const TileGrid *grid,
                        const Tile *tile, gboolean network, Scratch *scratch)
{
  const guint scale = frame->plan->scale;
  const PlaneKind kind = frame->plan->plane[grid->plane].kind;
  LumaTile t;

  begin_luma (&t, frame, grid, tile, network, scratch);
  begin_components (&t, kind);
  for (guint y = tile->y0 * scale; y < tile->y1 * scale; y++)
    finish_row (&t, kind, y);
}

// Writes n samples of each of a plane's components, from `value`.
static void
store_plane (const Frame *frame, guint p, guint x, guint y, guint n,
             Scratch *scratch)
{
  const EcbsrPlan *plan = frame->plan;
  gconstpointer ordered[2] = { scratch->samples[0], scratch->samples[1] };

  if (plan->plane[p].kind == PLANE_PLAIN)
    {
      ecbsr_picture_store (plan, frame->out, p, x, y, n, identity,
                           scratch->value[0]);
      return;
    }
  for (guint i = 0; i < 2; i++)
    ecbsr_picture_round (plan, scratch->samples[i], identity,
                         scratch->value[i], n);
  ecbsr_picture_merge (
      plan, ecbsr_picture_at (frame->out, p, x, y, 2 * plan->sample_size),
      ordered, 2, n);
}

void
ecbsr_output_chroma_tile (const Frame *frame, const TileGrid *grid,
                          const Tile *tile, Scratch *scratch)
{
  const EcbsrPlan *plan = frame->plan;
  const PlanePlan *plane = &plan->plane[grid->plane];
  const ComponentPlan *size = &plan->component[plane->component[0]];
  const guint x = tile->x0 * plan->scale;
  const guint n = MIN (tile->x1 * plan->scale, size->out_width) - x;
  const guint end = MIN (tile->y1 * plan->scale, size->out_height);
  CubicStream stream[2];

  for (guint i = 0; i < plane->n_components; i++)
    ecbsr_cubic_begin (&stream[i], plan, frame->in, &scratch->cubic[i],
                       plane->component[i], tile->x0, tile->x1, identity);
  for (guint y = tile->y0 * plan->scale; y < end; y++)
    {
      for (guint i = 0; i < plane->n_components; i++)
        ecbsr_cubic_row (&stream[i], y, scratch->value[i]);
      store_plane (frame, grid->plane, x, y, n, scratch);
    }
}
