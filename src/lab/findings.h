/* SPDX-License-Identifier: MIT
 * What the curves of an experiment say, in numbers: the facts that a report tells. */
#ifndef UHN_LAB_FINDINGS_H
#define UHN_LAB_FINDINGS_H

#include "lab/results.h"

#define UHN_NO_LEVEL SIZE_MAX

/* One curve in one criterion. Levels are indices into results->x; UHN_NO_LEVEL: there is none. */
typedef struct uhn_finding {
    size_t first, last; /* the levels at which it is defined */
    double average;     /* over these; NaN when there are none */
    size_t below_half;  /* from this level on the mean stays below 1/2 */
    double gap;         /* the farthest that it is below the limit; NaN without a limit */
    size_t gap_level;
    double lead;      /* the farthest that it is above the limit, ≥ 0 */
    double undefined; /* the largest fraction of undefined answers; NaN when that was not counted */
    size_t undefined_level;
} uhn_finding;

/* `limit`: the curve to compare with in this criterion; NULL: none. */
uhn_finding uhn_find(const uhn_results *results, const uhn_series *series, uhn_criterion criterion,
                     const uhn_series *limit);

/* The limit that a series is compared with: that of its own task where there are several ("learned hetero" with "limit
 * hetero"), else the first. NULL: none is drawn. */
const uhn_series *uhn_limit_of(const uhn_results *results, const uhn_series *series);

/* Is a curve an answer of the memory, not something to compare with? */
bool uhn_is_contender(const uhn_series *series);

/* The contender with the best or the worst average; NULL when none is defined. The first of several that are equal. */
const uhn_series *uhn_best(const uhn_results *results, uhn_criterion criterion);
const uhn_series *uhn_worst(const uhn_results *results, uhn_criterion criterion);

/* Whether more of a criterion is better. */
bool uhn_more_is_better(uhn_criterion criterion);

#endif
