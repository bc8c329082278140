/* SPDX-License-Identifier: MIT */
#include "lab/findings.h"

#include "lab/figure_layout.h"

#include <math.h>
#include <string.h>

bool uhn_more_is_better(uhn_criterion criterion)
{
#define UHN_BETTER(name, key, better, axis) better,
    static const bool better[] = {UHN_CRITERION_MAP(UHN_BETTER)};
    return better[criterion];
}

bool uhn_is_contender(const uhn_series *series)
{
    return series->kind == UHN_SERIES_MEASURED || series->kind == UHN_SERIES_LEARNED;
}

/* The last word of a name: "hetero" of "learned hetero". */
static const char *task_of(const char *name)
{
    const char *blank = strrchr(name, ' ');
    return blank ? blank + 1 : "";
}

const uhn_series *uhn_limit_of(const uhn_results *results, const uhn_series *series)
{
    const uhn_series *first = NULL;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_series *limit = &results->series[s];
        if (limit->kind != UHN_SERIES_LIMIT || !uhn_has_points(results, limit, UHN_CRITERION_IDENTIFIED))
            continue;
        if (strcmp(task_of(limit->name), task_of(series->name)) == 0)
            return limit;
        first = first ? first : limit;
    }
    return first;
}

static void compare_with_limit(const uhn_curve *curve, const uhn_curve *limit, size_t level, uhn_finding *finding)
{
    if (!uhn_is_drawn(limit, level))
        return;
    double gap = limit->mean[level] - curve->mean[level];
    if (isnan(finding->gap) || gap > finding->gap) {
        finding->gap = gap;
        finding->gap_level = level;
    }
    finding->lead = fmax(finding->lead, -gap);
}

uhn_finding uhn_find(const uhn_results *results, const uhn_series *series, uhn_criterion criterion,
                     const uhn_series *limit)
{
    uhn_finding finding = {.first = UHN_NO_LEVEL,
                           .last = UHN_NO_LEVEL,
                           .average = NAN,
                           .below_half = UHN_NO_LEVEL,
                           .gap = NAN,
                           .gap_level = UHN_NO_LEVEL,
                           .undefined = NAN,
                           .undefined_level = UHN_NO_LEVEL};
    const uhn_curve *curve = &series->curves[criterion], *undefined = &series->curves[UHN_CRITERION_UNDEFINED];
    double sum = 0;
    size_t count = 0;
    for (size_t k = 0; k < results->x_count; k++) {
        if (uhn_is_drawn(undefined, k) && !(undefined->mean[k] <= finding.undefined)) { /* the first, too */
            finding.undefined = undefined->mean[k];
            finding.undefined_level = k;
        }
        if (!uhn_is_drawn(curve, k))
            continue;
        finding.first = count++ ? finding.first : k;
        finding.last = k;
        sum += curve->mean[k];
        if (curve->mean[k] >= 0.5)
            finding.below_half = UHN_NO_LEVEL;
        else if (finding.below_half == UHN_NO_LEVEL)
            finding.below_half = k;
        if (limit)
            compare_with_limit(curve, &limit->curves[criterion], k, &finding);
    }
    if (count)
        finding.average = sum / (double)count;
    return finding;
}

static const uhn_series *extreme(const uhn_results *results, uhn_criterion criterion, double sign)
{
    const uhn_series *found = NULL;
    double most = -INFINITY;
    for (size_t s = 0; s < results->series_count; s++) {
        const uhn_series *series = &results->series[s];
        double average = sign * uhn_find(results, series, criterion, NULL).average;
        if (uhn_is_contender(series) && average > most) { /* false for NaN */
            most = average;
            found = series;
        }
    }
    return found;
}

const uhn_series *uhn_best(const uhn_results *results, uhn_criterion criterion)
{
    return extreme(results, criterion, uhn_more_is_better(criterion) ? 1 : -1);
}

const uhn_series *uhn_worst(const uhn_results *results, uhn_criterion criterion)
{
    return extreme(results, criterion, uhn_more_is_better(criterion) ? -1 : 1);
}
