/* SPDX-License-Identifier: MIT
 * One recall of a batch: similarity → separation → projection, memories streamed by, nothing of size N × Q kept. */
#ifndef UHN_CORE_RETRIEVE_H
#define UHN_CORE_RETRIEVE_H

#include "core/accumulator.h"
#include "core/tile.h"

/* Where answers go. answer() is called once per query, from any thread, with report->status set; z [O] and finish are
 * there to be used only when the query is answered, z only when `project`. */
typedef struct uhn_sink {
    void (*answer)(const struct uhn_sink *sink, size_t query, const float *state, double *z, const uhn_finish *finish,
                   uhn_report *report);
    bool project;
    void *context;
} uhn_sink;

/* UHN_ERROR_DOMAIN (a memory is refused), UHN_ERROR_OUT_OF_MEMORY. */
uhn_status uhn_retrieve(const uhn_plan *given, const uhn_batch *batch, const uhn_sink *sink);

/* Only the first step: scores [count × N]; statuses [count]. */
uhn_status uhn_retrieve_scores(const uhn_plan *plan, const uhn_batch *batch, double *scores,
                               uhn_query_status *statuses);

#endif
