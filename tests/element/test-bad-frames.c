/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Frames that cannot be read or written, amid good ones, from a live source. */

#include "pool.h"
#include "upscale.h"

#define MAX_IN_A_ROW 30

static GstVideoInfo info;

static void
set_up (void)
{
  frame_info (&info, GST_VIDEO_FORMAT_I420, 32, 24);
}

static GstBuffer *
new_good (void)
{
  return frame_new_filled (&info, FRAME_DEFAULT, pattern_texture);
}

/* -------------------------------------------------------------------- bad ones -- */

static GstBuffer *
new_truncated (void)
{
  return gst_buffer_new_allocate (NULL, info.size - 1, NULL);
}

/* As v4l2src sends it after a transfer that failed. */
static GstBuffer *
new_empty (void)
{
  GstBuffer *buffer = gst_buffer_new ();

  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_CORRUPTED);
  return buffer;
}

static GstBuffer *
new_unmappable (void)
{
  return frame_new_unmappable (info.size);
}

static GstBuffer *
new_with_meta (GstVideoFormat format, guint width, guint height,
    guint n_planes, gint stride)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 4096, NULL);
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0, 1024, 2048 };
  gint strides[GST_VIDEO_MAX_PLANES] = { stride, 16, 16 };

  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, format,
      width, height, n_planes, offset, strides);
  return buffer;
}

static GstBuffer *
new_of_another_size (void)
{
  return new_with_meta (GST_VIDEO_FORMAT_I420, 16, 24, 3, 32);
}

static GstBuffer *
new_of_another_format (void)
{
  return new_with_meta (GST_VIDEO_FORMAT_NV12, 32, 24, 2, 32);
}

static GstBuffer *
new_with_fewer_planes (void)
{
  return new_with_meta (GST_VIDEO_FORMAT_I420, 32, 24, 2, 32);
}

static GstBuffer *
new_with_far_rows (void)
{
  return new_with_meta (GST_VIDEO_FORMAT_I420, 32, 24, 3, 4000);
}

static GstBuffer *
new_cropped (guint x, guint width)
{
  GstBuffer *buffer = new_good ();
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);

  crop->x = x;
  crop->width = width;
  crop->height = 24;
  return buffer;
}

static GstBuffer *
new_cropped_outside (void)
{
  return new_cropped (1, 32);
}

static GstBuffer *
new_cropped_to_another_size (void)
{
  return new_cropped (0, 16);
}

typedef GstBuffer *(*NewBad) (void);

static const struct
{
  NewBad new_bad;
  gboolean resource;            /* or stream */
  gint code;
} kinds[] = {
  {new_truncated, TRUE, GST_RESOURCE_ERROR_READ},
  {new_empty, TRUE, GST_RESOURCE_ERROR_READ},
  {new_unmappable, TRUE, GST_RESOURCE_ERROR_READ},
  {new_of_another_size, FALSE, GST_STREAM_ERROR_FORMAT},
  {new_of_another_format, FALSE, GST_STREAM_ERROR_FORMAT},
  {new_with_fewer_planes, FALSE, GST_STREAM_ERROR_FORMAT},
  {new_with_far_rows, FALSE, GST_STREAM_ERROR_FORMAT},
  {new_cropped_outside, FALSE, GST_STREAM_ERROR_FORMAT},
  {new_cropped_to_another_size, FALSE, GST_STREAM_ERROR_FORMAT},
};

/* ---------------------------------------------------------------------- checks -- */

/* @number: how many frames have been pushed before. */
static GstFlowReturn
push (Bench * bench, GstBuffer * buffer, guint number)
{
  GST_BUFFER_PTS (buffer) = number * 40 * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 40 * GST_MSECOND;
  return gst_harness_push (bench->h, buffer);
}

static void
assert_good (Bench * bench, guint number, gboolean after_a_gap)
{
  GstVideoInfo out_info;
  GstBuffer *out, *expected = upscale (new_good (), &info, &out_info, "model",
      MODEL_BICUBIC, NULL);

  fail_unless_equals_int (push (bench, new_good (), number), GST_FLOW_OK);
  out = gst_harness_try_pull (bench->h);
  fail_unless (out != NULL, "nothing comes");
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), number * 40 * GST_MSECOND);
  fail_unless (!after_a_gap || GST_BUFFER_IS_DISCONT (out));
  frame_assert_equal (out, expected, &out_info, "good");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

