// SPDX-License-Identifier: LGPL-2.1-or-later

#include "cpu.h"

#include "kernels/kernels.h"
#include "quota.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#if defined(__x86_64__)
// GCC 12 has no name for it. Its state is that of AVX2, which is checked before.
static gboolean
has_avx_vnni (void)
{
  guint a, b, c, d;

  return __get_cpuid_count (7, 1, &a, &b, &c, &d) && (a & 1 << 4);
}
#endif

static guint
detect (void)
{
  guint flags = ECBSR_CPU_BASE;

#if defined(__x86_64__)
  // These look at XCR0 too: the system must save the wide registers.
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    flags |= ECBSR_CPU_AVX2;
  if ((flags & ECBSR_CPU_AVX2) && __builtin_cpu_supports ("avx512f")
      && __builtin_cpu_supports ("avx512bw")
      && __builtin_cpu_supports ("avx512dq")
      && __builtin_cpu_supports ("avx512vl"))
    flags |= ECBSR_CPU_AVX512;
  if ((flags & ECBSR_CPU_AVX2) && has_avx_vnni ())
    flags |= ECBSR_CPU_AVXVNNI;
  if ((flags & ECBSR_CPU_AVX512) && __builtin_cpu_supports ("avx512vnni"))
    flags |= ECBSR_CPU_AVX512VNNI;
  if ((flags & ECBSR_CPU_AVX512) && __builtin_cpu_supports ("avx512bf16"))
    flags |= ECBSR_CPU_AVX512BF16;
#endif
  return flags;
}

static guint
cap (const gchar *name)
{
  static const struct
  {
    const gchar *name;
    guint mask;
  } levels[] = {
    { "ref", 0 },
    { "base", ECBSR_CPU_BASE },
    { "avx2", ECBSR_CPU_BASE | ECBSR_CPU_AVX2 },
    { "avxvnni", ECBSR_CPU_BASE | ECBSR_CPU_AVX2 | ECBSR_CPU_AVXVNNI },
    { "avx512", ECBSR_CPU_BASE | ECBSR_CPU_AVX2 | ECBSR_CPU_AVX512 },
    { "avx512vnni", ECBSR_CPU_BASE | ECBSR_CPU_AVX2 | ECBSR_CPU_AVX512
                        | ECBSR_CPU_AVX512VNNI },
  };

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    if (g_ascii_strcasecmp (name, levels[i].name) == 0)
      return levels[i].mask;
  g_warning ("ECBSR_CPU=%s is unknown: not one of ref, base, avx2, avxvnni, "
             "avx512, avx512vnni; ignored", name);
  return G_MAXUINT;
}

guint
ecbsr_cpu_flags (void)
{
  static gsize flags_plus_one;

  if (g_once_init_enter (&flags_plus_one))
    {
      const gchar *limit = g_getenv ("ECBSR_CPU");
      guint flags = detect () & (limit && *limit ? cap (limit) : G_MAXUINT);
      g_once_init_leave (&flags_plus_one, (gsize) flags + 1);
    }
  return (guint) (flags_plus_one - 1);
}

guint
ecbsr_cpu_count (void)
{
  // GLib counts the affinity mask.
  return MAX (1, MIN (g_get_num_processors (), ecbsr_quota_cpu_count ("")));
}
