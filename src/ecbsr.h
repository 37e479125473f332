// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The engine: small super-resolution networks on planes and pixels of video.
//
//   EcbsrModel   what was trained: immutable weights, shared by any number of plans
//   EcbsrPlan    a model made ready for one geometry: packed weights, tiles, scratch
//   run          one picture through a plan
//
// The engine knows nothing of GStreamer.

#ifndef ECBSR_H
#define ECBSR_H

#include <glib.h>

G_BEGIN_DECLS

#define ECBSR_ERROR (ecbsr_error_quark ())
GQuark ecbsr_error_quark (void);

typedef enum
{
  ECBSR_ERROR_NOT_FOUND, // no such file
  ECBSR_ERROR_READ,      // it is there, but cannot be read
  ECBSR_ERROR_FORMAT,    // its content is broken or is no model for this engine
  ECBSR_ERROR_WRITE,     // a file cannot be written
  ECBSR_ERROR_INVALID,   // a geometry or layout that no plan can be made for
  ECBSR_ERROR_NO_MEMORY, // an allocation failed
} EcbsrError;

// ------------------------------------------------------------------ models --

typedef enum
{
  ECBSR_ARCHITECTURE_CUBIC, // no network: the cubic upscale alone
  ECBSR_ARCHITECTURE_ECBSR,
  ECBSR_ARCHITECTURE_ESR_MAX,
  ECBSR_ARCHITECTURE_ESR_TM,
  ECBSR_ARCHITECTURE_ESR_TR,
  ECBSR_ARCHITECTURE_ESR_CNN,
} EcbsrArchitecture;

typedef enum
{
  ECBSR_ACTIVATION_LINEAR,
  ECBSR_ACTIVATION_RELU,
  ECBSR_ACTIVATION_RRELU, // in inference: the mean of its slopes, here 0
  ECBSR_ACTIVATION_PRELU, // one slope per channel
  ECBSR_ACTIVATION_SOFTPLUS,
  ECBSR_ACTIVATION_TANH, // edge-SR only
} EcbsrActivation;

// What a network sees beyond the picture's borders.
typedef enum
{
  ECBSR_PADDING_ZERO, // every layer sees 0 there, as published networks do
  // The picture goes on as far as the network reaches, and all layers compute there:
  ECBSR_PADDING_REPLICATE, // with its outermost pixels
  ECBSR_PADDING_SYMMETRIC, // mirrored at its edges: …, 1, 0, 0, 1, …
} EcbsrPadding;

typedef struct _EcbsrModel EcbsrModel;

// What a model is. Strings belong to the model. Fields that an architecture
// does not have are 0.
typedef struct
{
  EcbsrArchitecture architecture;
  guint scale;       // 2, 3, 4 (ECBSR, cubic: 1 too)
  guint n_colors;    // 1: works on luma; 3: on R, G and B (ECBSR only)
  guint n_blocks;    // ECBSR: m
  guint n_channels;  // ECBSR: c; edge-SR: C
  guint kernel_size; // eSR-MAX, -TM, -TR: K
  guint depth;       // eSR-CNN: D
  guint squeeze;     // eSR-CNN: S
  EcbsrActivation activation;
  EcbsrPadding padding;
  // How far an output pixel may leave the range of the 3x3 input pixels around it, as
  // a share of black to white; negative: as far as it likes.
  gdouble overshoot;
  gboolean training_form; // as stored; what runs is always folded
  gboolean identity;
  gdouble black, white; // what the network sees for black and for white

  guint n_parameters;     // of the folded network
  guint n_macs_per_pixel; // multiply-adds per input pixel
  guint radius;           // of the receptive field, input pixels

  gboolean bounded; // some layer's activations have a minimum and a maximum
  gboolean has_int8; // calibration data is there
  // Measured loss against float32, dB; negative: not measured.
  gdouble bfloat16_loss, int8_loss;

  const gchar *name, *licence, *trained_on, *content;
  const gchar *sha256; // of the file's bytes, lower-case hex; "" for cubic
} EcbsrModelInfo;

// Opens the model file at `path` (docs/model-format.md). Everything in it is
// checked before use; the training form is folded in double precision.
// Returns NULL and sets `error` (NOT_FOUND, READ, FORMAT, NO_MEMORY), whose
// message names the file, the tensor or key, and what is wrong.
// Thread-safe. Free with ecbsr_model_unref().
EcbsrModel *ecbsr_model_open (const gchar *path, GError **error);

// The same from memory. `origin` stands in messages where a path would.
EcbsrModel *ecbsr_model_new_from_bytes (GBytes *bytes, const gchar *origin,
                                        GError **error);

// The cubic upscale as a model: no network, scale 1 to 4, black 0, white 1.
EcbsrModel *ecbsr_model_new_cubic (guint scale);

// Writes the folded, float32 form of `model` to `path`, metadata kept, `form`
// set to plain. The file appears complete or not at all. Not for cubic.
gboolean ecbsr_model_save (const EcbsrModel *model, const gchar *path,
                           GError **error);

// Thread-safe.
EcbsrModel *ecbsr_model_ref (EcbsrModel *model);
void ecbsr_model_unref (EcbsrModel *model);

