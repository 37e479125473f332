/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* strength and compare: how much of the network is seen where. */

#include <gst/controller/gstinterpolationcontrolsource.h>
#include <gst/controller/gstdirectcontrolbinding.h>

#include "upscale.h"

static GstVideoInfo in_info, out_info;
static GstBuffer *cubic, *network;

static GstBuffer *
new_input (void)
{
  return frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);
}

static void
set_up (GstVideoFormat format)
{
  frame_info (&in_info, format, 33, 17);
  cubic = upscale (new_input (), &in_info, &out_info, "model", MODEL_BICUBIC,
      NULL);
  network = upscale (new_input (), &in_info, &out_info, "model", MODEL_ESR_TM,
      NULL);
  fail_unless (frame_compare_component (cubic, &out_info, network, &out_info,
          0) > 10, "the network has no effect, so this tests nothing");
}

static void
tear_down (void)
{
  gst_buffer_unref (cubic);
  gst_buffer_unref (network);
}

/* The way to the network's range and back is no step of 8 or 10 bits. */
static gint
get_tolerance (void)
{
  return frame_depth (&in_info) > 10 ? 1 : 0;
}

GST_START_TEST (test_strength_0_is_bicubic)
{
  GstBuffer *out;
  guint c;

  set_up (all_formats[__i__]);
  out = upscale (new_input (), &in_info, &out_info, "model", MODEL_ESR_TM,
      "strength", 0.0, NULL);
  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (&out_info); c++)
    fail_unless ((gint) frame_compare_component (out, &out_info, cubic,
            &out_info, c) <= get_tolerance (), "%s component %u",
        GST_VIDEO_INFO_NAME (&out_info), c);
  gst_buffer_unref (out);
  tear_down ();
}

GST_END_TEST;

/* Rounding apart, half of the strength is half of the way. */
GST_START_TEST (test_strength_blends)
{
  guint16 *a, *b, *half;
  GstBuffer *out;
  gint i, worst = 0;

  set_up (GST_VIDEO_FORMAT_I420);
  out = upscale (new_input (), &in_info, &out_info, "model", MODEL_ESR_TM,
      "strength", 0.5, NULL);
  a = frame_get_component (cubic, &out_info, 0);
  b = frame_get_component (network, &out_info, 0);
  half = frame_get_component (out, &out_info, 0);
  for (i = 0; i < out_info.width * out_info.height; i++) {
    /* Where one end was clamped, nobody knows how far it went. */
    if (a[i] > 0 && a[i] < 255 && b[i] > 0 && b[i] < 255)
      worst = MAX (worst, ABS (2 * half[i] - a[i] - b[i]));
  }
  fail_unless (worst <= 2, "off by %d halves", worst);
  g_free (a);
  g_free (b);
  g_free (half);
  gst_buffer_unref (out);
  tear_down ();
}

GST_END_TEST;

static void
assert_columns (GstBuffer * out, GstBuffer * expected, guint component,
    guint from, guint to)
{
  gint width = GST_VIDEO_INFO_COMP_WIDTH (&out_info, component);
  gint height = GST_VIDEO_INFO_COMP_HEIGHT (&out_info, component);
  guint16 *a = frame_get_component (out, &out_info, component);
  guint16 *b = frame_get_component (expected, &out_info, component);
  gint x, y, i;

  for (y = 0; y < height; y++) {
    for (x = from; x < (gint) to; x++) {
      i = y * width + x;
      fail_unless (ABS (a[i] - b[i]) <= get_tolerance (), "%s component %u, "
          "column %d of row %d, columns %u to %u",
          GST_VIDEO_INFO_NAME (&out_info), component, x, y, from, to);
    }
  }
  g_free (a);
  g_free (b);
}

static void
check_split (gdouble position, guint column)
{
  GstBuffer *out = upscale (new_input (), &in_info, &out_info, "model",
      MODEL_ESR_TM, "compare", COMPARE_SPLIT, "compare-position", position,
      NULL);
  guint c, n = GST_VIDEO_INFO_IS_RGB (&out_info) ? 3 : 1;

  for (c = 0; c < n; c++) {
    assert_columns (out, cubic, c, 0, column);
    assert_columns (out, network, c, column, out_info.width);
  }
  gst_buffer_unref (out);
}

GST_START_TEST (test_compare)
{
  set_up (all_formats[__i__]);
  check_split (0.5, 33);
  check_split (0.0, 0);
  check_split (1.0, 66);
  check_split (0.1, 7);
  tear_down ();
}

GST_END_TEST;

/* A control source on strength is asked for the stream time of each frame. */
GST_START_TEST (test_controlled_strength)
{
  GstControlSource *source = gst_interpolation_control_source_new ();
  GstTimedValueControlSource *values = GST_TIMED_VALUE_CONTROL_SOURCE (source);
  GstBuffer *out;
  Bench bench;
  guint i;

  set_up (GST_VIDEO_FORMAT_NV12);
  bench = bench_new ("model", MODEL_ESR_TM, NULL);
  g_object_set (source, "mode", GST_INTERPOLATION_MODE_NONE, NULL);
  gst_timed_value_control_source_set (values, 0, 0.0);
  gst_timed_value_control_source_set (values, GST_SECOND, 1.0);
  gst_object_add_control_binding (GST_OBJECT (bench.ecbsr),
      gst_direct_control_binding_new (GST_OBJECT (bench.ecbsr), "strength",
          source));

  bench_set_input (&bench, &in_info);
  for (i = 0; i < 2; i++) {
    GstBuffer *in = new_input ();

    GST_BUFFER_PTS (in) = i * GST_SECOND;
    out = gst_harness_push_and_pull (bench.h, in);
    frame_assert_equal (out, i == 0 ? cubic : network, &out_info,
        "controlled strength");
    gst_buffer_unref (out);
  }
  gst_object_unref (source);
  bench_free (&bench);
  tear_down ();
}

GST_END_TEST;

static Suite *
strength_and_compare_suite (void)
{
  Suite *s = suite_create ("strength-and-compare");
  TCase *tc = tcase_create ("frames");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_strength_0_is_bicubic, 0, n_all_formats);
  tcase_add_test (tc, test_strength_blends);
  tcase_add_loop_test (tc, test_compare, 0, n_all_formats);
  tcase_add_test (tc, test_controlled_strength);
  return s;
}

GST_CHECK_MAIN (strength_and_compare);
