// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Weights of convolutions by tiles, and how words are put into tiles.

#include "kernels.h"
#include "pack.h"

#define COLUMNS 3
#define ROWS 3
// Of tiles of 2: products that two words take a row, and one.
#define PAIR_STEPS 3
#define SINGLE_STEPS 2
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

// Words that a block of 4 outputs takes in tiles of 2.
static size_t
quad_size (EcbsrDtype dtype, unsigned n_in)
{
  const unsigned n_words = div_up (n_in, ecbsr_dtype_channels (dtype));
  const size_t n_steps
      = (size_t) n_words / 2 * PAIR_STEPS + n_words % 2 * SINGLE_STEPS;

  return n_steps * ROWS * 4 * 2;
}

size_t
ecbsr_kernels_tile_size (unsigned tile, EcbsrDtype dtype, unsigned n_in,
                         unsigned n_out)
{
  if (tile == 2)
    return div_up (n_out, 4) * quad_size (dtype, n_in);
  return (size_t) div_up (n_out, ECBSR_TILE_SIZE)
         * ecbsr_kernels_tiling (dtype, n_in).n_parts * ROWS * ECBSR_TILE_WORDS;
}

size_t
ecbsr_kernels_tile_work (unsigned tile, EcbsrDtype dtype, unsigned n_in,
                         unsigned n_out)
{
  const EcbsrTiling tiling = ecbsr_kernels_tiling (dtype, n_in);
  const size_t n_begins
      = (size_t) div_up (n_out, ECBSR_TILE_SIZE) * ECBSR_TILE_WORDS;

  if (tile == 2)
    return 0;
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

static void
pack_large_tiles (uint32_t *next, const float *weight, EcbsrDtype dtype,
                  unsigned n_in, unsigned n_out)
{
  const EcbsrTiling tiling = ecbsr_kernels_tiling (dtype, n_in);
  const unsigned per_part = tiling.n_words * ecbsr_dtype_channels (dtype);

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

// -------------------------------------------------------------- tiles of 2 --

// A row of a tile: two words, of which the second may be absent.
typedef struct
{
  unsigned word[2], column[2];
  unsigned n;
} Step;

// Of the words i and i + 1.
static const Step pair_steps[PAIR_STEPS] = {
  { { 0, 0 }, { 0, 1 }, 2 },
  { { 1, 1 }, { 0, 1 }, 2 },
  { { 0, 1 }, { 2, 2 }, 2 },
};
// Of the word i alone.
static const Step single_steps[SINGLE_STEPS] = {
  { { 0, 0 }, { 0, 1 }, 2 },
  { { 0, 0 }, { 2, 2 }, 1 },
};

typedef struct
{
  const float *weight; // of the block's first output
  EcbsrDtype dtype;
  unsigned n_in;
  unsigned width, n_left; // outputs of the block, and how many there are
} Block;

static uint32_t *
pack_step (uint32_t *packed, const Block *block, const Step *step, unsigned i,
           unsigned ky)
{
  const unsigned k = ecbsr_dtype_channels (block->dtype);

  for (unsigned o = 0; o < block->width; o++)
    for (unsigned w = 0; w < 2; w++, packed++)
      {
        const unsigned channel = (i + step->word[w]) * k;
        const size_t at = ((size_t) o * block->n_in + channel) * ROWS * COLUMNS
                          + ky * COLUMNS + step->column[w];
        *packed = o < block->n_left && w < step->n
                      ? pack_word (block->weight + at, block->dtype,
                                   ROWS * COLUMNS, block->n_in - channel)
                      : 0;
      }
  return packed;
}

static uint32_t *
pack_block (uint32_t *packed, const Block *block)
{
  const unsigned n_words
      = div_up (block->n_in, ecbsr_dtype_channels (block->dtype));

  for (unsigned i = 0; i < n_words; i += 2)
    for (unsigned ky = 0; ky < ROWS; ky++)
      {
        const unsigned single = i + 1 == n_words;
        const Step *steps = single ? single_steps : pair_steps;
        for (unsigned s = 0; s < (single ? SINGLE_STEPS : PAIR_STEPS); s++)
          packed = pack_step (packed, block, &steps[s], i, ky);
      }
  return packed;
}

static void
pack_small_tiles (uint32_t *next, const float *weight, EcbsrDtype dtype,
                  unsigned n_in, unsigned n_out)
{
  for (unsigned o = 0; o < n_out;)
    {
      const unsigned n_left = n_out - o;
      const Block block = { weight + (size_t) o * n_in * ROWS * COLUMNS, dtype,
                            n_in, n_left > 4 ? 8 : 4, n_left };
      next = pack_block (next, &block);
      o += block.width;
    }
}

void
ecbsr_kernels_pack_tiles (void *packed, const float *weight, unsigned tile,
                          EcbsrDtype dtype, unsigned n_in, unsigned n_out)
{
  if (tile == 2)
    pack_small_tiles (packed, weight, dtype, n_in, n_out);
  else
    pack_large_tiles (packed, weight, dtype, n_in, n_out);
}
