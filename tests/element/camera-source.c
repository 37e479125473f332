/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "camera-source.h"

#include <stdio.h>

#include <gst/video/video.h>

#define LIKED_WIDTH 3840
#define LIKED_HEIGHT 2160
#define LIKED_RATE 120

struct _TestCamera
{
  GstPushSrc parent;

  gchar *modes, *media_type;
  gboolean filters, asks_back;
};

enum
{
  PROP_0,
  PROP_MODES,
  PROP_MEDIA_TYPE,
  PROP_FILTERS,
  PROP_ASKS_BACK,
};

G_DEFINE_TYPE (TestCamera, test_camera, GST_TYPE_PUSH_SRC);

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("video/x-raw; image/jpeg"));

typedef struct
{
  gint width, height;
} Size;

static GstCaps *
get_modes (TestCamera * self)
{
  GstCaps *caps = gst_caps_new_empty ();
  gchar **mode, **list = g_strsplit (self->modes, " ", -1);

  for (mode = list; *mode; mode++) {
    gint width, height, rate;
    gint n_read = sscanf (*mode, "%dx%d@%d", &width, &height, &rate);

    g_assert (n_read == 3);
    gst_caps_append (caps, gst_caps_new_simple (self->media_type,
            "width", G_TYPE_INT, width, "height", G_TYPE_INT, height,
            "framerate", GST_TYPE_FRACTION, rate, 1, NULL));
  }
  g_strfreev (list);
  if (g_str_equal (self->media_type, "video/x-raw"))
    gst_caps_set_simple (caps, "format", G_TYPE_STRING, "YUY2", NULL);
  return caps;
}

/* Before the device is open nobody knows. */
static GstCaps *
test_camera_get_caps (GstBaseSrc * src, GstCaps * filter)
{
  TestCamera *self = TEST_CAMERA (src);
  GstCaps *caps = GST_STATE (self) == GST_STATE_NULL
      ? gst_pad_get_pad_template_caps (GST_BASE_SRC_PAD (src))
      : get_modes (self);

  if (self->asks_back)
    gst_caps_unref (gst_pad_peer_query_caps (GST_BASE_SRC_PAD (src), NULL));
  if (filter) {
    GstCaps *all = caps;

    caps = gst_caps_intersect_full (filter, all, GST_CAPS_INTERSECT_FIRST);
    gst_caps_unref (all);
  }
  return caps;
}

static Size
get_liked_size (const GstCaps * peer_caps)
{
  GstStructure *s = gst_structure_copy (gst_caps_get_structure (peer_caps, 0));
  Size size = { LIKED_WIDTH, LIKED_HEIGHT };

  if (gst_structure_has_field (s, "width"))
    gst_structure_fixate_field_nearest_int (s, "width", size.width);
  if (gst_structure_has_field (s, "height"))
    gst_structure_fixate_field_nearest_int (s, "height", size.height);
  gst_structure_get_int (s, "width", &size.width);
  gst_structure_get_int (s, "height", &size.height);
  gst_structure_free (s);
  return size;
}

/* How far above @liked; the more, the worse. Below it is worst. */
static gint64
get_distance (const GstStructure * mode, const Size * liked)
{
  gint width, height;

  gst_structure_get_int (mode, "width", &width);
  gst_structure_get_int (mode, "height", &height);
  if (width < liked->width || height < liked->height)
    return G_MAXINT64;
  return (gint64) MAX (1, width - liked->width) * MAX (1,
      height - liked->height) - (width == liked->width)
      - (height == liked->height);
}

static guint
choose_mode (const GstCaps * modes, const Size * liked)
{
  guint i, best = 0;

  for (i = 1; i < gst_caps_get_size (modes); i++) {
    if (get_distance (gst_caps_get_structure (modes, i), liked)
        < get_distance (gst_caps_get_structure (modes, best), liked))
      best = i;
  }
  return best;
}

