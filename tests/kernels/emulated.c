// SPDX-License-Identifier: LGPL-2.1-or-later

#include "emulated.h"
#include "config-kernels.h"
#include "emulated_tiles.h"

#include <string.h>

#define BASE ECBSR_CPU_BASE
#define AVX2 (BASE | ECBSR_CPU_AVX2)
#define AVX512 (AVX2 | ECBSR_CPU_AVX512)

void ecbsr_kernels_fill_tiles8_neon (EcbsrKernels *kernels);
void ecbsr_kernels_fill_tiles16_neon (EcbsrKernels *kernels);
void ecbsr_kernels_fill_tiles8_avx2 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_tiles16_avx2 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_tiles8_avx512 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_tiles16_avx512 (EcbsrKernels *kernels);

const EmulatedLevel emulated_levels[] = {
#if ECBSR_HAVE_X86_LEVELS
  { "tiles8-avx2", AVX2, ecbsr_kernels_fill_tiles8_avx2 },
  { "tiles16-avx2", AVX2, ecbsr_kernels_fill_tiles16_avx2 },
  { "tiles8-avx512", AVX512, ecbsr_kernels_fill_tiles8_avx512 },
  { "tiles16-avx512", AVX512, ecbsr_kernels_fill_tiles16_avx512 },
#elif ECBSR_HAVE_ARM_LEVELS
  { "tiles8-neon", BASE, ecbsr_kernels_fill_tiles8_neon },
  { "tiles16-neon", BASE, ecbsr_kernels_fill_tiles16_neon },
#endif
  { NULL, 0, NULL },
};

const EmulatedLevel *
emulated_find (const char *name)
{
  for (const EmulatedLevel *e = emulated_levels; e->name; e++)
    if (strcmp (e->name, name) == 0)
      return e;
  return NULL;
}

int
emulated_in_use (void)
{
  return emulated_tiles_in_use ();
}

unsigned long
emulated_count (void)
{
  return emulated_tiles_count ();
}
