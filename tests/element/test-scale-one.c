/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* To scale 1 and back while video plays: what was agreed on with upstream about its
 * buffers is not what downstream would have said, and the other way round. */

#include "camera-source.h"
#include "chain.h"
#include "upscale.h"

static GstVideoInfo info, big_info;

static void
set_up (void)
{
  frame_info (&info, GST_VIDEO_FORMAT_I420, 32, 24);
  frame_info (&big_info, GST_VIDEO_FORMAT_I420, 64, 48);
}

/* ----------------------------------------------------------------- one buffer -- */

static void
ask (Bench * bench)
{
  GstCaps *caps = gst_pad_get_current_caps (bench->h->srcpad);
  GstQuery *query = gst_query_new_allocation (caps, TRUE);

  gst_pad_peer_query (bench->h->srcpad, query);
  gst_query_unref (query);
  gst_caps_unref (caps);
}

/* Counts and forgets what has been sent upstream. */
static guint
count_reconfigure (Bench * bench)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_upstream_event (bench->h))) {
    n += GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE;
    gst_event_unref (event);
  }
  return n;
}

static guint8
pattern_in_crop (guint component, guint x, guint y)
{
  return pattern_texture (component, x + (component ? 4 : 8),
      y + (component ? 3 : 6));
}

static GstBuffer *
new_cropped (FrameLayout layout)
{
  GstBuffer *buffer = frame_new_filled (&big_info, layout, pattern_texture);
  GstVideoCropMeta *crop = gst_buffer_add_video_crop_meta (buffer);

  crop->x = 8;
  crop->y = 6;
  crop->width = 32;
  crop->height = 24;
  return buffer;
}

static GstBuffer *
push (Bench * bench, GstBuffer * in, guint scale, GstVideoInfo * out_info)
{
  GstBuffer *out = gst_harness_push_and_pull (bench->h, in);

  fail_unless (out != NULL);
  bench_get_output (bench, out_info);
  fail_unless_equals_int (out_info->width, 32 * scale);
  bench_assert_quiet (bench, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
  return out;
}

static void
assert_makes (Bench * bench, GstBuffer * in, guint scale, GstBuffer * same)
{
  GstVideoInfo out_info;
  GstBuffer *out = push (bench, in, scale, &out_info);
  GstBuffer *expected = upscale (same, &info, &out_info, "scale", scale,
      "model", MODEL_BICUBIC, NULL);

  fail_unless (gst_buffer_get_video_crop_meta (out) == NULL);
  frame_assert_equal (out, expected, &out_info, "after a change of scale");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}

/* Downstream reads what it gets as a whole frame, in rows as they are by default. */
static void
assert_is_plain (Bench * bench, GstBuffer * in, FramePattern pattern)
{
  GstVideoInfo out_info;
  GstBuffer *out = push (bench, in, 1, &out_info);
  GstBuffer *expected = frame_new_filled (&info, FRAME_DEFAULT, pattern);
  GstMapInfo map;

  fail_unless (gst_buffer_get_video_crop_meta (out) == NULL);
  fail_unless (gst_buffer_map (expected, &map, GST_MAP_READ));
  fail_unless_equals_int (gst_buffer_get_size (out), map.size);
  fail_unless_equals_int (gst_buffer_memcmp (out, 0, map.data, map.size), 0);
  gst_buffer_unmap (expected, &map);
  gst_buffer_unref (expected);
  gst_buffer_unref (out);
}

static GstBuffer *
new_frame (FramePattern pattern)
{
  return frame_new_filled (&info, FRAME_DEFAULT, pattern);
}

GST_START_TEST (test_agreed_on_before)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  FrameLayout layout;
  guint round;

  bench_set_input (&bench, &info);
  ask (&bench);
  count_reconfigure (&bench);
  for (round = 0; round < 3; round++) {
    for (layout = FRAME_TIGHT; layout < N_FRAME_LAYOUTS; layout++)
      assert_makes (&bench, new_cropped (layout), 2,
          new_frame (pattern_in_crop));

    g_object_set (bench.ecbsr, "scale", 1, NULL);
    for (layout = FRAME_TIGHT; layout < N_FRAME_LAYOUTS; layout++) {
      assert_is_plain (&bench, new_cropped (layout), pattern_in_crop);
      assert_is_plain (&bench, frame_new_filled (&info, layout,
              pattern_texture), pattern_texture);
    }
    fail_unless_equals_int (count_reconfigure (&bench), 1);
    if (round == 1)             /* some elements do not go by the answer */
      ask (&bench);
    assert_is_plain (&bench, new_cropped (FRAME_PADDED), pattern_in_crop);

    g_object_set (bench.ecbsr, "scale", 2, NULL);
    assert_makes (&bench, new_cropped (FRAME_PADDED), 2,
        new_frame (pattern_in_crop));
    fail_unless_equals_int (count_reconfigure (&bench), 1);
    ask (&bench);
  }
  bench_free (&bench);
}

