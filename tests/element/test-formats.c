/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Every format, size, stride and scale. */

#include "pool.h"
#include "upscale.h"

#include <string.h>

static const struct
{
  guint width, height;
} sizes[] = { {1, 1}, {2, 2}, {3, 5}, {16, 16}, {33, 17}, {4097, 3} };

/* Upscales the texture, laid out as @in_layout, into a frame of a pool with
 * @out_layout. */
static GstBuffer *
run (const GstVideoInfo * info, guint scale, FrameLayout in_layout,
    FrameLayout out_layout, GstVideoInfo * out_info)
{
  Bench bench = bench_new ("scale", scale, "model", MODEL_ESR_MAX,
      "n-threads", 1, NULL);
  GstBuffer *out;

  pool_install (bench.h, out_layout, FALSE);
  out = upscale_with (&bench, frame_new_filled (info, in_layout,
          pattern_texture), info, out_info);
  bench_free (&bench);
  return out;
}

static void
check_layouts (const GstVideoInfo * info, guint scale)
{
  static const gchar *names[N_FRAME_LAYOUTS] =
      { "default", "tight", "padded", "flipped" };
  GstVideoInfo out_info;
  GstBuffer *expected =
      run (info, scale, FRAME_DEFAULT, FRAME_DEFAULT, &out_info);
  guint layout;

  fail_unless_equals_int (out_info.width, info->width * scale);
  fail_unless_equals_int (out_info.height, info->height * scale);
  for (layout = FRAME_TIGHT; layout < N_FRAME_LAYOUTS; layout++) {
    GstBuffer *out = run (info, scale, layout, layout, &out_info);

    frame_assert_equal (out, expected, &out_info, names[layout]);
    frame_assert_guards (out, &out_info);
    gst_buffer_unref (out);
  }
  gst_buffer_unref (expected);
}

GST_START_TEST (test_layouts)
{
  GstVideoFormat format = all_formats[__i__];
  GstVideoInfo info;
  guint i, scale;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    for (scale = 2; scale <= 4; scale++) {
      frame_info (&info, format, sizes[i].width, sizes[i].height);
      check_layouts (&info, scale);
    }
  }
}

GST_END_TEST;

/* Planes hold what pixels do, with every kind of model. */
GST_START_TEST (test_planar_rgb)
{
  static const gint models[] =
      { MODEL_BICUBIC, MODEL_ESR_TM, MODEL_ECBSR_M4C8 };
  GstVideoInfo info, planar_info, out_info, planar_out_info;
  GstBuffer *out, *planar_out;
  guint c;

  frame_info (&info, GST_VIDEO_FORMAT_RGBA, 33, 17);
  frame_info (&planar_info, GST_VIDEO_FORMAT_GBRA, 33, 17);
  out = upscale (frame_new_filled (&info, FRAME_PADDED, pattern_texture),
      &info, &out_info, "model", models[__i__], NULL);
  planar_out = upscale (frame_new_filled (&planar_info, FRAME_FLIPPED,
          pattern_texture), &planar_info, &planar_out_info, "model",
      models[__i__], NULL);
  for (c = 0; c < 4; c++) {
    guint16 *samples = frame_get_component (out, &out_info, c);
    guint16 *planar = frame_get_component (planar_out, &planar_out_info, c);

    fail_unless (memcmp (samples, planar, 66 * 34 * sizeof *samples) == 0,
        "component %u differs", c);
    g_free (samples);
    g_free (planar);
  }
  gst_buffer_unref (out);
  gst_buffer_unref (planar_out);
}

GST_END_TEST;

static guint8
pattern_flat (guint component, guint x, guint y)
{
  static const guint8 values[] = { 120, 90, 170, 60 };

  return values[component];
}

static void
assert_near (GstBuffer * buffer, const GstVideoInfo * info, guint component,
    guint tolerance, guint border)
{
  guint16 *samples = frame_get_component (buffer, info, component);
  guint width = GST_VIDEO_INFO_COMP_WIDTH (info, component);
  guint height = GST_VIDEO_INFO_COMP_HEIGHT (info, component);
  guint up = frame_depth (info) - 8;
  gint value = pattern_flat (component, 0, 0) << up, worst = 0;
  guint x, y;

  for (y = border; y + border < height; y++) {
    for (x = border; x + border < width; x++)
      worst = MAX (worst, ABS (samples[y * width + x] - value));
  }
  fail_unless (worst <= (gint) tolerance << up, "%s component %u is off by %u",
      GST_VIDEO_INFO_NAME (info), component, worst);
  g_free (samples);
}

/* Exactly by cubic upscaling; by a network away from the borders and about. */
GST_START_TEST (test_flat_stays_flat)
{
  GstVideoInfo info, out_info;
  GstBuffer *out;
  guint c, scale;

  frame_info (&info, all_formats[__i__], 33, 17);
  for (scale = 2; scale <= 4; scale++) {
    out = upscale (frame_new_filled (&info, FRAME_PADDED, pattern_flat), &info,
        &out_info, "scale", scale, "model", MODEL_BICUBIC, "n-threads", 1,
        NULL);
    for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (&info); c++)
      assert_near (out, &out_info, c, 0, 0);
    gst_buffer_unref (out);

    out = upscale (frame_new_filled (&info, FRAME_PADDED, pattern_flat), &info,
        &out_info, "scale", scale, "model", MODEL_ESR_TM, "n-threads", 1, NULL);
    for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (&info); c++)
      assert_near (out, &out_info, c, 5, 8 * scale);
    gst_buffer_unref (out);
  }
}

