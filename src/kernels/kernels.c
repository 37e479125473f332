// SPDX-License-Identifier: LGPL-2.1-or-later

#include "kernels.h"
#include "config-kernels.h"
#include "pack.h"

#include <math.h>
#include <string.h>

// The reference's narrow convolutions are correct, but no gain.
static void
drop_narrow (EcbsrKernels *kernels)
{
  kernels->conv3x3_f32_bf16 = kernels->conv5x5_f32_bf16 = NULL;
  kernels->conv3x3_bf16_bf16 = kernels->conv3x3_bf16_f32 = NULL;
  kernels->wino3x3_bf16_bf16 = kernels->wino3x3_bf16_f32 = NULL;
  kernels->tile = 0;
  kernels->tile3x3_bf16_bf16 = kernels->tile3x3_bf16_f32 = NULL;
  kernels->tile3x3_u8_u8 = kernels->tile3x3_u8_f32 = NULL;
  kernels->conv3x3_f32_u8 = kernels->conv5x5_f32_u8 = NULL;
  kernels->conv3x3_u8_u8 = kernels->conv3x3_u8_f32 = NULL;
}

void
ecbsr_kernels_init (EcbsrKernels *kernels, unsigned cpu_flags)
{
  ecbsr_kernels_fill_ref (kernels);
  if (cpu_flags & ECBSR_CPU_BASE)
    {
      drop_narrow (kernels);
      ecbsr_kernels_fill_pixels (kernels);
      ecbsr_kernels_fill_base (kernels);
    }
#if ECBSR_HAVE_X86_LEVELS
  if (cpu_flags & ECBSR_CPU_AVX2)
    ecbsr_kernels_fill_avx2 (kernels);
  // Its blocks of 4 do not go with AVX-512's of 8.
  if ((cpu_flags & ECBSR_CPU_AVXVNNI) && !(cpu_flags & ECBSR_CPU_AVX512))
    ecbsr_kernels_fill_avxvnni (kernels);
  if (cpu_flags & ECBSR_CPU_AVX512)
    ecbsr_kernels_fill_avx512 (kernels);
  if (cpu_flags & ECBSR_CPU_AVX512VNNI)
    ecbsr_kernels_fill_avx512vnni (kernels);
  if (cpu_flags & ECBSR_CPU_AVX512BF16)
    ecbsr_kernels_fill_avx512bf16 (kernels);
#if ECBSR_HAVE_AMX_LEVELS
  if (cpu_flags & ECBSR_CPU_AMXINT8)
    ecbsr_kernels_fill_amxint8 (kernels);
  if (cpu_flags & ECBSR_CPU_AMXBF16)
    ecbsr_kernels_fill_amxbf16 (kernels);
#endif
#elif ECBSR_HAVE_ARM_LEVELS
  if (cpu_flags & ECBSR_CPU_DOTPROD)
    ecbsr_kernels_fill_dotprod (kernels);
  if (cpu_flags & ECBSR_CPU_I8MM)
    ecbsr_kernels_fill_i8mm (kernels);
  if (cpu_flags & ECBSR_CPU_BF16)
    ecbsr_kernels_fill_bf16 (kernels);
#endif
}

unsigned
ecbsr_dtype_channels (EcbsrDtype dtype)
{
  return dtype == ECBSR_DTYPE_F32 ? 1 : dtype == ECBSR_DTYPE_BF16 ? 2 : 4;
}

static EcbsrConvFunc
find_float_conv (const EcbsrKernels *kernels, EcbsrDtype out,
                 unsigned kernel_size)
{
  if (out == ECBSR_DTYPE_F32)
    return kernel_size == 3   ? kernels->conv3x3_f32_f32
           : kernel_size == 5 ? kernels->conv5x5_f32_f32
                              : kernels->conv7x7_f32_f32;
  if (kernel_size > 5)
    return NULL;
  if (out == ECBSR_DTYPE_BF16)
    return kernel_size == 3 ? kernels->conv3x3_f32_bf16
                            : kernels->conv5x5_f32_bf16;
  return kernel_size == 3 ? kernels->conv3x3_f32_u8 : kernels->conv5x5_f32_u8;
}

