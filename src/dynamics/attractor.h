/* SPDX-License-Identifier: MIT
 * What the analyses of flows have in common: when two patterns are one, and when a memory has an attractor. */
#ifndef UHN_DYNAMICS_ATTRACTOR_H
#define UHN_DYNAMICS_ATTRACTOR_H

#include "core/memory.h"
#include "uhn/dynamics.h"

/* Do all starts share one landscape? UHN_ERROR_UNSUPPORTED; also checks `radius`, UHN_ERROR_RANGE. */
uhn_status uhn_check_landscape(const uhn_flow *flow, double radius);

/* patterns [count × dim] ← g of the states v, both packed; NaN stays NaN. */
void uhn_patterns_of(const uhn_flow *flow, const double *states, size_t count, size_t dim, double *patterns);

/* |g − other| ≤ radius (1 + |g|); false if there is a NaN. */
bool uhn_is_same_pattern(const double *g, const double *other, size_t dim, double radius);

/* Does the flow that started at memory `index` say that it has an attractor? */
bool uhn_rests_at(const uhn_flow_report *report, size_t index);

double uhn_vector_length(const double *x, size_t dim);

#endif
