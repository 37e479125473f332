// SPDX-License-Identifier: LGPL-2.1-or-later

#include "bench.h"
#include "bench-commit.h"
#include "bench-config.h"
#include "cpu.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gchar *models, *sizes, *precisions, *threads, *advise;
static gint scale = 2;
static gdouble seconds = 1;
static gboolean json, csv, show_version;

static const GOptionEntry entries[] = {
  { "models", 'm', 0, G_OPTION_ARG_STRING, &models,
    "Built-in names or files; default: all built-in ones", "NAME,…" },
  { "scale", 's', 0, G_OPTION_ARG_INT, &scale, "2 (default), 3 or 4", "N" },
  { "sizes", 0, 0, G_OPTION_ARG_STRING, &sizes,
    "Input sizes; default: 960x540", "WxH,…" },
  { "precisions", 'p', 0, G_OPTION_ARG_STRING, &precisions,
    "auto, float32, bfloat16, int8; default: the last three", "NAME,…" },
  { "threads", 't', 0, G_OPTION_ARG_STRING, &threads,
    "Thread counts; default: 1 and all CPUs", "N,…" },
  { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &seconds,
    "Time for each combination; default: 1", "S" },
  { "json", 0, 0, G_OPTION_ARG_NONE, &json, "Print JSON", NULL },
  { "csv", 0, 0, G_OPTION_ARG_NONE, &csv, "Print CSV", NULL },
  { "advise", 0, 0, G_OPTION_ARG_STRING, &advise,
    "Only name the best model that this machine holds in real time",
    "WxH@FPS" },
  { "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "Print the version",
    NULL },
  { NULL },
};

typedef struct
{
  guint width, height;
} Size;

static gboolean
refuse (GError **error, const gchar *what, const gchar *text)
{
  g_set_error (error, ECBSR_ERROR, ECBSR_ERROR_INVALID, "'%s' is not %s", text,
               what);
  return FALSE;
}

static gboolean
parse_size (const gchar *text, Size *size, GError **error)
{
  gchar end;

  return (sscanf (text, "%ux%u%c", &size->width, &size->height, &end) == 2)
         || refuse (error, "a size such as 960x540", text);
}

static gboolean
parse_precision (const gchar *text, EcbsrPrecision *precision, GError **error)
{
  for (*precision = 0; *precision <= ECBSR_PRECISION_INT8; ++*precision)
    if (strcmp (text, ecbsr_precision_to_string (*precision)) == 0)
      return TRUE;
  return refuse (error, "one of auto, float32, bfloat16, int8", text);
}

static gboolean
parse_threads (const gchar *text, guint *n, GError **error)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, 0, 64, &value, NULL))
    return refuse (error, "a thread count, 0 to 64", text);
  *n = (guint) value;
  return TRUE;
}

// A precision that the machine or the model lacks runs as float32, and what AUTO takes
// may be asked for as well: measured once.
static BenchCase *
find_same (GPtrArray *cases, const BenchCase *c)
{
  for (guint i = 0; i < cases->len; i++)
    {
      BenchCase *other = cases->pdata[i];
      if (other->name == c->name && other->width == c->width
          && other->height == c->height && other->n_threads == c->n_threads
          && other->precision == c->precision)
        return other;
    }
  return NULL;
}

static gboolean
add_case (GPtrArray *cases, const gchar *name, const gchar *size_text,
          const gchar *precision_text, const gchar *threads_text,
          GError **error)
{
  EcbsrPrecision precision;
  guint n_threads;
  BenchCase *c, *same;
  Size size;

  if (!parse_size (size_text, &size, error)
      || !parse_precision (precision_text, &precision, error)
      || !parse_threads (threads_text, &n_threads, error))
    return FALSE;
  c = bench_case_new (name, (guint) scale, size.width, size.height, precision,
                      n_threads, error);
  if (!c)
    return FALSE;
  same = find_same (cases, c);
  if (same)
    {
      same->chosen |= c->chosen;
      bench_case_free (c);
    }
  else
    g_ptr_array_add (cases, c);
  return TRUE;
}

static gboolean
make_cases (GPtrArray *cases, gchar **names, GError **error)
{
  const guint n_cpus = ecbsr_cpu_count ();
  g_autofree gchar *all = g_strdup_printf (n_cpus > 1 ? "1,%u" : "1", n_cpus);
  g_auto (GStrv) size = g_strsplit (sizes ? sizes : "960x540", ",", -1);
  g_auto (GStrv) precision = g_strsplit (
      precisions ? precisions : "float32,bfloat16,int8", ",", -1);
  g_auto (GStrv) n = g_strsplit (threads ? threads : all, ",", -1);

  for (guint m = 0; names[m]; m++)
    for (guint s = 0; size[s]; s++)
      for (guint p = 0; precision[p]; p++)
        for (guint t = 0; n[t]; t++)
          if (!add_case (cases, names[m], size[s], precision[p], n[t], error))
            return FALSE;
  return TRUE;
}

static gboolean
run (GError **error)
{
  g_autoptr (GPtrArray) cases
      = g_ptr_array_new_with_free_func ((GDestroyNotify) bench_case_free);
  g_auto (GStrv) names = models ? g_strsplit (models, ",", -1)
                                : bench_list_models ((guint) scale);
  BenchSystem system;

  if (!make_cases (cases, names, error))
    return FALSE;
  bench_system_init (&system);
  bench_measure (cases, seconds);
  bench_print (&system, cases,
               json ? BENCH_JSON : csv ? BENCH_CSV : BENCH_TABLE);
  bench_system_clear (&system);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context
      = g_option_context_new ("- how fast the engine is on this machine");
  g_autoptr (GError) error = NULL;
  gboolean ok;

  setlocale (LC_CTYPE, ""); // numbers keep their points
  g_option_context_add_main_entries (context, entries, NULL);
  ok = g_option_context_parse (context, &argc, &argv, &error);
  if (ok && argc > 1)
    ok = refuse (&error, "an option", argv[1]);
  if (ok && (scale < 2 || scale > 4))
    {
      g_set_error (&error, ECBSR_ERROR, ECBSR_ERROR_INVALID,
                   "scale is %d, expected 2, 3 or 4", scale);
      ok = FALSE;
    }
  if (ok && show_version)
    g_print ("ecbsr-bench %s (%s)\n", BENCH_VERSION, BENCH_COMMIT);
  else if (ok && advise)
    ok = bench_advise (advise, (guint) scale, &error);
  else if (ok)
    ok = run (&error);
  if (!ok)
    g_printerr ("ecbsr-bench: %s\n", error->message);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
