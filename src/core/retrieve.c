/* SPDX-License-Identifier: MIT
 * The recall itself. Queries go in groups, memories in chunks; each (group, chunk) is a piece of work for one thread:
 * tile after tile, similarity → separation → projection into the accumulators of the chunk. Then, per query, chunks are
 * merged in their order and the answer is finished. As many groups as fill the threads make a wave, whose accumulators
 * are all the memory there is to it. */
#include "core/retrieve.h"

#include "base/allocate.h"
#include "base/status.h"
#include "core/slab.h"
#include "core/update.h"

#include <math.h>
#include <omp.h>

enum { WAVE_BYTES = 24 << 20 }; /* for the accumulators of a wave, unless one query alone needs more */
enum { GROUP_WORTHWHILE = 64 }; /* queries per thread from which a thread keeps its own */
enum { SMALL_WORK = 1 << 16 };  /* element pairs below which threads cost more than they give */

/* The sum of one query's scores over one chunk, for score normalisation. */
typedef struct score_sum {
    double sum;
    bool negative;
} score_sum;

typedef struct wave {
    const uhn_plan *plan;
    const uhn_batch *batch;
    const uhn_sink *sink;
    int threads;
    bool own_masks;            /* a mask for each query, so each is a group of its own */
    size_t group_size, groups; /* queries per group, groups per wave */
    bool by_group;             /* a thread takes a group through all chunks, not one chunk of it */
    size_t places;             /* accumulators per query: one for each chunk; or one for all so far, and one for the
                                  chunk at hand */
    size_t first, count;       /* the queries of this wave */
    size_t chunk_rows;         /* memories per accumulator, at most */
    size_t refused;            /* the lowest memory that the similarity refused, for all queries alike */
    size_t accumulator_size, total_size, scratch_size, slab_size, answer_size;
    uint8_t *accumulators;          /* [query][chunk] */
    uint8_t *rooms;                 /* [thread]: scratch, slab, the accumulator of all chunks, z */
    score_sum *score_sums;          /* [query][chunk] */
    double *limits;                 /* [query]: scores below which nothing is needed (slab.h) */
    uhn_query_status *statuses;     /* [query] */
    double *all_scores;             /* [batch query][N]: for the scores alone */
    uhn_query_status *all_statuses; /* [batch query], or NULL */
} wave;

/* What to do with the scores [count] of one tile for query `slot` of the wave. */
typedef void visitor(wave *w, size_t slot, size_t chunk, size_t first, size_t count, double *scores);

static size_t smallest(size_t a, size_t b)
{
    return a < b ? a : b;
}

static uhn_accumulator *accumulator(const wave *w, size_t slot, size_t place)
{
    return (uhn_accumulator *)(void *)(w->accumulators + (slot * w->places + place) * w->accumulator_size);
}

static size_t room_size(const wave *w)
{
    return w->scratch_size + w->slab_size + w->total_size + w->answer_size;
}

static uint8_t *room(const wave *w)
{
    return w->rooms + (size_t)omp_get_thread_num() * room_size(w);
}

/* ---- the three steps */

/* A memory that the similarity refuses fails the call; under a mask of its own it is the query that has no answer. */
static void refuse(wave *w, size_t slot, size_t memory)
{
#pragma omp critical(uhn_refused)
    if (w->own_masks)
        w->statuses[slot] = UHN_QUERY_DOMAIN;
    else
        w->refused = memory < w->refused ? memory : w->refused;
}

/* Notes the statuses that are not known from another chunk or pass. Has any of the queries an answer so far? */
static bool note_statuses(wave *w, size_t slot, const uhn_scratch *scratch)
{
    bool any = false;
#pragma omp critical(uhn_refused)
    for (size_t q = 0; q < scratch->query_count; q++) {
        uhn_query_status *status = &w->statuses[slot + q];
        if (*status == UHN_QUERY_STATUS_COUNT)
            *status = scratch->queries[q].status;
        any |= uhn_is_answered(*status);
    }
    return any;
}

