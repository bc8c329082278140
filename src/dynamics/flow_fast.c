/* SPDX-License-Identifier: MIT
 * Adiabatic trajectories through the engine of recalls: the scores of all memories, the separation that a Lagrangian's
 * gradient is, and the projection come from one uhn_retrieve() for many trajectories at a time; states stay float64 and
 * are rounded to float32 only to be looked up. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/retrieve.h"
#include "dynamics/lagrangian.h"
#include "dynamics/watch.h"

#include <math.h>
#include <string.h>

enum { CROWD = 1024 }; /* trajectories side by side */

/* A Lagrangian whose gradient is a separation: of S = scale · score. */
typedef struct fast_row {
    const uhn_lagrangian *lagrangian;
    const char *separation;
    bool any_scale; /* β takes up the scale */
    void (*parameters)(const double *lagrangian, double scale, double *separation);
    /* L(S) from what a recall knows; `along` is Σ f S. */
    double (*value)(const double *parameters, double scale, const uhn_finish *finish, const uhn_report *report,
                    double along);
} fast_row;

static void scale_beta(const double *lagrangian, double scale, double *separation)
{
    separation[0] = lagrangian[0] * scale;
}

static void scale_second(const double *lagrangian, double scale, double *separation)
{
    separation[0] = lagrangian[0];
    separation[1] = lagrangian[1] * scale;
}

static void lower_order(const double *lagrangian, double scale, double *separation)
{
    (void)scale;
    separation[0] = lagrangian[0] - 1;
}

static void none(const double *lagrangian, double scale, double *separation)
{
    (void)lagrangian, (void)scale, (void)separation;
}

/* The factor of softmax is 1 / Σ exp(β (s − best)). */
static double value_log_sum_exp(const double *p, double scale, const uhn_finish *finish, const uhn_report *report,
                                double along)
{
    (void)along;
    return scale * report->best_score - log(finish->factor) / p[0];
}

static double value_max(const double *p, double scale, const uhn_finish *finish, const uhn_report *report, double along)
{
    (void)p, (void)finish, (void)along;
    return scale * report->best_score;
}

static double value_entmax(const double *p, double scale, const uhn_finish *finish, const uhn_report *report,
                           double along)
{
    (void)along;
    double above = 0, powers = 0;
    if (p[0] < 1 + 1e-8) /* softmax, where w_best = exp(β (s − L)) at the best */
        return scale * report->best_score - log(finish->selected[0].weight) / p[1];
    for (size_t i = 0; i < finish->selected_count; i++) {
        above += finish->selected[i].weight * (finish->selected[i].score - report->best_score);
        powers += pow(finish->selected[i].weight, p[0]);
    }
    return scale * (report->best_score + above) + (1 - powers) / (p[0] * (p[0] - 1) * p[1]);
}

static double value_power(const double *p, double scale, const uhn_finish *finish, const uhn_report *report,
                          double along)
{
    (void)scale, (void)finish, (void)report;
    return along / p[0];
}

static const fast_row rows[] = {
    {&uhn_lagrangian_log_sum_exp, "softmax", true, scale_beta, value_log_sum_exp},
    {&uhn_lagrangian_max, "max", true, none, value_max},
    {&uhn_lagrangian_entmax, "entmax", true, scale_second, value_entmax},
    {&uhn_lagrangian_polynomial, "polynomial", false, lower_order, value_power},
    {&uhn_lagrangian_rectified_polynomial, "rectified-polynomial", false, lower_order, value_power},
};

/* What one recall says of one trajectory. */
typedef struct answer {
    uhn_report report;
    double lagrangian;
} answer;

typedef struct crowd {
    const uhn_system *system;
    const fast_row *row;
    uhn_plan plan;
    int threads;
    size_t active;
    size_t *which;                                      /* numbers in the batch of those that still flow */
    float *looks;                                       /* [active][D]: g as float32 */
    double *v, *before, *checkpoint, *g, *drive, *room; /* [active][D] */
    size_t *checkpoint_steps;
    uhn_energy_watch *watches;
    uhn_flow_report *reports;
    answer *answers;
    bool *ended; /* with this step */
} crowd;

static void receive(const uhn_sink *sink, size_t query, const float *state, double *z, const uhn_finish *finish,
                    uhn_report *report)
{
    (void)state;
    const crowd *c = sink->context;
    const size_t dim = c->system->dim;
    answer *a = &c->answers[query];
    a->report = *report;
    if (!uhn_is_answered(report->status))
        return;
    double along = 0;
    for (size_t i = 0; i < dim; i++)
        along += z[i] * c->g[query * dim + i];
    memcpy(c->drive + query * dim, z, dim * sizeof *z);
    a->lagrangian = c->row->value(c->system->flow->parameters[UHN_LAYER_MEMORY],
                                  c->system->flow->similarity->settling->scale, finish, report, along);
}

