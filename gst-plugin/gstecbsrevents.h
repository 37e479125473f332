/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Events on their way through the element. */

#pragma once

#include "gstecbsr.h"

G_BEGIN_DECLS
/* From upstream, before the base class handles @event and sends it on. */
void gst_ecbsr_events_see (GstEcbsr * self, GstEvent * event);

/* From downstream. Takes @event. What is still to be done with it is returned: NULL where
 * nothing is; @handled says then what to answer. */
GstEvent *gst_ecbsr_events_take (GstEcbsr * self, GstEvent * event,
    gboolean * handled);

G_END_DECLS
