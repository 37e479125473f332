// SPDX-License-Identifier: LGPL-2.1-or-later

#include "model_load.h"

#include "error.h"

#include <math.h>
#include <string.h>

#define FORMAT "gst-ecbsr 1"
#define MAX_NAME_LENGTH 64

// Far more than any training uses; what is beyond would only lose precision.
#define MAX_LUMA 65536
#define MIN_LUMA_SPAN 0.001

// In the order of EcbsrArchitecture, EcbsrActivation and EcbsrPadding.
static const gchar *const architectures[]
    = { "cubic", "ecbsr", "esr-max", "esr-tm", "esr-tr", "esr-cnn", NULL };
static const gchar *const activations[]
    = { "linear", "relu", "rrelu", "prelu", "softplus", "tanh", NULL };
static const gchar *const paddings[] = { "zero", "replicate", "symmetric", NULL };

// What a file may say.
static const gchar *const stored_architectures[]
    = { "ecbsr", "esr-max", "esr-tm", "esr-tr", "esr-cnn", NULL };
static const gchar *const stored_activations[]
    = { "linear", "relu", "rrelu", "prelu", "softplus", NULL };
static const gchar *const contents[] = { "clean", "camera", NULL };
static const gchar *const forms[] = { "plain", "training", NULL };
static const gchar *const booleans[] = { "false", "true", NULL };
static const gchar *const kernel_sizes[] = { "3", "5", "7", NULL };
static const gchar *const colors[] = { "1", "3", NULL };

const gchar *
ecbsr_architecture_to_string (EcbsrArchitecture architecture)
{
  g_return_val_if_fail (architecture <= ECBSR_ARCHITECTURE_ESR_CNN, NULL);

  return architectures[architecture];
}

const gchar *
ecbsr_activation_to_string (EcbsrActivation activation)
{
  g_return_val_if_fail (activation <= ECBSR_ACTIVATION_TANH, NULL);

  return activations[activation];
}

const gchar *
ecbsr_padding_to_string (EcbsrPadding padding)
{
  g_return_val_if_fail (padding <= ECBSR_PADDING_SYMMETRIC, NULL);

  return paddings[padding];
}

// ---------------------------------------------------------- kinds of values --

guint
ecbsr_metadata_find (gchar *const *metadata, const gchar *key)
{
  for (guint i = 0; metadata[i]; i += 2)
    if (strcmp (metadata[i], key) == 0)
      return i + 1;
  return 0;
}

static gboolean
refuse_value (const gchar *key, const gchar *value, const gchar *expected,
              GError **error)
{
  g_autofree gchar *quoted = ecbsr_quote (value);

  return ecbsr_refuse (error, "metadata '%s' is %s, expected %s", key, quoted,
                       expected);
}

static gboolean
read_text (const EcbsrModel *model, const gchar *key, const gchar **value,
           GError **error)
{
  const guint i = ecbsr_metadata_find (model->metadata, key);

  if (i == 0)
    return ecbsr_refuse (error, "metadata '%s' is missing", key);
  *value = model->metadata[i];
  return **value != '\0' || refuse_value (key, "", "some text", error);
}

// Value → its index in `choices`.
static gboolean
read_choice (const EcbsrModel *model, const gchar *key,
             const gchar *const *choices, guint *index, GError **error)
{
  const gchar *value;
  g_autofree gchar *all = NULL, *expected = NULL;

  if (!read_text (model, key, &value, error))
    return FALSE;
  for (*index = 0; choices[*index]; ++*index)
    if (strcmp (value, choices[*index]) == 0)
      return TRUE;
  all = g_strjoinv (", ", (gchar **) choices);
  expected = g_strdup_printf ("one of %s", all);
  return refuse_value (key, value, expected, error);
}

static gboolean
read_number (const EcbsrModel *model, const gchar *key, guint min, guint max,
             guint *number, GError **error)
{
  const gchar *value;
  g_autofree gchar *expected = NULL;
  guint64 n;

  if (!read_text (model, key, &value, error))
    return FALSE;
  if ((value[0] != '0' || value[1] == '\0')
      && g_ascii_string_to_unsigned (value, 10, min, max, &n, NULL))
    {
      *number = (guint) n;
      return TRUE;
    }
  expected = g_strdup_printf ("%u to %u", min, max);
  return refuse_value (key, value, expected, error);
}

// A decimal number such as -1.5: no exponent, no space, nothing else.
static gboolean
parse_decimal (const gchar *text, gdouble *value)
{
  const gchar *digits = text + (*text == '-');
  gchar *end;

  if (!g_ascii_isdigit (*digits) || digits[strspn (digits, "0123456789.")])
    return FALSE;
  *value = g_ascii_strtod (text, &end);
  return *end == '\0' && fabs (*value) <= MAX_LUMA;
}

static gboolean
read_luma_range (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  const gchar *key = "luma_range", *value;
  g_auto (GStrv) part = NULL;

  if (!read_text (model, key, &value, error))
    return FALSE;
  part = g_strsplit (value, "..", 2);
  if (g_strv_length (part) == 2 && parse_decimal (part[0], &info->black)
      && parse_decimal (part[1], &info->white)
      && info->white - info->black >= MIN_LUMA_SPAN)
    return TRUE;
  return refuse_value (key, value, "BLACK..WHITE, such as 16..235", error);
}

static gboolean
read_name (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  return read_text (model, "name", &info->name, error)
         && (g_utf8_strlen (info->name, -1) <= MAX_NAME_LENGTH
             || refuse_value ("name", info->name, "1 to 64 characters", error));
}

