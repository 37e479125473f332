// SPDX-License-Identifier: LGPL-2.1-or-later

#include "json.h"

#include "error.h"

#include <string.h>

static gboolean
refuse_here (const EcbsrJson *json, GError **error, const gchar *what)
{
  return ecbsr_refuse (error, "header byte %" G_GSIZE_FORMAT ": %s",
                       (gsize) (json->next - json->start), what);
}

gboolean
ecbsr_json_init (EcbsrJson *json, const gchar *text, gsize length,
                 GStringChunk *strings, GError **error)
{
  *json = (EcbsrJson){ text, text, text + length, strings };

  // Refuses NUL bytes too, so that strings end where they seem to.
  if (g_utf8_validate_len (text, length, &json->next))
    {
      json->next = text;
      return TRUE;
    }
  return refuse_here (json, error, "not UTF-8 text");
}

static void
skip_space (EcbsrJson *json)
{
  while (json->next < json->end && strchr (" \t\n\r", *json->next))
    json->next++;
}

static gboolean
accept (EcbsrJson *json, gchar c)
{
  skip_space (json);
  if (json->next == json->end || *json->next != c)
    return FALSE;
  json->next++;
  return TRUE;
}

static gboolean
expect (EcbsrJson *json, gchar c, GError **error)
{
  if (accept (json, c))
    return TRUE;
  return ecbsr_refuse (error, "header byte %" G_GSIZE_FORMAT ": expected '%c'",
                       (gsize) (json->next - json->start), c);
}

gboolean
ecbsr_json_finish (EcbsrJson *json, GError **error)
{
  skip_space (json);
  return json->next == json->end
         || refuse_here (json, error, "something follows the object");
}

// ----------------------------------------------------------------- strings --

// Four hexadecimal digits.
static gboolean
read_code_unit (EcbsrJson *json, gunichar *unit, GError **error)
{
  *unit = 0;
  for (guint i = 0; i < 4; i++, json->next++)
    {
      if (json->next == json->end || !g_ascii_isxdigit (*json->next))
        return refuse_here (json, error, "expected four digits after \\u");
      *unit = *unit << 4 | (gunichar) g_ascii_xdigit_value (*json->next);
    }
  return TRUE;
}

static gboolean
read_low_surrogate (EcbsrJson *json, gunichar *c, GError **error)
{
  gunichar low;

  if (json->end - json->next < 2 || memcmp (json->next, "\\u", 2) != 0)
    return refuse_here (json, error, "expected the second half of a surrogate");
  json->next += 2;
  if (!read_code_unit (json, &low, error))
    return FALSE;
  if (low < 0xdc00 || low > 0xdfff)
    return refuse_here (json, error, "expected the second half of a surrogate");
  *c = 0x10000 + ((*c - 0xd800) << 10) + (low - 0xdc00);
  return TRUE;
}

static gboolean
read_code_point (EcbsrJson *json, gunichar *c, GError **error)
{
  if (!read_code_unit (json, c, error))
    return FALSE;
  if (*c >= 0xdc00 && *c <= 0xdfff)
    return refuse_here (json, error, "second half of a surrogate on its own");
  if (*c >= 0xd800 && *c <= 0xdbff)
    return read_low_surrogate (json, c, error);
  return TRUE;
}

static gboolean
read_escape (EcbsrJson *json, gunichar *c, GError **error)
{
  static const gchar letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  const gchar *letter;

  if (json->next == json->end)
    return refuse_here (json, error, "a string does not end");
  if (*json->next == 'u')
    {
      json->next++;
      return read_code_point (json, c, error);
    }
  letter = strchr (letters, *json->next);
  if (!letter)
    return refuse_here (json, error, "unknown escape");
  json->next++;
  *c = (gunichar) meanings[letter - letters];
  return TRUE;
}

static gboolean
read_character (EcbsrJson *json, GString *text, GError **error)
{
  gunichar c = g_utf8_get_char (json->next);

  json->next = g_utf8_next_char (json->next);
  if (c == '\\' && !read_escape (json, &c, error))
    return FALSE;
  if (g_unichar_iscntrl (c))
    return refuse_here (json, error, "a string holds a control character");
  g_string_append_unichar (text, c);
  return TRUE;
}

const gchar *
ecbsr_json_read_string (EcbsrJson *json, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (!expect (json, '"', error))
    return NULL;
  while (json->next < json->end && *json->next != '"')
    if (!read_character (json, text, error))
      return NULL;
  if (json->next == json->end)
    {
      refuse_here (json, error, "a string does not end");
      return NULL;
    }
  json->next++;
  return g_string_chunk_insert_len (json->strings, text->str,
                                    (gssize) text->len);
}

// ------------------------------------------------------- numbers and lists --

static gboolean
read_number (EcbsrJson *json, guint64 *number, GError **error)
{
  const gchar *first;

  skip_space (json);
  first = json->next;
  *number = 0;
  for (; json->next < json->end && g_ascii_isdigit (*json->next); json->next++)
    if (!g_uint64_checked_mul (number, *number, 10)
        || !g_uint64_checked_add (number, *number, *json->next - '0'))
      return refuse_here (json, error, "a number is too large");

  if (json->next == first)
    return refuse_here (json, error, "expected a whole number, 0 or more");
  if (*first == '0' && json->next - first > 1)
    return refuse_here (json, error, "a number begins with 0");
  if (json->next < json->end && strchr (".eE", *json->next))
    return refuse_here (json, error, "a number is not a whole one");
  return TRUE;
}

gboolean
ecbsr_json_read_numbers (EcbsrJson *json, guint64 *numbers, guint max,
                         guint *n_numbers, GError **error)
{
  *n_numbers = 0;
  if (!expect (json, '[', error))
    return FALSE;
  if (accept (json, ']'))
    return TRUE;
  do
    {
      if (*n_numbers == max)
        return refuse_here (json, error, "a list is too long");
      if (!read_number (json, &numbers[*n_numbers], error))
        return FALSE;
      ++*n_numbers;
    }
  while (accept (json, ','));
  return expect (json, ']', error);
}

gboolean
ecbsr_json_read_object (EcbsrJson *json, EcbsrJsonMember member, gpointer data,
                        GError **error)
{
  if (!expect (json, '{', error))
    return FALSE;
  if (accept (json, '}'))
    return TRUE;
  do
    {
      const gchar *key = ecbsr_json_read_string (json, error);

      if (!key || !expect (json, ':', error)
          || !member (json, key, data, error))
        return FALSE;
    }
  while (accept (json, ','));
  return expect (json, '}', error);
}
