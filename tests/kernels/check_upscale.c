// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What makes more pixels: the pixel shuffle and the cubic upscale.

#include "checkkernels.h"
#include "memory.h"
#include "patterns.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static void
try_shuffle (Check *c, unsigned scale, size_t n)
{
  const size_t pitch = n + (size_t) random_range (&c->rand, 0, 40);
  const size_t n_bytes = ((scale - 1) * pitch + n) * sizeof (float);
  const size_t n_out = scale * n;
  Region src = random_bool (&c->rand) ? region_new (n_bytes, 0)
                                      : region_new_front (n_bytes);
  Region ref = region_new (n_out * sizeof (float), 0);
  Region new = region_new (n_out * sizeof (float), 0);

  check_arguments (c, "scale %u, %zu pixels", scale, n);
  pattern_fill (&c->rand, PATTERN_MIXED, src.data, n_bytes / sizeof (float));
  call_ref (c, shuffle_f32, ref.data, src.data, pitch, scale, n);
  call_new (c, shuffle_f32, new.data, src.data, pitch, scale, n);
  check_same (c, "shuffled", ref.data, new.data, n_out, sizeof (float));
  for (size_t i = 0; i < n_out; i++)
    if (((float *) ref.data)[i]
        != ((float *) src.data)[i % scale * pitch + i / scale])
      check_fail (c, "ref: wrong at %zu", i);
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  region_free (&src);
  region_free (&ref);
  region_free (&new);
}

void
check_shuffle_f32 (Check *c)
{
  AUTOFREE float *src = NEW (float, 4 * 480);
  AUTOFREE float *dst = NEW (float, 4 * 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned scale = 2; scale <= 4; scale++)
      try_shuffle (c, scale, n);
  bench_new (c, "scale 2", 480, shuffle_f32, dst, src, 480, 2, 480);
  bench_new (c, "scale 3", 480, shuffle_f32, dst, src, 480, 3, 480);
  bench_new (c, "scale 4", 480, shuffle_f32, dst, src, 480, 4, 480);
}

// Four products and three sums, none above the sum of magnitudes.
static Value
four_taps (const float *tap, const float *s0, const float *s1, const float *s2,
           const float *s3)
{
  const double product[] = { (double) tap[0] * *s0, (double) tap[1] * *s1,
                             (double) tap[2] * *s2, (double) tap[3] * *s3 };
  Value v = { 0, 0 };

  for (unsigned t = 0; t < 4; t++)
    {
      v.exact += product[t];
      v.bound += fabs (product[t]);
    }
  v.bound = 5 * ROUNDING * v.bound + 4 * FLT_MIN;
  return v;
}

// The row from any pixel on is the same bits: no pixel's result depends on its
// place in the tile.
static void
try_cubic_h_parts (Check *c, const EcbsrCubic *filter, const float *src,
                   const float *whole, size_t n)
{
  const size_t first = (size_t) random_range (&c->rand, 0, (int) n);
  const size_t left = n - first;
  const size_t n_part = (size_t) random_range (&c->rand, 1, (int) left + 1);
  AUTOFREE float *part = NEW (float, n_part * filter->scale);

  call_new (c, cubic_h_f32, part, src + first, filter, n_part);
  check_same (c, "a part of the row", whole + first * filter->scale, part,
              n_part * filter->scale, sizeof (float));
}

static void
compare_cubic_h (Check *c, const EcbsrCubic *filter, const float *src,
                 const float *ref, const float *new, size_t n)
{
  const size_t n_out = n * filter->scale;
  AUTOFREE Value *values = NEW (Value, n_out);

  for (size_t i = 0; i < n_out; i++)
    {
      unsigned p = (unsigned) (i % filter->scale);
      const float *s = src + (ptrdiff_t) (i / filter->scale) + filter->first[p];
      values[i] = four_taps (filter->tap[p], s, s + 1, s + 2, s + 3);
    }
  check_values (c, "ref", 0, values, ref, n_out);
  check_values (c, c->new.isa, 0, values, new, n_out);
}

