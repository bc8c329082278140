/* SPDX-License-Identifier: MIT */
#include "core/accumulator.h"

#include "base/allocate.h"
#include "core/update.h"
#include "kernel/kernel.h"

#include <float.h>
#include <math.h>
#include <string.h>

static const double *parameters_of(const uhn_plan *plan)
{
    return plan->options->separation_parameters;
}

static size_t state_offset(void)
{
    return uhn_align_size(sizeof(uhn_accumulator));
}

size_t uhn_accumulator_size(const uhn_plan *plan, size_t count, bool project)
{
    const size_t state = uhn_align_size(plan->separation->state_size(parameters_of(plan), count));
    const size_t values = project && !plan->separation->selects ? plan->out_dim * sizeof(double) : 0;
    return uhn_align_size(state_offset() + state + values);
}

uhn_accumulator *uhn_accumulator_init(const uhn_plan *plan, void *block, size_t count, bool project)
{
    const uhn_separation *separation = plan->separation;
    uhn_accumulator *a = block;
    *a = (uhn_accumulator){.best = UHN_NO_INDEX, .best_score = -INFINITY, .second_score = -INFINITY};
    a->state = (uint8_t *)block + state_offset();
    separation->init(a->state, parameters_of(plan), plan->separation_context);
    if (project && !separation->selects) {
        const size_t state = uhn_align_size(separation->state_size(parameters_of(plan), count));
        a->projected = (double *)(void *)((uint8_t *)a->state + state);
        memset(a->projected, 0, plan->out_dim * sizeof *a->projected);
    }
    return a;
}

/* Keeps the two best scores; ties go to the lower index, and a NaN counts as the best of all (only the paper's code
 * lets one come this far with a meaning: torch's argmax). */
static void track(uhn_accumulator *a, double score, size_t index)
{
    const bool nan = isnan(score), best_nan = isnan(a->best_score);
    const bool equal = nan ? best_nan : score == a->best_score;
    const bool better = a->best == UHN_NO_INDEX || (nan ? !best_nan : score > a->best_score);
    if (better || (equal && index < a->best)) {
        if (a->best != UHN_NO_INDEX)
            a->second_score = a->best_score;
        a->best_score = score;
        a->best = index;
    } else if (score > a->second_score) {
        a->second_score = score;
    }
}

static void rescale(uhn_weight_sums *sums, double factor)
{
    sums->sum *= factor;
    sums->sum_absolute *= factor;
    sums->sum_squares *= factor * factor;
}

static void note(uhn_accumulator *a, double score, size_t index)
{
    a->undefined |= isnan(score) || score == INFINITY;
    track(a, score, index);
}

void uhn_accumulator_track(uhn_accumulator *a, const double *scores, size_t first, const uint16_t *which, size_t count)
{
    for (size_t i = 0; i < count; i++)
        note(a, scores[which[i]], first + which[i]);
}

void uhn_accumulator_weigh(const uhn_plan *plan, uhn_accumulator *a, const double *scores, size_t first, size_t count,
                           double *weights)
{
    double factor = 1;
    plan->separation->absorb(a->state, scores, first, count, parameters_of(plan), plan->separation_context, weights,
                             &factor);
    const uhn_moments of_these = plan->kernels->moments_of_weights(weights, count);
    const bool empty = a->sums.sum_absolute == 0; /* then only zeros have been projected */
    rescale(&a->sums, factor);
    a->sums.sum += of_these.sum;
    a->sums.sum_absolute += of_these.absolute;
    a->sums.sum_squares += of_these.squares;
    if (a->projected && factor != 1 && !empty)
        for (size_t o = 0; o < plan->out_dim; o++)
            a->projected[o] *= factor;
}

void uhn_accumulator_absorb(const uhn_plan *plan, uhn_accumulator *a, const double *scores, size_t first, size_t count,
                            const float *const *values)
{
    double weights[UHN_TILE_ROWS], factor;
    for (size_t i = 0; i < count; i++)
        note(a, scores[i], first + i);
    if (plan->separation->selects) {
        plan->separation->absorb(a->state, scores, first, count, parameters_of(plan), plan->separation_context, weights,
                                 &factor);
        return;
    }
    uhn_accumulator_weigh(plan, a, scores, first, count, weights);
    if (a->projected)
        for (size_t i = 0; i < count; i++)
            if (weights[i] != 0)
                uhn_kernel_accumulate(a->projected, weights[i], values[i], plan->out_dim);
}

