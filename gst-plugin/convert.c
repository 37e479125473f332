/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "convert.h"

#include <string.h>

#include "formats.h"
#include "frame.h"

#include "cpu.h"

/* Pixels that any format packs into whole words together; v210 does most. */
#define GROUP 48

/* A copy for frames that the converter cannot work on where they are. */
typedef struct
{
  GstVideoInfo info;
  GstBuffer *buffer;            /* NULL: not needed so far */
} Staging;

struct _GstEcbsrConversion
{
  GstVideoConverter *converter;
  Staging from, to;
};

/* The library's functions for them leave out the last tile of a row where it is not
 * whole. The memory for it is there. */
static gboolean
has_whole_tiles_only (const GstVideoFormatInfo * finfo)
{
  return g_str_equal (GST_VIDEO_FORMAT_INFO_NAME (finfo), "MT2110T")
      || g_str_equal (GST_VIDEO_FORMAT_INFO_NAME (finfo), "MT2110R");
}

/* What the converter does not know: where buffers of @info hold one field each, makes
 * it a progressive picture of that height, and of a part of a tile all of it. */
static void
make_whole (GstVideoInfo * info)
{
  if (has_whole_tiles_only (info->finfo))
    info->width = GST_ROUND_UP_16 (info->width);
  if (GST_VIDEO_INFO_INTERLACE_MODE (info) !=
      GST_VIDEO_INTERLACE_MODE_ALTERNATE)
    return;
  info->height = GST_VIDEO_INFO_FIELD_HEIGHT (info);
  GST_VIDEO_INFO_INTERLACE_MODE (info) = GST_VIDEO_INTERLACE_MODE_PROGRESSIVE;
}

static void
make_frame_whole (GstVideoFrame * frame)
{
  if (GST_VIDEO_INFO_INTERLACE_MODE (&frame->info) ==
      GST_VIDEO_INTERLACE_MODE_ALTERNATE)
    frame->flags &= ~GST_VIDEO_FRAME_FLAG_INTERLACED;
  make_whole (&frame->info);
}

/* Rows that both fields have as many of, also where @info has 4:2:0 with an odd number
 * of chroma rows: the converter would reach below the frame. */
static gint
get_shared_height (const GstVideoInfo * info, gint height)
{
  gint unit = gst_ecbsr_frame_get_row_unit (info);

  return GST_VIDEO_INFO_IS_INTERLACED (info)
      ? (height + unit - 1) / unit * unit : height;
}

/* Makes both as large as the converter needs them. */
static void
enlarge (GstVideoInfo * in, GstVideoInfo * out)
{
  in->width = out->width = MAX (in->width, out->width);
  in->height = out->height = get_shared_height (in,
      get_shared_height (out, in->height));
}

/* --------------------------------------------------------------- staging -- */

/* Pixels share words that lie in no plane of their own. */
static gboolean
packs_bits (const GstVideoFormatInfo * finfo)
{
  return GST_VIDEO_FORMAT_INFO_IS_COMPLEX (finfo)
      && !GST_VIDEO_FORMAT_INFO_IS_TILED (finfo);
}

/* Rows of whole groups, so that a last one that is cut off has room. */
static gboolean
staging_init (Staging * staging, const GstVideoInfo * info)
{
  guint width = info->width;

  if (packs_bits (info->finfo))
    width = (width + GROUP - 1) / GROUP * GROUP;
  if (!gst_video_info_set_interlaced_format (&staging->info,
          GST_VIDEO_INFO_FORMAT (info), GST_VIDEO_INFO_INTERLACE_MODE (info),
          width, info->height))
    return FALSE;
  staging->info.width = info->width;
  staging->info.colorimetry = info->colorimetry;
  staging->info.chroma_site = info->chroma_site;
  return TRUE;
}

GstBuffer *
gst_ecbsr_conversion_new_buffer (const GstVideoInfo * info, GError ** error)
{
  GstAllocationParams params = { 0, 63, 0, 0 };
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, &params);

  if (!buffer)
    g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
        "no memory for a frame of %" G_GSIZE_FORMAT " bytes", info->size);
  return buffer;
}

