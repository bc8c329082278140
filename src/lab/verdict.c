/* SPDX-License-Identifier: MIT */
#include "lab/verdict.h"
#include "base/allocate.h"
#include "base/status.h"

#include <math.h>
#include <stdlib.h>

static double normalised(double squared_error, double mean_error)
{
    return squared_error == 0 ? 0 : squared_error / mean_error; /* infinite where all images are the same */
}

uhn_verdict uhn_judge_choice(const uhn_stored *stored, const double *mean_errors, size_t target, size_t answer)
{
    if (answer == UHN_NO_INDEX)
        return (uhn_verdict){0};
    const bool right = stored->twin[answer] == stored->twin[target];
    const float *z = stored->rows + answer * stored->dim, *x = stored->rows + target * stored->dim;
    const double error = right ? 0 : uhn_squared_distance(z, x, stored->dim);
    return (uhn_verdict){.defined = true,
                         .identified = right,
                         .memorized = right,
                         .squared_error = error,
                         .normalised_error = normalised(error, mean_errors[target])};
}

uhn_verdict uhn_judge_distances(const uhn_stored *stored, const double *mean_errors, size_t n, size_t target,
                                const double *distances)
{
    const double error = distances[target];
    if (!isfinite(error))
        return (uhn_verdict){0};
    const size_t twin = stored->twin[target];
    size_t nearest = 0;
    double other = INFINITY;
    for (size_t i = 0; i < n; i++) {
        if (distances[i] < distances[nearest])
            nearest = i;
        if (stored->twin[i] != twin && distances[i] < other)
            other = distances[i];
    }
    const bool identified = stored->twin[nearest] == twin;
    return (uhn_verdict){.defined = true,
                         .identified = identified,
                         .memorized = identified && 9 * error <= other,
                         .squared_error = error,
                         .normalised_error = normalised(error, mean_errors[target])};
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof *values, compare);
    const double low = values[(count - 1) / 2], high = values[count / 2];
    return low == high ? low : 0.5 * (low + high);
}

uhn_status uhn_tally(const uhn_verdict *verdicts, size_t count, double threshold, double values[UHN_CRITERION_COUNT])
{
    double *errors = uhn_allocate(count, sizeof *errors);
    if (!errors)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu errors", count);
    size_t near = 0, identified = 0, memorized = 0, defined = 0;
    for (size_t i = 0; i < count; i++) {
        if (!verdicts[i].defined)
            continue;
        errors[defined++] = verdicts[i].normalised_error;
        near += verdicts[i].squared_error <= threshold;
        identified += verdicts[i].identified;
        memorized += verdicts[i].memorized;
    }
    values[UHN_CRITERION_PAPER] = (double)near / (double)count;
    values[UHN_CRITERION_IDENTIFIED] = (double)identified / (double)count;
    values[UHN_CRITERION_MEMORIZED] = (double)memorized / (double)count;
    values[UHN_CRITERION_NORMALISED_ERROR] = median(errors, defined);
    values[UHN_CRITERION_UNDEFINED] = (double)(count - defined) / (double)count;
    uhn_release(errors);
    return UHN_OK;
}
