// SPDX-License-Identifier: LGPL-2.1-or-later

#ifndef REPORT_H
#define REPORT_H

#include "bench.h"

void report_begin (bool json, int64_t seed);
// failure NULL: it passed. bench: what was measured, or NULL.
void report_result (const char *level, const char *name, const char *failure,
                    const Bench *bench);
// The code is that of level `origin`, which was checked there.
void report_same (const char *level, const char *name, const char *origin);
void report_skip (const char *level, const char *name, const char *reason);
// The exit status.
int report_end (void);

#endif
