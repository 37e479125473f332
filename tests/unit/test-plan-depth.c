// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Nothing between the samples of a deep picture and those of its upscale has
// fewer bits.

#include "plan-models.h"
#include "plan-pictures.h"

#include <math.h>
#include <string.h>

#define WIDTH 640

static gboolean
is_deep (gconstpointer format)
{
  return ((const Format *) format)->depth > 0;
}

// A ramp in the finest steps, the same in every component.
static Picture *
new_ramp (const Format *format, guint first)
{
  Picture *ramp = picture_new (format, WIDTH, 4, ROWS_TIGHT);

  for (guint c = 0; c < format->layout.n_components; c++)
    for (guint y = 0; y < picture_height (ramp, c); y++)
      for (guint x = 0; x < picture_width (ramp, c); x++)
        picture_set (ramp, c, x, y, first + x);
  return ramp;
}

// Away from the ends, a cubic leaves a ramp straight: all levels are there,
// each where it belongs.
static void
test_cubic_ramp (gconstpointer data)
{
  const Format *format = data;
  const guint first = (1u << format->depth) / 3;

  for (guint scale = 2; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (scale);
      g_autoptr (Picture) in = new_ramp (format, first);
      g_autoptr (Picture) out
          = picture_upscale (cubic, in, ROWS_TIGHT, &default_setup);

      for (guint c = 0; c < format->layout.n_components; c++)
        for (guint x = 2 * scale; x < picture_width (out, c) - 2 * scale; x++)
          {
            gdouble site = format->layout.component[c].w_sub
                               ? default_setup.offset_x
                               : 0.5;
            gdouble at = first + (x + site) / scale - site;
            g_assert_cmpfloat (fabs (picture_get (out, c, x, 0) - at), <=,
                               0.5001);
          }
    }
}

// The picture of bytes and the same one with zeros below: their upscales differ
// by how bytes are rounded, and by more than deeper samples would be.
static void
check_against_bytes (EcbsrModel *model, const Format *format)
{
  const gdouble unit = 1 << (format->depth - 8);
  g_autoptr (Picture) bytes
      = picture_new (format_find ("GRAY8"), 33, 17, ROWS_TIGHT);
  g_autoptr (Picture) deep = picture_new (format, 33, 17, ROWS_TIGHT);
  g_autoptr (Picture) out = NULL, deep_out = NULL;
  gdouble worst = 0;

  picture_fill_noise (bytes, 3);
  picture_fill_noise (deep, 3);
  for (guint y = 0; y < 17; y++)
    for (guint x = 0; x < 33; x++)
      picture_set (deep, 0, x, y, (guint) unit * picture_get (bytes, 0, x, y));
  out = picture_upscale (model, bytes, ROWS_TIGHT, &default_setup);
  deep_out = picture_upscale (model, deep, ROWS_TIGHT, &default_setup);
  for (guint y = 0; y < out->height; y++)
    for (guint x = 0; x < out->width; x++)
      {
        gdouble byte = picture_get (out, 0, x, y);
        gdouble fine = picture_get (deep_out, 0, x, y) / unit;
        if (byte > 0 && byte < 255)
          worst = MAX (worst, fabs (fine - byte));
      }
  g_assert_cmpfloat (worst, <=, 0.5 + 1 / unit);
  g_assert_cmpfloat (worst, >=, 0.5 - 1 / unit);
}

static void
test_bytes (gconstpointer format)
{
  for (guint scale = 2; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) ecbsr = model_new_ecbsr (scale, 1);
      g_autoptr (EcbsrModel) esr = model_new_esr ("esr-tm", scale);
      check_against_bytes (ecbsr, format);
      check_against_bytes (esr, format);
    }
}

// What lies below a sample's bits is not looked at, and is 0 in the output.
static void
test_unused_bits (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  const Format *format = format_find ("P010_10LE");
  g_autoptr (Picture) in = picture_new (format, 33, 17, ROWS_TIGHT);
  g_autoptr (Picture) clean = NULL, out = NULL;

  picture_fill_noise (in, 5);
  clean = picture_upscale (model, in, ROWS_TIGHT, &default_setup);
  for (guint c = 0; c < 3; c++)
    for (guint y = 0; y < picture_height (in, c); y++)
      for (guint x = 0; x < picture_width (in, c); x++)
        *picture_sample (in, c, x, y) |= (x + 7 * y) % 64;
  out = picture_upscale (model, in, ROWS_TIGHT, &default_setup);
  picture_assert_equal (clean, out);
  for (guint y = 0; y < out->height; y++)
    for (guint x = 0; x < out->width; x++)
      g_assert_cmphex (*picture_sample (out, 0, x, y) & 63, ==, 0);
}

static void
add (const gchar *kind, const Format *format, GTestDataFunc test)
{
  g_autofree gchar *path
      = g_strconcat ("/plan/depth/", kind, "/", format->name, NULL);

  g_test_add_data_func (path, format, test);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_formats; i++)
    if (is_deep (&formats[i]))
      {
        add ("ramp", &formats[i], test_cubic_ramp);
        if (!format_is_rgb (&formats[i]))
          add ("bytes", &formats[i], test_bytes);
      }
  g_test_add_func ("/plan/depth/unused-bits", test_unused_bits);
  return g_test_run ();
}
