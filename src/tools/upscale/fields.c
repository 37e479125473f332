// SPDX-License-Identifier: LGPL-2.1-or-later

#include "fields.h"

#include <gst/video/video.h>

typedef struct
{
  GMutex lock;
  GQueue times; // of the fields that no frame has been made of, in ns
  gboolean
      irregular; // not two fields of each frame: the element's own times count
  GstClockTime latest;
} Fields;

static void
free_fields (gpointer data)
{
  Fields *self = data;

  g_queue_clear_full (&self->times, g_free);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
has_two_fields (const GstBuffer *buffer)
{
  return GST_BUFFER_PTS_IS_VALID (buffer)
         && GST_BUFFER_DURATION_IS_VALID (buffer)
         && GST_BUFFER_FLAG_IS_SET (buffer, GST_VIDEO_BUFFER_FLAG_INTERLACED)
         && !GST_BUFFER_FLAG_IS_SET (buffer, GST_VIDEO_BUFFER_FLAG_RFF)
         && !GST_BUFFER_FLAG_IS_SET (buffer, GST_VIDEO_BUFFER_FLAG_ONEFIELD);
}

static void
append_time (Fields *self, GstClockTime time)
{
  GstClockTime *copy = g_new (GstClockTime, 1);

  *copy = time;
  g_queue_push_tail (&self->times, copy);
}

static GstPadProbeReturn
see_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  const GstBuffer *buffer = info->data;
  Fields *self = data;

  g_mutex_lock (&self->lock);
  if (!has_two_fields (buffer))
    self->irregular = TRUE;
  if (!self->irregular)
    {
      append_time (self, GST_BUFFER_PTS (buffer));
      append_time (self,
                   GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer) / 2);
    }
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

// GST_CLOCK_TIME_NONE: there is no such field.
static GstClockTime
take_time (Fields *self, GstClockTime given)
{
  g_autofree GstClockTime *time = NULL;

  if (self->irregular)
    return given;
  time = g_queue_pop_head (&self->times);
  return time ? *time : GST_CLOCK_TIME_NONE;
}

static GstPadProbeReturn
correct_time (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Fields *self = data;
  GstClockTime time;
  gboolean forward;

  g_mutex_lock (&self->lock);
  time = take_time (self, GST_BUFFER_PTS (info->data));
  forward = GST_CLOCK_TIME_IS_VALID (time)
            && (self->latest == GST_CLOCK_TIME_NONE || time > self->latest);
  if (forward)
    self->latest = time;
  g_mutex_unlock (&self->lock);
  if (!forward)
    return GST_PAD_PROBE_DROP;
  info->data = gst_buffer_make_writable (GST_BUFFER (info->data));
  GST_BUFFER_PTS (info->data) = time;
  return GST_PAD_PROBE_OK;
}

void
fields_correct_times (GstElement *deinterlace)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (deinterlace, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (deinterlace, "src");
  Fields *self = g_new0 (Fields, 1);

  g_mutex_init (&self->lock);
  g_queue_init (&self->times);
  self->latest = GST_CLOCK_TIME_NONE;
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, see_frame, self, NULL);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, correct_time, self, NULL);
  g_object_set_data_full (G_OBJECT (deinterlace), "ecbsr-fields", self,
                          free_fields);
}
