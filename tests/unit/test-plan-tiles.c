// SPDX-License-Identifier: LGPL-2.1-or-later
//
// However a picture is cut into tiles and shared among threads: the same bits.

#include "plan-models.h"
#include "plan-pictures.h"

static const guint tile_widths[] = { 0, 5, 6, 64 };
static const guint band_heights[] = { 0, 1, 3 };

static void
check_division (EcbsrModel *model, const Picture *in, const Picture *whole,
                const Setup *division)
{
  g_autoptr (Picture) out
      = picture_upscale (model, in, ROWS_PADDED, division);

  picture_assert_equal (whole, out);
}

// `shift`: of the output's chroma, from one siting to another.
static void
check_shifted (EcbsrModel *model, const Format *format, gfloat strength,
               EcbsrField field, gdouble shift)
{
  g_autoptr (Picture) in = picture_new (format, 131, 7, ROWS_TIGHT);
  g_autoptr (Picture) whole = NULL;
  Setup setup = default_setup;

  picture_fill_noise (in, 5);
  setup.strength = strength;
  setup.field = field;
  setup.shift_x = shift;
  setup.shift_y = -shift;
  setup.split = strength < 1 ? 71 : 0;
  setup.tile_width = 512;
  setup.band_height = 512;
  whole = picture_upscale (model, in, ROWS_TIGHT, &setup);
  for (guint i = 0; i < G_N_ELEMENTS (tile_widths); i++)
    for (guint j = 0; j < G_N_ELEMENTS (band_heights); j++)
      {
        setup.tile_width = tile_widths[i];
        setup.band_height = band_heights[j];
        setup.n_threads = 1 + (i + j) % 4;
        check_division (model, in, whole, &setup);
      }
}

static void
check_divisions (EcbsrModel *model, const Format *format, gfloat strength,
                 EcbsrField field)
{
  check_shifted (model, format, strength, field, 0);
}

static void
test_format (gconstpointer data)
{
  const Format *format = data;

  for (guint scale = 2; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) ecbsr = model_new_ecbsr (scale, 1);
      g_autoptr (EcbsrModel) replicating
          = model_new_padded (scale, 1, "replicate");
      g_autoptr (EcbsrModel) mirroring
          = model_new_padded (scale, 1, "symmetric");
      g_autoptr (EcbsrModel) wide = model_new_wide (scale, 1, NULL);
      g_autoptr (EcbsrModel) wide_mirroring
          = model_new_wide (scale, 1, "symmetric");
      g_autoptr (EcbsrModel) esr = model_new_esr ("esr-tr", scale);
      g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (scale);
      check_divisions (ecbsr, format, 1, ECBSR_FIELD_NONE);
      check_divisions (ecbsr, format, 0.7f, ECBSR_FIELD_NONE);
      check_divisions (replicating, format, 1, ECBSR_FIELD_NONE);
      check_divisions (replicating, format, 0.7f, ECBSR_FIELD_BOTTOM);
      check_divisions (mirroring, format, 1, ECBSR_FIELD_NONE);
      check_divisions (mirroring, format, 0.7f, ECBSR_FIELD_BOTTOM);
      check_divisions (wide, format, 1, ECBSR_FIELD_NONE);
      check_divisions (wide_mirroring, format, 1, ECBSR_FIELD_NONE);
      check_divisions (esr, format, 1, ECBSR_FIELD_NONE);
      check_divisions (cubic, format, 1, ECBSR_FIELD_NONE);
      check_divisions (ecbsr, format, 0.7f, ECBSR_FIELD_TOP);
      check_divisions (esr, format, 1, ECBSR_FIELD_BOTTOM);
      check_divisions (cubic, format, 1, ECBSR_FIELD_TOP);
    }
  for (guint scale = 1; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) colors = model_new_colors (scale, 1, NULL);
      g_autoptr (EcbsrModel) mirroring
          = model_new_colors (scale, 1, "symmetric");
      check_divisions (colors, format, 1, ECBSR_FIELD_NONE);
      check_divisions (colors, format, 0.7f, ECBSR_FIELD_NONE);
      check_shifted (colors, format, 1, ECBSR_FIELD_NONE, 0.25);
      check_shifted (colors, format, 0.7f, ECBSR_FIELD_NONE, -0.2);
      check_divisions (mirroring, format, 1, ECBSR_FIELD_TOP);
      check_divisions (mirroring, format, 0.7f, ECBSR_FIELD_BOTTOM);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_formats; i++)
    {
      g_autofree gchar *path
          = g_strconcat ("/plan/tiles/", formats[i].name, NULL);
      g_test_add_data_func (path, &formats[i], test_format);
    }
  return g_test_run ();
}
