/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "camera.h"

#include <string.h>

#include <gst/video/gstvideofilter.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* Pads to visit. Links may form a circle, and change while they are followed. */
#define MAX_STEPS 256

struct _GstEcbsrCamera
{
  GMutex lock;
  GWeakRef source;              /* the pad that was asked */
  GstCaps *modes;               /* what it said */
};

GstEcbsrCamera *
gst_ecbsr_camera_new (void)
{
  GstEcbsrCamera *self = g_new0 (GstEcbsrCamera, 1);

  g_mutex_init (&self->lock);
  g_weak_ref_init (&self->source, NULL);
  return self;
}

void
gst_ecbsr_camera_free (GstEcbsrCamera * self)
{
  g_weak_ref_clear (&self->source);
  gst_clear_caps (&self->modes);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* -------------------------------------------------------------- elements -- */

static gboolean
has_any (const gchar * klass, const gchar * const *words)
{
  for (; *words; words++)
    if (strstr (klass, *words))
      return TRUE;
  return FALSE;
}

/* Test sources and the screen are of the same class and no worse for it: they
 * make one size, or any. Whether a source is live is not known before it runs. */
static gboolean
is_camera (const gchar * klass)
{
  static const gchar *const source[] = { "Source", "Src", "Capture", NULL };
  static const gchar *const other[] = { "File", "Network", NULL };

  return strstr (klass, "Video") && has_any (klass, source)
      && !has_any (klass, other);
}

/* A GstVideoFilter in place has one buffer for both frames. */
static gboolean
is_in_place (GstElement * element)
{
  return GST_IS_VIDEO_FILTER (element)
      && !GST_VIDEO_FILTER_GET_CLASS (element)->transform_frame;
}

/* Without a function of its own a GstBaseTransform changes no caps. */
static gboolean
keeps_caps (GstElement * element)
{
  GstBaseTransformClass *base = g_type_class_peek (GST_TYPE_BASE_TRANSFORM);

  return GST_IS_BASE_TRANSFORM (element)
      && GST_BASE_TRANSFORM_GET_CLASS (element)->transform_caps ==
      base->transform_caps;
}

/* Whether pictures leave through @srcpad with the size and the rate that they came
 * with, so that an order of sizes is one for what is upstream. What is not sure to
 * keep them, such as "Filter/Effect/Video", where videocrop and videorate are, is
 * taken to change them. */
static gboolean
is_transparent (GstElement * element, const gchar * klass, GstPad * srcpad)
{
  static const gchar *const same_size[] = { "Decoder", "Parser", "Converter",
    "Editor", NULL
  };
  static const gchar *const other_size[] = { "Scaler", "Compositor", NULL };

  if (has_any (klass, other_size))
    return FALSE;
  return g_str_equal (klass, "Generic") || has_any (klass, same_size)
      || GST_PAD_IS_PROXY_CAPS (srcpad) || is_in_place (element)
      || keeps_caps (element);
}

/* ------------------------------------------------------------------ pads -- */

/* The pad of an element, not of a bin, that @sinkpad is linked to, or NULL. */
static GstPad *
get_source (GstPad * sinkpad, guint * steps)
{
  GstPad *pad = gst_pad_get_peer (sinkpad);

  while (GST_IS_PROXY_PAD (pad)) {
    GstPad *next = NULL;

    if (*steps > 0)
      (*steps)--;
    if (*steps > 0 && GST_IS_GHOST_PAD (pad)) {
      next = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
    } else if (*steps > 0) {
      /* of the bin that we are in: out through its sink pad */
      GstProxyPad *ghost = gst_proxy_pad_get_internal (GST_PROXY_PAD (pad));

      next = ghost ? gst_pad_get_peer (GST_PAD (ghost)) : NULL;
      gst_clear_object (&ghost);
    }
    gst_object_unref (pad);
    pad = next;
  }
  return pad;
}

/* Text pads of overlays are of no concern. */
static gboolean
takes_pictures (GstPad * pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_pad_template_caps (pad);
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    const gchar *name =
        gst_structure_get_name (gst_caps_get_structure (caps, i));

    if (g_str_has_prefix (name, "video/") || g_str_has_prefix (name, "image/"))
      return TRUE;
  }
  return gst_caps_is_any (caps);
}

/* Of an element of several streams, such as multiqueue, "sink_1" belongs to
 * "src_1". The function that could say so for sure may take the element's lock. */
static gboolean
is_partner (GstPad * sinkpad, GstPad * srcpad)
{
  const gchar *sink = GST_PAD_NAME (sinkpad), *src = GST_PAD_NAME (srcpad);

  return g_str_has_prefix (sink, "sink_") && g_str_has_prefix (src, "src_")
      && g_str_equal (sink + strlen ("sink_"), src + strlen ("src_"));
}

