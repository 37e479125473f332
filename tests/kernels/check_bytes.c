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
  gfloat scale, bias;
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
mapped (Mapping m, gfloat v)
{
  const gdouble product = (gdouble) m.scale * v;

  return (Value) {
    .exact = product + m.bias,
    .bound = 2 * ROUNDING * (fabs (product) + fabs (m.bias))
             + (2 + fabs (m.scale)) * FLT_MIN,
  };
}

// Against either end, or 1 to 3 bytes away from where pixels are aligned.
static Region
random_bytes (Check *c, gsize n)
{
  Region region = g_rand_int_range (c->rand, 0, 4)
                      ? region_new (n, (gsize) g_rand_int_range (c->rand, 0, 4))
                      : region_new_front (n);

  pattern_fill_bytes (c->rand, region.data, n);
  return region;
}

// The bytes of the n pixels may be read, and no others.
static void
try_load (Check *c, guint pixel_stride, guint offset, Mapping m, gsize n)
{
  Region src = random_bytes (c, n * pixel_stride);
  Region ref = region_new (n * sizeof (gfloat), 0);
  Region new = region_new (n * sizeof (gfloat), 0);
  const gsize first = (gsize) g_rand_int_range (c->rand, 0, (gint) n);
  const guint8 *bytes = src.data;
  g_autofree gfloat *part = g_new (gfloat, n);
  g_autofree Value *values = g_new (Value, n);

  check_arguments (c, "byte %u of %u, %" G_GSIZE_FORMAT " pixels, %g · v + %g",
                   offset, pixel_stride, n, m.scale, m.bias);
  for (gsize x = 0; x < n; x++)
    values[x] = mapped (m, bytes[x * pixel_stride + offset]);
  call_ref (c, load_u8, ref.data, bytes, pixel_stride, offset, m.scale, m.bias,
            n);
  call_new (c, load_u8, new.data, bytes, pixel_stride, offset, m.scale, m.bias,
            n);
  call_new (c, load_u8, part, bytes + first * pixel_stride, pixel_stride,
            offset, m.scale, m.bias, n - first);
  check_values (c, "ref", 0, values, ref.data, n);
  check_values (c, c->new.isa, 0, values, new.data, n);
  check_same (c, "a part of the row", (gfloat *) new.data + first, part,
              n - first, sizeof (gfloat));
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  region_free (&src);
  region_free (&ref);
  region_free (&new);
}

void
check_load_u8 (Check *c)
{
  static const gchar *const labels[]
      = { "", "1 of 1", "1 of 2", "1 of 3", "1 of 4" };
  g_autofree guint8 *src = g_new0 (guint8, 4 * 480);
  g_autofree gfloat *dst = g_new (gfloat, 480);
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint stride = 1; stride <= 4; stride++)
      for (guint offset = 0; offset < stride; offset++)
        try_load (c, stride, offset, mappings[i % G_N_ELEMENTS (mappings)], n);
  for (guint stride = 1; stride <= 4; stride++)
    bench_new (c, labels[stride], 480, load_u8, dst, src, stride, 0, 1, 0,
               480);
}

// The bytes that v may become: two where its fraction is within the rounding
// errors of a half, else one. The product, its sum with the bias and with ½, in
// whatever order, are each rounded once.
static void
byte_range (Mapping m, gfloat v, guint8 *low, guint8 *high)
{
  const gdouble product = (gdouble) m.scale * v;
  const gdouble sum = product + m.bias + 0.5;
  const gdouble off = 4 * ROUNDING * (fabs (product) + fabs (m.bias) + 1)
                      + (2 + fabs (m.scale)) * FLT_MIN;

  *low = (guint8) CLAMP (floor (sum - off), 0, 255);
  *high = (guint8) CLAMP (floor (sum + off), 0, 255);
}

static void
check_stored (Check *c, const gchar *whose, Mapping m, const gfloat *src,
              const guint8 *found, gsize n)
{
  guint8 low, high;

  for (gsize x = 0; x < n; x++)
    {
      byte_range (m, src[x], &low, &high);
      if (found[x] < low || found[x] > high)
        check_fail (c, "%s: x %" G_GSIZE_FORMAT ": %u for %.9g, not %u to %u",
                    whose, x, found[x], src[x], low, high);
    }
}

// Values that the mapping takes to where bytes change, and out of range.
static void
fill_near_steps (Check *c, Mapping m, gfloat *dst, gsize n)
{
  for (gsize x = 0; x < n; x++)
    {
      gdouble byte = g_rand_int_range (c->rand, -600, 900) / 2.0;
      gdouble near = g_rand_double_range (c->rand, -1e-5, 1e-5);
      dst[x] = (gfloat) ((byte + (x % 3 ? near : 0) - m.bias) / m.scale);
    }
}

