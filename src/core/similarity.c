/* SPDX-License-Identifier: MIT
 * The similarities: prepare → element pass → finish, a row each. To add one: a row here, its expected values in the
 * tests. docs/mathematics.md says for each what it does with zero vectors, exact matches and the like. */
#include "core/estimate.h"
#include "core/similarity.h"
#include "kernel/kernel.h"

#include <float.h>
#include <math.h>

/* ---- finish: from the pass to the score */

/* 0 − raw, so that an exact match scores 0 and not −0 */
static double negate(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query, const double *parameters,
                     const void *context)
{
    (void)row, (void)query, (void)parameters, (void)context;
    return 0 - raw;
}

static double negate_root(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query,
                          const double *parameters, const void *context)
{
    (void)row, (void)query, (void)parameters, (void)context;
    return 0 - sqrt(raw);
}

static double reciprocal(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query, const double *parameters,
                         const void *context)
{
    (void)row, (void)query, (void)context;
    return 1 / (raw + parameters[0]);
}

static double exponential(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query,
                          const double *parameters, const void *context)
{
    (void)row, (void)query, (void)context;
    return exp(-parameters[0] * raw);
}

static double divided(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query, const double *parameters,
                      const void *context)
{
    (void)parameters, (void)context;
    const double divisor = row->scale * query->scale;
    return divisor != 0 ? raw / divisor : 0;
}

static double divided_to_one(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query,
                             const double *parameters, const void *context)
{
    return fmax(-1, fmin(1, divided(raw, row, query, parameters, context)));
}

/* ---- prepare: once per vector. A scale, by which scores are divided, of 0 stands for a vector without direction: its
 * scores are 0. */

static double norm(const float *x, size_t dim)
{
    return sqrt(uhn_kernel_step(UHN_STEP_MULTIPLY)(x, x, dim));
}

static uhn_query_status prepare_norm(const float *x, size_t dim, bool is_query, const double *parameters,
                                     const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)is_query, (void)parameters, (void)context, (void)prepared;
    stat->scale = norm(x, dim);
    return stat->scale > 0 ? UHN_QUERY_OK : UHN_QUERY_ZERO_NORM;
}

/* A constant vector centres to rounding noise: MATH bounds it by 4 · 2^-53 · √D · max|x|. */
static uhn_query_status prepare_centred(const float *x, size_t dim, bool is_query, const double *parameters,
                                        const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)is_query, (void)parameters, (void)context;
    const double mean = uhn_kernel_sum(x, dim) / (double)dim;
    double squares = 0, largest = 0;
    for (size_t i = 0; i < dim; i++) {
        const double centred = (double)x[i] - mean;
        squares += centred * centred;
        largest = fmax(largest, fabs((double)x[i]));
    }
    const double length = sqrt(squares);
    const bool constant = length <= 4 * 0x1p-53 * sqrt((double)dim) * largest;
    for (size_t i = 0; i < dim; i++) /* to unit length: what is centred may be beyond float32 */
        prepared[i] = constant ? 0 : (float)(((double)x[i] - mean) / length);
    stat->scale = !constant;
    return constant ? UHN_QUERY_ZERO_NORM : UHN_QUERY_OK;
}

static uhn_query_status prepare_sum(const float *x, size_t dim, bool is_query, const double *parameters,
                                    const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)is_query, (void)parameters, (void)context, (void)prepared;
    const double sum = uhn_kernel_sum(x, dim), absolute = uhn_kernel_absolute_sum(x, dim);
    if (absolute == 0)
        return UHN_QUERY_ZERO_NORM;
    if (sum <= 1e-6 * absolute) /* what is left is noise, whose sign would decide every score */
        return UHN_QUERY_DOMAIN;
    stat->scale = sum;
    return UHN_QUERY_OK;
}

/* x as a distribution, (x / Σx + ε) / (1 + D ε); the zero vector means the uniform one. */
static uhn_query_status prepare_distribution(const float *x, size_t dim, bool is_query, const double *parameters,
                                             const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)is_query, (void)context, (void)prepared;
    const double sum = uhn_kernel_sum(x, dim), total = 1 + (double)dim * parameters[0];
    float low = 0, high = 0;
    uhn_kernels_in_use()->range(x, dim, &low, &high);
    if (low < 0)
        return UHN_QUERY_DOMAIN;
    if (sum == 0) {
        stat->offset = 1 / (double)dim;
        return UHN_QUERY_ZERO_NORM;
    }
    stat->scale = 1 / (sum * total);
    stat->offset = parameters[0] / total;
    return UHN_QUERY_OK;
}

