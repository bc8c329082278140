/* SPDX-License-Identifier: MIT */
#include "lab/trial.h"

#include "base/allocate.h"
#include "base/status.h"
#include "lab/sample.h"

#include <math.h>
#include <string.h>

static void *room(size_t count, size_t dim, size_t size)
{
    size_t numbers;
    return uhn_multiply_sizes(count, dim, &numbers) ? uhn_allocate(numbers, size) : NULL;
}

static uhn_status take_mean(uhn_trial *trial)
{
    const size_t stored = uhn_memory_count(trial->memory);
    double *sums = uhn_allocate(trial->dim, sizeof *sums);
    if (!sums)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a mean of %zu numbers", trial->dim);
    uhn_status status = UHN_OK;
    for (size_t r = 0; r < stored && status == UHN_OK; r++) {
        status = uhn_memory_row(trial->memory, r, trial->row);
        for (size_t i = 0; i < trial->dim; i++)
            sums[i] += (double)trial->row[i];
    }
    for (size_t i = 0; i < trial->dim; i++)
        trial->mean[i] = (float)(sums[i] / (double)stored);
    uhn_release(sums);
    return status;
}

static uhn_status damage(const uhn_dataset *data, const size_t *rows, const size_t *picks,
                         const uhn_corruption *corruption, double level, uint64_t seed, uhn_trial *trial)
{
    size_t *picked = uhn_allocate(trial->count, sizeof *picked);
    if (!picked)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu queries", trial->count);
    for (size_t i = 0; i < trial->count; i++)
        picked[i] = rows[picks[i]];
    uhn_sample_rows(data, picked, trial->count, trial->originals);
    memcpy(trial->queries, trial->originals, trial->count * trial->dim * sizeof *trial->queries);
    uhn_sample_damage(data, 0, corruption, level, seed, picked, trial->count, trial->queries);
    uhn_release(picked);
    return UHN_OK;
}

uhn_status uhn_trial_make(const uhn_dataset *data, const size_t *rows, const uhn_memory *memory, const size_t *picks,
                          size_t count, const uhn_corruption *corruption, double level, uint64_t seed, uhn_trial *trial)
{
    const size_t dim = data->dim;
    uhn_status status = UHN_OK;
    *trial = (uhn_trial){.memory = memory,
                         .count = count,
                         .dim = dim,
                         .originals = room(count, dim, sizeof(float)),
                         .queries = room(count, dim, sizeof(float)),
                         .mean = room(1, dim, sizeof(float)),
                         .answers = room(count, dim, sizeof(float)),
                         .nearest = room(count, 1, sizeof(size_t)),
                         .row = room(1, dim, sizeof(float)),
                         .reports = room(count, 1, sizeof(uhn_report))};
    if (!trial->originals || !trial->queries || !trial->mean || !trial->answers || !trial->nearest || !trial->row ||
        !trial->reports)
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu queries of %zu numbers", count, dim);
    UHN_TRY(status);
    UHN_TRY(damage(data, rows, picks, corruption, level, seed, trial));
    UHN_TRY(take_mean(trial));
leave:
    if (status != UHN_OK)
        uhn_trial_free(trial);
    return status;
}

void uhn_trial_free(uhn_trial *trial)
{
    void *const owned[] = {trial->originals, trial->queries, trial->mean,   trial->answers,
                           trial->nearest,   trial->row,     trial->reports};
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++)
        uhn_release(owned[i]);
    *trial = (uhn_trial){0};
}

static double squared_distance(const float *x, const float *y, size_t dim)
{
    double sum = 0;
    for (size_t i = 0; i < dim; i++) {
        const double difference = (double)x[i] - (double)y[i];
        sum += difference * difference;
    }
    return sum;
}

uhn_status uhn_trial_judge(uhn_trial *trial, uhn_trial_result *result)
{
    uhn_status status = UHN_OK;
    uhn_options options;
    size_t identified = 0, undefined = 0, measured = 0;
    double error = 0;
    uhn_options_default(&options);
    options.threads = trial->threads;
    UHN_TRY(uhn_choose_similarity(&options, "sqeuclidean"));
    UHN_TRY(uhn_top_k(trial->memory, trial->answers, trial->count, 0, &options, 1, trial->nearest, NULL, NULL));
    for (size_t i = 0; i < trial->count; i++) {
        const float *original = trial->originals + i * trial->dim;
        if (trial->nearest[i] == UHN_NO_INDEX) { /* NaN is near to nothing */
            undefined++;
            continue;
        }
        UHN_TRY(uhn_memory_row(trial->memory, trial->nearest[i], trial->row));
        identified += squared_distance(trial->row, original, trial->dim) == 0; /* duplicates of it as well */
        const double scale = squared_distance(trial->mean, original, trial->dim);
        if (scale > 0) {
            error += squared_distance(trial->answers + i * trial->dim, original, trial->dim) / scale;
            measured++;
        }
    }
    *result = (uhn_trial_result){.identified = (double)identified / (double)trial->count,
                                 .undefined = (double)undefined / (double)trial->count,
                                 .normalised_error = measured ? error / (double)measured : (double)NAN};
leave:
    return status;
}

uhn_status uhn_trial_run(uhn_trial *trial, const uhn_options *options, uhn_trial_result *result)
{
    uhn_status status = UHN_OK;
    uhn_options own = *options;
    own.threads = trial->threads;
    UHN_TRY(uhn_recall(trial->memory, trial->queries, trial->count, 0, &own, trial->answers, 0, trial->reports));
    UHN_TRY(uhn_trial_judge(trial, result));
leave:
    return status;
}
