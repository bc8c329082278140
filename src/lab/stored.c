/* SPDX-License-Identifier: MIT */
#include "lab/stored.h"
#include "base/allocate.h"
#include "base/status.h"

#include <string.h>

static uint64_t row_hash(const float *row, size_t dim)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < dim; i++) {
        uint32_t bits;
        memcpy(&bits, &row[i], sizeof bits);
        hash = (hash ^ bits) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static size_t find_twin(const uhn_stored *stored, const uint64_t *hashes, size_t index)
{
    const float *row = stored->rows + index * stored->dim;
    for (size_t i = 0; i < index; i++)
        if (hashes[i] == hashes[index] && memcmp(stored->rows + i * stored->dim, row, stored->dim * sizeof *row) == 0)
            return i;
    return index;
}

uhn_status uhn_stored_make(const float *rows, size_t count, size_t dim, uhn_stored *stored)
{
    *stored = (uhn_stored){.rows = rows, .count = count, .dim = dim};
    uint64_t *hashes = uhn_allocate(count, sizeof *hashes);
    stored->twin = uhn_allocate(count, sizeof *stored->twin);
    if (!hashes || !stored->twin) {
        uhn_release(hashes);
        uhn_stored_free(stored);
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu rows", count);
    }
    for (size_t i = 0; i < count; i++) {
        hashes[i] = row_hash(rows + i * dim, dim);
        stored->twin[i] = find_twin(stored, hashes, i);
    }
    uhn_release(hashes);
    return UHN_OK;
}

void uhn_stored_free(uhn_stored *stored)
{
    uhn_release(stored->twin);
    uhn_release(stored->products);
    uhn_release(stored->squares);
    uhn_release(stored->along);
    *stored = (uhn_stored){0};
}

double uhn_squared_distance(const float *x, const float *y, size_t dim)
{
    double sums[4] = {0};
    for (size_t i = 0; i < dim; i++) {
        const double difference = (double)x[i] - (double)y[i];
        sums[i % 4] += difference * difference;
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static void mean_of(const float *rows, size_t count, size_t dim, double *mean)
{
    memset(mean, 0, dim * sizeof *mean);
    for (size_t row = 0; row < count; row++)
        for (size_t i = 0; i < dim; i++)
            mean[i] += (double)rows[row * dim + i];
    for (size_t i = 0; i < dim; i++)
        mean[i] /= (double)count;
}

static uhn_status multiply_rows(const float *centred, uhn_stored *stored, int threads)
{
    uhn_options options;
    uhn_memory *memory = NULL;
    uhn_status status = UHN_OK;
    const size_t n = stored->count;
    double *exact = uhn_allocate_unset(n * n, sizeof *exact);
    uhn_options_default(&options);
    options.threads = threads;
    UHN_TRY(exact ? UHN_OK : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu × %zu products", n, n));
    UHN_TRY(uhn_choose_similarity(&options, "dot"));
    UHN_TRY(uhn_memory_borrow(UHN_FLOAT32, centred, n, stored->dim, 0, NULL, 0, 0, &memory));
    UHN_TRY(uhn_scores(memory, centred, n, 0, &options, exact, NULL));
    for (size_t i = 0; i < n * n; i++)
        stored->products[i] = (float)exact[i];
    for (size_t i = 0; i < n; i++)
        stored->squares[i] = exact[i * n + i];
leave:
    uhn_memory_destroy(memory);
    uhn_release(exact);
    return status;
}

static void centre(const uhn_stored *stored, const double *mean, float *centred, double *along)
{
    for (size_t row = 0; row < stored->count; row++) {
        double sum = 0;
        for (size_t i = 0; i < stored->dim; i++) {
            const double difference = (double)stored->rows[row * stored->dim + i] - mean[i];
            centred[row * stored->dim + i] = (float)difference;
            sum += mean[i] * difference;
        }
        along[row] = sum;
    }
}

uhn_status uhn_stored_multiply(uhn_stored *stored, int threads)
{
    if (stored->products)
        return UHN_OK;
    const size_t n = stored->count;
    uhn_status status = UHN_OK;
    double *mean = uhn_allocate(stored->dim, sizeof *mean);
    float *centred = uhn_allocate_unset(n, stored->dim * sizeof *centred);
    stored->products = uhn_allocate_unset(n * n, sizeof *stored->products);
    stored->squares = uhn_allocate(n, sizeof *stored->squares);
    stored->along = uhn_allocate(n, sizeof *stored->along);
    if (!mean || !centred || !stored->products || !stored->squares || !stored->along) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the products of %zu rows", n);
    } else {
        mean_of(stored->rows, n, stored->dim, mean);
        centre(stored, mean, centred, stored->along);
        stored->middle_square = 0;
        for (size_t i = 0; i < stored->dim; i++)
            stored->middle_square += mean[i] * mean[i];
        status = multiply_rows(centred, stored, threads);
    }
    if (status != UHN_OK) {
        uhn_release(stored->products);
        stored->products = NULL;
    }
    uhn_release(centred);
    uhn_release(mean);
    return status;
}

void uhn_stored_distances(const uhn_stored *stored, size_t n, const double *weights, const float *projected,
                          double *distances)
{
    double excess = -1, along = 0, square = 0; /* Σw − 1, Σ w m·c, |z − m|² */
    for (size_t i = 0; i < n; i++) {
        excess += weights[i];
        along += weights[i] * stored->along[i];
    }
    for (size_t i = 0; i < n; i++) {
        distances[i] = projected[i] + excess * stored->along[i]; /* (z − m) · c */
        square += weights[i] * distances[i];
    }
    square += excess * (along + excess * stored->middle_square);
    for (size_t i = 0; i < n; i++) {
        const double distance = square - 2 * distances[i] + stored->squares[i];
        distances[i] = distance < 0 ? 0 : distance; /* a NaN stays one */
    }
}

uhn_status uhn_stored_mean_errors(const uhn_stored *stored, size_t n, int threads, double *errors)
{
    const size_t dim = stored->dim;
    double *mean = uhn_allocate(dim, sizeof *mean);
    if (!mean)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a mean of %zu numbers", dim);
    mean_of(stored->rows, n, dim, mean);
#pragma omp parallel for schedule(static) num_threads(threads)
    for (size_t row = 0; row < n; row++) {
        double sum = 0;
        for (size_t i = 0; i < dim; i++) {
            const double difference = (double)stored->rows[row * dim + i] - mean[i];
            sum += difference * difference;
        }
        errors[row] = sum;
    }
    uhn_release(mean);
    return UHN_OK;
}
