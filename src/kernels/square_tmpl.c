// SPDX-License-Identifier: LGPL-2.1-or-later
//
// 3x3 Winograd convolutions over rows and columns (kernels.h), a span of pixels at a
// time: the components of all input channels first, then block by block of outputs the
// sums of each component, which are matrix products, and what they are put together to.
//
// A lane is a square of 4x4 pixels. Where its columns lie one after another, they are
// transposed: LANES / 4 parts of a vector by four vectors, each part by itself, so that
// the squares of a vector are in the order 0, n, 2n, 3n, 1, n + 1, … of n parts.

#include "isa.h"
#include "kernels.h"
#include "vec.h"
#include "vwords.h"
#include "wino.h"

// Outputs in a block: its sums of one component are so many times VECTORS registers.
#define OUTPUTS ECBSR_SQUARE_BLOCK
// Squares in a span, whole blocks.
#define SQUARES (LANES == 16 ? 48 : 24)
#define SPAN (4 * SQUARES)
#define PITCH (SPAN + 2 * ECBSR_ROW_PAD)
#define N_COMPONENTS ECBSR_SQUARE_COMPONENTS
#define SIDE ECBSR_WINO_COMPONENTS // components in one direction

_Static_assert (SPAN <= ECBSR_SQUARE_SPAN, "work is large enough");

typedef vfloat Block[OUTPUTS][VECTORS];

// -------------------------------------------------------------- permutations --

#if LANES == 4
#define PARTS(i, j, k, l) i, j, k, l
#elif LANES == 8
#define PARTS(i, j, k, l) i, j, k, l, i + 4, j + 4, k + 4, l + 4
#else
#define PARTS(i, j, k, l)                                                      \
  i, j, k, l, i + 4, j + 4, k + 4, l + 4, i + 8, j + 8, k + 8, l + 8, i + 12,  \
      j + 12, k + 12, l + 12
#endif

// Four vectors' parts of four.
ALWAYS_INLINE void
transpose (vfloat to[4], const vfloat v[4])
{
  const vfloat a = __builtin_shufflevector (v[0], v[1], PARTS (0, LANES, 1, LANES + 1));
  const vfloat b = __builtin_shufflevector (v[0], v[1], PARTS (2, LANES + 2, 3, LANES + 3));
  const vfloat c = __builtin_shufflevector (v[2], v[3], PARTS (0, LANES, 1, LANES + 1));
  const vfloat d = __builtin_shufflevector (v[2], v[3], PARTS (2, LANES + 2, 3, LANES + 3));

  to[0] = __builtin_shufflevector (a, c, PARTS (0, 1, LANES, LANES + 1));
  to[1] = __builtin_shufflevector (a, c, PARTS (2, 3, LANES + 2, LANES + 3));
  to[2] = __builtin_shufflevector (b, d, PARTS (0, 1, LANES, LANES + 1));
  to[3] = __builtin_shufflevector (b, d, PARTS (2, 3, LANES + 2, LANES + 3));
}

// In every square the value of the one to its left or right, that of the outermost
// being `other`.
ALWAYS_INLINE vfloat
from_left (vfloat v, float other)
{
  const vfloat o = vsplat (other);

#if LANES == 4
  return __builtin_shufflevector (v, o, 4, 0, 1, 2);
#elif LANES == 8
  return __builtin_shufflevector (v, o, 8, 4, 5, 6, 0, 1, 2, 3);
#else
  return __builtin_shufflevector (v, o, 16, 12, 13, 14, 0, 1, 2, 3, 4, 5, 6, 7,
                                  8, 9, 10, 11);
#endif
}

ALWAYS_INLINE vfloat
from_right (vfloat v, float other)
{
  const vfloat o = vsplat (other);

#if LANES == 4
  return __builtin_shufflevector (v, o, 1, 2, 3, 4);
#elif LANES == 8
  return __builtin_shufflevector (v, o, 4, 5, 6, 7, 1, 2, 3, 8);
#else
  return __builtin_shufflevector (v, o, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
                                  1, 2, 3, 16);
#endif
}

// ---------------------------------------------------------------- components --

// Over rows: one channel's n pixels, and a vector more at either end.
ALWAYS_INLINE void
transform_rows (float *dst, const float *const src[6], size_t n)
{
  for (ptrdiff_t x = -LANES; x < (ptrdiff_t) n + LANES; x += LANES)
    {
      vfloat d[6], component[SIDE];
#pragma GCC unroll 6
      for (unsigned r = 0; r < 6; r++)
        d[r] = vload (src[r] + x);
      vcomponents (component, d);
#pragma GCC unroll 6
      for (unsigned k = 0; k < SIDE; k++)
        vstore (dst + k * PITCH + x, component[k]);
    }
}

