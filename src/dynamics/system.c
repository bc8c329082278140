/* SPDX-License-Identifier: MIT
 * Checks, rooms and the rates of the network. */
#include "dynamics/system.h"

#include "base/allocate.h"
#include "base/status.h"
#include "core/plan.h"

#include <math.h>
#include <stdlib.h>

/* ---- checks */

static uhn_status check_row(const uhn_flow *flow, uhn_layer layer)
{
    const uhn_lagrangian *row = flow->lagrangians[layer];
    if (!row || !row->properties || !row->evaluate || !row->hessian || row->parameter_count > UHN_PARAMETERS_MAX)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the %s layer has no whole Lagrangian",
                        layer == UHN_LAYER_VALUE ? "value" : "memory");
    return uhn_check_parameters(row->name, row->parameters, row->parameter_count, flow->parameters[layer]);
}

static uhn_status check_time(const uhn_flow *flow)
{
    const bool is_explicit = flow->integrator >= UHN_INTEGRATOR_EULER;
    if (!(flow->tau_v > 0) || !(flow->tau_h > 0) || isinf(flow->tau_v) || isinf(flow->tau_h))
        return uhn_fail(UHN_ERROR_RANGE, "time constants of %g and %g: both must be above 0, and finite", flow->tau_v,
                        flow->tau_h);
    if (!(flow->dt > 0))
        return uhn_fail(UHN_ERROR_RANGE, "a step dt of %g: it must be above 0", flow->dt);
    if (isinf(flow->dt) && (is_explicit || !flow->similarity->settling))
        return uhn_fail(UHN_ERROR_RANGE, "an infinite step dt: explicit steps must be finite");
    if (isinf(flow->dt) && !flow->leak && flow->lagrangians[UHN_LAYER_VALUE] != uhn_lagrangian_at(UHN_LAYER_VALUE, 0))
        return uhn_fail(UHN_ERROR_RANGE,
                        "an infinite step dt without leak: only 'quadratic' value neurons can take it");
    if (flow->steps < 1)
        return uhn_fail(UHN_ERROR_RANGE, "0 steps: at least 1 is needed");
    if (!(flow->tolerance >= 0) || isinf(flow->tolerance))
        return uhn_fail(UHN_ERROR_RANGE, "a tolerance of %g: it must be 0 or more, and finite", flow->tolerance);
    if (flow->threads < 0)
        return uhn_fail(UHN_ERROR_RANGE, "%d threads: 0 stands for all, else at least 1", flow->threads);
    return UHN_OK;
}

static uhn_status check_flow(const uhn_memory *memory, const uhn_flow *flow)
{
    uhn_status status = UHN_OK;
    if (!memory || memory->count == 0)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the memory is empty");
    if (!flow || !flow->similarity || !flow->similarity->score || !flow->similarity->pull)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the flow names no similarity, or one without its functions");
    if ((unsigned)flow->integrator >= UHN_INTEGRATOR_COUNT)
        return uhn_fail(UHN_ERROR_ARGUMENT, "the flow's integrator is not in its list");
    UHN_TRY(check_row(flow, UHN_LAYER_VALUE));
    UHN_TRY(check_row(flow, UHN_LAYER_MEMORY));
    UHN_TRY(check_time(flow));
    if (memory->value_dim != memory->dim)
        return uhn_fail(UHN_ERROR_SHAPE, "values of %zu numbers: a flow needs as many as the memories have, %zu",
                        memory->value_dim, memory->dim);
    if (memory->count > UINT32_MAX)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "%zu memories are more than a flow can take", memory->count);
    if (flow->clamped && flow->clamped_stride && flow->clamped_stride < memory->dim)
        return uhn_fail(UHN_ERROR_SHAPE, "clamp masks are %zu bytes apart, but have %zu coordinates",
                        flow->clamped_stride, memory->dim);
    if (flow->input && flow->input_stride &&
        (flow->input_stride / sizeof(double) < memory->dim || flow->input_stride % sizeof(double)))
        return uhn_fail(UHN_ERROR_SHAPE, "inputs are %zu bytes apart: they have %zu numbers of 8 bytes",
                        flow->input_stride, memory->dim);
leave:
    return status;
}

/* ---- the system */

