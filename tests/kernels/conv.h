// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A convolution's operands, and what should come of them.

#ifndef CONV_H
#define CONV_H

#include "checkkernels.h"
#include "memory.h"
#include "patterns.h"

typedef struct
{
  unsigned k, n_in, n_out;
  size_t n;
  Pattern pattern;
  EcbsrDtype in, out;
  EcbsrCurve curve;
  bool wino; // Winograd
  bool square; // over columns as well
  bool tiles;
  bool plain;
} Shape;

// One convolution's operands. The same weights, packed for each table.
typedef struct
{
  Shape shape;
  float *weight; // [out][in][ky][kx], as the kernel sees them
  float *bias, *slope, *multiplier, *zero, *knee;
  float *minimum, *maximum;
  uint32_t *least_byte, *greatest_byte;
  int32_t *offset, *signed_offset;
  EcbsrConv ref, new, base;
  Rows src[7];
  const void *rows[7];
} Conv;

unsigned n_words (EcbsrDtype dtype, unsigned n_channels);

void conv_new (Check *c, Conv *t, Shape shape);
void conv_free (Conv *t);

// Channel i of a pixel.
double conv_value_at (const float *row, size_t pitch, unsigned i,
                      EcbsrDtype dtype);
// Output o of a pixel, before its bounds.
Value conv_unbounded_at (const Conv *t, unsigned o, size_t x);
// What it becomes in a word.
Value conv_stored (const Conv *t, unsigned o, Value y);
// Fails at the first pixel of channel o in `rows` that is not what it should be.
void conv_check_channel (Check *c, const Conv *t, const char *whose,
                         unsigned o, const Value *values, const Rows *rows);

#endif
