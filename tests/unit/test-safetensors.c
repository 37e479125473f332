// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The container reader: what is right is read, everything else is refused with
// a message that says why, and no input makes it read outside its bytes.

#include "broken-headers.h"
#include "builder.h"
#include "ecbsr.h"
#include "safetensors.h"

#include <math.h>
#include <string.h>

static GBytes *
make_file (const gchar *header)
{
  return wrap_header (header, strlen (header), data, sizeof data);
}

static EcbsrSafetensors *
read_header (const gchar *header, GError **error)
{
  g_autoptr (GBytes) bytes = make_file (header);

  return ecbsr_safetensors_new (bytes, error);
}

static void
assert_floats (EcbsrSafetensors *file, const gchar *name, guint n_dims,
               const guint *shape, const gfloat *expected, gsize n)
{
  g_autoptr (GError) error = NULL;
  g_autofree gfloat *values
      = ecbsr_safetensors_take (file, name, shape, n_dims, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (values, n * sizeof *values, expected, n * sizeof *expected);
}

static void
assert_content (EcbsrSafetensors *file)
{
  const gfloat a[] = { 1, -2, G_MAXFLOAT, ldexpf (1, -149), -0.f, G_PI };
  const gfloat b[] = { 1, 65504, -0.f, -ldexpf (1, -24), ldexpf (1, -14) };
  const gfloat c[] = { -1.5f };
  const guint shape_a[] = { 2, 3 }, shape_b[] = { 5 };
  g_autoptr (GError) error = NULL;

  assert_floats (file, "a", 2, shape_a, a, G_N_ELEMENTS (a));
  assert_floats (file, "b", 1, shape_b, b, G_N_ELEMENTS (b));
  g_assert_false (ecbsr_safetensors_check_all_taken (file, &error));
  g_assert_nonnull (strstr (error->message, "'c'"));
  assert_floats (file, "c", 0, NULL, c, G_N_ELEMENTS (c));
  g_assert_true (ecbsr_safetensors_check_all_taken (file, NULL));
}

static void
test_content (void)
{
  const gchar *const expected[] = { "j", "w", "k", "v", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrSafetensors) file = read_header (HEADER, &error);
  g_auto (GStrv) metadata = NULL;

  g_assert_no_error (error);
  assert_content (file);
  g_assert_true (ecbsr_safetensors_has (file, "a"));
  g_assert_false (ecbsr_safetensors_has (file, "d"));
  metadata = ecbsr_safetensors_dup_metadata (file);
  g_assert_true (g_strv_equal ((const gchar *const *) metadata, expected));
}

static void
test_wrong_requests (void)
{
  g_autoptr (EcbsrSafetensors) file = read_header (HEADER, NULL);
  const guint shape[] = { 3, 2 };
  g_autoptr (GError) missing = NULL, wrong = NULL;

  g_assert_null (ecbsr_safetensors_take (file, "d", shape, 2, &missing));
  g_assert_cmpstr (missing->message, ==, "tensor 'd' is missing");
  g_assert_null (ecbsr_safetensors_take (file, "a", shape, 2, &wrong));
  g_assert_cmpstr (wrong->message, ==,
                   "tensor 'a': shape is [2, 3], expected [3, 2]");
}

// --------------------------------------------------------------- good files --

typedef struct
{
  const gchar *name, *from, *to;
} GoodCase;

static const GoodCase good_cases[] = {
  { "no-metadata", METADATA ",", "" },
  { "empty-metadata", METADATA, "\"__metadata__\":{}" },
  { "white-space", ":[2,3],", " \t\n\r : [ 2 , 3 ]\n, " },
  { "space-after", "[0,2]}}", "[0,2]}}   \n" },
  { "order-of-fields", "\"dtype\":\"BF16\",\"shape\":[]",
    "\"shape\":[],\"dtype\":\"BF16\"" },
  { "metadata-last", METADATA "," TENSOR_A "," TENSOR_B "," TENSOR_C,
    TENSOR_C "," TENSOR_B "," TENSOR_A "," METADATA },
  { "escapes", "\"v\"", "\"\\\"\\\\\\/\\u00e4\\u20AC\\ud83d\\uDE00\"" },
  { "utf-8", "\"v\"", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
  { "escaped-name", "\"a\":", "\"\\u0061\":" },
  { "empty-strings", "\"k\":\"v\"", "\"\":\"\"" },
  { "empty-tensor", TENSOR_C,
    TENSOR_C ",\"d\":{\"dtype\":\"F32\",\"shape\":[0],"
             "\"data_offsets\":[26,26]}" },
};

static gchar *
replace (const gchar *text, const gchar *from, const gchar *to)
{
  g_auto (GStrv) part = g_strsplit (text, from, 2);

  if (g_strv_length (part) != 2)
    g_error ("no %s to replace", from);
  return g_strjoinv (to, part);
}

static void
test_good (gconstpointer user_data)
{
  const GoodCase *good = user_data;
  g_autofree gchar *header = replace (HEADER, good->from, good->to);
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrSafetensors) file = read_header (header, &error);
  const guint n_empty = 0;

  g_assert_no_error (error);
  if (ecbsr_safetensors_has (file, "d"))
    g_assert_null (ecbsr_safetensors_take (file, "d", &n_empty, 0, NULL));
  else
    assert_content (file);
}

static void
test_escapes (void)
{
  g_autofree gchar *header = replace (
      HEADER, "\"v\"", "\"\\\"\\\\\\/\\u00e4\\u20AC\\ud83d\\uDE00\"");
  g_autoptr (EcbsrSafetensors) file = read_header (header, NULL);
  g_auto (GStrv) metadata = ecbsr_safetensors_dup_metadata (file);

  g_assert_cmpstr (metadata[3], ==,
                   "\"\\/\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
}

// ------------------------------------------------------------- broken files --

static void
assert_refused (GBytes *bytes, const gchar *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (ecbsr_safetensors_new (bytes, &error));
  g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_FORMAT);
  if (!strstr (error->message, message))
    g_error ("message is \"%s\", expected \"%s\" in it", error->message,
             message);
}

static void
test_broken (gconstpointer user_data)
{
  const BrokenCase *broken = user_data;
  g_autofree gchar *header = replace (HEADER, broken->from, broken->to);
  g_autoptr (GBytes) bytes = make_file (header);

  assert_refused (bytes, broken->message);
}

static void
test_raw (gconstpointer user_data)
{
  const RawCase *raw = user_data;
  g_autoptr (GBytes) bytes
      = g_bytes_new_take (g_memdup2 (raw->content, raw->size), raw->size);

  assert_refused (bytes, raw->message);
}

// ------------------------------------------------------------------- limits --

static GBytes *
make_many (guint n_tensors)
{
  g_autoptr (GString) header = g_string_new ("{");

  for (guint i = 0; i < n_tensors; i++)
    g_string_append_printf (header,
                            "%s\"%u\":{\"dtype\":\"F32\",\"shape\":[0],"
                            "\"data_offsets\":[0,0]}",
                            i ? "," : "", i);
  g_string_append_c (header, '}');
  return wrap_header (header->str, header->len, NULL, 0);
}

static void
test_number_of_tensors (void)
{
  g_autoptr (GBytes) most = make_many (ECBSR_MAX_TENSORS);
  g_autoptr (GBytes) too_many = make_many (ECBSR_MAX_TENSORS + 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrSafetensors) file = ecbsr_safetensors_new (most, &error);

  g_assert_no_error (error);
  g_assert_nonnull (file);
  assert_refused (too_many, "more than 4096 tensors");
}

static void
test_size (void)
{
  const gsize size = ECBSR_MAX_FILE_SIZE + 1;
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (size), size);

  assert_refused (bytes, "larger than 16 MiB");
}

