/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A file of three colours: every format gets what R, G and B of it become, by the
 * colorimetry of its caps. */

#include "live.h"
#include "upscale.h"

#include <math.h>
#include <string.h>

#define SIZE 32
#define BORDER 8                /* of the output, where the network sees beyond it */
#define MODEL "ecbsr-rgb-x2-m1c8-prelu-bounded"

static gchar *
golden (void)
{
  return g_build_filename (g_getenv ("ECBSR_GOLDEN"), MODEL ".safetensors",
      NULL);
}

/* One colour all over. */
static GstBuffer *
new_flat (const GstVideoInfo * info, const gdouble value[3])
{
  GstBuffer *buffer = frame_new_filled (info, FRAME_PADDED, pattern_texture);
  guint c, i;

  for (c = 0; c < MIN (GST_VIDEO_INFO_N_COMPONENTS (info), 3); c++) {
    guint n = GST_VIDEO_INFO_COMP_WIDTH (info, c)
        * GST_VIDEO_INFO_COMP_HEIGHT (info, c);
    guint16 *samples = g_new (guint16, n);

    for (i = 0; i < n; i++)
      samples[i] = (guint16) floor (value[c] + 0.5);
    frame_set_component (buffer, info, c, samples);
    g_free (samples);
  }
  return buffer;
}

typedef struct
{
  const gchar *colorimetry;
  gdouble kr, kb;
  gboolean full;
} Standard;

static const Standard standards[] = {
  {"bt601", 0.299, 0.114, FALSE},
  {"bt709", 0.2126, 0.0722, FALSE},
  {"bt2020", 0.2627, 0.0593, FALSE},
  {"1:4:7:1", 0.299, 0.114, TRUE},
};

/* From R, G and B, 0 to 1, to samples of so many bits, by the standard's equations. */
static void
to_yuv (const Standard * standard, guint depth, const gdouble rgb[3],
    gdouble yuv[3])
{
  gdouble unit = (1 << depth) / 256.0, most = (1 << depth) - 1;
  gdouble y = standard->kr * rgb[0] + standard->kb * rgb[2]
      + (1 - standard->kr - standard->kb) * rgb[1];
  gdouble u = (rgb[2] - y) / (2 * (1 - standard->kb));
  gdouble v = (rgb[0] - y) / (2 * (1 - standard->kr));

  yuv[0] = standard->full ? most * y : (16 + 219 * y) * unit;
  yuv[1] = 128 * unit + (standard->full ? most : 224 * unit) * u;
  yuv[2] = 128 * unit + (standard->full ? most : 224 * unit) * v;
}

/* What becomes of it, as the mean of each component, away from the borders. */
static void
upscale_flat (GstVideoFormat format, const gchar * colorimetry,
    const gdouble value[3], gdouble mean[3])
{
  gchar *path = golden ();
  GstVideoInfo info, out_info;
  GstBuffer *out;
  guint c, x, y;

  frame_info (&info, format, SIZE, SIZE);
  frame_set_site (&info);
  if (colorimetry)
    gst_video_colorimetry_from_string (&info.colorimetry, colorimetry);
  out = upscale (new_flat (&info, value), &info, &out_info, "scale", 2,
      "model-location", path, NULL);
  for (c = 0; c < MIN (GST_VIDEO_INFO_N_COMPONENTS (&info), 3); c++) {
    guint16 *samples = frame_get_component (out, &out_info, c);
    guint width = GST_VIDEO_INFO_COMP_WIDTH (&out_info, c), n = 0;
    guint height = GST_VIDEO_INFO_COMP_HEIGHT (&out_info, c);

    mean[c] = 0;
    for (y = BORDER; y < height - BORDER; y++) {
      for (x = BORDER; x < width - BORDER; x++, n++)
        mean[c] += samples[y * width + x];
    }
    mean[c] /= n;
    g_free (samples);
  }
  gst_buffer_unref (out);
  g_free (path);
}

static const GstVideoFormat formats[] = {
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_YUY2,
  GST_VIDEO_FORMAT_UYVY, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444,
  GST_VIDEO_FORMAT_AYUV, GST_VIDEO_FORMAT_I420_10LE,
  GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_Y444_16LE,
};

/* The middle colours of the picture go by RGB, of 16 bits, and by YUV: to one level
 * the same, by matrix and range of the caps. */
