/* SPDX-License-Identifier: MIT
 * Trajectories: each query flows by itself, from its first state to where it ends. One thread takes one trajectory, so
 * their number changes no bit. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/plan.h"
#include "dynamics/watch.h"

#include <math.h>
#include <omp.h>
#include <string.h>

/* The batch. */
typedef struct batch {
    const uhn_system *system;
    const float *queries;
    size_t query_stride;
    double *states;
    size_t state_stride;
    double *energies;         /* or NULL */
    uhn_flow_report *reports; /* or NULL */
    bool *stopped;            /* by the watch; shared by all threads */
} batch;

static bool is_explicit(const uhn_flow *flow)
{
    return flow->integrator >= UHN_INTEGRATOR_EULER;
}

/* The memory layer's own state; NULL where it follows the value layer at once. */
static const double *memory_state(const uhn_trajectory *t)
{
    return t->system->flow->integrator == UHN_INTEGRATOR_ADIABATIC ? NULL : t->h;
}

/* The limit of Runge–Kutta's stability on the real axis, 2.785, over Euler's. */
static double limit_here(uhn_trajectory *t)
{
    return uhn_see_limit(t) * (t->system->flow->integrator == UHN_INTEGRATOR_RK4 ? 2.785293563405282 / 2 : 1);
}

static void note_limit(uhn_trajectory *t, uhn_flow_report *report)
{
    const double limit = limit_here(t);
    report->stability_limit = fmin(report->stability_limit, limit);
    if (t->system->flow->enforce_limit)
        report->dt = fmin(report->dt, limit);
}

/* The figures of the last state. */
static void figures(const uhn_trajectory *t, uhn_flow_report *report)
{
    double sum = 0, squares = 0;
    for (size_t m = 0; m < t->system->count; m++) {
        sum += fabs(t->f[m]);
        squares += t->f[m] * t->f[m];
        if (report->nearest == UHN_NO_INDEX) {
            report->nearest = m;
            report->nearest_score = t->s[m];
            report->margin = INFINITY;
        } else if (t->s[m] > report->nearest_score) {
            report->margin = t->s[m] - report->nearest_score;
            report->nearest = m;
            report->nearest_score = t->s[m];
        } else {
            report->margin = fmin(report->margin, report->nearest_score - t->s[m]);
        }
    }
    report->effective_support = squares > 0 ? sum * sum / squares : (double)INFINITY;
}

/* Is the trajectory over after this step? Brent's checkpoint, as in core/cycle.c, of both layers. */
static bool is_over(uhn_trajectory *t, size_t step, size_t *checkpoint_step, uhn_flow_report *report)
{
    const uhn_flow *flow = t->system->flow;
    const size_t dim = t->system->dim, count = t->system->count;
    const uhn_movement value =
        uhn_see_movement(t->v_before, t->v, t->v_checkpoint, dim, fmin(1, report->dt / flow->tau_v), flow->tolerance);
    uhn_movement memory = {.rests = true, .returned = true};
    if (memory_state(t))
        memory = uhn_see_movement(t->h_before, t->h, t->h_checkpoint, count, fmin(1, report->dt / flow->tau_h),
                                  flow->tolerance);
    report->steps = step;
    report->residual = value.residual;
    if (value.rests && memory.rests) {
        report->period = 1;
        report->ending = UHN_ENDING_FIXED_POINT; /* the figures will tell which */
        return true;
    }
    if (value.returned && memory.returned) {
        report->period = step - *checkpoint_step;
        report->ending = UHN_ENDING_CYCLE;
        return true;
    }
    if ((step & (step - 1)) == 0) {
        memcpy(t->v_checkpoint, t->v, dim * sizeof *t->v);
        if (memory_state(t))
            memcpy(t->h_checkpoint, t->h, count * sizeof *t->h);
        *checkpoint_step = step;
    }
    return false;
}

static void see_all(uhn_trajectory *t)
{
    uhn_see_values(t);
    uhn_see_memories(t, memory_state(t));
}

static bool is_finite(const uhn_trajectory *t, double energy)
{
    return uhn_all_finite_doubles(t->v, t->system->dim) && uhn_all_finite_doubles(t->s, t->system->count) &&
           isfinite(t->weight_sum) && (t->system->hetero || isfinite(energy));
}

/* What a trajectory shows and is told by the outside while it travels. */
typedef struct journey {
    const batch *batch;
    size_t query;
    double *trace; /* or NULL */
    double time;
} journey;

static bool is_stopped(const batch *b)
{
    bool stopped;
#pragma omp atomic read
    stopped = *b->stopped;
    return stopped;
}

/* Shows the moment after this step; gives whether to go on. */
static bool show(const journey *own, const uhn_trajectory *t, size_t step, double energy)
{
    const uhn_flow_moment moment = {own->query, step, own->time, energy, t->v, t->g};
    if (!uhn_show_moment(t->system->flow, &moment)) {
#pragma omp atomic write
        *own->batch->stopped = true;
    }
    return !is_stopped(own->batch);
}

