/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "gstecbsrfields.h"

#include "gstecbsrframe.h"

static gboolean
is_alternate (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_INTERLACE_MODE (info) ==
      GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

/* Rows that the fields have to share out evenly: those of luma, and where both
 * fields lie in one buffer those of chroma, which is shared out as well. */
static guint
get_row_unit (const GstVideoInfo * info)
{
  gboolean halved = GST_VIDEO_INFO_N_COMPONENTS (info) > 1
      && GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1) > 0;

  return halved && !is_alternate (info) ? 4 : 2;
}

gboolean
gst_ecbsr_fields_check (const GstVideoInfo * in, const GstVideoInfo * out,
    GError ** error)
{
  GstVideoInterlaceMode mode = GST_VIDEO_INFO_INTERLACE_MODE (in);
  guint unit = get_row_unit (in);

  if (mode != GST_VIDEO_INFO_INTERLACE_MODE (out)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "the video has interlace-mode=%s, downstream wants %s",
        gst_video_interlace_mode_to_string (mode),
        gst_video_interlace_mode_to_string (GST_VIDEO_INFO_INTERLACE_MODE
            (out)));
    return FALSE;
  }
  if (!GST_VIDEO_INFO_IS_INTERLACED (in))
    return TRUE;
  if (mode == GST_VIDEO_INTERLACE_MODE_FIELDS) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "Interlaced video with interlace-mode=fields cannot be upscaled, only "
        "interleaved, mixed and alternate fields. Put a deinterlace element in "
        "front.");
    return FALSE;
  }
  if (in->height % unit != 0) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "Interlaced %s video of %d rows cannot be upscaled: its fields share "
        "rows unless their number is a multiple of %u. Put a deinterlace "
        "element in front.", GST_VIDEO_INFO_NAME (in), in->height, unit);
    return FALSE;
  }
  return TRUE;
}

void
gst_ecbsr_fields_get_possible (const GstVideoInfo * info,
    gboolean possible[GST_ECBSR_N_FIELDS])
{
  gboolean interlaced = GST_VIDEO_INFO_IS_INTERLACED (info);

  possible[ECBSR_FIELD_NONE] = !interlaced
      || GST_VIDEO_INFO_INTERLACE_MODE (info) == GST_VIDEO_INTERLACE_MODE_MIXED;
  possible[ECBSR_FIELD_TOP] = possible[ECBSR_FIELD_BOTTOM] = interlaced;
}

/* One field alone is the first of the two that a frame would have. */
static guint
find_alternate (const GstVideoFrame * frame, EcbsrField fields[2],
    GError ** error)
{
  if (GST_VIDEO_FRAME_IS_ONEFIELD (frame)) {
    fields[0] = GST_VIDEO_FRAME_IS_TFF (frame)
        ? ECBSR_FIELD_TOP : ECBSR_FIELD_BOTTOM;
    return 1;
  }
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "the caps say interlace-mode=alternate, but the buffer does not say "
      "whether it is a top or a bottom field");
  return 0;
}

guint
gst_ecbsr_fields_find (const GstVideoFrame * frame, EcbsrField fields[2],
    GError ** error)
{
  if (is_alternate (&frame->info))
    return find_alternate (frame, fields, error);
  /* A buffer's flags alone make no fields: there are plans for what the caps say. */
  if (!GST_VIDEO_INFO_IS_INTERLACED (&frame->info)
      || !GST_VIDEO_FRAME_IS_INTERLACED (frame)) {
    fields[0] = ECBSR_FIELD_NONE;
    return 1;
  }
  fields[0] = ECBSR_FIELD_TOP;
  fields[1] = ECBSR_FIELD_BOTTOM;
  return 2;
}

void
gst_ecbsr_fields_get_picture (const GstVideoFrame * frame, EcbsrField field,
    EcbsrPicture * picture)
{
  guint p;

  gst_ecbsr_frame_get_picture (frame, picture);
  if (field == ECBSR_FIELD_NONE || is_alternate (&frame->info))
    return;
  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    if (field == ECBSR_FIELD_BOTTOM)
      picture->plane[p] += picture->stride[p];
    picture->stride[p] *= 2;
  }
}

EcbsrRegion
gst_ecbsr_fields_get_region (const EcbsrRegion * region, EcbsrField field)
{
  EcbsrRegion part = *region;

  if (field == ECBSR_FIELD_NONE || region->height == 0)
    return part;
  part.y = region->y / 2;
  part.height = (region->height + region->y % 2 + 1) / 2;
  return part;
}

void
gst_ecbsr_fields_make_whole (GstVideoInfo * info)
{
  if (!is_alternate (info))
    return;
  info->height = GST_VIDEO_INFO_FIELD_HEIGHT (info);
  GST_VIDEO_INFO_INTERLACE_MODE (info) = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
}

gboolean
gst_ecbsr_fields_find_row (const GstVideoInfo * info, guint y, guint * row)
{
  *row = is_alternate (info) ? y / 2 : y;
  return !GST_VIDEO_INFO_IS_INTERLACED (info) || y % get_row_unit (info) == 0;
}
