// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What a pixel costs, measured: beside ecbsr_model_get_cost().

#ifndef ECBSR_COST_H
#define ECBSR_COST_H

#include "ecbsr.h"

// Appends the shape of the model's network, which its time depends on; the weights do
// not count.
void ecbsr_cost_describe (GString *key, const EcbsrModel *model);

// Nanoseconds that an input pixel of luma takes on one thread in each of `n`
// precisions, side by side. One that takes more than twice as long as another is given
// up early. Measures anew at each call, for 10 to 30 ms with three precisions of the
// largest built-in network, longer where others measure at the same time. FALSE, and
// nothing, where memory is short. Thread-safe; holds no lock.
gboolean ecbsr_cost_compare (EcbsrModel *model, const EcbsrPrecision *precisions,
                             guint n, gdouble *costs);

#endif
