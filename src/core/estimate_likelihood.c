/* SPDX-License-Identifier: MIT
 * The estimate of the likelihood of folded Gaussian noise. With r = 1/σ,
 *
 *     −½ r² (q − x)² + log(1 + exp(−2 r² x q)) = log(2 cosh(r² x q)) − ½ r² x² − ½ r² q²
 *
 * and where q = 1, a number of x alone is to be added. */
#include "core/estimate.h"

#include <math.h>
#include <string.h>

static size_t folded_bytes(size_t dim)
{
    return 2 * uhn_folded_half(dim) * sizeof(float);
}

static const void *prepare_folded(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    static const double log_2 = 0.69314718055994530942;
    const double per_sigma = 1 / plan->options->similarity_parameters[0];
    const double scale = per_sigma * sqrt(2 / log_2), half_square = 0.5 * per_sigma * per_sigma;
    const double squares = half_square * plan->kernels->moments(v->x, v->dim).squares;
    const size_t half = uhn_folded_half(v->dim);
    float *x = panel, *tail = x + half;
    for (size_t i = 0; i < v->dim; i++)
        x[i] = (float)((double)v->x[i] * scale);
    *terms = (uhn_terms){.scale = 1, .offset = -squares, .magnitude = squares};
    if (v->is_query) {
        for (size_t i = 0; i < v->dim; i++)
            tail[i] = v->x[i] == 1;
        terms->magnitude += (double)v->dim * log_2;
    } else {
        plan->kernels->folded_tails(v->x, v->dim, per_sigma, tail);
        terms->magnitude += plan->kernels->moments(tail, v->dim).absolute;
    }
    memset(x + v->dim, 0, (half - v->dim) * sizeof *x);
    memset(tail + v->dim, 0, (half - v->dim) * sizeof *tail);
    return panel;
}

/* The vectors are rounded once each; the pass states 7 more. */
static const uhn_estimate folded = {.pass = UHN_PASS_FOLDED,
                                    .gain = 1,
                                    .needs_floats = true,
                                    .roundings = 9,
                                    .panel_bytes = folded_bytes,
                                    .prepare = prepare_folded};

const uhn_estimate *const uhn_estimates_likelihood_gaussian[] = {&folded, NULL};
