/* SPDX-License-Identifier: MIT
 * With a and b the two vectors divided by their sums, ε = 10^-4 and k = Σ a (log(a + ε) − log(b + ε)), the paper's code
 * scores 1/k for `kl` (a the memory, b the query) and `reverse-kl` (the other way), and 1/(1/(2 k) + 1/(2 r)) of both
 * for `jensen-shannon`. All are divided by their sum, and the largest wins.
 *
 * k = Σ a log(a + ε) − Σ a log(b + ε): a number of each vector, and a product of vectors, in which they are float32
 * here. As Σ a = 1 and |log(b + ε)| ≤ log 10^4 (b ≤ 1), rounding a and log(b + ε) to float32 moves k by at most
 * 2 · 2^-24 · log 10^4 · (1 + 2^-20), and everything that happens in float64 by far less: `bound` is a third more.
 *
 * Where each k of a query is above the bound it is positive, all scores are, so is their sum, and the largest score is
 * that of the smallest k. Those that may have it are told by the bound, and compared as the paper's code computes them.
 * Where some k may be 0 or negative (ε is inside the logarithms only, and an exact match gives 0) the sign of the sum
 * decides, or NaN: the recall does these queries. The harmonic mean grows with k and r, if they are positive, so its
 * bounds are those at the ends. */
#include "lab/paper_divergence.h"
#include "base/allocate.h"
#include "base/status.h"

#include <math.h>

static const double epsilon = 1e-4;
static const double bound = 1.5e-6; /* 2^-23 · log 10^4 = 1.10e-6 */
static const double doubt = 0x1p-38;

/* x over its sum, its logarithm with ε, and Σ a log(a + ε). */
static double take_apart(const float *x, size_t dim, float *share, float *logarithm)
{
    double sum = 0, inner = 0;
    for (size_t i = 0; i < dim; i++)
        sum += (double)x[i];
    for (size_t i = 0; i < dim; i++) {
        const double a = (double)x[i] / sum, l = log(a + epsilon);
        share[i] = (float)a;
        logarithm[i] = (float)l;
        inner += a * l;
    }
    return inner;
}

typedef struct parts {
    float *shares, *logarithms; /* count × dim */
    double *inner;              /* count */
} parts;

static void free_parts(parts *p)
{
    uhn_release(p->shares);
    uhn_release(p->logarithms);
    uhn_release(p->inner);
}

static uhn_status make_parts(const float *rows, size_t count, size_t dim, int threads, parts *p)
{
    *p = (parts){uhn_allocate_unset(count, dim * sizeof(float)), uhn_allocate_unset(count, dim * sizeof(float)),
                 uhn_allocate(count, sizeof(double))};
    if (!p->shares || !p->logarithms || !p->inner)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the logarithms of %zu rows", count);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t i = 0; i < count; i++)
        p->inner[i] = take_apart(rows + i * dim, dim, p->shares + i * dim, p->logarithms + i * dim);
    /* A query of zeros divides by 0; it is answered without its scores. */
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; isnan(p->inner[i]) && j < dim; j++)
            p->shares[i * dim + j] = p->logarithms[i * dim + j] = 0;
    return UHN_OK;
}

static uhn_status multiply(const uhn_paper_cell *cell, const float *rows, const float *queries, double *products)
{
    uhn_options options;
    uhn_memory *memory = NULL;
    uhn_status status = UHN_OK;
    uhn_options_default(&options);
    options.threads = cell->threads;
    UHN_TRY(uhn_choose_similarity(&options, "dot"));
    UHN_TRY(uhn_memory_borrow(UHN_FLOAT32, rows, cell->count, cell->dim, 0, NULL, 0, 0, &memory));
    UHN_TRY(uhn_scores(memory, queries, cell->query_count, 0, &options, products, NULL));
leave:
    uhn_memory_destroy(memory);
    return status;
}

/* Both divergences of all pairs, within the bound. */
static uhn_status make_divergences(uhn_paper_cell *cell)
{
    if (cell->divergences[0])
        return UHN_OK;
    const size_t n = cell->count, queries = cell->query_count;
    uhn_status status = UHN_OK;
    parts rows = {0}, asked = {0};
    double *kl = uhn_allocate_unset(queries * n, sizeof *kl), *reverse = uhn_allocate_unset(queries * n, sizeof *kl);
    if (!kl || !reverse) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu × %zu divergences", queries, n);
        goto leave;
    }
    UHN_TRY(make_parts(cell->rows, n, cell->dim, cell->threads, &rows));
    UHN_TRY(make_parts(cell->queries, queries, cell->dim, cell->threads, &asked));
    UHN_TRY(multiply(cell, rows.shares, asked.logarithms, kl));
    UHN_TRY(multiply(cell, rows.logarithms, asked.shares, reverse));
    for (size_t q = 0; q < queries; q++)
        for (size_t i = 0; i < n; i++) {
            kl[q * n + i] = rows.inner[i] - kl[q * n + i];
            reverse[q * n + i] = asked.inner[q] - reverse[q * n + i];
        }
    cell->divergences[0] = kl;
    cell->divergences[1] = reverse;
    kl = reverse = NULL;
