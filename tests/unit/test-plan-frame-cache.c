// SPDX-License-Identifier: LGPL-2.1-or-later
//
// With a frame cache: the same bits as without, whatever changes, in any order; and
// what has not changed is not computed again.

#include "plan-models.h"
#include "plan-pictures.h"

#include <string.h>

#define N_FRAMES 60

// A video of which anything may change: six plans of networks, two of these of
// three colours, and one of the cubic.
typedef struct
{
  GRand *random;
  EcbsrPlan *plan[7];
  EcbsrFrameCache *cache;
  Picture *in;
  Setup setup;
  EcbsrRegion region[3];
  guint scale, which;
} Video;

static EcbsrPlan *
new_plan (EcbsrModel *model, const Video *v, guint tile_width)
{
  Setup setup = v->setup;
  EcbsrPlanConfig config;
  g_autoptr (GError) error = NULL;
  EcbsrPlan *plan;

  setup.tile_width = tile_width;
  setup.band_height = tile_width ? 4 : 0;
  setup.n_threads = 1 + tile_width % 3;
  config = picture_config (v->in, &setup);
  plan = ecbsr_plan_new (model, &config, &error);
  g_assert_no_error (error);
  ecbsr_model_unref (model);
  return plan;
}

static Video
video_of_field (const Format *format, guint scale, guint width, guint height,
                EcbsrField field, gdouble shift)
{
  Video v = { .random = g_rand_new_with_seed (width),
              .setup = default_setup,
              .scale = scale };

  v.setup.field = field;
  v.setup.shift_x = shift; // of chroma to another siting
  v.setup.shift_y = -shift;
  v.in = picture_new (format, width, height, ROWS_ODD);
  picture_fill_noise (v.in, 3);
  v.plan[0] = new_plan (model_new_ecbsr (scale, 1), &v, 13);
  v.plan[1] = new_plan (model_new_esr ("esr-tm", scale), &v, 0);
  v.plan[2] = new_plan (ecbsr_model_new_cubic (scale), &v, 20);
  v.plan[3] = new_plan (model_new_padded (scale, 1, "symmetric"), &v, 17);
  v.plan[4] = new_plan (model_new_colors (scale, 1, NULL), &v, 14);
  v.plan[5] = new_plan (model_new_colors (scale, 1, "replicate"), &v, 0);
  v.plan[6] = new_plan (model_new_wide (scale, 1, "symmetric"), &v, 15);
  v.cache = ecbsr_frame_cache_new (v.plan[0], NULL);
  g_assert_nonnull (v.cache);
  return v;
}

static Video
video_new (const Format *format, guint scale, guint width, guint height)
{
  return video_of_field (format, scale, width, height, ECBSR_FIELD_NONE, 0);
}

static void
video_clear (Video *v)
{
  for (guint i = 0; i < G_N_ELEMENTS (v->plan); i++)
    ecbsr_plan_free (v->plan[i]);
  ecbsr_frame_cache_free (v->cache);
  picture_free (v->in);
  g_rand_free (v->random);
}

static guint
pick (Video *v, guint n)
{
  return (guint) g_rand_int_range (v->random, 0, (gint32) n);
}

static Picture *
video_run (Video *v, EcbsrFrameCache *cache, EcbsrRunCounts *counts)
{
  EcbsrRunParams params = setup_params (&v->setup);
  EcbsrPlan *plan = v->plan[v->which];
  Picture *out = picture_new (v->in->format, v->in->width * v->scale,
                              v->in->height * v->scale,
                              (RowOrder) pick (v, N_ROW_ORDERS));

  params.frame_cache = cache;
  ecbsr_plan_run (plan, &v->in->planes, &out->planes, &params);
  picture_assert_intact (out);
  if (counts)
    *counts = ecbsr_plan_get_counts (plan);
  return out;
}

// Compares, bytes that belong to no component too. Returns what was kept.
static EcbsrRunCounts
video_check (Video *v)
{
  EcbsrRunCounts counts;
  g_autoptr (Picture) expected = video_run (v, NULL, NULL);
  g_autoptr (Picture) out = video_run (v, v->cache, &counts);

  picture_assert_equal (expected, out);
  for (guint p = 0; p < out->n_planes; p++)
    for (guint y = 0; y < out->n_rows[p]; y++)
      g_assert_true (
          memcmp (out->planes.plane[p] + y * out->planes.stride[p],
                  expected->planes.plane[p] + y * expected->planes.stride[p],
                  out->row_bytes[p])
          == 0);
  return counts;
}

static void
change_sample (Video *v)
{
  guint c = pick (v, v->in->format->layout.n_components);
  guint x = pick (v, picture_width (v->in, c));
  guint y = pick (v, picture_height (v->in, c));

  *picture_sample (v->in, c, x, y) ^= (guint8) (1 + pick (v, 255));
}

static void
change_regions (Video *v)
{
  v->setup.regions = pick (v, 3) ? v->region : NULL;
  v->setup.n_regions = pick (v, G_N_ELEMENTS (v->region) + 1);
  for (guint i = 0; i < G_N_ELEMENTS (v->region); i++)
    v->region[i] = (EcbsrRegion){ pick (v, v->in->width), pick (v, 30),
                                  pick (v, 60), pick (v, 30) };
}

