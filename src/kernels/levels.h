// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The ISA levels that this build has kernels for, and what the CPU is capable
// of.

#ifndef ECBSR_LEVELS_H
#define ECBSR_LEVELS_H

#include <stddef.h>

typedef struct
{
  const char *name; // as in ECBSR_CPU
  const char *isa;  // EcbsrKernels.isa
  unsigned flags; // ECBSR_CPU_*, those of the levels that it stands on included
} EcbsrLevel;

// From the lowest, which is the reference, on.
extern const EcbsrLevel ecbsr_levels[];
extern const size_t ecbsr_n_levels;

// The level of this name, or of this ISA's; NULL if there is none. Case does
// not matter.
const EcbsrLevel *ecbsr_levels_find (const char *name);

// ECBSR_CPU_* of what the CPU has and the system saves the registers of.
unsigned ecbsr_cpu_detect (void);

#endif