/* A trajectory as the step of the value layer sees it. */
static uhn_trajectory view(const crowd *c, size_t slot)
{
    const uhn_flow *flow = c->system->flow;
    const size_t at = slot * c->system->dim, query = c->which[slot];
    uhn_trajectory t = {.system = c->system,
                        .v = c->v + at,
                        .g = c->g + at,
                        .drive = c->drive + at,
                        .v_rate = c->room + at,
                        .weight_sum = c->answers[slot].report.weight_sum};
    if (flow->input)
        t.input = (const double *)(const void *)((const uint8_t *)flow->input + query * flow->input_stride);
    if (flow->clamped)
        t.clamped = flow->clamped + query * flow->clamped_stride;
    return t;
}

/* E and the Σ|term| of it. Every |x| is at most `reach`. */
static double energy_of(const crowd *c, const uhn_trajectory *t, double lagrangian, double *magnitude)
{
    const uhn_memory *memory = c->system->memory;
    const uhn_flow *flow = c->system->flow;
    const double reach = fmax(fabs((double)memory->low), fabs((double)memory->high));
    const double value =
        flow->lagrangians[UHN_LAYER_VALUE]->evaluate(t->v, c->system->dim, flow->parameters[UHN_LAYER_VALUE], t->g);
    double energy = -lagrangian - (flow->leak ? value : 0), terms = fabs(lagrangian) + (flow->leak ? fabs(value) : 0);
    double scores = 0;
    for (size_t i = 0; i < c->system->dim; i++) {
        const double g = fabs(t->g[i]), leak = flow->leak ? t->v[i] * t->g[i] : 0;
        const double input = t->input ? t->input[i] * t->g[i] : 0;
        energy += leak - input;
        terms += fabs(leak) + fabs(input);
        scores += flow->similarity->settling->linear ? reach * g : (reach + g) * (reach + g);
    }
    *magnitude = terms + fabs(t->weight_sum) * scores;
    return c->system->hetero ? (double)NAN : energy;
}

static void release_crowd(crowd *c)
{
    uhn_release(c->which);
    uhn_release(c->looks);
    uhn_release(c->v);
    uhn_release(c->checkpoint_steps);
    uhn_release(c->watches);
    uhn_release(c->reports);
    uhn_release(c->answers);
    uhn_release(c->ended);
}

static uhn_status allocate_crowd(crowd *c, size_t count)
{
    const size_t dim = c->system->dim;
    size_t numbers;
    const bool fits = uhn_multiply_sizes(count, dim, &numbers) && numbers <= (size_t)-1 / 6 / sizeof(double);
    c->which = uhn_allocate(count, sizeof *c->which);
    c->looks = fits ? uhn_allocate(numbers, sizeof *c->looks) : NULL;
    c->v = fits ? uhn_allocate(6 * numbers, sizeof *c->v) : NULL;
    c->checkpoint_steps = uhn_allocate(count, sizeof *c->checkpoint_steps);
    c->watches = uhn_allocate(count, sizeof *c->watches);
    c->reports = uhn_allocate(count, sizeof *c->reports);
    c->answers = uhn_allocate(count, sizeof *c->answers);
    c->ended = uhn_allocate(count, sizeof *c->ended);
    if (!c->which || !c->looks || !c->v || !c->checkpoint_steps || !c->watches || !c->reports || !c->answers ||
        !c->ended)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the states of %zu trajectories", count);
    c->before = c->v + numbers;
    c->checkpoint = c->v + 2 * numbers;
    c->g = c->v + 3 * numbers;
    c->drive = c->v + 4 * numbers;
    c->room = c->v + 5 * numbers;
    return UHN_OK;
}

/* Float32 keeps 24 bits, and the weights of softmax may come from estimates (docs/mathematics.md, section 12): each is
 * within 2^-7 of itself, and so log Σ within 2^-7, which β divides. */
static void note(const crowd *c, size_t slot, size_t step, const uhn_trajectory *t)
{
    const double *parameters = c->system->flow->parameters[UHN_LAYER_MEMORY];
    double magnitude;
    const double energy = energy_of(c, t, c->answers[slot].lagrangian, &magnitude);
    const double estimated = c->row->lagrangian == &uhn_lagrangian_log_sum_exp ? 0x1p-7 / parameters[0] : 0;
    uhn_flow_report *report = &c->reports[slot];
    uhn_energy_watch *watch = &c->watches[slot];
    watch->rounding = 1;
    uhn_note_energy(watch, step, energy, 0x1p-22 * magnitude + estimated, report);
}

