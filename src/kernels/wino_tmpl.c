// SPDX-License-Identifier: LGPL-2.1-or-later
//
// 3x3 Winograd convolutions (kernels.h), a span of pixels at a time:
// the components of all input channels first, then block by block of outputs
// the sums of each component. Each is a 1x3 convolution with its accumulators
// in registers, as in conv_tmpl.c, and a function of its own, so that the
// compiler gives out registers for its loop alone.

#include "isa.h"
#include "kernels.h"
#include "vec.h"
#include "vwords.h"
#include "wino.h"

#define PITCH (ECBSR_WINO_SPAN + 2 * ECBSR_ROW_PAD)

typedef vfloat Block[BLOCK][VECTORS];

// What the rows of a block are put together of: Σ of components 0 and 1, their
// difference, and component 2.
typedef struct
{
  Block sum, difference, third;
} Parts;

// Where a block's results go.
typedef struct
{
  const EcbsrConv *conv;
  unsigned first, n_out; // channels; n_out are left from the first on
  size_t pitch;
} Output;

// One component: `src` is the pixel to the left of the first, weights are
// [in][kx][out].
typedef struct
{
  const float *src;
  const uint32_t *weight;
  unsigned n_in;
} Component;

#define FOR_BLOCK(b, n_vectors)                                                \
  _Pragma ("GCC unroll 8") for (unsigned o = 0; o < (b); o++)                  \
      _Pragma ("GCC unroll 3") for (unsigned v = 0; v < (n_vectors); v++)

ALWAYS_INLINE void
add_tap (Block acc, const float *src, const uint32_t *weight, unsigned b,
         unsigned n_vectors)
{
  vint value[VECTORS];

#pragma GCC unroll 3
  for (unsigned v = 0; v < n_vectors; v++)
    value[v] = vinput ((const uint32_t *) src + v * LANES, ECBSR_DTYPE_F32);
#pragma GCC unroll 8
  for (unsigned o = 0; o < b; o++)
    {
      const vint weights = vweights (weight, o);
#pragma GCC unroll 3
      for (unsigned v = 0; v < n_vectors; v++)
        acc[o][v] = (vfloat) vdot ((vint) acc[o][v], value[v], weights, o % 4,
                                   ECBSR_DTYPE_F32);
    }
}

ALWAYS_INLINE void
add_component (Block acc, Component c, unsigned b, unsigned n_vectors)
{
  for (unsigned i = 0; i < c.n_in; i++, c.src += PITCH)
#pragma GCC unroll 3
    for (unsigned kx = 0; kx < 3; kx++, c.weight += b)
      add_tap (acc, c.src + kx, c.weight, b, n_vectors);
}

// Vectors of output o.
ALWAYS_INLINE void
put (const Output *out, unsigned o, const Activation *a, float *dst,
     const vfloat sum[VECTORS], unsigned n_vectors)
{
  if (o < out->n_out && out->conv->plain)
#pragma GCC unroll 3
    for (unsigned v = 0; v < n_vectors; v++)
      vstore (dst + o * out->pitch + v * LANES, sum[v]);
  else if (o < out->n_out)
#pragma GCC unroll 3
    for (unsigned v = 0; v < n_vectors; v++)
      vstore (dst + o * out->pitch + v * LANES, vactivated (sum[v], a));
}

// Component 0, and the bias with it: each row has it once.
ALWAYS_INLINE void
sum_first (Parts *parts, const float *bias, Component c, unsigned b,
           unsigned n_vectors)
{
  Block acc;

  FOR_BLOCK (b, n_vectors) acc[o][v] = vsplat (bias[o]);
  add_component (acc, c, b, n_vectors);
  FOR_BLOCK (b, n_vectors) parts->sum[o][v] = acc[o][v];
}

ALWAYS_INLINE void
sum_second (Parts *parts, Component c, unsigned b, unsigned n_vectors)
{
  Block acc;

  FOR_BLOCK (b, n_vectors) acc[o][v] = (vfloat){ 0 };
  add_component (acc, c, b, n_vectors);
  FOR_BLOCK (b, n_vectors)
  {
    const vfloat first = parts->sum[o][v];
    parts->sum[o][v] = first + acc[o][v];
    parts->difference[o][v] = first - acc[o][v];
  }
}

