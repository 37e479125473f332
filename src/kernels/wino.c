// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Weights of convolutions by transformed rows.

#include "kernels.h"

// Of a kernel's column g, by component: Lavin and Gray's G for F(4,3), in the
// order that the rows are put together in.
static float
transformed (unsigned component, const float *column)
{
  const double g0 = column[0], g1 = column[3], g2 = column[6];

  switch (component)
    {
    case 0:
      return (float) (-(g0 + g1 + g2) / 6);
    case 1:
      return (float) (-(g0 - g1 + g2) / 6);
    case 2:
      return (float) ((g0 + 2 * g1 + 4 * g2) / 24);
    case 3:
      return (float) ((g0 - 2 * g1 + 4 * g2) / 24);
    case 4:
      return (float) (g0 / 4);
    default:
      return column[6];
    }
}

size_t
ecbsr_kernels_wino_size (unsigned block, unsigned n_in, unsigned n_out)
{
  return ecbsr_kernels_packed_size (block, ECBSR_DTYPE_F32, 1, n_in, n_out) * 3
         * ECBSR_WINO_COMPONENTS;
}

size_t
ecbsr_kernels_wino_work (unsigned n_in)
{
  return (size_t) ECBSR_WINO_COMPONENTS * n_in
         * (ECBSR_WINO_SPAN + 2 * ECBSR_ROW_PAD);
}

// One component of b outputs, of which n_left exist.
static float *
pack_component (float *packed, const float *weight, unsigned component,
                unsigned n_in, unsigned b, unsigned n_left)
{
  for (unsigned i = 0; i < n_in; i++)
    for (unsigned kx = 0; kx < 3; kx++)
      for (unsigned o = 0; o < b; o++, packed++)
        {
          size_t at = ((size_t) o * n_in + i) * 9 + kx;
          *packed = o < n_left ? transformed (component, weight + at) : 0;
        }
  return packed;
}

void
ecbsr_kernels_pack_wino (float *packed, const float *weight, unsigned block,
                         unsigned n_in, unsigned n_out)
{
  for (unsigned o = 0, b; o < n_out; o += b)
    {
      const float *from = weight + (size_t) o * n_in * 9;
      b = block == 8 && n_out - o > 4 ? 8 : 4;
      for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++)
        packed = pack_component (packed, from, c, n_in, b, n_out - o);
    }
}