void uhn_accumulator_merge(const uhn_plan *plan, uhn_accumulator *a, const uhn_accumulator *other)
{
    double factor = 1, other_factor = 1;
    plan->separation->merge(a->state, other->state, parameters_of(plan), plan->separation_context, &factor,
                            &other_factor);
    uhn_weight_sums added = other->sums;
    rescale(&a->sums, factor);
    rescale(&added, other_factor);
    a->sums.sum += added.sum;
    a->sums.sum_absolute += added.sum_absolute;
    a->sums.sum_squares += added.sum_squares;
    a->undefined |= other->undefined;
    if (other->best != UHN_NO_INDEX) {
        track(a, other->best_score, other->best);
        if (other->second_score > a->second_score)
            a->second_score = other->second_score;
    }
    if (a->projected)
        plan->kernels->merge(a->projected, factor, other->projected, other_factor, plan->out_dim);
}

static uhn_weight_sums selection_sums(const uhn_finish *finish)
{
    uhn_weight_sums sums = {0};
    for (size_t i = 0; i < finish->selected_count; i++) {
        const double w = finish->selected[i].weight;
        sums.sum += w;
        sums.sum_absolute += fabs(w);
        sums.sum_squares += w * w;
    }
    return sums;
}

/* The normalisation takes the place of the separation's own factor, which would cancel (and might overflow). */
static uhn_query_status normalise(const uhn_plan *plan, const uhn_weight_sums *sums, double *factor)
{
    const uhn_normalise mode =
        plan->separation->self_normalised ? UHN_NORMALISE_NONE : plan->options->normalise_weights;
    if (mode == UHN_NORMALISE_NONE)
        return UHN_QUERY_OK;
    const double divisor = mode == UHN_NORMALISE_SUM ? sums->sum : sums->sum_absolute;
    *factor = 1 / divisor;
    if (plan->options->compat_paper)
        return UHN_QUERY_OK;
    const bool divides = isfinite(sums->sum_absolute) && divisor > 1e-12 * sums->sum_absolute && divisor >= DBL_MIN;
    return divides ? UHN_QUERY_OK : UHN_QUERY_ZERO_SUM;
}

uhn_query_status uhn_accumulator_finish(const uhn_plan *plan, uhn_accumulator *a, uhn_finish *finish,
                                        uhn_report *report)
{
    const uhn_separation *separation = plan->separation;
    *finish = (uhn_finish){.factor = 1};
    report->best = a->best;
    report->best_score = a->best_score;
    report->margin = a->best_score - a->second_score;
    if (plan->memory->count == 1)
        report->margin = INFINITY;
    else if (a->best_score == a->second_score) /* both may be −infinity */
        report->margin = 0;
    if (a->undefined && !plan->options->compat_paper)
        return UHN_QUERY_DOMAIN;
    uhn_query_status status =
        separation->finish(a->state, &a->sums, parameters_of(plan), plan->separation_context, finish);
    if (separation->selects)
        a->sums = selection_sums(finish);
    if (status == UHN_QUERY_OK)
        status = normalise(plan, &a->sums, &finish->factor);
    rescale(&a->sums, finish->factor);
    report->weight_sum = a->sums.sum;
    report->effective_support = 1 / a->sums.sum_squares;
    if (status == UHN_QUERY_OK && separation->certify)
        separation->certify(report->margin, plan->memory->count, parameters_of(plan), &report->exact,
                            &report->outside_bound);
    return status;
}

void uhn_accumulator_project(const uhn_plan *plan, const uhn_accumulator *a, const uhn_finish *finish, double *z,
                             float *scratch)
{
    if (!plan->separation->selects) {
        for (size_t o = 0; o < plan->out_dim; o++)
            z[o] = a->projected[o] * finish->factor;
        return;
    }
    memset(z, 0, plan->out_dim * sizeof *z);
    for (size_t i = 0; i < finish->selected_count; i++) {
        const uhn_selected *selected = &finish->selected[i];
        const float *row = uhn_memory_projected(plan->memory, plan->options->projection, selected->index, scratch);
        uhn_kernel_accumulate(z, selected->weight * finish->factor, row, plan->out_dim);
    }
}
