// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Strict reading of a safetensors container (docs/model-format.md): bytes in,
// named and checked tensors out. What the tensors mean is for others.

#ifndef ECBSR_SAFETENSORS_H
#define ECBSR_SAFETENSORS_H

#include <glib.h>

#define ECBSR_MAX_FILE_SIZE (16 << 20)
#define ECBSR_MAX_HEADER_SIZE (1 << 20)
#define ECBSR_MAX_TENSORS 4096

typedef struct _EcbsrSafetensors EcbsrSafetensors;

// Checks all of the container: afterwards every tensor lies inside `bytes`, is
// as long as its shape says, overlaps no other, and no two share a name.
// Returns NULL and sets a FORMAT error.
EcbsrSafetensors *ecbsr_safetensors_new (GBytes *bytes, GError **error);
void ecbsr_safetensors_free (EcbsrSafetensors *file);

// The metadata as key, value, …, NULL, sorted by key. g_strfreev().
gchar **ecbsr_safetensors_dup_metadata (const EcbsrSafetensors *file);

gboolean ecbsr_safetensors_has (const EcbsrSafetensors *file,
                                const gchar *name);

// The values of tensor `name`, which must have just this shape and be finite,
// as floats. Returns NULL and sets `error` (FORMAT, NO_MEMORY). g_free().
gfloat *ecbsr_safetensors_take (EcbsrSafetensors *file, const gchar *name,
                                const guint *shape, guint n_dims,
                                GError **error);

// The same for a tensor of bytes (I8), as whole numbers.
gfloat *ecbsr_safetensors_take_bytes (EcbsrSafetensors *file,
                                      const gchar *name, const guint *shape,
                                      guint n_dims, GError **error);

// Refuses tensors that nobody has taken.
gboolean ecbsr_safetensors_check_all_taken (const EcbsrSafetensors *file,
                                            GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EcbsrSafetensors, ecbsr_safetensors_free)

#endif
