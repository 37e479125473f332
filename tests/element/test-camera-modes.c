/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which mode a camera takes: preferred-output-width and -height. */

#include "chain.h"
#include "harness.h"

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
  /* At scale 1 there is no order: the camera's first. */
  {WEBCAM, 1, 1280, 720, "1920x1080@30"},
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

/* The size and the rate that come into ecbsr at the end of @chain, or NULL where an
 * element of it is not installed. */
static gchar *
run (const gchar * chain, guint scale, guint width, guint height)
{
  gchar *description = g_strdup_printf ("%s ! ecbsr name=e scale=%u "
      "model=bicubic preferred-output-width=%u preferred-output-height=%u",
      chain, scale, width, height);
  gchar *video = chain_get_video (description);

  g_free (description);
  return video;
}

static void
assert_takes (const Case * c, const gchar * properties)
{
  gchar *chain = g_strdup_printf ("testcamera modes=\"%s\" %s", c->modes,
      properties);
  gchar *taken = run (chain, c->scale, c->width, c->height);

  fail_unless_equals_string (taken, c->taken);
  g_free (taken);
  g_free (chain);
}

GST_START_TEST (test_modes)
{
  assert_takes (&cases[__i__], "");
}

GST_END_TEST;

/* Sources that name what they have when they ask, too. */
GST_START_TEST (test_modes_in_the_filter)
{
  assert_takes (&cases[__i__], "filters=true");
}

GST_END_TEST;

/* Who asks back what we take, when we ask what it offers, gets an answer. */
GST_START_TEST (test_asks_back)
{
  assert_takes (&cases[0], "asks-back=true");
}

GST_END_TEST;

typedef struct
{
  const gchar *modes, *behind, *taken;
} Rate;

static const Rate behind[] = {
  {"640x480@30 640x480@5", "videorate ! video/x-raw,framerate=5/1",
      "640x480@5"},
  {"960x540@30 960x540@10 640x480@10", "videorate ! video/x-raw,framerate=10/1",
      "960x540@10"},
  {"640x480@5 640x480@30", "videorate ! video/x-raw,framerate=25/1",
      "640x480@30"},
  {"960x540@15 640x480@30", "videorate ! video/x-raw,framerate=5/1",
      "640x480@30"},
  {"640x480@30 640x480@5", "videorate", "640x480@30"},
};

/* What is thrown away behind need not be upscaled. */
GST_START_TEST (test_rate_behind)
{
  const Rate *row = &behind[__i__];
  guint filters;

  for (filters = 0; filters < 2; filters++) {
    gchar *chain = g_strdup_printf ("testcamera modes=\"%s\" filters=%u ! "
        "ecbsr name=e model=bicubic ! %s", row->modes, filters, row->behind);
    gchar *taken = chain_get_video (chain);

    if (!taken)
      chain_skip (chain);
    fail_unless (!taken || g_str_equal (taken, row->taken), "%s: %s", chain,
        taken);
    g_free (taken);
    g_free (chain);
  }
}

GST_END_TEST;

#define CAMERA "testcamera modes=\"" WEBCAM "\""
#define JPEG CAMERA " media-type=image/jpeg"
/* Those that name their modes when they ask list them in order, one or the other. */
#define UP "testcamera filters=true modes=\"160x120@30 640x480@30 960x540@30 " \
    "1280x720@30 1920x1080@30\""
#define DOWN "testcamera filters=true modes=\"1920x1080@30 1280x720@30 " \
    "960x540@30 640x480@30 160x120@30\""

/* Where the picture keeps its size and its rate on the way. */
static const gchar *const transparent[] = {
  CAMERA " ! queue",
  CAMERA " ! queue ! queue2 ! queue",
  UP " ! queue",
  DOWN " ! queue ! identity ! queue",
  CAMERA " ! video/x-raw,format=YUY2",
  CAMERA " ! identity ! clocksync ! watchdog",
  CAMERA " ! valve",
  CAMERA " ! tee name=t t. ! queue ! fakesink async=false t.",
  CAMERA " ! input-selector",
  CAMERA " ! multiqueue",
  CAMERA " ! m.sink_0 audiotestsrc is-live=true ! m.sink_1 multiqueue name=m "
      "m.src_1 ! fakesink async=false m.src_0",
  "( " CAMERA " )",
  "( ( " CAMERA " ! queue ) ! identity )",
  CAMERA " ! videoconvert",
  CAMERA " ! videobalance ! gamma",
  CAMERA " ! clockoverlay ! textoverlay text=x",
  JPEG " ! jpegdec",
  DOWN " media-type=image/jpeg ! jpegdec",
  JPEG " ! queue ! jpegdec ! queue",
  JPEG " ! image/jpeg ! jpegdec ! videoconvert",
  JPEG " ! avdec_mjpeg",
};

