// SPDX-License-Identifier: LGPL-2.1-or-later
//
// How the engine words its errors.

#ifndef ECBSR_ERROR_H
#define ECBSR_ERROR_H

#include "ecbsr.h"

// Sets a FORMAT error and returns FALSE, so that a check is one statement.
gboolean ecbsr_refuse (GError **error, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

// Sets a NO_MEMORY error that says what `n_bytes` were for, and returns NULL.
gpointer ecbsr_lack_memory (GError **error, gsize n_bytes, const gchar *what);

// Text from a file, in quotes, for a message: long text is cut. g_free().
gchar *ecbsr_quote (const gchar *text);

#endif
