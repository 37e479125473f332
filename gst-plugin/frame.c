/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "frame.h"

#include <string.h>

#include "formats.h"

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

/* --------------------------------------------------------------- formats -- */

gboolean
gst_ecbsr_frame_get_native (const GstVideoInfo * info, GstVideoInfo * native,
    GError ** error)
{
  GstVideoFormat format =
      gst_ecbsr_formats_get_native (GST_VIDEO_INFO_FORMAT (info));

  *native = *info;
  if (format == GST_VIDEO_INFO_FORMAT (info))
    return TRUE;
  if (!gst_video_info_set_interlaced_format (native, format,
          GST_VIDEO_INFO_INTERLACE_MODE (info), info->width, info->height)) {
    g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
        "a frame of %dx%d is too large for %s, which %s is upscaled as",
        info->width, info->height, gst_video_format_to_string (format),
        GST_VIDEO_INFO_NAME (info));
    return FALSE;
  }
  native->colorimetry = info->colorimetry;
  native->chroma_site = info->chroma_site;
  native->fps_n = info->fps_n;
  native->fps_d = info->fps_d;
  GST_VIDEO_INFO_FIELD_ORDER (native) = GST_VIDEO_INFO_FIELD_ORDER (info);
  return TRUE;
}

/* The library puts all components of Y210, Y212 and Y412, and of their kind, at 0,
 * and for some of them says that their bits are the lower ones. They are the upper
 * bits of words in the order Y, U, Y, V and U, Y, V, A. */
static gboolean
lacks_offsets (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_N_PLANES (finfo) == 1
      && GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo) > 1
      && GST_VIDEO_FORMAT_INFO_POFFSET (finfo, 0) ==
      GST_VIDEO_FORMAT_INFO_POFFSET (finfo, 1);
}

/* In bytes. GStreamer 1.22 counts P010's in words, of which 1 is no byte that a
 * word could begin at. */
static guint
get_offset (const GstVideoFormatInfo * finfo, guint component)
{
  static const guint yuyv[] = { 0, 2, 6 }, uyva[] = { 2, 0, 4, 6 };
  guint offset = GST_VIDEO_FORMAT_INFO_POFFSET (finfo, component);

  if (lacks_offsets (finfo))
    return GST_VIDEO_FORMAT_INFO_N_COMPONENTS (finfo) == 3
        ? yuyv[component] : uyva[component];
  if (GST_VIDEO_FORMAT_INFO_DEPTH (finfo, component) > 8 && offset % 2 != 0)
    offset *= 2;
  return offset;
}

static guint
get_shift (const GstVideoFormatInfo * finfo)
{
  if (lacks_offsets (finfo))
    return 16 - GST_VIDEO_FORMAT_INFO_DEPTH (finfo, 0);
  return GST_VIDEO_FORMAT_INFO_SHIFT (finfo, 0);
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

/* Where in its cell a chroma sample lies that is shared by 1 << @sub pixels. */
static gdouble
get_offset_in_cell (guint sub, gboolean cosited)
{
  return cosited ? 0.5 / (1u << sub) : 0.5;
}

static void
get_chroma_offsets (const GstVideoInfo * info, gdouble * x, gdouble * y)
{
  GstVideoChromaSite site = info->chroma_site;

  *x = get_offset_in_cell (GST_VIDEO_FORMAT_INFO_W_SUB (info->finfo, 1),
      (site & GST_VIDEO_CHROMA_SITE_H_COSITED) != 0);
  *y = get_offset_in_cell (GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1),
      (site & GST_VIDEO_CHROMA_SITE_V_COSITED) != 0);
}

/* Black and white are where they are in 8 bits; full range is all there is. */
void
gst_ecbsr_frame_set_depth (const GstVideoInfo * info, guint depth,
    EcbsrPlanConfig * config)
{
  guint full_depth = GST_VIDEO_INFO_COMP_DEPTH (info, 0);
  gdouble unit = (1u << depth) / 256.0;

  config->sample = full_depth > 8 ? ECBSR_SAMPLE_U16 : ECBSR_SAMPLE_U8;
  config->depth = depth;
  config->shift = get_shift (info->finfo) + full_depth - depth;
  config->black = is_full_range (info) ? 0.0 : 16.0 * unit;
  config->white = is_full_range (info) ? (1u << depth) - 1.0 : 235.0 * unit;
  config->chroma_zero = 128.0 * unit;
  config->chroma_span =
      is_full_range (info) ? (1u << depth) - 1.0 : 224.0 * unit;
}

guint
gst_ecbsr_frame_get_depth (const GstVideoInfo * in, const GstVideoInfo * out)
{
  guint depth = gst_ecbsr_formats_get_depth (in->finfo);

  if (gst_ecbsr_formats_get_depth (out->finfo) > depth)
    return gst_ecbsr_formats_get_depth (gst_video_format_get_info
        (gst_ecbsr_formats_get_native (GST_VIDEO_INFO_FORMAT (in))));
  return depth;
}

