/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Metadata, navigation events and buffer flags. */

#include "upscale.h"

#define SCALE 3

static GstVideoInfo in_info, out_info;

static GstBuffer *
new_input (void)
{
  return frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);
}

static GstBuffer *
run (GstBuffer * in)
{
  return upscale (in, &in_info, &out_info, "scale", SCALE, "model",
      MODEL_BICUBIC, NULL);
}

static void
set_up (void)
{
  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 32, 24);
}

GST_START_TEST (test_region_of_interest)
{
  GstVideoRegionOfInterestMeta *roi;
  GstBuffer *in = new_input (), *out;
  GstStructure *param;
  gint quality;

  roi = gst_buffer_add_video_region_of_interest_meta (in, "face", 3, 4, 10, 12);
  roi->id = 7;
  roi->parent_id = 5;
  gst_video_region_of_interest_meta_add_param (roi,
      gst_structure_new ("detector", "quality", G_TYPE_INT, 42, NULL));
  out = run (in);

  fail_unless_equals_int (gst_buffer_get_n_meta (out,
          GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), 1);
  roi = gst_buffer_get_video_region_of_interest_meta_id (out, 7);
  fail_unless (roi != NULL);
  fail_unless_equals_int (roi->x, 9);
  fail_unless_equals_int (roi->y, 12);
  fail_unless_equals_int (roi->w, 30);
  fail_unless_equals_int (roi->h, 36);
  fail_unless_equals_int (roi->parent_id, 5);
  fail_unless (roi->roi_type == g_quark_from_string ("face"));
  param = gst_video_region_of_interest_meta_get_param (roi, "detector");
  fail_unless (gst_structure_get_int (param, "quality", &quality));
  fail_unless_equals_int (quality, 42);
  fail_unless_equals_int (g_list_length (roi->params), 1);
  gst_buffer_unref (out);
}

GST_END_TEST;

/* What lies far outside of the picture does not come back into it. */
GST_START_TEST (test_far_regions)
{
  GstVideoRegionOfInterestMeta *roi;
  GstBuffer *in = new_input (), *out;

  roi = gst_buffer_add_video_region_of_interest_meta (in, "face",
      G_MAXUINT / 3 + 2, 4, G_MAXUINT, 12);
  roi->id = 7;
  out = run (in);
  roi = gst_buffer_get_video_region_of_interest_meta_id (out, 7);
  fail_unless (roi != NULL);
  fail_unless (roi->x == G_MAXUINT && roi->w == G_MAXUINT);
  fail_unless_equals_int (roi->y, 12);
  fail_unless_equals_int (roi->h, 36);
  gst_buffer_unref (out);
}

GST_END_TEST;

static GstVideoOverlayComposition *
new_overlay (gint x, gint y, guint width, guint height)
{
  GstBuffer *pixels = gst_buffer_new_allocate (NULL, 4 * 8 * 6, NULL);
  GstVideoOverlayRectangle *rectangle;
  GstVideoOverlayComposition *overlay;

  gst_buffer_memset (pixels, 0, 0x80, -1);
  gst_buffer_add_video_meta (pixels, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_OVERLAY_COMPOSITION_FORMAT_RGB, 8, 6);
  rectangle = gst_video_overlay_rectangle_new_raw (pixels, x, y, width, height,
      GST_VIDEO_OVERLAY_FORMAT_FLAG_NONE);
  overlay = gst_video_overlay_composition_new (rectangle);
  gst_video_overlay_rectangle_unref (rectangle);
  gst_buffer_unref (pixels);
  return overlay;
}

