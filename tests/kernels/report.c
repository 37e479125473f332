// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Results as TAP (https://testanything.org), or as one JSON object.

#include "report.h"

#include <inttypes.h>
#include <stdio.h>

static struct
{
  bool json;
  int64_t seed;
  unsigned n_results, n_failures;
} report;

void
report_begin (bool json, int64_t seed)
{
  report.json = json;
  report.seed = seed;
  if (json)
    printf ("{\"seed\": %" PRId64 ", \"results\": [", seed);
  else
    printf ("# seed %" PRId64 "\n", seed);
}

// Messages are ours: plain text without quotes or backslashes.
static void
print_json (const char *level, const char *name, const char *status,
            const char *message, const Bench *bench)
{
  printf ("%s\n  {\"level\": \"%s\", \"function\": \"%s\", \"status\": \"%s\"",
          report.n_results > 1 ? "," : "", level, name, status);
  if (message)
    printf (", \"message\": \"%s\"", message);
  for (unsigned i = 0; bench && i < bench->n_results; i++)
    {
      const BenchResult *b = &bench->results[i];
      printf ("%s{\"arguments\": \"%s\", \"ns_per_pixel\": %.4g, "
              "\"ticks_per_pixel\": %.4g}%s",
              i ? ", " : ", \"bench\": [", b->label, b->ns, b->ticks,
              i + 1 == bench->n_results ? "]" : "");
    }
  printf ("}");
}

static void
print_tap_benches (const Bench *bench)
{
  for (unsigned i = 0; bench && i < bench->n_results; i++)
    {
      const BenchResult *b = &bench->results[i];
      printf ("#   %-20s %9.4f ns/pixel", b->label, b->ns);
      if (b->ticks > 0)
        printf (" %9.4f ticks/pixel", b->ticks);
      printf ("\n");
    }
}

void
report_result (const char *level, const char *name, const char *failure,
               const Bench *bench)
{
  report.n_results++;
  report.n_failures += failure != NULL;
  if (report.json)
    {
      print_json (level, name, failure ? "failed" : "passed", failure, bench);
      return;
    }
  printf ("%sok %u - %s/%s\n", failure ? "not " : "", report.n_results, level,
          name);
  if (failure)
    printf ("# %s (seed %" PRId64 ")\n", failure, report.seed);
  print_tap_benches (bench);
  fflush (stdout);
}

void
report_same (const char *level, const char *name, const char *origin)
{
  report.n_results++;
  if (report.json)
    print_json (level, name, "same", origin, NULL);
  else
    printf ("ok %u - %s/%s is that of %s\n", report.n_results, level, name,
            origin);
}

void
report_skip (const char *level, const char *name, const char *reason)
{
  report.n_results++;
  if (report.json)
    print_json (level, name, "skipped", reason, NULL);
  else
    printf ("ok %u - %s/%s # SKIP %s\n", report.n_results, level, name, reason);
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
