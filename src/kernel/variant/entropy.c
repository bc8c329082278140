/* SPDX-License-Identifier: MIT
 * What divergences need of one vector, in float32: a = x · scale + offset, Σ a log a, log a.
 *
 * A running sum in float32 is as short as a strip; strips are added in float64. So the errors are those of the terms,
 * and hardly those of their sum. */
#include "kernel/variant/half_logarithm.h"

#include <math.h>

/* Registers between two additions in float64. */
enum { STRIP = 8 };

/* Two registers full of sums in float64. */
typedef struct wide_sums {
    doubles lower, upper;
} wide_sums;

ALWAYS_INLINE void add_wide(wide_sums *to, vector v)
{
    to->lower += widened(lower_half(v));
    to->upper += widened(upper_half(v));
}

ALWAYS_INLINE double total(const wide_sums *sums)
{
    const doubles both = sums->lower + sums->upper;
    double result = 0;
    for (size_t l = 0; l < WIDTH / 2; l++)
        result += both[l];
    return result;
}

/* a log a. The logarithm is of a = s / 2. */
ALWAYS_INLINE vector term(vector a)
{
    const vector s = a + a;
    return s * half_logarithm(s);
}

/* With 0 past the end, where a log a is 0. */
ALWAYS_INLINE double entropy(const float *x, size_t dim, float scale, float offset, float *to)
{
    wide_sums sums = {.lower = {0}};
    vector last = {0};
    size_t i = 0;
    while (i + WIDTH <= dim) {
        const size_t left = (dim - i) / WIDTH, end = i + (left < STRIP ? left : STRIP) * WIDTH;
        vector strip = {0};
        for (; i < end; i += WIDTH) {
            const vector a = load(x + i) * scale + offset;
            if (to)
                store(to + i, a);
            strip += term(a);
        }
        add_wide(&sums, strip);
    }
    for (size_t l = 0; i + l < dim; l++)
        last[l] = x[i + l] * scale + offset;
    if (to)
        memcpy(to + i, &last, (dim - i) * sizeof *to);
    add_wide(&sums, term(last));
    return total(&sums);
}

double UHN_VARIANT(uhn_entropy)(const float *x, size_t dim, float scale, float offset, float *to)
{
    return to ? entropy(x, dim, scale, offset, to) : entropy(x, dim, scale, offset, NULL);
}

uhn_moments UHN_VARIANT(uhn_logarithms)(const float *x, size_t dim, float scale, float offset, float *to)
{
    wide_sums sum = {.lower = {0}}, absolute_sum = {.lower = {0}}, squares = {.lower = {0}};
    for (size_t i = 0; i < dim; i += WIDTH) {
        const size_t count = dim - i < WIDTH ? dim - i : WIDTH;
        vector a = all(1); /* its logarithm may differ from 0, and then is not to count */
        if (count == WIDTH)
            a = load(x + i) * scale + offset;
        else
            for (size_t l = 0; l < count; l++)
                a[l] = x[i + l] * scale + offset;
        vector logarithm = 2 * half_logarithm(a + a);
        if (count == WIDTH)
            store(to + i, logarithm);
        else
            memcpy(to + i, &logarithm, count * sizeof *to);
        for (size_t l = count; l < WIDTH; l++)
            logarithm[l] = 0;
        const doubles lower = widened(lower_half(logarithm)), upper = widened(upper_half(logarithm));
        add_wide(&sum, logarithm);
        add_wide(&absolute_sum, absolute(logarithm));
        squares.lower += lower * lower;
        squares.upper += upper * upper;
    }
    return (uhn_moments){.sum = total(&sum), .absolute = total(&absolute_sum), .squares = total(&squares)};
}