EcbsrConvFunc
ecbsr_kernels_find_conv (const EcbsrKernels *kernels, EcbsrDtype in,
                         EcbsrDtype out, unsigned kernel_size)
{
  if (in == ECBSR_DTYPE_F32)
    return find_float_conv (kernels, out, kernel_size);
  if (kernel_size != 3 || (out != in && out != ECBSR_DTYPE_F32))
    return NULL;
  if (in == ECBSR_DTYPE_BF16)
    return out == in ? kernels->conv3x3_bf16_bf16 : kernels->conv3x3_bf16_f32;
  return out == in ? kernels->conv3x3_u8_u8 : kernels->conv3x3_u8_f32;
}

EcbsrGroupFunc
ecbsr_kernels_find_wino (const EcbsrKernels *kernels, EcbsrDtype in,
                         EcbsrDtype out)
{
  if (in == ECBSR_DTYPE_F32)
    return out == in ? kernels->wino3x3_f32_f32 : NULL;
  if (in != ECBSR_DTYPE_BF16 || (out != in && out != ECBSR_DTYPE_F32))
    return NULL;
  return out == in ? kernels->wino3x3_bf16_bf16 : kernels->wino3x3_bf16_f32;
}

EcbsrGroupFunc
ecbsr_kernels_find_tile (const EcbsrKernels *kernels, EcbsrDtype in,
                         EcbsrDtype out)
{
  if (in == ECBSR_DTYPE_F32 || (out != in && out != ECBSR_DTYPE_F32))
    return NULL;
  if (in == ECBSR_DTYPE_BF16)
    return out == in ? kernels->tile3x3_bf16_bf16 : kernels->tile3x3_bf16_f32;
  return out == in ? kernels->tile3x3_u8_u8 : kernels->tile3x3_u8_f32;
}

static unsigned
next_block (unsigned block, unsigned n_left)
{
  return block == 8 && n_left > 4 ? 8 : 4;
}

static unsigned
n_words (EcbsrDtype dtype, unsigned n_channels)
{
  unsigned k = ecbsr_dtype_channels (dtype);
  return (n_channels + k - 1) / k;
}

size_t
ecbsr_kernels_packed_size (unsigned block, EcbsrDtype dtype,
                           unsigned kernel_size, unsigned n_in, unsigned n_out)
{
  size_t n_packed = 0;
  for (unsigned o = 0, b; o < n_out; o += b)
    {
      b = next_block (block, n_out - o);
      n_packed += b;
    }
  return n_packed * n_words (dtype, n_in) * kernel_size * kernel_size;
}

unsigned
ecbsr_kernels_padded_outputs (unsigned n_out)
{
  return (n_out + 7) / 8 * 8;
}

uint16_t
ecbsr_bf16_from_float (float value)
{
  uint32_t bits;
  memcpy (&bits, &value, sizeof bits);
  return (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static uint32_t *
pack_block (uint32_t *packed, const float *weight, EcbsrDtype dtype,
            size_t n_taps, unsigned n_in, unsigned b, unsigned n_left)
{
  const unsigned k = ecbsr_dtype_channels (dtype);

  for (unsigned i = 0; i < n_in; i += k)
    for (size_t tap = 0; tap < n_taps; tap++)
      for (unsigned o = 0; o < b; o++, packed++)
        {
          size_t at = ((size_t) o * n_in + i) * n_taps + tap;
          *packed = o < n_left
                        ? pack_word (weight + at, dtype, n_taps, n_in - i)
                        : 0;
        }
  return packed;
}

void
ecbsr_kernels_pack (void *packed, const float *weight, unsigned block,
                    EcbsrDtype dtype, unsigned kernel_size, unsigned n_in,
                    unsigned n_out)
{
  const size_t n_taps = (size_t) kernel_size * kernel_size;
  const size_t per_output = n_in * n_taps;
  uint32_t *next = packed;

  for (unsigned o = 0, b; o < n_out; o += b)
    {
      b = next_block (block, n_out - o);
      next = pack_block (next, weight + o * per_output, dtype, n_taps, n_in, b,
                         n_out - o);
    }
}

// Keys, "Cubic convolution interpolation for digital image processing", 1981,
// a = -½.
double
ecbsr_cubic_weight (double distance)
{
  const double x = fabs (distance);

  if (x <= 1)
    return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2)
    return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

void
ecbsr_cubic_init (EcbsrCubic *filter, unsigned scale, double offset,
                  double out_offset)
{
  filter->scale = scale;
  for (unsigned p = 0; p < scale; p++)
    {
      double position = (p + out_offset) / scale - offset;
      filter->first[p] = (int) floor (position) - 1;
      for (int t = 0; t < 4; t++)
        filter->tap[p][t]
            = (float) ecbsr_cubic_weight (position - filter->first[p] - t);
    }
}
