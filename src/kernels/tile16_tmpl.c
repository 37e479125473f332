// SPDX-License-Identifier: LGPL-2.1-or-later
//
// 3x3 convolutions by tile registers (tiles.h): sums of 16 outputs × 16 pixels
// in one tile, four rows in four, weights of the three ky in three more. A row
// of pixels goes through the eighth, for all of the rows that it is part of.
//
// A tile's rows are words of 16 pixels, as rows of feature maps have them, so
// nothing has to be transposed. But what is read one pixel further left or
// right must begin a cache line, too: a tile load of rows that do not takes six
// times as long. So a span of pixels is copied first, three times, moved by one
// pixel each.
//
// To finish sums takes the vector units as long as it takes the tiles to make
// them: those of the block before are finished between the multiplications of
// the next one.

#include "isa.h"
#include "kernels.h"
#include "tiles.h"
#include "vec.h"
#include "vwords.h"

#define SIZE ECBSR_TILE_SIZE
#define WORDS ECBSR_TILE_WORDS
#define SOURCES (ECBSR_GROUP_ROWS + 2)
#define ROW_BYTES (SIZE * sizeof (uint32_t))
// A word of outputs in bytes; what is finished at a time.
#define QUAD 4

#if ECBSR_DOT == 4
#define NARROW ECBSR_DTYPE_U8
#define tile_multiply tile_multiply_bytes
#else
#define NARROW ECBSR_DTYPE_BF16
#define tile_multiply tile_multiply_pairs
#endif

// Sums of 16 outputs of 16 pixels of each row.
typedef uint32_t Sums[ECBSR_GROUP_ROWS][WORDS];

// A block of them that waits to be finished.
typedef struct
{
  const EcbsrConv *conv;
  uint32_t (*sums)[WORDS];
  uint32_t *dst[ECBSR_GROUP_ROWS]; // its first pixel in the first run
  size_t pitch;
  unsigned first; // output
  unsigned n_quads;
} Pending;

typedef void (*FinishFunc) (const Pending *pending, unsigned quad);

typedef struct
{
  const EcbsrConv *conv;
  void *const *dst;
  size_t dst_pitch;
  FinishFunc finish;
  EcbsrTiling tiling;
  size_t row_words; // of a row's tiles in a span
  uint32_t *begins; // what sums begin with, a tile for 16 outputs
  uint32_t *tiles;  // of a span: [input row][block][part]
  Pending pending;
} Work;

// ------------------------------------------------------------- finishing --

ALWAYS_INLINE vint
sum_at (const Pending *p, unsigned row, unsigned o, unsigned lane)
{
  return (vint) vload ((const float *) (p->sums[row] + o * SIZE + lane));
}

#if ECBSR_DOT == 4

typedef struct
{
  vfloat multiplier, bias, slope, knee;
} Output;

ALWAYS_INLINE Output
output_of (const EcbsrConv *conv, unsigned o, int knee)
{
  return (Output){ vsplat (conv->multiplier[o]), vsplat (conv->bias[o]),
                   vsplat (conv->slope[o]),
                   knee ? vsplat (conv->knee[o]) : vsplat (0) };
}

ALWAYS_INLINE vfloat
value_of (vint sum, const Output *a)
{
  return vmuladd_once (a->bias, vfrom_int (sum), a->multiplier);
}

// Outputs 4·quad … of the block, as all finish functions.
static __attribute__ ((noinline)) void
finish_bytes (const Pending *p, unsigned quad)
{
  const unsigned in_block = QUAD * quad, o = p->first + in_block;
  const size_t at = o / QUAD * p->pitch;
  const vint least = vsplat_int ((int32_t) p->conv->least_byte[o / QUAD]);
  const vint greatest = vsplat_int ((int32_t) p->conv->greatest_byte[o / QUAD]);
  Output a[QUAD];

#pragma GCC unroll 4
  for (unsigned j = 0; j < QUAD; j++)
    a[j] = output_of (p->conv, o + j, 1);
#pragma GCC unroll 4
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    for (unsigned l = 0; l < SIZE; l += LANES)
      {
        vfloat y[QUAD];
#pragma GCC unroll 4
        for (unsigned j = 0; j < QUAD; j++)
          {
            const vfloat t = value_of (sum_at (p, r, in_block + j, l), &a[j]);
            y[j] = vmax (t, vmuladd_once (a[j].knee, t, a[j].slope));
          }
        vstore ((float *) (p->dst[r] + at + l),
                (vfloat) vbounded_bytes (vbyte_quad (y, 1), least, greatest));
      }
}

