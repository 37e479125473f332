// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The kernels' contracts, once, and the table that selects among them.
//
// A row of feature maps is n_channels runs of `pitch` floats; pointers name
// pixel 0 of channel 0. ECBSR_ROW_PAD floats before pixel 0, and as many after
// the last granule, are readable in every channel. Kernels that say "in
// granules" may round n up to a multiple of ECBSR_GRANULE: so many pixels are
// theirs to write, and nobody asks what they write beyond n.
//
// A pixel's result does not depend on its place in the row: a row computed in
// parts is the same bits.
//
// Every kernel is pure: it reads and writes what its arguments name, keeps no
// state, allocates nothing and is safe on any thread. Source and destination do
// not overlap unless the contract says so. Without GLib, so that this folder
// compiles alone for another machine.

#ifndef ECBSR_KERNELS_H
#define ECBSR_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#define ECBSR_ROW_PAD 16 // floats; one cache line
#define ECBSR_GRANULE 48 // pixels; 3 of the longest vectors
#define ECBSR_ALIGN 64   // bytes; rows of feature maps start at such addresses

// A convolution with its weights packed for the table's block size: blocks of
// 8 output channels while more than 4 are left and the table's `block` is 8, else
// of 4; in a block [in][ky][kx][out], absent outputs 0. Bias and slope are
// padded to whole blocks.
typedef struct
{
  unsigned kernel_size, n_in, n_out;
  const float *weight;
  const float *bias;
  const float *slope; // y = v > 0 ? v : slope·v; 1 is linear, 0 a ReLU
} EcbsrConv;

// A cubic phase filter: output s·i + p = Σ_t tap[p][t] · input[i + first[p] + t].
typedef struct
{
  unsigned scale; // s, 1 to 4
  int first[4];   // -2 or -1
  float tap[4][4];
} EcbsrCubic;

