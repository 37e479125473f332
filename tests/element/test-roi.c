/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* roi-mode: the network within regions, bicubic outside of them. */

#include <gst/controller/gstinterpolationcontrolsource.h>
#include <gst/controller/gstdirectcontrolbinding.h>

#include "upscale.h"

#define WIDTH 61
#define HEIGHT 47
#define SCALE 2
#define FADE 4                  /* input pixels around a region */

typedef struct
{
  guint x, y, w, h;
} Region;

static GstVideoInfo in_info, out_info;
static GstBuffer *cubic, *network;

static GstBuffer *
new_input (void)
{
  GstBuffer *in = frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);

  GST_BUFFER_PTS (in) = 0;
  return in;
}

static void
set_up_model (GstVideoFormat format, guint model)
{
  frame_info (&in_info, format, WIDTH, HEIGHT);
  cubic = upscale (new_input (), &in_info, &out_info, "model", model,
      "strength", 0.0, NULL);
  network = upscale (new_input (), &in_info, &out_info, "model", model, NULL);
  fail_unless (frame_compare_component (cubic, &out_info, network, &out_info,
          0) > 10, "the network has no effect, so this tests nothing");
}

static void
set_up (GstVideoFormat format)
{
  set_up_model (format, MODEL_ESR_TM);
}

static void
tear_down (void)
{
  gst_buffer_unref (cubic);
  gst_buffer_unref (network);
}

static guint
distance (guint at, guint64 first, guint64 size)
{
  if (at < first)
    return MIN (first - at, G_MAXUINT);
  return at >= first + size ? at - (first + size) + 1 : 0;
}

/* In input pixels, from the nearest region that lies in the picture. */
static guint
find_distance (const Region * regions, guint n, guint x, guint y)
{
  guint nearest = G_MAXUINT, i;

  for (i = 0; i < n; i++) {
    const Region *r = &regions[i];
    guint dx = distance (x, r->x, r->w), dy = distance (y, r->y, r->h);

    if (r->w > 0 && r->h > 0 && r->x < WIDTH && r->y < HEIGHT)
      nearest = MIN (nearest, MAX (dx, dy));
  }
  return nearest;
}

static void
assert_component (GstBuffer * out, guint c, const Region * regions, guint n)
{
  guint16 *a = frame_get_component (out, &out_info, c);
  guint16 *inside = frame_get_component (network, &out_info, c);
  guint16 *outside = frame_get_component (cubic, &out_info, c);
  guint x, y, i = 0;

  for (y = 0; y < HEIGHT * SCALE; y++) {
    for (x = 0; x < WIDTH * SCALE; x++, i++) {
      guint away = find_distance (regions, n, x / SCALE, y / SCALE);

      if (away == 0)
        fail_unless (a[i] == inside[i], "%s %u: %u,%u is not the network's",
            GST_VIDEO_INFO_NAME (&out_info), c, x, y);
      else if (away > FADE)
        fail_unless (a[i] == outside[i], "%s %u: %u,%u is not bicubic",
            GST_VIDEO_INFO_NAME (&out_info), c, x, y);
      else
        fail_unless (a[i] >= MIN (inside[i], outside[i])
            && a[i] <= MAX (inside[i], outside[i]), "%s %u: %u,%u is no blend",
            GST_VIDEO_INFO_NAME (&out_info), c, x, y);
    }
  }
  g_free (a);
  g_free (inside);
  g_free (outside);
}

/* Takes @out. */
static void
assert_regions (GstBuffer * out, const Region * regions, guint n)
{
  guint c, n_luma = GST_VIDEO_INFO_IS_RGB (&out_info) ? 3 : 1;

  for (c = 0; c < n_luma; c++)
    assert_component (out, c, regions, n);
  for (; c < GST_VIDEO_INFO_N_COMPONENTS (&out_info); c++)
    fail_unless_equals_int (frame_compare_component (out, &out_info, network,
            &out_info, c), 0);
  gst_buffer_unref (out);
}

