/* SPDX-License-Identifier: MIT */
#include "support/curves.h"

#include "base/allocate.h"

#include <math.h>
#include <string.h>

static const double levels[] = {2, 5, 10, 20, 50, 100, 200, 300, 500, 700, 1000};
enum { LEVELS = sizeof levels / sizeof *levels, MEASURED = 9, SERIES = MEASURED + 2 };
static const char *const names[SERIES] = {"manhattan",
                                          "sqeuclidean",
                                          "cosine",
                                          "dot",
                                          "normalised-dot",
                                          "kl",
                                          "jensen-shannon",
                                          "minkowski:p=3",
                                          "hamming",
                                          "learned",
                                          "likelihood-gaussian:sigma=0.5"};

char *copy_string(const char *string)
{
    char *copy = uhn_allocate(strlen(string) + 1, 1);
    assert_non_null(copy);
    memcpy(copy, string, strlen(string) + 1);
    return copy;
}

static double *numbers(void)
{
    double *values = uhn_allocate(LEVELS, sizeof *values);
    assert_non_null(values);
    return values;
}

/* Falls through 1/2 where log(x) = middle. */
static void fill(uhn_series *series, const char *name, uhn_series_kind kind, double middle, size_t undefined)
{
    series->name = copy_string(name);
    series->kind = kind;
    for (int c = 0; c < UHN_CRITERION_COUNT; c++) {
        uhn_curve *curve = &series->curves[c];
        curve->mean = numbers();
        curve->sd = numbers();
        for (size_t k = 0; k < LEVELS; k++) {
            double good = 1 / (1 + exp(2 * (log(levels[k]) - middle - 0.3 * c)));
            double value = c == UHN_CRITERION_NORMALISED_ERROR ? 1.3 * (1 - good) : good;
            curve->mean[k] = c == UHN_CRITERION_UNDEFINED ? 0 : k < undefined ? NAN : value;
            curve->sd[k] = c == UHN_CRITERION_UNDEFINED ? 0 : k < undefined ? NAN : 0.3 * good * (1 - good);
        }
    }
}

void make_curves(uhn_results *results)
{
    *results = (uhn_results){.experiment = copy_string("capacity"),
                             .dataset = copy_string("mnist"),
                             .protocol = copy_string("uhn"),
                             .runs = 5,
                             .seed = 1,
                             .version = copy_string("0.3.0"),
                             .x_name = copy_string("memories stored N"),
                             .x_logarithmic = true,
                             .x = numbers(),
                             .x_count = LEVELS,
                             .series = uhn_allocate(SERIES, sizeof(uhn_series)),
                             .series_count = SERIES,
                             .headline = UHN_CRITERION_IDENTIFIED,
                             .command = copy_string("uhn experiment capacity --data mnist --runs 5 --seed 1"),
                             .isa = copy_string("avx2"),
                             .threads = 2,
                             .seconds = 3.25};
    assert_non_null(results->series);
    memcpy(results->x, levels, sizeof levels);
    for (size_t s = 0; s < SERIES; s++)
        fill(&results->series[s], names[s],
             s < MEASURED    ? UHN_SERIES_MEASURED
             : s == MEASURED ? UHN_SERIES_LEARNED
                             : UHN_SERIES_LIMIT,
             s < 2          ? 100
             : s < MEASURED ? 8.0 - 0.9 * (double)s
                            : 8.0 + 0.4 * (double)(s - MEASURED),
             s == MEASURED - 1 ? 3 : 0);
    fill(&results->baseline, "mean image", UHN_SERIES_BASELINE, -0.5, 0);
    for (size_t k = 0; k < LEVELS; k++)
        results->baseline.curves[UHN_CRITERION_NORMALISED_ERROR].mean[k] = 1;
}
