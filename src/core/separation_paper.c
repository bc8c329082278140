/* SPDX-License-Identifier: MIT
 * The separations as the paper's published code computes them, in IEEE arithmetic: a NaN or an infinity among the
 * scores goes through to the answer, and nothing is refused. For --compat paper only. */
#include "core/separation.h"

#include <math.h>

#define DEFINE_ABSORB(name, weight)                                                                                    \
    static void name(void *state, const double *scores, size_t first, size_t count, const double *p,                   \
                     const void *context, double *weights, double *rescale)                                            \
    {                                                                                                                  \
        (void)state, (void)first, (void)p, (void)context;                                                              \
        for (size_t i = 0; i < count; i++) {                                                                           \
            const double s = scores[i];                                                                                \
            weights[i] = (weight);                                                                                     \
        }                                                                                                              \
        *rescale = 1;                                                                                                  \
    }

DEFINE_ABSORB(absorb_identity, s)
DEFINE_ABSORB(absorb_polynomial, pow(s, p[0]))
DEFINE_ABSORB(absorb_sqrt, pow(s, 0.5))
DEFINE_ABSORB(absorb_log, log(s))

/* ---- softmax: a NaN or +∞ makes all weights NaN */

static void init_softmax(void *state, const double *p, const void *context)
{
    (void)p, (void)context;
    *(uhn_sum_state *)state = (uhn_sum_state){.reference = -INFINITY};
}

static double larger_or_nan(double a, double b)
{
    return isnan(a) || a > b ? a : b;
}

static double rescaling(double from, double to, const double *p)
{
    return from == -INFINITY ? 0 : exp(p[0] * (from - to));
}

static void absorb_softmax(void *state, const double *scores, size_t first, size_t count, const double *p,
                           const void *context, double *weights, double *rescale)
{
    (void)first, (void)context;
    uhn_sum_state *sum = state;
    double largest = sum->reference;
    for (size_t i = 0; i < count; i++)
        largest = larger_or_nan(largest, scores[i]);
    *rescale = rescaling(sum->reference, largest, p);
    sum->reference = largest;
    for (size_t i = 0; i < count; i++)
        weights[i] = exp(p[0] * (scores[i] - largest));
}

static void merge_softmax(void *state, const void *other, const double *p, const void *context, double *rescale,
                          double *rescale_other)
{
    (void)context;
    uhn_sum_state *sum = state;
    const uhn_sum_state *more = other;
    const double largest = larger_or_nan(sum->reference, more->reference);
    *rescale = rescaling(sum->reference, largest, p);
    *rescale_other = rescaling(more->reference, largest, p);
    sum->reference = largest;
}

/* exp(∞ − ∞) of the best score, for the case that a block without it was absorbed last. */
static uhn_query_status finish_softmax(void *state, const uhn_weight_sums *sums, const double *p, const void *context,
                                       uhn_finish *result)
{
    (void)p, (void)context;
    const double reference = ((uhn_sum_state *)state)->reference;
    result->factor = (reference - reference + 1) / sums->sum;
    return UHN_QUERY_OK;
}

/* ---- max: torch's argmax takes a NaN for the maximum, and the first of several */

typedef struct argmax {
    bool any;
    uhn_selected best;
} argmax;

static size_t argmax_size(const double *p, size_t count)
{
    (void)p, (void)count;
    return sizeof(argmax);
}

static void init_argmax(void *state, const double *p, const void *context)
{
    (void)p, (void)context;
    *(argmax *)state = (argmax){.best = {.weight = 1}};
}

static void consider(argmax *a, double score, size_t index)
{
    const bool better = isnan(score) ? !isnan(a->best.score) : score > a->best.score;
    if (!a->any || better || (index < a->best.index && (score == a->best.score || (isnan(score) && !better))))
        *a = (argmax){.any = true, .best = {.index = index, .score = score, .weight = 1}};
}

static void absorb_argmax(void *state, const double *scores, size_t first, size_t count, const double *p,
                          const void *context, double *weights, double *rescale)
{
    (void)p, (void)context, (void)weights;
    for (size_t i = 0; i < count; i++)
        consider(state, scores[i], first + i);
    *rescale = 1;
}

static void merge_argmax(void *state, const void *other, const double *p, const void *context, double *rescale,
                         double *rescale_other)
{
    (void)p, (void)context;
    const argmax *more = other;
    if (more->any)
        consider(state, more->best.score, more->best.index);
    *rescale = *rescale_other = 1;
}

static uhn_query_status finish_argmax(void *state, const uhn_weight_sums *sums, const double *p, const void *context,
                                      uhn_finish *result)
{
    (void)sums, (void)p, (void)context;
    *result = (uhn_finish){.factor = 1, .selected = &((argmax *)state)->best, .selected_count = 1};
    return UHN_QUERY_OK;
}

/* ---- rows */

#define SUM_ROW(row_name, absorb_function)                                                                             \
    {                                                                                                                  \
        .name = row_name, .summary = "the paper code's " row_name, .state_size = uhn_sum_state_size,                   \
        .init = uhn_sum_init, .absorb = absorb_function, .merge = uhn_sum_merge, .finish = uhn_sum_finish              \
    }

const uhn_separation uhn_paper_identity = SUM_ROW("identity", absorb_identity);
const uhn_separation uhn_paper_polynomial = SUM_ROW("polynomial", absorb_polynomial);
const uhn_separation uhn_paper_sqrt = SUM_ROW("sqrt", absorb_sqrt);
const uhn_separation uhn_paper_log = SUM_ROW("log", absorb_log);
const uhn_separation uhn_paper_softmax = {.name = "softmax",
                                          .summary = "the paper code's softmax",
                                          .state_size = uhn_sum_state_size,
                                          .init = init_softmax,
                                          .absorb = absorb_softmax,
                                          .merge = merge_softmax,
                                          .finish = finish_softmax};
const uhn_separation uhn_paper_max = {.name = "max",
                                      .summary = "the paper code's max",
                                      .selects = true,
                                      .state_size = argmax_size,
                                      .init = init_argmax,
                                      .absorb = absorb_argmax,
                                      .merge = merge_argmax,
                                      .finish = finish_argmax};
