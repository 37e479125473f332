// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Between the cubic upscale and the network: strength, split, colour and flat
// pictures.

#include "builder.h"
#include "plan-models.h"
#include "plan-pictures.h"

#include <float.h>
#include <math.h>

static const gchar *const names[] = { "GRAY8", "I420", "NV12", "YUY2", "UYVY",
                                      "RGB",   "BGRx", "ARGB" };

typedef struct
{
  EcbsrModel *model, *cubic;
  Picture *in, *all, *none; // what the network and the cubic model make of it
} Fixture;

static Fixture
new_fixture (const gchar *format, guint scale, const Setup *setup)
{
  Fixture f = { model_new_ecbsr (scale, 1), ecbsr_model_new_cubic (scale) };

  f.in = picture_new (format_find (format), 37, 8, ROWS_TIGHT);
  picture_fill_noise (f.in, 11);
  f.all = picture_upscale (f.model, f.in, ROWS_TIGHT, setup);
  f.none = picture_upscale (f.cubic, f.in, ROWS_TIGHT, setup);
  return f;
}

static void
clear_fixture (Fixture *f)
{
  ecbsr_model_unref (f->model);
  ecbsr_model_unref (f->cubic);
  picture_free (f->in);
  picture_free (f->all);
  picture_free (f->none);
}

// The network's range and the picture's are the same here, so that mapping
// rounds nothing and the cubic rows are the same floats.
static void
test_strength_0 (gconstpointer name)
{
  for (guint scale = 2; scale <= 4; scale++)
    {
      Fixture f = new_fixture (name, scale, &default_setup);
      Setup setup = default_setup;
      g_autoptr (Picture) out = NULL;

      setup.strength = 0;
      out = picture_upscale (f.model, f.in, ROWS_TIGHT, &setup);
      picture_assert_equal (f.none, out);
      clear_fixture (&f);
    }
}

// Where the network's range is another, halves may round the other way.
static void
test_strength_0_mapped (gconstpointer name)
{
  g_autoptr (EcbsrModel) model = model_new_esr ("esr-tm", 2);
  Setup setup = default_setup;
  Fixture f = new_fixture (name, 2, &setup);
  g_autoptr (Picture) out = NULL;

  setup.strength = 0;
  out = picture_upscale (model, f.in, ROWS_TIGHT, &setup);
  for (guint c = 0; c < out->format->layout.n_components; c++)
    picture_assert_near (f.none, c, out, c, 1);
  clear_fixture (&f);
}

// Where neither end is clamped, a quarter of the strength is a quarter of the
// way, to within the rounding of all three.
static void
check_part (const Fixture *f, const Picture *part, guint c, gdouble strength)
{
  guint n_checked = 0;

  for (guint y = 0; y < picture_height (part, c); y++)
    for (guint x = 0; x < picture_width (part, c); x++)
      {
        gint all = *picture_sample (f->all, c, x, y);
        gint none = *picture_sample (f->none, c, x, y);
        gint found = *picture_sample (part, c, x, y);
        if (all == 0 || all == 255 || none == 0 || none == 255)
          continue;
        g_assert_cmpfloat (fabs (found - none - strength * (all - none)), <=,
                           1.01);
        n_checked++;
      }
  g_assert_cmpuint (n_checked, >, 100);
}

static void
test_strength_between (gconstpointer name)
{
  static const gfloat strengths[] = { 0.25, 0.5, 0.875 };
  Fixture f = new_fixture (name, 2, &default_setup);
  Setup setup = default_setup;

  for (guint i = 0; i < G_N_ELEMENTS (strengths); i++)
    {
      g_autoptr (Picture) part = NULL;
      setup.strength = strengths[i];
      part = picture_upscale (f.model, f.in, ROWS_TIGHT, &setup);
      for (guint c = 0; c < part->format->layout.n_components; c++)
        check_part (&f, part, c, strengths[i]);
    }
  clear_fixture (&f);
}

// Left of the split the cubic upscale, from it on the network.
static void
check_split (const Fixture *f, guint split, const Setup *division)
{
  g_autoptr (Picture) out = NULL;
  Setup setup = *division;

  setup.split = split;
  out = picture_upscale (f->model, f->in, ROWS_TIGHT, &setup);
  for (guint c = 0; c < out->format->layout.n_components; c++)
    for (guint y = 0; y < picture_height (out, c); y++)
      for (guint x = 0; x < picture_width (out, c); x++)
        {
          const Picture *right = x < split ? f->none : f->all;
          gint found = *picture_sample (out, c, x, y);
          gint expected = *picture_sample (right, c, x, y);
          if (found != expected)
            g_error ("%s split at %u: component %u at (%u,%u) is %d, not %d",
                     out->format->name, split, c, x, y, found, expected);
        }
}

