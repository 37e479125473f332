// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef _GNU_SOURCE
#define _GNU_SOURCE // cpu_set_t
#endif

#include "cpu.h"

#include <string.h>
#ifdef __linux__
#include <sched.h>
#endif

#include "kernels/levels.h"

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

static guint
flags_and_tiles (void)
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

guint
ecbsr_cpu_flags (void)
{
  return flags_and_tiles () & ~(guint) ECBSR_CPU_TILES;
}

guint
ecbsr_cpu_request_tile_flags (void)
{
  const guint flags = flags_and_tiles ();

  return (flags & ECBSR_CPU_TILES) && ecbsr_cpu_request_tiles ()
             ? flags
             : ecbsr_cpu_flags ();
}

// ------------------------------------------------------------ affinity mask --

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

// -------------------------------------------------- quota of the control group --

// What one group's file or files allow, or G_MAXUINT.
typedef guint (*ReadFunc) (const gchar *folder);

static guint
cpus_of (gint64 quota, gint64 period)
{
  if (quota <= 0 || period <= 0)
    return G_MAXUINT;
  return (guint) MIN ((quota - 1) / period + 1, (gint64) G_MAXINT);
}

static gchar *
read_text (const gchar *folder, const gchar *name)
{
  g_autofree gchar *path = g_build_filename (folder, name, NULL);
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, NULL);
  return text;
}

// "max 100000", or "150000 100000": so many µs in each period.
static guint
read_v2 (const gchar *folder)
{
  g_autofree gchar *text = read_text (folder, "cpu.max");
  gchar *rest;

  if (!text || !g_ascii_isdigit (*text))
    return G_MAXUINT;
  gint64 quota = g_ascii_strtoll (text, &rest, 10);
  return cpus_of (quota, g_ascii_strtoll (rest, NULL, 10));
}

// -1 for no limit.
static guint
read_v1 (const gchar *folder)
{
  g_autofree gchar *quota = read_text (folder, "cpu.cfs_quota_us");
  g_autofree gchar *period = read_text (folder, "cpu.cfs_period_us");

  if (!quota || !period)
    return G_MAXUINT;
  return cpus_of (g_ascii_strtoll (quota, NULL, 10), g_ascii_strtoll (period, NULL, 10));
}

/* The smallest limit from `group` up to `mount`. A container may see the name
 * that its group has outside, which is not below its own mount: then only the
 * latter, which is its group, is there. */
static guint
smallest (const gchar *mount, const gchar *group, ReadFunc read)
{
  g_autofree gchar *path = g_strdup (group);
  guint least = G_MAXUINT;
  gchar *slash;

  do
    {
      g_autofree gchar *folder = g_build_filename (mount, path, NULL);
      least = MIN (least, read (folder));
      slash = strrchr (path, '/');
      if (slash)
        *slash = '\0';
    }
  while (slash);
  return least;
}

static gboolean
has_cpu (const gchar *controllers)
{
  g_auto (GStrv) names = g_strsplit (controllers, ",", -1);

  return g_strv_contains ((const gchar *const *) names, "cpu");
}

// A line of /proc/self/cgroup: number:controllers:group
static guint
quota_of_line (const gchar *root, const gchar *line)
{
  g_auto (GStrv) part = g_strsplit (line, ":", 3);

  if (g_strv_length (part) != 3)
    return G_MAXUINT;
  g_autofree gchar *v2 = g_build_filename (root, "/sys/fs/cgroup", NULL);
  if (*part[1] == '\0')
    return smallest (v2, part[2], read_v2);
  if (!has_cpu (part[1]))
    return G_MAXUINT;
  g_autofree gchar *v1 = g_build_filename (v2, part[1], NULL);
  return smallest (v1, part[2], read_v1);
}

guint
ecbsr_cpu_quota (const gchar *root)
{
  g_autofree gchar *text = read_text (root, "/proc/self/cgroup");
  guint least = G_MAXUINT;

  if (!text)
    return least;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    least = MIN (least, quota_of_line (root, lines[i]));
  return least;
}

guint
ecbsr_cpu_count (void)
{
  // GLib counts the mask on some systems and from some version on.
  guint n = MIN (g_get_num_processors (), count_in_affinity_mask ());

  return MAX (1, MIN (n, ecbsr_cpu_quota ("")));
}
