// SPDX-License-Identifier: LGPL-2.1-or-later
// ecbsr_cpu_count() follows the affinity mask, also when that changes.

#define _GNU_SOURCE
#include "cpu.h"

#ifdef __linux__
#include <sched.h>

static cpu_set_t
get_mask (void)
{
  cpu_set_t mask;

  g_assert_cmpint (sched_getaffinity (0, sizeof mask, &mask), ==, 0);
  return mask;
}

static void
set_mask (const cpu_set_t *mask)
{
  g_assert_cmpint (sched_setaffinity (0, sizeof *mask, mask), ==, 0);
}

// The first `n` CPUs of `all`.
static cpu_set_t
first_of (const cpu_set_t *all, guint n)
{
  cpu_set_t few;

  CPU_ZERO (&few);
  for (gsize cpu = 0; cpu < CPU_SETSIZE && n > 0; cpu++)
    if (CPU_ISSET (cpu, all))
      {
        CPU_SET (cpu, &few);
        n--;
      }
  return few;
}

static void
test_mask (void)
{
  const cpu_set_t all = get_mask ();
  const guint most = ecbsr_cpu_count ();

  g_assert_cmpuint (most, <=, (guint) CPU_COUNT (&all));
  for (guint n = 1; n <= (guint) CPU_COUNT (&all); n++)
    {
      const cpu_set_t few = first_of (&all, n);
      set_mask (&few);
      g_assert_cmpuint (ecbsr_cpu_count (), ==, MIN (n, most));
    }
  set_mask (&all);
  g_assert_cmpuint (ecbsr_cpu_count (), ==, most);
}

static gpointer
count_cpus (gpointer unused)
{
  return GUINT_TO_POINTER (ecbsr_cpu_count ());
}

// The mask is a thread's, and one that it starts begins with the same.
static void
test_thread (void)
{
  const cpu_set_t all = get_mask (), one = first_of (&all, 1);

  set_mask (&one);
  GThread *thread = g_thread_new ("count", count_cpus, NULL);
  g_assert_cmpuint (GPOINTER_TO_UINT (g_thread_join (thread)), ==, 1);
  set_mask (&all);
}
#endif

static void
test_some (void)
{
  g_assert_cmpuint (ecbsr_cpu_count (), >=, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cpu/some", test_some);
#ifdef __linux__
  g_test_add_func ("/cpu/mask", test_mask);
  g_test_add_func ("/cpu/thread", test_thread);
#endif
  return g_test_run ();
}
