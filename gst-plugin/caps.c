/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "caps.h"

#include <string.h>

#include "ecbsr.h"
#include "formats.h"

static GstCaps *
raw_caps (const GValue * formats, guint max_size, const gchar * feature)
{
  GstCaps *caps = gst_caps_from_string ("video/x-raw, framerate = "
      GST_VIDEO_FPS_RANGE);

  gst_caps_set_value (caps, "format", formats);
  gst_caps_set_simple (caps,
      "width", GST_TYPE_INT_RANGE, 1, (gint) max_size,
      "height", GST_TYPE_INT_RANGE, 1, (gint) max_size, NULL);
  if (feature)
    gst_caps_set_features_simple (caps,
        gst_caps_features_new (GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY, feature,
            NULL));
  return caps;
}

/* Buffers of one field each: alternate is the only mode with that feature. */
static GstCaps *
field_caps (const GValue * formats, guint max_size)
{
  GstCaps *caps = raw_caps (formats, max_size, NULL);

  gst_caps_set_features_simple (caps,
      gst_caps_features_new (GST_CAPS_FEATURE_FORMAT_INTERLACED, NULL));
  gst_caps_set_simple (caps, "interlace-mode", G_TYPE_STRING, "alternate",
      NULL);
  return caps;
}

/* For scale 1. ANY is system memory, too, so that nothing may be in it that is not said of
 * that. DMA_DRM is what GStreamer calls frames in DMABuf from 1.24 on. */
static void
append_other_memory (GstCaps * caps, guint max_size)
{
  GstCaps *other = raw_caps (gst_ecbsr_formats_get_usual (), max_size, NULL);

  gst_caps_append (other, raw_caps (gst_ecbsr_formats_get_others (), max_size,
          NULL));
  gst_caps_set_features_simple (other, gst_caps_features_new_any ());
  gst_caps_append (caps, other);
  gst_caps_append (caps, gst_caps_from_string
      ("video/x-raw(memory:DMABuf), format=DMA_DRM"));
}

GstCaps *
gst_ecbsr_caps_template (GstPadDirection direction)
{
  const GValue *formats[] = { gst_ecbsr_formats_get_usual (),
    gst_ecbsr_formats_get_others ()
  };
  GstCaps *caps = gst_caps_new_empty (), *fields = gst_caps_new_empty ();
  guint max_size = ECBSR_MAX_SIZE, i;

  if (direction == GST_PAD_SRC)
    max_size *= GST_ECBSR_MAX_SCALE;
  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    gst_caps_append (caps, raw_caps (formats[i], max_size, NULL));
    gst_caps_append (fields, field_caps (formats[i], max_size));
  }
  for (i = 0; i < G_N_ELEMENTS (formats); i++)
    gst_caps_append (caps, raw_caps (formats[i], max_size,
            GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION));
  gst_caps_append (caps, fields);
  append_other_memory (caps, max_size);
  return caps;
}

/* Frames that can be read and written; all else of the template is for scale 1. */
static gboolean
can_scale (const GstCapsFeatures * features)
{
  static GstStaticCaps readable = GST_STATIC_CAPS ("video/x-raw;"
      "video/x-raw(" GST_CAPS_FEATURE_MEMORY_SYSTEM_MEMORY ","
      GST_CAPS_FEATURE_META_GST_VIDEO_OVERLAY_COMPOSITION ");"
      "video/x-raw(" GST_CAPS_FEATURE_FORMAT_INTERLACED ")");
  g_autoptr (GstCaps) caps = gst_static_caps_get (&readable);
  guint i;

  if (gst_caps_features_is_any (features))
    return FALSE;
  for (i = 0; i < gst_caps_get_size (caps); i++)
    if (gst_caps_features_is_equal (features, gst_caps_get_features (caps, i)))
      return TRUE;
  return FALSE;
}

gboolean
gst_ecbsr_caps_can_scale (const GstCaps * caps)
{
  return can_scale (gst_caps_get_features (caps, 0));
}

/* ------------------------------------------------------------- transform -- */

/* Sizes as "every @step from @min to @max", which a single size is too. */
typedef struct
{
  gint64 min, max, step;
} Sizes;

static gboolean
read_sizes (const GValue * value, Sizes * sizes)
{
  if (G_VALUE_HOLDS_INT (value)) {
    sizes->min = sizes->max = g_value_get_int (value);
    sizes->step = 1;
    return TRUE;
  }
  if (GST_VALUE_HOLDS_INT_RANGE (value)) {
    sizes->min = gst_value_get_int_range_min (value);
    sizes->max = gst_value_get_int_range_max (value);
    sizes->step = gst_value_get_int_range_step (value);
    return TRUE;
  }
  return FALSE;
}

