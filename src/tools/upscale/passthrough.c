// SPDX-License-Identifier: LGPL-2.1-or-later

#include "passthrough.h"

#include "subtitles.h"

#include <gio/gio.h>
#include <string.h>

static gboolean
link_to_muxer (GstPad *src, GstElement *muxer, GstPadTemplate *template)
{
  g_autoptr (GstPad) sink
      = gst_element_request_pad (muxer, template, NULL, NULL);

  // The caps may be narrower than the template says; that is seen when they
  // come.
  return sink
         && gst_pad_link_full (src, sink, GST_PAD_LINK_CHECK_HIERARCHY)
                == GST_PAD_LINK_OK;
}

static gboolean
makes_something_for (GstElementFactory *factory, GstElement *muxer,
                     GstPadTemplate **template)
{
  const GList *item = gst_element_factory_get_static_pad_templates (factory);

  for (; item; item = item->next)
    {
      GstStaticPadTemplate *pad = item->data;
      g_autoptr (GstCaps) caps = gst_static_pad_template_get_caps (pad);
      if (pad->direction == GST_PAD_SRC && !gst_caps_is_any (caps)
          && (*template = container_find_template (muxer, caps)))
        return TRUE;
    }
  return FALSE;
}

// A parser that makes of the stream what the muxer takes: AAC without ADTS
// headers, subtitles without a file format's marks. NULL if there is none.
static GstElement *
find_parser (GstElement *muxer, const GstCaps *caps, GstPadTemplate **template)
{
  GList *parsers = gst_element_factory_list_get_elements (
      GST_ELEMENT_FACTORY_TYPE_PARSER, GST_RANK_MARGINAL);
  GList *fitting
      = gst_element_factory_list_filter (parsers, caps, GST_PAD_SINK, FALSE);
  GstElement *parser = NULL;

  for (GList *item = fitting; item && !parser; item = item->next)
    if (makes_something_for (item->data, muxer, template))
      parser = gst_element_factory_create (item->data, NULL);
  gst_plugin_feature_list_free (fitting);
  gst_plugin_feature_list_free (parsers);
  return parser;
}

static gboolean
link_elements (GstBin *pipeline, GstPad *src, GstElement *first,
               GstElement *last, GstElement *muxer, GstPadTemplate *template)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (first, "sink");
  g_autoptr (GstPad) end = gst_element_get_static_pad (last, "src");

  return gst_pad_link_full (src, sink, GST_PAD_LINK_CHECK_HIERARCHY)
             == GST_PAD_LINK_OK
         && link_to_muxer (end, muxer, template);
}

static void
link_decoded (GstElement *decoder, GstPad *pad, gpointer data)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (data, "sink");

  if (!gst_pad_is_linked (sink))
    gst_pad_link (pad, sink); // a failure is an error in the stream
}

static GstElement *
make_audio_encoder (const Container *container, const gchar **name,
                    GError **error)
{
  const gchar *const *names = container->audio_encoders;
  g_autofree gchar *description = NULL;
  GstElement *bin = NULL;

  for (; *names && !bin; names++)
    {
      g_clear_error (error);
      description
          = g_strdup_printf ("audioconvert ! audioresample ! %s", *names);
      bin = container_make_bin (description, error);
      g_clear_pointer (&description, g_free);
      *name = *names;
    }
  return bin;
}

static Passthrough
encode (GstBin *pipeline, GstElement *muxer, const Container *container,
        GstPad *src, const gchar **name, GError **error)
{
  GstElement *decoder = container_make ("decodebin", error);
  GstElement *encoder
      = decoder ? make_audio_encoder (container, name, error) : NULL;
  g_autoptr (GstPad) end = NULL;
  g_autoptr (GstCaps) caps = NULL;
  GstPadTemplate *template;

  if (!encoder)
    {
      g_clear_object (&decoder);
      return PASSTHROUGH_FAILED;
    }
  gst_bin_add_many (pipeline, decoder, encoder, NULL);
  g_signal_connect (decoder, "pad-added", G_CALLBACK (link_decoded), encoder);
  end = gst_element_get_static_pad (encoder, "src");
  caps = gst_pad_get_pad_template_caps (end);
  if (gst_caps_is_any (caps))
    {
      gst_caps_unref (caps);
      caps = gst_pad_query_caps (end, NULL);
    }
  template = container_find_template (muxer, caps);
  if (!template
      || !link_elements (pipeline, src, decoder, encoder, muxer, template))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                   "%s cannot be given what %s makes", container->muxer, *name);
      return PASSTHROUGH_FAILED;
    }
  gst_element_sync_state_with_parent (encoder);
  gst_element_sync_state_with_parent (decoder);
  return PASSTHROUGH_ENCODED;
}

static gboolean
link_markup (GstElement *muxer, const Container *container, GstPad *src)
{
  g_autoptr (GstCaps) caps = subtitles_plain_caps ();
  GstPadTemplate *template = container_find_template (muxer, caps);

  if (!template)
    return FALSE;
  subtitles_make_plain (src, strcmp (container->suffix, ".mkv") == 0);
  return link_to_muxer (src, muxer, template);
}

static gboolean
is_audio (const GstCaps *caps)
{
  return g_str_has_prefix (
      gst_structure_get_name (gst_caps_get_structure (caps, 0)), "audio/");
}

Passthrough
passthrough_link (GstBin *pipeline, GstElement *muxer,
                  const Container *container, GstPad *src, const GstCaps *caps,
                  const gchar **encoder, GError **error)
{
  GstPadTemplate *template = container_find_template (muxer, caps);
  GstElement *parser;

  if (template && link_to_muxer (src, muxer, template))
    return PASSTHROUGH_AS_IT_IS;
  if (subtitles_are_markup (caps))
    return link_markup (muxer, container, src) ? PASSTHROUGH_AS_IT_IS
                                               : PASSTHROUGH_LEFT_OUT;
  parser = find_parser (muxer, caps, &template);
  if (parser)
    {
      gst_bin_add (pipeline, parser);
      if (link_elements (pipeline, src, parser, parser, muxer, template))
        {
          gst_element_sync_state_with_parent (parser);
          return PASSTHROUGH_AS_IT_IS;
        }
      gst_element_set_state (parser, GST_STATE_NULL);
      gst_bin_remove (pipeline, parser);
    }
  if (is_audio (caps))
    return encode (pipeline, muxer, container, src, encoder, error);
  return PASSTHROUGH_LEFT_OUT;
}