/* One piece of work: all memories of a chunk for the queries of a group. Tile by tile, each score exact … */
static void visit_chunk(wave *w, size_t group, size_t chunk, visitor *visit)
{
    const uhn_plan *plan = w->plan;
    uhn_scratch *scratch = uhn_scratch_init(plan, room(w));
    const size_t slot = group * w->group_size, left = w->count - slot;
    uhn_tile_queries(plan, w->batch, w->first + slot, left < w->group_size ? left : w->group_size, scratch);
    if (!note_statuses(w, slot, scratch))
        return;

    size_t chunk_count;
    const size_t chunk_first = uhn_plan_chunk(plan, chunk, &chunk_count), end = chunk_first + chunk_count;
    for (size_t first = chunk_first; first < end; first += UHN_TILE_ROWS) {
        const size_t count = end - first < UHN_TILE_ROWS ? end - first : UHN_TILE_ROWS;
        const size_t refused = uhn_tile_rows(plan, first, count, scratch);
        if (refused != UHN_NO_INDEX) {
            refuse(w, slot, refused);
            return;
        }
        if (w->sink && w->sink->project)
            uhn_tile_values(plan, first, count, scratch);
        for (size_t q = 0; q < scratch->query_count; q++) {
            double scores[UHN_TILE_ROWS];
            if (!uhn_is_answered(scratch->queries[q].status))
                continue;
            uhn_tile_scores(plan, scratch, q, count, scores);
            visit(w, slot + q, chunk, first, count, scores);
        }
    }
}

/* The queries of a group, prepared in the thread's room, where they stay for the chunks that follow. */
static uhn_slab *prepare_group(const wave *w, size_t slot)
{
    uint8_t *own = room(w);
    uhn_slab *slab = (uhn_slab *)(void *)(own + w->scratch_size);
    const size_t group = w->first + slot + 1; /* never 0, which a slab has at first */
    if (slab->group != group) {
        uhn_scratch *scratch = uhn_scratch_init(w->plan, own);
        slab = uhn_slab_init(w->plan, slab);
        uhn_tile_queries(w->plan, w->batch, w->first + slot, smallest(w->count - slot, w->group_size), scratch);
        uhn_slab_queries(w->plan, scratch, slab);
        slab->group = group;
    }
    return slab;
}

/* … or slab by slab, with estimates. */
static void absorb_chunk(wave *w, size_t group, size_t chunk)
{
    const uhn_plan *plan = w->plan;
    const size_t slot = group * w->group_size;
    uhn_slab *slab = prepare_group(w, slot);
    uhn_scratch *scratch = (uhn_scratch *)(void *)room(w);
    if (!note_statuses(w, slot, scratch))
        return;
    uhn_slab_begin(plan, accumulator(w, slot, w->by_group ? 1 : chunk), w->places * w->accumulator_size,
                   w->limits + slot, slab);

    size_t chunk_count;
    const size_t chunk_first = uhn_plan_chunk(plan, chunk, &chunk_count), end = chunk_first + chunk_count;
    for (size_t first = chunk_first; first < end; first += plan->slab_rows) {
        const size_t refused = uhn_slab_absorb(plan, scratch, first, smallest(end - first, plan->slab_rows), slab);
        if (refused != UHN_NO_INDEX) {
            refuse(w, slot, refused);
            return;
        }
    }
}

static void absorb_group(wave *w, size_t group)
{
    const uhn_plan *plan = w->plan;
    const size_t first = group * w->group_size, end = smallest(first + w->group_size, w->count);
    for (size_t chunk = 0; chunk < plan->chunks; chunk++) {
        for (size_t slot = first; slot < end; slot++)
            uhn_accumulator_init(plan, accumulator(w, slot, 1), w->chunk_rows, w->sink->project);
        absorb_chunk(w, group, chunk);
        for (size_t slot = first; slot < end; slot++)
            uhn_accumulator_merge(plan, accumulator(w, slot, 0), accumulator(w, slot, 1));
    }
}

