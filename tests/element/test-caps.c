/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The negotiation functions by themselves. */

#include "harness.h"

#include "caps.h"
#include "formats.h"

static void
assert_caps (GstCaps * got, GstCaps * expected, const gchar * of)
{
  gchar *got_string = gst_caps_to_string (got);
  gchar *expected_string = gst_caps_to_string (expected);

  fail_unless (gst_caps_is_equal (got, expected),
      "%s\n becomes %s\n instead of %s", of, got_string, expected_string);
  g_free (got_string);
  g_free (expected_string);
}

static void
assert_transform (const gchar * in, GstPadDirection direction, guint scale,
    const gchar * out)
{
  GstCaps *caps = gst_caps_from_string (in);
  GstCaps *expected = gst_caps_from_string (out);
  GstEcbsrScaling scaling = { scale, scale == 1 };
  GstCaps *got = gst_ecbsr_caps_transform (caps, direction, &scaling);

  assert_caps (got, expected, in);
  gst_caps_unref (caps);
  gst_caps_unref (expected);
  gst_caps_unref (got);
}

/* All that can be converted to, what is usual first, with the further fields
 * @rest. */
static gchar *
add_formats (const gchar * before, const gchar * rest)
{
  gchar *usual = gst_value_serialize (gst_ecbsr_formats_get_usual ());
  gchar *others = gst_value_serialize (gst_ecbsr_formats_get_others ());
  gchar *all = g_strdup_printf ("%svideo/x-raw,format=%s%s;"
      "video/x-raw,format=%s%s", before, usual, rest, others, rest);

  g_free (usual);
  g_free (others);
  return all;
}

static void
assert_conversions (const gchar * in, GstPadDirection direction,
    guint scale, const gchar * before, const gchar * rest)
{
  gchar *all = add_formats (before, rest);

  assert_transform (in, direction, scale, all);
  g_free (all);
}

typedef struct
{
  const gchar *sink;
  guint scale;
  const gchar *source;
} Sizes;

static void
assert_sizes (const Sizes * row, GstPadDirection direction)
{
  gboolean up = direction == GST_PAD_SINK;
  const gchar *from = up ? row->sink : row->source;
  const gchar *to = up ? row->source : row->sink;
  guint height = up ? 4 : 4 * row->scale;
  gchar *rest = g_strdup_printf (",width=%s,height=%u", from, height);
  gchar *in = add_formats ("", rest), *out = g_strdup ("EMPTY");

  g_free (rest);
  if (to) {
    height = up ? 4 * row->scale : 4;
    rest = g_strdup_printf (",width=%s,height=%u", to, height);
    g_free (out);
    out = add_formats ("", rest);
    g_free (rest);
  }
  assert_transform (in, direction, row->scale, out);
  g_free (in);
  g_free (out);
}

static const Sizes upwards[] = {
  {"1", 2, "2"},
  {"33", 3, "99"},
  {"32768", 4, "131072"},
  {"32769", 2, NULL},
  {"[1,max]", 2, "[2,65536,2]"},
  {"[1,32768]", 4, "[4,131072,4]"},
  {"[16,640,16]", 3, "[48,1920,48]"},
  {"[32000,40000]", 2, "[64000,65536,2]"},
  {"[32768,40000]", 2, "65536"},
  {"[32769,40000]", 2, NULL},
  {"{320,640}", 2, "{640,1280}"},
  {"{[16,32],[640,1280],40000}", 2, "{[32,64,2],[1280,2560,2]}"},
  {"{40000,50000}", 2, NULL},
};

static const Sizes downwards[] = {
  {"1", 2, "2"},
  {NULL, 2, "3"},
  {NULL, 3, "1280"},
  {"320", 4, "1280"},
  {"[1,32768]", 2, "[1,max]"},
  {"[1,32768]", 2, "[2,65536,2]"},
  {"[1,2]", 3, "[1,8]"},
  {"2", 3, "[4,8]"},
  {NULL, 4, "[1,3]"},
  {"[8,320,8]", 2, "[16,640,16]"},
  {"[16,208,16]", 3, "[16,640,16]"},
  {"{320,640}", 2, "{640,641,1280}"},
  {NULL, 2, "{641,643}"},
  {"32768", 4, "[131072,max]"},
  {NULL, 2, "[65537,max]"},
};