// Valid as long as the model is.
const EcbsrModelInfo *ecbsr_model_get_info (const EcbsrModel *model);

// The metadata as key, value, key, value, …, NULL, sorted by key.
const gchar *const *ecbsr_model_get_metadata (const EcbsrModel *model);

// "ecbsr", "esr-max", …; "prelu", "relu", …; "zero", "replicate",
// "symmetric"
const gchar *ecbsr_architecture_to_string (EcbsrArchitecture architecture);
const gchar *ecbsr_activation_to_string (EcbsrActivation activation);
const gchar *ecbsr_padding_to_string (EcbsrPadding padding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EcbsrModel, ecbsr_model_unref)

// ------------------------------------------------------------------- plans --

#define ECBSR_MAX_COMPONENTS 4
#define ECBSR_MAX_PLANES 4
#define ECBSR_MAX_SIZE 32768 // input width and height

typedef enum
{
  ECBSR_SAMPLE_U8,
  ECBSR_SAMPLE_U16, // `depth` bits of a little-endian word, from bit `shift` on
  ECBSR_SAMPLE_F32, // planes of floats; output neither rounded nor clamped
} EcbsrSample;

// What the rows of a picture are.
typedef enum
{
  ECBSR_FIELD_NONE,   // all rows there are
  ECBSR_FIELD_TOP,    // every second row of an interlaced picture, from the first
  ECBSR_FIELD_BOTTOM, // … from the second
} EcbsrField;

// In what the inner layers of a network compute. The first layer and what the
// last one puts out are float32 always, so that edge-SR networks of one layer know
// no other.
typedef enum
{
  ECBSR_PRECISION_AUTO, // the fastest on this machine, by measurement, of those whose
                        // loss the model file puts at 0.05 dB or less; of those that
                        // take at most a tenth longer the most exact one
  ECBSR_PRECISION_FLOAT32,
  ECBSR_PRECISION_BFLOAT16, // sums in float32
  ECBSR_PRECISION_INT8,     // sums in int32; needs calibration data in the file
} EcbsrPrecision;

#define ECBSR_N_PRECISIONS (ECBSR_PRECISION_INT8 + 1)

typedef enum
{
  ECBSR_COLOR_YUV, // components Y[, U, V[, A]]
  ECBSR_COLOR_RGB, // components R, G, B[, A]
} EcbsrColor;

// Where the samples of a picture lie: the same for input and output.
// Supported are: planes of one component each; U and V interleaved in one plane
// (NV12, NV21, NV16); Y, U and V in one plane, 4:2:2 (YUY2, UYVY); R, G, B or
// Y, U, V (4:4:4) with pixel stride 3, or 4 with alpha or an unused byte; the same
// of 16-bit words, with twice the offsets and strides. F32 takes planes of one component.
typedef struct
{
  EcbsrColor color;
  guint n_components;
  struct
  {
    guint plane;
    guint offset;       // of the first sample in its row, bytes
    guint pixel_stride; // from sample to sample, bytes
    guint w_sub, h_sub; // log2 of the subsampling, at most 2; of U and V only
  } component[ECBSR_MAX_COMPONENTS];
} EcbsrLayout;

typedef struct
{
  guint width, height; // input, of component 0, 1 to ECBSR_MAX_SIZE
  EcbsrSample sample;
  guint depth, shift; // U16: bits of a sample, unused ones below it; sum 1 to 16
  EcbsrLayout layout;

  // Sample values of black and white of Y (of R, G, B): 16 and 235 for video
  // range of 8 bits, 0 and 1023 for the full range of 10. Mapped to the range of
  // the weights and back.
  gdouble black, white;

  // A field, upscaled, is the same field of the upscaled picture: its rows lie
  // where those of the larger picture do. height is the field's, chroma_offset_y
  // the whole picture's.
  EcbsrField field;
  // The other field lies between the rows of this one, in one picture: of an odd
  // number of chroma rows, which 2 · height rows of luma may have, the bottom field
  // has one less. Else a field's chroma rows are those of a picture of its height.
  gboolean interleaved;

  // RGB, and YUV for a network of three colours: luma = Σ weight · component.
  // Sum 1.
  gdouble luma_weight[3];

  // YUV of more than luma for a network of three colours: the sample value of no
  // colour of U and V, and the distance between their ends: 128 and 224 for video
  // range of 8 bits, 512 and 1023 for the full range of 10.
  gdouble chroma_zero, chroma_span;

  // Where a subsampled chroma sample lies between the luma samples it covers:
  // 0.5 in the middle (MPEG-1, JPEG), 0.25 on the first of two (MPEG-2
  // horizontally).
  gdouble chroma_offset_x, chroma_offset_y;
  // YUV: how much further right and down U and V of the output are sited than
  // those of the input, in distances between samples of the output. 0 keeps the
  // siting. The cubic reaches 2 input samples; a shift beyond that is INVALID.
  // For a network of three colours, which makes chroma of every pixel, the new place
  // has to be within 2 pixels of the cell's middle.
  gdouble chroma_shift_x, chroma_shift_y;

  // What the CPU or the model cannot do runs as float32;
  // ecbsr_plan_get_precision() tells.
  EcbsrPrecision precision;

  guint n_threads;   // 0: as many CPUs as the process may use
  guint tile_width;  // input pixels, 0: chosen. Results never depend on it
  guint band_height; // input rows, 0: chosen. Results never depend on it
} EcbsrPlanConfig;

