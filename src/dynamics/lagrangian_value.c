/* SPDX-License-Identifier: MIT
 * Lagrangians of the value layer. */
#include "dynamics/lagrangian.h"

#include <math.h>
#include <string.h>

static unsigned convex_and_separable(const double *p)
{
    (void)p;
    return UHN_LAGRANGIAN_CONVEX | UHN_LAGRANGIAN_SEPARABLE;
}

/* ---- ½ Σ v² */

static double evaluate_quadratic(const double *x, size_t count, const double *p, double *activation)
{
    (void)p;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        activation[i] = x[i];
        sum += x[i] * x[i];
    }
    return sum / 2;
}

static void hessian_quadratic(const double *x, const double *activation, const double *d, size_t count, const double *p,
                              double *product)
{
    (void)x, (void)activation, (void)p;
    memmove(product, d, count * sizeof *d);
}

static void resolve_quadratic(const double *c, size_t count, double a, double b, const double *p, double *x)
{
    (void)p;
    for (size_t i = 0; i < count; i++)
        x[i] = c[i] / (a + b);
}

static double inverse_quadratic(double y)
{
    return y;
}

/* ---- Σ log cosh v, whose gradient is tanh */

/* |x| + log(1 + exp(−2|x|)) − log 2, so that no exponential overflows; near 0, where that cancels, ½ log(1 + sinh²x).
 */
static double log_cosh(double x)
{
    const double size = fabs(x), s = size < 1 ? sinh(x) : 0;
    return size < 1 ? log1p(s * s) / 2 : size + (log1p(exp(-2 * size)) - 0.69314718055994530942);
}

static double evaluate_log_cosh(const double *x, size_t count, const double *p, double *activation)
{
    (void)p;
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        activation[i] = tanh(x[i]);
        sum += log_cosh(x[i]);
    }
    return sum;
}

/* 1 − tanh², formed without that difference. */
static double slope_tanh(double x)
{
    const double e = exp(-2 * fabs(x));
    return 4 * e / ((1 + e) * (1 + e));
}

static void hessian_log_cosh(const double *x, const double *activation, const double *d, size_t count, const double *p,
                             double *product)
{
    (void)activation, (void)p;
    for (size_t i = 0; i < count; i++)
        product[i] = slope_tanh(x[i]) * d[i];
}

/* Newton on a x + b tanh x = c within the bracket (c ± b)/a, which holds the only root. The function is concave for
 * x > 0 and odd, so from the end of the bracket nearer to 0 it would not overshoot; where it might, it is halved. */
static double resolve_tanh(double c, double a, double b)
{
    double low = (c - b) / a, high = (c + b) / a, x = c / (a + b);
    for (int step = 0; step < 200; step++) {
        const double value = a * x + b * tanh(x) - c;
        if (value > 0)
            high = x;
        else
            low = x;
        double next = x - value / (a + b * slope_tanh(x));
        if (!(next >= low && next <= high))
            next = low + (high - low) / 2;
        if (next == x || !(low < high))
            break;
        x = next;
    }
    return x;
}

static void resolve_log_cosh(const double *c, size_t count, double a, double b, const double *p, double *x)
{
    (void)p;
    for (size_t i = 0; i < count; i++)
        x[i] = resolve_tanh(c[i], a, b);
}

static double inverse_log_cosh(double y)
{
    return y >= 1 ? (double)INFINITY : y <= -1 ? (double)-INFINITY : atanh(y);
}

/* ---- D √(var v + ε), whose gradient is (v − mean)/√(var + ε) */

static unsigned convex(const double *p)
{
    (void)p;
    return UHN_LAGRANGIAN_CONVEX;
}

static double mean_of(const double *x, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += x[i];
    return sum / (double)count;
}

/* The mean square of x − mean. */
static double variance_of(const double *x, size_t count, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return sum / (double)count;
}

static double evaluate_layer_norm(const double *x, size_t count, const double *p, double *activation)
{
    const double mean = mean_of(x, count), deviation = sqrt(variance_of(x, count, mean) + p[0]);
    for (size_t i = 0; i < count; i++)
        activation[i] = (x[i] - mean) / deviation;
    return (double)count * deviation;
}

static void hessian_layer_norm(const double *x, const double *activation, const double *d, size_t count,
                               const double *p, double *product)
{
    const double deviation = sqrt(variance_of(x, count, mean_of(x, count)) + p[0]), mean = mean_of(d, count);
    double along = 0;
    for (size_t i = 0; i < count; i++)
        along += activation[i] * d[i];
    for (size_t i = 0; i < count; i++)
        product[i] = (d[i] - mean - activation[i] * (along / (double)count)) / deviation;
}

/* The mean of x is that of c over a; what deviates shrinks by a + b/s, where s² = ε + (deviation of c)²/(a + b/s)².
 * There is one such s, since x is unique: bisection. */
static void resolve_layer_norm(const double *c, size_t count, double a, double b, const double *p, double *x)
{
    const double mean = mean_of(c, count), spread = sqrt(variance_of(c, count, mean));
    double low = sqrt(p[0]), high = sqrt(p[0] + spread / a * (spread / a));
    for (;;) {
        const double s = low + (high - low) / 2;
        if (!(s > low && s < high)) /* as for a NaN */
            break;
        const double there = spread * s / (a * s + b);
        if (s * s < p[0] + there * there)
            low = s;
        else
            high = s;
    }
    for (size_t i = 0; i < count; i++)
        x[i] = mean / a + (c[i] - mean) / (a + b / high);
}

/* ---- rows */

static const uhn_parameter epsilon = {.key = "epsilon",
                                      .summary = "added to the variance",
                                      .minimum = 0,
                                      .maximum = 1e30,
                                      .initial = 1e-5,
                                      .above = true};

const uhn_lagrangian uhn_lagrangian_quadratic = {.name = "quadratic",
                                                 .summary = "½ Σ v²: linear neurons, g = v",
                                                 .properties = convex_and_separable,
                                                 .evaluate = evaluate_quadratic,
                                                 .hessian = hessian_quadratic,
                                                 .resolve = resolve_quadratic,
                                                 .inverse = inverse_quadratic};
const uhn_lagrangian uhn_lagrangian_log_cosh = {.name = "log-cosh",
                                                .summary = "Σ log cosh v: g = tanh v",
                                                .properties = convex_and_separable,
                                                .evaluate = evaluate_log_cosh,
                                                .hessian = hessian_log_cosh,
                                                .resolve = resolve_log_cosh,
                                                .inverse = inverse_log_cosh};
const uhn_lagrangian uhn_lagrangian_layer_norm = {.name = "layer-norm",
                                                  .summary = "D √(var v + epsilon): g = (v − mean)/√(var + epsilon)",
                                                  .parameters = &epsilon,
                                                  .parameter_count = 1,
                                                  .properties = convex,
                                                  .evaluate = evaluate_layer_norm,
                                                  .hessian = hessian_layer_norm,
                                                  .resolve = resolve_layer_norm};
