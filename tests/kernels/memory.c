// SPDX-License-Identifier: LGPL-2.1-or-later

#include "memory.h"
#include "checkkernels.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CANARY 0xa5

// Maps given back, by size: the system takes longer to make one than most
// kernels need to fill it.
static GSList *spare[32];

static GSList **
spares_of (gsize map_size)
{
  const gsize n_pages = map_size / (gsize) sysconf (_SC_PAGESIZE);

  return n_pages < G_N_ELEMENTS (spare) ? &spare[n_pages] : NULL;
}

static guint8 *
new_map (gsize map_size)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  GSList **spares = spares_of (map_size);
  guint8 *map;

  if (spares && *spares)
    {
      map = (*spares)->data;
      *spares = g_slist_delete_link (*spares, *spares);
      return map;
    }
  map = mmap (NULL, map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED
      || mprotect (map + page, map_size - 2 * page, PROT_READ | PROT_WRITE)
             != 0)
    g_error ("no memory for %" G_GSIZE_FORMAT " bytes", map_size);
  return map;
}

static Region
map_region (gsize size, gsize room)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  const gsize inner = (MAX (room, 1) + page - 1) / page * page;
  Region region = { .map_size = inner + 2 * page, .size = size };

  region.map = new_map (region.map_size);
  region.data = region.map + page;
  memset (region.data, CANARY, inner);
  return region;
}

Region
region_new (gsize size, gsize slack)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  Region region = map_region (size, size + slack);

  region.data = region.map + region.map_size - page - slack - size;
  return region;
}

Region
region_new_front (gsize size)
{
  return map_region (size, size);
}

void
region_free (Region *region)
{
  GSList **spares = spares_of (region->map_size);

  if (spares)
    *spares = g_slist_prepend (*spares, region->map);
  else
    munmap (region->map, region->map_size);
}

gboolean
region_is_intact (const Region *region)
{
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  const guint8 *end = region->map + region->map_size - page;
  const guint8 *data = region->data;

  for (const guint8 *p = region->map + page; p < data; p++)
    if (*p != CANARY)
      return FALSE;
  for (const guint8 *p = data + region->size; p < end; p++)
    if (*p != CANARY)
      return FALSE;
  return TRUE;
}

gfloat
poison (void)
{
  const guint32 bits = POISON_BITS;
  gfloat f;

  memcpy (&f, &bits, sizeof f);
  return f;
}

static gsize
n_floats (const Rows *rows)
{
  return rows->region.size / sizeof (gfloat);
}

Rows
rows_new (GRand *rand, guint n_channels, gsize n)
{
  const guint32 bits = POISON_BITS;
  Rows rows = { .n_channels = n_channels, .n = granules (n) };
  gsize n_bytes;

  // The pads of neighbouring channels may be the same floats.
  rows.pitch = rows.n + ECBSR_ROW_PAD * (gsize) g_rand_int_range (rand, 1, 4);
  n_bytes = ((n_channels - 1) * rows.pitch + rows.n + 2 * ECBSR_ROW_PAD)
            * sizeof (gfloat);
  rows.region = g_rand_boolean (rand) ? region_new (n_bytes, 0)
                                      : region_new_front (n_bytes);
  rows.row = (gfloat *) rows.region.data + ECBSR_ROW_PAD;
  for (gsize i = 0; i < n_floats (&rows); i++)
    memcpy ((gfloat *) rows.region.data + i, &bits, sizeof bits);
  return rows;
}

Rows
rows_copy (const Rows *rows)
{
  Rows copy = *rows;

  copy.region = region_new (rows->region.size, 0);
  copy.row = (gfloat *) copy.region.data + ECBSR_ROW_PAD;
  memcpy (copy.region.data, rows->region.data, rows->region.size);
  return copy;
}

void
rows_free (Rows *rows)
{
  region_free (&rows->region);
}

static gboolean
is_poison (const gfloat *f)
{
  guint32 bits;

  memcpy (&bits, f, sizeof bits);
  return bits == POISON_BITS;
}

gboolean
rows_are_intact (const Rows *rows)
{
  const gfloat *floats = rows->region.data;

  for (gsize i = 0; i < n_floats (rows); i++)
    {
      gsize column = (i + rows->pitch - ECBSR_ROW_PAD) % rows->pitch;
      if (column >= rows->n && !is_poison (floats + i))
        return FALSE;
    }
  return region_is_intact (&rows->region);
}
