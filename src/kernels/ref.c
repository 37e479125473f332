// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The reference: every kernel as its contract reads, one scalar at a time.

#include "ref.h"

#include <math.h>
#include <string.h>

static size_t
granules (size_t n)
{
  return (n + ECBSR_GRANULE - 1) / ECBSR_GRANULE * ECBSR_GRANULE;
}

// What the curve is taken of.
static float
before_curve (const EcbsrConv *conv, unsigned o, const void *const *src,
              size_t src_pitch, size_t x, EcbsrDtype in)
{
  const unsigned k = conv->kernel_size;
  const unsigned n_values = ecbsr_dtype_channels (in);
  // The reference table's block is 4.
  const uint32_t *w = (const uint32_t *) conv->weight
                      + (size_t) (o / 4) * 4 * conv->n_in * k * k + o % 4;
  float sum = conv->bias[o];
  int32_t whole = in == ECBSR_DTYPE_U8 ? conv->offset[o] : 0;

  for (unsigned i = 0; i < conv->n_in; i++)
    for (unsigned ky = 0; ky < k; ky++)
      for (unsigned kx = 0; kx < k; kx++, w += 4)
        {
          const uint32_t *row = src[ky];
          uint32_t word = row[(ptrdiff_t) (i * src_pitch + x + kx) - k / 2];
          for (unsigned j = 0; j < n_values; j++)
            if (in == ECBSR_DTYPE_U8)
              whole += byte_product (*w, word, j);
            else
              sum += word_value (*w, in, j) * word_value (word, in, j);
        }
  if (in == ECBSR_DTYPE_U8)
    return fmaf ((float) whole, conv->multiplier[o], conv->bias[o]);
  return sum;
}

static float
apply_curve (const EcbsrConv *conv, unsigned o, float v)
{
  if (conv->curve == ECBSR_CURVE_TANH)
    return tanhf (v);
  if (conv->curve == ECBSR_CURVE_SOFTPLUS)
    return fmaxf (v, 0) + log1pf (expf (-fabsf (v)));
  return v > 0 ? v : v * conv->slope[o];
}

static float
conv_pixel (const EcbsrConv *conv, unsigned o, const void *const *src,
            size_t src_pitch, size_t x, EcbsrDtype in, EcbsrDtype out)
{
  float t = before_curve (conv, o, src, src_pitch, x, in), b = t;

  if (out == ECBSR_DTYPE_F32 && conv->plain)
    return t;
  if (out != ECBSR_DTYPE_U8)
    return bounded (conv, o, apply_curve (conv, o, t));
  if (conv->curve != ECBSR_CURVE_SLOPE)
    return fmaf (apply_curve (conv, o, t), conv->gain, conv->zero[o]);
  if (in != ECBSR_DTYPE_U8)
    b = fmaf (t, conv->gain, conv->zero[o]);
  return fmaxf (b, fmaf (b, conv->slope[o], conv->knee[o]));
}

static void
conv (const EcbsrConv *layer, void *dst, size_t dst_pitch,
      const void *const *src, size_t src_pitch, size_t n, EcbsrDtype in,
      EcbsrDtype out)
{
  for (unsigned o = 0; o < layer->n_out; o++)
    for (size_t x = 0; x < granules (n); x++)
      {
        uint32_t *word
            = (uint32_t *) dst + o / ecbsr_dtype_channels (out) * dst_pitch + x;
        put_value (word, o, conv_pixel (layer, o, src, src_pitch, x, in, out),
                   out);
        if (out == ECBSR_DTYPE_U8)
          bound_byte (layer, o, word);
      }
}

#define CONV(name, in, out)                                                    \
  static void name (const EcbsrConv *layer, void *dst, size_t dst_pitch,       \
                    const void *const *src, size_t src_pitch, size_t n)        \
  {                                                                            \
    conv (layer, dst, dst_pitch, src, src_pitch, n, in, out);                  \
  }
CONV (conv_f32_f32, ECBSR_DTYPE_F32, ECBSR_DTYPE_F32)
CONV (conv_f32_bf16, ECBSR_DTYPE_F32, ECBSR_DTYPE_BF16)
CONV (conv_bf16_bf16, ECBSR_DTYPE_BF16, ECBSR_DTYPE_BF16)
CONV (conv_bf16_f32, ECBSR_DTYPE_BF16, ECBSR_DTYPE_F32)
CONV (conv_f32_u8, ECBSR_DTYPE_F32, ECBSR_DTYPE_U8)
CONV (conv_u8_u8, ECBSR_DTYPE_U8, ECBSR_DTYPE_U8)
CONV (conv_u8_f32, ECBSR_DTYPE_U8, ECBSR_DTYPE_F32)

