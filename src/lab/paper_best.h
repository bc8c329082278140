/* SPDX-License-Identifier: MIT
 * The memory that the paper's code finds with its similarities and `max`, its scores divided by their sum: what
 * uhn_recall() with compat_paper and normalise_scores gives, but faster. The recall of --compat paper computes every
 * score as that code does, with two logarithms for each pair of pixels where it is a divergence. Here most memories are
 * ruled out by something cheaper, and the recall is asked where that leaves a doubt. */
#ifndef UHN_LAB_PAPER_BEST_H
#define UHN_LAB_PAPER_BEST_H

#include "uhn/uhn.h"

/* What the divergences of one cell share, so that it is made once for the three of them. */
typedef struct uhn_paper_cell {
    const float *rows; /* count × dim, ≥ 0; the caller's, as the memory and the queries are */
    size_t count, dim;
    const uhn_memory *memory; /* of these rows */
    const float *queries;     /* query_count × dim, ≥ 0 */
    size_t query_count;
    int threads;
    double *divergences[2]; /* query_count × count: KL(memory‖query) and KL(query‖memory); owned, NULL until wanted */
    size_t doubtful;        /* how many queries were left to the recall, so far */
} uhn_paper_cell;

void uhn_paper_cell_free(uhn_paper_cell *cell);

/* best[query_count]: the index of the memory. Any similarity that the paper's code has.
 * UHN_ERROR_UNSUPPORTED (others), UHN_ERROR_OUT_OF_MEMORY, … */
uhn_status uhn_paper_best(uhn_paper_cell *cell, const char *similarity, size_t *best);

/* The same, every score computed as the paper's code does. */
uhn_status uhn_paper_best_plain(uhn_paper_cell *cell, const char *similarity, size_t *best);

#endif