static uhn_query_status prepare_bits(const float *x, size_t dim, bool is_query, const double *parameters,
                                     const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)is_query, (void)parameters, (void)context, (void)prepared, (void)stat;
    return uhn_kernels_in_use()->is_ternary(x, dim) ? UHN_QUERY_OK : UHN_QUERY_DOMAIN;
}

/* ---- passes that need more than one number of a coordinate */

static double minkowski(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                        const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    (void)row_stat, (void)query_stat, (void)context;
    const double order = parameters[0];
    if (order == 1)
        return uhn_kernel_step(UHN_STEP_ABSOLUTE_DIFFERENCE)(row, query, dim);
    if (order == 2)
        return sqrt(uhn_kernel_step(UHN_STEP_SQUARED_DIFFERENCE)(row, query, dim));
    const double largest = uhn_kernel_step(UHN_STEP_MAXIMUM_DIFFERENCE)(row, query, dim);
    if (largest == 0 || order > 1e18) /* the powers of what is just below 1 would all underflow */
        return largest;
    /* The largest difference is factored out: no power overflows, and not all underflow. */
    return largest * pow(uhn_kernel_power_difference(row, query, dim, 1 / largest, order), 1 / order);
}

static double kullback_leibler(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                               const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    (void)parameters, (void)context;
    return uhn_kernel_kullback_leibler(row, query, dim, *row_stat, *query_stat);
}

static double reverse_kullback_leibler(const float *row, const float *query, size_t dim,
                                       const uhn_vector_stat *row_stat, const uhn_vector_stat *query_stat,
                                       const double *parameters, const void *context)
{
    (void)parameters, (void)context;
    return uhn_kernel_kullback_leibler(query, row, dim, *query_stat, *row_stat);
}

static double jensen_shannon(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                             const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    (void)parameters, (void)context;
    return uhn_kernel_jensen_shannon(row, query, dim, *row_stat, *query_stat);
}

/* ---- the table */

static const uhn_parameter epsilon_added = {.key = "epsilon",
                                            .summary = "added to the distance; an exact match scores 1/epsilon",
                                            .minimum = 0,
                                            .maximum = 1e30,
                                            .initial = 1e-6,
                                            .above = true};
static const uhn_parameter epsilon_kl = {.key = "epsilon",
                                         .summary = "smoothing of the distributions; 0 allows minus infinity",
                                         .minimum = 0,
                                         .maximum = 1,
                                         .initial = 1e-4};
static const uhn_parameter epsilon_js = {
    .key = "epsilon", .summary = "smoothing of the distributions", .minimum = 0, .maximum = 1, .initial = 0};
static const uhn_parameter order_minkowski = {.key = "p",
                                              .summary = "order; below 1 it is not a metric, inf is Chebyshev",
                                              .minimum = 0,
                                              .maximum = INFINITY,
                                              .initial = 3,
                                              .above = true};
static const uhn_parameter gamma_kernel = {.key = "gamma",
                                           .summary =
                                               "width: the score falls to 1/e where the (squared) distance is 1/gamma",
                                           .minimum = 0,
                                           .maximum = 1e30,
                                           .initial = 1,
                                           .above = true};

