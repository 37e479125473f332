// SPDX-License-Identifier: LGPL-2.1-or-later
//
// What kernels that make several rows at once write and work with.

#ifndef GROUP_H
#define GROUP_H

#include "conv.h"

typedef struct
{
  Rows row[ECBSR_GROUP_ROWS];
} Group;

// For what the convolution writes.
Group group_new (Check *c, const Shape *shape);
void group_free (Group *group);

// Runs it, with work of n_work words that holds nothing sensible and ends where
// nobody may write.
void group_run (Check *c, EcbsrGroupFunc func, const EcbsrConv *conv,
                const Conv *t, size_t n_work, Group *group);
void group_bench (Check *c, EcbsrGroupFunc func, const Conv *t, size_t n_work);

// Fails where rows beside its own have been written.
void group_check_intact (Check *c, const Group *group);

#endif
