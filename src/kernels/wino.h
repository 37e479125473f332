// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What Winograd convolutions have in common.

#ifndef ECBSR_WINO_H
#define ECBSR_WINO_H

#include "vec.h"

// Six rows' vectors to six components'. Only products with powers of two, so
// that fusing them or not is all the same.
ALWAYS_INLINE void
vcomponents (vfloat component[ECBSR_WINO_COMPONENTS], const vfloat d[6])
{
  const vfloat a = d[4] - 4 * d[2], b = d[3] - 4 * d[1];
  const vfloat c = d[4] - d[2], e = d[3] - d[1];

  component[0] = a + b;
  component[1] = a - b;
  component[2] = c + 2 * e;
  component[3] = c - 2 * e;
  component[4] = c + 4 * (d[0] - d[2]);
  component[5] = d[5] - d[3] - 4 * e;
}

#endif
