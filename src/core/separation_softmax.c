/* SPDX-License-Identifier: MIT
 * Softmax and its kin, in one pass: weights are relative to the largest score so far (state: that score), and what was
 * summed before is rescaled when a larger one comes. No exponential overflows. */
#include "core/separation.h"
#include "kernel/kernel.h"

#include <math.h>

static void init(void *state, const double *p, const void *context)
{
    (void)p, (void)context;
    *(uhn_sum_state *)state = (uhn_sum_state){.reference = -INFINITY};
}

static uhn_precision precision_softmax(const double *p)
{
    return (uhn_precision){.best = 1, .sensitivity = p[0]};
}

/* exp(β (score − reference)); 0 for a score of −∞, even when nothing better is there. */
static double weight(double score, double reference, const double *p)
{
    return score == -INFINITY ? 0 : exp(p[0] * (score - reference));
}

static void absorb_softmax(void *state, const double *scores, size_t first, size_t count, const double *p,
                           const void *context, double *weights, double *rescale)
{
    (void)first, (void)context;
    uhn_sum_state *sum = state;
    const uhn_kernels *kernels = uhn_kernels_in_use();
    const double largest = kernels->largest(scores, count, sum->reference);
    *rescale = weight(sum->reference, largest, p);
    sum->reference = largest;
    kernels->exponentials(scores, count, p[0], largest, weights);
}

static void merge_softmax(void *state, const void *other, const double *p, const void *context, double *rescale,
                          double *rescale_other)
{
    (void)context;
    uhn_sum_state *sum = state;
    const uhn_sum_state *more = other;
    const double largest = fmax(sum->reference, more->reference);
    *rescale = weight(sum->reference, largest, p);
    *rescale_other = weight(more->reference, largest, p);
    sum->reference = largest;
}

/* Outside the best memory there are N − 1 weights of at most exp(−β · margin) each. */
static void certify_softmax(double margin, size_t count, const double *p, bool *exact, double *outside_bound)
{
    (void)exact;
    *outside_bound = ((double)count - 1) * exp(-p[0] * margin);
}

/* The null slot is one more score that stands for no memory: the weights sum to less than 1. */
static uhn_query_status finish_null(void *state, const uhn_weight_sums *sums, const double *p, const void *context,
                                    uhn_finish *result)
{
    (void)context;
    result->factor = 1 / (sums->sum + exp(p[0] * (p[1] - ((uhn_sum_state *)state)->reference)));
    return UHN_QUERY_OK;
}

static uhn_precision precision_max_uniform(const double *p)
{
    (void)p;
    return (uhn_precision){.best = 1};
}

/* max-uniform is softmax at β = ∞: an equal share for every memory with the largest score. */
static double share(double score, double reference)
{
    return score == reference ? 1 : 0;
}

static void absorb_max_uniform(void *state, const double *scores, size_t first, size_t count, const double *p,
                               const void *context, double *weights, double *rescale)
{
    (void)first, (void)p, (void)context;
    uhn_sum_state *sum = state;
    const double largest = uhn_kernels_in_use()->largest(scores, count, sum->reference);
    *rescale = share(sum->reference, largest);
    sum->reference = largest;
    for (size_t i = 0; i < count; i++)
        weights[i] = share(scores[i], largest);
}

static void merge_max_uniform(void *state, const void *other, const double *p, const void *context, double *rescale,
                              double *rescale_other)
{
    (void)p, (void)context;
    uhn_sum_state *sum = state;
    const uhn_sum_state *more = other;
    const double largest = fmax(sum->reference, more->reference);
    *rescale = share(sum->reference, largest);
    *rescale_other = share(more->reference, largest);
    sum->reference = largest;
}

static const uhn_parameter null_parameters[] = {
    UHN_BETA,
    {.key = "null", .summary = "the score of the null slot", .minimum = -1e300, .maximum = 1e300, .initial = 0},
};

const uhn_separation uhn_separation_softmax = {.name = "softmax",
                                               .summary = "w = exp(beta s) / Σ exp(beta s)",
                                               .parameters = &uhn_parameter_beta,
                                               .parameter_count = 1,
                                               .self_normalised = true,
                                               .state_size = uhn_sum_state_size,
                                               .init = init,
                                               .absorb = absorb_softmax,
                                               .merge = merge_softmax,
                                               .finish = uhn_unit_finish,
                                               .certify = certify_softmax,
                                               .precision = precision_softmax,
                                               .paper = &uhn_paper_softmax};
const uhn_separation uhn_separation_softmax_null = {
    .name = "softmax-null",
    .summary = "softmax with a null slot, w = exp(beta s) / (exp(beta null) + Σ exp(beta s)): abstains if none matches",
    .parameters = null_parameters,
    .parameter_count = 2,
    .self_normalised = true,
    .state_size = uhn_sum_state_size,
    .init = init,
    .absorb = absorb_softmax,
    .merge = merge_softmax,
    .finish = finish_null,
    .precision = precision_softmax};
const uhn_separation uhn_separation_max_uniform = {.name = "max-uniform",
                                                   .summary = "the memories with the highest score, in equal shares",
                                                   .self_normalised = true,
                                                   .state_size = uhn_sum_state_size,
                                                   .init = init,
                                                   .absorb = absorb_max_uniform,
                                                   .merge = merge_max_uniform,
                                                   .finish = uhn_unit_finish,
                                                   .precision = precision_max_uniform};
