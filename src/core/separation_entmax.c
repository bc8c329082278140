/* SPDX-License-Identifier: MIT
 * Sparsemax and α-entmax: w_i = max(y_i − τ, 0)^(1/(α−1)) with y = (α−1) β s and τ such that Σw = 1 (Peters, Niculae,
 * Martins 2019; Hopfield networks: Hu et al. 2023, Santos et al. 2024).
 *
 * The state is the list of memories that may still have weight. Two bounds keep it short: τ ≥ y_max − 1, so whatever is
 * further than 1 below the best is out; and τ of a union is at least that of each part, so whatever has no weight in
 * its own block has none at all. Both are exact: the support does not depend on the order in which blocks come. */
#include "core/separation.h"

#include <math.h>
#include <stdlib.h>

typedef struct candidates {
    double alpha, beta, best; /* best: the largest score */
    size_t count, prune_at;   /* the list is pruned when it grows to prune_at */
    uhn_selected list[];
} candidates;

enum { FIRST_PRUNE = 64 };

static size_t state_size(const double *p, size_t count)
{
    (void)p;
    return sizeof(candidates) + count * sizeof(uhn_selected);
}

/* From y − τ the weights take a relative error of about 2^-52 / (α − 1); below this they are nearer to softmax. */
static const double softmax_below = 1 + 1e-8;

static void start(candidates *c, double alpha, double beta)
{
    *c = (candidates){
        .alpha = alpha < softmax_below ? 1 : alpha, .beta = beta, .best = -INFINITY, .prune_at = FIRST_PRUNE};
}

static void init_sparsemax(void *state, const double *p, const void *context)
{
    (void)context;
    start(state, 2, p[0]);
}

static void init_entmax(void *state, const double *p, const void *context)
{
    (void)context;
    start(state, p[0], p[1]);
}

/* y relative to the best: 0 for it, negative for the others. */
static double relative(const candidates *c, double score)
{
    return (c->alpha - 1) * (c->beta * (score - c->best));
}

/* base^exponent; the exponents 0, 1 and 2 of α = 2 and α = 1.5 need no pow(). */
static double power(double base, double exponent)
{
    if (exponent == 0)
        return 1;
    if (exponent == 1)
        return base;
    return exponent == 2 ? base * base : pow(base, exponent);
}

static double weight(const candidates *c, double score, double tau)
{
    const double above = relative(c, score) - tau;
    return above > 0 ? power(above, 1 / (c->alpha - 1)) : 0;
}

/* Newton from τ = −1, the lower bound: Σw − 1 is convex and falls (α ≤ 2), so the steps never overshoot. */
static double solve_newton(const candidates *c)
{
    const double exponent = 1 / (c->alpha - 1);
    double tau = -1;
    for (int step = 0; step < 200; step++) {
        double sum = 0, slope = 0;
        for (size_t i = 0; i < c->count; i++) {
            const double above = relative(c, c->list[i].score) - tau;
            if (above > 0) {
                const double lower = power(above, exponent - 1);
                sum += above * lower;
                slope += exponent * lower;
            }
        }
        const double next = tau + (sum - 1) / slope;
        if (!(next > tau))
            break;
        tau = next;
    }
    return tau;
}

/* For α > 2 the sum is not convex: bisection between τ = −1 and the τ of N equal scores. */
static double solve_bisection(const candidates *c)
{
    double low = -1, high = -pow((double)c->count, 1 - c->alpha);
    for (;;) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            return low;
        double sum = 0;
        for (size_t i = 0; i < c->count; i++)
            sum += weight(c, c->list[i].score, middle);
        if (sum >= 1)
            low = middle;
        else
            high = middle;
    }
}

static double solve(const candidates *c)
{
    return c->alpha <= 2 ? solve_newton(c) : solve_bisection(c);
}

/* Drops what has no weight; a rounding error's room is left at the edge. α = 1 is softmax, where all have. */
static void prune(candidates *c)
{
    if (c->alpha > 1) {
        const double lowest = solve(c) - 1e-12;
        size_t kept = 0;
        for (size_t i = 0; i < c->count; i++)
            if (relative(c, c->list[i].score) > lowest)
                c->list[kept++] = c->list[i];
        c->count = kept;
    }
    c->prune_at = 2 * c->count + FIRST_PRUNE;
}

static void add(candidates *c, double score, size_t index)
{
    if (score == -INFINITY)
        return;
    c->best = fmax(c->best, score);
    if (c->alpha == 1 || relative(c, score) > -1)
        c->list[c->count++] = (uhn_selected){.index = index, .score = score};
}