GST_START_TEST (test_overlay)
{
  GstVideoOverlayComposition *overlay = new_overlay (-2, 5, 8, 6);
  GstVideoOverlayCompositionMeta *meta;
  GstBuffer *in = new_input (), *out;
  gint x, y;
  guint width, height;

  gst_buffer_add_video_overlay_composition_meta (in, overlay);
  out = run (in);
  fail_unless_equals_int (gst_buffer_get_n_meta (out,
          GST_VIDEO_OVERLAY_COMPOSITION_META_API_TYPE), 1);
  meta = gst_buffer_get_video_overlay_composition_meta (out);
  gst_video_overlay_rectangle_get_render_rectangle
      (gst_video_overlay_composition_get_rectangle (meta->overlay, 0), &x, &y,
      &width, &height);
  fail_unless_equals_int (x, -6);
  fail_unless_equals_int (y, 15);
  fail_unless_equals_int (width, 24);
  fail_unless_equals_int (height, 18);

  /* and the one that upstream may still hold is as it was */
  gst_video_overlay_rectangle_get_render_rectangle
      (gst_video_overlay_composition_get_rectangle (overlay, 0), &x, &y,
      &width, &height);
  fail_unless_equals_int (x, -2);
  fail_unless_equals_int (width, 8);
  gst_video_overlay_composition_unref (overlay);
  gst_buffer_unref (out);
}

GST_END_TEST;

/* Metadata that counts how it is transformed. */
static guint n_copied, n_scaled;

static gboolean
counting_transform (GstBuffer * out, GstMeta * meta, GstBuffer * in,
    GQuark type, gpointer data)
{
  if (GST_META_TRANSFORM_IS_COPY (type)) {
    n_copied++;
  } else if (GST_VIDEO_META_TRANSFORM_IS_SCALE (type)) {
    GstVideoMetaTransform *transform = data;

    n_scaled++;
    fail_unless_equals_int (transform->in_info->width, 32);
    fail_unless_equals_int (transform->out_info->width, 32 * SCALE);
  }
  return TRUE;
}

static gboolean
counting_init (GstMeta * meta, gpointer params, GstBuffer * buffer)
{
  return TRUE;
}

static void
count_transforms (const gchar * name, const gchar * tag)
{
  const gchar *tags[] = { GST_META_TAG_VIDEO_STR, tag, NULL };
  gchar *api_name = g_strdup_printf ("%sAPI", name);
  GType api = gst_meta_api_type_register (api_name, tags);
  const GstMetaInfo *info = gst_meta_register (api, name, sizeof (GstMeta),
      counting_init, NULL, counting_transform);
  GstBuffer *in = new_input ();

  n_copied = n_scaled = 0;
  gst_buffer_add_meta (in, info, NULL);
  gst_buffer_unref (run (in));
  g_free (api_name);
}

GST_START_TEST (test_each_meta_once)
{
  count_transforms ("SizeMeta", GST_META_TAG_VIDEO_SIZE_STR);
  fail_unless_equals_int (n_scaled, 1);
  fail_unless_equals_int (n_copied, 0);
  count_transforms ("OrientationMeta", GST_META_TAG_VIDEO_ORIENTATION_STR);
  fail_unless_equals_int (n_scaled, 1);
  fail_unless_equals_int (n_copied, 0);
  count_transforms ("PlainMeta", NULL);
  fail_unless_equals_int (n_scaled, 0);
  fail_unless_equals_int (n_copied, 1);
  count_transforms ("ColorMeta", GST_META_TAG_VIDEO_COLORSPACE_STR);
  fail_unless_equals_int (n_scaled, 0);
  fail_unless_equals_int (n_copied, 0);
}

GST_END_TEST;

/* A larger picture is turned as the smaller was. */
GST_START_TEST (test_orientation)
{
  static const gchar *tags[] = { GST_META_TAG_VIDEO_STR,
    GST_META_TAG_VIDEO_ORIENTATION_STR, NULL
  };
  const GstMetaInfo *custom = gst_meta_register_custom ("TurnedMeta", tags,
      NULL, NULL, NULL);
  GstBuffer *in = new_input (), *out;
  GstVideoAffineTransformationMeta *affine;
  GstCustomMeta *turned;
  gfloat matrix[16] = { 0, 1, 0, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0.5f, 0, 0, 1 };
  gint angle;

  fail_unless (custom != NULL);
  affine = gst_buffer_add_video_affine_transformation_meta (in);
  memcpy (affine->matrix, matrix, sizeof matrix);
  turned = gst_buffer_add_custom_meta (in, "TurnedMeta");
  gst_structure_set (gst_custom_meta_get_structure (turned), "angle",
      G_TYPE_INT, 90, NULL);
  out = run (in);

  fail_unless_equals_int (gst_buffer_get_n_meta (out,
          GST_VIDEO_AFFINE_TRANSFORMATION_META_API_TYPE), 1);
  affine = gst_buffer_get_video_affine_transformation_meta (out);
  fail_unless (memcmp (affine->matrix, matrix, sizeof matrix) == 0);
  turned = gst_buffer_get_custom_meta (out, "TurnedMeta");
  fail_unless (turned != NULL);
  fail_unless (gst_structure_get_int (gst_custom_meta_get_structure (turned),
          "angle", &angle) && angle == 90);
  gst_buffer_unref (out);
}

