// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A good safetensors file and everything that can be wrong with one: what to
// replace in its header, by what, and what the message must say.

#ifndef BROKEN_HEADERS_H
#define BROKEN_HEADERS_H

#include <glib.h>

// BF16 comes first, so that what follows is unaligned.
#define METADATA "\"__metadata__\":{\"k\":\"v\",\"j\":\"w\"}"
#define TENSOR_A                                                               \
  "\"a\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[2,26]}"
#define TENSOR_B                                                               \
  "\"b\":{\"dtype\":\"F16\",\"shape\":[5],\"data_offsets\":[26,36]}"
#define TENSOR_C                                                               \
  "\"c\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[0,2]}"
#define HEADER "{" METADATA "," TENSOR_A "," TENSOR_B "," TENSOR_C "}"

static const guint8 data[] = {
  0xc0, 0xbf,                         // -1.5
  0x00, 0x00, 0x80, 0x3f,             // 1
  0x00, 0x00, 0x00, 0xc0,             // -2
  0xff, 0xff, 0x7f, 0x7f,             // the largest float
  0x01, 0x00, 0x00, 0x00,             // the smallest one
  0x00, 0x00, 0x00, 0x80,             // -0
  0xdb, 0x0f, 0x49, 0x40,             // pi
  0x00, 0x3c, 0xff, 0x7b, 0x00, 0x80, // 1, 65504, -0
  0x01, 0x80, 0x00, 0x04,             // -2^-24, 2^-14
};

typedef struct
{
  const gchar *name, *from, *to, *message;
} BrokenCase;

#define SHAPE_A "\"shape\":[2,3]"
#define OFFSETS_B "\"data_offsets\":[26,36]"

