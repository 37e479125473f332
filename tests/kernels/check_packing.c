// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkkernels.h"
#include "memory.h"

#include <string.h>

typedef struct
{
  unsigned block, k, n_in, n_out;
  EcbsrDtype dtype;
} Packing;

// The word of output o, input word i and tap `tap`, as the contract has it.
static uint32_t
right_word (const Packing *p, const float *weight, unsigned o, unsigned i,
            unsigned tap)
{
  const unsigned n_taps = p->k * p->k;
  const unsigned per_word = ecbsr_dtype_channels (p->dtype);
  uint32_t word = 0;

  for (unsigned j = 0; o < p->n_out && j < per_word; j++)
    {
      const unsigned channel = i * per_word + j;
      float w;

      if (channel >= p->n_in)
        break;
      w = weight[(o * p->n_in + channel) * n_taps + tap];
      if (p->dtype == ECBSR_DTYPE_F32)
        memcpy (&word, &w, sizeof word);
      else if (p->dtype == ECBSR_DTYPE_BF16)
        word |= (uint32_t) ecbsr_bf16_from_float (w) << (16 * j);
      else
        word |= (uint32_t) (uint8_t) (int8_t) w << (8 * j);
    }
  return word;
}

// Compares a block of `width` outputs from `first`; returns where the next
// begins.
static const uint32_t *
check_block (Check *c, const Packing *p, const float *weight, unsigned first,
             unsigned width, const uint32_t *packed)
{
  const unsigned per_word = ecbsr_dtype_channels (p->dtype);

  for (unsigned i = 0; i * per_word < p->n_in; i++)
    for (unsigned tap = 0; tap < p->k * p->k; tap++)
      for (unsigned o = first; o < first + width; o++, packed++)
        if (*packed != right_word (p, weight, o, i, tap))
          check_fail (c, "output %u, word %u, tap %u: %08x", o, i, tap,
                      *packed);
  return packed;
}

// Every weight is where the contract says, everything else is 0.
static void
check_packed (Check *c, const Packing *p)
{
  const size_t size
      = ecbsr_kernels_packed_size (p->block, p->dtype, p->k, p->n_in, p->n_out);
  const size_t n_weights = (size_t) p->n_out * p->n_in * p->k * p->k;
  Region region = region_new (size * sizeof (uint32_t), 0);
  AUTOFREE float *weight = NEW (float, n_weights);
  const uint32_t *packed = region.data;
  unsigned width;

  check_arguments (c, "block %u, dtype %d, %u to %u channels, %ux%u", p->block,
                   p->dtype, p->n_in, p->n_out, p->k, p->k);
  for (size_t i = 0; i < n_weights; i++)
    weight[i] = (float) (i % 255) - 127;
  ecbsr_kernels_pack (region.data, weight, p->block, p->dtype, p->k, p->n_in,
                      p->n_out);
  for (unsigned first = 0; first < p->n_out; first += width)
    {
      width = p->block == 8 && p->n_out - first > 4 ? 8 : 4;
      packed = check_block (c, p, weight, first, width, packed);
    }
  if (packed != (uint32_t *) region.data + size || !region_is_intact (&region))
    check_fail (c, "not the promised size");
  region_free (&region);
}

void
check_packing (Check *c)
{
  for (unsigned n_out = 1; n_out <= 40; n_out++)
    {
      if (ecbsr_kernels_padded_outputs (n_out) != (n_out + 7) / 8 * 8)
        check_fail (c, "%u outputs are padded wrongly", n_out);
      for (unsigned d = 0; d < ECBSR_N_DTYPES; d++)
        {
          check_packed (c, &(Packing){ 4, 3, 1 + n_out % 7, n_out, d });
          check_packed (c, &(Packing){ 8, 5, 1 + n_out % 5, n_out, d });
        }
    }
}
