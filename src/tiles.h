// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether a layer is to be computed in tile registers (kernels.h): where the
// CPU has them, the system grants them, and they are faster, by measurement.

#ifndef ECBSR_TILES_H
#define ECBSR_TILES_H

#include "plan.h"

// A kernel that does what the layer's does, which has its kernel and types;
// NULL where that one is to stay. The first layer of bfloat16 or bytes in a
// process asks the system, the first of each shape is measured, for about a
// millisecond: all layers of a shape go by the same figures. `isa` becomes the
// level's name. Thread-safe; holds no lock while it measures.
EcbsrGroupFunc ecbsr_tiles_choose (const PlanLayer *layer,
                                   const EcbsrLayer *from, guint block,
                                   const gchar **isa);

// Nanoseconds that rows of such a layer take as it is, and by tiles; FALSE
// without memory. In a file of its own, so that tests can put another one in
// its place.
gboolean ecbsr_tiles_measure (const PlanLayer *layer, const EcbsrLayer *from,
                              guint block, EcbsrGroupFunc by_tiles,
                              gdouble *as_it_is, gdouble *tiles);

#endif