static void
test_split (gconstpointer name)
{
  Setup tiled = default_setup;

  tiled.tile_width = 8;
  for (guint scale = 2; scale <= 4; scale++)
    {
      Fixture f = new_fixture (name, scale, &default_setup);
      const guint width = f.all->width;
      const guint splits[]
          = { 0, 1, width / 3, width / 2, width - 1, width, width + 1,
              G_MAXUINT };

      for (guint i = 0; i < G_N_ELEMENTS (splits); i++)
        {
          check_split (&f, splits[i], &default_setup);
          check_split (&f, splits[i], &tiled);
        }
      clear_fixture (&f);
    }
}

// ------------------------------------------ a network that changes nothing --

// It repeats pixels: whatever changes is the engine's own doing.
static void
test_repeats_pixels (void)
{
  for (guint scale = 2; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) model = model_new_ecbsr (scale, 0);
      g_autoptr (Picture) in
          = picture_new (format_find ("UYVY"), 30, 12, ROWS_TIGHT);
      g_autoptr (Picture) out = NULL;

      picture_fill_noise (in, 17);
      out = picture_upscale (model, in, ROWS_TIGHT, &default_setup);
      for (guint y = 0; y < out->height; y++)
        for (guint x = 0; x < out->width; x++)
          g_assert_cmpuint (*picture_sample (out, 0, x, y), ==,
                            *picture_sample (in, 0, x / scale, y / scale));
    }
}

static void
check_flat (const gchar *name, guint scale, guint8 value, Setup setup)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (scale, 0);
  g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (scale);
  g_autoptr (Picture) in
      = picture_new (format_find (name), 9, 5, ROWS_TIGHT);
  g_autoptr (Picture) expected = picture_new (in->format, 9 * scale,
                                              5 * scale, ROWS_TIGHT);

  for (guint c = 0; c < in->format->layout.n_components; c++)
    {
      picture_fill (in, c, (guint8) (value ^ c * 85));
      picture_fill (expected, c, (guint8) (value ^ c * 85));
    }
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (Picture) out = NULL;
      setup.strength = (gfloat) i / 2;
      out = picture_upscale (model, in, ROWS_TIGHT, &setup);
      picture_assert_equal (expected, out);
    }
  g_autoptr (Picture) out = picture_upscale (cubic, in, ROWS_TIGHT, &setup);
  picture_assert_equal (expected, out);
}

static void
test_flat (gconstpointer name)
{
  Setup setup = default_setup;

  for (guint scale = 2; scale <= 4; scale++)
    for (guint value = 0; value < 256; value += 15)
      {
        setup.black = value % 2 ? 16 : 0;
        setup.white = value % 2 ? 235 : 255;
        check_flat (name, scale, (guint8) value, setup);
      }
}

// Black and white, in full range on a network of video range.
static void
test_black_and_white (void)
{
  static const gchar *const rgb[] = { "RGB", "BGRx", "RGBA" };
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 0);
  Setup setup = default_setup;

  setup.black = 0;
  setup.white = 255;
  for (guint i = 0; i < G_N_ELEMENTS (rgb); i++)
    for (guint value = 0; value < 256; value += 255)
      {
        g_autoptr (Picture) in
            = picture_new (format_find (rgb[i]), 12, 6, ROWS_TIGHT);
        g_autoptr (Picture) out = NULL;

        for (guint c = 0; c < 3; c++)
          picture_fill (in, c, (guint8) value);
        out = picture_upscale (model, in, ROWS_TIGHT, &setup);
        for (guint c = 0; c < 3; c++)
          for (guint x = 0; x < out->width; x++)
            g_assert_cmpuint (*picture_sample (out, c, x, 5), ==, value);
      }
}

// What the network adds goes to R, G and B alike.
static void
test_grey_stays_grey (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (3, 1);
  g_autoptr (Picture) in
      = picture_new (format_find ("BGRA"), 40, 9, ROWS_TIGHT);
  g_autoptr (Picture) out = NULL;

  picture_fill_noise (in, 13);
  for (guint y = 0; y < in->height; y++)
    for (guint x = 0; x < in->width; x++)
      for (guint c = 1; c < 3; c++)
        *picture_sample (in, c, x, y) = *picture_sample (in, 0, x, y);
  out = picture_upscale (model, in, ROWS_TIGHT, &default_setup);
  picture_assert_near (out, 0, out, 1, 0);
  picture_assert_near (out, 0, out, 2, 0);
}

