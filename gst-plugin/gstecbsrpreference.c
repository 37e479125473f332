/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrpreference.h"

#include "ecbsr.h"

/* Below, a picture stutters. */
#define MIN_RATE 24

typedef struct
{
  gint width, height;
} Size;

/* What is within @size, at @min_rate frames a second or more. */
static GstStructure *
make_limit (const Size * size, gint min_rate)
{
  GstStructure *limit = gst_structure_new ("video/x-raw",
      "width", GST_TYPE_INT_RANGE, 0, size->width,
      "height", GST_TYPE_INT_RANGE, 0, size->height, NULL);

  if (min_rate > 0)
    gst_structure_set (limit, "framerate", GST_TYPE_FRACTION_RANGE,
        min_rate, 1, G_MAXINT, 1, NULL);
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

/* Narrows @size to the largest size in @upstream that @limit allows. */
static void
fit_size (Size * size, const GstCaps * upstream, const GstStructure * limit)
{
  Size best = { 0, 0 }, found;
  guint i;

  for (i = 0; i < gst_caps_get_size (upstream); i++) {
    GstStructure *mode = gst_caps_get_structure (upstream, i);

    if (has_size (mode, &found) && area (&found) > area (&best)
        && gst_structure_can_intersect (mode, limit))
      best = found;
  }
  if (area (&best) > 0)
    *size = best;
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

static void
append_preferred (GstCaps * dest, const GstCaps * caps,
    const GstCaps * upstream, Size size, gint min_rate)
{
  GstStructure *limit = make_limit (&size, min_rate);

  if (upstream && !gst_caps_is_any (upstream)) {
    fit_size (&size, upstream, limit);
    gst_structure_free (limit);
    limit = make_limit (&size, min_rate);
  }
  append_within (dest, caps, limit);
  gst_structure_free (limit);
}

GstCaps *
gst_ecbsr_preference_order (GstCaps * caps, const GstCaps * upstream,
    guint width, guint height)
{
  const Size size = { width ? (gint) width : ECBSR_MAX_SIZE,
    height ? (gint) height : ECBSR_MAX_SIZE
  };
  GstCaps *ordered;

  if ((!width && !height) || gst_caps_is_any (caps))
    return caps;

  ordered = gst_caps_new_empty ();
  append_preferred (ordered, caps, upstream, size, MIN_RATE);
  append_preferred (ordered, caps, upstream, size, 0);
  gst_caps_append (ordered, caps);
  return ordered;
}
