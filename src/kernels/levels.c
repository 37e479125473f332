// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // syscall()
#endif

#include "levels.h"
#include "config-kernels.h"
#include "kernels.h"

#include <strings.h>

#if ECBSR_HAVE_X86_LEVELS
#include <cpuid.h>
#endif
#if ECBSR_HAVE_AMX_LEVELS && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#if ECBSR_HAVE_ARM_LEVELS && defined(__linux__)
#include <sys/auxv.h>
#endif

#define BASE ECBSR_CPU_BASE
#define AVX2 (BASE | ECBSR_CPU_AVX2)
#define AVX512 (AVX2 | ECBSR_CPU_AVX512)
#define AVX512VNNI (AVX512 | ECBSR_CPU_AVX512VNNI)
#define AVX512BF16 (AVX512VNNI | ECBSR_CPU_AVX512BF16)
#define AMXINT8 (AVX512BF16 | ECBSR_CPU_AMXINT8)
#define DOTPROD (BASE | ECBSR_CPU_DOTPROD)
#define I8MM (DOTPROD | ECBSR_CPU_I8MM)

const EcbsrLevel ecbsr_levels[] = {
  { "ref", "ref", 0 },
  { "base", ECBSR_BASE_ISA, BASE },
#if ECBSR_HAVE_X86_LEVELS
  { "avx2", "avx2", AVX2 },
  { "avxvnni", "avxvnni", AVX2 | ECBSR_CPU_AVXVNNI },
  { "avx512", "avx512", AVX512 },
  { "avx512vnni", "avx512vnni", AVX512VNNI },
  { "avx512bf16", "avx512bf16", AVX512BF16 },
#if ECBSR_HAVE_AMX_LEVELS
  { "amxint8", "amxint8", AMXINT8 },
  { "amxbf16", "amxbf16", AMXINT8 | ECBSR_CPU_AMXBF16 },
#endif
#elif ECBSR_HAVE_ARM_LEVELS
  { "dotprod", "neondotprod", DOTPROD },
  { "i8mm", "neoni8mm", I8MM },
  { "bf16", "neonbf16", I8MM | ECBSR_CPU_BF16 },
#endif
};
const size_t ecbsr_n_levels = sizeof ecbsr_levels / sizeof ecbsr_levels[0];

const EcbsrLevel *
ecbsr_levels_find (const char *name)
{
  for (size_t l = 0; l < ecbsr_n_levels; l++)
    if (strcasecmp (name, ecbsr_levels[l].name) == 0
        || strcasecmp (name, ecbsr_levels[l].isa) == 0)
      return &ecbsr_levels[l];
  return NULL;
}

#if ECBSR_HAVE_X86_LEVELS

// GCC 12 has no name for it. Its state is that of AVX2, which is checked
// before.
static int
has_avx_vnni (void)
{
  unsigned a, b, c, d;

  return __get_cpuid_count (7, 1, &a, &b, &c, &d) && (a & 1 << 4);
}

#if ECBSR_HAVE_AMX_LEVELS

// Of XCR0: the system saves the configuration of tiles and the tiles.
#define TILE_STATE (3u << 17)

static unsigned
detect_tiles (void)
{
  unsigned a, b, c, d, saved, high, flags = 0;

  if (!__get_cpuid (1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
    return 0;
  __asm__("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
  if ((saved & TILE_STATE) != TILE_STATE
      || !__get_cpuid_count (7, 0, &a, &b, &c, &d) || !(d & 1u << 24))
    return 0;
  if (d & 1u << 25)
    flags |= ECBSR_CPU_AMXINT8;
  if (d & 1u << 22)
    flags |= ECBSR_CPU_AMXBF16;
  return flags;
}

#else

static unsigned
detect_tiles (void)
{
  return 0;
}

#endif

// __builtin_cpu_supports() looks at XCR0 too: the system must save the wide
// registers.
unsigned
ecbsr_cpu_detect (void)
{
  unsigned flags = BASE;

  if (!__builtin_cpu_supports ("avx2") || !__builtin_cpu_supports ("fma"))
    return flags;
  flags = AVX2;
  if (has_avx_vnni ())
    flags |= ECBSR_CPU_AVXVNNI;
  if (!__builtin_cpu_supports ("avx512f")
      || !__builtin_cpu_supports ("avx512bw")
      || !__builtin_cpu_supports ("avx512dq")
      || !__builtin_cpu_supports ("avx512vl"))
    return flags;
  flags |= ECBSR_CPU_AVX512;
  if (__builtin_cpu_supports ("avx512vnni"))
    flags |= ECBSR_CPU_AVX512VNNI;
  if (__builtin_cpu_supports ("avx512bf16"))
    flags |= ECBSR_CPU_AVX512BF16;
  return flags | detect_tiles ();
}

#elif ECBSR_HAVE_ARM_LEVELS && defined(__linux__)

// The kernel reports what it lets programs use.
unsigned
ecbsr_cpu_detect (void)
{
  const unsigned long first = getauxval (AT_HWCAP);
  const unsigned long second = getauxval (AT_HWCAP2);
  unsigned flags = BASE;

  if (first & HWCAP_ASIMDDP)
    flags |= ECBSR_CPU_DOTPROD;
  if ((flags & ECBSR_CPU_DOTPROD) && (second & HWCAP2_I8MM))
    flags |= ECBSR_CPU_I8MM;
  if (second & HWCAP2_BF16)
    flags |= ECBSR_CPU_BF16;
  return flags;
}

#else

unsigned
ecbsr_cpu_detect (void)
{
  return BASE;
}

#endif

#if ECBSR_HAVE_AMX_LEVELS && defined(__linux__)

// Linux's "Using XSTATE features in user space applications".
#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

int
ecbsr_cpu_request_tiles (void)
{
  return syscall (SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

#else

int
ecbsr_cpu_request_tiles (void)
{
  return 0;
}

#endif
