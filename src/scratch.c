// SPDX-License-Identifier: LGPL-2.1-or-later

#include "scratch.h"
#include "kernels/kernels.h"

#include <stdlib.h>
#include <string.h>

// Hands out aligned pieces of one block. With memory NULL it only counts.
typedef struct
{
  guint8 *memory;
  gsize used;
} Arena;

static gpointer
take (Arena *arena, gsize n_bytes)
{
  gpointer piece = arena->memory ? arena->memory + arena->used : NULL;
  arena->used += (n_bytes + ECBSR_ALIGN - 1) / ECBSR_ALIGN * ECBSR_ALIGN;
  return piece;
}

// Room before the first float and after the last, for kernels' overreach.
static gfloat *
take_row (Arena *arena, gsize n_floats)
{
  gfloat *row
      = take (arena, (n_floats + 2 * ECBSR_ROW_PAD) * sizeof (gfloat));
  return row ? row + ECBSR_ROW_PAD : NULL;
}

static void
take_cubic (Arena *arena, CubicRows *rows, const ScratchLayout *layout)
{
  rows->input = take_row (arena, layout->pitch);
  for (guint i = 0; i < CUBIC_ROWS; i++)
    rows->row[i] = take_row (arena, layout->out_pitch);
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
  scratch->work = take (arena, layout->n_work * sizeof (gfloat));
  for (guint i = 0; layout->rgb && i < 3; i++)
    scratch->rgb[i] = take_row (arena, layout->pitch);
  scratch->row = take_row (arena, layout->out_pitch);
  scratch->base = take_row (arena, layout->out_pitch);
  scratch->weight = take_row (arena, layout->out_pitch);
  for (guint i = 0; i < G_N_ELEMENTS (scratch->value); i++)
    scratch->value[i] = take_row (arena, layout->out_pitch);
  for (guint i = 0; i < G_N_ELEMENTS (scratch->samples); i++)
    scratch->samples[i]
        = take (arena, (gsize) layout->out_pitch * layout->sample_size);
  for (guint i = 0; i < SHIFT_ROWS; i++)
    scratch->shift[i] = take_row (arena, layout->out_pitch);
  for (guint i = 0; i < G_N_ELEMENTS (scratch->cubic); i++)
    take_cubic (arena, &scratch->cubic[i], layout);
}

gboolean
ecbsr_scratch_init (Scratch *scratch, const ScratchLayout *layout)
{
  Arena arena = { NULL, 0 };

  lay_out (&arena, scratch, layout);
  if (posix_memalign (&scratch->memory, ECBSR_ALIGN, arena.used) != 0)
    {
      scratch->memory = NULL;
      return FALSE;
    }
  memset (scratch->memory, 0, arena.used);
  arena = (Arena) { scratch->memory, 0 };
  lay_out (&arena, scratch, layout);
  return TRUE;
}

void
ecbsr_scratch_clear (Scratch *scratch)
{
  free (scratch->memory);
  scratch->memory = NULL;
}
