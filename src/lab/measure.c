/* SPDX-License-Identifier: MIT
 * From the queries of a cell to the criteria of its curves. */
#include "base/allocate.h"
#include "base/status.h"
#include "lab/cell.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* ---- max: the answer is a stored image, and which one is all there is to know */

static uhn_status find_best(uhn_cell *cell, const uhn_curve_row *curve, const uhn_options *options)
{
    if (options->compat_paper)
        return uhn_paper_best(&cell->paper, curve->similarity, cell->best);
    return uhn_top_k(cell->memory, cell->queries, cell->count, 0, options, 1, cell->best, NULL, NULL);
}

static uhn_status judge_best(uhn_cell *cell, const uhn_curve_row *curve, const uhn_options *options)
{
    uhn_status status = UHN_OK;
    uhn_stored *stored;
    const double *mean_errors;
    UHN_TRY(uhn_cell_targets(cell, curve->hetero, &stored, &mean_errors));
    UHN_TRY(find_best(cell, curve, options));
#pragma omp parallel for schedule(static) num_threads(cell->point->threads)
    for (size_t q = 0; q < cell->count; q++)
        cell->verdicts[q] = uhn_judge_choice(stored, mean_errors, q, cell->best[q]);
leave:
    return status;
}

/* ---- other separations: the answer is a sum of stored images, and its distances to them follow from the weights */

uhn_status uhn_cell_weigh(const uhn_memory *memory, const uhn_options *options, uhn_stored *stored,
                          const double *mean_errors, const double *scores, size_t count, double *weights,
                          uhn_verdict *verdicts)
{
    const size_t n = uhn_memory_count(memory);
    uhn_memory *products = NULL;
    uhn_status status = UHN_OK;
    float *projected = uhn_allocate_unset(count, n * sizeof *projected);
    double *distances = uhn_allocate_unset((size_t)options->threads, n * sizeof *distances);
    if (!projected || !distances) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu × %zu distances", count, n);
        goto leave;
    }
    UHN_TRY(uhn_stored_multiply(stored, options->threads));
    UHN_TRY(uhn_weights(memory, scores, count, options, weights, NULL));
    UHN_TRY(
        uhn_memory_borrow(UHN_FLOAT32, stored->products, n, n, stored->count * sizeof(float), NULL, 0, 0, &products));
    uhn_options plain;
    uhn_options_default(&plain);
    plain.threads = options->threads;
    UHN_TRY(uhn_project(products, weights, count, &plain, projected, 0));
#pragma omp parallel for schedule(static) num_threads(options->threads)
    for (size_t q = 0; q < count; q++) {
        double *own = distances + (size_t)omp_get_thread_num() * n;
        uhn_stored_distances(stored, n, weights + q * n, projected + q * n, own);
        verdicts[q] = uhn_judge_distances(stored, mean_errors, n, q, own);
    }
leave:
    uhn_memory_destroy(products);
    uhn_release(projected);
    uhn_release(distances);
    return status;
}

static uhn_status make_scores(uhn_cell *cell, const uhn_curve_row *curve, const uhn_options *options)
{
    const size_t n = cell->count;
    if (!cell->scores) {
        cell->scores = uhn_allocate_unset(n, n * sizeof *cell->scores);
        cell->weights = uhn_allocate_unset(n, n * sizeof *cell->weights);
        if (!cell->scores || !cell->weights)
            return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu × %zu scores", n, n);
    }
    if (curve->similarity && cell->scored && strcmp(curve->similarity, cell->scored) == 0)
        return UHN_OK;
    cell->scored = curve->similarity;
    return uhn_scores(cell->memory, cell->queries, n, 0, options, cell->scores, NULL);
}

static uhn_status judge_sum(uhn_cell *cell, const uhn_curve_row *curve, uhn_options *options)
{
    uhn_status status = UHN_OK;
    uhn_stored *stored;
    const double *mean_errors;
    UHN_TRY(uhn_cell_targets(cell, curve->hetero, &stored, &mean_errors));
    if (curve->tuned)
        UHN_TRY(uhn_cell_tune(cell, options));
    UHN_TRY(make_scores(cell, curve, options));
    UHN_TRY(uhn_cell_weigh(cell->memory, options, stored, mean_errors, cell->scores, cell->count, cell->weights,
                           cell->verdicts));
leave:
    return status;
}

uhn_status uhn_cell_judge(uhn_cell *cell, const uhn_curve_row *curve, bool *exists)
{
    uhn_status status = UHN_OK;
    uhn_options options;
    *exists = true;
    if (cell->point->experiment->task == UHN_TASK_BIPOLAR && curve->kind == UHN_SERIES_MEASURED)
        return uhn_cell_judge_bipolar(cell, curve);
    UHN_TRY(uhn_cell_similarity(cell, curve, &options, exists));
    if (!*exists)
        return UHN_OK;
    UHN_TRY(uhn_choose_separation(&options, curve->separation));
    if (strcmp(options.separation->name, "max") == 0)
        status = judge_best(cell, curve, &options);
    else
        status = judge_sum(cell, curve, &options);
leave:
    return status;
}

/* ---- all curves */

/* The mean image as the answer to every query: its distances to the stored images are the same for all. */
static uhn_status judge_mean(uhn_cell *cell)
{
    uhn_stored *stored;
    const double *mean_errors;
    const uhn_status status =
        uhn_cell_targets(cell, cell->point->experiment->task == UHN_TASK_HETERO, &stored, &mean_errors);
    for (size_t q = 0; status == UHN_OK && q < cell->count; q++)
        cell->verdicts[q] = uhn_judge_distances(stored, mean_errors, cell->count, q, mean_errors);
    return status;
}

static void clear(double values[UHN_CRITERION_COUNT])
{
    for (size_t c = 0; c < UHN_CRITERION_COUNT; c++)
        values[c] = NAN;
}

uhn_status uhn_measure(uhn_block *block, const uhn_point *point, const uhn_curve_list *curves,
                       double (*values)[UHN_CRITERION_COUNT], double baseline[UHN_CRITERION_COUNT])
{
    uhn_cell cell;
    uhn_status status = uhn_cell_make(block, point, &cell);
    for (size_t i = 0; status == UHN_OK && i < curves->count; i++) {
        bool exists;
        UHN_TRY(uhn_cell_judge(&cell, &curves->rows[i], &exists));
        clear(values[i]);
        if (exists)
            UHN_TRY(uhn_tally(cell.verdicts, cell.count, point->threshold, values[i]));
    }
    UHN_TRY(status);
    UHN_TRY(judge_mean(&cell));
    UHN_TRY(uhn_tally(cell.verdicts, cell.count, point->threshold, baseline));
leave:
    uhn_cell_free(&cell);
    return status;
}
