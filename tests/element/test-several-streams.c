/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Several elements at work in one process, which share the worker threads. */

#include "upscale.h"

#define N_STREAMS 8
#define N_FRAMES 40
#define PATIENCE 500
/* So long that any machine keeps pace, also under a sanitizer. */
#define FRAME (10 * GST_SECOND)

static GstVideoInfo in_info;

static void
set_up (void)
{
  frame_info (&in_info, GST_VIDEO_FORMAT_I420, 96, 64);
  in_info.fps_n = 1;
  in_info.fps_d = FRAME / GST_SECOND;
}

static GstBuffer *
new_input (guint i)
{
  GstBuffer *in = frame_new_filled (&in_info, FRAME_DEFAULT, pattern_texture);

  GST_BUFFER_PTS (in) = i * FRAME;
  GST_BUFFER_DURATION (in) = FRAME;
  return in;
}

static Bench
start (gint model)
{
  Bench bench = bench_new ("model", model, "n-threads", 3, "content",
      CONTENT_CLEAN, "overload-policy", POLICY_DEGRADE, NULL);

  bench_set_input (&bench, &in_info);
  return bench;
}

/* ----------------------------------------------------------- side by side -- */

static gint
get_model (guint stream)
{
  static const gint models[] = { MODEL_ECBSR_M4C8, MODEL_ESR_MAX,
    MODEL_ESR_CNN, MODEL_BICUBIC
  };

  return models[stream % G_N_ELEMENTS (models)];
}

/* All frames of a stream have to be the first one, bit by bit. */
static gpointer
run_stream (gpointer data)
{
  Bench *bench = data;
  GstBuffer *first = NULL;
  GstVideoInfo info;
  guint i;

  for (i = 0; i < N_FRAMES; i++) {
    GstBuffer *out = gst_harness_push_and_pull (bench->h, new_input (i));

    fail_unless (out != NULL);
    bench_get_output (bench, &info);
    if (first)
      frame_assert_equal (out, first, &info, "frame of several streams");
    else
      first = gst_buffer_ref (out);
    gst_buffer_unref (out);
  }
  return first;
}

static void
assert_upscaled (GstBuffer * out, gint model)
{
  GstVideoInfo info;
  GstBuffer *expected = upscale (new_input (0), &in_info, &info, "model", model,
      "content", CONTENT_CLEAN, "n-threads", 1, NULL);

  frame_assert_equal (out, expected, &info, "stream");
  gst_buffer_unref (expected);
}

GST_START_TEST (test_side_by_side)
{
  Bench benches[N_STREAMS];
  GThread *threads[N_STREAMS];
  guint i;

  for (i = 0; i < N_STREAMS; i++)
    benches[i] = start (get_model (i));
  for (i = 0; i < N_STREAMS; i++)
    threads[i] = g_thread_new ("stream", run_stream, &benches[i]);
  for (i = 0; i < N_STREAMS; i++) {
    GstBuffer *out = g_thread_join (threads[i]);

    assert_upscaled (out, get_model (i));
    gst_buffer_unref (out);
  }
  for (i = 0; i < N_STREAMS; i++) {
    bench_assert_quiet (&benches[i], GST_MESSAGE_ERROR | GST_MESSAGE_WARNING);
    bench_free (&benches[i]);
  }
}

GST_END_TEST;

/* -------------------------------------------------------------- one stuck -- */

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean reached, open;
} Gate;

/* Downstream of the stuck stream: holds its streaming thread. */
static GstPadProbeReturn
hold (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Gate *gate = data;

  g_mutex_lock (&gate->lock);
  gate->reached = TRUE;
  g_cond_broadcast (&gate->cond);
  while (!gate->open)
    g_cond_wait (&gate->cond, &gate->lock);
  g_mutex_unlock (&gate->lock);
  return GST_PAD_PROBE_OK;
}