static void sum_scores(wave *w, size_t slot, size_t chunk, size_t first, size_t count, double *scores)
{
    (void)first;
    score_sum *sum = &w->score_sums[slot * w->plan->chunks + chunk];
    for (size_t i = 0; i < count; i++) {
        sum->sum += scores[i];
        sum->negative |= scores[i] < 0;
    }
}

/* Separation and projection; w->score_sums[slot][0] holds the divisor by now. */
static void absorb_scores(wave *w, size_t slot, size_t chunk, size_t first, size_t count, double *scores)
{
    const uhn_scratch *scratch = (const uhn_scratch *)(const void *)room(w);
    if (w->plan->options->normalise_scores)
        for (size_t i = 0; i < count; i++)
            scores[i] /= w->score_sums[slot * w->plan->chunks].sum;
    uhn_accumulator_absorb(w->plan, accumulator(w, slot, chunk), scores, first, count, scratch->values);
}

static void keep_scores(wave *w, size_t slot, size_t chunk, size_t first, size_t count, double *scores)
{
    double *to = w->all_scores + (w->first + slot) * w->plan->memory->count + first;
    for (size_t i = 0; i < count; i++)
        to[i] = scores[i];
    sum_scores(w, slot, chunk, first, count, scores);
}

/* ---- waves */

static uhn_status visit_all(wave *w, visitor *visit)
{
    const size_t chunks = w->plan->chunks, groups = (w->count - 1) / w->group_size + 1;
    w->refused = UHN_NO_INDEX;
#pragma omp parallel for schedule(dynamic) num_threads(w->threads)
    for (size_t item = 0; item < groups * (w->by_group ? 1 : chunks); item++)
        if (w->by_group)
            absorb_group(w, item);
        else if (visit)
            visit_chunk(w, item / chunks, item % chunks, visit);
        else
            absorb_chunk(w, item / chunks, item % chunks);
    if (w->refused != UHN_NO_INDEX)
        return uhn_fail(UHN_ERROR_DOMAIN, "memory row %zu has %s, which '%s' does not take%s", w->refused,
                        w->plan->similarity->domain ? w->plan->similarity->domain : "something",
                        w->plan->similarity->name,
                        w->plan->memory->storage == UHN_UINT8 ? " (uint8 entries stand for v/255)" : "");
    return UHN_OK;
}

/* Adds the chunks' sums up, in order, into the first; a query whose scores have no positive sum is not answered. */
static void fold_sums(wave *w)
{
    const size_t chunks = w->plan->chunks;
    for (size_t slot = 0; slot < w->count; slot++) {
        score_sum *sums = &w->score_sums[slot * chunks];
        for (size_t c = 1; c < chunks; c++) {
            sums[0].sum += sums[c].sum;
            sums[0].negative |= sums[c].negative;
        }
        if (w->plan->options->compat_paper || !uhn_is_answered(w->statuses[slot]))
            continue;
        if (sums[0].negative || isnan(sums[0].sum))
            w->statuses[slot] = UHN_QUERY_DOMAIN;
        else if (!(sums[0].sum > 0) || isinf(sums[0].sum))
            w->statuses[slot] = UHN_QUERY_ZERO_SUM;
    }
}

static bool all_finite(const double *z, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (!isfinite(z[i]))
            return false;
    return true;
}

