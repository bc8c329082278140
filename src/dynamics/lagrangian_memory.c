/* SPDX-License-Identifier: MIT
 * Lagrangians of the memory layer. Their gradients are separations: what the flow calls f, a recall calls weights. */
#include "dynamics/lagrangian.h"

#include <math.h>

static unsigned convex_and_rising(const double *p)
{
    (void)p;
    return UHN_LAGRANGIAN_CONVEX | UHN_LAGRANGIAN_RISING;
}

static double largest_of(const double *x, size_t count, size_t *index)
{
    *index = 0;
    for (size_t i = 1; i < count; i++)
        if (x[i] > x[*index])
            *index = i;
    return x[*index];
}

/* H d = slope · (diag(r) − r rᵀ/Σr) d, the form that softmax and entmax share. */
static void spread_product(const double *r, double slope, const double *d, size_t count, double *product)
{
    double sum = 0, along = 0;
    for (size_t i = 0; i < count; i++) {
        sum += r[i];
        along += r[i] * d[i];
    }
    for (size_t i = 0; i < count; i++)
        product[i] = slope * r[i] * (d[i] - along / sum);
}

/* ---- (1/β) log Σ exp(β h) */

/* The best adds 1 to the sum, which log1p takes apart: near one memory alone the rest would drown in its rounding. */
static double evaluate_log_sum_exp(const double *x, size_t count, const double *p, double *activation)
{
    size_t best;
    const double top = largest_of(x, count, &best);
    double others = 0;
    for (size_t i = 0; i < count; i++) {
        activation[i] = exp(p[0] * (x[i] - top));
        others += i == best ? 0 : activation[i];
    }
    for (size_t i = 0; i < count; i++)
        activation[i] /= 1 + others;
    return top + log1p(others) / p[0];
}

static void hessian_log_sum_exp(const double *x, const double *activation, const double *d, size_t count,
                                const double *p, double *product)
{
    (void)x;
    spread_product(activation, p[0], d, count, product);
}

/* ---- Σ h^n / n and Σ max(h, 0)^n / n */

static unsigned polynomial_properties(const double *p)
{
    return UHN_LAGRANGIAN_SEPARABLE | (fmod(p[0], 2) == 0 ? UHN_LAGRANGIAN_CONVEX : UHN_LAGRANGIAN_RISING);
}

static unsigned rectified_properties(const double *p)
{
    (void)p;
    return UHN_LAGRANGIAN_CONVEX | UHN_LAGRANGIAN_RISING | UHN_LAGRANGIAN_SEPARABLE;
}

static double evaluate_polynomial(const double *x, size_t count, const double *p, double *activation)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        activation[i] = pow(x[i], p[0] - 1);
        sum += activation[i] * x[i];
    }
    return sum / p[0];
}

static void hessian_polynomial(const double *x, const double *activation, const double *d, size_t count,
                               const double *p, double *product)
{
    (void)activation;
    for (size_t i = 0; i < count; i++)
        product[i] = (p[0] - 1) * pow(x[i], p[0] - 2) * d[i];
}

static double evaluate_rectified(const double *x, size_t count, const double *p, double *activation)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        activation[i] = x[i] > 0 ? pow(x[i], p[0] - 1) : 0;
        sum += activation[i] * x[i];
    }
    return sum / p[0];
}

static void hessian_rectified(const double *x, const double *activation, const double *d, size_t count, const double *p,
                              double *product)
{
    (void)activation;
    for (size_t i = 0; i < count; i++)
        product[i] = x[i] > 0 ? (p[0] - 1) * pow(x[i], p[0] - 2) * d[i] : 0;
}

/* ---- max h */

static double evaluate_max(const double *x, size_t count, const double *p, double *activation)
{
    (void)p;
    size_t best;
    const double top = largest_of(x, count, &best);
    for (size_t i = 0; i < count; i++)
        activation[i] = i == best;
    return top;
}

static void hessian_max(const double *x, const double *activation, const double *d, size_t count, const double *p,
                        double *product)
{
    (void)x, (void)activation, (void)d, (void)p;
    for (size_t i = 0; i < count; i++)
        product[i] = 0;
}

/* ---- max over distributions p of p·h − Ω(p)/β, Ω(p) = (Σp^α − 1)/(α (α − 1)): entmax (Peters et al. 2019) */

static const double softmax_below = 1 + 1e-8; /* as for the separation: below, α − 1 is lost in rounding */

/* (y − τ)_+^(1/(α−1)), y = (α − 1) β (h − top) */
static double entmax_weight(double y, double tau, double alpha)
{
    return y > tau ? pow(y - tau, 1 / (alpha - 1)) : 0;
}

/* τ lies in [−1, −N^(1−α)]; the sum falls with it. */
static double entmax_tau(const double *x, size_t count, double top, const double *p)
{
    const double scale = (p[0] - 1) * p[1];
    double low = -1, high = -pow((double)count, 1 - p[0]);
    for (;;) {
        const double tau = low + (high - low) / 2;
        if (tau <= low || tau >= high)
            return low;
        double sum = 0;
        for (size_t i = 0; i < count; i++)
            sum += entmax_weight(scale * (x[i] - top), tau, p[0]);
        if (sum >= 1)
            low = tau;
        else
            high = tau;
    }
}

