/* SPDX-License-Identifier: MIT
 * What a recall has decided before it starts: rows of the tables, their contexts, and how the memories are cut. */
#ifndef UHN_CORE_PLAN_H
#define UHN_CORE_PLAN_H

#include "core/memory.h"
#include "kernel/kernel.h"

enum {
    UHN_TILE_ROWS = 16,     /* memories whose exact scores are taken at a time */
    UHN_SLAB_ROWS = 512,    /* memories whose scores are estimated at a time, at most */
    UHN_CHUNK_ROWS = 1024,  /* memories per state, as long as there are fewer than: */
    UHN_CHUNKS_MAX = 32,    /* states per query, at most */
    UHN_GROUP_QUERIES = 16, /* queries that share the preparation of a tile, at most */
    UHN_GROUP_LARGE = 1024, /* and of a slab */
    UHN_THREADS_MAX = 1024
};

/* The chunks depend on N alone, and each is absorbed and merged in order of its indices: so the same bits come out for
 * every number of threads and every split of a batch. */
typedef struct uhn_plan {
    const uhn_memory *memory;
    const uhn_options *options;
    const uhn_similarity *similarity; /* the row to use, the paper's when options->compat_paper */
    const uhn_separation *separation;
    void *similarity_context, *separation_context;
    bool similarity_bound, separation_bound; /* the context is the plan's to unbind */
    size_t out_dim;                          /* O */
    size_t chunk_rows, chunks;
    const uhn_kernels *kernels;

    /* Where scores may be estimated. */
    const struct uhn_estimate *const *estimates;         /* the forms, or NULL: everything is exact */
    uhn_precision precision;                             /* what has to be exact all the same */
    size_t slab_rows;                                    /* memories to estimate at a time */
    size_t piece_rows;                                   /* and to prepare at a time */
    bool floats_stay;                                    /* may the floats of a whole slab be needed at once? */
    size_t group_queries;                                /* queries that share preparations, at most */
    uhn_distribution *distributions;                     /* what is known of the rows, where forms want that, or NULL */
    bool split;                                          /* are floats multiplied in parts? The batch decides. */
    size_t block_queries;                                /* queries whose sums are at hand at a time */
    size_t query_panel, panel, row_floats, value_floats; /* bytes for each vector, 0 where they are used as they lie */
} uhn_plan;

/* Threads to use for `work` independent pieces: as many as the options ask for, within reason; at least 1. */
int uhn_thread_count(const uhn_options *options, size_t work);

/* Are the values of a row's parameters in range? */
uhn_status uhn_check_parameters(const char *name, const uhn_parameter *parameters, size_t count, const double *values);

/* Are the options whole, their parameters in range? */
uhn_status uhn_options_check(const uhn_options *options);

/* What a call will use, and so has to be bound. */
enum { UHN_BIND_SIMILARITY = 1, UHN_BIND_SEPARATION = 2 };

/* Checks the options against the memory and binds. On failure nothing is left to free. */
uhn_status uhn_plan_make(const uhn_memory *memory, const uhn_options *options, unsigned bind, uhn_plan *plan);
void uhn_plan_free(uhn_plan *plan);

/* Rows of chunk c: first, and how many. */
size_t uhn_plan_chunk(const uhn_plan *plan, size_t chunk, size_t *count);

#endif