static GList *
get_sink_pads (GstElement * element)
{
  GList *pads = NULL, *link;

  GST_OBJECT_LOCK (element);
  for (link = element->sinkpads; link; link = link->next)
    pads = g_list_prepend (pads, gst_object_ref (link->data));
  GST_OBJECT_UNLOCK (element);
  return pads;
}

/* The linked sink pads whose pictures may leave through @srcpad. */
static GList *
get_inputs (GstElement * element, GstPad * srcpad)
{
  GList *pads = get_sink_pads (element), *link, *inputs = NULL;
  GstPad *partner = NULL;

  for (link = pads; link; link = link->next)
    if (is_partner (link->data, srcpad))
      partner = link->data;
  for (link = pads; link; link = link->next)
    if ((!partner || link->data == partner) && gst_pad_is_linked (link->data)
        && takes_pictures (link->data))
      inputs = g_list_prepend (inputs, gst_object_ref (link->data));
  g_list_free_full (pads, gst_object_unref);
  return inputs;
}

typedef struct
{
  guint steps;                  /* left */
  guint n_cameras;
  GstPad *source;               /* of one of them */
} Walk;

static gboolean walk_from (Walk * walk, GstPad * sinkpad);

static gboolean
walk_through (Walk * walk, GstElement * element, GstPad * srcpad)
{
  GList *inputs = get_inputs (element, srcpad), *link;
  gboolean found = inputs != NULL;

  for (link = inputs; link && found; link = link->next)
    found = walk_from (walk, link->data);
  g_list_free_full (inputs, gst_object_unref);
  return found;
}

static void
add_camera (Walk * walk, GstPad * srcpad)
{
  walk->n_cameras++;
  if (!walk->source)
    walk->source = gst_object_ref (srcpad);
}

/* Whether all ways upstream from @sinkpad end at cameras. */
static gboolean
walk_from (Walk * walk, GstPad * sinkpad)
{
  g_autoptr (GstPad) srcpad = NULL;
  g_autoptr (GstElement) element = NULL;
  const gchar *klass;

  if (walk->steps == 0)
    return FALSE;
  walk->steps--;
  srcpad = get_source (sinkpad, &walk->steps);
  element = srcpad ? gst_pad_get_parent_element (srcpad) : NULL;
  klass = element
      ? gst_element_get_metadata (element, GST_ELEMENT_METADATA_KLASS) : NULL;
  if (!klass)
    return FALSE;

  if (is_camera (klass)) {
    add_camera (walk, srcpad);
    return TRUE;
  }
  return is_transparent (element, klass, srcpad)
      && walk_through (walk, element, srcpad);
}

/* FALSE: something else. @source: the only one, or NULL. */
static gboolean
find (GstPad * sinkpad, GstPad ** source)
{
  Walk walk = { MAX_STEPS, 0, NULL };
  gboolean found = walk_from (&walk, sinkpad);

  if (!found || walk.n_cameras > 1)
    gst_clear_object (&walk.source);
  *source = walk.source;
  return found;
}

/* ----------------------------------------------------------------- modes -- */

/* The thread that streams from @srcpad holds its lock, and may be negotiating. */
static gboolean
is_quiet (GstPad * srcpad)
{
  if (!g_rec_mutex_trylock (GST_PAD_GET_STREAM_LOCK (srcpad)))
    return FALSE;
  GST_PAD_STREAM_UNLOCK (srcpad);
  return TRUE;
}

void
gst_ecbsr_camera_ask_modes (GstEcbsrCamera * self, GstPad * sinkpad)
{
  g_autoptr (GstPad) source = NULL;
  g_autoptr (GstCaps) modes = NULL;

  if (!find (sinkpad, &source) || !source || !is_quiet (source))
    return;
  modes = gst_pad_query_caps (source, NULL);
  GST_DEBUG_OBJECT (sinkpad, "%" GST_PTR_FORMAT " offers %" GST_PTR_FORMAT,
      source, modes);
  g_mutex_lock (&self->lock);
  g_weak_ref_set (&self->source, source);
  gst_caps_replace (&self->modes, modes);
  g_mutex_unlock (&self->lock);
}

gboolean
gst_ecbsr_camera_find (GstEcbsrCamera * self, GstPad * sinkpad,
    GstCaps ** modes)
{
  g_autoptr (GstPad) source = NULL;
  g_autoptr (GstPad) asked = NULL;

  *modes = NULL;
  if (!find (sinkpad, &source))
    return FALSE;
  g_mutex_lock (&self->lock);
  asked = g_weak_ref_get (&self->source);
  if (source && asked == source)
    *modes = gst_caps_ref (self->modes);
  g_mutex_unlock (&self->lock);
  return TRUE;
}
