/* SPDX-License-Identifier: MIT
 * The output functions, after the projection. */
#ifndef UHN_CORE_OUTPUT_H
#define UHN_CORE_OUTPUT_H

#include "uhn/uhn.h"

/* Applies `output` to z [dim]. state [dim] is what a tie of sign and step keeps, or NULL: such a coordinate becomes 0.
 * Gives UHN_QUERY_OK, or UHN_QUERY_ZERO_SUM when UHN_OUTPUT_SUM has nothing to divide by. */
uhn_query_status uhn_apply_output(uhn_output output, const float *state, double *z, size_t dim);

#endif
