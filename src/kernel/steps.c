/* SPDX-License-Identifier: MIT
 * The element passes. Each is one line, TERM, within the same loop. */
#include "kernel/kernel.h"

#include <math.h>

static double sum_lanes(const double lane[UHN_LANES])
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* Runs `statement`, which updates lane[l] from a = x[i + l] and b = q[i + l], over all coordinates. */
#define FOR_EACH_PAIR(statement)                                                                                       \
    double lane[UHN_LANES] = {0};                                                                                      \
    size_t i = 0;                                                                                                      \
    for (; i + UHN_LANES <= dim; i += UHN_LANES)                                                                       \
        for (size_t l = 0; l < UHN_LANES; l++) {                                                                       \
            const double a = (double)x[i + l], b = (double)q[i + l];                                                   \
            statement;                                                                                                 \
        }                                                                                                              \
    for (size_t l = 0; i + l < dim; l++) {                                                                             \
        const double a = (double)x[i + l], b = (double)q[i + l];                                                       \
        statement;                                                                                                     \
    }

static double multiply(const float *x, const float *q, size_t dim)
{
    FOR_EACH_PAIR(lane[l] += a * b)
    return sum_lanes(lane);
}

static double squared_difference(const float *x, const float *q, size_t dim)
{
    FOR_EACH_PAIR(lane[l] += (a - b) * (a - b))
    return sum_lanes(lane);
}

static double absolute_difference(const float *x, const float *q, size_t dim)
{
    FOR_EACH_PAIR(lane[l] += fabs(a - b))
    return sum_lanes(lane);
}

static double maximum_difference(const float *x, const float *q, size_t dim)
{
    FOR_EACH_PAIR(const double difference = fabs(a - b); lane[l] = difference > lane[l] ? difference : lane[l])
    double largest = 0;
    for (size_t l = 0; l < UHN_LANES; l++)
        largest = lane[l] > largest ? lane[l] : largest;
    return largest;
}

static double mismatch(const float *x, const float *q, size_t dim)
{
    FOR_EACH_PAIR(lane[l] += (a > 0) != (b > 0) ? 1.0 : 0.0)
    return sum_lanes(lane);
}

uhn_step_function *uhn_kernel_step(uhn_step step)
{
    static uhn_step_function *const steps[UHN_STEP_COUNT] = {
        [UHN_STEP_PAIR] = NULL,
        [UHN_STEP_MULTIPLY] = multiply,
        [UHN_STEP_SQUARED_DIFFERENCE] = squared_difference,
        [UHN_STEP_ABSOLUTE_DIFFERENCE] = absolute_difference,
        [UHN_STEP_MAXIMUM_DIFFERENCE] = maximum_difference,
        [UHN_STEP_MISMATCH] = mismatch,
    };
    return (unsigned)step < UHN_STEP_COUNT ? steps[step] : NULL;
}

double uhn_kernel_power_difference(const float *x, const float *q, size_t dim, double scale, double order)
{
    if (order == 3) { /* the usual one besides 1 and 2 */
        FOR_EACH_PAIR(const double base = fabs(a - b) * scale; lane[l] += base * base * base)
        return sum_lanes(lane);
    }
    FOR_EACH_PAIR(lane[l] += pow(fabs(a - b) * scale, order))
    return sum_lanes(lane);
}

/* log(to / from), given t = to / from − 1. log() is several times as fast as log1p(), which is needed only where 1 + t
 * would lose digits that t − log(1 + t) has to keep. */
static double log_ratio(double from, double to, double t)
{
    return fabs(t) > 0.125 ? log(to / from) : log1p(t);
}

static double kullback_leibler_term(double a, double b)
{
    if (a == 0)
        return b;
    const double t = (b - a) / a;
    return a * (t - log_ratio(a, b, t));
}

double uhn_kernel_kullback_leibler(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                   uhn_vector_stat q_map)
{
    FOR_EACH_PAIR(lane[l] += kullback_leibler_term(a * x_map.scale + x_map.offset, b * q_map.scale + q_map.offset))
    return sum_lanes(lane);
}

/* ½ (a log(a/m) + b log(b/m)) with m = (a + b)/2, a = m (1 + d) and b = m (1 − d). */
static double jensen_shannon_term(double a, double b)
{
    const double m = 0.5 * (a + b);
    if (m == 0)
        return 0;
    const double d = (a - m) / m;
    const double above = a > 0 ? a * log_ratio(m, a, d) : 0;
    const double below = b > 0 ? b * log_ratio(m, b, -d) : 0;
    return 0.5 * (above + below);
}

double uhn_kernel_jensen_shannon(const float *x, const float *q, size_t dim, uhn_vector_stat x_map,
                                 uhn_vector_stat q_map)
{
    FOR_EACH_PAIR(lane[l] += jensen_shannon_term(a * x_map.scale + x_map.offset, b * q_map.scale + q_map.offset))
    return sum_lanes(lane);
}

double uhn_kernel_sum(const float *x, size_t dim)
{
    const float *q = x;
    FOR_EACH_PAIR((void)b; lane[l] += a)
    return sum_lanes(lane);
}

double uhn_kernel_absolute_sum(const float *x, size_t dim)
{
    const float *q = x;
    FOR_EACH_PAIR((void)b; lane[l] += fabs(a))
    return sum_lanes(lane);
}
