/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the engine is told of a format and its colours. */

#include "frames.h"

#include <gst/check/gstcheck.h>
#include <math.h>

#include "caps.h"
#include "frame.h"

typedef struct
{
  const gchar *format, *colorimetry, *chroma_site;
  gdouble black, white;         /* samples */
  gdouble red, blue;            /* weights in luma, RGB only */
  gdouble x, y;                 /* chroma offsets */
} Row;

static const Row rows[] = {
  {"I420", "bt601", "jpeg", 16, 235, 0, 0, 0.5, 0.5},
  {"NV12", "bt709", "mpeg2", 16, 235, 0, 0, 0.25, 0.5},
  {"YV12", "bt709", "cosited", 16, 235, 0, 0, 0.25, 0.25},
  {"I420", "1:4:0:0", "jpeg", 0, 255, 0, 0, 0.5, 0.5},
  {"I420", "1:4:0:0", NULL, 0, 255, 0, 0, 0.5, 0.5},
  {"YUY2", "2:4:7:1", NULL, 16, 235, 0, 0, 0.25, 0.5},
  {"GRAY8", "1:4:0:0", NULL, 0, 255, 0, 0, -1, -1},
  {"GRAY8", "2:4:0:0", NULL, 16, 235, 0, 0, -1, -1},
  {"RGB", "sRGB", NULL, 0, 255, 0.2126, 0.0722, -1, -1},
  {"BGRx", "2:1:7:1", NULL, 16, 235, 0.2126, 0.0722, -1, -1},
  {"ARGB", "1:1:5:4", NULL, 0, 255, 0.299, 0.114, -1, -1},
  {"RGB", "1:1:13:7", NULL, 0, 255, 0.2627, 0.0593, -1, -1},
  {"RGB", "1:1:0:0", NULL, 0, 255, 0.299, 0.114, -1, -1},
  {"I420_10LE", "bt2100-pq", "mpeg2", 64, 940, 0, 0, 0.25, 0.5},
  {"P010_10LE", "bt2100-hlg", "cosited", 64, 940, 0, 0, 0.25, 0.25},
  {"P010_10LE", "1:6:14:7", NULL, 0, 1023, 0, 0, 0.5, 0.5},
  {"I422_12LE", "bt2020", "mpeg2", 256, 3760, 0, 0, 0.25, 0.5},
  {"GRAY16_LE", "2:4:0:0", NULL, 4096, 60160, 0, 0, -1, -1},
  {"GRAY16_LE", "1:4:0:0", NULL, 0, 65535, 0, 0, -1, -1},
};

static void
get_config (const Row * row, EcbsrPlanConfig * config)
{
  GstCaps *caps = gst_caps_new_simple ("video/x-raw",
      "format", G_TYPE_STRING, row->format, "width", G_TYPE_INT, 33,
      "height", G_TYPE_INT, 17, "colorimetry", G_TYPE_STRING,
      row->colorimetry, NULL);
  GstVideoInfo info;

  if (row->chroma_site)
    gst_caps_set_simple (caps, "chroma-site", G_TYPE_STRING, row->chroma_site,
        NULL);
  fail_unless (gst_video_info_from_caps (&info, caps));
  gst_ecbsr_caps_read_color (&info, caps);
  gst_ecbsr_frame_get_config (&info, config);
  gst_caps_unref (caps);
}

static gboolean
near (gdouble a, gdouble b)
{
  return fabs (a - b) < 1e-9;
}

GST_START_TEST (test_colors)
{
  const Row *row = &rows[__i__];
  EcbsrPlanConfig config;

  get_config (row, &config);
  fail_unless_equals_int (config.width, 33);
  fail_unless_equals_int (config.height, 17);
  fail_unless (config.black == row->black && config.white == row->white,
      "%s %s", row->format, row->colorimetry);
  /* No colour is the middle of 8 bits, video range's is 224 of luma's 219 wide. */
  fail_unless (config.chroma_zero == 128.0 * (1 << config.depth) / 256
      && config.chroma_span == (row->black > 0
          ? (row->white - row->black) * 224 / 219 : row->white), "%s %s",
      row->format, row->colorimetry);
  if (row->x >= 0)
    fail_unless (config.chroma_offset_x == row->x
        && config.chroma_offset_y == row->y, "%s %s", row->format,
        row->chroma_site);
  if (row->red > 0)
    fail_unless (near (config.luma_weight[0], row->red)
        && near (config.luma_weight[1], 1 - row->red - row->blue)
        && near (config.luma_weight[2], row->blue), "%s %s", row->format,
        row->colorimetry);
}

GST_END_TEST;

/* The layout says where the library finds the samples. */
GST_START_TEST (test_layout)
{
  GstVideoInfo info;
  EcbsrPlanConfig config;
  guint c;

  frame_info (&info, all_formats[__i__], 33, 17);
  gst_ecbsr_frame_get_config (&info, &config);
  fail_unless_equals_int (config.sample, frame_depth (&info) > 8
      ? ECBSR_SAMPLE_U16 : ECBSR_SAMPLE_U8);
  fail_unless_equals_int (config.depth, frame_depth (&info));
  fail_unless_equals_int (config.layout.color == ECBSR_COLOR_RGB,
      GST_VIDEO_INFO_IS_RGB (&info));
  fail_unless_equals_int (config.layout.n_components,
      GST_VIDEO_INFO_N_COMPONENTS (&info));
  for (c = 0; c < config.layout.n_components; c++) {
    guint w_sub = config.layout.component[c].w_sub;
    guint h_sub = config.layout.component[c].h_sub;

    fail_unless_equals_int (config.layout.component[c].plane,
        GST_VIDEO_INFO_COMP_PLANE (&info, c));
    fail_unless_equals_int (config.layout.component[c].offset,
        frame_component_offset (&info, c));
    fail_unless_equals_int (config.shift,
        GST_VIDEO_FORMAT_INFO_SHIFT (info.finfo, c));
    fail_unless_equals_int (config.layout.component[c].pixel_stride,
        GST_VIDEO_INFO_COMP_PSTRIDE (&info, c));
    fail_unless_equals_int ((33 + (1 << w_sub) - 1) >> w_sub,
        GST_VIDEO_INFO_COMP_WIDTH (&info, c));
    fail_unless_equals_int ((17 + (1 << h_sub) - 1) >> h_sub,
        GST_VIDEO_INFO_COMP_HEIGHT (&info, c));
  }
}

GST_END_TEST;

static Suite *
engine_formats_suite (void)
{
  Suite *s = suite_create ("engine-formats");
  TCase *tc = tcase_create ("functions");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_colors, 0, G_N_ELEMENTS (rows));
  tcase_add_loop_test (tc, test_layout, 0, n_all_formats);
  return s;
}

GST_CHECK_MAIN (engine_formats);