ALWAYS_INLINE vfloat
float_of (const Pending *p, unsigned row, unsigned o, unsigned lane,
          const Output *a)
{
  return value_of (sum_at (p, row, o, lane), a);
}

#else

static __attribute__ ((noinline)) void
finish_pairs (const Pending *p, unsigned quad)
{
  for (unsigned j = QUAD * quad; j < QUAD * (quad + 1); j += 2)
    {
      const unsigned o = p->first + j;
      if (o >= p->conv->n_out)
        break;
      const Activation a = activation_of (p->conv, o);
      const Activation b = activation_of (p->conv, o + 1);
#pragma GCC unroll 4
      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        for (unsigned l = 0; l < SIZE; l += LANES)
          {
            const vfloat y = vactivated ((vfloat) sum_at (p, r, j, l), &a);
            const vfloat z = vactivated ((vfloat) sum_at (p, r, j + 1, l), &b);
            vstore ((float *) (p->dst[r] + o / 2 * p->pitch + l),
                    (vfloat) vbf16_pair (y, z));
          }
    }
}

typedef struct
{
  char nothing;
} Output;

ALWAYS_INLINE Output
output_of (const EcbsrConv *conv, unsigned o, int knee)
{
  return (Output){ 0 };
}

ALWAYS_INLINE vfloat
float_of (const Pending *p, unsigned row, unsigned o, unsigned lane,
          const Output *unused)
{
  return (vfloat) sum_at (p, row, o, lane);
}

#endif

static __attribute__ ((noinline)) void
finish_floats (const Pending *p, unsigned quad)
{
  for (unsigned j = QUAD * quad; j < QUAD * (quad + 1); j++)
    {
      const unsigned o = p->first + j;
      if (o >= p->conv->n_out)
        break;
      const Activation a = activation_of (p->conv, o);
      const Output output = output_of (p->conv, o, 0);
      const int plain = p->conv->plain;
      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        for (unsigned l = 0; l < SIZE; l += LANES)
          {
            const vfloat t = float_of (p, r, j, l, &output);
            vstore ((float *) (p->dst[r] + o * p->pitch + l),
                    plain ? t : vactivated (t, &a));
          }
    }
}

// ----------------------------------------------------------- multiplying --

// One of as many moments as there are between multiplications, in `n_parts`
// parts of four each.
ALWAYS_INLINE void
finish_some (Work *w, unsigned moment)
{
  const unsigned n_parts = w->tiling.n_parts;

  if (moment % n_parts == 0 && moment / n_parts < w->pending.n_quads)
    w->finish (&w->pending, moment / n_parts);
}

static void
finish_all (Work *w)
{
  for (unsigned quad = 0; quad < w->pending.n_quads; quad++)
    w->finish (&w->pending, quad);
  w->pending.n_quads = 0;
}

ALWAYS_INLINE void
load_weights (const uint32_t *weight)
{
  tile_load (4, weight, ROW_BYTES);
  tile_load (5, weight + WORDS, ROW_BYTES);
  tile_load (6, weight + 2 * WORDS, ROW_BYTES);
}

// One part's products for all rows, three between finishing and finishing: each
// row of sums rests meanwhile.
ALWAYS_INLINE void
multiply_part (Work *w, const uint32_t *from, unsigned part)
{
  tile_load (7, from, ROW_BYTES);
  tile_multiply (0, 4, 7);
  tile_load (7, from + w->row_words, ROW_BYTES);
  tile_multiply (1, 4, 7);
  tile_multiply (0, 5, 7);
  finish_some (w, 4 * part);
  tile_load (7, from + 2 * w->row_words, ROW_BYTES);
  tile_multiply (2, 4, 7);
  tile_multiply (1, 5, 7);
  tile_multiply (0, 6, 7);
  finish_some (w, 4 * part + 1);
  tile_load (7, from + 3 * w->row_words, ROW_BYTES);
  tile_multiply (3, 4, 7);
  tile_multiply (2, 5, 7);
  tile_multiply (1, 6, 7);
  finish_some (w, 4 * part + 2);
  tile_load (7, from + 4 * w->row_words, ROW_BYTES);
  tile_multiply (3, 5, 7);
  tile_multiply (2, 6, 7);
  tile_load (7, from + 5 * w->row_words, ROW_BYTES);
  tile_multiply (3, 6, 7);
  finish_some (w, 4 * part + 3);
}

