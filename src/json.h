// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Strict reading of JSON whose structure is known beforehand: the caller says
// what must come next, so no tree is built and nothing recurses. Every error is
// a FORMAT error that names the byte.

#ifndef ECBSR_JSON_H
#define ECBSR_JSON_H

#include <glib.h>

typedef struct
{
  const gchar *start, *next, *end;
  GStringChunk *strings; // owns every string that is read
} EcbsrJson;

// Called for each member of an object, with `json` in front of its value, all
// of which it must read.
typedef gboolean (*EcbsrJsonMember) (EcbsrJson *json, const gchar *key,
                                     gpointer data, GError **error);

// Begins to read `length` bytes at `text`. FALSE if they are not UTF-8.
gboolean ecbsr_json_init (EcbsrJson *json, const gchar *text, gsize length,
                          GStringChunk *strings, GError **error);

// Keys that occur twice are for `member` to find.
gboolean ecbsr_json_read_object (EcbsrJson *json, EcbsrJsonMember member,
                                 gpointer data, GError **error);

// A string without control characters, not even escaped ones.
const gchar *ecbsr_json_read_string (EcbsrJson *json, GError **error);

// A list of at most `max` whole numbers from 0 to 2⁶⁴ − 1.
gboolean ecbsr_json_read_numbers (EcbsrJson *json, guint64 *numbers, guint max,
                                  guint *n_numbers, GError **error);

// Nothing but white space may be left.
gboolean ecbsr_json_finish (EcbsrJson *json, GError **error);

#endif
