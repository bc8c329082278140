/* SPDX-License-Identifier: MIT */
#include "dynamics/watch.h"
#include "base/status.h"

#include <float.h>
#include <math.h>

static const double one_memory = 1.5; /* effective support below which a state shows one memory */

void uhn_flow_report_clear(uhn_flow_report *report)
{
    *report = (uhn_flow_report){
        .status = UHN_QUERY_OK,
        .ending = UHN_ENDING_LIMIT,
        .residual = NAN,
        .energy = NAN,
        .effective_support = NAN,
        .nearest = UHN_NO_INDEX,
        .nearest_score = NAN,
        .margin = NAN,
        .dt = NAN,
        .stability_limit = INFINITY,
    };
}

bool uhn_note_energy(uhn_energy_watch *watch, size_t step, double energy, double magnitude, uhn_flow_report *report)
{
    bool rose = false;
    if (step > 0) {
        const double rise = energy - watch->energy, bound = watch->rounding * (magnitude + watch->magnitude);
        rose = rise > bound;
        report->increases += rose;
        report->largest_increase = fmax(report->largest_increase, rise);
        report->rounding = fmax(report->rounding, bound);
    }
    if (watch->trace)
        watch->trace[step] = energy;
    watch->energy = report->energy = energy;
    watch->magnitude = magnitude;
    return rose;
}

bool uhn_show_moment(const uhn_flow *flow, const uhn_flow_moment *moment)
{
    return !flow->watch || flow->watch(flow->watch_context, moment);
}

uhn_status uhn_flow_stopped(void)
{
    return uhn_fail(UHN_ERROR_STOPPED, "the watch stopped the flow");
}

static double distance(const double *x, const double *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (x[i] - y[i]) * (x[i] - y[i]);
    return sqrt(sum);
}

uhn_movement uhn_see_movement(const double *before, const double *after, const double *checkpoint, size_t count,
                              double moved, double tolerance)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += after[i] * after[i];
    const double moves = distance(after, before, count), limit = tolerance * (1 + sqrt(squares)) * moved;
    /* A state whose length is beyond float64 runs away, and a shorter step is lost in the rounding of the state. */
    const bool tells = isfinite(limit) && moved >= DBL_EPSILON;
    return (uhn_movement){.residual = moves / moved,
                          .rests = tells && moves <= limit,
                          .returned = tells && distance(after, checkpoint, count) <= limit};
}

uhn_ending uhn_rest_of(double effective_support, size_t count)
{
    if (effective_support < one_memory)
        return UHN_ENDING_FIXED_POINT;
    return effective_support >= (double)count / 2 ? UHN_ENDING_DIFFUSE : UHN_ENDING_METASTABLE;
}

bool uhn_all_finite_doubles(const double *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}
