/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fields are pictures: none sees the other, and their rows come out where they
 * belong. */

#include "pool.h"
#include "upscale.h"

#define WIDTH 34
#define HEIGHT 48

static void
set_info (GstVideoInfo * info, GstVideoFormat format,
    GstVideoInterlaceMode mode, guint height)
{
  fail_unless (gst_video_info_set_interlaced_format (info, format, mode, WIDTH,
          height));
  frame_set_site (info);
  info->fps_n = 25;
  info->fps_d = 1;
}

static GstBuffer *
run (GstBuffer * in, const GstVideoInfo * info, guint flags, guint scale,
    guint model, GstVideoInfo * out_info)
{
  GST_BUFFER_FLAG_SET (in, flags);
  return upscale (in, info, out_info, "scale", scale, "model", model,
      "n-threads", 1, NULL);
}

/* ---------------------------------------------------------------- fields -- */

/* Of an odd number of rows the bottom field has one less than it would by itself: its
 * last one is there twice. */
static gint
find_row (const GstVideoInfo * info, guint component, gint y, guint parity)
{
  gint row = 2 * y + parity;

  return row < GST_VIDEO_INFO_COMP_HEIGHT (info, component) ? row : row - 2;
}

/* The rows of one field of a frame, a buffer of its own. */
static GstBuffer *
cut_field (GstBuffer * frame, const GstVideoInfo * info,
    const GstVideoInfo * field_info, guint parity)
{
  GstBuffer *field = frame_new (field_info, FRAME_PADDED);
  guint c;
  gint y;

  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++) {
    guint width = GST_VIDEO_INFO_COMP_WIDTH (info, c);
    guint16 *all = frame_get_component (frame, info, c);
    guint16 *rows = g_new (guint16,
        width * GST_VIDEO_INFO_COMP_HEIGHT (field_info, c));

    for (y = 0; y < GST_VIDEO_INFO_COMP_HEIGHT (field_info, c); y++)
      memcpy (rows + y * width, all + find_row (info, c, y, parity) * width,
          width * sizeof *rows);
    frame_set_component (field, field_info, c, rows);
    g_free (rows);
    g_free (all);
  }
  return field;
}

/* A field of a frame, which may have a row less. */
static void
assert_field (GstBuffer * frame, const GstVideoInfo * info, guint parity,
    GstBuffer * field, const GstVideoInfo * field_info)
{
  guint c, y;

  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++) {
    guint width = GST_VIDEO_INFO_COMP_WIDTH (info, c);
    guint height = GST_VIDEO_INFO_COMP_HEIGHT (info, c);
    guint16 *all = frame_get_component (frame, info, c);
    guint16 *rows = frame_get_component (field, field_info, c);

    for (y = 0; 2 * y + parity < height; y++)
      fail_unless (memcmp (rows + y * width, all + (2 * y + parity) * width,
              width * sizeof *rows) == 0, "%s %dx%d component %u: row %u of "
          "field %u differs", GST_VIDEO_INFO_NAME (info), info->width,
          info->height, c, y, parity);
    g_free (rows);
    g_free (all);
  }
}

static void
check_field (GstBuffer * in, const GstVideoInfo * info, GstBuffer * out,
    const GstVideoInfo * out_info, guint parity, guint scale, guint model)
{
  GstVideoInfo field_info, big_info;
  GstBuffer *field, *expected;

  set_info (&field_info, GST_VIDEO_INFO_FORMAT (info),
      GST_VIDEO_INTERLACE_MODE_ALTERNATE, info->height);
  field = cut_field (in, info, &field_info, parity);
  expected = run (field, &field_info, parity ? GST_VIDEO_BUFFER_FLAG_BOTTOM_FIELD
      : GST_VIDEO_BUFFER_FLAG_TOP_FIELD, scale, model, &big_info);
  fail_unless_equals_int (big_info.height, out_info->height);
  assert_field (out, out_info, parity, expected, &big_info);
  gst_buffer_unref (expected);
}

