// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The kernels' contracts, once, and the table that selects among them.
//
// A row of feature maps is a number of runs of `pitch` 32-bit words, a word a
// pixel: one channel as float32, two as bfloat16 or four as bytes (EcbsrDtype).
// Pointers name pixel 0 of the first run. ECBSR_ROW_PAD words before pixel 0, and
// as many after the last granule, are readable in every run. Kernels that say "in
// granules" may round n up to a multiple of ECBSR_GRANULE: so many pixels are
// theirs to write, and values beyond n are undefined.
//
// A pixel's result does not depend on its place in the row: a row computed in
// parts is the same bits, unless the contract says otherwise.
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
#define ECBSR_GRANULE 16 // pixels; the longest vector
#define ECBSR_ALIGN 64   // bytes; rows of feature maps start at such addresses

// What a word of a row holds. Absent channels of the last word are multiplied by
// weights of 0: they may hold any finite value.
typedef enum
{
  ECBSR_DTYPE_F32,  // one channel
  ECBSR_DTYPE_BF16, // two channels, the first in the low half
  ECBSR_DTYPE_U8,   // four, the first in the low byte
  ECBSR_N_DTYPES,
} EcbsrDtype;

typedef enum
{
  ECBSR_CURVE_SLOPE, // y = v > 0 ? v : slope·v; slope 1 is linear, 0 a ReLU
  ECBSR_CURVE_TANH,
  ECBSR_CURVE_SOFTPLUS,
} EcbsrCurve;

// A convolution, for output channel o at pixel x:
//
//   Σ = Σ_{i,ky,kx} weight · value      of bytes: + offset[o]
//   t = Σ + bias[o]                     of bytes: Σ · multiplier[o] + bias[o]
//   v = curve (t)
//   y = min (max (v, minimum[o]), maximum[o])
//
// of which y is stored as it is (float32) or rounded to the nearest (bfloat16).
// Of a v that is not a number y is the minimum. Bounds may be infinite; one of 0 is
// +0 as a minimum and -0 as a maximum. Where `plain` is set, y is t: curve and bounds
// are not looked at. It is for float32 alone.
//
// A byte is made of v: v · gain + zero[o], rounded to the nearest whole number,
// ties to even, saturated, and then bounded by bytes: least_byte and
// greatest_byte hold those of an output as words do. (Rounding is monotonic: where
// these are the bytes of minimum and maximum, the result is that of y.) With a
// slope, at most 1, what becomes a byte is
//
//   b = t · gain + zero[o]     from bytes: t, which has both in it
//   max (b, b · slope[o] + knee[o])          knee: zero · (1 - slope)
//
// and from bytes it must be below 2^31. With float32 sums run i, ky, kx in this
// order in one accumulator; with bytes they are exact, and rounded to float32
// once. Products by multiplier, gain, or slope before knee are fused with the
// sum.
//
// Weights are packed for the table's block size: blocks of 8 output channels
// while more than 4 are left and `block` is 8, else of 4; in a block
// [word of in][ky][kx][out], a 32-bit word each, absent channels 0. Arrays over
// o are padded to a multiple of 8, those of words of four o to 2.
typedef struct
{
  unsigned kernel_size;
  unsigned n_in; // words: channels over channels in a word, rounded up
  unsigned n_out;
  const void *weight;
  const float *bias;
  const float *slope;
  const float *minimum, *maximum; // where floats are written
  const float *multiplier;
  // Where sums of bytes begin: -Σ weight · (the byte that stands for 0 in the
  // weight's channel); and the same where 128 is taken off every byte, since
  // some ISAs multiply signed ones only: 128 · Σ weight more.
  const int32_t *offset, *signed_offset;
  // Where bytes are written; zero from 0 to 255.
  const float *zero, *knee;
  const uint32_t *least_byte, *greatest_byte;
  EcbsrCurve curve;
  int plain;
  float gain;
} EcbsrConv;

// One output row in granules. src holds K rows.
typedef void (*EcbsrConvFunc) (const EcbsrConv *conv, void *dst,
                               size_t dst_pitch, const void *const *src,
                               size_t src_pitch, size_t n);

// Of a 3x3 convolution with a slope, ECBSR_GROUP_ROWS output rows in granules; src
// holds two rows more, from the row above the first on. `work` is aligned to
// ECBSR_ALIGN, as large as the kernel's kind says, and belongs to the kernel
// meanwhile.
#define ECBSR_GROUP_ROWS 4
typedef void (*EcbsrGroupFunc) (const EcbsrConv *conv, void *const *dst,
                                size_t dst_pitch, const void *const *src,
                                size_t src_pitch, void *work, size_t n);

