// SPDX-License-Identifier: LGPL-2.1-or-later

#include "group.h"

#include <stdio.h>

Group
group_new (Check *c, const Shape *shape)
{
  // The last block of words is stored whole.
  const unsigned n_runs
      = shape->out == ECBSR_DTYPE_F32
            ? shape->n_out
            : n_words (shape->out, (shape->n_out + 3) / 4 * 4);
  Group group = { { rows_new (&c->rand, n_runs, shape->n) } };

  for (unsigned r = 1; r < ECBSR_GROUP_ROWS; r++)
    group.row[r] = rows_copy (&group.row[0]);
  return group;
}

void
group_free (Group *group)
{
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    rows_free (&group->row[r]);
}

// Aligned, as its size is a multiple of that.
static Region
new_work (size_t n_work)
{
  const size_t align = ECBSR_ALIGN / sizeof (float);
  const size_t n = (n_work + align - 1) / align * align;
  Region work = region_new (n * sizeof (float), 0);
  float *floats = work.data;

  for (size_t i = 0; i < n; i++)
    floats[i] = poison ();
  return work;
}

void
group_run (Check *c, EcbsrGroupFunc func, const EcbsrConv *conv, const Conv *t,
           size_t n_work, Group *group)
{
  Region work = new_work (n_work);
  void *dst[ECBSR_GROUP_ROWS];

  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    dst[r] = group->row[r].row;
  func (conv, dst, group->row[0].pitch, t->rows, t->src[0].pitch, work.data,
        t->shape.n);
  if (!region_is_intact (&work))
    check_fail (c, "wrote outside its work");
  region_free (&work);
}

// Per pixel of one row.
void
group_bench (Check *c, EcbsrGroupFunc func, const Conv *t, size_t n_work)
{
  Group group = group_new (c, &t->shape);
  Region work = new_work (n_work);
  void *dst[] = { group.row[0].row, group.row[1].row, group.row[2].row,
                  group.row[3].row };
  char label[32];

  snprintf (label, sizeof label, "%u to %u", t->shape.n_in, t->shape.n_out);
  for (bench_begin (c->bench, label, t->shape.n * ECBSR_GROUP_ROWS);
       bench_more (c->bench);)
    func (&t->new, dst, group.row[0].pitch, t->rows, t->src[0].pitch, work.data,
          t->shape.n);
  region_free (&work);
  group_free (&group);
}

void
group_check_intact (Check *c, const Group *group)
{
  for (unsigned r = 0; r < ECBSR_GROUP_ROWS; r++)
    if (!rows_are_intact (&group->row[r]))
      check_fail (c, "wrote outside its granules");
}
