// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Each layer makes the columns that the next one reads: the tile's, and as many more at
// either end as the layers after it see. In memory all rows begin at the same column of
// the picture, and what a kernel makes beside these columns nobody reads.
//
// With zero padding nothing is computed beyond the picture: columns and rows there
// hold 0. With other paddings the picture goes on: rows and columns beyond it are
// computed like all others, from input rows that repeat its pixels.

#include "net.h"
#include "picture.h"

#include <string.h>

// -------------------------------------------------------------- row groups --
//
// A Winograd layer makes four rows at once (kernels.h), and its roundings depend on
// all six input rows. So that results do not depend on where a tile begins, groups
// begin at fixed rows of the picture: where each ends with the row that the next
// layer's group needs last. Layers after such a layer make as many rows at once,
// whatever they are, for then their input is there.

// The first row of the group that row y of the layer is in.
static gint64
group_begin (const PlanLayer *layer, gint64 y)
{
  const gint64 rest = (y - layer->phase) % layer->group;

  return y - rest - (rest < 0 ? layer->group : 0);
}

// The first row that each layer has to make for row y of the last one. Returns
// the first input row.
static gint64
find_first_rows (const EcbsrPlan *plan, gint64 y, gint64 *first)
{
  for (guint l = plan->model->n_layers; l-- > 0;)
    {
      first[l] = group_begin (&plan->layers[l], y);
      y = first[l] - plan->layers[l].conv.kernel_size / 2;
    }
  return y;
}

void
ecbsr_net_group_rows (EcbsrPlan *plan)
{
  const guint n_layers = plan->model->n_layers;
  guint group = 1, after = plan->radius;
  gint64 first[ECBSR_MAX_LAYERS];

  for (guint l = 0; l < n_layers; l++)
    {
      PlanLayer *layer = &plan->layers[l];
      if (layer->run_group)
        group = ECBSR_GROUP_ROWS;
      after -= layer->conv.kernel_size / 2;
      layer->group = group;
      layer->phase = after % group;
    }
  // The last layer's groups begin at row 0: its last row looks farthest up, its
  // first farthest down.
  plan->rows_above = plan->rows_below = plan->radius + group - 1;
  if (n_layers > 0)
    plan->rows_above
        = (guint) (group - 1 - find_first_rows (plan, 0, first));
  // A row near the top sees what it reads above the picture farther down.
  if (plan->model->info.padding == ECBSR_PADDING_SYMMETRIC)
    plan->rows_above = plan->rows_below
        = MAX (plan->rows_above, plan->rows_below);
}

// ----------------------------------------------------------------- columns --
//
// A layer that makes squares of pixels (kernels.h) rounds by what lies in all of a
// square. These begin at fixed columns of the picture, too, so rows in memory begin with
// one of them, and such a layer makes whole squares. Of what lies beside a square its
// outer columns alone are made.

static gint64
round_down (gint64 x, gint64 step)
{
  const gint64 rest = x % step;

  return x - rest - (rest < 0 ? step : 0);
}

// From the columns that a layer has to make to those that these are made of.
static ColumnSpan
find_read (const PlanLayer *layer, ColumnSpan made)
{
  const gint64 reach = layer->conv.kernel_size / 2, size = ECBSR_SQUARE_SIZE;
  const ColumnSpan squares = { round_down (made.begin, size),
                               round_down (made.end + size - 1, size) };

  if (!layer->square)
    return (ColumnSpan){ made.begin - reach, made.end + reach };
  return (ColumnSpan){ squares.begin - (made.begin == squares.begin ? 1 : 0),
                       squares.end + (made.end == squares.end ? 1 : 0) };
}

// What is repeated beyond the picture (repeat_columns()) has to be there.
static void
widen_to_repeated (ColumnSpan *input, gint64 width)
{
  if (input->begin < 0)
    input->end = MAX (input->end, MIN (-input->begin, width));
  if (input->end > width)
    input->begin = MIN (input->begin, MAX (2 * width - input->end, 0));
}

