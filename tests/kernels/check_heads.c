// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkkernels.h"
#include "memory.h"
#include "patterns.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef enum
{
  HEAD_MAX,
  HEAD_TM,
  HEAD_TR,
  HEAD_CNN,
} Head;

static const unsigned groups[] = { 1, 2, 3, 2 }; // of n_maps maps: values, …

typedef struct
{
  Head head;
  unsigned n_maps;
  size_t n;
  double reach; // keys and queries lie within ± this
  bool ties;    // few different keys
} Case;

// Logits are rounded to floats before the softmax, however large.
static float
logit_at (const Case *t, const Rows *maps, unsigned c, size_t x)
{
  const float *column = maps->row + x;
  const float key
      = column[((groups[t->head] - 1) * t->n_maps + c) * maps->pitch];

  if (t->head == HEAD_TM)
    return key;
  if (t->head == HEAD_CNN)
    return key * key;
  return key * column[(t->n_maps + c) * maps->pitch];
}

// Σ v·e / Σ e with e = exp (d), d = logit - top, its weight p = e / Σ e. An
// exponential is off by 2e-7 and by the rounding of d, each of the n sums of
// either by one rounding more, and the quotient by one. An exponential that
// underflows is cut off at e^-87.
static Value
attention_at (const Case *t, const Rows *maps, size_t x)
{
  double top = -INFINITY, weights = 0, sum = 0, magnitude = 0, off = 0,
         off_sum = 0, most = 0;

  for (unsigned c = 0; c < t->n_maps; c++)
    top = fmax (top, logit_at (t, maps, c, x));
  for (unsigned c = 0; c < t->n_maps; c++)
    {
      double d = logit_at (t, maps, c, x) - top;
      double value = maps->row[c * maps->pitch + x];
      double e = exp (d);
      double error = 2e-7 + (t->n_maps + 2 - d) * ROUNDING;
      weights += e;
      sum += e * value;
      magnitude += e * fabs (value);
      off += e * error;
      off_sum += e * error * fabs (value);
      most = fmax (most, fabs (value));
    }
  return (Value){
    .exact = sum / weights,
    .bound = (off_sum + off * magnitude / weights) / weights
             + 2 * ROUNDING * magnitude / weights
             + 2 * t->n_maps * exp (-86.5) * most + FLT_MIN,
  };
}

static Value
value_at (const Case *t, const Rows *maps, size_t x)
{
  float top = -INFINITY;

  if (t->head != HEAD_MAX)
    return attention_at (t, maps, x);
  for (unsigned c = 0; c < t->n_maps; c++)
    top = fmaxf (top, maps->row[c * maps->pitch + x]);
  return (Value){ top, 0 };
}

static void
run_new (Check *c, const Case *t, Rows *maps)
{
  if (t->head == HEAD_MAX)
    call_new (c, head_max_f32, maps->row, maps->pitch, t->n_maps, t->n);
  else if (t->head == HEAD_TM)
    call_new (c, head_tm_f32, maps->row, maps->pitch, t->n_maps, t->n);
  else if (t->head == HEAD_TR)
    call_new (c, head_tr_f32, maps->row, maps->pitch, t->n_maps, t->n);
  else
    call_new (c, head_cnn_f32, maps->row, maps->pitch, t->n_maps, t->n);
}

static void
run_ref (Check *c, const Case *t, Rows *maps)
{
  if (t->head == HEAD_MAX)
    call_ref (c, head_max_f32, maps->row, maps->pitch, t->n_maps, t->n);
  else if (t->head == HEAD_TM)
    call_ref (c, head_tm_f32, maps->row, maps->pitch, t->n_maps, t->n);
  else if (t->head == HEAD_TR)
    call_ref (c, head_tr_f32, maps->row, maps->pitch, t->n_maps, t->n);
  else
    call_ref (c, head_cnn_f32, maps->row, maps->pitch, t->n_maps, t->n);
}

static void
fill_maps (Check *c, const Case *t, Rows *maps)
{
  for (unsigned m = 0; m < maps->n_channels; m++)
    {
      float *row = maps->row + m * maps->pitch;
      if (m < t->n_maps)
        pattern_fill (&c->rand, pattern_random (&c->rand), row, maps->n);
      else
        for (size_t x = 0; x < maps->n; x++)
          row[x] = (float) (t->reach
                            * (t->ties ? random_range (&c->rand, -1, 2)
                                       : random_real (&c->rand, -1, 1)));
    }
}

