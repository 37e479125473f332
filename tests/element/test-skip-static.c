/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* skip-static: the same bits as without it, whatever changes in whatever order. */

#include "upscale.h"

#define N_FRAMES 50

static GstVideoInfo in_info, out_info;

/* The same stream through two elements. */
typedef struct
{
  Bench all, skipping;
  GRand *rand;
  GstBuffer *picture;
  GstClockTime time;
} Twins;

static guint
pick (Twins * twins, guint n)
{
  return g_rand_int_range (twins->rand, 0, n);
}

static void
set_caps (Twins * twins, GstVideoFormat format, guint width, guint height)
{
  frame_info (&in_info, format, width, height);
  gst_clear_buffer (&twins->picture);
  twins->picture = frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);
  bench_set_input (&twins->all, &in_info);
  bench_set_input (&twins->skipping, &in_info);
}

static void
twins_init (Twins * twins, guint seed)
{
  memset (twins, 0, sizeof *twins);
  twins->rand = g_rand_new_with_seed (seed);
  twins->all = bench_new ("model", MODEL_ESR_TM, NULL);
  twins->skipping = bench_new ("model", MODEL_ESR_TM, "skip-static", TRUE,
      NULL);
}

static void
twins_clear (Twins * twins)
{
  gst_clear_buffer (&twins->picture);
  bench_free (&twins->all);
  bench_free (&twins->skipping);
  g_rand_free (twins->rand);
}

/* Its arguments are evaluated twice. */
#define TWINS_SET(twins, ...) \
  g_object_set ((twins)->all.ecbsr, __VA_ARGS__, NULL); \
  g_object_set ((twins)->skipping.ecbsr, __VA_ARGS__, NULL)

/* What has been handed in is overwritten behind the element's back. */
static GstBuffer *
push (Bench * bench, GstBuffer * picture, GstClockTime time, guint flags)
{
  GstBuffer *in = gst_buffer_copy_deep (picture), *out;
  GstMapInfo map;

  GST_BUFFER_PTS (in) = time;
  GST_BUFFER_FLAG_SET (in, flags);
  gst_buffer_ref (in);
  out = gst_harness_push_and_pull (bench->h, in);
  ASSERT_MINI_OBJECT_REFCOUNT (in, "input", 1);
  fail_unless (gst_buffer_map (in, &map, GST_MAP_WRITE));
  memset (map.data, 0, map.size);
  gst_buffer_unmap (in, &map);
  gst_buffer_unref (in);
  return out;
}

static void
twins_push (Twins * twins, guint flags)
{
  GstBuffer *expected = push (&twins->all, twins->picture, twins->time, flags);
  GstBuffer *out = push (&twins->skipping, twins->picture, twins->time, flags);

  twins->time += GST_SECOND / 25;
  bench_get_output (&twins->all, &out_info);
  frame_assert_equal (expected, out, &out_info, "skip-static");
  gst_buffer_unref (expected);
  gst_buffer_unref (out);
}

/* Whatever byte it is. */
static void
change_byte (Twins * twins)
{
  guint8 byte = pick (twins, 256);

  gst_buffer_fill (twins->picture, pick (twins,
          gst_buffer_get_size (twins->picture)), &byte, 1);
}

static void
flush (Twins * twins)
{
  Bench *benches[] = { &twins->all, &twins->skipping };
  guint i;

  for (i = 0; i < 2; i++) {
    GstHarness *h = benches[i]->h;
    GstSegment segment;

    gst_harness_push_event (h, gst_event_new_flush_start ());
    gst_harness_push_event (h, gst_event_new_flush_stop (TRUE));
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (h, gst_event_new_segment (&segment));
  }
}

static void
change_region (Twins * twins)
{
  guint mode = pick (twins, 2) ? ROI_RECTANGLE : ROI_OFF;
  guint width = 20 + pick (twins, 31);

  TWINS_SET (twins, "roi-mode", mode, "roi-x", 13, "roi-y", 5, "roi-width",
      width, "roi-height", 17);
}