// Only ECBSR is known with three.
static gboolean
read_colors (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  guint i = 0;

  if (ecbsr_metadata_find (model->metadata, "colors")
      && !read_choice (model, "colors", colors, &i, error))
    return FALSE;
  info->n_colors = i == 0 ? 1 : 3;
  return info->n_colors == 1
         || info->architecture == ECBSR_ARCHITECTURE_ECBSR
         || refuse_value ("colors", "3", "1: only ecbsr is known with 3", error);
}

static gboolean
read_content (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  guint content = 0;

  if (ecbsr_metadata_find (model->metadata, "content")
      && !read_choice (model, "content", contents, &content, error))
    return FALSE;
  info->content = contents[content];
  return TRUE;
}

static gboolean
read_padding (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  guint padding = ECBSR_PADDING_ZERO;

  if (ecbsr_metadata_find (model->metadata, "padding")
      && !read_choice (model, "padding", paddings, &padding, error))
    return FALSE;
  info->padding = padding;
  return TRUE;
}

// -1 where the file does not say.
static gboolean
read_overshoot (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  const gchar *value;

  info->overshoot = -1;
  if (!ecbsr_metadata_find (model->metadata, "overshoot"))
    return TRUE;
  return read_text (model, "overshoot", &value, error)
         && ((parse_decimal (value, &info->overshoot) && info->overshoot >= 0
              && info->overshoot <= 1)
             || refuse_value ("overshoot", value, "a number from 0 to 1",
                              error));
}

// A measured loss in dB; -1 where the file does not say.
static gboolean
read_loss (const EcbsrModel *model, const gchar *key, gdouble *loss,
           GError **error)
{
  const gchar *value;

  *loss = -1;
  if (!ecbsr_metadata_find (model->metadata, key))
    return TRUE;
  return read_text (model, key, &value, error)
         && ((parse_decimal (value, loss) && *loss >= 0)
             || refuse_value (key, value, "decibels, 0 or more", error));
}

static gboolean
check_format (const EcbsrModel *model, GError **error)
{
  const gchar *format;

  if (!ecbsr_metadata_find (model->metadata, "format"))
    return ecbsr_refuse (error, "metadata 'format' is missing: not a gst-ecbsr "
                                "model; models/convert.py makes one");
  return read_text (model, "format", &format, error)
         && (strcmp (format, FORMAT) == 0
             || refuse_value ("format", format, "'" FORMAT "'", error));
}

// ------------------------------------------------------------ architectures --

static gboolean
read_identity (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  guint identity = FALSE;

  // Folded weights need not say how they were trained.
  if ((info->training_form || ecbsr_metadata_find (model->metadata, "identity"))
      && !read_choice (model, "identity", booleans, &identity, error))
    return FALSE;
  info->identity = identity;
  if (identity && !info->training_form)
    return refuse_value ("identity", "true",
                         "false where 'form' is 'plain': it is folded in",
                         error);
  return TRUE;
}

static gboolean
read_ecbsr (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  guint activation, form;

  if (!read_number (model, "blocks", 0, 64, &info->n_blocks, error)
      || !read_number (model, "channels", 1, 64, &info->n_channels, error)
      || !read_choice (model, "activation", stored_activations, &activation,
                       error)
      || !read_choice (model, "form", forms, &form, error))
    return FALSE;
  info->activation = activation;
  info->training_form = form;
  return read_identity (model, info, error);
}

static gboolean
read_esr_cnn (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  info->activation = ECBSR_ACTIVATION_TANH;
  return read_number (model, "channels", 1, 16, &info->n_channels, error)
         && read_number (model, "depth", 1, 64, &info->depth, error)
         && read_number (model, "squeeze", 1, 64, &info->squeeze, error);
}

static gboolean
read_esr (const EcbsrModel *model, EcbsrModelInfo *info, GError **error)
{
  guint i;

  if (!read_number (model, "channels", 1, 16, &info->n_channels, error)
      || !read_choice (model, "kernel_size", kernel_sizes, &i, error))
    return FALSE;
  info->kernel_size = 3 + 2 * i;
  return TRUE;
}

// An ECBSR may clean a picture up without making it larger.
static guint
least_scale (const EcbsrModelInfo *info)
{
  return info->architecture == ECBSR_ARCHITECTURE_ECBSR ? 1 : 2;
}

gboolean
ecbsr_model_read_metadata (EcbsrModel *model, GError **error)
{
  EcbsrModelInfo *info = &model->info;
  guint architecture;

  if (!check_format (model, error)
      || !read_choice (model, "architecture", stored_architectures,
                       &architecture, error)
      || !read_luma_range (model, info, error)
      || !read_name (model, info, error)
      || !read_text (model, "licence", &info->licence, error)
      || !read_text (model, "trained_on", &info->trained_on, error)
      || !read_content (model, info, error)
      || !read_padding (model, info, error)
      || !read_overshoot (model, info, error)
      || !read_loss (model, "loss_bfloat16", &info->bfloat16_loss, error)
      || !read_loss (model, "loss_int8", &info->int8_loss, error))
    return FALSE;

  info->architecture = ECBSR_ARCHITECTURE_ECBSR + architecture;
  if (!read_number (model, "scale", least_scale (info), 4, &info->scale, error)
      || !read_colors (model, info, error))
    return FALSE;
  switch (info->architecture)
    {
    case ECBSR_ARCHITECTURE_ECBSR:
      return read_ecbsr (model, info, error);
    case ECBSR_ARCHITECTURE_ESR_CNN:
      return read_esr_cnn (model, info, error);
    default:
      return read_esr (model, info, error);
    }
}
