/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrsettings.h"

void
gst_ecbsr_settings_copy (GstEcbsrSettings * dest, const GstEcbsrSettings * src)
{
  gchar *location = g_strdup (src->location);

  gst_ecbsr_settings_clear (dest);
  *dest = *src;
  dest->location = location;
}

void
gst_ecbsr_settings_clear (GstEcbsrSettings * settings)
{
  g_clear_pointer (&settings->location, g_free);
}

gboolean
gst_ecbsr_settings_same_model (const GstEcbsrSettings * a,
    const GstEcbsrSettings * b)
{
  return a->scale == b->scale && a->model == b->model
      && a->content == b->content && g_strcmp0 (a->location, b->location) == 0;
}

/* Whether the source is live does not matter to the rest. */
static gboolean
depends_on_source (const GstEcbsrSettings * settings)
{
  return settings->content == GST_ECBSR_CONTENT_AUTO && !settings->location
      && settings->model != GST_ECBSR_MODEL_BICUBIC;
}

gboolean
gst_ecbsr_settings_equal (const GstEcbsrSettings * a,
    const GstEcbsrSettings * b)
{
  return gst_ecbsr_settings_same_model (a, b) && a->n_threads == b->n_threads
      && a->precision == b->precision
      && (a->live == b->live || !depends_on_source (a));
}

gboolean
gst_ecbsr_settings_load (const GstEcbsrSettings * settings,
    EcbsrModel ** model, GError ** error)
{
  *model = NULL;
  if (settings->scale == 1)
    return TRUE;

  if (settings->location)
    *model = gst_ecbsr_models_open (settings->location, settings->scale, error);
  else
    *model = gst_ecbsr_models_load (settings->model, settings->scale,
        settings->content, settings->live, error);
  return *model != NULL;
}

gchar *
gst_ecbsr_settings_describe (const GstEcbsrSettings * settings)
{
  if (settings->location)
    return g_strdup_printf ("scale=%u model-location=%s", settings->scale,
        settings->location);
  return g_strdup_printf ("scale=%u model=%s content=%s", settings->scale,
      gst_ecbsr_model_get_nick (settings->model),
      gst_ecbsr_content_get_nick (settings->content));
}

gchar *
gst_ecbsr_settings_name_model (const GstEcbsrSettings * settings,
    const EcbsrModel * model)
{
  if (!model)
    return NULL;
  if (settings->location)
    return g_strdup (ecbsr_model_get_info (model)->name);
  return gst_ecbsr_models_describe (model);
}
