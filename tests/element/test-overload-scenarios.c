/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Overload control in simulated time, under loads of all shapes. */

#include "load.h"

#include <gst/check/gstcheck.h>
#include <math.h>

#define BOTTOM (LOAD_N_LEVELS - 1)

/* What a stretch of a run looked like. */
typedef struct
{
  guint n_frames, n_dropped, n_over, n_down, n_up;
  guint lowest, highest, last;
  gdouble latest_ms;
} Summary;

static Summary
summarise (const GArray * samples, gdouble from, gdouble to)
{
  Summary s = { 0, };
  guint i;

  s.highest = G_MAXUINT;
  for (i = 0; i < samples->len; i++) {
    const LoadSample *sample = &g_array_index (samples, LoadSample, i);

    if (sample->seconds < from || sample->seconds >= to)
      continue;
    s.n_frames++;
    s.n_dropped += sample->ms == 0.0;
    s.n_over += sample->ms > LOAD_BUDGET_MS;
    if (sample->reason)
      *(g_str_equal (sample->reason, "slack") ? &s.n_up : &s.n_down) += 1;
    s.lowest = MAX (s.lowest, sample->level);
    s.highest = MIN (s.highest, sample->level);
    s.last = sample->level;
    s.latest_ms = MAX (s.latest_ms, sample->late_ms);
  }
  GST_INFO ("%g to %g s: %u frames, %u dropped, %u over, %u down, %u up, "
      "levels %u to %u, last %u, latest %g ms", from, to, s.n_frames,
      s.n_dropped, s.n_over, s.n_down, s.n_up, s.highest, s.lowest, s.last,
      s.latest_ms);
  return s;
}

static GArray *
run (Load load, gdouble seconds)
{
  const LoadCase load_case = { GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP, load,
    seconds, 0.1, 1.0
  };

  return load_run (&load_case);
}

static gdouble
calm (gdouble seconds)
{
  return 1.0;
}

GST_START_TEST (test_calm)
{
  g_autoptr (GArray) samples = run (calm, 600);
  Summary s = summarise (samples, 0, 600);

  fail_unless_equals_int (s.n_down + s.n_up + s.n_dropped, 0);
}

GST_END_TEST;

static gdouble
tenfold_at_first (gdouble seconds)
{
  return seconds < 5 ? 10.0 : 3.0;
}

static gdouble
quarter (gdouble seconds)
{
  return 0.25;
}

/* The whole picture would never fit at level 0 here; a quarter of it does, which is
 * seen from the lowest level, where no network runs. */
GST_START_TEST (test_region)
{
  const LoadCase load_case = { GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
    tenfold_at_first, 120, 0.1, 1.0, quarter
  };
  g_autoptr (GArray) samples = load_run (&load_case);
  Summary begin = summarise (samples, 0, 5), end =
      summarise (samples, 100, 120);

  fail_unless (begin.lowest > 0);
  fail_unless_equals_int (end.lowest, 0);
  fail_unless_equals_int (end.n_over + end.n_dropped, 0);
}

GST_END_TEST;

static gdouble
nearly_double (gdouble seconds)
{
  return 1.9;
}

static gdouble
still_then_moving (gdouble seconds)
{
  return seconds < 20 ? 0.02 : 1.0;
}

/* When all of a still picture begins to move, one jump down is enough. */
GST_START_TEST (test_still_then_moving)
{
  const LoadCase load_case = { GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
    nearly_double, 25, 0.05, 1.0, still_then_moving
  };
  g_autoptr (GArray) samples = load_run (&load_case);
  Summary still = summarise (samples, 0, 20), moving =
      summarise (samples, 20, 25);

  fail_unless_equals_int (still.lowest, 0);
  fail_unless_equals_int (moving.n_down, 1);
  fail_unless_equals_int (moving.last, 1);
  fail_unless (moving.n_over <= 8);
}

GST_END_TEST;

/* Where room for an upgrade begins; between that and the budget; at the budget. Noise
 * goes both ways there. */
static gdouble
room (gdouble seconds)
{
  return seconds < 5 ? 2.0 : 1.13;
}

