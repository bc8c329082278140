/* SPDX-License-Identifier: MIT
 * Basins: where starts end, which of these places are memories, and which other fixed points there are. */
#include "base/allocate.h"
#include "base/random.h"
#include "base/status.h"
#include "dynamics/attractor.h"

#include <math.h>
#include <string.h>

const char *uhn_fate_text(uhn_fate fate)
{
    static const char *const texts[UHN_FATE_COUNT] = {"memory", "spurious", "diffuse", "cycle", "limit", "undefined"};
    return (unsigned)fate < UHN_FATE_COUNT ? texts[fate] : "unknown";
}

typedef struct search {
    const uhn_memory *memory;
    uhn_flow flow; /* without the caller's watch, which sees the starts only */
    double radius;
    uhn_basins *basins;
    double *patterns; /* [count × D] of the ends */
    size_t *slots;    /* [N] 1 + the memory's place among those that are let flow; 0: it is not */
} search;

void uhn_basins_free(uhn_basins *basins)
{
    if (!basins)
        return;
    uhn_release(basins->memories);
    uhn_release(basins->homes);
    uhn_release(basins->fixed_points);
    uhn_release(basins->states);
    uhn_release(basins->reports);
    *basins = (uhn_basins){0};
}

static uhn_status make_room(search *s, size_t count)
{
    uhn_basins *basins = s->basins;
    const size_t dim = s->memory->dim;
    basins->count = count;
    basins->memory_count = s->memory->count;
    basins->memories = uhn_allocate(s->memory->count, sizeof *basins->memories);
    basins->homes = uhn_allocate(count, sizeof *basins->homes);
    basins->fixed_points = uhn_allocate(count, sizeof *basins->fixed_points);
    basins->states = uhn_allocate(count, dim * sizeof *basins->states);
    basins->reports = uhn_allocate(count, sizeof *basins->reports);
    s->patterns = uhn_allocate(count, dim * sizeof *s->patterns);
    s->slots = uhn_allocate(s->memory->count, sizeof *s->slots);
    if (basins->memories && basins->homes && basins->fixed_points && basins->states && basins->reports && s->patterns &&
        s->slots)
        return UHN_OK;
    return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the ends of %zu starts", count);
}

/* ---- the attractors of memories */

static bool is_at_one_memory(const uhn_flow_report *report)
{
    return uhn_rests_at(report, report->nearest);
}

/* Only the memories that starts seem to have ended at are let flow. Gives how many. */
static size_t choose_memories(search *s)
{
    size_t chosen = 0;
    for (size_t i = 0; i < s->basins->count; i++) {
        const uhn_flow_report *report = &s->basins->reports[i];
        if (is_at_one_memory(report) && s->slots[report->nearest] == 0)
            s->slots[report->nearest] = ++chosen;
    }
    return chosen;
}

/* attractors [chosen × D]; the slots of memories that have none become 0. */
static uhn_status find_attractors(search *s, size_t chosen, double *attractors)
{
    const size_t dim = s->memory->dim;
    float *rows = uhn_allocate(chosen, dim * sizeof *rows);
    uhn_flow_report *reports = uhn_allocate(chosen, sizeof *reports);
    uhn_status status = UHN_OK;
    if (!rows || !reports)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the flows from %zu memories", chosen));
    for (size_t m = 0; m < s->memory->count; m++)
        if (s->slots[m])
            UHN_TRY(uhn_memory_row(s->memory, m, rows + (s->slots[m] - 1) * dim));
    UHN_TRY(uhn_flow_run(s->memory, rows, chosen, 0, &s->flow, attractors, 0, NULL, reports));
    uhn_patterns_of(&s->flow, attractors, chosen, dim, attractors);
    for (size_t m = 0; m < s->memory->count; m++)
        if (s->slots[m] && !uhn_rests_at(&reports[s->slots[m] - 1], m))
            s->slots[m] = 0;
leave:
    uhn_release(rows);
    uhn_release(reports);
    return status;
}

/* ---- homes */

/* The fixed point that the start ended at, by its index: one of those that are known, or a new one. The lengths of the
 * patterns, which differ by no more than the patterns do, save most of the comparisons. */
static size_t fixed_point_of(search *s, size_t start, const double *lengths)
{
    uhn_basins *basins = s->basins;
    const size_t dim = s->memory->dim;
    for (size_t k = 0; k < basins->fixed_point_count; k++) {
        const size_t first = basins->fixed_points[k].start;
        if (fabs(lengths[first] - lengths[start]) <= s->radius * (1 + lengths[first]) &&
            uhn_is_same_pattern(s->patterns + first * dim, s->patterns + start * dim, dim, s->radius)) {
            basins->fixed_points[k].starts++;
            return k;
        }
    }
    basins->fixed_points[basins->fixed_point_count] = (uhn_fixed_point){.start = start, .starts = 1};
    return basins->fixed_point_count++;
}

