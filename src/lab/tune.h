/* SPDX-License-Identifier: MIT
 * Finding the similarity, the separation and its beta that identify most for somebody's data and damage. */
#ifndef UHN_LAB_TUNE_H
#define UHN_LAB_TUNE_H

#include "lab/trial.h"

/* What to tune for. Counts of 0 stand for the defaults. */
typedef struct uhn_tuning {
    const uhn_corruption *corruption;
    double level;
    size_t stored;   /* images to store; default 1000, or what is left after the examples */
    size_t queries;  /* damaged copies of stored images to choose by, and as many others for the final score; default
                        100, at most half of the stored */
    size_t examples; /* images to learn from, none of them stored; default 50, at most half of all */
    bool files;      /* may the winner need a file, a table or a mask? */
    uint64_t seed;
    int threads; /* 0: all */
    /* Told how much is done; NULL: nobody is. False stops. */
    bool (*progress)(void *context, double done);
    void *progress_context;
} uhn_tuning;

typedef struct uhn_candidate {
    char similarity[96]; /* as uhn_choose_similarity() takes it; "table": a learned one */
    char separation[64];
    size_t bins;             /* of the learned table; else 0 */
    bool observed;           /* with the mask of what the damage leaves */
    uhn_trial_result result; /* on the queries to choose by */
} uhn_candidate;

enum { UHN_TUNED_TABLES = 4 };

typedef struct uhn_tuned {
    uhn_candidate *candidates; /* best first: by what is identified, then by the error; owned */
    size_t count, winner;      /* the best one that is allowed to win */
    size_t stored, queries, examples;
    uhn_trial_result test;      /* of the winner, on queries that nothing was chosen by */
    uhn_trial_result manhattan; /* of `manhattan` with `max`, on the same */
    struct {
        size_t bins;
        float *values; /* bins × uhn_learned_columns(bins); owned */
    } tables[UHN_TUNED_TABLES];
    uint8_t *observed; /* dim bytes, or NULL: what the damage leaves, where that is the same for all images; owned */
} uhn_tuned;

/* Images are numbers in [0, 1]. UHN_ERROR_ARGUMENT (too few images: the detail says how many are needed and found),
 * UHN_ERROR_DOMAIN, UHN_ERROR_NONFINITE, UHN_ERROR_STOPPED, UHN_ERROR_OUT_OF_MEMORY. On failure *tuned is empty. */
uhn_status uhn_tune(const uhn_dataset *data, const uhn_tuning *tuning, uhn_tuned *tuned);
void uhn_tuned_free(uhn_tuned *tuned);

/* The learned table of a candidate; NULL if it has none. */
const float *uhn_tuned_table(const uhn_tuned *tuned, const uhn_candidate *candidate);

#endif
