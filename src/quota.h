// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many CPUs' time the control group of this process may use, rounded up;
 * G_MAXUINT if there is no limit. Reads both versions of control groups, and the
 * groups above, whose limits count, too. `root` is put before all paths: "", or
 * a folder with copies of the files. Thread-safe. Source: "Control Group v2"
 * (cpu.max) and "CFS Bandwidth Control" of the Linux kernel's documentation. */
guint ecbsr_quota_cpu_count (const gchar *root);

G_END_DECLS