static gdouble
between (gdouble seconds)
{
  return seconds < 5 ? 2.0 : 1.22;
}

static gdouble
full (gdouble seconds)
{
  return 1.42;
}

GST_START_TEST (test_borders)
{
  static const Load borders[] = { room, between, full };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (borders); i++) {
    g_autoptr (GArray) samples = run (borders[i], 1800);
    Summary s = summarise (samples, 0, 1800);

    fail_unless_equals_int (s.n_down, 1);
    fail_unless (s.n_up <= 1);
    fail_unless (s.n_over <= 10, "%u", s.n_over);
  }
}

GST_END_TEST;

static gdouble
step (gdouble seconds)
{
  return seconds >= 10 && seconds < 70 ? 3.0 : 1.0;
}

/* One jump, to the level that fits; back one by one. */
GST_START_TEST (test_step)
{
  g_autoptr (GArray) samples = run (step, 200);
  Summary hit = summarise (samples, 10, 11);
  Summary under = summarise (samples, 11, 70);
  Summary after = summarise (samples, 70, 200);

  fail_unless_equals_int (summarise (samples, 0, 10).n_down, 0);
  fail_unless_equals_int (hit.n_down, 1);
  fail_unless (hit.n_over <= 3);
  fail_unless_equals_int (hit.last, 2);
  fail_unless_equals_int (under.n_down + under.n_up + under.n_over
      + under.n_dropped, 0);
  fail_unless_equals_int (after.n_up, 2);
  fail_unless_equals_int (after.n_down, 0);
  fail_unless_equals_int (summarise (samples, 70, 79.9).n_up, 0);
  fail_unless_equals_int (summarise (samples, 79.9, 85).n_up, 1);
  fail_unless_equals_int (summarise (samples, 85, 89.9).n_up, 0);
  fail_unless_equals_int (summarise (samples, 95, 200).lowest, 0);
}

GST_END_TEST;

static gdouble
huge_step (gdouble seconds)
{
  return seconds >= 10 && seconds < 30 ? 12.0 : 1.0;
}

/* To the lowest level at once; what has piled up meanwhile is dropped, once. */
GST_START_TEST (test_huge_step)
{
  g_autoptr (GArray) samples = run (huge_step, 30);
  Summary hit = summarise (samples, 10, 11);
  Summary under = summarise (samples, 11, 30);

  fail_unless_equals_int (hit.n_down, 1);
  fail_unless_equals_int (hit.last, BOTTOM);
  fail_unless (hit.n_dropped > 0 && hit.n_dropped <= 10, "%u", hit.n_dropped);
  fail_unless_equals_int (under.n_dropped, 0);
  fail_unless (under.latest_ms <= 0, "%g", under.latest_ms);
}

GST_END_TEST;

static gdouble
ramp (gdouble seconds)
{
  return 1.0 + MAX (0.0, MIN (seconds, 120.0 - seconds)) / 15.0;
}

/* Level by level, each time before frames are late. */
GST_START_TEST (test_ramp)
{
  g_autoptr (GArray) samples = run (ramp, 240);
  Summary up = summarise (samples, 0, 60);
  Summary down = summarise (samples, 60, 240);

  fail_unless_equals_int (up.n_up, 0);
  fail_unless (up.n_down >= 2 && up.n_down <= BOTTOM);
  fail_unless (up.n_over * 50 < up.n_frames, "%u", up.n_over);
  fail_unless_equals_int (up.n_dropped, 0);
  fail_unless (up.latest_ms < LOAD_FRAME_MS);
  fail_unless (down.n_down <= 1);
  fail_unless_equals_int (down.last, 0);
}

GST_END_TEST;

static gdouble
spikes (gdouble seconds)
{
  return fmod (seconds, 7.0) >= 7.0 - 0.04 ? 8.0 : 1.0;
}

