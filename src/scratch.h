// SPDX-License-Identifier: LGPL-2.1-or-later
//
// One thread's working memory for a tile.

#ifndef ECBSR_SCRATCH_H
#define ECBSR_SCRATCH_H

#include <glib.h>

#define ECBSR_MAX_LAYERS 66

// The cubic upscale needs the input rows y-2 … y+2 of the row it makes.
#define CUBIC_ROWS 8 // a power of two, at least 5

// A row of a field lies between four of the network's.
#define SHIFT_ROWS 4

// Pixels, in one direction, that a sample of chroma is made of: what a cubic reaches
// that is as wide as a cell of four.
#define CHROMA_TAPS 16

// Rows of a component on their way through the cubic upscale.
typedef struct
{
  gfloat *input;            // one input row, 2 samples more at either end
  gfloat *row[CUBIC_ROWS];  // rows upscaled in x, by row number modulo
  gint64 number[CUBIC_ROWS]; // which, -1: none
} CubicRows;

typedef struct
{
  gpointer memory;
  // ring[0]: input rows; ring[l + 1]: what layer l made. Pixel 0 of channel 0.
  gfloat *ring[ECBSR_MAX_LAYERS + 1];
  // A row outside the picture: of words that are 0, and of bytes that stand for
  // 0 in the layer that reads it next (net.c).
  gfloat *zeros, *byte_zeros;
  gfloat *work;     // of layers that make groups of rows
  gfloat *range[2]; // within which a row of the network's output lies
  gfloat *rgb[3];   // one input row of R, G, B, or of Y, U, V
  gfloat *row;      // one output row, or one each of three colours
  gfloat *base;     // the cubic upscale of the same
  gfloat *weight;   // of the one over the other
  gfloat *value[4]; // components of an output row
  guint8 *samples[5]; // the same, rounded; [4] for a second merge
  gfloat *shift[SHIFT_ROWS]; // the network's rows around one of a field
  CubicRows cubic[4];
  // Of networks of three colours alone: rows of all components, chroma of every
  // pixel, by row number modulo; one of fewer rows, and the same by its columns modulo;
  // sums under way; and the input's U and V.
  gfloat *color[CHROMA_TAPS];
  gfloat *joined;
  gfloat *part[4];
  gfloat *sum[2];
  CubicRows chroma[2];
} Scratch;

typedef struct
{
  guint pitch;                          // of feature maps, words
  guint n_layers;                       // rings: n_layers + 1
  guint n_rows[ECBSR_MAX_LAYERS + 1];   // in a ring
  guint n_runs[ECBSR_MAX_LAYERS + 1]; // of words in a row
  gsize n_work; // floats
  gboolean bytes; // inner layers are of bytes
  guint out_pitch;   // of output rows, floats or samples
  guint sample_size; // of what is rounded, bytes
  gboolean rgb;
  guint n_colors;
  guint n_color_rows; // at most CHROMA_TAPS
  gboolean has_overshoot;
} ScratchLayout;

// FALSE when memory is short. All of it is zeroed.
gboolean ecbsr_scratch_init (Scratch *scratch, const ScratchLayout *layout);
void ecbsr_scratch_clear (Scratch *scratch);

#endif
