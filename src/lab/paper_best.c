/* SPDX-License-Identifier: MIT
 * Why the answers are the same. Let S be the sum of all scores of a query.
 *
 * Reciprocal distances, 1/d. A distance of 0 gives ∞, S = ∞, ∞/∞ = NaN, which `max` takes for the largest: the first
 * exact match is found, as it is with −d. Otherwise all scores are positive, S too, and 1/d falls as d grows.
 *
 * Normalised dot. A row or a query whose sum is 0 makes all scores NaN, and the first memory is the answer. Otherwise
 * all sums are positive, and so the scores are those of the native row times a positive number.
 *
 * Divergences, 1/k with k = Σ a (log(a + ε) − log(b + ε)): see paper_divergence.c.
 *
 * Rounding. Scores here and there are rounded apart, by less than 2^-40 of themselves. So where the two best scores are
 * nearer to each other than that, the recall decides. */
#include "lab/paper_best.h"
#include "base/allocate.h"
#include "base/status.h"
#include "lab/paper_divergence.h"

#include <math.h>
#include <string.h>

static const double doubt = 0x1p-38;

void uhn_paper_cell_free(uhn_paper_cell *cell)
{
    for (size_t i = 0; i < 2; i++) {
        uhn_release(cell->divergences[i]);
        cell->divergences[i] = NULL;
    }
}

uhn_status uhn_paper_options(const uhn_paper_cell *cell, const char *similarity, uhn_options *options)
{
    uhn_options_default(options);
    options->threads = cell->threads;
    options->compat_paper = options->normalise_scores = true;
    const uhn_status status = uhn_choose_separation(options, "max");
    return status == UHN_OK ? uhn_choose_similarity(options, similarity) : status;
}

/* The recall: scores, and the one memory that `max` gives all weight. */
static uhn_status recall_best(const uhn_paper_cell *cell, const char *similarity, const float *queries, size_t count,
                              size_t *best)
{
    const size_t n = cell->count;
    uhn_status status = UHN_OK;
    uhn_options options;
    double *scores = uhn_allocate_unset(count * n, sizeof *scores);
    if (!scores)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu × %zu scores", count, n);
    UHN_TRY(uhn_paper_options(cell, similarity, &options));
    UHN_TRY(uhn_scores(cell->memory, queries, count, 0, &options, scores, NULL));
    UHN_TRY(uhn_weights(cell->memory, scores, count, &options, scores, NULL));
    for (size_t q = 0; q < count; q++) {
        best[q] = 0;
        while (best[q] + 1 < n && scores[q * n + best[q]] != 1)
            best[q]++;
    }
leave:
    uhn_release(scores);
    return status;
}

uhn_status uhn_paper_best_plain(uhn_paper_cell *cell, const char *similarity, size_t *best)
{
    return recall_best(cell, similarity, cell->queries, cell->query_count, best);
}

/* Asks the recall about the queries that are marked UHN_NO_INDEX, all at once. */
static uhn_status resolve_doubts(uhn_paper_cell *cell, const char *similarity, size_t *best)
{
    size_t count = 0;
    for (size_t q = 0; q < cell->query_count; q++)
        count += best[q] == UHN_NO_INDEX;
    if (count == 0)
        return UHN_OK;
    cell->doubtful += count;
    float *queries = uhn_allocate_unset(count, cell->dim * sizeof *queries);
    size_t *found = uhn_allocate(count, sizeof *found);
    uhn_status status = UHN_OK;
    if (!queries || !found) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu queries", count);
        goto leave;
    }
    for (size_t q = 0, i = 0; q < cell->query_count; q++)
        if (best[q] == UHN_NO_INDEX)
            memcpy(queries + i++ * cell->dim, cell->queries + q * cell->dim, cell->dim * sizeof *queries);
    UHN_TRY(recall_best(cell, similarity, queries, count, found));
    for (size_t q = 0, i = 0; q < cell->query_count; q++)
        if (best[q] == UHN_NO_INDEX)
            best[q] = found[i++];
leave:
    uhn_release(queries);
    uhn_release(found);
    return status;
}

/* ---- by a native similarity that ranks alike */

static bool is_zero(const float *x, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (x[i] != 0)
            return false;
    return true;
}

static bool any_zero_row(const uhn_paper_cell *cell)
{
    for (size_t i = 0; i < cell->count; i++)
        if (is_zero(cell->rows + i * cell->dim, cell->dim))
            return true;
    return false;
}

static uhn_status rank_as(uhn_paper_cell *cell, const char *native, bool distance, size_t *best)
{
    const size_t k = cell->count < 2 ? 1 : 2;
    uhn_status status = UHN_OK;
    uhn_options options;
    size_t *indices = uhn_allocate(cell->query_count, k * sizeof *indices);
    double *scores = uhn_allocate(cell->query_count, k * sizeof *scores);
    if (!indices || !scores) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu answers", cell->query_count);
        goto leave;
    }
    uhn_options_default(&options);
    options.threads = cell->threads;
    UHN_TRY(uhn_choose_similarity(&options, native));
    UHN_TRY(uhn_top_k(cell->memory, cell->queries, cell->query_count, 0, &options, k, indices, scores, NULL));
    for (size_t q = 0; q < cell->query_count; q++) {
        const double first = scores[q * k], second = scores[q * k + k - 1];
        const bool match = distance && first == 0;
        const bool clear = k == 1 || first - second > doubt * fabs(first);
        best[q] = match || clear ? indices[q * k] : UHN_NO_INDEX;
    }
leave:
    uhn_release(indices);
    uhn_release(scores);
    return status;
}

static uhn_status best_sqeuclidean(uhn_paper_cell *cell, size_t *best)
{
    return rank_as(cell, "sqeuclidean", true, best);
}

static uhn_status best_manhattan(uhn_paper_cell *cell, size_t *best)
{
    return rank_as(cell, "manhattan", true, best);
}

static uhn_status best_normalised_dot(uhn_paper_cell *cell, size_t *best)
{
    return rank_as(cell, "normalised-dot", false, best);
}

/* ---- the table */

typedef struct rank_row {
    const char *similarity;
    uhn_status (*rank)(uhn_paper_cell *cell, size_t *best); /* UHN_NO_INDEX where it cannot tell */
    bool divides;                                           /* by the sums of rows and queries */
} rank_row;

static const rank_row rows[] = {
    {"inverse-sqeuclidean", best_sqeuclidean, false}, {"inverse-manhattan", best_manhattan, false},
    {"normalised-dot", best_normalised_dot, true},    {"kl", uhn_paper_best_kl, true},
    {"reverse-kl", uhn_paper_best_reverse_kl, true},  {"jensen-shannon", uhn_paper_best_jensen_shannon, true},
};

static const rank_row *find_row(const char *similarity)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].similarity, similarity) == 0)
            return &rows[i];
    return NULL;
}

uhn_status uhn_paper_best(uhn_paper_cell *cell, const char *similarity, size_t *best)
{
    const rank_row *row = find_row(similarity);
    if (!row)
        return uhn_paper_best_plain(cell, similarity, best);
    if (row->divides && any_zero_row(cell)) {
        memset(best, 0, cell->query_count * sizeof *best);
        return UHN_OK;
    }
    uhn_status status = row->rank(cell, best);
    for (size_t q = 0; row->divides && status == UHN_OK && q < cell->query_count; q++)
        if (is_zero(cell->queries + q * cell->dim, cell->dim))
            best[q] = 0;
    return status == UHN_OK ? resolve_doubts(cell, similarity, best) : status;
}