/* Down once; not up as long as they come. */
GST_START_TEST (test_spikes)
{
  g_autoptr (GArray) samples = run (spikes, 600);
  Summary s = summarise (samples, 0, 600);

  fail_unless (s.n_down >= 1 && s.n_down <= BOTTOM);
  fail_unless (s.n_up <= 1);
  fail_unless_equals_int (summarise (samples, 300, 600).n_down, 0);
}

GST_END_TEST;

static gdouble
hog_5s (gdouble seconds)
{
  return fmod (seconds, 10.0) >= 5.0 ? 4.0 : 1.0;
}

static gdouble
hog_15s (gdouble seconds)
{
  return fmod (seconds, 30.0) >= 15.0 ? 4.0 : 1.0;
}

static gdouble
hog_40s (gdouble seconds)
{
  return fmod (seconds, 80.0) >= 40.0 ? 4.0 : 1.0;
}

/* A load that comes and goes: after a few vain upgrades the level stays. */
GST_START_TEST (test_periodic)
{
  static const Load hogs[] = { hog_5s, hog_15s, hog_40s };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (hogs); i++) {
    g_autoptr (GArray) samples = run (hogs[i], 1800);
    Summary start = summarise (samples, 0, 300);
    Summary rest = summarise (samples, 300, 1800);

    fail_unless (start.n_down >= 1 && start.n_down <= 4, "%u", start.n_down);
    fail_unless (rest.n_down <= 1 && rest.n_up <= 1, "%u", i);
    fail_unless (rest.n_over <= 3);
    fail_unless_equals_int (rest.n_dropped, 0);
  }
}

GST_END_TEST;

/* A calm that lasts is used, however many upgrades have failed before; and then they
 * are forgotten. */
static gdouble
hog_then_calm (gdouble seconds)
{
  if (seconds < 600)
    return hog_40s (seconds);
  return seconds >= 1500 && seconds < 1510 ? 4.0 : 1.0;
}

GST_START_TEST (test_recovers)
{
  g_autoptr (GArray) samples = run (hog_then_calm, 1800);

  fail_unless_equals_int (summarise (samples, 1400, 1500).lowest, 0);
  fail_unless_equals_int (summarise (samples, 1500, 1510).last, 2);
  fail_unless_equals_int (summarise (samples, 1540, 1800).lowest, 0);
}

GST_END_TEST;

static gdouble
drift (gdouble seconds)
{
  return 1.6 - 0.6 * cos (seconds * 2.0 * G_PI / 900.0);
}

GST_START_TEST (test_drift)
{
  g_autoptr (GArray) samples = run (drift, 1800);
  Summary s = summarise (samples, 0, 1800);

  fail_unless_equals_int (s.n_down, 2);
  fail_unless_equals_int (s.n_up, 2);
  fail_unless (s.n_over * 200 < s.n_frames);
  fail_unless_equals_int (s.n_dropped, 0);
  fail_unless_equals_int (s.last, 0);
}

GST_END_TEST;

static gdouble
hopeless (gdouble seconds)
{
  return seconds >= 5 ? 40.0 : 1.0;
}

static Summary
run_hopeless (GstEcbsrOverloadPolicy policy)
{
  const LoadCase load_case = { policy, hopeless, 60, 0.1, 1.0 };
  g_autoptr (GArray) samples = load_run (&load_case);

  return summarise (samples, 6, 60);
}

/* Each policy does what its name says, where not even the lowest level fits. */
GST_START_TEST (test_policies)
{
  Summary s = run_hopeless (GST_ECBSR_OVERLOAD_NONE);
  fail_unless_equals_int (s.lowest, 0);
  fail_unless_equals_int (s.n_dropped, 0);

  s = run_hopeless (GST_ECBSR_OVERLOAD_DEGRADE);
  fail_unless_equals_int (s.last, BOTTOM);
  fail_unless_equals_int (s.n_dropped, 0);

  s = run_hopeless (GST_ECBSR_OVERLOAD_DROP);
  fail_unless_equals_int (s.lowest, 0);
  fail_unless (s.n_dropped > s.n_frames / 2);
  fail_unless (s.n_dropped < s.n_frames);

  s = run_hopeless (GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP);
  fail_unless_equals_int (s.last, BOTTOM);
  fail_unless (s.n_dropped > 0 && s.n_dropped < s.n_frames * 3 / 4, "%u",
      s.n_dropped);
  fail_unless (s.latest_ms < 10 * LOAD_FRAME_MS, "%g", s.latest_ms);
}

