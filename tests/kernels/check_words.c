// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Between samples of 16 bits and floats.

#include "checkkernels.h"
#include "memory.h"
#include "patterns.h"

#include <float.h>
#include <math.h>

// Depth and place of samples in their words, with a mapping from (or to) their
// video range and others.
typedef struct
{
  unsigned depth, shift;
  float scale, bias;
} Sample;

static const Sample samples[] = {
  { 10, 0, 1, 0 },
  { 10, 6, 1, 0 },
  { 10, 6, 1 / 876.0f, -64 / 876.0f },
  { 10, 0, 255.0f / 876, -64 * 255.0f / 876 },
  { 12, 0, 1 / 4095.0f, 0 },
  { 12, 4, 1 / 3504.0f, -256 / 3504.0f },
  { 16, 0, 1, 0 },
  { 16, 0, 1 / 56064.0f, -4096 / 56064.0f },
  { 9, 2, 1, 0 },
};

// Of the other direction.
static Sample
inverse (Sample s)
{
  return (Sample){ s.depth, s.shift, 1 / s.scale, -s.bias / s.scale };
}

// Bytes that nobody takes for aligned words.
static Region
words_new (Check *c, size_t n)
{
  Region region
      = random_bool (&c->rand)
            ? region_new (2 * n, (size_t) random_range (&c->rand, 0, 4))
            : region_new_front (2 * n);

  pattern_fill_bytes (&c->rand, region.data, 2 * n);
  return region;
}

static unsigned
word_at (const void *data, size_t i)
{
  const uint8_t *bytes = data;
  return bytes[2 * i] | (unsigned) bytes[2 * i + 1] << 8;
}

// One product and one sum, each rounded once.
static Value
loaded (Sample s, unsigned word)
{
  const double product = (double) s.scale * (word >> s.shift);

  return (Value){
    .exact = product + s.bias,
    .bound = 2 * ROUNDING * (fabs (product) + fabs (s.bias)) + FLT_MIN,
  };
}

