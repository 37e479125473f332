// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tiles.h"
#include "cpu.h"

// Sums of bfloat16 by tiles are those of the plain convolution, of which
// Winograd is farther away: so much more time they are worth, as among
// precisions (precision.c).
#define MORE_EXACT 1.1

static const EcbsrKernels *
kernels_with_tiles (void)
{
  static EcbsrKernels kernels;
  static gsize filled;

  if (g_once_init_enter (&filled))
    {
      ecbsr_kernels_init (&kernels, ecbsr_cpu_request_tile_flags ());
      g_once_init_leave (&filled, 1);
    }
  return &kernels;
}

static GMutex known_lock;
static GHashTable *known; // whether tiles are faster, by shape; under the lock

static gchar *
make_key (const PlanLayer *layer, const EcbsrLayer *from)
{
  return g_strdup_printf ("%d>%d %u>%u", layer->in, layer->out, from->n_in,
                          from->n_out);
}

// -1: not known.
static gint
look_up (const gchar *key)
{
  gpointer found;
  gint answer = -1;

  g_mutex_lock (&known_lock);
  if (known && g_hash_table_lookup_extended (known, key, NULL, &found))
    answer = GPOINTER_TO_INT (found);
  g_mutex_unlock (&known_lock);
  return answer;
}

// Where another thread has measured the same meanwhile, its answer stands:
// there may be plans by it already, and all plans of a network are to give the
// same bits.
static gboolean
remember (const gchar *key, gboolean answer)
{
  gpointer found;

  g_mutex_lock (&known_lock);
  if (!known)
    known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (g_hash_table_lookup_extended (known, key, NULL, &found))
    answer = GPOINTER_TO_INT (found);
  else
    g_hash_table_insert (known, g_strdup (key), GINT_TO_POINTER (answer));
  g_mutex_unlock (&known_lock);
  return answer;
}

static gboolean
are_faster (const PlanLayer *layer, const EcbsrLayer *from,
            const EcbsrKernels *kernels)
{
  const gdouble worth = layer->in == ECBSR_DTYPE_BF16 ? MORE_EXACT : 1;
  g_autofree gchar *key = make_key (layer, from);
  const gint answer = look_up (key);
  gdouble as_it_is, tiles;

  if (answer >= 0)
    return answer;
  if (!ecbsr_tiles_measure (layer, from, kernels, &as_it_is, &tiles))
    return FALSE; // there may be memory the next time
  return remember (key, tiles < worth * as_it_is);
}

const EcbsrKernels *
ecbsr_tiles_choose (const PlanLayer *layer, const EcbsrLayer *from)
{
  const EcbsrKernels *kernels;

  if (layer->in == ECBSR_DTYPE_F32)
    return NULL;
  kernels = kernels_with_tiles ();
  if (!ecbsr_kernels_find_tile (kernels, layer->in, layer->out)
      || !are_faster (layer, from, kernels))
    return NULL;
  return kernels;
}
