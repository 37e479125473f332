// SPDX-License-Identifier: LGPL-2.1-or-later
//
// After the pseudocode of LDTILECFG, TILERELEASE, TILELOADD, TILESTORED,
// TDPBSUD and TDPBF16PS in Intel's "Architecture Instruction Set Extensions
// Programming Reference".

#include "tiles.h"

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_TILES 8
#define MOST_ROWS 16
#define ROW_BYTES 64
#define ROW_WORDS (ROW_BYTES / 4)

static _Thread_local struct
{
  int in_use;
  unsigned long n_multiplications;
  TileConfig config;
  uint32_t tile[N_TILES][MOST_ROWS][ROW_WORDS];
} state;

static void
require (int condition, const char *what)
{
  if (condition)
    return;
  fprintf (stderr, "emulated tiles: %s\n", what);
  abort ();
}

static unsigned
n_rows (unsigned t)
{
  return state.config.n_rows[t];
}

static unsigned
n_words (unsigned t)
{
  return state.config.row_bytes[t] / 4;
}

static void
require_tile (unsigned t)
{
  require (state.in_use, "not configured");
  require (t < N_TILES && n_rows (t) > 0 && n_words (t) > 0,
           "a tile that the configuration has not");
}

void
emulated_tiles_configure (const void *config)
{
  static const TileConfig none;
  TileConfig c;

  memcpy (&c, config, sizeof c);
  require (c.palette == TILE_PALETTE && c.start_row == 0
               && memcmp (c.reserved, none.reserved, sizeof c.reserved) == 0,
           "a wrong configuration");
  for (unsigned t = 0; t < sizeof c.n_rows; t++)
    require (t < N_TILES
                 ? c.n_rows[t] <= MOST_ROWS && c.row_bytes[t] <= ROW_BYTES
                       && c.row_bytes[t] % 4 == 0
                       && (c.n_rows[t] == 0) == (c.row_bytes[t] == 0)
                 : c.n_rows[t] == 0 && c.row_bytes[t] == 0,
             "a wrong size");
  memset (state.tile, 0, sizeof state.tile);
  state.config = c;
  state.in_use = 1;
}

void
emulated_tiles_release (void)
{
  memset (state.tile, 0, sizeof state.tile);
  memset (&state.config, 0, sizeof state.config);
  state.in_use = 0;
}

int
emulated_tiles_in_use (void)
{
  return state.in_use;
}

unsigned long
emulated_tiles_count (void)
{
  return state.n_multiplications;
}

void
emulated_tiles_load (unsigned tile, const void *from, size_t stride)
{
  require_tile (tile);
  require ((uintptr_t) from % ROW_BYTES == 0 && stride % ROW_BYTES == 0,
           "rows do not begin at cache lines");
  memset (state.tile[tile], 0, sizeof state.tile[tile]);
  for (unsigned r = 0; r < n_rows (tile); r++)
    memcpy (state.tile[tile][r], (const uint8_t *) from + r * stride,
            state.config.row_bytes[tile]);
}

void
emulated_tiles_store (unsigned tile, void *to, size_t stride)
{
  require_tile (tile);
  for (unsigned r = 0; r < n_rows (tile); r++)
    memcpy ((uint8_t *) to + r * stride, state.tile[tile][r],
            state.config.row_bytes[tile]);
}

static void
require_product (unsigned sum, unsigned a, unsigned b)
{
  require_tile (sum);
  require_tile (a);
  require_tile (b);
  require (sum != a && sum != b && a != b, "twice the same tile");
  require (n_rows (sum) == n_rows (a) && n_words (sum) == n_words (b)
               && n_words (a) == n_rows (b),
           "tiles that do not fit");
  state.n_multiplications++;
}

void
emulated_tiles_multiply_bytes (unsigned sum, unsigned a, unsigned b)
{
  require_product (sum, a, b);
  for (unsigned m = 0; m < n_rows (sum); m++)
    for (unsigned k = 0; k < n_words (a); k++)
      for (unsigned n = 0; n < n_words (sum); n++)
        {
          const uint32_t weight = state.tile[a][m][k];
          const uint32_t word = state.tile[b][k][n];
          uint32_t products = 0;
          for (unsigned j = 0; j < 32; j += 8)
            products += (uint32_t) ((int8_t) (weight >> j & 0xff)
                                    * (int32_t) (word >> j & 0xff));
          state.tile[sum][m][n] += products;
        }
}

static float
without_denormals (float v)
{
  return fabsf (v) < FLT_MIN ? copysignf (0, v) : v;
}

static float
to_float (uint32_t bits)
{
  float v;

  memcpy (&v, &bits, sizeof v);
  return without_denormals (v);
}

// One element's pairs of sums.
static float
multiply_pair_row (const uint32_t *a, unsigned b, unsigned n, unsigned n_k)
{
  float first = 0, second = 0;

  for (unsigned k = 0; k < n_k; k++)
    {
      const uint32_t word = state.tile[b][k][n];
      first = without_denormals (
          fmaf (to_float (a[k] << 16), to_float (word << 16), first));
      second = without_denormals (fmaf (to_float (a[k] & 0xffff0000),
                                        to_float (word & 0xffff0000), second));
    }
  return without_denormals (first + second);
}

void
emulated_tiles_multiply_pairs (unsigned sum, unsigned a, unsigned b)
{
  require_product (sum, a, b);
  for (unsigned m = 0; m < n_rows (sum); m++)
    for (unsigned n = 0; n < n_words (sum); n++)
      {
        uint32_t *word = &state.tile[sum][m][n];
        const float total = without_denormals (
            to_float (*word)
            + multiply_pair_row (state.tile[a][m], b, n, n_words (a)));
        memcpy (word, &total, sizeof total);
      }
}
