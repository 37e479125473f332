// SPDX-License-Identifier: LGPL-2.1-or-later
//
// A plan while memory is short: whichever allocation fails, an error, nothing
// left behind, and the next try succeeds. The linker puts the functions below
// in front of the real ones (--wrap).

#include "model.h"
#include "plan-models.h"
#include "plan-pictures.h"

#include <errno.h>

static guint n_until_failure = G_MAXUINT; // allocations; none fails
static guint n_blocks;                    // from posix_memalign, not yet freed

int __real_posix_memalign (void **memory, gsize alignment, gsize size);
int __wrap_posix_memalign (void **memory, gsize alignment, gsize size);
void __real_free (void *memory);
void __wrap_free (void *memory);
gpointer __real_g_try_malloc0 (gsize size);
gpointer __wrap_g_try_malloc0 (gsize size);
gpointer __real_g_try_malloc0_n (gsize n, gsize size);
gpointer __wrap_g_try_malloc0_n (gsize n, gsize size);

static gboolean
is_due (void)
{
  return n_until_failure != G_MAXUINT && n_until_failure-- == 0;
}

int
__wrap_posix_memalign (void **memory, gsize alignment, gsize size)
{
  if (is_due ())
    return ENOMEM;
  n_blocks++;
  return __real_posix_memalign (memory, alignment, size);
}

// Only what the engine frees itself comes by here: its scratch.
void
__wrap_free (void *memory)
{
  n_blocks -= memory != NULL;
  __real_free (memory);
}

gpointer
__wrap_g_try_malloc0 (gsize size)
{
  return is_due () ? NULL : __real_g_try_malloc0 (size);
}

gpointer
__wrap_g_try_malloc0_n (gsize n, gsize size)
{
  return is_due () ? NULL : __real_g_try_malloc0_n (n, size);
}

// FALSE when the nth allocation failed.
static gboolean
try_plan (EcbsrModel *model, const EcbsrPlanConfig *config, guint n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (EcbsrPlan) plan = NULL;

  n_until_failure = n;
  plan = ecbsr_plan_new (model, config, &error);
  n_until_failure = G_MAXUINT;
  if (plan)
    return TRUE;
  g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY);
  g_assert_true (g_str_has_prefix (error->message, "not enough memory for "));
  g_assert_cmpuint (n_blocks, ==, 0);
  g_assert_true (
      g_atomic_ref_count_compare (&model->ref_count, 1));
  return FALSE;
}

static void
check_model (EcbsrModel *model, guint n_allocations)
{
  g_autoptr (Picture) in
      = picture_new (format_find ("NV12"), 64, 64, ROWS_TIGHT);
  Setup setup = default_setup;
  EcbsrPlanConfig config;
  g_autoptr (Picture) out = NULL;
  guint n = 0;

  setup.n_threads = 3;
  setup.band_height = 8;
  config = picture_config (in, &setup);
  while (!try_plan (model, &config, n))
    n++;
  g_assert_cmpuint (n, ==, n_allocations);
  g_assert_cmpuint (n_blocks, ==, 0);
  picture_fill_noise (in, 1);
  out = picture_upscale (model, in, ROWS_TIGHT, &setup);
}

// The plan, convolutions, weights, the threads' list and each one's scratch,
// cells and their tasks.
static void
test_network (void)
{
  g_autoptr (EcbsrModel) model = model_new_ecbsr (2, 1);

  check_model (model, 4 + 3 + 2);
}

// Of layers and weights there are none.
static void
test_cubic (void)
{
  g_autoptr (EcbsrModel) model = ecbsr_model_new_cubic (2);

  check_model (model, 2 + 3 + 2);
}

// What the frame cache is for, and its pictures.
static void
test_frame_cache (void)
{
  g_autoptr (EcbsrModel) model = ecbsr_model_new_cubic (2);
  g_autoptr (Picture) in
      = picture_new (format_find ("NV12"), 64, 64, ROWS_TIGHT);
  const EcbsrPlanConfig config = picture_config (in, &default_setup);
  g_autoptr (EcbsrPlan) plan = ecbsr_plan_new (model, &config, NULL);
  const guint n_before = n_blocks;

  for (guint n = 0; n <= 2; n++)
    {
      g_autoptr (GError) error = NULL;
      EcbsrFrameCache *cache;

      n_until_failure = n;
      cache = ecbsr_frame_cache_new (plan, &error);
      n_until_failure = G_MAXUINT;
      g_assert_true ((cache != NULL) == (n == 2));
      if (!cache)
        g_assert_error (error, ECBSR_ERROR, ECBSR_ERROR_NO_MEMORY);
      ecbsr_frame_cache_free (cache);
      g_assert_cmpuint (n_blocks, ==, n_before);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/plan/memory/network", test_network);
  g_test_add_func ("/plan/memory/cubic", test_cubic);
  g_test_add_func ("/plan/memory/cache", test_frame_cache);
  return g_test_run ();
}
