/* SPDX-License-Identifier: MIT */
#include "core/tile.h"

#include "base/allocate.h"
#include "kernel/kernel.h"

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

static size_t query_floats(const uhn_plan *plan)
{
    return uhn_align_size(plan->memory->dim * sizeof(float)) / sizeof(float);
}

/* Queries are used where they lie unless something is done to them. */
static size_t query_rows(const uhn_plan *plan)
{
    return plan->options->observed || plan->similarity->transforms ? plan->group_queries : 0;
}

size_t uhn_scratch_size(const uhn_plan *plan)
{
    size_t rows, queries, columns;
    if (!uhn_multiply_sizes(3 * UHN_TILE_ROWS * sizeof(float), row_floats(plan), &rows) ||
        !uhn_multiply_sizes(query_rows(plan) * sizeof(float), query_floats(plan), &queries) ||
        !uhn_multiply_sizes(plan->memory->dim, sizeof(size_t), &columns) || rows > SIZE_MAX / 8 ||
        queries > SIZE_MAX / 8 || columns > SIZE_MAX / 8)
        return 0;
    return uhn_align_size(sizeof(uhn_scratch)) + uhn_align_size(columns) +
           uhn_align_size(plan->group_queries * sizeof(uhn_prepared)) + rows + queries;
}

uhn_scratch *uhn_scratch_init(const uhn_plan *plan, void *block)
{
    uhn_scratch *scratch = block;
    const size_t row = row_floats(plan);
    uint8_t *columns = (uint8_t *)block + uhn_align_size(sizeof *scratch);
    uint8_t *queries = columns + uhn_align_size(plan->memory->dim * sizeof(size_t));
    float *room = (float *)(void *)(queries + uhn_align_size(plan->group_queries * sizeof(uhn_prepared)));
    *scratch = (uhn_scratch){.columns = (size_t *)(void *)columns,
                             .queries = (uhn_prepared *)(void *)queries,
                             .row_room = room,
                             .prepared_room = room + UHN_TILE_ROWS * row,
                             .value_room = room + 2 * UHN_TILE_ROWS * row,
                             .query_room = room + 3 * UHN_TILE_ROWS * row};
    return scratch;
}

/* ---- preparing vectors */

static void find_columns(const uhn_plan *plan, const uhn_batch *batch, size_t query, uhn_scratch *scratch)
{
    const uhn_options *options = plan->options;
    const size_t dim = plan->memory->dim;
    scratch->masked = options->observed != NULL;
    scratch->dim = dim;
    scratch->mask_taken = true;
    if (!scratch->masked)
        return;
    const size_t number = batch->which ? batch->which[query] : query;
    const uint8_t *mask = options->observed + number * options->observed_stride;
    scratch->dim = 0;
    for (size_t i = 0; i < dim; i++)
        if (mask[i])
            scratch->columns[scratch->dim++] = i;
    if (plan->similarity->takes_mask)
        scratch->mask_taken = plan->similarity->takes_mask(mask, dim, options->similarity_parameters);
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
    const size_t row = query_floats(plan);
    find_columns(plan, batch, first, scratch);
    scratch->query_count = count;
    for (size_t i = 0; i < count; i++) {
        uhn_prepared *query = &scratch->queries[i];
        float *room = query_rows(plan) ? scratch->query_room + i * row : NULL;
        query->x = gather(scratch, uhn_batch_query(batch, first + i), room);
        if (!plan->kernels->all_finite(query->x, scratch->dim))
            query->status = UHN_QUERY_NONFINITE;
        else if (scratch->dim == 0 || !scratch->mask_taken)
            query->status = UHN_QUERY_DOMAIN; /* if nothing is observed, there is nothing to compare */
        else
            query->status = prepare(plan, true, &query->x, scratch->dim, room, &query->stat);
    }
}

const float *uhn_tile_row(const uhn_plan *plan, const uhn_scratch *scratch, size_t index, float *slot, float *temporary,
                          uhn_vector_stat *stat, bool *taken)
{
    const float *x = uhn_memory_expand(plan->memory, index, scratch->masked ? temporary : slot);
    uhn_distribution known;
    *taken = true;
    if (plan->distributions && uhn_distribution_known(&plan->distributions[index], &known)) {
        *stat = (uhn_vector_stat){.scale = known.scale, .offset = known.offset};
        return x;
    }
    x = gather(scratch, x, slot);
    *taken = prepare(plan, false, &x, scratch->dim, slot, stat) != UHN_QUERY_DOMAIN;
    return x;
}

size_t uhn_tile_rows(const uhn_plan *plan, size_t first, size_t count, uhn_scratch *scratch)
{
    const size_t row = row_floats(plan);
    bool taken;
    for (size_t r = 0; r < count; r++) {
        scratch->rows[r] = uhn_tile_row(plan, scratch, first + r, scratch->prepared_room + r * row,
                                        scratch->row_room + r * row, &scratch->row_stats[r], &taken);
        if (!taken)
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
