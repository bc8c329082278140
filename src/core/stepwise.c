/* SPDX-License-Identifier: MIT */
#include "core/stepwise.h"

#include "base/allocate.h"
#include "base/status.h"
#include "core/output.h"
#include "core/update.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { CHUNK = 256 }; /* queries that are under way at the same time */

/* One query on its way. */
typedef struct walk {
    uhn_cycle_watch watch;
    uhn_report report;
    bool active;  /* has steps to take */
    bool stepped; /* took part in the present step */
} walk;

/* One chunk of queries, and the rooms of the threads. */
typedef struct crowd {
    const uhn_network *network;
    const uhn_options *options;
    size_t dim, answer_dim, state_dim;
    bool wants_figures, stopped;
    int threads;

    size_t first, count; /* the queries of this chunk */
    walk *walks;
    float *states, *checkpoints; /* a state for each */

    size_t thread_bytes, answer_bytes, before_bytes; /* one thread's room: answer, state before, network's scratch */
    uint8_t *rooms;
} crowd;

void uhn_report_score(uhn_report *report, size_t index, double score)
{
    if (report->best == UHN_NO_INDEX) {
        report->best = index;
        report->best_score = score;
        report->margin = INFINITY;
    } else if (score > report->best_score) {
        report->margin = score - report->best_score;
        report->best = index;
        report->best_score = score;
    } else if (report->best_score - score < report->margin) {
        report->margin = report->best_score - score;
    }
}

static bool all_finite(const float *x, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static uhn_status make_rooms(crowd *group, size_t chunk)
{
    size_t answer = uhn_align_size(group->answer_dim * sizeof(double));
    size_t before = uhn_align_size(group->state_dim * sizeof(float));
    size_t scratch = uhn_align_size(group->network->scratch_size);
    size_t states;
    if (!uhn_multiply_sizes(chunk, group->state_dim, &states))
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "%zu states of %zu numbers do not fit into memory", chunk,
                        group->state_dim);
    group->answer_bytes = answer;
    group->before_bytes = before;
    group->thread_bytes = answer + before + scratch;
    group->rooms = uhn_allocate((size_t)group->threads, group->thread_bytes);
    group->walks = uhn_allocate(chunk, sizeof *group->walks);
    group->states = uhn_allocate(states, sizeof *group->states);
    group->checkpoints = uhn_allocate(states, sizeof *group->checkpoints);
    if (!group->rooms || !group->walks || !group->states || !group->checkpoints)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for %zu states of %zu numbers", chunk, group->state_dim);
    return UHN_OK;
}

static void clear_rooms(crowd *group)
{
    uhn_release(group->rooms);
    uhn_release(group->walks);
    uhn_release(group->states);
    uhn_release(group->checkpoints);
}

static void start_walk(crowd *group, size_t index, const float *query)
{
    const uhn_network *network = group->network;
    walk *one = &group->walks[index];
    float *state = group->states + index * group->state_dim;

    *one = (walk){0};
    uhn_report_clear(&one->report);
    if (!all_finite(query, group->dim))
        one->report.status = UHN_QUERY_NONFINITE;
    else if (network->admit)
        one->report.status = network->admit(network->model, query);
    one->active = one->report.status == UHN_QUERY_OK;
    if (!one->active)
        return;
    if (group->options->steps > 1)
        one->report.outcome = UHN_OUTCOME_LIMIT;
    memset(state, 0, group->state_dim * sizeof *state);
    memcpy(state + network->query_offset, query, group->dim * sizeof *state);
    memcpy(group->checkpoints + index * group->state_dim, state, group->state_dim * sizeof *state);
}

