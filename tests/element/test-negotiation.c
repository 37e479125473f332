/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The element between two peers. */

#include <gst/base/gstbasetransform.h>

#include "frames.h"
#include "harness.h"

/* What the sink pad takes when downstream takes @downstream. */
static GstCaps *
query_sink (guint scale, const gchar * downstream)
{
  Bench bench = bench_new ("scale", scale, "model", MODEL_BICUBIC, NULL);
  GstCaps *caps;

  gst_harness_set_sink_caps_str (bench.h, downstream);
  caps = gst_pad_peer_query_caps (bench.h->srcpad, NULL);
  bench_free (&bench);
  return caps;
}

static void
assert_sink_takes (const gchar * downstream, const gchar * upstream,
    gboolean takes)
{
  GstCaps *caps = query_sink (2, downstream);
  GstCaps *asked = gst_caps_from_string (upstream);

  fail_unless (gst_caps_can_intersect (caps, asked) == takes, "%s for %s",
      upstream, downstream);
  gst_caps_unref (asked);
  gst_caps_unref (caps);
}

GST_START_TEST (test_sink_caps)
{
  const gchar *hd = "video/x-raw,width=1280,height=720";
  const gchar *rgb = "video/x-raw,format=RGB";

  assert_sink_takes (hd, "video/x-raw,format=YUY2,width=640,height=360", TRUE);
  assert_sink_takes (hd, "video/x-raw,format=YUY2,width=1280,height=720",
      FALSE);
  assert_sink_takes ("video/x-raw,width=1281", "video/x-raw", FALSE);
  assert_sink_takes (rgb, "video/x-raw,format=NV12,width=32768", TRUE);
  assert_sink_takes (rgb, "video/x-raw,format=NV12,width=32769", FALSE);
  assert_sink_takes (rgb, "video/x-raw,format=I420_10LE", TRUE);
  assert_sink_takes (rgb, "video/x-raw,format=v210", TRUE);
  assert_sink_takes (rgb, "video/x-raw,format=ENCODED", FALSE);
  assert_sink_takes (rgb, "video/x-raw(memory:DMABuf),format=RGB", FALSE);
  assert_sink_takes ("video/x-raw(memory:GLMemory)", "video/x-raw", FALSE);
  assert_sink_takes ("video/x-raw,framerate=30/1",
      "video/x-raw,framerate=25/1", FALSE);
}

GST_END_TEST;

/* Cameras take the first thing on the list: nothing that has to be converted
 * may stand before something that has not. */
GST_START_TEST (test_sink_order)
{
  GstCaps *caps = query_sink (2, "video/x-raw,format=NV12,width=1280;"
      "video/x-raw,format=GRAY8,width=640");
  GstStructure *s;
  gint width;

  s = gst_caps_get_structure (caps, 0);
  fail_unless_equals_string (gst_structure_get_string (s, "format"), "NV12");
  fail_unless (gst_structure_get_int (s, "width", &width) && width == 640);
  s = gst_caps_get_structure (caps, 1);
  fail_unless_equals_string (gst_structure_get_string (s, "format"), "GRAY8");
  fail_unless (gst_caps_get_size (caps) > 2);
  gst_caps_unref (caps);
}

GST_END_TEST;

static void
assert_output (guint scale, const gchar * input, const gchar * downstream,
    const gchar * output)
{
  Bench bench = bench_new ("scale", scale, "model", MODEL_BICUBIC, NULL);
  GstCaps *got, *expected = gst_caps_from_string (output);
  gchar *got_string;

  gst_harness_set_sink_caps_str (bench.h, downstream);
  gst_harness_set_src_caps_str (bench.h, input);
  got = gst_pad_get_current_caps (bench.h->sinkpad);
  fail_unless (got != NULL, "not negotiated: %s", input);
  got_string = gst_caps_to_string (got);
  fail_unless (gst_caps_is_equal (got, expected), "%s\n for %s\n gives %s",
      input, downstream, got_string);
  g_free (got_string);
  gst_caps_unref (got);
  gst_caps_unref (expected);
  bench_free (&bench);
}

#define SD "width=320,height=240,framerate=30/1"
#define SDX2 "width=640,height=480,framerate=30/1,pixel-aspect-ratio=1/1"

GST_START_TEST (test_output_caps)
{
  assert_output (2, "video/x-raw,format=YUY2," SD, "video/x-raw",
      "video/x-raw,format=YUY2," SDX2 ",colorimetry=bt601,chroma-site=mpeg2");
  assert_output (2, "video/x-raw,format=YUY2," SD, "video/x-raw,format=BGRx",
      "video/x-raw,format=BGRx," SDX2 ",colorimetry=(string)1:1:16:4");
  assert_output (2, "video/x-raw,format=I420," SD ",multiview-mode=mono",
      "video/x-raw,format={RGB,I420}",
      "video/x-raw,format=I420," SDX2 ",colorimetry=bt601,chroma-site=mpeg2,"
      "multiview-mode=mono");
  assert_output (2,
      "video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition),format=GRAY8,"
      SD, "video/x-raw(ANY)",
      "video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition),format=GRAY8,"
      SDX2 ",colorimetry=(string)1:4:0:0");
  assert_output (1, "video/x-raw,format=I420," SD, "video/x-raw",
      "video/x-raw,format=I420," SD);
}

