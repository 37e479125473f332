// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Prototypes of one ISA's instances of the templates, and the template of its
// entry into the table.

#ifndef ECBSR_ISA_H
#define ECBSR_ISA_H

#include "kernels.h"
#include "vec.h"

// Enters this compilation's convolutions.
void ECBSR_NAME (enter_convs) (EcbsrKernels *kernels);
// And those by vectors' tiles.
void ECBSR_NAME (enter_tiles) (EcbsrKernels *kernels);
void ECBSR_NAME (wino3x3_f32_f32) (const EcbsrConv *conv, void *const *dst,
                                   size_t dst_pitch, const void *const *src,
                                   size_t src_pitch, void *work, size_t n);
void ECBSR_NAME (wino3x3_bf16_bf16) (const EcbsrConv *conv, void *const *dst,
                                     size_t dst_pitch, const void *const *src,
                                     size_t src_pitch, void *work, size_t n);
void ECBSR_NAME (wino3x3_bf16_f32) (const EcbsrConv *conv, void *const *dst,
                                    size_t dst_pitch, const void *const *src,
                                    size_t src_pitch, void *work, size_t n);
void ECBSR_NAME (square3x3_f32_f32) (const EcbsrConv *conv, void *const *dst,
                                     size_t dst_pitch, const void *const *src,
                                     size_t src_pitch, void *work, size_t n);
void ECBSR_NAME (head_residual_f32) (float *row, const float *input, size_t n);
void ECBSR_NAME (range_f32) (float *low, float *high,
                             const float *const rows[3], float beyond,
                             size_t n);
void ECBSR_NAME (bound_f32) (float *row, const float *low, const float *high,
                             size_t n);
void ECBSR_NAME (head_max_f32) (float *row, size_t map_pitch, unsigned n_maps,
                                size_t n);
void ECBSR_NAME (head_tm_f32) (float *row, size_t map_pitch, unsigned n_maps,
                               size_t n);
void ECBSR_NAME (head_tr_f32) (float *row, size_t map_pitch, unsigned n_maps,
                               size_t n);
void ECBSR_NAME (head_cnn_f32) (float *row, size_t map_pitch, unsigned n_maps,
                                size_t n);
void ECBSR_NAME (shuffle_f32) (float *dst, const float *src, size_t src_pitch,
                               unsigned scale, size_t n);
void ECBSR_NAME (cubic_h_f32) (float *dst, const float *src,
                               const EcbsrCubic *filter, size_t n);
void ECBSR_NAME (cubic_v_f32) (float *dst, const float *const src[4],
                               const float tap[4], size_t n);
void ECBSR_NAME (load_u16) (float *dst, const void *src, unsigned pixel_stride,
                            unsigned offset, unsigned shift, float scale,
                            float bias, size_t n);
void ECBSR_NAME (store_u16) (void *dst, const float *src, unsigned depth,
                             unsigned shift, float scale, float bias, size_t n);
void ECBSR_NAME (merge_u16) (void *dst, const uint16_t *const *src, unsigned k,
                             size_t n);
void ECBSR_NAME (load_u8) (float *dst, const uint8_t *src,
                           unsigned pixel_stride, unsigned offset, float scale,
                           float bias, size_t n);
void ECBSR_NAME (store_u8) (uint8_t *dst, const float *src, float scale,
                            float bias, size_t n);
void ECBSR_NAME (merge_u8) (uint8_t *dst, const uint8_t *const *src, unsigned k,
                            size_t n);

#endif
