/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void check_ok_at(uhn_status status, const char *call, const char *file, int line)
{
    if (status == UHN_OK)
        return;
    print_error("%s\n  returned \"%s\": %s\n", call, uhn_status_text(status), uhn_error_detail());
    _fail(file, line);
}

void check_refused_at(uhn_status status, uhn_status expected, const char *call, const char *file, int line)
{
    if (status != expected) {
        print_error("%s\n  returned \"%s\" (%s), expected \"%s\"\n", call, uhn_status_text(status), uhn_error_detail(),
                    uhn_status_text(expected));
        _fail(file, line);
    } else if (uhn_error_detail() == NULL || uhn_error_detail()[0] == '\0') {
        print_error("%s\n  returned \"%s\" and no detail\n", call, uhn_status_text(status));
        _fail(file, line);
    }
}

bool same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

bool same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

size_t first_difference_float(const float *a, const float *b, size_t count)
{
    size_t i = 0;

    while (i < count && same_float(a[i], b[i]))
        i++;
    return i;
}

size_t first_difference_double(const double *a, const double *b, size_t count)
{
    size_t i = 0;

    while (i < count && same_double(a[i], b[i]))
        i++;
    return i;
}

const char *report_difference(const uhn_report *a, const uhn_report *b)
{
    if (a->status != b->status)
        return "status";
    if (a->best != b->best)
        return "best";
    if (!same_double(a->best_score, b->best_score))
        return "best_score";
    if (!same_double(a->margin, b->margin))
        return "margin";
    if (!same_double(a->effective_support, b->effective_support))
        return "effective_support";
    if (!same_double(a->weight_sum, b->weight_sum))
        return "weight_sum";
    if (a->exact != b->exact)
        return "exact";
    if (!same_double(a->outside_bound, b->outside_bound))
        return "outside_bound";
    if (a->steps != b->steps)
        return "steps";
    if (a->outcome != b->outcome)
        return "outcome";
    return a->period != b->period ? "period" : NULL;
}

long double lost_rounding(void)
{
    volatile long double one = 1, least = LDBL_EPSILON;

    return one + least > one ? 0 : 0x1p-52L;
}

double largest(const double *values, size_t count)
{
    double result = 0;

    for (size_t i = 0; i < count; i++)
        if (fabs(values[i]) > result)
            result = fabs(values[i]);
    return result;
}

void *test_allocate(size_t count, size_t size)
{
    void *block = calloc(count > 0 ? count : 1, size);

    if (block == NULL) {
        print_error("the test itself ran out of memory (%zu × %zu bytes)\n", count, size);
        _fail(__FILE__, __LINE__);
    }
    return block;
}