static gboolean
staging_map (Staging * staging, GstVideoFrame * frame, GError ** error)
{
  if (!staging->buffer) {
    staging->buffer = gst_ecbsr_conversion_new_buffer (&staging->info, error);
    if (!staging->buffer)
      return FALSE;
    gst_buffer_memset (staging->buffer, 0, 0, -1);
  }
  if (gst_video_frame_map (frame, &staging->info, staging->buffer,
          GST_MAP_READWRITE | GST_VIDEO_FRAME_MAP_FLAG_NO_REF))
    return TRUE;
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY,
      "a frame of %" G_GSIZE_FORMAT " bytes cannot be mapped",
      staging->info.size);
  return FALSE;
}

/* The converter's loops over pixels crash where these are not aligned, which strides
 * of other elements need not care for. */
static gboolean
is_aligned (const GstVideoFrame * frame)
{
  gboolean tiled = GST_VIDEO_FORMAT_INFO_IS_TILED (frame->info.finfo);
  guintptr mask = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0) > 4 ? 7 : 3;
  guintptr bits = 0;
  guint p;

  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (frame); p++) {
    bits |= (guintptr) GST_VIDEO_FRAME_PLANE_DATA (frame, p);
    if (!tiled)
      bits |= (guintptr) GST_VIDEO_FRAME_PLANE_STRIDE (frame, p);
  }
  return (bits & mask) == 0;
}

static gboolean
needs_staging (const GstEcbsrConversion * self, const GstVideoFrame * frame)
{
  const GstVideoInfo *worked_on = &self->from.info;

  if (frame->info.width < worked_on->width
      || frame->info.height < worked_on->height)
    return TRUE;
  return !is_aligned (frame) || (packs_bits (frame->info.finfo)
      && GST_VIDEO_FRAME_WIDTH (frame) % GROUP != 0);
}

/* Not of tiles. */
static gint
count_rows (const GstVideoFrame * frame, guint plane)
{
  gint comp[GST_VIDEO_MAX_COMPONENTS];

  gst_video_format_info_component (frame->info.finfo, plane, comp);
  return GST_VIDEO_FRAME_COMP_HEIGHT (frame, comp[0]);
}

/* Goes on with the last pixel, or the last that share chroma, from @size to
 * @whole_size bytes. */
static void
continue_row (guint8 * row, const GstVideoFrame * frame, guint plane,
    gsize size, gsize whole_size)
{
  gint comp[GST_VIDEO_MAX_COMPONENTS];
  gsize group = 1, x;
  guint k;

  gst_video_format_info_component (frame->info.finfo, plane, comp);
  for (k = 0; k < GST_VIDEO_MAX_COMPONENTS && comp[k] >= 0; k++)
    group = MAX (group, (gsize) GST_VIDEO_FRAME_COMP_PSTRIDE (frame, comp[k]));
  for (x = size; x < whole_size; x++)
    row[x] = row[x - group];
}

/* What both have, and where @to has more, its field, or picture, goes on with the
 * last of it. */
static void
copy_rows (const GstVideoFrame * to, const GstVideoFrame * from, guint plane)
{
  gsize whole_size = gst_ecbsr_frame_get_row_size (to, plane);
  gsize size = MIN (whole_size, gst_ecbsr_frame_get_row_size (from, plane));
  const guint8 *src = GST_VIDEO_FRAME_PLANE_DATA (from, plane);
  guint8 *dst = GST_VIDEO_FRAME_PLANE_DATA (to, plane);
  gint stride = GST_VIDEO_FRAME_PLANE_STRIDE (to, plane);
  gint n_fields = GST_VIDEO_FRAME_IS_INTERLACED (from) ? 2 : 1;
  gint n = count_rows (to, plane), n_there = count_rows (from, plane), y;

  for (y = 0; y < MIN (n, n_there); y++) {
    memcpy (dst + (gssize) y * stride,
        src + (gssize) y * GST_VIDEO_FRAME_PLANE_STRIDE (from, plane), size);
    continue_row (dst + (gssize) y * stride, to, plane, size, whole_size);
  }
  for (; y < n; y++)
    memcpy (dst + (gssize) y * stride, dst + (gssize) (y - n_fields) * stride,
        whole_size);
}

static void
copy (GstVideoFrame * to, const GstVideoFrame * from)
{
  const GstVideoFormatInfo *finfo = from->info.finfo;
  guint p;

  for (p = 0; p < GST_VIDEO_FRAME_N_PLANES (from); p++) {
    if (GST_VIDEO_FORMAT_INFO_IS_TILED (finfo)
        || GST_VIDEO_FORMAT_INFO_HAS_PALETTE (finfo))
      gst_video_frame_copy_plane (to, from, p);
    else
      copy_rows (to, from, p);
  }
}

