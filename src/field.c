// SPDX-License-Identifier: LGPL-2.1-or-later

#include "field.h"

// No more than 2 output rows beyond the tile's: within one input row.
Tile
ecbsr_field_widen (const EcbsrPlan *plan, const Tile *tile)
{
  Tile wide = *tile;

  wide.y0 -= MIN (wide.y0, 1);
  wide.y1 = MIN (wide.y1 + 1, plan->config.height);
  return wide;
}

void
ecbsr_field_begin (FieldRows *rows, NetStream *net)
{
  const EcbsrPlan *plan = net->plan;
  const guint scale = plan->scale;
  gboolean top = plan->config.field == ECBSR_FIELD_TOP;
  const EcbsrCubic *quarters = &plan->quarters;
  // (scale - 1)/4 down, or as much up: 1 - (scale - 1)/4 from the row above.
  const guint phase = top ? scale - 1 : 5 - scale;

  *rows = (FieldRows){
    .net = net,
    .rows = net->scratch->shift,
    .first = quarters->first[phase] - (top ? 0 : 1),
    .tap = quarters->tap[phase],
    .n = (net->tile.x1 - net->tile.x0) * scale,
    .next = (gint64) net->tile.y0 * scale,
    .last = (gint64) plan->config.height * scale - 1,
  };
}

static const gfloat *
net_row (FieldRows *rows, gint64 y)
{
  const gint64 number = CLAMP (y, 0, rows->last);

  for (; rows->next <= number; rows->next++)
    ecbsr_net_output_row (rows->net, (guint) rows->next,
                          rows->rows[rows->next % SHIFT_ROWS]);
  return rows->rows[number % SHIFT_ROWS];
}

void
ecbsr_field_row (FieldRows *rows, guint y, gfloat *dst)
{
  const gfloat *src[4];

  for (gint t = 0; t < 4; t++)
    src[t] = net_row (rows, (gint64) y + rows->first + t);
  rows->net->plan->kernels.cubic_v_f32 (dst, src, rows->tap, rows->n);
}
