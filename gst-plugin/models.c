/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "models.h"

#include <gio/gio.h>

GST_DEBUG_CATEGORY_EXTERN (gst_ecbsr_debug);
#define GST_CAT_DEFAULT gst_ecbsr_debug

#define RESOURCE_FOLDER "/org/gstreamer/ecbsr/models/"

/**
 * GstEcbsrModel:
 * @GST_ECBSR_MODEL_AUTO: chosen by the element
 * @GST_ECBSR_MODEL_ECBSR_M4C8: ECBSR, small
 * @GST_ECBSR_MODEL_ECBSR_M4C16: ECBSR, medium
 * @GST_ECBSR_MODEL_ECBSR_M10C16: ECBSR, large
 * @GST_ECBSR_MODEL_ESR_MAX: eSR-MAX, the fastest network
 * @GST_ECBSR_MODEL_ESR_TM: eSR-TM
 * @GST_ECBSR_MODEL_ESR_TR: eSR-TR
 * @GST_ECBSR_MODEL_ESR_CNN: eSR-CNN
 * @GST_ECBSR_MODEL_BICUBIC: no network
 *
 * Since: 0.1
 */
static const GEnumValue choices[] = {
  {GST_ECBSR_MODEL_AUTO,
        "Behind a live source the best model that this CPU can run within the "
        "frame time, else the standard one (ecbsr-m4c16, or the best there is)",
      "auto"},
  {GST_ECBSR_MODEL_ECBSR_M4C8, "ECBSR, small: good quality, light",
      "ecbsr-m4c8"},
  {GST_ECBSR_MODEL_ECBSR_M4C16, "ECBSR, medium: high quality", "ecbsr-m4c16"},
  {GST_ECBSR_MODEL_ECBSR_M10C16,
      "ECBSR, large: best quality, for strong CPUs", "ecbsr-m10c16"},
  {GST_ECBSR_MODEL_ESR_MAX, "eSR-MAX: the fastest network", "esr-max"},
  {GST_ECBSR_MODEL_ESR_TM, "eSR-TM: fast", "esr-tm"},
  {GST_ECBSR_MODEL_ESR_TR, "eSR-TR: fast, a little better", "esr-tr"},
  {GST_ECBSR_MODEL_ESR_CNN, "eSR-CNN: the best of the fast ones", "esr-cnn"},
  {GST_ECBSR_MODEL_BICUBIC, "No network: plain bicubic upscaling", "bicubic"},
  {0, NULL, NULL},
};

/**
 * GstEcbsrContent:
 * @GST_ECBSR_CONTENT_AUTO: CAMERA behind a live source where there is such a model, else
 *   CLEAN
 * @GST_ECBSR_CONTENT_CLEAN: clean pictures, without noise or artefacts
 * @GST_ECBSR_CONTENT_CAMERA: what cameras send: noise, sharpening, compression
 *
 * Since: 0.1
 */
static const GEnumValue contents[] = {
  {GST_ECBSR_CONTENT_AUTO,
        "Camera behind a live source where there is such a model, else clean",
      "auto"},
  {GST_ECBSR_CONTENT_CLEAN, "Clean pictures, without noise or artefacts",
      "clean"},
  {GST_ECBSR_CONTENT_CAMERA,
      "What cameras send: noise, sharpening, compression", "camera"},
  {0, NULL, NULL},
};

/* By quality, the best first. */
static const GstEcbsrModel by_quality[] = {
  GST_ECBSR_MODEL_ECBSR_M10C16,
  GST_ECBSR_MODEL_ECBSR_M4C16,
  GST_ECBSR_MODEL_ECBSR_M4C8,
  GST_ECBSR_MODEL_ESR_CNN,
  GST_ECBSR_MODEL_ESR_TR,
  GST_ECBSR_MODEL_ESR_TM,
  GST_ECBSR_MODEL_ESR_MAX,
  GST_ECBSR_MODEL_BICUBIC,
};

GType
gst_ecbsr_register_enum (gsize * type, const gchar * name,
    const GEnumValue * values)
{
  if (g_once_init_enter (type))
    g_once_init_leave (type, g_enum_register_static (name, values));
  return *type;
}

GType
gst_ecbsr_model_get_type (void)
{
  static gsize type = 0;

  return gst_ecbsr_register_enum (&type, "GstEcbsrModel", choices);
}

GType
gst_ecbsr_content_get_type (void)
{
  static gsize type = 0;

  return gst_ecbsr_register_enum (&type, "GstEcbsrContent", contents);
}

static const gchar *
get_model_nick (GstEcbsrModel model)
{
  return choices[model].value_nick;
}

static const gchar *
get_content_nick (GstEcbsrContent content)
{
  return contents[content].value_nick;
}

