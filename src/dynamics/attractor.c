/* SPDX-License-Identifier: MIT */
#include "dynamics/attractor.h"

#include "base/status.h"

#include <math.h>

uhn_status uhn_check_landscape(const uhn_flow *flow, double radius)
{
    if (flow && flow->clamped)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "clamped coordinates give every start attractors of its own");
    if (flow && flow->input && flow->input_stride)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "inputs of their own give every start attractors of its own");
    if (!(radius > 0) || isinf(radius))
        return uhn_fail(UHN_ERROR_RANGE, "a radius of %g: it must be above 0, and finite", radius);
    return UHN_OK;
}

void uhn_patterns_of(const uhn_flow *flow, const double *states, size_t count, size_t dim, double *patterns)
{
    for (size_t i = 0; i < count; i++)
        flow->lagrangians[UHN_LAYER_VALUE]->evaluate(states + i * dim, dim, flow->parameters[UHN_LAYER_VALUE],
                                                     patterns + i * dim);
}

double uhn_vector_length(const double *x, size_t dim)
{
    double squares = 0;
    for (size_t i = 0; i < dim; i++)
        squares += x[i] * x[i];
    return sqrt(squares);
}

bool uhn_is_same_pattern(const double *g, const double *other, size_t dim, double radius)
{
    double squares = 0;
    for (size_t i = 0; i < dim; i++)
        squares += (g[i] - other[i]) * (g[i] - other[i]);
    return sqrt(squares) <= radius * (1 + uhn_vector_length(g, dim));
}

bool uhn_rests_at(const uhn_flow_report *report, size_t index)
{
    return report->status == UHN_QUERY_OK && report->ending == UHN_ENDING_FIXED_POINT && report->nearest == index;
}
