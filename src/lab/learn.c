/* SPDX-License-Identifier: MIT */
#include "lab/learn.h"

#include "base/allocate.h"
#include "base/status.h"

#include <math.h>

enum { BINS_MIN = 2, BINS_MAX = 254 };

/* How often a pair of bins occurred. */
typedef struct pair_counts {
    size_t rows, columns;
    uint64_t *cells; /* rows × columns; owned */
} pair_counts;

static size_t bin_of(double value, size_t bins)
{
    const size_t bin = (size_t)(value * (double)bins);
    return bin < bins ? bin : bins - 1;
}

/* As the similarity `table` sees a query's coordinate. */
static size_t column_of(double value, size_t bins)
{
    return value <= 0 ? 0 : value >= 1 ? bins + 1 : 1 + bin_of(value, bins);
}

static uhn_status check_values(const char *what, const float *values, size_t pairs, size_t dim)
{
    for (size_t i = 0; i < pairs * dim; i++) {
        if (!isfinite(values[i]))
            return uhn_fail(UHN_ERROR_NONFINITE, "%s example %zu, coordinate %zu is NaN or infinite", what, i / dim,
                            i % dim);
        if (values[i] < 0 || values[i] > 1)
            return uhn_fail(UHN_ERROR_DOMAIN, "%s example %zu, coordinate %zu is %g, outside 0 to 1", what, i / dim,
                            i % dim, (double)values[i]);
    }
    return UHN_OK;
}

/* On failure there is nothing to release. */
static uhn_status count_pairs(const float *clean, const float *corrupted, size_t pairs, size_t dim, size_t bins,
                              pair_counts *counts)
{
    uhn_status status = UHN_OK;
    size_t numbers;
    *counts = (pair_counts){.rows = bins, .columns = uhn_learned_columns(bins)};
    if (!clean || !corrupted || !pairs || !dim || !uhn_multiply_sizes(pairs, dim, &numbers))
        return uhn_fail(UHN_ERROR_ARGUMENT, "there are no pairs to learn from");
    if (bins < BINS_MIN || bins > BINS_MAX)
        return uhn_fail(UHN_ERROR_RANGE, "%zu bins: from %d to %d are possible", bins, BINS_MIN, BINS_MAX);
    UHN_TRY(check_values("original", clean, pairs, dim));
    UHN_TRY(check_values("corrupted", corrupted, pairs, dim));
    counts->cells = uhn_allocate(counts->rows * counts->columns, sizeof *counts->cells);
    if (!counts->cells)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to count %zu x %zu bins", counts->rows, counts->columns);
    for (size_t i = 0; i < numbers; i++)
        counts->cells[bin_of((double)clean[i], bins) * counts->columns + column_of((double)corrupted[i], bins)]++;
leave:
    return status;
}

static double row_total(const pair_counts *counts, size_t row)
{
    uint64_t total = 0;
    for (size_t c = 0; c < counts->columns; c++)
        total += counts->cells[row * counts->columns + c];
    return (double)total;
}

static double column_total(const pair_counts *counts, size_t column)
{
    uint64_t total = 0;
    for (size_t r = 0; r < counts->rows; r++)
        total += counts->cells[r * counts->columns + column];
    return (double)total;
}

uhn_status uhn_learn_table(const float *clean, const float *corrupted, size_t pairs, size_t dim, size_t bins,
                           float *values)
{
    pair_counts counts;
    uhn_status status = UHN_OK;
    if (!values)
        return uhn_fail(UHN_ERROR_ARGUMENT, "there is no place for a learned table");
    UHN_TRY(count_pairs(clean, corrupted, pairs, dim, bins, &counts));
    for (size_t r = 0; r < counts.rows; r++) {
        const double total = row_total(&counts, r) + 0.5 * (double)counts.columns;
        for (size_t c = 0; c < counts.columns; c++) {
            const size_t at = r * counts.columns + c;
            values[at] = (float)log(((double)counts.cells[at] + 0.5) / total);
        }
    }
    uhn_release(counts.cells);
leave:
    return status;
}

/* H(x) + H(q) − H(x, q), where the entropy of n counts is estimated as log n − (1/n) Σ c log c + (cells that occur −
 * 1) / (2 n). */
typedef struct entropy {
    double c_log_c, cells;
} entropy;

static void add_count(entropy *of, double count)
{
    of->c_log_c += count > 0 ? count * log(count) : 0;
    of->cells += count > 0;
}

static double nats(const entropy *of, double total)
{
    return log(total) - of->c_log_c / total + (of->cells - 1) / (2 * total);
}

uhn_status uhn_learned_information(const float *clean, const float *corrupted, size_t pairs, size_t dim, size_t bins,
                                   double *bits)
{
    pair_counts counts;
    uhn_status status = UHN_OK;
    entropy original = {0}, damaged = {0}, both = {0};
    if (!bits)
        return uhn_fail(UHN_ERROR_ARGUMENT, "there is no place for the information");
    UHN_TRY(count_pairs(clean, corrupted, pairs, dim, bins, &counts));
    for (size_t i = 0; i < counts.rows * counts.columns; i++)
        add_count(&both, (double)counts.cells[i]);
    for (size_t r = 0; r < counts.rows; r++)
        add_count(&original, row_total(&counts, r));
    for (size_t c = 0; c < counts.columns; c++)
        add_count(&damaged, column_total(&counts, c));
    const double total = (double)pairs * (double)dim;
    *bits = fmax(0, (nats(&original, total) + nats(&damaged, total) - nats(&both, total)) / log(2));
    uhn_release(counts.cells);
leave:
    return status;
}
