// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Levels whose tile registers are emulated (emulated_tiles.h), so that each
// machine can run their source.

#ifndef EMULATED_H
#define EMULATED_H

#include "kernels.h"

typedef struct
{
  const char *name;
  unsigned flags; // of the vectors that it is compiled with
  void (*fill) (EcbsrKernels *kernels);
} EmulatedLevel;

// The last one has no name.
extern const EmulatedLevel emulated_levels[];

// NULL if there is none.
const EmulatedLevel *emulated_find (const char *name);

int emulated_in_use (void);
unsigned long emulated_count (void);

#endif