static void
try_cubic_h (Check *c, unsigned scale, double offset, size_t n)
{
  const size_t n_bytes = (n + 4) * sizeof (float);
  const size_t n_out = scale * n * sizeof (float);
  Region input = random_bool (&c->rand) ? region_new (n_bytes, 0)
                                        : region_new_front (n_bytes);
  Region ref = region_new (n_out, 0), new = region_new (n_out, 0);
  const Pattern pattern = pattern_random (&c->rand);
  const float *src = (float *) input.data + 2;
  EcbsrCubic filter;

  check_arguments (c, "scale %u, offset %g, %zu pixels, %s", scale, offset, n,
                   pattern_name (pattern));
  ecbsr_cubic_init (&filter, scale, offset, offset);
  pattern_fill (&c->rand, pattern, input.data, n + 4);
  call_ref (c, cubic_h_f32, ref.data, src, &filter, n);
  call_new (c, cubic_h_f32, new.data, src, &filter, n);
  compare_cubic_h (c, &filter, src, ref.data, new.data, n);
  try_cubic_h_parts (c, &filter, src, new.data, n);
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  region_free (&input);
  region_free (&ref);
  region_free (&new);
}

void
check_cubic_h_f32 (Check *c)
{
  static const double offsets[] = { 0, 0.25, 0.5, 1 };
  AUTOFREE float *src = NEW (float, 480 + 4);
  AUTOFREE float *dst = NEW (float, 4 * 480);
  EcbsrCubic filter;
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned scale = 1; scale <= 4; scale++)
      for (unsigned o = 0; o < N_ELEMENTS (offsets); o++)
        try_cubic_h (c, scale, offsets[o], n);
  for (unsigned scale = 2; scale <= 4 && c->bench; scale++)
    {
      char label[32];
      snprintf (label, sizeof label, "scale %u", scale);
      ecbsr_cubic_init (&filter, scale, 0.5, 0.5);
      bench_new (c, label, 480, cubic_h_f32, dst, src + 2, &filter, 480);
    }
}

// Rows may be the same: at the top and bottom they are.
static void
try_cubic_v (Check *c, size_t n, bool same)
{
  const size_t n_bytes = n * sizeof (float);
  Region src[4], ref = region_new (n_bytes, 0), new = region_new (n_bytes, 0);
  const float *rows[4], *shifted[4];
  const size_t first = (size_t) random_range (&c->rand, 0, (int) n);
  AUTOFREE float *part = NEW (float, n);
  AUTOFREE Value *values = NEW (Value, n);
  float tap[4];

  check_arguments (c, "%zu pixels", n);
  pattern_fill (&c->rand, PATTERN_SIGNED, tap, 4);
  for (unsigned t = 0; t < 4; t++)
    {
      src[t] = t % 2 ? region_new (n_bytes, 0) : region_new_front (n_bytes);
      pattern_fill (&c->rand, pattern_random (&c->rand), src[t].data, n);
      rows[t] = src[same && t > 1 ? 1 : t].data;
      shifted[t] = rows[t] + first;
    }
  for (size_t x = 0; x < n; x++)
    values[x]
        = four_taps (tap, rows[0] + x, rows[1] + x, rows[2] + x, rows[3] + x);
  call_ref (c, cubic_v_f32, ref.data, rows, tap, n);
  call_new (c, cubic_v_f32, new.data, rows, tap, n);
  call_new (c, cubic_v_f32, part, shifted, tap, n - first);
  check_values (c, "ref", 0, values, ref.data, n);
  check_values (c, c->new.isa, 0, values, new.data, n);
  check_same (c, "a part of the row", (float *) new.data + first, part,
              n - first, sizeof (float));
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  for (unsigned t = 0; t < 4; t++)
    region_free (&src[t]);
  region_free (&ref);
  region_free (&new);
}

void
check_cubic_v_f32 (Check *c)
{
  AUTOFREE float *src = NEW (float, 960);
  AUTOFREE float *dst = NEW (float, 960);
  const float *rows[4] = { src, src, src, src };
  const float tap[4] = { -0.1f, 0.6f, 0.6f, -0.1f };
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned same = 0; same < 2; same++)
      try_cubic_v (c, n, same);
  bench_new (c, "", 960, cubic_v_f32, dst, rows, tap, 960);
}