void
ecbsr_net_find_columns (const EcbsrPlan *plan, guint x0, guint x1,
                        NetColumns *columns)
{
  const gboolean goes_on = ecbsr_plan_goes_on (plan);
  const gint64 width = plan->config.width;
  ColumnSpan span = { x0, x1 };

  for (guint l = plan->model->n_layers; l-- > 0;)
    {
      columns->layer[l] = span;
      span = find_read (&plan->layers[l], span);
      if (!goes_on)
        span = (ColumnSpan){ MAX (span.begin, 0), MIN (span.end, width) };
    }
  if (goes_on)
    widen_to_repeated (&span, width);
  columns->input = span;
  columns->origin = round_down (span.begin, ECBSR_SQUARE_SIZE);
}

// By every place that a column may have in a square.
void
ecbsr_net_reach_columns (EcbsrPlan *plan)
{
  plan->columns_beside = 0;
  for (gint64 x = 0; x < ECBSR_SQUARE_SIZE; x++)
    {
      ColumnSpan span = { x, x + 1 };
      for (guint l = plan->model->n_layers; l-- > 0;)
        span = find_read (&plan->layers[l], span);
      plan->columns_beside
          = (guint) MAX (plan->columns_beside,
                         MAX (x - span.begin, span.end - x - 1));
    }
}

// ------------------------------------------------------------------- tiles --

// The columns of the picture that the tile reads.
static guint
first_column (const NetStream *stream)
{
  return (guint) MAX (stream->columns.input.begin, 0);
}

static guint
end_column (const NetStream *stream)
{
  return (guint) MIN (stream->columns.input.end,
                      (gint64) stream->plan->config.width);
}

// U and V for all of these.
static void
begin_chroma (NetStream *stream)
{
  const EcbsrPlan *plan = stream->plan;
  const Mapping none = { 1, 0 };
  const guint sub = plan->config.layout.component[1].w_sub;
  const guint first = first_column (stream) >> sub;
  const guint end = (end_column (stream) + (1u << sub) - 1) >> sub;

  for (guint i = 0; i < 2; i++)
    {
      ecbsr_cubic_begin (&stream->chroma[i], plan, stream->picture,
                         &stream->scratch->chroma[i], i + 1, first, end, none);
      ecbsr_cubic_set_filters (&stream->chroma[i], &plan->chroma_x,
                               &plan->chroma_y);
    }
}

void
ecbsr_net_begin (NetStream *stream, const EcbsrPlan *plan,
                 const EcbsrPicture *picture, Scratch *scratch,
                 const Tile *tile)
{
  *stream = (NetStream) {
    .plan = plan,
    .picture = picture,
    .scratch = scratch,
    .tile = *tile,
  };
  ecbsr_net_find_columns (plan, tile->x0, tile->x1, &stream->columns);
  stream->step = find_first_rows (plan, tile->y0, stream->first);
  if (ecbsr_plan_has_colors (plan) && ecbsr_plan_is_subsampled (plan))
    begin_chroma (stream);
}

// Where a column is in rows.
static guint
place_of (const NetStream *stream, gint64 x)
{
  return (guint) (x - stream->columns.origin);
}

// Input columns in rows, and any before the first.
static guint
n_columns (const NetStream *stream)
{
  return place_of (stream, stream->columns.input.end);
}

// A layer's columns in rows, from a whole granule on.
static guint
begin_of (const NetStream *stream, guint l)
{
  return place_of (stream, stream->columns.layer[l].begin) / ECBSR_GRANULE
         * ECBSR_GRANULE;
}

static guint
n_columns_of (const NetStream *stream, guint l)
{
  return place_of (stream, stream->columns.layer[l].end) - begin_of (stream, l);
}

