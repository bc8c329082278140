/* SPDX-License-Identifier: MIT
 * The three steps one by one, and the k most similar memories. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/retrieve.h"
#include "core/update.h"
#include "kernel/kernel.h"

#include <math.h>
#include <omp.h>
#include <string.h>

static const uhn_options *or_default(const uhn_options *options, uhn_options *defaults)
{
    uhn_options_default(defaults);
    return options ? options : defaults;
}

static uhn_status check_output(const char *what, const void *output, size_t count)
{
    return output || !count ? UHN_OK : uhn_fail(UHN_ERROR_ARGUMENT, "%s: no array was given", what);
}

/* The plan and the queries, for the calls that take queries. */
static uhn_status prepare(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                          const uhn_options *options, unsigned bind, uhn_plan *plan, uhn_batch *batch)
{
    *plan = (uhn_plan){0};
    if (!memory || memory->count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the memory is empty");
    const uhn_status status = uhn_check_rows("queries", queries, count, memory->dim, query_stride, &query_stride);
    *batch = (uhn_batch){.queries = queries, .count = count, .stride = query_stride};
    return status == UHN_OK ? uhn_plan_make(memory, options, bind, plan) : status;
}

/* ---- similarity */

uhn_status uhn_scores(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                      const uhn_options *options, double *scores, uhn_query_status *statuses)
{
    uhn_options defaults;
    uhn_plan plan;
    uhn_batch batch;
    uhn_status status = UHN_OK;
    options = or_default(options, &defaults);
    UHN_TRY(check_output("scores", scores, count));
    UHN_TRY(prepare(memory, queries, count, query_stride, options, UHN_BIND_SIMILARITY, &plan, &batch));
    if (count)
        status = uhn_retrieve_scores(&plan, &batch, scores, statuses);
    status = uhn_memory_intact(memory, status);
    uhn_plan_free(&plan);
leave:
    return status;
}

/* ---- separation: the accumulators twice, once for the sums, once for the weights relative to them */

static void absorb_all(const uhn_plan *plan, const double *scores, uhn_accumulator *total, uint8_t *room)
{
    for (size_t c = 0; c < plan->chunks; c++) {
        size_t count;
        const size_t first = uhn_plan_chunk(plan, c, &count), end = first + count;
        uhn_accumulator *chunk = uhn_accumulator_init(plan, room, count, false);
        for (size_t i = first; i < end; i += UHN_TILE_ROWS)
            uhn_accumulator_absorb(plan, chunk, scores + i, i, end - i < UHN_TILE_ROWS ? end - i : UHN_TILE_ROWS, NULL);
        uhn_accumulator_merge(plan, total, chunk);
    }
}

static void write_weights(const uhn_plan *plan, const double *scores, uhn_accumulator *total, const uhn_finish *finish,
                          double *weights)
{
    const size_t count = plan->memory->count;
    if (plan->separation->selects) {
        memset(weights, 0, count * sizeof *weights);
        for (size_t i = 0; i < finish->selected_count; i++)
            weights[finish->selected[i].index] = finish->selected[i].weight * finish->factor;
        return;
    }
    /* A state that has seen all scores no longer moves: what it writes now is in the final scale. */
    for (size_t i = 0; i < count; i += UHN_TILE_ROWS) {
        double tile[UHN_TILE_ROWS], rescale;
        const size_t n = count - i < UHN_TILE_ROWS ? count - i : UHN_TILE_ROWS;
        plan->separation->absorb(total->state, scores + i, i, n, plan->options->separation_parameters,
                                 plan->separation_context, tile, &rescale);
        for (size_t j = 0; j < n; j++)
            weights[i + j] = tile[j] * finish->factor;
    }
}

static bool all_finite(const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static uhn_query_status weigh(const uhn_plan *plan, const double *scores, double *weights, uint8_t *room,
                              size_t total_size)
{
    const size_t count = plan->memory->count;
    uhn_accumulator *total = uhn_accumulator_init(plan, room, count, false);
    uhn_finish finish;
    uhn_report report;
    uhn_report_clear(&report);
    absorb_all(plan, scores, total, room + total_size);
    uhn_query_status status = uhn_accumulator_finish(plan, total, &finish, &report);
    if (uhn_is_answered(status)) {
        write_weights(plan, scores, total, &finish, weights);
        if (!plan->options->compat_paper && !all_finite(weights, count))
            status = UHN_QUERY_DOMAIN; /* infinite scores, whose weights cannot be told */
    }
    for (size_t i = 0; !uhn_is_answered(status) && i < count; i++)
        weights[i] = NAN;
    return status;
}

uhn_status uhn_weights(const uhn_memory *memory, const double *scores, size_t count, const uhn_options *options,
                       double *weights, uhn_query_status *statuses)
{
    uhn_options defaults;
    uhn_plan plan;
    uhn_batch batch;
    uhn_status status = UHN_OK;
    options = or_default(options, &defaults);
    UHN_TRY(check_output("scores", scores, count));
    UHN_TRY(check_output("weights", weights, count));
    UHN_TRY(prepare(memory, NULL, 0, 0, options, UHN_BIND_SEPARATION, &plan, &batch));
    const int threads = uhn_thread_count(options, count);
    const size_t n = memory->count, total_size = uhn_accumulator_size(&plan, n, false);
    const size_t room_size = total_size + uhn_accumulator_size(&plan, plan.chunk_rows, false);
    uint8_t *rooms = uhn_allocate((size_t)threads, room_size);
    if (rooms) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (size_t query = 0; query < count; query++) {
            uint8_t *room = rooms + (size_t)omp_get_thread_num() * room_size;
            const uhn_query_status result = weigh(&plan, scores + query * n, weights + query * n, room, total_size);
            if (statuses)
                statuses[query] = result;
        }
    } else {
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the states of %d threads", threads);
    }
    uhn_release(rooms);
    uhn_plan_free(&plan);
leave:
    return status;
}

/* ---- projection */

static void project_one(const uhn_plan *plan, const double *weights, double *z, float *scratch, float *out)
{
    memset(z, 0, plan->out_dim * sizeof *z);
    for (size_t i = 0; i < plan->memory->count; i++)
        if (weights[i] != 0)
            uhn_kernel_accumulate(z, weights[i],
                                  uhn_memory_projected(plan->memory, plan->options->projection, i, scratch),
                                  plan->out_dim);
    for (size_t o = 0; o < plan->out_dim; o++)
        out[o] = (float)z[o];
}

uhn_status uhn_project(const uhn_memory *memory, const double *weights, size_t count, const uhn_options *options,
                       float *out, size_t out_stride)
{
    uhn_options defaults;
    uhn_plan plan;
    uhn_batch batch;
    uhn_status status = UHN_OK;
    options = or_default(options, &defaults);
    UHN_TRY(check_output("weights", weights, count));
    UHN_TRY(prepare(memory, NULL, 0, 0, options, 0, &plan, &batch));
    const int threads = uhn_thread_count(options, count);
    const size_t dim = memory->dim > plan.out_dim ? memory->dim : plan.out_dim;
    const size_t room = uhn_align_size(dim * sizeof(float)) + uhn_align_size(plan.out_dim * sizeof(double));
    uint8_t *rooms = uhn_allocate((size_t)threads, room);
    status = uhn_check_rows("out", out, count, plan.out_dim, out_stride, &out_stride);
    if (status == UHN_OK && !rooms)
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the sums of %d threads", threads);
    if (status == UHN_OK) {
#pragma omp parallel for schedule(dynamic) num_threads(threads)
        for (size_t query = 0; query < count; query++) {
            uint8_t *own = rooms + (size_t)omp_get_thread_num() * room;
            project_one(&plan, weights + query * memory->count,
                        (double *)(void *)(own + uhn_align_size(dim * sizeof(float))), (float *)(void *)own,
                        (float *)(void *)((uint8_t *)out + query * out_stride));
        }
        status = uhn_memory_intact(memory, status);
    }
    uhn_release(rooms);
    uhn_plan_free(&plan);
leave:
    return status;
}

/* ---- the k best */

typedef struct best_lists {
    size_t k;
    size_t *indices;
    double *scores;
    uhn_query_status *statuses;
} best_lists;

static void list_best(const uhn_sink *sink, size_t query, const float *state, double *z, const uhn_finish *finish,
                      uhn_report *report)
{
    (void)state, (void)z;
    const best_lists *lists = sink->context;
    const size_t found = uhn_is_answered(report->status) ? finish->selected_count : 0;
    for (size_t i = 0; i < lists->k; i++) {
        if (lists->indices)
            lists->indices[query * lists->k + i] = i < found ? finish->selected[i].index : UHN_NO_INDEX;
        if (lists->scores)
            lists->scores[query * lists->k + i] = i < found ? finish->selected[i].score : -INFINITY;
    }
    if (lists->statuses)
        lists->statuses[query] = report->status;
}

uhn_status uhn_top_k(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                     const uhn_options *options, size_t k, size_t *indices, double *scores, uhn_query_status *statuses)
{
    uhn_options own;
    uhn_plan plan;
    uhn_batch batch;
    uhn_status status = UHN_OK;
    best_lists lists = {.k = k, .indices = indices, .scores = scores, .statuses = statuses};
    const uhn_sink sink = {.answer = list_best, .context = &lists};
    uhn_options_default(&own);
    if (k == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the 0 best memories were asked for");
    if (options) {
        own.similarity = options->similarity;
        memcpy(own.similarity_parameters, options->similarity_parameters, sizeof own.similarity_parameters);
        own.similarity_context = options->similarity_context;
        own.observed = options->observed;
        own.observed_stride = options->observed_stride;
        own.threads = options->threads;
    }
    UHN_TRY(uhn_choose_separation(&own, "k-winners"));
    const size_t most = memory && memory->count ? memory->count : 1;
    own.separation_parameters[0] = (double)(k < most ? k : most);
    UHN_TRY(prepare(memory, queries, count, query_stride, &own, UHN_BIND_SIMILARITY, &plan, &batch));
    if (count)
        status = uhn_retrieve(&plan, &batch, &sink);
    status = uhn_memory_intact(memory, status);
    uhn_plan_free(&plan);
leave:
    return status;
}
