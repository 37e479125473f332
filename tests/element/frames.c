/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "frames.h"

#include <gst/check/gstcheck.h>
#include <string.h>

/* Before the first plane, so that it is not aligned. */
#define LEAD 5

const GstVideoFormat all_formats[] = {
  GST_VIDEO_FORMAT_I420, GST_VIDEO_FORMAT_YV12, GST_VIDEO_FORMAT_NV12,
  GST_VIDEO_FORMAT_NV21, GST_VIDEO_FORMAT_YUY2, GST_VIDEO_FORMAT_UYVY,
  GST_VIDEO_FORMAT_NV16, GST_VIDEO_FORMAT_Y42B, GST_VIDEO_FORMAT_Y444,
  GST_VIDEO_FORMAT_GRAY8, GST_VIDEO_FORMAT_RGB, GST_VIDEO_FORMAT_BGR,
  GST_VIDEO_FORMAT_RGBx, GST_VIDEO_FORMAT_BGRx, GST_VIDEO_FORMAT_xRGB,
  GST_VIDEO_FORMAT_xBGR, GST_VIDEO_FORMAT_RGBA, GST_VIDEO_FORMAT_BGRA,
  GST_VIDEO_FORMAT_ARGB, GST_VIDEO_FORMAT_ABGR, GST_VIDEO_FORMAT_I420_10LE,
  GST_VIDEO_FORMAT_P010_10LE, GST_VIDEO_FORMAT_I422_10LE,
  GST_VIDEO_FORMAT_Y444_10LE, GST_VIDEO_FORMAT_I420_12LE,
  GST_VIDEO_FORMAT_P012_LE, GST_VIDEO_FORMAT_I422_12LE,
  GST_VIDEO_FORMAT_Y444_12LE, GST_VIDEO_FORMAT_P016_LE,
  GST_VIDEO_FORMAT_Y444_16LE, GST_VIDEO_FORMAT_GRAY16_LE,
  GST_VIDEO_FORMAT_GBR, GST_VIDEO_FORMAT_GBRA, GST_VIDEO_FORMAT_GBR_10LE,
};

const guint n_all_formats = G_N_ELEMENTS (all_formats);

void
frame_set_site (GstVideoInfo * info)
{
  const GstVideoFormatInfo *finfo = info->finfo;

  info->chroma_site = GST_VIDEO_FORMAT_INFO_IS_YUV (finfo)
      && GST_VIDEO_FORMAT_INFO_W_SUB (finfo, 1) > 0 ?
      GST_VIDEO_CHROMA_SITE_MPEG2 : GST_VIDEO_CHROMA_SITE_UNKNOWN;
}

void
frame_info (GstVideoInfo * info, GstVideoFormat format, guint width,
    guint height)
{
  fail_unless (gst_video_info_set_format (info, format, width, height));
  frame_set_site (info);
  info->fps_n = 25;
  info->fps_d = 1;
}

/* Not of tiles. */
static guint
get_plane (const GstVideoInfo * info, guint plane, guint * row_size)
{
  guint n_rows = 0, c;

  *row_size = 0;
  if (GST_VIDEO_FORMAT_INFO_HAS_PALETTE (info->finfo) && plane == 1) {
    *row_size = 256 * 4;
    return 1;
  }
  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++) {
    guint size = GST_VIDEO_INFO_COMP_WIDTH (info, c)
        * GST_VIDEO_INFO_COMP_PSTRIDE (info, c);

    if (GST_VIDEO_INFO_COMP_PLANE (info, c) != plane)
      continue;
    *row_size = MAX (*row_size, size);
    n_rows = GST_VIDEO_INFO_COMP_HEIGHT (info, c);
  }
  if (*row_size == 0)           /* bits that are packed across bytes */
    *row_size = GST_VIDEO_INFO_PLANE_STRIDE (info, plane);
  return n_rows;
}

static void
add_layout (GstBuffer * buffer, const GstVideoInfo * info, FrameLayout layout)
{
  gsize offset[GST_VIDEO_MAX_PLANES] = { 0, }, size = LEAD;
  gint stride[GST_VIDEO_MAX_PLANES] = { 0, };
  guint p, gap = layout == FRAME_TIGHT ? 0 : 13;

  for (p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    guint row_size, n_rows = get_plane (info, p, &row_size);

    stride[p] = row_size + gap;
    offset[p] = size;
    if (layout == FRAME_FLIPPED) {
      offset[p] += (gsize) stride[p] * (n_rows - 1);
      stride[p] = -stride[p];
    }
    size += (gsize) (row_size + gap) * n_rows;
  }
  gst_buffer_append_memory (buffer, gst_allocator_alloc (NULL, size, NULL));
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
      GST_VIDEO_INFO_FORMAT (info), info->width, info->height,
      GST_VIDEO_INFO_N_PLANES (info), offset, stride);
}

