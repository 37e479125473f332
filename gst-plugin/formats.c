/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "formats.h"

/* Native as well, where this GStreamer knows them. */
static const gchar *const other_native[] = {
  "Y41B", "YUV9", "YVU9", "v308", "IYU2", "AYUV", "VUYA", "A420", "AV12",
  "A422", "A444", "A420_10LE", "A422_10LE", "A444_10LE", "A420_12LE",
  "A422_12LE", "A444_12LE", "A420_16LE", "A422_16LE", "A444_16LE", "Y210",
  "Y212_LE", "Y216_LE", "v216", "Y412_LE", "Y416_LE", "GRAY10_LE16", "RBGA",
  "ARGB64_LE", "RGBA64_LE", "BGRA64_LE", "ABGR64_LE", "GBR", "RGBP", "BGRP",
  "GBRA", "GBR_10LE", "GBRA_10LE", "GBR_12LE", "GBRA_12LE", "GBR_16LE",
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
  "AYUV64", "ARGB64",           /* in the order of the machine */
#endif
};

typedef struct
{
  GValue usual, others;         /* lists of strings */
  GArray *native;               /* of GstVideoFormat, by preference */
} Formats;

/* ---------------------------------------------------------------- tables -- */

static gboolean
is_native (const Formats * formats, GstVideoFormat format)
{
  guint i;

  for (i = 0; i < formats->native->len; i++) {
    if (g_array_index (formats->native, GstVideoFormat, i) == format)
      return TRUE;
  }
  return FALSE;
}

static void
add_name (GValue * list, GstVideoFormat format)
{
  GValue name = G_VALUE_INIT;

  g_value_init (&name, G_TYPE_STRING);
  g_value_set_string (&name, gst_video_format_to_string (format));
  gst_value_list_append_and_take_value (list, &name);
}

/* Marks @name as native. Unknown: this GStreamer does not have it. */
static GstVideoFormat
add_native (Formats * formats, const gchar * name)
{
  GstVideoFormat format = gst_video_format_from_string (name);

  if (format != GST_VIDEO_FORMAT_UNKNOWN)
    g_array_append_val (formats->native, format);
  return format;
}

static void
add_usual (Formats * formats)
{
  guint i;

  g_value_init (&formats->usual, GST_TYPE_LIST);
  gst_value_deserialize (&formats->usual, GST_ECBSR_USUAL_FORMATS);
  for (i = 0; i < gst_value_list_get_size (&formats->usual); i++)
    add_native (formats, g_value_get_string (gst_value_list_get_value
            (&formats->usual, i)));
}

static void
add_other_native (Formats * formats)
{
  guint i;

  g_value_init (&formats->others, GST_TYPE_LIST);
  for (i = 0; i < G_N_ELEMENTS (other_native); i++) {
    GstVideoFormat format = add_native (formats, other_native[i]);

    if (format != GST_VIDEO_FORMAT_UNKNOWN)
      add_name (&formats->others, format);
  }
}

static gboolean
can_convert (GstVideoFormat format)
{
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);

  return finfo && finfo->unpack_func && finfo->pack_func;
}

static void
add_converted (Formats * formats)
{
  guint n, i;
  const GstVideoFormat *all = gst_video_formats_raw (&n);

  for (i = 0; i < n; i++) {
    if (!is_native (formats, all[i]) && can_convert (all[i]))
      add_name (&formats->others, all[i]);
  }
}

static const Formats *
get_formats (void)
{
  static Formats formats;
  static gsize filled;

  if (g_once_init_enter (&filled)) {
    formats.native = g_array_new (FALSE, FALSE, sizeof (GstVideoFormat));
    add_usual (&formats);
    add_other_native (&formats);
    add_converted (&formats);
    g_once_init_leave (&filled, 1);
  }
  return &formats;
}

gboolean
gst_ecbsr_formats_is_native (GstVideoFormat format)
{
  return is_native (get_formats (), format);
}

const GValue *
gst_ecbsr_formats_get_usual (void)
{
  return &get_formats ()->usual;
}

const GValue *
gst_ecbsr_formats_get_others (void)
{
  return &get_formats ()->others;
}

/* ------------------------------------------------------------------ loss -- */

gboolean
gst_ecbsr_formats_is_subsampled (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_IS_YUV (finfo)
      && GST_VIDEO_FORMAT_INFO_W_SUB (finfo, 1) > 0;
}

gboolean
gst_ecbsr_formats_same_family (const GstVideoFormatInfo * a,
    const GstVideoFormatInfo * b)
{
  return GST_VIDEO_FORMAT_INFO_IS_YUV (a) == GST_VIDEO_FORMAT_INFO_IS_YUV (b)
      && GST_VIDEO_FORMAT_INFO_IS_RGB (a) == GST_VIDEO_FORMAT_INFO_IS_RGB (b);
}