static void absorb(void *state, const double *scores, size_t first, size_t count, const double *p, const void *context,
                   double *weights, double *rescale)
{
    (void)p, (void)context, (void)weights;
    candidates *c = state;
    for (size_t i = 0; i < count; i++)
        add(c, scores[i], first + i);
    if (c->count >= c->prune_at)
        prune(c);
    *rescale = 1;
}

static void merge(void *state, const void *other, const double *p, const void *context, double *rescale,
                  double *rescale_other)
{
    (void)p, (void)context;
    candidates *c = state;
    const candidates *more = other;
    for (size_t i = 0; i < more->count; i++)
        add(c, more->list[i].score, more->list[i].index);
    if (c->count >= c->prune_at)
        prune(c);
    *rescale = *rescale_other = 1;
}

static int best_first(const void *a, const void *b)
{
    const uhn_selected *x = a, *y = b;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Sorted before the last solution, so that the order of arrival leaves no trace in the last bits. */
static uhn_query_status finish(void *state, const uhn_weight_sums *sums, const double *p, const void *context,
                               uhn_finish *result)
{
    (void)sums, (void)p, (void)context;
    candidates *c = state;
    *result = (uhn_finish){.factor = 1, .selected = c->list, .selected_count = c->count};
    if (c->count == 0)
        return UHN_QUERY_ZERO_SUM;
    prune(c);
    qsort(c->list, c->count, sizeof *c->list, best_first);
    const double tau = c->alpha > 1 ? solve(c) : 0;
    double total = 0;
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++) {
        const double score = c->list[i].score;
        const double w = c->alpha > 1 ? weight(c, score, tau) : exp(c->beta * (score - c->best));
        total += c->list[i].weight = w;
        kept += w > 0;
    }
    for (size_t i = 0; i < kept; i++)
        c->list[i].weight /= total;
    result->selected_count = c->count = kept;
    return UHN_QUERY_OK;
}

/* The margin theorem: all weight is on the best memory exactly when it leads by 1 / ((α − 1) β). */
static void certify(double margin, double alpha, double beta, bool *exact, double *outside_bound)
{
    *exact = alpha > 1 && margin >= 1 / ((alpha - 1) * beta);
    if (*exact)
        *outside_bound = 0;
}

static void certify_sparsemax(double margin, size_t count, const double *p, bool *exact, double *outside_bound)
{
    (void)count;
    certify(margin, 2, p[0], exact, outside_bound);
}

static void certify_entmax(double margin, size_t count, const double *p, bool *exact, double *outside_bound)
{
    (void)count;
    certify(margin, p[0], p[1], exact, outside_bound);
}

/* Nothing below y_max − 1 has weight; a little more, for the rounding of y. */
static uhn_precision precision(double alpha, double beta)
{
    return (uhn_precision){.best = 1, .window = alpha < softmax_below ? INFINITY : 1.000001 / ((alpha - 1) * beta)};
}

static uhn_precision precision_sparsemax(const double *p)
{
    return precision(2, p[0]);
}

static uhn_precision precision_entmax(const double *p)
{
    return precision(p[0], p[1]);
}

static const uhn_parameter entmax_parameters[] = {
    {.key = "alpha", .summary = "1 is softmax, 2 is sparsemax", .minimum = 1, .maximum = 16, .initial = 1.5},
    UHN_BETA,
};

const uhn_separation uhn_separation_sparsemax = {.name = "sparsemax",
                                                 .summary = "the point of the simplex nearest to beta s: few weights",
                                                 .parameters = &uhn_parameter_beta,
                                                 .parameter_count = 1,
                                                 .self_normalised = true,
                                                 .selects = true,
                                                 .state_size = state_size,
                                                 .init = init_sparsemax,
                                                 .absorb = absorb,
                                                 .merge = merge,
                                                 .finish = finish,
                                                 .certify = certify_sparsemax,
                                                 .precision = precision_sparsemax};
const uhn_separation uhn_separation_entmax = {.name = "entmax",
                                              .summary = "between softmax and sparsemax, max(y − τ, 0)^(1/(alpha−1))",
                                              .parameters = entmax_parameters,
                                              .parameter_count = 2,
                                              .self_normalised = true,
                                              .selects = true,
                                              .state_size = state_size,
                                              .init = init_entmax,
                                              .absorb = absorb,
                                              .merge = merge,
                                              .finish = finish,
                                              .certify = certify_entmax,
                                              .precision = precision_entmax};
