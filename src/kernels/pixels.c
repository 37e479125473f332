// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Per-pixel kernels by ORC, which generates SIMD for the machine it runs on. What
// ORC has no opcode for (three interleaved components) is plain C, and so are
// pairs and quads that do not lie at a multiple of their size, which ORC's code
// takes for granted (rows of a picture may have any stride).

#include "kernels.h"
#include "merge.h"
#include "pixels.h"

#include <fenv.h>

static void
load_u8_plain (float *dst, const uint8_t *src, unsigned pixel_stride,
               float scale, float bias, size_t n)
{
  for (size_t x = 0; x < n; x++)
    dst[x] = scale * src[x * pixel_stride] + bias;
}

// The quad's component is shifted down from where it lies in a 32-bit word.
static int
quad_shift (unsigned offset)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  return 24 - 8 * (int) offset;
#else
  return 8 * (int) offset;
#endif
}

static int
is_aligned (const void *p, unsigned size)
{
  return (uintptr_t) p % size == 0;
}

static void
load_u8 (float *dst, const uint8_t *src, unsigned pixel_stride,
         unsigned offset, float scale, float bias, size_t n)
{
  int count = (int) n;

  if (pixel_stride == 1)
    ecbsr_orc_load_u8 (dst, src, scale, bias, count);
  else if (pixel_stride == 3 || !is_aligned (src, pixel_stride))
    load_u8_plain (dst, src + offset, pixel_stride, scale, bias, n);
  else if (pixel_stride == 4)
    ecbsr_orc_load_u8_quad (dst, src, quad_shift (offset), scale, bias, count);
  else if (offset == 1) // the second in memory: ORC's select1wb on any machine
    ecbsr_orc_load_u8_pair_second (dst, src, scale, bias, count);
  else
    ecbsr_orc_load_u8_pair_first (dst, src, scale, bias, count);
}

static void
store_u8 (uint8_t *dst, const float *src, float scale, float bias, size_t n)
{
  ecbsr_orc_store_u8 (dst, src, scale, bias + 0.5f, (int) n);
}

static void
affine (float *dst, const float *src, float scale, float bias, size_t n)
{
  ecbsr_orc_affine (dst, src, scale, bias, (int) n);
}

static void
merge_u8 (uint8_t *dst, const uint8_t *const *src, unsigned k, size_t n)
{
  if (k == 2 && is_aligned (dst, 2))
    ecbsr_orc_merge2 (dst, src[0], src[1], (int) n);
  else if (k == 4 && is_aligned (dst, 4))
    ecbsr_orc_merge4 (dst, src[0], src[1], src[2], src[3], (int) n);
  else
    merge_samples (dst, src, k, 1, n);
}

static void
mix (float *row, const float *base, float strength, size_t n)
{
  ecbsr_orc_mix (row, base, strength, (int) n);
}

static void
luma (float *dst, const float *const src[3], const float weight[3], float bias,
      size_t n)
{
  ecbsr_orc_luma (dst, src[0], src[1], src[2], weight[0], weight[1],
                  weight[2], bias, (int) n);
}

static void
correct (float *row, const float *y, const float *base, float strength,
         size_t n)
{
  ecbsr_orc_correct (row, y, base, strength, (int) n);
}

// ORC generates the code of a function in its first call, for which it takes a
// lock and memory, and looks without any lock whether it has. So each is called
// here, before there are several threads that might.
static void
generate (void)
{
  const uint8_t bytes[4] = { 0 }, *sources[4] = { bytes, bytes, bytes, bytes };
  const float zero = 0, *const rows[3] = { &zero, &zero, &zero };
  const float weights[3] = { 0 };
  uint32_t quad = 0;
  float row = 0;
  fenv_t environment;

  fegetenv (&environment);
  for (unsigned k = 1; k <= 4; k++)
    for (unsigned offset = 0; offset < k; offset++)
      load_u8 (&row, (const uint8_t *) &quad, k, offset, 1, 0, 1);
  store_u8 ((uint8_t *) &quad, &zero, 1, 0, 1);
  affine (&row, &zero, 1, 0, 1);
  merge_u8 ((uint8_t *) &quad, sources, 2, 1);
  merge_u8 ((uint8_t *) &quad, sources, 4, 1);
  mix (&row, &zero, 1, 1);
  luma (&row, rows, weights, 0, 1);
  correct (&row, &zero, &zero, 1, 1);
  fesetenv (&environment);
}

void
ecbsr_kernels_fill_pixels (EcbsrKernels *kernels)
{
  generate ();
  kernels->load_u8 = load_u8;
  kernels->store_u8 = store_u8;
  kernels->affine_f32 = affine;
  kernels->merge_u8 = merge_u8;
  kernels->mix_f32 = mix;
  kernels->luma_f32 = luma;
  kernels->correct_f32 = correct;
}