static GBytes *
find_trained_on (GstEcbsrModel choice, guint scale, gboolean camera)
{
  g_autofree gchar *path = g_strdup_printf (RESOURCE_FOLDER
      "%s-x%u%s.safetensors", get_model_nick (choice), scale,
      camera ? "-camera" : "");

  return g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
}

/* Content AUTO is content with the other training of a model that has none for
 * cameras. */
static GBytes *
find (GstEcbsrModel choice, const GstEcbsrConfig * config)
{
  GBytes *bytes = find_trained_on (choice, config->scale,
      config->training == GST_ECBSR_CONTENT_CAMERA);

  if (!bytes && config->content == GST_ECBSR_CONTENT_AUTO)
    bytes = find_trained_on (choice, config->scale, FALSE);
  return bytes;
}

static gboolean
is_built_in (GstEcbsrModel choice, guint scale, GstEcbsrContent content)
{
  g_autoptr (GBytes) bytes = NULL;

  if (choice == GST_ECBSR_MODEL_BICUBIC)
    return TRUE;
  bytes = find_trained_on (choice, scale, content == GST_ECBSR_CONTENT_CAMERA);
  return bytes != NULL;
}

gint
gst_ecbsr_models_get_rank (GstEcbsrModel choice)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (by_quality); i++)
    if (by_quality[i] == choice)
      return i;
  return -1;
}

guint
gst_ecbsr_models_list (guint scale, GstEcbsrContent content,
    GstEcbsrModel lowest, GstEcbsrModel list[GST_ECBSR_N_MODELS])
{
  gint last = gst_ecbsr_models_get_rank (lowest);
  guint n = 0, i;

  for (i = 0; i < G_N_ELEMENTS (by_quality); i++) {
    if (last >= 0 && (gint) i > last && n > 0)
      break;
    if (is_built_in (by_quality[i], scale, content))
      list[n++] = by_quality[i];
  }
  return n;
}

GstEcbsrModel
gst_ecbsr_models_identify (const EcbsrModel * model)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (model);
  g_autofree gchar *nick = NULL;
  guint i;

  if (info->architecture == ECBSR_ARCHITECTURE_CUBIC)
    return GST_ECBSR_MODEL_BICUBIC;
  if (info->n_colors != 1)
    return GST_ECBSR_MODEL_AUTO;        /* no built-in one is like it */
  if (info->architecture == ECBSR_ARCHITECTURE_ECBSR)
    nick = g_strdup_printf ("ecbsr-m%uc%u", info->n_blocks, info->n_channels);
  else
    nick = g_strdup (ecbsr_architecture_to_string (info->architecture));
  for (i = 0; i < G_N_ELEMENTS (by_quality); i++)
    if (g_str_equal (nick, get_model_nick (by_quality[i])))
      return by_quality[i];
  return GST_ECBSR_MODEL_AUTO;
}

gboolean
gst_ecbsr_models_check_lowest (GstEcbsrModel lowest, GError ** error)
{
  if (gst_ecbsr_models_get_rank (lowest) >= 0)
    return TRUE;
  g_set_error (error, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS,
      "min-model=%s names no model: it has to be the lowest-quality one that "
      "may run, such as bicubic", get_model_nick (lowest));
  return FALSE;
}

static gchar *
list_built_in (guint scale, GstEcbsrContent content)
{
  GstEcbsrModel list[GST_ECBSR_N_MODELS];
  guint n = gst_ecbsr_models_list (scale, content, GST_ECBSR_MODEL_AUTO, list);
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < n; i++)
    g_string_append_printf (text, "%s%s", i ? ", " : "",
        get_model_nick (list[i]));
  return g_string_free (text, FALSE);
}

/* The standard model, else the best there is; AUTO where there is no network. */
static GstEcbsrModel
resolve_auto (guint scale, GstEcbsrContent content)
{
  GstEcbsrModel list[GST_ECBSR_N_MODELS];

  if (is_built_in (GST_ECBSR_MODEL_ECBSR_M4C16, scale, content))
    return GST_ECBSR_MODEL_ECBSR_M4C16;
  gst_ecbsr_models_list (scale, content, GST_ECBSR_MODEL_AUTO, list);
  return list[0] == GST_ECBSR_MODEL_BICUBIC ? GST_ECBSR_MODEL_AUTO : list[0];
}

static void
set_not_found (GError ** error, GstEcbsrModel choice,
    const GstEcbsrConfig * config)
{
  g_autofree gchar *list = list_built_in (config->scale, config->content);

  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_NOT_FOUND,
      "model %s is not built in for scale %u%s; built in for it: %s",
      get_model_nick (choice), config->scale,
      config->content == GST_ECBSR_CONTENT_CAMERA ? " and content camera" : "",
      list);
}

