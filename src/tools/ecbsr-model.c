// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ecbsr-model: looks at model files, and folds them.

#include "ecbsr.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  const gchar *path;
  const EcbsrModelInfo *info;
  const gchar *const *metadata;
  guint64 n_bytes;
} Report;

// A number as it is written everywhere, whatever the locale.
static gchar *
format_number (gdouble value)
{
  gchar text[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup (g_ascii_formatd (text, sizeof text, "%.10g", value));
}

// --------------------------------------------------------------- for people --

static void
print_number (const gchar *label, guint value)
{
  g_print ("  %-15s %u\n", label, value);
}

static void
print_sizes (const EcbsrModelInfo *info)
{
  switch (info->architecture)
    {
    case ECBSR_ARCHITECTURE_ECBSR:
      print_number ("blocks", info->n_blocks);
      print_number ("channels", info->n_channels);
      g_print ("  %-15s %s\n", "activation",
               ecbsr_activation_to_string (info->activation));
      g_print ("  %-15s %s%s\n", "form",
               info->training_form ? "training" : "plain",
               info->identity ? ", with identity" : "");
      break;
    case ECBSR_ARCHITECTURE_ESR_CNN:
      print_number ("channels", info->n_channels);
      print_number ("depth", info->depth);
      print_number ("squeeze", info->squeeze);
      break;
    default:
      print_number ("channels", info->n_channels);
      print_number ("kernel size", info->kernel_size);
    }
}

static void
print_text (const Report *report)
{
  const EcbsrModelInfo *info = report->info;
  g_autofree gchar *black = format_number (info->black);
  g_autofree gchar *white = format_number (info->white);

  g_print ("%s\n", report->path);
  g_print ("  %-15s %s\n", "architecture",
           ecbsr_architecture_to_string (info->architecture));
  print_number ("scale", info->scale);
  print_number ("colours", info->n_colors);
  print_sizes (info);
  g_print ("  %-15s %s..%s\n", "luma range", black, white);
  g_print ("  %-15s %s\n", "padding", ecbsr_padding_to_string (info->padding));
  if (info->overshoot >= 0)
    g_print ("  %-15s %g of black to white\n", "overshoot", info->overshoot);
  g_print ("  %-15s %s\n", "activations", info->bounded ? "bounded" : "unbounded");
  print_number ("parameters", info->n_parameters);
  print_number ("MACs per pixel", info->n_macs_per_pixel);
  print_number ("radius", info->radius);
  g_print ("  %-15s %" G_GUINT64_FORMAT "\n", "bytes", report->n_bytes);
  g_print ("  %-15s %s\n", "sha256", info->sha256);
  g_print ("  metadata\n");
  for (const gchar *const *entry = report->metadata; *entry; entry += 2)
    g_print ("    %-13s %s\n", entry[0], entry[1]);
}

// ------------------------------------------------------------- for machines --

static void
append_string (GString *json, const gchar *text)
{
  g_string_append_c (json, '"');
  for (; *text; text++)
    if ((guchar) *text < ' ') // in paths; model files have none
      g_string_append_printf (json, "\\u%04x", *text);
    else
      {
        if (*text == '"' || *text == '\\')
          g_string_append_c (json, '\\');
        g_string_append_c (json, *text);
      }
  g_string_append_c (json, '"');
}

static void
append_text_member (GString *json, const gchar *key, const gchar *value)
{
  append_string (json, key);
  g_string_append (json, ": ");
  append_string (json, value);
  g_string_append (json, ", ");
}

static void
append_number_member (GString *json, const gchar *key, gdouble value)
{
  g_autofree gchar *number = format_number (value);

  g_string_append_printf (json, "\"%s\": %s, ", key, number);
}

static void
append_sizes (GString *json, const EcbsrModelInfo *info)
{
  const struct
  {
    const gchar *key;
    guint value;
  } sizes[] = {
    { "channels", info->n_channels },
    { "kernel_size", info->kernel_size },
    { "depth", info->depth },
    { "squeeze", info->squeeze },
  };

  if (info->architecture == ECBSR_ARCHITECTURE_ECBSR)
    append_number_member (json, "blocks", info->n_blocks);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    if (sizes[i].value)
      append_number_member (json, sizes[i].key, sizes[i].value);
}

static void
append_metadata (GString *json, const gchar *const *metadata)
{
  g_string_append (json, "\"metadata\": {");
  for (guint i = 0; metadata[i]; i += 2)
    {
      g_string_append (json, i ? ", " : "");
      append_string (json, metadata[i]);
      g_string_append (json, ": ");
      append_string (json, metadata[i + 1]);
    }
  g_string_append_c (json, '}');
}

// One line, so that several files are one object a line.
static void
print_json (const Report *report)
{
  const EcbsrModelInfo *info = report->info;
  g_autoptr (GString) json = g_string_new ("{");

  append_text_member (json, "file", report->path);
  append_text_member (json, "architecture",
                      ecbsr_architecture_to_string (info->architecture));
  append_number_member (json, "scale", info->scale);
  append_number_member (json, "colors", info->n_colors);
  append_sizes (json, info);
  append_text_member (json, "activation",
                      ecbsr_activation_to_string (info->activation));
  append_text_member (json, "form", info->training_form ? "training" : "plain");
  g_string_append_printf (json, "\"identity\": %s, ",
                          info->identity ? "true" : "false");
  append_text_member (json, "padding", ecbsr_padding_to_string (info->padding));
  g_string_append_printf (json, "\"bounded\": %s, ",
                          info->bounded ? "true" : "false");
  if (info->overshoot >= 0)
    append_number_member (json, "overshoot", info->overshoot);
  append_number_member (json, "black", info->black);
  append_number_member (json, "white", info->white);
  append_number_member (json, "parameters", info->n_parameters);
  append_number_member (json, "macs_per_pixel", info->n_macs_per_pixel);
  append_number_member (json, "radius", info->radius);
  append_number_member (json, "bytes", (gdouble) report->n_bytes);
  append_text_member (json, "sha256", info->sha256);
  append_metadata (json, report->metadata);
  g_print ("%s}\n", json->str);
}

// ----------------------------------------------------------------- commands --

// Says what went wrong and returns the exit status for it.
static gint
fail (const gchar *message)
{
  g_printerr ("ecbsr-model: %s\n", message);
  return EXIT_FAILURE;
}

static gint
show_file (const gchar *path, gboolean json)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrModel) model = ecbsr_model_open (path, &error);
  g_autofree gchar *name = g_filename_display_name (path);
  GStatBuf status;
  Report report = { name };

  if (!model)
    return fail (error->message);
  report.info = ecbsr_model_get_info (model);
  report.metadata = ecbsr_model_get_metadata (model);
  report.n_bytes = g_stat (path, &status) == 0 ? (guint64) status.st_size : 0;
  (json ? print_json : print_text) (&report);
  return EXIT_SUCCESS;
}

