/* SPDX-License-Identifier: MIT
 * What a cell is made of. */
#include "lab/cell.h"
#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"
#include "lab/learn.h"

#include <string.h>

static bool is_bipolar(const uhn_cell *cell)
{
    return cell->point->experiment->task == UHN_TASK_BIPOLAR;
}

uint64_t uhn_seed_for(uint64_t seed, uint32_t purpose)
{
    uint32_t words[4];
    uhn_random_words(seed, UHN_STREAM_CELL, 0, purpose, words);
    return (uint64_t)words[0] << 32 | words[1];
}

void uhn_corrupt_rows(const uhn_point *point, const uhn_geometry *geometry, uint64_t seed, size_t count, size_t dim,
                      float *rows)
{
#pragma omp parallel for schedule(static) num_threads(point->threads)
    for (size_t i = 0; i < count; i++)
        point->corruption->apply(point->level, seed, geometry, i, dim, rows + i * dim);
}

/* x ↦ −1 or +1. */
static void make_bipolar(float *rows, size_t total)
{
    for (size_t i = 0; i < total; i++)
        rows[i] = rows[i] > 0.5f ? 1.0f : -1.0f;
}

/* The paper's code damages what is −1 and +1 already, and clamps it to 1: whatever the image, the query is 1
 * everywhere. Here the image is damaged, and becomes −1 and +1 then. */
static void make_queries(const uhn_cell *cell)
{
    const uhn_point *point = cell->point;
    const size_t total = cell->count * cell->dim;
    const bool bipolar = is_bipolar(cell), clamped = bipolar && point->protocol == UHN_PROTOCOL_PAPER;
    if (bipolar)
        uhn_population_take(cell->block->population, cell->block->first, cell->count, cell->queries);
    else
        memcpy(cell->queries, cell->block->rows, total * sizeof *cell->queries);
    if (clamped)
        make_bipolar(cell->queries, total);
    uhn_corrupt_rows(point, &cell->block->population->data->geometry, point->seed, cell->count, cell->dim,
                     cell->queries);
    if (bipolar && !clamped)
        make_bipolar(cell->queries, total);
}

/* Once for a block: the images that its run stores become −1 and +1. */
static uhn_status make_rows_bipolar(uhn_block *block)
{
    const size_t dim = block->population->data->dim;
    if (block->rows[0] == -1.0f)
        return UHN_OK;
    make_bipolar(block->rows, block->count * dim);
    uhn_stored_free(&block->self);
    return uhn_stored_make(block->rows, block->count, dim, &block->self);
}

uhn_status uhn_cell_make(uhn_block *block, const uhn_point *point, uhn_cell *cell)
{
    const size_t dim = block->population->data->dim, n = point->stored;
    uhn_status status = UHN_OK;
    *cell = (uhn_cell){.block = block, .point = point, .dim = dim, .count = n};
    if (point->experiment->task == UHN_TASK_BIPOLAR)
        UHN_TRY(make_rows_bipolar(block));
    cell->queries = uhn_allocate_unset(n, dim * sizeof *cell->queries);
    cell->best = uhn_allocate(n, sizeof *cell->best);
    cell->verdicts = uhn_allocate(n, sizeof *cell->verdicts);
    if (!cell->queries || !cell->best || !cell->verdicts) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu queries", n);
        goto leave;
    }
    make_queries(cell);
    UHN_TRY(uhn_memory_borrow(UHN_FLOAT32, block->rows, n, dim, 0, NULL, 0, 0, &cell->memory));
    cell->paper = (uhn_paper_cell){.rows = block->rows,
                                   .count = n,
                                   .dim = dim,
                                   .memory = cell->memory,
                                   .queries = cell->queries,
                                   .query_count = n,
                                   .threads = point->threads};
leave:
    if (status != UHN_OK)
        uhn_cell_free(cell);
    return status;
}

void uhn_cell_free(uhn_cell *cell)
{
    uhn_memory_destroy(cell->memory);
    uhn_paper_cell_free(&cell->paper);
    uhn_release(cell->queries);
    uhn_release(cell->mean_errors[0]);
    uhn_release(cell->mean_errors[1]);
    uhn_release(cell->table_values);
    uhn_limit_free(&cell->limit);
    uhn_release(cell->scores);
    uhn_release(cell->weights);
    uhn_release(cell->best);
    uhn_release(cell->verdicts);
    *cell = (uhn_cell){0};
}

/* ---- targets */

/* The same images with image rows 0 … H/2 − 1 black in all channels. */
static uhn_status make_others(uhn_block *block)
{
    const uhn_dataset *data = block->population->data;
    const size_t dim = data->dim;
    uhn_geometry geometry = data->geometry;
    if (geometry.height == 0)
        geometry = (uhn_geometry){.height = dim, .width = 1, .channels = 1};
    block->others = uhn_allocate_unset(block->count, dim * sizeof *block->others);
    if (!block->others)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu images", block->count);
    memcpy(block->others, block->rows, block->count * dim * sizeof *block->others);
    const size_t line = geometry.width * (geometry.interleaved ? geometry.channels : 1);
    const size_t planes = geometry.interleaved ? 1 : geometry.channels;
    for (size_t i = 0; i < block->count; i++)
        for (size_t plane = 0; plane < planes; plane++)
            memset(block->others + i * dim + plane * line * geometry.height, 0,
                   geometry.height / 2 * line * sizeof *block->others);
    return uhn_stored_make(block->others, block->count, dim, &block->other);
}