static int by_value(const void *a, const void *b)
{
    const uhn_kink *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static uhn_status sort_kinks(uhn_system *system)
{
    const size_t dim = system->dim, count = system->count;
    size_t all;
    float *room = uhn_allocate(dim, sizeof *room);
    if (room && uhn_multiply_sizes(dim, count, &all))
        system->kinks = uhn_allocate(all, sizeof *system->kinks);
    for (size_t m = 0; system->kinks && m < count; m++) {
        const float *row = uhn_memory_projected(system->memory, UHN_PROJECTION_VALUES, m, room);
        for (size_t i = 0; i < dim; i++)
            system->kinks[i * count + m] = (uhn_kink){.value = row[i], .index = (uint32_t)m};
    }
    for (size_t i = 0; system->kinks && i < dim; i++)
        qsort(system->kinks + i * count, count, sizeof *system->kinks, by_value);
    uhn_release(room);
    return system->kinks ? UHN_OK
                         : uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory to sort %zu x %zu numbers", count, dim);
}

uhn_status uhn_system_make(const uhn_memory *memory, const uhn_flow *flow, uhn_system *system)
{
    *system = (uhn_system){.memory = memory, .flow = flow};
    uhn_status status = check_flow(memory, flow);
    if (status == UHN_OK)
        status = uhn_memory_check_blocks(memory);
    if (status != UHN_OK)
        return status;
    system->dim = memory->dim;
    system->count = memory->count;
    system->hetero = memory->has_values;
    for (int layer = 0; layer < UHN_LAYER_COUNT; layer++)
        system->properties[layer] = flow->lagrangians[layer]->properties(flow->parameters[layer]);
    const uhn_settling *settling = flow->similarity->settling;
    return settling && settling->sorts && uhn_system_settles(system) ? sort_kinks(system) : UHN_OK;
}

void uhn_system_free(uhn_system *system)
{
    uhn_release(system->kinks);
    system->kinks = NULL;
}

/* With memory neurons that pull, f ≥ 0; if they may push, the frozen energy is not convex in g. */
bool uhn_system_settles(const uhn_system *system)
{
    const uhn_flow *flow = system->flow;
    const uhn_settling *settling = flow->similarity->settling;
    const uhn_lagrangian *value = flow->lagrangians[UHN_LAYER_VALUE];
    if (!settling || flow->integrator >= UHN_INTEGRATOR_EULER)
        return false;
    if (settling->linear)
        return true;
    if (!(system->properties[UHN_LAYER_MEMORY] & UHN_LAGRANGIAN_RISING))
        return false;
    if (settling->coordinatewise)
        return value->inverse && (system->properties[UHN_LAYER_VALUE] & UHN_LAGRANGIAN_SEPARABLE);
    return value->resolve || value == uhn_lagrangian_at(UHN_LAYER_VALUE, 0);
}

bool uhn_system_guaranteed(const uhn_system *system)
{
    const unsigned value = system->properties[UHN_LAYER_VALUE], memory = system->properties[UHN_LAYER_MEMORY];
    const bool convex = (value & UHN_LAGRANGIAN_CONVEX) && (memory & UHN_LAGRANGIAN_CONVEX);
    return convex && !system->hetero && uhn_system_settles(system) &&
           (!system->flow->clamped || (value & UHN_LAGRANGIAN_SEPARABLE));
}

bool uhn_flow_is_guaranteed(const uhn_memory *memory, const uhn_flow *flow)
{
    if (check_flow(memory, flow) != UHN_OK)
        return false;
    uhn_system system = {.memory = memory, .flow = flow, .hetero = memory->has_values};
    for (int layer = 0; layer < UHN_LAYER_COUNT; layer++)
        system.properties[layer] = flow->lagrangians[layer]->properties(flow->parameters[layer]);
    return uhn_system_guaranteed(&system);
}

double uhn_energy_rounding(const uhn_system *system)
{
    return 0x1p-52 * ((double)system->dim + (double)system->count + 64);
}

/* ---- one trajectory */

enum { VALUE_ARRAYS = 7, MEMORY_ARRAYS = 7 };

size_t uhn_trajectory_size(const uhn_system *system)
{
    return VALUE_ARRAYS * uhn_align_size(system->dim * sizeof(double)) +
           MEMORY_ARRAYS * uhn_align_size(system->count * sizeof(double)) +
           2 * uhn_align_size(system->dim * sizeof(float));
}

void uhn_trajectory_init(const uhn_system *system, void *room, size_t query, uhn_trajectory *t)
{
    const uhn_flow *flow = system->flow;
    *t = (uhn_trajectory){.system = system};
    if (flow->input)
        t->input = (const double *)(const void *)((const uint8_t *)flow->input + query * flow->input_stride);
    if (flow->clamped)
        t->clamped = flow->clamped + query * flow->clamped_stride;
    uint8_t *at = room;
    double **const values[VALUE_ARRAYS] = {&t->v,    &t->g, &t->v_rate, &t->drive, &t->v_before, &t->v_checkpoint,
                                           &t->v_sum};
    for (size_t i = 0; i < VALUE_ARRAYS; i++, at += uhn_align_size(system->dim * sizeof(double)))
        *values[i] = (double *)(void *)at;
    double **const memories[MEMORY_ARRAYS] = {&t->h,    &t->f, &t->s, &t->h_rate, &t->h_before, &t->h_checkpoint,
                                              &t->h_sum};
    for (size_t i = 0; i < MEMORY_ARRAYS; i++, at += uhn_align_size(system->count * sizeof(double)))
        *memories[i] = (double *)(void *)at;
    t->row_room = (float *)(void *)at;
    t->value_room = (float *)(void *)(at + uhn_align_size(system->dim * sizeof(float)));
}

const float *uhn_system_row(const uhn_trajectory *t, size_t index)
{
    return uhn_memory_expand(t->system->memory, index, t->row_room);
}

const float *uhn_system_value(const uhn_trajectory *t, size_t index)
{
    return uhn_memory_projected(t->system->memory, UHN_PROJECTION_VALUES, index, t->value_room);
}

/* ---- rates */

void uhn_see_values(uhn_trajectory *t)
{
    const uhn_system *system = t->system;
    const uhn_flow *flow = system->flow;
    t->value_lagrangian =
        flow->lagrangians[UHN_LAYER_VALUE]->evaluate(t->v, system->dim, flow->parameters[UHN_LAYER_VALUE], t->g);
    for (size_t m = 0; m < system->count; m++) {
        double magnitude = 0;
        t->s[m] =
            flow->similarity->score(uhn_system_row(t, m), t->g, system->dim, flow->similarity_context, &magnitude);
        t->h_rate[m] = magnitude; /* until the rate is known */
    }
}

void uhn_see_memories(uhn_trajectory *t, const double *h)
{
    const uhn_system *system = t->system;
    const uhn_flow *flow = system->flow;
    t->memory_lagrangian = flow->lagrangians[UHN_LAYER_MEMORY]->evaluate(h ? h : t->s, system->count,
                                                                         flow->parameters[UHN_LAYER_MEMORY], t->f);
    t->weight_sum = t->score_magnitude = 0;
    for (size_t m = 0; m < system->count; m++) {
        t->weight_sum += t->f[m];
        if (t->f[m] != 0)
            t->score_magnitude += fabs(t->f[m]) * (t->h_rate[m] + fabs(t->s[m]));
    }
}

void uhn_see_drive(uhn_trajectory *t)
{
    const size_t dim = t->system->dim;
    for (size_t i = 0; i < dim; i++)
        t->drive[i] = t->input ? t->input[i] : 0;
    for (size_t m = 0; m < t->system->count; m++) {
        if (t->f[m] == 0)
            continue;
        const float *value = uhn_system_value(t, m);
        for (size_t i = 0; i < dim; i++)
            t->drive[i] += t->f[m] * (double)value[i];
    }
}

void uhn_see_value_rate(uhn_trajectory *t)
{
    const uhn_flow *flow = t->system->flow;
    const size_t dim = t->system->dim;
    for (size_t i = 0; i < dim; i++)
        t->v_rate[i] = (t->input ? t->input[i] : 0) - (flow->leak ? t->v[i] : 0);
    for (size_t m = 0; m < t->system->count; m++)
        if (t->f[m] != 0)
            flow->similarity->pull(t->f[m], uhn_system_value(t, m), t->g, dim, flow->similarity_context, t->v_rate);
    for (size_t i = 0; i < dim; i++)
        t->v_rate[i] = t->clamped && t->clamped[i] ? 0 : t->v_rate[i] / flow->tau_v;
}

/* How much g magnifies the rounding of v: 1 + |H_v v|, with signs by turns, so that no direction of a flat Lagrangian
 * hides. Where neurons do not mix, g is as exact as v. */
static double conditioning(const uhn_trajectory *t)
{
    const uhn_system *system = t->system;
    const uhn_flow *flow = system->flow;
    double size = 0;
    if (system->properties[UHN_LAYER_VALUE] & UHN_LAGRANGIAN_SEPARABLE)
        return 1;
    for (size_t i = 0; i < system->dim; i++)
        t->drive[i] = i % 2 ? fabs(t->v[i]) : -fabs(t->v[i]);
    flow->lagrangians[UHN_LAYER_VALUE]->hessian(t->v, t->g, t->drive, system->dim, flow->parameters[UHN_LAYER_VALUE],
                                                t->v_sum);
    for (size_t i = 0; i < system->dim; i++)
        size = fmax(size, fabs(t->v_sum[i]));
    return 1 + size;
}

double uhn_see_energy(const uhn_trajectory *t, const double *h, double *magnitude)
{
    const uhn_system *system = t->system;
    double energy = -t->memory_lagrangian, absolute = fabs(t->memory_lagrangian) + t->score_magnitude;
    if (system->hetero)
        return NAN;
    if (system->flow->leak) {
        energy -= t->value_lagrangian;
        absolute += fabs(t->value_lagrangian);
    }
    for (size_t i = 0; i < system->dim; i++) {
        const double leak = system->flow->leak ? t->v[i] * t->g[i] : 0;
        const double input = t->input ? t->input[i] * t->g[i] : 0;
        energy += leak - input;
        absolute += fabs(leak) + fabs(input);
    }
    for (size_t m = 0; h && m < system->count; m++) { /* f (h − S), which is 0 for h = S */
        if (t->f[m] == 0)
            continue;
        energy += t->f[m] * (h[m] - t->s[m]);
        absolute += fabs(t->f[m] * h[m]);
    }
    *magnitude = absolute * conditioning(t);
    return energy;
}
