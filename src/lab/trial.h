/* SPDX-License-Identifier: MIT
 * A trial: a memory, damaged copies of some of its rows, and how well a way of recalling finds these rows again. */
#ifndef UHN_LAB_TRIAL_H
#define UHN_LAB_TRIAL_H

#include "data/dataset.h"

typedef struct uhn_trial {
    const uhn_memory *memory; /* the caller's */
    size_t count, dim;
    float *originals, *queries; /* count × dim; owned, as all that follows */
    float *mean;                /* of the memories: dim */
    float *answers;             /* count × dim: of the last recall */
    size_t *nearest;            /* count: the memory nearest to each */
    float *row;
    uhn_report *reports; /* of the last recall */
    int threads;         /* 0: all */
} uhn_trial;

/* Fractions of the queries, and the mean of |z − x|² / |x − mean|² over those that have an answer (0 exact, 1 as the
 * mean image; NaN where none has). */
typedef struct uhn_trial_result {
    double identified; /* the memory nearest to the answer equals the original */
    double normalised_error;
    double undefined; /* no answer */
} uhn_trial_result;

/* Queries are the memories at `picks` [count], which are row rows[pick] of the data set, damaged. On failure *trial is
 * empty. UHN_ERROR_OUT_OF_MEMORY */
uhn_status uhn_trial_make(const uhn_dataset *data, const size_t *rows, const uhn_memory *memory, const size_t *picks,
                          size_t count, const uhn_corruption *corruption, double level, uint64_t seed,
                          uhn_trial *trial);
void uhn_trial_free(uhn_trial *trial);

/* Recalls the queries and judges the answers. Errors as uhn_recall(). */
uhn_status uhn_trial_run(uhn_trial *trial, const uhn_options *options, uhn_trial_result *result);

/* Judges what is in trial->answers. */
uhn_status uhn_trial_judge(uhn_trial *trial, uhn_trial_result *result);

#endif