static gfloat *
ring_row (const NetStream *stream, guint ring, gint64 y)
{
  const ScratchLayout *layout = &stream->plan->scratch_layout;
  const gint64 n = layout->n_rows[ring];
  gsize row = (gsize) ((y % n + n) % n); // groups may begin above the picture
  return stream->scratch->ring[ring]
         + row * layout->n_runs[ring] * layout->pitch;
}

// Whether the layers have any of the rows from y to `last`.
static gboolean
any_exists (const NetStream *stream, gint64 y, gint64 last)
{
  return ecbsr_plan_goes_on (stream->plan)
         || (last >= 0 && y < stream->plan->config.height);
}

static gboolean
exists (const NetStream *stream, gint64 y)
{
  return any_exists (stream, y, y);
}

// The word that stands for 0 in run `c` of ring `ring`.
static guint32
zero_word (const EcbsrPlan *plan, guint ring, guint c)
{
  if (ring == plan->model->n_layers || !plan->layers[ring].zero_words)
    return 0;
  return plan->layers[ring].zero_words[c];
}

// ECBSR_ROW_PAD words. Their number is a constant for the compiler's sake.
static void
fill_pad (gpointer pad, guint32 word)
{
  guint32 *words = pad;

  for (guint x = 0; x < ECBSR_ROW_PAD; x++)
    words[x] = word;
}

// Zeroes columns next to the n of every run of a row.
static void
clear_beside (const NetStream *stream, gfloat *row, guint ring, guint n)
{
  const EcbsrPlan *plan = stream->plan;

  for (guint c = 0; c < plan->scratch_layout.n_runs[ring]; c++)
    {
      const guint32 word = zero_word (plan, ring, c);
      gfloat *run = row + c * plan->scratch_layout.pitch;
      fill_pad (run - ECBSR_ROW_PAD, word);
      fill_pad (run + n, word);
    }
}

// A row of bytes outside the picture, as layer l reads it.
static const gfloat *
zero_bytes (const NetStream *stream, guint l)
{
  const EcbsrPlan *plan = stream->plan;
  gfloat *row = stream->scratch->byte_zeros;
  const guint n = n_columns (stream);

  for (guint c = 0; c < plan->scratch_layout.n_runs[l]; c++)
    {
      gfloat *run = row + c * plan->scratch_layout.pitch;
      for (guint x = 0; x < n; x += ECBSR_ROW_PAD)
        fill_pad (run + x, zero_word (plan, l, c));
    }
  clear_beside (stream, row, l, n);
  return row;
}

// Y as it is, U and V of every pixel, R, G and B of them.
static void
load_subsampled (NetStream *stream, guint first, guint y, guint n, gfloat *dst)
{
  const EcbsrPlan *plan = stream->plan;
  const Mapping none = { 1, 0 };
  const guint in_cell
      = first & ((1u << plan->config.layout.component[1].w_sub) - 1);
  gfloat *const *rows = stream->scratch->rgb;
  gfloat *const yuv[] = { rows[0], rows[1] + in_cell, rows[2] + in_cell };

  ecbsr_picture_load (plan, stream->picture, 0, first, y, n, none, rows[0]);
  for (guint i = 0; i < 2; i++)
    ecbsr_cubic_row (&stream->chroma[i], y, rows[i + 1]);
  ecbsr_picture_mix_colors (plan, yuv, n, dst, plan->scratch_layout.pitch);
}

// Columns `first` to `end` of row y of the picture.
static void
load (NetStream *stream, guint first, guint end, guint y, gfloat *dst)
{
  const EcbsrPlan *plan = stream->plan;
  gfloat *const *rows = stream->scratch->rgb;

  if (!ecbsr_plan_has_colors (plan))
    ecbsr_picture_load_luma (plan, stream->picture, first, y, end - first, rows,
                             dst);
  else if (ecbsr_plan_is_subsampled (plan))
    load_subsampled (stream, first, y, end - first, dst);
  else
    ecbsr_picture_load_colors (plan, stream->picture, first, y, end - first,
                               rows, dst, plan->scratch_layout.pitch);
}

