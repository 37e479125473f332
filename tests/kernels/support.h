// SPDX-License-Identifier: LGPL-2.1-or-later
//
// The little that the harness needs of a library. It has none besides C's, so
// that it runs wherever the kernels compile.

#ifndef SUPPORT_H
#define SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define N_ELEMENTS(array) (sizeof (array) / sizeof (array)[0])

// Frees what the pointer names when it goes out of scope.
#define AUTOFREE __attribute__ ((cleanup (support_free_at)))
// n zeroed elements, freed by free(); ends the program when there is no memory.
#define NEW(type, n) ((type *) support_alloc (n, sizeof (type)))

#define PRINTF_LIKE(at, first) __attribute__ ((format (printf, at, first)))

void support_free_at (void *pointer);
void *support_alloc (size_t n, size_t size);
// Ends the program.
_Noreturn void support_die (const char *format, ...) PRINTF_LIKE (1, 2);

// A sequence of random numbers that its seed repeats.
typedef struct
{
  uint64_t state;
} Random;

uint32_t random_bits (Random *rand);
bool random_bool (Random *rand);
// low ≤ result < high.
int random_range (Random *rand, int low, int high);
double random_real (Random *rand, double low, double high);

#endif