GST_END_TEST;

static void
set_range (GstVideoInfo * info, GstVideoColorRange range)
{
  info->colorimetry.range = range;
}

/* Largest difference of luma from @b, of 8 bits, in steps of these. */
static gdouble
compare_luma (GstBuffer * a, const GstVideoInfo * a_info, GstBuffer * b,
    const GstVideoInfo * b_info)
{
  guint16 *x = frame_get_component (a, a_info, 0);
  guint16 *y = frame_get_component (b, b_info, 0);
  gdouble unit = 1 << (frame_depth (a_info) - 8);
  gdouble worst = 0.0;
  gint i;

  for (i = 0; i < a_info->width * a_info->height; i++) {
    if (y[i] > 0 && y[i] < 255) /* else it was clamped */
      worst = MAX (worst, ABS (x[i] / unit - y[i]));
  }
  g_free (x);
  g_free (y);
  return worst;
}

/* However luma is stored, it is the same luma. */
GST_START_TEST (test_luma_agrees)
{
  GstVideoInfo info, out_info, grey_info, grey_out_info;
  GstBuffer *out, *grey;
  gdouble worst, unit;

  frame_info (&grey_info, GST_VIDEO_FORMAT_GRAY8, 33, 17);
  frame_info (&info, all_formats[__i__], 33, 17);
  if (GST_VIDEO_INFO_IS_RGB (&info))
    return;
  set_range (&grey_info, GST_VIDEO_COLOR_RANGE_16_235);
  set_range (&info, GST_VIDEO_COLOR_RANGE_16_235);
  grey = upscale (frame_new_filled (&grey_info, FRAME_DEFAULT,
          pattern_texture), &grey_info, &grey_out_info, "model", MODEL_ESR_TM,
      NULL);
  out = upscale (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture),
      &info, &out_info, "model", MODEL_ESR_TM, NULL);
  worst = compare_luma (out, &out_info, grey, &grey_out_info);
  unit = 1 << (frame_depth (&info) - 8);
  fail_unless (unit == 1 ? worst == 0 : worst <= 0.5 + 1 / unit
      && worst >= 0.5 - 1 / unit, "luma of %s differs by %f",
      GST_VIDEO_INFO_NAME (&info), worst);
  gst_buffer_unref (out);
  gst_buffer_unref (grey);
}

GST_END_TEST;

static const struct
{
  GstVideoFormat a, b;
} same_chroma[] = {
  {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12},
  {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12},
  {GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV21},
  {GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_YUY2},
  {GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_UYVY},
  {GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_NV16},
  {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGR},
  {GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_xBGR},
  {GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_ARGB},
  {GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_BGRA},
  {GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_ABGR},
  {GST_VIDEO_FORMAT_I420_10LE, GST_VIDEO_FORMAT_P010_10LE},
  {GST_VIDEO_FORMAT_I420_12LE, GST_VIDEO_FORMAT_P012_LE},
};

GST_START_TEST (test_same_components_agree)
{
  GstVideoInfo a_info, b_info, a_out_info, b_out_info;
  GstBuffer *a, *b;
  guint c;

  frame_info (&a_info, same_chroma[__i__].a, 33, 17);
  frame_info (&b_info, same_chroma[__i__].b, 33, 17);
  a = upscale (frame_new_filled (&a_info, FRAME_DEFAULT, pattern_texture),
      &a_info, &a_out_info, "scale", 3, "model", MODEL_ESR_MAX, NULL);
  b = upscale (frame_new_filled (&b_info, FRAME_DEFAULT, pattern_texture),
      &b_info, &b_out_info, "scale", 3, "model", MODEL_ESR_MAX, NULL);
  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (&a_info); c++)
    fail_unless_equals_int (frame_compare_component (a, &a_out_info, b,
            &b_out_info, c), 0);
  gst_buffer_unref (a);
  gst_buffer_unref (b);
}

GST_END_TEST;

static void
assert_close_to_grey (GstBuffer * rgb, const GstVideoInfo * info,
    guint component, GstBuffer * grey, const GstVideoInfo * grey_info)
{
  guint16 *a = frame_get_component (rgb, info, component);
  guint16 *b = frame_get_component (grey, grey_info, 0);
  gint i, worst = 0, n = info->width * info->height;
  gint unit = 1 << (frame_depth (info) - 8);

  for (i = 0; i < n; i++)
    worst = MAX (worst, ABS (a[i] - unit * b[i]));
  fail_unless (worst <= unit, "component %u differs from grey by %u", component,
      worst);
  g_free (a);
  g_free (b);
}

