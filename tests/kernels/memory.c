// SPDX-License-Identifier: LGPL-2.1-or-later

#include "memory.h"
#include "checkkernels.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CANARY 0xa5

// A map given back names the next one of its size.
typedef struct Spare
{
  struct Spare *next;
} Spare;

// Maps given back, by size: the system takes longer to make one than most
// kernels need to fill it.
static Spare *spare[32];

static Spare **
spares_of (size_t map_size)
{
  const size_t n_pages = map_size / (size_t) sysconf (_SC_PAGESIZE);

  return n_pages < N_ELEMENTS (spare) ? &spare[n_pages] : NULL;
}

static uint8_t *
new_map (size_t map_size)
{
  const size_t page = (size_t) sysconf (_SC_PAGESIZE);
  Spare **spares = spares_of (map_size);
  uint8_t *map;

  if (spares && *spares)
    {
      map = (uint8_t *) *spares - page;
      *spares = (*spares)->next;
      return map;
    }
  map = mmap (NULL, map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (map == MAP_FAILED
      || mprotect (map + page, map_size - 2 * page, PROT_READ | PROT_WRITE)
             != 0)
    support_die ("no memory for %zu bytes", map_size);
  return map;
}

static Region
map_region (size_t size, size_t room)
{
  const size_t page = (size_t) sysconf (_SC_PAGESIZE);
  const size_t inner = ((room ? room : 1) + page - 1) / page * page;
  Region region = { .map_size = inner + 2 * page, .size = size };

  region.map = new_map (region.map_size);
  region.data = region.map + page;
  memset (region.data, CANARY, inner);
  return region;
}

Region
region_new (size_t size, size_t slack)
{
  const size_t page = (size_t) sysconf (_SC_PAGESIZE);
  Region region = map_region (size, size + slack);

  region.data = region.map + region.map_size - page - slack - size;
  return region;
}

Region
region_new_front (size_t size)
{
  return map_region (size, size);
}

void
region_free (Region *region)
{
  Spare **spares = spares_of (region->map_size);
  Spare *first
      = (Spare *) (void *) (region->map + (size_t) sysconf (_SC_PAGESIZE));

  if (!spares)
    {
      munmap (region->map, region->map_size);
      return;
    }
  first->next = *spares;
  *spares = first;
}

bool
region_is_intact (const Region *region)
{
  const size_t page = (size_t) sysconf (_SC_PAGESIZE);
  const uint8_t *end = region->map + region->map_size - page;
  const uint8_t *data = region->data;

  for (const uint8_t *p = region->map + page; p < data; p++)
    if (*p != CANARY)
      return false;
  for (const uint8_t *p = data + region->size; p < end; p++)
    if (*p != CANARY)
      return false;
  return true;
}

float
poison (void)
{
  const uint32_t bits = POISON_BITS;
  float f;

  memcpy (&f, &bits, sizeof f);
  return f;
}

static size_t
n_floats (const Rows *rows)
{
  return rows->region.size / sizeof (float);
}

Rows
rows_new (Random *rand, unsigned n_channels, size_t n)
{
  const uint32_t bits = POISON_BITS;
  Rows rows = { .n_channels = n_channels, .n = granules (n) };
  size_t n_bytes;

  // The pads of neighbouring channels may be the same floats.
  rows.pitch = rows.n + ECBSR_ROW_PAD * (size_t) random_range (rand, 1, 4);
  n_bytes = ((n_channels - 1) * rows.pitch + rows.n + 2 * ECBSR_ROW_PAD)
            * sizeof (float);
  rows.region = random_bool (rand) ? region_new (n_bytes, 0)
                                   : region_new_front (n_bytes);
  rows.row = (float *) rows.region.data + ECBSR_ROW_PAD;
  for (size_t i = 0; i < n_floats (&rows); i++)
    memcpy ((float *) rows.region.data + i, &bits, sizeof bits);
  return rows;
}

Rows
rows_copy (const Rows *rows)
{
  Rows copy = *rows;

  copy.region = region_new (rows->region.size, 0);
  copy.row = (float *) copy.region.data + ECBSR_ROW_PAD;
  memcpy (copy.region.data, rows->region.data, rows->region.size);
  return copy;
}

void
rows_free (Rows *rows)
{
  region_free (&rows->region);
}

static bool
is_poison (const float *f)
{
  uint32_t bits;

  memcpy (&bits, f, sizeof bits);
  return bits == POISON_BITS;
}

bool
rows_are_intact (const Rows *rows)
{
  const float *floats = rows->region.data;

  for (size_t i = 0; i < n_floats (rows); i++)
    {
      size_t column = (i + rows->pitch - ECBSR_ROW_PAD) % rows->pitch;
      if (column >= rows->n && !is_poison (floats + i))
        return false;
    }
  return region_is_intact (&rows->region);
}
