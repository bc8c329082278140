/* SPDX-License-Identifier: MIT
 * The exact element passes. */
#include "kernel/variant/lanes.h"

#include <math.h>

/* Terms that are 0 when a and b are need not ask what is inside. */
#define STEP(name, term)                                                                                               \
    ALWAYS_INLINE void name(doubles *sums, doubles a, doubles b, truths inside, const double *constants)               \
    {                                                                                                                  \
        (void)b, (void)inside, (void)constants;                                                                        \
        sums[0] += (term);                                                                                             \
    }

STEP(multiply, a *b)
STEP(squared_difference, (a - b) * (a - b))
STEP(absolute_difference, absolute_doubles(a - b))
STEP(mismatch, where(less(all_doubles(0), a) ^ less(all_doubles(0), b), all_doubles(1)))
STEP(value, a)
STEP(absolute_value, absolute_doubles(a))

ALWAYS_INLINE doubles scaled_difference(doubles a, doubles b, const double *scale)
{
    return absolute_doubles(a - b) * *scale;
}

STEP(cubed_difference,
     scaled_difference(a, b, constants) * scaled_difference(a, b, constants) * scaled_difference(a, b, constants))

#define PASS(name, step)                                                                                               \
    double UHN_VARIANT(name)(const float *x, const float *q, size_t dim)                                               \
    {                                                                                                                  \
        return sum_over_pairs(step, x, q, dim, NULL);                                                                  \
    }

PASS(uhn_multiply, multiply)
PASS(uhn_squared_difference, squared_difference)
PASS(uhn_absolute_difference, absolute_difference)
PASS(uhn_mismatch, mismatch)

ALWAYS_INLINE void largest(doubles *sums, doubles a, doubles b, truths inside, const double *constants)
{
    const doubles difference = absolute_doubles(a - b);
    (void)inside, (void)constants;
    sums[0] = choose(less(sums[0], difference), difference, sums[0]);
}

double UHN_VARIANT(uhn_maximum_difference)(const float *x, const float *q, size_t dim)
{
    double lane[1][UHN_LANES], result = 0;
    over_pairs(largest, x, q, dim, NULL, 1, lane);
    for (size_t l = 0; l < UHN_LANES; l++)
        result = lane[0][l] > result ? lane[0][l] : result;
    return result;
}

ALWAYS_INLINE void power(doubles *sums, doubles a, doubles b, truths inside, const double *constants)
{
    doubles term = scaled_difference(a, b, constants);
    for (size_t l = 0; l < DOUBLES; l++)
        term[l] = pow(term[l], constants[1]);
    sums[0] += where(inside, term);
}

double UHN_VARIANT(uhn_power_difference)(const float *x, const float *q, size_t dim, double scale, double order)
{
    const double constants[] = {scale, order};
    return order == 3 ? sum_over_pairs(cubed_difference, x, q, dim, constants) /* the usual one besides 1 and 2 */
                      : sum_over_pairs(power, x, q, dim, constants);
}

double UHN_VARIANT(uhn_sum)(const float *x, size_t dim)
{
    return sum_over_pairs(value, x, x, dim, NULL);
}

double UHN_VARIANT(uhn_absolute_sum)(const float *x, size_t dim)
{
    return sum_over_pairs(absolute_value, x, x, dim, NULL);
}

ALWAYS_INLINE void three_moments(doubles *sums, doubles a, doubles b, truths inside, const double *constants)
{
    (void)inside, (void)constants;
    sums[0] += a;
    sums[1] += absolute_doubles(a);
    sums[2] += a * b;
}

uhn_moments UHN_VARIANT(uhn_moments_of)(const float *x, size_t dim)
{
    double lane[3][UHN_LANES];
    over_pairs(three_moments, x, x, dim, NULL, 3, lane);
    return (uhn_moments){.sum = sum_lanes(lane[0]), .absolute = sum_lanes(lane[1]), .squares = sum_lanes(lane[2])};
}
