// SPDX-License-Identifier: LGPL-2.1-or-later
//
// In what inner layers compute: what a model and a CPU can do, and which is best.

#ifndef ECBSR_PRECISION_H
#define ECBSR_PRECISION_H

#include "plan.h"

// What inner layers hold in `precision`, which is not AUTO.
EcbsrDtype ecbsr_precision_to_dtype (EcbsrPrecision precision);

// The best by `cost`, by precision; 0 is none that may be taken. Of those that take
// at most a tenth longer than the fastest the most exact one, so that what is about
// as fast is not decided by chance. float32 where there is none.
EcbsrPrecision
ecbsr_precision_pick (const gdouble cost[ECBSR_N_PRECISIONS]);

// What the plan, which has its model, its configuration, its kernels and its number
// of threads, is to compute in. With AUTO it may measure
// (ecbsr_plan_get_precision_costs()).
EcbsrPrecision ecbsr_precision_choose (const EcbsrPlan *plan);

#endif
