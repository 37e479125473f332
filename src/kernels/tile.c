// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Weights of convolutions by tiles, and how words are put into tiles.

#include "kernels.h"
#include "pack.h"

#define COLUMNS 3
#define ROWS 3
// Of the L1 cache, for the tiles of six input rows: half of the 48 KiB that the
// first CPUs with tiles have. Sources, results and weights need the rest.
#define SPAN_BYTES (24 * 1024)

static unsigned
div_up (unsigned a, unsigned b)
{
  return (a + b - 1) / b;
}

EcbsrTiling
ecbsr_kernels_tiling (EcbsrDtype dtype, unsigned n_in)
{
  const unsigned n_words = div_up (n_in, ecbsr_dtype_channels (dtype));
  const unsigned n_parts = div_up (n_words, ECBSR_TILE_SIZE / COLUMNS);
  EcbsrTiling tiling
      = { .n_parts = n_parts, .n_words = div_up (n_words, n_parts) };
  const unsigned tile_row = ECBSR_TILE_SIZE * (unsigned) sizeof (uint32_t);

  tiling.n_rows = COLUMNS * tiling.n_words;
  tiling.span = SPAN_BYTES
                / ((ECBSR_GROUP_ROWS + 2) * n_parts * tiling.n_rows * tile_row)
                * ECBSR_TILE_SIZE;
  if (tiling.span < ECBSR_TILE_SIZE)
    tiling.span = ECBSR_TILE_SIZE;
  return tiling;
}

size_t
ecbsr_kernels_tile_size (EcbsrDtype dtype, unsigned n_in, unsigned n_out)
{
  return (size_t) div_up (n_out, ECBSR_TILE_SIZE)
         * ecbsr_kernels_tiling (dtype, n_in).n_parts * ROWS * ECBSR_TILE_WORDS;
}

size_t
ecbsr_kernels_tile_work (EcbsrDtype dtype, unsigned n_in, unsigned n_out)
{
  const EcbsrTiling tiling = ecbsr_kernels_tiling (dtype, n_in);
  const size_t n_begins
      = (size_t) div_up (n_out, ECBSR_TILE_SIZE) * ECBSR_TILE_WORDS;

  return n_begins
         + (size_t) (ECBSR_GROUP_ROWS + 2) * tiling.span * tiling.n_parts
               * tiling.n_rows;
}

// One output's weights of one part and input row; `weight` is its first
// channel's at the row's first column, of n_left channels.
static void
pack_output (uint32_t *packed, const float *weight, EcbsrDtype dtype,
             const EcbsrTiling *tiling, unsigned n_left)
{
  const unsigned k = ecbsr_dtype_channels (dtype), n_taps = ROWS * COLUMNS;

  for (unsigned kx = 0; kx < COLUMNS; kx++)
    for (unsigned i = 0; i < tiling->n_words && i * k < n_left; i++)
      packed[kx * tiling->n_words + i] = pack_word (
          weight + i * k * n_taps + kx, dtype, n_taps, n_left - i * k);
}

// One tile: of one part and input row, n_out outputs.
static void
pack_tile (uint32_t *packed, const float *weight, EcbsrDtype dtype,
           const EcbsrTiling *tiling, unsigned n_in, unsigned first,
           unsigned n_out)
{
  memset (packed, 0, ECBSR_TILE_WORDS * sizeof *packed);
  for (unsigned o = 0; o < n_out; o++)
    pack_output (packed + o * ECBSR_TILE_SIZE,
                 weight + ((size_t) o * n_in + first) * ROWS * COLUMNS, dtype,
                 tiling, n_in - first);
}

void
ecbsr_kernels_pack_tiles (void *packed, const float *weight, EcbsrDtype dtype,
                          unsigned n_in, unsigned n_out)
{
  const EcbsrTiling tiling = ecbsr_kernels_tiling (dtype, n_in);
  const unsigned per_part = tiling.n_words * ecbsr_dtype_channels (dtype);
  uint32_t *next = packed;

  for (unsigned o = 0; o < n_out; o += ECBSR_TILE_SIZE)
    for (unsigned part = 0; part < tiling.n_parts; part++)
      for (unsigned ky = 0; ky < ROWS; ky++, next += ECBSR_TILE_WORDS)
        {
          const unsigned left = n_out - o;
          pack_tile (next,
                     weight + (size_t) o * n_in * ROWS * COLUMNS + ky * COLUMNS,
                     dtype, &tiling, n_in, part * per_part,
                     left < ECBSR_TILE_SIZE ? left : ECBSR_TILE_SIZE);
        }
}