GST_END_TEST;

/* ------------------------------------------------- flags and navigation -- */

GST_START_TEST (test_flags_and_times)
{
  GstBuffer *in = new_input (), *out;
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);

  GST_BUFFER_FLAG_SET (in, GST_BUFFER_FLAG_GAP | GST_BUFFER_FLAG_CORRUPTED);
  GST_BUFFER_PTS (in) = 3 * GST_SECOND;
  GST_BUFFER_DURATION (in) = GST_SECOND / 25;
  bench_set_input (&bench, &in_info);
  out = gst_harness_push_and_pull (bench.h, in);
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_GAP));
  fail_unless (GST_BUFFER_FLAG_IS_SET (out, GST_BUFFER_FLAG_CORRUPTED));
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), 3 * GST_SECOND);
  fail_unless_equals_uint64 (GST_BUFFER_DURATION (out), GST_SECOND / 25);
  gst_buffer_unref (out);

  in = new_input ();
  GST_BUFFER_PTS (in) = GST_BUFFER_DTS (in) = GST_CLOCK_TIME_NONE;
  out = gst_harness_push_and_pull (bench.h, in);
  fail_unless (out && !GST_BUFFER_PTS_IS_VALID (out));
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

static void
get_pointer (GstEvent * event, gdouble * x, gdouble * y)
{
  fail_unless (gst_structure_get (gst_event_get_structure (event), "pointer_x",
          G_TYPE_DOUBLE, x, "pointer_y", G_TYPE_DOUBLE, y, NULL));
}

static void
check_navigation (Bench * bench, GstEvent * sent, gdouble x, gdouble y)
{
  GstEvent *got;
  gdouble got_x, got_y;

  gst_event_ref (sent);
  fail_unless (gst_harness_push_upstream_event (bench->h, sent));
  while ((got = gst_harness_pull_upstream_event (bench->h))) {
    if (GST_EVENT_TYPE (got) == GST_EVENT_NAVIGATION)
      break;
    gst_event_unref (got);
  }
  get_pointer (got, &got_x, &got_y);
  fail_unless (got_x == x && got_y == y, "%f %f", got_x, got_y);
  gst_event_unref (got);
  /* the sender's own event is as it was */
  get_pointer (sent, &got_x, &got_y);
  fail_unless (got_x == x * SCALE && got_y == y * SCALE);
  gst_event_unref (sent);
}

GST_START_TEST (test_navigation)
{
  Bench bench = bench_new ("scale", SCALE, "model", MODEL_BICUBIC, NULL);
  GstNavigationModifierType none = GST_NAVIGATION_MODIFIER_NONE;

  bench_set_input (&bench, &in_info);
  check_navigation (&bench, gst_navigation_event_new_mouse_move (30, 12, none),
      10, 4);
  check_navigation (&bench,
      gst_navigation_event_new_mouse_button_press (1, 1.5, 0, none), 0.5, 0);
  check_navigation (&bench,
      gst_navigation_event_new_touch_down (1, 9, 6, 0.5, none), 3, 2);
  check_navigation (&bench,
      gst_navigation_event_new_mouse_scroll (12, 24, 0, 5, none), 4, 8);
  fail_unless (gst_harness_push_upstream_event (bench.h,
          gst_navigation_event_new_key_press ("a", none)));
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
metas_suite (void)
{
  Suite *s = suite_create ("metas");
  TCase *tc = tcase_create ("buffers");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_region_of_interest);
  tcase_add_test (tc, test_far_regions);
  tcase_add_test (tc, test_overlay);
  tcase_add_test (tc, test_each_meta_once);
  tcase_add_test (tc, test_orientation);
  tcase_add_test (tc, test_flags_and_times);
  tcase_add_test (tc, test_navigation);
  return s;
}

GST_CHECK_MAIN (metas);