void
gst_ecbsr_frame_get_config (const GstVideoInfo * info, EcbsrPlanConfig * config)
{
  memset (config, 0, sizeof *config);
  config->width = GST_VIDEO_INFO_WIDTH (info);
  config->height = GST_VIDEO_INFO_HEIGHT (info);
  set_layout (&config->layout, info->finfo);
  gst_ecbsr_frame_set_depth (info, GST_VIDEO_INFO_COMP_DEPTH (info, 0), config);
  set_luma_weights (config->luma_weight, &info->colorimetry);
  get_chroma_offsets (info, &config->chroma_offset_x, &config->chroma_offset_y);
  config->interleaved = GST_VIDEO_INFO_INTERLACE_MODE (info) !=
      GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

/* The conversion makes a sample of the output's grid out of what lies around its
 * middle. To be right at @offset of its cell, what it is made of has to lie as far
 * to the right. In cells of the input's grid. */
static gdouble
aim (gdouble offset, guint sub, guint out_sub)
{
  return 0.5 - (0.5 - offset) * (1u << out_sub) / (1u << sub);
}

void
gst_ecbsr_frame_aim_chroma (const GstVideoInfo * in, const GstVideoInfo * out,
    EcbsrPlanConfig * config)
{
  gdouble x, y;

  if (!GST_VIDEO_INFO_IS_YUV (in) || GST_VIDEO_INFO_IS_GRAY (out))
    return;
  get_chroma_offsets (out, &x, &y);
  config->chroma_shift_x = aim (x, GST_VIDEO_FORMAT_INFO_W_SUB (in->finfo, 1),
      GST_VIDEO_FORMAT_INFO_W_SUB (out->finfo, 1)) - config->chroma_offset_x;
  config->chroma_shift_y = aim (y, GST_VIDEO_FORMAT_INFO_H_SUB (in->finfo, 1),
      GST_VIDEO_FORMAT_INFO_H_SUB (out->finfo, 1)) - config->chroma_offset_y;
}

/* ---------------------------------------------------------------- fields -- */

static gboolean
is_alternate (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_INTERLACE_MODE (info) ==
      GST_VIDEO_INTERLACE_MODE_ALTERNATE;
}

guint
gst_ecbsr_frame_get_row_unit (const GstVideoInfo * info)
{
  guint h_sub = GST_VIDEO_INFO_IS_YUV (info) && !is_alternate (info)
      ? GST_VIDEO_FORMAT_INFO_H_SUB (info->finfo, 1) : 0;

  return 2u << h_sub;
}

/* Tiles have no rows of their own that a conversion could continue (convert.c). */
static gboolean
can_continue_rows (const GstVideoInfo * info)
{
  return !GST_VIDEO_FORMAT_INFO_IS_TILED (info->finfo)
      || info->height % gst_ecbsr_frame_get_row_unit (info) == 0;
}

/* Each field needs a row of each component. Of an odd number of chroma rows the top
 * field has one more. */
static gboolean
can_share_rows (const GstVideoInfo * in, const GstVideoInfo * out)
{
  return in->height % 2 == 0
      && in->height > (gint) gst_ecbsr_frame_get_row_unit (in) / 2
      && can_continue_rows (in) && can_continue_rows (out);
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
        GST_VIDEO_INFO_NAME (out), MAX (gst_ecbsr_frame_get_row_unit (in),
            gst_ecbsr_frame_get_row_unit (out)));
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
  return !GST_VIDEO_INFO_IS_INTERLACED (info)
      || y % gst_ecbsr_frame_get_row_unit (info) == 0;
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

static gboolean
is_palette (const GstVideoFormatInfo * finfo, guint plane)
{
  return GST_VIDEO_FORMAT_INFO_HAS_PALETTE (finfo) && plane == 1;
}

/* As the library lays such frames out. */
static gint
get_default_stride (const GstVideoFrame * frame, guint plane)
{
  const GstVideoInfo *info = &frame->info;
  GstVideoInfo usual;

  if (!gst_video_info_set_interlaced_format (&usual,
          GST_VIDEO_INFO_FORMAT (info), GST_VIDEO_INFO_INTERLACE_MODE (info),
          info->width, info->height))
    return G_MAXINT;
  return GST_VIDEO_INFO_PLANE_STRIDE (&usual, plane);
}

gsize
gst_ecbsr_frame_get_row_size (const GstVideoFrame * frame, guint plane)
{
  gint comp[GST_VIDEO_MAX_COMPONENTS];
  gsize size = 0;
  guint k;

  gst_video_format_info_component (frame->info.finfo, plane, comp);
  for (k = 0; k < GST_VIDEO_MAX_COMPONENTS && comp[k] >= 0; k++)
    size = MAX (size, (gsize) GST_VIDEO_FRAME_COMP_WIDTH (frame, comp[k])
        * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, comp[k]));
  if (size == 0)                /* bits that are packed across bytes */
    size = get_default_stride (frame, plane);
  return size;
}