/* How often the number of chroma samples is halved from @a to @b, in one direction or
 * both. */
static guint
count_halvings (const GstVideoFormatInfo * a, const GstVideoFormatInfo * b)
{
  guint w_a = 0, h_a = 0, w_b = 0, h_b = 0;

  if (GST_VIDEO_FORMAT_INFO_IS_YUV (a)) {
    w_a = GST_VIDEO_FORMAT_INFO_W_SUB (a, 1);
    h_a = GST_VIDEO_FORMAT_INFO_H_SUB (a, 1);
  }
  if (GST_VIDEO_FORMAT_INFO_IS_YUV (b)) {
    w_b = GST_VIDEO_FORMAT_INFO_W_SUB (b, 1);
    h_b = GST_VIDEO_FORMAT_INFO_H_SUB (b, 1);
  }
  return w_b - MIN (w_a, w_b) + h_b - MIN (h_a, h_b);
}

static gboolean
has_alpha (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_HAS_ALPHA (finfo)
      || GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo) == 4;
}

/* The library does not flag AV12, Y410 and Y412: it makes their pictures opaque in
 * formats that are flagged, and keeps their alpha in others that are not. */
static gboolean
keeps_alpha (const GstVideoFormatInfo * in, const GstVideoFormatInfo * out)
{
  return has_alpha (out) && GST_VIDEO_FORMAT_INFO_HAS_ALPHA (in)
      == GST_VIDEO_FORMAT_INFO_HAS_ALPHA (out);
}

guint
gst_ecbsr_formats_get_depth (const GstVideoFormatInfo * finfo)
{
  guint depth = 0, i;

  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (finfo))
    return 8;
  for (i = 0; i < MIN (GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo), 3); i++)
    depth = MAX (depth, GST_VIDEO_FORMAT_INFO_DEPTH (finfo, i));
  return depth;
}

guint
gst_ecbsr_formats_get_loss (const GstVideoFormatInfo * in,
    const GstVideoFormatInfo * out)
{
  gint deeper = (gint) gst_ecbsr_formats_get_depth (out)
      - (gint) gst_ecbsr_formats_get_depth (in);
  guint loss = 0;

  if (GST_VIDEO_FORMAT_INFO_FORMAT (in) == GST_VIDEO_FORMAT_INFO_FORMAT (out))
    return 0;

  if (GST_VIDEO_FORMAT_INFO_IS_GRAY (out)
      && !GST_VIDEO_FORMAT_INFO_IS_GRAY (in))
    loss += 64;
  else if (!gst_ecbsr_formats_same_family (in, out))
    loss += 16;
  if (has_alpha (in) && !keeps_alpha (in, out))
    loss += 8;
  else if (!has_alpha (in) && has_alpha (out))
    loss += 1;
  /* Chroma that gets coarser is lost, chroma that gets finer is only work. */
  loss += 4 * count_halvings (in, out) + count_halvings (out, in);
  /* So with bits, of which a few are no matter beside a few more. */
  if (deeper != 0)
    loss += deeper < 0 ? 3 : 1;
  if (!is_native (get_formats (), GST_VIDEO_FORMAT_INFO_FORMAT (out)))
    loss++;
  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (out))
    loss += 32;
  return loss + 1;
}

/* Bytes are computed at 8 bits, words at as many as wanted (frame.h): then 5 or 6
 * bits are rounded to as many, and do not lose half a level when they are cut off. */
static gboolean
holds_depth (const GstVideoFormatInfo * native, guint depth)
{
  return depth == 8 || gst_ecbsr_formats_get_depth (native) > 8;
}

static gboolean
is_planar_rgb (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_IS_RGB (finfo)
      && GST_VIDEO_FORMAT_INFO_N_PLANES (finfo) > 1;
}

GstVideoFormat
gst_ecbsr_formats_get_native (GstVideoFormat format)
{
  const GstVideoFormatInfo *finfo = gst_video_format_get_info (format);
  const GArray *native = get_formats ()->native;
  GstVideoFormat best = format;
  guint least = G_MAXUINT, i;

  for (i = 0; i < native->len; i++) {
    GstVideoFormat candidate = g_array_index (native, GstVideoFormat, i);
    const GstVideoFormatInfo *native_finfo =
        gst_video_format_get_info (candidate);
    guint loss = gst_ecbsr_formats_get_loss (finfo, native_finfo);

    /* Pixels that lie together stay so. */
    if (is_planar_rgb (native_finfo) && !is_planar_rgb (finfo))
      continue;
    if (!holds_depth (native_finfo, gst_ecbsr_formats_get_depth (finfo)))
      loss += 2;
    if (loss < least) {
      least = loss;
      best = candidate;
    }
  }
  return best;
}
