/* SPDX-License-Identifier: MIT */
#include "core/output.h"

#include <math.h>

typedef uhn_query_status output_function(const float *state, double *z, size_t dim);

static int sign_of(double x)
{
    return (x > 0) - (x < 0);
}

static uhn_query_status keep(const float *state, double *z, size_t dim)
{
    (void)state, (void)z, (void)dim;
    return UHN_QUERY_OK;
}

static uhn_query_status sign(const float *state, double *z, size_t dim)
{
    for (size_t i = 0; i < dim; i++)
        if (!isnan(z[i])) /* a NaN, which only the paper's code lets come this far, stays */
            z[i] = z[i] != 0 || !state ? sign_of(z[i]) : sign_of((double)state[i]);
    return UHN_QUERY_OK;
}

static uhn_query_status step(const float *state, double *z, size_t dim)
{
    sign(state, z, dim);
    for (size_t i = 0; i < dim; i++)
        z[i] = isnan(z[i]) ? z[i] : z[i] > 0;
    return UHN_QUERY_OK;
}

static uhn_query_status clamp(const float *state, double *z, size_t dim)
{
    (void)state;
    for (size_t i = 0; i < dim; i++)
        z[i] = z[i] < 0 ? 0 : z[i] > 1 ? 1 : z[i];
    return UHN_QUERY_OK;
}

/* Relative to the largest entry, whose square neither overflows nor underflows. */
static uhn_query_status unit(const float *state, double *z, size_t dim)
{
    (void)state;
    double largest = 0, squares = 0;
    for (size_t i = 0; i < dim; i++)
        largest = fmax(largest, fabs(z[i]));
    if (largest == 0)
        return UHN_QUERY_OK;
    for (size_t i = 0; i < dim; i++) {
        z[i] /= largest;
        squares += z[i] * z[i];
    }
    for (size_t i = 0; i < dim; i++)
        z[i] /= sqrt(squares);
    return UHN_QUERY_OK;
}

static uhn_query_status sum_to_one(const float *state, double *z, size_t dim)
{
    (void)state;
    double sum = 0, absolute = 0;
    for (size_t i = 0; i < dim; i++) {
        sum += z[i];
        absolute += fabs(z[i]);
    }
    if (sum <= 1e-12 * absolute)
        return UHN_QUERY_ZERO_SUM;
    for (size_t i = 0; i < dim; i++)
        z[i] /= sum;
    return UHN_QUERY_OK;
}

uhn_query_status uhn_apply_output(uhn_output output, const float *state, double *z, size_t dim)
{
    static output_function *const functions[UHN_OUTPUT_COUNT] = {
        [UHN_OUTPUT_NONE] = keep,   [UHN_OUTPUT_SIGN] = sign, [UHN_OUTPUT_STEP] = step,
        [UHN_OUTPUT_CLAMP] = clamp, [UHN_OUTPUT_UNIT] = unit, [UHN_OUTPUT_SUM] = sum_to_one,
    };
    return functions[output](state, z, dim);
}