// One thing a frame, most often a few samples.
static void
change_something (Video *v)
{
  switch (pick (v, 12))
    {
    case 0:
      v->which = pick (v, G_N_ELEMENTS (v->plan));
      break;
    case 1:
      v->setup.strength = (gfloat) pick (v, 3) / 2;
      break;
    case 2:
      v->setup.split = pick (v, v->in->width * v->scale);
      break;
    case 3:
    case 4:
      change_regions (v);
      break;
    case 5:
      picture_fill_noise (v->in, pick (v, 4));
      break;
    case 6:
      break;
    default:
      for (guint i = pick (v, 4); i < 4; i++)
        change_sample (v);
    }
}

static void
check_video (Video v)
{
  for (guint i = 0; i < N_FRAMES; i++)
    {
      video_check (&v);
      change_something (&v);
    }
  video_clear (&v);
}

static void
test_format (gconstpointer data)
{
  const Format *format = data;

  for (guint scale = 2; scale <= 4; scale++)
    check_video (video_new (format, scale, 67 + scale, 29));
  check_video (video_of_field (format, 2, 67, 29, ECBSR_FIELD_NONE, 0.25));
  check_video (video_of_field (format, 2, 67, 29, ECBSR_FIELD_TOP, 0));
  check_video (video_of_field (format, 3, 67, 29, ECBSR_FIELD_BOTTOM, -0.1));
}

// One sample after the other: of a network of three colours all planes change, as far
// as chroma is upscaled, as the network sees, and as chroma is downscaled.
static void
check_every_sample (const gchar *name, gdouble shift)
{
  Video v = video_of_field (format_find (name), 2, 67, 29, ECBSR_FIELD_NONE, shift);

  v.which = 4;
  video_check (&v);
  for (guint c = 0; c < 3; c++)
    for (guint i = 0; i < picture_width (v.in, c); i++)
      {
        *picture_sample (v.in, c, i, i * 3 % picture_height (v.in, c)) ^= 0xff;
        video_check (&v);
      }
  video_clear (&v);
}

static void
test_every_sample (void)
{
  static const gchar *const names[] = { "I420", "YVU9", "Y444", "YUY2" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      check_every_sample (names[i], 0);
      check_every_sample (names[i], 0.25);
    }
}

static void
test_tiny (void)
{
  for (guint i = 0; i < n_formats; i++)
    for (guint size = 1; size <= 3; size++)
      {
        Video v = video_new (&formats[i], 2, size, 4 - size);
        for (guint n = 0; n < N_FRAMES / 3; n++)
          {
            video_check (&v);
            change_something (&v);
          }
        video_clear (&v);
      }
}

// Frames in between that the cache does not see.
static void
test_gaps (void)
{
  Video v = video_new (format_find ("NV12"), 2, 80, 40);

  for (guint i = 0; i < N_FRAMES; i++)
    {
      if (i % 3 == 0)
        video_check (&v);
      else
        picture_free (video_run (&v, NULL, NULL));
      change_something (&v);
    }
  video_clear (&v);
}

// ---------------------------------------------------------------- counts --

static void
test_still (void)
{
  Video v = video_new (format_find ("I420"), 2, 400, 300);
  EcbsrRunCounts counts;

  v.which = 1;
  g_assert_cmpuint (video_check (&v).n_kept, ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      counts = video_check (&v);
      g_assert_cmpuint (counts.n_kept, ==, counts.n_tiles);
    }
  // One sample in the middle of a tile: that one alone, or with a neighbour.
  *picture_sample (v.in, 0, 50, 45) ^= 1;
  counts = video_check (&v);
  g_assert_cmpuint (counts.n_kept, <, counts.n_tiles);
  g_assert_cmpuint (counts.n_kept, >=, counts.n_tiles - 2);
  // Chroma changes nothing in luma.
  *picture_sample (v.in, 1, 50, 45) ^= 1;
  counts = video_check (&v);
  g_assert_cmpuint (counts.n_kept, ==, counts.n_tiles);
  video_clear (&v);
}

// A region that moves: what it does not touch before and after is kept.
static void
test_moving_region (void)
{
  Video v = video_new (format_find ("I420"), 2, 400, 300);
  EcbsrRunCounts counts = { 0 };

  v.which = 1;
  v.setup.regions = v.region;
  v.setup.n_regions = 1;
  for (guint i = 0; i < 20; i++)
    {
      v.region[0] = (EcbsrRegion){ 10 + 7 * i, 20 + 9 * i, 90, 50 };
      counts = video_check (&v);
      if (i > 0)
        g_assert_cmpuint (counts.n_kept, >=, counts.n_tiles / 3);
      g_assert_cmpuint (counts.n_kept, <, counts.n_tiles);
    }
  // A region all over, then a smaller one: in its middle nothing changes.
  v.region[0] = (EcbsrRegion){ 0, 0, 400, 300 };
  video_check (&v);
  v.region[0] = (EcbsrRegion){ 0, 0, 400, 200 };
  counts = video_check (&v);
  g_assert_cmpuint (counts.n_kept, >=, counts.n_tiles / 2);
  video_clear (&v);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < n_formats; i++)
    {
      g_autofree gchar *path
          = g_strconcat ("/plan/cache/", formats[i].name, NULL);
      g_test_add_data_func (path, &formats[i], test_format);
    }
  g_test_add_func ("/plan/cache/every-sample", test_every_sample);
  g_test_add_func ("/plan/cache/tiny", test_tiny);
  g_test_add_func ("/plan/cache/gaps", test_gaps);
  g_test_add_func ("/plan/cache/still", test_still);
  g_test_add_func ("/plan/cache/moving-region", test_moving_region);
  return g_test_run ();
}
