// SPDX-License-Identifier: LGPL-2.1-or-later

#include "cubic.h"
#include "picture.h"

void
ecbsr_cubic_begin (CubicStream *stream, const EcbsrPlan *plan,
                   const EcbsrPicture *picture, CubicRows *rows,
                   guint component, guint x0, guint x1, Mapping mapping)
{
  *stream = (CubicStream) {
    .plan = plan,
    .picture = picture,
    .rows = rows,
    .component = component,
    .filter_x = &plan->component[component].filter_x,
    .filter_y = &plan->component[component].filter_y,
    .x0 = x0,
    .n = x1 - x0,
    .mapping = mapping,
  };
  for (guint i = 0; i < CUBIC_ROWS; i++)
    rows->number[i] = -1;
}

void
ecbsr_cubic_set_filters (CubicStream *stream, const EcbsrCubic *filter_x,
                         const EcbsrCubic *filter_y)
{
  stream->filter_x = filter_x;
  stream->filter_y = filter_y;
}

static void
load_input (const CubicStream *stream, guint y)
{
  const guint width = stream->plan->component[stream->component].width;
  const guint before = MIN (stream->x0, CUBIC_REACH);
  const guint after = MIN (width - stream->x0 - stream->n, CUBIC_REACH);
  const guint n = before + stream->n + after;
  gfloat *row = stream->rows->input - before;

  ecbsr_picture_load (stream->plan, stream->picture, stream->component,
                      stream->x0 - before, y, n, stream->mapping, row);
  for (guint i = 1; i <= CUBIC_REACH - before; i++)
    row[-(gint) i] = row[0];
  for (guint i = 0; i < CUBIC_REACH - after; i++)
    row[n + i] = row[n - 1];
}

static const gfloat *
input_row (CubicStream *stream, gint64 y)
{
  const ComponentPlan *component
      = &stream->plan->component[stream->component];
  gint64 number = CLAMP (y, 0, (gint64) component->n_rows - 1);
  guint slot = (guint) number % CUBIC_ROWS;

  if (stream->rows->number[slot] != number)
    {
      load_input (stream, (guint) number);
      stream->plan->kernels.cubic_h_f32 (stream->rows->row[slot],
                                         stream->rows->input,
                                         stream->filter_x, stream->n);
      stream->rows->number[slot] = number;
    }
  return stream->rows->row[slot];
}

void
ecbsr_cubic_row (CubicStream *stream, guint y, gfloat *dst)
{
  const EcbsrCubic *filter = stream->filter_y;
  const guint scale = filter->scale;
  const gint64 first = (gint64) (y / scale) + filter->first[y % scale];
  const gfloat *rows[4];

  for (guint t = 0; t < 4; t++)
    rows[t] = input_row (stream, first + t);
  stream->plan->kernels.cubic_v_f32 (dst, rows, filter->tap[y % scale],
                                     stream->n * stream->filter_x->scale);
}
