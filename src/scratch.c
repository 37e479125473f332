// SPDX-License-Identifier: LGPL-2.1-or-later

#include "scratch.h"
#include "arena.h"

// Room before the first float and after the last, for kernels' overreach.
static gfloat *
take_row (Arena *arena, gsize n_floats)
{
  const gsize n = n_floats + 2 * ECBSR_ROW_PAD;
  gfloat *row = ecbsr_arena_take (arena, n * sizeof (gfloat));


  return row ? row + ECBSR_ROW_PAD : NULL;
}

static void
take_cubic (Arena *arena, CubicRows *rows, const ScratchLayout *layout,
            guint pitch)
{
  rows->input = take_row (arena, layout->pitch);
  for (guint i = 0; i < CUBIC_ROWS; i++)
    rows->row[i] = take_row (arena, pitch);
}

// A cell of chroma, of at most four pixels, may begin before the tile's columns
// and end behind them.
static gsize
input_pitch (const ScratchLayout *layout)
{
  return (gsize) layout->pitch + ECBSR_GRANULE;
}

static void
take_colors (Arena *arena, Scratch *scratch, const ScratchLayout *layout)
{
  for (guint i = 0; i < layout->n_color_rows; i++)
    scratch->color[i] = take_row (arena, (gsize) 3 * layout->out_pitch);
  scratch->joined = take_row (arena, layout->out_pitch);
  for (guint i = 0; i < G_N_ELEMENTS (scratch->part); i++)
    scratch->part[i] = take_row (arena, layout->out_pitch);
  for (guint i = 0; i < G_N_ELEMENTS (scratch->sum); i++)
    scratch->sum[i] = take_row (arena, layout->out_pitch);
  for (guint i = 0; i < 2; i++)
    take_cubic (arena, &scratch->chroma[i], layout, input_pitch (layout));
}

static void
lay_out (Arena *arena, Scratch *scratch, const ScratchLayout *layout)
{
  guint most_runs = 1;

  for (guint i = 0; i <= layout->n_layers; i++)
    {
      gsize n_runs = (gsize) layout->n_rows[i] * layout->n_runs[i];
      scratch->ring[i] = take_row (arena, n_runs * layout->pitch);
      most_runs = MAX (most_runs, layout->n_runs[i]);
    }
  scratch->zeros = take_row (arena, (gsize) most_runs * layout->pitch);
  scratch->byte_zeros = NULL;
  if (layout->bytes)
    scratch->byte_zeros = take_row (arena, (gsize) most_runs * layout->pitch);
  scratch->work = ecbsr_arena_take (arena, layout->n_work * sizeof (gfloat));
  for (guint i = 0; layout->has_overshoot && i < 2; i++)
    scratch->range[i] = take_row (arena, layout->pitch);
  for (guint i = 0; (layout->rgb || layout->n_colors > 1) && i < 3; i++)
    scratch->rgb[i] = take_row (arena, input_pitch (layout));
  scratch->row
      = take_row (arena, (gsize) layout->n_colors * layout->out_pitch);
  scratch->base = take_row (arena, layout->out_pitch);
  scratch->weight = take_row (arena, layout->out_pitch);
  for (guint i = 0; i < G_N_ELEMENTS (scratch->value); i++)
    scratch->value[i] = take_row (arena, layout->out_pitch);
  for (guint i = 0; i < G_N_ELEMENTS (scratch->samples); i++)
    scratch->samples[i] = ecbsr_arena_take (
        arena, (gsize) layout->out_pitch * layout->sample_size);
  for (guint i = 0; i < SHIFT_ROWS; i++)
    scratch->shift[i]
        = take_row (arena, (gsize) layout->n_colors * layout->out_pitch);
  for (guint i = 0; i < G_N_ELEMENTS (scratch->cubic); i++)
    take_cubic (arena, &scratch->cubic[i], layout, layout->out_pitch);
  if (layout->n_colors > 1)
    take_colors (arena, scratch, layout);
}

gboolean
ecbsr_scratch_init (Scratch *scratch, const ScratchLayout *layout)
{
  Arena arena = { NULL, 0 };

  scratch->memory = NULL;
  lay_out (&arena, scratch, layout);
  if (!ecbsr_arena_allocate (&arena))
    return FALSE;
  scratch->memory = arena.memory;
  lay_out (&arena, scratch, layout);
  return TRUE;
}

void
ecbsr_scratch_clear (Scratch *scratch)
{
  free (scratch->memory);
  scratch->memory = NULL;
}
