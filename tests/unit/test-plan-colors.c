// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Networks of three colours on pictures of every format: what comes out is what the
// definition of each format makes of R, G and B.

#include "plan-models.h"
#include "plan-pictures.h"

#include <math.h>
#include <string.h>

// A network that adds nothing repeats each pixel: components that go by way of R, G
// and B come back as they were, whatever they are, also beyond black and white.
static void
test_flat (gconstpointer data)
{
  const Format *format = data;
  const guint n = format->layout.n_components;
  g_autoptr (GRand) random = g_rand_new_with_seed (4);

  for (guint i = 0; i < 40; i++)
    {
      const guint scale = 1 + i % 4;
      g_autoptr (EcbsrModel) model = model_new_colors (scale, 0, NULL);
      g_autoptr (Picture) in = picture_new (format, 11, 6, ROWS_TIGHT);
      g_autoptr (Picture) out = NULL;
      guint value[4];
      Setup setup = default_setup;

      setup.field = i % 3;
      setup.offset_x = i % 2 ? 0.5 : 0.25;
      for (guint c = 0; c < n; c++)
        {
          value[c] = (guint) g_rand_int_range (random, 0, 1 << format_depth (format));
          picture_fill (in, c, value[c]);
        }
      out = picture_upscale (model, in, ROWS_ODD, &setup);
      for (guint c = 0; c < n; c++)
        for (guint y = 0; y < picture_height (out, c); y++)
          for (guint x = 0; x < picture_width (out, c); x++)
            g_assert_cmpint (ABS ((gint) picture_get (out, c, x, y) - (gint) value[c]),
                             <=, format_depth (format) > 12);
    }
}

// --------------------------------------------------------------- chroma --

// Keys's cubic by its definition.
static gdouble
keys (gdouble x)
{
  x = fabs (x);
  if (x < 1)
    return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

// Where samples lie in one direction, in pixels: sample i of a component at
// (i + site) · size, pixel i at i + ½.
typedef struct
{
  guint n; // samples
  gdouble size, site;
} Axis;

static gdouble
cubic_weight (const Axis *axis, gint i, gdouble pixel)
{
  return keys (pixel / axis->size - axis->site - i);
}

// Of all pixels, by the definition, of the first field of a picture's rows too.
static gdouble
chroma_at (const Picture *in, guint c, const Axis *ax, const Axis *ay, gint x, gint y)
{
  const gdouble px = CLAMP (x, 0, (gint) in->width - 1) + 0.5;
  const gdouble py = CLAMP (y, 0, (gint) in->height - 1) + 0.5;
  gdouble sum = 0;

  for (gint j = -4; j < (gint) ay->n + 4; j++)
    for (gint i = -4; i < (gint) ax->n + 4; i++)
      {
        const gdouble weight
            = cubic_weight (ax, i, px) * cubic_weight (ay, j, py);
        if (weight != 0)
          sum += weight
                 * picture_get (in, c, (guint) CLAMP (i, 0, (gint) ax->n - 1),
                                (guint) CLAMP (j, 0, (gint) ay->n - 1));
      }
  return sum;
}

static gdouble
overlap (gdouble begin, gdouble end, gint pixel)
{
  return MAX (0, MIN (end, pixel + 1) - MAX (begin, pixel));
}

// Sample (x, y) of the output: the mean of a cell's worth of repeated pixels around
// its place.
static gdouble
expected_chroma (const Picture *in, guint c, guint scale, const Axis *ax,
                 const Axis *ay, guint x, guint y)
{
  const gdouble left = (x + ax->site - 0.5) * ax->size;
  const gdouble top = (y + ay->site - 0.5) * ay->size;
  const gint width = (gint) (in->width * scale), height = (gint) (in->height * scale);
  gdouble sum = 0;

  for (gint j = (gint) floor (top); j < top + ay->size; j++)
    for (gint i = (gint) floor (left); i < left + ax->size; i++)
      sum += overlap (left, left + ax->size, i) * overlap (top, top + ay->size, j)
             * chroma_at (in, c, ax, ay, CLAMP (i, 0, width - 1) / (gint) scale,
                          CLAMP (j, 0, height - 1) / (gint) scale);
  return sum / ax->size / ay->size;
}

static void
check_chroma (const Format *format, guint scale, gdouble site_x, gdouble site_y)
{
  g_autoptr (EcbsrModel) model = model_new_colors (scale, 0, NULL);
  g_autoptr (Picture) in = picture_new (format, 13, 9, ROWS_TIGHT);
  g_autoptr (Picture) out = NULL;
  Setup setup = default_setup;
  const guint w_sub = format->layout.component[1].w_sub;
  const guint h_sub = format->layout.component[1].h_sub;
  const Axis ax = { picture_width (in, 1), 1 << w_sub, w_sub ? site_x : 0.5 };
  const Axis ay = { picture_height (in, 1), 1 << h_sub, h_sub ? site_y : 0.5 };
  const gint most = (1 << format_depth (format)) - 1;

  setup.offset_x = site_x;
  setup.offset_y = site_y;
  picture_fill_noise (in, 8);
  out = picture_upscale (model, in, ROWS_TIGHT, &setup);
  for (guint y = 0; y < out->height; y++)
    for (guint x = 0; x < out->width; x++)
      g_assert_cmpint (
          ABS ((gint) picture_get (out, 0, x, y)
               - (gint) picture_get (in, 0, x / scale, y / scale)),
          <=, 1);
  for (guint c = 1; c < 3; c++)
    for (guint y = 0; y < picture_height (out, c); y++)
      for (guint x = 0; x < picture_width (out, c); x++)
        {
          gdouble value = expected_chroma (in, c, scale, &ax, &ay, x, y);
          g_assert_cmpfloat (
              fabs (picture_get (out, c, x, y) - CLAMP (value, 0, most)), <, 0.6);
        }
}

static void
test_chroma (gconstpointer data)
{
  const Format *format = data;

  for (guint scale = 1; scale <= 4; scale++)
    for (guint i = 0; i < 4; i++)
      check_chroma (
          format, scale,
          i % 2 ? 0.5 : 0.5 / (1 << format->layout.component[1].w_sub),
          i / 2 ? 0.5 : 0.5 / (1 << format->layout.component[1].h_sub));
}

// ------------------------------------------------------------- networks --

static gdouble
luma_of (const Picture *rgb, guint x, guint y)
{
  return 0.2126 * picture_get (rgb, 0, x, y) + 0.7152 * picture_get (rgb, 1, x, y)
         + 0.0722 * picture_get (rgb, 2, x, y);
}

// Grey is three colours alike, and stays grey: the luma of what becomes of them.
static void
test_grey (void)
{
  for (guint scale = 1; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) model = model_new_colors (scale, 0.2, NULL);
      g_autoptr (Picture) grey
          = picture_new (format_find ("GRAY8"), 33, 17, ROWS_TIGHT);
      g_autoptr (Picture) rgb
          = picture_new (format_find ("RGB"), 33, 17, ROWS_TIGHT);
      g_autoptr (Picture) grey_out = NULL, rgb_out = NULL;

      for (guint y = 0; y < 17; y++)
        for (guint x = 0; x < 33; x++)
          for (guint c = 0; c < 3; c++)
            {
              picture_set (grey, 0, x, y, 60 + (x * y * 7) % 130);
              picture_set (rgb, c, x, y, 60 + (x * y * 7) % 130);
            }
      grey_out = picture_upscale (model, grey, ROWS_TIGHT, &default_setup);
      rgb_out = picture_upscale (model, rgb, ROWS_TIGHT, &default_setup);
      for (guint y = 0; y < 17 * scale; y++)
        for (guint x = 0; x < 33 * scale; x++)
          g_assert_cmpfloat (fabs (picture_get (grey_out, 0, x, y)
                                   - luma_of (rgb_out, x, y)),
                             <=, 1);
    }
}