GST_END_TEST;

/* ------------------------------------------------------- without QOS events -- */

static gdouble
later_in_the_run (const GArray * samples)
{
  const LoadSample *last =
      &g_array_index (samples, LoadSample, samples->len - 1);

  return last->came_ms - last->seconds * 1000.0;
}

static void
assert_left_alone (const LoadCase * load_case, const gchar * what)
{
  static const GstEcbsrOverloadPolicy policies[] = {
    GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP, GST_ECBSR_OVERLOAD_DROP
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (policies); i++) {
    LoadCase with_policy = *load_case;
    g_autoptr (GArray) samples = NULL;
    Summary s;

    with_policy.policy = policies[i];
    with_policy.silent = TRUE;
    samples = load_run (&with_policy);
    s = summarise (samples, 0, load_case->seconds);
    fail_unless_equals_int (s.n_down + s.n_up, 0);
    fail_unless (s.n_dropped == 0, "%s: %u dropped", what, s.n_dropped);
  }
}

/* Own frame times count all the same; but nothing is thrown away while a level is
 * left: the slack of the lower one catches up. */
GST_START_TEST (test_silent_step)
{
  const LoadCase load_case = {.policy = GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
    .load = huge_step,.seconds = 120,.noise = 0.1,.overhead = 1.0,
    .silent = TRUE
  };
  g_autoptr (GArray) samples = load_run (&load_case);
  Summary hit = summarise (samples, 10, 11);
  Summary under = summarise (samples, 15, 30);

  fail_unless_equals_int (summarise (samples, 0, 120).n_dropped, 0);
  fail_unless_equals_int (hit.n_down, 1);
  fail_unless_equals_int (hit.last, BOTTOM);
  fail_unless (under.latest_ms <= 0, "%g", under.latest_ms);
  fail_unless_equals_int (summarise (samples, 90, 120).lowest, 0);
}

GST_END_TEST;

static gdouble
encoder (gdouble seconds)
{
  return 25.0;
}

/* Frames are in time here, but an encoder comes after it in the same thread: down to
 * the level that leaves time for it. Whether there is more time by then can only be
 * tried, ever more rarely. */
static void
assert_leaves_time (const LoadCase * load_case, const gchar * what)
{
  g_autoptr (GArray) samples = load_run (load_case);
  Summary start = summarise (samples, 0, 1.5);
  Summary settled = summarise (samples, 1.5, 10);
  Summary all = summarise (samples, 0, 1800);
  Summary end = summarise (samples, 1000, 1800);

  fail_unless (start.n_down == 1, "%s: %u down", what, start.n_down);
  fail_unless_equals_int (start.last, 2);
  fail_unless_equals_int (settled.n_down + settled.n_up, 0);
  fail_unless_equals_int (all.n_dropped, 0);
  fail_unless (all.n_up <= 10, "%s: %u up", what, all.n_up);
  fail_unless (end.n_up <= 3, "%s: %u up at the end", what, end.n_up);
  fail_unless (later_in_the_run (samples) <= load_case->sync_ms + 1.0,
      "%s: %g ms late", what, later_in_the_run (samples));
}

GST_START_TEST (test_silent_slow_downstream)
{
  LoadCase load_case = {.policy = GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
    .load = calm,.seconds = 1800,.noise = 0.1,.overhead = 1.0,.silent = TRUE,
    .downstream = encoder
  };

  assert_leaves_time (&load_case, "sink that does not wait");
  load_case.sync_ms = 20.0;
  assert_leaves_time (&load_case, "sink that waits");
  load_case.sync_ms = 90.0;
  assert_leaves_time (&load_case, "sink that waits longer than a frame");
  load_case.no_times = TRUE;
  assert_leaves_time (&load_case, "no timestamps");
}

GST_END_TEST;

