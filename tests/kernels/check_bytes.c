// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Between bytes and floats.

#include "checkkernels.h"
#include "memory.h"
#include "patterns.h"

#include <float.h>
#include <math.h>

typedef struct
{
  float scale, bias;
} Mapping;

// Video and full range, to and from the ranges of weights, and nothing at all.
static const Mapping mappings[] = {
  { 1, 0 },
  { 219.0f / 255, 16 },
  { 1 / 219.0f, -16 / 219.0f },
  { 255.0f / 219, -16 * 255.0f / 219 },
  { 219, 16 },
  { 255, 0 },
};

// One product and one sum; flushing denormals to 0 is allowed.
static Value
mapped (Mapping m, float v)
{
  const double product = (double) m.scale * v;

  return (Value){
    .exact = product + m.bias,
    .bound = 2 * ROUNDING * (fabs (product) + fabs (m.bias))
             + (2 + fabs (m.scale)) * FLT_MIN,
  };
}

// Against either end, or 1 to 3 bytes away from where pixels are aligned.
static Region
random_bytes (Check *c, size_t n)
{
  Region region = random_range (&c->rand, 0, 4)
                      ? region_new (n, (size_t) random_range (&c->rand, 0, 4))
                      : region_new_front (n);

  pattern_fill_bytes (&c->rand, region.data, n);
  return region;
}

// The bytes of the n pixels may be read, and no others.
static void
try_load (Check *c, unsigned pixel_stride, unsigned offset, Mapping m, size_t n)
{
  Region src = random_bytes (c, n * pixel_stride);
  Region ref = region_new (n * sizeof (float), 0);
  Region new = region_new (n * sizeof (float), 0);
  const size_t first = (size_t) random_range (&c->rand, 0, (int) n);
  const uint8_t *bytes = src.data;
  AUTOFREE float *part = NEW (float, n);
  AUTOFREE Value *values = NEW (Value, n);

  check_arguments (c, "byte %u of %u, %zu pixels, %g · v + %g", offset,
                   pixel_stride, n, m.scale, m.bias);
  for (size_t x = 0; x < n; x++)
    values[x] = mapped (m, bytes[x * pixel_stride + offset]);
  call_ref (c, load_u8, ref.data, bytes, pixel_stride, offset, m.scale, m.bias,
            n);
  call_new (c, load_u8, new.data, bytes, pixel_stride, offset, m.scale, m.bias,
            n);
  call_new (c, load_u8, part, bytes + first * pixel_stride, pixel_stride,
            offset, m.scale, m.bias, n - first);
  check_values (c, "ref", 0, values, ref.data, n);
  check_values (c, c->new.isa, 0, values, new.data, n);
  check_same (c, "a part of the row", (float *) new.data + first, part,
              n - first, sizeof (float));
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  region_free (&src);
  region_free (&ref);
  region_free (&new);
}

void
check_load_u8 (Check *c)
{
  static const char *const labels[]
      = { "", "1 of 1", "1 of 2", "1 of 3", "1 of 4" };
  AUTOFREE uint8_t *src = NEW (uint8_t, 4 * 480);
  AUTOFREE float *dst = NEW (float, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned stride = 1; stride <= 4; stride++)
      for (unsigned offset = 0; offset < stride; offset++)
        try_load (c, stride, offset, mappings[i % N_ELEMENTS (mappings)], n);
  for (unsigned stride = 1; stride <= 4; stride++)
    bench_new (c, labels[stride], 480, load_u8, dst, src, stride, 0, 1, 0, 480);
}

// The bytes that v may become: two where its fraction is within the rounding
// errors of a half, else one. The product, its sum with the bias and with ½, in
// whatever order, are each rounded once.
static void
byte_range (Mapping m, float v, uint8_t *low, uint8_t *high)
{
  const double product = (double) m.scale * v;
  const double sum = product + m.bias + 0.5;
  const double off = 4 * ROUNDING * (fabs (product) + fabs (m.bias) + 1)
                     + (2 + fabs (m.scale)) * FLT_MIN;

  *low = (uint8_t) fmin (fmax (floor (sum - off), 0), 255);
  *high = (uint8_t) fmin (fmax (floor (sum + off), 0), 255);
}

static void
check_stored (Check *c, const char *whose, Mapping m, const float *src,
              const uint8_t *found, size_t n)
{
  uint8_t low, high;

  for (size_t x = 0; x < n; x++)
    {
      byte_range (m, src[x], &low, &high);
      if (found[x] < low || found[x] > high)
        check_fail (c, "%s: x %zu: %u for %.9g, not %u to %u", whose, x,
                    found[x], src[x], low, high);
    }
}

