/* SPDX-License-Identifier: MIT
 * The separations: from scores to weights, as accumulators (uhn.h, uhn_separation). Here are the table and the rows
 * whose weights depend on their own score alone, or on a scale that can be taken out of the sums. */
#include "core/separation.h"

#include <float.h>
#include <math.h>

size_t uhn_sum_state_size(const double *parameters, size_t count)
{
    (void)parameters, (void)count;
    return sizeof(uhn_sum_state);
}

void uhn_sum_init(void *state, const double *parameters, const void *context)
{
    (void)parameters, (void)context;
    *(uhn_sum_state *)state = (uhn_sum_state){0};
}

void uhn_sum_merge(void *state, const void *other, const double *parameters, const void *context, double *rescale,
                   double *rescale_other)
{
    (void)parameters, (void)context;
    uhn_sum_state *sum = state;
    const uhn_sum_state *more = other;
    sum->extra += more->extra;
    sum->refused |= more->refused;
    *rescale = *rescale_other = 1;
}

uhn_query_status uhn_sum_finish(void *state, const uhn_weight_sums *sums, const double *parameters, const void *context,
                                uhn_finish *result)
{
    (void)sums, (void)parameters, (void)context;
    result->factor = 1;
    return ((uhn_sum_state *)state)->refused ? UHN_QUERY_DOMAIN : UHN_QUERY_OK;
}

uhn_query_status uhn_unit_finish(void *state, const uhn_weight_sums *sums, const double *parameters,
                                 const void *context, uhn_finish *result)
{
    (void)parameters, (void)context;
    result->factor = 1 / sums->sum;
    if (((uhn_sum_state *)state)->refused)
        return UHN_QUERY_DOMAIN;
    return sums->sum >= DBL_MIN ? UHN_QUERY_OK : UHN_QUERY_ZERO_SUM;
}

/* Defines absorb() for weights that depend on their own score s alone; `refuse` says which scores are refused. */
#define DEFINE_ABSORB(name, refuse, weight)                                                                            \
    static void name(void *state, const double *scores, size_t first, size_t count, const double *p,                   \
                     const void *context, double *weights, double *rescale)                                            \
    {                                                                                                                  \
        (void)first, (void)p, (void)context;                                                                           \
        for (size_t i = 0; i < count; i++) {                                                                           \
            const double s = scores[i];                                                                                \
            ((uhn_sum_state *)state)->refused |= (refuse);                                                             \
            weights[i] = (weight);                                                                                     \
        }                                                                                                              \
        *rescale = 1;                                                                                                  \
    }

DEFINE_ABSORB(absorb_identity, false, s)
DEFINE_ABSORB(absorb_threshold, false, s >= p[0])
DEFINE_ABSORB(absorb_sqrt, s < 0, sqrt(s))
DEFINE_ABSORB(absorb_log, s <= 0, log(s))
DEFINE_ABSORB(absorb_log1p, s < 0, log1p(s))
DEFINE_ABSORB(absorb_epanechnikov, false, fmax(1 + p[0] * s, 0))

/* ---- powers: relative to the largest |s|, so that no power overflows */

static double power(double base, const double *p)
{
    return pow(base, p[0]);
}

static double power_ratio(double from, double to, const double *p)
{
    return to > 0 ? power(from / to, p) : 1;
}

static void absorb_powers(uhn_sum_state *sum, const double *scores, size_t count, const double *p, bool rectified,
                          double *weights, double *rescale)
{
    double largest = sum->reference;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, rectified ? scores[i] : fabs(scores[i]));
    *rescale = power_ratio(sum->reference, largest, p);
    sum->reference = largest;
    for (size_t i = 0; i < count; i++) {
        const double base = rectified ? fmax(scores[i], 0) : scores[i];
        weights[i] = largest > 0 ? power(base / largest, p) : 0;
    }
}

