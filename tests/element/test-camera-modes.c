/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which mode a camera takes: preferred-output-width and -height. */

#include "camera-source.h"
#include "harness.h"

#include <gst/base/gstbasetransform.h>

#define WEBCAM "1920x1080@30 640x480@30 160x120@30 320x240@30 1280x720@30 " \
    "960x540@30 2304x1296@2"

typedef struct
{
  const gchar *modes;
  guint scale, width, height;
  const gchar *taken;
} Case;

static const Case cases[] = {
  {WEBCAM, 2, 1920, 1080, "960x540@30"},
  {WEBCAM, 3, 1920, 1080, "320x240@30"},
  {WEBCAM, 1, 1920, 1080, "1920x1080@30"},
  {WEBCAM, 2, 3840, 2160, "1920x1080@30"},
  {WEBCAM, 2, 1280, 0, "640x480@30"},
  {WEBCAM, 2, 0, 1440, "1280x720@30"},
  {WEBCAM, 2, 1279, 719, "320x240@30"},
  /* No preference: the camera's largest that is not below 3840x2160, or its first. */
  {WEBCAM, 2, 0, 0, "1920x1080@30"},
  /* Large pictures are no use where they stutter, small ones are. */
  {"960x540@15 640x360@30 1920x1080@30", 2, 1920, 1080, "640x360@30"},
  {"960x540@23 640x360@24", 2, 1920, 1080, "640x360@24"},
  {"960x540@10 640x360@10 1920x1080@30", 2, 1920, 1080, "960x540@10"},
  /* Nothing fits: the least that is too large. */
  {"3840x2160@30 1280x720@30 1920x1080@30", 2, 1920, 1080, "1280x720@30"},
  {"3840x2160@30", 2, 1920, 1080, "3840x2160@30"},
};

/* Camera and ecbsr, in a harness that takes what comes out. */
static GstHarness *
make_harness (const Case * c, gboolean asks_back)
{
  GstElement *bin = gst_bin_new (NULL), *camera = test_camera_new (c->modes);
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", "ecbsr");
  GstPad *pad = gst_element_get_static_pad (ecbsr, "src");
  GstHarness *h;

  if (asks_back)
    test_camera_ask_back (camera);
  g_object_set (ecbsr, "scale", c->scale, "model", MODEL_BICUBIC,
      "preferred-output-width", c->width,
      "preferred-output-height", c->height, NULL);
  gst_bin_add_many (GST_BIN (bin), camera, ecbsr, NULL);
  fail_unless (gst_element_link (camera, ecbsr));
  gst_element_add_pad (bin, gst_ghost_pad_new ("src", pad));
  gst_object_unref (pad);
  h = gst_harness_new_with_element (bin, NULL, "src");
  gst_object_unref (bin);
  return h;
}

static void
assert_takes (const Case * c, gboolean asks_back)
{
  GstHarness *h = make_harness (c, asks_back);
  GstElement *ecbsr = gst_bin_get_by_name (GST_BIN (h->element), "ecbsr");
  GstVideoInfo info;
  GstCaps *caps;
  gchar *taken;

  gst_harness_play (h);
  gst_buffer_unref (gst_harness_pull (h));
  caps = gst_pad_get_current_caps (GST_BASE_TRANSFORM_SINK_PAD (ecbsr));
  fail_unless (gst_video_info_from_caps (&info, caps));
  taken = g_strdup_printf ("%dx%d@%d", info.width, info.height, info.fps_n);
  fail_unless (g_str_equal (taken, c->taken), "scale %u, within %ux%u, of %s: "
      "%s, not %s", c->scale, c->width, c->height, c->modes, taken, c->taken);

  g_free (taken);
  gst_caps_unref (caps);
  gst_object_unref (ecbsr);
  gst_harness_teardown (h);
}

GST_START_TEST (test_modes)
{
  assert_takes (&cases[__i__], FALSE);
}

GST_END_TEST;

/* Who asks back what we take, while we ask what it offers, gets an answer. */
GST_START_TEST (test_asks_back)
{
  assert_takes (&cases[0], TRUE);
}

GST_END_TEST;

static void
assert_first (GstCaps * caps, const gchar * field, gint expected)
{
  const GValue *value =
      gst_structure_get_value (gst_caps_get_structure (caps, 0), field);

  fail_unless (GST_VALUE_HOLDS_INT_RANGE (value), "%s", field);
  fail_unless_equals_int (gst_value_get_int_range_max (value), expected);
}

/* A decoder in between hides the modes, and hands on what is asked of it. */
GST_START_TEST (test_behind_a_decoder)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstCaps *filter = gst_caps_from_string ("video/x-raw,format={I420,Y42B}");
  GstCaps *caps = gst_pad_peer_query_caps (bench.h->srcpad, filter);
  GstCaps *large = gst_caps_from_string ("video/x-raw,format=I420,width=3840,"
      "height=2160,framerate=5/1");
  gint n, d;
  const GValue *rates = gst_structure_get_value (gst_caps_get_structure (caps,
          0), "framerate");

  assert_first (caps, "width", 960);
  assert_first (caps, "height", 540);
  n = gst_value_get_fraction_numerator (gst_value_get_fraction_range_min
      (rates));
  d = gst_value_get_fraction_denominator (gst_value_get_fraction_range_min
      (rates));
  fail_unless (n == 24 && d == 1, "%d/%d", n, d);
  fail_unless (gst_caps_can_intersect (caps, large), "not a limit");
  gst_caps_unref (large);
  gst_caps_unref (caps);
  gst_caps_unref (filter);
  bench_free (&bench);
}

GST_END_TEST;

static Suite *
camera_modes_suite (void)
{
  Suite *s = suite_create ("camera-modes");
  TCase *tc = tcase_create ("modes");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_modes, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tc, test_asks_back);
  tcase_add_test (tc, test_behind_a_decoder);
  return s;
}

GST_CHECK_MAIN (camera_modes);
