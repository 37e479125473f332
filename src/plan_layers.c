// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A model's layers in the precision that is to run: kernels, packed weights.

#include "arena.h"
#include "plan.h"
#include "precision.h"
#include "tiles.h"

#include <math.h>
#include <string.h>

// From so many input channels on, Winograd makes a layer at least 1.16
// times faster on every ISA (tests/kernels/checkkernels --bench).
#define FEWEST_GROUP_INPUTS 3
// And from so many inputs and outputs on over columns as well.
#define FEWEST_SQUARE_CHANNELS 12
// Of bfloat16 so many, for precision: with roundings of few channels more of
// what they say is lost. models/train/int8.py has the same.
#define FEWEST_GROUP_INPUTS_BF16 8
// And with fewer than so many a layer reads float32 instead: eSR-CNN's last
// layer of three, one of which is the picture's brightness, would lose 0.02 dB,
// and is as fast.
#define FEWEST_INPUTS_BF16 4

// What layer l reads, where it is not the first.
static EcbsrDtype
inner_type (const EcbsrPlan *plan, guint l)
{
  if (plan->precision == ECBSR_PRECISION_BFLOAT16
      && plan->model->layers[l].n_in < FEWEST_INPUTS_BF16)
    return ECBSR_DTYPE_F32;
  return ecbsr_precision_to_dtype (plan->precision);
}

// --------------------------------------------------------------- kernels --

static EcbsrCurve
curve_of (EcbsrActivation activation)
{
  if (activation == ECBSR_ACTIVATION_TANH)
    return ECBSR_CURVE_TANH;
  return activation == ECBSR_ACTIVATION_SOFTPLUS ? ECBSR_CURVE_SOFTPLUS
                                                 : ECBSR_CURVE_SLOPE;
}

// Whether it may be one of those that kernels make rows of in groups.
static gboolean
fits_groups (const EcbsrLayer *layer)
{
  return layer->kernel_size == 3
         && curve_of (layer->activation) == ECBSR_CURVE_SLOPE;
}

// And whether over columns as well.
static gboolean
pays_in_squares (const PlanLayer *packed, const EcbsrLayer *layer)
{
  return packed->in == ECBSR_DTYPE_F32 && packed->out == ECBSR_DTYPE_F32
         && layer->n_in >= FEWEST_SQUARE_CHANNELS
         && layer->n_out >= FEWEST_SQUARE_CHANNELS;
}

// Whether Winograd, where there is such a kernel, saves more than it costs.
static gboolean
pays_in_groups (const PlanLayer *packed, const EcbsrLayer *layer)
{
  const guint fewest = packed->in == ECBSR_DTYPE_F32 ? FEWEST_GROUP_INPUTS
                                                     : FEWEST_GROUP_INPUTS_BF16;

  return layer->n_in >= fewest;
}

static void
choose_group_kernel (EcbsrPlan *plan, PlanLayer *layer, const EcbsrLayer *from)
{
  const EcbsrKernels *tiles;

  if (pays_in_groups (layer, from))
    layer->run_group
        = ecbsr_kernels_find_wino (&plan->kernels, layer->in, layer->out);
  layer->square = pays_in_squares (layer, from);
  if (layer->square)
    layer->run_group = plan->kernels.square3x3_f32_f32;
  tiles = ecbsr_tiles_choose (layer, from);
  if (!tiles)
    return;
  layer->run_group = ecbsr_kernels_find_tile (tiles, layer->in, layer->out);
  layer->tile = tiles->tile;
  plan->kernels.isa = tiles->isa;
}

static void
choose_kernels (EcbsrPlan *plan)
{
  const guint last = plan->model->n_layers - 1;

  for (guint l = 0; l <= last; l++)
    {
      PlanLayer *layer = &plan->layers[l];
      const EcbsrLayer *from = &plan->model->layers[l];

      layer->in = l == 0 ? ECBSR_DTYPE_F32 : inner_type (plan, l);
      layer->out = l == last ? ECBSR_DTYPE_F32 : inner_type (plan, l + 1);
      layer->run = ecbsr_kernels_find_conv (&plan->kernels, layer->in,
                                            layer->out, from->kernel_size);
      if (fits_groups (from))
        choose_group_kernel (plan, layer, from);
    }
}

// --------------------------------------------------------------- packing --

static gfloat
slope_of (const EcbsrLayer *layer, guint o)
{
  switch (layer->activation)
    {
    case ECBSR_ACTIVATION_PRELU:
      return layer->slope[o];
    case ECBSR_ACTIVATION_RELU:
    case ECBSR_ACTIVATION_RRELU:
      return 0;
    default:
      return 1;
    }
}

static gpointer
take_words (Arena *arena, gsize n)
{
  return ecbsr_arena_take (arena, n * sizeof (guint32));
}

