/* SPDX-License-Identifier: MIT
 * How an iterated recall ends: at a fixed point, in a cycle, or not at all. */
#include "core/update.h"

#include <math.h>
#include <string.h>

void uhn_report_clear(uhn_report *report)
{
    *report = (uhn_report){
        .status = UHN_QUERY_OK,
        .best = UHN_NO_INDEX,
        .best_score = NAN,
        .margin = NAN,
        .effective_support = NAN,
        .weight_sum = NAN,
        .exact = false,
        .outside_bound = NAN,
        .steps = 1,
        .outcome = UHN_OUTCOME_SINGLE,
        .period = 0,
    };
}

static double length(const float *x, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i] * x[i];
    return sqrt(sum);
}

static double distance(const float *x, const float *y, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) {
        double difference = (double)x[i] - y[i];
        sum += difference * difference;
    }
    return sqrt(sum);
}

/* Brent (1980): once the checkpoint lies in the cycle and the steps since it may reach the period, the first return to
 * it comes after exactly one period. A state with an infinity or a NaN is close to nothing, so it never ends a recall.
 */
bool uhn_cycle_step(uhn_cycle_watch *watch, const float *before, const float *after, float *checkpoint, size_t dim,
                    double tolerance, uhn_report *report)
{
    double size = length(after, dim);
    double limit = isfinite(size) ? tolerance * (1 + size) : -1;

    report->steps = ++watch->steps;
    if (distance(after, before, dim) <= limit) {
        report->outcome = UHN_OUTCOME_FIXED_POINT;
        report->period = 1;
        return true;
    }
    if (distance(after, checkpoint, dim) <= limit) {
        report->outcome = UHN_OUTCOME_CYCLE;
        report->period = watch->steps - watch->checkpoint_step;
        return true;
    }
    if ((watch->steps & (watch->steps - 1)) == 0) {
        memcpy(checkpoint, after, dim * sizeof *checkpoint);
        watch->checkpoint_step = watch->steps;
    }
    return false;
}