// And of one of these over columns, a vector of squares.
ALWAYS_INLINE void
transform_columns (float *dst, size_t component_pitch, const float *row)
{
  vfloat pixels[4], d[6], component[SIDE];

#pragma GCC unroll 4
  for (unsigned k = 0; k < 4; k++)
    pixels[k] = vload (row + k * LANES);
  transpose (d + 1, pixels);
  d[0] = from_left (d[4], row[-1]);
  d[5] = from_right (d[1], row[4 * LANES]);
  vcomponents (component, d);
#pragma GCC unroll 6
  for (unsigned k = 0; k < SIDE; k++)
    vstore (dst + k * component_pitch, component[k]);
}

// All channels of n pixels from x on: [component][channel][square]. Squares beyond n are
// made of whatever is in `rows`.
static void
transform (float *work, float *rows, const void *const *src, size_t src_pitch,
           unsigned n_in, size_t x, size_t n)
{
  const size_t component_pitch = (size_t) n_in * SQUARES;

  for (unsigned i = 0; i < n_in; i++)
    {
      const float *from[6];
      for (unsigned r = 0; r < 6; r++)
        from[r] = (const float *) src[r] + i * src_pitch + x;
      transform_rows (rows + ECBSR_ROW_PAD, from, n);
      for (unsigned k = 0; k < SIDE; k++)
        for (size_t at = 0; at < n; at += 4 * LANES)
          transform_columns (
              work + k * SIDE * component_pitch + i * SQUARES + at / 4,
              component_pitch, rows + ECBSR_ROW_PAD + k * PITCH + at);
    }
}

// ---------------------------------------------------------------------- sums --

// One component's: Σ weight[i][out] · work[i][square].
ALWAYS_INLINE void
sum_component (Block sum, const float *src, const uint32_t *weight,
               unsigned n_in, unsigned n_vectors)
{
  vfloat acc[OUTPUTS][VECTORS];

#pragma GCC unroll 4
  for (unsigned o = 0; o < OUTPUTS; o++)
#pragma GCC unroll 3
    for (unsigned v = 0; v < n_vectors; v++)
      acc[o][v] = (vfloat){ 0 };
  for (unsigned i = 0; i < n_in; i++, src += SQUARES, weight += OUTPUTS)
    {
      vint value[VECTORS];
#pragma GCC unroll 3
      for (unsigned v = 0; v < n_vectors; v++)
        value[v]
            = vinput ((const uint32_t *) src + v * LANES, ECBSR_DTYPE_F32);
#pragma GCC unroll 4
      for (unsigned o = 0; o < OUTPUTS; o++)
        {
          const vint weights = vweights (weight, o);
#pragma GCC unroll 3
          for (unsigned v = 0; v < n_vectors; v++)
            acc[o][v] = (vfloat) vdot ((vint) acc[o][v], value[v], weights, o,
                                       ECBSR_DTYPE_F32);
        }
    }
#pragma GCC unroll 4
  for (unsigned o = 0; o < OUTPUTS; o++)
#pragma GCC unroll 3
    for (unsigned v = 0; v < n_vectors; v++)
      sum[o][v] = acc[o][v];
}

// A function each, so that the compiler gives out registers for its loop alone.
typedef void (*SumFunc) (Block sum, const float *src,
                         const uint32_t *weight, unsigned n_in);

#define SUM_FUNC(n_vectors)                                                    \
  static __attribute__ ((noinline)) void sum_##n_vectors (                     \
      Block sum, const float *src, const uint32_t *weight, unsigned n_in)      \
  {                                                                            \
    sum_component (sum, src, weight, n_in, n_vectors);                         \
  }
SUM_FUNC (1)
SUM_FUNC (2)
#if VECTORS > 2
SUM_FUNC (3)
#endif

static SumFunc
find_sum_func (unsigned n_vectors)
{
#if VECTORS > 2
  if (n_vectors == 3)
    return sum_3;
#endif
  return n_vectors == 2 ? sum_2 : sum_1;
}

// ------------------------------------------------------------------- outputs --

// Six components to four rows or columns; powers of two here, too.
ALWAYS_INLINE void
combine (vfloat y[4], const vfloat m[SIDE])
{
  const vfloat sum = m[0] + m[1], difference = m[0] - m[1];
  const vfloat p = m[2] + m[3], q = m[2] - m[3];

  y[0] = (sum + p) + m[4];
  y[1] = difference + 2 * q;
  y[2] = sum + 4 * p;
  y[3] = (difference + 8 * q) + m[5];
}