typedef struct
{
  const char *isa; // "ref", "sse2", …
  unsigned block;  // most output channels in a block of packed weights, 4 or 8

  // One output row of a convolution, in granules: for o < n_out
  //   dst[o·dst_pitch + x] = act (bias[o] + Σ_{i,ky,kx} w[o][i][ky][kx]
  //                               · src[ky][i·src_pitch + x + kx - K/2])
  // src holds K rows. Sums run i, ky, kx in this order in one accumulator.
  void (*conv3x3_f32) (const EcbsrConv *conv, float *dst, size_t dst_pitch,
                       const float *const *src, size_t src_pitch, size_t n);
  void (*conv5x5_f32) (const EcbsrConv *conv, float *dst, size_t dst_pitch,
                       const float *const *src, size_t src_pitch, size_t n);
  void (*conv7x7_f32) (const EcbsrConv *conv, float *dst, size_t dst_pitch,
                       const float *const *src, size_t src_pitch, size_t n);

  // Activations in place, in granules. Absolute error below 2e-7 for tanh,
  // relative below 1e-6 for softplus (ln (1 + e^v)) unless it is denormal.
  void (*tanh_f32) (float *row, size_t n);
  void (*softplus_f32) (float *row, size_t n);

  // Heads, in granules, in place: `row` is the first map of one sub-pixel, its
  // further maps follow at map_pitch; the result replaces the first map.
  // n_maps values, then as many queries (tr only), then as many keys. Logits
  // (key, query·key, key²) must be finite, and are rounded to float before the
  // softmax. Relative error of the exponential below 2e-7.
  void (*head_residual_f32) (float *row, const float *input, size_t n);
  void (*head_max_f32) (float *row, size_t map_pitch, unsigned n_maps,
                        size_t n);
  void (*head_tm_f32) (float *row, size_t map_pitch, unsigned n_maps, size_t n);
  void (*head_tr_f32) (float *row, size_t map_pitch, unsigned n_maps, size_t n);
  void (*head_cnn_f32) (float *row, size_t map_pitch, unsigned n_maps,
                        size_t n);

  // Pixel shuffle of one row: dst[scale·x + d] = src[d·src_pitch + x], x < n.
  void (*shuffle_f32) (float *dst, const float *src, size_t src_pitch,
                       unsigned scale, size_t n);

  // Cubic upscale (Catmull-Rom, B = 0, C = ½) of a row: scale·n outputs from n
  // inputs, of which 2 more at either end are readable.
  void (*cubic_h_f32) (float *dst, const float *src, const EcbsrCubic *filter,
                       size_t n);
  // … of a column: dst[x] = Σ_t tap[t] · src[t][x], x < n.
  void (*cubic_v_f32) (float *dst, const float *const src[4],
                       const float tap[4], size_t n);

  // The kernels from here on may take denormals for 0, and may leave the thread
  // doing so (ORC does).

  // dst[x] = scale · src[x·pixel_stride + offset] + bias. src names the first
  // pixel, not the component; pixel_stride 1 to 4, offset below it. All bytes of
  // the n pixels may be read. src may have any alignment.
  void (*load_u8) (float *dst, const uint8_t *src, unsigned pixel_stride,
                   unsigned offset, float scale, float bias, size_t n);
  // dst[x] = scale · src[x] + bias, rounded half up, clamped to 0 … 255; a NaN
  // becomes 0 or 255.
  void (*store_u8) (uint8_t *dst, const float *src, float scale, float bias,
                    size_t n);
  // dst[x] = scale · src[x] + bias. dst may be src.
  void (*affine_f32) (float *dst, const float *src, float scale, float bias,
                      size_t n);

  // dst[x·k + j] = src[j][x] for k = 2, 3, 4 sources. dst may have any alignment.
  void (*merge_u8) (uint8_t *dst, const uint8_t *const *src, unsigned k,
                    size_t n);

  // row[x] = base[x] + strength · (row[x] - base[x]).
  void (*mix_f32) (float *row, const float *base, float strength, size_t n);
  // dst[x] = Σ_c weight[c] · src[c][x] + bias, three components.
  void (*luma_f32) (float *dst, const float *const src[3],
                    const float weight[3], float bias, size_t n);
  // row[x] += strength · (y[x] - base[x]).
  void (*correct_f32) (float *row, const float *y, const float *base,
                       float strength, size_t n);
} EcbsrKernels;

// ISA levels, cumulative: each needs those below it.
enum
{
  ECBSR_CPU_BASE = 1 << 0,   // what the compiler's target always has
  ECBSR_CPU_AVX2 = 1 << 1,   // AVX2 and FMA
  ECBSR_CPU_AVX512 = 1 << 2, // AVX-512 F, BW, DQ, VL
};

// Fills the table: the reference first, then each level of `cpu_flags` that the
// build has, ascending. 0 leaves the reference. Not for two threads at once: it
// may generate code.
void ecbsr_kernels_init (EcbsrKernels *kernels, unsigned cpu_flags);

// Floats that pack_conv needs for `n_out` outputs of `n_taps` = n_in·K² taps,
// and channels that bias and slope are padded to.
size_t ecbsr_kernels_packed_size (unsigned block, unsigned n_out,
                                  size_t n_taps);
unsigned ecbsr_kernels_padded_outputs (unsigned n_out);

// Packs weights [out][in][ky][kx] as EcbsrConv says.
void ecbsr_kernels_pack (float *packed, const float *weight, unsigned block,
                         unsigned n_out, size_t n_taps);

// The filter for s phases where samples lie `offset` into their cell (0.5: in
// the middle): output I is at input (I + offset)/s - offset.
void ecbsr_cubic_init (EcbsrCubic *filter, unsigned scale, double offset);

void ecbsr_kernels_fill_ref (EcbsrKernels *kernels);
void ecbsr_kernels_fill_pixels (EcbsrKernels *kernels);
void ecbsr_kernels_fill_base (EcbsrKernels *kernels);
void ecbsr_kernels_fill_avx2 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_avx512 (EcbsrKernels *kernels);

#endif
