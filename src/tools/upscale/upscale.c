// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ecbsr-upscale: a video or a picture, two to four times larger, or restored at its size.

#include "ecbsr.h"
#include "transcode.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static gchar *model, *content, *start, *encoder, *interlaced, *video;
static gchar **settings, **paths;
static gint scale = -1; // the model file's, or 2
static gboolean force, quiet, show_version;

static const GOptionEntry entries[] = {
  { "scale", 's', 0, G_OPTION_ARG_INT, &scale,
    "2, 3 or 4; default: the model file's, else 2", "N" },
  { "model", 'm', 0, G_OPTION_ARG_FILENAME, &model,
    "A built-in network, as gst-inspect-1.0 ecbsr lists them, or a model file; "
    "default: auto",
    "NAME|FILE" },
  { "content", 'c', 0, G_OPTION_ARG_STRING, &content,
    "What the network was trained on: clean (default) or camera, for noisy and "
    "compressed video",
    "clean|camera" },
  { "start", 0, 0, G_OPTION_ARG_STRING, &start, "Leave out what comes before",
    "[[H:]M:]S" },
  { "interlaced", 0, 0, G_OPTION_ARG_STRING, &interlaced,
    "Interlaced video: deinterlace (default), to a frame a field, or keep",
    "deinterlace|keep" },
  { "encoder", 'e', 0, G_OPTION_ARG_STRING, &encoder,
    "Elements that encode, as for gst-launch-1.0; default: by OUT's suffix",
    "ELEMENTS" },
  { "video", 0, 0, G_OPTION_ARG_FILENAME, &video,
    "Upscale nothing: take this file's video, as it is, for IN's", "FILE" },
  { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &settings,
    "Any property of the element ecbsr", "NAME=VALUE" },
  { "force", 'f', 0, G_OPTION_ARG_NONE, &force, "Overwrite OUT", NULL },
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &quiet, "Show no progress", NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "Print the version",
    NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL,
    "IN OUT" },
  { NULL },
};

static const gchar summary[] = "Upscales a video or a picture by a small "
                               "super-resolution network, on the CPU.\n"
                               "\n"
                               "OUT's suffix says what is written: .mp4, .m4v, "
                               ".mov, .mkv, .webm, .png, .jpg.\n"
                               "Sound, subtitles, chapters and tags are taken "
                               "over, without encoding them again\n"
                               "where OUT can hold them as they are. A picture "
                               "of a video is its first frame, or\n"
                               "the one at --start.";

static const gchar description[]
    = "While it works the file is called OUT with .part before the suffix, "
      "such as\n"
      "large.part.mp4. Ctrl-C finishes that file, so that it plays, and says "
      "where to go\n"
      "on; a second Ctrl-C removes it, as errors do. IN is never written to.";

static gboolean refuse (GError **error, const gchar *format, ...)
    G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const gchar *format, ...)
{
  va_list arguments;
  g_autofree gchar *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, text);
  return FALSE;
}

// ---------------------------------------------------------------- arguments --

// Seconds, M:S or H:M:S; the seconds may have a fraction.
static gboolean
parse_time (const gchar *text, GstClockTime *time, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, ":", -1);
  guint n = g_strv_length (parts);
  gdouble seconds, total = 0;

  for (guint i = 0; i < n; i++)
    {
      gchar *end;
      guint64 whole;
      if (i + 1 < n)
        {
          if (!g_ascii_string_to_unsigned (parts[i], 10, 0, 100000, &whole,
                                           NULL))
            break;
          total = (total + (gdouble) whole) * 60;
          continue;
        }
      seconds = g_ascii_strtod (parts[i], &end);
      if (n > 3 || end == parts[i] || *end || !g_ascii_isdigit (parts[i][0])
          || !(seconds < 1e7))
        break;
      *time = (GstClockTime) ((total + seconds) * 1e9 + 0.5);
      return TRUE;
    }
  return refuse (error,
                 "--start %s: a time such as 90, 1:30 or 1:02:03.5 is wanted",
                 text);
}

static gchar *
list_choices (GParamSpec *spec)
{
  GString *text = g_string_new (NULL);
  const GEnumClass *choices;

  if (!G_IS_PARAM_SPEC_ENUM (spec))
    {
      g_string_assign (text, g_type_name (spec->value_type));
      return g_string_free (text, FALSE);
    }
  choices = G_PARAM_SPEC_ENUM (spec)->enum_class;
  for (guint i = 0; i < choices->n_values; i++)
    g_string_append_printf (text, "%s%s", i ? ", " : "",
                            choices->values[i].value_nick);
  return g_string_free (text, FALSE);
}

