// SPDX-License-Identifier: LGPL-2.1-or-later

#include "cpu.h"

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

guint
ecbsr_cpu_count (void)
{
  // GLib counts the affinity mask.
  return MAX (1, MIN (g_get_num_processors (), ecbsr_quota_cpu_count ("")));
}
