/* SPDX-License-Identifier: MIT
 * The divergences of the paper's code, ranked by products of matrices. */
#ifndef UHN_LAB_PAPER_DIVERGENCE_H
#define UHN_LAB_PAPER_DIVERGENCE_H

#include "lab/paper_best.h"

/* best[query_count], UHN_NO_INDEX for the queries about which only the recall can tell. No row is 0. */
uhn_status uhn_paper_best_kl(uhn_paper_cell *cell, size_t *best);
uhn_status uhn_paper_best_reverse_kl(uhn_paper_cell *cell, size_t *best);
uhn_status uhn_paper_best_jensen_shannon(uhn_paper_cell *cell, size_t *best);

/* The options of that recall. */
uhn_status uhn_paper_options(const uhn_paper_cell *cell, const char *similarity, uhn_options *options);

#endif
