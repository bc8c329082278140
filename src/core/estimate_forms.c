/* SPDX-License-Identifier: MIT
 * The forms in which similarities can be estimated. docs/mathematics.md, section 12, derives each bound. */
#include "core/estimate.h"
#include "core/memory.h"

#include <math.h>

/* ---- vectors where they lie */

static const void *prepare_length(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    (void)panel;
    const void *x = v->x;
    double squares;
    plan->kernels->pass[UHN_PASS_MULTIPLY](&x, 1, &x, 1, v->dim, NULL, &squares, 1);
    /* Only for the bound, so a little more does no harm; also where a square underflows. */
    *terms = (uhn_terms){.scale = 1, .magnitude = sqrt(1.001 * squares + (double)v->dim * 0x1p-125)};
    return x;
}

/* Scores divided by a number of each vector; 0 stands for a vector whose scores are 0. */
static const void *prepare_divided(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    prepare_length(plan, v, panel, terms);
    terms->scale = v->stat.scale != 0 ? 1 / v->stat.scale : 0;
    return v->x;
}

static const void *prepare_cosine(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    (void)plan, (void)panel;
    *terms = (uhn_terms){.scale = v->stat.scale != 0 ? 1 / v->stat.scale : 0, .magnitude = v->stat.scale};
    return v->x;
}

/* −Σ (x − q)² = 2 Σ x q − |x|² − |q|² */
static const void *prepare_squares(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    (void)panel;
    const double squares = plan->kernels->moments(v->x, v->dim).squares;
    *terms = (uhn_terms){.scale = 1, .offset = -squares, .magnitude = sqrt(squares)};
    return v->x;
}

/* −Σ |x − q| = Σ x + Σ q − 2 Σ max(x, q) */
static const void *prepare_sums(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    (void)panel;
    const uhn_moments moments = plan->kernels->moments(v->x, v->dim);
    *terms = (uhn_terms){.scale = 1, .offset = moments.sum, .magnitude = moments.absolute};
    return v->x;
}

static const void *prepare_plain(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    (void)plan, (void)panel;
    *terms = (uhn_terms){.scale = 1};
    return v->x;
}

/* With few queries the sums over each row cost more than they save. */
static bool few(const uhn_plan *plan, size_t queries)
{
    (void)plan;
    return queries < 4;
}

static const uhn_estimate dot = {
    .pass = UHN_PASS_MULTIPLY, .gain = 1, .product = true, .needs_floats = true, .prepare = prepare_length};
static const uhn_estimate cosine = {
    .pass = UHN_PASS_MULTIPLY, .gain = 1, .product = true, .needs_floats = true, .prepare = prepare_cosine};
static const uhn_estimate divided = {
    .pass = UHN_PASS_MULTIPLY, .gain = 1, .product = true, .needs_floats = true, .prepare = prepare_divided};
static const uhn_estimate squares = {
    .pass = UHN_PASS_MULTIPLY, .gain = 2, .product = true, .needs_floats = true, .prepare = prepare_squares};
static const uhn_estimate squares_few = {.pass = UHN_PASS_SQUARED_DIFFERENCE,
                                         .gain = -1,
                                         .relative = true,
                                         .selections_only = true,
                                         .needs_floats = true,
                                         .applies = few,
                                         .prepare = prepare_plain};
static const uhn_estimate sums = {.pass = UHN_PASS_MAXIMUM, .gain = -2, .needs_floats = true, .prepare = prepare_sums};
static const uhn_estimate sums_few = {.pass = UHN_PASS_ABSOLUTE_DIFFERENCE,
                                      .gain = -1,
                                      .relative = true,
                                      .selections_only = true,
                                      .needs_floats = true,
                                      .applies = few,
                                      .prepare = prepare_plain};
/* The square of a distance orders memories as the distance does. */
static const uhn_estimate distance = {.pass = UHN_PASS_MULTIPLY,
                                      .gain = 2,
                                      .product = true,
                                      .ranks_only = true,
                                      .needs_floats = true,
                                      .prepare = prepare_squares};
static const uhn_estimate distance_few = {.pass = UHN_PASS_SQUARED_DIFFERENCE,
                                          .gain = -1,
                                          .relative = true,
                                          .ranks_only = true,
                                          .needs_floats = true,
                                          .applies = few,
                                          .prepare = prepare_plain};

/* ---- bits */

static size_t bit_bytes(size_t dim)
{
    return (dim + 7) / 8;
}

static const void *prepare_bits(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    *terms = (uhn_terms){.scale = 1};
    if (v->stored && plan->memory->storage == UHN_BITS)
        return v->stored;
    plan->kernels->bits(v->x, v->dim, panel);
    return panel;
}

static bool stored_bits(const uhn_plan *plan, size_t queries)
{
    (void)queries;
    return plan->memory->storage == UHN_BITS && !plan->options->observed;
}

static const uhn_estimate mismatch_stored = {.pass = UHN_PASS_BIT_MISMATCH,
                                             .gain = -1,
                                             .integer = true,
                                             .exact = true,
                                             .applies = stored_bits,
                                             .panel_bytes = bit_bytes,
                                             .prepare = prepare_bits};
static const uhn_estimate mismatch = {.pass = UHN_PASS_BIT_MISMATCH,
                                      .gain = -1,
                                      .integer = true,
                                      .exact = true,
                                      .needs_floats = true,
                                      .panel_bytes = bit_bytes,
                                      .prepare = prepare_bits};

/* ---- by similarity */

const uhn_estimate *const uhn_estimates_dot[] = {&uhn_estimate_uint8_dot, &dot, NULL};
const uhn_estimate *const uhn_estimates_cosine[] = {&cosine, NULL};
const uhn_estimate *const uhn_estimates_normalised_dot[] = {&divided, NULL};
const uhn_estimate *const uhn_estimates_correlation[] = {&divided, NULL};
const uhn_estimate *const uhn_estimates_sqeuclidean[] = {&uhn_estimate_uint8_squares, &squares_few,
                                                         &uhn_estimate_quantised_distance, &squares, NULL};
const uhn_estimate *const uhn_estimates_euclidean[] = {&distance_few, &uhn_estimate_quantised_distance, &distance,
                                                       NULL};
const uhn_estimate *const uhn_estimates_manhattan[] = {&uhn_estimate_uint8_sums, &sums_few,
                                                       &uhn_estimate_quantised_sums, &sums, NULL};
const uhn_estimate *const uhn_estimates_hamming[] = {&mismatch_stored, &mismatch, NULL};
const uhn_estimate *const uhn_estimates_table[] = {&uhn_estimate_lookup_bytes, &uhn_estimate_lookup, NULL};
const uhn_estimate *const uhn_estimates_kl[] = {&uhn_estimate_kl, NULL};
const uhn_estimate *const uhn_estimates_reverse_kl[] = {&uhn_estimate_reverse_kl, NULL};
const uhn_estimate *const uhn_estimates_jensen_shannon[] = {&uhn_estimate_jensen_shannon, NULL};