ALWAYS_INLINE void
sum_third (Parts *parts, Component c, unsigned b, unsigned n_vectors)
{
  Block acc;

  FOR_BLOCK (b, n_vectors) acc[o][v] = (vfloat){ 0 };
  add_component (acc, c, b, n_vectors);
  FOR_BLOCK (b, n_vectors) parts->third[o][v] = acc[o][v];
}

// After component 3 the two middle rows are complete.
ALWAYS_INLINE void
sum_fourth (Parts *parts, const Output *out, float *const *dst, Component c,
            unsigned b, unsigned n_vectors)
{
  Block acc;

  FOR_BLOCK (b, n_vectors) acc[o][v] = (vfloat){ 0 };
  add_component (acc, c, b, n_vectors);
#pragma GCC unroll 8
  for (unsigned o = 0; o < b; o++)
    {
      const Activation a = activation_of (out->conv, out->first + o);
      vfloat second[VECTORS], third[VECTORS];
#pragma GCC unroll 3
      for (unsigned v = 0; v < n_vectors; v++)
        {
          const vfloat p = parts->third[o][v] + acc[o][v];
          const vfloat q = parts->third[o][v] - acc[o][v];
          second[v] = parts->difference[o][v] + 2 * q;
          third[v] = parts->sum[o][v] + 4 * p;
          parts->sum[o][v] += p;
          parts->difference[o][v] += 8 * q;
        }
      put (out, o, &a, dst[1], second, n_vectors);
      put (out, o, &a, dst[2], third, n_vectors);
    }
}

// The outer rows go on from what their parts are.
ALWAYS_INLINE void
sum_outer (Block *part, const Output *out, float *dst, Component c,
           unsigned b, unsigned n_vectors)
{
  Block acc;

  FOR_BLOCK (b, n_vectors) acc[o][v] = (*part)[o][v];
  add_component (acc, c, b, n_vectors);
#pragma GCC unroll 8
  for (unsigned o = 0; o < b; o++)
    {
      const Activation a = activation_of (out->conv, out->first + o);
      put (out, o, &a, dst, acc[o], n_vectors);
    }
}

// Makes a block of outputs: vectors of four rows.
typedef void (*BlockFunc) (const Output *out, float *const *dst,
                           const Component *c);

#define SUM_FUNC(name, parameters, ...)                                        \
  static __attribute__ ((noinline)) void name parameters { __VA_ARGS__; }
#define BLOCK_FUNC(name, b, n_vectors)                                         \
  SUM_FUNC (first_##name,                                                      \
            (Parts * parts, const float *bias, const Component *c),            \
            sum_first (parts, bias, *c, b, n_vectors))                         \
  SUM_FUNC (second_##name, (Parts * parts, const Component *c),                \
            sum_second (parts, *c, b, n_vectors))                              \
  SUM_FUNC (third_##name, (Parts * parts, const Component *c),                 \
            sum_third (parts, *c, b, n_vectors))                               \
  SUM_FUNC (fourth_##name,                                                     \
            (Parts * parts, const Output *out, float *const *dst,              \
             const Component *c),                                              \
            sum_fourth (parts, out, dst, *c, b, n_vectors))                    \
  SUM_FUNC (                                                                   \
      outer_##name,                                                            \
      (Block * part, const Output *out, float *dst, const Component *c),       \
      sum_outer (part, out, dst, *c, b, n_vectors))                            \
  static void make_##name (const Output *out, float *const *dst,               \
                           const Component *c)                                 \
  {                                                                            \
    Parts parts;                                                               \
    first_##name (&parts, out->conv->bias + out->first, &c[0]);                \
    second_##name (&parts, &c[1]);                                             \
    third_##name (&parts, &c[2]);                                              \
    fourth_##name (&parts, out, dst, &c[3]);                                   \
    outer_##name (&parts.sum, out, dst[0], &c[4]);                             \
    outer_##name (&parts.difference, out, dst[3], &c[5]);                      \
  }
