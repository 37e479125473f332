// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One tensor of a safetensors file: its entry in the header and its values.

#ifndef ECBSR_TENSOR_H
#define ECBSR_TENSOR_H

#include "json.h"

#define ECBSR_MAX_DIMS 8

typedef struct _EcbsrDtype EcbsrDtype;

typedef struct
{
  const gchar *name; // stays first: tables are sorted by it
  const EcbsrDtype *dtype;
  guint64 dim[ECBSR_MAX_DIMS];
  guint n_dims;
  gboolean has_shape;
  guint64 offset[2]; // of the first byte and of the one after the last
  guint n_offsets;
  gboolean has_offsets;
  gboolean taken;
} EcbsrTensor;

// Reads what stands in the header for tensor `name`. Afterwards shape, type and
// offsets fit each other. Sets a FORMAT error.
gboolean ecbsr_tensor_read_entry (EcbsrTensor *tensor, const gchar *name,
                                  EcbsrJson *json, GError **error);

gboolean ecbsr_tensor_check_shape (const EcbsrTensor *tensor,
                                   const guint *shape, guint n_dims,
                                   GError **error);

// Refuses whole numbers where floats belong, and the other way round.
gboolean ecbsr_tensor_check_kind (const EcbsrTensor *tensor, gboolean bytes,
                                  GError **error);

// The values, all finite, as floats. `data` is what the offsets count from; it
// need not be aligned. Returns NULL and sets `error` (FORMAT, NO_MEMORY).
gfloat *ecbsr_tensor_read_values (const EcbsrTensor *tensor, const guint8 *data,
                                  GError **error);

#endif
