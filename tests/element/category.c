/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The debug category of the plugin's files, for tests that call them without it. */

#include <gst/gst.h>

GST_DEBUG_CATEGORY (gst_ecbsr_debug);

static void __attribute__ ((constructor)) init_category (void)
{
  GST_DEBUG_CATEGORY_INIT (gst_ecbsr_debug, "ecbsr", 0,
      "super-resolution upscaler");
}
