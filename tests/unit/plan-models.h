// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Networks of random weights to run plans with.

#ifndef PLAN_MODELS_H
#define PLAN_MODELS_H

#include "ecbsr.h"

// ECBSR M1C4 for the luma range 16..235. With `amplitude` 1 it adds some dozen
// steps of noise to the input pixel, with 0 nothing: it repeats pixels.
EcbsrModel *model_new_ecbsr (guint scale, gdouble amplitude);
// The same with this padding (NULL: zero).
EcbsrModel *model_new_padded (guint scale, gdouble amplitude,
                              const gchar *padding);
// The same of three colours.
// … with layers wide enough for squares of pixels.
EcbsrModel *model_new_wide (guint scale, gdouble amplitude, const gchar *padding);

EcbsrModel *model_new_colors (guint scale, gdouble amplitude,
                              const gchar *padding);
// "esr-tm" or "esr-tr", for the luma range 0..1, near to repeating pixels.
EcbsrModel *model_new_esr (const gchar *architecture, guint scale);

#endif