static void
compare (Check *c, const Case *t, const Rows *maps, const Rows *ref,
         const Rows *new)
{
  AUTOFREE Value *values = NEW (Value, t->n);

  for (size_t x = 0; x < t->n; x++)
    values[x] = value_at (t, maps, x);
  check_values (c, "ref", 0, values, ref->row, t->n);
  check_values (c, c->new.isa, 0, values, new->row, t->n);
  for (unsigned m = 1; m < maps->n_channels; m++)
    check_same (c, "a map but the first", maps->row + m * maps->pitch,
                new->row + m *new->pitch, maps->n, sizeof (float));
  if (!rows_are_intact (new))
    check_fail (c, "wrote outside its granules");
}

static void
try_case (Check *c, Case t)
{
  Rows maps, ref, new;

  if (c->failure[0])
    return;
  check_arguments (c, "%u maps, %zu pixels, keys within %g%s", t.n_maps, t.n,
                   t.reach, t.ties ? ", ties" : "");
  maps = rows_new (&c->rand, groups[t.head] * t.n_maps, t.n);
  fill_maps (c, &t, &maps);
  ref = rows_copy (&maps);
  new = rows_copy (&maps);
  run_ref (c, &t, &ref);
  run_new (c, &t, &new);
  compare (c, &t, &maps, &ref, &new);
  rows_free (&maps);
  rows_free (&ref);
  rows_free (&new);
}

static void
bench_head (Check *c, Head head)
{
  const Case t = { head, 4, 480, 1, false };
  Rows maps;

  if (c->failure[0] || !c->bench)
    return;
  maps = rows_new (&c->rand, groups[head] * t.n_maps, t.n);
  fill_maps (c, &t, &maps);
  bench_begin (c->bench, "4 maps", t.n);
  while (bench_more (c->bench))
    run_new (c, &t, &maps);
  rows_free (&maps);
}

static void
check_head (Check *c, Head head)
{
  // The last ones' products overflow any integer, but not a float.
  static const double reaches[]
      = { 0, 1e-30, 1e-3, 1, 10, 100, 1e4, 5e4, 1e6, 1e9, 1e18 };
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    try_case (c, (Case){ head, 1 + i % 16, n, 3, false });
  for (unsigned i = 0; i < N_ELEMENTS (reaches); i++)
    for (unsigned n_maps = 1; n_maps <= 16; n_maps++)
      {
        try_case (c, (Case){ head, n_maps, 96, reaches[i], false });
        try_case (c, (Case){ head, n_maps, 96, reaches[i], true });
      }
  bench_head (c, head);
}

void
check_head_max_f32 (Check *c)
{
  check_head (c, HEAD_MAX);
}

void
check_head_tm_f32 (Check *c)
{
  check_head (c, HEAD_TM);
}

void
check_head_tr_f32 (Check *c)
{
  check_head (c, HEAD_TR);
}

void
check_head_cnn_f32 (Check *c)
{
  check_head (c, HEAD_CNN);
}

static void
try_residual (Check *c, size_t n)
{
  Rows row = rows_new (&c->rand, 1, n);
  Rows input = rows_new (&c->rand, 1, n);
  Rows ref, new;

  check_arguments (c, "%zu pixels", n);
  pattern_fill (&c->rand, pattern_random (&c->rand), row.row, row.n);
  pattern_fill (&c->rand, pattern_random (&c->rand), input.row, input.n);
  ref = rows_copy (&row);
  new = rows_copy (&row);
  call_ref (c, head_residual_f32, ref.row, input.row, n);
  call_new (c, head_residual_f32, new.row, input.row, n);
  check_same (c, "one sum", ref.row, new.row, n, sizeof (float));
  if (!rows_are_intact (&new))
    check_fail (c, "wrote outside its granules");
  rows_free (&row);
  rows_free (&input);
  rows_free (&ref);
  rows_free (&new);
}

