// SPDX-License-Identifier: LGPL-2.1-or-later

#include "matroska.h"

#include <string.h>

// Elements of the format, by https://www.rfc-editor.org/rfc/rfc9559
#define ID_SEGMENT 0x18538067 // of a size that is not known yet
#define ID_TAGS 0x1254c367
#define ID_TAG 0x7373
#define ID_SIMPLE_TAG 0x67c8
#define ID_TAG_NAME 0x45a3
#define ID_TAG_STRING 0x4487

// --------------------------------------------------------------------- text --

typedef struct
{
  guint8 *data;
  gsize left;
} Cursor;

// A number whose first byte says by its leading zeros how many there are; of an
// ID that bit is part of it. FALSE: there are not as many bytes.
static gboolean
read_number (Cursor *at, gboolean is_id, guint64 *number)
{
  guint n = 1;

  while (n <= 8 && at->left > 0 && !(at->data[0] & (0x100 >> n)))
    n++;
  if (n > 8 || n > at->left)
    return FALSE;
  *number = is_id ? at->data[0] : at->data[0] & (0xff >> n);
  for (guint i = 1; i < n; i++)
    *number = *number << 8 | at->data[i];
  at->data += n;
  at->left -= n;
  return TRUE;
}

// In its place; what is left of it becomes zeros, which may end a string there.
static void
write_plain (guint8 *data, gsize size)
{
  g_autofree gchar *text = g_strndup ((const gchar *) data, size);
  GValue value = G_VALUE_INIT;
  const gchar *plain;

  if (text[0] != '"')
    return;
  g_value_init (&value, G_TYPE_STRING);
  plain = gst_value_deserialize (&value, text) ? g_value_get_string (&value)
                                               : NULL;
  if (plain && strlen (plain) <= size)
    {
      memset (data, 0, size);
      memcpy (data, plain, strlen (plain));
    }
  g_value_unset (&value);
}

static void
correct_text (Cursor at)
{
  guint64 id, size;

  while (read_number (&at, TRUE, &id) && read_number (&at, FALSE, &size)
         && (size <= at.left || id == ID_SEGMENT))
    {
      if (id == ID_SEGMENT)
        continue; // with what is in it
      if (id == ID_TAGS || id == ID_TAG || id == ID_SIMPLE_TAG)
        correct_text ((Cursor){ at.data, size });
      else if (id == ID_TAG_STRING)
        write_plain (at.data, size);
      at.data += size;
      at.left -= size;
    }
}

// Whether it is one whole element.
static gboolean
is_element (Cursor at, guint64 wanted)
{
  guint64 id, size;

  return read_number (&at, TRUE, &id) && id == wanted
         && read_number (&at, FALSE, &size) && size == at.left;
}

// matroskamux makes a buffer of each element, where it can go back in the file,
// else of all tags, with what goes before them. What comes from an encoder
// begins with none of these.
static GstPadProbeReturn
correct_tags (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  gboolean *after_name = data, has_text;
  GstMapInfo map;
  Cursor at;
  guint64 id = 0;

  if (!gst_buffer_map (info->data, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  at = (Cursor){ map.data, map.size };
  has_text = *after_name && is_element (at, ID_TAG_STRING);
  *after_name = is_element (at, ID_TAG_NAME);
  if (read_number (&at, TRUE, &id) && (id == ID_TAGS || id == ID_SEGMENT))
    has_text = TRUE;
  gst_buffer_unmap (info->data, &map);
  if (!has_text)
    return GST_PAD_PROBE_OK;
  info->data = gst_buffer_make_writable (GST_BUFFER (info->data));
  if (gst_buffer_map (info->data, &map, GST_MAP_READWRITE))
    {
      correct_text ((Cursor){ map.data, map.size });
      gst_buffer_unmap (info->data, &map);
    }
  return GST_PAD_PROBE_OK;
}

// ---------------------------------------------------------------- languages --

// Before the stream's own tags, which come after its segment and may name one.
static GstPadProbeReturn
name_no_language (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_EVENT_TYPE (info->data) != GST_EVENT_SEGMENT)
    return GST_PAD_PROBE_OK;
  gst_pad_send_event (pad, gst_event_new_tag (gst_tag_list_new (
                               GST_TAG_LANGUAGE_CODE, "und", NULL)));
  return GST_PAD_PROBE_REMOVE;
}

static void
watch_stream (GstElement *muxer, GstPad *pad, gpointer data)
{
  if (GST_PAD_IS_SINK (pad))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
                       name_no_language, NULL, NULL);
}

void
matroska_correct (GstElement *muxer)
{
  g_autoptr (GstPad) src = gst_element_get_static_pad (muxer, "src");

  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, correct_tags,
                     g_new0 (gboolean, 1), g_free);
  g_signal_connect (muxer, "pad-added", G_CALLBACK (watch_stream), NULL);
}