// 16 outputs of 16 pixels of all rows.
ALWAYS_INLINE void
multiply_block (Work *w, uint32_t (*sums)[WORDS], const uint32_t *from,
                const uint32_t *weight, const uint32_t *begin)
{
  const unsigned n_parts = w->tiling.n_parts;

  tile_load (0, begin, ROW_BYTES);
  tile_load (1, begin, ROW_BYTES);
  tile_load (2, begin, ROW_BYTES);
  tile_load (3, begin, ROW_BYTES);
  for (unsigned part = 0; part < n_parts; part++)
    {
      if (n_parts > 1)
        load_weights (weight + (size_t) part * 3 * WORDS);
      multiply_part (w, from + (size_t) part * w->tiling.n_rows * SIZE, part);
    }
  tile_store (0, sums[0], ROW_BYTES);
  tile_store (1, sums[1], ROW_BYTES);
  tile_store (2, sums[2], ROW_BYTES);
  tile_store (3, sums[3], ROW_BYTES);
}

// Quads of outputs from `first` on in its block.
static unsigned
count_quads (const EcbsrConv *conv, unsigned first)
{
  const unsigned n_left = conv->n_out - first;

  return ((n_left < SIZE ? n_left : SIZE) + QUAD - 1) / QUAD;
}

static void
make_outputs (Work *w, Sums sums[2], unsigned first, size_t x, size_t n)
{
  const unsigned n_parts = w->tiling.n_parts;
  const size_t block_words = (size_t) n_parts * w->tiling.n_rows * SIZE;
  const uint32_t *weight = (const uint32_t *) w->conv->weight
                           + (size_t) first / SIZE * n_parts * 3 * WORDS;

  if (n_parts == 1)
    load_weights (weight);
  for (size_t at = 0; at < n; at += SIZE)
    {
      // The other one is pending.
      uint32_t (*own)[WORDS] = w->pending.sums == sums[0] ? sums[1] : sums[0];
      multiply_block (w, own, w->tiles + at / SIZE * block_words, weight,
                      w->begins + (size_t) first / SIZE * WORDS);
      w->pending
          = (Pending){ w->conv,      own,   { 0 },
                       w->dst_pitch, first, count_quads (w->conv, first) };
      for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
        w->pending.dst[r] = (uint32_t *) w->dst[r] + x + at;
    }
}

// --------------------------------------------------------------- copying --

ALWAYS_INLINE void
copy_words (uint32_t *to, const uint32_t *from)
{
#pragma GCC unroll 4
  for (unsigned l = 0; l < SIZE; l += LANES)
    vstore ((float *) (to + l), vload ((const float *) (from + l)));
}

// Word i of the pixels of a span, `from` being the first.
static void
spread_word (const Work *w, uint32_t *to, const uint32_t *from, unsigned i,
             size_t n)
{
  const EcbsrTiling *tiling = &w->tiling;
  const size_t block_words = (size_t) tiling->n_parts * tiling->n_rows * SIZE;
  const unsigned part = i / tiling->n_words, row = i % tiling->n_words;

  to += (size_t) (part * tiling->n_rows + row) * SIZE;
  for (size_t x = 0; x < n; x += SIZE, to += block_words)
    for (unsigned kx = 0; kx < 3; kx++)
      copy_words (to + kx * tiling->n_words * SIZE, from + x + kx - 1);
}

static void
spread_rows (const Work *w, const void *const *src, size_t src_pitch, size_t x,
             size_t n)
{
  for (unsigned r = 0; r < SOURCES; r++)
    for (unsigned i = 0; i < w->conv->n_in; i++)
      spread_word (w, w->tiles + r * w->row_words,
                   (const uint32_t *) src[r] + i * src_pitch + x, i, n);
}

// Words that the last part has room for and nothing is in. What multiplies them
// is 0, but they must be numbers.
static void
clear_absent (const Work *w)
{
  const EcbsrTiling *tiling = &w->tiling;
  const unsigned n_blocks = tiling->span / SIZE;
  const uint32_t zeros[SIZE + 2] = { 0 };

  for (unsigned i = w->conv->n_in; i < tiling->n_parts * tiling->n_words; i++)
    for (unsigned r = 0; r < SOURCES; r++)
      for (unsigned b = 0; b < n_blocks; b++)
        spread_word (w,
                     w->tiles + r * w->row_words
                         + (size_t) b * tiling->n_parts * tiling->n_rows * SIZE,
                     zeros + 1, i, SIZE);
}

static void
fill_begins (const Work *w)
{
  const EcbsrConv *conv = w->conv;
  uint32_t *to = w->begins;

  for (unsigned o = 0; o < (conv->n_out + SIZE - 1) / SIZE * SIZE; o++)
    for (unsigned x = 0; x < SIZE; x++, to++)
      if (o >= conv->n_out)
        *to = 0;
      else if (ECBSR_DOT == 4)
        memcpy (to, &conv->offset[o], sizeof *to);
      else
        memcpy (to, &conv->bias[o], sizeof *to);
}

