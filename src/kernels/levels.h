// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The ISA levels that this build has kernels for, and what the CPU is capable
// of.

#ifndef ECBSR_LEVELS_H
#define ECBSR_LEVELS_H

#include "kernels.h"

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

// The levels whose kernels need ecbsr_cpu_request_tiles() before they run.
#define ECBSR_CPU_TILES (ECBSR_CPU_AMXINT8 | ECBSR_CPU_AMXBF16)

// Asks the system for the tile registers, for all threads of the process and for good;
// 0 where it refuses. From then on a signal stack that a thread sets up has to have room
// for them, 11 KiB, so it is asked for by processes alone that use them. May be repeated.
int ecbsr_cpu_request_tiles (void);

#endif