static void
change_something (Twins * twins)
{
  const guint models[] = { MODEL_ESR_TM, MODEL_ESR_MAX, MODEL_BICUBIC,
    MODEL_ESR_CNN
  };
  guint model = models[pick (twins, G_N_ELEMENTS (models))];
  guint scale = 2 + pick (twins, 2);
  gdouble strength = pick (twins, 3) / 2.0;
  guint value = pick (twins, 2);

  switch (pick (twins, 16)) {
    case 0:
      TWINS_SET (twins, "model", model);
      break;
    case 1:
      TWINS_SET (twins, "strength", strength);
      break;
    case 2:
      TWINS_SET (twins, "compare", value, "compare-position", strength);
      break;
    case 3:
    case 4:
      change_region (twins);
      break;
    case 5:
      TWINS_SET (twins, "precision", 1 + value, "n-threads", 1 + value);
      break;
    case 6:
      TWINS_SET (twins, "scale", scale);
      break;
    case 7:
      set_caps (twins, all_formats[pick (twins, n_all_formats)],
          60 + pick (twins, 40), 30 + pick (twins, 30));
      break;
    case 8:
      flush (twins);
      break;
    case 9:
      g_object_set (twins->skipping.ecbsr, "skip-static", value, NULL);
      break;
    case 10:
      break;
    default:
      change_byte (twins);
  }
}

/* bfloat16 where it cannot run is a warning, of no matter here. */
GST_START_TEST (test_any_order)
{
  Twins twins;
  guint i;

  twins_init (&twins, __i__);
  set_caps (&twins, all_formats[__i__ % n_all_formats], 67, 41);
  for (i = 0; i < N_FRAMES; i++) {
    twins_push (&twins, i % 7 == 3 ? GST_BUFFER_FLAG_DISCONT : 0);
    change_something (&twins);
  }
  twins_clear (&twins);
}

GST_END_TEST;

/* Other buffer layouts, and pictures too small to be cut. */
GST_START_TEST (test_layouts)
{
  const guint sizes[] = { 1, 3, 90 };
  Twins twins;
  guint i, layout;

  twins_init (&twins, 1);
  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (layout = 0; layout < N_FRAME_LAYOUTS; layout++) {
      set_caps (&twins, all_formats[__i__], sizes[i], 91 - sizes[i]);
      gst_clear_buffer (&twins.picture);
      twins.picture = frame_new_filled (&in_info, layout, pattern_texture);
      twins_push (&twins, 0);
      twins_push (&twins, 0);
    }
  }
  twins_clear (&twins);
}

GST_END_TEST;

/* Output goes through a conversion. */
GST_START_TEST (test_converted)
{
  Twins twins;
  guint i;

  twins_init (&twins, 2);
  gst_harness_set_sink_caps_str (twins.all.h, "video/x-raw,format=RGB");
  gst_harness_set_sink_caps_str (twins.skipping.h, "video/x-raw,format=RGB");
  set_caps (&twins, GST_VIDEO_FORMAT_NV12, 90, 50);
  for (i = 0; i < 20; i++) {
    twins_push (&twins, 0);
    change_byte (&twins);
  }
  fail_unless_equals_int (out_info.finfo->format, GST_VIDEO_FORMAT_RGB);
  twins_clear (&twins);
}

GST_END_TEST;

/* A still picture is no work, a small change is little, a new picture is all. */
GST_START_TEST (test_cost)
{
  guint64 n, before;
  guint8 *other;
  Twins twins;

  twins_init (&twins, 3);
  set_caps (&twins, GST_VIDEO_FORMAT_I420, 640, 360);
  twins_push (&twins, 0);
  n = bench_get_stat (&twins.skipping, "tiles");
  fail_unless_equals_uint64 (bench_get_stat (&twins.skipping, "tiles-skipped"),
      0);
  twins_push (&twins, 0);
  twins_push (&twins, 0);
  fail_unless_equals_uint64 (bench_get_stat (&twins.skipping, "tiles-skipped"),
      2 * n);

  before = bench_get_stat (&twins.skipping, "tiles-skipped");
  gst_buffer_memset (twins.picture, 640 * 100 + 100, 77, 8);
  twins_push (&twins, 0);
  before = bench_get_stat (&twins.skipping, "tiles-skipped") - before;
  fail_unless (before >= n - 4 && before < n);

  before = bench_get_stat (&twins.skipping, "tiles-skipped");
  other = g_malloc (in_info.size);
  memset (other, 60, in_info.size);
  gst_buffer_fill (twins.picture, 0, other, in_info.size);
  g_free (other);
  twins_push (&twins, 0);
  fail_unless_equals_uint64 (bench_get_stat (&twins.skipping, "tiles-skipped"),
      before);
  fail_unless_equals_uint64 (bench_get_stat (&twins.all, "tiles-skipped"), 0);
  twins_clear (&twins);
}

GST_END_TEST;

static Suite *
skip_static_suite (void)
{
  Suite *s = suite_create ("skip-static");
  TCase *tc = tcase_create ("frames");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_any_order, 0, 2 * n_all_formats);
  tcase_add_loop_test (tc, test_layouts, 0, n_all_formats);
  tcase_add_test (tc, test_converted);
  tcase_add_test (tc, test_cost);
  return s;
}

GST_CHECK_MAIN (skip_static);
