/* SPDX-License-Identifier: MIT
 * Value neurons with the memory neurons frozen: τ_v dv/dt = I − λ v + Σ f ∂S/∂g, solved exactly where it is linear and
 * by implicit Euler where it is not. Either way the energy falls for any dt (docs/dynamics-reference.md, section 3). */
#include "dynamics/system.h"

#include <math.h>

static double leak_of(const uhn_system *system)
{
    return system->flow->leak ? 1 : 0;
}

static bool is_clamped(const uhn_trajectory *t, size_t i)
{
    return t->clamped && t->clamped[i];
}

/* dv/dt = drive − rate v, in units of τ_v. */
static void relax(uhn_trajectory *t, size_t dim, double rate, double ratio)
{
    const double stays = rate != 0 ? exp(-rate * ratio) : 1;
    for (size_t i = 0; i < dim; i++) {
        if (is_clamped(t, i))
            continue;
        const double target = rate != 0 ? t->drive[i] / rate : 0;
        t->v[i] = rate != 0 ? target + stays * (t->v[i] - target) : t->v[i] + ratio * t->drive[i];
    }
}

static bool settle_linear(const uhn_system *system, uhn_trajectory *t, double ratio)
{
    relax(t, system->dim, leak_of(system), ratio);
    return true;
}

/* drive − λ v − F g(v): linear for linear neurons, else implicitly v′/ratio + λ v′ + F g(v′) = v/ratio + drive. */
static bool settle_square(const uhn_system *system, uhn_trajectory *t, double ratio)
{
    const uhn_lagrangian *lagrangian = system->flow->lagrangians[UHN_LAYER_VALUE];
    const double *parameters = system->flow->parameters[UHN_LAYER_VALUE];
    if (lagrangian == uhn_lagrangian_at(UHN_LAYER_VALUE, 0)) {
        relax(t, system->dim, leak_of(system) + t->weight_sum, ratio);
        return true;
    }
    if (!lagrangian->resolve || !(t->weight_sum >= 0))
        return false;
    for (size_t i = 0; i < system->dim; i++)
        t->drive[i] += t->v[i] / ratio;
    lagrangian->resolve(t->drive, system->dim, 1 / ratio + leak_of(system), t->weight_sum, parameters, t->v_rate);
    for (size_t i = 0; i < system->dim; i++)
        if (!is_clamped(t, i))
            t->v[i] = t->v_rate[i];
    return true;
}

/* The x with a x − Σ f sign(ξ − g(x)) = c, whose left side rises with x and jumps by 2f at each g(x) = ξ. */
static double cross(const uhn_system *system, const uhn_trajectory *t, const uhn_kink *kinks, double a, double c,
                    double now)
{
    double below = -t->weight_sum, last = -INFINITY; /* −Σ f sign(ξ − g), left of the next kink */
    for (size_t k = 0; k < system->count; k++) {
        const double at = system->flow->lagrangians[UHN_LAYER_VALUE]->inverse((double)kinks[k].value);
        const double linear = a > 0 ? a * at : 0;
        if (linear + below >= c) /* between the kinks; where it is flat, v stays as near as it can */
            return a > 0 ? (c - below) / a : fmax(last, fmin(at, now));
        below += 2 * t->f[kinks[k].index];
        last = at;
        if (linear + below >= c)
            return at;
    }
    return a > 0 ? (c - below) / a : fmax(last, now);
}

static bool settle_absolute(const uhn_system *system, uhn_trajectory *t, double ratio)
{
    if (!system->kinks)
        return false;
    const double a = 1 / ratio + leak_of(system);
    for (size_t i = 0; i < system->dim; i++) {
        const double c = t->v[i] / ratio + (t->input ? t->input[i] : 0);
        if (!is_clamped(t, i))
            t->v[i] = cross(system, t, system->kinks + i * system->count, a, c, t->v[i]);
    }
    return true;
}

const uhn_settling uhn_settling_linear = {.linear = true, .similarity = "dot", .scale = 1, .settle = settle_linear};
const uhn_settling uhn_settling_square = {
    .curvature = 1, .similarity = "sqeuclidean", .scale = 0.5, .settle = settle_square};
const uhn_settling uhn_settling_absolute = {.coordinatewise = true, .sorts = true, .settle = settle_absolute};
