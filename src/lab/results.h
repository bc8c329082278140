/* SPDX-License-Identifier: MIT
 * What an experiment found: curves over the levels of one variable, for several criteria. The unit of exchange between
 * those who measure, those who write it down (results.json, results.csv), and those who draw. */
#ifndef UHN_LAB_RESULTS_H
#define UHN_LAB_RESULTS_H

#include "uhn/uhn.h"

/* X(name, key, better, axis): a criterion, its key in results.json, whether more is better, and its axis name. All are
 * computed for every cell. Fractions are of the queries of one run. */
#define UHN_CRITERION_MAP(X)                                                                                           \
    X(UHN_CRITERION_PAPER, "paper", true, "fraction within the paper's squared error")                                 \
    X(UHN_CRITERION_IDENTIFIED, "identified", true, "fraction identified")                                             \
    X(UHN_CRITERION_MEMORIZED, "memorized", true, "fraction memorized")                                                \
    X(UHN_CRITERION_NORMALISED_ERROR, "normalised_error", false, "normalised error (0 exact, 1 mean image)")           \
    X(UHN_CRITERION_UNDEFINED, "undefined", false, "fraction undefined")

#define UHN_ENUMERATOR(name, key, better, axis) name,
typedef enum uhn_criterion { UHN_CRITERION_MAP(UHN_ENUMERATOR) UHN_CRITERION_COUNT } uhn_criterion;
#undef UHN_ENUMERATOR

/* What a curve stands for; decides how it is drawn. */
typedef enum uhn_series_kind {
    UHN_SERIES_MEASURED, /* a similarity or separation of the tables */
    UHN_SERIES_LEARNED,  /* the learned table */
    UHN_SERIES_LIMIT,    /* the exact likelihood: nothing can identify more */
    UHN_SERIES_BASELINE, /* the mean image as the answer to every query */
    UHN_SERIES_KIND_COUNT
} uhn_series_kind;

/* Over the runs, at each level: mean and standard deviation (divided by the number of runs, as the paper's code does).
 * NaN: not defined there, and not drawn. */
typedef struct uhn_curve {
    double *mean, *sd; /* x_count each; owned */
} uhn_curve;

typedef struct uhn_series {
    char *name; /* as in results.json; owned */
    uhn_series_kind kind;
    uhn_curve curves[UHN_CRITERION_COUNT];
} uhn_series;

typedef struct uhn_results {
    char *experiment, *dataset, *protocol; /* "capacity", "mnist", "paper" | "uhn"; all strings are owned */
    size_t runs;
    uint64_t seed;
    char *version;
    char *x_name; /* the axis, with its unit: "memories stored N", "noise σ" */
    bool x_logarithmic;
    double *x; /* x_count; owned */
    size_t x_count;
    uhn_series *series;
    size_t series_count;
    uhn_series baseline;
    uhn_criterion headline; /* the criterion that the figure shows first */
    char *command, *isa;
    int threads;
    double seconds;
} uhn_results;

/* Frees what it owns; a zeroed or half-filled one is allowed. */
void uhn_results_free(uhn_results *results);

const char *uhn_criterion_key(uhn_criterion criterion);
const char *uhn_criterion_axis(uhn_criterion criterion);

#endif
