// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Weights of Winograd convolutions over rows and columns.

#include "kernels.h"

#include <string.h>

#define SIDE ECBSR_WINO_COMPONENTS

// Lavin and Gray's G for F(4,3), in the order of wino.c.
static const double to_weight[SIDE][3] = {
  { -1 / 6.0, -1 / 6.0, -1 / 6.0 },
  { -1 / 6.0, 1 / 6.0, -1 / 6.0 },
  { 1 / 24.0, 1 / 12.0, 1 / 6.0 },
  { 1 / 24.0, -1 / 12.0, 1 / 6.0 },
  { 1 / 4.0, 0, 0 },
  { 0, 0, 1 },
};

// Row k and column l of G g Gᵀ.
static float
transformed (const float *kernel, unsigned k, unsigned l)
{
  double sum = 0;

  for (unsigned y = 0; y < 3; y++)
    for (unsigned x = 0; x < 3; x++)
      sum += to_weight[k][y] * to_weight[l][x] * kernel[3 * y + x];
  return (float) sum;
}

static unsigned
count_blocks (unsigned n_out)
{
  return (n_out + ECBSR_SQUARE_BLOCK - 1) / ECBSR_SQUARE_BLOCK;
}

size_t
ecbsr_kernels_square_size (unsigned n_in, unsigned n_out)
{
  return (size_t) count_blocks (n_out) * ECBSR_SQUARE_BLOCK
         * ECBSR_SQUARE_COMPONENTS * n_in;
}

size_t
ecbsr_kernels_square_work (unsigned n_in)
{
  const size_t squares = ECBSR_SQUARE_SPAN / ECBSR_SQUARE_SIZE;
  const size_t row = ECBSR_SQUARE_SPAN + 2 * ECBSR_ROW_PAD;

  // All components, and one channel's over rows alone.
  return ECBSR_SQUARE_COMPONENTS * n_in * squares + SIDE * row;
}

// The kernels of one input of a block's outputs, of which n_left exist.
static uint32_t *
pack_input (uint32_t *packed, const float *weight, unsigned component, unsigned n_in,
            unsigned n_left)
{
  for (unsigned o = 0; o < ECBSR_SQUARE_BLOCK; o++, packed++)
    {
      float value = 0;
      if (o < n_left)
        value = transformed (weight + (size_t) o * n_in * 9, component / SIDE,
                             component % SIDE);
      memcpy (packed, &value, sizeof value);
    }
  return packed;
}

void
ecbsr_kernels_pack_square (void *packed, const float *weight, unsigned n_in,
                           unsigned n_out)
{
  uint32_t *next = packed;

  for (unsigned first = 0; first < n_out; first += ECBSR_SQUARE_BLOCK)
    for (unsigned k = 0; k < ECBSR_SQUARE_COMPONENTS; k++)
      for (unsigned i = 0; i < n_in; i++)
        next = pack_input (next, weight + ((size_t) first * n_in + i) * 9, k, n_in,
                           n_out - first);
}
