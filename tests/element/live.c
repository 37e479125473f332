/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "live.h"

GstVideoInfo live_info;
GstClockTime live_now;
static GstClockTime pts;

void
live_set_up (void)
{
  frame_info (&live_info, GST_VIDEO_FORMAT_NV12, 64, 36);
  pts = live_now = 0;
}

Bench
live_start (const gchar * first_property, ...)
{
  va_list properties;
  Bench bench;

  va_start (properties, first_property);
  bench = bench_new_valist (POLICY_DEGRADE_THEN_DROP, first_property,
      properties);
  va_end (properties);
  g_object_set (bench.ecbsr, "content", CONTENT_CLEAN, NULL);
  gst_harness_use_testclock (bench.h);
  bench_set_input (&bench, &live_info);
  return bench;
}

static GstBuffer *
new_input (void)
{
  GstBuffer *in = frame_new_filled (&live_info, FRAME_DEFAULT, pattern_texture);

  GST_BUFFER_PTS (in) = pts;
  GST_BUFFER_DURATION (in) = LIVE_FRAME;
  pts += LIVE_FRAME;
  return in;
}

GstBuffer *
live_push (Bench * bench)
{
  fail_unless_equals_int (gst_harness_push (bench->h, new_input ()),
      GST_FLOW_OK);
  return gst_harness_try_pull (bench->h);
}

gboolean
live_push_is_dropped (Bench * bench)
{
  GstBuffer *out = live_push (bench);
  gboolean dropped = out == NULL;

  gst_clear_buffer (&out);
  return dropped;
}

void
live_push_qos (Bench * bench, GstClockTimeDiff jitter)
{
  gst_harness_push_upstream_event (bench->h,
      gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, jitter > 0 ? 1.5 : 0.5,
          jitter, pts));
}

GstMessage *
live_pop_level_changed (Bench * bench)
{
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (bench->bus, GST_MESSAGE_ELEMENT))) {
    if (gst_message_has_name (message, "ecbsr-level-changed"))
      return message;
    gst_message_unref (message);
  }
  return NULL;
}

GstMessage *
live_push_until_level_changes (Bench * bench, GstClockTime step)
{
  GstMessage *message = NULL;
  guint i;

  for (i = 0; i < LIVE_PATIENCE && !message; i++) {
    live_push_is_dropped (bench);
    gst_harness_set_time (bench->h, live_now += step);
    message = live_pop_level_changed (bench);
    g_usleep (1000);
  }
  fail_unless (message != NULL, "still the same level");
  return message;
}

void
live_assert_downgraded (GstMessage * message, const gchar * from,
    const gchar * to)
{
  const GstStructure *s = gst_message_get_structure (message);
  guint64 average;

  fail_unless_equals_string (gst_structure_get_string (s, "from"), from);
  fail_unless_equals_string (gst_structure_get_string (s, "to"), to);
  fail_unless (g_str_has_suffix (gst_structure_get_string (s, "reason"),
          "over-budget"));
  fail_unless (gst_structure_get_uint64 (s, "average-ns", &average));
  gst_message_unref (message);
}

void
live_assert_output (Bench * bench, gint model)
{
  GstVideoInfo out_info;
  GstBuffer *out = live_push (bench);
  GstBuffer *expected = upscale (frame_new_filled (&live_info, FRAME_DEFAULT,
          pattern_texture), &live_info, &out_info, "model", model,
      "content", CONTENT_CLEAN, NULL);

  fail_unless (out != NULL);
  frame_assert_equal (out, expected, &out_info, "frame");
  gst_buffer_unref (out);
  gst_buffer_unref (expected);
}
