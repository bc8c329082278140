/* SPDX-License-Identifier: MIT
 * The similarity step: the scores of a tile of memories for each query of a group, over the observed coordinates. */
#ifndef UHN_CORE_TILE_H
#define UHN_CORE_TILE_H

#include "core/plan.h"

/* Queries of one batch. */
typedef struct uhn_batch {
    const float *queries; /* count rows of D floats */
    size_t count, stride; /* bytes */
    const size_t *which;  /* the number of each query in the caller's batch (for its mask), or NULL: 0, 1, 2 … */
} uhn_batch;

/* A query as the element pass wants it. */
typedef struct uhn_prepared {
    const float *x;
    uhn_vector_stat stat;
    uhn_query_status status;
} uhn_prepared;

/* The room one thread needs; carved out of one block of uhn_scratch_size() bytes. */
typedef struct uhn_scratch {
    size_t *columns; /* the observed coordinates */
    size_t dim;      /* how many; D without a mask */
    bool masked;
    bool mask_taken;       /* can the similarity compare these columns? */
    uhn_prepared *queries; /* of the group at hand */
    size_t query_count;
    const float *rows[UHN_TILE_ROWS]; /* of the tile at hand */
    uhn_vector_stat row_stats[UHN_TILE_ROWS];
    const float *values[UHN_TILE_ROWS]; /* their rows of P */
    float *query_room, *row_room, *prepared_room, *value_room;
} uhn_scratch;

size_t uhn_scratch_size(const uhn_plan *plan); /* 0: it does not fit into a size_t */
uhn_scratch *uhn_scratch_init(const uhn_plan *plan, void *block);

const float *uhn_batch_query(const uhn_batch *batch, size_t index);

/* Prepares queries first … first+count−1 (count ≤ plan->group_queries; with a mask for each, 1). */
void uhn_tile_queries(const uhn_plan *plan, const uhn_batch *batch, size_t first, size_t count, uhn_scratch *scratch);

/* Prepares memory `index` in `slot` [D], with `temporary` [D] for what comes between; gives the coordinates to use (in
 * the memory, or in the slot), and whether the similarity takes it. */
const float *uhn_tile_row(const uhn_plan *plan, const uhn_scratch *scratch, size_t index, float *slot, float *temporary,
                          uhn_vector_stat *stat, bool *taken);

/* Prepares memories first … first+count−1 (count ≤ UHN_TILE_ROWS). Gives the first one that the similarity refuses, or
 * UHN_NO_INDEX. */
size_t uhn_tile_rows(const uhn_plan *plan, size_t first, size_t count, uhn_scratch *scratch);

/* Their rows of P, into scratch->values. */
void uhn_tile_values(const uhn_plan *plan, size_t first, size_t count, uhn_scratch *scratch);

/* scores [count] of the tile for query `query` of the group, which must have a status that is answered. */
void uhn_tile_scores(const uhn_plan *plan, const uhn_scratch *scratch, size_t query, size_t count, double *scores);

#endif
