/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Convolutions with bfloat16 factors and float32 sums, for step_bfloat16.c.
 *
 * An activation is kept in two forms: `words` of two channels per pixel, which the
 * convolutions take, and `halves`, a plane a channel, whose neighbouring pixels the
 * gradient of weights takes in pairs. What PReLU's gradient needs beside them is
 * where its input was negative.
 */

#include "step.h"

#include <immintrin.h>
#include <string.h>

#define WIDE (2 * LANES) /* pixels in a vector of halves */

typedef struct
{
  uint32_t *words;    /* [(n + 1) / 2] planes */
  uint16_t *halves;   /* [n] planes */
  __mmask16 *negative; /* [n][rows][vectors of a row] */
} Maps;

/* What becomes of the sums of a convolution. */
typedef enum { AS_THEY_ARE, ACTIVATED, GRADIENT } Use;

typedef struct
{
  Use use;
  Maps to;            /* of ACTIVATED and GRADIENT */
  float *plain;       /* of AS_THEY_ARE: float planes */
  const Maps *active; /* of GRADIENT: what the layer before made */
  const float *slope;
  vec *d_slope, *d_bias; /* sums, by lane */
} Target;

static inline uint32_t
to_half (float value)
{
  uint32_t bits;

  memcpy (&bits, &value, sizeof bits);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

/* A word of `packed` holds the weights of two channels; those that are beyond the
 * last one are 0; a picture's (split()) are the same. Otherwise as in step.c. */
static void
pack (uint32_t *packed, const float *weight, int n_out, int n_in, int backward)
{
  const int to = backward ? n_in : n_out, from = backward ? n_out : n_in;
  const int n_pairs = (from + 1) / 2;

  memset (packed, 0, sizeof *packed * ((to + BLOCK - 1) / BLOCK) * n_pairs * TAPS * BLOCK);
  for (int o = 0; o < to; o++)
    for (int i = 0; i < from; i++)
      for (int t = 0; t < TAPS; t++) {
        size_t at = backward ? ((size_t) i * n_in + o) * TAPS + TAPS - 1 - t
            : ((size_t) o * n_in + i) * TAPS + t;
        packed[((o / BLOCK * n_pairs + i / 2) * TAPS + t) * BLOCK + o % BLOCK]
            |= to_half (weight[at]) * (from == 1 ? 0x10001u : i % 2 ? 0x10000u : 1);
      }
}

static inline __m512
dot (__m512 sum, __m512i a, __m512i b)
{
  return _mm512_dpbf16_ps (sum, (__m512bh) a, (__m512bh) b);
}

static inline __m512
widen (const uint16_t *halves)
{
  __m256i x = _mm256_loadu_si256 ((const __m256i *) halves);

  return _mm512_castsi512_ps (_mm512_slli_epi32 (_mm512_cvtepu16_epi32 (x), 16));
}

static inline void
store_pair (const Grid *grid, const Maps *to, int channel, size_t at, __m512 a, __m512 b)
{
  const __m256i low = (__m256i) _mm512_cvtneps_pbh (a), high = (__m256i) _mm512_cvtneps_pbh (b);
  const __m512i word = _mm512_or_si512 (_mm512_cvtepu16_epi32 (low),
      _mm512_slli_epi32 (_mm512_cvtepu16_epi32 (high), 16));

  _mm256_storeu_si256 ((__m256i *) (to->halves + channel * grid->plane + at), low);
  _mm256_storeu_si256 ((__m256i *) (to->halves + (channel + 1) * grid->plane + at), high);
  _mm512_storeu_si512 (to->words + channel / 2 * grid->plane + at, word);
}

/* The place of a vector's flags among those of its plane. */
static inline size_t
flags_at (const Grid *grid, int channel, int y, int vector)
{
  return ((size_t) channel * grid->n_rows + y) * grid->n_runs * VECTORS + vector;
}

static inline __m512
bend (const Target *target, int channel, size_t flag, __m512 z)
{
  const __mmask16 negative = _mm512_cmp_ps_mask (z, _mm512_setzero_ps (), _CMP_LE_OQ);

  target->to.negative[flag] = negative;
  return _mm512_mask_mul_ps (z, negative, z, _mm512_set1_ps (target->slope[channel]));
}

/* PReLU's input, where it was negative, is its output divided by the slope. */
static inline __m512
bend_back (const Grid *grid, const Target *target, int channel, size_t at, size_t flag, __m512 g)
{
  const Maps *active = target->active;
  const float slope = target->slope[channel];
  const __mmask16 negative = active->negative[flag];
  const __m512 output = widen (active->halves + channel * grid->plane + at);

  target->d_slope[channel] += (vec) _mm512_maskz_mul_ps (negative, g, output);
  g = _mm512_mask_mul_ps (g, negative, g, _mm512_set1_ps (slope));
  target->d_bias[channel] += (vec) g;
  return g;
}

static inline __attribute__ ((always_inline)) void
finish (const Grid *grid, const Target *target, int channel, int y, int x, __m512 a, __m512 b,
        int n_left)
{
  const size_t at = origin (grid) + y * grid->stride + x;
  const size_t flag = flags_at (grid, channel, y, x / LANES);
  const size_t next = (size_t) grid->n_rows * grid->n_runs * VECTORS;

  if (target->use == AS_THEY_ARE) {
    _mm512_storeu_ps (target->plain + channel * grid->plane + at, a);
    if (n_left > 1)
      _mm512_storeu_ps (target->plain + (channel + 1) * grid->plane + at, b);
    return;
  }
  if (target->use == ACTIVATED) {
    a = bend (target, channel, flag, a);
    b = bend (target, channel + 1, flag + next, b);
  } else {
    a = bend_back (grid, target, channel, at, flag, a);
    b = bend_back (grid, target, channel + 1, at, flag + next, b);
  }
  store_pair (grid, &target->to, channel, at, a, b);
}

/* A run of pixels in `n` (4 or BLOCK, known when compiled) output planes. */
static inline __attribute__ ((always_inline)) void
conv_run (const Grid *grid, const uint32_t *source, int n_pairs, const uint32_t *packed,
          const float *bias, const Target *target, int first, int y, int x, int n, int n_out)
{
  __m512 sum[BLOCK][VECTORS];

  source += origin (grid) + y * grid->stride + x;
  for (int o = 0; o < n; o++)
    for (int v = 0; v < VECTORS; v++)
      sum[o][v] = _mm512_set1_ps (bias && o < n_out ? bias[o] : 0);
  for (int i = 0; i < n_pairs; i++, source += grid->plane)
    for (int t = 0; t < TAPS; t++, packed += BLOCK) {
      const uint32_t *p = source + (t / 3 - 1) * (ptrdiff_t) grid->stride + t % 3 - 1;
      __m512i in[VECTORS];
      for (int v = 0; v < VECTORS; v++) {
        in[v] = _mm512_loadu_si512 (p + v * LANES);
        KEEP (in[v]);
      }
#pragma GCC unroll 8
      for (int o = 0; o < n; o++) {
        __m512i w = _mm512_set1_epi32 (packed[o]);
        KEEP (w);
        for (int v = 0; v < VECTORS; v++)
          sum[o][v] = dot (sum[o][v], in[v], w);
      }
    }
#pragma GCC unroll 8
  for (int o = 0; o < n; o += 2)
    for (int v = 0; v < VECTORS && o < n_out; v++)
      finish (grid, target, first + o, y, x + v * LANES, sum[o][v], sum[o + 1][v], n_out - o);
}

static void
conv (const Grid *grid, const uint32_t *source, int n_in, const uint32_t *packed,
      const float *bias, const Target *target, int n_out)
{
  const int n_pairs = (n_in + 1) / 2;

  for (int y = 0; y < grid->n_rows; y++)
    for (int x = 0; x < grid->n_runs * RUN; x += RUN)
      for (int o = 0; o < n_out; o += BLOCK) {
        const uint32_t *w = packed + (size_t) o * n_pairs * TAPS;
        const float *b = bias ? bias + o : NULL;
        if (n_out - o <= 4)
          conv_run (grid, source, n_pairs, w, b, target, o, y, x, 4, n_out - o);
        else
          conv_run (grid, source, n_pairs, w, b, target, o, y, x, BLOCK, n_out - o);
      }
}

/* 32 pixels of a row, or the last 16 of a row and of the one below. */
static inline __m512i
load_halves (const uint16_t *p, size_t stride, int joined)
{
  if (!joined)
    return _mm512_loadu_si512 (p);
  return _mm512_inserti64x4 (
      _mm512_castsi256_si512 (_mm256_loadu_si256 ((const __m256i *) p)),
      _mm256_loadu_si256 ((const __m256i *) (p + stride)), 1);
}

static inline __attribute__ ((always_inline)) void
correlate_vector (const Grid *grid, const uint16_t *d_out, const uint16_t *source,
                  __m512 sum[BLOCK][3], int n, int joined)
{
  __m512i in[3];

  for (int k = 0; k < 3; k++) {
    in[k] = load_halves (source + k - 1, grid->stride, joined);
    KEEP (in[k]);
  }
#pragma GCC unroll 8
  for (int o = 0; o < n; o++) {
    __m512i d = load_halves (d_out + o * grid->plane, grid->stride, joined);
    KEEP (d);
    for (int k = 0; k < 3; k++)
      sum[o][k] = dot (sum[o][k], d, in[k]);
  }
}

/* Adds the products of `n` output planes and one input plane, a row of taps. */
static inline __attribute__ ((always_inline)) void
correlate_taps (const Grid *grid, const uint16_t *d_out, const uint16_t *source, int n_rows,
                __m512 total[BLOCK][3], int n)
{
  const int width = grid->n_runs * RUN;
  __m512 sum[BLOCK][3];

  memcpy (sum, total, sizeof sum);
  for (int y = 0; y < n_rows; y++, d_out += grid->stride, source += grid->stride) {
    for (int x = 0; x + WIDE <= width; x += WIDE)
      correlate_vector (grid, d_out + x, source + x, sum, n, 0);
    if (width % WIDE && y % 2 == 0)
      correlate_vector (grid, d_out + width - LANES, source + width - LANES, sum, n, 1);
  }
  memcpy (total, sum, sizeof sum);
}

/* Adds the gradient of BLOCK output planes' weights, or 4, or 1. */
static void
correlate_block (const Grid *grid, const uint16_t *d_out, int n, const uint16_t *source, int n_in,
                 float *d_weight)
{
  __m512 total[MAX_CHANNELS][3][BLOCK][3] = { 0 };

  for (int y = 0; y < grid->n_rows; y += 2 * STRIP)
    for (int i = 0; i < n_in; i++)
      for (int ky = 0; ky < 3; ky++) {
        const int n_rows = grid->n_rows - y < 2 * STRIP ? grid->n_rows - y : 2 * STRIP;
        const uint16_t *d = d_out + y * grid->stride;
        const uint16_t *in = source + i * grid->plane + (y + ky - 1) * (ptrdiff_t) grid->stride;
        if (n == BLOCK)
          correlate_taps (grid, d, in, n_rows, total[i][ky], BLOCK);
        else if (n == 4)
          correlate_taps (grid, d, in, n_rows, total[i][ky], 4);
        else
          correlate_taps (grid, d, in, n_rows, total[i][ky], 1);
      }
  for (int o = 0; o < n; o++)
    for (int i = 0; i < n_in; i++)
      for (int t = 0; t < TAPS; t++)
        *d_weight++ += sum_of ((vec) total[i][t / 3][o][t % 3]);
}

static void
correlate (const Grid *grid, const uint16_t *d_out, int n_out, const uint16_t *source, int n_in,
           float *d_weight)
{
  const size_t start = origin (grid);

  for (int o = 0, n; o < n_out; o += n) {
    n = n_out - o >= BLOCK ? BLOCK : n_out - o >= 4 ? 4 : 1;
    correlate_block (grid, d_out + o * grid->plane + start, n, source + start, n_in,
                     d_weight + (size_t) o * n_in * TAPS);
  }
}
