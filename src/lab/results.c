/* SPDX-License-Identifier: MIT */
#include "lab/results.h"
#include "base/allocate.h"

#define UHN_KEY(name, key, better, axis)  key,
#define UHN_AXIS(name, key, better, axis) axis,
static const char *const keys[] = {UHN_CRITERION_MAP(UHN_KEY)};
static const char *const axes[] = {UHN_CRITERION_MAP(UHN_AXIS)};

const char *uhn_criterion_key(uhn_criterion criterion)
{
    return (unsigned)criterion < UHN_CRITERION_COUNT ? keys[criterion] : "unknown";
}

const char *uhn_criterion_axis(uhn_criterion criterion)
{
    return (unsigned)criterion < UHN_CRITERION_COUNT ? axes[criterion] : "unknown";
}

static void free_series(uhn_series *series)
{
    uhn_release(series->name);
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++) {
        uhn_release(series->curves[c].mean);
        uhn_release(series->curves[c].sd);
    }
}

void uhn_results_free(uhn_results *results)
{
    for (size_t s = 0; s < results->series_count; s++)
        free_series(&results->series[s]);
    free_series(&results->baseline);
    char *const strings[] = {results->experiment, results->dataset, results->protocol, results->version,
                             results->x_name,     results->command, results->isa};
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
        uhn_release(strings[i]);
    uhn_release(results->x);
    uhn_release(results->series);
    *results = (uhn_results){0};
}
