/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "frame.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* --------------------------------------------------------------- formats -- */

/* In bytes. GStreamer 1.22 counts P010's in words, of which 1 is no byte that a
 * word could begin at. */
static guint
get_offset (const GstVideoFormatInfo * finfo, guint component)
{
  guint offset = GST_VIDEO_FORMAT_INFO_POFFSET (finfo, component);

  if (GST_VIDEO_FORMAT_INFO_DEPTH (finfo, component) > 8 && offset % 2 != 0)
    offset *= 2;
  return offset;
}

static void
set_layout (EcbsrLayout * layout, const GstVideoFormatInfo * finfo)
{
  guint i;

  layout->color = GST_VIDEO_FORMAT_INFO_IS_RGB (finfo) ?
      ECBSR_COLOR_RGB : ECBSR_COLOR_YUV;
  layout->n_components = GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo);
  for (i = 0; i < layout->n_components; i++) {
    layout->component[i].plane = GST_VIDEO_FORMAT_INFO_PLANE (finfo, i);
    layout->component[i].offset = get_offset (finfo, i);
    layout->component[i].pixel_stride =
        GST_VIDEO_FORMAT_INFO_PSTRIDE (finfo, i);
    layout->component[i].w_sub = GST_VIDEO_FORMAT_INFO_W_SUB (finfo, i);
    layout->component[i].h_sub = GST_VIDEO_FORMAT_INFO_H_SUB (finfo, i);
  }
}

/* Unknown means what is usual: the full range for RGB, else video range. */
static gboolean
is_full_range (const GstVideoInfo * info)
{
  switch (info->colorimetry.range) {
    case GST_VIDEO_COLOR_RANGE_0_255:
      return TRUE;
    case GST_VIDEO_COLOR_RANGE_16_235:
      return FALSE;
    default:
      return GST_VIDEO_INFO_IS_RGB (info);
  }
}

/* RGB says nothing of how luma is made of it, but the primaries tell which
 * standard the picture follows. */
static GstVideoColorMatrix
get_luma_matrix (const GstVideoColorimetry * color)
{
  if (color->matrix != GST_VIDEO_COLOR_MATRIX_RGB)
    return color->matrix;

  switch (color->primaries) {
    case GST_VIDEO_COLOR_PRIMARIES_BT709:
      return GST_VIDEO_COLOR_MATRIX_BT709;
    case GST_VIDEO_COLOR_PRIMARIES_BT2020:
      return GST_VIDEO_COLOR_MATRIX_BT2020;
    default:
      return GST_VIDEO_COLOR_MATRIX_BT601;
  }
}

static void
set_luma_weights (gdouble weight[3], const GstVideoColorimetry * color)
{
  gdouble kr, kb;

  if (!gst_video_color_matrix_get_Kr_Kb (get_luma_matrix (color), &kr, &kb))
    gst_video_color_matrix_get_Kr_Kb (GST_VIDEO_COLOR_MATRIX_BT601, &kr, &kb);
  weight[0] = kr;
  weight[1] = 1.0 - kr - kb;
  weight[2] = kb;
}

static void
set_chroma_offsets (EcbsrPlanConfig * config, const GstVideoInfo * info)
{
  GstVideoChromaSite site = info->chroma_site;

  config->chroma_offset_x =
      (site & GST_VIDEO_CHROMA_SITE_H_COSITED) ? 0.25 : 0.5;
  config->chroma_offset_y =
      (site & GST_VIDEO_CHROMA_SITE_V_COSITED) ? 0.25 : 0.5;
}

/* Black and white are where they are in 8 bits; full range is all there is. */
static void
set_samples (EcbsrPlanConfig * config, const GstVideoInfo * info)
{
  guint depth = GST_VIDEO_INFO_COMP_DEPTH (info, 0);
  guint unit = 1u << (depth - 8);

  config->sample = depth > 8 ? ECBSR_SAMPLE_U16 : ECBSR_SAMPLE_U8;
  config->depth = depth;
  config->shift = GST_VIDEO_FORMAT_INFO_SHIFT (info->finfo, 0);
  config->black = is_full_range (info) ? 0.0 : 16.0 * unit;
  config->white = is_full_range (info) ? (1u << depth) - 1.0 : 235.0 * unit;
}