// "auto", "float32", …
const gchar *ecbsr_precision_to_string (EcbsrPrecision precision);

typedef struct _EcbsrPlan EcbsrPlan;

// Makes `model` ready for pictures as `config` says: packs weights, cuts tiles,
// allocates all scratch (independent of the height). Takes a reference on the
// model. Returns NULL and sets `error` (INVALID, NO_MEMORY).
EcbsrPlan *ecbsr_plan_new (EcbsrModel *model, const EcbsrPlanConfig *config,
                           GError **error);
void ecbsr_plan_free (EcbsrPlan *plan);

// What runs, for people: "avx2, float32, 2 threads". Belongs to the plan.
const gchar *ecbsr_plan_get_backend (const EcbsrPlan *plan);

// The instruction set that it runs on ("avx2"), a constant, and on how many threads
// at most.
const gchar *ecbsr_plan_get_isa (const EcbsrPlan *plan);
guint ecbsr_plan_get_n_threads (const EcbsrPlan *plan);

// What the inner layers compute in: never AUTO.
EcbsrPrecision ecbsr_plan_get_precision (const EcbsrPlan *plan);

// What AUTO goes by: how many nanoseconds an input pixel of luma takes in each precision
// on one thread; 0 where the CPU or the model cannot, or loses too much, and all 0 where
// memory is short. Measured side by side, in some ten milliseconds, once in a process
// for each shape of network, so that plans of any size and number of threads take the
// same. Thread-safe.
void ecbsr_plan_get_precision_costs (const EcbsrPlan *plan,
                                     gdouble cost[ECBSR_N_PRECISIONS]);

// How many nanoseconds an input pixel of a picture as `config` says takes with `model`,
// while nothing else runs; the size and the fields do not count. Measured on a small
// picture, in some milliseconds, once in a process for each shape of network, kind of
// picture, precision and number of threads. 0 where memory is short. Thread-safe.
gdouble ecbsr_model_get_cost (EcbsrModel *model, const EcbsrPlanConfig *config);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EcbsrPlan, ecbsr_plan_free)

// One picture: planes with strides in bytes, which may be negative (the picture
// is stored bottom-up) or larger than a row.
typedef struct
{
  guint8 *plane[ECBSR_MAX_PLANES];
  gssize stride[ECBSR_MAX_PLANES];
} EcbsrPicture;

#define ECBSR_MAX_REGIONS 256
// Input pixels beyond a region's edge within which the network fades into the
// cubic.
#define ECBSR_REGION_FADE 4

// Input pixels. What lies outside the picture does not count.
typedef struct
{
  guint x, y, width, height;
} EcbsrRegion;

// Copies of the last picture of a stream and of what was made of it, so that
// only what has changed needs to be worked on: (1 + scale²) times the picture's
// size.
typedef struct _EcbsrFrameCache EcbsrFrameCache;

// For pictures of the kind that `plan` is for, and for all plans that are for
// the same kind and scale. Returns NULL and sets `error` (NO_MEMORY).
EcbsrFrameCache *ecbsr_frame_cache_new (const EcbsrPlan *plan, GError **error);
void ecbsr_frame_cache_free (EcbsrFrameCache *frame_cache);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (EcbsrFrameCache, ecbsr_frame_cache_free)

typedef struct
{
  gfloat strength; // 0: cubic, 1: the network; a blend between
  guint split;     // output columns left of this are cubic; 0: none

  // Where the network is wanted, at most ECBSR_MAX_REGIONS; NULL: everywhere.
  // Within a region the result is what it is without regions, and beyond
  // ECBSR_REGION_FADE the cubic; in between a blend. The network runs nowhere
  // else.
  const EcbsrRegion *regions;
  guint n_regions;

  // Where nothing has changed that the result depends on, the last result is
  // taken: the same bits. Whatever else changes from call to call, plan and
  // parameters too, is seen. NULL: all is computed.
  EcbsrFrameCache *frame_cache;
} EcbsrRunParams;

// Upscales `in` into `out`, whose planes hold scale × width and scale × height,
// chroma rounded up. Neither is kept after the call. Allocates nothing, cannot
// fail. Uses the calling thread and the process-wide worker pool. A plan runs
// one picture at a time; different plans run side by side.
// The result does not depend on the number of threads or on the tiles.
void ecbsr_plan_run (EcbsrPlan *plan, const EcbsrPicture *in,
                     const EcbsrPicture *out, const EcbsrRunParams *params);

// Tiles of luma in the last picture, all of about one size.
typedef struct
{
  guint n_tiles;
  guint n_outside; // the network was not wanted there
  guint n_kept;    // taken from the frame cache; not in n_outside
} EcbsrRunCounts;

EcbsrRunCounts ecbsr_plan_get_counts (const EcbsrPlan *plan);

G_END_DECLS

#endif
