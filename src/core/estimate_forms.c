/* SPDX-License-Identifier: MIT
 * The forms in which similarities can be estimated. docs/mathematics.md, section 12, derives each bound. */
#include "core/estimate.h"
#include "core/memory.h"

#include <math.h>

/* ---- vectors where they lie */

static double squares_of(const uhn_plan *plan, const uhn_vector *v)
{
    return v->squares ? *v->squares : plan->kernels->moments(v->x, v->dim).squares;
}

static const void *prepare_length(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    (void)panel;
    *terms = (uhn_terms){.scale = 1, .magnitude = sqrt(squares_of(plan, v))};
    return v->x;
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
    const double squares = squares_of(plan, v);
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

/* Products in parts. For a batch of few queries, taking the memories apart costs more than it saves. */
bool uhn_estimate_splits(const uhn_plan *plan, size_t queries)
{
    (void)queries;
    return plan->split;
}

/* A form over products, where they lie and split. */
#define PRODUCTS(...)                                                                                                  \
    {.pass = UHN_PASS_MULTIPLY, .product = true, .needs_floats = true, __VA_ARGS__},                                   \
    {                                                                                                                  \
        .pass = UHN_PASS_SPLIT_MULTIPLY, .product = true, .needs_floats = true, .applies = uhn_estimate_splits,        \
        .panel_bytes = uhn_split_bytes, __VA_ARGS__                                                                    \
    }
enum { AS_THEY_ARE, SPLIT };

static const uhn_estimate dot[] = {PRODUCTS(.gain = 1, .prepare = prepare_length)};
static const uhn_estimate cosine[] = {PRODUCTS(.gain = 1, .prepare = prepare_cosine)};
static const uhn_estimate divided[] = {PRODUCTS(.gain = 1, .prepare = prepare_divided)};
static const uhn_estimate squares[] = {PRODUCTS(.gain = 2, .prepare = prepare_squares)};
/* The square of a distance orders memories as the distance does. */
static const uhn_estimate distance[] = {PRODUCTS(.gain = 2, .ranks_only = true, .prepare = prepare_squares)};
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

const uhn_estimate *const uhn_estimates_dot[] = {&uhn_estimate_uint8_dot, &dot[SPLIT], &dot[AS_THEY_ARE], NULL};
const uhn_estimate *const uhn_estimates_cosine[] = {&cosine[SPLIT], &cosine[AS_THEY_ARE], NULL};
const uhn_estimate *const uhn_estimates_normalised_dot[] = {&divided[SPLIT], &divided[AS_THEY_ARE], NULL};
const uhn_estimate *const uhn_estimates_correlation[] = {&divided[SPLIT], &divided[AS_THEY_ARE], NULL};
const uhn_estimate *const uhn_estimates_sqeuclidean[] = {
    &uhn_estimate_uint8_squares,      &squares_few,          &squares[SPLIT],
    &uhn_estimate_quantised_distance, &squares[AS_THEY_ARE], NULL};
const uhn_estimate *const uhn_estimates_euclidean[] = {&distance_few, &distance[SPLIT],
                                                       &uhn_estimate_quantised_distance, &distance[AS_THEY_ARE], NULL};
const uhn_estimate *const uhn_estimates_manhattan[] = {
    &uhn_estimate_uint8_sums, &sums_few, &uhn_estimate_quantised_byte_sums, &uhn_estimate_quantised_sums, &sums, NULL};
const uhn_estimate *const uhn_estimates_hamming[] = {&mismatch_stored, &mismatch, NULL};
const uhn_estimate *const uhn_estimates_table[] = {&uhn_estimate_lookup_bytes, &uhn_estimate_lookup, NULL};
const uhn_estimate *const uhn_estimates_kl[] = {&uhn_estimate_kl_split, &uhn_estimate_kl, NULL};
const uhn_estimate *const uhn_estimates_reverse_kl[] = {&uhn_estimate_reverse_kl_split, &uhn_estimate_reverse_kl, NULL};
const uhn_estimate *const uhn_estimates_jensen_shannon[] = {&uhn_estimate_jensen_shannon, NULL};