static void absorb_polynomial(void *state, const double *scores, size_t first, size_t count, const double *p,
                              const void *context, double *weights, double *rescale)
{
    (void)first, (void)context;
    uhn_sum_state *sum = state;
    for (size_t i = 0; i < count; i++)
        sum->refused |= scores[i] < 0 && p[0] != floor(p[0]);
    absorb_powers(sum, scores, count, p, false, weights, rescale);
}

static void absorb_rectified(void *state, const double *scores, size_t first, size_t count, const double *p,
                             const void *context, double *weights, double *rescale)
{
    (void)first, (void)context;
    absorb_powers(state, scores, count, p, true, weights, rescale);
}

static void merge_powers(void *state, const void *other, const double *p, const void *context, double *rescale,
                         double *rescale_other)
{
    uhn_sum_state *sum = state;
    const uhn_sum_state *more = other;
    const double largest = fmax(sum->reference, more->reference);
    uhn_sum_merge(state, other, p, context, rescale, rescale_other);
    *rescale = power_ratio(sum->reference, largest, p);
    *rescale_other = power_ratio(more->reference, largest, p);
    sum->reference = largest;
}

static uhn_query_status finish_powers(void *state, const uhn_weight_sums *sums, const double *p, const void *context,
                                      uhn_finish *result)
{
    const uhn_query_status status = uhn_sum_finish(state, sums, p, context, result);
    result->factor = power(((uhn_sum_state *)state)->reference, p);
    return status;
}

/* ---- log-sum-relu: 1[1 + βs > 0] / (ε + Σ max(1 + βs, 0)) */

static void absorb_log_sum_relu(void *state, const double *scores, size_t first, size_t count, const double *p,
                                const void *context, double *weights, double *rescale)
{
    (void)first, (void)context;
    for (size_t i = 0; i < count; i++) {
        const double inside = 1 + p[0] * scores[i];
        ((uhn_sum_state *)state)->extra += fmax(inside, 0);
        weights[i] = inside > 0;
    }
    *rescale = 1;
}

static uhn_query_status finish_log_sum_relu(void *state, const uhn_weight_sums *sums, const double *p,
                                            const void *context, uhn_finish *result)
{
    (void)sums, (void)context;
    const double divisor = p[1] + ((uhn_sum_state *)state)->extra;
    result->factor = 1 / divisor;
    return divisor > 0 ? UHN_QUERY_OK : UHN_QUERY_ZERO_SUM;
}

/* ---- the table */

const uhn_parameter uhn_parameter_beta = UHN_BETA;
static const uhn_parameter theta = {
    .key = "theta", .summary = "the threshold itself fires", .minimum = -INFINITY, .maximum = INFINITY, .initial = 0};
static const uhn_parameter order = {
    .key = "order", .summary = "the power", .minimum = 0, .maximum = 1000, .initial = 2, .above = true};
static const uhn_parameter log_sum_relu_parameters[] = {
    {.key = "beta",
     .summary = "inverse temperature: memories within distance 1/beta count",
     .minimum = 0,
     .maximum = 1e30,
     .initial = 1,
     .above = true},
    {.key = "epsilon", .summary = "added to the divisor", .minimum = 0, .maximum = 1e30, .initial = 1e-3},
};

static const uhn_separation identity = {.name = "identity",
                                        .summary = "the scores themselves, w = s",
                                        .state_size = uhn_sum_state_size,
                                        .init = uhn_sum_init,
                                        .absorb = absorb_identity,
                                        .merge = uhn_sum_merge,
                                        .finish = uhn_sum_finish,
                                        .paper = &uhn_paper_identity};
static const uhn_separation threshold = {.name = "threshold",
                                         .summary = "all memories that reach theta, w = 1 where s >= theta",
                                         .parameters = &theta,
                                         .parameter_count = 1,
                                         .state_size = uhn_sum_state_size,
                                         .init = uhn_sum_init,
                                         .absorb = absorb_threshold,
                                         .merge = uhn_sum_merge,
                                         .finish = uhn_sum_finish};
