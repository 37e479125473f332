// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a plan holds. Written when it is made; after that only its scratch changes, and
// what belongs to the picture that is worked on (blocks, region, run, counts).
//
// A picture is cut into column strips and row bands. One task is a tile: its
// rows stream through all layers (net.h), each layer keeping only the rows that
// its successor needs, and leave through output.h. Planes of chroma are tiles
// of tasks of their own. Where not all of a picture is to be treated alike,
// tiles are put together of blocks instead (blocks.h).

#ifndef ECBSR_PLAN_H
#define ECBSR_PLAN_H

#include "ecbsr.h"
#include "kernels/kernels.h"
#include "model.h"
#include "scratch.h"

// How the components of one plane are interleaved.
typedef enum
{
  PLANE_PLAIN,  // one component
  PLANE_PAIR,   // U and V
  PLANE_YUYV,   // Y, U and V, 4:2:2
  PLANE_TRIPLE, // R, G, B or Y, U, V
  PLANE_QUAD,   // the same and alpha or an unused byte
} PlaneKind;

typedef struct
{
  PlaneKind kind;
  guint n_components;
  guint component[ECBSR_MAX_COMPONENTS]; // indices into the layout, by offset
} PlanePlan;

typedef struct
{
  guint width, height;         // input
  guint n_rows;                // that there are: height, or one less (interleaved)
  guint out_width, out_height; // output
  EcbsrCubic filter_x, filter_y;
} ComponentPlan;

// Tiles of one plane, in input samples of its (most finely sampled) component.
typedef struct
{
  guint plane;
  guint component;    // whose samples they are
  guint pixel_stride; // of these
  guint align;        // samples that cannot be parted: 2 in a plane of 4:2:2
  guint cut_x, cut_y; // tiles begin at multiples of these
  guint width, height;
  guint tile_width, band_height;
  guint n_columns, n_bands;

  guint block_width, block_height;
  guint n_block_columns, n_block_rows;
  guint first_block;
} TileGrid;

typedef struct
{
  guint x0, x1, y0, y1; // input samples, end excluded
} Tile;

// What can be decided of by itself.
typedef struct
{
  guint8 state, last_state; // BLOCK_…, blocks.h
  guint8 taken;             // into a task
  guint16 x0, x1, y0, y1;   // what has changed in it; nothing where x1 is 0
} Block;

// Blocks of one state as one tile.
typedef struct
{
  guint16 grid, state;
  guint16 column, row, n_columns, n_rows;
} BlockTask;

// sample · scale + bias is what the network sees; and back.
typedef struct
{
  gfloat scale, bias;
} Mapping;

// Three components of three others: Σ weight[i][c] · component c + bias[i].
typedef struct
{
  gfloat weight[3][3], bias[3];
} Matrix;

// How chroma of fewer samples is made of that of every pixel, in one direction: cell i
// is Σ tap[k] · pixel (size · i + first + k).
typedef struct
{
  guint size; // pixels in a cell
  gint first;
  guint n;                   // taps, 1 to CHROMA_TAPS
  gfloat tap[CHROMA_TAPS]; // sum 1; 0 from the n-th on
} ChromaFilter;

// A layer made ready: what it reads and writes, and what does it.
typedef struct
{
  EcbsrDtype in, out;
  EcbsrConv conv;
  const guint32 *zero_words; // of bytes: a word of 0 in each run that it reads
  EcbsrConvFunc run;
  EcbsrGroupFunc run_group; // instead of run, NULL: not
  guint tile; // of run_group (EcbsrKernels), 0: it is Winograd's
  gboolean square;         // over columns as well
  guint group;             // rows made at once, 1 or ECBSR_GROUP_ROWS
  guint phase;             // of the rows where groups begin, modulo group
} PlanLayer;

struct _EcbsrPlan
{
  EcbsrModel *model;
  EcbsrPlanConfig config;
  EcbsrKernels kernels;
  gchar *backend;

