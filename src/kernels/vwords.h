// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Words of one, two or four values: products, and rounding to them.
//
// ECBSR_DOT says how many values a word of this compilation's rows holds: 1, 2 or
// 4. A byte of input is unsigned and one of weights signed.

#ifndef ECBSR_VWORDS_H
#define ECBSR_VWORDS_H

#include "vec.h"

// Arm's older dot product knows no unsigned bytes with signed ones.
#if ECBSR_DOT == 4 && defined(__aarch64__)                                     \
    && !defined(__ARM_FEATURE_MATMUL_INT8)
#define SIGNED_BYTES 1
#else
#define SIGNED_BYTES 0
#endif

// The weights of output o of a block at one tap. Arm's multiply-adds take one
// lane of a vector for their factor, so there these are the weights of four
// outputs; elsewhere one, in all lanes.
ALWAYS_INLINE vint
vweights (const uint32_t *word, unsigned o)
{
#if defined(__aarch64__)
  vint four = (vint) vld1q_u32 (word + o / 4 * 4);
  VKEEP (four);
  return four;
#else
  int32_t i;
  memcpy (&i, word + o, sizeof i);
  return vsplat_int (i);
#endif
}

#if defined(__aarch64__)

// A lane is part of the instruction. `lane` is a constant where this is
// inlined.
#define IN_LANE(product)                                                       \
  switch (lane)                                                                \
    {                                                                          \
    case 0:                                                                    \
      return (vint) product (0);                                               \
    case 1:                                                                    \
      return (vint) product (1);                                               \
    case 2:                                                                    \
      return (vint) product (2);                                               \
    default:                                                                   \
      return (vint) product (3);                                               \
    }

ALWAYS_INLINE vint
vdot_floats (vint sum, vint value, vint weights, unsigned lane)
{
#if ECBSR_STRICT_FP
#define PRODUCT(lane)                                                          \
  ((vfloat) sum                                                                \
   + (vfloat) vmulq_laneq_f32 ((float32x4_t) value, (float32x4_t) weights,     \
                               lane))
#else
#define PRODUCT(lane)                                                          \
  vfmaq_laneq_f32 ((float32x4_t) sum, (float32x4_t) value,                     \
                   (float32x4_t) weights, lane)
#endif
  IN_LANE (PRODUCT)
#undef PRODUCT
}

#else

ALWAYS_INLINE vint
vdot_floats (vint sum, vint value, vint weights, unsigned lane)
{
  return (vint) vmuladd ((vfloat) sum, (vfloat) weights, (vfloat) value);
}

#endif

#if ECBSR_DOT == 2 && defined(__AVX512BF16__)

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weights, unsigned lane)
{
  return (vint) _mm512_dpbf16_ps ((__m512) sum, (__m512bh) value,
                                  (__m512bh) weights);
}

#elif ECBSR_DOT == 4 && defined(__AVX512VNNI__)

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weights, unsigned lane)
{
  return (vint) _mm512_dpbusd_epi32 ((__m512i) sum, (__m512i) value,
                                     (__m512i) weights);
}

#elif ECBSR_DOT == 4 && defined(__AVXVNNI__)

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weights, unsigned lane)
{
  __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(value), "x"(weights));
  return sum;
}

#elif ECBSR_DOT == 2 && defined(__aarch64__)

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weights, unsigned lane){
#define PRODUCT(lane)                                                          \
  vbfdotq_laneq_f32 ((float32x4_t) sum, (bfloat16x8_t) value,                  \
                     (bfloat16x8_t) weights, lane)
  IN_LANE (PRODUCT)
#undef PRODUCT
}

#elif ECBSR_DOT == 4 && defined(__aarch64__)

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weights, unsigned lane)
{
#if SIGNED_BYTES
#define PRODUCT(lane)                                                          \
  vdotq_laneq_s32 ((int32x4_t) sum, (int8x16_t) value, (int8x16_t) weights,    \
                   lane)
#else
#define PRODUCT(lane)                                                          \
  vusdotq_laneq_s32 ((int32x4_t) sum, (uint8x16_t) value, (int8x16_t) weights, \
                     lane)
#endif
  IN_LANE (PRODUCT)
#undef PRODUCT
}

#else

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weights, unsigned lane)
{
  return vdot_floats (sum, value, weights, lane);
}

#endif

// sum + value · weight, word by word; `weights` and `lane` as vweights() has
// them, `value` as vinput().
ALWAYS_INLINE vint
vdot (vint sum, vint value, vint weights, unsigned lane, EcbsrDtype in)
{
  if (in == ECBSR_DTYPE_F32)
    return vdot_floats (sum, value, weights, lane);
  return vdot_words (sum, value, weights, lane);
}