// R, G and B by the standard's equations, and Y, U and V of what becomes of them.
static void
test_rgb_as_yuv (void)
{
  static const gdouble k[] = { 0.2126, 0.7152, 0.0722 };
  g_autoptr (EcbsrModel) model = model_new_colors (2, 0.5, "replicate");
  g_autoptr (Picture) yuv
      = picture_new (format_find ("Y444_16LE"), 29, 13, ROWS_TIGHT);
  g_autoptr (Picture) rgb
      = picture_new (format_find ("RGBA64_LE"), 29, 13, ROWS_TIGHT);
  g_autoptr (Picture) yuv_out = NULL, rgb_out = NULL;
  const gdouble black = 16 * 256, span = 219 * 256, middle = 128 * 256, half = 224 * 256;

  picture_fill_noise (rgb, 2);
  for (guint y = 0; y < 13; y++)
    for (guint x = 0; x < 29; x++)
      {
        gdouble v[3], luma = 0;
        for (guint c = 0; c < 3; c++) // such that nothing is clamped anywhere
          picture_set (rgb, c, x, y, 20000 + picture_get (rgb, c, x, y) / 4);
        for (guint c = 0; c < 3; c++)
          luma += k[c] * (v[c] = (picture_get (rgb, c, x, y) - black) / span);
        picture_set (yuv, 0, x, y, (guint) (black + span * luma + 0.5));
        picture_set (yuv, 1, x, y,
                     (guint) (middle + half * (v[2] - luma) / (2 * (1 - k[2])) + 0.5));
        picture_set (yuv, 2, x, y,
                     (guint) (middle + half * (v[0] - luma) / (2 * (1 - k[0])) + 0.5));
      }
  yuv_out = picture_upscale (model, yuv, ROWS_TIGHT, &default_setup);
  rgb_out = picture_upscale (model, rgb, ROWS_TIGHT, &default_setup);
  for (guint y = 0; y < rgb_out->height; y++)
    for (guint x = 0; x < rgb_out->width; x++)
      {
        gdouble luma = (luma_of (rgb_out, x, y) - black) / span;
        gdouble blue = (picture_get (rgb_out, 2, x, y) - black) / span;
        gdouble u = middle + half * (blue - luma) / (2 * (1 - k[2]));
        g_assert_cmpfloat (
            fabs (picture_get (yuv_out, 0, x, y) - (black + span * luma)), <, 4);
        g_assert_cmpfloat (fabs (picture_get (yuv_out, 1, x, y) - u), <, 4);
      }
}

