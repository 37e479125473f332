// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A model in the engine's own terms: a chain of convolutions and a head.
// Inside the engine only; others use ecbsr.h.

#ifndef ECBSR_MODEL_H
#define ECBSR_MODEL_H

#include "ecbsr.h"

// One convolution, stride 1, then its activation. What it sees beyond the
// picture is the model's padding.
typedef struct
{
  guint kernel_size; // 3, 5, 7
  guint n_in, n_out;
  gfloat *weight; // [n_out][n_in][kernel_size][kernel_size]
  gfloat *bias;   // [n_out], zeros where the network has none
  EcbsrActivation activation;
  gfloat *slope; // [n_out], PReLU only, else NULL
  // [n_out], what the activation's output is bounded by; NULL: unbounded.
  gfloat *minimum, *maximum;

  // int8, all NULL where the file has none and in the first layer. An input
  // byte b of channel i stands for (b - 128 - q_input_zero[i]) · q_input_scale,
  // a weight w for w · q_scale[o].
  gfloat *q_weight; // as `weight`; whole numbers, -127 to 127
  gfloat *q_scale;  // [n_out]
  gfloat *q_bias;   // [n_out]
  gfloat *q_input_scale; // [1]
  gfloat *q_input_zero;  // [n_in]; whole numbers, -128 to 127
} EcbsrLayer;

// What turns the last convolution's channels into s × s output pixels.
// Channel ch·s² + dy·s + dx lands in map ch at sub-pixel (dy, dx).
typedef enum
{
  ECBSR_HEAD_RESIDUAL,    // map i + the input pixel's colour i
  ECBSR_HEAD_MAX,         // maximum over n_maps maps
  ECBSR_HEAD_TEMPLATE,    // n_maps values v, n_maps keys k: Σ v·softmax(k)
  ECBSR_HEAD_TRANSFORMER, // values, queries q, keys: Σ v·softmax(q·k)
  ECBSR_HEAD_SELF,        // values, keys: Σ v·softmax(k²)
} EcbsrHead;

struct _EcbsrModel
{
  gatomicrefcount ref_count;
  EcbsrModelInfo info;
  EcbsrHead head;
  guint n_maps; // C; the number of colours for the residual head
  guint n_layers; // 0: cubic
  EcbsrLayer *layers;
  gchar **metadata; // key, value, …, NULL
};

#endif