/* An interleaved frame is its two fields, each upscaled by itself. */
static void
check_interleaved (GstVideoFormat format, guint height, guint scale,
    guint model, FrameLayout layout)
{
  Bench bench = bench_new ("scale", scale, "model", model, "n-threads", 1,
      NULL);
  GstVideoInfo info, out_info;
  GstBuffer *in, *out;

  set_info (&info, format, GST_VIDEO_INTERLACE_MODE_INTERLEAVED, height);
  in = frame_new_filled (&info, layout, pattern_texture);
  pool_install (bench.h, FRAME_PADDED, FALSE);
  out = upscale_with (&bench, gst_buffer_ref (in), &info, &out_info);
  frame_assert_guards (out, &out_info);
  fail_unless_equals_int (GST_VIDEO_INFO_INTERLACE_MODE (&out_info),
      GST_VIDEO_INTERLACE_MODE_INTERLEAVED);
  check_field (in, &info, out, &out_info, 0, scale, model);
  check_field (in, &info, out, &out_info, 1, scale, model);
  bench_free (&bench);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
}

GST_START_TEST (test_formats)
{
  check_interleaved (all_formats[__i__], HEIGHT, 2, MODEL_ESR_TM,
      FRAME_DEFAULT);
  check_interleaved (all_formats[__i__], HEIGHT, 3, MODEL_ESR_MAX,
      FRAME_FLIPPED);
  check_interleaved (all_formats[__i__], HEIGHT, 4, MODEL_BICUBIC, FRAME_TIGHT);
}

GST_END_TEST;

/* Rows as NTSC has them: 486, of which 243 of chroma in 4:2:0, an odd number. */
GST_START_TEST (test_odd_chroma_rows)
{
  static const guint heights[] = { 4, 6, 50, 486 };
  guint i, scale;

  for (i = 0; i < G_N_ELEMENTS (heights); i++) {
    for (scale = 2; scale <= 4; scale++)
      check_interleaved (all_formats[__i__], heights[i], scale, MODEL_BICUBIC,
          scale == 3 ? FRAME_FLIPPED : FRAME_TIGHT);
  }
}

GST_END_TEST;

/* ----------------------------------------------------------------- purity -- */

static guint8
pattern_stripes (guint component, guint x, guint y)
{
  if (component == 1 || component == 2)
    return 128;
  return y % 2 ? 235 : 16;
}

/* The first field is black and the second white; away from the borders, where
 * networks see black beyond the picture. */
static void
assert_pure (GstBuffer * out, const GstVideoInfo * info, guint component,
    guint border, guint tolerance)
{
  guint16 *samples = frame_get_component (out, info, component);
  gboolean rgb = GST_VIDEO_INFO_IS_RGB (info);
  gint black = rgb ? 0 : 16, white = rgb ? 255 : 235, x, y;
  guint up = frame_depth (info) - 8;

  for (y = border; y + (gint) border < info->height; y++) {
    for (x = border; x + (gint) border < info->width; x++) {
      gint value = samples[y * info->width + x] >> up;

      fail_unless (ABS (value - (y % 2 ? white : black)) <= (gint) tolerance,
          "%s: %d in row %d", GST_VIDEO_INFO_NAME (info), value, y);
    }
  }
  g_free (samples);
}

