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

static gboolean
keep_scalable (GstCapsFeatures * features, GstStructure * s, gpointer unused)
{
  return can_scale (features);
}

gboolean
gst_ecbsr_caps_can_scale (const GstCaps * caps)
{
  return can_scale (gst_caps_get_features (caps, 0));
}

GstCaps *
gst_ecbsr_caps_prefer_scalable (GstCaps * caps, gboolean alone)
{
  GstCaps *preferred = gst_caps_copy (caps);

  gst_caps_filter_and_map_in_place (preferred, keep_scalable, NULL);
  if (alone && !gst_caps_is_empty (preferred)) {
    gst_caps_unref (caps);
    return preferred;
  }
  return gst_caps_merge (preferred, caps);
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
    guint scale)
{
  GstCaps *scaled, *all;

  if (scale == 1)
    return gst_caps_ref (caps);

  scaled = scale_caps (caps, direction == GST_PAD_SINK, scale);
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

void
gst_ecbsr_caps_read_site (GstVideoInfo * info, const GstCaps * caps)
{
  const gchar *site = gst_structure_get_string (gst_caps_get_structure (caps,
          0), "chroma-site");

  info->chroma_site = GST_VIDEO_CHROMA_SITE_UNKNOWN;
  if (!gst_ecbsr_formats_is_subsampled (info->finfo))
    return;
  if (site)
    info->chroma_site = gst_video_chroma_site_from_string (site);
  if (info->chroma_site == GST_VIDEO_CHROMA_SITE_UNKNOWN)
    info->chroma_site = get_default_site (info->colorimetry.range);
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
  if (gst_ecbsr_formats_is_subsampled (finfo) && !allows (s, "chroma-site", chroma_site))
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
fixate_color (GstStructure * s, const GstVideoInfo * in,
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

  if (!gst_ecbsr_formats_is_subsampled (finfo) && !gst_structure_has_field (s, "chroma-site"))
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
gst_ecbsr_caps_fixate (GstCaps * incaps, GstCaps * othercaps, guint scale)
{
  GstVideoInfo in;
  Choice choice;
  GstCaps *caps;
  GstStructure *s;

  if (scale == 1 || !gst_video_info_from_caps (&in, incaps))
    return gst_caps_fixate (othercaps);
  gst_ecbsr_caps_read_site (&in, incaps);
  choice = choose (othercaps, &in);
  if (choice.format == GST_VIDEO_FORMAT_UNKNOWN)
    return gst_caps_fixate (othercaps);

  caps = gst_caps_copy_nth (othercaps, choice.structure);
  gst_caps_unref (othercaps);
  s = gst_caps_get_structure (caps, 0);
  gst_structure_set (s,
      "format", G_TYPE_STRING, gst_video_format_to_string (choice.format),
      "width", G_TYPE_INT, (gint) (in.width * scale),
      "height", G_TYPE_INT, (gint) (in.height * scale), NULL);
  if (gst_structure_has_field (s, "interlace-mode"))
    gst_structure_fixate_field_string (s, "interlace-mode",
        gst_video_interlace_mode_to_string (GST_VIDEO_INFO_INTERLACE_MODE
            (&in)));
  fixate_ratio (s, "framerate", in.fps_n, in.fps_d);
  fixate_ratio (s, "pixel-aspect-ratio", in.par_n, in.par_d);
  fixate_color (s, &in, choice.format);
  return gst_caps_fixate (caps);
}

/* ------------------------------------------------------- preferred order -- */

/* Below, a picture stutters. */
#define MIN_RATE 24

typedef struct
{
  gint width, height;
} Size;

/* What is within @size, at one of @rates, or at any where that is NULL. */
static GstStructure *
make_limit (const Size * size, const GValue * rates)
{
  GstStructure *limit = gst_structure_new ("video/x-raw",
      "width", GST_TYPE_INT_RANGE, 0, size->width,
      "height", GST_TYPE_INT_RANGE, 0, size->height, NULL);

  if (rates)
    gst_structure_set_value (limit, "framerate", rates);
  return limit;
}

static gboolean
has_size (const GstStructure * mode, Size * size)
{
  return gst_structure_get_int (mode, "width", &size->width)
      && gst_structure_get_int (mode, "height", &size->height);
}

static gint64
area (const Size * size)
{
  return (gint64) size->width * size->height;
}

/* Whether @mode, of whatever media type, is within @limit. */
static gboolean
is_within (const GstStructure * mode, const GstStructure * limit)
{
  g_autoptr (GstStructure) raw = gst_structure_copy (mode);

  gst_structure_set_name (raw, "video/x-raw");
  return gst_structure_can_intersect (raw, limit);
}

static guint
count_modes (const GstCaps * modes)
{
  return modes && !gst_caps_is_any (modes) ? gst_caps_get_size (modes) : 0;
}

static gint
compare_areas (gconstpointer a, gconstpointer b)
{
  gint64 difference = area (b) - area (a);

  return (difference > 0) - (difference < 0);
}

/* The sizes (Size) that @modes name within @limit, largest first. A range names none:
 * it says nothing of what its owner likes. */
static GArray *
find_sizes (const GstCaps * modes, const GstStructure * limit)
{
  GArray *sizes = g_array_new (FALSE, FALSE, sizeof (Size));
  Size size;
  guint i;

  for (i = 0; i < count_modes (modes); i++) {
    const GstStructure *mode = gst_caps_get_structure (modes, i);

    if (has_size (mode, &size) && (!limit || is_within (mode, limit)))
      g_array_append_val (sizes, size);
  }
  g_array_sort (sizes, compare_areas);
  return sizes;
}

/* Appends to @dest what @limit leaves of @caps. */
static void
append_within (GstCaps * dest, const GstCaps * caps, const GstStructure * limit)
{
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *s =
        gst_structure_intersect (gst_caps_get_structure (caps, i), limit);

    if (s)
      gst_caps_append_structure_full (dest, s,
          gst_caps_features_copy (gst_caps_get_features (caps, i)));
  }
}

/* Just @size, at one of @rates. */
static void
append_size (GstCaps * dest, const GstCaps * caps, const Size * size,
    const GValue * rates)
{
  g_autoptr (GstStructure) limit = make_limit (size, rates);

  gst_structure_set (limit, "width", G_TYPE_INT, size->width,
      "height", G_TYPE_INT, size->height, NULL);
  append_within (dest, caps, limit);
}

/* First the sizes of @modes within @limit, each by itself since what is on the way may
 * intersect this crosswise with the camera's own order; then all within the largest. */
static void
append_preferred (GstCaps * dest, const GstCaps * caps, const GstCaps * modes,
    Size limit, const GValue * rates)
{
  g_autoptr (GstStructure) within = make_limit (&limit, rates);
  g_autoptr (GArray) sizes = find_sizes (modes, within);
  const Size *size = (const Size *) sizes->data;
  guint i;

  for (i = 0; i < sizes->len; i++)
    if (i == 0 || memcmp (&size[i - 1], &size[i], sizeof *size) != 0)
      append_size (dest, caps, &size[i], rates);
  if (sizes->len > 0) {
    gst_structure_free (within);
    within = make_limit (&size[0], rates);
  }
  append_within (dest, caps, within);
}

/* Where all of @modes are too large. */
static void
append_smallest (GstCaps * dest, const GstCaps * caps, const GstCaps * modes)
{
  g_autoptr (GArray) sizes = find_sizes (modes, NULL);

  if (sizes->len > 0)
    append_size (dest, caps, &g_array_index (sizes, Size, sizes->len - 1),
        NULL);
}

/* Where downstream, such as a videorate, would throw away what comes faster than it names
 * first, and the camera has that. */
static void
append_slow (GstCaps * dest, const GstCaps * caps, const GstCaps * modes,
    Size limit, const GstCaps * wanted, const GValue * fast)
{
  const GValue *rates = count_modes (wanted) > 0 ? gst_structure_get_value
      (gst_caps_get_structure (wanted, 0), "framerate") : NULL;
  g_autoptr (GstStructure) within = NULL;
  g_autoptr (GArray) sizes = NULL;

  if (!rates || gst_value_intersect (NULL, rates, fast))
    return;
  within = make_limit (&limit, rates);
  sizes = find_sizes (modes, within);
  if (sizes->len > 0)
    append_preferred (dest, caps, modes, limit, rates);
}

GstCaps *
gst_ecbsr_caps_order (GstCaps * caps, const GstCaps * modes,
    const GstCaps * wanted, guint width, guint height)
{
  const Size limit = { width ? (gint) width : ECBSR_MAX_SIZE,
    height ? (gint) height : ECBSR_MAX_SIZE
  };
  g_autoptr (GstStructure) within = make_limit (&limit, NULL);
  g_autoptr (GArray) sizes = NULL;
  g_auto (GValue) fast = G_VALUE_INIT;
  GstCaps *ordered;

  if ((!width && !height) || gst_caps_is_any (caps))
    return caps;

  ordered = gst_caps_new_empty ();
  g_value_init (&fast, GST_TYPE_FRACTION_RANGE);
  gst_value_set_fraction_range_full (&fast, MIN_RATE, 1, G_MAXINT, 1);
  append_slow (ordered, caps, modes, limit, wanted, &fast);
  append_preferred (ordered, caps, modes, limit, &fast);
  append_preferred (ordered, caps, modes, limit, NULL);
  sizes = find_sizes (modes, within);
  if (sizes->len == 0)
    append_smallest (ordered, caps, modes);
  gst_caps_append (ordered, caps);
  return ordered;
}

gboolean
gst_ecbsr_caps_name_size (const GstCaps * caps)
{
  g_autoptr (GArray) sizes = find_sizes (caps, NULL);

  return sizes->len > 0;
}