uhn_status uhn_cell_targets(uhn_cell *cell, bool hetero, uhn_stored **stored, const double **mean_errors)
{
    uhn_status status = UHN_OK;
    if (hetero && !cell->block->others)
        UHN_TRY(make_others(cell->block));
    *stored = hetero ? &cell->block->other : &cell->block->self;
    if (!cell->mean_errors[hetero]) {
        cell->mean_errors[hetero] = uhn_allocate(cell->count, sizeof(double));
        if (!cell->mean_errors[hetero])
            return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu errors", cell->count);
        UHN_TRY(uhn_stored_mean_errors(*stored, cell->count, cell->point->threads, cell->mean_errors[hetero]));
    }
    *mean_errors = cell->mean_errors[hetero];
leave:
    return status;
}

/* ---- similarities */

/* Pairs of images of other runs. Where images are −1 and +1, that is what their pixels mean, but here they are 0 and 1.
 */
static void make_pairs(const uhn_cell *cell, float *clean, float *damaged)
{
    const uhn_block *block = cell->block;
    const size_t total = UHN_EXAMPLE_PAIRS * cell->dim;
    uhn_population_take_outside(block->population, block->first, block->count, UHN_EXAMPLE_PAIRS, clean);
    memcpy(damaged, clean, total * sizeof *damaged);
    uhn_corrupt_rows(cell->point, &block->population->data->geometry,
                     uhn_seed_for(cell->point->seed, UHN_PURPOSE_PAIRS), UHN_EXAMPLE_PAIRS, cell->dim, damaged);
    for (size_t i = 0; is_bipolar(cell) && i < total; i++) {
        clean[i] = clean[i] > 0.5f;
        damaged[i] = damaged[i] > 0.5f;
    }
}

static uhn_status learn(uhn_cell *cell)
{
    const size_t total = UHN_EXAMPLE_PAIRS * cell->dim, bins = is_bipolar(cell) ? 2 : UHN_LEARNED_BINS;
    const size_t columns = uhn_learned_columns(bins);
    uhn_status status = UHN_OK;
    float *clean = uhn_allocate_unset(total, sizeof *clean), *damaged = uhn_allocate_unset(total, sizeof *damaged);
    cell->table_values = uhn_allocate(bins, columns * sizeof *cell->table_values);
    if (!clean || !damaged || !cell->table_values) {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %d examples", UHN_EXAMPLE_PAIRS);
        goto leave;
    }
    make_pairs(cell, clean, damaged);
    UHN_TRY(uhn_learn_table(clean, damaged, UHN_EXAMPLE_PAIRS, cell->dim, bins, cell->table_values));
    cell->table = (uhn_table){.values = cell->table_values, .rows = bins, .columns = columns};
leave:
    uhn_release(clean);
    uhn_release(damaged);
    return status;
}

static uhn_status choose_learned(uhn_cell *cell, uhn_options *options)
{
    uhn_status status = UHN_OK;
    if (!cell->table_values)
        UHN_TRY(learn(cell));
    UHN_TRY(uhn_choose_similarity(options, is_bipolar(cell) ? "table:low=-1,high=1,ends=1" : "table:ends=1"));
    options->similarity_context = &cell->table;
leave:
    return status;
}

static uhn_status choose_limit(uhn_cell *cell, uhn_options *options, bool *exists)
{
    const uhn_point *point = cell->point;
    uhn_status status = UHN_OK;
    if (!cell->limit_found)
        UHN_TRY(uhn_limit_find(point->corruption, point->level, &cell->block->population->data->geometry, cell->dim,
                               &cell->limit));
    cell->limit_found = true;
    *exists = cell->limit.known;
    if (!*exists)
        return UHN_OK;
    UHN_TRY(uhn_choose_similarity(options, cell->limit.similarity));
    options->observed = cell->limit.observed;
leave:
    return status;
}

uhn_status uhn_cell_similarity(uhn_cell *cell, const uhn_curve_row *curve, uhn_options *options, bool *exists)
{
    uhn_options_default(options);
    options->threads = cell->point->threads;
    options->compat_paper = cell->point->protocol == UHN_PROTOCOL_PAPER;
    options->normalise_scores = options->compat_paper;
    options->normalise_weights = UHN_NORMALISE_SUM;
    *exists = true;
    if (curve->kind == UHN_SERIES_LEARNED)
        return choose_learned(cell, options);
    if (curve->kind == UHN_SERIES_LIMIT)
        return choose_limit(cell, options, exists);
    return uhn_choose_similarity(options, curve->similarity);
}