// What a layer's convolution points to, but the weights.
typedef struct
{
  gfloat *bias, *slope, *minimum, *maximum, *multiplier, *zero, *knee;
  gint32 *offset, *signed_offset;
  guint32 *least_byte, *greatest_byte, *zero_words;
} LayerArrays;

static LayerArrays
take_arrays (const EcbsrPlan *plan, guint l, Arena *arena)
{
  const EcbsrLayer *layer = &plan->model->layers[l];
  const guint n_padded = ecbsr_kernels_padded_outputs (layer->n_out);
  const gboolean reads = plan->layers[l].in == ECBSR_DTYPE_U8;
  const gboolean writes = plan->layers[l].out == ECBSR_DTYPE_U8;

  return (LayerArrays){
    .bias = take_words (arena, n_padded),
    .slope = take_words (arena, n_padded),
    .minimum = writes ? NULL : take_words (arena, n_padded),
    .maximum = writes ? NULL : take_words (arena, n_padded),
    .multiplier = reads ? take_words (arena, n_padded) : NULL,
    .offset = reads ? take_words (arena, n_padded) : NULL,
    .signed_offset = reads ? take_words (arena, n_padded) : NULL,
    .zero = writes ? take_words (arena, n_padded) : NULL,
    .knee = writes ? take_words (arena, n_padded) : NULL,
    .least_byte = writes ? take_words (arena, n_padded / 4) : NULL,
    .greatest_byte = writes ? take_words (arena, n_padded / 4) : NULL,
    .zero_words = reads ? take_words (arena, (layer->n_in + 3) / 4) : NULL,
  };
}

// The byte that stands for 0 in channel i of what a layer reads.
static gint
zero_point (const EcbsrLayer *layer, guint i)
{
  return 128 + (gint) layer->q_input_zero[i];
}

// Sums of bytes to values; to the bytes that come of them, where the curve is
// linear in these.
static void
fill_multipliers (const EcbsrLayer *layer, gboolean to_bytes, LayerArrays *a)
{
  const gdouble step = to_bytes ? *layer[1].q_input_scale : 1;

  for (guint o = 0; o < layer->n_out; o++)
    {
      a->multiplier[o] = (gfloat) ((gdouble) *layer->q_input_scale
                                   * layer->q_scale[o] / step);
      a->bias[o] = (gfloat) (layer->q_bias[o] / step
                             + (to_bytes ? zero_point (layer + 1, o) : 0));
    }
}

static void
fill_offsets (const EcbsrLayer *layer, LayerArrays *a)
{
  const guint n_taps = layer->kernel_size * layer->kernel_size;
  const gfloat *weight = layer->q_weight;

  for (guint o = 0; o < layer->n_out; o++)
    {
      a->offset[o] = a->signed_offset[o] = 0;
      for (guint i = 0; i < layer->n_in; i++)
        for (guint t = 0; t < n_taps; t++, weight++)
          {
            a->offset[o] -= zero_point (layer, i) * (gint) *weight;
            a->signed_offset[o]
                -= (gint) layer->q_input_zero[i] * (gint) *weight;
          }
    }
}

// … in channel o of what it writes.
static void
fill_zeros (const EcbsrLayer *layer, LayerArrays *a)
{
  for (guint o = 0; o < layer->n_out; o++)
    {
      a->zero[o] = (gfloat) zero_point (layer + 1, o);
      a->knee[o] = (gfloat) (a->zero[o] * (1 - (gdouble) a->slope[o]));
    }
}

// Zeros are signed as kernels.h wants them.
static void
fill_bounds (const EcbsrLayer *layer, LayerArrays *a)
{
  for (guint o = 0; o < layer->n_out; o++)
    {
      a->minimum[o] = layer->minimum ? layer->minimum[o] + 0.0f : -INFINITY;
      a->maximum[o] = layer->maximum ? -(0.0f - layer->maximum[o]) : INFINITY;
    }
}

// The byte that value v of output o becomes where nothing bounds it.
static guint32
byte_of (const EcbsrLayer *layer, guint o, gfloat v)
{
  const gfloat gain = (gfloat) (1.0 / *layer[1].q_input_scale);
  const gfloat byte = fmaf (v, gain, (gfloat) zero_point (layer + 1, o));

  return (guint32) rintf (CLAMP (byte, 0, 255));
}

static void
fill_byte_bounds (const EcbsrLayer *layer, LayerArrays *a)
{
  for (guint o = 0; o < layer->n_out; o++)
    {
      const guint shift = o % 4 * 8;
      const guint32 least = layer->minimum ? byte_of (layer, o, layer->minimum[o]) : 0;
      const guint32 greatest = layer->maximum ? byte_of (layer, o, layer->maximum[o]) : 255;

      a->least_byte[o / 4] |= least << shift;
      a->greatest_byte[o / 4] |= greatest << shift;
    }
}

static void
fill_zero_words (const EcbsrLayer *layer, LayerArrays *a)
{
  for (guint i = 0; i < layer->n_in; i++)
    a->zero_words[i / 4] |= (guint32) zero_point (layer, i) << (8 * (i % 4));
}

