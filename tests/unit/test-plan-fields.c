// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Fields of interlaced pictures: their rows come out where the upscaled picture
// has them.

#include "plan-models.h"
#include "plan-pictures.h"

#include <math.h>

#define HEIGHT 24 // of a field

static gdouble chroma_site = 0.5;

static const EcbsrField fields[] = { ECBSR_FIELD_TOP, ECBSR_FIELD_BOTTOM };

static guint
parity_of (EcbsrField field)
{
  return field == ECBSR_FIELD_BOTTOM;
}

static gdouble
site_of (const Format *format, guint c)
{
  return format->layout.component[c].h_sub ? chroma_site : 0.5;
}

// A ramp down the whole picture, by rows of a component.
static gdouble
ramp_at (const Format *format, guint c, gdouble row)
{
  const guint h_sub = format->layout.component[c].h_sub;

  return 2000 + 400 * (row + site_of (format, c)) * (1 << h_sub);
}

static void
fill_ramp (const Picture *picture, guint parity)
{
  for (guint c = 0; c < picture->format->layout.n_components; c++)
    for (guint y = 0; y < picture_height (picture, c); y++)
      for (guint x = 0; x < picture_width (picture, c); x++)
        picture_set (picture, c, x, y,
                     (guint) ramp_at (picture->format, c, 2 * y + parity));
}

// Row j of the field is row 2 j or 2 j + 1 of the upscaled picture, and that is
// where on the ramp it has to be.
static void
check_ramp (const Format *format, guint scale, EcbsrField field)
{
  g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (scale);
  g_autoptr (Picture) in = picture_new (format, 8, HEIGHT, ROWS_TIGHT);
  g_autoptr (Picture) out = NULL;
  Setup setup = default_setup;

  setup.field = field;
  setup.offset_y = chroma_site;
  fill_ramp (in, parity_of (field));
  out = picture_upscale (cubic, in, ROWS_TIGHT, &setup);
  for (guint c = 0; c < format->layout.n_components; c++)
    for (guint y = 2 * scale; y < picture_height (out, c) - 2 * scale; y++)
      {
        gdouble site = site_of (format, c);
        gdouble row = (2 * y + parity_of (field) + site) / scale - site;
        g_assert_cmpfloat (
            fabs (picture_get (out, c, 0, y) - ramp_at (format, c, row)), <,
            1.1);
      }
}

static void
test_cubic_ramp (void)
{
  static const gchar *const names[] = { "GRAY16_LE", "Y444_16LE" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    for (guint scale = 1; scale <= 4; scale++)
      for (guint f = 0; f < G_N_ELEMENTS (fields); f++)
        check_ramp (format_find (names[i]), scale, fields[f]);
}

// Chroma of half the rows, wherever it lies between them.
static void
test_chroma_ramp (void)
{
  static Format format;

  format = *format_find ("I420_10LE");
  format.depth = 16;
  for (chroma_site = 0.25; chroma_site < 1; chroma_site += 0.25)
    for (guint scale = 1; scale <= 4; scale++)
      for (guint f = 0; f < G_N_ELEMENTS (fields); f++)
        check_ramp (&format, scale, fields[f]);
}

// Keys's cubic, as in kernels.c, by its definition.
static gdouble
keys (gdouble x)
{
  x = fabs (x);
  if (x < 1)
    return 1.5 * x * x * x - 2.5 * x * x + 1;
  return x < 2 ? -0.5 * x * x * x + 2.5 * x * x - 4 * x + 2 : 0;
}

// A network that adds nothing repeats each row; of these the field's rows are
// made.
static gdouble
repeated_at (const Picture *in, guint scale, gdouble row)
{
  const gint last = (gint) (in->height * scale) - 1;
  gdouble sum = 0;

  for (gint j = (gint) floor (row) - 2; j <= floor (row) + 3; j++)
    {
      gint inside = CLAMP (j, 0, last);
      sum += keys (row - j) * picture_get (in, 0, 0, (guint) inside / scale);
    }
  return sum;
}

static void
check_network (guint scale, EcbsrField field)
{
  const gdouble place = parity_of (field) ? 0.75 : 0.25;
  g_autoptr (EcbsrModel) model = model_new_ecbsr (scale, 0);
  g_autoptr (Picture) in
      = picture_new (format_find ("GRAY16_LE"), 8, HEIGHT, ROWS_TIGHT);
  g_autoptr (Picture) out = NULL;
  Setup setup = default_setup;

  setup.field = field;
  for (guint y = 0; y < HEIGHT; y++)
    for (guint x = 0; x < 8; x++)
      picture_set (in, 0, x, y, 20000 + (y * y * 7919) % 20000);
  out = picture_upscale (model, in, ROWS_TIGHT, &setup);
  for (guint y = 0; y < out->height; y++)
    {
      gdouble row = y + (scale - 1) * (0.5 - place);
      g_assert_cmpfloat (
          fabs (picture_get (out, 0, 3, y) - repeated_at (in, scale, row)), <,
          1.1);
    }
}

static void
test_network_rows (void)
{
  for (guint scale = 2; scale <= 4; scale++)
    for (guint f = 0; f < G_N_ELEMENTS (fields); f++)
      check_network (scale, fields[f]);
}

// Luma and the like of it in other formats get the same rows: RGB's correction
// too, whose cubic and network would part else.
static void
test_grey_rgb (void)
{
  g_autoptr (EcbsrModel) model = model_new_esr ("esr-tm", 2);
  g_autoptr (Picture) grey
      = picture_new (format_find ("GRAY8"), 33, 17, ROWS_TIGHT);
  g_autoptr (Picture) rgb
      = picture_new (format_find ("RGB"), 33, 17, ROWS_TIGHT);

  picture_fill_noise (grey, 4);
  for (guint c = 0; c < 3; c++)
    for (guint y = 0; y < 17; y++)
      for (guint x = 0; x < 33; x++)
        picture_set (rgb, c, x, y, picture_get (grey, 0, x, y));
  for (guint f = 0; f < G_N_ELEMENTS (fields); f++)
    {
      Setup setup = default_setup;
      g_autoptr (Picture) grey_out = NULL, rgb_out = NULL;

      setup.field = fields[f];
      grey_out = picture_upscale (model, grey, ROWS_TIGHT, &setup);
      rgb_out = picture_upscale (model, rgb, ROWS_TIGHT, &setup);
      for (guint c = 0; c < 3; c++)
        picture_assert_near (grey_out, 0, rgb_out, c, 1);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan/fields/cubic-ramp", test_cubic_ramp);
  g_test_add_func ("/plan/fields/chroma-ramp", test_chroma_ramp);
  g_test_add_func ("/plan/fields/network-rows", test_network_rows);
  g_test_add_func ("/plan/fields/grey-rgb", test_grey_rgb);
  return g_test_run ();
}