void
check_head_residual_f32 (Check *c)
{
  Rows row = rows_new (&c->rand, 1, 480);
  Rows input = rows_new (&c->rand, 1, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    try_residual (c, n);
  memset (row.row, 0, row.n * sizeof (float));
  memset (input.row, 0, input.n * sizeof (float));
  bench_new (c, "", 480, head_residual_f32, row.row, input.row, 480);
  rows_free (&row);
  rows_free (&input);
}

// The last pixels of the rows are repeated; before and behind them lies anything.
static void
try_range (Check *c, size_t n)
{
  static const float widths[] = { 0.25f, 0, 43.8f, 1e-3f };
  const float beyond = widths[n % N_ELEMENTS (widths)];
  Rows rows = rows_new (&c->rand, 3, n);
  Rows out = rows_new (&c->rand, 2, n);
  Rows ref = rows_copy (&out), new = rows_copy (&out);
  const float *const source[]
      = { rows.row, rows.row + rows.pitch, rows.row + 2 * rows.pitch };

  check_arguments (c, "%zu pixels, %g beyond", n, beyond);
  for (unsigned i = 0; i < 3; i++)
    pattern_fill (&c->rand, pattern_random (&c->rand), rows.row + i * rows.pitch,
                  rows.n);
  call_ref (c, range_f32, ref.row, ref.row + ref.pitch, source, beyond, n);
  call_new (c, range_f32, new.row, new.row + new.pitch, source, beyond, n);
  check_same (c, "the least", ref.row, new.row, n, sizeof (float));
  check_same (c, "the greatest", ref.row + ref.pitch, new.row + new.pitch, n,
              sizeof (float));
  for (size_t x = 0; x < n; x++)
    if (ref.row[x] > source[1][x] || ref.row[ref.pitch + x] < source[1][x])
      check_fail (c, "ref: pixel %zu is not within its range", x);
  rows_free (&rows);
  rows_free (&out);
  rows_free (&ref);
  rows_free (&new);
}

void
check_range_f32 (Check *c)
{
  Rows rows = rows_new (&c->rand, 1, 480);
  Rows out = rows_new (&c->rand, 2, 480);
  const float *const source[] = { rows.row, rows.row, rows.row };
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    for (unsigned k = 0; k < 4; k++)
      try_range (c, n + k);
  memset (rows.row, 0, rows.n * sizeof (float));
  bench_new (c, "", 480, range_f32, out.row, out.row + out.pitch, source, 1,
             480);
  rows_free (&rows);
  rows_free (&out);
}

static void
try_bound (Check *c, size_t n)
{
  Rows row = rows_new (&c->rand, 1, n), ends = rows_new (&c->rand, 2, n);
  Rows ref, new;
  float *low = ends.row, *high = ends.row + ends.pitch;

  check_arguments (c, "%zu pixels", n);
  pattern_fill (&c->rand, pattern_random (&c->rand), row.row, row.n);
  pattern_fill (&c->rand, pattern_random (&c->rand), low, ends.n);
  for (size_t x = 0; x < ends.n; x++)
    high[x] = low[x] + (float) random_real (&c->rand, 0, 100);
  row.row[n / 2] = NAN;
  row.row[n / 3] = INFINITY;
  ref = rows_copy (&row);
  new = rows_copy (&row);
  call_ref (c, bound_f32, ref.row, low, high, n);
  call_new (c, bound_f32, new.row, low, high, n);
  check_same (c, "one value", ref.row, new.row, n, sizeof (float));
  for (size_t x = 0; x < n; x++)
    if (!(ref.row[x] >= low[x] && ref.row[x] <= high[x]))
      check_fail (c, "ref: pixel %zu is beyond", x);
  if (!rows_are_intact (&new))
    check_fail (c, "wrote outside its granules");
  rows_free (&row);
  rows_free (&ends);
  rows_free (&ref);
  rows_free (&new);
}

void
check_bound_f32 (Check *c)
{
  Rows row = rows_new (&c->rand, 1, 480), ends = rows_new (&c->rand, 2, 480);
  size_t n;

  for (unsigned i = 0; (n = check_width (i)); i++)
    try_bound (c, n);
  memset (row.row, 0, row.n * sizeof (float));
  memset (ends.row, 0, ends.n * sizeof (float));
  bench_new (c, "", 480, bound_f32, row.row, ends.row, ends.row + ends.pitch,
             480);
  rows_free (&row);
  rows_free (&ends);
}
