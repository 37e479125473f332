// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a plan can be made for, and what is said of what it cannot.

#include "plan-models.h"
#include "plan-pictures.h"

#include <math.h>

// Each spoils a good I420 config, and says what the error says.
#define BAD_CONFIGS(X)                                                         \
  X (no_width, c->width = 0, "size 0x9 is not between 1x1 and 32768x32768")    \
  X (no_height, c->height = 0,                                                 \
     "size 17x0 is not between 1x1 and 32768x32768")                           \
  X (too_wide, c->width = 32769,                                               \
     "size 32769x9 is not between 1x1 and 32768x32768")                        \
  X (too_high, c->height = G_MAXUINT,                                          \
     "size 17x4294967295 is not between 1x1 and 32768x32768")                  \
  X (no_range, c->white = c->black,                                            \
     "black 16 and white 16 are no range of at least 0.001 within ±65536")     \
  X (upside_down, c->white = 0,                                                \
     "black 16 and white 0 are no range of at least 0.001 within ±65536")      \
  X (nan_black, c->black = NAN,                                                \
     "black nan and white 235 are no range of at least 0.001 within ±65536")   \
  X (infinite_white, c->white = INFINITY,                                      \
     "black 16 and white inf are no range of at least 0.001 within ±65536")    \
  X (huge_range, c->black = -1e300,                                            \
     "black -1e+300 and white 235 are no range of at least 0.001 within "      \
     "±65536")                                                                 \
  X (siting_x, c->chroma_offset_x = 1.5,                                       \
     "chroma at (1.5, 0.5) of its cell is not between 0 and 1")                \
  X (siting_y, c->chroma_offset_y = NAN,                                       \
     "chroma at (0.25, nan) of its cell is not between 0 and 1")               \
  X (shift_x, c->chroma_shift_x = 1.5,                                         \
     "chroma moved by (1.5, 0) lies further away than the cubic reaches")      \
  X (shift_y, c->chroma_shift_y = NAN,                                         \
     "chroma moved by (0, nan) lies further away than the cubic reaches")      \
  X (no_components, c->layout.n_components = 0,                                \
     "a YUV picture of 0 components")                                          \
  X (two_components, c->layout.n_components = 2,                               \
     "a YUV picture of 2 components")                                          \
  X (absent_alpha, c->layout.n_components = 4,                                 \
     "component 3: offset 0 with pixel stride 0")                              \
  X (five_components, c->layout.n_components = 5,                              \
     "a YUV picture of 5 components")                                          \
  X (far_plane, c->layout.component[2].plane = 4,                              \
     "component 2 lies in plane 4 of at most 4")                               \
  X (no_stride, c->layout.component[1].pixel_stride = 0,                       \
     "component 1: offset 0 with pixel stride 0")                              \
  X (wide_stride, c->layout.component[1].pixel_stride = 5,                     \
     "component 1: offset 0 with pixel stride 5")                              \
  X (far_offset, c->layout.component[1].offset = 1,                            \
     "component 1: offset 1 with pixel stride 1")                              \
  X (wrapping_offset, c->layout.component[1].offset = G_MAXUINT,               \
     "component 1: offset 4294967295 with pixel stride 1")                     \
  X (subsampled_luma, c->layout.component[0].h_sub = 1,                        \
     "component 0 must not be subsampled")                                     \
  X (subsampled_by_8, c->layout.component[1].w_sub = 3,                        \
     "component 1 is subsampled by more than 4")                               \
  X (same_bytes, c->layout.component[2].plane = 1,                             \
     "components 1 and 2 both at offset 0 of plane 1")                         \
  X (hole, c->layout.component[2].plane = 3,                                   \
     "plane 2 interleaves its components in an unsupported way")               \
  X (half_a_pair, c->layout.component[1].pixel_stride = 2,                     \
     "plane 1 interleaves its components in an unsupported way")               \
  X (no_depth, (c->sample = ECBSR_SAMPLE_U16, c->shift = 6),                   \
     "samples of 0 bits from bit 6 on are not in words of 16")                 \
  X (too_deep, (c->sample = ECBSR_SAMPLE_U16, c->depth = 17),                  \
     "samples of 17 bits from bit 0 on are not in words of 16")                \
  X (too_high_up,                                                              \
     (c->sample = ECBSR_SAMPLE_U16, c->depth = 10, c->shift = G_MAXUINT),      \
     "samples of 10 bits from bit 4294967295 on are not in words of 16")       \
  X (words_of_bytes, (c->sample = ECBSR_SAMPLE_U16, c->depth = 16),            \
     "component 0: offset 0 with pixel stride 1")                              \
  X (half_a_word,                                                              \
     (c->sample = ECBSR_SAMPLE_U16, c->depth = 16,                             \
      c->layout.component[0].pixel_stride = 3),                                \
     "component 0: offset 0 with pixel stride 3")                              \
  X (between_words,                                                            \
     (c->sample = ECBSR_SAMPLE_U16, c->depth = 16,                             \
      c->layout.component[0].pixel_stride = 4,                                 \
      c->layout.component[0].offset = 1),                                      \
     "component 0: offset 1 with pixel stride 4")                              \
  X (floats_of_bytes, c->sample = ECBSR_SAMPLE_F32,                            \
     "component 0: offset 0 with pixel stride 1")