// Values that the mapping takes to where bytes change, and out of range.
static void
fill_near_steps (Check *c, Mapping m, float *dst, size_t n)
{
  for (size_t x = 0; x < n; x++)
    {
      double byte = random_range (&c->rand, -600, 900) / 2.0;
      double near = random_real (&c->rand, -1e-5, 1e-5);
      dst[x] = (float) ((byte + (x % 3 ? near : 0) - m.bias) / m.scale);
    }
}

static void
try_store (Check *c, Mapping m, size_t n, unsigned slack)
{
  const size_t n_bytes = n * sizeof (float);
  Region src = random_bool (&c->rand) ? region_new (n_bytes, 0)
                                      : region_new_front (n_bytes);
  Region ref = region_new (n, slack), new = region_new (n, slack);
  const size_t first = (size_t) random_range (&c->rand, 0, (int) n);
  AUTOFREE uint8_t *part = NEW (uint8_t, n);

  check_arguments (c, "%zu pixels, %g · v + %g", n, m.scale, m.bias);
  if (slack % 2)
    fill_near_steps (c, m, src.data, n);
  else
    pattern_fill (&c->rand, pattern_random (&c->rand), src.data, n);
  call_ref (c, store_u8, ref.data, src.data, m.scale, m.bias, n);
  call_new (c, store_u8, new.data, src.data, m.scale, m.bias, n);
  call_new (c, store_u8, part, (float *) src.data + first, m.scale, m.bias,
            n - first);
  check_stored (c, "ref", m, src.data, ref.data, n);
  check_stored (c, c->new.isa, m, src.data, new.data, n);
  check_same (c, "a part of the row", (uint8_t *) new.data + first, part,
              n - first, 1);
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  region_free (&src);
  region_free (&ref);
  region_free (&new);
}

// Infinities and numbers beyond all integers are clamped like others. A NaN is
// an end of the range.
static void
try_store_odd (Check *c)
{
  static const float values[]
      = { INFINITY, -INFINITY, 3e9f,   -3e9f, 1e38f, -1e38f, 65536,
          -65536,   32768,     -32769, 256,   -256,  -0.0f,  255.49f };
  static const uint8_t bytes[N_ELEMENTS (values)]
      = { 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 0, 255 };
  float src[3 * N_ELEMENTS (values)];
  uint8_t found[N_ELEMENTS (src)];

  for (unsigned i = 0; i < N_ELEMENTS (src); i++)
    src[i] = i % 3 ? (i % 3 == 1 ? NAN : -NAN) : values[i / 3];
  for (size_t n = 1; n <= N_ELEMENTS (src); n++)
    {
      check_arguments (c, "odd values, %zu pixels", n);
      call_new (c, store_u8, found, src, 1, 0, n);
      for (size_t i = 0; i < n; i++)
        if (i % 3 ? found[i] % 255 != 0 : found[i] != bytes[i / 3])
          check_fail (c, "%u for %g", found[i], src[i]);
    }
}

void
check_store_u8 (Check *c)
{
  AUTOFREE float *src = NEW (float, 480);
  AUTOFREE uint8_t *dst = NEW (uint8_t, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned m = 0; m < N_ELEMENTS (mappings); m++)
      try_store (c, mappings[m], n, (i + m) % 17);
  try_store_odd (c);
  bench_new (c, "", 480, store_u8, dst, src, 1, 0, 480);
}

// Destinations begin anywhere: a row of NV12 or BGRA may have any stride.
static void
try_merge (Check *c, unsigned k, size_t n, unsigned slack)
{
  Region src[4];
  Region ref = region_new (k * n, slack), new = region_new (k * n, slack);
  const uint8_t *rows[4];

  check_arguments (c, "%u sources, %zu pixels, %u from the end", k, n, slack);
  for (unsigned j = 0; j < k; j++)
    {
      src[j] = random_bytes (c, n);
      rows[j] = src[j].data;
    }
  call_ref (c, merge_u8, ref.data, rows, k, n);
  call_new (c, merge_u8, new.data, rows, k, n);
  for (size_t i = 0; i < k * n; i++)
    if (((uint8_t *) ref.data)[i] != rows[i % k][i / k])
      check_fail (c, "ref: wrong at %zu", i);
  check_same (c, "merged", ref.data, new.data, n, k);
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  for (unsigned j = 0; j < k; j++)
    region_free (&src[j]);
  region_free (&ref);
  region_free (&new);
}

void
check_merge_u8 (Check *c)
{
  static const char *const labels[] = { "2 sources", "3 sources", "4 sources" };
  AUTOFREE uint8_t *src = NEW (uint8_t, 480);
  AUTOFREE uint8_t *dst = NEW (uint8_t, 4 * 480);
  const uint8_t *rows[4] = { src, src, src, src };
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned k = 2; k <= 4; k++)
      for (unsigned slack = i % 4; slack < 20; slack += 1 + i % 4)
        try_merge (c, k, n, slack);
  for (unsigned k = 2; k <= 4; k++)
    bench_new (c, labels[k - 2], 480, merge_u8, dst, rows, k, 480);
}
