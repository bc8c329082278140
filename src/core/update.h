/* SPDX-License-Identifier: MIT
 * The updates of uhn_options: how a query becomes an answer. uhn_recall() checks its arguments, looks the update up in
 * the table and calls it; strides are resolved (never 0), reports may be NULL, count ≥ 1, options are complete. */
#ifndef UHN_CORE_UPDATE_H
#define UHN_CORE_UPDATE_H

#include "uhn/uhn.h"

typedef uhn_status uhn_update_function(const uhn_memory *memory, const float *queries, size_t count,
                                       size_t query_stride, const uhn_options *options, float *out, size_t out_stride,
                                       uhn_report *reports);

uhn_update_function uhn_update_recall;        /* core/iterate.c: z = P · sep(sim(M, q)), iterated */
uhn_update_function uhn_update_binary;        /* core/binary.c: synchronous and asynchronous neurons */
uhn_update_function uhn_update_bidirectional; /* core/bidirectional.c */
uhn_update_function uhn_update_sdm;           /* core/sdm_recall.c */

/* A report that says nothing yet: status ok, no index, NaN figures, one step taken. */
void uhn_report_clear(uhn_report *report);

/* Watches a sequence of states for a fixed point or a cycle of any period (Brent: a checkpoint that moves to the
 * present whenever the number of steps is a power of two). */
typedef struct uhn_cycle_watch {
    size_t steps, checkpoint_step;
} uhn_cycle_watch;

/* After a step from `before` to `after` [dim]; checkpoint [dim] is the watcher's own room and starts as the first
 * state. True when the recall is over, with report->outcome and period set; report->steps is set in any case. */
bool uhn_cycle_step(uhn_cycle_watch *watch, const float *before, const float *after, float *checkpoint, size_t dim,
                    double tolerance, uhn_report *report);

#endif