// Half of the network is half way between it and the cubic, of all components.
static void
test_strength (gconstpointer data)
{
  const Format *format = data;
  g_autoptr (EcbsrModel) model = model_new_colors (2, 1, NULL);
  g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (2);
  g_autoptr (Picture) in = picture_new (format, 35, 13, ROWS_TIGHT);
  g_autoptr (Picture) all = NULL, none = NULL, half = NULL, compared = NULL;
  Setup setup = default_setup;

  for (guint c = 0; c < format->layout.n_components; c++)
    for (guint y = 0; y < picture_height (in, c); y++)
      for (guint x = 0; x < picture_width (in, c); x++)
        picture_set (in, c, x, y,
                     (100 + (x * 5 + y * 11 + c * 3) % 60) << (format_depth (format) - 8));
  all = picture_upscale (model, in, ROWS_TIGHT, &setup);
  setup.strength = 0.5f;
  half = picture_upscale (model, in, ROWS_TIGHT, &setup);
  setup.strength = 0;
  none = picture_upscale (model, in, ROWS_TIGHT, &setup);
  setup.strength = 1;
  setup.split = 32;
  compared = picture_upscale (model, in, ROWS_TIGHT, &setup);
  for (guint c = 0; c < format->layout.n_components; c++)
    for (guint y = 0; y < picture_height (all, c); y++)
      for (guint x = 0; x < picture_width (all, c); x++)
        {
          const guint first = x << format->layout.component[c].w_sub;
          const gint a = (gint) picture_get (all, c, x, y);
          const gint n = (gint) picture_get (none, c, x, y);
          g_assert_cmpint (ABS (2 * (gint) picture_get (half, c, x, y) - a - n), <=,
                           2);
          g_assert_cmpint (picture_get (compared, c, x, y), ==, first < 32 ? n : a);
        }
  picture_free (g_steal_pointer (&all));
  all = picture_upscale (cubic, in, ROWS_TIGHT, &default_setup);
  picture_assert_equal (all, none);
}

// --------------------------------------------------------------- config --

static void
assert_invalid (const EcbsrPlanConfig *config, const gchar *message)
{
  g_autoptr (EcbsrModel) model = model_new_colors (4, 1, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (ecbsr_plan_new (model, config, &error));
  g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID);
  if (!strstr (error->message, message))
    g_error ("\"%s\", expected \"%s\" in it", error->message, message);
}

static void
test_config (void)
{
  g_autoptr (Picture) in = picture_new (format_find ("I420"), 8, 8, ROWS_TIGHT);
  const EcbsrPlanConfig good = picture_config (in, &default_setup);
  static const gdouble bad_spans[] = { 0, -224, 1e9, NAN, INFINITY };
  EcbsrPlanConfig config;

  for (guint i = 0; i < G_N_ELEMENTS (bad_spans); i++)
    {
      config = good;
      config.chroma_span = bad_spans[i];
      assert_invalid (&config, "is no range");
    }
  config = good;
  config.chroma_zero = NAN;
  assert_invalid (&config, "is no range");
  config = good;
  config.luma_weight[0] = 1;
  config.luma_weight[1] = config.luma_weight[2] = 0;
  assert_invalid (&config, "leaves no chroma");
  config = good;
  config.luma_weight[1] = 0;
  assert_invalid (&config, "is no average");
  config = good;
  config.chroma_shift_x = 1.4;
  assert_invalid (&config, "leaves its cell");
  config = good;
  config.layout.component[2].w_sub = 0;
  assert_invalid (&config, "subsampled in different ways");
}

static void
add (const gchar *name, const Format *format, GTestDataFunc test)
{
  g_autofree gchar *path
      = g_strdup_printf ("/plan/colors/%s/%s", name, format->name);

  g_test_add_data_func (path, format, test);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_formats; i++)
    {
      add ("flat", &formats[i], test_flat);
      add ("strength", &formats[i], test_strength);
      if (!format_is_rgb (&formats[i]) && formats[i].layout.n_components > 1)
        add ("chroma", &formats[i], test_chroma);
    }
  g_test_add_func ("/plan/colors/grey", test_grey);
  g_test_add_func ("/plan/colors/rgb-as-yuv", test_rgb_as_yuv);
  g_test_add_func ("/plan/colors/config", test_config);
  return g_test_run ();
}
