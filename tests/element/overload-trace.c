/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Prints a simulated run of overload control as CSV, for docs/overload.py. */

#include "load.h"

#include <stdlib.h>

/* Calm; another program for half a minute; one that comes and goes; a slow rise, as
 * of a CPU that gets warm; calm. */
static gdouble
load (gdouble seconds)
{
  if (seconds < 10)
    return 1.0;
  if (seconds < 40)
    return 3.0;
  if (seconds < 70)
    return 1.0;
  if (seconds < 130)
    return (gint) (seconds / 6) % 2 ? 6.0 : 1.0;
  if (seconds < 190)
    return 1.0;
  if (seconds < 240)
    return 1.0 + (seconds - 190) / 25;
  return 1.0;
}

int
main (int argc, char **argv)
{
  const LoadCase load_case = { GST_ECBSR_OVERLOAD_DEGRADE_THEN_DROP, load, 300,
    0.15, 1.0
  };
  g_autoptr (GArray) samples = load_run (&load_case);
  guint i;

  g_print ("seconds,load,ms,budget_ms,level,reason\n");
  for (i = 0; i < samples->len; i++) {
    const LoadSample *sample = &g_array_index (samples, LoadSample, i);

    g_print ("%.3f,%.2f,%.2f,%.2f,%u,%s\n", sample->seconds, sample->load,
        sample->ms, LOAD_BUDGET_MS, sample->level,
        sample->reason ? sample->reason : "");
  }
  return EXIT_SUCCESS;
}