/* Checks are made at the source: what comes in is nothing that could be decoded. */
GST_START_TEST (test_transparent)
{
  gchar *description = g_strdup_printf ("%s ! ecbsr scale=2 model=bicubic",
      transparent[__i__]);
  gchar *taken = chain_get_camera_mode (description);

  if (!taken)
    chain_skip (description);
  fail_unless (!taken || g_str_equal (taken, "960x540@30"), "%s: %s",
      transparent[__i__], taken);
  g_free (taken);
  g_free (description);
}

GST_END_TEST;

/* Cameras in number are each asked for what they have; one source among them that is
 * none, and there is no order. */
GST_START_TEST (test_several)
{
  static const struct
  {
    const gchar *chain, *taken;
  } several[] = {
    {CAMERA " filters=true ! input-selector name=s testcamera ! s. s.",
        "960x540@30"},
    {CAMERA " filters=true ! input-selector name=s videotestsrc ! videorate "
          "! s. s.", "1920x1080@30"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (several); i++) {
    gchar *description = g_strdup_printf ("%s ! ecbsr model=bicubic",
        several[i].chain);
    gchar *taken = chain_get_camera_mode (description);

    if (!taken)
      chain_skip (description);
    fail_unless (!taken || g_str_equal (taken, several[i].taken), "%s: %s",
        several[i].chain, taken);
    g_free (taken);
    g_free (description);
  }
}

GST_END_TEST;

/* ---------------------------------------------------------- anything else -- */

#define HD "video/x-raw,format=I420,width=1280,height=720,framerate=15/1"
#define TEST_VIDEO "videotestsrc is-live=true ! " HD

/* A mixer of live sources begins after its latency with those pads that have something
 * then. This much is longer than any of them takes to. */
#define ALL_PADS "min-upstream-latency=60000000000"

/* What would take an order of sizes or rates for one of its own. */
static const gchar *const others[] = {
  TEST_VIDEO " ! videoscale",
  TEST_VIDEO " ! videoconvertscale",
  TEST_VIDEO " ! queue ! videoscale ! queue",
  TEST_VIDEO " ! videorate",
  TEST_VIDEO " ! compositor " ALL_PADS,
  TEST_VIDEO " ! c.sink_0 " TEST_VIDEO " ! c.sink_1 compositor name=c "
      ALL_PADS " sink_1::xpos=640",
  TEST_VIDEO " ! glvideomixer ! gldownload",
  TEST_VIDEO " ! videobox top=8 border-alpha=0",
  TEST_VIDEO " ! videocrop left=4",
  TEST_VIDEO " ! aspectratiocrop aspect-ratio=1/1",
  TEST_VIDEO " ! autovideoconvert",
  TEST_VIDEO " ! deinterlace",
  TEST_VIDEO " ! interlace",
  TEST_VIDEO " ! videoflip method=clockwise",
  TEST_VIDEO " ! glupload ! glcolorscale ! gldownload",
  "videotestsrc num-buffers=1 ! " HD " ! imagefreeze num-buffers=1",
  TEST_VIDEO " ! switchbin num-paths=1 path0::caps=video/x-raw "
      "path0::element=videoscale",
  TEST_VIDEO " ! jpegenc ! decodebin",
  TEST_VIDEO " ! videoconvert ! pngenc ! pngdec ! videoscale",
  TEST_VIDEO " ! avimux ! decodebin ! videorate",
  "appsrc is-live=true caps=" HD,
  CAMERA " ! videoscale",
  CAMERA " ! videorate",
  CAMERA " ! videoconvertscale ! video/x-raw,width=[1,1280]",
};

/* What comes in is what comes to an identity in the same place. */
GST_START_TEST (test_others)
{
  const gchar *chain = others[__i__];
  gchar *description = g_strdup_printf ("%s ! identity name=e", chain);
  gchar *expected = chain_get_video (description);
  guint scale;

  for (scale = 1; scale <= 2 && expected; scale++) {
    gchar *got = run (chain, scale, 320, 240);

    fail_unless (g_strcmp0 (got, expected) == 0, "%s at scale %u: %s, not %s",
        chain, scale, got, expected);
    g_free (got);
  }
  if (!expected)
    chain_skip (description);
  g_free (expected);
  g_free (description);
}

GST_END_TEST;

/* ----------------------------------------------------------------- queries -- */

static gint n_questions;

static GstPadProbeReturn
count_questions (GstPad * pad, GstPadProbeInfo * info, gpointer asker)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  /* The streaming thread may ask what it likes. */
  if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS && g_thread_self () == asker)
    g_atomic_int_inc (&n_questions);
  return GST_PAD_PROBE_OK;
}