void
frame_copy_rows (GstBuffer * to, GstBuffer * from, const GstVideoInfo * info)
{
  GstVideoFrame dst, src;
  guint p, y;

  fail_unless (gst_video_frame_map (&dst, info, to, GST_MAP_WRITE));
  fail_unless (gst_video_frame_map (&src, info, from, GST_MAP_READ));
  for (p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    guint row_size, n_rows = get_plane (info, p, &row_size);

    for (y = 0; y < n_rows; y++)
      memcpy ((guint8 *) dst.data[p] + (gssize) y * dst.info.stride[p],
          (guint8 *) src.data[p] + (gssize) y * src.info.stride[p], row_size);
  }
  gst_video_frame_unmap (&dst);
  gst_video_frame_unmap (&src);
}

GstBuffer *
frame_new (const GstVideoInfo * info, FrameLayout layout)
{
  GstBuffer *buffer = gst_buffer_new ();

  if (layout == FRAME_DEFAULT)
    gst_buffer_append_memory (buffer, gst_allocator_alloc (NULL, info->size,
            NULL));
  else
    add_layout (buffer, info, layout);
  gst_buffer_memset (buffer, 0, GUARD, -1);
  return buffer;
}

guint
frame_depth (const GstVideoInfo * info)
{
  return GST_VIDEO_INFO_COMP_DEPTH (info, 0);
}

/* The library counts in words for P010 and its kind (1.22). */
guint
frame_component_offset (const GstVideoInfo * info, guint component)
{
  gboolean in_words = GST_VIDEO_INFO_N_PLANES (info) == 2
      && frame_depth (info) > 8;

  if (in_words)
    return component == 2 ? 2 : 0;
  return GST_VIDEO_INFO_COMP_POFFSET (info, component);
}

static guint8 *
get_sample (const GstVideoFrame * frame, guint component, guint x, guint y)
{
  guint plane = GST_VIDEO_FRAME_COMP_PLANE (frame, component);

  return (guint8 *) GST_VIDEO_FRAME_PLANE_DATA (frame, plane)
      + (gssize) y * GST_VIDEO_FRAME_PLANE_STRIDE (frame, plane)
      + x * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, component)
      + frame_component_offset (&frame->info, component);
}

/* At any address; the library's own macros want it aligned, whatever they say. */
static void
write_word (guint8 * p, guint16 value)
{
  p[0] = value & 0xff;
  p[1] = value >> 8;
}

static guint16
read_word (const guint8 * p)
{
  return p[0] | p[1] << 8;
}

static void
set_sample (const GstVideoFrame * frame, guint component, guint x, guint y,
    guint value)
{
  guint8 *sample = get_sample (frame, component, x, y);
  guint shift = GST_VIDEO_FORMAT_INFO_SHIFT (frame->info.finfo, component);

  if (frame_depth (&frame->info) > 8)
    write_word (sample, value << shift);
  else
    *sample = value;
}

void
frame_fill (GstBuffer * buffer, const GstVideoInfo * info, FramePattern pattern)
{
  guint up = frame_depth (info) - 8;
  GstVideoFrame frame;
  gint x, y;
  guint c;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&frame); c++) {
    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); y++) {
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); x++)
        set_sample (&frame, c, x, y, pattern (c, x, y) << up);
    }
  }
  gst_video_frame_unmap (&frame);
}

void
frame_set_component (GstBuffer * buffer, const GstVideoInfo * info,
    guint component, const guint16 * samples)
{
  gint width = GST_VIDEO_INFO_COMP_WIDTH (info, component), x, y;
  GstVideoFrame frame;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (y = 0; y < GST_VIDEO_INFO_COMP_HEIGHT (info, component); y++) {
    for (x = 0; x < width; x++)
      set_sample (&frame, component, x, y, samples[y * width + x]);
  }
  gst_video_frame_unmap (&frame);
}

GstBuffer *
frame_new_filled (const GstVideoInfo * info, FrameLayout layout,
    FramePattern pattern)
{
  GstBuffer *buffer = frame_new (info, layout);

  frame_fill (buffer, info, pattern);
  return buffer;
}

guint8
pattern_texture (guint component, guint x, guint y)
{
  guint32 noise = (x * 73856093u) ^ (y * 19349663u) ^ (component * 83492791u);

  noise = (noise ^ (noise >> 13)) * 0x5bd1e995u;
  return 40 + ((x / 5 + y / 3 + component) % 2) * 110 + (noise >> 24) % 60;
}

guint8
pattern_grey_texture (guint component, guint x, guint y)
{
  return pattern_texture (0, x, y);
}

static guint16
read_sample (const GstVideoFrame * frame, guint component, guint x, guint y)
{
  const guint8 *sample = get_sample (frame, component, x, y);

  if (frame_depth (&frame->info) == 8)
    return *sample;
  return read_word (sample)
      >> GST_VIDEO_FORMAT_INFO_SHIFT (frame->info.finfo, component);
}