static double evaluate_entmax(const double *x, size_t count, const double *p, double *activation)
{
    if (p[0] < softmax_below)
        return evaluate_log_sum_exp(x, count, p + 1, activation);
    size_t best;
    const double top = largest_of(x, count, &best), tau = entmax_tau(x, count, top, p);
    double sum = 0, above = 0, powers = 0;
    for (size_t i = 0; i < count; i++)
        sum += activation[i] = entmax_weight((p[0] - 1) * p[1] * (x[i] - top), tau, p[0]);
    for (size_t i = 0; i < count; i++) {
        activation[i] /= sum;
        if (activation[i] > 0) { /* where there is no weight the score may be anything */
            above += activation[i] * (x[i] - top);
            powers += pow(activation[i], p[0]);
        }
    }
    return top + above + (1 - powers) / (p[0] * (p[0] - 1) * p[1]);
}

static void hessian_entmax(const double *x, const double *activation, const double *d, size_t count, const double *p,
                           double *product)
{
    (void)x;
    if (p[0] < softmax_below) {
        spread_product(activation, p[1], d, count, product);
        return;
    }
    double sum = 0, along = 0;
    for (size_t i = 0; i < count; i++) {
        const double r = activation[i] > 0 ? pow(activation[i], 2 - p[0]) : 0;
        sum += r;
        along += r * d[i];
    }
    for (size_t i = 0; i < count; i++)
        product[i] = activation[i] > 0 ? p[1] * pow(activation[i], 2 - p[0]) * (d[i] - along / sum) : 0;
}

/* ---- (1/β) log(ε + Σ max(1 + β h, 0)): not convex */

static unsigned only_rising(const double *p)
{
    (void)p;
    return UHN_LAGRANGIAN_RISING;
}

static double evaluate_log_sum_relu(const double *x, size_t count, const double *p, double *activation)
{
    double sum = p[1];
    for (size_t i = 0; i < count; i++)
        sum += fmax(1 + p[0] * x[i], 0);
    for (size_t i = 0; i < count; i++)
        activation[i] = 1 + p[0] * x[i] > 0 ? 1 / sum : 0;
    return log(sum) / p[0];
}

static void hessian_log_sum_relu(const double *x, const double *activation, const double *d, size_t count,
                                 const double *p, double *product)
{
    (void)x;
    double along = 0;
    for (size_t i = 0; i < count; i++)
        along += activation[i] * d[i];
    for (size_t i = 0; i < count; i++)
        product[i] = -p[0] * along * activation[i];
}

/* ---- rows */

#define BETA                                                                                                           \
    {                                                                                                                  \
        .key = "beta", .summary = "inverse temperature", .minimum = 0, .maximum = 1e30, .initial = 1, .above = true    \
    }
static const uhn_parameter beta = BETA;
static const uhn_parameter order_whole = {
    .key = "order", .summary = "the power", .minimum = 2, .maximum = 1000, .initial = 2, .whole = true};
static const uhn_parameter order_rectified = {
    .key = "order", .summary = "the power", .minimum = 1, .maximum = 1000, .initial = 2, .above = true};
static const uhn_parameter entmax_parameters[] = {
    {.key = "alpha", .summary = "1 is softmax, 2 is sparsemax", .minimum = 1, .maximum = 16, .initial = 1.5}, BETA};
static const uhn_parameter log_sum_relu_parameters[] = {
    BETA,
    {.key = "epsilon", .summary = "added to the sum", .minimum = 0, .maximum = 1e30, .initial = 1e-3, .above = true}};

const uhn_lagrangian uhn_lagrangian_log_sum_exp = {.name = "log-sum-exp",
                                                   .summary = "(1/beta) log Σ exp(beta h): f = softmax",
                                                   .parameters = &beta,
                                                   .parameter_count = 1,
                                                   .properties = convex_and_rising,
                                                   .evaluate = evaluate_log_sum_exp,
                                                   .hessian = hessian_log_sum_exp};
const uhn_lagrangian uhn_lagrangian_polynomial = {.name = "polynomial",
                                                  .summary = "Σ h^order / order: f = h^(order−1); convex if even",
                                                  .parameters = &order_whole,
                                                  .parameter_count = 1,
                                                  .properties = polynomial_properties,
                                                  .evaluate = evaluate_polynomial,
                                                  .hessian = hessian_polynomial};
const uhn_lagrangian uhn_lagrangian_rectified_polynomial = {.name = "rectified-polynomial",
                                                            .summary =
                                                                "Σ max(h, 0)^order / order: f = max(h, 0)^(order−1)",
                                                            .parameters = &order_rectified,
                                                            .parameter_count = 1,
                                                            .properties = rectified_properties,
                                                            .evaluate = evaluate_rectified,
                                                            .hessian = hessian_rectified};
const uhn_lagrangian uhn_lagrangian_max = {.name = "max",
                                           .summary = "max h: f = 1 for the best memory",
                                           .properties = convex_and_rising,
                                           .evaluate = evaluate_max,
                                           .hessian = hessian_max};
const uhn_lagrangian uhn_lagrangian_entmax = {.name = "entmax",
                                              .summary = "conjugate of the Tsallis entropy: f = entmax(beta h)",
                                              .parameters = entmax_parameters,
                                              .parameter_count = 2,
                                              .properties = convex_and_rising,
                                              .evaluate = evaluate_entmax,
                                              .hessian = hessian_entmax};
const uhn_lagrangian uhn_lagrangian_log_sum_relu = {
    .name = "log-sum-relu",
    .summary = "(1/beta) log(epsilon + Σ max(1 + beta h, 0)); not convex: no two-layer guarantee",
    .parameters = log_sum_relu_parameters,
    .parameter_count = 2,
    .properties = only_rising,
    .evaluate = evaluate_log_sum_relu,
    .hessian = hessian_log_sum_relu};