// The row or column of a picture of n that number i, which may be beyond it,
// repeats.
static guint
find_repeated (const EcbsrPlan *plan, gint64 i, gint64 n)
{
  gint64 rest;

  if (i >= 0 && i < n)
    return (guint) i;
  if (plan->model->info.padding != ECBSR_PADDING_SYMMETRIC)
    return (guint) CLAMP (i, 0, n - 1);
  rest = (i % (2 * n) + 2 * n) % (2 * n); // mirrored again where it is small
  return (guint) MIN (rest, 2 * n - 1 - rest);
}

// What is repeated at either end is among the columns of the picture that are there.
static void
repeat_columns (const NetStream *stream, gfloat *run, gint64 first, gint64 end,
                gint64 left)
{
  const EcbsrPlan *plan = stream->plan;
  const gint64 width = plan->config.width, n = n_columns (stream);

  for (gint64 x = 0; x < left; x++)
    run[x] = run[left + find_repeated (plan, first + x - left, width) - first];
  for (gint64 x = left + end - first; x < n; x++)
    run[x] = run[left + find_repeated (plan, first + x - left, width) - first];
}

static void
fetch (NetStream *stream, gint64 y)
{
  const EcbsrPlan *plan = stream->plan;
  const guint row_in_picture = find_repeated (plan, y, plan->config.height);
  const guint first = first_column (stream), end = end_column (stream);
  const guint left = place_of (stream, first);
  gfloat *row = ring_row (stream, 0, y);

  load (stream, first, end, row_in_picture, row + left);
  for (guint c = 0; c < plan->scratch_layout.n_runs[0]; c++)
    repeat_columns (stream, row + c * plan->scratch_layout.pitch, first, end,
                    left);
  clear_beside (stream, row, 0, n_columns (stream));
}

// A row that layer l reads.
static const gfloat *
source_row (const NetStream *stream, guint l, gint64 y)
{
  if (exists (stream, y))
    return ring_row (stream, l, y);
  if (stream->plan->layers[l].in == ECBSR_DTYPE_U8)
    return zero_bytes (stream, l);
  return stream->scratch->zeros;
}

static void
make_row (const NetStream *stream, guint l, gint64 y)
{
  const PlanLayer *layer = &stream->plan->layers[l];
  const ScratchLayout *layout = &stream->plan->scratch_layout;
  const guint reach = layer->conv.kernel_size / 2;
  const guint begin = begin_of (stream, l), n = n_columns_of (stream, l);
  const void *src[7];
  gfloat *dst = ring_row (stream, l + 1, y) + begin;

  for (guint k = 0; k < layer->conv.kernel_size; k++)
    src[k] = source_row (stream, l, y + k - reach) + begin;
  layer->run (&layer->conv, dst, layout->pitch, src, layout->pitch, n);
  clear_beside (stream, dst, l + 1, n);
}

// Rows y … of which some may not exist: nobody reads these.
static void
make_group (const NetStream *stream, guint l, gint64 y)
{
  const PlanLayer *layer = &stream->plan->layers[l];
  const ScratchLayout *layout = &stream->plan->scratch_layout;
  const guint begin = begin_of (stream, l), n = n_columns_of (stream, l);
  const void *src[ECBSR_GROUP_ROWS + 2];
  void *dst[ECBSR_GROUP_ROWS];

  for (guint k = 0; k < G_N_ELEMENTS (src); k++)
    src[k] = source_row (stream, l, y + k - 1) + begin;
  for (guint k = 0; k < G_N_ELEMENTS (dst); k++)
    dst[k] = ring_row (stream, l + 1, y + k) + begin;
  layer->run_group (&layer->conv, dst, layout->pitch, src, layout->pitch,
                    stream->scratch->work, n);
  for (guint k = 0; k < G_N_ELEMENTS (dst); k++)
    clear_beside (stream, dst[k], l + 1, n);
}

