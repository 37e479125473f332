/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A downstream buffer pool with a will of its own. */

#pragma once

#include <gst/check/gstharness.h>

#include "frames.h"

/* Downstream of @h, answer allocation queries with a pool of frames laid out
 * as @layout. Whether it is asked in vain: with @refuse it takes no
 * configuration at all. */
void pool_install (GstHarness * h, FrameLayout layout, gboolean refuse);

/* A pool whose first @n_short buffers are too small for a frame. */
void pool_install_short (GstHarness * h, guint n_short);
