// SPDX-License-Identifier: LGPL-2.1-or-later
#include "quota.h"

#include <string.h>

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
ecbsr_quota_cpu_count (const gchar *root)
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
