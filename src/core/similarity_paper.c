/* SPDX-License-Identifier: MIT
 * The similarities as the paper's published code computes them, in IEEE arithmetic with its NaN and infinities, for
 * --compat paper only. They are not what their names say: reciprocals have no epsilon, `cosine` divides by the norm of
 * all memories together, and `jensen-shannon` is a dissimilarity (docs/mathematics.md). */
#include "base/allocate.h"
#include "base/status.h"
#include "core/memory.h"
#include "core/similarity.h"
#include "kernel/kernel.h"

#include <math.h>

static const double paper_epsilon = 1e-4; /* inside the logarithms of its divergences */

static double reciprocal(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query, const double *parameters,
                         const void *context)
{
    (void)row, (void)query, (void)parameters, (void)context;
    return 1 / raw;
}

const uhn_similarity uhn_paper_dot = {
    .name = "dot", .summary = "the paper code's dot product", .step = UHN_STEP_MULTIPLY};
const uhn_similarity uhn_paper_sqeuclidean = {.name = "inverse-sqeuclidean",
                                              .summary = "the paper code's 1 / Σ (x − q)²",
                                              .step = UHN_STEP_SQUARED_DIFFERENCE,
                                              .finish = reciprocal};
const uhn_similarity uhn_paper_manhattan = {.name = "inverse-manhattan",
                                            .summary = "the paper code's 1 / Σ |x − q|",
                                            .step = UHN_STEP_ABSOLUTE_DIFFERENCE,
                                            .finish = reciprocal};

/* Walks all rows of M, expanded. */
static uhn_status for_each_row(const uhn_memory *memory, void (*visit)(const float *row, size_t dim, double *sums),
                               double *sums)
{
    float *scratch = uhn_allocate(memory->dim, sizeof *scratch);
    if (!scratch)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a row of %zu numbers", memory->dim);
    for (size_t i = 0; i < memory->count; i++)
        visit(uhn_memory_expand(memory, i, scratch), memory->dim, sums);
    uhn_release(scratch);
    return UHN_OK;
}

static void *allocate_sums(size_t count)
{
    void *sums = uhn_allocate(count, sizeof(double));
    if (!sums)
        uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu sums", count);
    return sums;
}

static uhn_status sum_rows(const uhn_memory *memory, void (*visit)(const float *row, size_t dim, double *sums),
                           size_t count, void **context)
{
    *context = allocate_sums(count);
    if (!*context)
        return UHN_ERROR_OUT_OF_MEMORY;
    const uhn_status status = for_each_row(memory, visit, *context);
    if (status != UHN_OK)
        uhn_release(*context);
    return status;
}

/* ---- cosine: x.q / (|M| |q|), with the Frobenius norm of the whole matrix */

static void add_squares(const float *row, size_t dim, double *sums)
{
    sums[0] += uhn_kernel_step(UHN_STEP_MULTIPLY)(row, row, dim);
}

static uhn_status bind_cosine(const uhn_memory *memory, const uhn_options *options, void **context)
{
    (void)options;
    return sum_rows(memory, add_squares, 1, context);
}

static uhn_query_status prepare_cosine(const float *x, size_t dim, bool is_query, const double *parameters,
                                       const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)is_query, (void)parameters, (void)prepared;
    const double *squares = context;
    stat->scale = sqrt(*squares) * sqrt(uhn_kernel_step(UHN_STEP_MULTIPLY)(x, x, dim));
    return UHN_QUERY_OK;
}

static double divide_by_query(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query,
                              const double *parameters, const void *context)
{
    (void)row, (void)parameters, (void)context;
    return raw / query->scale;
}

const uhn_similarity uhn_paper_cosine = {.name = "cosine",
                                         .summary = "the paper code's x.q / (|M| |q|): ranks as the dot product",
                                         .step = UHN_STEP_MULTIPLY,
                                         .prepare = prepare_cosine,
                                         .finish = divide_by_query,
                                         .bind = bind_cosine,
                                         .unbind = uhn_release};