static void
wait_until_reached (Gate * gate)
{
  g_mutex_lock (&gate->lock);
  while (!gate->reached)
    g_cond_wait (&gate->cond, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

static void
open_gate (Gate * gate)
{
  g_mutex_lock (&gate->lock);
  gate->open = TRUE;
  g_cond_broadcast (&gate->cond);
  g_mutex_unlock (&gate->lock);
}

/* Runs a stream to its end, and changes it, while another one's sink blocks. */
GST_START_TEST (test_one_stuck)
{
  Bench stuck = start (MODEL_ECBSR_M4C8), other = start (MODEL_ESR_MAX);
  Gate gate = { 0, };
  GThread *thread;
  gpointer frame;

  g_mutex_init (&gate.lock);
  g_cond_init (&gate.cond);
  gst_pad_add_probe (stuck.h->sinkpad, GST_PAD_PROBE_TYPE_BUFFER, hold, &gate,
      NULL);
  thread = g_thread_new ("stuck", run_stream, &stuck);
  wait_until_reached (&gate);

  frame = run_stream (&other);
  assert_upscaled (frame, MODEL_ESR_MAX);
  gst_buffer_unref (frame);
  g_object_set (other.ecbsr, "model", MODEL_ESR_CNN, NULL);
  frame = run_stream (&other);
  assert_upscaled (frame, MODEL_ESR_CNN);
  gst_buffer_unref (frame);
  /* nor is the stuck one out of reach */
  g_object_set (stuck.ecbsr, "n-threads", 1, NULL);
  fail_if (gate.open);

  open_gate (&gate);
  frame = g_thread_join (thread);
  assert_upscaled (frame, MODEL_ECBSR_M4C8);
  gst_buffer_unref (frame);
  bench_free (&stuck);
  bench_free (&other);
  g_cond_clear (&gate.cond);
  g_mutex_clear (&gate.lock);
}

GST_END_TEST;

/* ------------------------------------------------------- overload control -- */

static void
push_late_frame (Bench * bench, guint i)
{
  gst_buffer_unref (gst_harness_push_and_pull (bench->h, new_input (i)));
  gst_harness_push_upstream_event (bench->h, gst_event_new_qos
      (GST_QOS_TYPE_UNDERFLOW, 1.5, GST_MSECOND, i * FRAME));
}

static guint
get_level (Bench * bench)
{
  GstStructure *stats;
  guint level;

  g_object_get (bench->ecbsr, "stats", &stats, NULL);
  fail_unless (gst_structure_get_uint (stats, "level", &level));
  gst_structure_free (stats);
  return level;
}

/* Of two alike, the one that has no time goes down, and it alone. */
GST_START_TEST (test_own_overload_control)
{
  Bench hurried = start (MODEL_ECBSR_M4C8), calm = start (MODEL_ECBSR_M4C8);
  guint i;

  g_object_set (hurried.ecbsr, "max-processing-time", (guint64) 1000, NULL);
  g_object_set (calm.ecbsr, "max-processing-time", GST_SECOND, NULL);
  for (i = 0; i < PATIENCE && get_level (&hurried) == 0; i++) {
    push_late_frame (&hurried, i);
    push_late_frame (&calm, i);
    g_usleep (1000);            /* levels are built in another thread */
  }
  bench_assert_active (&hurried, "bicubic");
  bench_assert_active (&calm, "ecbsr-m4c8-x2");
  fail_unless_equals_int (get_level (&calm), 0);
  bench_free (&hurried);
  bench_free (&calm);
}

GST_END_TEST;

static Suite *
several_streams_suite (void)
{
  Suite *s = suite_create ("several-streams");
  TCase *tc = tcase_create ("several");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, NULL);
  tcase_add_test (tc, test_side_by_side);
  tcase_add_test (tc, test_one_stuck);
  tcase_add_test (tc, test_own_overload_control);
  return s;
}

GST_CHECK_MAIN (several_streams);
