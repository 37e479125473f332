// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The training form of ECBSR, layer by layer: the tensors of its branches are
// read, checked and folded.

#include "model_load.h"

#include "error.h"
#include "fold.h"

#define EXPANSION 2 // of the 1x1 in front of the squeezing 3x3

static const struct
{
  const gchar *name;
  gint8 mask[9];
} edges[] = {
  { "conv1x1_sbx", { 1, 0, -1, 2, 0, -2, 1, 0, -1 } }, // Sobel, horizontal
  { "conv1x1_sby", { 1, 2, 1, 0, 0, 0, -1, -2, -1 } }, // Sobel, vertical
  { "conv1x1_lpl", { 0, 1, 0, 1, -4, 1, 0, 1, 0 } },   // Laplacian
};

// One branch of one layer in the file.
typedef struct
{
  EcbsrSafetensors *file;
  const gchar *prefix; // "backbone.0.conv1x1_sbx"
} Branch;

static gchar *
name_part (const Branch *branch, const gchar *part)
{
  return g_strdup_printf ("%s.%s", branch->prefix, part);
}

static gfloat *
take (const Branch *branch, const gchar *part, const guint *shape, guint n_dims,
      GError **error)
{
  g_autofree gchar *name = name_part (branch, part);

  return ecbsr_safetensors_take (branch->file, name, shape, n_dims, error);
}

// A bias, or whatever else has one value per channel.
static gfloat *
take_vector (const Branch *branch, const gchar *part, guint n, GError **error)
{
  return take (branch, part, &n, 1, error);
}

static gfloat *
take_kernel (const Branch *branch, const gchar *part, guint n_out, guint n_in,
             guint size, GError **error)
{
  const guint shape[] = { n_out, n_in, size, size };

  return take (branch, part, shape, G_N_ELEMENTS (shape), error);
}

static gboolean
add_squeeze (EcbsrFold *fold, const Branch *branch, GError **error)
{
  const guint n_out = fold->n_out, n_mid = EXPANSION * n_out;
  g_autofree gfloat *k0 = NULL, *b0 = NULL, *k1 = NULL, *b1 = NULL;

  if (!(k0 = take_kernel (branch, "k0", n_mid, fold->n_in, 1, error))
      || !(b0 = take_vector (branch, "b0", n_mid, error))
      || !(k1 = take_kernel (branch, "k1", n_out, n_mid, 3, error))
      || !(b1 = take_vector (branch, "b1", n_out, error)))
    return FALSE;
  ecbsr_fold_add_squeeze (fold, n_mid, k0, b0, k1, b1);
  return TRUE;
}

// State dictionaries carry the fixed kernels along. One that is another would
// be a network which this is not.
static gboolean
check_mask (const Branch *branch, const gint8 *mask, guint n_out,
            GError **error)
{
  g_autofree gchar *name = name_part (branch, "mask");
  g_autofree gfloat *found = NULL;

  if (!ecbsr_safetensors_has (branch->file, name))
    return TRUE;
  if (!(found = take_kernel (branch, "mask", n_out, 1, 3, error)))
    return FALSE;
  for (guint i = 0; i < 9 * n_out; i++)
    if (found[i] != mask[i % 9])
      return ecbsr_refuse (error,
                           "tensor '%s': value %u is %g, expected %d: not the "
                           "kernel of this branch",
                           name, i, found[i], mask[i % 9]);
  return TRUE;
}

static gboolean
add_edge (EcbsrFold *fold, const Branch *branch, const gint8 *mask,
          GError **error)
{
  const guint n_out = fold->n_out;
  g_autofree gfloat *k0 = NULL, *b0 = NULL, *scale = NULL, *bias = NULL;

  if (!check_mask (branch, mask, n_out, error)
      || !(k0 = take_kernel (branch, "k0", n_out, fold->n_in, 1, error))
      || !(b0 = take_vector (branch, "b0", n_out, error))
      || !(scale = take_kernel (branch, "scale", n_out, 1, 1, error))
      || !(bias = take_vector (branch, "bias", n_out, error)))
    return FALSE;
  ecbsr_fold_add_edge (fold, k0, b0, mask, scale, bias);
  return TRUE;
}

static gboolean
add_branch (EcbsrFold *fold, guint i, const gchar *name, const gint8 *mask,
            EcbsrSafetensors *file, GError **error)
{
  g_autofree gchar *prefix = g_strdup_printf ("backbone.%u.%s", i, name);
  const Branch branch = { file, prefix };

  return mask ? add_edge (fold, &branch, mask, error)
              : add_squeeze (fold, &branch, error);
}

static gboolean
add_branches (EcbsrFold *fold, guint i, EcbsrSafetensors *file, GError **error)
{
  for (guint j = 0; j < G_N_ELEMENTS (edges); j++)
    if (!add_branch (fold, i, edges[j].name, edges[j].mask, file, error))
      return FALSE;
  return add_branch (fold, i, "conv1x1_3x3", NULL, file, error);
}

static gboolean
fold_layer (EcbsrFold *fold, EcbsrLayer *layer, guint i, gboolean identity,
            EcbsrSafetensors *file, GError **error)
{
  if (!ecbsr_fold_init (fold, layer->n_in, layer->n_out, layer->weight,
                        layer->bias))
    return ecbsr_lack_memory (error,
                              9 * sizeof (gdouble) * layer->n_in * layer->n_out,
                              "a folded layer")
           != NULL;
  if (!add_branches (fold, i, file, error))
    return FALSE;
  if (identity && layer->n_in == layer->n_out)
    ecbsr_fold_add_identity (fold);
  return ecbsr_fold_finish (fold, layer->weight, layer->bias)
         || ecbsr_refuse (error,
                          "backbone.%u: the branches add up to more than a "
                          "float can hold",
                          i);
}

gboolean
ecbsr_model_fold_branches (EcbsrModel *model, guint i, EcbsrSafetensors *file,
                           GError **error)
{
  EcbsrFold fold;
  const gboolean done = fold_layer (&fold, &model->layers[i], i,
                                    model->info.identity, file, error);

  ecbsr_fold_clear (&fold);
  return done;
}
