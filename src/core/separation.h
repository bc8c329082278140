/* SPDX-License-Identifier: MIT
 * What the rows of the separation table share, and the rows that live in files of their own. */
#ifndef UHN_CORE_SEPARATION_H
#define UHN_CORE_SEPARATION_H

#include "uhn/uhn.h"

/* The state of a separation whose weights are sums over memories. */
typedef struct uhn_sum_state {
    double reference; /* what the weights so far are relative to: the largest score, or the largest |score| */
    double extra;     /* a sum of its own */
    bool refused;     /* a score was outside the domain */
} uhn_sum_state;

size_t uhn_sum_state_size(const double *parameters, size_t count);
void uhn_sum_init(void *state, const double *parameters, const void *context);
/* For weights that do not depend on other memories: nothing to rescale. */
void uhn_sum_merge(void *state, const void *other, const double *parameters, const void *context, double *rescale,
                   double *rescale_other);
/* Domain refused → UHN_QUERY_DOMAIN, else the weights as they are. */
uhn_query_status uhn_sum_finish(void *state, const uhn_weight_sums *sums, const double *parameters, const void *context,
                                uhn_finish *result);
/* Weights divided by their sum; UHN_QUERY_ZERO_SUM when that is not positive. */
uhn_query_status uhn_unit_finish(void *state, const uhn_weight_sums *sums, const double *parameters,
                                 const void *context, uhn_finish *result);

/* separation_softmax.c */
extern const uhn_separation uhn_separation_softmax, uhn_separation_softmax_null, uhn_separation_max_uniform;
/* separation_select.c */
extern const uhn_separation uhn_separation_max, uhn_separation_top_k_softmax, uhn_separation_k_winners;
/* separation_entmax.c */
extern const uhn_separation uhn_separation_sparsemax, uhn_separation_entmax;
/* separation_circle.c */
extern const uhn_separation uhn_separation_sdm_circle;
/* The paper's code, for --compat paper (separation_paper.c) */
extern const uhn_separation uhn_paper_identity, uhn_paper_polynomial, uhn_paper_sqrt, uhn_paper_log, uhn_paper_softmax,
    uhn_paper_max;

/* The parameter that most have, for their lists and as a list of one. */
#define UHN_BETA                                                                                                       \
    {                                                                                                                  \
        .key = "beta", .summary = "inverse temperature: multiplies the scores", .minimum = 0, .maximum = 1e30,         \
        .initial = 1, .above = true                                                                                    \
    }
extern const uhn_parameter uhn_parameter_beta;

#endif