/* (Σf)²/Σf², of f ≥ 0 that need not add up to 1. */
static double support(const uhn_report *report)
{
    return report->weight_sum > 0 ? report->weight_sum * report->weight_sum * report->effective_support
                                  : (double)INFINITY;
}

/* Has the trajectory in this slot ended with this step? */
static bool is_over(const crowd *c, size_t slot, size_t step)
{
    const uhn_flow *flow = c->system->flow;
    const size_t dim = c->system->dim, at = slot * dim;
    uhn_flow_report *report = &c->reports[slot];
    report->steps = step;
    const uhn_query_status answered = c->answers[slot].report.status;
    if (!uhn_is_answered(answered) || !uhn_all_finite_doubles(c->v + at, dim)) { /* later on, it has left float32 */
        report->status = step == 0 && !uhn_is_answered(answered) ? answered : UHN_QUERY_DOMAIN;
        return true;
    }
    if (step == 0)
        return false;
    const uhn_movement m = uhn_see_movement(c->before + at, c->v + at, c->checkpoint + at, dim,
                                            fmin(1, report->dt / flow->tau_v), flow->tolerance);
    report->residual = m.residual;
    if (m.rests || m.returned) {
        report->period = m.rests ? 1 : step - c->checkpoint_steps[slot];
        report->ending = m.rests ? uhn_rest_of(support(&c->answers[slot].report), c->system->count) : UHN_ENDING_CYCLE;
        return true;
    }
    if ((step & (step - 1)) == 0) {
        memcpy(c->checkpoint + at, c->v + at, dim * sizeof *c->v);
        c->checkpoint_steps[slot] = step;
    }
    return step == flow->steps;
}

static void deliver(const crowd *c, size_t slot, double *to, uhn_flow_report *report)
{
    const uhn_report *last = &c->answers[slot].report;
    uhn_flow_report *own = &c->reports[slot];
    const bool answered = uhn_is_answered(own->status);
    for (size_t i = 0; i < c->system->dim; i++)
        to[i] = answered ? c->v[slot * c->system->dim + i] : (double)NAN;
    if (answered) {
        const double scale = c->system->flow->similarity->settling->scale;
        own->effective_support = support(last);
        own->nearest = last->best;
        own->nearest_score = scale * last->best_score;
        own->margin = scale * last->margin;
    }
    if (report)
        *report = *own;
}

static void move_slot(crowd *c, size_t from, size_t to)
{
    const size_t dim = c->system->dim, bytes = dim * sizeof(double);
    if (from == to)
        return;
    memcpy(c->v + to * dim, c->v + from * dim, bytes);
    memcpy(c->checkpoint + to * dim, c->checkpoint + from * dim, bytes);
    memcpy(c->g + to * dim, c->g + from * dim, bytes);
    memcpy(c->drive + to * dim, c->drive + from * dim, bytes);
    c->which[to] = c->which[from];
    c->checkpoint_steps[to] = c->checkpoint_steps[from];
    c->watches[to] = c->watches[from];
    c->reports[to] = c->reports[from];
    c->answers[to] = c->answers[from];
}

static void look_up_from(crowd *c, size_t slot)
{
    const uhn_flow *flow = c->system->flow;
    const size_t dim = c->system->dim, at = slot * dim;
    flow->lagrangians[UHN_LAYER_VALUE]->evaluate(c->v + at, dim, flow->parameters[UHN_LAYER_VALUE], c->g + at);
    for (size_t i = 0; i < dim; i++)
        c->looks[at + i] = (float)c->g[at + i];
}

static void step_slot(crowd *c, size_t slot)
{
    const uhn_flow *flow = c->system->flow;
    const size_t dim = c->system->dim;
    uhn_trajectory t = view(c, slot);
    memcpy(c->before + slot * dim, t.v, dim * sizeof *t.v);
    for (size_t i = 0; i < dim; i++)
        t.drive[i] += t.input ? t.input[i] : 0;
    flow->similarity->settling->settle(c->system, &t, flow->dt / flow->tau_v);
}

/* Notes the energy after this step; gives whether the trajectory has ended. */
static bool judge(const crowd *c, size_t slot, size_t step)
{
    const uhn_trajectory t = view(c, slot);
    if (uhn_is_answered(c->answers[slot].report.status))
        note(c, slot, step, &t);
    return is_over(c, slot, step);
}

/* Shows each state that has an answer; gives whether to go on. */
static bool show(const crowd *c, size_t step)
{
    const uhn_flow *flow = c->system->flow;
    for (size_t slot = 0; flow->watch && slot < c->active; slot++) {
        const double *v = c->v + slot * c->system->dim, *g = c->g + slot * c->system->dim;
        const double time = step ? (double)step * flow->dt : 0;
        const uhn_flow_moment moment = {c->which[slot], step, time, c->reports[slot].energy, v, g};
        if (uhn_is_answered(c->reports[slot].status) && !uhn_show_moment(flow, &moment))
            return false;
    }
    return true;
}

