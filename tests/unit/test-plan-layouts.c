// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The same content in every layout, size and order of rows: the same pixels.

#include "plan-models.h"
#include "plan-pictures.h"

#include <string.h>

static const guint sizes[][2]
    = { { 1, 1 }, { 2, 1 }, { 3, 5 }, { 17, 9 }, { 513, 3 }, { 1030, 4 } };

// How far rows lie apart, and in which order, changes nothing but that.
static void
check_row_orders (EcbsrModel *model, const Format *format, const guint size[2],
                  const Picture *tight)
{
  for (RowOrder order = 0; order < N_ROW_ORDERS; order++)
    {
      g_autoptr (Picture) in
          = picture_new (format, size[0], size[1], order);
      g_autoptr (Picture) out = NULL;

      picture_fill_noise (in, 7);
      out = picture_upscale (model, in, N_ROW_ORDERS - 1 - order,
                             &default_setup);
      picture_assert_equal (tight, out);
    }
}

static const Format *
grey_format (const Format *format)
{
  static const gchar *const names[] = { [8] = "GRAY8", [10] = "GRAY10_LE16",
                                        [12] = "GRAY12_LE16",
                                        [16] = "GRAY16_LE" };

  return format_find (names[format_depth (format)]);
}

// The planar format with this chroma, or the simplest of the kind; NULL where
// there is none of this depth.
static const Format *
plain_format (const Format *format)
{
  const guint w_sub = format->layout.component[1].w_sub;
  const guint h_sub = format->layout.component[1].h_sub;

  if (format->layout.n_components == 1)
    return grey_format (format);
  if (w_sub == 2)
    return format_find (h_sub ? "YVU9" : "Y41B");
  switch (format_depth (format))
    {
    case 8:
      if (format_is_rgb (format))
        return format_find ("RGB");
      if (!w_sub)
        return format_find ("Y444");
      return format_find (h_sub ? "I420" : "Y42B");
    case 10:
      return h_sub ? format_find ("I420_10LE") : NULL;
    case 12:
      return w_sub ? format_find ("I422_12LE") : NULL;
    default:
      if (format_is_rgb (format))
        return format_find ("GBR_16LE");
      return w_sub ? NULL : format_find ("Y444_16LE");
    }
}

// Alpha is upscaled as a picture of its own, without a network.
static void
check_alpha (const Picture *in, const Picture *out, guint scale)
{
  g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (scale);
  g_autoptr (Picture) grey = picture_new (grey_format (in->format), in->width,
                                          in->height, ROWS_TIGHT);
  g_autoptr (Picture) expected = NULL;

  for (guint y = 0; y < in->height; y++)
    for (guint x = 0; x < in->width; x++)
      picture_set (grey, 0, x, y, picture_get (in, 3, x, y));
  expected = picture_upscale (cubic, grey, ROWS_TIGHT, &default_setup);
  picture_assert_near (expected, 0, out, 3, 0);
}

static void
check_opaque (const Picture *out)
{
  const guint offset = out->format->opaque - 1;

  for (guint y = 0; y < out->height; y++)
    for (guint x = 0; x < out->width; x++)
      {
        const EcbsrPicture *planes = &out->planes;
        g_assert_cmpuint ((planes->plane[0]
                           + (gssize) y * planes->stride[0])[4 * x + offset],
                          ==, 255);
      }
}

static Picture *
upscale_noise (EcbsrModel *model, const Format *format, const guint size[2])
{
  g_autoptr (Picture) in = picture_new (format, size[0], size[1], ROWS_TIGHT);

  picture_fill_noise (in, 7);
  return picture_upscale (model, in, ROWS_TIGHT, &default_setup);
}

// Luma is the same in all YUV formats, chroma in all of one subsampling.
static void
check_against_plain (EcbsrModel *model, const Format *format,
                     const guint size[2], const Picture *out)
{
  const Format *plain_one = plain_format (format);
  g_autoptr (Picture) plain
      = plain_one ? upscale_noise (model, plain_one, size) : NULL;
  g_autoptr (Picture) grey = upscale_noise (model, grey_format (format), size);

  if (plain)
    picture_assert_equal (plain, out);
  if (!format_is_rgb (format) && ecbsr_model_get_info (model)->n_colors == 1)
    picture_assert_near (grey, 0, out, 0, 0);
}

static void
check_format (EcbsrModel *model, const Format *format, const guint size[2])
{
  g_autoptr (Picture) out = upscale_noise (model, format, size);
  g_autoptr (Picture) in = picture_new (format, size[0], size[1], ROWS_TIGHT);

  picture_fill_noise (in, 7);
  check_against_plain (model, format, size, out);
  if (format->layout.n_components == 4)
    check_alpha (in, out, ecbsr_model_get_info (model)->scale);
  if (format->opaque)
    check_opaque (out);
  check_row_orders (model, format, size, out);
}

static void
test_format (gconstpointer data)
{
  const Format *format = data;

  for (guint scale = 2; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) ecbsr = model_new_ecbsr (scale, 1);
      g_autoptr (EcbsrModel) esr = model_new_esr ("esr-tm", scale);
      g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (scale);
      for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
        {
          check_format (ecbsr, format, sizes[i]);
          check_format (esr, format, sizes[i]);
          check_format (cubic, format, sizes[i]);
        }
    }
  for (guint scale = 1; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) colors = model_new_colors (scale, 1, NULL);
      for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
        check_format (colors, format, sizes[i]);
    }
}

// A pair's second luma sample beyond an odd width repeats the last one, so that
// no byte of the row is left as it was.
static void
test_odd_pair (void)
{
  static const gchar *const names[] = { "YUY2", "UYVY" };
  for (guint i = 0; i < 2 * G_N_ELEMENTS (names); i++)
    {
      g_autoptr (EcbsrModel) model
          = i % 2 ? model_new_ecbsr (3, 1) : model_new_colors (3, 1, NULL);
      g_autoptr (Picture) in
          = picture_new (format_find (names[i / 2]), 5, 2, ROWS_ODD);
      g_autoptr (Picture) out = NULL;

      picture_fill_noise (in, 3);
      out = picture_upscale (model, in, ROWS_ODD, &default_setup);
      g_assert_cmpuint (out->width, ==, 15);
      for (guint y = 0; y < out->height; y++)
        g_assert_cmpuint (*picture_sample (out, 0, 15, y), ==,
                          *picture_sample (out, 0, 14, y));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_formats; i++)
    {
      g_autofree gchar *path
          = g_strconcat ("/plan/layouts/", formats[i].name, NULL);
      g_test_add_data_func (path, &formats[i], test_format);
    }
  g_test_add_func ("/plan/layouts/odd-pair", test_odd_pair);
  return g_test_run ();
}
