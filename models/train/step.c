/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One training step of a folded ECBSR network: the loss of a batch, and its
 * gradient for every weight. PyTorch's convolutions reach a tenth of a core's
 * multiply-adds at so few channels; these keep a row of 48 pixels by eight
 * channels in registers, as src/kernels/conv_tmpl.c does, and reach most of it.
 */

#include "step.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

typedef int32_t mask __attribute__ ((vector_size (4 * LANES)));

/* BLOCK weights of every input channel and tap, side by side; those that are
 * beyond n_out are 0. `backward` swaps the roles of in and out, and turns the
 * taps round. */
static void
pack (float *packed, const float *weight, int n_out, int n_in, int backward)
{
  const int to = backward ? n_in : n_out, from = backward ? n_out : n_in;

  for (int o = 0; o < (to + BLOCK - 1) / BLOCK * BLOCK; o++)
    for (int i = 0; i < from; i++)
      for (int t = 0; t < TAPS; t++) {
        size_t at = backward ? ((size_t) i * n_in + o) * TAPS + TAPS - 1 - t
            : ((size_t) o * n_in + i) * TAPS + t;
        packed[((o / BLOCK * from + i) * TAPS + t) * BLOCK + o % BLOCK] = o < to ? weight[at] : 0;
      }
}

/* A run of pixels in `n` (4 or BLOCK, known when compiled) output planes. */
static inline __attribute__ ((always_inline)) void
conv_run (const Grid *grid, const float *source, int n_in, const float *packed, const float *bias,
          float *target, int n, int n_out)
{
  vec sum[BLOCK][VECTORS];

  for (int o = 0; o < n; o++)
    for (int v = 0; v < VECTORS; v++)
      sum[o][v] = (vec) { 0 } + (bias && o < n_out ? bias[o] : 0);
  for (int i = 0; i < n_in; i++, source += grid->plane)
    for (int t = 0; t < TAPS; t++, packed += BLOCK) {
      const float *p = source + (t / 3 - 1) * (ptrdiff_t) grid->stride + t % 3 - 1;
      vec x[VECTORS];
      for (int v = 0; v < VECTORS; v++)
        x[v] = *(const vec *) (p + v * LANES);
#pragma GCC unroll 8
      for (int o = 0; o < n; o++)
        for (int v = 0; v < VECTORS; v++)
          sum[o][v] += x[v] * packed[o];
    }
  for (int o = 0; o < n && o < n_out; o++)
    for (int v = 0; v < VECTORS; v++)
      *(vec *) (target + o * grid->plane + v * LANES) = sum[o][v];
}

/* But for `skip` rows above and below. */
static void
conv (const Grid *grid, int skip, const float *source, int n_in, const float *packed,
      const float *bias, float *target, int n_out)
{
  for (int y = skip; y < grid->n_rows - skip; y++)
    for (int r = 0; r < grid->n_runs; r++)
      for (int o = 0; o < n_out; o += BLOCK) {
        const size_t at = origin (grid) + y * grid->stride + r * RUN;
        const float *w = packed + (size_t) o * n_in * TAPS, *b = bias ? bias + o : NULL;
        float *to = target + o * grid->plane + at;
        if (n_out - o <= 4)
          conv_run (grid, source + at, n_in, w, b, to, 4, n_out - o);
        else
          conv_run (grid, source + at, n_in, w, b, to, BLOCK, n_out - o);
      }
}

/* Adds the products of `n` output planes and one input plane, a row of taps. */
static inline __attribute__ ((always_inline)) void
correlate_taps (const Grid *grid, const float *d_out, const float *source, int n_rows,
                vec total[BLOCK][3], int n)
{
  vec sum[BLOCK][3];

  memcpy (sum, total, sizeof sum);
  for (int y = 0; y < n_rows; y++)
    for (size_t x = y * grid->stride; x < y * grid->stride + grid->n_runs * RUN; x += LANES) {
      vec in[3];
      for (int k = 0; k < 3; k++)
        in[k] = *(const vec *) (source + x + k - 1);
#pragma GCC unroll 8
      for (int o = 0; o < n; o++) {
        vec d = *(const vec *) (d_out + o * grid->plane + x);
        KEEP (d);
        for (int k = 0; k < 3; k++)
          sum[o][k] += d * in[k];
      }
    }
  memcpy (total, sum, sizeof sum);
}

