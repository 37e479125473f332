/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Interlaced frames that are converted on the way, with any number of chroma rows: each
 * field stays what it is, down to its last row. */

#include "raw-frames.h"
#include "upscale.h"

#define WIDTH 32

/* Whose rows come out as they do from more rows, where both fields have as many. */
#define USUAL_HEIGHT 48

/* What the library's dithering to 10 bits may make of a flat colour: a level. */
#define DITHER 0x40

static const GstVideoFormat inputs[] = {
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV12, GST_VIDEO_FORMAT_Y444,
  GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_BGRx,
  /* Converted before as well. */
  GST_VIDEO_FORMAT_P010_10BE, GST_VIDEO_FORMAT_I420_10BE,
  GST_VIDEO_FORMAT_A420_10BE, GST_VIDEO_FORMAT_NV12_10LE40,
  GST_VIDEO_FORMAT_v210
};

static const GstVideoFormat outputs[] = {
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_NV21, GST_VIDEO_FORMAT_Y444,
  GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_P010_10BE,
  GST_VIDEO_FORMAT_I420_10LE
};

static const guint heights[] = { 6, 10, 50, 486 };

static void
set_info (GstVideoInfo * info, GstVideoFormat format,
    GstVideoInterlaceMode mode, guint height)
{
  fail_unless (gst_video_info_set_interlaced_format (info, format, mode, WIDTH,
          height));
  frame_set_site (info);
  info->fps_n = 25;
  info->fps_d = 1;
}

static guint
get_h_sub (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_IS_YUV (info)
      ? GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1) : 0;
}

/* -------------------------------------------------------------- drawing -- */

/* Of row @y of a component, in that component's own rows. */
typedef guint16 (*Pattern) (guint component, gint y);

/* Each field has a colour of its own. */
static guint16
fields (guint component, gint y)
{
  static const guint16 colors[2][4] = {
    {0xffff, 0x5a5a, 0x4848, 0xb5b5}, {0xffff, 0xa0a0, 0x9c9c, 0x6161}
  };

  return colors[y % 2][component];
}

/* Written as progressive, whose even rows have the chroma. */
static GstBuffer *
draw (const GstVideoInfo * info, Pattern pattern)
{
  GstBuffer *buffer = raw_frame_new (info);
  guint16 row[4 * WIDTH];
  GstVideoFrame frame;
  guint x, c;
  gint y;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READWRITE));
  for (y = 0; y < info->height; y++) {
    for (x = 0; x < WIDTH; x++) {
      for (c = 0; c < 4; c++)
        row[4 * x + c] = pattern (c, c < 2 ? y : y >> get_h_sub (info));
    }
    raw_frame_write_row (&frame, y, row, WIDTH);
  }
  gst_video_frame_unmap (&frame);
  return buffer;
}

/* Pixel @x of each row of luma and, behind its first words, of chroma. */
static guint16 *
read_column (GstBuffer * buffer, const GstVideoInfo * info, gint x)
{
  guint16 *column = g_new (guint16, 4 * info->height);
  guint16 *row = g_new (guint16, 4 * info->width);
  GstVideoFrame frame;
  gint y;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (y = 0; y < info->height; y++) {
    raw_frame_read_row (&frame, y, row, info->width);
    memcpy (column + 4 * y, row + 4 * x, 4 * sizeof *row);
  }
  gst_video_frame_unmap (&frame);
  g_free (row);
  return column;
}

/* Takes @in. */
static GstBuffer *
convert (GstBuffer * in, const GstVideoInfo * info, GstVideoFormat to,
    guint scale, GstVideoInfo * out_info)
{
  gchar *caps = g_strdup_printf ("video/x-raw,format=%s",
      gst_video_format_to_string (to));
  Bench bench = bench_new ("scale", scale, "model", MODEL_BICUBIC,
      "n-threads", 1, NULL);
  GstBuffer *out;

  gst_harness_set_sink_caps_str (bench.h, caps);
  out = upscale_with (&bench, in, info, out_info);
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (out_info), to);
  fail_unless_equals_int (out_info->height, info->height * scale);
  bench_free (&bench);
  g_free (caps);
  return out;
}

/* ---------------------------------------------------------------- fields -- */

/* Where the library's own conversion makes chroma of half the rows into chroma of all,
 * it mixes the fields in these two rows, whatever their number. */
