// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef ECBSR_CPU_H
#define ECBSR_CPU_H

#include <glib.h>

// The ISA levels that kernels may use here (ECBSR_CPU_* of kernels.h): what the
// CPU has and the system saves, at most those of the level that the environment
// variable ECBSR_CPU names. Read once per process. Without those of tile registers.
guint ecbsr_cpu_flags (void);

// The same with those of tile registers that the system grants, for which it is asked
// (levels.h): for whoever is going to use them. Thread-safe.
guint ecbsr_cpu_request_tile_flags (void);

// CPUs that the calling thread, and with it a thread that it starts, may use now: its
// affinity mask (`taskset`, a cpuset), or the control group's quota if that is less; at
// least 1. Both are read anew at each call. Thread-safe.
guint ecbsr_cpu_count (void);

// How many CPUs' time the control group of this process may use, rounded up;
// G_MAXUINT if there is no limit. Reads both versions of control groups, and the
// groups above, whose limits count, too. `root` is put before all paths: "", or a
// folder with copies of the files. Thread-safe. Source: "Control Group v2" (cpu.max)
// and "CFS Bandwidth Control" of the Linux kernel's documentation.
guint ecbsr_cpu_quota (const gchar *root);

#endif