void
gst_ecbsr_frame_get_config (const GstVideoInfo * info,
    EcbsrPlanConfig * config)
{
  memset (config, 0, sizeof *config);
  config->width = GST_VIDEO_INFO_WIDTH (info);
  config->height = GST_VIDEO_INFO_HEIGHT (info);
  set_layout (&config->layout, info->finfo);
  set_samples (config, info);
  set_luma_weights (config->luma_weight, &info->colorimetry);
  set_chroma_offsets (config, info);
  config->interleaved = GST_VIDEO_INFO_INTERLACE_MODE (info) !=
      GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

/* ---------------------------------------------------------------- fields -- */

static gboolean
is_alternate (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_INTERLACE_MODE (info) ==
      GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

/* Rows after which the fields begin anew: those of luma, and where both fields lie
 * in one buffer those of chroma, which is shared out as well. */
static guint
get_row_unit (const GstVideoInfo * info)
{
  gboolean halved = GST_VIDEO_INFO_N_COMPONENTS (info) > 1
      && GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1) > 0;

  return halved && !is_alternate (info) ? 4 : 2;
}

static gboolean
is_same_kind (const GstVideoInfo * a, const GstVideoInfo * b)
{
  return GST_VIDEO_INFO_FORMAT (a) == GST_VIDEO_INFO_FORMAT (b)
      && gst_video_colorimetry_is_equal (&a->colorimetry, &b->colorimetry)
      && a->chroma_site == b->chroma_site;
}

/* Of an odd number of chroma rows the top field has one more. The engine knows, but
 * the library's converter, which runs at the output's size, reaches below the frame. */
static gboolean
can_share_rows (const GstVideoInfo * in, const GstVideoInfo * out)
{
  if (in->height % 2 != 0 || in->height < (gint) get_row_unit (in) / 2 + 1)
    return FALSE;
  return is_same_kind (in, out) || (out->height % get_row_unit (in) == 0
      && out->height % get_row_unit (out) == 0);
}

gboolean
gst_ecbsr_frame_check_fields (const GstVideoInfo * in, const GstVideoInfo * out,
    GError ** error)
{
  GstVideoInterlaceMode mode = GST_VIDEO_INFO_INTERLACE_MODE (in);
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
  if (!can_share_rows (in, out)) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
        "Interlaced %s video of %d rows cannot be upscaled to %s: its fields "
        "share rows unless their number is a multiple of %u. Put a deinterlace "
        "element in front.", GST_VIDEO_INFO_NAME (in), in->height,
        GST_VIDEO_INFO_NAME (out), MAX (get_row_unit (in),
            get_row_unit (out)));
    return FALSE;
  }
  return TRUE;
}

void
gst_ecbsr_frame_get_possible_fields (const GstVideoInfo * info,
    gboolean possible[GST_ECBSR_N_FIELDS])
{
  gboolean interlaced = GST_VIDEO_INFO_IS_INTERLACED (info);

  possible[ECBSR_FIELD_NONE] = !interlaced
      || GST_VIDEO_INFO_INTERLACE_MODE (info) == GST_VIDEO_INTERLACE_MODE_MIXED;
  possible[ECBSR_FIELD_TOP] = possible[ECBSR_FIELD_BOTTOM] = interlaced;
}

/* One field alone is the first of the two that a frame would have. A buffer that does
 * not say which counts as the top one: half a row away from its place at worst. */
static EcbsrField
find_alternate (const GstVideoFrame * frame)
{
  if (GST_VIDEO_FRAME_IS_ONEFIELD (frame))
    return GST_VIDEO_FRAME_IS_TFF (frame) ? ECBSR_FIELD_TOP :
        ECBSR_FIELD_BOTTOM;
  GST_LOG ("a buffer that does not say which field it is");
  return ECBSR_FIELD_TOP;
}

guint
gst_ecbsr_frame_find_fields (const GstVideoFrame * frame, EcbsrField fields[2])
{
  if (is_alternate (&frame->info)) {
    fields[0] = find_alternate (frame);
    return 1;
  }
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

/* Row @y of the frame, counted in the rows of a buffer of @info. FALSE where
 * nothing can begin there, because rows around it belong to two fields. */
static gboolean
find_row (const GstVideoInfo * info, guint y, guint * row)
{
  *row = is_alternate (info) ? y / 2 : y;
  return !GST_VIDEO_INFO_IS_INTERLACED (info) || y % get_row_unit (info) == 0;
}

/* --------------------------------------------------------------- mapping -- */

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
  if (!find_row (info, crop->y, &row)) {
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

  find_row (&frame->info, crop->y, &row);
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
  GST_LOG ("crop to %ux%u at %u,%u", crop->width, crop->height, crop->x,
      crop->y);
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
gst_ecbsr_frame_get_picture (const GstVideoFrame * frame, EcbsrField field,
    EcbsrPicture * picture)
{
  gboolean every_other = field != ECBSR_FIELD_NONE
      && !is_alternate (&frame->info);
  guint p;

  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    picture->plane[p] = GST_VIDEO_FRAME_PLANE_DATA (frame, p);
    picture->stride[p] = GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
    if (every_other && field == ECBSR_FIELD_BOTTOM)
      picture->plane[p] += picture->stride[p];
    if (every_other)
      picture->stride[p] *= 2;
  }
}
