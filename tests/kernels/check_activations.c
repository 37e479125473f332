// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkkernels.h"
#include "memory.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define N_EXPONENTS 256
#define N_PER_EXPONENT 384 // mantissas of either sign
#define N_SWEEP ((gsize) N_EXPONENTS * N_PER_EXPONENT)

// Floats of every exponent, both signs, the mantissas evenly spread with noise.
// Infinities are among them; NaNs, of which nothing is promised, are not.
static void
fill_sweep (Check *c, gfloat *dst)
{
  const guint step = (1u << 24) / N_PER_EXPONENT;

  for (gsize i = 0; i < N_SWEEP; i++)
    {
      guint32 exponent = (guint32) (i / N_PER_EXPONENT);
      guint32 position = (guint32) (i % N_PER_EXPONENT) * step
                         + (guint32) g_rand_int_range (c->rand, 0, (gint) step);
      guint32 sign = position & 1u << 23;
      guint32 bits
          = sign << 8 | exponent << 23 | (position & ((1u << 23) - 1));
      if (exponent == 255)
        bits = sign << 8 | 0x7f800000;
      if (exponent == 0 && i % 5 == 0)
        bits = sign << 8; // 0 and -0
      memcpy (dst + i, &bits, sizeof bits);
    }
}

// Where activations matter, from 1/16 to 16, every float of a fine raster.
static void
fill_raster (Check *c, gfloat *dst)
{
  for (gsize i = 0; i < N_SWEEP; i++)
    dst[i] = (gfloat) (32.0 * ((gdouble) i + g_rand_double (c->rand)) / N_SWEEP
                       - 16);
}

static Value
tanh_value (gfloat v)
{
  return (Value) { tanh (v), 2e-7 };
}

// Denormal results are as exact as they can be.
static Value
softplus_value (gfloat v)
{
  gdouble exact = fmax (v, 0) + log1p (exp (-fabs (v)));
  return (Value) { exact, isinf (exact) ? 0 : 1e-6 * exact + 0x1p-148 };
}

typedef void (*RowFunc) (float *row, size_t n);

static void
compare (Check *c, const gfloat *input, gsize n, Value (*value) (gfloat v),
         const Rows *ref, const Rows *new)
{
  g_autofree Value *values = g_new (Value, n);

  for (gsize x = 0; x < n; x++)
    values[x] = value (input[x]);
  check_values (c, "ref", 0, values, ref->row, n);
  check_values (c, c->new.isa, 0, values, new->row, n);
  for (gsize x = 0; x < n; x++)
    if (!signbit (new->row[x]) != !signbit (values[x].exact))
      check_fail (c, "the sign of f (%g) is wrong", input[x]);
  if (!rows_are_intact (new))
    check_fail (c, "wrote outside its granules");
}

// In place, n values of `input` and whatever fills the last granule.
static void
try_row (Check *c, guint slot, RowFunc ref_func, RowFunc new_func,
         Value (*value) (gfloat v), const gfloat *input, gsize n)
{
  Rows ref = rows_new (c->rand, 1, n);
  Rows new;

  check_arguments (c, "%" G_GSIZE_FORMAT " pixels", n);
  memcpy (ref.row, input, ref.n * sizeof (gfloat));
  new = rows_copy (&ref);
  ref_func (ref.row, n);
  new_func (new.row, n);
  c->n_calls[slot]++;
  compare (c, input, n, value, &ref, &new);
  rows_free (&ref);
  rows_free (&new);
}

// Half of the sweep's exponents are of numbers too small to tell tanh from its
// argument; the raster is for the others.
static void
check_rows (Check *c, guint slot, RowFunc ref_func, RowFunc new_func,
            Value (*value) (gfloat v))
{
  g_autofree gfloat *input = g_new (gfloat, N_SWEEP + 2 * ECBSR_GRANULE);
  gsize n;

  fill_sweep (c, input);
  try_row (c, slot, ref_func, new_func, value, input, N_SWEEP);
  fill_raster (c, input);
  try_row (c, slot, ref_func, new_func, value, input, N_SWEEP);
  for (guint i = 0; (n = check_width (i)); i++)
    try_row (c, slot, ref_func, new_func, value, input + i, n);
}

void
check_tanh_f32 (Check *c)
{
  Rows row = rows_new (c->rand, 1, 480);

  check_rows (c, SLOT (tanh_f32), c->ref.tanh_f32, c->new.tanh_f32,
              tanh_value);
  memset (row.row, 0, row.n * sizeof (gfloat));
  bench_new (c, "", 480, tanh_f32, row.row, 480);
  rows_free (&row);
}

void
check_softplus_f32 (Check *c)
{
  Rows row = rows_new (c->rand, 1, 480);

  check_rows (c, SLOT (softplus_f32), c->ref.softplus_f32, c->new.softplus_f32,
              softplus_value);
  memset (row.row, 0, row.n * sizeof (gfloat));
  bench_new (c, "", 480, softplus_f32, row.row, 480);
  rows_free (&row);
}
