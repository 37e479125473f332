// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The cubic upscale of one component within a tile, row by row. Beyond the
// picture its border samples are repeated.

#ifndef ECBSR_CUBIC_H
#define ECBSR_CUBIC_H

#include "plan.h"

#define CUBIC_REACH 2 // input samples beyond either end

typedef struct
{
  const EcbsrPlan *plan;
  const EcbsrPicture *picture;
  CubicRows *rows;
  guint component;
  const EcbsrCubic *filter_x, *filter_y;
  guint x0, n; // input columns
  Mapping mapping;
} CubicStream;

void ecbsr_cubic_begin (CubicStream *stream, const EcbsrPlan *plan,
                        const EcbsrPicture *picture, CubicRows *rows,
                        guint component, guint x0, guint x1, Mapping mapping);

// The same with other filters than those of the upscale: output row y is then
// filter_y's.
void ecbsr_cubic_set_filters (CubicStream *stream, const EcbsrCubic *filter_x,
                              const EcbsrCubic *filter_y);

// Output row y, all of scale · n columns. Rows come in ascending order.
void ecbsr_cubic_row (CubicStream *stream, guint y, gfloat *dst);

#endif