static void
head_residual (float *row, const float *input, size_t n)
{
  for (size_t x = 0; x < granules (n); x++)
    row[x] += input[x];
}

static void
range (float *low, float *high, const float *const rows[3], float beyond,
       size_t n)
{
  for (size_t x = 0; x < n; x++)
    {
      low[x] = INFINITY;
      high[x] = -INFINITY;
      for (size_t k = 0; k < 9; k++)
        {
          const size_t column = x + k % 3;
          const float v
              = rows[k / 3][column == 0 ? 0 : column > n ? n - 1 : column - 1];
          low[x] = v < low[x] ? v : low[x];
          high[x] = v > high[x] ? v : high[x];
        }
      low[x] -= beyond;
      high[x] += beyond;
    }
}

static void
bound (float *row, const float *low, const float *high, size_t n)
{
  for (size_t x = 0; x < n; x++)
    {
      row[x] = row[x] > low[x] ? row[x] : low[x];
      row[x] = row[x] < high[x] ? row[x] : high[x];
    }
}

static void
head_max (float *row, size_t map_pitch, unsigned n_maps, size_t n)
{
  for (size_t x = 0; x < granules (n); x++)
    for (unsigned c = 1; c < n_maps; c++)
      row[x] = fmaxf (row[x], row[c * map_pitch + x]);
}

typedef float (*LogitFunc) (const float *maps, size_t map_pitch,
                            unsigned n_maps, unsigned c);

static float
logit_tm (const float *maps, size_t map_pitch, unsigned n_maps, unsigned c)
{
  return maps[(n_maps + c) * map_pitch];
}

static float
logit_tr (const float *maps, size_t map_pitch, unsigned n_maps, unsigned c)
{
  return maps[(n_maps + c) * map_pitch] * maps[(2 * n_maps + c) * map_pitch];
}

static float
logit_cnn (const float *maps, size_t map_pitch, unsigned n_maps, unsigned c)
{
  float key = maps[(n_maps + c) * map_pitch];
  return key * key;
}

// Σ value · softmax (logit); the greatest logit is subtracted from all, so that
// no exponential overflows.
static float
attend (const float *maps, size_t map_pitch, unsigned n_maps, LogitFunc logit)
{
  float top = logit (maps, map_pitch, n_maps, 0);
  float sum = 0, weights = 0;

  for (unsigned c = 1; c < n_maps; c++)
    top = fmaxf (top, logit (maps, map_pitch, n_maps, c));
  for (unsigned c = 0; c < n_maps; c++)
    {
      float e = expf (logit (maps, map_pitch, n_maps, c) - top);
      weights += e;
      sum += e * maps[c * map_pitch];
    }
  return sum / weights;
}

static void
head_tm (float *row, size_t map_pitch, unsigned n_maps, size_t n)
{
  for (size_t x = 0; x < granules (n); x++)
    row[x] = attend (row + x, map_pitch, n_maps, logit_tm);
}

static void
head_tr (float *row, size_t map_pitch, unsigned n_maps, size_t n)
{
  for (size_t x = 0; x < granules (n); x++)
    row[x] = attend (row + x, map_pitch, n_maps, logit_tr);
}

static void
head_cnn (float *row, size_t map_pitch, unsigned n_maps, size_t n)
{
  for (size_t x = 0; x < granules (n); x++)
    row[x] = attend (row + x, map_pitch, n_maps, logit_cnn);
}

static void
shuffle (float *dst, const float *src, size_t src_pitch, unsigned scale,
         size_t n)
{
  for (size_t x = 0; x < n; x++)
    for (unsigned d = 0; d < scale; d++)
      dst[scale * x + d] = src[d * src_pitch + x];
}

static void
cubic_h (float *dst, const float *src, const EcbsrCubic *filter, size_t n)
{
  for (size_t x = 0; x < n; x++)
    for (unsigned p = 0; p < filter->scale; p++)
      {
        const float *s = src + (ptrdiff_t) x + filter->first[p];
        const float *tap = filter->tap[p];
        dst[filter->scale * x + p]
            = tap[0] * s[0] + tap[1] * s[1] + tap[2] * s[2] + tap[3] * s[3];
      }
}

static void
cubic_v (float *dst, const float *const src[4], const float tap[4], size_t n)
{
  for (size_t x = 0; x < n; x++)
    dst[x] = tap[0] * src[0][x] + tap[1] * src[1][x] + tap[2] * src[2][x]
             + tap[3] * src[3][x];
}

static void
load_u16 (float *dst, const void *src, unsigned pixel_stride, unsigned offset,
          unsigned shift, float scale, float bias, size_t n)
{
  const uint8_t *bytes = src;

  for (size_t x = 0; x < n; x++)
    {
      const uint8_t *b = bytes + 2 * (x * pixel_stride + offset);
      dst[x] = scale * (float) ((b[0] | b[1] << 8) >> shift) + bias;
    }
}