static gboolean
set_property (GstElement *ecbsr, const gchar *name, const gchar *text,
              GError **error)
{
  GParamSpec *spec
      = g_object_class_find_property (G_OBJECT_GET_CLASS (ecbsr), name);
  g_autofree gchar *choices = NULL;
  GValue value = G_VALUE_INIT;
  gboolean ok;

  if (!spec || !(spec->flags & G_PARAM_WRITABLE))
    return refuse (error, "ecbsr has no property %s to set", name);
  g_value_init (&value, spec->value_type);
  ok = gst_value_deserialize (&value, text)
       && !g_param_value_validate (spec, &value);
  if (ok)
    g_object_set_property (G_OBJECT (ecbsr), name, &value);
  g_value_unset (&value);
  if (ok)
    return TRUE;
  choices = list_choices (spec);
  return refuse (error, "%s: '%s' is not one of %s", name, text, choices);
}

// With the scale that the file is for.
static gboolean
set_model_file (GstElement *ecbsr, GError **error)
{
  g_autoptr (EcbsrModel) file = NULL;
  guint own;

  if (g_access (model, R_OK) != 0)
    return refuse (error, "%s: %s", model, g_strerror (errno));
  file = ecbsr_model_open (model, error);
  if (!file)
    return FALSE;
  own = ecbsr_model_get_info (file)->scale;
  if (scale > 0 && scale != (gint) own)
    return refuse (error, "--scale %d: %s is a model for scale %u", scale, model, own);
  g_object_set (ecbsr, "scale", own, "model-location", model, NULL);
  return TRUE;
}

static gboolean
set_model (GstElement *ecbsr, GError **error)
{
  if (model && (strchr (model, '/') || g_str_has_suffix (model, ".safetensors")))
    return set_model_file (ecbsr, error);
  if (scale == 1)
    return refuse (error, "--scale 1: only with a model file for that scale");
  g_object_set (ecbsr, "scale", scale > 0 ? scale : 2, NULL);
  return !model || set_property (ecbsr, "model", model, error);
}

static gboolean
set_settings (GstElement *ecbsr, GError **error)
{
  for (gchar **setting = settings; setting && *setting; setting++)
    {
      g_auto (GStrv) parts = g_strsplit (*setting, "=", 2);
      if (!parts[0] || !parts[1])
        return refuse (error, "--set %s: NAME=VALUE is wanted", *setting);
      if (!set_property (ecbsr, parts[0], parts[1], error))
        return FALSE;
    }
  return TRUE;
}

static GstElement *
make_ecbsr (GError **error)
{
  GstElement *ecbsr = container_make ("ecbsr", error);

  if (!ecbsr)
    return NULL;
  gst_object_ref_sink (ecbsr);
  if (set_model (ecbsr, error)
      && (!content || set_property (ecbsr, "content", content, error))
      && set_settings (ecbsr, error))
    return ecbsr;
  gst_object_unref (ecbsr);
  return NULL;
}

static gboolean
check_arguments (GError **error)
{
  if (!paths || g_strv_length (paths) != 2)
    return refuse (error,
                   "give a file to read and one to write, IN OUT (see --help)");
  if (scale != -1 && (scale < 1 || scale > 4))
    return refuse (error, "--scale %d: 2, 3 or 4 is wanted", scale);
  if (interlaced && strcmp (interlaced, "keep") != 0
      && strcmp (interlaced, "deinterlace") != 0)
    return refuse (error, "--interlaced %s: deinterlace or keep is wanted",
                   interlaced);
  if (video && start)
    return refuse (error, "--video and --start cannot be combined");
  return TRUE;
}

// -------------------------------------------------------------------- files --

static gboolean
check_input (const gchar *path, GStatBuf *input, GError **error)
{
  if (g_stat (path, input) != 0 || g_access (path, R_OK) != 0)
    return refuse (error, "%s: %s", path, g_strerror (errno));
  if (S_ISDIR (input->st_mode))
    return refuse (error, "%s: a folder; a video or a picture is wanted", path);
  if (S_ISREG (input->st_mode) && input->st_size == 0)
    return refuse (error, "%s: an empty file", path);
  return TRUE;
}

// The video that is taken for the input's.
static gboolean
check_video (const Container *container, GStatBuf *found, GError **error)
{
  if (!video)
    return TRUE;
  if (!container->muxer)
    return refuse (error, "--video: OUT is to be a video, not %s",
                   container->suffix);
  return check_input (video, found, error);
}

