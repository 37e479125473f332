/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "raw-frames.h"

#include <string.h>

static guint
get_bits (const GstVideoInfo * info)
{
  return GST_VIDEO_FORMAT_INFO_BITS (gst_video_format_get_info
      (info->finfo->unpack_format));
}

void
raw_frame_write_row (const GstVideoFrame * frame, gint y, const guint16 * row, guint n)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  guint8 *bytes = g_malloc0 (n * 8 + 64);
  guint i;

  for (i = 0; i < 4 * n; i++) {
    if (get_bits (&frame->info) > 8)
      ((guint16 *) bytes)[i] = row[i];
    else
      bytes[i] = row[i] >> 8;
  }
  finfo->pack_func (finfo, GST_VIDEO_PACK_FLAG_NONE, bytes, 0,
      (gpointer *) frame->data, frame->info.stride,
      frame->info.chroma_site, y, n);
  g_free (bytes);
}

void
raw_frame_read_row (const GstVideoFrame * frame, gint y, guint16 * row, guint n)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  guint8 *bytes = g_malloc0 (n * 8 + 64);
  guint i;

  finfo->unpack_func (finfo, GST_VIDEO_PACK_FLAG_NONE, bytes,
      (gpointer *) frame->data, frame->info.stride, 0, y, n);
  for (i = 0; i < 4 * n; i++)
    row[i] = get_bits (&frame->info) > 8
        ? ((guint16 *) bytes)[i] : bytes[i] * 0x101;
  g_free (bytes);
}

void
raw_frame_write_palette (const GstVideoFrame * frame)
{
  gsize size;
  gconstpointer palette =
      gst_video_format_get_palette (GST_VIDEO_FRAME_FORMAT (frame), &size);

  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (frame->info.finfo))
    memcpy (GST_VIDEO_FRAME_PLANE_DATA (frame, 1), palette, size);
}

GstBuffer *
raw_frame_new (const GstVideoInfo * info)
{
  GstBuffer *buffer = gst_buffer_new_and_alloc (info->size + 64);

  gst_buffer_memset (buffer, 0, 0, -1);
  gst_buffer_set_size (buffer, info->size);
  return buffer;
}