static const BrokenCase broken_cases[] = {
  { "array", HEADER, "[]", "header byte 0: expected '{'" },
  { "no-brace", "[0,2]}}", "[0,2]}", "expected '}'" },
  { "rubbish-after", "[0,2]}}", "[0,2]}}x", "something follows" },
  { "second-object", "[0,2]}}", "[0,2]}}{}", "something follows" },
  { "trailing-comma", "[0,2]}}", "[0,2]},}", "expected '\"'" },
  { "leading-comma", "{\"__", "{,\"__", "header byte 1: expected '\"'" },
  { "no-comma", "},\"a\"", "}\"a\"", "expected '}'" },
  { "no-colon", "\"a\":", "\"a\"", "expected ':'" },
  { "comment", "\"a\":", "/* */\"a\":", "expected '\"'" },
  { "single-quotes", "\"a\"", "'a'", "expected '\"'" },
  { "bare-key", "\"a\"", "a", "expected '\"'" },
  { "byte-order-mark", "{\"__", "\xef\xbb\xbf{\"__", "header byte 0" },
  { "form-feed", "\"a\":", "\"a\":\f", "expected '{'" },

  { "deep-metadata", "\"v\"", "{\"x\":\"y\"}", "__metadata__: header byte" },
  { "deep-shape", "[2,3]", "[[2,3]]", "tensor 'a': header byte" },
  { "deep-tensor", "\"F16\"", "{}", "expected '\"'" },
  { "number-in-metadata", "\"v\"", "1", "__metadata__" },
  { "null-in-metadata", "\"v\"", "null", "expected '\"'" },
  { "tensor-is-text", TENSOR_C, "\"c\":\"F32\"", "tensor 'c': header byte" },
  { "tensor-is-list", TENSOR_C, "\"c\":[]", "expected '{'" },

  { "metadata-key-twice", "\"j\"", "\"k\"", "metadata 'k' is there twice" },
  { "metadata-twice", TENSOR_A, METADATA, "'__metadata__' is there twice" },
  { "tensor-twice", "\"b\":", "\"a\":", "tensor 'a' is there twice" },
  { "escaped-twice", "\"b\":", "\"\\u0061\":", "tensor 'a' is there twice" },
  { "dtype-twice", SHAPE_A, "\"dtype\":\"F32\"",
    "'dtype' is unknown or there" },
  { "shape-twice", SHAPE_A, SHAPE_A "," SHAPE_A,
    "'shape' is unknown or there" },
  { "offsets-twice", OFFSETS_B, "\"data_offsets\":[]," OFFSETS_B,
    "'data_offsets' is unknown or there twice" },
  { "unknown-field", SHAPE_A, SHAPE_A ",\"x\":1", "'x' is unknown" },

  { "dtype-I64", "\"F16\"", "\"I64\"", "tensor 'b': dtype is 'I64'" },
  { "dtype-case", "\"F16\"", "\"f16\"", "dtype is 'f16'" },
  { "dtype-number", "\"F16\"", "16", "expected '\"'" },
  { "no-dtype", "\"dtype\":\"F16\",", "", "tensor 'b': dtype is missing" },
  { "no-shape", SHAPE_A ",", "", "tensor 'a': shape is missing" },
  { "no-offsets", "," OFFSETS_B, "", "tensor 'b': data_offsets are missing" },
  { "nothing", TENSOR_C, "\"c\":{}", "tensor 'c': dtype is missing" },
  { "one-offset", "[26,36]", "[26]", "data_offsets are missing or not two" },
  { "no-offset", "[26,36]", "[]", "data_offsets are missing or not two" },
  { "three-offsets", "[26,36]", "[26,36,36]", "a list is too long" },
  { "nine-dims", "[2,3]", "[2,3,1,1,1,1,1,1,1]", "a list is too long" },

  { "negative", "[2,3]", "[-2,3]", "expected a whole number" },
  { "plus", "[2,3]", "[+2,3]", "expected a whole number" },
  { "empty-element", "[2,3]", "[2,,3]", "expected a whole number" },
  { "comma-in-list", "[2,3]", "[2,3,]", "expected a whole number" },
  { "text-in-list", "[2,3]", "[\"2\",3]", "expected a whole number" },
  { "fraction", "[2,3]", "[2.0,3]", "not a whole one" },
  { "exponent", "[2,3]", "[2e0,3]", "not a whole one" },
  { "leading-zero", "[2,3]", "[02,3]", "begins with 0" },
  { "hexadecimal", "[2,3]", "[0x2,3]", "expected ']'" },
  { "number-2^64", "[2,3]", "[18446744073709551616,3]", "too large" },
  { "number-10^30", "[2,3]", "[1000000000000000000000000000000]", "too large" },
  { "list-does-not-end", "[0,2]}}", "[0,2", "expected ']'" },

  { "product-2^64", "[2,3]", "[4294967296,4294967296]", "is too large" },
  { "product-bytes", "[2,3]", "[4611686018427387904]", "is too large" },
  { "product-then-0", "[2,3]", "[18446744073709551615,2,0]", "is too large" },
  { "shape-too-big", "[2,3]", "[2,4]",
    "tensor 'a': F32 of shape [2, 4] takes 32 bytes, "
    "data_offsets give 24" },
  { "shape-too-small", "[2,3]", "[2]", "takes 8 bytes" },
  { "shape-with-0", "[2,3]", "[0,3]", "takes 0 bytes" },
  { "dtype-too-wide", "\"F16\"", "\"F32\"", "takes 20 bytes" },
  { "offsets-backwards", "[26,36]", "[36,26]", "run backwards" },
  { "overlap", "[26,36]", "[24,34]",
    "tensor 'b': data begins at byte 24, which "
    "overlaps" },
  { "gap", "[0,2]", "[1,3]",
    "tensor 'c': data begins at byte 1, which leaves a "
    "gap" },
  { "outside", "[26,36]", "[28,38]", "which leaves a gap" },
  { "far-outside", "[26,36]", "[18446744073709551605,18446744073709551615]",
    "which leaves a gap" },
  { "beyond-end", "[5],\"data_offsets\":[26,36]",
    "[6],\"data_offsets\":[26,38]",
    "tensor 'b': data ends at byte 38, outside the file, "
    "which holds 36" },
  { "rest", "," TENSOR_B, "", "10 bytes after the last tensor" },
  { "no-tensors", HEADER, "{}", "36 bytes after the last tensor" },

  { "escape-newline", "\"v\"", "\"\\n\"", "control character" },
  { "escape-nul", "\"v\"", "\"\\u0000\"", "control character" },
  { "escape-esc", "\"a\"", "\"\\u001b[2J\"", "control character" },
  { "escape-c1", "\"v\"", "\"\\u0085\"", "control character" },
  { "raw-tab", "\"v\"", "\"\t\"", "control character" },
  { "raw-del", "\"v\"", "\"\x7f\"", "control character" },
  { "raw-c1", "\"v\"", "\"\xc2\x9b\"", "control character" },
  { "high-surrogate", "\"v\"", "\"\\ud83d\"", "second half of a surrogate" },
  { "two-high", "\"v\"", "\"\\ud83d\\ud83d\"", "second half of a surrogate" },
  { "high-then-n", "\"v\"", "\"\\ud83d\\n\"", "second half of a surrogate" },
  { "low-surrogate", "\"v\"", "\"\\ude00\"", "surrogate on its own" },
  { "bad-hex", "\"v\"", "\"\\u00g0\"", "four digits after \\u" },
  { "short-hex", "\"v\"", "\"\\u00\"", "four digits after \\u" },
  { "hex-sign", "\"v\"", "\"\\u+041\"", "four digits after \\u" },
  { "bad-escape", "\"v\"", "\"\\x41\"", "unknown escape" },
  { "string-end", "[0,2]}}", "[0,2]},\"x", "a string does not end" },
  { "escape-end", "[0,2]}}", "[0,2]},\"\\", "a string does not end" },
  { "hex-end", "[0,2]}}", "[0,2]},\"\\u00", "four digits after \\u" },
  { "surrogate-end", "[0,2]}}", "[0,2]},\"\\ud83d\\", "surrogate" },

  { "utf8-stray", "\"v\"", "\"\x80\"", "not UTF-8" },
  { "utf8-overlong", "\"v\"", "\"\xc0\xaf\"", "not UTF-8" },
  { "utf8-surrogate", "\"v\"", "\"\xed\xa0\x80\"", "not UTF-8" },
  { "utf8-too-high", "\"v\"", "\"\xf4\x90\x80\x80\"", "not UTF-8" },
  { "utf8-cut", "[0,2]}}", "[0,2]}}\xe2\x82", "not UTF-8" },
};

