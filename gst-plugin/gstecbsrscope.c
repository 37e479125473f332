/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrscope.h"

#define DEFAULT_ROI_MODE GST_ECBSR_ROI_OFF
#define DEFAULT_SKIP_STATIC FALSE

GType
gst_ecbsr_roi_mode_get_type (void)
{
  static const GEnumValue values[] = {
    {GST_ECBSR_ROI_OFF, "The network everywhere", "off"},
    {GST_ECBSR_ROI_RECTANGLE,
        "The network within roi-x, roi-y, roi-width, roi-height", "rectangle"},
    {GST_ECBSR_ROI_META,
          "The network within the regions of interest that come with a buffer",
        "meta"},
    {0, NULL, NULL},
  };
  static gsize type = 0;

  if (g_once_init_enter (&type)) {
    GType t = g_enum_register_static ("GstEcbsrRoiMode", values);
    g_once_init_leave (&type, t);
  }
  return type;
}

static GParamSpec *
new_pixels (const gchar * name, const gchar * nick, const gchar * blurb,
    GParamFlags flags)
{
  return g_param_spec_uint (name, nick, blurb, 0, G_MAXINT, 0,
      flags | GST_PARAM_CONTROLLABLE);
}

void
gst_ecbsr_scope_create_specs (GParamSpec * specs[GST_ECBSR_N_SCOPES])
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS
      | GST_PARAM_MUTABLE_PLAYING;

  specs[GST_ECBSR_SCOPE_ROI_MODE] = g_param_spec_enum ("roi-mode",
      "Region of interest mode",
      "Where the network works; everywhere else the upscaling is bicubic, "
      "which costs less", GST_TYPE_ECBSR_ROI_MODE, DEFAULT_ROI_MODE, flags);
  specs[GST_ECBSR_SCOPE_ROI_X] = new_pixels ("roi-x", "Region x",
      "Left edge of the region of roi-mode=rectangle, in input pixels", flags);
  specs[GST_ECBSR_SCOPE_ROI_Y] = new_pixels ("roi-y", "Region y",
      "Top edge of the region of roi-mode=rectangle, in input pixels", flags);
  specs[GST_ECBSR_SCOPE_ROI_WIDTH] = new_pixels ("roi-width", "Region width",
      "Width of the region of roi-mode=rectangle, in input pixels", flags);
  specs[GST_ECBSR_SCOPE_ROI_HEIGHT] = new_pixels ("roi-height",
      "Region height",
      "Height of the region of roi-mode=rectangle, in input pixels", flags);
  specs[GST_ECBSR_SCOPE_SKIP_STATIC] = g_param_spec_boolean ("skip-static",
      "Skip static",
      "Do not work again on parts of the picture that have not changed since "
      "the last frame; the result is the same to the bit",
      DEFAULT_SKIP_STATIC, flags);
}

void
gst_ecbsr_scope_init (GstEcbsrScope * scope)
{
  const EcbsrRegion nothing = { 0, };

  scope->roi_mode = DEFAULT_ROI_MODE;
  scope->rectangle = nothing;
  scope->skip_static = DEFAULT_SKIP_STATIC;
}

void
gst_ecbsr_scope_set (GstEcbsrScope * scope, guint which, const GValue * value)
{
  switch (which) {
    case GST_ECBSR_SCOPE_ROI_MODE:
      scope->roi_mode = g_value_get_enum (value);
      break;
    case GST_ECBSR_SCOPE_ROI_X:
      scope->rectangle.x = g_value_get_uint (value);
      break;
    case GST_ECBSR_SCOPE_ROI_Y:
      scope->rectangle.y = g_value_get_uint (value);
      break;
    case GST_ECBSR_SCOPE_ROI_WIDTH:
      scope->rectangle.width = g_value_get_uint (value);
      break;
    case GST_ECBSR_SCOPE_ROI_HEIGHT:
      scope->rectangle.height = g_value_get_uint (value);
      break;
    default:
      scope->skip_static = g_value_get_boolean (value);
      break;
  }
}

void
gst_ecbsr_scope_get (const GstEcbsrScope * scope, guint which, GValue * value)
{
  switch (which) {
    case GST_ECBSR_SCOPE_ROI_MODE:
      g_value_set_enum (value, scope->roi_mode);
      break;
    case GST_ECBSR_SCOPE_ROI_X:
      g_value_set_uint (value, scope->rectangle.x);
      break;
    case GST_ECBSR_SCOPE_ROI_Y:
      g_value_set_uint (value, scope->rectangle.y);
      break;
    case GST_ECBSR_SCOPE_ROI_WIDTH:
      g_value_set_uint (value, scope->rectangle.width);
      break;
    case GST_ECBSR_SCOPE_ROI_HEIGHT:
      g_value_set_uint (value, scope->rectangle.height);
      break;
    default:
      g_value_set_boolean (value, scope->skip_static);
      break;
  }
}

/* --------------------------------------------------------------- regions -- */

/* The smallest rectangle that holds both. */
static EcbsrRegion
join (const EcbsrRegion * a, const EcbsrRegion * b)
{
  EcbsrRegion both = { MIN (a->x, b->x), MIN (a->y, b->y), 0, 0 };

  both.width = MAX (a->x + a->width, b->x + b->width) - both.x;
  both.height = MAX (a->y + a->height, b->y + b->height) - both.y;
  return both;
}

/* Metadata may say anything. What is in the picture counts; regions beyond the
 * most that there may be are taken together with the last. */
static void
add_region (GstEcbsrRegions * regions, guint width, guint height,
    const GstVideoRegionOfInterestMeta * roi)
{
  EcbsrRegion region = { roi->x, roi->y, 0, 0 };
  EcbsrRegion *last = &regions->region[ECBSR_MAX_REGIONS - 1];

  if (roi->x >= width || roi->y >= height || roi->w == 0 || roi->h == 0)
    return;
  region.width = MIN (roi->w, width - roi->x);
  region.height = MIN (roi->h, height - roi->y);
  if (regions->n_regions < ECBSR_MAX_REGIONS)
    regions->region[regions->n_regions++] = region;
  else
    *last = join (last, &region);
}

static void
add_regions_of_buffer (GstEcbsrRegions * regions, GstBuffer * buffer,
    guint width, guint height)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state,
              GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)))
    add_region (regions, width, height, (GstVideoRegionOfInterestMeta *) meta);
}

void
gst_ecbsr_scope_find_regions (const GstEcbsrScope * scope, GstBuffer * buffer,
    guint width, guint height, GstEcbsrRegions * regions,
    EcbsrRunParams * params)
{
  regions->n_regions = 0;
  params->regions = NULL;
  if (scope->roi_mode == GST_ECBSR_ROI_OFF)
    return;

  if (scope->roi_mode == GST_ECBSR_ROI_RECTANGLE)
    regions->region[regions->n_regions++] = scope->rectangle;
  else
    add_regions_of_buffer (regions, buffer, width, height);
  params->regions = regions->region;
  params->n_regions = regions->n_regions;
}