/* One step of one query; true when it goes on. */
static bool take_step(crowd *group, size_t index, size_t step, uint8_t *room)
{
    const uhn_network *network = group->network;
    const uhn_options *options = group->options;
    walk *one = &group->walks[index];
    float *state = group->states + index * group->state_dim;
    float *checkpoint = group->checkpoints + index * group->state_dim;
    float *before = (float *)(void *)(room + group->answer_bytes);
    void *scratch = room + group->answer_bytes + group->before_bytes;

    memcpy(before, state, group->state_dim * sizeof *state);
    network->step(network->model, step, before, state, scratch);
    bool over = options->steps > 1 && uhn_cycle_step(&one->watch, before, state, checkpoint, group->state_dim,
                                                     options->tolerance, &one->report);
    over = over || step == options->steps;
    if (over && group->wants_figures)
        network->figures(network->model, before, state, scratch, &one->report);
    return !over;
}

/* Takes a step with every query that is under way, and shows each to the watch; true while some are left and the watch
 * lets them go on. */
static bool take_steps(crowd *group, size_t step)
{
    const uhn_options *options = group->options;
    size_t left = 0;
#pragma omp parallel for num_threads(group->threads) schedule(dynamic) reduction(+ : left)
    for (size_t i = 0; i < group->count; i++) {
        walk *one = &group->walks[i];
        one->stepped = one->active;
        if (one->active)
            one->active = take_step(group, i, step, group->rooms + (size_t)omp_get_thread_num() * group->thread_bytes);
        left += one->active;
    }
    for (size_t i = 0; options->watch && i < group->count && !group->stopped; i++)
        if (group->walks[i].stepped)
            group->stopped = !options->watch(options->watch_context, group->first + i, step,
                                             group->states + i * group->state_dim, group->answer_dim);
    return left > 0 && !group->stopped;
}

/* Writes the answer of one query: the head of its state through the output function, or NaN. */
static void deliver(crowd *group, size_t index, float *out)
{
    walk *one = &group->walks[index];
    const float *state = group->states + index * group->state_dim;
    double *answer = (double *)(void *)group->rooms;

    if (one->report.status == UHN_QUERY_OK && group->options->output != UHN_OUTPUT_NONE) {
        for (size_t o = 0; o < group->answer_dim; o++)
            answer[o] = state[o];
        one->report.status = uhn_apply_output(group->options->output, NULL, answer, group->answer_dim);
        for (size_t o = 0; o < group->answer_dim; o++)
            out[o] = (float)answer[o];
    } else {
        memcpy(out, state, group->answer_dim * sizeof *out);
    }
    if (one->report.status != UHN_QUERY_OK)
        for (size_t o = 0; o < group->answer_dim; o++)
            out[o] = NAN;
}

static const float *row_at(const float *rows, size_t stride, size_t index)
{
    return (const float *)(const void *)((const uint8_t *)rows + index * stride);
}

uhn_status uhn_run_network(const uhn_network *network, const uhn_memory *memory, const float *queries, size_t count,
                           size_t query_stride, const uhn_options *options, float *out, size_t out_stride,
                           uhn_report *reports)
{
    if (options->observed)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the %s update has no use for an observed-coordinates mask",
                        network->name);
    size_t chunk = options->watch || count < CHUNK ? count : CHUNK;
    crowd group = {
        .network = network,
        .options = options,
        .dim = memory->dim,
        .answer_dim = memory->value_dim,
        .state_dim = network->state_dim,
        .wants_figures = reports != NULL,
        .threads = uhn_thread_count(options, chunk),
    };
    uhn_status status;
    UHN_TRY(make_rooms(&group, chunk));
    for (size_t first = 0; first < count; first += chunk) {
        group.first = first;
        group.count = count - first < chunk ? count - first : chunk;
        for (size_t i = 0; i < group.count; i++)
            start_walk(&group, i, row_at(queries, query_stride, first + i));
        for (size_t step = 1; step <= options->steps && take_steps(&group, step); step++)
            ;
        if (group.stopped)
            UHN_TRY(uhn_fail(UHN_ERROR_STOPPED, "the watch stopped the recall"));
        for (size_t i = 0; i < group.count; i++) {
            deliver(&group, i, (float *)(void *)((uint8_t *)out + (first + i) * out_stride));
            if (reports)
                reports[first + i] = group.walks[i].report;
        }
    }
leave:
    clear_rooms(&group);
    return status;
}
