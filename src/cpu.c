// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // cpu_set_t
#endif

#include "cpu.h"

#ifdef __linux__
#include <sched.h>
#endif

#include "kernels/levels.h"
#include "quota.h"

static guint
cap (const gchar *name)
{
  const EcbsrLevel *level = ecbsr_levels_find (name);
  g_autoptr (GString) names = NULL;

  if (level)
    return level->flags;
  names = g_string_new (NULL);
  for (gsize l = 0; l < ecbsr_n_levels; l++)
    g_string_append_printf (names, "%s%s", l ? ", " : "", ecbsr_levels[l].name);
  g_warning ("ECBSR_CPU=%s is unknown: not one of %s; ignored", name,
             names->str);
  return G_MAXUINT;
}

guint
ecbsr_cpu_flags (void)
{
  static gsize flags_plus_one;

  if (g_once_init_enter (&flags_plus_one))
    {
      const gchar *limit = g_getenv ("ECBSR_CPU");
      guint flags
          = ecbsr_cpu_detect () & (limit && *limit ? cap (limit) : G_MAXUINT);
      g_once_init_leave (&flags_plus_one, (gsize) flags + 1);
    }
  return (guint) (flags_plus_one - 1);
}

#ifdef __linux__

// More than any kernel can be built for (NR_CPUS).
#define MOST_CPUS (1u << 16)

// 0 where the kernel's own set is larger than `n_bits`.
static guint
count_in_set (guint n_bits)
{
  const gsize size = CPU_ALLOC_SIZE (n_bits);
  cpu_set_t *set = CPU_ALLOC (n_bits);
  guint n = 0;

  if (!set)
    return 0;
  if (sched_getaffinity (0, size, set) == 0)
    n = (guint) CPU_COUNT_S (size, set);
  CPU_FREE (set);
  return n;
}

static guint
count_in_affinity_mask (void)
{
  guint n = 0;

  for (guint n_bits = CPU_SETSIZE; n == 0 && n_bits <= MOST_CPUS; n_bits *= 2)
    n = count_in_set (n_bits);
  return n > 0 ? n : G_MAXUINT;
}

#else

static guint
count_in_affinity_mask (void)
{
  return G_MAXUINT;
}

#endif

guint
ecbsr_cpu_count (void)
{
  // GLib counts the mask on some systems and from some version on.
  guint n = MIN (g_get_num_processors (), count_in_affinity_mask ());

  return MAX (1, MIN (n, ecbsr_quota_cpu_count ("")));
}
