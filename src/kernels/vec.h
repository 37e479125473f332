// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Vectors of floats by GCC's and Clang's vector extensions. The only file that
// knows how long they are; the templates are compiled once per ISA with it.

#ifndef ECBSR_VEC_H
#define ECBSR_VEC_H

#include "kernels.h"

#include <stdint.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif

// 32 vector registers hold a block of 8 × 3 accumulators, 16 one of 4 × 3.
#if defined(__AVX512F__) || defined(__aarch64__)
#define BLOCK 8
#else
#define BLOCK 4
#endif

// Vectors of neighbouring pixels in a block. SSE2 has no fused multiply-add, so
// that products need registers too.
#if defined(__x86_64__) && !defined(__FMA__)
#define VECTORS 2
#else
#define VECTORS 3
#endif

typedef float vfloat __attribute__ ((vector_size (LANES * 4)));
typedef int32_t vint __attribute__ ((vector_size (LANES * 4)));

#define ALWAYS_INLINE static inline __attribute__ ((always_inline))

// ECBSR_ISA is the suffix of this compilation: sse2, avx2, …
#define ECBSR_PASTE2(name, isa) ecbsr_##name##_##isa
#define ECBSR_PASTE(name, isa) ECBSR_PASTE2 (name, isa)
#define ECBSR_NAME(name) ECBSR_PASTE (name, ECBSR_ISA)
#define ECBSR_STRING2(text) #text
#define ECBSR_STRING(text) ECBSR_STRING2 (text)

ALWAYS_INLINE vfloat
vload (const float *p)
{
  vfloat v;
  memcpy (&v, p, sizeof v);
  return v;
}

ALWAYS_INLINE void
vstore (float *p, vfloat v)
{
  memcpy (p, &v, sizeof v);
}

ALWAYS_INLINE vfloat
vsplat (float f)
{
  return f - (vfloat) {};
}

// Lanes of a where the mask is all ones, of b where it is 0.
ALWAYS_INLINE vfloat
vselect (vint mask, vfloat a, vfloat b)
{
  return (vfloat) ((mask & (vint) a) | (~mask & (vint) b));
}

ALWAYS_INLINE vfloat
vmax (vfloat a, vfloat b)
{
  return vselect (a > b, a, b);
}

// Makes the compiler hold v in a register here. Without it GCC folds loads into
// every multiply-add that uses them, reorders, and spills accumulators.
#if defined(__x86_64__)
#define VKEEP(v) __asm__ ("" : "+v"(v))
#elif defined(__aarch64__)
#define VKEEP(v) __asm__ ("" : "+w"(v))
#else
#define VKEEP(v) __asm__ ("" : "+m"(v))
#endif

// sum + a·b, the sum staying where it is. With the registers full nearly to the
// last, GCC 12 otherwise picks forms that overwrite a factor, and moves and spills
// accumulators for it.
ALWAYS_INLINE vfloat
vmuladd (vfloat sum, vfloat a, vfloat b)
{
#if defined(__FMA__)
  __asm__ ("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
#else
  sum += a * b;
  VKEEP (sum);
#endif
  return sum;
}

// The product as it is, rounded, instead of fused into a following sum.
ALWAYS_INLINE vfloat
vrounded (vfloat v)
{
  VKEEP (v);
  return v;
}

// a·b + c, fused where the machine has it. Left to itself the compiler chooses
// which product of a sum to fuse, not always the same in the vectors of a loop
// and in what is left over, and results must not depend on a pixel's place.
ALWAYS_INLINE float
mul_add (float a, float b, float c)
{
#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
  return __builtin_fmaf (a, b, c);
#else
  return a * b + c;
#endif
}

// sum + a·b, fused where the ISA can.
ALWAYS_INLINE vfloat
vmuladd_once (vfloat sum, vfloat a, vfloat b)
{
  return a * b + sum;
}

ALWAYS_INLINE vint
vsplat_int (int32_t i)
{
  return i - (vint) {};
}

// A word of weights, the same for all pixels.
ALWAYS_INLINE vint
vsplat_word (const uint32_t *word)
{
  int32_t i;
  memcpy (&i, word, sizeof i);
  return vsplat_int (i);
}

ALWAYS_INLINE vfloat
vfrom_int (vint i)
{
  return __builtin_convertvector (i, vfloat);
}

// ---------------------------------------------------- words of several values --
//
// ECBSR_DOT says how many values a word of this compilation's rows holds: 1, 2 or
// 4. A byte of input is unsigned and one of weights signed.

#if ECBSR_DOT == 2 && defined(__AVX512BF16__)

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weight)
{
  return (vint) _mm512_dpbf16_ps ((__m512) sum, (__m512bh) value,
                                  (__m512bh) weight);
}