GST_END_TEST;

/* Between other scales nothing changes for upstream, nor with other properties. */
GST_START_TEST (test_nothing_to_agree_on)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  guint scale;

  bench_set_input (&bench, &info);
  count_reconfigure (&bench);
  for (scale = 4; scale >= 2; scale--) {
    g_object_set (bench.ecbsr, "scale", scale, "strength", 0.5,
        "n-threads", scale, NULL);
    assert_makes (&bench, new_frame (pattern_texture), scale,
        new_frame (pattern_texture));
  }
  fail_unless_equals_int (count_reconfigure (&bench), 0);
  bench_free (&bench);
}

GST_END_TEST;

/* What downstream takes is not copied. */
GST_START_TEST (test_downstream_takes_it)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo out_info;
  GstBuffer *in, *out;

  gst_harness_add_propose_allocation_meta (bench.h,
      GST_VIDEO_CROP_META_API_TYPE, NULL);
  gst_harness_add_propose_allocation_meta (bench.h,
      GST_VIDEO_META_API_TYPE, NULL);
  bench_set_input (&bench, &info);
  ask (&bench);
  g_object_set (bench.ecbsr, "scale", 1, NULL);
  assert_is_plain (&bench, new_frame (pattern_texture), pattern_texture);
  ask (&bench);
  in = new_cropped (FRAME_PADDED);
  out = push (&bench, in, 1, &out_info);
  fail_unless (out == in);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

static GstVideoOverlayComposition *
new_overlay (void)
{
  GstBuffer *pixels = gst_buffer_new_allocate (NULL, 4 * 8 * 6, NULL);
  GstVideoOverlayRectangle *rectangle;
  GstVideoOverlayComposition *overlay;

  gst_buffer_memset (pixels, 0, 0x80, -1);
  gst_buffer_add_video_meta (pixels, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, 8, 6);
  rectangle = gst_video_overlay_rectangle_new_raw (pixels, 5, 7, 8, 6,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_NONE);
  overlay = gst_video_overlay_composition_new (rectangle);
  gst_video_overlay_rectangle_unref (rectangle);
  gst_buffer_unref (pixels);
  return overlay;
}

/* Overlays and regions go along, copied or not, in the pixels of what they lie on. */
GST_START_TEST (test_metas_on_the_way)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  static const guint scales[] = { 2, 1, 3, 1, 1, 2 };
  GstVideoOverlayComposition *overlay = new_overlay ();
  guint i;

  bench_set_input (&bench, &info);
  ask (&bench);
  for (i = 0; i < G_N_ELEMENTS (scales); i++) {
    GstBuffer *in = i % 2 ? new_cropped (FRAME_PADDED)
        : new_frame (pattern_texture);
    GstVideoRegionOfInterestMeta *roi;
    GstVideoInfo out_info;
    GstBuffer *out;
    gint x, y;
    guint width, height;

    gst_buffer_add_video_overlay_composition_meta (in, overlay);
    gst_buffer_add_video_region_of_interest_meta (in, "face", 3, 4, 10, 12);
    g_object_set (bench.ecbsr, "scale", scales[i], NULL);
    out = push (&bench, in, scales[i], &out_info);
    gst_video_overlay_rectangle_get_render_rectangle
        (gst_video_overlay_composition_get_rectangle
        (gst_buffer_get_video_overlay_composition_meta (out)->overlay, 0), &x,
        &y, &width, &height);
    fail_unless_equals_int (x, 5 * scales[i]);
    fail_unless_equals_int (y, 7 * scales[i]);
    fail_unless_equals_int (width, 8 * scales[i]);
    fail_unless_equals_int (height, 6 * scales[i]);
    roi = (GstVideoRegionOfInterestMeta *) gst_buffer_get_meta (out,
        GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);
    fail_unless_equals_int (roi->x, 3 * scales[i]);
    fail_unless_equals_int (roi->h, 12 * scales[i]);
    gst_buffer_unref (out);
  }
  gst_video_overlay_composition_unref (overlay);
  bench_free (&bench);
}