leave:
    free_parts(&rows);
    free_parts(&asked);
    uhn_release(kl);
    uhn_release(reverse);
    return status;
}

/* The bounds of what is to be largest, for one pair; false where a sign is in doubt. */
typedef bool range_function(double kl, double reverse, double *low, double *high);

static bool range_of_negative(double divergence, double *low, double *high)
{
    *low = -(divergence + bound);
    *high = -(divergence - bound);
    return *high < 0;
}

static bool range_kl(double kl, double reverse, double *low, double *high)
{
    (void)reverse;
    return range_of_negative(kl, low, high);
}

static bool range_reverse(double kl, double reverse, double *low, double *high)
{
    (void)kl;
    return range_of_negative(reverse, low, high);
}

static double harmonic(double a, double b)
{
    return 1 / (0.5 / a + 0.5 / b);
}

static bool range_harmonic(double kl, double reverse, double *low, double *high)
{
    if (!(kl > bound && reverse > bound))
        return false;
    *low = harmonic(kl - bound, reverse - bound);
    *high = harmonic(kl + bound, reverse + bound);
    return true;
}

/* How the memories that may be the best one are told apart: a memory of them alone, and its scores. */
static uhn_status compare_exactly(const uhn_paper_cell *cell, const char *similarity, const size_t *candidates,
                                  size_t count, size_t query, size_t *best)
{
    uhn_options options;
    uhn_memory *memory = NULL;
    uhn_status status = UHN_OK;
    double *scores = uhn_allocate(count, sizeof *scores);
    UHN_TRY(scores ? UHN_OK : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu scores", count));
    UHN_TRY(uhn_paper_options(cell, similarity, &options));
    options.normalise_scores = false;
    UHN_TRY(uhn_memory_create(UHN_FLOAT32, cell->dim, 0, &memory));
    for (size_t i = 0; i < count; i++)
        UHN_TRY(uhn_memory_add(memory, cell->rows + candidates[i] * cell->dim, 1, 0, NULL, 0));
    UHN_TRY(uhn_scores(memory, cell->queries + query * cell->dim, 1, 0, &options, scores, NULL));
    size_t first = 0;
    for (size_t i = 1; i < count; i++)
        first = scores[i] > scores[first] ? i : first;
    *best = candidates[first];
    for (size_t i = 0; i < count; i++) /* equal scores stay so when divided; near ones may become equal */
        if (scores[i] != scores[first] && scores[first] - scores[i] <= doubt * fabs(scores[first]))
            *best = UHN_NO_INDEX;
leave:
    uhn_memory_destroy(memory);
    uhn_release(scores);
    return status;
}

/* The memories of a query that may be the best; 0 where a sign is in doubt. */
static size_t choose_candidates(const uhn_paper_cell *cell, range_function *range, size_t query, size_t *candidates)
{
    const double *kl = cell->divergences[0] + query * cell->count,
                 *reverse = cell->divergences[1] + query * cell->count;
    double floor = -INFINITY, low, high;
    for (size_t i = 0; i < cell->count; i++) {
        if (!range(kl[i], reverse[i], &low, &high))
            return 0;
        floor = low > floor ? low : floor;
    }
    size_t count = 0;
    for (size_t i = 0; i < cell->count; i++) {
        range(kl[i], reverse[i], &low, &high);
        if (high >= floor)
            candidates[count++] = i;
    }
    return count;
}

static uhn_status rank(uhn_paper_cell *cell, const char *similarity, range_function *range, size_t *best)
{
    uhn_status status = UHN_OK;
    size_t *candidates = uhn_allocate(cell->count, sizeof *candidates);
    UHN_TRY(candidates ? UHN_OK : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu candidates", cell->count));
    UHN_TRY(make_divergences(cell));
    for (size_t q = 0; q < cell->query_count; q++) {
        const size_t count = choose_candidates(cell, range, q, candidates);
        best[q] = count == 1 ? candidates[0] : UHN_NO_INDEX;
        if (count > 1)
            UHN_TRY(compare_exactly(cell, similarity, candidates, count, q, &best[q]));
    }
leave:
    uhn_release(candidates);
    return status;
}

uhn_status uhn_paper_best_kl(uhn_paper_cell *cell, size_t *best)
{
    return rank(cell, "kl", range_kl, best);
}

uhn_status uhn_paper_best_reverse_kl(uhn_paper_cell *cell, size_t *best)
{
    return rank(cell, "reverse-kl", range_reverse, best);
}

uhn_status uhn_paper_best_jensen_shannon(uhn_paper_cell *cell, size_t *best)
{
    return rank(cell, "jensen-shannon", range_harmonic, best);
}