#if BLOCK == 8
BLOCK_FUNC (eight, 8, VECTORS)
BLOCK_FUNC (eight_narrow, 8, 1)
#endif
BLOCK_FUNC (four, 4, VECTORS)
BLOCK_FUNC (four_narrow, 4, 1)

// b outputs, VECTORS vectors of them or one.
static BlockFunc
find_block_func (unsigned b, int narrow)
{
#if BLOCK == 8
  if (b == 8)
    return narrow ? make_eight_narrow : make_eight;
#endif
  return narrow ? make_four_narrow : make_four;
}

static void
make_block (const Output *out, float *const *dst, const float *work,
            const uint32_t *weight, unsigned b, int narrow)
{
  const size_t n_in = out->conv->n_in;
  Component component[ECBSR_WINO_COMPONENTS];

  for (unsigned c = 0; c < ECBSR_WINO_COMPONENTS; c++)
    component[c] = (Component){ work + c * n_in * PITCH - 1,
                                weight + c * n_in * 3 * b, (unsigned) n_in };
  find_block_func (b, narrow) (out, dst, component);
}

// Blocks of b outputs, n pixels from x on, which are the work's from 0 on. What
// VECTORS vectors at a time leave over are single ones.
static void
make_outputs (const Output *out, float *const *dst, const float *work,
              const uint32_t *weight, size_t x, size_t n, unsigned b)
{
  for (size_t at = 0, step; at < n; at += step)
    {
      const int narrow = n - at < VECTORS * LANES;
      float *to[ECBSR_GROUP_ROWS];

      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        to[r] = dst[r] + out->first * out->pitch + x + at;
      make_block (out, to, work + at, weight, b, narrow);
      step = narrow ? LANES : VECTORS * LANES;
    }
}

// One vector of all six rows.
ALWAYS_INLINE void
transform (float *work, size_t component_pitch, const vfloat d[6])
{
  vfloat component[ECBSR_WINO_COMPONENTS];

  vcomponents (component, d);
#pragma GCC unroll 6
  for (unsigned i = 0; i < ECBSR_WINO_COMPONENTS; i++)
    vstore (work + i * component_pitch, component[i]);
}

// All channels of n pixels from x on, and a vector more at either end.
static void
transform_rows (float *work, const void *const *src, size_t src_pitch,
                unsigned n_in, size_t x, size_t n)
{
  for (unsigned i = 0; i < n_in; i++)
    for (ptrdiff_t at = -LANES; at < (ptrdiff_t) n + LANES; at += LANES)
      {
        vfloat d[6];
#pragma GCC unroll 6
        for (unsigned r = 0; r < 6; r++)
          d[r] = vload ((const float *) src[r] + i * src_pitch + (ptrdiff_t) x
                        + at);
        transform (work + i * PITCH + at, n_in * PITCH, d);
      }
}

static void
make_span (const EcbsrConv *conv, float *const *dst, size_t dst_pitch,
           const float *work, size_t x, size_t n)
{
  const uint32_t *weight = conv->weight;

  for (unsigned first = 0, b; first < conv->n_out; first += b)
    {
      const Output out = { conv, first, conv->n_out - first, dst_pitch };
      b = BLOCK == 8 && out.n_out > 4 ? 8 : 4;
      make_outputs (&out, dst, work, weight, x, n, b);
      weight += (size_t) ECBSR_WINO_COMPONENTS * conv->n_in * 3 * b;
    }
}

void
ECBSR_NAME (wino3x3_f32_f32) (const EcbsrConv *conv, void *const *dst,
                              size_t dst_pitch, const void *const *src,
                              size_t src_pitch, void *work, size_t n)
{
  float *const rows[ECBSR_GROUP_ROWS] = { dst[0], dst[1], dst[2], dst[3] };
  float *components = (float *) work + ECBSR_ROW_PAD;
  const size_t end = (n + LANES - 1) / LANES * LANES;

  for (size_t x = 0; x < end; x += ECBSR_WINO_SPAN)
    {
      size_t part = end - x < ECBSR_WINO_SPAN ? end - x : ECBSR_WINO_SPAN;
      transform_rows (components, src, src_pitch, conv->n_in, x, part);
      make_span (conv, rows, dst_pitch, components, x, part);
    }
}