// Where a channel's squares go.
typedef struct
{
  float *row[ECBSR_GROUP_ROWS];
  size_t n; // pixels that there are
} Output;

ALWAYS_INLINE void
put_row (float *dst, size_t n, const vfloat columns[4])
{
  vfloat pixels[4];

  transpose (pixels, columns);
#pragma GCC unroll 4
  for (size_t k = 0; k < 4; k++)
    if (k * LANES < n)
      vstore (dst + k * LANES, pixels[k]);
}

// A vector of squares of output o: component k is `pitch` vectors after the one before.
static void
put_squares (const EcbsrConv *conv, unsigned o, const Output *out,
             const vfloat *sum, size_t pitch)
{
  const Activation a = activation_of (conv, o);
  vfloat part[4][SIDE], y[ECBSR_GROUP_ROWS][4];

#pragma GCC unroll 6
  for (unsigned k = 0; k < SIDE; k++)
    {
      vfloat m[SIDE], columns[4];
#pragma GCC unroll 6
      for (unsigned l = 0; l < SIDE; l++)
        m[l] = sum[(k * SIDE + l) * pitch];
      combine (columns, m);
#pragma GCC unroll 4
      for (unsigned x = 0; x < 4; x++)
        part[x][k] = columns[x];
    }
#pragma GCC unroll 4
  for (unsigned x = 0; x < 4; x++)
    {
      vfloat rows[ECBSR_GROUP_ROWS];
      combine (rows, part[x]);
#pragma GCC unroll 4
      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        y[r][x] = conv->plain ? rows[r] : vactivated (rows[r], &a);
    }
#pragma GCC unroll 4
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    put_row (out->row[r], out->n, y[r]);
}

// n_vectors vectors of squares of a block of outputs.
static void
make_block (const EcbsrConv *conv, unsigned first, const Output *out,
            size_t dst_pitch, const float *work, const uint32_t *weight,
            unsigned n_vectors)
{
  const SumFunc sum_func = find_sum_func (n_vectors);
  const size_t n_weights = (size_t) conv->n_in * OUTPUTS;
  Block sum[N_COMPONENTS];

  for (unsigned k = 0; k < N_COMPONENTS; k++)
    sum_func (sum[k], work + k * (size_t) conv->n_in * SQUARES,
              weight + k * n_weights, conv->n_in);
  // Component 0 is in each pixel once.
  for (unsigned o = 0; o < OUTPUTS && first + o < conv->n_out; o++)
    for (unsigned v = 0; v < n_vectors; v++)
      {
        const size_t x = (size_t) v * 4 * LANES;
        Output to = { .n = out->n - x };
        for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
          to.row[r] = out->row[r] + o * dst_pitch + x;
        sum[0][o][v] += conv->bias[first + o];
        put_squares (conv, first + o, &to, &sum[0][o][v],
                     sizeof (Block) / sizeof (vfloat));
      }
}

// n pixels from x on, which are the work's from 0 on.
static void
make_span (const EcbsrConv *conv, void *const *dst, size_t dst_pitch,
           const float *work, size_t x, size_t n)
{
  const uint32_t *weight = conv->weight;
  const size_t step = (size_t) VECTORS * 4 * LANES;

  for (unsigned first = 0; first < conv->n_out; first += OUTPUTS)
    {
      for (size_t at = 0; at < n; at += step)
        {
          const size_t left = (n - at + 4 * LANES - 1) / (4 * LANES);
          Output out = { .n = n - at };
          for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
            out.row[r] = (float *) dst[r] + first * dst_pitch + x + at;
          make_block (conv, first, &out, dst_pitch, work + at / 4, weight,
                      left < VECTORS ? (unsigned) left : VECTORS);
        }
      weight += (size_t) N_COMPONENTS * conv->n_in * OUTPUTS;
    }
}

void
ECBSR_NAME (square3x3_f32_f32) (const EcbsrConv *conv, void *const *dst,
                                size_t dst_pitch, const void *const *src,
                                size_t src_pitch, void *work, size_t n)
{
  const size_t end = (n + ECBSR_GRANULE - 1) / ECBSR_GRANULE * ECBSR_GRANULE;
  float *rows = (float *) work + (size_t) N_COMPONENTS * conv->n_in * SQUARES;

  for (size_t x = 0; x < end; x += SPAN)
    {
      const size_t part = end - x < SPAN ? end - x : SPAN;
      transform (work, rows, src, src_pitch, conv->n_in, x, part);
      make_span (conv, dst, dst_pitch, work, x, part);
    }
}
