/* SPDX-License-Identifier: MIT
 * The inverse temperatures at which memories merge, and at which they cease to have an attractor. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/plan.h"
#include "dynamics/attractor.h"

#include <math.h>
#include <omp.h>
#include <string.h>

enum { SCALINGS_MAX = 30 };

/* A question whose answer changes from no to yes as β rises. */
typedef struct question {
    const uhn_memory *memory;
    uhn_flow flow;
    const uhn_parameter *beta;
    size_t beta_place; /* among the parameters of the memory layer */
    size_t memories[2], count;
    double radius;
    float *starts;  /* [count × D] */
    double *states; /* [count × D] */
    bool (*holds)(const struct question *q, const uhn_flow_report *reports);
} question;

static bool are_apart(const question *q, const uhn_flow_report *reports)
{
    const size_t dim = q->memory->dim;
    if (reports[0].status != UHN_QUERY_OK || reports[1].status != UHN_QUERY_OK)
        return false; /* what left float64 rests nowhere */
    uhn_patterns_of(&q->flow, q->states, 2, dim, q->states);
    return !uhn_is_same_pattern(q->states, q->states + dim, dim, q->radius);
}

static bool has_attractor(const question *q, const uhn_flow_report *reports)
{
    return uhn_rests_at(reports, q->memories[0]);
}

static uhn_status ask(question *q, double beta, bool *answer)
{
    uhn_flow_report reports[2];
    q->flow.parameters[UHN_LAYER_MEMORY][q->beta_place] = beta;
    const uhn_status status = uhn_flow_run(q->memory, q->starts, q->count, 0, &q->flow, q->states, 0, NULL, reports);
    if (status == UHN_OK)
        *answer = q->holds(q, reports);
    return status;
}

static bool may_be(const question *q, double beta)
{
    return beta <= q->beta->maximum && (q->beta->above ? beta > q->beta->minimum : beta >= q->beta->minimum);
}

/* From `beta` on by halves or doubles to a bracket, then between its ends. */
static uhn_status find_transition(question *q, double beta, double precision, uhn_transition *found)
{
    bool first = false, answer = false;
    uhn_status status = UHN_OK;
    *found = (uhn_transition){0, INFINITY};
    UHN_TRY(ask(q, beta, &first));
    answer = first;
    for (int k = 0; k <= SCALINGS_MAX && answer == first; k++) {
        *(first ? &found->high : &found->low) = beta;
        beta = first ? beta / 2 : beta * 2;
        if (k == SCALINGS_MAX || !may_be(q, beta))
            goto leave;
        UHN_TRY(ask(q, beta, &answer));
    }
    *(first ? &found->low : &found->high) = beta;
    while (found->high > found->low * (1 + precision)) {
        beta = sqrt(found->low) * sqrt(found->high);
        if (!(beta > found->low && beta < found->high))
            break;
        UHN_TRY(ask(q, beta, &answer));
        *(answer ? &found->high : &found->low) = beta;
    }
leave:
    return status;
}

/* ---- preparing */

static uhn_status open_question(const uhn_memory *memory, const uhn_flow *flow, double radius, double precision,
                                size_t count, question *q)
{
    *q = (question){.memory = memory, .count = count, .radius = radius};
    if (!memory || memory->count == 0 || !flow || !flow->lagrangians[UHN_LAYER_MEMORY])
        return uhn_fail(UHN_ERROR_ARGUMENT, "the memory is empty, or the flow has no memory layer");
    const uhn_lagrangian *row = flow->lagrangians[UHN_LAYER_MEMORY];
    for (size_t i = 0; i < row->parameter_count && !q->beta; i++)
        if (strcmp(row->parameters[i].key, "beta") == 0) {
            q->beta = &row->parameters[i];
            q->beta_place = i;
        }
    if (!q->beta)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "the memory layer's Lagrangian '%s' has no beta to vary", row->name);
    if (!(precision > 0) || isinf(precision))
        return uhn_fail(UHN_ERROR_RANGE, "a precision of %g: it must be above 0, and finite", precision);
    const uhn_status status = uhn_check_landscape(flow, radius);
    q->flow = *flow;
    q->flow.watch = NULL;
    return status;
}

static uhn_status make_room(question *q)
{
    q->starts = uhn_allocate(q->memory->dim, q->count * sizeof *q->starts);
    q->states = uhn_allocate(q->memory->dim, q->count * sizeof *q->states);
    return q->starts && q->states
               ? UHN_OK
               : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the flows from %zu memories", q->count);
}

