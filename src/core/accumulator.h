/* SPDX-License-Identifier: MIT
 * Separation and projection of one query over a range of memories: the separation's state, the sums of the weights,
 * the weighted sum of the rows of P so far, and the two best scores. */
#ifndef UHN_CORE_ACCUMULATOR_H
#define UHN_CORE_ACCUMULATOR_H

#include "core/plan.h"

typedef struct uhn_accumulator {
    uhn_weight_sums sums;
    size_t best;
    double best_score, second_score;
    bool undefined;    /* a score was NaN or +infinity, to which no weights can be given */
    void *state;       /* the separation's */
    double *projected; /* [O]; NULL when there is no projection, or the separation selects */
} uhn_accumulator;

/* Bytes of one for `count` memories at most; 0 when that does not fit. */
size_t uhn_accumulator_size(const uhn_plan *plan, size_t count, bool project);

/* Makes an empty one in `block`. */
uhn_accumulator *uhn_accumulator_init(const uhn_plan *plan, void *block, size_t count, bool project);

/* Takes scores [count ≤ UHN_TILE_ROWS] of memories first …; values: their rows of P (unused without projection). */
void uhn_accumulator_absorb(const uhn_plan *plan, uhn_accumulator *accumulator, const double *scores, size_t first,
                            size_t count, const float *const *values);

/* The same in parts. Notes the best scores among those at places which [count], ascending, of scores of memories
 * first … */
void uhn_accumulator_track(uhn_accumulator *accumulator, const double *scores, size_t first, const uint16_t *which,
                           size_t count);
/* For separations that do not select: takes scores [count] and writes their weights [count], in the scale of what the
 * accumulator has projected afterwards; the caller adds them. */
void uhn_accumulator_weigh(const uhn_plan *plan, uhn_accumulator *accumulator, const double *scores, size_t first,
                           size_t count, double *weights);

void uhn_accumulator_merge(const uhn_plan *plan, uhn_accumulator *accumulator, const uhn_accumulator *other);

/* Ends it: gives the selection and, in finish->factor, what every weight is to be multiplied by, its normalisation
 * included; fills in the figures of the report but for its steps. */
uhn_query_status uhn_accumulator_finish(const uhn_plan *plan, uhn_accumulator *accumulator, uhn_finish *finish,
                                        uhn_report *report);

/* z [O] ← the projection of a finished one; scratch [max(D, O)]. */
void uhn_accumulator_project(const uhn_plan *plan, const uhn_accumulator *accumulator, const uhn_finish *finish,
                             double *z, float *scratch);

#endif
