/* SPDX-License-Identifier: MIT
 * sdm-circle: the weight of a memory in Kanerva's sparse distributed memory when every address is a hard location: the
 * share of {0,1}^n within `radius` of both the memory and the query, as a function of their Hamming distance d (n = D;
 * Kanerva 1988; Bricken and Pehlevan 2021). Reads negated Hamming distances. */
#include "base/allocate.h"
#include "base/status.h"
#include "core/memory.h"
#include "core/separation.h"

#include <math.h>

typedef struct circle_table {
    size_t dim;
    double share[]; /* by distance, 0 … dim */
} circle_table;

/* lgammal() would keep the sign in a global, which threads share. */
static long double log_factorial(size_t n)
{
    int sign;
    return lgammal_r((long double)n + 1, &sign);
}

/* C(n, k) / 2^n. */
static long double choose(size_t n, size_t k)
{
    if (k > n)
        return 0;
    if (n <= 60) { /* exact: the product stays whole, and below 2^64 */
        unsigned long long product = 1;
        for (size_t i = 1; i <= k; i++)
            product = product * (n - k + i) / i;
        return ldexpl((long double)product, -(int)n);
    }
    const long double logarithm = log_factorial(n) - log_factorial(k) - log_factorial(n - k);
    return expl(logarithm - (long double)n * logl(2.0L));
}

/* From distance d to d − 1, d odd, the circles gain C(d−1, (d−1)/2) · C(n−d, r−(d−1)/2) points; from even d none. So
 * the shares are sums of positive terms from the far end, where nothing cancels. */
static void fill_shares(double *share, size_t n, size_t radius)
{
    long double sum = 0;
    for (size_t c = n - radius; c <= radius; c++)
        sum += choose(n, c);
    share[n] = (double)sum;
    for (size_t d = n; d > 0; d--) {
        if (d % 2 == 1 && (d - 1) / 2 <= radius)
            sum += choose(d - 1, (d - 1) / 2) * choose(n - d, radius - (d - 1) / 2) / 2;
        share[d - 1] = (double)sum;
    }
}

/* n is the number of bits that are compared: the observed ones, under a mask for all queries. */
static uhn_status bind(const uhn_memory *memory, const uhn_options *options, void **context)
{
    const double r = options->separation_parameters[0];
    size_t n = options->observed ? 0 : memory->dim;
    if (options->observed && options->observed_stride)
        return uhn_fail(UHN_ERROR_UNSUPPORTED, "sdm-circle takes one mask for all queries, not one for each");
    for (size_t i = 0; options->observed && i < memory->dim; i++)
        n += options->observed[i] != 0;
    if (r > (double)n)
        return uhn_fail(UHN_ERROR_RANGE, "sdm-circle: radius %g is beyond the %zu bits that are compared", r, n);
    circle_table *table = uhn_allocate(1, sizeof *table + (n + 1) * sizeof *table->share);
    if (!table)
        return uhn_fail(UHN_ERROR_OUT_OF_MEMORY, "no memory for the %zu weights of sdm-circle", n + 1);
    table->dim = n;
    fill_shares(table->share, n, (size_t)r);
    *context = table;
    return UHN_OK;
}

static void absorb(void *state, const double *scores, size_t first, size_t count, const double *p, const void *context,
                   double *weights, double *rescale)
{
    (void)first, (void)p;
    const circle_table *table = context;
    for (size_t i = 0; i < count; i++) {
        const bool in_domain = scores[i] <= 0 && scores[i] >= -(double)table->dim;
        ((uhn_sum_state *)state)->refused |= !in_domain;
        weights[i] = in_domain ? table->share[(size_t)llround(-scores[i])] : 0;
    }
    *rescale = 1;
}

static const uhn_parameter radius = {
    .key = "radius", .summary = "of the balls, in bits", .minimum = 0, .maximum = 1e9, .initial = 0, .whole = true};

const uhn_separation uhn_separation_sdm_circle = {
    .name = "sdm-circle",
    .summary = "share of all addresses within radius of both memory and query; for hamming",
    .parameters = &radius,
    .parameter_count = 1,
    .state_size = uhn_sum_state_size,
    .init = uhn_sum_init,
    .absorb = absorb,
    .merge = uhn_sum_merge,
    .finish = uhn_sum_finish,
    .bind = bind,
    .unbind = uhn_release};