EcbsrModel *
gst_ecbsr_config_load_built_in (const GstEcbsrConfig * config,
    GstEcbsrModel choice, GError ** error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree gchar *origin = NULL;

  if (choice == GST_ECBSR_MODEL_BICUBIC)
    return ecbsr_model_new_cubic (config->scale);

  if (choice == GST_ECBSR_MODEL_AUTO)
    choice = resolve_auto (config->scale, config->content);
  bytes = find (choice, config);
  if (!bytes) {
    set_not_found (error, choice, config);
    return NULL;
  }
  origin = g_strdup_printf ("built-in model %s for scale %u",
      get_model_nick (choice), config->scale);
  return ecbsr_model_new_from_bytes (bytes, origin, error);
}

/* At scale 1 a file for another one is kept for when that is set. */
static gboolean
open_file (const gchar * location, guint scale, EcbsrModel ** opened,
    GError ** error)
{
  g_autoptr (EcbsrModel) model = ecbsr_model_open (location, error);
  guint model_scale;

  if (!model)
    return FALSE;

  model_scale = ecbsr_model_get_info (model)->scale;
  if (model_scale == scale) {
    *opened = g_steal_pointer (&model);
  } else if (scale == 1) {
    GST_INFO ("%s upscales by %u: scale 1 passes video through", location,
        model_scale);
  } else {
    g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_FORMAT,
        "%s: the model upscales by %u, but scale is %u", location, model_scale,
        scale);
    return FALSE;
  }
  return TRUE;
}

gchar *
gst_ecbsr_models_get_name (const EcbsrModel * model)
{
  const EcbsrModelInfo *info = ecbsr_model_get_info (model);

  if (info->architecture == ECBSR_ARCHITECTURE_CUBIC)
    return g_strdup (get_model_nick (GST_ECBSR_MODEL_BICUBIC));
  return g_strdup_printf ("%s-x%u%s", info->name, info->scale,
      g_str_equal (info->content, "camera") ? "-camera" : "");
}

/* --------------------------------------------------------- configuration -- */

void
gst_ecbsr_config_copy (GstEcbsrConfig * dest, const GstEcbsrConfig * src)
{
  gchar *location = g_strdup (src->location);

  gst_ecbsr_config_clear (dest);
  *dest = *src;
  dest->location = location;
}

void
gst_ecbsr_config_clear (GstEcbsrConfig * config)
{
  g_clear_pointer (&config->location, g_free);
}

gboolean
gst_ecbsr_config_same_model (const GstEcbsrConfig * a, const GstEcbsrConfig * b)
{
  return a->scale == b->scale && a->model == b->model
      && a->content == b->content && g_strcmp0 (a->location, b->location) == 0;
}

/* There are no two trainings of anything else. */
static gboolean
has_training (const GstEcbsrConfig * config)
{
  return !config->location && config->model != GST_ECBSR_MODEL_BICUBIC;
}

gboolean
gst_ecbsr_config_equal (const GstEcbsrConfig * a, const GstEcbsrConfig * b)
{
  return gst_ecbsr_config_same_model (a, b) && a->n_threads == b->n_threads
      && a->precision == b->precision
      && (a->training == b->training || !has_training (a));
}

void
gst_ecbsr_config_resolve (GstEcbsrConfig * config, gboolean live)
{
  config->training = config->content;
  if (config->content == GST_ECBSR_CONTENT_AUTO)
    config->training =
        live ? GST_ECBSR_CONTENT_CAMERA : GST_ECBSR_CONTENT_CLEAN;
}

gboolean
gst_ecbsr_config_load (const GstEcbsrConfig * config,
    EcbsrModel ** model, GError ** error)
{
  gboolean loaded = TRUE;

  *model = NULL;
  if (config->location)
    loaded = open_file (config->location, config->scale, model, error);
  else if (config->scale > 1)
    loaded = (*model = gst_ecbsr_config_load_built_in (config, config->model,
            error)) != NULL;
  if (*model)
    GST_DEBUG ("loaded %s, sha256 %s", ecbsr_model_get_info (*model)->name,
        ecbsr_model_get_info (*model)->sha256);
  return loaded;
}

gchar *
gst_ecbsr_config_describe (const GstEcbsrConfig * config)
{
  if (config->location)
    return g_strdup_printf ("scale=%u model-location=%s", config->scale,
        config->location);
  return g_strdup_printf ("scale=%u model=%s content=%s", config->scale,
      get_model_nick (config->model), get_content_nick (config->content));
}

gchar *
gst_ecbsr_config_name_model (const GstEcbsrConfig * config,
    const EcbsrModel * model)
{
  if (!model)
    return NULL;
  if (config->location)
    return g_strdup (ecbsr_model_get_info (model)->name);
  return gst_ecbsr_models_get_name (model);
}
