/* SPDX-License-Identifier: MIT
 * The loop of all exact passes: UHN_LANES running sums in float64, in as many registers as they take. The sums are the
 * same to the bit in every variant. */
#ifndef UHN_KERNEL_VARIANT_LANES_H
#define UHN_KERNEL_VARIANT_LANES_H

#include "kernel/variant/doubles.h"

/* Registers for the running sums; how many sums a pass may form at once. */
enum { PARTS = UHN_LANES / DOUBLES, SUMS_MAX = 3 };

/* What a pass does with a, DOUBLES numbers of x, and b, those of q: it updates its running sums. Past the ends of the
 * vectors a and b are 0, and `inside` does not hold. */
typedef void lane_function(doubles *sums, doubles a, doubles b, truths inside, const double *constants);

ALWAYS_INLINE double sum_lanes(const double lane[UHN_LANES])
{
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* lane[s]: the running sums number s of `count` at the end. */
ALWAYS_INLINE void over_pairs(lane_function *step, const float *x, const float *q, size_t dim, const double *constants,
                              size_t count, double lane[][UHN_LANES])
{
    doubles sums[PARTS][SUMS_MAX] = {0};
    size_t i = 0;
    for (; i + UHN_LANES <= dim; i += UHN_LANES)
        UNROLLED
    for (size_t part = 0; part < PARTS; part++) {
        const size_t at = i + part * DOUBLES;
        step(sums[part], load_widened(x + at), load_widened(q + at), first_doubles(DOUBLES), constants);
    }
    if (i < dim) {
        float rest_of_x[UHN_LANES] = {0}, rest_of_q[UHN_LANES] = {0};
        memcpy(rest_of_x, x + i, (dim - i) * sizeof *x);
        memcpy(rest_of_q, q + i, (dim - i) * sizeof *q);
        UNROLLED
        for (size_t part = 0; part < PARTS; part++) {
            const size_t at = part * DOUBLES, left = dim - i > at ? dim - i - at : 0;
            step(sums[part], load_widened(rest_of_x + at), load_widened(rest_of_q + at),
                 first_doubles(left < DOUBLES ? left : DOUBLES), constants);
        }
    }
    for (size_t s = 0; s < count; s++)
        for (size_t part = 0; part < PARTS; part++)
            store_doubles(lane[s] + part * DOUBLES, sums[part][s]);
}

/* The total of a pass with one sum. */
ALWAYS_INLINE double sum_over_pairs(lane_function *step, const float *x, const float *q, size_t dim,
                                    const double *constants)
{
    double lane[1][UHN_LANES];
    over_pairs(step, x, q, dim, constants, 1, lane);
    return sum_lanes(lane[0]);
}

#endif
