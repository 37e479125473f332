/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Random changes of an element's properties by a thread of its own, while frames
 * flow, and a log of what the properties were when. */

#pragma once

#include <gst/gst.h>

/* What decides about a frame. */
typedef struct
{
  guint scale;
  gint model, content, precision;
  gchar *location;
  gdouble strength, position;
  gint compare;
} Properties;

typedef struct _Changes Changes;

/* Starts to make @n changes of @element, each after @frames_between more frames
 * have come. @locations: model files, good and bad ones, and NULL.
 * @policies: the two values of overload-policy that are asked for. */
Changes *changes_new (GstElement * element, guint n, guint frames_between,
    const gchar * const *locations, guint n_locations, const gint policies[2]);
void changes_free (Changes * changes);

/* A frame has come out. TRUE: there are changes left to make. */
gboolean changes_count_frame (Changes * changes);
/* Waits for the last change, for which enough frames have to have come. */
void changes_finish (Changes * changes);

/* Numbers of the latest change that is complete, and of the latest that has
 * begun: a frame that starts now knows the first one, no frame that has come out
 * knows one after the second. 0 is what the properties were at the start. */
guint changes_get_completed (Changes * changes);
guint changes_get_begun (Changes * changes);

/* How many changes the element has rejected. */
guint changes_get_n_rejected (Changes * changes);

/* What the properties were after change @i, complete by now. */
const Properties *changes_get (Changes * changes, guint i);