GST_END_TEST;

static GstBuffer *
run_with_caps (const gchar * caps, GstVideoInfo * out_info)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo info;
  GstBuffer *out;

  frame_info (&info, GST_VIDEO_FORMAT_I420, 16, 16);
  gst_harness_set_src_caps_str (bench.h, caps);
  out = gst_harness_push_and_pull (bench.h, frame_new_filled (&info,
          FRAME_DEFAULT, pattern_texture));
  bench_get_output (&bench, out_info);
  bench_free (&bench);
  return out;
}

/* Decoders name the siting without the colorimetry, where the library takes
 * another one. */
GST_START_TEST (test_chroma_site_alone)
{
  static const gchar *caps = "video/x-raw,format=I420,width=16,height=16,"
      "framerate=25/1,chroma-site=%s";
  gchar *mpeg2 = g_strdup_printf (caps, "mpeg2");
  gchar *jpeg = g_strdup_printf (caps, "jpeg");
  gchar *full = g_strdup_printf ("%s,colorimetry=bt601", mpeg2);
  GstVideoInfo info;
  GstBuffer *got = run_with_caps (mpeg2, &info);
  GstBuffer *expected = run_with_caps (full, &info);
  GstBuffer *other = run_with_caps (jpeg, &info);

  frame_assert_equal (got, expected, &info, "mpeg2");
  fail_unless (frame_compare_component (got, &info, other, &info, 1) > 0);
  gst_buffer_unref (got);
  gst_buffer_unref (expected);
  gst_buffer_unref (other);
  g_free (mpeg2);
  g_free (jpeg);
  g_free (full);
}

GST_END_TEST;

/* ------------------------------------------------------- changes on the way -- */

static GstCaps *(*transform_caps) (GstBaseTransform *, GstPadDirection, GstCaps *,
    GstCaps *);
static Bench changing;
static GstVideoInfo changing_info;
static void (*before_transform) (guint n);      /* NULL: nothing changes */
static guint n_transformed;

/* The streaming thread applies what has been set. */
static void
push_frame (void)
{
  gst_buffer_unref (gst_harness_push_and_pull (changing.h,
          frame_new_filled (&changing_info, FRAME_DEFAULT, pattern_texture)));
}

static GstCaps *
transform_while_it_changes (GstBaseTransform * trans,
    GstPadDirection direction, GstCaps * caps, GstCaps * filter)
{
  void (*change) (guint n) = before_transform;

  before_transform = NULL;
  if (change)
    change (n_transformed++);
  before_transform = change;
  return transform_caps (trans, direction, caps, filter);
}

static void
start_changing (void)
{
  changing = bench_new ("scale", 2, "model", MODEL_BICUBIC, NULL);
  frame_info (&changing_info, GST_VIDEO_FORMAT_I420, 32, 24);
  bench_set_input (&changing, &changing_info);
  push_frame ();
}

/* As an element upstream asks that negotiates what it makes. */
static void
assert_still_takes (void (*change) (guint n))
{
  GstBaseTransformClass *klass = GST_BASE_TRANSFORM_GET_CLASS (changing.ecbsr);
  GstCaps *filter = gst_video_info_to_caps (&changing_info), *caps;

  transform_caps = klass->transform_caps;
  klass->transform_caps = transform_while_it_changes;
  before_transform = change;
  n_transformed = 0;
  caps = gst_pad_peer_query_caps (changing.h->srcpad, filter);
  klass->transform_caps = transform_caps;
  fail_unless (gst_caps_can_intersect (caps, filter), "nothing is left");
  gst_caps_unref (caps);
  gst_caps_unref (filter);
  bench_free (&changing);
}

static void
go_to_and_fro (guint n)
{
  if (n > 1)
    return;
  g_object_set (changing.ecbsr, "scale", n == 0 ? 3 : 2, NULL);
  push_frame ();
}

static void
apply_the_second_time (guint n)
{
  if (n == 1)
    push_frame ();
}

/* Nothing of it is applied meanwhile. */
static void
set_each_time (guint n)
{
  fail_unless (n < 100, "asked again for ever");
  g_object_set (changing.ecbsr, "scale", n % 2 + 2, NULL);
}

GST_START_TEST (test_set_without_end)
{
  start_changing ();
  assert_still_takes (set_each_time);
}

GST_END_TEST;

GST_START_TEST (test_scale_to_and_fro)
{
  start_changing ();
  assert_still_takes (go_to_and_fro);
}

GST_END_TEST;

GST_START_TEST (test_scale_set_before)
{
  start_changing ();
  g_object_set (changing.ecbsr, "scale", 3, NULL);
  assert_still_takes (apply_the_second_time);
}

GST_END_TEST;

static Suite *
negotiation_suite (void)
{
  Suite *s = suite_create ("negotiation");
  TCase *tc = tcase_create ("element");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_sink_caps);
  tcase_add_test (tc, test_set_without_end);
  tcase_add_test (tc, test_scale_to_and_fro);
  tcase_add_test (tc, test_scale_set_before);
  tcase_add_test (tc, test_sink_order);
  tcase_add_test (tc, test_output_caps);
  tcase_add_test (tc, test_chroma_site_alone);
  return s;
}

GST_CHECK_MAIN (negotiation);