static uhn_home home_of(search *s, size_t start, const double *attractors, const double *lengths)
{
    static const uhn_fate fates[UHN_ENDING_COUNT] = {UHN_FATE_SPURIOUS, UHN_FATE_SPURIOUS, UHN_FATE_DIFFUSE,
                                                     UHN_FATE_CYCLE, UHN_FATE_LIMIT};
    const uhn_flow_report *report = &s->basins->reports[start];
    const size_t dim = s->memory->dim;
    if (report->status != UHN_QUERY_OK)
        return (uhn_home){UHN_FATE_UNDEFINED, UHN_NO_INDEX};
    const size_t slot = is_at_one_memory(report) ? s->slots[report->nearest] : 0;
    if (slot && uhn_is_same_pattern(attractors + (slot - 1) * dim, s->patterns + start * dim, dim, s->radius)) {
        s->basins->memories[report->nearest]++;
        return (uhn_home){UHN_FATE_MEMORY, report->nearest};
    }
    const uhn_fate fate = fates[report->ending];
    const bool rests = fate == UHN_FATE_SPURIOUS || fate == UHN_FATE_DIFFUSE;
    return (uhn_home){fate, rests ? fixed_point_of(s, start, lengths) : UHN_NO_INDEX};
}

static uhn_status find_homes(search *s)
{
    uhn_basins *basins = s->basins;
    const size_t dim = s->memory->dim, chosen = choose_memories(s);
    double *attractors = uhn_allocate(chosen, dim * sizeof *attractors);
    double *lengths = uhn_allocate(basins->count, sizeof *lengths);
    uhn_status status = UHN_OK;
    if (!attractors || !lengths)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the attractors of %zu memories", chosen));
    UHN_TRY(find_attractors(s, chosen, attractors));
    for (size_t i = 0; i < basins->count; i++)
        lengths[i] = uhn_vector_length(s->patterns + i * dim, dim);
    for (size_t i = 0; i < basins->count; i++) {
        basins->homes[i] = home_of(s, i, attractors, lengths);
        basins->fates[basins->homes[i].fate]++;
    }
leave:
    uhn_release(attractors);
    uhn_release(lengths);
    return status;
}

/* ---- stability */

/* v + radius (1 + |v|) u, u a random direction. */
static void kick(const double *v, size_t dim, double radius, uint64_t number, float *moved)
{
    double squares = 0;
    for (size_t i = 0; i < dim; i++) {
        const double normal = uhn_random_normal(1, UHN_STREAM_KICKS, number, (uint32_t)i);
        squares += normal * normal;
    }
    const double size = radius * (1 + uhn_vector_length(v, dim)) / sqrt(squares);
    for (size_t i = 0; i < dim; i++)
        moved[i] = (float)(v[i] + size * uhn_random_normal(1, UHN_STREAM_KICKS, number, (uint32_t)i));
}

static uhn_status try_stability(search *s)
{
    uhn_basins *basins = s->basins;
    const size_t dim = s->memory->dim, count = basins->fixed_point_count;
    float *moved = uhn_allocate(count, dim * sizeof *moved);
    double *ends = uhn_allocate(count, dim * sizeof *ends);
    uhn_status status = UHN_OK;
    if (!moved || !ends)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to try %zu fixed points", count));
    for (size_t k = 0; k < count; k++)
        kick(basins->states + basins->fixed_points[k].start * dim, dim, s->radius, k, moved + k * dim);
    UHN_TRY(uhn_flow_run(s->memory, moved, count, 0, &s->flow, ends, 0, NULL, NULL));
    uhn_patterns_of(&s->flow, ends, count, dim, ends);
    for (size_t k = 0; k < count; k++)
        basins->fixed_points[k].stable =
            uhn_is_same_pattern(s->patterns + basins->fixed_points[k].start * dim, ends + k * dim, dim, s->radius);
leave:
    uhn_release(moved);
    uhn_release(ends);
    return status;
}

uhn_status uhn_basins_find(const uhn_memory *memory, const float *starts, size_t count, size_t stride,
                           const uhn_flow *flow, double radius, uhn_basins *basins)
{
    search s = {.memory = memory, .radius = radius, .basins = basins};
    uhn_status status = UHN_OK;
    *basins = (uhn_basins){0};
    if (!memory || memory->count == 0)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "the memory is empty"));
    UHN_TRY(uhn_check_landscape(flow, radius));
    if (!flow)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "no flow was given"));
    s.flow = *flow;
    s.flow.watch = NULL;
    UHN_TRY(make_room(&s, count));
    UHN_TRY(uhn_flow_run(memory, starts, count, stride, flow, basins->states, 0, NULL, basins->reports));
    uhn_patterns_of(flow, basins->states, count, memory->dim, s.patterns);
    UHN_TRY(find_homes(&s));
    UHN_TRY(try_stability(&s));
leave:
    uhn_release(s.patterns);
    uhn_release(s.slots);
    if (status != UHN_OK)
        uhn_basins_free(basins);
    return status;
}