// … and is what a grey picture would get: of grey RGB, the luma's result.
static void
test_grey_as_luma (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  g_autoptr (Picture) luma
      = picture_new (format_find ("GRAY8"), 40, 9, ROWS_TIGHT);
  g_autoptr (Picture) rgb
      = picture_new (format_find ("RGB"), 40, 9, ROWS_TIGHT);
  g_autoptr (Picture) luma_out = NULL, rgb_out = NULL;

  picture_fill_noise (luma, 13);
  for (guint y = 0; y < rgb->height; y++)
    for (guint x = 0; x < rgb->width; x++)
      for (guint c = 0; c < 3; c++)
        *picture_sample (rgb, c, x, y) = *picture_sample (luma, 0, x, y);
  luma_out = picture_upscale (model, luma, ROWS_TIGHT, &default_setup);
  rgb_out = picture_upscale (model, rgb, ROWS_TIGHT, &default_setup);
  picture_assert_near (luma_out, 0, rgb_out, 1, 1);
}

// --------------------------------------------------------------- floats --

static void
run_floats (EcbsrModel *model, guint width, guint height, const gfloat *in,
            gfloat *out)
{
  const guint scale = ecbsr_model_get_info (model)->scale;
  const EcbsrPlanConfig config
      = { .width = width,
          .height = height,
          .sample = ECBSR_SAMPLE_F32,
          .layout = { .n_components = 1, .component[0].pixel_stride = 4 },
          .white = 255,
          .n_threads = 2 };
  const EcbsrPicture from = { { (guint8 *) in }, { (gssize) width * 4 } };
  const EcbsrPicture to
      = { { (guint8 *) out }, { (gssize) (width * scale) * 4 } };
  const EcbsrRunParams params = { 1, 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, &error);

  g_assert_no_error (error);
  ecbsr_plan_run (plan, &from, &to, &params);
}

// Samples far outside their range do not make a network of a softmax divide
// infinities.
static void
test_finite (void)
{
  static const gchar *const architectures[] = { "esr-tm", "esr-tr" };
  static const gfloat values[] = { 0, 255, -1e4f, 1e4f, FLT_MIN / 8 };
  gfloat in[13 * 7], out[4 * 13 * 7];

  for (guint i = 0; i < G_N_ELEMENTS (in); i++)
    in[i] = values[i * 7 % G_N_ELEMENTS (values)];
  for (guint a = 0; a < G_N_ELEMENTS (architectures); a++)
    {
      g_autoptr (EcbsrModel) model = model_new_esr (architectures[a], 2);
      run_floats (model, 13, 7, in, out);
      for (guint i = 0; i < G_N_ELEMENTS (out); i++)
        g_assert_true (isfinite (out[i]));
    }
}

// Weights whose sums overflow make a bad picture, not a bad memory access, and
// even that the same one on any number of threads.
static void
test_overflow (void)
{
  g_autoptr (Builder) builder
      = builder_new_ecbsr (2, 2, 8, "linear", "plain", "false");
  g_autoptr (Picture) in
      = picture_new (format_find ("NV12"), 100, 40, ROWS_TIGHT);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (EcbsrModel) model = NULL;
  g_autoptr (Picture) out = NULL, again = NULL;
  Setup setup = default_setup;

  for (guint t = 0; t < builder->tensors->len; t++)
    {
      BuiltTensor *tensor = builder->tensors->pdata[t];
      for (guint i = 0; i < tensor->n_values; i++)
        tensor->values[i] *= 1e30f;
    }
  bytes = builder_build (builder);
  model = ecbsr_model_new_from_bytes (bytes, "test", NULL);
  picture_fill_noise (in, 2);
  out = picture_upscale (model, in, ROWS_TIGHT, &setup);
  setup.n_threads = 2;
  again = picture_upscale (model, in, ROWS_TIGHT, &setup);
  picture_assert_equal (out, again);
}

static void
add_for_formats (const gchar *test, GTestDataFunc func)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree gchar *path
          = g_strdup_printf ("/plan/%s/%s", test, names[i]);
      g_test_add_data_func (path, names[i], func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_for_formats ("strength/0", test_strength_0);
  add_for_formats ("strength/0-mapped", test_strength_0_mapped);
  add_for_formats ("strength/between", test_strength_between);
  add_for_formats ("split", test_split);
  add_for_formats ("flat", test_flat);
  g_test_add_func ("/plan/repeats-pixels", test_repeats_pixels);
  g_test_add_func ("/plan/rgb/black-and-white", test_black_and_white);
  g_test_add_func ("/plan/rgb/grey-stays-grey", test_grey_stays_grey);
  g_test_add_func ("/plan/rgb/grey-as-luma", test_grey_as_luma);
  g_test_add_func ("/plan/floats/finite", test_finite);
  g_test_add_func ("/plan/overflow", test_overflow);
  return g_test_run ();
}
