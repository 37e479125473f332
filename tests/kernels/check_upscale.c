// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What makes more pixels: the pixel shuffle and the cubic upscale.

#include "checkkernels.h"
#include "memory.h"
#include "patterns.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void
try_shuffle (Check *c, guint scale, gsize n)
{
  const gsize pitch = n + (gsize) g_rand_int_range (c->rand, 0, 40);
  const gsize n_bytes = ((scale - 1) * pitch + n) * sizeof (gfloat);
  const gsize n_out = scale * n;
  Region src = g_rand_boolean (c->rand) ? region_new (n_bytes, 0)
                                        : region_new_front (n_bytes);
  Region ref = region_new (n_out * sizeof (gfloat), 0);
  Region new = region_new (n_out * sizeof (gfloat), 0);

  check_arguments (c, "scale %u, %" G_GSIZE_FORMAT " pixels", scale, n);
  pattern_fill (c->rand, PATTERN_MIXED, src.data, n_bytes / sizeof (gfloat));
  call_ref (c, shuffle_f32, ref.data, src.data, pitch, scale, n);
  call_new (c, shuffle_f32, new.data, src.data, pitch, scale, n);
  check_same (c, "shuffled", ref.data, new.data, n_out, sizeof (gfloat));
  for (gsize i = 0; i < n_out; i++)
    if (((gfloat *) ref.data)[i]
        != ((gfloat *) src.data)[i % scale * pitch + i / scale])
      check_fail (c, "ref: wrong at %" G_GSIZE_FORMAT, i);
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  region_free (&src);
  region_free (&ref);
  region_free (&new);
}

void
check_shuffle_f32 (Check *c)
{
  g_autofree gfloat *src = g_new0 (gfloat, 4 * 480);
  g_autofree gfloat *dst = g_new0 (gfloat, 4 * 480);
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint scale = 2; scale <= 4; scale++)
      try_shuffle (c, scale, n);
  bench_new (c, "scale 2", 480, shuffle_f32, dst, src, 480, 2, 480);
  bench_new (c, "scale 3", 480, shuffle_f32, dst, src, 480, 3, 480);
  bench_new (c, "scale 4", 480, shuffle_f32, dst, src, 480, 4, 480);
}

// Four products and three sums, none above the sum of magnitudes.
static Value
four_taps (const gfloat *tap, const gfloat *s0, const gfloat *s1,
           const gfloat *s2, const gfloat *s3)
{
  const gdouble product[]
      = { (gdouble) tap[0] * *s0, (gdouble) tap[1] * *s1,
          (gdouble) tap[2] * *s2, (gdouble) tap[3] * *s3 };
  Value v = { 0, 0 };

  for (guint t = 0; t < 4; t++)
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
try_cubic_h_parts (Check *c, const EcbsrCubic *filter, const gfloat *src,
                   const gfloat *whole, gsize n)
{
  const gsize first = (gsize) g_rand_int_range (c->rand, 0, (gint) n);
  const gsize left = n - first;
  const gsize n_part
      = (gsize) g_rand_int_range (c->rand, 1, (gint) left + 1);
  g_autofree gfloat *part = g_new (gfloat, n_part * filter->scale);

  call_new (c, cubic_h_f32, part, src + first, filter, n_part);
  check_same (c, "a part of the row", whole + first * filter->scale, part,
              n_part * filter->scale, sizeof (gfloat));
}

static void
compare_cubic_h (Check *c, const EcbsrCubic *filter, const gfloat *src,
                 const gfloat *ref, const gfloat *new, gsize n)
{
  const gsize n_out = n * filter->scale;
  g_autofree Value *values = g_new (Value, n_out);

  for (gsize i = 0; i < n_out; i++)
    {
      guint p = (guint) (i % filter->scale);
      const gfloat *s
          = src + (gssize) (i / filter->scale) + filter->first[p];
      values[i] = four_taps (filter->tap[p], s, s + 1, s + 2, s + 3);
    }
  check_values (c, "ref", 0, values, ref, n_out);
  check_values (c, c->new.isa, 0, values, new, n_out);
}

static void
try_cubic_h (Check *c, guint scale, gdouble offset, gsize n)
{
  const gsize n_bytes = (n + 4) * sizeof (gfloat);
  const gsize n_out = scale * n * sizeof (gfloat);
  Region input = g_rand_boolean (c->rand) ? region_new (n_bytes, 0)
                                          : region_new_front (n_bytes);
  Region ref = region_new (n_out, 0), new = region_new (n_out, 0);
  const Pattern pattern = pattern_random (c->rand);
  const gfloat *src = (gfloat *) input.data + 2;
  EcbsrCubic filter;

  check_arguments (c, "scale %u, offset %g, %" G_GSIZE_FORMAT " pixels, %s",
                   scale, offset, n, pattern_name (pattern));
  ecbsr_cubic_init (&filter, scale, offset);
  pattern_fill (c->rand, pattern, input.data, n + 4);
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
  static const gdouble offsets[] = { 0, 0.25, 0.5, 1 };
  g_autofree gfloat *src = g_new0 (gfloat, 480 + 4);
  g_autofree gfloat *dst = g_new0 (gfloat, 4 * 480);
  EcbsrCubic filter;
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint scale = 1; scale <= 4; scale++)
      for (guint o = 0; o < G_N_ELEMENTS (offsets); o++)
        try_cubic_h (c, scale, offsets[o], n);
  for (guint scale = 2; scale <= 4 && c->bench; scale++)
    {
      g_autofree gchar *label = g_strdup_printf ("scale %u", scale);
      ecbsr_cubic_init (&filter, scale, 0.5);
      bench_new (c, label, 480, cubic_h_f32, dst, src + 2, &filter, 480);
    }
}