/* Adds the gradient of BLOCK output planes' weights, or 4, or 1. */
static void
correlate_block (const Grid *grid, int skip, const float *d_out, int n, const float *source, int n_in,
                 float *d_weight)
{
  vec total[MAX_CHANNELS][3][BLOCK][3] = { 0 };

  /* In strips, so that the output planes stay in the nearest cache. */
  for (int y = skip; y < grid->n_rows - skip; y += STRIP)
    for (int i = 0; i < n_in; i++)
      for (int ky = 0; ky < 3; ky++) {
        const int left = grid->n_rows - skip - y, n_rows = left < STRIP ? left : STRIP;
        const float *d = d_out + y * grid->stride;
        const float *in = source + i * grid->plane + (y + ky - 1) * (ptrdiff_t) grid->stride;
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
        *d_weight++ += sum_of (total[i][t / 3][o][t % 3]);
}

static void
correlate (const Grid *grid, int skip, const float *d_out, int n_out, const float *source, int n_in,
           float *d_weight)
{
  const size_t start = origin (grid);

  for (int o = 0, n; o < n_out; o += n) {
    n = n_out - o >= BLOCK ? BLOCK : n_out - o >= 4 ? 4 : 1;
    correlate_block (grid, skip, d_out + o * grid->plane + start, n, source + start, n_in,
                     d_weight + (size_t) o * n_in * TAPS);
  }
}

static inline vec
choose (mask which, vec yes, vec no)
{
  return (vec) (((mask) yes & which) | ((mask) no & ~which));
}

/* active = PReLU (linear), within the bounds; borders stay zero. */
static void
activate (const Grid *grid, int skip, const float *linear, const Layer *layer, float *active, int n)
{
  for (int c = 0; c < n; c++) {
    const vec low = (vec) { 0 } + (layer->minimum ? layer->minimum[c] : -FLT_MAX);
    const vec high = (vec) { 0 } + (layer->minimum ? layer->maximum[c] : FLT_MAX);
    for (int y = skip; y < grid->n_rows - skip; y++) {
      const size_t at = c * grid->plane + origin (grid) + y * grid->stride;
      for (size_t x = at; x < at + grid->n_runs * RUN; x += LANES) {
        vec z = *(const vec *) (linear + x);
        z = choose (z > 0, z, z * layer->slope[c]);
        z = choose (z > low, z, low);
        *(vec *) (active + x) = choose (z < high, z, high);
      }
    }
  }
}

/* Turns the gradient for PReLU's output into the one for its input: none beyond the
 * bounds. */
static void
activate_back (const Grid *grid, int skip, const float *linear, const Layer *layer, float *d, int n)
{
  for (int c = 0; c < n; c++) {
    const vec low = (vec) { 0 } + (layer->minimum ? layer->minimum[c] : -FLT_MAX);
    const vec high = (vec) { 0 } + (layer->minimum ? layer->maximum[c] : FLT_MAX);
    vec d_slope = { 0 };
    for (int y = skip; y < grid->n_rows - skip; y++) {
      const size_t at = c * grid->plane + origin (grid) + y * grid->stride;
      for (size_t x = at; x < at + grid->n_runs * RUN; x += LANES) {
        vec z = *(const vec *) (linear + x), g = *(const vec *) (d + x);
        const vec active = choose (z > 0, z, z * layer->slope[c]);
        g = choose ((active > low) & (active < high), g, (vec) { 0 });
        d_slope += choose (z > 0, (vec) { 0 }, g * z);
        *(vec *) (d + x) = choose (z > 0, g, g * layer->slope[c]);
      }
    }
    layer->d_slope[c] += sum_of (d_slope);
  }
}

/* Zeroes the two rows before those that are not skipped and the two after: an earlier patch
 * may have left something there, and the convolution, which makes a row more, reads it. */
static void
clear_around (const Grid *grid, int skip, float *planes, int n)
{
  const int rows[] = { skip - 2, skip - 1, grid->n_rows - skip, grid->n_rows - skip + 1 };

  for (int c = 0; c < n; c++)
    for (int i = 0; i < 4; i++)
      if (rows[i] >= 0 && rows[i] < grid->n_rows)
        memset (planes + c * grid->plane + origin (grid) + rows[i] * grid->stride, 0,
                grid->n_runs * RUN * sizeof (float));
}

/* Scratch: the picture, each layer's sums and what its activation made of them,
 * the gradient of two layers, packed weights. */
typedef struct
{
  float *input, *linear, *active, *d[2], *packed;
  size_t map; /* floats of one layer's maps */
} Scratch;

static size_t
packed_floats (int n_maps)
{
  return (size_t) (n_maps + BLOCK) * n_maps * TAPS;
}

static int
make_scratch (const Shape *shape, const Grid *grid, Scratch *s, float **memory)
{
  const int n_out = shape->scale * shape->scale;
  const int n_maps = shape->n_channels > n_out ? shape->n_channels : n_out;
  s->map = n_maps * grid->plane;
  const size_t floats = grid->plane + (2 * shape->n_layers + 2) * s->map + packed_floats (n_maps);
  *memory = calloc (floats, sizeof (float));
  if (!*memory)
    return 0;
  s->input = *memory;
  s->linear = s->input + grid->plane;
  s->active = s->linear + shape->n_layers * s->map;
  s->d[0] = s->active + shape->n_layers * s->map;
  s->d[1] = s->d[0] + s->map;
  s->packed = s->d[1] + s->map;
  return 1;
}

/* The rows at the top and the bottom of layer `layer`'s output that no error which counts
 * comes from: with a margin as wide as the network reaches, those that zeros beyond the
 * patch have part in. */
static int
skipped (const Shape *shape, int layer)
{
  const int needed = shape->margin / shape->scale - (shape->n_layers - 1 - layer);
  return needed > 0 ? needed : 0;
}

static const float *
input_of (const Scratch *s, int layer)
{
  return layer == 0 ? s->input : s->active + (layer - 1) * s->map;
}

static void
forward (const Shape *shape, const Grid *grid, const Layer *layers, Scratch *s)
{
  for (int l = 0; l < shape->n_layers; l++) {
    const int n_in = n_in_of (shape, l), n_out = n_out_of (shape, l), skip = skipped (shape, l);
    float *linear = s->linear + l * s->map;
    pack (s->packed, layers[l].weight, n_out, n_in, 0);
    conv (grid, skip, input_of (s, l), n_in, s->packed, layers[l].bias, linear, n_out);
    if (layers[l].slope)
      activate (grid, skip, linear, &layers[l], s->active + l * s->map, n_out);
  }
}

/* The last layer's sums hold their gradient already. */
static void
backward (const Shape *shape, const Grid *grid, const Layer *layers, Scratch *s)
{
  float *d = s->linear + (shape->n_layers - 1) * s->map;

  for (int l = shape->n_layers - 1; l >= 0; l--) {
    const int n_in = n_in_of (shape, l), n_out = n_out_of (shape, l), skip = skipped (shape, l);
    if (layers[l].slope)
      activate_back (grid, skip, s->linear + l * s->map, &layers[l], d, n_out);
    sum_planes (grid, skip, d, layers[l].d_bias, n_out);
    correlate (grid, skip, d, n_out, input_of (s, l), n_in, layers[l].d_weight);
    if (l == 0)
      break;
    float *d_in = s->d[l % 2];
    pack (s->packed, layers[l].weight, n_out, n_in, 1);
    conv (grid, skipped (shape, l - 1), d, n_out, s->packed, NULL, d_in, n_in);
    clear_around (grid, skipped (shape, l - 1), d_in, n_in);
    d = d_in;
  }
}

/* Adds up the root mean squares of the errors of `n` patches, on a scale of 0..1,
 * each times the number of errors, and their gradients. low [n][height][width], high [n][scale*height][scale*width]: luma
 * of 0..255.
 * `width` is a multiple of 48. Returns -1 if there is no memory. */
double
ecbsr_train_step (const Shape *shape, const Layer *layers, int32_t n, const float *low,
                  const float *high)
{
  const Grid grid = make_grid (shape);
  const size_t n_low = (size_t) shape->width * shape->height;
  Scratch scratch;
  float *memory;
  double loss = 0;

  if (!make_scratch (shape, &grid, &scratch, &memory))
    return -1;
  for (int i = 0; i < n; i++) {
    read_low (shape, &grid, low + i * n_low, scratch.input);
    forward (shape, &grid, layers, &scratch);
    loss += compare (shape, &grid, scratch.input, scratch.linear + (shape->n_layers - 1) * scratch.map,
                     high + i * n_low * shape->scale * shape->scale);
    backward (shape, &grid, layers, &scratch);
  }
  free (memory);
  return loss;
}