GST_START_TEST (test_sizes_upwards)
{
  assert_sizes (&upwards[__i__], GST_PAD_SINK);
}

GST_END_TEST;

GST_START_TEST (test_sizes_downwards)
{
  assert_sizes (&downwards[__i__], GST_PAD_SRC);
}

GST_END_TEST;

#define REST ",framerate=25/1,pixel-aspect-ratio=4/3,multiview-mode=mono"

GST_START_TEST (test_same_format_first)
{
  assert_conversions
      ("video/x-raw,format=NV12,width=8,height=8,colorimetry=bt709,"
      "chroma-site=mpeg2" REST, GST_PAD_SINK, 2,
      "video/x-raw,format=NV12,width=16,height=16,colorimetry=bt709,"
      "chroma-site=mpeg2" REST ";", ",width=16,height=16" REST);
  assert_conversions ("video/x-raw,format={RGB,I420},width=8,height=8" REST,
      GST_PAD_SRC, 2,
      "video/x-raw,format={RGB,I420},width=4,height=4" REST ";",
      ",width=4,height=4" REST);
}

GST_END_TEST;

GST_START_TEST (test_features_kept)
{
  GstCaps *caps = gst_caps_from_string
      ("video/x-raw(memory:SystemMemory,meta:GstVideoOverlayComposition),format=I420,width=8,"
      "height=8;video/x-raw,format=I420,width=8,height=8");
  GstEcbsrScaling scaling = { 2, FALSE };
  GstCaps *out = gst_ecbsr_caps_transform (caps, GST_PAD_SINK, &scaling);
  guint i, n_meta = 0;

  for (i = 0; i < gst_caps_get_size (out); i++)
    n_meta += gst_caps_features_contains (gst_caps_get_features (out, i),
        GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION);
  fail_unless_equals_int (gst_caps_get_size (out), 6);
  fail_unless_equals_int (n_meta, 3);
  gst_caps_unref (out);
  gst_caps_unref (caps);
}

GST_END_TEST;

GST_START_TEST (test_scale_1_changes_nothing)
{
  const gchar *caps = "video/x-raw,format=I420,width=[1,100],height=8";

  assert_transform (caps, GST_PAD_SINK, 1, caps);
  assert_transform (caps, GST_PAD_SRC, 1, caps);
}

GST_END_TEST;

typedef struct
{
  const gchar *in, *offered, *fixed;
} Fixation;

#define IN(format) "video/x-raw,format=" format ",width=640,height=480,framerate=25/1"
#define ANY_OUT "video/x-raw,width=[1,max],height=[1,max],format="
#define OUT(format) "video/x-raw,format=" format \
  ",width=1280,height=960,framerate=25/1,pixel-aspect-ratio=1/1,colorimetry="