// ------------------------------------------------------------- all of it --

// Sums 0 to 3, weights 4 to 6, pixels 7.
static TileConfig
configuration_of (const EcbsrConv *conv, const EcbsrTiling *tiling)
{
  const unsigned n_out
      = conv->n_out < SIZE ? count_quads (conv, 0) * QUAD : SIZE;
  TileConfig config = { .palette = TILE_PALETTE };

  for (unsigned t = 0; t < 8; t++)
    {
      config.n_rows[t] = (uint8_t) (t < 7 ? n_out : tiling->n_rows);
      config.row_bytes[t]
          = (uint16_t) (t < 4 || t == 7 ? ROW_BYTES
                                        : tiling->n_rows * sizeof (uint32_t));
    }
  return config;
}

static void
make_rows (const EcbsrConv *conv, void *const *dst, size_t dst_pitch,
           const void *const *src, size_t src_pitch, void *work, size_t n,
           FinishFunc finish)
{
  Sums sums[2] __attribute__ ((aligned (ECBSR_ALIGN)));
  const size_t end = (n + SIZE - 1) / SIZE * SIZE;
  Work w
      = { .conv = conv, .dst = dst, .dst_pitch = dst_pitch, .finish = finish };

  w.tiling = ecbsr_kernels_tiling (NARROW, conv->n_in * ECBSR_DOT);
  w.row_words = (size_t) w.tiling.span * w.tiling.n_parts * w.tiling.n_rows;
  w.begins = work;
  w.tiles = w.begins + (size_t) (conv->n_out + SIZE - 1) / SIZE * WORDS;
  fill_begins (&w);
  clear_absent (&w);
  const TileConfig config = configuration_of (conv, &w.tiling);
  tile_configure (&config);
  for (size_t x = 0; x < end; x += w.tiling.span)
    {
      const size_t part = end - x < w.tiling.span ? end - x : w.tiling.span;
      spread_rows (&w, src, src_pitch, x, part);
      for (unsigned o = 0; o < conv->n_out; o += SIZE)
        make_outputs (&w, sums, o, x, part);
    }
  tile_release ();
  finish_all (&w);
}

#define TILE(name, finish)                                                     \
  static void ECBSR_NAME (tile3x3_##name) (                                    \
      const EcbsrConv *conv, void *const *dst, size_t dst_pitch,               \
      const void *const *src, size_t src_pitch, void *work, size_t n)          \
  {                                                                            \
    make_rows (conv, dst, dst_pitch, src, src_pitch, work, n, finish);         \
  }
#if ECBSR_DOT == 4
TILE (u8_u8, finish_bytes)
TILE (u8_f32, finish_floats)
#else
TILE (bf16_bf16, finish_pairs)
TILE (bf16_f32, finish_floats)
#endif

// Full tiles, four at a time: as many as a convolution has under way.
static size_t
ECBSR_NAME (peak_tiles) (size_t n_rounds)
{
  TileConfig config = { .palette = TILE_PALETTE };
  const size_t n = n_rounds / SIZE + 1; // a round is about as long everywhere

  for (unsigned t = 0; t < 8; t++)
    {
      config.n_rows[t] = SIZE;
      config.row_bytes[t] = ROW_BYTES;
    }
  tile_configure (&config);
  for (size_t i = 0; i < n; i++)
    {
      tile_multiply (0, 4, 7);
      tile_multiply (1, 5, 7);
      tile_multiply (2, 6, 7);
      tile_multiply (3, 4, 7);
    }
  tile_release ();
  return n * 4 * SIZE * SIZE * SIZE * ECBSR_DOT;
}

#if ECBSR_TILES_EMULATED // only tests know of it
void ECBSR_PASTE (kernels_fill, ECBSR_LEVEL) (EcbsrKernels *kernels);
#endif

void
ECBSR_PASTE (kernels_fill, ECBSR_LEVEL) (EcbsrKernels *kernels)
{
  kernels->isa = ECBSR_STRING (ECBSR_ISA);
  kernels->tile = SIZE;
  kernels->peak[NARROW] = ECBSR_NAME (peak_tiles);
#if ECBSR_DOT == 4
  kernels->tile3x3_u8_u8 = ECBSR_NAME (tile3x3_u8_u8);
  kernels->tile3x3_u8_f32 = ECBSR_NAME (tile3x3_u8_f32);
#else
  kernels->tile3x3_bf16_bf16 = ECBSR_NAME (tile3x3_bf16_bf16);
  kernels->tile3x3_bf16_f32 = ECBSR_NAME (tile3x3_bf16_f32);
#endif
}
