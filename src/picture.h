// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Samples of a picture as rows of floats.

#ifndef ECBSR_PICTURE_H
#define ECBSR_PICTURE_H

#include "plan.h"

// Reads n samples of component c, from column x of row y, mapped.
void ecbsr_picture_load (const EcbsrPlan *plan, const EcbsrPicture *picture,
                         guint c, guint x, guint y, guint n, Mapping mapping,
                         gfloat *dst);

// The first byte of the pixel (x, y) of a plane whose pixels take pixel_stride.
static inline guint8 *
ecbsr_picture_at (const EcbsrPicture *picture, guint plane, guint x, guint y,
                  guint pixel_stride)
{
  return picture->plane[plane] + (gssize) y * picture->stride[plane]
         + (gsize) x * pixel_stride;
}

// Reads n luma samples as the network sees them: Y, or R, G, B weighted.
void ecbsr_picture_load_luma (const EcbsrPlan *plan,
                              const EcbsrPicture *picture, guint x, guint y,
                              guint n, gfloat *const rgb[3], gfloat *dst);

// The same for a network of three colours: three rows of what it sees, each so many
// floats after the other. Not of pictures with chroma of fewer samples.
void ecbsr_picture_load_colors (const EcbsrPlan *plan,
                                const EcbsrPicture *picture, guint x, guint y,
                                guint n, gfloat *const rows[3], gfloat *dst,
                                gsize pitch);

// R, G and B of the network from rows of Y, U and V.
void ecbsr_picture_mix_colors (const EcbsrPlan *plan, gfloat *const yuv[3],
                               guint n, gfloat *dst, gsize pitch);

// Writes n samples of a plane of one component, mapped, from column x of row y.
void ecbsr_picture_store (const EcbsrPlan *plan, const EcbsrPicture *picture,
                          guint plane, guint x, guint y, guint n,
                          Mapping mapping, const gfloat *src);

// n samples without gaps, mapped and rounded, at dst.
void ecbsr_picture_round (const EcbsrPlan *plan, gpointer dst, Mapping mapping,
                          const gfloat *src, guint n);

// Interleaves n samples each of k = 2, 3, 4 rows of such.
void ecbsr_picture_merge (const EcbsrPlan *plan, gpointer dst,
                          gconstpointer const *src, guint k, guint n);

#endif