// … and these an RGBA one.
#define BAD_RGB_CONFIGS(X)                                                     \
  X (grey_as_rgb, c->layout.n_components = 1,                                  \
     "an RGB picture of 1 components")                                         \
  X (subsampled_blue, c->layout.component[2].w_sub = 1,                        \
     "component 2 must not be subsampled")                                     \
  X (overlap, c->layout.component[3].offset = 1,                               \
     "components 1 and 3 both at offset 1 of plane 0")                         \
  X (planar, c->layout.component[0].plane = 1,                                 \
     "plane 0 interleaves its components in an unsupported way")               \
  X (uneven_strides, c->layout.component[1].pixel_stride = 3,                  \
     "plane 0 interleaves its components in an unsupported way")               \
  X (rgb_floats, c->sample = ECBSR_SAMPLE_F32,                                 \
     "component 1: offset 1 with pixel stride 4")                              \
  X (no_luma, c->luma_weight[1] = 0,                                           \
     "luma of 0.2126 R + 0 G + 0.0722 B is no average of the three")           \
  X (nan_luma, c->luma_weight[2] = NAN,                                        \
     "luma of 0.2126 R + 0.7152 G + nan B is no average of the three")         \
  X (negative_luma, (c->luma_weight[0] = -1, c->luma_weight[1] = 1.9278),      \
     "luma of -1 R + 1.9278 G + 0.0722 B is no average of the three")

static void
refuse (const gchar *format, void (*spoil) (EcbsrPlanConfig *c),
        const gchar *message)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  g_autoptr (Picture) picture
      = picture_new (format_find (format), 17, 9, ROWS_TIGHT);
  EcbsrPlanConfig config = picture_config (picture, &default_setup);
  g_autoptr (GError) error = NULL;

  spoil (&config);
  g_assert_null (ecbsr_plan_new (model, &config, &error));
  g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID);
  g_assert_cmpstr (error->message, ==, message);
}

#define DEFINE(name, spoiling, message)                                        \
  static void spoil_##name (EcbsrPlanConfig *c) { spoiling; }                  \
  static void test_##name (void) { refuse (FORMAT, spoil_##name, message); }
#define FORMAT "I420"
BAD_CONFIGS (DEFINE)
#undef FORMAT
#define FORMAT "RGBA"
BAD_RGB_CONFIGS (DEFINE)
#undef FORMAT

// Luma in the same plane as one of the two others is nothing that exists.
static void
spoil_pair (EcbsrPlanConfig *c)
{
  c->layout.component[0].pixel_stride = 2;
  c->layout.component[0].offset = 1;
  c->layout.component[1].plane = 0;
  c->layout.component[1].pixel_stride = 2;
  c->layout.component[2].plane = 1;
}

static void
test_luma_in_a_pair (void)
{
  refuse ("Y444", spoil_pair,
          "plane 0 interleaves its components in an unsupported way");
}

// Numbers that only change how work is divided may be anything.
static void
test_any_division (void)
{
  static const guint numbers[]
      = { 0, 1, 2, 511, 513, 32768, G_MAXUINT / 2, G_MAXUINT };
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  g_autoptr (Picture) in
      = picture_new (format_find ("NV12"), 33, 9, ROWS_TIGHT);
  g_autoptr (Picture) whole = NULL;
  Setup setup = default_setup;

  picture_fill_noise (in, 1);
  whole = picture_upscale (model, in, ROWS_TIGHT, &setup);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    for (guint j = 0; j < G_N_ELEMENTS (numbers); j++)
      {
        g_autoptr (Picture) out = NULL;
        setup.tile_width = numbers[i];
        setup.band_height = numbers[j];
        setup.n_threads = numbers[(i + j) % G_N_ELEMENTS (numbers)];
        out = picture_upscale (model, in, ROWS_TIGHT, &setup);
        picture_assert_equal (whole, out);
      }
}

// Scratch does not grow with the height, so that this is cheap.
static void
test_largest (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (4, 1);
  const Picture picture = { .format = format_find ("I420"),
                            .width = ECBSR_MAX_SIZE,
                            .height = ECBSR_MAX_SIZE };
  EcbsrPlanConfig config = picture_config (&picture, &default_setup);
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, &error);

  g_assert_no_error (error);
  g_assert_nonnull (plan);
}

static void
test_backend (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  const Picture picture
      = { .format = format_find ("GRAY8"), .width = 64, .height = 512 };
  EcbsrPlanConfig config = picture_config (&picture, &default_setup);
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) one = ecbsr_plan_new (model, &config, &error);
  g_autoptr (EcbsrPlan) three = NULL;

  config.n_threads = 3;
  three = ecbsr_plan_new (model, &config, &error);
  g_assert_no_error (error);
  g_assert_true (g_str_has_suffix (ecbsr_plan_get_backend (one),
                                   ", float32, 1 thread"));
  g_assert_true (g_str_has_suffix (ecbsr_plan_get_backend (three),
                                   ", float32, 3 threads"));
}

#define ADD(name, spoiling, message)                                           \
  g_test_add_func ("/plan/refuses/" #name, test_##name);

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  BAD_CONFIGS (ADD)
  BAD_RGB_CONFIGS (ADD)
  g_test_add_func ("/plan/refuses/luma-in-a-pair", test_luma_in_a_pair);
  g_test_add_func ("/plan/takes/any-division", test_any_division);
  g_test_add_func ("/plan/takes/largest", test_largest);
  g_test_add_func ("/plan/backend", test_backend);
  return g_test_run ();
}
