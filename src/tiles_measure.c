// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How long rows of a layer take, one way and the other.

#include "arena.h"
#include "tiles.h"

#include <time.h>

// Rows as wide as the tiles' kernels take several spans for, and narrow enough
// for L2.
#define COLUMNS 192
#define SOURCES (ECBSR_GROUP_ROWS + 2)
// The shortest counts: that one nothing has disturbed.
#define ROUNDS 9

// One kernel's operands: zeros, which take as long as any other numbers.
typedef struct
{
  EcbsrConv conv;
  gsize pitch;
  const void *src[SOURCES];
  void *dst[ECBSR_GROUP_ROWS];
  gpointer work;
} Operands;

static gfloat *
take_row (Arena *arena, gsize n_words)
{
  gfloat *row
      = ecbsr_arena_take (arena, (n_words + 2 * ECBSR_ROW_PAD) * sizeof *row);

  return row ? row + ECBSR_ROW_PAD : NULL;
}

static gsize
weights_size (const PlanLayer *layer, const EcbsrLayer *from,
              const EcbsrKernels *kernels)
{
  return ecbsr_kernels_tile_size (kernels->tile, layer->in, from->n_in,
                                  from->n_out)
         + ecbsr_kernels_wino_size (kernels->block, layer->in, from->n_in,
                                    from->n_out)
         + ecbsr_kernels_packed_size (kernels->block, layer->in, 3, from->n_in,
                                      from->n_out);
}

static void
take_operands (Arena *arena, const PlanLayer *layer, const EcbsrLayer *from,
               const EcbsrKernels *kernels, Operands *o)
{
  const guint k = ecbsr_dtype_channels (layer->in);
  const guint n_in = (from->n_in + k - 1) / k;
  const gsize n_padded = ecbsr_kernels_padded_outputs (from->n_out);
  // Wide enough for each kind of array.
  const gpointer array = ecbsr_arena_take (arena, n_padded * sizeof (gfloat));
  const gpointer weight = ecbsr_arena_take (
      arena, weights_size (layer, from, kernels) * sizeof (guint32));
  const gsize n_work = ecbsr_kernels_tile_work (kernels->tile, layer->in,
                                                from->n_in, from->n_out)
                       + ecbsr_kernels_wino_work (layer->in, n_in);

  o->pitch = COLUMNS + 2 * ECBSR_ROW_PAD;
  for (guint r = 0; r < SOURCES; r++)
    o->src[r] = take_row (arena, n_in * o->pitch);
  for (guint r = 0; r < ECBSR_GROUP_ROWS; r++)
    o->dst[r] = take_row (arena, n_padded * o->pitch);
  o->work = ecbsr_arena_take (arena, n_work * sizeof (gfloat));
  o->conv = (EcbsrConv){
    .kernel_size = 3,
    .n_in = n_in,
    .n_out = from->n_out,
    .weight = weight,
    .bias = array,
    .slope = array,
    .minimum = array,
    .maximum = array,
    .multiplier = array,
    .offset = array,
    .signed_offset = array,
    .zero = array,
    .knee = array,
    .least_byte = array,
    .greatest_byte = array,
    .curve = ECBSR_CURVE_SLOPE,
    .gain = 1,
  };
}

static gdouble
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (gdouble) now.tv_sec * 1e9 + (gdouble) now.tv_nsec;
}

static gdouble
time_rows (const Operands *o, EcbsrConvFunc run, EcbsrGroupFunc run_group)
{
  const gdouble begin = now_ns ();

  if (run_group)
    run_group (&o->conv, o->dst, o->pitch, o->src, o->pitch, o->work, COLUMNS);
  else
    for (guint r = 0; r < ECBSR_GROUP_ROWS; r++)
      run (&o->conv, o->dst[r], o->pitch, o->src + r, o->pitch, COLUMNS);
  return now_ns () - begin;
}

gboolean
ecbsr_tiles_measure (const PlanLayer *layer, const EcbsrLayer *from,
                     const EcbsrKernels *kernels, gdouble *as_it_is,
                     gdouble *tiles)
{
  const EcbsrGroupFunc by_tiles
      = ecbsr_kernels_find_tile (kernels, layer->in, layer->out);
  Arena arena = { NULL, 0 };
  gpointer memory;
  Operands o;

  take_operands (&arena, layer, from, kernels, &o);
  if (!ecbsr_arena_allocate (&arena))
    return FALSE;
  memory = arena.memory;
  take_operands (&arena, layer, from, kernels, &o);
  *as_it_is = *tiles = G_MAXDOUBLE;
  for (guint i = 0; i < ROUNDS; i++)
    {
      *as_it_is = MIN (*as_it_is, time_rows (&o, layer->run, layer->run_group));
      *tiles = MIN (*tiles, time_rows (&o, NULL, by_tiles));
    }
  free (memory);
  return TRUE;
}
