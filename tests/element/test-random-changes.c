/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Changes by another thread while frames flow: each frame is to the bit what an
 * element makes of it that has had those properties from the start, which were in
 * force when it came. */

#include "upscale.h"
#include "changes.h"

#define N_PICTURES 4
#define FRAMES_BETWEEN 3        /* changes */
#define DURATION (40 * GST_MSECOND)

typedef struct
{
  gchar *checksum;
  guint completed, begun;       /* changes, when the frame came and when it left */
} Output;

static GstVideoInfo in_info;
static GstBuffer *pictures[N_PICTURES];
static const gchar *locations[8];
static guint n_locations;
static GHashTable *references;  /* checksums by what they are of */
static guint n_frames;

/* ------------------------------------------------------------------ input -- */

static GstBuffer *
new_picture (guint8 shade)
{
  GstBuffer *picture = frame_new_filled (&in_info, FRAME_DEFAULT,
      pattern_texture);
  GstMapInfo map;
  gsize i;

  gst_buffer_map (picture, &map, GST_MAP_READWRITE);
  for (i = 0; i < map.size; i++)
    map.data[i] += shade;
  gst_buffer_unmap (picture, &map);
  return picture;
}

static void
set_up (void)
{
  static const gchar *const names[] = { "esr-tm-x2-k5c5", "esr-max-x3-k3c1",
    "int8-ecbsr-x2-m4c16-prelu", "esr-tm-x4-k7c3"
  };
  const gchar *wanted = g_getenv ("ECBSR_SWAP_FRAMES");
  guint i;

  n_frames = wanted ? strtoul (wanted, NULL, 10) : 300;
  frame_info (&in_info, GST_VIDEO_FORMAT_NV12, 33, 17);
  for (i = 0; i < N_PICTURES; i++)
    pictures[i] = new_picture (29 * i);
  n_locations = 0;
  for (i = 0; i < G_N_ELEMENTS (names); i++)
    locations[n_locations++] = g_strdup_printf ("%s/%s.safetensors",
        g_getenv ("ECBSR_GOLDEN"), names[i]);
  locations[n_locations++] = g_strdup ("/nonexistent");
  locations[n_locations++] = g_strdup (__FILE__);
  locations[n_locations++] = NULL;
  locations[n_locations++] = NULL;
  references = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
tear_down (void)
{
  guint i;

  for (i = 0; i < N_PICTURES; i++)
    gst_buffer_unref (pictures[i]);
  for (i = 0; i < n_locations; i++)
    g_free ((gchar *) locations[i]);
  g_hash_table_unref (references);
}

/* ------------------------------------------------------------- references -- */

static gchar *
get_checksum (GstBuffer * buffer, const GstVideoInfo * info)
{
  GChecksum *checksum = g_checksum_new (G_CHECKSUM_SHA1);
  gchar *text;
  guint c;

  g_checksum_update (checksum, (const guchar *) &info->width,
      sizeof info->width);
  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++) {
    guint16 *rows = frame_get_component (buffer, info, c);

    g_checksum_update (checksum, (const guchar *) rows,
        sizeof *rows * GST_VIDEO_INFO_COMP_WIDTH (info, c)
        * GST_VIDEO_INFO_COMP_HEIGHT (info, c));
    g_free (rows);
  }
  text = g_strdup (g_checksum_get_string (checksum));
  g_checksum_free (checksum);
  return text;
}

/* Not where the model is not built in. */
static gboolean
can_start (const Properties * model)
{
  GstElement *ecbsr = gst_element_factory_make ("ecbsr", NULL);
  GstStateChangeReturn ret;

  g_object_set (ecbsr, "scale", model->scale, "model", model->model, "content",
      model->content, "model-location", model->location, NULL);
  ret = gst_element_set_state (ecbsr, GST_STATE_PAUSED);
  gst_element_set_state (ecbsr, GST_STATE_NULL);
  gst_object_unref (ecbsr);
  return ret != GST_STATE_CHANGE_FAILURE;
}

/* Of the picture upscaled by @model with @look's strength and comparison; "" where
 * that cannot be. */
