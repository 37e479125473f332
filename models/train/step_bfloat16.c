/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* step.c's training step with bfloat16 factors and float32 sums, for CPUs with
 * AVX-512 BF16: 1.6 times as fast. Weights and results stay float32.
 */

#if defined(__AVX512BF16__)

#include "step_bfloat16.h"

#include <stdlib.h>

#define MAX_LAYERS 32

/* Float planes in both forms. */
static void
narrow (const Grid *grid, const float *planes, int n, const Maps *to)
{
  for (int c = 0; c < n; c += 2)
    for (int y = 0; y < grid->n_rows; y++)
      for (int x = 0; x < grid->n_runs * RUN; x += LANES) {
        const size_t at = origin (grid) + y * grid->stride + x;
        const float *p = planes + c * grid->plane + at;
        __m512 b = c + 1 < n ? _mm512_loadu_ps (p + grid->plane) : _mm512_setzero_ps ();
        store_pair (grid, to, c, at, _mm512_loadu_ps (p), b);
      }
}

/* The picture, of which one bfloat16 is too little: a word holds its value and what
 * that leaves. */
static void
split (const Grid *grid, const float *picture, const Maps *to)
{
  for (int y = 0; y < grid->n_rows; y++)
    for (int x = 0; x < grid->n_runs * RUN; x++) {
      const size_t at = origin (grid) + y * grid->stride + x;
      const uint32_t value = to_half (picture[at]), bits = value << 16;
      float rounded;
      memcpy (&rounded, &bits, sizeof rounded);
      to->halves[at] = value;
      to->words[at] = value | to_half (picture[at] - rounded) << 16;
    }
}

/* Scratch: the picture, and as halves; each layer's activation; two gradients; the
 * last layer's sums; packed weights. */
typedef struct
{
  float *input, *output;
  Maps picture, active[MAX_LAYERS - 1], d[2];
  uint32_t *packed;
} Scratch;

/* Memory that is handed out piece by piece; without memory, what they add up to. */
typedef struct
{
  char *memory;
  size_t used;
} Arena;

static void *
take (Arena *arena, size_t n, size_t size)
{
  void *piece = arena->memory ? arena->memory + arena->used : NULL;

  arena->used += (n * size + 63) / 64 * 64;
  return piece;
}

static Maps
take_maps (Arena *arena, const Grid *grid, int n)
{
  const size_t n_pairs = (n + 1) / 2;
  Maps maps;

  maps.words = take (arena, n_pairs * grid->plane, sizeof *maps.words);
  maps.halves = take (arena, 2 * n_pairs * grid->plane, sizeof *maps.halves);
  maps.negative = take (arena, flags_at (grid, 2 * n_pairs, 0, 0), sizeof *maps.negative);
  return maps;
}

static void
take_scratch (const Shape *shape, const Grid *grid, Scratch *s, Arena *arena)
{
  const int n_out = shape->scale * shape->scale;
  const int n_maps = shape->n_channels > n_out ? shape->n_channels : n_out;

  s->input = take (arena, grid->plane, sizeof *s->input);
  s->output = take (arena, n_out * grid->plane, sizeof *s->output);
  s->packed = take (arena, (size_t) (n_maps + BLOCK) * (n_maps + 1) * TAPS, sizeof *s->packed);
  s->picture = take_maps (arena, grid, 1);
  for (int l = 0; l < shape->n_layers - 1; l++)
    s->active[l] = take_maps (arena, grid, shape->n_channels);
  for (int i = 0; i < 2; i++)
    s->d[i] = take_maps (arena, grid, n_maps);
}

/* Returns what to free, or NULL. */
static void *
make_scratch (const Shape *shape, const Grid *grid, Scratch *s)
{
  Arena arena = { NULL, 0 };

  take_scratch (shape, grid, s, &arena);
  arena.memory = calloc (arena.used, 1);
  arena.used = 0;
  if (arena.memory)
    take_scratch (shape, grid, s, &arena);
  return arena.memory;
}

static const Maps *
input_of (const Scratch *s, int layer)
{
  return layer == 0 ? &s->picture : &s->active[layer - 1];
}

static void
forward (const Shape *shape, const Grid *grid, const Layer *layers, Scratch *s)
{
  for (int l = 0; l < shape->n_layers; l++) {
    const int n_in = n_in_of (shape, l), n_out = n_out_of (shape, l);
    Target target = { .use = AS_THEY_ARE, .plain = s->output };

    if (layers[l].slope)
      target = (Target) { .use = ACTIVATED, .to = s->active[l], .slope = layers[l].slope };
    pack (s->packed, layers[l].weight, n_out, n_in, 0);
    conv (grid, input_of (s, l)->words, n_in, s->packed, layers[l].bias, &target, n_out);
  }
}

/* The gradient for the sums of layer l - 1, from the one for those of layer l. */
static void
step_back (const Shape *shape, const Grid *grid, const Layer *layers, int l, Scratch *s)
{
  const int n_in = n_in_of (shape, l), n_out = n_out_of (shape, l);
  const Layer *before = &layers[l - 1];
  vec d_slope[MAX_CHANNELS] = { 0 }, d_bias[MAX_CHANNELS] = { 0 };
  const Target target = { .use = GRADIENT, .to = s->d[(l - 1) % 2], .active = &s->active[l - 1],
    .slope = before->slope, .d_slope = d_slope, .d_bias = d_bias };

  pack (s->packed, layers[l].weight, n_out, n_in, 1);
  conv (grid, s->d[l % 2].words, n_out, s->packed, NULL, &target, n_in);
  for (int c = 0; c < n_in; c++) {
    before->d_slope[c] += before->slope[c] != 0 ? sum_of (d_slope[c]) / before->slope[c] : 0;
    before->d_bias[c] += sum_of (d_bias[c]);
  }
}

/* The last layer's sums hold their gradient already. */
static void
backward (const Shape *shape, const Grid *grid, const Layer *layers, Scratch *s)
{
  const int last = shape->n_layers - 1, n_last = n_out_of (shape, last);

  sum_planes (grid, 0, s->output, layers[last].d_bias, n_last);
  narrow (grid, s->output, n_last, &s->d[last % 2]);
  for (int l = last; l >= 0; l--) {
    correlate (grid, s->d[l % 2].halves, n_out_of (shape, l), input_of (s, l)->halves,
               n_in_of (shape, l), layers[l].d_weight);
    if (l > 0)
      step_back (shape, grid, layers, l, s);
  }
}

/* As ecbsr_train_step(). n_channels and height are even, and there are at most
 * MAX_LAYERS layers. */
double
ecbsr_train_step_bfloat16 (const Shape *shape, const Layer *layers, int32_t n, const float *low,
                           const float *high)
{
  const Grid grid = make_grid (shape);
  const size_t n_low = (size_t) shape->width * shape->height;
  Scratch scratch;
  void *memory = make_scratch (shape, &grid, &scratch);
  double loss = 0;

  if (!memory)
    return -1;
  for (int i = 0; i < n; i++) {
    read_low (shape, &grid, low + i * n_low, scratch.input);
    split (&grid, scratch.input, &scratch.picture);
    forward (shape, &grid, layers, &scratch);
    loss += compare (shape, &grid, scratch.input, scratch.output,
                     high + i * n_low * shape->scale * shape->scale);
    backward (shape, &grid, layers, &scratch);
  }
  free (memory);
  return loss;
}

#endif