ALWAYS_INLINE vint
vinput (const uint32_t *p, EcbsrDtype in)
{
  vint v = (vint) vload ((const float *) p);

  VKEEP (v);
  if (SIGNED_BYTES && in == ECBSR_DTYPE_U8)
    v ^= vsplat_int ((int32_t) 0x80808080u);
  return v;
}

// What becomes of one output's sums, in all lanes. To be had before the first of its
// results is stored: for all that the compiler knows the store changes it.
typedef struct
{
  vfloat slope, minimum, maximum;
} Activation;

ALWAYS_INLINE Activation
activation_of (const EcbsrConv *conv, unsigned o)
{
  return (Activation){ vsplat (conv->slope[o]), vsplat (conv->minimum[o]),
                       vsplat (conv->maximum[o]) };
}

ALWAYS_INLINE vfloat
vactivated (vfloat v, const Activation *a)
{
  return vbounded (vsloped (v, a->slope), a->minimum, a->maximum);
}

// Rounded to bfloat16, ties to even, a in the low halves.
ALWAYS_INLINE vint
vbf16_pair (vfloat a, vfloat b)
{
#if defined(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC)
  return (vint) vzip1q_u16 ((uint16x8_t) vcvtq_low_bf16_f32 ((float32x4_t) a),
                            (uint16x8_t) vcvtq_low_bf16_f32 ((float32x4_t) b));
#elif defined(__AVX512BF16__)
  const __m512i order = _mm512_set_epi16 (
      31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22,
      6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
  return (vint) _mm512_permutexvar_epi16 (
      order, (__m512i) _mm512_cvtne2ps_pbh ((__m512) b, (__m512) a));
#else
  vint low = (vint) a, high = (vint) b;

  low = (low + 0x7fff + ((low >> 16) & 1)) >> 16;
  high = high + 0x7fff + ((high >> 16) & 1);
  return (low & 0xffff) | (high & (vint) vsplat_int ((int32_t) 0xffff0000u));
#endif
}

#if ECBSR_DOT == 4

// Four values rounded to whole numbers, ties to even, saturated to bytes, v[0]
// in the lowest. `fits`: none is beyond int32, where x86's conversion would
// turn negative.
ALWAYS_INLINE vint
vbyte_quad (const vfloat v[4], int fits)
{
#if defined(__aarch64__)
  const uint8x16_t order
      = { 0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15 };
  int32x4_t q[4];
  int16x8_t ab, cd;

  for (int j = 0; j < 4; j++)
    q[j] = vcvtnq_s32_f32 ((float32x4_t) v[j]);
  ab = vqmovn_high_s32 (vqmovn_s32 (q[0]), q[1]);
  cd = vqmovn_high_s32 (vqmovn_s32 (q[2]), q[3]);
  return (vint) vqtbl1q_u8 (vqmovun_high_s16 (vqmovun_s16 (ab), cd), order);
#elif defined(__AVX512BW__)
  const __m512i order = _mm512_broadcast_i32x4 (
      _mm_setr_epi8 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m512 top = _mm512_set1_ps (255);
  __m512i q[4], ab, cd;

  for (int j = 0; j < 4; j++)
    q[j] = _mm512_cvtps_epi32 (fits ? (__m512) v[j]
                                    : _mm512_min_ps ((__m512) v[j], top));
  ab = _mm512_packs_epi32 (q[0], q[1]);
  cd = _mm512_packs_epi32 (q[2], q[3]);
  return (vint) _mm512_shuffle_epi8 (_mm512_packus_epi16 (ab, cd), order);
#else
  const __m256i order = _mm256_broadcastsi128_si256 (
      _mm_setr_epi8 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m256 top = _mm256_set1_ps (255);
  __m256i q[4], ab, cd;

  for (int j = 0; j < 4; j++)
    q[j] = _mm256_cvtps_epi32 (fits ? (__m256) v[j]
                                    : _mm256_min_ps ((__m256) v[j], top));
  ab = _mm256_packs_epi32 (q[0], q[1]);
  cd = _mm256_packs_epi32 (q[2], q[3]);
  return (vint) _mm256_shuffle_epi8 (_mm256_packus_epi16 (ab, cd), order);
#endif
}

// Each byte of a word within those of the other two.
ALWAYS_INLINE vint
vbounded_bytes (vint v, vint low, vint high)
{
#if defined(__aarch64__)
  return (vint) vminq_u8 (vmaxq_u8 ((uint8x16_t) v, (uint8x16_t) low),
                          (uint8x16_t) high);
#elif defined(__AVX512BW__)
  return (vint) _mm512_min_epu8 (
      _mm512_max_epu8 ((__m512i) v, (__m512i) low), (__m512i) high);
#else
  return (vint) _mm256_min_epu8 (
      _mm256_max_epu8 ((__m256i) v, (__m256i) low), (__m256i) high);
#endif
}

#endif

#endif