static gchar *
make_reference (guint picture, const Properties * model, const Properties * look)
{
  GstVideoInfo info;
  GstBuffer *out;
  gchar *checksum;

  if (!can_start (model))
    return g_strdup ("");
  out = upscale (gst_buffer_copy (pictures[picture]), &in_info, &info,
      "scale", model->scale, "model", model->model,
      "content", model->content, "model-location", model->location,
      "precision", model->precision, "strength", look->strength,
      "compare", look->compare, "compare-position", look->position,
      "overload-policy", POLICY_NONE, "n-threads", 1, NULL);
  checksum = get_checksum (out, &info);
  gst_buffer_unref (out);
  return checksum;
}

static const gchar *
get_reference (guint picture, const Properties * model, const Properties * look)
{
  gchar *key = g_strdup_printf ("%u %u %d %d %d %s %g %d %g", picture,
      model->scale, model->model, model->content, model->precision,
      model->location, look->strength, look->compare, look->position);
  gchar *checksum = g_hash_table_lookup (references, key);

  if (checksum) {
    g_free (key);
    return checksum;
  }
  checksum = make_reference (picture, model, look);
  g_hash_table_insert (references, key, checksum);
  return checksum;
}

/* ----------------------------------------------------------------- checks -- */

static gboolean
is_made_by (const Output * output, guint picture, const Properties * model,
    const Properties * look)
{
  return g_str_equal (output->checksum, get_reference (picture, model, look));
}

/* By any built-in model that was trained on @content. */
static gboolean
is_built_in_made_of (const Output * output, guint picture, const Properties * model,
    const Properties * look, gint content)
{
  Properties built_in = *model;

  built_in.location = NULL;
  built_in.content = content;
  for (built_in.model = MODEL_ECBSR_M4C8; built_in.model <= MODEL_BICUBIC;
      built_in.model++)
    if (is_made_by (output, picture, &built_in, look))
      return TRUE;
  return FALSE;
}

/* What overload control and model=auto choose from; where there is no network for
 * cameras they take the other one. */
static gboolean
is_built_in_made (const Output * output, guint picture, const Properties * model,
    const Properties * look)
{
  return is_built_in_made_of (output, picture, model, look, CONTENT_AUTO)
      || is_built_in_made_of (output, picture, model, look, model->content);
}

static gboolean
is_allowed (const Output * output, guint picture, const Properties * model,
    const Properties * look, gboolean levels)
{
  return is_made_by (output, picture, model, look)
      || ((levels || (model->model == MODEL_AUTO && !model->location))
      && is_built_in_made (output, picture, model, look));
}

/* The appearance is read after the model is applied, so it may be a later one. */
static gboolean
is_explained (const Output * output, guint picture, Changes * changes,
    gboolean levels)
{
  guint m, l;

  for (m = output->completed; m <= output->begun; m++)
    for (l = m; l <= output->begun; l++)
      if (is_allowed (output, picture, changes_get (changes, m),
              changes_get (changes, l), levels))
        return TRUE;
  return FALSE;
}

static void
check_outputs (GArray * outputs, Changes * changes, gboolean levels)
{
  guint i;

  for (i = 0; i < outputs->len; i++) {
    const Output *output = &g_array_index (outputs, Output, i);
    const Properties *props = changes_get (changes, output->completed);

    fail_unless (is_explained (output, i % N_PICTURES, changes, levels),
        "frame %u, with changes %u to %u: not what scale=%u model=%d "
        "model-location=%s content=%d precision=%d strength=%g compare=%d "
        "compare-position=%g makes of it, nor what came after", i,
        output->completed, output->begun, props->scale, props->model,
        props->location, props->content, props->precision, props->strength,
        props->compare, props->position);
  }
}

/* Warnings that are not about the precision. */
static guint
count_warnings (Bench * bench)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bench->bus, GST_MESSAGE_WARNING))) {
    GError *error;

    gst_message_parse_warning (message, &error, NULL);
    n += error->domain != GST_LIBRARY_ERROR;
    g_error_free (error);
    gst_message_unref (message);
  }
  return n;
}