static void
check_stripes (GstVideoFormat format, guint model, const gchar * sink,
    guint tolerance)
{
  Bench bench = bench_new ("model", model, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *out;

  set_info (&info, format, GST_VIDEO_INTERLACE_MODE_INTERLEAVED, HEIGHT);
  if (sink)
    gst_harness_set_sink_caps_str (bench.h, sink);
  out = upscale_with (&bench, frame_new_filled (&info, FRAME_PADDED,
          pattern_stripes), &info, &out_info);
  assert_pure (out, &out_info, 0, model == MODEL_BICUBIC ? 0 : 16, tolerance);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_START_TEST (test_never_across_fields)
{
  GstVideoInfo info;

  set_info (&info, all_formats[__i__], GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
      HEIGHT);
  if (GST_VIDEO_INFO_IS_RGB (&info))
    return;                     /* other black and white */
  if (GST_VIDEO_INFO_IS_GRAY (&info))
    return;                     /* full range */
  check_stripes (all_formats[__i__], MODEL_BICUBIC, NULL, 0);
  check_stripes (all_formats[__i__], MODEL_ECBSR_M4C8, NULL, 4);
  check_stripes (all_formats[__i__], MODEL_BICUBIC, "video/x-raw,format=BGRx",
      3);
  check_stripes (all_formats[__i__], MODEL_BICUBIC, "video/x-raw,format=YUY2",
      1);
}

GST_END_TEST;

/* ----------------------------------------------------------------- phase -- */

static guint8
pattern_slope (guint component, guint x, guint y)
{
  return component == 0 ? 20 + 4 * y : 20 + 8 * y;
}

/* What runs straight down the frame, through both fields, still does. */
static void
assert_slope (GstBuffer * out, const GstVideoInfo * info, guint component,
    guint scale)
{
  gint width = GST_VIDEO_INFO_COMP_WIDTH (info, component);
  gint height = GST_VIDEO_INFO_COMP_HEIGHT (info, component);
  guint16 *samples = frame_get_component (out, info, component);
  gint y;

  for (y = 4 * scale; y < height - 4 * (gint) scale; y++) {
    gdouble row = (y + 0.5) / scale - 0.5;
    gdouble expected = component == 0 ? 20 + 4 * row : 20 + 8 * row;

    fail_unless (ABS (samples[y * width + 7] - expected) < 0.51,
        "%s component %u, row %d of %d: %u instead of %f",
        GST_VIDEO_INFO_NAME (info), component, y, height,
        samples[y * width + 7], expected);
  }
  g_free (samples);
}

GST_START_TEST (test_rows_lie_where_they_belong)
{
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_I420,
    GST_VIDEO_FORMAT_NV12
  };
  GstVideoInfo info, out_info;
  GstBuffer *out;
  guint i, c, scale;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    for (scale = 2; scale <= 4; scale++) {
      set_info (&info, formats[i], GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
          HEIGHT);
      out = run (frame_new_filled (&info, FRAME_DEFAULT, pattern_slope), &info,
          0, scale, MODEL_BICUBIC, &out_info);
      for (c = 0; c < 3; c++)
        assert_slope (out, &out_info, c, scale);
      gst_buffer_unref (out);
    }
  }
}

GST_END_TEST;

/* ------------------------------------------------------------ what frames -- */

/* Flags tell what a frame of a mixed stream is, and they stay. */
static void
check_mixed (guint flags, GstVideoInterlaceMode same_as)
{
  GstVideoInfo info, out_info, other_info;
  GstBuffer *out, *expected;

  set_info (&info, GST_VIDEO_FORMAT_NV12, GST_VIDEO_INTERLACE_MODE_MIXED,
      HEIGHT);
  out = run (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture), &info,
      flags, 2, MODEL_ESR_TM, &out_info);
  fail_unless_equals_int (GST_VIDEO_INFO_INTERLACE_MODE (&out_info),
      GST_VIDEO_INTERLACE_MODE_MIXED);
  fail_unless ((GST_BUFFER_FLAGS (out) & flags) == flags);
  set_info (&info, GST_VIDEO_FORMAT_NV12, same_as, HEIGHT);
  expected = run (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture),
      &info, 0, 2, MODEL_ESR_TM, &other_info);
  frame_assert_equal (out, expected, &other_info, "mixed");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

GST_START_TEST (test_mixed)
{
  check_mixed (0, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
  check_mixed (GST_VIDEO_BUFFER_FLAG_TFF, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE);
  check_mixed (GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_TFF,
      GST_VIDEO_INTERLACE_MODE_INTERLEAVED);
  check_mixed (GST_VIDEO_BUFFER_FLAG_INTERLACED | GST_VIDEO_BUFFER_FLAG_RFF,
      GST_VIDEO_INTERLACE_MODE_INTERLEAVED);
  check_mixed (GST_VIDEO_BUFFER_FLAG_INTERLACED
      | GST_VIDEO_BUFFER_FLAG_ONEFIELD, GST_VIDEO_INTERLACE_MODE_INTERLEAVED);
}

GST_END_TEST;

/* Regions and what has not changed, by the field. */
GST_START_TEST (test_regions_and_static_parts)
{
  GstVideoInfo info, out_info;
  GstBuffer *whole, *out;
  Bench bench;
  guint i;

  set_info (&info, GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
      HEIGHT);
  whole = run (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture), &info,
      0, 2, MODEL_ESR_TM, &out_info);
  bench = bench_new ("model", MODEL_ESR_TM, "skip-static", TRUE, NULL);
  gst_util_set_object_arg (G_OBJECT (bench.ecbsr), "roi-mode", "rectangle");
  g_object_set (bench.ecbsr, "roi-x", 0, "roi-y", 1, "roi-width", WIDTH,
      "roi-height", HEIGHT - 1, NULL);
  for (i = 0; i < 3; i++) {
    out = upscale_with (&bench, frame_new_filled (&info, FRAME_DEFAULT,
            pattern_texture), &info, &out_info);
    frame_assert_equal (out, whole, &out_info, "all of both fields");
    gst_buffer_unref (out);
  }
  gst_buffer_unref (whole);
  bench_free (&bench);
}