static void
set_rectangle (Bench * bench, const Region * r)
{
  g_object_set (bench->ecbsr, "roi-mode", ROI_RECTANGLE, "roi-x", r->x,
      "roi-y", r->y, "roi-width", r->w, "roi-height", r->h, NULL);
}

/* ------------------------------------------------------------- rectangle -- */

GST_START_TEST (test_rectangle)
{
  const Region regions[] = {
    {20, 16, 17, 12}, {0, 0, 9, 100}, {33, 40, G_MAXINT, G_MAXINT},
    {0, 0, WIDTH, HEIGHT}, {30, 20, 1, 1},
    {30, 20, 0, 10}, {30, 20, 10, 0}, {WIDTH, 0, 10, 10},
    {G_MAXINT, G_MAXINT, G_MAXINT, G_MAXINT},
  };
  Bench bench = bench_new ("model", MODEL_ESR_TM, NULL);
  guint i;

  set_up (all_formats[__i__]);
  for (i = 0; i < G_N_ELEMENTS (regions); i++) {
    set_rectangle (&bench, &regions[i]);
    assert_regions (upscale_with (&bench, new_input (), &in_info, &out_info),
        &regions[i], 1);
  }
  bench_free (&bench);
  tear_down ();
}

GST_END_TEST;

/* Numbers as they are at first mean a region without area. */
GST_START_TEST (test_no_rectangle)
{
  GstBuffer *out;

  set_up (GST_VIDEO_FORMAT_I420);
  out = upscale (new_input (), &in_info, &out_info, "model", MODEL_ESR_TM,
      "roi-mode", ROI_RECTANGLE, NULL);
  frame_assert_equal (out, cubic, &out_info, "no rectangle");
  gst_buffer_unref (out);
  tear_down ();
}

GST_END_TEST;

GST_START_TEST (test_moved_every_frame)
{
  Bench bench = bench_new ("model", MODEL_ESR_TM, NULL);
  guint i;

  set_up (GST_VIDEO_FORMAT_NV12);
  bench_set_input (&bench, &in_info);
  for (i = 0; i < 40; i++) {
    const Region r = { i, (7 * i) % HEIGHT, 1 + i % 13, 3 + i % 5 };

    set_rectangle (&bench, &r);
    assert_regions (gst_harness_push_and_pull (bench.h, new_input ()), &r, 1);
  }
  bench_free (&bench);
  tear_down ();
}

GST_END_TEST;

GST_START_TEST (test_controlled)
{
  GstControlSource *source = gst_interpolation_control_source_new ();
  GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);
  Region r = { 0, 10, 12, 9 };
  Bench bench = bench_new ("model", MODEL_ESR_TM, NULL);
  guint i;

  set_up (GST_VIDEO_FORMAT_I420);
  set_rectangle (&bench, &r);
  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  gst_timed_value_control_source_set (values, 0, 0.0);
  gst_timed_value_control_source_set (values, 10 * GST_SECOND, 30.0);
  gst_object_add_control_binding (GST_OBJECT (bench.ecbsr),
      gst_direct_control_binding_new_absolute (GST_OBJECT (bench.ecbsr),
          "roi-x", source));

  bench_set_input (&bench, &in_info);
  for (i = 0; i < 10; i++) {
    GstBuffer *in = new_input ();

    r.x = 3 * i;
    GST_BUFFER_PTS (in) = i * GST_SECOND;
    assert_regions (gst_harness_push_and_pull (bench.h, in), &r, 1);
  }
  gst_object_unref (source);
  bench_free (&bench);
  tear_down ();
}

GST_END_TEST;