// A header as long as it may be, of nothing but brackets or of metadata: time
// and stack must not grow with it.
static void
test_long_headers (void)
{
  const gsize size = ECBSR_MAX_HEADER_SIZE;
  g_autofree gchar *brackets = g_strnfill (size, '[');
  g_autofree gchar *braces = g_strnfill (size, '{');
  g_autoptr (GBytes) deep_list = wrap_header (brackets, size, NULL, 0);
  g_autoptr (GBytes) deep_object = wrap_header (braces, size, NULL, 0);
  g_autoptr (GString) header = g_string_new ("{\"__metadata__\":{\"x\":\"\"");
  g_autoptr (GBytes) many = NULL;

  assert_refused (deep_list, "expected '{'");
  assert_refused (deep_object, "expected '\"'");
  while (header->len < size - 20)
    g_string_append (header, ",\"k\":\"\"");
  g_string_append (header, "}}");
  many = wrap_header (header->str, header->len, NULL, 0);
  assert_refused (many, "metadata 'k' is there twice");
}

static void
test_long_name (void)
{
  g_autofree gchar *name = g_strnfill (100000, 'n');
  g_autofree gchar *key = g_strdup_printf ("\"%s\":", name);
  g_autofree gchar *header = replace (HEADER, "\"b\":", key);
  g_autofree gchar *broken = replace (header, "\"F16\"", "\"F8\"");
  g_autoptr (GBytes) bytes = make_file (broken);
  g_autoptr (GError) error = NULL;

  g_assert_null (ecbsr_safetensors_new (bytes, &error));
  g_assert_cmpuint (strlen (error->message), <, 200);
}

// ------------------------------------------------------------------ damages --

// Takes all that a damaged file may still offer.
static void
exhaust (GBytes *bytes)
{
  static const guint shape[][2] = { { 2, 3 }, { 5 }, { 0 } };
  static const guint n_dims[] = { 2, 1, 0 };
  static const gchar *const names[] = { "a", "b", "c" };
  g_autoptr (EcbsrSafetensors) file = ecbsr_safetensors_new (bytes, NULL);

  for (guint i = 0; file && i < G_N_ELEMENTS (names); i++)
    g_free (ecbsr_safetensors_take (file, names[i], shape[i], n_dims[i], NULL));
}