  guint sample_size; // bytes
  guint scale;
  guint radius; // of the receptive field
  // Input rows that a result's bits depend on: more than the receptive field
  // where rows are made in groups (net.h).
  guint rows_above, rows_below;
  guint columns_beside; // the same to either side
  EcbsrPrecision precision;
  PlanLayer *layers;
  gpointer packed; // what the layers' convolutions point to

  Mapping to_net, from_net;
  Matrix yuv_to_net, yuv_from_net; // of networks of three colours
  EcbsrCubic chroma_x, chroma_y;   // U and V of every pixel, for such
  ChromaFilter down_x, down_y;     // and back
  gboolean joins_chroma;           // whether these do anything
  guint beside_x, beside_y; // input pixels that a tile's chroma depends on beside it
  EcbsrCubic quarters; // between the network's rows, for fields
  ComponentPlan component[ECBSR_MAX_COMPONENTS];
  guint n_planes;
  PlanePlan plane[ECBSR_MAX_PLANES];

  // grid[0] is the plane with component 0: the network runs there. Its tiles may be
  // written to all planes (ecbsr_plan_joins_planes()).
  guint n_grids;
  TileGrid grid[ECBSR_MAX_PLANES];
  guint n_tasks;

  guint n_threads;
  ScratchLayout scratch_layout;
  Scratch *scratch; // one per thread

  // Of the picture under way, or the last one.
  guint n_blocks; // of all grids
  Block *blocks;
  guint n_block_tasks;
  BlockTask *block_tasks; // room for n_blocks
  guint n_regions;
  Tile region[ECBSR_MAX_REGIONS]; // within the picture
  gsize run;                      // the frame cache's that blocks are about
  EcbsrRunCounts counts;
};

// Whether the network's layers compute beyond the picture, which goes on there;
// else they see 0.
static inline gboolean
ecbsr_plan_goes_on (const EcbsrPlan *plan)
{
  return plan->model->info.padding != ECBSR_PADDING_ZERO;
}

// Whether the network's output stays near the range of the input around it.
static inline gboolean
ecbsr_plan_has_overshoot (const EcbsrPlan *plan)
{
  return plan->model->info.overshoot >= 0;
}

// Whether the network makes all components, not only luma.
static inline gboolean
ecbsr_plan_has_colors (const EcbsrPlan *plan)
{
  return plan->model->info.n_colors == 3;
}

// Whether a tile is written to all planes by what makes the first one: a network of
// three colours, or what it adds to each of R, G and B. There are no other tiles then.
static inline gboolean
ecbsr_plan_joins_planes (const EcbsrPlan *plan)
{
  return ecbsr_plan_has_colors (plan)
         || plan->config.layout.color == ECBSR_COLOR_RGB;
}

// Whether U and V have to be made for every pixel, and as few again of them.
static inline gboolean
ecbsr_plan_is_subsampled (const EcbsrPlan *plan)
{
  const EcbsrLayout *layout = &plan->config.layout;

  return layout->color == ECBSR_COLOR_YUV && layout->n_components > 1
         && (layout->component[1].w_sub || layout->component[1].h_sub);
}

static inline guint
ecbsr_div_up (guint a, guint b)
{
  return (a + b - 1) / b;
}

// plan_layout.c: checks the layout and fills component, plane and n_planes.
gboolean ecbsr_plan_init_layout (EcbsrPlan *plan, GError **error);

// plan_colors.c: for a network of three colours how components become R, G, B and
// back. FALSE for a siting or a range that cannot be.
gboolean ecbsr_plan_init_colors (EcbsrPlan *plan, GError **error);

// Where row i of a field lies that is at `offset` of its cell in the whole picture.
gdouble ecbsr_plan_row_offset (EcbsrField field, gdouble offset);

// plan_layers.c: chooses precision and packs weights. FALSE when memory is short.
gboolean ecbsr_plan_init_layers (EcbsrPlan *plan);

#endif
