/* SPDX-License-Identifier: MIT
 * Estimates in integers: of uint8 memories as they are stored, and of float32 ones on a grid. */
#include "core/estimate.h"

#include <math.h>

enum { PIECE = 256 }; /* coordinates at a time */

/* ---- uint8 rows and queries: v stands for v / 255, rounded to float32 in the exact score */

static bool stored_uint8(const uhn_plan *plan, size_t queries)
{
    (void)queries;
    return plan->memory->storage == UHN_UINT8 && !plan->options->observed;
}

/* The bytes of a vector; NULL for a query that is not exactly made of v / 255. */
static const void *bytes_of(const uhn_plan *plan, const uhn_vector *v, void *panel)
{
    if (!v->is_query)
        return v->stored;
    return plan->kernels->exact_uint8(v->x, v->dim, panel) ? panel : NULL;
}

/* In units of 1/255: |x − q| of rounded numbers in 0 … 1 differs by at most 2^-24. */
static const void *prepare_sums(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    *terms = (uhn_terms){.scale = 1, .magnitude = (double)v->dim * 255 * 0x1p-24};
    return bytes_of(plan, v, panel);
}

/* In units of 1/255²: products of rounded numbers in 0 … 1 differ by at most 2^-23. */
static const void *prepare_products(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    *terms = (uhn_terms){.scale = 1, .magnitude = (double)v->dim * 65025 * 0x1p-23};
    return bytes_of(plan, v, panel);
}

static const void *prepare_squares(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    const void *bytes = prepare_products(plan, v, panel, terms);
    double squares = 0;
    if (!bytes)
        return NULL;
    plan->kernels->pass[UHN_PASS_UINT8_MULTIPLY](&bytes, 1, &bytes, 1, v->dim, NULL, &squares, 1);
    terms->offset = -squares / 65025;
    return bytes;
}

static size_t byte_each(size_t dim)
{
    return dim;
}

const uhn_estimate uhn_estimate_uint8_dot = {.pass = UHN_PASS_UINT8_MULTIPLY,
                                             .gain = 1.0 / 65025,
                                             .integer = true,
                                             .selections_only = true,
                                             .applies = stored_uint8,
                                             .panel_bytes = byte_each,
                                             .prepare = prepare_products};
const uhn_estimate uhn_estimate_uint8_squares = {.pass = UHN_PASS_UINT8_MULTIPLY,
                                                 .gain = 2.0 / 65025,
                                                 .integer = true,
                                                 .selections_only = true,
                                                 .applies = stored_uint8,
                                                 .panel_bytes = byte_each,
                                                 .prepare = prepare_squares};
const uhn_estimate uhn_estimate_uint8_sums = {.pass = UHN_PASS_UINT8_DIFFERENCE,
                                              .gain = -1.0 / 255,
                                              .integer = true,
                                              .selections_only = true,
                                              .applies = stored_uint8,
                                              .panel_bytes = byte_each,
                                              .prepare = prepare_sums};

/* ---- on a grid: x is low + step · i, but for an error that is summed up */

/* With few queries the memories are read more often than computed with. */
static bool many(const uhn_plan *plan, size_t queries)
{
    (void)plan;
    return queries >= 16;
}

static size_t two_bytes_each(size_t dim)
{
    return 2 * dim;
}

/* A vector on the grid: its errors, summed up, and how far it lies beyond the grid, which spans all memories. There
 * |x − q| = |x − c| + |c − q|, with c the end of the grid, and c is what is quantised. */
typedef struct placed {
    double error, beyond;
} placed;

/* The part of the query that is on the grid. */
static double bring_inside(const uhn_memory *memory, const float *q, size_t count, float *inside)
{
    double beyond = 0;
    for (size_t i = 0; i < count; i++) {
        inside[i] = q[i] < memory->low ? memory->low : q[i] > memory->high ? memory->high : q[i];
        beyond += fabs((double)q[i] - (double)inside[i]);
    }
    return beyond;
}

static placed place(const uhn_plan *plan, const uhn_vector *v, uint8_t *bytes, int16_t *numbers)
{
    const uhn_memory *memory = plan->memory;
    float low = memory->low, high = memory->high, inside[PIECE];
    plan->kernels->range(v->x, v->is_query ? v->dim : 0, &low, &high);
    const bool within = low >= memory->low && high <= memory->high;
    const size_t piece = within ? v->dim : PIECE;
    placed all = {0};
    for (size_t first = 0; first < v->dim; first += piece) {
        const size_t count = v->dim - first < piece ? v->dim - first : piece;
        const float *x = v->x + first;
        if (!within) {
            all.beyond += bring_inside(memory, x, count, inside);
            x = inside;
        }
        all.error += (bytes ? plan->kernels->quantise_uint8(x, count, v->low, v->step, bytes + first)
                            : plan->kernels->quantise_int16(x, count, v->low, v->step, numbers + first))
                         .absolute;
    }
    all.error *= 1 + ((double)v->dim / PIECE + 2) * 0x1p-52; /* for adding the pieces up */
    return all;
}

/* Σ |x − q| = step (2 Σ max(i, j) − Σi − Σj) within Σ|error of x| + Σ|error of q| */
static const void *quantise_sums(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    const int16_t *grid = panel;
    const placed at = place(plan, v, NULL, panel);
    int64_t sum = 0;
    for (size_t i = 0; i < v->dim; i++)
        sum += grid[i];
    *terms = (uhn_terms){.scale = v->is_query ? 1 : v->step,
                         .offset = v->step * (double)sum - at.beyond,
                         .magnitude = at.error / (2 * v->step)};
    return panel;
}

