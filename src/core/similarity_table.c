/* SPDX-License-Identifier: MIT
 * The similarity `table`: s = Σ_i T[bin(x_i)][bin(q_i)], the family of all additive similarities at the resolution of
 * their bins, learned ones among them. */
#include "base/status.h"
#include "core/estimate.h"
#include "core/similarity.h"
#include "kernel/kernel.h"

#include <math.h>

enum { LOW, HIGH, ENDS }; /* parameters */
enum { BINS_MAX = 256, PIECE = 256 };

static bool has_ends(const uhn_table *table, const double *parameters)
{
    return parameters[ENDS] < 0 ? table->columns == table->rows + 2 : parameters[ENDS] > 0;
}

static uhn_status check_table(const uhn_memory *memory, const uhn_options *options, void **context)
{
    (void)memory;
    const double *parameters = options->similarity_parameters;
    const uhn_table *table = *context;
    if (!table || !table->values)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the similarity 'table' needs a table (file=T.npy)");
    if (!table->rows || table->rows > BINS_MAX || !table->columns || table->columns > BINS_MAX)
        return uhn_fail(UHN_ERROR_SHAPE, "a table of %zu x %zu bins: from 1 x 1 to %d x %d are possible", table->rows,
                        table->columns, BINS_MAX, BINS_MAX);
    if (has_ends(table, parameters) && table->columns < 3)
        return uhn_fail(UHN_ERROR_SHAPE, "a table with end bins needs 3 columns or more, not %zu", table->columns);
    if (!(parameters[LOW] < parameters[HIGH]))
        return uhn_fail(UHN_ERROR_RANGE, "table: low (%g) must be below high (%g)", parameters[LOW], parameters[HIGH]);
    for (size_t i = 0; i < table->rows * table->columns; i++)
        if (!isfinite(table->values[i]))
            return uhn_fail(UHN_ERROR_NONFINITE, "the table has a NaN or an infinity at row %zu, column %zu",
                            i / table->columns, i % table->columns);
    return UHN_OK;
}

/* With ends, the columns between them are the bins, and what lies beyond has a column of its own. */
static void query_bins(const float *x, size_t dim, const double *parameters, const uhn_table *table, float *prepared)
{
    const uhn_kernels *kernels = uhn_kernels_in_use();
    if (!has_ends(table, parameters)) {
        kernels->bins(x, dim, parameters[LOW], parameters[HIGH], table->columns, prepared);
        return;
    }
    const float last = (float)(table->columns - 1);
    for (size_t first = 0; first < dim; first += PIECE) { /* in pieces, as prepared may be x itself */
        const size_t count = dim - first < PIECE ? dim - first : PIECE;
        float bins[PIECE];
        kernels->bins(x + first, count, parameters[LOW], parameters[HIGH], table->columns - 2, bins);
        for (size_t i = 0; i < count; i++) {
            const double value = (double)x[first + i];
            prepared[first + i] = value <= parameters[LOW] ? 0 : value >= parameters[HIGH] ? last : 1 + bins[i];
        }
    }
}

static uhn_query_status prepare(const float *x, size_t dim, bool is_query, const double *parameters,
                                const void *context, float *prepared, uhn_vector_stat *stat)
{
    (void)stat;
    const uhn_table *table = context;
    if (is_query)
        query_bins(x, dim, parameters, table, prepared);
    else
        uhn_kernels_in_use()->bins(x, dim, parameters[LOW], parameters[HIGH], table->rows, prepared);
    return UHN_QUERY_OK;
}

enum { LANES = 4 };

/* Bins fit an int, which processors convert faster than they do a size_t. */
static inline double entry(const uhn_table *table, float row, float query)
{
    return (double)table->values[(size_t)(int)row * table->columns + (size_t)(int)query];
}

static double pair(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                   const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    (void)row_stat, (void)query_stat, (void)parameters;
    const uhn_table *table = context;
    double sums[LANES] = {0}; /* none waits for another's addition */
    size_t i = 0;
    for (; i + LANES <= dim; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += entry(table, row[i + lane], query[i + lane]);
    for (size_t lane = 0; i < dim; i++, lane++)
        sums[lane] += entry(table, row[i], query[i]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

static const uhn_parameter parameters[] = {
    [LOW] = {.key = "low", .summary = "lower end of the bins", .minimum = -1e30, .maximum = 1e30, .initial = 0},
    [HIGH] = {.key = "high", .summary = "upper end of the bins", .minimum = -1e30, .maximum = 1e30, .initial = 1},
    [ENDS] = {.key = "ends",
              .summary = "1: the first and last column are for q <= low and q >= high; -1: if columns = rows + 2",
              .minimum = -1,
              .maximum = 1,
              .initial = -1,
              .whole = true},
};

const uhn_similarity uhn_similarity_table = {
    .name = "table",
    .summary = "a table of scores per pair of bins, given or learned: Σ T[bin(x)][bin(q)]",
    .parameters = parameters,
    .parameter_count = sizeof parameters / sizeof *parameters,
    .step = UHN_STEP_PAIR,
    .prepare = prepare,
    .transforms = true,
    .pair = pair,
    .bind = check_table,
    .estimates = uhn_estimates_table,
};