static void
store_u16 (void *dst, const float *src, unsigned depth, unsigned shift,
           float scale, float bias, size_t n)
{
  const float most = (float) ((1u << depth) - 1), half = bias + 0.5f;
  uint8_t *bytes = dst;

  for (size_t x = 0; x < n; x++)
    {
      float v = scale * src[x] + half;
      // Written so that a NaN becomes 0 instead of undefined behaviour.
      unsigned sample = (unsigned) (v >= most ? most : v > 0 ? v : 0) << shift;
      bytes[2 * x] = (uint8_t) sample;
      bytes[2 * x + 1] = (uint8_t) (sample >> 8);
    }
}

static void
merge_u16 (void *dst, const uint16_t *const *src, unsigned k, size_t n)
{
  uint8_t *bytes = dst;

  for (size_t x = 0; x < n; x++)
    for (unsigned j = 0; j < k; j++)
      memcpy (bytes + 2 * (k * x + j), &src[j][x], 2);
}

static void
load_u8 (float *dst, const uint8_t *src, unsigned pixel_stride,
         unsigned offset, float scale, float bias, size_t n)
{
  for (size_t x = 0; x < n; x++)
    dst[x] = scale * src[x * pixel_stride + offset] + bias;
}

static void
store_u8 (uint8_t *dst, const float *src, float scale, float bias, size_t n)
{
  for (size_t x = 0; x < n; x++)
    {
      float v = scale * src[x] + bias + 0.5f;
      // Written so that a NaN becomes 0 instead of undefined behaviour.
      dst[x] = v >= 255 ? 255 : v > 0 ? (uint8_t) v : 0;
    }
}

static void
affine (float *dst, const float *src, float scale, float bias, size_t n)
{
  for (size_t x = 0; x < n; x++)
    dst[x] = scale * src[x] + bias;
}

static void
merge_u8 (uint8_t *dst, const uint8_t *const *src, unsigned k, size_t n)
{
  for (size_t x = 0; x < n; x++)
    for (unsigned j = 0; j < k; j++)
      dst[k * x + j] = src[j][x];
}

static void
mix (float *row, const float *base, float strength, size_t n)
{
  for (size_t x = 0; x < n; x++)
    row[x] = base[x] + strength * (row[x] - base[x]);
}

static void
luma (float *dst, const float *const src[3], const float weight[3], float bias,
      size_t n)
{
  for (size_t x = 0; x < n; x++)
    dst[x] = weight[0] * src[0][x] + weight[1] * src[1][x]
             + weight[2] * src[2][x] + bias;
}

static void
correct (float *row, const float *y, const float *base, float strength,
         size_t n)
{
  for (size_t x = 0; x < n; x++)
    row[x] += strength * (y[x] - base[x]);
}

void
ecbsr_kernels_fill_ref (EcbsrKernels *kernels)
{
  *kernels = (EcbsrKernels) {
    .isa = "ref",
    .block = 4,
    .conv3x3_f32_f32 = conv_f32_f32,
    .conv5x5_f32_f32 = conv_f32_f32,
    .conv7x7_f32_f32 = conv_f32_f32,
    .conv3x3_f32_bf16 = conv_f32_bf16,
    .conv5x5_f32_bf16 = conv_f32_bf16,
    .conv3x3_bf16_bf16 = conv_bf16_bf16,
    .conv3x3_bf16_f32 = conv_bf16_f32,
    .conv3x3_f32_u8 = conv_f32_u8,
    .conv5x5_f32_u8 = conv_f32_u8,
    .conv3x3_u8_u8 = conv_u8_u8,
    .conv3x3_u8_f32 = conv_u8_f32,
    .head_residual_f32 = head_residual,
    .head_max_f32 = head_max,
    .range_f32 = range,
    .bound_f32 = bound,
    .head_tm_f32 = head_tm,
    .head_tr_f32 = head_tr,
    .head_cnn_f32 = head_cnn,
    .shuffle_f32 = shuffle,
    .cubic_h_f32 = cubic_h,
    .cubic_v_f32 = cubic_v,
    .load_u16 = load_u16,
    .store_u16 = store_u16,
    .merge_u16 = merge_u16,
    .load_u8 = load_u8,
    .store_u8 = store_u8,
    .affine_f32 = affine,
    .merge_u8 = merge_u8,
    .mix_f32 = mix,
    .luma_f32 = luma,
    .correct_f32 = correct,
  };
  ecbsr_kernels_fill_wino_ref (kernels);
  ecbsr_kernels_fill_square_ref (kernels);
  ecbsr_kernels_fill_tile_ref (kernels);
}
