/* SPDX-License-Identifier: MIT
 * The experiment `learning`: how many examples, and how many bins, a learned table needs. */
#ifndef UHN_LAB_LEARNING_H
#define UHN_LAB_LEARNING_H

#include "data/dataset.h"
#include "lab/results.h"

/* What is measured. Zero counts and NULL lists stand for the defaults. */
typedef struct uhn_learning {
    const uhn_corruption *corruption;
    double level;
    const size_t *examples, *bins; /* values of x; series; default 5 10 50 200 1000; 8 16 32 64 128 254 */
    size_t example_count, bin_count;
    size_t stored;      /* memories of a run; default 1000 */
    size_t queries;     /* of a run; default 100 */
    size_t runs;        /* each with memories, examples and noise of its own; default 5 */
    bool same_memories; /* all runs store and ask alike: sd is then that of the draw of examples alone */
    uint64_t seed;
    int threads; /* 0: all */
    /* Called after each training draw, with the part that is done; NULL: nobody is told. False stops. */
    bool (*progress)(void *context, double done);
    void *progress_context;
} uhn_learning;

/* Fills *results for a data set of floats in [0, 1] (or bytes): x = training examples, a series for each number of
 * bins, `manhattan` beside them, and as limit the exact likelihood where the corruption's law is known. Criteria:
 * identified and normalised error (the others are NaN); mean and sd are over the runs, so sd is the standard error of
 * one training draw, the memories' included. Run n stores rows of its own where there are enough, all of them drawn
 * from a permutation by the seed; examples are never among a run's memories. UHN_ERROR_ARGUMENT (fewer images than
 * stored + the most examples: the detail says how many are needed and found), and what learning and recalling give. On
 * failure *results is empty. */
uhn_status uhn_learning_run(const uhn_dataset *data, const uhn_learning *learning, uhn_results *results);

#endif
