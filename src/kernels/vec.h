// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Vectors of floats by GCC's and Clang's vector extensions. The only file that
// knows how long they are; the templates are compiled once per ISA with it.

#ifndef ECBSR_VEC_H
#define ECBSR_VEC_H

#include "config-kernels.h"
#include "kernels.h"

#include <stdint.h>
#include <string.h>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
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
  return f - (vfloat){ 0 };
}

// Lanes of a where the mask is all ones, of b where it is 0.
ALWAYS_INLINE vfloat
vselect (vint mask, vfloat a, vfloat b)
{
  return (vfloat) ((mask & (vint) a) | (~mask & (vint) b));
}

// a > b ? a : b, of which GCC 12 makes more than one instruction.
ALWAYS_INLINE vfloat
vmax (vfloat a, vfloat b)
{
#if defined(__AVX512F__)
  return (vfloat) _mm512_max_ps ((__m512) a, (__m512) b);
#elif defined(__AVX2__)
  return (vfloat) _mm256_max_ps ((__m256) a, (__m256) b);
#else
  return vselect (a > b, a, b);
#endif
}

// a < b ? a : b.
ALWAYS_INLINE vfloat
vmin (vfloat a, vfloat b)
{
#if defined(__AVX512F__)
  return (vfloat) _mm512_min_ps ((__m512) a, (__m512) b);
#elif defined(__AVX2__)
  return (vfloat) _mm256_min_ps ((__m256) a, (__m256) b);
#else
  return vselect (a < b, a, b);
#endif
}

// v > 0 ? v : v · slope.
ALWAYS_INLINE vfloat
vsloped (vfloat v, vfloat slope)
{
#if defined(__AVX512F__)
  const __mmask16 flat
      = _mm512_cmp_ps_mask ((__m512) v, _mm512_setzero_ps (), _CMP_NGT_UQ);
  return (vfloat) _mm512_mask_mul_ps ((__m512) v, flat, (__m512) v,
                                      (__m512) slope);
#else
  return vselect (v > 0, v, v * slope);
#endif
}

// v within the bounds, the least one where it is not a number. Comparing and
// selecting would take GCC 12 six instructions instead of two.
ALWAYS_INLINE vfloat
vbounded (vfloat v, vfloat least, vfloat greatest)
{
#if defined(__AVX512F__)
  return (vfloat) _mm512_min_ps (_mm512_max_ps ((__m512) v, (__m512) least),
                                 (__m512) greatest);
#elif defined(__AVX2__)
  return (vfloat) _mm256_min_ps (_mm256_max_ps ((__m256) v, (__m256) least),
                                 (__m256) greatest);
#elif defined(__SSE2__)
  return (vfloat) _mm_min_ps (_mm_max_ps ((__m128) v, (__m128) least),
                              (__m128) greatest);
#elif defined(__aarch64__)
  return (vfloat) vminnmq_f32 (
      vmaxnmq_f32 ((float32x4_t) v, (float32x4_t) least),
      (float32x4_t) greatest);
#else
  v = vselect (v > least, v, least);
  return vselect (v < greatest, v, greatest);
#endif
}

// Makes the compiler hold v in a register here. Without it GCC folds loads into
// every multiply-add that uses them, reorders, and spills accumulators.
#if defined(__x86_64__)
#define VKEEP(v) __asm__("" : "+v"(v))
#elif defined(__aarch64__)
#define VKEEP(v) __asm__("" : "+w"(v))
#else
#define VKEEP(v) __asm__("" : "+m"(v))
#endif

// sum + a·b, the sum staying where it is. With the registers full nearly to the
// last, GCC 12 otherwise picks forms that overwrite a factor, and moves and
// spills accumulators for it.
ALWAYS_INLINE vfloat
vmuladd (vfloat sum, vfloat a, vfloat b)
{
#if defined(__FMA__) && !ECBSR_STRICT_FP
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
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

// a·b + c, fused where the machine has it and the build is not strict. Left to
// itself the compiler chooses which product of a sum to fuse, not always the
// same in the vectors of a loop and in what is left over, and results must not
// depend on a pixel's place.
ALWAYS_INLINE float
mul_add (float a, float b, float c)
{
#if (defined(__FMA__) || defined(__ARM_FEATURE_FMA)) && !ECBSR_STRICT_FP
  return __builtin_fmaf (a, b, c);
#else
  return a * b + c;
#endif
}

// sum + a·b, fused where the ISA can: by contraction, which a strict build is
// without.
ALWAYS_INLINE vfloat
vmuladd_once (vfloat sum, vfloat a, vfloat b)
{
#if ECBSR_STRICT_FP && defined(__AVX512F__)
  return (vfloat) _mm512_fmadd_ps ((__m512) a, (__m512) b, (__m512) sum);
#elif ECBSR_STRICT_FP && defined(__FMA__)
  return (vfloat) _mm256_fmadd_ps ((__m256) a, (__m256) b, (__m256) sum);
#elif ECBSR_STRICT_FP && defined(__aarch64__)
  return (vfloat) vfmaq_f32 ((float32x4_t) sum, (float32x4_t) a,
                             (float32x4_t) b);
#else
  return a * b + sum;
#endif
}

ALWAYS_INLINE vint
vsplat_int (int32_t i)
{
  return i - (vint){ 0 };
}

ALWAYS_INLINE vfloat
vfrom_int (vint i)
{
  return __builtin_convertvector(i, vfloat);
}

#endif
