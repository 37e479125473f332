// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Regions: the network within, the cubic far enough outside, in between a
// blend; the same bits however the picture is cut; and no work where none is
// wanted.

#include "plan-models.h"
#include "plan-pictures.h"

#define WIDTH 131
#define HEIGHT 43

// Overlapping, touching, at the picture's edges, half and wholly outside,
// empty, and as large as numbers go.
static const EcbsrRegion regions[] = {
  { 20, 10, 23, 9 },    { 33, 15, 20, 12 },
  { 53, 15, 1, 1 },     { 0, 37, 5, 6 },
  { 120, 0, 500, 3 },   { 90, 30, G_MAXUINT, 1 },
  { 70, 5, 0, 20 },     { 70, 5, 20, 0 },
  { WIDTH, 5, 10, 10 }, { G_MAXUINT, G_MAXUINT, G_MAXUINT, G_MAXUINT },
};

static guint
distance (guint at, guint64 first, guint64 end)
{
  if (at < first)
    return (guint) MIN (first - at, G_MAXUINT);
  return at >= end ? (guint) (at - end + 1) : 0;
}

// From the nearest region, in input pixels, along the farther axis.
static guint
distance_at (guint x, guint y)
{
  guint nearest = G_MAXUINT;

  for (guint i = 0; i < G_N_ELEMENTS (regions); i++)
    {
      const EcbsrRegion *r = &regions[i];
      guint dx = distance (x, r->x, (guint64) r->x + r->width);
      guint dy = distance (y, r->y, (guint64) r->y + r->height);
      if (r->width && r->height && r->x < WIDTH && r->y < HEIGHT)
        nearest = MIN (nearest, MAX (dx, dy));
    }
  return nearest;
}

static void
check_sample (gint value, gint network, gint cubic, guint away)
{
  if (away == 0)
    g_assert_cmpint (value, ==, network);
  else if (away > ECBSR_REGION_FADE)
    g_assert_cmpint (value, ==, cubic);
  else
    {
      g_assert_cmpint (value, >=, MIN (network, cubic));
      g_assert_cmpint (value, <=, MAX (network, cubic));
    }
}

// Of the nearest of the pixels that share a sample.
static guint
nearest_of (const Picture *out, guint c, guint x, guint y, guint scale)
{
  const guint w_sub = out->format->layout.component[c].w_sub;
  const guint h_sub = out->format->layout.component[c].h_sub;
  guint nearest = G_MAXUINT;

  for (guint i = 0; i < 1u << w_sub; i++)
    for (guint j = 0; j < 1u << h_sub; j++)
      nearest = MIN (nearest, distance_at (((x << w_sub) + i) / scale,
                                           ((y << h_sub) + j) / scale));
  return nearest;
}

static void
check_component (const Picture *out, const Picture *network,
                 const Picture *cubic, guint c, guint scale)
{
  for (guint y = 0; y < picture_height (out, c); y++)
    for (guint x = 0; x < picture_width (out, c); x++)
      check_sample (
          picture_get (out, c, x, y), picture_get (network, c, x, y),
          picture_get (cubic, c, x, y), nearest_of (out, c, x, y, scale));
}

static void
check_divisions (EcbsrModel *model, const Picture *in, const Picture *whole,
                 Setup setup)
{
  static const guint tile_widths[] = { 5, 40, 168 };
  static const guint band_heights[] = { 0, 1, 3 };

  for (guint i = 0; i < G_N_ELEMENTS (tile_widths); i++)
    for (guint j = 0; j < G_N_ELEMENTS (band_heights); j++)
      {
        g_autoptr (Picture) out = NULL;
        setup.tile_width = tile_widths[i];
        setup.band_height = band_heights[j];
        setup.n_threads = 1 + (i + j) % 4;
        out = picture_upscale (model, in, ROWS_ODD, &setup);
        picture_assert_equal (whole, out);
      }
}

// The network's picture, the cubic one, and the one with regions.
static void
check_model (EcbsrModel *model, const Format *format, Setup setup)
{
  const guint scale = ecbsr_model_get_info (model)->scale;
  const guint n_colors = ecbsr_model_get_info (model)->n_colors;
  const guint n_made = format_is_rgb (format) ? 3 : n_colors;
  const guint n_luma = MIN (n_made, format->layout.n_components);
  g_autoptr (Picture) in = picture_new (format, WIDTH, HEIGHT, ROWS_TIGHT);
  g_autoptr (Picture) network = NULL, cubic = NULL, out = NULL;
  Setup none = setup;

  picture_fill_noise (in, 7);
  network = picture_upscale (model, in, ROWS_TIGHT, &setup);
  none.strength = 0;
  cubic = picture_upscale (model, in, ROWS_TIGHT, &none);
  setup.regions = regions;
  setup.n_regions = G_N_ELEMENTS (regions);
  out = picture_upscale (model, in, ROWS_FLIPPED, &setup);
  for (guint c = 0; c < n_luma; c++)
    check_component (out, network, cubic, c, scale);
  for (guint c = n_luma; c < format->layout.n_components; c++)
    picture_assert_near (out, c, network, c, 0);
  check_divisions (model, in, out, setup);
}