/* From the first state on; gives false when the state leaves float64. */
static bool travel(uhn_trajectory *t, journey *own, uhn_flow_report *report)
{
    const uhn_flow *flow = t->system->flow;
    uhn_energy_watch watch = {.trace = own->trace, .rounding = uhn_energy_rounding(t->system)};
    size_t checkpoint_step = 0;
    double magnitude = 0;
    bool over = false;
    uhn_see_values(t);
    memcpy(t->h, t->s, t->system->count * sizeof *t->h);
    uhn_see_memories(t, memory_state(t));
    uhn_note_energy(&watch, 0, uhn_see_energy(t, memory_state(t), &magnitude), magnitude, report);
    if (!is_finite(t, report->energy))
        return false;
    over = !show(own, t, 0, report->energy);
    if (is_explicit(flow))
        note_limit(t, report);
    memcpy(t->v_checkpoint, t->v, t->system->dim * sizeof *t->v);
    memcpy(t->h_checkpoint, t->h, t->system->count * sizeof *t->h);
    for (size_t step = 1; step <= flow->steps && !over; step++) {
        memcpy(t->v_before, t->v, t->system->dim * sizeof *t->v);
        memcpy(t->h_before, t->h, t->system->count * sizeof *t->h);
        uhn_take_step(t, report->dt);
        own->time += report->dt;
        see_all(t);
        const double energy = uhn_see_energy(t, memory_state(t), &magnitude);
        if (!is_finite(t, energy))
            return false;
        const bool rose = uhn_note_energy(&watch, step, energy, magnitude, report);
        const bool goes_on = show(own, t, step, energy); /* also the last step */
        over = is_over(t, step, &checkpoint_step, report) || !goes_on;
        if (rose && is_explicit(flow) && !over)
            note_limit(t, report);
    }
    return true;
}

static void flow_one(const batch *b, size_t query, void *room)
{
    const uhn_system *system = b->system;
    const uhn_flow *flow = system->flow;
    const float *from = (const float *)(const void *)((const uint8_t *)b->queries + query * b->query_stride);
    double *to = (double *)(void *)((uint8_t *)b->states + query * b->state_stride);
    journey own = {b, query, b->energies ? b->energies + query * (flow->steps + 1) : NULL, 0};
    uhn_trajectory t;
    uhn_flow_report report;
    uhn_flow_report_clear(&report);
    report.dt = flow->dt;
    for (size_t step = 0; own.trace && step <= flow->steps; step++)
        own.trace[step] = NAN;
    uhn_trajectory_init(system, room, query, &t);
    for (size_t i = 0; i < system->dim; i++)
        t.v[i] = (double)from[i];
    if (!uhn_all_finite_doubles(t.v, system->dim))
        report.status = UHN_QUERY_NONFINITE;
    else if (!travel(&t, &own, &report))
        report.status = UHN_QUERY_DOMAIN;
    if (report.status == UHN_QUERY_OK) {
        figures(&t, &report);
        if (report.ending == UHN_ENDING_FIXED_POINT)
            report.ending = uhn_rest_of(report.effective_support, system->count);
    }
    for (size_t i = 0; i < system->dim; i++)
        to[i] = report.status == UHN_QUERY_OK ? t.v[i] : (double)NAN;
    if (b->reports)
        b->reports[query] = report;
}

static uhn_status flow_all(const batch *b, size_t count)
{
    const uhn_options options = {.threads = b->system->flow->threads};
    const int threads = uhn_thread_count(&options, count);
    const size_t size = uhn_trajectory_size(b->system);
    uint8_t *rooms = uhn_allocate((size_t)threads, size);
    if (!rooms)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the states of %d trajectories", threads);
#pragma omp parallel for schedule(dynamic) num_threads(threads)
    for (size_t query = 0; query < count; query++)
        if (!is_stopped(b))
            flow_one(b, query, rooms + (size_t)omp_get_thread_num() * size);
    uhn_release(rooms);
    return is_stopped(b) ? uhn_flow_stopped() : UHN_OK;
}

/* Inputs may be anything but NaN and infinite. */
static uhn_status check_inputs(const uhn_system *system, size_t count)
{
    const uhn_flow *flow = system->flow;
    for (size_t query = 0; flow->input && query < (flow->input_stride ? count : 1); query++) {
        const void *input = (const uint8_t *)(const void *)flow->input + query * flow->input_stride;
        if (!uhn_all_finite_doubles(input, system->dim))
            return uhn_fail(UHN_ERROR_NONFINITE, "input %zu has a NaN or an infinity", query);
    }
    return UHN_OK;
}

