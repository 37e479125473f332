// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Rows that layers make together.
//
// A layer by transformed rows makes four at once (kernels.h), and its roundings
// depend on all six input rows. So that results do not depend on where a tile
// begins, groups begin at fixed rows of the picture: where each ends with the
// row that the next layer's group needs last. Layers after such a layer make as
// many rows at once, whatever they are, for then their input is there.

#ifndef ECBSR_GROUPS_H
#define ECBSR_GROUPS_H

#include "plan.h"

// Fills group and phase of layers whose run_group is set, and rows_above and
// rows_below.
void ecbsr_groups_init (EcbsrPlan *plan);

// The first row of the group that row y of the layer is in.
gint64 ecbsr_group_begin (const PlanLayer *layer, gint64 y);

// The first row that each layer has to make for row y of the last one. Returns
// the first input row.
gint64 ecbsr_groups_find_first (const EcbsrPlan *plan, gint64 y, gint64 *first);

#endif