GST_END_TEST;

/* One without area is none, also where it would begin in the second field. */
GST_START_TEST (test_region_without_area)
{
  GstVideoInfo info, out_info;
  GstBuffer *plain, *out;
  Bench bench;

  set_info (&info, GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
      HEIGHT);
  plain = run (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture), &info,
      0, 2, MODEL_BICUBIC, &out_info);
  bench = bench_new ("model", MODEL_ESR_TM, NULL);
  gst_util_set_object_arg (G_OBJECT (bench.ecbsr), "roi-mode", "rectangle");
  g_object_set (bench.ecbsr, "roi-y", 1, "roi-width", WIDTH, "roi-height", 0,
      NULL);
  out = upscale_with (&bench, frame_new_filled (&info, FRAME_DEFAULT,
          pattern_texture), &info, &out_info);
  frame_assert_equal (out, plain, &out_info, "no region");
  gst_buffer_unref (out);
  gst_buffer_unref (plain);
  bench_free (&bench);
}

GST_END_TEST;

/* A buffer that calls itself interlaced in a progressive stream. */
GST_START_TEST (test_flags_against_the_caps)
{
  GstVideoInfo info, out_info;
  GstBuffer *in, *out, *plain;

  set_info (&info, GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_PROGRESSIVE,
      HEIGHT);
  plain = run (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture), &info,
      0, 2, MODEL_ESR_TM, &out_info);
  in = frame_new_filled (&info, FRAME_DEFAULT, pattern_texture);
  gst_buffer_add_video_meta (in, GST_VIDEO_FRAME_FLAG_INTERLACED
      | GST_VIDEO_FRAME_FLAG_TFF, GST_VIDEO_FORMAT_I420, WIDTH, HEIGHT);
  out = run (in, &info, GST_VIDEO_BUFFER_FLAG_INTERLACED, 2, MODEL_ESR_TM,
      &out_info);
  frame_assert_equal (out, plain, &out_info, "progressive");
  gst_buffer_unref (out);
  gst_buffer_unref (plain);
}

GST_END_TEST;

/* The library's converter knows nothing of buffers of one field each. */
GST_START_TEST (test_alternate_converted)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *in, *out;
  guint16 *samples;
  gint i;

  set_info (&info, GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_ALTERNATE,
      HEIGHT);
  in = frame_new_filled (&info, FRAME_PADDED, pattern_stripes);
  GST_BUFFER_FLAG_SET (in, GST_VIDEO_BUFFER_FLAG_BOTTOM_FIELD);
  gst_harness_set_sink_caps_str (bench.h,
      "video/x-raw(format:Interlaced),format=P010_10LE");
  pool_install (bench.h, FRAME_PADDED, FALSE);
  out = upscale_with (&bench, in, &info, &out_info);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&out_info),
      GST_VIDEO_FORMAT_P010_10LE);
  fail_unless (GST_VIDEO_BUFFER_IS_BOTTOM_FIELD (out));
  samples = frame_get_component (out, &out_info, 1);
  for (i = 0; i < WIDTH * HEIGHT / 2; i++)
    fail_unless (ABS (samples[i] - 512) <= 2, "%u", samples[i]);
  g_free (samples);
  frame_assert_guards (out, &out_info);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

/* ------------------------------------------------------------------- caps -- */

GST_START_TEST (test_caps)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstCaps *caps, *expected;

  gst_harness_set_src_caps_str (bench.h, "video/x-raw,format=YUY2,width=720,"
      "height=576,framerate=25/1,interlace-mode=interleaved,"
      "field-order=top-field-first");
  caps = gst_pad_get_current_caps (bench.h->sinkpad);
  expected = gst_caps_from_string ("video/x-raw,width=1440,height=1152,"
      "interlace-mode=interleaved,field-order=top-field-first,framerate=25/1");
  fail_unless (gst_caps_is_subset (caps, expected));
  gst_caps_unref (caps);
  gst_caps_unref (expected);
  bench_free (&bench);
}

