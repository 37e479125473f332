// SPDX-License-Identifier: LGPL-2.1-or-later

#include "conv.h"

#include <float.h>
#include <math.h>
#include <string.h>

double
conv_value_at (const float *row, size_t pitch, unsigned i, EcbsrDtype dtype)
{
  const unsigned k = ecbsr_dtype_channels (dtype), j = i % k;
  uint32_t word;
  float value;

  memcpy (&word, row + i / k * pitch, sizeof word);
  if (dtype == ECBSR_DTYPE_U8)
    return word >> (8 * j) & 0xff;
  if (dtype == ECBSR_DTYPE_BF16)
    word = word >> (16 * j) << 16;
  memcpy (&value, &word, sizeof value);
  return value;
}

// Σ and the sum of magnitudes, from `sum`.
static void
add_products (const Conv *t, unsigned o, size_t x, double *sum,
              double *magnitude)
{
  const Shape *s = &t->shape;
  const float *w = t->weight + (size_t) o * s->n_in * s->k * s->k;

  for (unsigned i = 0; i < s->n_in; i++)
    for (unsigned ky = 0; ky < s->k; ky++)
      for (unsigned kx = 0; kx < s->k; kx++, w++)
        {
          const float *src = (const float *) t->rows[ky] + x + kx - s->k / 2;
          double product = *w * conv_value_at (src, t->src[ky].pitch, i, s->in);
          *sum += product;
          *magnitude += fabs (product);
        }
}

// With N products and a bias, each product is rounded once or not at all and
// each of N sums once, and none of them exceeds the sum of magnitudes: N + 1
// roundings of it. Dot products of bfloat16 may round their products too, and
// take denormals for 0. Sums over bytes are exact, their multiply-add rounds
// once.
static Value
before_curve (const Conv *t, unsigned o, size_t x)
{
  const Shape *s = &t->shape;
  const double n_products = (double) s->n_in * s->k * s->k;
  double sum = 0, magnitude = 0;

  if (s->in == ECBSR_DTYPE_U8)
    {
      sum = t->offset[o];
      add_products (t, o, x, &sum, &magnitude);
      sum = (double) (float) sum * t->multiplier[o] + t->bias[o];
      return (Value){ sum, ROUNDING * fabs (sum) };
    }
  sum = t->bias[o];
  magnitude = fabs (sum);
  add_products (t, o, x, &sum, &magnitude);
  return (Value){ sum, (s->in == ECBSR_DTYPE_BF16 ? 2 : 1)
                           * ((n_products + 1) * ROUNDING * magnitude
                              + n_products * FLT_MIN) };
}

// The same of bytes, with a slope; the zero point is in it.
static Value
after_bend (const Conv *t, unsigned o, Value v)
{
  const double slope = t->slope[o], gain = t->ref.gain;
  double below;

  if (t->shape.in != ECBSR_DTYPE_U8)
    {
      v.exact = v.exact * gain + t->zero[o];
      v.bound = v.bound * gain + ROUNDING * fabs (v.exact);
    }
  below = v.exact * slope + t->knee[o];
  v.bound = v.bound * fmax (1, fabs (slope)) + ROUNDING * fabs (below);
  v.exact = fmax (v.exact, below);
  return v;
}

// The curve rounds once more and stretches by the slope; tanh and softplus,
// which stretch by at most 1, have errors of their own.
Value
conv_unbounded_at (const Conv *t, unsigned o, size_t x)
{
  const Value v = before_curve (t, o, x);
  const double slope = t->slope[o], gain = t->ref.gain;
  Value y;

  if (t->shape.plain)
    return v;
  if (t->shape.out == ECBSR_DTYPE_U8 && t->shape.curve == ECBSR_CURVE_SLOPE)
    return after_bend (t, o, v);
  if (t->shape.curve == ECBSR_CURVE_TANH)
    y = (Value){ tanh (v.exact), v.bound + 2e-7 };
  else if (t->shape.curve == ECBSR_CURVE_SOFTPLUS)
    {
      y.exact = fmax (v.exact, 0) + log1p (exp (-fabs (v.exact)));
      y.bound = v.bound + 1e-6 * y.exact + 0x1p-148;
    }
  else
    {
      y.exact = v.exact > 0 ? v.exact : v.exact * slope;
      y.bound = v.bound * fmax (1, fabs (slope)) + ROUNDING * fabs (y.exact);
    }
  y.exact = y.exact * gain + (t->shape.out == ECBSR_DTYPE_U8 ? t->zero[o] : 0);
  y.bound = y.bound * gain + ROUNDING * fabs (y.exact);
  return y;
}

// What is certainly beyond a bound is that bound.
static Value
bounded (Value y, double least, double greatest)
{
  if (y.exact + y.bound <= least)
    return (Value){ least, 0 };
  if (y.exact - y.bound >= greatest)
    return (Value){ greatest, 0 };
  y.exact = fmin (fmax (y.exact, least), greatest);
  return y;
}

static unsigned
byte_at (const uint32_t *words, unsigned o)
{
  return words[o / 4] >> o % 4 * 8 & 0xff;
}

// And how far from it a right one may be.
Value
conv_stored (const Conv *t, unsigned o, Value y)
{
  if (t->shape.out == ECBSR_DTYPE_U8)
    {
      y.bound += 0.5;
      return bounded (y, byte_at (t->least_byte, o),
                      byte_at (t->greatest_byte, o));
    }
  if (!t->shape.plain)
    y = bounded (y, t->minimum[o], t->maximum[o]);
  if (t->shape.out == ECBSR_DTYPE_BF16)
    y.bound += 0x1p-8 * (fabs (y.exact) + y.bound);
  return y;
}

void
conv_check_channel (Check *c, const Conv *t, const char *whose, unsigned o,
                    const Value *values, const Rows *rows)
{
  const size_t n = t->shape.n;
  AUTOFREE float *found = NEW (float, n);

  for (size_t x = 0; x < n; x++)
    found[x]
        = (float) conv_value_at (rows->row + x, rows->pitch, o, t->shape.out);
  check_values (c, whose, o, values, found, n);
}