static void
write_sizes (GValue * value, const Sizes * sizes)
{
  if (sizes->min == sizes->max) {
    g_value_init (value, G_TYPE_INT);
    g_value_set_int (value, (gint) sizes->min);
    return;
  }
  g_value_init (value, GST_TYPE_INT_RANGE);
  gst_value_set_int_range_step (value, (gint) sizes->min, (gint) sizes->max,
      (gint) sizes->step);
}

/* Cuts down to input sizes that are multiples of @step. */
static gboolean
clamp_sizes (Sizes * sizes, gint64 max, gint64 step)
{
  sizes->min = (MAX (sizes->min, 1) + step - 1) / step * step;
  sizes->max = MIN (sizes->max, max) / step * step;
  sizes->step = step;
  return sizes->min <= sizes->max;
}

static gboolean
multiply_sizes (Sizes * sizes, guint scale)
{
  if (!clamp_sizes (sizes, ECBSR_MAX_SIZE, sizes->step))
    return FALSE;
  sizes->min *= scale;
  sizes->max *= scale;
  sizes->step *= scale;
  return TRUE;
}

static gint64
least_common_multiple (gint64 a, gint64 b)
{
  return a / gst_util_greatest_common_divisor_int64 (a, b) * b;
}

static gboolean
divide_sizes (Sizes * sizes, guint scale)
{
  gint64 step = least_common_multiple (sizes->step, scale);

  if (!clamp_sizes (sizes, (gint64) ECBSR_MAX_SIZE * scale, step))
    return FALSE;
  sizes->min /= scale;
  sizes->max /= scale;
  sizes->step /= scale;
  return TRUE;
}

static gboolean scale_value (GValue * dest, const GValue * src, gboolean up,
    guint scale);

static gboolean
scale_list (GValue * dest, const GValue * src, gboolean up, guint scale)
{
  guint i;

  g_value_init (dest, GST_TYPE_LIST);
  for (i = 0; i < gst_value_list_get_size (src); i++) {
    GValue item = G_VALUE_INIT;

    if (scale_value (&item, gst_value_list_get_value (src, i), up, scale))
      gst_value_list_append_and_take_value (dest, &item);
  }
  if (gst_value_list_get_size (dest) > 0)
    return TRUE;
  g_value_unset (dest);
  return FALSE;
}

/* FALSE, and @dest untouched, where no size is left. */
static gboolean
scale_value (GValue * dest, const GValue * src, gboolean up, guint scale)
{
  Sizes sizes;
  gboolean left;

  if (GST_VALUE_HOLDS_LIST (src))
    return scale_list (dest, src, up, scale);
  if (!read_sizes (src, &sizes))
    return FALSE;
  left = up ? multiply_sizes (&sizes, scale) : divide_sizes (&sizes, scale);
  if (left)
    write_sizes (dest, &sizes);
  return left;
}

static gboolean
scale_field (GstStructure * s, const gchar * field, gboolean up, guint scale)
{
  const GValue *value = gst_structure_get_value (s, field);
  GValue scaled = G_VALUE_INIT;

  if (!value)
    return TRUE;
  if (!scale_value (&scaled, value, up, scale))
    return FALSE;
  gst_structure_take_value (s, field, &scaled);
  return TRUE;
}

static GstCaps *
scale_caps (GstCaps * caps, gboolean up, guint scale)
{
  GstCaps *scaled = gst_caps_new_empty ();
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *s = gst_structure_copy (gst_caps_get_structure (caps, i));
    GstCapsFeatures *features = gst_caps_get_features (caps, i);

    if (can_scale (features) && scale_field (s, "width", up, scale)
        && scale_field (s, "height", up, scale))
      gst_caps_append_structure_full (scaled, s,
          gst_caps_features_copy (features));
    else
      gst_structure_free (s);
  }
  return scaled;
}

static gboolean
has_structure (const GstCaps * caps, const GstStructure * s,
    const GstCapsFeatures * features)
{
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    if (gst_caps_features_is_equal (gst_caps_get_features (caps, i), features)
        && gst_structure_is_equal (gst_caps_get_structure (caps, i), s))
      return TRUE;
  }
  return FALSE;
}