/* Merges the chunks of one query in their order and hands the answer over. */
static void finish_query(const wave *w, size_t slot)
{
    const uhn_plan *plan = w->plan;
    uint8_t *own = room(w);
    uhn_accumulator *total =
        uhn_accumulator_init(plan, own + w->scratch_size + w->slab_size, plan->memory->count, w->sink->project);
    double *z = (double *)(void *)(own + w->scratch_size + w->slab_size + w->total_size);
    uhn_finish finish = {0};
    uhn_report report;
    uhn_report_clear(&report);
    report.status = w->statuses[slot];
    if (uhn_is_answered(report.status)) {
        for (size_t place = 0; place < (w->by_group ? 1 : w->places); place++)
            uhn_accumulator_merge(plan, total, accumulator(w, slot, place));
        const uhn_query_status status = uhn_accumulator_finish(plan, total, &finish, &report);
        if (status != UHN_QUERY_OK)
            report.status = status;
    }
    if (w->sink->project && uhn_is_answered(report.status)) {
        uhn_accumulator_project(plan, total, &finish, z, uhn_scratch_init(plan, own)->value_room);
        if (!plan->options->compat_paper && !all_finite(z, plan->out_dim))
            report.status = UHN_QUERY_DOMAIN; /* weights beyond float64: an answer, but not a number */
    }
    w->sink->answer(w->sink, w->first + slot, uhn_batch_query(w->batch, w->first + slot), z, &finish, &report);
}

static uhn_status recall_wave(wave *w)
{
    const uhn_plan *plan = w->plan;
    uhn_status status = UHN_OK;
    if (plan->options->normalise_scores) {
        UHN_TRY(visit_all(w, sum_scores));
        fold_sums(w);
    }
    for (size_t slot = 0; slot < w->count; slot++)
        for (size_t place = 0; place < w->places; place++)
            uhn_accumulator_init(plan, accumulator(w, slot, place), w->chunk_rows, w->sink->project);
    UHN_TRY(visit_all(w, plan->estimates ? NULL : absorb_scores));
#pragma omp parallel for schedule(dynamic) num_threads(w->threads)
    for (size_t slot = 0; slot < w->count; slot++)
        finish_query(w, slot);
leave:
    return status;
}

static bool any_nan(const double *scores, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isnan(scores[i]))
            return true;
    return false;
}

static uhn_status scores_wave(wave *w)
{
    const size_t count = w->plan->memory->count;
    uhn_status status = UHN_OK;
    UHN_TRY(visit_all(w, keep_scores));
    if (w->plan->options->normalise_scores)
        fold_sums(w);
    for (size_t slot = 0; slot < w->count; slot++) {
        double *scores = w->all_scores + (w->first + slot) * count;
        const double divisor = w->plan->options->normalise_scores ? w->score_sums[slot * w->plan->chunks].sum : 1;
        if (uhn_is_answered(w->statuses[slot]) && !w->plan->options->compat_paper && any_nan(scores, count))
            w->statuses[slot] = UHN_QUERY_DOMAIN;
        for (size_t i = 0; i < count; i++)
            scores[i] = uhn_is_answered(w->statuses[slot]) ? scores[i] / divisor : (double)NAN;
        if (w->all_statuses)
            w->all_statuses[w->first + slot] = w->statuses[slot];
    }
leave:
    return status;
}

/* ---- sizes: none of them changes a bit of any answer */

/* With many queries, and large accumulators to be filled by estimates, two per query are enough if a thread takes its
 * queries through the chunks one after the other. So more of them share the work on each memory. The chunks are merged
 * in the same order. */
static bool goes_by_group(const wave *w)
{
    const uhn_plan *plan = w->plan;
    return w->sink && w->sink->project && plan->estimates && plan->precision.sensitivity > 0 && plan->chunks > 2 &&
           !w->own_masks && w->batch->count / GROUP_WORTHWHILE >= (size_t)w->threads;
}

static void size_by_group(wave *w)
{
    const size_t threads = (size_t)w->threads, count = w->batch->count;
    w->places = 2;
    const size_t fitting = WAVE_BYTES / (threads * w->places * w->accumulator_size);
    const size_t most = fitting < 1 ? 1 : smallest(fitting, w->plan->group_queries);
    const size_t waves = (count - 1) / (most * threads) + 1;
    w->group_size = (count - 1) / (waves * threads) + 1; /* as even as can be */
    w->groups = threads;
}