static gboolean
is_mixed_by_library (const GstVideoInfo * info, const GstVideoInfo * out_info,
    gint y)
{
  return get_h_sub (info) > get_h_sub (out_info)
      && (y == 1 || y == out_info->height - 2);
}

/* All rows of a field are what they are amid a frame of the usual height. */
static void
check_fields (GstVideoFormat from, guint height, GstVideoFormat to, guint scale)
{
  GstVideoInfo info, out_info, usual_info, usual_out_info;
  GstBuffer *out, *usual;
  guint16 *column, *expected;
  gint y;
  guint c;

  set_info (&info, from, GST_VIDEO_INTERLACE_MODE_INTERLEAVED, height);
  set_info (&usual_info, from, GST_VIDEO_INTERLACE_MODE_INTERLEAVED,
      USUAL_HEIGHT);
  out = convert (draw (&info, fields), &info, to, scale, &out_info);
  usual = convert (draw (&usual_info, fields), &usual_info, to, scale,
      &usual_out_info);
  column = read_column (out, &out_info, 3);
  expected = read_column (usual, &usual_out_info, 3);
  for (y = 0; y < out_info.height; y++) {
    for (c = 0; c < 4; c++) {
      guint h_sub = c < 2 ? 0 : get_h_sub (&out_info);
      /* That row of chroma, read with the row of luma above it. */
      gint same = USUAL_HEIGHT + ((y >> h_sub) % 2 << h_sub);

      fail_unless (ABS (column[4 * y + c] - expected[4 * same + c]) <= DITHER
          || is_mixed_by_library (&info, &out_info, y),
          "%s of %u rows to %s of %d: component %u of row %d is %04x, not %04x",
          GST_VIDEO_INFO_NAME (&info), height, GST_VIDEO_INFO_NAME (&out_info),
          out_info.height, c, y, column[4 * y + c], expected[4 * same + c]);
    }
  }
  g_free (column);
  g_free (expected);
  gst_buffer_unref (out);
  gst_buffer_unref (usual);
}

GST_START_TEST (test_fields)
{
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (heights); i++) {
    for (k = 0; k < G_N_ELEMENTS (outputs); k++) {
      check_fields (inputs[__i__], heights[i], outputs[k], 2);
      check_fields (inputs[__i__], heights[i], outputs[k], 3);
    }
  }
}

GST_END_TEST;

/* A frame of a mixed stream that is one picture is continued as one. To RGB the library
 * has other ways for a progressive stream. */
GST_START_TEST (test_progressive)
{
  GstVideoInfo info, mixed_info, out_info, mixed_out_info;
  GstBuffer *out, *mixed;
  guint16 *column, *expected;
  gint y;
  guint c, k;

  for (k = 0; k < G_N_ELEMENTS (outputs); k++) {
    if (outputs[k] == GST_VIDEO_FORMAT_BGRx)
      continue;
    set_info (&info, inputs[__i__], GST_VIDEO_INTERLACE_MODE_PROGRESSIVE, 50);
    set_info (&mixed_info, inputs[__i__], GST_VIDEO_INTERLACE_MODE_MIXED, 50);
    out = convert (draw (&info, fields), &info, outputs[k], 3, &out_info);
    mixed = convert (draw (&mixed_info, fields), &mixed_info, outputs[k], 3,
        &mixed_out_info);
    expected = read_column (out, &out_info, 3);
    column = read_column (mixed, &mixed_out_info, 3);
    for (y = 0; y < out_info.height; y++)
      for (c = 0; c < 4; c++)
        fail_unless (column[4 * y + c] == expected[4 * y + c],
            "%s to %s: component %u of row %d is %04x, not %04x",
            GST_VIDEO_INFO_NAME (&info), GST_VIDEO_INFO_NAME (&out_info), c, y,
            column[4 * y + c], expected[4 * y + c]);
    g_free (column);
    g_free (expected);
    gst_buffer_unref (out);
    gst_buffer_unref (mixed);
  }
}

GST_END_TEST;

static Suite *
interlaced_formats_suite (void)
{
  Suite *s = suite_create ("interlaced-formats");
  TCase *tc = tcase_create ("frames");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_fields, 0, G_N_ELEMENTS (inputs));
  tcase_add_loop_test (tc, test_progressive, 0, G_N_ELEMENTS (inputs));
  return s;
}

GST_CHECK_MAIN (interlaced_formats);