GST_END_TEST;

/* ------------------------------------------------------------------ pipelines -- */

#define N_FRAMES 40
#define MAX_SCALE 3

static const gchar *const chains[] = {
  "videocrop top=16 left=8 right=8",
  "videocrop top=16 left=8 right=8 ! queue",
  "videocrop top=16 left=8 right=8 ! queue ! tee ! queue",
  "videocrop top=16 left=8 right=8 ! identity",
  "queue ! videocrop bottom=6 right=16 ! videobalance saturation=0.5",
  "videocrop top=2 ! videoconvert ! video/x-raw,format=YUY2",
  "videocrop top=16 left=8 right=8 ! textoverlay text=x",
  "textoverlay text=x ! videocrop top=16 left=8 right=8",
  "videocrop top=16 ! queue ! textoverlay text=x ! identity ! textoverlay",
  "videocrop top=16 left=8 ! videoflip method=horizontal-flip",
  "videocrop top=16 left=8 ! videobox border-alpha=0 left=-8 ! queue",
  "videocrop top=16 left=8 ! valve ! aspectratiocrop aspect-ratio=1/1",
  "videocrop left=8 ! videorate ! video/x-raw,framerate=30/1",
  "videocrop top=16 left=8 ! compositor background=black ! queue",
  "videoscale ! video/x-raw,width=40,height=24",
  "queue",
};

static const guint steps[] = { 2, 1, 2, 1, 3, 1, 1, 2, 3, 2 };

static GstElement *
start (const gchar * chain, guint scale)
{
  gchar *description = g_strdup_printf ("videotestsrc pattern=snow "
      "num-buffers=%u ! video/x-raw,format=I420,width=64,height=48,"
      "framerate=30/1 ! %s ! ecbsr name=e model=bicubic scale=%u ! videoconvert "
      "! video/x-raw,format=RGB ! appsink name=s sync=false max-buffers=1",
      N_FRAMES + 20, chain, scale);
  GstElement *pipeline = chain_parse (description);

  if (!pipeline)
    chain_skip (description);
  else
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_free (description);
  return pipeline;
}