/* The bytes from @first on that a plane covers, as offsets into its memory. FALSE:
 * it does not hold the frame. */
static gboolean
get_extent (const GstVideoFrame * frame, guint plane, gssize * first,
    gssize * end)
{
  const GstVideoFormatInfo *finfo = frame->info.finfo;
  const GstMapInfo *map = &frame->map[frame->meta ? plane : 0];
  gssize stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane);
  gint comp[GST_VIDEO_MAX_COMPONENTS];
  gssize last;

  *first = *end = (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane)
      - map->data;
  if (is_palette (finfo, plane)) {
    *end += 256 * 4;
    return TRUE;
  }
  if (GST_VIDEO_FORMAT_INFO_IS_TILED (finfo)) {
    gssize usual = get_default_stride (frame, plane);

    *end += (gssize) GST_VIDEO_TILE_X_TILES (stride)
        * GST_VIDEO_TILE_Y_TILES (stride)
        * GST_VIDEO_FORMAT_INFO_TILE_SIZE (finfo, plane);
    return stride > 0
        && GST_VIDEO_TILE_X_TILES (stride) >= GST_VIDEO_TILE_X_TILES (usual)
        && GST_VIDEO_TILE_Y_TILES (stride) >= GST_VIDEO_TILE_Y_TILES (usual);
  }
  gst_video_format_info_component (finfo, plane, comp);
  last = *first + (gssize) (GST_VIDEO_FRAME_COMP_HEIGHT (frame, comp[0]) - 1)
      * stride;
  *end = MAX (*first, last)
      + (gssize) gst_ecbsr_frame_get_row_size (frame, plane);
  *first = MIN (*first, last);
  return TRUE;
}

static gboolean
check_plane (const GstVideoFrame * frame, guint plane, GError ** error)
{
  const GstMapInfo *map = &frame->map[frame->meta ? plane : 0];
  gssize first, end;

  if (get_extent (frame, plane, &first, &end) && first >= 0
      && end <= (gssize) map->size)
    return TRUE;

  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT,
      "plane %u (stride %d) covers bytes %" G_GSSIZE_FORMAT " to %"
      G_GSSIZE_FORMAT " of a memory of %" G_GSIZE_FORMAT, plane,
      GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane), first, end, map->size);
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

gboolean
gst_ecbsr_frame_crop (GstVideoFrame * frame, const GstVideoInfo * info,
    GstBuffer * buffer, GError ** error)
{
  GstVideoCropMeta *crop = gst_buffer_get_video_crop_meta (buffer);

  if (crop && !check_crop (crop, frame, info, error))
    return FALSE;
  if (crop) {
    GST_LOG ("crop to %ux%u at %u,%u", crop->width, crop->height, crop->x,
        crop->y);
    move_to_crop (frame, crop);
  }
  frame->info.width = info->width;
  frame->info.height = info->height;
  return TRUE;
}

/* Pixels that can be pointed to are cropped first: what lies beyond does not have to
 * be there. */
static gboolean
crop_and_check (GstVideoFrame * frame, const GstVideoInfo * info,
    gboolean reading, GError ** error)
{
  if (!reading) {
    frame->info.width = info->width;
    frame->info.height = info->height;
  } else if (gst_ecbsr_formats_is_native (GST_VIDEO_INFO_FORMAT (info))) {
    if (!gst_ecbsr_frame_crop (frame, info, frame->buffer, error))
      return FALSE;
  }
  return check_planes (frame, error);
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
  if (crop_and_check (frame, info, reading, error))
    return TRUE;
  gst_video_frame_unmap (frame);
  return FALSE;
}

GstBuffer *
gst_ecbsr_frame_copy_plain (const GstVideoInfo * info, GstBuffer * buffer,
    GError ** error)
{
  g_autoptr (GstBuffer) plain = NULL;
  GstVideoFrame in, out;

  if (!gst_ecbsr_frame_map (&in, info, buffer, GST_MAP_READ, error))
    return NULL;
  plain = gst_buffer_new_allocate (NULL, info->size, NULL);
  if (gst_ecbsr_frame_map (&out, info, plain, GST_MAP_WRITE, error)) {
    gst_video_frame_copy (&out, &in);
    gst_video_frame_unmap (&out);
  } else {
    gst_clear_buffer (&plain);
  }
  gst_video_frame_unmap (&in);
  return g_steal_pointer (&plain);
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