static void
assert_dropped (Bench * bench, GstBuffer * bad, guint number, GQuark domain,
    gint code)
{
  fail_unless_equals_int (push (bench, bad, number), GST_FLOW_OK);
  g_free (bench_pop_problem (bench, GST_MESSAGE_WARNING, domain, code));
  bench_assert_quiet (bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  fail_unless (gst_harness_try_pull (bench->h) == NULL);
}

static GQuark
get_domain (guint kind)
{
  return kinds[kind].resource ? GST_RESOURCE_ERROR : GST_STREAM_ERROR;
}

GST_START_TEST (test_one)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);

  bench_set_input (&bench, &info);
  assert_good (&bench, 0, FALSE);
  assert_dropped (&bench, kinds[__i__].new_bad (), 1, get_domain (__i__),
      kinds[__i__].code);
  assert_good (&bench, 2, TRUE);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "frames"), 2);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "dropped"), 1);
  fail_unless_equals_uint64 (bench_get_stat (&bench, "invalid"), 1);
  bench_assert_quiet (&bench, GST_MESSAGE_QOS);
  bench_free (&bench);
}

GST_END_TEST;

/* Nothing has come yet that could be shown instead. */
GST_START_TEST (test_first)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);

  bench_set_input (&bench, &info);
  assert_dropped (&bench, new_truncated (), 0, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_READ);
  assert_good (&bench, 1, TRUE);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_file)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);

  bench_be_a_file (&bench);
  bench_set_input (&bench, &info);
  fail_unless_equals_int (push (&bench, kinds[__i__].new_bad (), 0),
      GST_FLOW_ERROR);
  g_free (bench_pop_problem (&bench, GST_MESSAGE_ERROR, get_domain (__i__),
          kinds[__i__].code));
  fail_unless_equals_int (gst_harness_buffers_received (bench.h), 0);
  bench_free (&bench);
}

GST_END_TEST;

static guint
drop_many (Bench * bench, guint number)
{
  guint i;

  for (i = 0; i < MAX_IN_A_ROW; i++) {
    guint kind = i % G_N_ELEMENTS (kinds);

    assert_dropped (bench, kinds[kind].new_bad (), number + i,
        get_domain (kind), kinds[kind].code);
  }
  return number + i;
}

/* A good frame in between, and they are counted anew; so after a restart. */
GST_START_TEST (test_many)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  guint n = 0, round;

  bench_set_input (&bench, &info);
  for (round = 0; round < 3; round++) {
    n = drop_many (&bench, n);
    assert_good (&bench, n++, TRUE);
  }
  n = drop_many (&bench, n);
  fail_unless_equals_int (push (&bench, new_truncated (), n), GST_FLOW_ERROR);
  g_free (bench_pop_problem (&bench, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_READ));
  fail_unless_equals_uint64 (bench_get_stat (&bench, "invalid"),
      4 * MAX_IN_A_ROW + 1);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_output_too_small)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);

  pool_install_short (bench.h, 2);
  bench_set_input (&bench, &info);
  assert_dropped (&bench, new_good (), 0, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_WRITE);
  assert_dropped (&bench, new_good (), 1, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_WRITE);
  assert_good (&bench, 2, TRUE);
  bench_free (&bench);
}

GST_END_TEST;

/* What was agreed on at another scale is read at 1 as well. */
GST_START_TEST (test_scale_one)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstCaps *caps;
  GstQuery *query;

  bench_set_input (&bench, &info);
  caps = gst_pad_get_current_caps (bench.h->srcpad);
  query = gst_query_new_allocation (caps, TRUE);
  fail_unless (gst_pad_peer_query (bench.h->srcpad, query));
  gst_query_unref (query);
  gst_caps_unref (caps);
  assert_good (&bench, 0, FALSE);
  g_object_set (bench.ecbsr, "scale", 1, NULL);
  assert_dropped (&bench, new_cropped_outside (), 1, GST_STREAM_ERROR,
      GST_STREAM_ERROR_FORMAT);
  g_object_set (bench.ecbsr, "scale", 2, NULL);
  assert_good (&bench, 2, TRUE);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
bad_frames_suite (void)
{
  Suite *s = suite_create ("bad-frames");
  TCase *tc = tcase_create ("bad-frames");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_loop_test (tc, test_one, 0, G_N_ELEMENTS (kinds));
  tcase_add_test (tc, test_first);
  tcase_add_loop_test (tc, test_file, 0, G_N_ELEMENTS (kinds));
  tcase_add_test (tc, test_many);
  tcase_add_test (tc, test_output_too_small);
  tcase_add_test (tc, test_scale_one);
  return s;
}

GST_CHECK_MAIN (bad_frames);