/* ------------------------------------------------------------ conversion -- */

static gboolean
same_sampling (const GstVideoFormatInfo * a, const GstVideoFormatInfo * b)
{
  return a->w_sub[1] == b->w_sub[1] && a->h_sub[1] == b->h_sub[1];
}

/* Whether samples only move. The converter would still dither them, because it goes
 * by way of 16 bits. */
static gboolean
is_exact (const GstVideoInfo * from, const GstVideoInfo * to, guint depth)
{
  return gst_ecbsr_formats_same_family (from->finfo, to->finfo)
      && same_sampling (from->finfo, to->finfo)
      && gst_video_colorimetry_is_equal (&from->colorimetry, &to->colorimetry)
      && !GST_VIDEO_FORMAT_INFO_HAS_PALETTE (to->finfo)
      && gst_ecbsr_formats_get_depth (to->finfo) >= depth;
}

static GstStructure *
get_options (const GstVideoInfo * from, const GstVideoInfo * to, guint depth,
    guint n_threads)
{
  GstStructure *options = gst_structure_new ("options",
      GST_VIDEO_CONVERTER_OPT_THREADS, G_TYPE_UINT,
      n_threads ? n_threads : ecbsr_cpu_count (), NULL);

  if (is_exact (from, to, depth))
    gst_structure_set (options, GST_VIDEO_CONVERTER_OPT_DITHER_METHOD,
        GST_TYPE_VIDEO_DITHER_METHOD, GST_VIDEO_DITHER_NONE, NULL);
  return options;
}

GstEcbsrConversion *
gst_ecbsr_conversion_new (const GstVideoInfo * from, const GstVideoInfo * to,
    guint depth, guint n_threads, GError ** error)
{
  g_autoptr (GstEcbsrConversion) self = g_new0 (GstEcbsrConversion, 1);
  GstVideoInfo in = *from, out = *to;

  make_whole (&in);
  make_whole (&out);
  if (GST_VIDEO_INFO_IS_YUV (&in))
    in.chroma_site = out.chroma_site = GST_VIDEO_CHROMA_SITE_JPEG;
  enlarge (&in, &out);
  if (staging_init (&self->from, &in) && staging_init (&self->to, &out))
    self->converter = gst_video_converter_new (&in, &out,
        get_options (from, to, depth, n_threads));
  if (self->converter)
    return g_steal_pointer (&self);
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
      "no conversion of frames of %dx%d from %s to %s", from->width,
      from->height, GST_VIDEO_INFO_NAME (from), GST_VIDEO_INFO_NAME (to));
  return NULL;
}

void
gst_ecbsr_conversion_free (GstEcbsrConversion * self)
{
  g_clear_pointer (&self->converter, gst_video_converter_free);
  gst_clear_buffer (&self->from.buffer);
  gst_clear_buffer (&self->to.buffer);
  g_free (self);
}

/* From @in, which is not @from where that had to be staged. */
static gboolean
run_to (GstEcbsrConversion * self, const GstVideoFrame * in,
    const GstVideoFrame * to, GError ** error)
{
  GstVideoFrame out = *to, staged;

  make_frame_whole (&out);
  if (!needs_staging (self, &out)) {
    gst_video_converter_frame (self->converter, in, &out);
    return TRUE;
  }
  if (!staging_map (&self->to, &staged, error))
    return FALSE;
  staged.flags = out.flags;
  gst_video_converter_frame (self->converter, in, &staged);
  copy (&out, &staged);
  gst_video_frame_unmap (&staged);
  return TRUE;
}

gboolean
gst_ecbsr_conversion_run (GstEcbsrConversion * self,
    const GstVideoFrame * from, const GstVideoFrame * to, GError ** error)
{
  GstVideoFrame in = *from, staged;
  gboolean done;

  make_frame_whole (&in);
  if (!needs_staging (self, &in))
    return run_to (self, &in, to, error);
  if (!staging_map (&self->from, &staged, error))
    return FALSE;
  staged.flags = in.flags;
  copy (&staged, &in);
  done = run_to (self, &staged, to, error);
  gst_video_frame_unmap (&staged);
  return done;
}