GST_END_TEST;

static const struct
{
  const gchar *caps, *text;
} refused[] = {
  {"format=I420,height=2,interlace-mode=interleaved", "multiple of 4"},
  {"format=NV12,height=45,interlace-mode=mixed", "multiple of 4"},
  {"format=YUY2,height=45,interlace-mode=interleaved", "multiple of 2"},
  {"format=I420,height=48,interlace-mode=fields", "interlace-mode=fields"},
};

GST_START_TEST (test_refused)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  gchar *caps = g_strconcat ("video/x-raw,width=64,framerate=25/1,",
      refused[__i__].caps, NULL);
  gchar *text;

  bench_try_input (&bench, caps);
  text = bench_pop_problem (&bench, GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_FORMAT);
  fail_unless (strstr (text, refused[__i__].text) != NULL
      && strstr (text, "deinterlace") != NULL, "%s", text);
  g_free (text);
  g_free (caps);
  bench_free (&bench);
}

GST_END_TEST;

static void
push_bad (GstBuffer * in, const GstVideoInfo * info, const gchar * wanted)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  gchar *text;

  bench_be_a_file (&bench);
  bench_set_input (&bench, info);
  GST_BUFFER_PTS (in) = 0;
  fail_unless_equals_int (gst_harness_push (bench.h, in), GST_FLOW_ERROR);
  text = bench_pop_problem (&bench, GST_MESSAGE_ERROR, GST_STREAM_ERROR,
      GST_STREAM_ERROR_FORMAT);
  fail_unless (strstr (text, wanted) != NULL, "%s", text);
  g_free (text);
  bench_free (&bench);
}

GST_START_TEST (test_bad_buffers)
{
  GstVideoInfo info, big_info;
  GstVideoCropMeta *crop;
  GstBuffer *in;

  set_info (&info, GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
      HEIGHT);
  set_info (&big_info, GST_VIDEO_FORMAT_I420,
      GST_VIDEO_INTERLACE_MODE_INTERLEAVED, HEIGHT + 8);
  in = frame_new (&big_info, FRAME_PADDED);
  crop = gst_buffer_add_video_crop_meta (in);
  crop->y = 2;
  crop->width = WIDTH;
  crop->height = HEIGHT;
  push_bad (in, &info, "row 2");
}

GST_END_TEST;

/* A field that does not say which it is counts as a top one, and the stream goes on. */
GST_START_TEST (test_unmarked_field)
{
  GstVideoInfo info, out_info;
  GstBuffer *out, *expected;

  set_info (&info, GST_VIDEO_FORMAT_I420, GST_VIDEO_INTERLACE_MODE_ALTERNATE,
      HEIGHT);
  out = run (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture), &info,
      0, 2, MODEL_ESR_TM, &out_info);
  expected = run (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture),
      &info, GST_VIDEO_BUFFER_FLAG_TOP_FIELD, 2, MODEL_ESR_TM, &out_info);
  frame_assert_equal (out, expected, &out_info, "unmarked");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

GST_END_TEST;

static Suite *
interlaced_suite (void)
{
  Suite *s = suite_create ("interlaced");
  TCase *tc = tcase_create ("frames");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_formats, 0, n_all_formats);
  tcase_add_loop_test (tc, test_odd_chroma_rows, 0, n_all_formats);
  tcase_add_loop_test (tc, test_never_across_fields, 0, n_all_formats);
  tcase_add_test (tc, test_rows_lie_where_they_belong);
  tcase_add_test (tc, test_mixed);
  tcase_add_test (tc, test_unmarked_field);
  tcase_add_test (tc, test_regions_and_static_parts);
  tcase_add_test (tc, test_region_without_area);
  tcase_add_test (tc, test_flags_against_the_caps);
  tcase_add_test (tc, test_alternate_converted);
  tcase_add_test (tc, test_caps);
  tcase_add_loop_test (tc, test_refused, 0, G_N_ELEMENTS (refused));
  tcase_add_test (tc, test_bad_buffers);
  return s;
}

GST_CHECK_MAIN (interlaced);