/* Whoever asks what the sink pad takes may hold a lock that a question upstream would
 * wait for. */
GST_START_TEST (test_nothing_is_asked_upstream)
{
  GstElement *pipeline = chain_parse (CAMERA " ! ecbsr name=e ! fakesink");
  GstElement *ecbsr = gst_bin_get_by_name (GST_BIN (pipeline), "e");
  GstPad *sinkpad = gst_element_get_static_pad (ecbsr, "sink");
  GstPad *srcpad = gst_pad_get_peer (sinkpad);
  GstState state;

  for (state = GST_STATE_NULL; state <= GST_STATE_PLAYING; state++) {
    gulong probe;

    gst_element_set_state (pipeline, state);
    gst_element_get_state (pipeline, NULL, NULL, GST_CLOCK_TIME_NONE);
    n_questions = 0;
    probe = gst_pad_add_probe (srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM,
        count_questions, g_thread_self (), NULL);
    gst_caps_unref (gst_pad_query_caps (sinkpad, NULL));
    gst_pad_remove_probe (srcpad, probe);
    fail_unless_equals_int (n_questions, 0);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (srcpad);
  gst_object_unref (sinkpad);
  gst_object_unref (ecbsr);
  gst_object_unref (pipeline);
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

/* A camera that has not said what it has: the order ends at the preference. */
GST_START_TEST (test_unknown_modes)
{
  GstElement *pipeline = chain_parse (CAMERA " ! ecbsr name=e model=bicubic");
  GstElement *ecbsr = gst_bin_get_by_name (GST_BIN (pipeline), "e");
  GstPad *pad = gst_element_get_static_pad (ecbsr, "sink");
  GstCaps *filter = gst_caps_from_string ("video/x-raw,format={I420,Y42B}");
  GstCaps *caps = gst_pad_query_caps (pad, filter);
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
  gst_object_unref (pad);
  gst_object_unref (ecbsr);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* A camera that runs before its stream has reached us: what it has is known since our
 * start, and a mode of it comes first. */
GST_START_TEST (test_modes_known_from_the_start)
{
  GstElement *pipeline = chain_parse ("testcamera name=c modes=\"" WEBCAM "\" "
      "! ecbsr name=e scale=2 preferred-output-width=1920 ! fakesink");
  GstElement *camera = gst_bin_get_by_name (GST_BIN (pipeline), "c");
  GstElement *ecbsr = gst_bin_get_by_name (GST_BIN (pipeline), "e");
  GstPad *pad = gst_element_get_static_pad (ecbsr, "sink");
  GstCaps *caps;
  gint width = 0;

  gst_element_set_state (camera, GST_STATE_READY);
  gst_element_set_locked_state (camera, TRUE);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  caps = gst_pad_query_caps (pad, NULL);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "width", &width);
  fail_unless_equals_int (width, 960);
  gst_caps_unref (caps);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_element_set_state (camera, GST_STATE_NULL);
  gst_object_unref (pad);
  gst_object_unref (ecbsr);
  gst_object_unref (camera);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* ---------------------------------------------------------------- relinking -- */

static void
relink (GstElement * upstream, GstElement * old, GstElement * downstream)
{
  gst_element_unlink (upstream, old);
  gst_element_unlink (old, downstream);
  fail_unless (gst_element_link (upstream, downstream));
}

static gint done;

/* Changes what is between the camera and ecbsr, over and over, for two seconds at most. */
static gpointer
keep_relinking (gpointer data)
{
  GstElement **e = data;        /* camera, two in between, ecbsr */
  gint64 end = g_get_monotonic_time () + 2 * G_USEC_PER_SEC;
  guint i;

  for (i = 0; i < 500 && g_get_monotonic_time () < end; i++) {
    relink (e[0], e[1], e[3]);
    gst_element_unlink (e[0], e[3]);
    fail_unless (gst_element_link_many (e[0], e[2], e[3], NULL));
    relink (e[0], e[2], e[3]);
    gst_element_unlink (e[0], e[3]);
    fail_unless (gst_element_link_many (e[0], e[1], e[3], NULL));
  }
  g_atomic_int_set (&done, TRUE);
  return NULL;
}

/* Links are followed while other threads change them. */
GST_START_TEST (test_concurrent_relinking)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *elements[4] = {
    gst_element_factory_make ("testcamera", NULL),
    gst_bin_new (NULL),
    gst_element_factory_make ("ecbsr", NULL),
    gst_element_factory_make ("ecbsr", NULL),
  };
  GstElement *inner = gst_element_factory_make ("ecbsr", NULL);
  GstPad *pad = gst_element_get_static_pad (elements[3], "sink");
  GThread *thread;

  gst_bin_add (GST_BIN (elements[1]), inner);
  gst_element_add_pad (elements[1], gst_ghost_pad_new ("sink",
          GST_PAD (inner->sinkpads->data)));
  gst_element_add_pad (elements[1], gst_ghost_pad_new ("src",
          GST_PAD (inner->srcpads->data)));
  gst_bin_add_many (GST_BIN (pipeline), elements[0], elements[1], elements[2],
      elements[3], NULL);
  fail_unless (gst_element_link_many (elements[0], elements[1], elements[3],
          NULL));

  done = FALSE;
  thread = g_thread_new ("relink", keep_relinking, elements);
  while (!g_atomic_int_get (&done))
    gst_caps_unref (gst_pad_query_caps (pad, NULL));
  g_thread_join (thread);
  gst_object_unref (pad);
  gst_object_unref (pipeline);
}

GST_END_TEST;

/* A circle of links has no camera at its end, but an end. */
GST_START_TEST (test_circle)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  GstElement *tee = gst_element_factory_make ("tee", NULL);
  GstElement *funnel = gst_element_factory_make ("funnel", NULL);
  GstPad *pad;

  if (tee && funnel) {
    guint i;

    gst_element_link_pads_full (funnel, "src", tee, "sink",
        GST_PAD_LINK_CHECK_NOTHING);
    for (i = 0; i < 2; i++)
      fail_unless (gst_element_link_pads_full (tee, "src_%u", funnel, "sink_%u",
              GST_PAD_LINK_CHECK_NOTHING));
    fail_unless (gst_element_link_pads_full (tee, "src_%u", ecbsr, "sink",
            GST_PAD_LINK_CHECK_NOTHING));
    pad = gst_element_get_static_pad (ecbsr, "sink");
    gst_caps_unref (gst_pad_query_caps (pad, NULL));
    gst_object_unref (pad);
  } else {
    chain_skip ("a circle of tee and funnel");
  }
  gst_clear_object (&funnel);
  gst_clear_object (&tee);
  gst_object_unref (ecbsr);
}

GST_END_TEST;

static Suite *
camera_modes_suite (void)
{
  Suite *s = suite_create ("camera-modes");
  TCase *tc = tcase_create ("modes");

  suite_add_tcase (s, tc);
  chain_set_up ();              /* once, before tests fork */
  tcase_add_loop_test (tc, test_modes, 0, G_N_ELEMENTS (cases));
  tcase_add_loop_test (tc, test_modes_in_the_filter, 0, G_N_ELEMENTS (cases));
  tcase_add_test (tc, test_asks_back);
  tcase_add_loop_test (tc, test_rate_behind, 0, G_N_ELEMENTS (behind));
  tcase_add_loop_test (tc, test_transparent, 0, G_N_ELEMENTS (transparent));
  tcase_add_test (tc, test_several);
  tcase_add_loop_test (tc, test_others, 0, G_N_ELEMENTS (others));
  tcase_add_test (tc, test_nothing_is_asked_upstream);
  tcase_add_test (tc, test_unknown_modes);
  tcase_add_test (tc, test_modes_known_from_the_start);
  tcase_add_test (tc, test_concurrent_relinking);
  tcase_add_test (tc, test_circle);
  return s;
}

GST_CHECK_MAIN (camera_modes);
