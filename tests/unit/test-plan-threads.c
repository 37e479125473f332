// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Many plans at once on the one pool, and plans that come and go.

#include "plan-models.h"
#include "plan-pictures.h"

#include <float.h>

#define N_STREAMS 6
#define N_FRAMES 12

// One thread's video: its own plan and pictures, everybody's model.
typedef struct
{
  EcbsrModel *model;
  const gchar *format;
  guint width, height, n_threads;
} Stream;

static void
run_frames (const Stream *s, const Picture *in, const Picture *expected)
{
  EcbsrPlanConfig config;
  Setup setup = default_setup;
  const EcbsrRunParams params = { 1, 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = NULL;

  setup.n_threads = s->n_threads;
  setup.tile_width = 16;
  setup.band_height = 5;
  config = picture_config (in, &setup);
  plan = ecbsr_plan_new (s->model, &config, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < N_FRAMES; i++)
    {
      g_autoptr (Picture) out
          = picture_new (in->format, expected->width, expected->height,
                         (RowOrder) (i % N_ROW_ORDERS));
      ecbsr_plan_run (plan, &in->planes, &out->planes, &params);
      picture_assert_equal (expected, out);
    }
}

static gpointer
run_stream (gpointer data)
{
  const Stream *s = data;
  g_autoptr (Picture) in = picture_new (format_find (s->format), s->width,
                                        s->height, ROWS_TIGHT);
  g_autoptr (Picture) expected = NULL;

  picture_fill_noise (in, s->width);
  expected = picture_upscale (s->model, in, ROWS_TIGHT, &default_setup);
  run_frames (s, in, expected);
  return NULL;
}

// Streams of different sizes, formats and numbers of threads side by side: each
// gets what it gets alone.
static void
test_side_by_side (void)
{
  static const gchar *const format_names[] = { "NV12", "BGRx", "YUY2" };
  g_autoptr (EcbsrModel) ecbsr = model_new_ecbsr (2, 1);
  g_autoptr (EcbsrModel) esr = model_new_esr ("esr-tr", 3);
  g_autoptr (EcbsrModel) colors = model_new_colors (2, 1, NULL);
  Stream streams[N_STREAMS];
  GThread *threads[N_STREAMS];

  for (guint i = 0; i < N_STREAMS; i++)
    {
      streams[i] = (Stream) { .model = i % 3 == 2 ? colors : i % 2 ? esr : ecbsr,
                              .format = format_names[i % 3],
                              .width = 30 + 17 * i,
                              .height = 40 - 5 * i,
                              .n_threads = 1 + i % 4 };
      threads[i] = g_thread_new ("stream", run_stream, &streams[i]);
    }
  for (guint i = 0; i < N_STREAMS; i++)
    g_thread_join (threads[i]);
}

// The plan holds the model, which may otherwise be gone.
static void
test_plan_keeps_model (void)
{
  EcbsrModel *model = model_new_ecbsr (2, 1);
  g_autoptr (Picture) in
      = picture_new (format_find ("GRAY8"), 20, 10, ROWS_TIGHT);
  g_autoptr (Picture) expected = NULL;
  g_autoptr (Picture) out
      = picture_new (in->format, 40, 20, ROWS_TIGHT);
  const EcbsrPlanConfig config = picture_config (in, &default_setup);
  const EcbsrRunParams params = { 1, 0 };
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, NULL);

  picture_fill_noise (in, 1);
  expected = picture_upscale (model, in, ROWS_TIGHT, &default_setup);
  ecbsr_model_unref (model);
  ecbsr_plan_run (plan, &in->planes, &out->planes, &params);
  picture_assert_equal (expected, out);
}

// As when caps change at every frame.
static void
test_come_and_go (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);

  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (Picture) in = picture_new (
          &formats[i % n_formats], 1 + i % 37, 1 + i % 11, ROWS_TIGHT);
      g_autoptr (Picture) out = NULL;
      Setup setup = default_setup;

      setup.n_threads = 1 + i % 5;
      picture_fill_noise (in, i);
      out = picture_upscale (model, in, ROWS_TIGHT, &setup);
    }
  ecbsr_plan_free (NULL);
}

// The network's scratch holds what the last picture left there.
static void
test_pictures_do_not_mix (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  g_autoptr (Picture) first
      = picture_new (format_find ("NV12"), 70, 20, ROWS_TIGHT);
  g_autoptr (Picture) second
      = picture_new (format_find ("NV12"), 70, 20, ROWS_TIGHT);
  g_autoptr (Picture) expected = NULL;
  g_autoptr (Picture) out
      = picture_new (first->format, 140, 40, ROWS_TIGHT);
  const EcbsrPlanConfig config = picture_config (first, &default_setup);
  const EcbsrRunParams params = { 1, 0 };
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, NULL);

  picture_fill_noise (first, 1);
  picture_fill_noise (second, 2);
  expected = picture_upscale (model, second, ROWS_TIGHT, &default_setup);
  ecbsr_plan_run (plan, &first->planes, &out->planes, &params);
  ecbsr_plan_run (plan, &second->planes, &out->planes, &params);
  picture_assert_equal (expected, out);
}

// Denormals are still numbers in the caller's thread after a run. Goes first, so
// that making the plan is what generates code.
static void
test_floating_point_environment (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);
  g_autoptr (Picture) in
      = picture_new (format_find ("I420"), 20, 10, ROWS_TIGHT);
  g_autoptr (Picture) out = NULL;
  volatile gfloat smallest = FLT_MIN;

  picture_fill_noise (in, 1);
  out = picture_upscale (model, in, ROWS_TIGHT, &default_setup);
  smallest /= 2;
  g_assert_true (smallest > 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan/floating-point-environment",
                   test_floating_point_environment);
  g_test_add_func ("/plan/threads/side-by-side", test_side_by_side);
  g_test_add_func ("/plan/keeps-model", test_plan_keeps_model);
  g_test_add_func ("/plan/come-and-go", test_come_and_go);
  g_test_add_func ("/plan/pictures-do-not-mix", test_pictures_do_not_mix);
  return g_test_run ();
}
