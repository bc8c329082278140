/* SPDX-License-Identifier: MIT
 * Rows of the similarity table that live in files of their own. */
#ifndef UHN_CORE_SIMILARITY_H
#define UHN_CORE_SIMILARITY_H

#include "uhn/uhn.h"

extern const uhn_similarity uhn_similarity_table;                                               /* similarity_table.c */
extern const uhn_similarity uhn_similarity_likelihood_gaussian, uhn_similarity_likelihood_mask; /* …_likelihood.c */

/* The paper's code, for --compat paper (similarity_paper.c). */
extern const uhn_similarity uhn_paper_dot, uhn_paper_cosine, uhn_paper_normalised_dot, uhn_paper_sqeuclidean,
    uhn_paper_manhattan, uhn_paper_kl, uhn_paper_reverse_kl, uhn_paper_jensen_shannon;

#endif
