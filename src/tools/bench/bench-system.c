// SPDX-License-Identifier: LGPL-2.1-or-later

#include "bench.h"
#include "bench-commit.h"
#include "bench-config.h"
#include "cpu.h"
#include "kernels.h"

#include <string.h>

static gchar *
find_cpu_name (void)
{
  g_autofree gchar *text = NULL;
  gchar *line;

  if (!g_file_get_contents ("/proc/cpuinfo", &text, NULL, NULL))
    return g_strdup ("unknown");
  line = strstr (text, "model name");
  if (!line) // Arm says it with numbers
    line = strstr (text, "CPU part");
  line = line ? strchr (line, ':') : NULL;
  if (!line)
    return g_strdup ("unknown");
  return g_strstrip (g_strndup (line + 1, strcspn (line + 1, "\n")));
}

// The best of some short runs: others may be using the machine.
static gdouble
measure_peak (size_t (*peak) (size_t n_rounds))
{
  gdouble best = 0;

  for (guint i = 0; i < 20; i++)
    {
      gint64 start = g_get_monotonic_time ();
      gdouble n_macs = (gdouble) peak (200000);
      gdouble us = MAX (1, g_get_monotonic_time () - start);
      best = MAX (best, n_macs / us / 1e3);
    }
  return best;
}

void
bench_system_init (BenchSystem *system)
{
  static const EcbsrDtype dtypes[]
      = { [ECBSR_PRECISION_FLOAT32] = ECBSR_DTYPE_F32,
          [ECBSR_PRECISION_BFLOAT16] = ECBSR_DTYPE_BF16,
          [ECBSR_PRECISION_INT8] = ECBSR_DTYPE_U8 };
  EcbsrKernels kernels;

  ecbsr_kernels_init (&kernels, ecbsr_cpu_request_tile_flags ());
  *system = (BenchSystem) {
    .cpu = find_cpu_name (),
    .isa = g_strdup (kernels.isa),
    .n_cpus = ecbsr_cpu_count (),
    .compiler = BENCH_COMPILER,
    .version = BENCH_VERSION,
    .commit = BENCH_COMMIT,
  };
  for (guint p = ECBSR_PRECISION_FLOAT32; p <= ECBSR_PRECISION_INT8; p++)
    if (kernels.peak[dtypes[p]])
      system->peak[p] = measure_peak (kernels.peak[dtypes[p]]);
}

void
bench_system_clear (BenchSystem *system)
{
  g_free (system->cpu);
  g_free (system->isa);
}
