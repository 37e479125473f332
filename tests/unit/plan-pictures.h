// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Pictures of every layout with the same content, their rows guarded on all
// sides, and plans run on them.

#ifndef PLAN_PICTURES_H
#define PLAN_PICTURES_H

#include "ecbsr.h"

typedef struct
{
  const gchar *name; // as GStreamer calls it
  EcbsrLayout layout;
  guint opaque; // offset of the byte that nobody uses, plus 1; 0: none
  guint depth, shift; // of 16-bit samples; 0: bytes
} Format;

extern const Format formats[];
extern const guint n_formats;

const Format *format_find (const gchar *name);
guint format_depth (const Format *format); // 8 for bytes
gboolean format_is_rgb (const Format *format);

typedef enum
{
  ROWS_TIGHT,
  ROWS_PADDED, // to a multiple of 64 bytes and 64 more
  ROWS_ODD,    // 13 bytes more than a row has
  ROWS_FLIPPED, // the first row last
  N_ROW_ORDERS
} RowOrder;

typedef struct
{
  const Format *format;
  guint width, height;
  EcbsrPicture planes;
  guint n_planes;
  guint8 *memory[ECBSR_MAX_PLANES];
  gsize row_bytes[ECBSR_MAX_PLANES];
  guint n_rows[ECBSR_MAX_PLANES];
} Picture;

Picture *picture_new (const Format *format, guint width, guint height,
                      RowOrder order);
void picture_free (Picture *picture);

guint picture_width (const Picture *picture, guint component);
guint picture_height (const Picture *picture, guint component);
// Where a sample lies; the only place for one of bytes.
guint8 *picture_sample (const Picture *picture, guint component, guint x,
                        guint y);
guint picture_get (const Picture *picture, guint component, guint x, guint y);
void picture_set (const Picture *picture, guint component, guint x, guint y,
                  guint value);

// Noise that depends on `seed`, component and place only: not on the format, but
// that deeper samples have further bits below.
void picture_fill_noise (Picture *picture, guint seed);
// All samples of a component.
void picture_fill (Picture *picture, guint component, guint value);

// Fails when a byte outside the rows has changed.
void picture_assert_intact (const Picture *picture);
// Fails at the first sample that differs by more than `limit`.
void picture_assert_near (const Picture *a, guint component_a,
                          const Picture *b, guint component_b, guint limit);
void picture_assert_equal (const Picture *a, const Picture *b);

typedef struct
{
  gfloat strength;
  guint split;
  EcbsrField field;
  guint tile_width, band_height, n_threads;
  gdouble black, white; // of 8 bits; deeper formats have the same place in theirs
  gdouble offset_x, offset_y;
  gdouble shift_x, shift_y; // of the output's chroma, in its samples
  const EcbsrRegion *regions;
  guint n_regions;
} Setup;

extern const Setup default_setup; // all of the network, video range, one thread

EcbsrPlanConfig picture_config (const Picture *picture, const Setup *setup);
EcbsrRunParams setup_params (const Setup *setup);
// What `model` makes of it.
Picture *picture_upscale (EcbsrModel *model, const Picture *in,
                          RowOrder out_order, const Setup *setup);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Picture, picture_free)

#endif