static const Fixation fixations[] = {
  /* 960 lines would be guessed to be bt709, but 480 lines are bt601. */
  {IN ("I420"), ANY_OUT "{RGB,I420}",
      OUT ("I420") "bt601,chroma-site=mpeg2"},
  {IN ("I420") ",colorimetry=bt709,chroma-site=mpeg2", ANY_OUT "I420",
      OUT ("I420") "bt709,chroma-site=mpeg2"},
  {IN ("I420") ",colorimetry=1:4:0:0", ANY_OUT "{GRAY8,I420}",
      OUT ("I420") "1:4:0:0,chroma-site=jpeg"},
  /* A range without a matrix, as avdec_h264 has it. */
  {IN ("I420") ",colorimetry=1:0:0:0,chroma-site=mpeg2", ANY_OUT "I420",
      OUT ("I420") "1:4:16:4,chroma-site=mpeg2"},
  {IN ("I420") ",colorimetry=1:0:0:0", ANY_OUT "BGRx", OUT ("BGRx") "1:1:16:4"},
  {IN ("I420") ",colorimetry=2:0:0:0", ANY_OUT "I420",
      OUT ("I420") "bt601,chroma-site=mpeg2"},
  {IN ("I420") ",chroma-site=mpeg2", ANY_OUT "I420",
      OUT ("I420") "bt601,chroma-site=mpeg2"},
  /* Downstream's word counts. */
  {IN ("I420"), ANY_OUT "I420,colorimetry=bt709,chroma-site=mpeg2",
      OUT ("I420") "bt709,chroma-site=mpeg2"},
  {IN ("I420"), ANY_OUT "I420,colorimetry={bt709,bt601}",
      OUT ("I420") "bt601,chroma-site=mpeg2"},
  /* The structure that needs no conversion, wherever it stands. */
  {IN ("I420"), ANY_OUT "I420,colorimetry=bt709;" ANY_OUT "I420",
      OUT ("I420") "bt601,chroma-site=mpeg2"},
  {IN ("RGB"), ANY_OUT "I420;" ANY_OUT "RGB", OUT ("RGB") "sRGB"},
  /* Else what loses least. */
  {IN ("I420"), ANY_OUT "{GRAY8,RGB,Y42B,NV12}",
      OUT ("NV12") "bt601,chroma-site=mpeg2"},
  {IN ("NV12"), ANY_OUT "{GRAY8,RGB,YUY2}",
      OUT ("YUY2") "bt601,chroma-site=mpeg2"},
  {IN ("YUY2"), ANY_OUT "{NV12,Y42B,Y444}",
      OUT ("Y42B") "bt601,chroma-site=mpeg2"},
  {IN ("Y444"), ANY_OUT "{I420,Y42B}", OUT ("Y42B") "bt601,chroma-site=mpeg2"},
  {IN ("RGB"), ANY_OUT "I420", OUT ("I420") "2:4:7:1,chroma-site=mpeg2"},
  {IN ("GRAY8"), ANY_OUT "NV12", OUT ("NV12") "2:4:0:0,chroma-site=mpeg2"},
  {IN ("Y444") ",colorimetry=1:4:0:0", ANY_OUT "I420",
      OUT ("I420") "1:4:0:0,chroma-site=jpeg"},
  {IN ("BGRA"), ANY_OUT "{RGB,ARGB,I420}", OUT ("ARGB") "sRGB"},
  {IN ("RGB"), ANY_OUT "{GRAY8,I420,Y444}", OUT ("Y444") "2:4:7:1"},
  {IN ("I420"), ANY_OUT "{GRAY8,BGRx}", OUT ("BGRx") "1:1:16:4"},
  {IN ("I420") ",colorimetry=1:4:0:0", ANY_OUT "BGRx",
      OUT ("BGRx") "1:1:0:0"},
  {IN ("GRAY8"), ANY_OUT "{RGB,I420}",
      OUT ("RGB") "1:1:0:0"},
  /* Bits count, too, and extra ones are only work. */
  {IN ("I420_10LE"), ANY_OUT "{I420,RGB,NV12,P010_10LE,Y444_16LE}",
      OUT ("P010_10LE") "bt601,chroma-site=mpeg2"},
  {IN ("P010_10LE"), ANY_OUT "{GRAY16_LE,I420,BGRx}",
      OUT ("I420") "bt601,chroma-site=mpeg2"},
  {IN ("I420"), ANY_OUT "{I420_10LE,NV12}",
      OUT ("NV12") "bt601,chroma-site=mpeg2"},
  {IN ("I420"), ANY_OUT "{BGRx,P010_10LE}",
      OUT ("P010_10LE") "bt601,chroma-site=mpeg2"},
  /* No framerate, odd shapes. */
  {"video/x-raw,format=I420,width=1,height=1,framerate=0/1,"
        "pixel-aspect-ratio=12/11", ANY_OUT "I420",
      "video/x-raw,format=I420,width=2,height=2,framerate=0/1,"
        "pixel-aspect-ratio=12/11,colorimetry=bt601,chroma-site=mpeg2"},
  /* Nobody behind: the base class offers the input caps. */
  {IN ("I420"), IN ("I420"), OUT ("I420") "bt601,chroma-site=mpeg2"},
};

