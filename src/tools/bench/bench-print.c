// SPDX-License-Identifier: LGPL-2.1-or-later

#include "bench.h"

static gchar *
system_line (const BenchSystem *s)
{
  return g_strdup_printf (
      "%s, %u CPUs, %s, peak GMAC/s per thread: float32 %.0f, bfloat16 %.0f, "
      "int8 %.0f; %s; gst-ecbsr %s (%s)",
      s->cpu, s->n_cpus, s->isa, s->peak[ECBSR_PRECISION_FLOAT32],
      s->peak[ECBSR_PRECISION_BFLOAT16], s->peak[ECBSR_PRECISION_INT8],
      s->compiler, s->version, s->commit);
}

// What AUTO took, and the figures that it goes by.
static void
print_choice (const BenchCase *c)
{
  gdouble cost[ECBSR_N_PRECISIONS];

  ecbsr_plan_get_precision_costs (c->plan, cost);
  g_print ("auto: %s for %s on %u thread%s;", ecbsr_precision_to_string (c->precision),
           c->name, c->n_threads, c->n_threads == 1 ? "" : "s");
  for (guint p = ECBSR_PRECISION_FLOAT32; p < ECBSR_N_PRECISIONS; p++)
    {
      const gchar *comma = p > ECBSR_PRECISION_FLOAT32 ? "," : "";
      if (cost[p] > 0)
        g_print ("%s %s %.1f ns a pixel", comma, ecbsr_precision_to_string (p), cost[p]);
      else
        g_print ("%s %s not here, or too lossy", comma, ecbsr_precision_to_string (p));
    }
  g_print ("\n");
}

static void
print_table (const BenchSystem *system, GPtrArray *cases)
{
  g_autofree gchar *line = system_line (system);

  g_print ("%s\n%-16s %5s %-9s %7s %11s %9s %9s %9s %8s %8s %6s\n", line,
           "model", "scale", "precision", "threads", "input", "p50 ms",
           "p95 ms", "p99 ms", "fps", "GMAC/s", "peak");
  for (guint i = 0; i < cases->len; i++)
    {
      const BenchCase *c = cases->pdata[i];
      BenchFigures f = bench_figures (c, system);
      g_autofree gchar *size = g_strdup_printf ("%ux%u", c->width, c->height);

      g_print ("%-16s %5u %-9s %7u %11s %9.2f %9.2f %9.2f %8.1f %8.1f %5.0f%%\n",
               c->name, ecbsr_model_get_info (c->model)->scale,
               ecbsr_precision_to_string (c->precision), c->n_threads, size,
               f.p50, f.p95, f.p99, f.fps, f.gmac_s, 100 * f.peak_share);
    }
  for (guint i = 0; i < cases->len; i++)
    if (((const BenchCase *) cases->pdata[i])->chosen)
      print_choice (cases->pdata[i]);
}

static void
print_csv (const BenchSystem *system, GPtrArray *cases)
{
  g_print ("model,scale,precision,threads,width,height,ms_p50,ms_p95,ms_p99,"
           "fps,gmac_s,peak_share\n");
  for (guint i = 0; i < cases->len; i++)
    {
      const BenchCase *c = cases->pdata[i];
      BenchFigures f = bench_figures (c, system);

      g_print ("%s,%u,%s,%u,%u,%u,%.3f,%.3f,%.3f,%.2f,%.2f,%.4f\n", c->name,
               ecbsr_model_get_info (c->model)->scale,
               ecbsr_precision_to_string (c->precision), c->n_threads,
               c->width, c->height, f.p50, f.p95, f.p99, f.fps, f.gmac_s,
               f.peak_share);
    }
}

// Text as a JSON string. Names come from the command line and from the kernel.
static gchar *
quote (const gchar *text)
{
  GString *json = g_string_new ("\"");

  for (; *text; text++)
    if (*text == '"' || *text == '\\')
      g_string_append_printf (json, "\\%c", *text);
    else if ((guchar) *text < 0x20)
      g_string_append_printf (json, "\\u%04x", *text);
    else
      g_string_append_c (json, *text);
  g_string_append_c (json, '"');
  return g_string_free (json, FALSE);
}

static void
print_json_system (const BenchSystem *s)
{
  g_autofree gchar *cpu = quote (s->cpu);
  g_autofree gchar *compiler = quote (s->compiler);
  g_autofree gchar *commit = quote (s->commit);

  g_print ("{\"system\":{\"cpu\":%s,\"isa\":\"%s\",\"cpus\":%u,"
           "\"peak_gmac_s\":{\"float32\":%.1f,\"bfloat16\":%.1f,"
           "\"int8\":%.1f},\"compiler\":%s,\"version\":\"%s\",\"commit\":%s},\n"
           "\"results\":[",
           cpu, s->isa, s->n_cpus, s->peak[ECBSR_PRECISION_FLOAT32],
           s->peak[ECBSR_PRECISION_BFLOAT16], s->peak[ECBSR_PRECISION_INT8],
           compiler, s->version, commit);
}

// With a comma in front; nothing where the precision was asked for.
static void
print_json_costs (const BenchCase *c)
{
  gdouble cost[ECBSR_N_PRECISIONS];

  if (!c->chosen)
    return;
  ecbsr_plan_get_precision_costs (c->plan, cost);
  g_print (",\"auto_ns_per_pixel\":{");
  for (guint p = ECBSR_PRECISION_FLOAT32; p < ECBSR_N_PRECISIONS; p++)
    g_print ("%s\"%s\":%.2f", p > ECBSR_PRECISION_FLOAT32 ? "," : "",
             ecbsr_precision_to_string (p), cost[p]);
  g_print ("}");
}

static void
print_json (const BenchSystem *system, GPtrArray *cases)
{
  print_json_system (system);
  for (guint i = 0; i < cases->len; i++)
    {
      const BenchCase *c = cases->pdata[i];
      const EcbsrModelInfo *info = ecbsr_model_get_info (c->model);
      BenchFigures f = bench_figures (c, system);
      g_autofree gchar *name = quote (c->name);

      g_print ("%s\n{\"model\":%s,\"scale\":%u,\"precision\":\"%s\","
               "\"threads\":%u,\"width\":%u,\"height\":%u,\"ms_p50\":%.3f,"
               "\"ms_p95\":%.3f,\"ms_p99\":%.3f,\"fps\":%.2f,\"gmac_s\":%.2f,"
               "\"peak_share\":%.4f,\"sha256\":\"%s\"",
               i ? "," : "", name, info->scale,
               ecbsr_precision_to_string (c->precision), c->n_threads,
               c->width, c->height, f.p50, f.p95, f.p99, f.fps, f.gmac_s,
               f.peak_share, info->sha256);
      print_json_costs (c);
      g_print ("}");
    }
  g_print ("\n]}\n");
}

void
bench_print (const BenchSystem *system, GPtrArray *cases, BenchStyle style)
{
  if (style == BENCH_JSON)
    print_json (system, cases);
  else if (style == BENCH_CSV)
    print_csv (system, cases);
  else
    print_table (system, cases);
}