/* All of the crowd until the last has ended. */
static uhn_status flow_crowd(crowd *c, double *states, size_t state_stride, uhn_flow_report *reports)
{
    const uhn_sink sink = {.answer = receive, .project = true, .context = c};
    for (size_t step = 0; c->active; step++) {
#pragma omp parallel for num_threads(c->threads)
        for (size_t slot = 0; slot < c->active; slot++)
            look_up_from(c, slot);
        const uhn_batch batch = {
            .queries = c->looks, .count = c->active, .stride = c->system->dim * sizeof *c->looks, .which = c->which};
        const uhn_status status = uhn_retrieve(&c->plan, &batch, &sink);
        if (status != UHN_OK)
            return status;
#pragma omp parallel for num_threads(c->threads)
        for (size_t slot = 0; slot < c->active; slot++)
            c->ended[slot] = judge(c, slot, step);
        if (!show(c, step))
            return uhn_flow_stopped();
        size_t kept = 0;
        for (size_t slot = 0; slot < c->active; slot++) {
            const size_t query = c->which[slot];
            if (c->ended[slot])
                deliver(c, slot, (double *)(void *)((uint8_t *)states + query * state_stride),
                        reports ? &reports[query] : NULL);
            else
                move_slot(c, slot, kept++);
        }
        c->active = kept;
#pragma omp parallel for num_threads(c->threads)
        for (size_t slot = 0; slot < c->active; slot++)
            step_slot(c, slot);
    }
    return UHN_OK;
}

static void start(crowd *c, size_t slot, size_t query, const float *from, double *trace)
{
    const uhn_flow *flow = c->system->flow;
    const size_t dim = c->system->dim;
    c->which[slot] = query;
    c->watches[slot] = (uhn_energy_watch){.trace = trace};
    c->checkpoint_steps[slot] = 0;
    uhn_flow_report_clear(&c->reports[slot]);
    c->reports[slot].dt = flow->dt;
    for (size_t i = 0; i < dim; i++)
        c->v[slot * dim + i] = c->checkpoint[slot * dim + i] = (double)from[i];
    for (size_t step = 0; trace && step <= flow->steps; step++)
        trace[step] = NAN;
}

static const fast_row *row_for(const uhn_system *system)
{
    const uhn_flow *flow = system->flow;
    const uhn_settling *settling = flow->similarity->settling;
    if (flow->integrator != UHN_INTEGRATOR_ADIABATIC || !uhn_system_settles(system) || !settling->similarity ||
        !(system->properties[UHN_LAYER_MEMORY] & UHN_LAGRANGIAN_RISING)) /* a recall does not sum |f| */
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].lagrangian == flow->lagrangians[UHN_LAYER_MEMORY])
            return rows[i].any_scale || settling->scale == 1 ? &rows[i] : NULL;
    return NULL;
}

uhn_status uhn_flow_fast(const uhn_system *system, const float *queries, size_t count, size_t query_stride,
                         double *states, size_t state_stride, double *energies, uhn_flow_report *reports)
{
    const uhn_flow *flow = system->flow;
    const size_t size = count < CROWD ? count : CROWD;
    uhn_options options;
    crowd c = {.system = system, .row = row_for(system)};
    uhn_status status = UHN_OK;
    if (!c.row)
        return uhn_fail(UHN_ERROR_UNSUPPORTED,
                        "the fast kernels flow adiabatically only, with dot or sqeuclidean and a "
                        "Lagrangian that has a separation");
    uhn_options_default(&options);
    options.threads = flow->threads;
    UHN_TRY(uhn_choose_similarity(&options, flow->similarity->settling->similarity));
    UHN_TRY(uhn_choose_separation(&options, c.row->separation));
    c.row->parameters(flow->parameters[UHN_LAYER_MEMORY], flow->similarity->settling->scale,
                      options.separation_parameters);
    UHN_TRY(uhn_plan_make(system->memory, &options, UHN_BIND_SIMILARITY | UHN_BIND_SEPARATION, &c.plan));
    c.threads = uhn_thread_count(&options, size);
    UHN_TRY(allocate_crowd(&c, size));
    for (size_t first = 0; first < count; first += size) {
        c.active = count - first < size ? count - first : size;
        for (size_t slot = 0; slot < c.active; slot++)
            start(&c, slot, first + slot,
                  (const float *)(const void *)((const uint8_t *)queries + (first + slot) * query_stride),
                  energies ? energies + (first + slot) * (flow->steps + 1) : NULL);
        UHN_TRY(flow_crowd(&c, states, state_stride, reports));
    }
leave:
    uhn_plan_free(&c.plan);
    release_crowd(&c);
    return status;
}