/* A built-in model of several layers, small and odd pictures, all scales. */
GST_START_TEST (test_sizes)
{
  const guint sizes[] = { 1, 2, 7 };
  guint i, scale = __i__;

  for (i = 0; i < 9; i++) {
    GstBuffer *all, *out;

    frame_info (&in_info, GST_VIDEO_FORMAT_YUY2, sizes[i / 3], sizes[i % 3]);
    all = upscale (new_input (), &in_info, &out_info, "scale", scale, "model",
        MODEL_ESR_CNN, NULL);
    out = upscale (new_input (), &in_info, &out_info, "scale", scale, "model",
        MODEL_ESR_CNN, "roi-mode", ROI_RECTANGLE, "roi-width", 7,
        "roi-height", 7, NULL);
    frame_assert_equal (all, out, &out_info, "a region of all");
    gst_buffer_unref (all);
    gst_buffer_unref (out);
  }
}

GST_END_TEST;

/* ------------------------------------------------------------------ meta -- */

static GstBuffer *
new_input_with (const Region * regions, guint n)
{
  GstBuffer *in = new_input ();
  guint i;

  for (i = 0; i < n; i++)
    gst_buffer_add_video_region_of_interest_meta (in, "face", regions[i].x,
        regions[i].y, regions[i].w, regions[i].h);
  return in;
}

static const Region metas[] = {
  {10, 8, 12, 9}, {15, 12, 14, 8}, {29, 12, 5, 5}, {0, 40, 6, 7},
  {55, 0, 500, 3}, {40, 30, G_MAXUINT, 2}, {5, 44, 3, G_MAXUINT},
  {30, 3, 0, 20}, {30, 3, 20, 0}, {WIDTH, 0, 10, 10}, {0, HEIGHT, 10, 10},
  {G_MAXUINT, G_MAXUINT, G_MAXUINT, G_MAXUINT}, {G_MAXUINT - 3, 5, 9, 9},
};

GST_START_TEST (test_metas)
{
  Bench bench = bench_new ("model", MODEL_ESR_TM, "roi-mode", ROI_META, NULL);
  GstBuffer *out;

  set_up (all_formats[__i__]);
  out = upscale_with (&bench, new_input_with (metas, G_N_ELEMENTS (metas)),
      &in_info, &out_info);
  assert_regions (out, metas, G_N_ELEMENTS (metas));
  /* none: bicubic */
  assert_regions (gst_harness_push_and_pull (bench.h, new_input ()), NULL, 0);
  bench_free (&bench);
  tear_down ();
}

GST_END_TEST;

/* Empty ones do not count, and however many there are, in each is the network. */
GST_START_TEST (test_many_metas)
{
  Region *many = g_new0 (Region, 5000);
  GstBuffer *out;
  guint i;

  set_up (GST_VIDEO_FORMAT_GRAY8);
  for (i = 0; i < 5000; i++) {
    many[i].x = (i * 7) % 40;
    many[i].y = (i * 11) % 30;
    many[i].w = i > 4600 ? 2 : 0;
    many[i].h = 3;
  }
  out = upscale (new_input_with (many, 5000), &in_info, &out_info,
      "model", MODEL_ESR_TM, "roi-mode", ROI_META, NULL);
  for (i = 4601; i < 5000; i++) {
    guint16 *a = frame_get_component (out, &out_info, 0);
    guint16 *b = frame_get_component (network, &out_info, 0);
    guint y = many[i].y * SCALE, x = many[i].x * SCALE;
    guint at = y * WIDTH * SCALE + x;

    fail_unless (memcmp (a + at, b + at, 2 * SCALE * sizeof *a) == 0, "region %u", i);
    g_free (a);
    g_free (b);
  }
  gst_buffer_unref (out);
  g_free (many);
  tear_down ();
}

GST_END_TEST;

/* ------------------------------------------------------- with other things -- */