// The group of rows that begins with row y.
static void
run_layer (const NetStream *stream, guint l, gint64 y)
{
  const PlanLayer *layer = &stream->plan->layers[l];
  const gint64 last = y + layer->group - 1;

  if (layer->run_group && any_exists (stream, y, last))
    make_group (stream, l, y);
  for (; !layer->run_group && y <= last; y++)
    if (exists (stream, y))
      make_row (stream, l, y);
}

// One row further: the input row `step` enters, and each layer makes the row
// that has just become possible, or the group of rows that has. Rows that no
// output of the tile depends on, and rows that do not exist, are left out.
static void
advance (NetStream *stream)
{
  const EcbsrPlan *plan = stream->plan;
  gint64 y = stream->step++;

  if (exists (stream, y))
    fetch (stream, y);
  for (guint l = 0; l < plan->model->n_layers; l++)
    {
      const PlanLayer *layer = &plan->layers[l];
      y -= layer->conv.kernel_size / 2;
      gint64 begin = y + 1 - layer->group;
      if (begin >= stream->first[l] && begin == group_begin (layer, y))
        run_layer (stream, l, begin);
    }
}

static void
apply_head (const EcbsrPlan *plan, gfloat *row, const gfloat *input, guint n)
{
  const EcbsrKernels *kernels = &plan->kernels;
  const guint n_sub = plan->scale * plan->scale;
  const gsize pitch = plan->scratch_layout.pitch;
  const guint n_maps = plan->model->n_maps;

  if (plan->model->head == ECBSR_HEAD_RESIDUAL)
    {
      for (guint i = 0; i < n_maps * n_sub; i++)
        kernels->head_residual_f32 (row + i * pitch, input + i / n_sub * pitch,
                                    n);
      return;
    }
  for (guint i = 0; i < n_sub; i++, row += pitch)
    switch (plan->model->head)
      {
      case ECBSR_HEAD_RESIDUAL: // done
        break;
      case ECBSR_HEAD_MAX:
        kernels->head_max_f32 (row, n_sub * pitch, n_maps, n);
        break;
      case ECBSR_HEAD_TEMPLATE:
        kernels->head_tm_f32 (row, n_sub * pitch, n_maps, n);
        break;
      case ECBSR_HEAD_TRANSFORMER:
        kernels->head_tr_f32 (row, n_sub * pitch, n_maps, n);
        break;
      case ECBSR_HEAD_SELF:
        kernels->head_cnn_f32 (row, n_sub * pitch, n_maps, n);
        break;
      }
}

// Keeps the sub-pixels of input row y near the range of the pixels around them.
static void
bound_overshoot (const NetStream *stream, gfloat *row, guint y)
{
  const EcbsrPlan *plan = stream->plan;
  const EcbsrModelInfo *info = &plan->model->info;
  const gfloat beyond
      = (gfloat) (info->overshoot * (info->white - info->black));
  const gsize pitch = plan->scratch_layout.pitch;
  const guint n = n_columns (stream), n_sub = plan->scale * plan->scale;
  gfloat *const *range = stream->scratch->range;
  const gfloat *rows[3];

  for (gint64 k = 0; k < 3; k++)
    rows[k] = ring_row (stream, 0, exists (stream, y + k - 1) ? y + k - 1 : y);
  for (guint c = 0; c < info->n_colors; c++)
    {
      plan->kernels.range_f32 (range[0], range[1], rows, beyond, n);
      for (guint i = 0; i < n_sub; i++, row += pitch)
        plan->kernels.bound_f32 (row, range[0], range[1], n);
      for (guint k = 0; k < 3; k++)
        rows[k] += pitch;
    }
}

