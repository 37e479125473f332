// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whether a layer is to be computed by tiles (kernels.h): where the CPU has them, the
// system grants them, and they are faster, by measurement.

#ifndef ECBSR_TILES_H
#define ECBSR_TILES_H

#include "plan.h"

// The table with a kernel of tiles for a layer that has its kernel and types; NULL where
// that one is to stay. The first layer of bfloat16 or bytes in a process asks the system,
// the first of each shape is measured, for about a millisecond: all layers of a shape go
// by the same figures. Thread-safe; holds no lock while it measures.
const EcbsrKernels *ecbsr_tiles_choose (const PlanLayer *layer,
                                        const EcbsrLayer *from);

// Nanoseconds that rows of such a layer take as it is, and by tiles; FALSE without
// memory. In a file of its own, so that tests can put another one in its place.
gboolean ecbsr_tiles_measure (const PlanLayer *layer, const EcbsrLayer *from,
                              const EcbsrKernels *kernels, gdouble *as_it_is,
                              gdouble *tiles);

#endif