/* A queue that throws away what is too much hides how late the thread is, not what
 * is missing. */
GST_START_TEST (test_silent_leaky_queue)
{
  const LoadCase load_case = {.policy = GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
    .load = calm,.seconds = 60,.noise = 0.1,.overhead = 1.0,.silent = TRUE,
    .downstream = encoder,.queue = 2
  };
  g_autoptr (GArray) samples = load_run (&load_case);

  fail_unless_equals_int (summarise (samples, 0, 1.5).last, 2);
  fail_unless_equals_int (summarise (samples, 2, 10).n_frames, 8 * LOAD_RATE);
  fail_unless_equals_int (summarise (samples, 0, 60).n_dropped, 0);
}

GST_END_TEST;

static gdouble
encoder_for_20_s (gdouble seconds)
{
  return seconds < 20 ? 25.0 : 5.0;
}

/* With a sink that waits, the thread is never free. */
GST_START_TEST (test_silent_climbs)
{
  const LoadCase load_case = {.policy = GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP,
    .load = calm,.seconds = 120,.noise = 0.1,.overhead = 1.0,.silent = TRUE,
    .downstream = encoder_for_20_s,.sync_ms = 90.0
  };
  g_autoptr (GArray) samples = load_run (&load_case);

  fail_unless_equals_int (summarise (samples, 0, 2).last, 2);
  fail_unless_equals_int (summarise (samples, 80, 120).lowest, 0);
  fail_unless_equals_int (summarise (samples, 0, 120).n_dropped, 0);
}

GST_END_TEST;

static gdouble
at_half_rate (guint i)
{
  return i * 2 * LOAD_FRAME_MS;
}

static gdouble
drifting (guint i)
{
  return i * LOAD_FRAME_MS * 1.01;
}

static gdouble
in_the_dark (guint i)
{
  return i % 2 ? -1.0 : i * LOAD_FRAME_MS;
}

/* Each ten seconds nothing comes for half a second, and then all at once. */
static gdouble
stalling (guint i)
{
  gdouble ms = i * LOAD_FRAME_MS;
  gdouble phase = fmod (ms, 10000.0);

  return phase > 5000.0 && phase < 5500.0 ? ms - phase + 5500.0 : ms;
}

/* Now and then only every second frame comes, as through a bad network. */
static gdouble
losing (guint i)
{
  return i % 300 < 60 && i % 2 ? -1.0 : i * LOAD_FRAME_MS;
}

static gdouble
light_encoder (gdouble seconds)
{
  return 8.0;
}

/* One frame of two seconds takes long, as key frames do. */
static gdouble
key_frames (gdouble seconds)
{
  return fmod (seconds, 2.0) < LOAD_FRAME_MS / 1000.0 ? 150.0 : 5.0;
}

/* The source is what is late, or a frame takes long by itself, or the sink waits. */
GST_START_TEST (test_silent_left_alone)
{
  static const struct
  {
    const gchar *what;
    LoadSource source;
    Load downstream;
    gdouble sync_ms;
  } cases[] = {
    {"in time", NULL, NULL, 0.0},
    {"timestamps of another rate", at_half_rate, light_encoder, 0.0},
    {"timestamps that drift", drifting, light_encoder, 0.0},
    {"fewer frames than the rate says", in_the_dark, light_encoder, 0.0},
    {"network that stalls", stalling, light_encoder, 0.0},
    {"network that loses", losing, light_encoder, 0.0},
    {"network that stalls, sink that waits", stalling, light_encoder, 20.0},
    {"key frames", NULL, key_frames, 0.0},
    {"sink that waits", NULL, NULL, 25.0},
    {"sink that waits longer than a frame", NULL, NULL, 47.0},
    {"sink that waits for a long time", NULL, light_encoder, 300.0},
    {"sink that waits, timestamps that drift", drifting, light_encoder, 300.0},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    const LoadCase load_case = {.load = calm,.seconds = 900,.noise = 0.1,
      .overhead = 1.0,.source = cases[i].source,
      .downstream = cases[i].downstream,.sync_ms = cases[i].sync_ms
    };

    assert_left_alone (&load_case, cases[i].what);
  }
}