const gfloat *
ecbsr_net_row (NetStream *stream, guint y)
{
  const EcbsrPlan *plan = stream->plan;
  const guint n_layers = plan->model->n_layers;
  const PlanLayer *last = &plan->layers[n_layers - 1];
  const gint64 end = group_begin (last, y) + last->group;
  const guint begin = begin_of (stream, n_layers - 1);
  gfloat *row = ring_row (stream, n_layers, y);

  while (stream->step < end + plan->radius)
    advance (stream);
  apply_head (plan, row + begin, ring_row (stream, 0, y) + begin,
              n_columns_of (stream, n_layers - 1));
  if (ecbsr_plan_has_overshoot (plan))
    bound_overshoot (stream, row, y);
  return row + place_of (stream, stream->tile.x0);
}

void
ecbsr_net_output_row (NetStream *stream, guint y, gfloat *dst)
{
  const EcbsrPlan *plan = stream->plan;
  const gsize pitch = plan->scratch_layout.pitch;
  const guint dy = y % plan->scale;

  if (dy == 0)
    stream->subpixels = ecbsr_net_row (stream, y / plan->scale);
  for (guint c = 0; c < plan->model->info.n_colors; c++)
    plan->kernels.shuffle_f32 (
        dst + c * plan->scratch_layout.out_pitch,
        stream->subpixels + (c * plan->scale + dy) * plan->scale * pitch, pitch,
        plan->scale, stream->tile.x1 - stream->tile.x0);
}

// ------------------------------------------------------------------ fields --
//
// The network puts its rows where those of a whole picture lie, centred on the row
// that they are made of. In the upscaled picture a field's rows lie (scale - 1)/4 of
// their distance lower (top field) or higher (bottom field), so a cubic interpolates
// between the network's. These have detail below half of what they could hold at
// most, where a cubic of neighbours loses little.

gboolean
ecbsr_field_moves (const EcbsrPlan *plan)
{
  return plan->config.field != ECBSR_FIELD_NONE && plan->scale > 1;
}

// No more than 2 output rows beyond the tile's: within one input row.
Tile
ecbsr_field_widen (const EcbsrPlan *plan, const Tile *tile)
{
  Tile wide = *tile;

  wide.y0 -= MIN (wide.y0, 1);
  wide.y1 = MIN (wide.y1 + 1, plan->config.height);
  return wide;
}

void
ecbsr_field_begin (FieldRows *rows, NetStream *net)
{
  const EcbsrPlan *plan = net->plan;
  const guint scale = plan->scale;
  gboolean top = plan->config.field == ECBSR_FIELD_TOP;
  const EcbsrCubic *quarters = &plan->quarters;
  // (scale - 1)/4 down, or as much up: 1 - (scale - 1)/4 from the row above.
  const guint phase = top ? scale - 1 : 5 - scale;

  *rows = (FieldRows){
    .net = net,
    .rows = net->scratch->shift,
    .first = quarters->first[phase] - (top ? 0 : 1),
    .tap = quarters->tap[phase],
    .n = (net->tile.x1 - net->tile.x0) * scale,
    .next = (gint64) net->tile.y0 * scale,
    .last = (gint64) plan->config.height * scale - 1,
  };
}

static const gfloat *
net_row (FieldRows *rows, gint64 y)
{
  const gint64 number = CLAMP (y, 0, rows->last);

  for (; rows->next <= number; rows->next++)
    ecbsr_net_output_row (rows->net, (guint) rows->next,
                          rows->rows[rows->next % SHIFT_ROWS]);
  return rows->rows[number % SHIFT_ROWS];
}

void
ecbsr_field_row (FieldRows *rows, guint y, gfloat *dst)
{
  const EcbsrPlan *plan = rows->net->plan;
  const gsize pitch = plan->scratch_layout.out_pitch;
  const gfloat *src[4];

  for (gint t = 0; t < 4; t++)
    src[t] = net_row (rows, (gint64) y + rows->first + t);
  for (guint c = 0; c < plan->model->info.n_colors; c++)
    {
      plan->kernels.cubic_v_f32 (dst + c * pitch, src, rows->tap, rows->n);
      for (guint t = 0; t < 4; t++)
        src[t] += pitch;
    }
}
