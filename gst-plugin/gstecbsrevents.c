/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrevents.h"

#include "gstecbsrlive.h"

void
gst_ecbsr_events_see (GstEcbsr * self, GstEvent * event)
{
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      gst_ecbsr_live_look_upstream (self);
      gst_ecbsr_live_take_up (self, caps);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_ecbsr_pace_flush (self);
      break;
    default:
      break;
  }
}

/* Upstream thinks in the pixels of its own picture. */
static GstEvent *
scale_navigation (GstEvent * event, guint scale)
{
  gdouble x, y;

  if (!gst_navigation_event_get_coordinates (event, &x, &y))
    return event;
  event = gst_event_make_writable (event);
  gst_navigation_event_set_coordinates (event, x / scale, y / scale);
  return event;
}

/* Past the base class, which would drop frames that can still be upscaled by a
 * cheaper model; and past what is upstream as long as we can help it. */
static GstEvent *
take_qos (GstEcbsr * self, GstEvent * event, gboolean * handled)
{
  switch (gst_ecbsr_pace_take_qos (self, event)) {
    case GST_ECBSR_QOS_NOT_OURS:
      return event;
    case GST_ECBSR_QOS_FOR_UPSTREAM:
      *handled = gst_pad_push_event (GST_BASE_TRANSFORM_SINK_PAD (self), event);
      return NULL;
    default:
      gst_event_unref (event);
      *handled = TRUE;
      return NULL;
  }
}

GstEvent *
gst_ecbsr_events_take (GstEcbsr * self, GstEvent * event, gboolean * handled)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_NAVIGATION:
      return scale_navigation (event, gst_ecbsr_get_scale (self));
    case GST_EVENT_QOS:
      return take_qos (self, event, handled);
    default:
      return event;
  }
}