// Winograd's kind, of gain 1, takes half the multiplications (Lavin, Gray, "Fast
// algorithms for convolutional neural networks", 2015: F(4,3), over rows only). Six
// input rows d, finite even when ten times as large, make six components of every
// channel,
//
//   c = d4 - d2, e = d3 - d1    V0,1 = (d4 - 4·d2) ± (d3 - 4·d1)
//   V4 = c + 4·(d0 - d2)        V2,3 = c ± 2·e        V5 = (d5 - d3) - 4·e
//
// of which each is convolved with a 1x3 kernel U of its own,
//
//   m_k = Σ_{i,kx} U_k · V_k, from bias (0) or 0, i, kx in this order
//   y1 = (m0 - m1) + 2·(m2 - m3)    y0 = ((m0 + m1) + (m2 + m3)) + m4
//   y2 = (m0 + m1) + 4·(m2 + m3)    y3 = ((m0 - m1) + 8·(m2 - m3)) + m5
//
// where m4 and m5 are added product by product. In exact numbers these are rows
// 0 to 3 of the convolution; their roundings depend on all six input rows. Slope and
// bounds come after that.
//
// Of bfloat16, components are made in float32 and rounded to the nearest, U are
// rounded likewise, sums are float32, those of m4 and m5 whole before they are
// added, and results are stored as EcbsrConv says.
//
// Weights (EcbsrConv.weight) are ecbsr_kernels_pack_wino()'s, `work` is
// ecbsr_kernels_wino_work() words.
#define ECBSR_WINO_COMPONENTS 6
// Pixels at a time, whole blocks on every ISA: the components of 16 channels are
// 70 KiB, and leave room for the rows in L2. Of bfloat16 half as much, and twice
// as many pixels: at either end of a span a vector is transformed twice.
#define ECBSR_WINO_SPAN 144
#define ECBSR_WINO_WORD_SPAN (2 * ECBSR_WINO_SPAN)

// Over columns as well (F(4x4,3x3)) it takes a quarter of the multiplications. Pixel 0
// begins a square of 4x4 pixels; with B the rows above, six rows by six columns around
// a square make 36 components, and each has weights of its own,
//
//   V = B d Bᵀ    U = G g Gᵀ    M_kl = Σ_i U_kl · V_kl, i in this order    y = A M Aᵀ
//
// rows first into V, columns first out of M, bias added to M_00. Roundings depend on all
// 36 input pixels, so a row computed in parts is the same bits where parts begin at
// multiples of 4. But of the column to the left of a square its first column alone is made,
// and of that to the right its last one: to the others these may hold anything. For float32 alone. Weights are ecbsr_kernels_pack_square()'s, `work`
// is ecbsr_kernels_square_work() words.
#define ECBSR_SQUARE_SIZE 4
#define ECBSR_SQUARE_COMPONENTS 36
#define ECBSR_SQUARE_BLOCK 4 // outputs in a block of weights
// Pixels at a time, at most.
#define ECBSR_SQUARE_SPAN 192

// The kind of tiles multiplies matrices: some outputs by as many pixels, of 16 words
// of inputs (`tile` of the table is 16: registers that an ISA has for that alone) or
// of two (2: vectors). Rows are the same bits as by EcbsrConvFunc, but that floats may
// be added up in any order.
//
// Weights are ecbsr_kernels_pack_tiles()'s, aligned to ECBSR_ALIGN, `work` is
// ecbsr_kernels_tile_work() words. What the system would save of registers for tiles
// alone is released when the kernel returns. It has to be asked for them before
// (ecbsr_cpu_request_tiles()).
#define ECBSR_TILE_SIZE 16
#define ECBSR_TILE_WORDS 256 // 16 rows of 16

