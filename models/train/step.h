/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What step.c (float32) and step_bfloat16.c share.
 *
 * Feature maps are planes of rows. Before each row lie PAD zeros, which are also
 * what follows the row before; above and below lies one row of zeros.
 */

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* Sums of BLOCK channels by VECTORS vectors stay in registers: AVX-512 has 32 of 16
 * floats, AVX2 16 of 8. */
#if defined(__AVX512F__)
#define LANES 16
#define VECTORS 3
#define BLOCK 8
#else
#define LANES 8
#define VECTORS 2
#define BLOCK 4
#endif
#define RUN (LANES * VECTORS)
#define PAD LANES
#define TAPS 9
#define STRIP 8
#define MAX_CHANNELS 16
#define FLOOR 1e-6 /* of a patch's mean square */

/* Has the compiler load a vector once, not with each use. */
#if defined(__AVX512F__)
#define KEEP(v) __asm__ ("" : "+v" (v))
#elif defined(__AVX__)
#define KEEP(v) __asm__ ("" : "+x" (v))
#else
#define KEEP(v) __asm__ ("" : "+m" (v))
#endif

typedef float vec __attribute__ ((vector_size (4 * LANES), aligned (4), may_alias));

/* A network and the geometry of its patches. Sizes are in small pixels. */
typedef struct
{
  int32_t n_layers, n_channels, scale, width, height, margin;
} Shape;

/* One convolution. weight [n_out][n_in][3][3], bias [n_out], and slope [n_out]
 * or NULL; likewise the gradients, which the step adds to. What the activation makes is
 * kept between minimum and maximum [n_out], or NULL; a layer without slope has neither. */
typedef struct
{
  const float *weight, *bias, *slope, *minimum, *maximum;
  float *d_weight, *d_bias, *d_slope;
} Layer;

typedef struct
{
  size_t stride, plane;
  int n_rows, n_runs;
} Grid;

static inline Grid
make_grid (const Shape *shape)
{
  Grid grid = { .stride = PAD + shape->width, .n_rows = shape->height, .n_runs = shape->width / RUN };
  grid.plane = grid.stride * (shape->height + 2) + PAD;
  return grid;
}

/* The first pixel of a plane. */
static inline size_t
origin (const Grid *grid)
{
  return grid->stride + PAD;
}

static inline int
n_in_of (const Shape *shape, int layer)
{
  return layer == 0 ? 1 : shape->n_channels;
}

static inline int
n_out_of (const Shape *shape, int layer)
{
  return layer == shape->n_layers - 1 ? shape->scale * shape->scale : shape->n_channels;
}

static inline float
sum_of (vec v)
{
  float sum = 0;
  for (int i = 0; i < LANES; i++)
    sum += v[i];
  return sum;
}

static inline void
sum_planes (const Grid *grid, int skip, const float *d, float *d_bias, int n)
{
  for (int c = 0; c < n; c++) {
    vec sum = { 0 };
    for (int y = skip; y < grid->n_rows - skip; y++) {
      const size_t at = c * grid->plane + origin (grid) + y * grid->stride;
      for (size_t x = at; x < at + grid->n_runs * RUN; x += LANES)
        sum += *(const vec *) (d + x);
    }
    d_bias[c] += sum_of (sum);
  }
}

/* One row of one sub-pixel: `n` sums, of which those from `first` to before `last`
 * count. Every `step`th of `high` is meant. `out` becomes the errors; returns the sum of
 * their squares. */
static inline float
compare_row (const float *input, float *out, const float *high, int step, int first, int last,
             int n)
{
  float sum = 0;

  for (int x = 0; x < n; x++) {
    const float error = out[x] + input[x] - high[x * step] / 255;
    out[x] = x >= first && x < last ? error : 0;
    sum += out[x] * out[x];
  }
  return sum;
}

static inline void
multiply (const Grid *grid, float *planes, int n, float factor)
{
  for (int c = 0; c < n; c++)
    for (int y = 0; y < grid->n_rows; y++) {
      float *row = planes + c * grid->plane + origin (grid) + y * grid->stride;
      for (int x = 0; x < grid->n_runs * RUN; x++)
        row[x] *= factor;
    }
}

/* The root of the mean square of a patch's errors against `high`, where it counts, times
 * how many count; `out` becomes the gradient. */
static inline double
compare (const Shape *shape, const Grid *grid, const float *input, float *out, const float *high)
{
  const int s = shape->scale, w = s * shape->width, h = s * shape->height, m = shape->margin;
  const double count = (double) (w - 2 * m) * (h - 2 * m);
  double sum = 0;

  for (int y = 0; y < h; y++)
    for (int dx = 0; dx < s; dx++) {
      const size_t at = origin (grid) + y / s * grid->stride;
      const int first = (m - dx + s - 1) / s;
      const int last = y >= m && y < h - m ? (w - m - dx + s - 1) / s : 0;
      sum += compare_row (input + at, out + (y % s * s + dx) * grid->plane + at,
                          high + (size_t) y * w + dx, s, first, last, shape->width);
    }
  const double root = sqrt (sum / count + FLOOR);
  multiply (grid, out, s * s, (float) (1 / root));
  return root * count;
}

static inline void
read_low (const Shape *shape, const Grid *grid, const float *low, float *plane)
{
  for (int y = 0; y < shape->height; y++)
    for (int x = 0; x < shape->width; x++)
      plane[origin (grid) + y * grid->stride + x] = low[y * shape->width + x] / 255;
}
