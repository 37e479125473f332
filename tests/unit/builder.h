// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Model files made in memory, good ones and, after a change or two, bad ones.

#ifndef BUILDER_H
#define BUILDER_H

#include <glib.h>

typedef struct
{
  gchar *name;
  gchar *dtype;
  guint shape[4];
  guint n_dims;
  gfloat *values; // stored as F32, whatever `dtype` says
  guint n_values;
} BuiltTensor;

typedef struct
{
  GPtrArray *metadata; // key, value, key, value, …
  GPtrArray *tensors;  // BuiltTensor
  GRand *rand;
} Builder;

// A good file of random weights. `form` is "plain" or "training", `identity`
// "true" or "false".
Builder *builder_new_ecbsr (guint scale, guint n_blocks, guint n_channels,
                            const gchar *activation, const gchar *form,
                            const gchar *identity);

// "esr-max", "esr-tm" or "esr-tr".
// The same of three colours.
Builder *builder_new_colors (guint scale, guint n_blocks, guint n_channels,
                             const gchar *activation, const gchar *form,
                             const gchar *identity);
Builder *builder_new_esr (const gchar *architecture, guint scale,
                          guint kernel_size, guint n_channels);
Builder *builder_new_esr_cnn (guint scale, guint n_channels, guint depth,
                              guint squeeze);
void builder_free (Builder *builder);

// Adds or changes an entry of the metadata; NULL removes it.
void builder_set (Builder *builder, const gchar *key, const gchar *value);

BuiltTensor *builder_add (Builder *builder, const gchar *name, guint n_dims,
                          const guint *shape);
// `layer`.minimum and .maximum, [n_out]: from -1 - o / 8 to 1 + o / 4.
void builder_add_bounds (Builder *builder, const gchar *layer, guint n_out);
BuiltTensor *builder_find (Builder *builder, const gchar *name);
void builder_remove (Builder *builder, const gchar *name);
GBytes *builder_build (Builder *builder);

// A file of this header and data, in a block of just its size, so that a
// sanitizer sees whoever reads beyond it.
GBytes *wrap_header (const gchar *header, gsize n_header, gconstpointer data,
                     gsize n_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Builder, builder_free)

#endif
