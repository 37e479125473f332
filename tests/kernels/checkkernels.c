// SPDX-License-Identifier: LGPL-2.1-or-later
//
// Runs the check of every entry of the kernel table at every ISA level that the
// build has. Reports in TAP, or in JSON.

#include "checkkernels.h"
#include "config-kernels.h"
#include "emulated.h"
#include "levels.h"
#include "options.h"
#include "report.h"

#include <fenv.h>
#include <fnmatch.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  const char *name;
  unsigned slot;
  void (*check) (Check *c);
} Kernel;

#define KERNEL(entry) { #entry, SLOT (entry), check_##entry },
static const Kernel kernels[] = { FOR_EACH_KERNEL (KERNEL) };
#undef KERNEL

_Static_assert(N_ELEMENTS (kernels) == N_KERNELS, "one check an entry");

static Options options;
static unsigned cpu_flags; // of the levels that may run

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

  for (unsigned i = 0; i < N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, NULL);
}

void
check_arguments (Check *c, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  vsnprintf (c->arguments, sizeof c->arguments, format, args);
  va_end (args);
}

void
check_fail (Check *c, const char *format, ...)
{
  char what[320];
  va_list args;

  if (c->failure[0])
    return;
  va_start (args, format);
  vsnprintf (what, sizeof what, format, args);
  va_end (args);
  snprintf (c->failure, sizeof c->failure, "%s: %s", c->arguments, what);
}

void
check_values (Check *c, const char *whose, unsigned channel,
              const Value *values, const float *found, size_t n)
{
  for (size_t x = 0; x < n; x++)
    {
      const Value *v = &values[x];
      if (found[x] == v->exact
          || fabs ((double) found[x] - v->exact) <= v->bound)
        continue;
      check_fail (c, "%s: c %u, x %u: %.9g instead of %.9g ± %.3g", whose,
                  channel, (unsigned) x, found[x], v->exact, v->bound);
      return;
    }
}

void
check_same (Check *c, const char *what, const void *expected, const void *found,
            size_t n, size_t size)
{
  const uint8_t *e = expected, *f = found;

  for (size_t x = 0; x < n; x++)
    if (memcmp (e + x * size, f + x * size, size) != 0)
      {
        check_fail (c, "%s: differs at x %zu", what, x);
        return;
      }
}

size_t
granules (size_t n)
{
  return (n + ECBSR_GRANULE - 1) / ECBSR_GRANULE * ECBSR_GRANULE;
}

size_t
check_width (unsigned i)
{
  static const size_t tiles[]
      = { 255, 256, 480, 492, 511, 512, 513, 536, 2048 };
  const unsigned n_narrow = 6 * ECBSR_GRANULE + 1;

  if (i < n_narrow)
    return i + 1;
  i -= n_narrow;
  return i < N_ELEMENTS (tiles) ? tiles[i] : 0;
}

#if ECBSR_HAVE_AMX_LEVELS

// XCR0 of those registers that are not in their initial state.
static bool
has_tile_state (void)
{
  unsigned low, high;

  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
  return (low & 3u << 17) != 0;
}

#else

static bool
has_tile_state (void)
{
  return false;
}

#endif

bool
check_tiles_in_use (const Check *c)
{
  if (c->emulates_tiles)
    return emulated_in_use ();
  return (cpu_flags & ECBSR_CPU_TILES) && has_tile_state ();
}

// The entry's code at a level.
static void *
code_of (const EcbsrKernels *table, const Kernel *kernel)
{
  void *code;

  memcpy (&code,
          (const uint8_t *) table + FIRST_KERNEL + kernel->slot * sizeof code,
          sizeof code);
  return code;
}