#elif ECBSR_DOT == 4 && defined(__AVX512VNNI__)

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weight)
{
  return (vint) _mm512_dpbusd_epi32 ((__m512i) sum, (__m512i) value,
                                     (__m512i) weight);
}

#elif ECBSR_DOT == 4 && defined(__AVXVNNI__)

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weight)
{
  __asm__ ("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(value), "x"(weight));
  return sum;
}

#else

ALWAYS_INLINE vint
vdot_words (vint sum, vint value, vint weight)
{
  return (vint) vmuladd ((vfloat) sum, (vfloat) weight, (vfloat) value);
}

#endif

ALWAYS_INLINE vint
vdot (vint sum, vint value, vint weight, EcbsrDtype in)
{
  if (in == ECBSR_DTYPE_F32)
    return (vint) vmuladd ((vfloat) sum, (vfloat) weight, (vfloat) value);
  return vdot_words (sum, value, weight);
}

// Rounded to bfloat16, ties to even, a in the low halves.
ALWAYS_INLINE vint
vbf16_pair (vfloat a, vfloat b)
{
#if defined(__AVX512BF16__)
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

// Rounded to whole numbers, ties to even, plus 128, saturated to bytes, a in the
// lowest.
ALWAYS_INLINE vint
vbyte_quad (vfloat a, vfloat b, vfloat c, vfloat d)
{
#if defined(__AVX512BW__)
  const __m512i order = _mm512_broadcast_i32x4 (
      _mm_setr_epi8 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m512i zero = _mm512_set1_epi16 (128);
  // Beyond int32 the conversion would turn negative.
  const __m512 top = _mm512_set1_ps (127);
  __m512i ia = _mm512_cvtps_epi32 (_mm512_min_ps ((__m512) a, top));
  __m512i ib = _mm512_cvtps_epi32 (_mm512_min_ps ((__m512) b, top));
  __m512i ic = _mm512_cvtps_epi32 (_mm512_min_ps ((__m512) c, top));
  __m512i id = _mm512_cvtps_epi32 (_mm512_min_ps ((__m512) d, top));
  __m512i ab = _mm512_packs_epi32 (ia, ib);
  __m512i cd = _mm512_packs_epi32 (ic, id);
  return (vint) _mm512_shuffle_epi8 (
      _mm512_packus_epi16 (_mm512_adds_epi16 (ab, zero),
                           _mm512_adds_epi16 (cd, zero)),
      order);
#elif defined(__AVX2__)
  const __m256i order = _mm256_broadcastsi128_si256 (
      _mm_setr_epi8 (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  const __m256i zero = _mm256_set1_epi16 (128);
  // Beyond int32 the conversion would turn negative.
  const __m256 top = _mm256_set1_ps (127);
  __m256i ia = _mm256_cvtps_epi32 (_mm256_min_ps ((__m256) a, top));
  __m256i ib = _mm256_cvtps_epi32 (_mm256_min_ps ((__m256) b, top));
  __m256i ic = _mm256_cvtps_epi32 (_mm256_min_ps ((__m256) c, top));
  __m256i id = _mm256_cvtps_epi32 (_mm256_min_ps ((__m256) d, top));
  __m256i ab = _mm256_packs_epi32 (ia, ib);
  __m256i cd = _mm256_packs_epi32 (ic, id);
  return (vint) _mm256_shuffle_epi8 (
      _mm256_packus_epi16 (_mm256_adds_epi16 (ab, zero),
                           _mm256_adds_epi16 (cd, zero)),
      order);
#else
  // Adding 1.5 · 2^23 rounds, and leaves the number in the low bits. What is
  // below -128 or above 127 is clamped before.
  const float round = 0x1.8p23f;
  vint word = {};
  vfloat value[4] = { a, b, c, d };

  for (int j = 0; j < 4; j++)
    {
      vfloat v = vselect (value[j] > -128.0f, value[j], vsplat (-128.0f));
      v = vselect (v < 127.0f, v, vsplat (127.0f));
      word |= (((vint) (v + round) + 128) & 0xff) << (8 * j);
    }
  return word;
#endif
}

#endif