guint16 *
frame_get_component (GstBuffer * buffer, const GstVideoInfo * info,
    guint component)
{
  gint height = GST_VIDEO_INFO_COMP_HEIGHT (info, component);
  gint width = GST_VIDEO_INFO_COMP_WIDTH (info, component), x, y;
  guint16 *samples = g_new (guint16, width * height);
  GstVideoFrame frame;

  fail_unless (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (y = 0; y < height; y++) {
    for (x = 0; x < width; x++)
      samples[y * width + x] = read_sample (&frame, component, x, y);
  }
  gst_video_frame_unmap (&frame);
  return samples;
}

guint
frame_compare_component (GstBuffer * a, const GstVideoInfo * a_info,
    GstBuffer * b, const GstVideoInfo * b_info, guint component)
{
  guint16 *x = frame_get_component (a, a_info, component);
  guint16 *y = frame_get_component (b, b_info, component);
  guint n = GST_VIDEO_INFO_COMP_WIDTH (a_info, component)
      * GST_VIDEO_INFO_COMP_HEIGHT (a_info, component);
  guint i, worst = 0;

  fail_unless_equals_int (GST_VIDEO_INFO_COMP_WIDTH (a_info, component),
      GST_VIDEO_INFO_COMP_WIDTH (b_info, component));
  fail_unless_equals_int (GST_VIDEO_INFO_COMP_HEIGHT (a_info, component),
      GST_VIDEO_INFO_COMP_HEIGHT (b_info, component));
  for (i = 0; i < n; i++)
    worst = MAX (worst, (guint) ABS (x[i] - y[i]));
  g_free (x);
  g_free (y);
  return worst;
}

void
frame_assert_equal (GstBuffer * a, GstBuffer * b, const GstVideoInfo * info,
    const gchar * what)
{
  guint c;

  for (c = 0; c < GST_VIDEO_INFO_N_COMPONENTS (info); c++) {
    guint worst = frame_compare_component (a, info, b, info, c);

    fail_unless (worst == 0, "%s: %s %dx%d component %u differs by %u", what,
        GST_VIDEO_INFO_NAME (info), info->width, info->height, c, worst);
  }
}

void
frame_assert_guards (GstBuffer * buffer, const GstVideoInfo * info)
{
  GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  GstMapInfo map;
  guint8 *bytes;
  guint p, y;
  gsize i;

  fail_unless (meta != NULL && gst_buffer_map (buffer, &map, GST_MAP_READ));
  bytes = g_memdup2 (map.data, map.size);
  for (p = 0; p < meta->n_planes; p++) {
    guint row_size, n_rows = get_plane (info, p, &row_size);

    for (y = 0; y < n_rows; y++)
      memset (bytes + meta->offset[p] + (gssize) y * meta->stride[p], GUARD,
          row_size);
  }
  for (i = 0; i < map.size && bytes[i] == GUARD; i++);
  fail_unless (i == map.size, "%s %dx%d: byte %" G_GSIZE_FORMAT " lies in no "
      "row and was written", GST_VIDEO_INFO_NAME (info), info->width,
      info->height, i);
  g_free (bytes);
  gst_buffer_unmap (buffer, &map);
}

/* ------------------------------------------------------------- unmappable -- */

typedef GstAllocator UnmappableAllocator;
typedef GstAllocatorClass UnmappableAllocatorClass;

static GType unmappable_allocator_get_type (void);
G_DEFINE_TYPE (UnmappableAllocator, unmappable_allocator, GST_TYPE_ALLOCATOR);

static gpointer
refuse_to_map (GstMemory * memory, gsize size, GstMapFlags flags)
{
  return NULL;
}

static GstMemory *
allocate (GstAllocator * allocator, gsize size, GstAllocationParams * params)
{
  GstMemory *memory = g_new0 (GstMemory, 1);

  gst_memory_init (memory, 0, allocator, NULL, size, 0, 0, size);
  return memory;
}

static void
release (GstAllocator * allocator, GstMemory * memory)
{
  g_free (memory);
}

static void
unmappable_allocator_class_init (UnmappableAllocatorClass * klass)
{
  klass->alloc = allocate;
  klass->free = release;
}

static void
unmappable_allocator_init (UnmappableAllocator * allocator)
{
  allocator->mem_map = refuse_to_map;
}

GstBuffer *
frame_new_unmappable (gsize size)
{
  GstAllocator *allocator =
      g_object_new (unmappable_allocator_get_type (), NULL);
  GstBuffer *buffer = gst_buffer_new ();

  gst_object_ref_sink (allocator);
  gst_buffer_append_memory (buffer, gst_allocator_alloc (allocator, size,
          NULL));
  gst_object_unref (allocator);
  return buffer;
}
