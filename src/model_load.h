// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The steps from a file to a model, one source file each. All of them work on a
// model whose metadata is set, and leave it to the caller to free what a failed
// step has begun.

#ifndef ECBSR_MODEL_LOAD_H
#define ECBSR_MODEL_LOAD_H

#include "model.h"
#include "safetensors.h"

// Metadata → info, except for the counts. Sets a FORMAT error.
gboolean ecbsr_model_read_metadata (EcbsrModel *model, GError **error);

// Info → head and layers without values; counts parameters, MACs, radius.
void ecbsr_model_lay_out (EcbsrModel *model);

// A tensor that the plain form of a layer has in a file.
typedef struct
{
  gchar name[48];
  guint shape[4];
  guint n_dims;
  gfloat **values; // where the layer keeps it
  gboolean bytes;  // stored as I8
  gboolean optional; // zeros where a file has none
} EcbsrStored;

#define ECBSR_MAX_STORED 10

// Lists what is stored for layer `i`, at most ECBSR_MAX_STORED: the one place that
// knows the names.
guint ecbsr_model_list_stored (EcbsrModel *model, guint i,
                               EcbsrStored *stored);

// The same of the bounds of the layer's activation: minimum, maximum.
guint ecbsr_model_list_bounds (EcbsrModel *model, guint i,
                               EcbsrStored *stored);

// The same of the layer's int8 data: none in the first layer.
guint ecbsr_model_list_int8 (EcbsrModel *model, guint i,
                             EcbsrStored *stored);

// All of it: what a file holds once it is folded.
guint ecbsr_model_list_all (EcbsrModel *model, guint i,
                            EcbsrStored *stored);

// Tensors → values of all layers, folded. Sets `error` (FORMAT, NO_MEMORY).
gboolean ecbsr_model_read_tensors (EcbsrModel *model, EcbsrSafetensors *file,
                                   GError **error);

// Adds to layer `i` the branches of ECBSR's training form.
gboolean ecbsr_model_fold_branches (EcbsrModel *model, guint i,
                                    EcbsrSafetensors *file, GError **error);

// Index of the value of `key` in `metadata`, 0 if it is not there.
guint ecbsr_metadata_find (gchar *const *metadata, const gchar *key);

#endif