/* Appends @s in all @formats and colours. */
static void
append_conversion (GstCaps * dest, const GstStructure * s,
    const GstCapsFeatures * features, const GValue * formats)
{
  GstStructure *converted = gst_structure_copy (s);

  gst_structure_set_value (converted, "format", formats);
  gst_structure_remove_fields (converted, "colorimetry", "chroma-site", NULL);
  if (has_structure (dest, converted, features))
    gst_structure_free (converted);
  else
    gst_caps_append_structure_full (dest, converted,
        gst_caps_features_copy (features));
}

/* Appends, for each structure of @caps, what it is in other @formats and colours. */
static void
append_conversions (GstCaps * dest, GstCaps * caps, const GValue * formats)
{
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++)
    append_conversion (dest, gst_caps_get_structure (caps, i),
        gst_caps_get_features (caps, i), formats);
}

GstCaps *
gst_ecbsr_caps_transform (GstCaps * caps, GstPadDirection direction,
    const GstEcbsrScaling * scaling)
{
  GstCaps *scaled, *all;

  if (scaling->passes)
    return gst_caps_ref (caps);

  scaled = scale_caps (caps, direction == GST_PAD_SINK, scaling->scale);
  all = gst_caps_copy (scaled);
  append_conversions (all, scaled, gst_ecbsr_formats_get_usual ());
  append_conversions (all, scaled, gst_ecbsr_formats_get_others ());
  gst_caps_unref (scaled);
  return all;
}

/* ---------------------------------------------------------------- colour -- */

/* Where nothing is said. Codecs without a word on it mean the left of MPEG-2, and
 * interlaced frames have the samples of both fields in the same places. */
static GstVideoChromaSite
get_default_site (GstVideoColorRange range)
{
  return range == GST_VIDEO_COLOR_RANGE_0_255 ?
      GST_VIDEO_CHROMA_SITE_JPEG : GST_VIDEO_CHROMA_SITE_MPEG2;
}

static void
read_range (GstVideoInfo * info, const GstStructure * s)
{
  const gchar *text = gst_structure_get_string (s, "colorimetry");
  GstVideoColorimetry named;

  if (text && gst_video_colorimetry_from_string (&named, text)
      && named.matrix == GST_VIDEO_COLOR_MATRIX_UNKNOWN
      && named.range != GST_VIDEO_COLOR_RANGE_UNKNOWN)
    info->colorimetry.range = named.range;
}

static void
read_site (GstVideoInfo * info, const GstStructure * s)
{
  const gchar *site = gst_structure_get_string (s, "chroma-site");

  info->chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
  if (!gst_ecbsr_formats_is_subsampled (info->finfo))
    return;
  if (site)
    info->chroma_site = gst_video_chroma_site_from_string (site);
  if (info->chroma_site == GST_VIDEO_CHROMA_SITE_UNKNOWN)
    info->chroma_site = get_default_site (info->colorimetry.range);
}

void
gst_ecbsr_caps_read_color (GstVideoInfo * info, const GstCaps * caps)
{
  const GstStructure *s = gst_caps_get_structure (caps, 0);

  read_range (info, s);
  read_site (info, s);
}

/* What the colours of @in are in frames of @format. Defaults of colorimetry depend
 * on the size of the frame: taken at the input's, as @in was meant. */
static void
carry_color (const GstVideoInfo * in, const GstVideoFormatInfo * finfo,
    GstVideoColorimetry * color, GstVideoChromaSite * site)
{
  GstVideoInfo out;

  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_INFO_FORMAT (finfo),
      in->width, in->height);
  *color = in->colorimetry;
  if (!gst_ecbsr_formats_same_family (in->finfo, finfo)) {
    color->range = out.colorimetry.range;
    /* RGB has the matrix RGB; nothing else has, and there the default is it. */
    if (GST_VIDEO_FORMAT_INFO_IS_RGB (finfo)
        || GST_VIDEO_INFO_IS_RGB (in))
      color->matrix = out.colorimetry.matrix;
  }
  *site = gst_ecbsr_formats_is_subsampled (in->finfo) ? in->chroma_site
      : get_default_site (color->range);
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

/* How much of @in is lost, or has to be computed again, in frames of @format
 * whose further colour fields @s may restrict. 0: nothing at all. */
static guint
get_loss (const GstVideoInfo * in, GstVideoFormat format,
    const GstStructure * s)
{
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);
  g_autofree gchar *colorimetry = NULL;
  g_autofree gchar *chroma_site = NULL;
  GstVideoColorimetry color;
  GstVideoChromaSite site;
  guint loss = gst_ecbsr_formats_get_loss (in->finfo, finfo);

  carry_color (in, finfo, &color, &site);
  colorimetry = gst_video_colorimetry_to_string (&color);
  if (!allows (s, "colorimetry", colorimetry))
    loss += 4;
  chroma_site = gst_video_chroma_site_to_string (site);
  if (gst_ecbsr_formats_is_subsampled (finfo)
      && !allows (s, "chroma-site", chroma_site))
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

