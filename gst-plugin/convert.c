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

/* Where buffers of @info hold one field each: makes it a progressive picture of
 * that height, for the converter, which does not know such buffers. */
static void
make_whole (GstVideoInfo * info)
{
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
needs_staging (const GstVideoFrame * frame)
{
  return !is_aligned (frame) || (packs_bits (frame->info.finfo)
      && GST_VIDEO_FRAME_WIDTH (frame) % GROUP != 0);
}

static void
copy_rows (const GstVideoFrame * to, const GstVideoFrame * from, guint plane)
{
  gsize size = gst_ecbsr_frame_get_row_size (from, plane);
  const guint8 *src = GST_VIDEO_FRAME_PLANE_DATA (from, plane);
  guint8 *dst = GST_VIDEO_FRAME_PLANE_DATA (to, plane);
  gint comp[GST_VIDEO_MAX_COMPONENTS];
  gint height;

  gst_video_format_info_component (from->info.finfo, plane, comp);
  for (height = GST_VIDEO_FRAME_COMP_HEIGHT (from, comp[0]); height > 0;
      height--) {
    memcpy (dst, src, size);
    src += GST_VIDEO_FRAME_PLANE_STRIDE (from, plane);
    dst += GST_VIDEO_FRAME_PLANE_STRIDE (to, plane);
  }
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
  return GST_VIDEO_FORMAT_INFO_W_SUB (a, 1) == GST_VIDEO_FORMAT_INFO_W_SUB (b, 1)
      && GST_VIDEO_FORMAT_INFO_H_SUB (a, 1) == GST_VIDEO_FORMAT_INFO_H_SUB (b, 1);
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
  if (!needs_staging (&out)) {
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
  if (!needs_staging (&in))
    return run_to (self, &in, to, error);
  if (!staging_map (&self->from, &staged, error))
    return FALSE;
  staged.flags = in.flags;
  copy (&staged, &in);
  done = run_to (self, &staged, to, error);
  gst_video_frame_unmap (&staged);
  return done;
}