static gboolean
negotiate_as_v4l2src (GstBaseSrc * src)
{
  GstCaps *offer = gst_pad_query_caps (GST_BASE_SRC_PAD (src), NULL);
  GstCaps *peer = gst_pad_peer_query_caps (GST_BASE_SRC_PAD (src), NULL);
  GstCaps *common = gst_caps_intersect_full (peer, offer,
      GST_CAPS_INTERSECT_FIRST);
  gboolean negotiated = !gst_caps_is_empty (common);

  if (negotiated) {
    Size liked = get_liked_size (peer);
    GstCaps *mode = gst_caps_copy_nth (common, choose_mode (common, &liked));

    gst_structure_fixate_field_nearest_fraction (gst_caps_get_structure (mode,
            0), "framerate", LIKED_RATE, 1);
    negotiated = gst_base_src_set_caps (src, mode);
    gst_caps_unref (mode);
  }
  gst_caps_unref (common);
  gst_caps_unref (peer);
  gst_caps_unref (offer);
  return negotiated;
}

static gboolean
test_camera_negotiate (GstBaseSrc * src)
{
  if (TEST_CAMERA (src)->filters)
    return GST_BASE_SRC_CLASS (test_camera_parent_class)->negotiate (src);
  return negotiate_as_v4l2src (src);
}

static GstFlowReturn
test_camera_create (GstPushSrc * src, GstBuffer ** buffer)
{
  GstCaps *caps = gst_pad_get_current_caps (GST_BASE_SRC_PAD (src));
  GstVideoInfo info;
  gsize size = 100;             /* not that it were a picture */

  if (gst_video_info_from_caps (&info, caps)
      && GST_VIDEO_INFO_FORMAT (&info) != GST_VIDEO_FORMAT_ENCODED)
    size = info.size;
  gst_caps_unref (caps);
  *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gst_buffer_memset (*buffer, 0, 128, size);
  return GST_FLOW_OK;
}

static void
test_camera_set_property (GObject * object, guint prop_id,
    const GValue * value, GParamSpec * pspec)
{
  TestCamera *self = TEST_CAMERA (object);

  switch (prop_id) {
    case PROP_MODES:
      g_free (self->modes);
      self->modes = g_value_dup_string (value);
      break;
    case PROP_MEDIA_TYPE:
      g_free (self->media_type);
      self->media_type = g_value_dup_string (value);
      break;
    case PROP_FILTERS:
      self->filters = g_value_get_boolean (value);
      break;
    case PROP_ASKS_BACK:
      self->asks_back = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
      break;
  }
}

static void
test_camera_finalize (GObject * object)
{
  g_free (TEST_CAMERA (object)->modes);
  g_free (TEST_CAMERA (object)->media_type);
  G_OBJECT_CLASS (test_camera_parent_class)->finalize (object);
}

static void
test_camera_class_init (TestCameraClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GstBaseSrcClass *src_class = GST_BASE_SRC_CLASS (klass);
  const GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_CONSTRUCT;

  object_class->finalize = test_camera_finalize;
  object_class->set_property = test_camera_set_property;
  g_object_class_install_property (object_class, PROP_MODES,
      g_param_spec_string ("modes", "", "", "640x480@30", flags));
  g_object_class_install_property (object_class, PROP_MEDIA_TYPE,
      g_param_spec_string ("media-type", "", "", "video/x-raw", flags));
  g_object_class_install_property (object_class, PROP_FILTERS,
      g_param_spec_boolean ("filters", "", "", FALSE, flags));
  g_object_class_install_property (object_class, PROP_ASKS_BACK,
      g_param_spec_boolean ("asks-back", "", "", FALSE, flags));
  src_class->get_caps = test_camera_get_caps;
  src_class->negotiate = test_camera_negotiate;
  GST_PUSH_SRC_CLASS (klass)->create = test_camera_create;
  gst_element_class_add_static_pad_template (GST_ELEMENT_CLASS (klass),
      &src_template);
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Test camera", "Source/Video", "Has modes", "The gst-ecbsr authors");
}

static void
test_camera_init (TestCamera * self)
{
  gst_base_src_set_live (GST_BASE_SRC (self), TRUE);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_do_timestamp (GST_BASE_SRC (self), TRUE);
}

void
test_camera_register (void)
{
  gst_element_register (NULL, "testcamera", GST_RANK_NONE, TEST_TYPE_CAMERA);
}