/* ----------------------------------------------------------------- frames -- */

/* At the sink frames are in time and late by turns. */
static void
tell_lateness (Bench * bench, guint i, GstClockTime pts)
{
  GstClockTimeDiff jitter = i & 64 ? 60 * GST_MSECOND : 0;

  gst_harness_push_upstream_event (bench->h, gst_event_new_qos (jitter
          ? GST_QOS_TYPE_UNDERFLOW : GST_QOS_TYPE_OVERFLOW,
          jitter ? 2.0 : 0.5, jitter, pts));
}

static Output
run_frame (Bench * bench, Changes * changes, guint i)
{
  GstBuffer *in = gst_buffer_copy (pictures[i % N_PICTURES]), *out;
  GstVideoInfo info;
  Output output;

  GST_BUFFER_PTS (in) = i * DURATION;
  GST_BUFFER_DURATION (in) = DURATION;
  output.completed = changes_get_completed (changes);
  out = gst_harness_push_and_pull (bench->h, in);
  output.begun = changes_get_begun (changes);
  fail_unless (out != NULL, "frame %u is lost", i);
  fail_unless_equals_uint64 (GST_BUFFER_PTS (out), i * DURATION);
  bench_get_output (bench, &info);
  output.checksum = get_checksum (out, &info);
  gst_buffer_unref (out);
  return output;
}

static GArray *
run_frames (Bench * bench, Changes * changes, gboolean late)
{
  GArray *outputs = g_array_new (FALSE, FALSE, sizeof (Output));
  gboolean changing = TRUE;
  guint i;

  /* and some after the last change */
  for (i = 0; changing || i < n_frames + N_PICTURES; i++) {
    Output output = run_frame (bench, changes, i);

    g_array_append_val (outputs, output);
    changing = changes_count_frame (changes);
    if (late)
      tell_lateness (bench, i, i * DURATION);
  }
  changes_finish (changes);
  return outputs;
}

static void
free_outputs (GArray * outputs)
{
  guint i;

  for (i = 0; i < outputs->len; i++)
    g_free (g_array_index (outputs, Output, i).checksum);
  g_array_unref (outputs);
}

static void
swap (gboolean late, const gint policies[2])
{
  Bench bench = bench_new ("model", MODEL_ESR_MAX, "overload-policy",
      policies[0], NULL);
  guint n_changes = n_frames / FRAMES_BETWEEN, n_rejected;
  Changes *changes;
  GArray *outputs;

  bench_set_input (&bench, &in_info);
  changes = changes_new (bench.ecbsr, n_changes, FRAMES_BETWEEN, locations,
      n_locations, policies);
  outputs = run_frames (&bench, changes, late);
  check_outputs (outputs, changes, late);

  n_rejected = changes_get_n_rejected (changes);
  fail_unless (n_rejected > n_changes / 20 && n_rejected < n_changes / 2,
      "%u of %u changes refused", n_rejected, n_changes);
  fail_unless_equals_int (count_warnings (&bench), n_rejected);
  bench_assert_quiet (&bench, GST_MESSAGE_ERROR);
  free_outputs (outputs);
  changes_free (changes);
  bench_free (&bench);
}

/* Policies that keep the model, however busy the machine is. None drops a frame:
 * no sink says that they are late. */
GST_START_TEST (test_swap)
{
  static const gint policies[] = { POLICY_NONE, POLICY_DROP };

  swap (FALSE, policies);
}

GST_END_TEST;

/* The same while overload control changes the model as well. */
GST_START_TEST (test_swap_between_levels)
{
  static const gint policies[] = { POLICY_DEGRADE, POLICY_NONE };

  swap (TRUE, policies);
}

GST_END_TEST;

static Suite *
random_changes_suite (void)
{
  Suite *s = suite_create ("random-changes");
  TCase *tc = tcase_create ("changes");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, set_up, tear_down);
  tcase_add_test (tc, test_swap);
  tcase_add_test (tc, test_swap_between_levels);
  return s;
}

GST_CHECK_MAIN (random_changes);