/* Sets colorimetry and chroma-site in @s, caps of @format that are made of @in:
 * what they are in @in as far as the format allows, unless @s restricts them to
 * something else. */
static void
fixate_color (GstStructure * s, const GstVideoInfo * in, GstVideoFormat format)
{
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);
  g_autofree gchar *colorimetry = NULL;
  g_autofree gchar *chroma_site = NULL;
  GstVideoColorimetry color;
  GstVideoChromaSite site;

  carry_color (in, finfo, &color, &site);
  colorimetry = gst_video_colorimetry_to_string (&color);
  fixate_string (s, "colorimetry", colorimetry);

  if (!gst_ecbsr_formats_is_subsampled (finfo)
      && !gst_structure_has_field (s, "chroma-site"))
    return;
  chroma_site = gst_video_chroma_site_to_string (site);
  fixate_string (s, "chroma-site", chroma_site);
}

/* -------------------------------------------------------------- fixation -- */

typedef struct
{
  guint structure;
  GstVideoFormat format;
  guint loss;
} Choice;

static void
consider (Choice * best, guint structure, const GstStructure * s,
    const GValue * format, const GstVideoInfo * in)
{
  Choice choice = { structure, GST_VIDEO_FORMAT_UNKNOWN, 0 };

  if (!G_VALUE_HOLDS_STRING (format))
    return;
  choice.format = gst_video_format_from_string (g_value_get_string (format));
  if (choice.format == GST_VIDEO_FORMAT_UNKNOWN)
    return;
  choice.loss = get_loss (in, choice.format, s);
  if (choice.loss < best->loss)
    *best = choice;
}

static Choice
choose (GstCaps * caps, const GstVideoInfo * in)
{
  Choice best = { 0, GST_VIDEO_FORMAT_UNKNOWN, G_MAXUINT };
  guint i, k;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *s = gst_caps_get_structure (caps, i);
    const GValue *format = gst_structure_get_value (s, "format");

    if (format && GST_VALUE_HOLDS_LIST (format)) {
      for (k = 0; k < gst_value_list_get_size (format); k++)
        consider (&best, i, s, gst_value_list_get_value (format, k), in);
    } else if (format) {
      consider (&best, i, s, format, in);
    }
  }
  return best;
}

static void
fixate_ratio (GstStructure * s, const gchar * field, gint n, gint d)
{
  if (gst_structure_has_field (s, field))
    gst_structure_fixate_field_nearest_fraction (s, field, n, d);
  else if (d != 0)
    gst_structure_set (s, field, GST_TYPE_FRACTION, n, d, NULL);
}

GstCaps *
gst_ecbsr_caps_fixate (GstCaps * incaps, GstCaps * othercaps,
    const GstEcbsrScaling * scaling)
{
  GstVideoInfo in;
  Choice choice;
  GstCaps *caps;
  GstStructure *s;

  if (scaling->passes || !gst_video_info_from_caps (&in, incaps))
    return gst_caps_fixate (othercaps);
  gst_ecbsr_caps_read_color (&in, incaps);
  choice = choose (othercaps, &in);
  if (choice.format == GST_VIDEO_FORMAT_UNKNOWN)
    return gst_caps_fixate (othercaps);

  caps = gst_caps_copy_nth (othercaps, choice.structure);
  gst_caps_unref (othercaps);
  s = gst_caps_get_structure (caps, 0);
  gst_structure_set (s,
      "format", G_TYPE_STRING, gst_video_format_to_string (choice.format),
      "width", G_TYPE_INT, (gint) (in.width * scaling->scale),
      "height", G_TYPE_INT, (gint) (in.height * scaling->scale), NULL);
  if (gst_structure_has_field (s, "interlace-mode"))
    gst_structure_fixate_field_string (s, "interlace-mode",
        gst_video_interlace_mode_to_string (GST_VIDEO_INFO_INTERLACE_MODE
            (&in)));
  fixate_ratio (s, "framerate", in.fps_n, in.fps_d);
  fixate_ratio (s, "pixel-aspect-ratio", in.par_n, in.par_d);
  fixate_color (s, &in, choice.format);
  return gst_caps_fixate (caps);
}