// Goes on after a bad file, so that one call tells about all of them.
static gint
show (gchar **paths, gboolean json)
{
  gint status = EXIT_SUCCESS;

  if (!paths[0])
    return fail ("show: which FILE?");
  for (guint i = 0; paths[i]; i++)
    if (show_file (paths[i], json) != EXIT_SUCCESS)
      status = EXIT_FAILURE;
  return status;
}

static gint
fold (gchar **paths)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrModel) model = NULL;

  if (g_strv_length (paths) != 2)
    return fail ("fold: give one file to read and one to write, IN OUT");
  model = ecbsr_model_open (paths[0], &error);
  if (!model || !ecbsr_model_save (model, paths[1], &error))
    return fail (error->message);
  return EXIT_SUCCESS;
}

static gint
run (gchar **arguments, gboolean json)
{
  const gchar *command = arguments ? arguments[0] : NULL;

  if (command && strcmp (command, "show") == 0)
    return show (arguments + 1, json);
  if (command && strcmp (command, "fold") == 0)
    return fold (arguments + 1);
  return fail ("say what to do: show FILE... or fold IN OUT (see --help)");
}

int
main (int argc, char **argv)
{
  gboolean json = FALSE, version = FALSE;
  g_auto (GStrv) arguments = NULL;
  g_autoptr (GError) error = NULL;
  const GOptionEntry options[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json,
      "Print one JSON object a line, for machines", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments, NULL,
      NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context
      = g_option_context_new ("show FILE... | fold IN OUT");

  setlocale (LC_ALL, "");
  g_option_context_set_summary (
      context, "Looks at super-resolution models for the GStreamer element "
               "ecbsr.\n\n"
               "  show FILE...   check model files and say what they are\n"
               "  fold IN OUT    write a model's plain form: several branches "
               "a layer\n"
               "                 become one convolution, with the same result");
  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return fail (error->message);
  if (!version)
    return run (arguments, json);
  g_print ("ecbsr-model %s\n", ECBSR_VERSION);
  return EXIT_SUCCESS;
}
