/* SPDX-License-Identifier: MIT
 * Passes over the scores of one query and what becomes of them, in float64. Where loops are plain, compilers turn them
 * into vectors. */
#include "kernel/variant/doubles.h"

void UHN_VARIANT(uhn_finish_scores)(double *x, size_t count, double factor, const double *scales, double offset,
                                    const double *offsets)
{
    for (size_t i = 0; i < count; i++)
        x[i] = x[i] * factor * scales[i] + (offsets[i] + offset) + (x[i] - x[i]); /* infinity − infinity is a NaN */
}

size_t UHN_VARIANT(uhn_reaching)(const double *x, size_t count, double limit)
{
    uint64_t number = 0;
    for (size_t i = 0; i < count; i++)
        number += !(x[i] < limit);
    return number;
}

double UHN_VARIANT(uhn_largest)(const double *x, size_t count, double largest)
{
    double lanes[UHN_LANES];
    size_t i = 0;
    for (size_t l = 0; l < UHN_LANES; l++)
        lanes[l] = largest;
    for (; i + UHN_LANES <= count; i += UHN_LANES)
        for (size_t l = 0; l < UHN_LANES; l++)
            lanes[l] = x[i + l] > lanes[l] ? x[i + l] : lanes[l];
    for (size_t l = 0; l < UHN_LANES; l++)
        largest = lanes[l] > largest ? lanes[l] : largest;
    for (; i < count; i++)
        largest = x[i] > largest ? x[i] : largest;
    return largest;
}

/* Coordinate i goes to running sum i mod UHN_LANES, whatever the width of a register. */
enum { PARTS = UHN_LANES / DOUBLES };

ALWAYS_INLINE double total(const doubles parts[PARTS])
{
    double lanes[UHN_LANES];
    memcpy(lanes, parts, sizeof lanes);
    return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

ALWAYS_INLINE void add_weights(doubles sum[PARTS], doubles absolute[PARTS], doubles squares[PARTS], const double *x)
{
    UNROLLED
    for (size_t l = 0; l < PARTS; l++) {
        const doubles w = load_doubles(x + l * DOUBLES);
        sum[l] += w;
        absolute[l] += absolute_doubles(w);
        squares[l] += w * w;
    }
}

uhn_moments UHN_VARIANT(uhn_moments_of_weights)(const double *x, size_t count)
{
    doubles sum[PARTS] = {{0}}, absolute[PARTS] = {{0}}, squares[PARTS] = {{0}};
    size_t i = 0;
    for (; i + UHN_LANES <= count; i += UHN_LANES)
        add_weights(sum, absolute, squares, x + i);
    if (i < count) {
        double rest[UHN_LANES] = {0};
        memcpy(rest, x + i, (count - i) * sizeof *x);
        add_weights(sum, absolute, squares, rest);
    }
    return (uhn_moments){total(sum), total(absolute), total(squares)};
}

/* Compilers do not turn a conversion under a condition into vectors. */
ALWAYS_INLINE doubles narrow(const double *x, doubles least, float *to)
{
    const doubles v = load_doubles(x);
    const truths keep = less(least, v) | equal(least, v);
    const half_vector kept = __builtin_convertvector(where(keep, v), half_vector);
    memcpy(to, &kept, sizeof kept);
    return where(keep, all_doubles(1));
}

size_t UHN_VARIANT(uhn_narrow)(const double *x, size_t count, double least, float *to)
{
    const doubles limit = all_doubles(least);
    doubles kept = {0};
    double number = 0;
    size_t i = 0;
    for (; i + DOUBLES <= count; i += DOUBLES)
        kept += narrow(x + i, limit, to + i);
    for (size_t l = 0; l < DOUBLES; l++)
        number += kept[l];
    for (; i < count; i++) {
        to[i] = x[i] >= least ? (float)x[i] : 0;
        number += x[i] >= least;
    }
    return (size_t)number;
}