static void
try_load (Check *c, unsigned pixel_stride, unsigned offset, Sample s, size_t n)
{
  Region src = words_new (c, n * pixel_stride);
  Region ref = region_new (n * sizeof (float), 0);
  Region new = region_new (n * sizeof (float), 0);
  const size_t first = (size_t) random_range (&c->rand, 0, (int) n);
  const uint8_t *bytes = src.data;
  AUTOFREE float *part = NEW (float, n);
  AUTOFREE Value *values = NEW (Value, n);

  check_arguments (c, "sample %u of %u, %zu pixels, shift %u, %g · v + %g",
                   offset, pixel_stride, n, s.shift, s.scale, s.bias);
  for (size_t x = 0; x < n; x++)
    values[x] = loaded (s, word_at (bytes, x * pixel_stride + offset));
  call_ref (c, load_u16, ref.data, bytes, pixel_stride, offset, s.shift,
            s.scale, s.bias, n);
  call_new (c, load_u16, new.data, bytes, pixel_stride, offset, s.shift,
            s.scale, s.bias, n);
  call_new (c, load_u16, part, bytes + 2 * first * pixel_stride, pixel_stride,
            offset, s.shift, s.scale, s.bias, n - first);
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
check_load_u16 (Check *c)
{
  static const char *const labels[]
      = { "", "1 of 1", "1 of 2", "1 of 3", "1 of 4" };
  AUTOFREE uint16_t *src = NEW (uint16_t, 4 * 480);
  AUTOFREE float *dst = NEW (float, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned stride = 1; stride <= 4; stride++)
      for (unsigned offset = 0; offset < stride; offset++)
        try_load (c, stride, offset,
                  samples[(i + offset) % N_ELEMENTS (samples)], n);
  for (unsigned stride = 1; stride <= 4; stride++)
    bench_new (c, labels[stride], 480, load_u16, dst, src, stride, 0, 6, 1, 0,
               480);
}

// The words that v may become: two where its fraction is within the rounding
// errors of a half, else one.
static void
word_range (Sample s, float v, unsigned *low, unsigned *high)
{
  const double most = (1u << s.depth) - 1;
  const double product = (double) s.scale * v;
  const double sum = product + s.bias + 0.5;
  const double off
      = 4 * ROUNDING * (fabs (product) + fabs (s.bias) + 1) + FLT_MIN;

  *low = (unsigned) fmin (fmax (floor (sum - off), 0), most) << s.shift;
  *high = (unsigned) fmin (fmax (floor (sum + off), 0), most) << s.shift;
}

static void
check_stored (Check *c, const char *whose, Sample s, const float *src,
              const void *found, size_t n)
{
  unsigned low, high;

  for (size_t x = 0; x < n; x++)
    {
      unsigned word = word_at (found, x);
      word_range (s, src[x], &low, &high);
      if (word < low || word > high || word & ((1u << s.shift) - 1))
        check_fail (c, "%s: x %zu: %u for %.9g, not %u to %u", whose, x, word,
                    src[x], low, high);
    }
}

// Values that the mapping takes to where words change, and out of range.
static void
fill_near_steps (Check *c, Sample s, float *dst, size_t n)
{
  const int most = 1 << s.depth;

  for (size_t x = 0; x < n; x++)
    {
      double word = random_range (&c->rand, -most, 3 * most) / 2.0;
      double near = random_real (&c->rand, -1e-3, 1e-3);
      dst[x] = (float) ((word + (x % 3 ? near : 0) - s.bias) / s.scale);
    }
}

static void
try_store (Check *c, Sample s, size_t n, unsigned slack)
{
  const size_t n_bytes = n * sizeof (float);
  Region src = random_bool (&c->rand) ? region_new (n_bytes, 0)
                                      : region_new_front (n_bytes);
  Region ref = region_new (2 * n, slack), new = region_new (2 * n, slack);
  const size_t first = (size_t) random_range (&c->rand, 0, (int) n);
  AUTOFREE uint16_t *part = NEW (uint16_t, n);

  check_arguments (c, "%zu pixels, %u bits << %u, %g · v + %g", n, s.depth,
                   s.shift, s.scale, s.bias);
  if (slack % 3)
    fill_near_steps (c, s, src.data, n);
  else
    pattern_fill (&c->rand, pattern_random (&c->rand), src.data, n);
  call_ref (c, store_u16, ref.data, src.data, s.depth, s.shift, s.scale, s.bias,
            n);
  call_new (c, store_u16, new.data, src.data, s.depth, s.shift, s.scale, s.bias,
            n);
  call_new (c, store_u16, part, (float *) src.data + first, s.depth, s.shift,
            s.scale, s.bias, n - first);
  check_stored (c, "ref", s, src.data, ref.data, n);
  check_stored (c, c->new.isa, s, src.data, new.data, n);
  check_same (c, "a part of the row", (uint8_t *) new.data + 2 * first, part,
              n - first, 2);
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
      = { INFINITY, -INFINITY, 3e9f,   -3e9f,   1e38f, -1e38f, 65536,
          -65536,   1024,      -32769, 1023.4f, -256,  -0.0f,  1022.5f };
  static const uint16_t words[N_ELEMENTS (values)]
      = { 1023, 0, 1023, 0, 1023, 0, 1023, 0, 1023, 0, 1023, 0, 0, 1023 };
  float src[3 * N_ELEMENTS (values)];
  uint16_t found[N_ELEMENTS (src)];

  for (unsigned i = 0; i < N_ELEMENTS (src); i++)
    src[i] = i % 3 ? (i % 3 == 1 ? NAN : -NAN) : values[i / 3];
  for (size_t n = 1; n <= N_ELEMENTS (src); n++)
    {
      check_arguments (c, "odd values, %zu pixels", n);
      call_new (c, store_u16, found, src, 10, 0, 1, 0, n);
      for (size_t i = 0; i < n; i++)
        if (i % 3 ? word_at (found, i) % 1023 != 0
                  : word_at (found, i) != words[i / 3])
          check_fail (c, "%u for %g", word_at (found, i), src[i]);
    }
}

void
check_store_u16 (Check *c)
{
  AUTOFREE float *src = NEW (float, 480);
  AUTOFREE uint16_t *dst = NEW (uint16_t, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned s = 0; s < N_ELEMENTS (samples); s++)
      try_store (c, inverse (samples[s]), n, (i + s) % 17);
  try_store_odd (c);
  bench_new (c, "", 480, store_u16, dst, src, 10, 6, 1, 0, 480);
}

static void
try_merge (Check *c, unsigned k, size_t n, unsigned slack)
{
  AUTOFREE uint16_t *src = NEW (uint16_t, 4 * n);
  Region ref = region_new (2 * k * n, slack),
         new = region_new (2 * k * n, slack);
  const uint16_t *rows[4];

  check_arguments (c, "%u sources, %zu pixels, %u from the end", k, n, slack);
  pattern_fill_bytes (&c->rand, (uint8_t *) src, 2 * 4 * n);
  for (unsigned j = 0; j < 4; j++)
    rows[j] = src + j * n;
  call_ref (c, merge_u16, ref.data, rows, k, n);
  call_new (c, merge_u16, new.data, rows, k, n);
  for (size_t i = 0; i < k * n; i++)
    if (word_at (ref.data, i) != word_at (rows[i % k], i / k))
      check_fail (c, "ref: wrong at %zu", i);
  check_same (c, "merged", ref.data, new.data, n, 2 * k);
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  region_free (&ref);
  region_free (&new);
}

void
check_merge_u16 (Check *c)
{
  static const char *const labels[] = { "2 sources", "3 sources", "4 sources" };
  AUTOFREE uint16_t *src = NEW (uint16_t, 480);
  AUTOFREE uint16_t *dst = NEW (uint16_t, 4 * 480);
  const uint16_t *rows[4] = { src, src, src, src };
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned k = 2; k <= 4; k++)
      for (unsigned slack = i % 4; slack < 20; slack += 1 + i % 4)
        try_merge (c, k, n, slack);
  for (unsigned k = 2; k <= 4; k++)
    bench_new (c, labels[k - 2], 480, merge_u16, dst, rows, k, 480);
}
