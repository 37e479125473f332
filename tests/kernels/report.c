// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Results as TAP (https://testanything.org), or as one JSON object.

#include "report.h"
#include "bench.h"

#include <stdio.h>

static struct
{
  gboolean json;
  gint64 seed;
  guint n_results, n_failures;
} report;

void
report_begin (gboolean json, gint64 seed)
{
  report.json = json;
  report.seed = seed;
  if (json)
    printf ("{\"seed\": %" G_GINT64_FORMAT ", \"results\": [", seed);
  else
    printf ("# seed %" G_GINT64_FORMAT "\n", seed);
}

// Messages are ours: plain text without quotes or backslashes.
static void
print_json (const gchar *level, const gchar *name, const gchar *status,
            const gchar *message, GArray *benches)
{
  printf ("%s\n  {\"level\": \"%s\", \"function\": \"%s\", \"status\": \"%s\"",
          report.n_results > 1 ? "," : "", level, name, status);
  if (message)
    printf (", \"message\": \"%s\"", message);
  for (guint i = 0; benches && i < benches->len; i++)
    {
      const BenchResult *b = &g_array_index (benches, BenchResult, i);
      printf ("%s{\"arguments\": \"%s\", \"ns_per_pixel\": %.4g, "
              "\"ticks_per_pixel\": %.4g}%s",
              i ? ", " : ", \"bench\": [", b->label, b->ns, b->ticks,
              i + 1 == benches->len ? "]" : "");
    }
  printf ("}");
}

static void
print_tap_benches (GArray *benches)
{
  for (guint i = 0; benches && i < benches->len; i++)
    {
      const BenchResult *b = &g_array_index (benches, BenchResult, i);
      printf ("#   %-20s %9.4f ns/pixel", b->label, b->ns);
      if (b->ticks > 0)
        printf (" %9.4f ticks/pixel", b->ticks);
      printf ("\n");
    }
}

void
report_result (const gchar *level, const gchar *name, const gchar *failure,
               GArray *benches)
{
  report.n_results++;
  report.n_failures += failure != NULL;
  if (report.json)
    {
      print_json (level, name, failure ? "failed" : "passed", failure, benches);
      return;
    }
  printf ("%sok %u - %s/%s\n", failure ? "not " : "", report.n_results, level,
          name);
  if (failure)
    printf ("# %s (seed %" G_GINT64_FORMAT ")\n", failure, report.seed);
  print_tap_benches (benches);
  fflush (stdout);
}

void
report_same (const gchar *level, const gchar *name, const gchar *origin)
{
  report.n_results++;
  if (report.json)
    print_json (level, name, "same", origin, NULL);
  else
    printf ("ok %u - %s/%s is that of %s\n", report.n_results, level, name,
            origin);
}

void
report_skip (const gchar *level, const gchar *name, const gchar *reason)
{
  report.n_results++;
  if (report.json)
    print_json (level, name, "skipped", reason, NULL);
  else
    printf ("ok %u - %s/%s # SKIP %s\n", report.n_results, level, name,
            reason);
}

int
report_end (void)
{
  if (report.json)
    printf ("\n], \"failures\": %u}\n", report.n_failures);
  else
    printf ("1..%u\n", report.n_results);
  return report.n_failures > 0;
}
