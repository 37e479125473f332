// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Whole files, read and written with care.

#ifndef ECBSR_FILE_H
#define ECBSR_FILE_H

#include <glib.h>

// The content of a regular file of at most `max_size` bytes; anything else,
// such as a pipe, is refused at once instead of waited for. Returns NULL and
// sets `error` (NOT_FOUND, READ, FORMAT if it is too large, NO_MEMORY).
GBytes *ecbsr_file_read (const gchar *path, gsize max_size, GError **error);

// Creates or replaces the regular file `path`, all of it or not at all. Sets a
// WRITE error that names the file.
gboolean ecbsr_file_write (const gchar *path, const gchar *data, gsize size,
                           GError **error);

#endif
