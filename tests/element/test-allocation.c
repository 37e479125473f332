/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which buffers are asked for and which are used. */

#include "pool.h"
#include "upscale.h"

static GstQuery *
ask (Bench * bench)
{
  GstCaps *caps = gst_pad_get_current_caps (bench->h->srcpad);
  GstQuery *query = gst_query_new_allocation (caps, TRUE);

  fail_unless (gst_pad_peer_query (bench->h->srcpad, query));
  gst_caps_unref (caps);
  return query;
}

GST_START_TEST (test_proposal)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstAllocationParams params;
  GstBufferPool *pool;
  GstVideoInfo info;
  GstQuery *query;
  guint size;

  frame_info (&info, GST_VIDEO_FORMAT_I420, 33, 17);
  bench_set_input (&bench, &info);
  query = ask (&bench);
  fail_unless (gst_query_find_allocation_meta (query, GST_VIDEO_META_API_TYPE,
          NULL));
  gst_query_parse_nth_allocation_param (query, 0, NULL, &params);
  fail_unless_equals_int (params.align & 63, 63);
  gst_query_parse_nth_allocation_pool (query, 0, &pool, &size, NULL, NULL);
  fail_unless (pool != NULL && size >= info.size);
  gst_object_unref (pool);
  gst_query_unref (query);
  bench_free (&bench);
}

GST_END_TEST;

/* What downstream can do with metadata is passed on, but only for metadata
 * that survives the way. */
GST_START_TEST (test_downstream_metas)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstStructure *window =
      gst_structure_new ("window", "width", G_TYPE_UINT, 99, NULL);
  GstVideoInfo info;
  GstQuery *query;
  guint position;
  const GstStructure *params;
  guint width;

  gst_harness_add_propose_allocation_meta (bench.h,
      GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, window);
  gst_structure_free (window);
  gst_harness_add_propose_allocation_meta (bench.h,
      GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE, NULL);
  gst_harness_add_propose_allocation_meta (bench.h,
      GST_VIDEO_GL_TEXTURE_UPLOAD_META_API_TYPE, NULL);
  gst_harness_add_propose_allocation_meta (bench.h,
      GST_VIDEO_CROP_META_API_TYPE, NULL);
  frame_info (&info, GST_VIDEO_FORMAT_I420, 33, 17);
  bench_set_input (&bench, &info);
  query = ask (&bench);
  fail_unless (gst_query_find_allocation_meta (query,
          GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE, &position));
  gst_query_parse_nth_allocation_meta (query, position, &params);
  fail_unless (gst_structure_get_uint (params, "width", &width));
  fail_unless_equals_int (width, 99);
  fail_unless (gst_query_find_allocation_meta (query,
          GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE, NULL));
  fail_if (gst_query_find_allocation_meta (query,
          GST_VIDEO_GL_TEXTURE_UPLOAD_META_API_TYPE, NULL));
  /* Else a textoverlay behind a videocrop draws where nobody looks. */
  fail_if (gst_query_find_allocation_meta (query, GST_VIDEO_CROP_META_API_TYPE,
          NULL));
  gst_query_unref (query);
  bench_free (&bench);
}

GST_END_TEST;

static GstBuffer *
run (Bench * bench, GstVideoInfo * out_info)
{
  GstVideoInfo info;

  frame_info (&info, GST_VIDEO_FORMAT_I420, 33, 17);
  return upscale_with (bench, frame_new_filled (&info, FRAME_DEFAULT,
          pattern_texture), &info, out_info);
}

GST_START_TEST (test_own_pool)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo out_info;
  GstBuffer *out = run (&bench, &out_info);
  GstMapInfo map;

  fail_unless (out->pool != NULL);
  fail_unless (gst_buffer_get_video_meta (out) != NULL);
  fail_unless (gst_buffer_map (out, &map, GST_MAP_READ));
  fail_unless_equals_int ((guintptr) map.data & 63, 0);
  gst_buffer_unmap (out, &map);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

GST_START_TEST (test_refusing_pool)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  Bench plain = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo out_info;
  GstBuffer *out, *expected;

  pool_install (bench.h, FRAME_PADDED, TRUE);
  out = run (&bench, &out_info);
  expected = run (&plain, &out_info);
  frame_assert_equal (out, expected, &out_info, "own pool");
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
  bench_free (&bench);
  bench_free (&plain);
}

GST_END_TEST;

/* An input buffer is not kept longer than its frame takes. */
GST_START_TEST (test_input_is_let_go)
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *in, *out;

  frame_info (&info, GST_VIDEO_FORMAT_I420, 33, 17);
  in = frame_new_filled (&info, FRAME_DEFAULT, pattern_texture);
  gst_buffer_ref (in);
  bench_set_input (&bench, &info);
  out = gst_harness_push_and_pull (bench.h, in);
  bench_get_output (&bench, &out_info);
  fail_unless_equals_int (GST_MINI_OBJECT_REFCOUNT_VALUE (in), 1);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

/* At scale 1 upstream talks to downstream. */
GST_START_TEST (test_passthrough)
{
  Bench bench = bench_new ("scale", 1, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *in, *out;
  GstQuery *query;

  gst_harness_add_propose_allocation_meta (bench.h,
      GST_VIDEO_GL_TEXTURE_UPLOAD_META_API_TYPE, NULL);
  frame_info (&info, GST_VIDEO_FORMAT_I420, 33, 17);
  in = frame_new_filled (&info, FRAME_PADDED, pattern_texture);
  bench_set_input (&bench, &info);
  query = ask (&bench);
  fail_unless (gst_query_find_allocation_meta (query,
          GST_VIDEO_GL_TEXTURE_UPLOAD_META_API_TYPE, NULL));
  gst_query_unref (query);
  out = gst_harness_push_and_pull (bench.h, in);
  fail_unless (out == in);
  bench_get_output (&bench, &out_info);
  fail_unless (gst_video_info_is_equal (&info, &out_info));
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
allocation_suite (void)
{
  Suite *s = suite_create ("allocation");
  TCase *tc = tcase_create ("buffers");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_proposal);
  tcase_add_test (tc, test_downstream_metas);
  tcase_add_test (tc, test_own_pool);
  tcase_add_test (tc, test_refusing_pool);
  tcase_add_test (tc, test_input_is_let_go);
  tcase_add_test (tc, test_passthrough);
  return s;
}

GST_CHECK_MAIN (allocation);