/* ---- normalised dot: x^.q^, divided by its sum over all memories, which is (Σ x^).q^ */

static void add_normalised(const float *row, size_t dim, double *sums)
{
    const double sum = uhn_kernel_sum(row, dim);
    for (size_t i = 0; i < dim; i++)
        sums[i] += (double)row[i] / sum;
}

static uhn_status bind_normalised_dot(const uhn_memory *memory, const uhn_options *options, void **context)
{
    (void)options;
    return sum_rows(memory, add_normalised, memory->dim, context);
}

static uhn_query_status prepare_normalised_dot(const float *x, size_t dim, bool is_query, const double *parameters,
                                               const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)parameters, (void)prepared;
    const double *column_sums = context;
    stat->scale = uhn_kernel_sum(x, dim);
    for (size_t i = 0; is_query && i < dim; i++)
        stat->offset += column_sums[i] * ((double)x[i] / stat->scale);
    return UHN_QUERY_OK;
}

static double divide_by_sums(double raw, const uhn_vector_stat *row, const uhn_vector_stat *query,
                             const double *parameters, const void *context)
{
    (void)parameters, (void)context;
    return raw / (row->scale * query->scale) / query->offset;
}

const uhn_similarity uhn_paper_normalised_dot = {.name = "normalised-dot",
                                                 .summary = "the paper code's normalised dot product",
                                                 .step = UHN_STEP_MULTIPLY,
                                                 .prepare = prepare_normalised_dot,
                                                 .finish = divide_by_sums,
                                                 .bind = bind_normalised_dot,
                                                 .unbind = uhn_release};

/* ---- divergences: 1 / Σ a (log(a + ε) − log(b + ε)), a and b divided by their sums */

static uhn_query_status prepare_divergence(const float *x, size_t dim, bool is_query, const double *parameters,
                                           const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)is_query, (void)parameters, (void)context, (void)prepared;
    stat->scale = uhn_kernel_sum(x, dim);
    return UHN_QUERY_OK;
}

static double divergence(const float *from, const float *to, size_t dim, double from_sum, double to_sum)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) {
        const double a = (double)from[i] / from_sum, b = (double)to[i] / to_sum;
        sum += a * (log(a + paper_epsilon) - log(b + paper_epsilon));
    }
    return sum;
}

static double paper_kl(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                       const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    (void)parameters, (void)context;
    return 1 / divergence(row, query, dim, row_stat->scale, query_stat->scale);
}

static double paper_reverse_kl(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                               const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    return paper_kl(query, row, dim, query_stat, row_stat, parameters, context);
}

/* The harmonic mean of the two divergences: it grows with the distance. */
static double paper_jensen_shannon(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                                   const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    return 1 / (0.5 * paper_kl(row, query, dim, row_stat, query_stat, parameters, context) +
                0.5 * paper_reverse_kl(row, query, dim, row_stat, query_stat, parameters, context));
}

const uhn_similarity uhn_paper_kl = {.name = "kl",
                                     .summary = "the paper code's 1 / KL(memory‖query)",
                                     .step = UHN_STEP_PAIR,
                                     .prepare = prepare_divergence,
                                     .pair = paper_kl};
const uhn_similarity uhn_paper_reverse_kl = {.name = "reverse-kl",
                                             .summary = "the paper code's 1 / KL(query‖memory)",
                                             .step = UHN_STEP_PAIR,
                                             .prepare = prepare_divergence,
                                             .pair = paper_reverse_kl};
const uhn_similarity uhn_paper_jensen_shannon = {.name = "jensen-shannon",
                                                 .summary = "the paper code's harmonic mean of KL and reverse KL",
                                                 .step = UHN_STEP_PAIR,
                                                 .prepare = prepare_divergence,
                                                 .pair = paper_jensen_shannon};