// How the words that a layer reads are put into tiles of 16: those of one input row
// and all three columns are one tile where they have room in it, else several.
typedef struct
{
  unsigned n_parts; // tiles
  unsigned n_words; // of inputs in each; absent ones are 0
  unsigned n_rows;  // 3 · n_words: [kx][word]
  unsigned span;    // pixels whose tiles stay in L1
} EcbsrTiling;

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
  unsigned tile;   // outputs and pixels in a tile, 2 or 16; 0 where there are none

  // Multiply-adds on registers alone, to measure what the machine can do with
  // words of a type, not for pictures. Returns how many multiply-adds of single
  // values it did. NULL where the ISA has no such dot product.
  size_t (*peak[ECBSR_N_DTYPES]) (size_t n_rounds);

  // Convolutions, by kernel size, what is read and what is written. From float32
  // to float32 all are there; others where the ISA has a dot product for them,
  // else NULL. Absolute error of tanh below 2e-7, relative of softplus below 1e-6
  // unless it is denormal. From bytes with a slope, results are the same bits
  // everywhere.
  EcbsrConvFunc conv3x3_f32_f32, conv5x5_f32_f32, conv7x7_f32_f32;
  EcbsrConvFunc conv3x3_f32_bf16, conv5x5_f32_bf16;
  EcbsrConvFunc conv3x3_bf16_bf16, conv3x3_bf16_f32;
  EcbsrConvFunc conv3x3_f32_u8, conv5x5_f32_u8;
  EcbsrConvFunc conv3x3_u8_u8, conv3x3_u8_f32;
  EcbsrGroupFunc wino3x3_f32_f32, wino3x3_bf16_bf16, wino3x3_bf16_f32;
  EcbsrGroupFunc square3x3_f32_f32;
  EcbsrGroupFunc tile3x3_bf16_bf16, tile3x3_bf16_f32;
  EcbsrGroupFunc tile3x3_u8_u8, tile3x3_u8_f32;

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

  // The range of the 3x3 pixels around each of n, `beyond` wider at either end: rows
  // above, of and below the pixels, the last pixels repeated at both ends. In granules;
  // `low` and `high` have room for a float before and ECBSR_ROW_PAD after them.
  void (*range_f32) (float *low, float *high, const float *const rows[3],
                     float beyond, size_t n);

  // In place, in granules. What is not a number becomes `low`.
  void (*bound_f32) (float *row, const float *low, const float *high, size_t n);

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

  // Samples of 16 bits, little-endian in memory, wherever they lie: src of loads
  // and dst may have any alignment.
  //
  // dst[x] = scale · (sample[x·pixel_stride + offset] >> shift) + bias. src names
  // the first pixel; pixel_stride 1 to 4 samples, offset below it. All bytes of
  // the n pixels may be read.
  void (*load_u16) (float *dst, const void *src, unsigned pixel_stride,
                    unsigned offset, unsigned shift, float scale, float bias,
                    size_t n);
  // sample[x] = (scale · src[x] + bias, rounded half up, clamped to `depth` bits)
  // << shift; depth + shift at most 16. A NaN becomes an end of the range.
  void (*store_u16) (void *dst, const float *src, unsigned depth,
                     unsigned shift, float scale, float bias, size_t n);
  // dst[x·k + j] = src[j][x] for k = 2, 3, 4 sources, as they are.
  void (*merge_u16) (void *dst, const uint16_t *const *src, unsigned k,
                     size_t n);

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

// What ISA levels need (levels.h).
enum
{
  ECBSR_CPU_BASE = 1 << 0,   // what the compiler's target always has
  ECBSR_CPU_AVX2 = 1 << 1,   // AVX2 and FMA
  ECBSR_CPU_AVX512 = 1 << 2, // AVX-512 F, BW, DQ, VL
  ECBSR_CPU_AVXVNNI = 1 << 3,    // AVX-VNNI: byte dot products, with AVX2
  ECBSR_CPU_AVX512VNNI = 1 << 4, // the same with AVX-512
  ECBSR_CPU_AVX512BF16 = 1 << 5, // bfloat16 dot products, with AVX-512
  ECBSR_CPU_DOTPROD = 1 << 6, // Arm's dot products of bytes of one signedness
  ECBSR_CPU_I8MM = 1 << 7,    // … of unsigned with signed bytes
  ECBSR_CPU_BF16 = 1 << 8,    // … of bfloat16
  ECBSR_CPU_AMXINT8 = 1 << 9, // tiles of bytes, with AVX-512
  ECBSR_CPU_AMXBF16 = 1 << 10, // … of bfloat16
};

// Fills the table: the reference first, then each level of `cpu_flags` that the
// build has, ascending. 0 leaves the reference. Not for two threads at once: it
// may generate code.
void ecbsr_kernels_init (EcbsrKernels *kernels, unsigned cpu_flags);

// Channels in a word.
unsigned ecbsr_dtype_channels (EcbsrDtype dtype);

// The table's convolution of this kind, NULL if it has none.
EcbsrConvFunc ecbsr_kernels_find_conv (const EcbsrKernels *kernels,
                                       EcbsrDtype in, EcbsrDtype out,
                                       unsigned kernel_size);

// The same of Winograd convolutions.
EcbsrGroupFunc ecbsr_kernels_find_wino (const EcbsrKernels *kernels,
                                       EcbsrDtype in, EcbsrDtype out);

