// SPDX-License-Identifier: LGPL-2.1-or-later

#include "fold.h"

#include <math.h>

#define N_TAPS 9
#define CENTRE_TAP 4

gboolean
ecbsr_fold_init (EcbsrFold *fold, guint n_in, guint n_out, const gfloat *weight,
                 const gfloat *bias)
{
  const gsize n_weights = (gsize) n_out * n_in * N_TAPS;

  fold->n_in = n_in;
  fold->n_out = n_out;
  fold->weight = g_try_new (gdouble, n_weights);
  fold->bias = g_try_new (gdouble, n_out);
  if (!fold->weight || !fold->bias)
    return FALSE;
  for (gsize i = 0; i < n_weights; i++)
    fold->weight[i] = weight[i];
  for (guint o = 0; o < n_out; o++)
    fold->bias[o] = bias[o];
  return TRUE;
}

void
ecbsr_fold_clear (EcbsrFold *fold)
{
  g_free (fold->weight);
  g_free (fold->bias);
}

// Adds what one channel between the 1x1 and the 3x3 convolution does for output
// channel `o`: `k0` are the 1x1 weights into it, `b0` its bias, `kernel` its
// 3x3 weights towards o.
static void
add_channel (EcbsrFold *fold, guint o, const gfloat *k0, gdouble b0,
             const gdouble kernel[N_TAPS])
{
  gdouble *weight = fold->weight + (gsize) o * fold->n_in * N_TAPS;

  for (guint i = 0; i < fold->n_in; i++, weight += N_TAPS)
    for (guint tap = 0; tap < N_TAPS; tap++)
      weight[tap] += kernel[tap] * k0[i];
  for (guint tap = 0; tap < N_TAPS; tap++)
    fold->bias[o] += kernel[tap] * b0;
}

static void
add_output (EcbsrFold *fold, guint o, guint n_mid, const gfloat *k0,
            const gfloat *b0, const gfloat *k1)
{
  gdouble kernel[N_TAPS];

  for (guint mid = 0; mid < n_mid; mid++, k1 += N_TAPS)
    {
      for (guint tap = 0; tap < N_TAPS; tap++)
        kernel[tap] = k1[tap];
      add_channel (fold, o, k0 + (gsize) mid * fold->n_in, b0[mid], kernel);
    }
}

void
ecbsr_fold_add_squeeze (EcbsrFold *fold, guint n_mid, const gfloat *k0,
                        const gfloat *b0, const gfloat *k1, const gfloat *b1)
{
  for (guint o = 0; o < fold->n_out; o++)
    {
      add_output (fold, o, n_mid, k0, b0, k1 + (gsize) o * n_mid * N_TAPS);
      fold->bias[o] += b1[o];
    }
}

void
ecbsr_fold_add_edge (EcbsrFold *fold, const gfloat *k0, const gfloat *b0,
                     const gint8 mask[9], const gfloat *scale,
                     const gfloat *bias)
{
  gdouble kernel[N_TAPS];

  for (guint o = 0; o < fold->n_out; o++)
    {
      for (guint tap = 0; tap < N_TAPS; tap++)
        kernel[tap] = (gdouble) scale[o] * mask[tap];
      add_channel (fold, o, k0 + (gsize) o * fold->n_in, b0[o], kernel);
      fold->bias[o] += bias[o];
    }
}

void
ecbsr_fold_add_identity (EcbsrFold *fold)
{
  for (guint o = 0; o < fold->n_out; o++)
    fold->weight[((gsize) o * fold->n_in + o) * N_TAPS + CENTRE_TAP] += 1;
}

// Comparing before converting: a double beyond the range of float has no
// defined conversion.
static gboolean
round_to_floats (const gdouble *from, gfloat *to, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      if (!(fabs (from[i]) <= G_MAXFLOAT))
        return FALSE;
      to[i] = (gfloat) from[i];
    }
  return TRUE;
}

gboolean
ecbsr_fold_finish (const EcbsrFold *fold, gfloat *weight, gfloat *bias)
{
  return round_to_floats (fold->weight, weight,
                          (gsize) fold->n_out * fold->n_in * N_TAPS)
         && round_to_floats (fold->bias, bias, fold->n_out);
}