static void
test_format (gconstpointer data)
{
  const Format *format = data;
  Setup setup = default_setup;

  for (guint scale = 2; scale <= 4; scale++)
    {
      g_autoptr (EcbsrModel) ecbsr = model_new_ecbsr (scale, 1);
      g_autoptr (EcbsrModel) mirroring
          = model_new_padded (scale, 1, "symmetric");
      g_autoptr (EcbsrModel) wide = model_new_wide (scale, 1, "symmetric");
      g_autoptr (EcbsrModel) esr = model_new_esr ("esr-tr", scale);
      g_autoptr (EcbsrModel) cubic = ecbsr_model_new_cubic (scale);
      setup.strength = 1;
      setup.split = 0;
      check_model (ecbsr, format, setup);
      check_model (mirroring, format, setup);
      check_model (wide, format, setup);
      check_model (esr, format, setup);
      check_model (cubic, format, setup);
      setup.strength = 0.6f;
      setup.split = 41 * scale - 1;
      check_model (ecbsr, format, setup);
      setup.field = scale % 2 ? ECBSR_FIELD_TOP : ECBSR_FIELD_BOTTOM;
      check_model (ecbsr, format, setup);
      setup.field = ECBSR_FIELD_NONE;
    }
}

static void
test_colors (gconstpointer data)
{
  const Format *format = data;
  Setup setup = default_setup;

  const guint scale = 1 + (guint) (format - formats) % 4;
  g_autoptr (EcbsrModel) model
      = model_new_colors (scale, 1, scale % 2 ? "replicate" : NULL);

  check_model (model, format, setup);
  setup.field = scale % 2 ? ECBSR_FIELD_TOP : ECBSR_FIELD_BOTTOM;
  setup.strength = 0.6f;
  setup.split = 40 * scale;
  check_model (model, format, setup);
}

// ----------------------------------------------------------------- sizes --

static void
test_tiny (void)
{
  static const EcbsrRegion all = { 0, 0, G_MAXUINT, G_MAXUINT };
  static const guint sizes[] = { 1, 2, 3, 9 };
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);

  for (guint i = 0; i < n_formats; i++)
    for (guint j = 0; j < 16; j++)
      {
        g_autoptr (Picture) in
            = picture_new (&formats[i], sizes[j / 4], sizes[j % 4], ROWS_ODD);
        g_autoptr (Picture) network = NULL, cubic = NULL, out = NULL;
        Setup setup = default_setup;

        picture_fill_noise (in, j);
        network = picture_upscale (model, in, ROWS_TIGHT, &setup);
        setup.regions = &all;
        setup.n_regions = 1;
        out = picture_upscale (model, in, ROWS_TIGHT, &setup);
        picture_assert_equal (network, out);
        picture_free (g_steal_pointer (&out));
        setup.n_regions = 0;
        out = picture_upscale (model, in, ROWS_TIGHT, &setup);
        setup.strength = 0;
        cubic = picture_upscale (model, in, ROWS_TIGHT, &setup);
        picture_assert_equal (cubic, out);
      }
}

// ---------------------------------------------------------------- counts --

static EcbsrRunCounts
count (const EcbsrRegion *wanted, guint n, guint split)
{
  const Format *format = format_find ("I420");
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  g_autoptr (Picture) in = picture_new (format, 840, 320, ROWS_TIGHT);
  g_autoptr (Picture) out = picture_new (format, 1680, 640, ROWS_TIGHT);
  Setup setup = default_setup;
  const EcbsrPlanConfig config = picture_config (in, &setup);
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, NULL);
  EcbsrRunParams params;

  setup.regions = wanted;
  setup.n_regions = n;
  setup.split = split;
  params = setup_params (&setup);
  picture_fill (in, 0, 90);
  ecbsr_plan_run (plan, &in->planes, &out->planes, &params);
  return ecbsr_plan_get_counts (plan);
}

// Tiles outside are as many as the area is: nine tenths, three quarters, none.
static void
test_counts (void)
{
  static const EcbsrRegion tenth = { 100, 50, 280, 80 };
  static const EcbsrRegion quarter = { 0, 0, 410, 150 };
  static const EcbsrRegion all = { 0, 0, 840, 320 };
  const EcbsrRunCounts none = count (&tenth, 0, 0);
  const guint n = none.n_tiles;

  g_assert_cmpuint (n, >=, 60);
  g_assert_cmpuint (none.n_outside, ==, n);
  g_assert_cmpuint (count (NULL, 0, 0).n_tiles, ==, n);
  g_assert_cmpuint (count (NULL, 0, 0).n_outside, ==, 0);
  g_assert_cmpuint (count (&all, 1, 0).n_outside, ==, 0);
  g_assert_cmpuint (count (&all, 1, 840).n_outside, >=, n * 4 / 10);
  g_assert_cmpuint (count (&tenth, 1, 0).n_outside, >=, n * 80 / 100);
  g_assert_cmpuint (count (&tenth, 1, 0).n_outside, <, n);
  g_assert_cmpuint (count (&quarter, 1, 0).n_outside, >=, n * 70 / 100);
  g_assert_cmpuint (count (&quarter, 1, 0).n_outside, <=, n * 75 / 100);
}

// More regions than there may be: the rest does not count.
static void
test_too_many (void)
{
  g_autofree EcbsrRegion *many = g_new0 (EcbsrRegion, ECBSR_MAX_REGIONS + 1);
  EcbsrRunCounts counts;

  many[ECBSR_MAX_REGIONS] = (EcbsrRegion){ 0, 0, 840, 320 };
  counts = count (many, ECBSR_MAX_REGIONS + 1, 0);
  g_assert_cmpuint (counts.n_outside, ==, counts.n_tiles);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_formats; i++)
    {
      g_autofree gchar *path
          = g_strconcat ("/plan/regions/", formats[i].name, NULL);
      g_autofree gchar *colors
          = g_strconcat ("/plan/regions/colors/", formats[i].name, NULL);
      g_test_add_data_func (path, &formats[i], test_format);
      g_test_add_data_func (colors, &formats[i], test_colors);
    }
  g_test_add_func ("/plan/regions/tiny", test_tiny);
  g_test_add_func ("/plan/regions/counts", test_counts);
  g_test_add_func ("/plan/regions/too-many", test_too_many);
  return g_test_run ();
}