/* strength, compare and another model while a region is there. */
GST_START_TEST (test_together)
{
  const Region r = { 20, 16, 17, 12 };
  Bench bench = bench_new ("model", MODEL_ESR_TM, NULL);
  GstBuffer *out;

  set_up (GST_VIDEO_FORMAT_I420);
  set_rectangle (&bench, &r);
  g_object_set (bench.ecbsr, "strength", 0.0, NULL);
  out = upscale_with (&bench, new_input (), &in_info, &out_info);
  frame_assert_equal (out, cubic, &out_info, "strength 0 in a region");
  gst_buffer_unref (out);

  g_object_set (bench.ecbsr, "strength", 1.0, "compare", COMPARE_SPLIT,
      "compare-position", 1.0, NULL);
  out = gst_harness_push_and_pull (bench.h, new_input ());
  frame_assert_equal (out, cubic, &out_info, "all left of the line");
  gst_buffer_unref (out);

  g_object_set (bench.ecbsr, "compare-position", 0.0, NULL);
  assert_regions (gst_harness_push_and_pull (bench.h, new_input ()), &r, 1);
  tear_down ();

  set_up_model (GST_VIDEO_FORMAT_I420, MODEL_ESR_CNN);
  g_object_set (bench.ecbsr, "model", MODEL_ESR_CNN, NULL);
  assert_regions (gst_harness_push_and_pull (bench.h, new_input ()), &r, 1);
  bench_free (&bench);
  tear_down ();
}

GST_END_TEST;

/* Conversion comes after the regions. */
GST_START_TEST (test_converted)
{
  Bench bench = bench_new ("model", MODEL_ESR_TM, "roi-mode", ROI_RECTANGLE,
      "roi-width", WIDTH, "roi-height", HEIGHT, NULL);
  GstBuffer *out, *all;

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,format=RGB");
  out = upscale_with (&bench, new_input (), &in_info, &out_info);
  g_object_set (bench.ecbsr, "roi-mode", ROI_OFF, NULL);
  all = gst_harness_push_and_pull (bench.h, new_input ());
  fail_unless_equals_int (out_info.finfo->format, GST_VIDEO_FORMAT_RGB);
  frame_assert_equal (all, out, &out_info, "converted");
  gst_buffer_unref (out);
  gst_buffer_unref (all);
  bench_free (&bench);
}

GST_END_TEST;

/* Where no network is wanted none runs. */
GST_START_TEST (test_cost)
{
  const Region quarter = { 0, 0, 320, 180 };
  Bench bench = bench_new ("model", MODEL_ESR_TM, NULL);
  guint64 n, outside;

  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 640, 360);
  gst_buffer_unref (upscale_with (&bench, new_input (), &in_info, &out_info));
  n = bench_get_stat (&bench, "tiles");
  fail_unless (n >= 50);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "tiles-outside"), 0);

  set_rectangle (&bench, &quarter);
  gst_buffer_unref (gst_harness_push_and_pull (bench.h, new_input ()));
  outside = bench_get_stat (&bench, "tiles-outside");
  fail_unless (outside >= n * 65 / 100 && outside <= n * 75 / 100,
      "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, outside, n);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "tiles"), 2 * n);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "tiles-skipped"), 0);

  g_object_set (bench.ecbsr, "roi-width", 0, NULL);
  gst_buffer_unref (gst_harness_push_and_pull (bench.h, new_input ()));
  fail_unless_equals_uint64 (bench_get_stat (&bench, "tiles-outside"),
      outside + n);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
roi_suite (void)
{
  Suite *s = suite_create ("roi");
  TCase *tc = tcase_create ("regions");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_rectangle, 0, n_all_formats);
  tcase_add_test (tc, test_no_rectangle);
  tcase_add_test (tc, test_moved_every_frame);
  tcase_add_test (tc, test_controlled);
  tcase_add_loop_test (tc, test_sizes, 2, 5);
  tcase_add_loop_test (tc, test_metas, 0, n_all_formats);
  tcase_add_test (tc, test_many_metas);
  tcase_add_test (tc, test_together);
  tcase_add_test (tc, test_converted);
  tcase_add_test (tc, test_cost);
  return s;
}

GST_CHECK_MAIN (roi);