static const uhn_separation polynomial = {.name = "polynomial",
                                          .summary = "a power, w = s^order; one that is not whole needs s >= 0",
                                          .parameters = &order,
                                          .parameter_count = 1,
                                          .state_size = uhn_sum_state_size,
                                          .init = uhn_sum_init,
                                          .absorb = absorb_polynomial,
                                          .merge = merge_powers,
                                          .finish = finish_powers,
                                          .paper = &uhn_paper_polynomial};
static const uhn_separation rectified_polynomial = {.name = "rectified-polynomial",
                                                    .summary = "a power of what is positive, w = max(s, 0)^order",
                                                    .parameters = &order,
                                                    .parameter_count = 1,
                                                    .state_size = uhn_sum_state_size,
                                                    .init = uhn_sum_init,
                                                    .absorb = absorb_rectified,
                                                    .merge = merge_powers,
                                                    .finish = finish_powers};
static const uhn_separation square_root = {.name = "sqrt",
                                           .summary = "w = √s; needs s >= 0",
                                           .state_size = uhn_sum_state_size,
                                           .init = uhn_sum_init,
                                           .absorb = absorb_sqrt,
                                           .merge = uhn_sum_merge,
                                           .finish = uhn_sum_finish,
                                           .paper = &uhn_paper_sqrt};
static const uhn_separation logarithm = {.name = "log",
                                         .summary = "w = log s; needs s > 0. On normalised scores it is inverted",
                                         .state_size = uhn_sum_state_size,
                                         .init = uhn_sum_init,
                                         .absorb = absorb_log,
                                         .merge = uhn_sum_merge,
                                         .finish = uhn_sum_finish,
                                         .paper = &uhn_paper_log};
static const uhn_separation logarithm_1p = {.name = "log1p",
                                            .summary = "w = log(1 + s); needs s >= 0",
                                            .state_size = uhn_sum_state_size,
                                            .init = uhn_sum_init,
                                            .absorb = absorb_log1p,
                                            .merge = uhn_sum_merge,
                                            .finish = uhn_sum_finish};
static const uhn_separation log_sum_relu = {.name = "log-sum-relu",
                                            .summary = "w = 1[1 + beta s > 0] / (epsilon + Σ max(1 + beta s, 0))",
                                            .parameters = log_sum_relu_parameters,
                                            .parameter_count = 2,
                                            .state_size = uhn_sum_state_size,
                                            .init = uhn_sum_init,
                                            .absorb = absorb_log_sum_relu,
                                            .merge = uhn_sum_merge,
                                            .finish = finish_log_sum_relu};
static const uhn_separation epanechnikov = {.name = "epanechnikov",
                                            .summary = "w = max(1 + beta s, 0) / Σ; for distances, s <= 0",
                                            .parameters = log_sum_relu_parameters,
                                            .parameter_count = 1,
                                            .self_normalised = true,
                                            .state_size = uhn_sum_state_size,
                                            .init = uhn_sum_init,
                                            .absorb = absorb_epanechnikov,
                                            .merge = uhn_sum_merge,
                                            .finish = uhn_unit_finish};

static const uhn_separation *const separations[] = {
    &identity,
    &threshold,
    &polynomial,
    &rectified_polynomial,
    &square_root,
    &logarithm,
    &logarithm_1p,
    &uhn_separation_softmax,
    &uhn_separation_softmax_null,
    &uhn_separation_max,
    &uhn_separation_max_uniform,
    &uhn_separation_top_k_softmax,
    &uhn_separation_k_winners,
    &uhn_separation_sparsemax,
    &uhn_separation_entmax,
    &log_sum_relu,
    &epanechnikov,
    &uhn_separation_sdm_circle,
};

const uhn_separation *uhn_separation_at(size_t index)
{
    return index < sizeof separations / sizeof *separations ? separations[index] : NULL;
}
