/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "caps_order.h"

#include <string.h>

#include <gst/video/video.h>

#include "caps.h"
#include "ecbsr.h"

/* ------------------------------------------------------- preferred modes -- */

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

/* Takes @caps. */
static GstCaps *
order (GstCaps * caps, const GstCaps * modes, const GstCaps * wanted,
    guint width, guint height)
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

static gboolean
name_size (const GstCaps * caps)
{
  g_autoptr (GArray) sizes = find_sizes (caps, NULL);

  return sizes->len > 0;
}

void
gst_ecbsr_caps_order_modes (GstQuery * query, const GstCaps * modes,
    const GstCaps * wanted, guint width, guint height)
{
  GstCaps *caps, *filter;

  gst_query_parse_caps (query, &filter);
  gst_query_parse_caps_result (query, &caps);
  caps = order (gst_caps_ref (caps), name_size (filter) ? filter : modes,
      wanted, width, height);
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
}

/* ---------------------------------------------------------------- others -- */

void
gst_ecbsr_caps_order_current (GstQuery * query, GstCaps * current)
{
  GstCaps *caps;

  gst_query_parse_caps_result (query, &caps);
  if (!gst_caps_can_intersect (current, caps))
    return;
  caps = gst_caps_merge (gst_caps_ref (current), gst_caps_ref (caps));
  gst_query_set_caps_result (query, caps);
  gst_caps_unref (caps);
}

static GstCaps *
get_scalable (const GstCaps * caps)
{
  GstCaps *scalable = gst_caps_new_empty ();
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    GstCaps *one = gst_caps_copy_nth (caps, i);

    if (gst_ecbsr_caps_can_scale (one))
      gst_caps_append (scalable, one);
    else
      gst_caps_unref (one);
  }
  return scalable;
}

void
gst_ecbsr_caps_order_scalable (GstQuery * query)
{
  GstCaps *caps, *filter, *scalable;

  gst_query_parse_caps (query, &filter);
  gst_query_parse_caps_result (query, &caps);
  if (gst_caps_is_any (caps))
    return;
  scalable = get_scalable (caps);
  if (!filter || gst_caps_is_empty (scalable))
    scalable = gst_caps_merge (scalable, gst_caps_ref (caps));
  gst_query_set_caps_result (query, scalable);
  gst_caps_unref (scalable);
}