static void choose_sizes(wave *w)
{
    const uhn_plan *plan = w->plan;
    const size_t count = w->batch->count, chunks = plan->chunks, dim = plan->memory->dim;
    const double work = (double)count * (double)plan->memory->count * (double)dim;
    w->threads = work < SMALL_WORK ? 1 : uhn_thread_count(plan->options, count * chunks);
    const size_t threads = (size_t)w->threads;
    w->places = chunks;
    w->by_group = goes_by_group(w);
    if (w->by_group) {
        size_by_group(w);
        return;
    }
    w->groups = (4 * threads - 1) / chunks + 1;
    const size_t fitting = WAVE_BYTES / (w->groups * chunks * w->accumulator_size);
    w->group_size = smallest(smallest(plan->group_queries, count * chunks / threads), fitting);
    if (w->group_size == 0 || w->own_masks)
        w->group_size = 1;
    w->groups = smallest(w->groups, (count - 1) / w->group_size + 1);
}

static uhn_status allocate_wave(wave *w)
{
    const uhn_plan *plan = w->plan;
    const bool project = w->sink && w->sink->project;
    w->scratch_size = uhn_scratch_size(plan);
    w->slab_size = uhn_slab_size(plan);
    w->answer_size = uhn_align_size(plan->out_dim * sizeof(double));
    w->chunk_rows = smallest(plan->chunk_rows, plan->memory->count);
    w->accumulator_size = uhn_accumulator_size(plan, w->chunk_rows, project);
    w->total_size = uhn_accumulator_size(plan, plan->memory->count, project);
    w->own_masks = plan->options->observed && plan->options->observed_stride;
    choose_sizes(w);
    const size_t slots = w->groups * w->group_size, states = slots * plan->chunks;
    w->accumulators = uhn_allocate_unset(w->sink ? slots * w->places : 0, w->accumulator_size);
    w->rooms = uhn_allocate_unset((size_t)w->threads, room_size(w));
    w->score_sums = uhn_allocate(states, sizeof *w->score_sums);
    w->statuses = uhn_allocate(slots, sizeof *w->statuses);
    w->limits = uhn_allocate(slots, sizeof *w->limits);
    if (!w->scratch_size || !w->accumulators || !w->rooms || !w->score_sums || !w->statuses || !w->limits)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the states of %zu queries", slots);
    for (int thread = 0; w->slab_size && thread < w->threads; thread++)
        uhn_slab_init(plan, w->rooms + (size_t)thread * room_size(w) + w->scratch_size);
    return UHN_OK;
}

static uhn_status run(wave *w, uhn_status (*run_wave)(wave *))
{
    uhn_status status = UHN_OK;
    UHN_TRY(allocate_wave(w));
    const size_t slots = w->groups * w->group_size;
    for (w->first = 0; w->first < w->batch->count; w->first += slots) {
        w->count = smallest(slots, w->batch->count - w->first);
        for (size_t slot = 0; slot < w->count; slot++) {
            w->statuses[slot] = UHN_QUERY_STATUS_COUNT;
            w->limits[slot] = -INFINITY;
        }
        for (size_t i = 0; i < w->count * w->plan->chunks; i++)
            w->score_sums[i] = (score_sum){0};
        UHN_TRY(run_wave(w));
    }
leave:
    uhn_release(w->accumulators);
    uhn_release(w->rooms);
    uhn_release(w->score_sums);
    uhn_release(w->statuses);
    uhn_release(w->limits);
    return status;
}

uhn_status uhn_retrieve(const uhn_plan *given, const uhn_batch *batch, const uhn_sink *sink)
{
    uhn_plan plan = *given;
    uhn_status status = UHN_OK;
    uhn_slab_plan(&plan, sink->project, batch->count);
    UHN_TRY(uhn_slab_know_rows(&plan));
    wave w = {.plan = &plan, .batch = batch, .sink = sink};
    UHN_TRY(run(&w, recall_wave));
leave:
    return status;
}

uhn_status uhn_retrieve_scores(const uhn_plan *plan, const uhn_batch *batch, double *scores, uhn_query_status *statuses)
{
    wave w = {.plan = plan, .batch = batch, .all_scores = scores, .all_statuses = statuses};
    return run(&w, scores_wave);
}
