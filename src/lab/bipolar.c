/* SPDX-License-Identifier: MIT
 * Curves of the classical Hopfield network and its relatives: answers are vectors of −1 and +1, few enough to measure
 * their distances one by one. */
#include "base/allocate.h"
#include "base/status.h"
#include "lab/cell.h"

static uhn_status choose(uhn_cell *cell, const uhn_curve_row *curve, uhn_options *options)
{
    uhn_status status = UHN_OK;
    bool exists;
    if (curve->similarity) {
        UHN_TRY(uhn_cell_similarity(cell, curve, options, &exists));
        UHN_TRY(uhn_choose_separation(options, curve->separation));
        options->output = UHN_OUTPUT_SIGN;
    } else {
        uhn_options_default(options);
        options->threads = cell->point->threads;
        UHN_TRY(uhn_choose_preset(options, curve->separation, cell->dim));
    }
    options->steps = curve->steps ? curve->steps : 1;
leave:
    return status;
}

uhn_status uhn_cell_judge_bipolar(uhn_cell *cell, const uhn_curve_row *curve)
{
    const size_t n = cell->count, dim = cell->dim;
    uhn_status status = UHN_OK;
    uhn_options options;
    uhn_stored *stored;
    const double *mean_errors;
    float *answers = uhn_allocate_unset(n, dim * sizeof *answers);
    double *distances = uhn_allocate(n, sizeof *distances);
    if (!answers || !distances) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu answers", n);
        goto leave;
    }
    UHN_TRY(choose(cell, curve, &options));
    UHN_TRY(uhn_cell_targets(cell, false, &stored, &mean_errors));
    UHN_TRY(uhn_recall(cell->memory, cell->queries, n, 0, &options, answers, 0, NULL));
    for (size_t q = 0; q < n; q++) {
        for (size_t i = 0; i < n; i++)
            distances[i] = uhn_squared_distance(answers + q * dim, stored->rows + i * dim, dim);
        cell->verdicts[q] = uhn_judge_distances(stored, mean_errors, n, q, distances);
    }
leave:
    uhn_release(answers);
    uhn_release(distances);
    return status;
}