// The lowest of the levels that `level` stands on that has the same code. Only
// of these: what fills a table is code of its level, too.
static const EcbsrLevel *
origin_of (const EcbsrLevel *level, const Kernel *kernel)
{
  EcbsrKernels own, other;
  const EcbsrLevel *origin = ecbsr_levels;

  ecbsr_kernels_init (&own, level->flags);
  for (; origin < level; origin++)
    {
      if (origin->flags & ~level->flags)
        continue;
      ecbsr_kernels_init (&other, origin->flags);
      if (code_of (&other, kernel) == code_of (&own, kernel))
        break;
    }
  return origin;
}

// Fowler, Noll, Vo: FNV-1a.
static uint64_t
hash (const char *name)
{
  uint64_t h = 0xcbf29ce484222325;

  for (; *name; name++)
    h = (h ^ (uint8_t) *name) * 0x100000001b3;
  return h;
}

// Its own sequence for each kernel, so that --function repeats a failure.
static void
begin (Check *c, const EcbsrKernels *table, const char *name)
{
  *c = (Check){ .arguments = "" };
  fesetenv (FE_DFL_ENV); // ORC's code leaves denormals flushed
  ecbsr_kernels_init (&c->ref, 0);
  c->new = *table;
  ecbsr_kernels_init (&c->base, ECBSR_CPU_BASE);
  c->rand.state = (uint64_t) options.seed ^ hash (name);
  c->most_channels = options.quick ? 32 : 128;
  if (options.bench)
    c->bench = NEW (Bench, 1);
}

static void
run_check (const char *level, const EcbsrKernels *table, const char *name,
           void (*check) (Check *c), int slot)
{
  static Check c; // not on the stack: it must outlive a jump out of a crash
  const bool emulates = emulated_find (level) != NULL;
  const unsigned long n_before = emulates ? emulated_count () : 0;
  int signal_number;

  begin (&c, table, name);
  c.emulates_tiles = emulates;
  signal_number = sigsetjmp (crash, 1);
  if (signal_number == 0)
    check (&c);
  else
    check_fail (&c, "%s", strsignal (signal_number));
  if (slot >= 0 && c.n_calls[slot] == 0)
    check_fail (&c, "its check never calls it");
  if (emulates && emulated_count () == n_before)
    check_fail (&c, "no tile has been multiplied");
  report_result (level, name, c.failure[0] ? c.failure : NULL, c.bench);
  free (c.bench);
}

static bool
is_wanted (const char *name)
{
  const char *pattern = options.function;

  while (pattern && *pattern)
    {
      const size_t length = strcspn (pattern, ",");
      char one[64];

      snprintf (one, sizeof one, "%.*s", (int) length, pattern);
      if (fnmatch (one, name, 0) == 0)
        return true;
      pattern += length + (pattern[length] == ',');
    }
  return !pattern;
}

// Only convolutions of narrow words may be absent, and not from the reference.
static bool
may_be_absent (const EcbsrLevel *level, const Kernel *kernel)
{
  return level->flags != 0
         && (strstr (kernel->name, "bf16") || strstr (kernel->name, "_u8_")
             || fnmatch ("conv*_u8", kernel->name, 0) == 0);
}

static bool
is_absent (const EcbsrLevel *level, const Kernel *kernel)
{
  EcbsrKernels table;

  ecbsr_kernels_init (&table, level->flags);
  return code_of (&table, kernel) == NULL;
}

static void
run_kernel (const EcbsrLevel *level, const Kernel *kernel)
{
  const EcbsrLevel *origin = origin_of (level, kernel);

  if (is_absent (level, kernel))
    {
      if (!may_be_absent (level, kernel))
        report_result (level->name, kernel->name, "not in the table", NULL);
      return;
    }
  if (origin != level)
    report_same (level->name, kernel->name, origin->name);
  else
    {
      EcbsrKernels table;
      ecbsr_kernels_init (&table, level->flags);
      run_check (level->name, &table, kernel->name, kernel->check,
                 (int) kernel->slot);
    }
}

