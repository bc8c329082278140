/* SPDX-License-Identifier: MIT */
#include "core/tile.h"

#include "base/allocate.h"
#include "kernel/kernel.h"

#include <math.h>

const float *uhn_batch_query(const uhn_batch *batch, size_t index)
{
    return (const float *)(const void *)((const uint8_t *)batch->queries + index * batch->stride);
}

/* ---- the room of a thread: the struct, then its arrays, each a whole number of cache lines */

static size_t row_floats(const uhn_plan *plan)
{
    const size_t longest = plan->out_dim > plan->memory->dim ? plan->out_dim : plan->memory->dim;
    return uhn_align_size(longest * sizeof(float)) / sizeof(float);
}

size_t uhn_scratch_size(const uhn_plan *plan)
{
    size_t floats, columns;
    const size_t rows = UHN_GROUP_QUERIES + 3 * UHN_TILE_ROWS;
    if (!uhn_multiply_sizes(rows * sizeof(float), row_floats(plan), &floats) ||
        !uhn_multiply_sizes(plan->memory->dim, sizeof(size_t), &columns) || floats > SIZE_MAX / 4)
        return 0;
    return uhn_align_size(sizeof(uhn_scratch)) + uhn_align_size(columns) + floats;
}

uhn_scratch *uhn_scratch_init(const uhn_plan *plan, void *block)
{
    uhn_scratch *scratch = block;
    const size_t row = row_floats(plan);
    uint8_t *columns = (uint8_t *)block + uhn_align_size(sizeof *scratch);
    float *room = (float *)(void *)(columns + uhn_align_size(plan->memory->dim * sizeof(size_t)));
    *scratch = (uhn_scratch){.columns = (size_t *)(void *)columns,
                             .query_room = room,
                             .row_room = room + UHN_GROUP_QUERIES * row,
                             .prepared_room = room + (UHN_GROUP_QUERIES + UHN_TILE_ROWS) * row,
                             .value_room = room + (UHN_GROUP_QUERIES + 2 * UHN_TILE_ROWS) * row};
    return scratch;
}

/* ---- preparing vectors */

static void find_columns(const uhn_plan *plan, const uhn_batch *batch, size_t query, uhn_scratch *scratch)
{
    const uhn_options *options = plan->options;
    const size_t dim = plan->memory->dim;
    scratch->masked = options->observed != NULL;
    scratch->dim = dim;
    if (!scratch->masked)
        return;
    const size_t number = batch->which ? batch->which[query] : query;
    const uint8_t *mask = options->observed + number * options->observed_stride;
    scratch->dim = 0;
    for (size_t i = 0; i < dim; i++)
        if (mask[i])
            scratch->columns[scratch->dim++] = i;
}

/* The observed coordinates of x side by side: what is not observed is not even looked at. */
static const float *gather(const uhn_scratch *scratch, const float *x, float *room)
{
    if (!scratch->masked)
        return x;
    for (size_t i = 0; i < scratch->dim; i++)
        room[i] = x[scratch->columns[i]];
    return room;
}

static bool all_finite(const float *x, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static uhn_query_status prepare(const uhn_plan *plan, bool is_query, const float **x, size_t dim, float *room,
                                uhn_vector_stat *stat)
{
    const uhn_similarity *similarity = plan->similarity;
    *stat = (uhn_vector_stat){0};
    if (!similarity->prepare)
        return UHN_QUERY_OK;
    const uhn_query_status status = similarity->prepare(*x, dim, is_query, plan->options->similarity_parameters,
                                                        plan->similarity_context, room, stat);
    if (similarity->transforms)
        *x = room;
    return status;
}

void uhn_tile_queries(const uhn_plan *plan, const uhn_batch *batch, size_t first, size_t count, uhn_scratch *scratch)
{
    const size_t row = row_floats(plan);
    find_columns(plan, batch, first, scratch);
    scratch->query_count = count;
    for (size_t i = 0; i < count; i++) {
        uhn_prepared *query = &scratch->queries[i];
        float *room = scratch->query_room + i * row;
        query->x = gather(scratch, uhn_batch_query(batch, first + i), room);
        if (!all_finite(query->x, scratch->dim))
            query->status = UHN_QUERY_NONFINITE;
        else if (scratch->dim == 0)
            query->status = UHN_QUERY_DOMAIN; /* nothing is observed: there is nothing to compare */
        else
            query->status = prepare(plan, true, &query->x, scratch->dim, room, &query->stat);
    }
}

size_t uhn_tile_rows(const uhn_plan *plan, size_t first, size_t count, uhn_scratch *scratch)
{
    const size_t row = row_floats(plan);
    for (size_t r = 0; r < count; r++) {
        const float *x = uhn_memory_expand(plan->memory, first + r, scratch->row_room + r * row);
        float *room = scratch->prepared_room + r * row;
        scratch->rows[r] = gather(scratch, x, room);
        if (prepare(plan, false, &scratch->rows[r], scratch->dim, room, &scratch->row_stats[r]) == UHN_QUERY_DOMAIN)
            return first + r;
    }
    return UHN_NO_INDEX;
}

void uhn_tile_values(const uhn_plan *plan, size_t first, size_t count, uhn_scratch *scratch)
{
    const size_t row = row_floats(plan);
    for (size_t r = 0; r < count; r++)
        scratch->values[r] =
            uhn_memory_projected(plan->memory, plan->options->projection, first + r, scratch->value_room + r * row);
}

/* ---- the scores */

void uhn_tile_scores(const uhn_plan *plan, const uhn_scratch *scratch, size_t query, size_t count, double *scores)
{
    const uhn_similarity *similarity = plan->similarity;
    const double *parameters = plan->options->similarity_parameters;
    const uhn_prepared *q = &scratch->queries[query];
    uhn_step_function *step = uhn_kernel_step(similarity->step);
    for (size_t r = 0; r < count; r++) {
        const uhn_vector_stat *stat = &scratch->row_stats[r];
        const double raw = step ? step(scratch->rows[r], q->x, scratch->dim)
                                : similarity->pair(scratch->rows[r], q->x, scratch->dim, stat, &q->stat, parameters,
                                                   plan->similarity_context);
        scores[r] =
            similarity->finish ? similarity->finish(raw, stat, &q->stat, parameters, plan->similarity_context) : raw;
    }
}