/* The checksum of the next frame, its number and width. */
static gchar *
pull (GstElement * pipeline, guint * number, gint * width)
{
  GstElement *sink = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  GstSample *sample;
  GstBuffer *buffer;
  GstMapInfo map;
  gchar *checksum;

  g_signal_emit_by_name (sink, "pull-sample", &sample);
  fail_unless (sample != NULL, "the stream has ended");
  buffer = gst_sample_get_buffer (sample);
  *number = gst_util_uint64_scale_round (GST_BUFFER_PTS (buffer), 30,
      GST_SECOND);
  gst_structure_get_int (gst_caps_get_structure (gst_sample_get_caps (sample),
          0), "width", width);
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  checksum = g_compute_checksum_for_data (G_CHECKSUM_SHA1, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_sample_unref (sample);
  gst_object_unref (sink);
  return checksum;
}

static void
stop (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static gboolean
run_references (const gchar * chain, gchar * references[][N_FRAMES],
    gint widths[])
{
  guint scale, i, number;

  for (scale = 1; scale <= MAX_SCALE; scale++) {
    GstElement *pipeline = start (chain, scale);

    if (!pipeline)
      return FALSE;
    for (i = 0; i < N_FRAMES; i++) {
      references[scale][i] = pull (pipeline, &number, &widths[scale]);
      fail_unless_equals_int (number, i);
    }
    stop (pipeline);
  }
  return TRUE;
}

/* Each frame is what it is where nothing changes. */
GST_START_TEST (test_pipelines)
{
  const gchar *chain = chains[__i__];
  gchar *references[MAX_SCALE + 1][N_FRAMES] = { {NULL,}, };
  gint widths[MAX_SCALE + 1], width;
  GstElement *pipeline, *ecbsr;
  guint i, scale, number;

  if (!run_references (chain, references, widths))
    return;
  pipeline = start (chain, steps[0]);
  ecbsr = gst_bin_get_by_name (GST_BIN (pipeline), "e");
  for (i = 0; i < N_FRAMES; i++) {
    gchar *checksum;

    if (i % 4 == 0)
      g_object_set (ecbsr, "scale", steps[i / 4], NULL);
    checksum = pull (pipeline, &number, &width);
    fail_unless_equals_int (number, i);
    for (scale = 1; scale < MAX_SCALE && widths[scale] != width; scale++);
    fail_unless (g_str_equal (checksum, references[scale][i]),
        "%s: frame %u, %d wide, is another one", chain, i, width);
    g_free (checksum);
  }
  fail_unless_equals_int (width, widths[steps[N_FRAMES / 4 - 1]]);
  gst_object_unref (ecbsr);
  stop (pipeline);
  for (scale = 1; scale <= MAX_SCALE; scale++)
    for (i = 0; i < N_FRAMES; i++)
      g_free (references[scale][i]);
}

GST_END_TEST;

/* ------------------------------------------------------------------- a camera -- */

static GstPadProbeReturn
count_caps (GstPad * pad, GstPadProbeInfo * probe, gpointer n)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (probe)) == GST_EVENT_CAPS)
    g_atomic_int_inc ((gint *) n);
  return GST_PAD_PROBE_OK;
}

/* It would stop, and start with another exposure. */
GST_START_TEST (test_camera_keeps_its_mode)
{
  GstElement *pipeline = chain_parse ("testcamera name=c modes=\""
      "1920x1080@30 320x240@30 160x120@30\" ! ecbsr name=e model=bicubic "
      "preferred-output-width=640 ! appsink name=s sync=false max-buffers=1");
  GstElement *camera, *ecbsr;
  gint n_caps = 0, width;
  guint i, number;

  if (!pipeline) {
    chain_skip ("a camera and appsink");
    return;
  }
  camera = gst_bin_get_by_name (GST_BIN (pipeline), "c");
  ecbsr = gst_bin_get_by_name (GST_BIN (pipeline), "e");
  gst_pad_add_probe (GST_BASE_SRC_PAD (camera),
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, count_caps, &n_caps, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (i = 0; i < N_FRAMES; i++) {
    if (i % 8 == 0)
      g_object_set (ecbsr, "scale", steps[i / 8], NULL);
    g_free (pull (pipeline, &number, &width));
    fail_unless (width % 320 == 0 && width <= 960, "%d wide", width);
  }
  fail_unless_equals_int (g_atomic_int_get (&n_caps), 1);
  gst_object_unref (camera);
  gst_object_unref (ecbsr);
  stop (pipeline);
}

GST_END_TEST;

static Suite *
scale_one_suite (void)
{
  Suite *s = suite_create ("scale-one");
  TCase *tc = tcase_create ("scale-one");

  suite_add_tcase (s, tc);
  chain_set_up ();              /* once, before tests fork */
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_agreed_on_before);
  tcase_add_test (tc, test_nothing_to_agree_on);
  tcase_add_test (tc, test_downstream_takes_it);
  tcase_add_test (tc, test_metas_on_the_way);
  tcase_add_loop_test (tc, test_pipelines, 0, G_N_ELEMENTS (chains));
  tcase_add_test (tc, test_camera_keeps_its_mode);
  return s;
}

GST_CHECK_MAIN (scale_one);