// Says so where not.
static bool
may_run (const char *name, const char *isa, unsigned flags)
{
  char reason[80];

  if (!(flags & ~cpu_flags))
    return true;
  snprintf (reason, sizeof reason, "no %s here (CPU, system, or ECBSR_CPU)", isa);
  report_skip (name, "all", reason);
  return false;
}

// The table says which level it is for, so that none passes for another.
static void
run_level (const EcbsrLevel *level)
{
  EcbsrKernels table;

  if (!may_run (level->name, level->isa, level->flags))
    return;
  ecbsr_kernels_init (&table, level->flags);
  report_result (level->name, "isa",
                 strcmp (table.isa, level->isa) == 0 ? NULL : table.isa, NULL);
  for (unsigned k = 0; k < N_ELEMENTS (kernels); k++)
    if (is_wanted (kernels[k].name))
      run_kernel (level, &kernels[k]);
}

// The kernels that emulated tiles put into a table.
static void
run_emulated (const EmulatedLevel *level)
{
  EcbsrKernels plain, table;

  if (!may_run (level->name, level->name, level->flags))
    return;
  ecbsr_kernels_init (&plain, level->flags & ~ECBSR_CPU_TILES);
  table = plain;
  level->fill (&table);
  for (unsigned k = 0; k < N_ELEMENTS (kernels); k++)
    if (is_wanted (kernels[k].name)
        && code_of (&table, &kernels[k]) != code_of (&plain, &kernels[k]))
      run_check (level->name, &table, kernels[k].name, kernels[k].check,
                 (int) kernels[k].slot);
}

// The CPU's, without what the system refuses.
static unsigned
detect (void)
{
  const unsigned flags = ecbsr_cpu_detect ();

  return (flags & ECBSR_CPU_TILES) && !ecbsr_cpu_request_tiles ()
             ? flags & ~ECBSR_CPU_TILES
             : flags;
}

// What the CPU has, at most what ECBSR_CPU names: as the engine does it.
static unsigned
find_cpu_flags (void)
{
  const char *limit = getenv ("ECBSR_CPU");
  const EcbsrLevel *level;

  if (!limit || !*limit)
    return detect ();
  level = ecbsr_levels_find (limit);
  if (!level)
    support_die ("ECBSR_CPU=%s is not a level", limit);
  return detect () & level->flags;
}

// "avx2,avx512", of the levels above the reference that may run.
static void
list_levels (char *list, size_t size)
{
  size_t length = 0;

  list[0] = 0;
  for (size_t l = 1; l < ecbsr_n_levels && length < size; l++)
    if (!(ecbsr_levels[l].flags & ~cpu_flags))
      length += (size_t) snprintf (list + length, size - length, "%s%s",
                                   length ? "," : "", ecbsr_levels[l].name);
}

static void
check_levels (void)
{
  char list[160];

  list_levels (list, sizeof list);
  if (options.levels)
    report_result ("cpu", options.levels,
                   strcmp (list, options.levels) == 0 ? NULL : list, NULL);
}

static void
check_packed_weights (void)
{
  EcbsrKernels table;

  ecbsr_kernels_init (&table, 0);
  run_check (ecbsr_levels[0].name, &table, "packing", check_packing, -1);
}

static bool
any_wanted (void)
{
  for (unsigned k = 0; k < N_ELEMENTS (kernels); k++)
    if (is_wanted (kernels[k].name))
      return true;
  return false;
}

int
main (int argc, char **argv)
{
  options = options_parse (argc, argv);
  cpu_flags = find_cpu_flags ();
  if (!any_wanted ())
    support_die ("no kernel is called %s", options.function);
  catch_crashes ();
  report_begin (options.json, options.seed);
  check_levels ();
  if (!options.function)
    check_packed_weights ();
  for (size_t l = 0; l < ecbsr_n_levels; l++)
    run_level (&ecbsr_levels[l]);
  for (const EmulatedLevel *e = emulated_levels; e->name; e++)
    run_emulated (e);
  return report_end ();
}
