// SPDX-License-Identifier: LGPL-2.1-or-later

#include "subtitles.h"

#include <string.h>

typedef struct
{
  GString *text;
  gboolean keep_style;
} Plain;

static gboolean
is_style (const gchar *name)
{
  return strcmp (name, "i") == 0 || strcmp (name, "b") == 0
         || strcmp (name, "u") == 0;
}

static void
start_element (GMarkupParseContext *context, const gchar *name,
               const gchar **attribute_names, const gchar **attribute_values,
               gpointer data, GError **error)
{
  Plain *self = data;

  if (self->keep_style && is_style (name))
    g_string_append_printf (self->text, "<%s>", name);
}

static void
end_element (GMarkupParseContext *context, const gchar *name, gpointer data,
             GError **error)
{
  Plain *self = data;

  if (self->keep_style && is_style (name))
    g_string_append_printf (self->text, "</%s>", name);
}

static void
add_text (GMarkupParseContext *context, const gchar *text, gsize length,
          gpointer data, GError **error)
{
  g_string_append_len (((Plain *) data)->text, text, (gssize) length);
}

// What is no markup after all is plain text already.
static gchar *
to_plain (const gchar *markup, gsize length, gboolean keep_style)
{
  static const GMarkupParser parser = { .start_element = start_element,
                                        .end_element = end_element,
                                        .text = add_text };
  Plain plain = { g_string_new (NULL), keep_style };
  GMarkupParseContext *context
      = g_markup_parse_context_new (&parser, 0, &plain, NULL);
  gboolean ok
      = g_markup_parse_context_parse (context, "<text>", -1, NULL)
        && g_markup_parse_context_parse (context, markup, (gssize) length, NULL)
        && g_markup_parse_context_parse (context, "</text>", -1, NULL)
        && g_markup_parse_context_end_parse (context, NULL);

  g_markup_parse_context_free (context);
  if (ok)
    return g_string_free (plain.text, FALSE);
  g_string_free (plain.text, TRUE);
  return g_strndup (markup, length);
}

static GstBuffer *
convert (GstBuffer *buffer, gboolean keep_style)
{
  GstMapInfo map;
  GstBuffer *result;
  gchar *text;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return buffer;
  text = to_plain ((const gchar *) map.data,
                   strnlen ((const gchar *) map.data, map.size), keep_style);
  gst_buffer_unmap (buffer, &map);
  result = gst_buffer_new_wrapped (text, strlen (text));
  gst_buffer_copy_into (result, buffer, GST_BUFFER_COPY_METADATA, 0,
                        (gsize) -1);
  gst_buffer_unref (buffer);
  return result;
}

static GstPadProbeReturn
make_plain (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_IS_BUFFER (info->data))
    info->data = convert (info->data, GPOINTER_TO_INT (data));
  else if (GST_EVENT_TYPE (info->data) == GST_EVENT_CAPS)
    {
      g_autoptr (GstCaps) caps = subtitles_plain_caps ();
      gst_event_unref (info->data);
      info->data = gst_event_new_caps (caps);
    }
  return GST_PAD_PROBE_OK;
}

// What the muxer says of caps is about plain text, so it is not asked.
static GstPadProbeReturn
answer (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstQuery *query = info->data;
  g_autoptr (GstCaps) caps = NULL;

  if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS)
    gst_query_set_accept_caps_result (query, TRUE);
  else if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS)
    {
      caps = gst_caps_new_empty_simple ("text/x-raw");
      gst_query_set_caps_result (query, caps);
    }
  else
    return GST_PAD_PROBE_OK;
  return GST_PAD_PROBE_HANDLED;
}

gboolean
subtitles_are_markup (const GstCaps *caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);

  return gst_structure_has_name (structure, "text/x-raw")
         && g_strcmp0 (gst_structure_get_string (structure, "format"),
                       "pango-markup")
                == 0;
}

GstCaps *
subtitles_plain_caps (void)
{
  return gst_caps_new_simple ("text/x-raw", "format", G_TYPE_STRING, "utf8",
                              NULL);
}

void
subtitles_make_plain (GstPad *pad, gboolean keep_style)
{
  gst_pad_add_probe (
      pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      make_plain, GINT_TO_POINTER (keep_style), NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, answer, NULL,
                     NULL);
}