static void close_question(question *q)
{
    uhn_release(q->starts);
    uhn_release(q->states);
}

static uhn_status check_index(const uhn_memory *memory, size_t index)
{
    return index < memory->count
               ? UHN_OK
               : uhn_fail(UHN_ERROR_ARGUMENT, "there is no memory %zu: they are numbered from 0, and there are %zu",
                          index, memory->count);
}

/* |a − b|²/4 to divide by; a β within the row's range. */
static double first_beta(const question *q, double squares)
{
    const double beta = squares > 0 ? 4 / squares : 1;
    return fmin(fmax(beta, q->beta->minimum), q->beta->maximum);
}

static double squared_distance(const float *a, const float *b, size_t dim)
{
    double squares = 0;
    for (size_t i = 0; i < dim; i++)
        squares += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    return squares;
}

uhn_status uhn_merging_beta(const uhn_memory *memory, size_t a, size_t b, const uhn_flow *flow, double radius,
                            double precision, uhn_transition *merging)
{
    question q;
    uhn_status status = UHN_OK;
    UHN_TRY(open_question(memory, flow, radius, precision, 2, &q));
    UHN_TRY(check_index(memory, a));
    UHN_TRY(check_index(memory, b));
    UHN_TRY(make_room(&q));
    q.holds = are_apart;
    UHN_TRY(uhn_memory_row(memory, a, q.starts));
    UHN_TRY(uhn_memory_row(memory, b, q.starts + memory->dim));
    const double squares = squared_distance(q.starts, q.starts + memory->dim, memory->dim);
    UHN_TRY(find_transition(&q, first_beta(&q, squares), precision, merging));
leave:
    close_question(&q);
    return status;
}

/* ---- every memory by itself */

static uhn_status find_one(const question *shared, size_t index, double precision, uhn_transition *found)
{
    question q = *shared;
    const size_t dim = q.memory->dim;
    double nearest = INFINITY;
    float *other = uhn_allocate(dim, sizeof *other);
    uhn_status status = UHN_OK;
    UHN_TRY(make_room(&q));
    if (!other)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a row of %zu numbers", dim));
    q.memories[0] = index;
    UHN_TRY(uhn_memory_row(q.memory, index, q.starts));
    for (size_t m = 0; m < q.memory->count; m++)
        if (m != index)
            nearest = fmin(nearest, squared_distance(q.starts, uhn_memory_expand(q.memory, m, other), dim));
    UHN_TRY(find_transition(&q, first_beta(&q, isfinite(nearest) ? nearest : 0), precision, found));
leave:
    uhn_release(other);
    close_question(&q);
    return status;
}

/* All but the first; gives how many could not be found. */
static size_t find_others(const question *shared, const size_t *indices, size_t count, double precision,
                          uhn_transition *transitions, int threads)
{
    size_t failures = 0;
#pragma omp parallel for schedule(dynamic) num_threads(threads) reduction(+ : failures)
    for (size_t k = 1; k < count; k++)
        failures += find_one(shared, indices ? indices[k] : k, precision, &transitions[k]) != UHN_OK;
    return failures;
}

uhn_status uhn_attractor_betas(const uhn_memory *memory, const size_t *indices, size_t count, const uhn_flow *flow,
                               double precision, uhn_transition *transitions)
{
    question shared;
    uhn_status status = UHN_OK;
    UHN_TRY(open_question(memory, flow, 1, precision, 1, &shared));
    if ((!transitions && count) || (!indices && count != memory->count))
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "no place for the transitions, or indices for some of the memories only"));
    for (size_t k = 0; indices && k < count; k++)
        UHN_TRY(check_index(memory, indices[k]));
    shared.holds = has_attractor;
    shared.flow.threads = 1; /* each thread has a memory of its own */
    if (count)               /* what is wrong with the flow comes out here, in this thread */
        UHN_TRY(find_one(&shared, indices ? indices[0] : 0, precision, &transitions[0]));
    const uhn_options options = {.threads = flow->threads};
    const size_t failures =
        find_others(&shared, indices, count, precision, transitions, uhn_thread_count(&options, count));
    if (failures)
        status = uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the flows from %zu memories", failures);
leave:
    return status;
}