// The same of tiles.
EcbsrGroupFunc ecbsr_kernels_find_tile (const EcbsrKernels *kernels,
                                        EcbsrDtype in, EcbsrDtype out);

// Words that the weights of `n_out` outputs of n_in inputs (channels) take.
size_t ecbsr_kernels_packed_size (unsigned block, EcbsrDtype dtype,
                                  unsigned kernel_size, unsigned n_in,
                                  unsigned n_out);

// Length of arrays over outputs.
unsigned ecbsr_kernels_padded_outputs (unsigned n_out);

// Packs weights [out][in][ky][kx] as EcbsrConv says: rounded to the nearest for
// bfloat16; for bytes they are whole numbers from -128 to 127 already.
void ecbsr_kernels_pack (void *packed, const float *weight, unsigned block,
                         EcbsrDtype dtype, unsigned kernel_size, unsigned n_in,
                         unsigned n_out);

// The same for Winograd's kernels, of float32 or bfloat16: in a block
// [component][in][kx][out] of float32, [word of in][kx][component][out] of
// bfloat16, whose blocks are all of 4 outputs. U is made in double precision.
size_t ecbsr_kernels_wino_size (unsigned block, EcbsrDtype dtype, unsigned n_in,
                                unsigned n_out);
void ecbsr_kernels_pack_wino (void *packed, const float *weight, unsigned block,
                              EcbsrDtype dtype, unsigned n_in, unsigned n_out);
// Words of its work; n_in as EcbsrConv has it.
size_t ecbsr_kernels_wino_work (EcbsrDtype dtype, unsigned n_in);

// The same over columns as well: [4 outputs][component][in][out].
size_t ecbsr_kernels_square_size (unsigned n_in, unsigned n_out);
void ecbsr_kernels_pack_square (void *packed, const float *weight, unsigned n_in,
                                unsigned n_out);
size_t ecbsr_kernels_square_work (unsigned n_in);

// The same for tiles, of bfloat16 or bytes. Of 16: [16 outputs][part][ky] of tiles
// [out][kx][word of in], whose rows are 16 words long and filled up with 0. Of 2, in
// blocks as above, of 8: [pair of words of in][ky][step][pair of out][out][2]; steps
// are kx = 0, 1 of the first word, the same of the second one, and kx = 2 of both. A
// last word without another has the first step and a last one with 0 for it.
size_t ecbsr_kernels_tile_size (unsigned tile, EcbsrDtype dtype, unsigned n_in,
                                unsigned n_out);
void ecbsr_kernels_pack_tiles (void *packed, const float *weight, unsigned tile,
                               EcbsrDtype dtype, unsigned n_in, unsigned n_out);
// Words of its work; n_in in channels, too.
size_t ecbsr_kernels_tile_work (unsigned tile, EcbsrDtype dtype, unsigned n_in,
                                unsigned n_out);
EcbsrTiling ecbsr_kernels_tiling (EcbsrDtype dtype, unsigned n_in);

uint16_t ecbsr_bf16_from_float (float value);

// Keys's cubic, a = -½, `distance` samples from its middle: 0 from 2 on.
double ecbsr_cubic_weight (double distance);

// The filter for s phases where samples lie `offset` into their cell (0.5: in
// the middle), of the output `out_offset`: output I is at input
// (I + out_offset)/s - offset.
void ecbsr_cubic_init (EcbsrCubic *filter, unsigned scale, double offset,
                       double out_offset);

void ecbsr_kernels_fill_wino_ref (EcbsrKernels *kernels);
void ecbsr_kernels_fill_square_ref (EcbsrKernels *kernels);
void ecbsr_kernels_fill_tile_ref (EcbsrKernels *kernels);
void ecbsr_kernels_fill_ref (EcbsrKernels *kernels);
void ecbsr_kernels_fill_pixels (EcbsrKernels *kernels);
void ecbsr_kernels_fill_base (EcbsrKernels *kernels);
void ecbsr_kernels_fill_avx2 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_avx512 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_avxvnni (EcbsrKernels *kernels);
void ecbsr_kernels_fill_avx512vnni (EcbsrKernels *kernels);
void ecbsr_kernels_fill_avx512bf16 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_amxint8 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_amxbf16 (EcbsrKernels *kernels);
void ecbsr_kernels_fill_dotprod (EcbsrKernels *kernels);
void ecbsr_kernels_fill_i8mm (EcbsrKernels *kernels);
void ecbsr_kernels_fill_bf16 (EcbsrKernels *kernels);

#endif
