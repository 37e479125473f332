/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* More than 8 bits: none is lost on the way, and what is said of them stays. */

#include "upscale.h"

#define WIDTH 640

#define HDR "mastering-display-info=(string)" \
    "34000:16000:13250:34500:7500:3000:15635:16450:10000000:50," \
    "content-light-level=(string)1000:300"

static void
set_ramp (GstBuffer * buffer, const GstVideoInfo * info, guint component)
{
  gint width = GST_VIDEO_INFO_COMP_WIDTH (info, component);
  gint height = GST_VIDEO_INFO_COMP_HEIGHT (info, component), i;
  guint first = (1u << frame_depth (info)) / 4;
  guint16 *samples = g_new (guint16, width * height);

  for (i = 0; i < width * height; i++)
    samples[i] = first + i % width;
  frame_set_component (buffer, info, component, samples);
  g_free (samples);
}

static GstBuffer *
new_ramp (const GstVideoInfo * info)
{
  GstBuffer *buffer = frame_new (info, FRAME_PADDED);
  guint c;

  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++)
    set_ramp (buffer, info, c);
  return buffer;
}

static gint
compare_values (gconstpointer a, gconstpointer b)
{
  return *(const guint16 *) a - *(const guint16 *) b;
}

/* Different values in the middle row, @margin columns from either side. */
static guint
count_levels (GstBuffer * buffer, const GstVideoInfo * info, guint component,
    guint margin)
{
  guint width = GST_VIDEO_INFO_COMP_WIDTH (info, component), n = 1, i;
  guint16 *samples = frame_get_component (buffer, info, component);
  guint16 *row = samples + width * (GST_VIDEO_INFO_COMP_HEIGHT (info,
          component) / 2);

  qsort (row + margin, width - 2 * margin, sizeof *row, compare_values);
  for (i = margin + 1; i < width - margin; i++)
    n += row[i] != row[i - 1];
  g_free (samples);
  return n;
}

/* At least @percent of the levels that the input has. */
static void
check_levels (GstVideoFormat format, guint model, guint precision,
    guint percent)
{
  GstVideoInfo info, out_info;
  GstBuffer *out;
  guint c;

  frame_info (&info, format, WIDTH, 32);
  out = upscale (new_ramp (&info), &info, &out_info, "model", model,
      "precision", precision, NULL);
  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (&info); c++) {
    guint n = count_levels (out, &out_info, c, 32);
    guint n_in = GST_VIDEO_INFO_COMP_WIDTH (&info, c) - 32;

    fail_unless (n >= n_in * percent / 100, "%s, model %u, precision %u, component %u: %u of "
        "%u levels", GST_VIDEO_INFO_NAME (&info), model, precision, c, n, n_in);
  }
  gst_buffer_unref (out);
}

/* A ramp so flat that 8 bits make stairs of it: of 10 bits they had a quarter.
 * Inner layers of few bits are a little uneven, not coarse. */
GST_START_TEST (test_ramp)
{
  static const GstVideoFormat formats[] = { GST_VIDEO_FORMAT_I420_10LE,
    GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_Y444_12LE,
    GST_VIDEO_FORMAT_GRAY16_LE
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    check_levels (formats[i], MODEL_BICUBIC, PRECISION_AUTO, 100);
    check_levels (formats[i], MODEL_ESR_TM, PRECISION_FLOAT32, 100);
    check_levels (formats[i], MODEL_ECBSR_M4C8, PRECISION_FLOAT32, 100);
    check_levels (formats[i], MODEL_ECBSR_M4C8, PRECISION_BFLOAT16, 85);
    check_levels (formats[i], MODEL_ECBSR_M4C8, PRECISION_INT8, 85);
  }
}

GST_END_TEST;

/* The library's conversion behind a deep upscale starts from all of it: grey of
 * 16 bits out of 10 has more levels than 10 bits of the same grey had. */
GST_START_TEST (test_conversion_is_last)
{
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstVideoInfo info, out_info;
  GstBuffer *out;

  frame_info (&info, GST_VIDEO_FORMAT_I420_10LE, WIDTH, 32);
  gst_harness_set_sink_caps_str (bench.h, "video/x-raw,format=Y444_16LE");
  out = upscale_with (&bench, new_ramp (&info), &info, &out_info);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&out_info),
      GST_VIDEO_FORMAT_Y444_16LE);
  fail_unless (count_levels (out, &out_info, 0, 32) >= WIDTH - 32);
  gst_buffer_unref (out);
  bench_free (&bench);
}

GST_END_TEST;

static void
check_caps (const gchar * format, const gchar * color, const gchar * sink)
{
  gchar *in = g_strdup_printf ("video/x-raw,format=%s,width=64,height=32,"
      "framerate=25/1,colorimetry=%s,chroma-site=mpeg2," HDR, format, color);
  Bench bench = bench_new ("model", MODEL_BICUBIC, NULL);
  GstCaps *caps, *expected = gst_caps_from_string ("video/x-raw," HDR);
  GstVideoInfo info;

  gst_caps_set_simple (expected, "width", G_TYPE_INT, 128, "colorimetry",
      G_TYPE_STRING, color, NULL);
  gst_harness_set_sink_caps_str (bench.h, sink);
  gst_harness_set_src_caps_str (bench.h, in);
  caps = gst_caps_from_string (in);
  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_caps_unref (caps);
  gst_buffer_unref (gst_harness_push_and_pull (bench.h,
          frame_new (&info, FRAME_DEFAULT)));
  caps = gst_pad_get_current_caps (bench.h->sinkpad);
  fail_unless (gst_caps_is_subset (caps, expected), "%s becomes %" GST_PTR_FORMAT,
      in, caps);
  gst_caps_unref (caps);
  gst_caps_unref (expected);
  bench_free (&bench);
  g_free (in);
}

/* Colours, range and what the display was that the picture was graded on, with
 * and without a conversion behind. */
GST_START_TEST (test_hdr_caps)
{
  check_caps ("P010_10LE", "bt2100-pq", "video/x-raw");
  check_caps ("P010_10LE", "bt2100-hlg", "video/x-raw");
  check_caps ("I420_10LE", "1:6:14:7", "video/x-raw");
  check_caps ("I420_12LE", "bt2020", "video/x-raw");
  check_caps ("P010_10LE", "bt2100-pq", "video/x-raw,format=I420_10LE");
  check_caps ("P010_10LE", "bt2100-hlg", "video/x-raw,format=NV12");
  check_caps ("NV12", "bt2100-hlg", "video/x-raw,format=P010_10LE");
}

GST_END_TEST;

static Suite *
bit_depth_suite (void)
{
  Suite *s = suite_create ("bit-depth");
  TCase *tc = tcase_create ("frames");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_ramp);
  tcase_add_test (tc, test_conversion_is_last);
  tcase_add_test (tc, test_hdr_caps);
  return s;
}

GST_CHECK_MAIN (bit_depth);
