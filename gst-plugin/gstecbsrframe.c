/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrframe.h"

#include "gstecbsrfields.h"

static gboolean
check_video_meta (const GstVideoMeta * meta, const GstVideoInfo * info,
    GError ** error)
{
  if (meta->format == GST_VIDEO_INFO_FORMAT (info)
      && meta->n_planes == GST_VIDEO_INFO_N_PLANES (info)
      && meta->width >= (guint) info->width
      && meta->height >= (guint) info->height)
    return TRUE;

  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "the buffer says it is a %ux%u %s frame of %u planes, the caps say "
      "%dx%d %s", meta->width, meta->height,
      gst_video_format_to_string (meta->format), meta->n_planes, info->width,
      info->height, GST_VIDEO_INFO_NAME (info));
  return FALSE;
}

static gboolean
check_crop (const GstVideoCropMeta * crop, const GstVideoFrame * frame,
    const GstVideoInfo * info, GError ** error)
{
  guint width = GST_VIDEO_FRAME_WIDTH (frame);
  guint height = GST_VIDEO_FRAME_HEIGHT (frame);
  guint row;

  if (crop->width != (guint) info->width
      || crop->height != (guint) info->height) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "the crop rectangle is %ux%u, the caps say %dx%d", crop->width,
        crop->height, info->width, info->height);
    return FALSE;
  }
  if (crop->x > width - crop->width || crop->y > height - crop->height) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "the crop rectangle %ux%u at %u,%u lies outside of the %ux%u frame",
        crop->width, crop->height, crop->x, crop->y, width, height);
    return FALSE;
  }
  if (!gst_ecbsr_fields_find_row (info, crop->y, &row)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "the crop rectangle of an interlaced frame begins at row %u, amid rows "
        "that two fields share", crop->y);
    return FALSE;
  }
  return TRUE;
}

/* Subsampled chroma starts at the sample that the first luma belongs to. Where
 * chroma and luma share a plane, pixels cannot be parted from their chroma, and
 * the rectangle starts at the pixel before. */
static void
move_to_crop (GstVideoFrame * frame, const GstVideoCropMeta * crop)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  guint p, row;

  gst_ecbsr_fields_find_row (&frame->info, crop->y, &row);
  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    gint comp[GST_VIDEO_MAX_COMPONENTS];
    guint last = 0, k;
    gint x, y;

    gst_video_format_info_component (finfo, p, comp);
    for (k = 0; k < GST_VIDEO_MAX_COMPONENTS && comp[k] >= 0; k++)
      last = comp[k];
    x = (crop->x >> GST_VIDEO_FORMAT_INFO_W_SUB (finfo, last))
        * GST_VIDEO_FORMAT_INFO_PSTRIDE (finfo, last);
    y = row >> GST_VIDEO_FORMAT_INFO_H_SUB (finfo, last);
    frame->data[p] = (guint8 *) frame->data[p] + x
        + (gssize) y *GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  }
}

/* Bytes of a row, its last pixel or pair of pixels complete. */
static gsize
get_row_size (const GstVideoFrame * frame, guint plane)
{
  gint comp[GST_VIDEO_MAX_COMPONENTS];
  gsize size = 0;
  guint k;

  gst_video_format_info_component (frame->info.finfo, plane, comp);
  for (k = 0; k < GST_VIDEO_MAX_COMPONENTS && comp[k] >= 0; k++)
    size = MAX (size, (gsize) GST_VIDEO_FRAME_COMP_WIDTH (frame, comp[k])
        * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, comp[k]));
  return size;
}

static gboolean
check_plane (const GstVideoFrame * frame, guint plane, GError ** error)
{
  const GstMapInfo *map = &frame->map[frame->meta ? plane : 0];
  gint comp[GST_VIDEO_MAX_COMPONENTS];
  gssize stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  gssize first = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane)
      - map->data;
  gssize last, end;

  gst_video_format_info_component (frame->info.finfo, plane, comp);
  last = first + (gssize) (GST_VIDEO_FRAME_COMP_HEIGHT (frame, comp[0]) - 1)
      * stride;
  end = MAX (first, last) + (gssize) get_row_size (frame, plane);
  if (MIN (first, last) >= 0 && end <= (gssize) map->size)
    return TRUE;

  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "plane %u (stride %" G_GSSIZE_FORMAT ") covers bytes %" G_GSSIZE_FORMAT
      " to %" G_GSSIZE_FORMAT " of a memory of %" G_GSIZE_FORMAT, plane,
      stride, MIN (first, last), end, map->size);
  return FALSE;
}

static gboolean
check_planes (const GstVideoFrame * frame, GError ** error)
{
  guint p;

  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    if (!check_plane (frame, p, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
apply_crop (GstVideoFrame * frame, const GstVideoInfo * info,
    GstBuffer * buffer, GError ** error)
{
  GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);

  if (!crop)
    return TRUE;
  if (!check_crop (crop, frame, info, error))
    return FALSE;
  move_to_crop (frame, crop);
  return TRUE;
}

gboolean
gst_ecbsr_frame_map (GstVideoFrame * frame, const GstVideoInfo * info,
    GstBuffer * buffer, GstMapFlags flags, GError ** error)
{
  GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  gboolean reading = (flags & GST_MAP_READ) != 0;

  if (meta && !check_video_meta (meta, info, error))
    return FALSE;
  if (!gst_video_frame_map (frame, info, buffer,
          flags | GST_VIDEO_FRAME_MAP_FLAG_NO_REF)) {
    g_set_error (error, GST_RESOURCE_ERROR,
        reading ? GST_RESOURCE_ERROR_READ : GST_RESOURCE_ERROR_WRITE,
        "a buffer of %" G_GSIZE_FORMAT " bytes cannot be mapped as a %dx%d %s "
        "frame, which has %" G_GSIZE_FORMAT, gst_buffer_get_size (buffer),
        info->width, info->height, GST_VIDEO_INFO_NAME (info), info->size);
    return FALSE;
  }
  if (reading && !apply_crop (frame, info, buffer, error))
    goto unmap;
  frame->info.width = info->width;
  frame->info.height = info->height;
  if (check_planes (frame, error))
    return TRUE;

unmap:
  gst_video_frame_unmap (frame);
  return FALSE;
}

void
gst_ecbsr_frame_get_picture (const GstVideoFrame * frame,
    EcbsrPicture * picture)
{
  guint p;

  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    picture->plane[p] = GST_VIDEO_FRAME_PLANE_DATA (frame, p);
    picture->stride[p] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  }
}