GST_START_TEST (test_grey_rgb_stays_grey)
{
  GstVideoInfo info, out_info, grey_info, grey_out_info;
  GstBuffer *out, *grey;
  guint c;

  frame_info (&grey_info, GST_VIDEO_FORMAT_GRAY8, 33, 17);
  frame_info (&info, all_formats[__i__], 33, 17);
  if (!GST_VIDEO_INFO_IS_RGB (&info))
    return;
  grey = upscale (frame_new_filled (&grey_info, FRAME_DEFAULT,
          pattern_grey_texture), &grey_info, &grey_out_info, "model",
      MODEL_ESR_TM, NULL);
  out = upscale (frame_new_filled (&info, FRAME_DEFAULT, pattern_grey_texture),
      &info, &out_info, "model", MODEL_ESR_TM, NULL);
  /* The weights of the luma sum add up to 1 within rounding only. */
  for (c = 0; c < 3; c++)
    assert_close_to_grey (out, &out_info, c, grey, &grey_out_info);
  for (c = 1; c < 3; c++) {
    guint16 *red = frame_get_component (out, &out_info, 0);
    guint16 *other = frame_get_component (out, &out_info, c);

    fail_unless (memcmp (red, other, 66 * 34 * sizeof *red) == 0);
    g_free (red);
    g_free (other);
  }
  gst_buffer_unref (out);
  gst_buffer_unref (grey);
}

GST_END_TEST;

static guint8
pattern_alpha (guint component, guint x, guint y)
{
  return pattern_texture (3, x, y);
}

/* Alpha is a plane of its own, upscaled without the network. */
GST_START_TEST (test_alpha)
{
  GstVideoInfo info, out_info, grey_info, grey_out_info;
  GstBuffer *out, *grey;
  guint16 *alpha, *expected;

  frame_info (&info, GST_VIDEO_FORMAT_BGRA, 33, 17);
  frame_info (&grey_info, GST_VIDEO_FORMAT_GRAY8, 33, 17);
  out = upscale (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture),
      &info, &out_info, "model", MODEL_ESR_TM, NULL);
  grey = upscale (frame_new_filled (&grey_info, FRAME_DEFAULT, pattern_alpha),
      &grey_info, &grey_out_info, "model", MODEL_BICUBIC, NULL);
  alpha = frame_get_component (out, &out_info, 3);
  expected = frame_get_component (grey, &grey_out_info, 0);
  fail_unless (memcmp (alpha, expected, 66 * 34 * sizeof *alpha) == 0);
  g_free (alpha);
  g_free (expected);
  gst_buffer_unref (out);
  gst_buffer_unref (grey);
}

GST_END_TEST;

static guint8
pattern_full_range (guint component, guint x, guint y)
{
  return pattern_texture (component, x, y);
}

static guint8
pattern_video_range (guint component, guint x, guint y)
{
  return (guint8) (16.5 + pattern_full_range (component, x, y) * 219.0 / 255);
}

/* The same picture in both ranges comes out as the same picture. */
GST_START_TEST (test_range)
{
  GstVideoInfo info, out_info;
  GstBuffer *full, *video;
  gdouble worst = 0.0;
  guint16 *a, *b;
  guint i;

  frame_info (&info, GST_VIDEO_FORMAT_GRAY8, 33, 17);
  set_range (&info, GST_VIDEO_COLOR_RANGE_0_255);
  full = upscale (frame_new_filled (&info, FRAME_DEFAULT, pattern_full_range),
      &info, &out_info, "model", MODEL_ESR_TM, NULL);
  a = frame_get_component (full, &out_info, 0);
  set_range (&info, GST_VIDEO_COLOR_RANGE_16_235);
  video = upscale (frame_new_filled (&info, FRAME_DEFAULT,
          pattern_video_range), &info, &out_info, "model", MODEL_ESR_TM, NULL);
  b = frame_get_component (video, &out_info, 0);
  for (i = 0; i < 66 * 34; i++)
    worst = MAX (worst, ABS (CLAMP ((b[i] - 16) * 255.0 / 219, 0, 255) - a[i]));
  fail_unless (worst < 3.5, "ranges differ by %f", worst);
  g_free (a);
  g_free (b);
  gst_buffer_unref (full);
  gst_buffer_unref (video);
}

GST_END_TEST;

static Suite *
formats_suite (void)
{
  Suite *s = suite_create ("formats");
  TCase *tc = tcase_create ("frames");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_layouts, 0, n_all_formats);
  tcase_add_loop_test (tc, test_flat_stays_flat, 0, n_all_formats);
  tcase_add_loop_test (tc, test_luma_agrees, 0, n_all_formats);
  tcase_add_loop_test (tc, test_same_components_agree, 0,
      G_N_ELEMENTS (same_chroma));
  tcase_add_loop_test (tc, test_grey_rgb_stays_grey, 0, n_all_formats);
  tcase_add_loop_test (tc, test_planar_rgb, 0, 3);
  tcase_add_test (tc, test_alpha);
  tcase_add_test (tc, test_range);
  return s;
}

GST_CHECK_MAIN (formats);
