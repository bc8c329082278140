/* SPDX-License-Identifier: MIT
 * What every test of the core uses: cmocka with the headers it wants, and a few comparisons that say what differed. */
#ifndef UHN_TESTS_SUPPORT_CHECK_H
#define UHN_TESTS_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "uhn/uhn.h"

/* Fails the test with the library's sentence unless the call succeeded. */
void check_ok_at(uhn_status status, const char *call, const char *file, int line);
#define check_ok(call) check_ok_at((call), #call, __FILE__, __LINE__)

/* Fails unless the call returned `expected` and left a sentence in uhn_error_detail(). */
void check_refused_at(uhn_status status, uhn_status expected, const char *call, const char *file, int line);
#define check_refused(expected, call) check_refused_at((call), (expected), #call, __FILE__, __LINE__)

/* Equal to the bit, where any NaN equals any NaN. */
bool same_float(float a, float b);
bool same_double(double a, double b);

/* Index of the first element that differs; `count` when none does. */
size_t first_difference_float(const float *a, const float *b, size_t count);
size_t first_difference_double(const double *a, const double *b, size_t count);

/* Every field of the reports, to the bit. Name of the first field that differs; NULL when none does. */
const char *report_difference(const uhn_report *a, const uhn_report *b);

/* What long double lacks: the rounding of its arithmetic where that has fewer bits than the type, as under valgrind,
 * which computes in 64 bits; else 0. Bounds that lean on long double add a multiple of it: 2^10 where logarithms are
 * taken, which are less exact still there. */
long double lost_rounding(void);

/* The largest absolute value. */
double largest(const double *values, size_t count);

/* calloc that ends the test instead of giving NULL. */
void *test_allocate(size_t count, size_t size);

#endif
