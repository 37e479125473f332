// SPDX-License-Identifier: LGPL-2.1-or-later

#include "file.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static gpointer
fail_to_read (GError **error, gint saved_errno)
{
  const gboolean absent = saved_errno == ENOENT || saved_errno == ENOTDIR;

  g_set_error_literal (error, ECBSR_ERROR,
                       absent ? ECBSR_ERROR_NOT_FOUND : ECBSR_ERROR_READ,
                       g_strerror (saved_errno));
  return NULL;
}

static gboolean
check_kind (gint fd, gsize max_size, gsize *size, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    return fail_to_read (error, errno) != NULL;
  if (!S_ISREG (status.st_mode))
    {
      g_set_error_literal (error, ECBSR_ERROR, ECBSR_ERROR_READ,
                           S_ISDIR (status.st_mode) ? "a folder, not a file"
                                                    : "not a regular file");
      return FALSE;
    }
  if ((guint64) status.st_size > max_size)
    return ecbsr_refuse (error,
                         "larger than %" G_GSIZE_FORMAT
                         " MiB, the most that a model file may be",
                         max_size >> 20);
  *size = (gsize) status.st_size;
  return TRUE;
}

// Reads until `size` bytes are there or the file ends. -1 on failure, with
// errno.
static gssize
read_fully (gint fd, guint8 *data, gsize size)
{
  gsize n = 0;

  while (n < size)
    {
      const gssize n_read = read (fd, data + n, size - n);

      if (n_read == 0)
        break;
      if (n_read < 0 && errno != EINTR)
        return -1;
      n += MAX (n_read, 0);
    }
  return (gssize) n;
}

// Reading, unlike mapping, is safe from others who shorten the file meanwhile.
static GBytes *
read_content (gint fd, gsize size, GError **error)
{
  // One byte more, which tells whether the file has grown.
  g_autofree guint8 *data = g_try_malloc (size + 1);
  gssize n_read;

  if (!data)
    return ecbsr_lack_memory (error, size, "the file");
  n_read = read_fully (fd, data, size + 1);
  if (n_read < 0)
    return fail_to_read (error, errno);
  if ((gsize) n_read != size)
    {
      g_set_error_literal (error, ECBSR_ERROR, ECBSR_ERROR_READ,
                           "changed while it was read");
      return NULL;
    }
  return g_bytes_new_take (g_steal_pointer (&data), size);
}

GBytes *
ecbsr_file_read (const gchar *path, gsize max_size, GError **error)
{
  // O_NONBLOCK: opening a pipe would wait for its writer.
  const gint fd
      = g_open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0);
  GBytes *bytes = NULL;
  gsize size = 0;

  if (fd < 0)
    return fail_to_read (error, errno);
  if (check_kind (fd, max_size, &size, error))
    bytes = read_content (fd, size, error);
  close (fd);
  return bytes;
}

gboolean
ecbsr_file_write (const gchar *path, const gchar *data, gsize size,
                  GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree gchar *name = g_filename_display_name (path);

  // A rename would put a file in the place of a device, such as /dev/null.
  if (g_file_test (path, G_FILE_TEST_EXISTS)
      && !g_file_test (path, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_WRITE,
                   "%s: not a regular file", name);
      return FALSE;
    }
  if (g_file_set_contents_full (path, data, (gssize) size,
                                G_FILE_SET_CONTENTS_CONSISTENT
                                    | G_FILE_SET_CONTENTS_DURABLE,
                                0666, &reason))
    return TRUE;
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_WRITE, "%s: %s", name,
               reason->message);
  return FALSE;
}
