// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The reference of Winograd convolutions over rows and columns, in the contract's order.

#include "ref.h"

#define SIDE ECBSR_WINO_COMPONENTS
#define SIZE ECBSR_SQUARE_SIZE

typedef float Square[SIDE][SIDE];

static void
combine (float y[SIZE], const float m[SIDE])
{
  const float sum = m[0] + m[1], difference = m[0] - m[1];
  const float p = m[2] + m[3], q = m[2] - m[3];

  y[0] = (sum + p) + m[4];
  y[1] = difference + 2 * q;
  y[2] = sum + 4 * p;
  y[3] = (difference + 8 * q) + m[5];
}

// Of the square whose first pixel is `at` words into the rows.
static void
transform (Square v, const void *const *src, ptrdiff_t at)
{
  float column[SIDE][6];

  for (ptrdiff_t x = 0; x < SIDE; x++)
    {
      float d[6], component[SIDE];
      for (unsigned r = 0; r < 6; r++)
        d[r] = ((const float *) src[r])[at + x - 1];
      make_components (component, d);
      for (unsigned k = 0; k < SIDE; k++)
        column[k][x] = component[k];
    }
  for (unsigned k = 0; k < SIDE; k++)
    make_components (v[k], column[k]);
}

static float
weight_at (const EcbsrConv *conv, unsigned o, unsigned component, unsigned i)
{
  const size_t block = o / ECBSR_SQUARE_BLOCK;
  const size_t at = (block * ECBSR_SQUARE_COMPONENTS + component) * conv->n_in + i;

  return word_value (((const uint32_t *) conv->weight)[at * ECBSR_SQUARE_BLOCK
                                                       + o % ECBSR_SQUARE_BLOCK],
                     ECBSR_DTYPE_F32, 0);
}

static void
add_products (const EcbsrConv *conv, unsigned o, unsigned i, const Square v, Square m)
{
  for (unsigned k = 0; k < SIDE; k++)
    for (unsigned l = 0; l < SIDE; l++)
      m[k][l] += weight_at (conv, o, k * SIDE + l, i) * v[k][l];
}

static void
make_square (const EcbsrConv *conv, unsigned o, const void *const *src,
             size_t src_pitch, size_t x, float y[SIZE][SIZE])
{
  Square m = { 0 };
  float part[SIZE][SIDE];

  for (unsigned i = 0; i < conv->n_in; i++)
    {
      Square v;
      transform (v, src, (ptrdiff_t) (i * src_pitch + x));
      add_products (conv, o, i, v, m);
    }
  m[0][0] += conv->bias[o];
  for (unsigned k = 0; k < SIDE; k++)
    {
      float columns[SIZE];
      combine (columns, m[k]);
      for (unsigned c = 0; c < SIZE; c++)
        part[c][k] = columns[c];
    }
  for (unsigned c = 0; c < SIZE; c++)
    combine (y[c], part[c]);
}

static float
curve (const EcbsrConv *conv, unsigned o, float v)
{
  return conv->plain ? v : bounded (conv, o, v > 0 ? v : v * conv->slope[o]);
}

static void
square_f32_f32 (const EcbsrConv *conv, void *const *dst, size_t dst_pitch,
                const void *const *src, size_t src_pitch, void *work, size_t n)
{
  for (unsigned o = 0; o < conv->n_out; o++)
    for (size_t x = 0; x < n; x += SIZE)
      {
        float y[SIZE][SIZE]; // [column][row]
        make_square (conv, o, src, src_pitch, x, y);
        for (unsigned r = 0; r < SIZE; r++)
          for (unsigned c = 0; c < SIZE; c++)
            ((float *) dst[r])[o * dst_pitch + x + c] = curve (conv, o, y[c][r]);
      }
}

void
ecbsr_kernels_fill_square_ref (EcbsrKernels *kernels)
{
  kernels->square3x3_f32_f32 = square_f32_f32;
}