static void
try_store (Check *c, Mapping m, gsize n, guint slack)
{
  const gsize n_bytes = n * sizeof (gfloat);
  Region src = g_rand_boolean (c->rand) ? region_new (n_bytes, 0)
                                        : region_new_front (n_bytes);
  Region ref = region_new (n, slack), new = region_new (n, slack);
  const gsize first = (gsize) g_rand_int_range (c->rand, 0, (gint) n);
  g_autofree guint8 *part = g_new (guint8, n);

  check_arguments (c, "%" G_GSIZE_FORMAT " pixels, %g · v + %g", n, m.scale,
                   m.bias);
  if (slack % 2)
    fill_near_steps (c, m, src.data, n);
  else
    pattern_fill (c->rand, pattern_random (c->rand), src.data, n);
  call_ref (c, store_u8, ref.data, src.data, m.scale, m.bias, n);
  call_new (c, store_u8, new.data, src.data, m.scale, m.bias, n);
  call_new (c, store_u8, part, (gfloat *) src.data + first, m.scale, m.bias,
            n - first);
  check_stored (c, "ref", m, src.data, ref.data, n);
  check_stored (c, c->new.isa, m, src.data, new.data, n);
  check_same (c, "a part of the row", (guint8 *) new.data + first, part,
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
  static const gfloat values[]
      = { INFINITY, -INFINITY, 3e9f, -3e9f, 1e38f, -1e38f, 65536, -65536,
          32768, -32769, 256, -256, -0.0f, 255.49f };
  static const guint8 bytes[G_N_ELEMENTS (values)]
      = { 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 255, 0, 0, 255 };
  gfloat src[3 * G_N_ELEMENTS (values)];
  guint8 found[G_N_ELEMENTS (src)];

  for (guint i = 0; i < G_N_ELEMENTS (src); i++)
    src[i] = i % 3 ? (i % 3 == 1 ? NAN : -NAN) : values[i / 3];
  for (gsize n = 1; n <= G_N_ELEMENTS (src); n++)
    {
      check_arguments (c, "odd values, %" G_GSIZE_FORMAT " pixels", n);
      call_new (c, store_u8, found, src, 1, 0, n);
      for (gsize i = 0; i < n; i++)
        if (i % 3 ? found[i] % 255 != 0 : found[i] != bytes[i / 3])
          check_fail (c, "%u for %g", found[i], src[i]);
    }
}

void
check_store_u8 (Check *c)
{
  g_autofree gfloat *src = g_new0 (gfloat, 480);
  g_autofree guint8 *dst = g_new (guint8, 480);
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint m = 0; m < G_N_ELEMENTS (mappings); m++)
      try_store (c, mappings[m], n, (i + m) % 17);
  try_store_odd (c);
  bench_new (c, "", 480, store_u8, dst, src, 1, 0, 480);
}

// Destinations begin anywhere: a row of NV12 or BGRA may have any stride.
static void
try_merge (Check *c, guint k, gsize n, guint slack)
{
  Region src[4];
  Region ref = region_new (k * n, slack), new = region_new (k * n, slack);
  const guint8 *rows[4];

  check_arguments (c, "%u sources, %" G_GSIZE_FORMAT " pixels, %u from the end",
                   k, n, slack);
  for (guint j = 0; j < k; j++)
    {
      src[j] = random_bytes (c, n);
      rows[j] = src[j].data;
    }
  call_ref (c, merge_u8, ref.data, rows, k, n);
  call_new (c, merge_u8, new.data, rows, k, n);
  for (gsize i = 0; i < k * n; i++)
    if (((guint8 *) ref.data)[i] != rows[i % k][i / k])
      check_fail (c, "ref: wrong at %" G_GSIZE_FORMAT, i);
  check_same (c, "merged", ref.data, new.data, n, k);
  if (!region_is_intact (&new))
    check_fail (c, "wrote outside its row");
  for (guint j = 0; j < k; j++)
    region_free (&src[j]);
  region_free (&ref);
  region_free (&new);
}

void
check_merge_u8 (Check *c)
{
  static const gchar *const labels[]
      = { "2 sources", "3 sources", "4 sources" };
  g_autofree guint8 *src = g_new0 (guint8, 480);
  g_autofree guint8 *dst = g_new (guint8, 4 * 480);
  const guint8 *rows[4] = { src, src, src, src };
  gsize n;

  for (guint i = 0; (n = check_width (i)); i++)
    for (guint k = 2; k <= 4; k++)
      for (guint slack = i % 4; slack < 20; slack += 1 + i % 4)
        try_merge (c, k, n, slack);
  for (guint k = 2; k <= 4; k++)
    bench_new (c, labels[k - 2], 480, merge_u8, dst, rows, k, 480);
}
