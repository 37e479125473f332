// SPDX-License-Identifier: LGPL-2.1-or-later

#include "progress.h"

#include <stdio.h>
#include <unistd.h>

#define BAR 24
#define LINES_APART (10 * G_USEC_PER_SEC)
#define SECOND G_GUINT64_CONSTANT (1000000000)

void
progress_init (Progress *self, gboolean quiet)
{
  gint64 now = g_get_monotonic_time ();

  *self = (Progress){ quiet, isatty (STDERR_FILENO), now, now, FALSE };
}

gdouble
progress_seconds (const Progress *self)
{
  return (gdouble) (g_get_monotonic_time () - self->started) / G_USEC_PER_SEC;
}

// 0:07, 12:34 or 1:02:03.
static gchar *
format_time (guint64 seconds)
{
  guint64 minutes = seconds / 60;

  if (minutes < 60)
    return g_strdup_printf ("%u:%02u", (guint) minutes, (guint) (seconds % 60));
  return g_strdup_printf ("%u:%02u:%02u", (guint) (minutes / 60),
                          (guint) (minutes % 60), (guint) (seconds % 60));
}

static gchar *
describe (guint64 n_frames, gdouble seconds, guint64 position, guint64 duration)
{
  g_autofree gchar *at = format_time (position / SECOND);
  g_autofree gchar *all = format_time (duration / SECOND);
  g_autofree gchar *left = NULL;
  gdouble rate = seconds > 0 ? (gdouble) n_frames / seconds : 0;

  if (duration == 0)
    return g_strdup_printf ("%s, %.1f frames/s", at, rate);
  if (position == 0)
    return g_strdup_printf ("%s of %s", at, all);
  left = format_time (
      (guint64) (seconds * (gdouble) (duration - position) / (gdouble) position
                 + 0.5));
  return g_strdup_printf ("%s of %s, %.1f frames/s, %s left", at, all, rate,
                          left);
}

static void
draw (Progress *self, const gchar *text, guint64 position, guint64 duration)
{
  gchar bar[BAR + 1] = "";
  guint n = duration ? (guint) (position * BAR / duration) : 0;

  for (guint i = 0; i < BAR; i++)
    bar[i] = i < n ? '=' : i == n ? '>' : ' ';
  if (duration)
    fprintf (stderr, "\r[%s] %3u %%  %s\033[K", bar,
             (guint) (position * 100 / duration), text);
  else
    fprintf (stderr, "\r%s\033[K", text);
  self->drawn = TRUE;
}

void
progress_show (Progress *self, guint64 n_frames, guint64 position,
               guint64 duration)
{
  gint64 now = g_get_monotonic_time ();
  g_autofree gchar *text = NULL;

  if (self->quiet || (!self->terminal && now - self->last_line < LINES_APART))
    return;
  position = duration ? MIN (position, duration) : position;
  text = describe (n_frames, progress_seconds (self), position, duration);
  if (self->terminal)
    draw (self, text, position, duration);
  else if (duration)
    fprintf (stderr, "%3u %%  %s\n", (guint) (position * 100 / duration), text);
  else
    fprintf (stderr, "%s\n", text);
  self->last_line = now;
  fflush (stderr);
}

void
progress_clear (Progress *self)
{
  if (self->drawn)
    fputs ("\r\033[K", stderr);
  self->drawn = FALSE;
  fflush (stderr);
}