static gboolean
check_output (const gchar *path, const GStatBuf *input, GError **error)
{
  g_autofree gchar *folder = g_path_get_dirname (path);
  GStatBuf output;

  if (g_stat (path, &output) == 0)
    {
      if (output.st_dev == input->st_dev && output.st_ino == input->st_ino)
        return refuse (error, "%s: is IN itself, which is never written to",
                       path);
      if (!S_ISREG (output.st_mode))
        return refuse (error, "%s: not a regular file", path);
      if (!force)
        return refuse (error, "%s: is there already; --force overwrites it",
                       path);
    }
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR))
    return refuse (error, "%s: no such folder", folder);
  if (g_access (folder, W_OK) != 0)
    return refuse (error, "%s: %s", folder, g_strerror (errno));
  return TRUE;
}

// large.mp4: large.part.mp4
static gchar *
make_part_path (const gchar *path)
{
  const gchar *suffix = strrchr (path, '.');

  return g_strdup_printf ("%.*s.part%s", (gint) (suffix - path), path, suffix);
}

// The part may be a file of an earlier run, but never one that is read.
static gboolean
check_part (const gchar *part, const GStatBuf *input, GError **error)
{
  GStatBuf output;

  if (g_lstat (part, &output) != 0)
    return TRUE;
  if (output.st_dev == input->st_dev && output.st_ino == input->st_ino)
    return refuse (error,
                   "%s: is what is read, and would be written to meanwhile; "
                   "choose another name for OUT",
                   part);
  if (!S_ISREG (output.st_mode))
    return refuse (error, "%s: not a regular file", part);
  if (!force)
    return refuse (
        error,
        "%s: is there already, from an earlier run; move it or remove "
        "it, or --force",
        part);
  return TRUE;
}

// --------------------------------------------------------------------- ends --

static void
report (const gchar *path, const TranscodeResult *result,
        const Progress *progress)
{
  gdouble seconds = progress_seconds (progress);

  if (!quiet)
    g_print ("%s: %" G_GUINT64_FORMAT
             " frame%s of %dx%d in %.1f s (%.1f frames/s), %s\n",
             path, result->n_frames, result->n_frames == 1 ? "" : "s",
             result->width, result->height, seconds,
             (gdouble) result->n_frames / seconds,
             result->model ? result->model : "as they were");
}

static gint
report_stop (const gchar *part, const TranscodeResult *result)
{
  g_printerr (
      "ecbsr-upscale: stopped. %s has what comes before %" GST_TIME_FORMAT
      "; for the rest:\n  ecbsr-upscale --start=%" GST_TIME_FORMAT
      " … IN OUT\n",
      part, GST_TIME_ARGS (result->stopped_at),
      GST_TIME_ARGS (result->stopped_at));
  return 130;
}

static gint
complain (const gchar *path, GError *error)
{
  if (path)
    g_printerr ("ecbsr-upscale: %s: %s\n", path, error->message);
  else
    g_printerr ("ecbsr-upscale: %s\n", error->message);
  return EXIT_FAILURE;
}

static gint
finish (const gchar *part, const gchar *path, const TranscodeResult *result,
        const Progress *progress)
{
  if (result->stopped_at != GST_CLOCK_TIME_NONE)
    return report_stop (part, result);
  if (g_rename (part, path) != 0)
    {
      g_printerr ("ecbsr-upscale: %s: %s; it is in %s\n", path,
                  g_strerror (errno), part);
      return EXIT_FAILURE;
    }
  report (path, result, progress);
  return EXIT_SUCCESS;
}

static gint
upscale (TranscodeOptions *options)
{
  g_autofree gchar *part = make_part_path (paths[1]);
  g_autoptr (GError) error = NULL;
  TranscodeResult result = { 0 };
  Progress progress;
  GStatBuf input, own;
  gint status;

  if (!check_input (paths[0], &input, &error)
      || !check_video (options->container, &own, &error)
      || !check_output (paths[1], &input, &error)
      || !check_part (part, &input, &error)
      || (video && !check_part (part, &own, &error)))
    return complain (NULL, error);
  progress_init (&progress, quiet);
  options->output = part;
  options->progress = &progress;
  if (transcode (options, &result, &error))
    status = finish (part, paths[1], &result, &progress);
  else
    {
      g_unlink (part);
      status = complain (result.not_written ? paths[1] : paths[0], error);
    }
  g_free (result.model);
  return status;
}

static gint
run (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) ecbsr = NULL;
  TranscodeOptions options = { .encoder = encoder };

  if (!check_arguments (&error)
      || (start && !parse_time (start, &options.start, &error))
      || !(options.container = container_for (paths[1], &error))
      || !(ecbsr = make_ecbsr (&error)))
    return complain (NULL, error);
  options.input = paths[0];
  options.video = video;
  options.keep_interlaced = interlaced && strcmp (interlaced, "keep") == 0;
  options.ecbsr = ecbsr;
  return upscale (&options);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return complain (NULL, error);
  if (!show_version)
    return run ();
  g_print ("ecbsr-upscale %s\n", UPSCALE_VERSION);
  return EXIT_SUCCESS;
}
