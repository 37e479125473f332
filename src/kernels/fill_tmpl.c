// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Enters one ISA's instances of the templates into the table.

#include "isa.h"

void
ECBSR_PASTE (kernels_fill, ECBSR_LEVEL) (EcbsrKernels *kernels)
{
  kernels->isa = ECBSR_STRING (ECBSR_ISA);
  ECBSR_NAME (enter_convs) (kernels);
#if ECBSR_TILES
  ECBSR_NAME (enter_tiles) (kernels);
#endif
#if ECBSR_DOT == 1
  kernels->wino3x3_f32_f32 = ECBSR_NAME (wino3x3_f32_f32);
  kernels->square3x3_f32_f32 = ECBSR_NAME (square3x3_f32_f32);
  kernels->head_residual_f32 = ECBSR_NAME (head_residual_f32);
  kernels->head_max_f32 = ECBSR_NAME (head_max_f32);
  kernels->range_f32 = ECBSR_NAME (range_f32);
  kernels->bound_f32 = ECBSR_NAME (bound_f32);
  kernels->head_tm_f32 = ECBSR_NAME (head_tm_f32);
  kernels->head_tr_f32 = ECBSR_NAME (head_tr_f32);
  kernels->head_cnn_f32 = ECBSR_NAME (head_cnn_f32);
  kernels->shuffle_f32 = ECBSR_NAME (shuffle_f32);
  kernels->cubic_h_f32 = ECBSR_NAME (cubic_h_f32);
  kernels->cubic_v_f32 = ECBSR_NAME (cubic_v_f32);
  kernels->load_u16 = ECBSR_NAME (load_u16);
  kernels->store_u16 = ECBSR_NAME (store_u16);
  kernels->merge_u16 = ECBSR_NAME (merge_u16);
#endif
#if ECBSR_DOT == 2
  kernels->wino3x3_bf16_bf16 = ECBSR_NAME (wino3x3_bf16_bf16);
  kernels->wino3x3_bf16_f32 = ECBSR_NAME (wino3x3_bf16_f32);
#endif
#if ECBSR_BYTES
  kernels->load_u8 = ECBSR_NAME (load_u8);
  kernels->store_u8 = ECBSR_NAME (store_u8);
  kernels->merge_u8 = ECBSR_NAME (merge_u8);
#endif
}
