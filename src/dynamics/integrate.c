/* SPDX-License-Identifier: MIT
 * The integrators: one step each. */
#include "dynamics/system.h"

#include <math.h>
#include <string.h>

static void see(uhn_trajectory *t)
{
    uhn_see_values(t);
    uhn_see_memories(t, t->h);
}

static void see_memory_rate(uhn_trajectory *t)
{
    for (size_t m = 0; m < t->system->count; m++)
        t->h_rate[m] = (t->s[m] - t->h[m]) / t->system->flow->tau_h;
}

/* Value neurons with f as it is: for any dt where the similarity can, else exponentially in the leak alone. */
static void settle(uhn_trajectory *t, double dt)
{
    const uhn_system *system = t->system;
    const uhn_flow *flow = system->flow;
    const double ratio = dt / flow->tau_v;
    if (ratio > 0x1p-500 && uhn_system_settles(system)) { /* an implicit step divides by it */
        uhn_see_drive(t);
        if (flow->similarity->settling->settle(system, t, ratio))
            return;
    }
    const double span = (flow->leak ? -expm1(-ratio) : ratio) * flow->tau_v;
    uhn_see_value_rate(t);
    for (size_t i = 0; i < system->dim; i++)
        t->v[i] += span * t->v_rate[i];
}

static void step_adiabatic(uhn_trajectory *t, double dt)
{
    settle(t, dt);
}

static void step_gauss_seidel(uhn_trajectory *t, double dt)
{
    const double moves = -expm1(-dt / t->system->flow->tau_h);
    for (size_t m = 0; m < t->system->count; m++)
        t->h[m] += moves * (t->s[m] - t->h[m]);
    uhn_see_memories(t, t->h);
    settle(t, dt);
}

static void add(double *x, double factor, const double *y, size_t count)
{
    for (size_t i = 0; i < count; i++)
        x[i] += factor * y[i];
}

static void step_euler(uhn_trajectory *t, double dt)
{
    uhn_see_value_rate(t);
    see_memory_rate(t);
    add(t->v, dt, t->v_rate, t->system->dim);
    add(t->h, dt, t->h_rate, t->system->count);
}

static void step_rk4(uhn_trajectory *t, double dt)
{
    static const double shift[4] = {0.5, 0.5, 1, 0}, share[4] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6};
    const size_t dim = t->system->dim, count = t->system->count;
    memcpy(t->v_before, t->v, dim * sizeof *t->v);
    memcpy(t->h_before, t->h, count * sizeof *t->h);
    memcpy(t->v_sum, t->v, dim * sizeof *t->v);
    memcpy(t->h_sum, t->h, count * sizeof *t->h);
    for (int stage = 0; stage < 4; stage++) {
        if (stage > 0)
            see(t);
        uhn_see_value_rate(t);
        see_memory_rate(t);
        add(t->v_sum, dt * share[stage], t->v_rate, dim);
        add(t->h_sum, dt * share[stage], t->h_rate, count);
        memcpy(t->v, t->v_before, dim * sizeof *t->v);
        memcpy(t->h, t->h_before, count * sizeof *t->h);
        add(t->v, dt * shift[stage], t->v_rate, dim);
        add(t->h, dt * shift[stage], t->h_rate, count);
    }
    memcpy(t->v, t->v_sum, dim * sizeof *t->v);
    memcpy(t->h, t->h_sum, count * sizeof *t->h);
}

void uhn_take_step(uhn_trajectory *t, double dt)
{
    static void (*const steps[UHN_INTEGRATOR_COUNT])(uhn_trajectory *, double) = {
        [UHN_INTEGRATOR_ADIABATIC] = step_adiabatic,
        [UHN_INTEGRATOR_GAUSS_SEIDEL] = step_gauss_seidel,
        [UHN_INTEGRATOR_EULER] = step_euler,
        [UHN_INTEGRATOR_RK4] = step_rk4,
    };
    steps[t->system->flow->integrator](t, dt);
}
