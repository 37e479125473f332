// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Weights of Winograd convolutions.

#include "kernels.h"

#include <string.h>

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

// Outputs of the next block.
static unsigned
next_block (unsigned block, EcbsrDtype dtype, unsigned n_left)
{
  return dtype == ECBSR_DTYPE_F32 && block == 8 && n_left > 4 ? 8 : 4;
}

static unsigned
n_words (EcbsrDtype dtype, unsigned n_in)
{
  const unsigned k = ecbsr_dtype_channels (dtype);

  return (n_in + k - 1) / k;
}

size_t
ecbsr_kernels_wino_size (unsigned block, EcbsrDtype dtype, unsigned n_in,
                         unsigned n_out)
{
  size_t n_packed = 0;

  for (unsigned o = 0, b; o < n_out; o += b)
    {
      b = next_block (block, dtype, n_out - o);
      n_packed += b;
    }
  return n_packed * n_words (dtype, n_in) * 3 * ECBSR_WINO_COMPONENTS;
}

size_t
ecbsr_kernels_wino_work (EcbsrDtype dtype, unsigned n_in)
{
  const size_t span
      = dtype == ECBSR_DTYPE_F32 ? ECBSR_WINO_SPAN : ECBSR_WINO_WORD_SPAN;

  return ECBSR_WINO_COMPONENTS * n_in * (span + 2 * ECBSR_ROW_PAD);
}

// One component's column of a word of inputs, of which n exist.
static uint32_t
pack_word (const float *weight, EcbsrDtype dtype, unsigned component, unsigned n)
{
  const unsigned k = ecbsr_dtype_channels (dtype);
  uint32_t word = 0;

  for (unsigned j = 0; j < k && j < n; j++)
    {
      const float value = transformed (component, weight + 9 * j);
      if (dtype == ECBSR_DTYPE_F32)
        memcpy (&word, &value, sizeof word);
      else
        word |= (uint32_t) ecbsr_bf16_from_float (value) << (16 * j);
    }
  return word;
}

// One component of b outputs, of which n_left exist, in the column kx of the
// word's inputs from i on.
static uint32_t *
pack_tap (uint32_t *packed, const float *weight, EcbsrDtype dtype,
          unsigned component, unsigned n_in, unsigned i, unsigned kx, unsigned b,
          unsigned n_left)
{
  for (unsigned o = 0; o < b; o++, packed++)
    {
      const size_t at = ((size_t) o * n_in + i) * 9 + kx;
      *packed
          = o < n_left ? pack_word (weight + at, dtype, component, n_in - i) : 0;
    }
  return packed;
}

static uint32_t *
pack_floats (uint32_t *packed, const float *weight, unsigned n_in, unsigned b,
             unsigned n_left)
{
  for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++)
    for (unsigned i = 0; i < n_in; i++)
      for (unsigned kx = 0; kx < 3; kx++)
        packed = pack_tap (packed, weight, ECBSR_DTYPE_F32, c, n_in, i, kx, b,
                           n_left);
  return packed;
}

static uint32_t *
pack_pairs (uint32_t *packed, const float *weight, unsigned n_in, unsigned b,
            unsigned n_left)
{
  for (unsigned i = 0; i < n_in; i += 2)
    for (unsigned kx = 0; kx < 3; kx++)
      for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++)
        packed = pack_tap (packed, weight, ECBSR_DTYPE_BF16, c, n_in, i, kx, b,
                           n_left);
  return packed;
}

void
ecbsr_kernels_pack_wino (void *packed, const float *weight, unsigned block,
                         EcbsrDtype dtype, unsigned n_in, unsigned n_out)
{
  uint32_t *next = packed;

  for (unsigned o = 0, b; o < n_out; o += b)
    {
      const float *from = weight + (size_t) o * n_in * 9;
      b = next_block (block, dtype, n_out - o);
      next = dtype == ECBSR_DTYPE_F32
                 ? pack_floats (next, from, n_in, b, n_out - o)
                 : pack_pairs (next, from, n_in, b, n_out - o);
    }
}
