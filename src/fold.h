// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Folding (re-parameterisation) of ECBSR's training form: parallel branches of
// one layer become one 3x3 convolution. "Edge-oriented Convolution Block for
// Real-time Super Resolution on Mobile Devices", Zhang et al., 2021,
// section 3.3.
//
// Each branch is a 1x1 convolution (weights A, bias a) followed by a 3x3 one
// (B, b), together the 3x3 convolution B·A with the bias Σ B·a + b. The 1x1
// output is padded with its bias, which makes this exact at borders too.

#ifndef ECBSR_FOLD_H
#define ECBSR_FOLD_H

#include <glib.h>

// The sum of the branches so far.
typedef struct
{
  guint n_in, n_out;
  gdouble *weight; // [n_out][n_in][3][3]
  gdouble *bias;   // [n_out]
} EcbsrFold;

// Begins with a 3x3 convolution. FALSE if there is no memory; call
// ecbsr_fold_clear() in either case.
gboolean ecbsr_fold_init (EcbsrFold *fold, guint n_in, guint n_out,
                          const gfloat *weight, const gfloat *bias);
void ecbsr_fold_clear (EcbsrFold *fold);

// 1x1 n_in → n_mid (k0, b0), 3x3 n_mid → n_out (k1, b1).
void ecbsr_fold_add_squeeze (EcbsrFold *fold, guint n_mid, const gfloat *k0,
                             const gfloat *b0, const gfloat *k1,
                             const gfloat *b1);

// 1x1 n_in → n_out (k0, b0), then each channel by itself through the 3x3 kernel
// `mask` times its `scale`, plus its `bias`.
void ecbsr_fold_add_edge (EcbsrFold *fold, const gfloat *k0, const gfloat *b0,
                          const gint8 mask[9], const gfloat *scale,
                          const gfloat *bias);

// The input itself; n_in = n_out.
void ecbsr_fold_add_identity (EcbsrFold *fold);

// Rounds the sum to floats. FALSE if one of them would not be finite.
gboolean ecbsr_fold_finish (const EcbsrFold *fold, gfloat *weight,
                            gfloat *bias);

#endif
