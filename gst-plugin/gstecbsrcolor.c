/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrcolor.h"

void
gst_ecbsr_color_read_site (GstVideoInfo * info, GstCaps * caps)
{
  const gchar *site = gst_structure_get_string (gst_caps_get_structure (caps,
          0), "chroma-site");

  if (site)
    info->chroma_site = gst_video_chroma_site_from_string (site);
}

static gboolean
is_subsampled (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_IS_YUV (finfo)
      && GST_VIDEO_FORMAT_INFO_W_SUB (finfo, 1) > 0;
}

static gboolean
same_family (const GstVideoFormatInfo * a, const GstVideoFormatInfo * b)
{
  return GST_VIDEO_FORMAT_INFO_IS_YUV (a) == GST_VIDEO_FORMAT_INFO_IS_YUV (b)
      && GST_VIDEO_FORMAT_INFO_IS_RGB (a) == GST_VIDEO_FORMAT_INFO_IS_RGB (b);
}

/* Log2 of the number of pixels that share a chroma sample. */
static gint
chroma_sharing (const GstVideoFormatInfo * finfo)
{
  if (!is_subsampled (finfo))
    return 0;
  return (gint) (GST_VIDEO_FORMAT_INFO_W_SUB (finfo, 1) +
      GST_VIDEO_FORMAT_INFO_H_SUB (finfo, 1));
}

/* What the colours of @in are in frames of @format, whose defaults depend on
 * the size of the frame: taken at the input's, as @in was meant. */
static void
carry_color (const GstVideoInfo * in, const GstVideoFormatInfo * finfo,
    GstVideoColorimetry * color, GstVideoChromaSite * site)
{
  GstVideoInfo out;

  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_INFO_FORMAT (finfo),
      in->width, in->height);
  *site = out.chroma_site;
  if (is_subsampled (in->finfo))
    *site = in->chroma_site;

  *color = in->colorimetry;
  if (same_family (in->finfo, finfo))
    return;
  color->range = out.colorimetry.range;
  /* RGB has the matrix RGB; nothing else has, and there the default is it. */
  if (GST_VIDEO_FORMAT_INFO_IS_RGB (finfo)
      || GST_VIDEO_INFO_IS_RGB (in))
    color->matrix = out.colorimetry.matrix;
}

static gboolean
allows (const GstStructure * s, const gchar * field, const gchar * wanted)
{
  const GValue *value = gst_structure_get_value (s, field);
  GValue string = G_VALUE_INIT;
  gboolean allowed;

  if (!value || !wanted)
    return TRUE;
  g_value_init (&string, G_TYPE_STRING);
  g_value_set_string (&string, wanted);
  allowed = gst_value_intersect (NULL, value, &string);
  g_value_unset (&string);
  return allowed;
}

static gint
get_depth (const GstVideoFormatInfo * finfo)
{
  return (gint) GST_VIDEO_FORMAT_INFO_DEPTH (finfo, 0);
}

static guint
get_format_loss (const GstVideoFormatInfo * in, const GstVideoFormatInfo * out)
{
  gint sharing = chroma_sharing (out) - chroma_sharing (in);
  gint deeper = get_depth (out) - get_depth (in);
  guint loss = 0;

  if (GST_VIDEO_FORMAT_INFO_FORMAT (in) == GST_VIDEO_FORMAT_INFO_FORMAT (out))
    return 0;

  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (out)
      && !GST_VIDEO_FORMAT_INFO_IS_GRAY (in))
    loss += 64;
  else if (!same_family (in, out))
    loss += 16;
  if (GST_VIDEO_FORMAT_INFO_HAS_ALPHA (in)
      && !GST_VIDEO_FORMAT_INFO_HAS_ALPHA (out))
    loss += 8;
  /* Chroma that gets coarser is lost, chroma that gets finer is only work. */
  loss += sharing > 0 ? 4 * sharing : -sharing;
  /* So with bits, of which a few are no matter beside a few more. */
  if (deeper != 0)
    loss += deeper < 0 ? 3 : 1;
  return loss + 1;
}

guint
gst_ecbsr_color_get_loss (const GstVideoInfo * in, GstVideoFormat format,
    const GstStructure * s)
{
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);
  g_autofree gchar *colorimetry = NULL;
  g_autofree gchar *chroma_site = NULL;
  GstVideoColorimetry color;
  GstVideoChromaSite site;
  guint loss = get_format_loss (in->finfo, finfo);

  carry_color (in, finfo, &color, &site);
  colorimetry = gst_video_colorimetry_to_string (&color);
  if (!allows (s, "colorimetry", colorimetry))
    loss += 4;
  chroma_site = gst_video_chroma_site_to_string (site);
  if (is_subsampled (finfo) && !allows (s, "chroma-site", chroma_site))
    loss += 2;
  return loss;
}

static void
fixate_string (GstStructure * s, const gchar * field, const gchar * wanted)
{
  if (wanted && allows (s, field, wanted))
    gst_structure_set (s, field, G_TYPE_STRING, wanted, NULL);
  else if (gst_structure_has_field (s, field))
    gst_structure_fixate_field (s, field);
}

void
gst_ecbsr_color_fixate (GstStructure * s, const GstVideoInfo * in,
    GstVideoFormat format)
{
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);
  g_autofree gchar *colorimetry = NULL;
  g_autofree gchar *chroma_site = NULL;
  GstVideoColorimetry color;
  GstVideoChromaSite site;

  carry_color (in, finfo, &color, &site);
  colorimetry = gst_video_colorimetry_to_string (&color);
  fixate_string (s, "colorimetry", colorimetry);

  if (!is_subsampled (finfo) && !gst_structure_has_field (s, "chroma-site"))
    return;
  chroma_site = gst_video_chroma_site_to_string (site);
  fixate_string (s, "chroma-site", chroma_site);
}