static void
fill_arrays (const EcbsrPlan *plan, guint l, LayerArrays *a)
{
  const EcbsrLayer *layer = &plan->model->layers[l];
  const gboolean is_sloped = curve_of (layer->activation) == ECBSR_CURVE_SLOPE;

  for (guint o = 0; o < layer->n_out; o++)
    {
      a->bias[o] = layer->bias[o];
      a->slope[o] = slope_of (layer, o);
    }
  if (a->zero)
    {
      fill_zeros (layer, a);
      fill_byte_bounds (layer, a);
    }
  else
    fill_bounds (layer, a);
  if (!a->offset)
    return;
  fill_multipliers (layer, a->zero && is_sloped, a);
  fill_offsets (layer, a);
  fill_zero_words (layer, a);
}

static gsize
packed_size (const EcbsrPlan *plan, guint l)
{
  const EcbsrLayer *layer = &plan->model->layers[l];

  if (plan->layers[l].tile)
    return ecbsr_kernels_tile_size (plan->layers[l].tile, plan->layers[l].in,
                                    layer->n_in, layer->n_out);
  if (plan->layers[l].square)
    return ecbsr_kernels_square_size (layer->n_in, layer->n_out);
  if (plan->layers[l].run_group)
    return ecbsr_kernels_wino_size (plan->kernels.block, plan->layers[l].in,
                                    layer->n_in, layer->n_out);
  return ecbsr_kernels_packed_size (plan->kernels.block, plan->layers[l].in,
                                    layer->kernel_size, layer->n_in,
                                    layer->n_out);
}

static void
pack_weights (const EcbsrPlan *plan, guint l, gpointer packed)
{
  const EcbsrLayer *layer = &plan->model->layers[l];
  const EcbsrDtype in = plan->layers[l].in;
  const gfloat *weight = in == ECBSR_DTYPE_U8 ? layer->q_weight : layer->weight;

  if (plan->layers[l].tile)
    ecbsr_kernels_pack_tiles (packed, weight, plan->layers[l].tile, in,
                              layer->n_in, layer->n_out);
  else if (plan->layers[l].square)
    ecbsr_kernels_pack_square (packed, weight, layer->n_in, layer->n_out);
  else if (plan->layers[l].run_group)
    ecbsr_kernels_pack_wino (packed, weight, plan->kernels.block, in,
                             layer->n_in, layer->n_out);
  else
    ecbsr_kernels_pack (packed, weight, plan->kernels.block, in,
                        layer->kernel_size, layer->n_in, layer->n_out);
}

static void
pack_layer (EcbsrPlan *plan, guint l, Arena *arena)
{
  const EcbsrLayer *layer = &plan->model->layers[l];
  PlanLayer *packed = &plan->layers[l];
  LayerArrays arrays = take_arrays (plan, l, arena);
  gpointer weight = take_words (arena, packed_size (plan, l));
  const guint k = ecbsr_dtype_channels (packed->in);

  if (!arena->memory)
    return;
  fill_arrays (plan, l, &arrays);
  pack_weights (plan, l, weight);
  packed->zero_words = arrays.zero_words;
  packed->conv = (EcbsrConv){
    .kernel_size = layer->kernel_size,
    .n_in = (layer->n_in + k - 1) / k,
    .n_out = layer->n_out,
    .weight = weight,
    .bias = arrays.bias,
    .slope = arrays.slope,
    .minimum = arrays.minimum,
    .maximum = arrays.maximum,
    .multiplier = arrays.multiplier,
    .offset = arrays.offset,
    .signed_offset = arrays.signed_offset,
    .zero = arrays.zero,
    .knee = arrays.knee,
    .least_byte = arrays.least_byte,
    .greatest_byte = arrays.greatest_byte,
    .curve = curve_of (layer->activation),
    .plain = l + 1 == plan->model->n_layers && !layer->minimum,
    .gain = arrays.zero ? (gfloat) (1.0 / *layer[1].q_input_scale) : 1,
  };
}

static void
pack_layers (EcbsrPlan *plan, Arena *arena)
{
  for (guint l = 0; l < plan->model->n_layers; l++)
    pack_layer (plan, l, arena);
}

gboolean
ecbsr_plan_init_layers (EcbsrPlan *plan)
{
  Arena arena = { NULL, 0 };

  plan->precision = ecbsr_precision_choose (plan);
  if (plan->model->n_layers == 0)
    return TRUE;
  plan->layers = g_try_new0 (PlanLayer, plan->model->n_layers);
  if (!plan->layers)
    return FALSE;
  choose_kernels (plan);
  pack_layers (plan, &arena);
  if (!ecbsr_arena_allocate (&arena))
    return FALSE;
  plan->packed = arena.memory;
  pack_layers (plan, &arena);
  return TRUE;
}
