// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef REPORT_H
#define REPORT_H

#include <glib.h>

void report_begin (gboolean json, gint64 seed);
// failure NULL: it passed. benches: array of BenchResult or NULL.
void report_result (const gchar *level, const gchar *name,
                    const gchar *failure, GArray *benches);
// The code is that of level `origin`, which was checked there.
void report_same (const gchar *level, const gchar *name, const gchar *origin);
void report_skip (const gchar *level, const gchar *name, const gchar *reason);
// The exit status.
int report_end (void);

#endif
