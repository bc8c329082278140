/* SPDX-License-Identifier: MIT
 * Passes of a flow that goes by scores (dynamics/flow_scores.c), in float64. Nothing is fused, and coordinate i goes to
 * running sum i mod UHN_LANES, whatever the width of a register. */
#include "kernel/variant/exponential.h"

#include <math.h>

enum { PARTS = UHN_LANES / DOUBLES };

/* A running sum. */
typedef struct lanes {
    doubles parts[PARTS];
} lanes;

ALWAYS_INLINE double total(const lanes *sum)
{
    double l[UHN_LANES];
    memcpy(l, sum->parts, sizeof l);
    return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
}

ALWAYS_INLINE double largest_of(const lanes *of, double largest)
{
    double l[UHN_LANES];
    memcpy(l, of->parts, sizeof l);
    for (size_t i = 0; i < UHN_LANES; i++)
        largest = l[i] > largest ? l[i] : largest;
    return largest;
}

/* Register l of each UHN_LANES numbers from i on. */
#define EACH_PART(i, l, count)                                                                                         \
    for (size_t i = 0; i < (count); i += UHN_LANES)                                                                    \
        UNROLLED                                                                                                       \
    for (size_t l = 0; l < PARTS; l++)

ALWAYS_INLINE doubles larger_doubles(doubles a, doubles b)
{
    return choose(less(b, a), a, b);
}

uhn_relaxed UHN_VARIANT(uhn_flow_relax)(double *scores, const double *targets, double *shares, const double *weights,
                                        size_t count, double stays, double moves)
{
    lanes along_scores = {{{0}}}, along_targets = {{{0}}}, top;
    for (size_t l = 0; l < PARTS; l++)
        top.parts[l] = all_doubles(-INFINITY);
    EACH_PART(i, l, count)
    {
        const size_t at = i + l * DOUBLES;
        const doubles s = load_doubles(scores + at), t = load_doubles(targets + at), w = load_doubles(weights + at);
        const doubles now = stays * s + moves * t;
        along_scores.parts[l] += w * s;
        along_targets.parts[l] += w * t;
        store_doubles(scores + at, now);
        store_doubles(shares + at, stays * load_doubles(shares + at) + moves * w);
        top.parts[l] = larger_doubles(now, top.parts[l]);
    }
    return (uhn_relaxed){total(&along_scores), total(&along_targets), largest_of(&top, -INFINITY)};
}

uhn_moments UHN_VARIANT(uhn_flow_soften)(const double *scores, size_t count, double scale, double top, double *to)
{
    const doubles least = all_doubles(UHN_FLOW_NOTHING);
    lanes sum = {{{0}}}, squares = {{{0}}};
    EACH_PART(i, l, count)
    {
        const size_t at = i + l * DOUBLES;
        const doubles y = scale * (load_doubles(scores + at) - top);
        const truths counts = less(least, y);
        doubles w = {0};
        if (any(counts))
            w = where(counts, exponential(y));
        store_doubles(to + at, w);
        sum.parts[l] += w;
        squares.parts[l] += w * w;
    }
    return (uhn_moments){total(&sum), total(&sum), total(&squares)};
}

double UHN_VARIANT(uhn_flow_lack)(double *x, const double *weights, size_t count, double factor)
{
    lanes sum = {{{0}}};
    EACH_PART(i, l, count)
    {
        const size_t at = i + l * DOUBLES;
        const doubles lack = load_doubles(x + at) * factor - load_doubles(weights + at);
        store_doubles(x + at, lack);
        sum.parts[l] += absolute_doubles(lack);
    }
    return total(&sum);
}

uhn_granted UHN_VARIANT(uhn_flow_grant)(const double *x, double *weights, size_t count, double least, float *to)
{
    const doubles limit = all_doubles(least);
    doubles kept = {0};
    double number = 0;
    lanes sum = {{{0}}};
    EACH_PART(i, l, count)
    {
        const size_t at = i + l * DOUBLES;
        const doubles lack = load_doubles(x + at);
        const truths keep = less(limit, absolute_doubles(lack));
        const half_vector part = __builtin_convertvector(where(keep, lack), half_vector);
        const doubles given = widened(part);
        memcpy(to + at, &part, sizeof part);
        kept += where(keep, all_doubles(1));
        sum.parts[l] += absolute_doubles(given);
        store_doubles(weights + at, load_doubles(weights + at) + given);
    }
    for (size_t l = 0; l < DOUBLES; l++)
        number += kept[l];
    return (uhn_granted){(size_t)number, total(&sum)};
}

double UHN_VARIANT(uhn_flow_along)(const float *given, const double *targets, const double *scores, size_t count)
{
    lanes sum = {{{0}}};
    EACH_PART(i, l, count)
    {
        const size_t at = i + l * DOUBLES;
        sum.parts[l] += load_widened(given + at) * (load_doubles(targets + at) - load_doubles(scores + at));
    }
    return total(&sum);
}
