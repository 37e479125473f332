/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Scale 1 lets pass what a plain scaler lets pass at equal sizes: frames in memory that
 * nobody here could read, and layouts that cannot be upscaled. */

#include "frames.h"
#include "harness.h"

#define SIZE "width=32,height=24,framerate=30/1"
#define DMABUF "video/x-raw(memory:DMABuf),format=NV12," SIZE
#define SYSTEM "video/x-raw,format=NV12," SIZE

static const struct
{
  const gchar *caps;
  gboolean can_scale;
} videos[] = {
  {SYSTEM, TRUE},
  {"video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition),"
        "format=I420," SIZE, TRUE},
  {"video/x-raw(format:Interlaced),format=I420,interlace-mode=alternate,"
        SIZE, TRUE},
  {DMABUF, FALSE},
  {"video/x-raw(memory:GLMemory),format=RGBA,texture-target=2D," SIZE, FALSE},
  {"video/x-raw(memory:NVMM),format=P010_10LE," SIZE, FALSE},
  {"video/x-raw(memory:VAMemory,meta:GstVideoOverlayComposition),format=NV12,"
        SIZE, FALSE},
  {"video/x-raw(memory:SystemMemory,meta:Own),format=RGB," SIZE, FALSE},
  {"video/x-raw(memory:DMABuf,format:Interlaced),format=NV12,"
        "interlace-mode=alternate," SIZE, FALSE},
  {"video/x-raw,format=I420,interlace-mode=fields," SIZE, FALSE},
  {"video/x-raw,format=I420,interlace-mode=interleaved,width=8,"
        "height=5,framerate=30/1", FALSE},
};

static void
assert_passes (Bench * bench, GstBuffer * buffer)
{
  GstBuffer *out = gst_harness_push_and_pull (bench->h,
      gst_buffer_ref (buffer));

  fail_unless (out == buffer);
  gst_buffer_unref (out);
}

static void
assert_caps_pass (const gchar * string)
{
  Bench bench = bench_new ("scale", 1, NULL);
  GstCaps *caps = gst_caps_from_string (string);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL);
  GstCaps *out;

  gst_harness_set_src_caps (bench.h, gst_caps_ref (caps));
  assert_passes (&bench, buffer);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  out = gst_pad_get_current_caps (bench.h->sinkpad);
  fail_unless (gst_caps_is_equal (out, caps));
  gst_caps_unref (out);
  gst_caps_unref (caps);
  gst_buffer_unref (buffer);
  bench_free (&bench);
}

GST_START_TEST (test_all_passes)
{
  assert_caps_pass (videos[__i__].caps);
}

GST_END_TEST;

GST_START_TEST (test_some_scales)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstCaps *caps;

  bench_try_input (&bench, videos[__i__].caps);
  caps = gst_pad_get_current_caps (bench.h->sinkpad);
  fail_unless (videos[__i__].can_scale == (caps != NULL), "%s",
      videos[__i__].caps);
  gst_clear_caps (&caps);
  bench_free (&bench);
}

GST_END_TEST;

/* --------------------------------------------------------------- what is taken -- */

/* The features of what the sink pad takes of @filter, or of all. */
static gchar *
get_features (guint scale, const gchar * downstream, const gchar * filter)
{
  Bench bench = bench_new ("scale", scale, "model", MODEL_BICUBIC, NULL);
  GstCaps *filter_caps = filter ? gst_caps_from_string (filter) : NULL;
  GString *all = g_string_new (NULL);
  GstCaps *caps;
  guint i;

  gst_harness_set_sink_caps_str (bench.h, downstream);
  caps = gst_pad_peer_query_caps (bench.h->srcpad, filter_caps);
  for (i = 0; i < gst_caps_get_size (caps); i++) {
    gchar *one =
        gst_caps_features_to_string (gst_caps_get_features (caps, i));

    if (!g_str_has_suffix (all->str, one))
      g_string_append_printf (all, "%s%s", i == 0 ? "" : " ", one);
    g_free (one);
  }
  gst_caps_unref (caps);
  gst_clear_caps (&filter_caps);
  bench_free (&bench);
  return g_string_free (all, FALSE);
}

static void
assert_features (guint scale, const gchar * downstream, const gchar * filter,
    const gchar * expected)
{
  gchar *features = get_features (scale, downstream, filter);

  fail_unless (g_str_equal (features, expected), "%s of %s at scale %u: %s",
      filter, downstream, scale, features);
  g_free (features);
}

