/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrmessages.h"

static void
translate (const GError * error, GQuark * domain, gint * code)
{
  static const struct
  {
    gboolean stream;
    gint code;
  } codes[] = {
    [ECBSR_ERROR_NOT_FOUND] = {FALSE, GST_RESOURCE_ERROR_NOT_FOUND},
    [ECBSR_ERROR_READ] = {FALSE, GST_RESOURCE_ERROR_OPEN_READ},
    [ECBSR_ERROR_FORMAT] = {TRUE, GST_STREAM_ERROR_FORMAT},
    [ECBSR_ERROR_WRITE] = {FALSE, GST_RESOURCE_ERROR_OPEN_WRITE},
    [ECBSR_ERROR_INVALID] = {TRUE, GST_STREAM_ERROR_FORMAT},
    [ECBSR_ERROR_NO_MEMORY] = {FALSE, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
  };

  *domain = error->domain;
  *code = error->code;
  if (error->domain != ECBSR_ERROR)
    return;
  *domain = codes[error->code].stream ? GST_STREAM_ERROR : GST_RESOURCE_ERROR;
  *code = codes[error->code].code;
}

void
gst_ecbsr_post (GstElement * element, GstMessageType type,
    const GError * error, const gchar * detail)
{
  GQuark domain;
  gint code;

  translate (error, &domain, &code);
  gst_element_message_full (element, type, domain, code,
      g_strdup (error->message), g_strdup (detail), __FILE__, GST_FUNCTION,
      __LINE__);
}

void
gst_ecbsr_post_other_precision (GstElement * element, EcbsrPrecision wanted,
    EcbsrPrecision running, const gchar * detail)
{
  GST_ELEMENT_WARNING (element, LIBRARY, SETTINGS,
      ("The network runs in %s: precision=%s was asked for, but this model or "
          "this CPU cannot do it.", ecbsr_precision_to_string (running),
          ecbsr_precision_to_string (wanted)), ("%s", detail));
}

static void
post_structure (GstElement * element, GstStructure * s)
{
  gst_element_post_message (element,
      gst_message_new_element (GST_OBJECT (element), s));
}

static GstStructure *
new_structure (const gchar * name, const GstEcbsrSettings * settings)
{
  return gst_structure_new (name,
      "scale", G_TYPE_UINT, settings->scale,
      "model", GST_TYPE_ECBSR_MODEL, settings->model,
      "content", GST_TYPE_ECBSR_CONTENT, settings->content,
      "model-location", G_TYPE_STRING, settings->location, NULL);
}

void
gst_ecbsr_post_model_loaded (GstElement * element,
    const GstEcbsrSettings * settings, const gchar * name)
{
  GstStructure *s = new_structure ("ecbsr-model-loaded", settings);

  gst_structure_set (s, "name", G_TYPE_STRING, name, NULL);
  post_structure (element, s);
}

void
gst_ecbsr_post_model_failed (GstElement * element,
    const GstEcbsrSettings * settings, const GError * error)
{
  GstStructure *s = new_structure ("ecbsr-model-failed", settings);

  gst_structure_set (s, "error", G_TYPE_ERROR, error, NULL);
  post_structure (element, s);
}

void
gst_ecbsr_post_level_changed (GstElement * element,
    const GstEcbsrLevelChange * change, const gchar * from, const gchar * to)
{
  post_structure (element, gst_structure_new ("ecbsr-level-changed",
          "from", G_TYPE_STRING, from, "to", G_TYPE_STRING, to,
          "level", G_TYPE_UINT, change->to,
          "reason", G_TYPE_STRING, change->reason,
          "average-ns", G_TYPE_UINT64, change->average, NULL));
}

void
gst_ecbsr_frame_times_read (GstEcbsrFrameTimes * times,
    const GstSegment * segment, GstBuffer * buffer)
{
  times->timestamp = GST_BUFFER_PTS (buffer);
  times->duration = GST_BUFFER_DURATION (buffer);
  times->running_time = times->stream_time = GST_CLOCK_TIME_NONE;
  if (segment->format != GST_FORMAT_TIME)
    return;
  times->running_time = gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      times->timestamp);
  times->stream_time = gst_segment_to_stream_time (segment, GST_FORMAT_TIME,
      times->timestamp);
}

void
gst_ecbsr_post_qos (GstElement * element,
    const GstEcbsrFrameTimes * times, const GstEcbsrQos * qos,
    guint64 n_processed, guint64 n_dropped)
{
  GstMessage *message = gst_message_new_qos (GST_OBJECT (element), TRUE,
      times->running_time, times->stream_time, times->timestamp,
      times->duration);

  gst_message_set_qos_values (message, qos->jitter, qos->proportion,
      qos->quality);
  gst_message_set_qos_stats (message, GST_FORMAT_BUFFERS, n_processed,
      n_dropped);
  gst_element_post_message (element, message);
}
