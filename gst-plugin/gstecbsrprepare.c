/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrprepare.h"

#include "gstecbsrmessages.h"

/* Without memory for it all is worked on, as before. */
static void
set_skip_static (GstEcbsr * self, gboolean skip_static)
{
  g_autoptr (GError) error = NULL;

  if (!gst_ecbsr_upscaler_set_skip_static (self->upscaler, skip_static, &error))
    gst_ecbsr_post (GST_ELEMENT (self), GST_MESSAGE_WARNING, error,
        "skip-static has no effect");
}

void
gst_ecbsr_prepare_frame (GstEcbsr * self, const GstVideoFrame * in,
    EcbsrRunParams * params)
{
  guint out_width = GST_VIDEO_FILTER (self)->out_info.width;
  GstEcbsrScope scope;

  memset (params, 0, sizeof *params);
  GST_OBJECT_LOCK (self);
  params->strength = self->strength;
  if (self->compare == GST_ECBSR_COMPARE_SPLIT)
    params->split = self->compare_position * out_width + 0.5;
  scope = self->scope;
  GST_OBJECT_UNLOCK (self);
  gst_ecbsr_scope_find_regions (&scope, in->buffer, GST_VIDEO_FRAME_WIDTH (in),
      GST_VIDEO_FRAME_HEIGHT (in), &self->regions, params);
  set_skip_static (self, scope.skip_static);
}
