/* SPDX-License-Identifier: MIT
 * The batch loop of the updates that are not plain recall: each query becomes the state of a small network of its own,
 * all networks take step after step side by side, and each stops at its fixed point, its cycle or the limit. */
#ifndef UHN_CORE_STEPWISE_H
#define UHN_CORE_STEPWISE_H

#include "core/plan.h"

/* What an update has to say about itself. The answer is the first O floats of the state. */
typedef struct uhn_network {
    const char *name;    /* of the update, for messages */
    const void *model;   /* handed to the functions; shared by threads, so only read */
    size_t state_dim;    /* floats of the state, ≥ O */
    size_t query_offset; /* where the D floats of the query enter the state; the others start as 0 */
    size_t scratch_size; /* bytes of scratch for one thread */

    /* May this query, finite throughout, be asked? NULL: always. */
    uhn_query_status (*admit)(const void *model, const float *query);
    /* Step number `step` (from 1): before [state_dim] → after [state_dim]. */
    void (*step)(const void *model, size_t step, const float *before, float *after, void *scratch);
    /* Fills in what is known after the last step; scratch is as `step` left it. */
    void (*figures)(const void *model, const float *before, const float *after, void *scratch, uhn_report *report);
} uhn_network;

/* Runs the whole batch; arguments as uhn_update_function. No observed masks here. Extra memory: states and checkpoints
 * of at most 256 queries (of the whole batch when there is a watch), and one scratch for each thread. */
uhn_status uhn_run_network(const uhn_network *network, const uhn_memory *memory, const float *queries, size_t count,
                           size_t query_stride, const uhn_options *options, float *out, size_t out_stride,
                           uhn_report *reports);

/* Sets best, best_score and margin from one score more; start from uhn_report_clear(). */
void uhn_report_score(uhn_report *report, size_t index, double score);

#endif