/* As GStreamer has them from 1.24 on. */
GST_START_TEST (test_drm_format)
{
  if (gst_video_format_from_string ("DMA_DRM") != GST_VIDEO_FORMAT_UNKNOWN)
    assert_caps_pass ("video/x-raw(memory:DMABuf),format=DMA_DRM,"
        "drm-format=NV12:0x0100000000000002," SIZE);
  assert_features (1, "ANY", "video/x-raw(memory:DMABuf),format=DMA_DRM",
      "memory:DMABuf");
  assert_features (2, "ANY", "video/x-raw(memory:DMABuf),format=DMA_DRM", "");
}

GST_END_TEST;

/* A decoder that can make both is not to choose what the scale cannot be changed for. */
GST_START_TEST (test_system_memory_first)
{
  const gchar *both = DMABUF ";" SYSTEM;
  const gchar *raw = "video/x-raw(memory:DMABuf);video/x-raw";

  assert_features (1, raw, both, "memory:SystemMemory");
  assert_features (1, raw, NULL, "memory:SystemMemory memory:DMABuf");
  assert_features (1, raw, DMABUF, "memory:DMABuf");
  assert_features (1, DMABUF, both, "memory:DMABuf");
  assert_features (1, DMABUF, SYSTEM, "");
  assert_features (1, "ANY", both, "memory:SystemMemory");
  assert_features (2, raw, both, "memory:SystemMemory");
  assert_features (2, raw, DMABUF, "");
  assert_features (2, "ANY", DMABUF, "");
  assert_features (2, "video/x-raw(ANY)", both, "memory:SystemMemory");
}

GST_END_TEST;

/* -------------------------------------------------------------- other scales -- */

static void
assert_stays (Bench * bench, GstBuffer * buffer, GQuark domain, gint code,
    const gchar * reason)
{
  guint scale;
  gchar *text;

  bench_assert_quiet (bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  g_object_set (bench->ecbsr, "scale", 2, NULL);
  assert_passes (bench, buffer);
  text = bench_pop_problem (bench, GST_MESSAGE_WARNING, domain, code);
  fail_unless (strstr (text, reason) != NULL, "%s", text);
  g_free (text);
  g_object_get (bench->ecbsr, "scale", &scale, NULL);
  fail_unless_equals_int (scale, 1);
  assert_passes (bench, buffer);
}

GST_START_TEST (test_scale_stays)
{
  Bench bench = bench_new ("scale", 1, "model", MODEL_BICUBIC, NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL), *out;
  GstVideoInfo info;

  gst_harness_set_src_caps_str (bench.h, DMABUF);
  assert_passes (&bench, buffer);
  assert_stays (&bench, buffer, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
      "memory:DMABuf");
  gst_harness_set_src_caps_str (bench.h,
      "video/x-raw,format=I420,interlace-mode=fields," SIZE);
  assert_stays (&bench, buffer, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "deinterlace");

  frame_info (&info, GST_VIDEO_FORMAT_I420, 32, 24);
  bench_set_input (&bench, &info);
  g_object_set (bench.ecbsr, "scale", 2, NULL);
  out = gst_harness_push_and_pull (bench.h, frame_new_filled (&info,
          FRAME_DEFAULT, pattern_texture));
  bench_get_output (&bench, &info);
  fail_unless_equals_int (info.width, 64);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  gst_buffer_unref (out);
  gst_buffer_unref (buffer);
  bench_free (&bench);
}

GST_END_TEST;

/* Crop rectangles are promised for system memory, where pixels can be copied. */
GST_START_TEST (test_promised_before)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 1, NULL);
  GstCaps *caps = gst_caps_from_string (SYSTEM);
  GstQuery *query = gst_query_new_allocation (caps, TRUE);
  GstVideoInfo info;

  gst_buffer_add_video_crop_meta (buffer)->width = 8;
  gst_harness_set_src_caps (bench.h, caps);
  fail_unless (gst_pad_peer_query (bench.h->srcpad, query));
  gst_query_unref (query);
  g_object_set (bench.ecbsr, "scale", 1, NULL);
  frame_info (&info, GST_VIDEO_FORMAT_NV12, 32, 24);
  gst_buffer_unref (gst_harness_push_and_pull (bench.h, frame_new_filled (&info,
              FRAME_DEFAULT, pattern_texture)));
  gst_harness_set_src_caps_str (bench.h, DMABUF);
  assert_passes (&bench, buffer);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  gst_buffer_unref (buffer);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
passthrough_suite (void)
{
  Suite *s = suite_create ("passthrough");
  TCase *tc = tcase_create ("element");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_all_passes, 0, G_N_ELEMENTS (videos));
  tcase_add_loop_test (tc, test_some_scales, 0, G_N_ELEMENTS (videos));
  tcase_add_test (tc, test_drm_format);
  tcase_add_test (tc, test_system_memory_first);
  tcase_add_test (tc, test_scale_stays);
  tcase_add_test (tc, test_promised_before);
  return s;
}

GST_CHECK_MAIN (passthrough);
