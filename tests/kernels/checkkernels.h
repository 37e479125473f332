// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The harness that every kernel of every ISA level goes through, after dav1d's
// checkasm. A check fills its arguments, runs the kernel of the table under
// test (call_new) and the reference (call_ref) on them, and compares both with
// what the contract gives in double precision, within a bound derived from the
// sum of magnitudes.

#ifndef CHECKKERNELS_H
#define CHECKKERNELS_H

#include "bench.h"
#include "kernels.h"
#include "support.h"

// All entries of the table, each with its check_NAME().
#define FOR_EACH_KERNEL(X)                                                     \
  X (conv3x3_f32_f32)                                                          \
  X (conv5x5_f32_f32)                                                          \
  X (conv7x7_f32_f32)                                                          \
  X (conv3x3_f32_bf16)                                                         \
  X (conv5x5_f32_bf16)                                                         \
  X (conv3x3_bf16_bf16)                                                        \
  X (conv3x3_bf16_f32)                                                         \
  X (conv3x3_f32_u8)                                                           \
  X (conv5x5_f32_u8)                                                           \
  X (conv3x3_u8_u8)                                                            \
  X (conv3x3_u8_f32)                                                           \
  X (wino3x3_f32_f32)                                                          \
  X (wino3x3_bf16_bf16)                                                        \
  X (wino3x3_bf16_f32)                                                         \
  X (square3x3_f32_f32)                                                        \
  X (tile3x3_bf16_bf16)                                                        \
  X (tile3x3_bf16_f32)                                                         \
  X (tile3x3_u8_u8)                                                            \
  X (tile3x3_u8_f32)                                                           \
  X (head_residual_f32)                                                        \
  X (head_max_f32)                                                             \
  X (range_f32)                                                                \
  X (bound_f32)                                                                \
  X (head_tm_f32)                                                              \
  X (head_tr_f32)                                                              \
  X (head_cnn_f32)                                                             \
  X (shuffle_f32)                                                              \
  X (cubic_h_f32)                                                              \
  X (cubic_v_f32)                                                              \
  X (load_u16)                                                                 \
  X (store_u16)                                                                \
  X (merge_u16)                                                                \
  X (load_u8)                                                                  \
  X (store_u8)                                                                 \
  X (affine_f32)                                                               \
  X (merge_u8)                                                                 \
  X (mix_f32)                                                                  \
  X (luma_f32)                                                                 \
  X (correct_f32)

// The table's function pointers, counted over the struct.
#define FIRST_KERNEL offsetof (EcbsrKernels, conv3x3_f32_f32)
#define N_KERNELS                                                              \
  ((sizeof (EcbsrKernels) - FIRST_KERNEL) / sizeof (void (*) (void)))
#define SLOT(entry)                                                            \
  ((offsetof (EcbsrKernels, entry) - FIRST_KERNEL) / sizeof (void (*) (void)))

// Half a unit in the last place of 1: the most that rounding changes.
#define ROUNDING 0x1p-24

typedef struct
{
  // The reference, the level under test, and the lowest vectorised one.
  EcbsrKernels ref, new, base;
  Random rand;
  unsigned most_channels;      // of a layer
  Bench *bench;                // NULL: not asked for
  bool emulates_tiles;         // the level under test
  unsigned n_calls[N_KERNELS]; // of kernels under test
  char arguments[160];         // of the call under way, for messages
  char failure[512];           // the first; empty while all is well
} Check;

#define call_ref(c, entry, ...) ((c)->ref.entry (__VA_ARGS__))
#define call_new(c, entry, ...)                                                \
  ((c)->n_calls[SLOT (entry)]++, (c)->new.entry (__VA_ARGS__))
// Times the kernel under test over n pixels.
#define bench_new(c, label, n, entry, ...)                                     \
  for (bench_begin ((c)->bench, label, n); bench_more ((c)->bench);)           \
  (c)->new.entry (__VA_ARGS__)

#define DECLARE_CHECK(entry) void check_##entry (Check *c);
FOR_EACH_KERNEL (DECLARE_CHECK)
#undef DECLARE_CHECK

void check_packing (Check *c);

// Says what the next call's arguments are.
void check_arguments (Check *c, const char *format, ...) PRINTF_LIKE (2, 3);
// Notes a failure; only the first is kept.
void check_fail (Check *c, const char *format, ...) PRINTF_LIKE (2, 3);

// What a sample should be, and how far from it a right one may be.
typedef struct
{
  double exact, bound;
} Value;

// Fails at the first of n samples of channel `channel` that is out of bounds.
void check_values (Check *c, const char *whose, unsigned channel,
                   const Value *values, const float *found, size_t n);
// Fails at the first difference in n elements of `size` bytes.
void check_same (Check *c, const char *what, const void *expected,
                 const void *found, size_t n, size_t size);

// Whether this thread has tile registers that the system would save, emulated or not.
bool check_tiles_in_use (const Check *c);

// Widths to test: every one up to two blocks of three granules and one, then
// real tiles; 0 ends.
size_t check_width (unsigned i);

size_t granules (size_t n);

#endif
