/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The element's properties: what they are, and how they are read and set. */

#pragma once

#include "gstecbsr.h"

G_BEGIN_DECLS

void gst_ecbsr_properties_install (GObjectClass * klass);
void gst_ecbsr_properties_init (GstEcbsr * self);

void gst_ecbsr_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec);
void gst_ecbsr_get_property (GObject * object, guint prop_id, GValue * value,
    GParamSpec * pspec);

/* Returns whether one of @pspecs is part of GstEcbsrConfig. */
gboolean gst_ecbsr_properties_have_config (GParamSpec ** pspecs,
    guint n_pspecs);

/* Returns the properties that QoS goes by, and whether the source is live. In any
 * thread. */
GstEcbsrQosConfig gst_ecbsr_get_qos_config (GstEcbsr * self);

/* Notifies the properties that are part of GstEcbsrConfig, which the element itself
 * has changed. In any thread: it does not request what another thread is setting. */
void gst_ecbsr_notify_config (GstEcbsr * self);
void gst_ecbsr_notify_stats (GstEcbsr * self);

/* Sets and notifies active-model and backend. */
void gst_ecbsr_set_active_model (GstEcbsr * self, const gchar * name);
void gst_ecbsr_set_backend (GstEcbsr * self, const gchar * backend);

G_END_DECLS