GST_END_TEST;

static Summary
run_silent (GstEcbsrOverloadPolicy policy, Load load, Load downstream)
{
  const LoadCase load_case = {.policy = policy,.load = load,.seconds = 60,
    .noise = 0.1,.overhead = 1.0,.silent = TRUE,.downstream = downstream
  };
  g_autoptr (GArray) samples = load_run (&load_case);

  return summarise (samples, 6, 60);
}

static gdouble
hopeless_encoder (gdouble seconds)
{
  return 60.0;
}

/* What is dropped is no more than has to be: the thread never waits, and frames are
 * as late as two of them, and what one takes. */
GST_START_TEST (test_silent_policies)
{
  Summary s = run_silent (GST_ECBSR_OVERLOAD_NONE, hopeless, NULL);
  fail_unless_equals_int (s.lowest, 0);
  fail_unless_equals_int (s.n_dropped, 0);

  s = run_silent (GST_ECBSR_OVERLOAD_DEGRADE, hopeless, NULL);
  fail_unless_equals_int (s.last, BOTTOM);
  fail_unless_equals_int (s.n_dropped, 0);

  s = run_silent (GST_ECBSR_OVERLOAD_DROP, hopeless, NULL);
  fail_unless_equals_int (s.lowest, 0);
  fail_unless (s.n_dropped > s.n_frames * 9 / 10, "%u", s.n_dropped);
  fail_unless (s.n_dropped < s.n_frames, "%u", s.n_dropped);

  s = run_silent (GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP, hopeless, NULL);
  fail_unless_equals_int (s.last, BOTTOM);
  fail_unless (s.n_dropped > 0 && s.n_dropped < s.n_frames * 3 / 4, "%u",
      s.n_dropped);
  fail_unless (s.latest_ms < 5 * LOAD_FRAME_MS, "%g", s.latest_ms);

  s = run_silent (GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP, calm, hopeless_encoder);
  fail_unless_equals_int (s.last, BOTTOM);
  fail_unless (s.n_dropped > s.n_frames * 4 / 10
      && s.n_dropped < s.n_frames * 6 / 10, "%u", s.n_dropped);
  fail_unless (s.latest_ms < 5 * LOAD_FRAME_MS, "%g", s.latest_ms);
}

GST_END_TEST;

/* What comes on top of any model is no load on it: here conversion takes most of
 * the time, and still the level above fits. */
GST_START_TEST (test_overhead)
{
  const LoadCase load_case = { GST_ECBSR_OVERLOAD_DEGRADE, step, 200, 0.02,
    7.0
  };
  g_autoptr (GArray) samples = load_run (&load_case);

  fail_unless_equals_int (summarise (samples, 60, 70).last, 2);
  fail_unless_equals_int (summarise (samples, 150, 200).lowest, 1);
}

GST_END_TEST;

static Suite *
overload_scenarios_suite (void)
{
  Suite *s = suite_create ("overload-scenarios");
  TCase *tc = tcase_create ("overload");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_calm);
  tcase_add_test (tc, test_region);
  tcase_add_test (tc, test_still_then_moving);
  tcase_add_test (tc, test_borders);
  tcase_add_test (tc, test_step);
  tcase_add_test (tc, test_huge_step);
  tcase_add_test (tc, test_ramp);
  tcase_add_test (tc, test_spikes);
  tcase_add_test (tc, test_periodic);
  tcase_add_test (tc, test_recovers);
  tcase_add_test (tc, test_drift);
  tcase_add_test (tc, test_policies);
  tcase_add_test (tc, test_overhead);
  tcase_add_test (tc, test_silent_step);
  tcase_add_test (tc, test_silent_slow_downstream);
  tcase_add_test (tc, test_silent_leaky_queue);
  tcase_add_test (tc, test_silent_climbs);
  tcase_add_test (tc, test_silent_left_alone);
  tcase_add_test (tc, test_silent_policies);
  return s;
}

GST_CHECK_MAIN (overload_scenarios);