static void
test_truncated (void)
{
  g_autoptr (GBytes) whole = make_file (HEADER);
  const guint8 *content = g_bytes_get_data (whole, NULL);

  for (gsize size = 0; size < g_bytes_get_size (whole); size++)
    {
      g_autoptr (GBytes) bytes
          = g_bytes_new_take (g_memdup2 (content, size), size);

      assert_refused (bytes, "");
    }
}

static void
test_flipped (void)
{
  g_autoptr (GBytes) whole = make_file (HEADER);
  const gsize size = g_bytes_get_size (whole);
  const guint8 *content = g_bytes_get_data (whole, NULL);

  for (gsize i = 0; i < size - sizeof data; i++)
    for (guint change = 1; change < 256; change++)
      {
        guint8 *copy = g_memdup2 (content, size);
        g_autoptr (GBytes) bytes = g_bytes_new_take (copy, size);

        copy[i] ^= change;
        exhaust (bytes);
      }
}

static void
test_not_finite (void)
{
  static const guint8 nan_bf16[] = { 0xc0, 0x7f }, inf_f16[] = { 0x00, 0xfc };
  guint8 damaged[sizeof data];
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (EcbsrSafetensors) file = NULL;
  g_autoptr (GError) error_b = NULL, error_c = NULL;
  const guint n_b = 5;

  memcpy (damaged, data, sizeof data);
  memcpy (damaged, nan_bf16, 2);
  memcpy (damaged + 26 + 2 * 3, inf_f16, 2);
  bytes = wrap_header (HEADER, strlen (HEADER), damaged, sizeof damaged);
  file = ecbsr_safetensors_new (bytes, NULL);
  g_assert_null (ecbsr_safetensors_take (file, "b", &n_b, 1, &error_b));
  g_assert_cmpstr (error_b->message, ==, "tensor 'b': value 3 is not finite");
  g_assert_null (ecbsr_safetensors_take (file, "c", NULL, 0, &error_c));
  g_assert_error (error_c, ECBSR_ERROR, ECBSR_ERROR_FORMAT);
}

// All 65,536 half floats against the definition.
static void
test_f16 (void)
{
  const gchar *header = "{\"h\":{\"dtype\":\"F16\",\"shape\":[1],"
                        "\"data_offsets\":[0,2]}}";
  const guint n = 1;

  for (guint half = 0; half < 65536; half++)
    {
      const guint8 stored[] = { half & 255, half >> 8 };
      const gint exponent = half >> 10 & 31, fraction = half & 1023;
      const gdouble size = exponent ? ldexp (1024 + fraction, exponent - 25)
                                    : ldexp (fraction, -24);
      g_autoptr (GBytes) bytes
          = wrap_header (header, strlen (header), stored, 2);
      g_autoptr (EcbsrSafetensors) file = ecbsr_safetensors_new (bytes, NULL);
      g_autofree gfloat *value
          = ecbsr_safetensors_take (file, "h", &n, 1, NULL);

      g_assert_true ((value == NULL) == (exponent == 31));
      if (!value)
        continue;
      g_assert_true (fabsf (*value) == size);
      g_assert_true (!signbit (*value) == (half < 32768));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/safetensors/content", test_content);
  g_test_add_func ("/safetensors/escapes", test_escapes);
  g_test_add_func ("/safetensors/f16", test_f16);
  g_test_add_func ("/safetensors/not-finite", test_not_finite);
  g_test_add_func ("/safetensors/wrong-requests", test_wrong_requests);
  g_test_add_func ("/safetensors/number-of-tensors", test_number_of_tensors);
  g_test_add_func ("/safetensors/size", test_size);
  g_test_add_func ("/safetensors/long-headers", test_long_headers);
  g_test_add_func ("/safetensors/long-name", test_long_name);
  g_test_add_func ("/safetensors/truncated", test_truncated);
  g_test_add_func ("/safetensors/flipped", test_flipped);
  for (guint i = 0; i < G_N_ELEMENTS (good_cases); i++)
    {
      g_autofree gchar *path
          = g_strconcat ("/safetensors/good/", good_cases[i].name, NULL);
      g_test_add_data_func (path, &good_cases[i], test_good);
    }
  for (guint i = 0; i < G_N_ELEMENTS (broken_cases); i++)
    {
      g_autofree gchar *path
          = g_strconcat ("/safetensors/broken/", broken_cases[i].name, NULL);
      g_test_add_data_func (path, &broken_cases[i], test_broken);
    }
  for (guint i = 0; i < G_N_ELEMENTS (raw_cases); i++)
    {
      g_autofree gchar *path
          = g_strconcat ("/safetensors/raw/", raw_cases[i].name, NULL);
      g_test_add_data_func (path, &raw_cases[i], test_raw);
    }
  return g_test_run ();
}
