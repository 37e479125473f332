// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs the check of every entry of the kernel table at every ISA level that the
// build has. Reports in TAP, or in JSON.

#include "checkkernels.h"
#include "config-kernels.h"
#include "cpu.h"
#include "report.h"

#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  const gchar *name, *isa;
  guint flags; // cumulative
} Level;

#if defined(__x86_64__)
#define BASE_ISA "sse2"
#elif defined(__aarch64__)
#define BASE_ISA "neon"
#else
#define BASE_ISA "base"
#endif

static const Level levels[] = {
  { "ref", "ref", 0 },
  { "base", BASE_ISA, ECBSR_CPU_BASE },
#if ECBSR_HAVE_X86_LEVELS
  { "avx2", "avx2", ECBSR_CPU_BASE | ECBSR_CPU_AVX2 },
  { "avxvnni", "avxvnni",
    ECBSR_CPU_BASE | ECBSR_CPU_AVX2 | ECBSR_CPU_AVXVNNI },
  { "avx512", "avx512", ECBSR_CPU_BASE | ECBSR_CPU_AVX2 | ECBSR_CPU_AVX512 },
  { "avx512vnni", "avx512vnni",
    ECBSR_CPU_BASE | ECBSR_CPU_AVX2 | ECBSR_CPU_AVX512
        | ECBSR_CPU_AVX512VNNI },
  { "avx512bf16", "avx512bf16",
    ECBSR_CPU_BASE | ECBSR_CPU_AVX2 | ECBSR_CPU_AVX512
        | ECBSR_CPU_AVX512VNNI | ECBSR_CPU_AVX512BF16 },
#endif
};

typedef struct
{
  const gchar *name;
  guint slot;
  void (*check) (Check *c);
} Kernel;

#define KERNEL(entry) { #entry, SLOT (entry), check_##entry },
static const Kernel kernels[] = { FOR_EACH_KERNEL (KERNEL) };
#undef KERNEL

G_STATIC_ASSERT (G_N_ELEMENTS (kernels) == N_KERNELS);

static struct
{
  gint64 seed;
  gchar *function;
  gboolean bench, json;
} options = { .seed = -1 };

static sigjmp_buf crash;

static void
handle_crash (int signal_number)
{
  siglongjmp (crash, signal_number);
}

static void
catch_crashes (void)
{
  static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE };
  struct sigaction action = { .sa_handler = handle_crash };

  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, NULL);
}

void
check_arguments (Check *c, const gchar *format, ...)
{
  va_list args;

  va_start (args, format);
  g_vsnprintf (c->arguments, sizeof c->arguments, format, args);
  va_end (args);
}

void
check_fail (Check *c, const gchar *format, ...)
{
  g_autofree gchar *what = NULL;
  va_list args;

  if (c->failure)
    return;
  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  c->failure = g_strdup_printf ("%s: %s", c->arguments, what);
}

void
check_values (Check *c, const gchar *whose, guint channel, const Value *values,
              const gfloat *found, gsize n)
{
  for (gsize x = 0; x < n; x++)
    {
      const Value *v = &values[x];
      if (found[x] == v->exact
          || ABS ((gdouble) found[x] - v->exact) <= v->bound)
        continue;
      check_fail (c, "%s: c %u, x %u: %.9g instead of %.9g ± %.3g", whose,
                  channel, (guint) x, found[x], v->exact, v->bound);
      return;
    }
}

void
check_same (Check *c, const gchar *what, gconstpointer expected,
            gconstpointer found, gsize n, gsize size)
{
  const guint8 *e = expected, *f = found;

  for (gsize x = 0; x < n; x++)
    if (memcmp (e + x * size, f + x * size, size) != 0)
      {
        check_fail (c, "%s: differs at x %" G_GSIZE_FORMAT, what, x);
        return;
      }
}

gsize
granules (gsize n)
{
  return (n + ECBSR_GRANULE - 1) / ECBSR_GRANULE * ECBSR_GRANULE;
}

gsize
check_width (guint i)
{
  static const gsize tiles[] = { 255, 256, 480, 492, 511, 512, 513, 536, 2048 };
  const guint n_narrow = 2 * ECBSR_GRANULE + 1;

  if (i < n_narrow)
    return i + 1;
  i -= n_narrow;
  return i < G_N_ELEMENTS (tiles) ? tiles[i] : 0;
}

// The entry's code at a level.
static gpointer
code_of (const EcbsrKernels *table, const Kernel *kernel)
{
  gpointer code;

  memcpy (&code, (const guint8 *) table + FIRST_KERNEL
                     + kernel->slot * sizeof code,
          sizeof code);
  return code;
}