GST_START_TEST (test_fixation)
{
  const Fixation *row = &fixations[__i__];
  GstCaps *in = gst_caps_from_string (row->in);
  GstCaps *expected = gst_caps_from_string (row->fixed);
  GstEcbsrScaling scaling = { 2, FALSE };
  GstCaps *fixed = gst_ecbsr_caps_fixate (in,
      gst_caps_from_string (row->offered), &scaling);

  fail_unless (gst_caps_is_fixed (fixed));
  assert_caps (fixed, expected, row->in);
  gst_caps_unref (fixed);
  gst_caps_unref (expected);
  gst_caps_unref (in);
}

GST_END_TEST;

/* ---------------------------------------------------------------- siting -- */

typedef struct
{
  const gchar *fields;
  GstVideoChromaSite site;
} Siting;

static const Siting sitings[] = {
  {"I420", GST_VIDEO_CHROMA_SITE_MPEG2},
  {"I420,colorimetry=bt601", GST_VIDEO_CHROMA_SITE_MPEG2},
  {"NV12,colorimetry=bt709", GST_VIDEO_CHROMA_SITE_MPEG2},
  {"P010_10LE,colorimetry=bt2100-pq", GST_VIDEO_CHROMA_SITE_MPEG2},
  {"YUY2", GST_VIDEO_CHROMA_SITE_MPEG2},
  {"I420,interlace-mode=interleaved", GST_VIDEO_CHROMA_SITE_MPEG2},
  {"I420,colorimetry=1:4:0:0", GST_VIDEO_CHROMA_SITE_JPEG},
  {"I420,colorimetry=1:0:0:0", GST_VIDEO_CHROMA_SITE_JPEG},
  {"Y42B,colorimetry=1:4:0:0", GST_VIDEO_CHROMA_SITE_JPEG},
  {"I420,chroma-site=jpeg", GST_VIDEO_CHROMA_SITE_JPEG},
  {"I420,chroma-site=jpeg,colorimetry=bt709", GST_VIDEO_CHROMA_SITE_JPEG},
  {"I420,chroma-site=cosited,colorimetry=1:4:0:0",
      GST_VIDEO_CHROMA_SITE_COSITED},
  {"I420,chroma-site=nonsense", GST_VIDEO_CHROMA_SITE_MPEG2},
  {"Y444,colorimetry=bt601", GST_VIDEO_CHROMA_SITE_UNKNOWN},
  {"GRAY8,colorimetry=1:4:0:0", GST_VIDEO_CHROMA_SITE_UNKNOWN},
  {"RGB", GST_VIDEO_CHROMA_SITE_UNKNOWN},
};

/* The caps alone decide: neither the library, which has another default from 1.24
 * on, nor the height. */
GST_START_TEST (test_siting)
{
  const Siting *row = &sitings[__i__];
  static const guint heights[] = { 2, 288, 576, 578, 1080, 2160 };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (heights); i++) {
    gchar *string = g_strdup_printf ("video/x-raw,width=64,height=%u,format=%s",
        heights[i], row->fields);
    GstCaps *caps = gst_caps_from_string (string);
    GstVideoInfo info;

    fail_unless (gst_video_info_from_caps (&info, caps), "%s", string);
    gst_ecbsr_caps_read_color (&info, caps);
    fail_unless (info.chroma_site == row->site, "%s: %u", string,
        info.chroma_site);
    gst_caps_unref (caps);
    g_free (string);
  }
}

GST_END_TEST;

static Suite *
caps_suite (void)
{
  Suite *s = suite_create ("caps");
  TCase *tc = tcase_create ("functions");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_sizes_upwards, 0, G_N_ELEMENTS (upwards));
  tcase_add_loop_test (tc, test_sizes_downwards, 0, G_N_ELEMENTS (downwards));
  tcase_add_test (tc, test_same_format_first);
  tcase_add_test (tc, test_features_kept);
  tcase_add_test (tc, test_scale_1_changes_nothing);
  tcase_add_loop_test (tc, test_fixation, 0, G_N_ELEMENTS (fixations));
  tcase_add_loop_test (tc, test_siting, 0, G_N_ELEMENTS (sitings));
  return s;
}

GST_CHECK_MAIN (caps);
