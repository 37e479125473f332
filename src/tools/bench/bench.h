// SPDX-License-Identifier: LGPL-2.1-or-later
//
// ecbsr-bench: how fast the engine is on this machine.

#ifndef BENCH_H
#define BENCH_H

#include "ecbsr.h"

// One combination that is measured.
typedef struct
{
  EcbsrModel *model;
  EcbsrPlan *plan;
  const gchar *name; // as the user gave it
  guint width, height, n_threads;
  EcbsrPrecision precision; // what runs, whatever was asked for
  gboolean chosen;          // by AUTO
  guint8 *in, *out;         // pictures, I420
  GArray *ms;               // gdouble, one per frame
} BenchCase;

typedef struct
{
  gdouble p50, p95, p99; // ms
  gdouble fps;           // at the median
  gdouble gmac_s;        // of the network's convolutions
  gdouble peak_share;    // of what the machine's multipliers can, all threads
} BenchFigures;

typedef struct
{
  gchar *cpu, *isa;
  guint n_cpus;
  const gchar *compiler, *version, *commit;
  // 10^9 multiply-adds a second on one thread, by EcbsrPrecision; 0: not there.
  gdouble peak[ECBSR_N_PRECISIONS];
} BenchSystem;

// bench-system.c
void bench_system_init (BenchSystem *system);
void bench_system_clear (BenchSystem *system);

// bench-models.c: a built-in model's name, or the path of a file. NULL and an
// error that lists what there is.
EcbsrModel *bench_open_model (const gchar *name, guint scale, GError **error);
// The built-in models of this scale, cheapest first. g_strfreev().
gchar **bench_list_models (guint scale);

// bench-measure.c
BenchCase *bench_case_new (const gchar *name, guint scale, guint width,
                           guint height, EcbsrPrecision precision,
                           guint n_threads, GError **error);
void bench_case_free (BenchCase *bench_case);
// Frames of all cases in turn, until each has been busy for `seconds`.
void bench_measure (GPtrArray *cases, gdouble seconds);
BenchFigures bench_figures (const BenchCase *bench_case,
                            const BenchSystem *system);

// bench-print.c
typedef enum
{
  BENCH_TABLE,
  BENCH_JSON,
  BENCH_CSV,
} BenchStyle;
void bench_print (const BenchSystem *system, GPtrArray *cases,
                  BenchStyle style);

// bench-advise.c: the best model of this scale that the machine holds at WxH@FPS.
gboolean bench_advise (const gchar *mode, guint scale, GError **error);

#endif
