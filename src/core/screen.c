/* SPDX-License-Identifier: MIT */
#include "core/screen.h"

#include <math.h>

/* Proven; real errors stay far below (docs/mathematics.md, section 11).
 * Weights whose scores stay estimates may be off by this part of themselves, or, all together, of the largest. */
static const double weight_tolerance = 0x1p-7;

/* The runner-up is always needed: reports tell the margin. */
static size_t needed(const uhn_precision *precision)
{
    return precision->best > 2 ? precision->best : 2;
}

bool uhn_screen_serves(const uhn_precision *precision)
{
    return needed(precision) <= UHN_SCREEN_BEST && precision->window < INFINITY;
}

void uhn_floor_init(uhn_floor *floor, const uhn_precision *precision)
{
    floor->count = needed(precision);
    for (size_t i = 0; i < floor->count; i++)
        floor->least[i] = -INFINITY;
}

static void raise(uhn_floor *floor, double least)
{
    size_t i = floor->count - 1;
    for (; i > 0 && least > floor->least[i - 1]; i--)
        floor->least[i] = floor->least[i - 1];
    floor->least[i] = least;
}

/* How far below the best a score may be an estimate. What is lower than this by more than the error weighs at most
 * exp(−sensitivity · window), true or estimated, and is off by a part expm1(…) of that, or all of it. */
static double window_of(const uhn_precision *precision, uhn_error_bound bound, double best, size_t memories)
{
    const double error = 2 * precision->sensitivity * (bound.absolute + bound.relative * fabs(best));
    if (precision->sensitivity == 0 || error <= weight_tolerance)
        return precision->window;
    const double part = fmin(1, expm1(error));
    return fmax(precision->window, log((double)memories * part / weight_tolerance) / precision->sensitivity);
}

static double least_score(double estimate, uhn_error_bound bound)
{
    return estimate - bound.absolute - bound.relative * fabs(estimate);
}

static double greatest_score(double estimate, uhn_error_bound bound)
{
    return estimate + bound.absolute + bound.relative * fabs(estimate);
}

/* No estimate below this can be a score of `limit`; a little lower than it need be, for rounding. */
static double least_estimate(double limit, uhn_error_bound bound)
{
    const double most = limit - bound.absolute;
    const double estimate = most < 0 ? most / (1 - bound.relative) : most / (1 + bound.relative);
    return estimate - 0x1p-50 * fabs(estimate) - 0x1p-50 * bound.absolute;
}

/* Most often no estimate of a strip is of interest, and counting those that are takes no branches. */
enum { STRIP = 64 };

static void raise_by(uhn_floor *floor, const double *estimates, size_t count, uhn_error_bound bound,
                     const uhn_kernels *kernels)
{
    const double *worst = &floor->least[floor->count - 1];
    for (size_t first = 0; first < count; first += STRIP) {
        const size_t end = count - first < STRIP ? count : first + STRIP;
        if (kernels->reaching(estimates + first, end - first, *worst) == 0)
            continue;
        for (size_t i = first; i < end; i++)
            if (least_score(estimates[i], bound) > *worst)
                raise(floor, least_score(estimates[i], bound));
    }
}

/* The higher of both limits. When two threads raise it at once the lower one may win, which costs a little time. */
static double share(double limit, double *shared)
{
    double known;
    if (!shared)
        return limit;
    __atomic_load(shared, &known, __ATOMIC_RELAXED);
    if (known >= limit)
        return known;
    __atomic_store(shared, &limit, __ATOMIC_RELAXED);
    return limit;
}

size_t uhn_screen(uhn_floor *floor, const uhn_precision *precision, const double *estimates, size_t count,
                  uhn_error_bound bound, size_t memories, double *shared, uint16_t *chosen)
{
    const uhn_kernels *kernels = uhn_kernels_in_use();
    raise_by(floor, estimates, count, bound, kernels);
    const double best = floor->least[0], worst = floor->least[floor->count - 1];
    const double window = window_of(precision, bound, best, memories);
    const double limit = share(window > 0 ? fmin(worst, best - window) : worst, shared);
    const double lowest = least_estimate(limit, bound);
    size_t number = 0;
    for (size_t first = 0; first < count; first += STRIP) {
        const size_t end = count - first < STRIP ? count : first + STRIP;
        if (kernels->reaching(estimates + first, end - first, lowest) == 0)
            continue;
        for (size_t i = first; i < end; i++)
            if (!(greatest_score(estimates[i], bound) < limit))
                chosen[number++] = (uint16_t)i;
    }
    return number;
}