static uhn_status check_states(const double *states, size_t count, size_t dim, size_t *stride)
{
    if (!states && count)
        return uhn_fail(UHN_ERROR_ARGUMENT, "states: no array was given");
    if (*stride == 0)
        *stride = dim * sizeof(double);
    if (*stride / sizeof(double) < dim || *stride % sizeof(double))
        return uhn_fail(UHN_ERROR_SHAPE, "states are %zu bytes apart: they have %zu numbers of 8 bytes", *stride, dim);
    return UHN_OK;
}

uhn_status uhn_flow_run(const uhn_memory *memory, const float *queries, size_t count, size_t query_stride,
                        const uhn_flow *flow, double *states, size_t state_stride, double *energies,
                        uhn_flow_report *reports)
{
    uhn_system system = {0};
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_system_make(memory, flow, &system));
    UHN_TRY(uhn_check_rows("queries", queries, count, memory->dim, query_stride, &query_stride));
    UHN_TRY(check_states(states, count, memory->dim, &state_stride));
    UHN_TRY(check_inputs(&system, count));
    if (count && flow->fast) {
        UHN_TRY((uhn_flow_by_scores_serves(&system) ? uhn_flow_by_scores : uhn_flow_fast)(
            &system, queries, count, query_stride, states, state_stride, energies, reports));
    } else if (count) {
        bool stopped = false;
        const batch b = {&system, queries, query_stride, states, state_stride, energies, reports, &stopped};
        UHN_TRY(flow_all(&b, count));
    }
leave:
    uhn_system_free(&system);
    return status;
}

/* ---- one point */

/* −τ x′ᵀ H x′ */
static double dissipation(const uhn_flow *flow, uhn_layer layer, const double *x, const double *activation,
                          const double *rate, size_t count, double tau, double *product)
{
    double sum = 0;
    flow->lagrangians[layer]->hessian(x, activation, rate, count, flow->parameters[layer], product);
    for (size_t i = 0; i < count; i++)
        sum += rate[i] * product[i];
    return -tau * sum;
}

static void look(uhn_trajectory *t, bool has_memory_state, uhn_flow_point *point, double *v_rate, double *h_rate)
{
    const uhn_flow *flow = t->system->flow;
    const size_t dim = t->system->dim, count = t->system->count;
    uhn_see_values(t);
    if (!has_memory_state)
        memcpy(t->h, t->s, count * sizeof *t->h);
    uhn_see_memories(t, t->h);
    point->energy = uhn_see_energy(t, has_memory_state ? t->h : NULL, &point->magnitude);
    point->limit = uhn_see_limit(t);
    uhn_see_value_rate(t);
    for (size_t m = 0; m < count; m++)
        t->h_rate[m] = (t->s[m] - t->h[m]) / flow->tau_h;
    point->rate = dissipation(flow, UHN_LAYER_VALUE, t->v, t->g, t->v_rate, dim, flow->tau_v, t->v_sum);
    if (has_memory_state)
        point->rate += dissipation(flow, UHN_LAYER_MEMORY, t->h, t->f, t->h_rate, count, flow->tau_h, t->h_sum);
    if (v_rate)
        memcpy(v_rate, t->v_rate, dim * sizeof *v_rate);
    if (h_rate)
        memcpy(h_rate, t->h_rate, count * sizeof *h_rate);
}

uhn_status uhn_flow_at(const uhn_memory *memory, const double *v, const double *h, const uhn_flow *flow,
                       uhn_flow_point *point, double *v_rate, double *h_rate)
{
    uhn_system system = {0};
    uhn_trajectory t;
    void *room = NULL;
    uhn_status status = UHN_OK;
    UHN_TRY(uhn_system_make(memory, flow, &system));
    if (!v || !point)
        UHN_TRY(uhn_fail(UHN_ERROR_ARGUMENT, "no state, or no place for what is known of it"));
    if (system.hetero)
        UHN_TRY(uhn_fail(UHN_ERROR_UNSUPPORTED, "memories with values of their own have no energy"));
    UHN_TRY(check_inputs(&system, 1));
    if (!uhn_all_finite_doubles(v, system.dim) || (h && !uhn_all_finite_doubles(h, system.count)))
        UHN_TRY(uhn_fail(UHN_ERROR_NONFINITE, "the state has a NaN or an infinity"));
    room = uhn_allocate(1, uhn_trajectory_size(&system));
    if (!room)
        UHN_TRY(uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for a state of %zu and %zu numbers", system.dim,
                         system.count));
    uhn_trajectory_init(&system, room, 0, &t);
    memcpy(t.v, v, system.dim * sizeof *v);
    if (h)
        memcpy(t.h, h, system.count * sizeof *h);
    look(&t, h != NULL, point, v_rate, h_rate);
leave:
    uhn_release(room);
    uhn_system_free(&system);
    return status;
}