typedef struct
{
  const gchar *name, *content;
  gsize size;
  const gchar *message;
} RawCase;

#define RAW(text) text, sizeof text - 1

static const RawCase raw_cases[] = {
  { "empty", RAW (""), "an empty file" },
  { "7-bytes", RAW ("\2\0\0\0\0\0\0"), "shorter than 8 bytes" },
  { "no-header", RAW ("\0\0\0\0\0\0\0\0"), "header byte 0: expected '{'" },
  { "cut-off", RAW ("\3\0\0\0\0\0\0\0{}"),
    "header of 3 bytes in a file of 10" },
  { "2^64-1", RAW ("\377\377\377\377\377\377\377\377{}"), "more than 1 MiB" },
  { "2^32", RAW ("\0\0\0\0\1\0\0\0{}"), "more than 1 MiB" },
  { "1MiB+1", RAW ("\1\0\20\0\0\0\0\0{}"), "more than 1 MiB" },
  { "1MiB", RAW ("\0\0\20\0\0\0\0\0{}"), "cut off?" },
  { "big-endian", RAW ("\0\0\0\0\0\0\0\2{}"), "more than 1 MiB" },
  { "zip", RAW ("PK\3\4\0\0\10\10"), "looks like a PyTorch file" },
  { "pickle", RAW ("\200\2\212\12l\374\234F"), "looks like a PyTorch file" },
  { "nul-in-header", RAW ("\3\0\0\0\0\0\0\0{\0}"), "not UTF-8" },
};

#endif
