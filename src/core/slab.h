/* SPDX-License-Identifier: MIT
 * Recall by estimates: a slab of memories against all queries of a group. Estimate, choose what has to be exact,
 * separate, project. */
#ifndef UHN_CORE_SLAB_H
#define UHN_CORE_SLAB_H

#include "core/accumulator.h"
#include "core/screen.h"
#include "core/tile.h"

/* The room of one thread; carved out of one block of uhn_slab_size() bytes. */
typedef struct uhn_slab {
    size_t group;             /* which one is prepared; 0: none */
    const uhn_estimate *form; /* for the group at hand */
    const uhn_estimate *const *next_form;
    size_t chosen_count;     /* scores of the slab that had to be exact */
    size_t query_count;      /* queries of the group that have an answer */
    size_t *query;           /* their numbers in the group */
    const void **query_data; /* what the pass reads of them */
    uhn_terms *query_terms;
    uhn_floor *floors;
    double *limits; /* [query of the group]: what threads tell each other, in the first form; NULL: nothing */
    bool first_form;
    uhn_accumulator **accumulators;

    size_t first, count; /* the memories of the slab */
    const float **rows;  /* their coordinates, if the form needs them */
    uhn_vector_stat *row_stats;
    const void **row_data; /* what the pass reads of them */
    double *row_scale, *row_offset;
    uhn_terms largest; /* of the slab, absolutely */
    const float **values;

    double *sums, *weights; /* [query of a block][memory]; [memory] */
    float *block_weights;   /* [query of a block][memory], for the projection */
    void *project_room;
    uint16_t *chosen;
    double low, step; /* of the grid, or of the table */
    double table_error;
    uhn_pass_table *table;
    uint8_t *row_floats, *row_panels, *query_panels;
    float *value_room;
} uhn_slab;

enum { UHN_BLOCK_QUERIES = 256 }; /* whose sums are at hand at a time, at most */

/* Can the form be used for what the plan's separation needs? */
bool uhn_form_serves(const uhn_plan *plan, const uhn_estimate *form);

/* Fills in what the plan says of estimates: whether there are any, and sizes, for a batch of so many queries. */
void uhn_slab_plan(uhn_plan *plan, bool project, size_t queries);

/* Finds the place for what is to be known of the rows, where a form has use for it. */
uhn_status uhn_slab_know_rows(uhn_plan *plan);

size_t uhn_slab_size(const uhn_plan *plan); /* 0: it does not fit into a size_t */
uhn_slab *uhn_slab_init(const uhn_plan *plan, void *block);

/* Takes the queries that scratch has prepared. */
void uhn_slab_queries(const uhn_plan *plan, const uhn_scratch *scratch, uhn_slab *slab);

/* Begins a chunk, with its empty accumulators for all queries of the group, `stride` bytes apart. `limits` of all of
 * them are shared by the threads; −∞ at first. */
void uhn_slab_begin(const uhn_plan *plan, uhn_accumulator *accumulators, size_t stride, double *limits, uhn_slab *slab);

/* Absorbs memories first … first+count−1 (count ≤ plan->slab_rows) into the accumulators. Gives the first one that the
 * similarity refuses, or UHN_NO_INDEX. */
size_t uhn_slab_absorb(const uhn_plan *plan, uhn_scratch *scratch, size_t first, size_t count, uhn_slab *slab);

#endif
