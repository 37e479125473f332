/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "harness.h"

Bench
bench_new_valist (gint policy, const gchar * first_property,
    va_list properties)
{
  Bench bench;

  bench.ecbsr = gst_element_factory_make ("ecbsr", NULL);
  fail_unless (bench.ecbsr != NULL, "no element ecbsr: GST_PLUGIN_PATH?");
  gst_object_ref_sink (bench.ecbsr);
  g_object_set (bench.ecbsr, "overload-policy", policy, NULL);
  g_object_set_valist (G_OBJECT (bench.ecbsr), first_property, properties);

  bench.bus = gst_bus_new ();
  gst_element_set_bus (bench.ecbsr, bench.bus);
  bench.h = gst_harness_new_with_element (bench.ecbsr, "sink", "src");
  return bench;
}

Bench
bench_new (const gchar * first_property, ...)
{
  va_list properties;
  Bench bench;

  va_start (properties, first_property);
  bench = bench_new_valist (POLICY_NONE, first_property, properties);
  va_end (properties);
  return bench;
}

void
bench_free (Bench * bench)
{
  gst_harness_teardown (bench->h);
  gst_element_set_bus (bench->ecbsr, NULL);
  gst_bus_set_flushing (bench->bus, TRUE);
  gst_object_unref (bench->bus);
  gst_object_unref (bench->ecbsr);
}

void
bench_try_input (Bench * bench, const gchar * caps)
{
  GstCaps *parsed = gst_caps_from_string (caps);

  gst_pad_push_event (bench->h->srcpad, gst_event_new_stream_start ("bench"));
  gst_pad_push_event (bench->h->srcpad, gst_event_new_caps (parsed));
  gst_caps_unref (parsed);
}

void
bench_set_input (Bench * bench, const GstVideoInfo * info)
{
  gst_harness_set_src_caps (bench->h, gst_video_info_to_caps (info));
}

void
bench_get_output (Bench * bench, GstVideoInfo * info)
{
  GstCaps *caps = gst_pad_get_current_caps (bench->h->sinkpad);

  fail_unless (caps != NULL, "nothing negotiated");
  fail_unless (gst_video_info_from_caps (info, caps));
  gst_caps_unref (caps);
}

GstMessage *
bench_pop_message (Bench * bench, GstMessageType type)
{
  GstMessage *message = gst_bus_pop_filtered (bench->bus, type);

  fail_unless (message != NULL, "no message %s",
      gst_message_type_get_name (type));
  return message;
}

gchar *
bench_pop_problem (Bench * bench, GstMessageType type, GQuark domain, gint code)
{
  GstMessage *message = bench_pop_message (bench, type);
  GError *error;
  gchar *text, *debug;

  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  else
    gst_message_parse_warning (message, &error, &debug);
  GST_INFO ("%s (%s)", error->message, debug);
  fail_unless (error->domain == domain && error->code == code,
      "expected %s %d, got %s %d: %s", g_quark_to_string (domain), code,
      g_quark_to_string (error->domain), error->code, error->message);
  fail_unless (debug && *debug, "no detail with: %s", error->message);
  text = g_strdup (error->message);
  g_error_free (error);
  g_free (debug);
  gst_message_unref (message);
  return text;
}

void
bench_assert_quiet (Bench * bench, GstMessageType types)
{
  GstMessage *message = gst_bus_pop_filtered (bench->bus, types);

  fail_unless (message == NULL, "unexpected message %s",
      message ? GST_MESSAGE_TYPE_NAME (message) : "");
}

guint64
bench_get_stat (Bench * bench, const gchar * field)
{
  GstStructure *stats;
  guint64 value;
  guint small;

  g_object_get (bench->ecbsr, "stats", &stats, NULL);
  if (gst_structure_get_uint (stats, field, &small))
    value = small;
  else
    fail_unless (gst_structure_get_uint64 (stats, field, &value), "no %s",
        field);
  gst_structure_free (stats);
  return value;
}

void
bench_assert_active (Bench * bench, const gchar * model)
{
  gchar *name;

  g_object_get (bench->ecbsr, "active-model", &name, NULL);
  fail_unless (g_strcmp0 (name, model) == 0, "%s runs, not %s", name, model);
  g_free (name);
}

static gboolean
answer_as_a_file (GstPad * pad, GstObject * parent, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, FALSE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

void
bench_be_a_file (Bench * bench)
{
  gst_pad_set_query_function (bench->h->srcpad, answer_as_a_file);
}