// The lowest level that has the same code as `level`.
static const Level *
origin_of (const Level *level, const Kernel *kernel)
{
  EcbsrKernels own, other;
  const Level *origin = levels;

  ecbsr_kernels_init (&own, level->flags);
  for (; origin < level; origin++)
    {
      ecbsr_kernels_init (&other, origin->flags);
      if (code_of (&other, kernel) == code_of (&own, kernel))
        break;
    }
  return origin;
}

// Its own sequence for each kernel, so that --function repeats a failure.
static void
begin (Check *c, const Level *level, const gchar *name)
{
  *c = (Check) { .arguments = "" };
  fesetenv (FE_DFL_ENV); // ORC's code leaves denormals flushed
  ecbsr_kernels_init (&c->ref, 0);
  ecbsr_kernels_init (&c->new, level->flags);
  c->rand = g_rand_new_with_seed ((guint32) options.seed ^ g_str_hash (name));
  if (!options.bench)
    return;
  c->bench = g_new0 (Bench, 1);
  c->bench->results = g_array_new (FALSE, TRUE, sizeof (BenchResult));
}

static void
finish (Check *c)
{
  g_rand_free (c->rand);
  g_free (c->failure);
  if (c->bench)
    g_array_unref (c->bench->results);
  g_free (c->bench);
}

static void
run_check (const Level *level, const gchar *name, void (*check) (Check *c),
           gint slot)
{
  static Check c; // not on the stack: it must outlive a jump out of a crash
  int signal_number;

  begin (&c, level, name);
  signal_number = sigsetjmp (crash, 1);
  if (signal_number == 0)
    check (&c);
  else
    check_fail (&c, "%s", g_strsignal (signal_number));
  if (slot >= 0 && c.n_calls[slot] == 0)
    check_fail (&c, "its check never calls it");
  report_result (level->name, name, c.failure,
                 c.bench ? c.bench->results : NULL);
  finish (&c);
}

static gboolean
is_wanted (const gchar *name)
{
  return !options.function
         || g_pattern_match_simple (options.function, name);
}

// Only convolutions of narrow words may be absent, and not from the reference.
static gboolean
may_be_absent (const Level *level, const Kernel *kernel)
{
  return level->flags != 0
         && (strstr (kernel->name, "bf16") || strstr (kernel->name, "_u8_")
             || (g_str_has_prefix (kernel->name, "conv")
                 && g_str_has_suffix (kernel->name, "_u8")));
}

static gboolean
is_absent (const Level *level, const Kernel *kernel)
{
  EcbsrKernels table;

  ecbsr_kernels_init (&table, level->flags);
  return code_of (&table, kernel) == NULL;
}

static void
run_kernel (const Level *level, const Kernel *kernel)
{
  const Level *origin = origin_of (level, kernel);
  g_autofree gchar *reason = NULL;

  if (is_absent (level, kernel))
    {
      if (!may_be_absent (level, kernel))
        report_result (level->name, kernel->name, "not in the table", NULL);
      return;
    }
  if (level->flags & ~ecbsr_cpu_flags ())
    {
      reason = g_strdup_printf ("no %s here (CPU, or ECBSR_CPU)", level->isa);
      report_skip (level->name, kernel->name, reason);
    }
  else if (origin != level)
    report_same (level->name, kernel->name, origin->name);
  else
    run_check (level, kernel->name, kernel->check, (gint) kernel->slot);
}

// The table says which level it is for, so that none passes for another.
static void
run_level (const Level *level)
{
  EcbsrKernels table;

  ecbsr_kernels_init (&table, level->flags);
  report_result (level->name, "isa",
                 strcmp (table.isa, level->isa) == 0 ? NULL : table.isa, NULL);
  for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
    if (is_wanted (kernels[k].name))
      run_kernel (level, &kernels[k]);
}

static void
parse_options (int argc, char **argv)
{
  const GOptionEntry entries[] = {
    { "seed", 0, 0, G_OPTION_ARG_INT64, &options.seed,
      "Repeat the run that printed this seed", "N" },
    { "function", 0, 0, G_OPTION_ARG_STRING, &options.function,
      "Only kernels of this name; * and ? match any", "NAME" },
    { "bench", 0, 0, G_OPTION_ARG_NONE, &options.bench,
      "Measure time per pixel too", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options.json, "Print JSON", NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      exit (2);
    }
  if (options.seed < 0)
    options.seed = g_random_int ();
}

static gboolean
any_wanted (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (kernels); k++)
    if (is_wanted (kernels[k].name))
      return TRUE;
  return FALSE;
}

int
main (int argc, char **argv)
{
  parse_options (argc, argv);
  if (!any_wanted ())
    {
      g_printerr ("no kernel is called %s\n", options.function);
      return 2;
    }
  catch_crashes ();
  report_begin (options.json, options.seed);
  if (!options.function)
    run_check (&levels[0], "packing", check_packing, -1);
  for (guint l = 0; l < G_N_ELEMENTS (levels); l++)
    run_level (&levels[l]);
  return report_end ();
}
