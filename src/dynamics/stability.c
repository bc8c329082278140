/* SPDX-License-Identifier: MIT
 * How large an explicit step may be. Linearised, the network is [−a, AᵀH_h/τ_v; A H_v/τ_h, −b] with A = ∂S/∂g, a = (λ +
 * κ Σf H_v)/τ_v, b = 1/τ_h, and its fastest mode decays at ½ [(a + b) + √((a − b)² + 4 ρ/(τ_v τ_h))], ρ the largest
 * eigenvalue of Aᵀ H_h A H_v. */
#include "dynamics/system.h"

#include <math.h>

enum { ITERATIONS = 300 };

static double norm_of(const double *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i] * x[i];
    return sqrt(sum);
}

/* No symmetry of the memories is likely to be orthogonal to this. */
static void start(double *x, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        x[i] = 1 + (double)(i * 2654435761U % 1024) / 1024;
}

static void times_value_hessian(const uhn_trajectory *t, const double *x, double *product)
{
    const uhn_flow *flow = t->system->flow;
    flow->lagrangians[UHN_LAYER_VALUE]->hessian(t->v, t->g, x, t->system->dim, flow->parameters[UHN_LAYER_VALUE],
                                                product);
}

/* x ← Aᵀ H_h A H_v x */
static void times_coupling(uhn_trajectory *t, const double *h, double *x)
{
    const uhn_system *system = t->system;
    const uhn_flow *flow = system->flow;
    const size_t dim = system->dim;
    times_value_hessian(t, x, t->v_sum);
    for (size_t m = 0; m < system->count; m++) {
        for (size_t i = 0; i < dim; i++)
            x[i] = 0;
        flow->similarity->pull(1, uhn_system_row(t, m), t->g, dim, flow->similarity_context, x);
        t->h_sum[m] = 0;
        for (size_t i = 0; i < dim; i++)
            t->h_sum[m] += x[i] * t->v_sum[i];
    }
    flow->lagrangians[UHN_LAYER_MEMORY]->hessian(h, t->f, t->h_sum, system->count, flow->parameters[UHN_LAYER_MEMORY],
                                                 t->h_before);
    for (size_t i = 0; i < dim; i++)
        x[i] = 0;
    for (size_t m = 0; m < system->count; m++)
        flow->similarity->pull(t->h_before[m], uhn_system_row(t, m), t->g, dim, flow->similarity_context, x);
}

/* By power iteration; 0 when nothing is coupled. */
static double largest_eigenvalue(uhn_trajectory *t, const double *h, bool coupling)
{
    double *x = t->v_before, found = 0;
    start(x, t->system->dim);
    double length = norm_of(x, t->system->dim);
    for (int step = 0; step < ITERATIONS && length > 0; step++) {
        const double last = found;
        for (size_t i = 0; i < t->system->dim; i++)
            x[i] /= length;
        if (coupling) {
            times_coupling(t, h, x);
        } else {
            times_value_hessian(t, x, t->v_sum);
            for (size_t i = 0; i < t->system->dim; i++)
                x[i] = t->v_sum[i];
        }
        found = length = norm_of(x, t->system->dim);
        if (fabs(found - last) <= 1e-9 * found)
            break;
    }
    return found;
}

double uhn_see_limit(uhn_trajectory *t)
{
    const uhn_flow *flow = t->system->flow;
    const uhn_settling *settling = flow->similarity->settling;
    const double curvature = settling ? settling->curvature : 0;
    const double push = curvature > 0 ? fabs(t->weight_sum) * largest_eigenvalue(t, t->h, false) : 0;
    const double coupling = largest_eigenvalue(t, t->h, true);
    const double a = ((flow->leak ? 1 : 0) + curvature * push) / flow->tau_v, b = 1 / flow->tau_h;
    const double fastest = ((a + b) + sqrt((a - b) * (a - b) + 4 * coupling / (flow->tau_v * flow->tau_h))) / 2;
    return 2 / fastest;
}
