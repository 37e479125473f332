// SPDX-License-Identifier: LGPL-2.1-or-later

#include "kernels.h"
#include "config-kernels.h"

#include <math.h>

void
ecbsr_kernels_init (EcbsrKernels *kernels, unsigned cpu_flags)
{
  ecbsr_kernels_fill_ref (kernels);
  if (cpu_flags & ECBSR_CPU_BASE)
    {
      ecbsr_kernels_fill_pixels (kernels);
      ecbsr_kernels_fill_base (kernels);
    }
#if ECBSR_HAVE_X86_LEVELS
  if (cpu_flags & ECBSR_CPU_AVX2)
    ecbsr_kernels_fill_avx2 (kernels);
  if (cpu_flags & ECBSR_CPU_AVX512)
    ecbsr_kernels_fill_avx512 (kernels);
#endif
}

static unsigned
next_block (unsigned block, unsigned n_left)
{
  return block == 8 && n_left > 4 ? 8 : 4;
}

size_t
ecbsr_kernels_packed_size (unsigned block, unsigned n_out, size_t n_taps)
{
  size_t n_packed = 0;
  for (unsigned o = 0; o < n_out;)
    {
      unsigned b = next_block (block, n_out - o);
      n_packed += b;
      o += b;
    }
  return n_packed * n_taps;
}

unsigned
ecbsr_kernels_padded_outputs (unsigned n_out)
{
  return (n_out + 7) / 8 * 8;
}

void
ecbsr_kernels_pack (float *packed, const float *weight, unsigned block,
                    unsigned n_out, size_t n_taps)
{
  for (unsigned o = 0, b; o < n_out; o += b)
    {
      b = next_block (block, n_out - o);
      for (size_t t = 0; t < n_taps; t++)
        for (unsigned j = 0; j < b; j++)
          *packed++ = o + j < n_out ? weight[(o + j) * n_taps + t] : 0;
    }
}

// Keys, "Cubic convolution interpolation for digital image processing", 1981,
// a = -½.
static double
catmull_rom (double x)
{
  x = fabs (x);
  if (x <= 1)
    return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2)
    return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

void
ecbsr_cubic_init (EcbsrCubic *filter, unsigned scale, double offset)
{
  filter->scale = scale;
  for (unsigned p = 0; p < scale; p++)
    {
      double position = (p + offset) / scale - offset;
      filter->first[p] = (int) floor (position) - 1;
      for (int t = 0; t < 4; t++)
        filter->tap[p][t]
            = (float) catmull_rom (position - filter->first[p] - t);
    }
}