static const uhn_similarity similarities[] = {
    {.name = "dot",
     .summary = "dot product, Σ x q",
     .step = UHN_STEP_MULTIPLY,
     .paper = &uhn_paper_dot,
     .estimates = uhn_estimates_dot},
    {.name = "cosine",
     .summary = "cosine of the angle, Σ x q / (|x| |q|); a zero vector scores 0",
     .step = UHN_STEP_MULTIPLY,
     .prepare = prepare_norm,
     .finish = divided_to_one,
     .paper = &uhn_paper_cosine,
     .estimates = uhn_estimates_cosine},
    {.name = "normalised-dot",
     .summary = "dot product of the vectors divided by their sums, Σ x q / (Σx Σq); a zero vector scores 0",
     .step = UHN_STEP_MULTIPLY,
     .prepare = prepare_sum,
     .domain = "a sum that is not clearly positive (Σx > 1e-6 Σ|x|)",
     .finish = divided,
     .paper = &uhn_paper_normalised_dot,
     .estimates = uhn_estimates_normalised_dot},
    {.name = "correlation",
     .summary = "Pearson correlation: cosine of the centred vectors; a constant vector scores 0",
     .step = UHN_STEP_MULTIPLY,
     .prepare = prepare_centred,
     .transforms = true,
     .finish = divided_to_one,
     .estimates = uhn_estimates_correlation},
    {.name = "sqeuclidean",
     .summary = "squared Euclidean distance, −Σ (x − q)²",
     .step = UHN_STEP_SQUARED_DIFFERENCE,
     .finish = negate,
     .estimates = uhn_estimates_sqeuclidean},
    {.name = "euclidean",
     .summary = "Euclidean distance, −√Σ (x − q)²",
     .step = UHN_STEP_SQUARED_DIFFERENCE,
     .finish = negate_root,
     .estimates = uhn_estimates_euclidean},
    {.name = "inverse-sqeuclidean",
     .summary = "reciprocal of the squared Euclidean distance, 1 / (Σ (x − q)² + epsilon)",
     .parameters = &epsilon_added,
     .parameter_count = 1,
     .step = UHN_STEP_SQUARED_DIFFERENCE,
     .finish = reciprocal,
     .paper = &uhn_paper_sqeuclidean},
    {.name = "manhattan",
     .summary = "Manhattan distance, −Σ |x − q|",
     .step = UHN_STEP_ABSOLUTE_DIFFERENCE,
     .finish = negate,
     .estimates = uhn_estimates_manhattan},
    {.name = "inverse-manhattan",
     .summary = "reciprocal of the Manhattan distance, 1 / (Σ |x − q| + epsilon)",
     .parameters = &epsilon_added,
     .parameter_count = 1,
     .step = UHN_STEP_ABSOLUTE_DIFFERENCE,
     .finish = reciprocal,
     .paper = &uhn_paper_manhattan},
    {.name = "chebyshev",
     .summary = "Chebyshev distance, −max |x − q|",
     .step = UHN_STEP_MAXIMUM_DIFFERENCE,
     .finish = negate},
    {.name = "minkowski",
     .summary = "Minkowski distance, −(Σ |x − q|^p)^(1/p)",
     .parameters = &order_minkowski,
     .parameter_count = 1,
     .step = UHN_STEP_PAIR,
     .pair = minkowski,
     .finish = negate},
    {.name = "hamming",
     .summary = "Hamming distance, −(number of bits that differ); 1 is a set bit, 0 and −1 are not",
     .step = UHN_STEP_MISMATCH,
     .prepare = prepare_bits,
     .domain = "entries other than 0, 1 and −1",
     .finish = negate,
     .estimates = uhn_estimates_hamming},
    {.name = "kl",
     .summary = "Kullback–Leibler divergence of the query from the memory, −KL(memory‖query), in nats",
     .parameters = &epsilon_kl,
     .parameter_count = 1,
     .step = UHN_STEP_PAIR,
     .prepare = prepare_distribution,
     .domain = "negative entries",
     .pair = kullback_leibler,
     .finish = negate,
     .paper = &uhn_paper_kl,
     .estimates = uhn_estimates_kl},
    {.name = "reverse-kl",
     .summary = "Kullback–Leibler divergence of the memory from the query, −KL(query‖memory), in nats",
     .parameters = &epsilon_kl,
     .parameter_count = 1,
     .step = UHN_STEP_PAIR,
     .prepare = prepare_distribution,
     .domain = "negative entries",
     .pair = reverse_kullback_leibler,
     .finish = negate,
     .paper = &uhn_paper_reverse_kl,
     .estimates = uhn_estimates_reverse_kl},
    {.name = "jensen-shannon",
     .summary = "Jensen–Shannon divergence, in nats: 0 down to −log 2",
     .parameters = &epsilon_js,
     .parameter_count = 1,
     .step = UHN_STEP_PAIR,
     .prepare = prepare_distribution,
     .domain = "negative entries",
     .pair = jensen_shannon,
     .finish = negate,
     .paper = &uhn_paper_jensen_shannon,
     .estimates = uhn_estimates_jensen_shannon},
    {.name = "rbf",
     .summary = "radial basis function, exp(−gamma Σ (x − q)²)",
     .parameters = &gamma_kernel,
     .parameter_count = 1,
     .step = UHN_STEP_SQUARED_DIFFERENCE,
     .finish = exponential},
    {.name = "laplace",
     .summary = "Laplace kernel, exp(−gamma Σ |x − q|)",
     .parameters = &gamma_kernel,
     .parameter_count = 1,
     .step = UHN_STEP_ABSOLUTE_DIFFERENCE,
     .finish = exponential},
};

static const uhn_similarity *const elsewhere[] = {&uhn_similarity_likelihood_gaussian, &uhn_similarity_likelihood_mask,
                                                  &uhn_similarity_table};

enum { HERE = sizeof similarities / sizeof *similarities, ELSEWHERE = sizeof elsewhere / sizeof *elsewhere };

const uhn_similarity *uhn_similarity_at(size_t index)
{
    if (index < HERE)
        return &similarities[index];
    return index - HERE < ELSEWHERE ? elsewhere[index - HERE] : NULL;
}