/* Σ |x − q| = step Σ |i − j| within the same */
static const void *quantise_byte_sums(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    const placed at = place(plan, v, panel, NULL);
    *terms = (uhn_terms){.scale = v->is_query ? 1 : v->step, .offset = -at.beyond, .magnitude = at.error / v->step};
    return panel;
}

/* |x − q| = step √(Σi² + Σj² − 2 Σ i j) within |error of x| + |error of q|, by the triangle inequality */
static const void *quantise_distance(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    const void *grid = panel;
    double squares;
    const uhn_moments error = plan->kernels->quantise_uint8(v->x, v->dim, v->low, v->step, panel);
    plan->kernels->pass[UHN_PASS_UINT8_MULTIPLY](&grid, 1, &grid, 1, v->dim, NULL, &squares, 1);
    *terms = (uhn_terms){.scale = v->is_query ? 1 : v->step * v->step,
                         .offset = -v->step * v->step * squares,
                         .magnitude = sqrt(error.squares) / (v->is_query ? 1 : v->step * v->step)};
    return panel;
}

const uhn_estimate uhn_estimate_quantised_byte_sums = {.pass = UHN_PASS_UINT8_DIFFERENCE,
                                                       .gain = -1,
                                                       .integer = true,
                                                       .levels = UINT8_MAX,
                                                       .coarse = true,
                                                       .selections_only = true,
                                                       .needs_floats = true,
                                                       .applies = many,
                                                       .panel_bytes = byte_each,
                                                       .prepare = quantise_byte_sums};
const uhn_estimate uhn_estimate_quantised_sums = {.pass = UHN_PASS_INT16_MAXIMUM,
                                                  .gain = -2,
                                                  .integer = true,
                                                  .levels = INT16_MAX,
                                                  .coarse = true,
                                                  .selections_only = true,
                                                  .needs_floats = true,
                                                  .applies = many,
                                                  .panel_bytes = two_bytes_each,
                                                  .prepare = quantise_sums};
const uhn_estimate uhn_estimate_quantised_distance = {.pass = UHN_PASS_UINT8_MULTIPLY,
                                                      .gain = 2,
                                                      .integer = true,
                                                      .root = true,
                                                      .levels = UINT8_MAX,
                                                      .coarse = true,
                                                      .ranks_only = true,
                                                      .needs_floats = true,
                                                      .applies = many,
                                                      .panel_bytes = byte_each,
                                                      .prepare = quantise_distance};

/* ---- tables, in whole steps */

bool uhn_estimate_table(const uhn_plan *plan, const uhn_estimate *form, uhn_pass_table *to, double *low, double *step,
                        double *error)
{
    const uhn_table *table = plan->similarity_context;
    const bool bytes = form->pass == UHN_PASS_TABLE_BYTES;
    double high = -INFINITY;
    if (table->rows > (bytes ? UHN_TABLE_FEW_ROWS : UHN_TABLE_ROWS))
        return false;
    *low = INFINITY;
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        const double value = (double)table->values[i];
        *low = value < *low ? value : *low;
        high = value > high ? value : high;
    }
    *step = high > *low ? (high - *low) / form->table_steps : 1;
    *error = 0;
    for (size_t q = 0; q < table->columns; q++)
        for (size_t x = 0; x < table->rows; x++) {
            const double exact = ((double)table->values[x * table->columns + q] - *low) / *step;
            const long steps = lround(exact);
            *error = fmax(*error, fabs(exact - (double)steps) + 0x1p-40); /* the division's rounding, many times */
            if (bytes)
                to->bytes[q][x] = (uint8_t)steps;
            else
                to->values[q][x] = (uint16_t)steps;
        }
    return true;
}

static bool has_bins(const uhn_plan *plan, size_t most)
{
    return ((const uhn_table *)plan->similarity_context)->rows <= most;
}

static bool few_bins(const uhn_plan *plan, size_t queries)
{
    (void)queries;
    return has_bins(plan, UHN_TABLE_FEW_ROWS);
}

static bool some_bins(const uhn_plan *plan, size_t queries)
{
    (void)queries;
    return has_bins(plan, UHN_TABLE_ROWS);
}

/* s = D low + step Σ, each term off by at most the table's error */
static const void *prepare_lookup(const uhn_plan *plan, const uhn_vector *v, void *panel, uhn_terms *terms)
{
    plan->kernels->bytes(v->x, v->dim, panel);
    *terms = (uhn_terms){.scale = v->is_query ? 1 : v->step,
                         .offset = v->is_query ? (double)v->dim * v->low : 0,
                         .magnitude = v->is_query ? (double)v->dim * v->error : 0};
    return panel;
}

const uhn_estimate uhn_estimate_lookup_bytes = {.pass = UHN_PASS_TABLE_BYTES,
                                                .gain = 1,
                                                .integer = true,
                                                .table_steps = 255,
                                                .coarse = true,
                                                .selections_only = true,
                                                .needs_floats = true,
                                                .applies = few_bins,
                                                .panel_bytes = byte_each,
                                                .prepare = prepare_lookup};
const uhn_estimate uhn_estimate_lookup = {.pass = UHN_PASS_TABLE,
                                          .gain = 1,
                                          .integer = true,
                                          .table_steps = 2047,
                                          .needs_floats = true,
                                          .applies = some_bins,
                                          .panel_bytes = byte_each,
                                          .prepare = prepare_lookup};
