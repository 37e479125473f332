// SPDX-License-Identifier: LGPL-2.1-or-later

#include "emulate-tiles.h"
#include "emulated.h"
#include "kernels/levels.h"
#include "tiles.h"

gboolean emulated_grant = TRUE;
gint emulated_n_requests, emulated_n_measured;
gdouble emulated_as_it_is = 2, emulated_by_tiles = 1;
gboolean emulated_is_measured;

unsigned __real_ecbsr_cpu_detect (void);
unsigned __wrap_ecbsr_cpu_detect (void);
int __wrap_ecbsr_cpu_request_tiles (void);
void __real_ecbsr_kernels_init (EcbsrKernels *kernels, unsigned cpu_flags);
void __wrap_ecbsr_kernels_init (EcbsrKernels *kernels, unsigned cpu_flags);
gboolean __real_ecbsr_tiles_measure (const PlanLayer *layer,
                                     const EcbsrLayer *from,
                                     const EcbsrKernels *kernels,
                                     gdouble *as_it_is, gdouble *tiles);
gboolean __wrap_ecbsr_tiles_measure (const PlanLayer *layer,
                                     const EcbsrLayer *from,
                                     const EcbsrKernels *kernels,
                                     gdouble *as_it_is, gdouble *tiles);

unsigned
__wrap_ecbsr_cpu_detect (void)
{
  return __real_ecbsr_cpu_detect () | ECBSR_CPU_TILES;
}

int
__wrap_ecbsr_cpu_request_tiles (void)
{
  g_atomic_int_inc (&emulated_n_requests);
  return emulated_grant;
}

// With the widest vectors here: those of the last two levels that may run.
void
__wrap_ecbsr_kernels_init (EcbsrKernels *kernels, unsigned cpu_flags)
{
  const unsigned flags = cpu_flags & ~ECBSR_CPU_TILES;

  __real_ecbsr_kernels_init (kernels, flags);
  for (const EmulatedLevel *e = emulated_levels; e->name; e++)
    if ((cpu_flags & ECBSR_CPU_TILES) && !(e->flags & ~flags))
      e->fill (kernels);
}

gboolean
__wrap_ecbsr_tiles_measure (const PlanLayer *layer, const EcbsrLayer *from,
                            const EcbsrKernels *kernels, gdouble *as_it_is,
                            gdouble *tiles)
{
  g_atomic_int_inc (&emulated_n_measured);
  if (emulated_is_measured)
    return __real_ecbsr_tiles_measure (layer, from, kernels, as_it_is, tiles);
  *as_it_is = emulated_as_it_is;
  *tiles = emulated_by_tiles;
  return TRUE;
}