// Rows may be the same: at the top and bottom they are.
static void
try_cubic_v (Check *c, gsize n, gboolean same)
{
  const gsize n_bytes = n * sizeof (gfloat);
  Region src[4], ref = region_new (n_bytes, 0), new = region_new (n_bytes, 0);
  const gfloat *rows[4], *shifted[4];
  const gsize first = (gsize) g_rand_int_range (c->rand, 0, (gint) n);
  g_autofree gfloat *part = g_new (gfloat, n);
  g_autofree Value *values = g_new (Value, n);
  gfloat tap[4];

  check_arguments (c, "%" G_GSIZE_FORMAT " pixels", n);
  pattern_fill (c->rand, PATTERN_SIGNED, tap, 4);
  for (guint t = 0; t < 4; t++)
    {
      src[t] = t % 2 ? region_new (n_bytes, 0) : region_new_front (n_bytes);
      pattern_fill (c->rand, pattern_random (c->rand), src[t].data, n);
      rows[t] = src[same && t > 1 ? 1 : t].data;
      shifted[t] = rows[t] + first;
    }
  for (gsize x = 0; x < n; x++)
    values[x] = four_taps (tap, rows[0] + x, rows[1] + x, rows[2] + x,
                           rows[3] + x);
  call_ref (c, cubic_v_f32, ref.data, rows, tap, n);
  call_new (c, cubic_v_f32, new.data, rows, tap, n);
  call_new (c, cubic_v_f32, part, shifted, tap, n - first);
  check_values (c, "ref", 0, values, ref.data, n);
  check_values (c, c->new.isa, 0, values, new.data, n);
  check_same (c, "a part of the row", (gfloat *) new.data + first, part,
              n - first, sizeof (gfloat));
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  for (guint t = 0; t < 4; t++)
    region_free (&src[t]);
  region_free (&ref);
  region_free (&new);
}

void
check_cubic_v_f32 (Check *c)
{
  g_autofree gfloat *src = g_new0 (gfloat, 960);
  g_autofree gfloat *dst = g_new0 (gfloat, 960);
  const gfloat *rows[4] = { src, src, src, src };
  const gfloat tap[4] = { -0.1f, 0.6f, 0.6f, -0.1f };
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint same = 0; same < 2; same++)
      try_cubic_v (c, n, same);
  bench_new (c, "", 960, cubic_v_f32, dst, rows, tap, 960);
}
