/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "upscale.h"

GstBuffer *
upscale_with (Bench * bench, GstBuffer * in, const GstVideoInfo * in_info,
    GstVideoInfo * out_info)
{
  GstBuffer *out;

  bench_set_input (bench, in_info);
  GST_BUFFER_PTS (in) = 0;
  out = gst_harness_push_and_pull (bench->h, in);
  fail_unless (out != NULL, "no frame came out");
  bench_get_output (bench, out_info);
  return out;
}

GstBuffer *
upscale (GstBuffer * in, const GstVideoInfo * in_info, GstVideoInfo * out_info,
    const gchar * first_property, ...)
{
  va_list properties;
  Bench bench;
  GstBuffer *out;

  va_start (properties, first_property);
  bench = bench_new_valist (POLICY_NONE, first_property, properties);
  va_end (properties);
  out = upscale_with (&bench, in, in_info, out_info);
  bench_free (&bench);
  return out;
}