GST_START_TEST (test_flat)
{
  static const gdouble colors[][3] = {
    {0.5, 0.5, 0.5}, {0.55, 0.42, 0.47}, {0.4, 0.5, 0.6},
  };
  const Standard *standard = &standards[__i__ % G_N_ELEMENTS (standards)];
  GstVideoFormat format = (guint) __i__ < G_N_ELEMENTS (formats) ? formats[__i__] :
      GST_VIDEO_FORMAT_Y444;
  guint depth, i, c;
  GstVideoInfo info;

  frame_info (&info, format, SIZE, SIZE);
  depth = GST_VIDEO_INFO_COMP_DEPTH (&info, 0);
  for (i = 0; i < G_N_ELEMENTS (colors); i++) {
    gdouble rgb[3], in[3], out[3], expected[3], wide[3];

    for (c = 0; c < 3; c++)
      wide[c] = colors[i][c] * 65535;
    upscale_flat (GST_VIDEO_FORMAT_ARGB64_LE, NULL, wide, rgb);
    for (c = 0; c < 3; c++) {
      fail_unless (rgb[c] > 3000 && rgb[c] < 62000, "not in the middle");
      rgb[c] /= 65535;
    }
    to_yuv (standard, depth, colors[i], in);
    to_yuv (standard, depth, rgb, expected);
    upscale_flat (format, standard->colorimetry, in, out);
    for (c = 0; c < 3; c++)
      fail_unless (fabs (out[c] - expected[c]) <= MAX (1, 1 << (depth - 8)),
          "%s %s colour %u: component %u is %g, not %g",
          gst_video_format_to_string (format), standard->colorimetry, i, c,
          out[c], expected[c]);
  }
}

GST_END_TEST;

/* Without the network all is as with any model. */
GST_START_TEST (test_strength)
{
  gchar *path = golden ();
  GstVideoInfo info, out_info;
  GstBuffer *cubic, *none;

  frame_info (&info, formats[__i__], 33, 17);
  cubic = upscale (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture),
      &info, &out_info, "scale", 2, "model", 8, NULL);
  none = upscale (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture),
      &info, &out_info, "scale", 2, "model-location", path, "strength", 0.0,
      NULL);
  frame_assert_equal (cubic, none, &out_info, "strength=0");
  gst_buffer_unref (cubic);
  gst_buffer_unref (none);
  g_free (path);
}

GST_END_TEST;

/* The same whether unchanged parts are reused or not, and twice the same. */
GST_START_TEST (test_skip_static)
{
  gchar *path = golden ();
  GstVideoInfo info, out_info;
  GstBuffer *fresh, *again;
  Bench bench = bench_new ("scale", 2, "model-location", path, "skip-static",
      TRUE, NULL);
  guint i;

  frame_info (&info, formats[__i__], 130, 70);
  fresh = upscale (frame_new_filled (&info, FRAME_DEFAULT, pattern_texture),
      &info, &out_info, "scale", 2, "model-location", path, NULL);
  for (i = 0; i < 3; i++) {
    again = upscale_with (&bench, frame_new_filled (&info, FRAME_DEFAULT,
            pattern_texture), &info, &out_info);
    frame_assert_equal (fresh, again, &out_info, "skip-static");
    gst_buffer_unref (again);
  }
  gst_buffer_unref (fresh);
  bench_free (&bench);
  g_free (path);
}

GST_END_TEST;

/* Below the file's model come built-in ones; the caps stay. */
GST_START_TEST (test_overload)
{
  gchar *path = golden ();
  Bench bench = live_start ("model-location", path, "max-processing-time",
      (guint64) 1, NULL);

  bench_assert_active (&bench, MODEL);
  live_push_qos (&bench, 1);
  live_assert_downgraded (live_push_until_level_changes (&bench, 0), MODEL,
      "bicubic");
  bench_free (&bench);
  g_free (path);
}

GST_END_TEST;

static Suite *
three_colors_suite (void)
{
  Suite *s = suite_create ("three-colors");
  TCase *tc = tcase_create ("three-colors");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, live_set_up, NULL);
  tcase_add_loop_test (tc, test_flat, 0,
      G_N_ELEMENTS (formats) + G_N_ELEMENTS (standards));
  tcase_add_loop_test (tc, test_strength, 0, G_N_ELEMENTS (formats));
  tcase_add_loop_test (tc, test_skip_static, 0, G_N_ELEMENTS (formats));
  tcase_add_test (tc, test_overload);
  return s;
}

GST_CHECK_MAIN (three_colors);
