/* SPDX-License-Identifier: MIT
 * The exact passes, the divergences, the exponential function and the projection, in every variant that this machine
 * runs. What kernel.h says to be the same in all variants is compared to the bit. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/fence.h"
#include "support/random_data.h"

static const size_t dims[] = {0, 1, 2, 3, 5, 7, 8, 9, 12, 15, 16, 17, 31, 33, 63, 65, 127, 784, 1023};

enum { DIMS = sizeof dims / sizeof *dims, LONGEST = 1023 };

static double units(double count)
{
    return count * 0x1p-53;
}

/* Two arrays before fences, drawn for this `dim`. */
typedef struct pair {
    fence fences[2];
    float *x, *q;
} pair;

static pair make_pair(void)
{
    return (pair){.fences = {make_fence(LONGEST * sizeof(float)), make_fence(LONGEST * sizeof(float))}};
}

static void remove_pair(pair *p)
{
    remove_fence(&p->fences[0]);
    remove_fence(&p->fences[1]);
}

static void draw_pair(pair *p, test_random *random, size_t dim)
{
    p->x = before_fence(&p->fences[0], dim * sizeof(float));
    p->q = before_fence(&p->fences[1], dim * sizeof(float));
    for (size_t i = 0; i < dim; i++) {
        p->x[i] = (float)random_normal(random);
        p->q[i] = random_below(random, 5) ? (float)random_normal(random) : p->x[i];
    }
}

/* ---- sums */

/* As kernel.h describes exact passes. */
typedef struct lanes {
    double lane[UHN_LANES];
} lanes;

static double total(const lanes *sums)
{
    const double *l = sums->lane;

    return ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
}

static double step_term(uhn_step step, double a, double b)
{
    switch (step) {
    case UHN_STEP_MULTIPLY:
        return a * b;
    case UHN_STEP_SQUARED_DIFFERENCE:
        return (a - b) * (a - b);
    case UHN_STEP_MISMATCH:
        return (a > 0) != (b > 0);
    default:
        return fabs(a - b);
    }
}

static double step_sum(uhn_step step, const pair *p, size_t dim)
{
    lanes sums = {{0}};
    double largest = 0;

    for (size_t i = 0; i < dim; i++) {
        const double term = step_term(step, (double)p->x[i], (double)p->q[i]);

        sums.lane[i % UHN_LANES] += term;
        largest = term > largest ? term : largest;
    }
    return step == UHN_STEP_MAXIMUM_DIFFERENCE ? largest : total(&sums);
}

static void check_other_sums(const uhn_kernels *kernels, const pair *p, size_t dim)
{
    lanes sum = {{0}}, absolute = {{0}}, squares = {{0}}, cubes = {{0}}, powers = {{0}};
    uhn_moments moments;

    for (size_t i = 0; i < dim; i++) {
        const double x = (double)p->x[i], base = fabs(x - (double)p->q[i]) * 0.7;
        const size_t l = i % UHN_LANES;

        sum.lane[l] += x;
        absolute.lane[l] += fabs(x);
        squares.lane[l] += x * x;
        cubes.lane[l] += base * base * base;
        powers.lane[l] += pow(base, 1.5);
    }
    moments = kernels->moments(p->x, dim);
    assert_true(same_double(moments.sum, total(&sum)));
    assert_true(same_double(moments.absolute, total(&absolute)));
    assert_true(same_double(moments.squares, total(&squares)));
    assert_true(same_double(kernels->sum(p->x, dim), total(&sum)));
    assert_true(same_double(kernels->absolute_sum(p->x, dim), total(&absolute)));
    assert_true(same_double(kernels->power_difference(p->x, p->q, dim, 0.7, 3), total(&cubes)));
    assert_true(same_double(kernels->power_difference(p->x, p->q, dim, 0.7, 1.5), total(&powers)));
}

static void test_sums(void **state)
{
    test_random random = {1};
    pair p = make_pair();
    const uhn_kernels *kernels;

    (void)state;
    for (size_t d = 0; d < DIMS; d++) {
        draw_pair(&p, &random, dims[d]);
        for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
            for (uhn_step step = 0; step < UHN_STEP_COUNT; step++)
                if (kernels->step[step] &&
                    !same_double(kernels->step[step](p.x, p.q, dims[d]), step_sum(step, &p, dims[d])))
                    fail_msg("%s, step %d, dim %zu", kernels->isa, (int)step, dims[d]);
            check_other_sums(kernels, &p, dims[d]);
        }
    }
    remove_pair(&p);
}

/* ---- divergences */

/* t − log(1 + t) */
static long double excess(long double t)
{
    long double sum = 0;

    if (fabsl(t) > 0.01L)
        return t - log1pl(t);
    for (int n = 14; n >= 2; n--)
        sum = t * sum + (n % 2 ? -1.0L : 1.0L) / (long double)n;
    return t * t * sum;
}

static long double kullback_leibler(long double a, long double b)
{
    if (a == 0)
        return b;
    return b == 0 ? (long double)INFINITY : a * excess((b - a) / a);
}

/* With d = (a − b)/(a + b): ½ m Σ d^(2n) / (n (2 n − 1)) */
static long double jensen_shannon(long double a, long double b)
{
    const long double m = (a + b) / 2, d = m > 0 ? (a - b) / (a + b) : 0;
    long double sum = 0;

    if (fabsl(d) > 0.03L)
        return ((a > 0 ? a * logl(a / m) : 0) + (b > 0 ? b * logl(b / m) : 0)) / 2;
    for (int n = 7; n >= 1; n--)
        sum = d * d * (sum + 1 / (long double)(n * (2 * n - 1)));
    return m / 2 * sum;
}

/* Distributions of which some are far apart, some hardly, and some have zeros. */
static void draw_distributions(pair *p, test_random *random, size_t dim, bool zeros)
{
    draw_pair(p, random, dim);
    for (size_t i = 0; i < dim; i++) {
        const float far = ldexpf((float)random_uniform(random), -(int)random_below(random, 30));

        p->x[i] = fabsf(p->x[i]) + FLT_MIN;
        p->q[i] = random_below(random, 3) ? p->x[i] * (1 + (random_below(random, 2) ? far : -far)) : fabsf(p->q[i]);
        if (zeros && random_below(random, 4) == 0)
            p->x[i] = 0;
        p->q[i] = p->q[i] > 0 ? p->q[i] : FLT_MIN;
    }
}

static void check_divergences(const pair *p, size_t dim, uhn_vector_stat x_map, uhn_vector_stat q_map)
{
    const uhn_kernels *kernels, *first = uhn_kernels_at(0);
    const double kl = first->kullback_leibler(p->x, p->q, dim, x_map, q_map);
    const double js = first->jensen_shannon(p->x, p->q, dim, x_map, q_map);
    long double expected_kl = 0, expected_js = 0, mass = 0;
    double allowed;
    long double ignored;

    for (size_t v = 1; (kernels = uhn_kernels_at(v)); v++) {
        assert_true(same_double(kernels->kullback_leibler(p->x, p->q, dim, x_map, q_map), kl));
        assert_true(same_double(kernels->jensen_shannon(p->x, p->q, dim, x_map, q_map), js));
    }
    for (size_t i = 0; i < dim; i++) {
        const double a = (double)p->x[i] * x_map.scale + x_map.offset, b = (double)p->q[i] * q_map.scale + q_map.offset;

        expected_kl += kullback_leibler((long double)a, (long double)b);
        expected_js += jensen_shannon((long double)a, (long double)b);
        mass += (long double)(a + b);
    }
    /* The terms err by 24 units; the sums as kernel.h says; what may be rounding counts as equal. */
    allowed = units((double)dim / UHN_LANES + 8 + 24);
    ignored = (0x1p-100L + 0x1p10L * lost_rounding()) * mass;
    if (!(fabsl((long double)kl - expected_kl) <= (long double)allowed * expected_kl + ignored))
        fail_msg("Kullback-Leibler, dim %zu: %.17g, not %.17Lg", dim, kl, expected_kl);
    if (!(fabsl((long double)js - expected_js) <= (long double)allowed * expected_js + ignored))
        fail_msg("Jensen-Shannon, dim %zu: %.17g, not %.17Lg", dim, js, expected_js);
}

static void test_divergences(void **state)
{
    test_random random = {2};
    pair p = make_pair();

    (void)state;
    for (size_t d = 0; d < DIMS; d++)
        for (int repeat = 0; repeat < 20; repeat++) {
            const double scale = ldexp(1 + random_uniform(&random), -(int)random_below(&random, 20));
            const double offset = repeat % 2 ? 1e-7 : 0;

            draw_distributions(&p, &random, dims[d], repeat % 4 < 2);
            check_divergences(&p, dims[d], (uhn_vector_stat){scale, offset}, (uhn_vector_stat){scale, offset});
            check_divergences(&p, dims[d], (uhn_vector_stat){scale, offset},
                              (uhn_vector_stat){scale * 1.7, offset * 3});
        }
    remove_pair(&p);
}

/* Zeros; equal distributions of which one is rounded otherwise; NaN. */
static void test_divergence_corners(void **state)
{
    const uhn_vector_stat one = {1, 0}, third = {1.0 / 3, 0}, seventh = {1.0 / 7, 0};
    const float x[] = {0, 0.25F, 0.5F}, q[] = {0.25F, 0, 0.5F}, threes[] = {3, 6, 9}, sevens[] = {7, 14, 21};
    const float broken[] = {0, 0, NAN};
    const uhn_kernels *kernels;

    (void)state;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
        assert_true(kernels->kullback_leibler(x, q, 1, one, one) == 0.25);
        assert_true(kernels->kullback_leibler(x, q, 3, one, one) == (double)INFINITY);
        assert_true(kernels->kullback_leibler(x, x, 3, one, one) == 0);
        assert_true(kernels->kullback_leibler(threes, sevens, 3, third, seventh) == 0);
        assert_true(kernels->jensen_shannon(threes, sevens, 3, third, seventh) == 0);
        assert_true(kernels->jensen_shannon(x, x, 3, one, one) == 0);
        assert_true(fabs(kernels->jensen_shannon(x, q, 3, one, one) - 0.25 * log(2)) <= units(8));
        assert_true(isnan(kernels->kullback_leibler(broken, q, 3, one, one)));
        assert_true(isnan(kernels->kullback_leibler(x, broken, 3, one, one)));
        assert_true(isnan(kernels->jensen_shannon(broken, q, 3, one, one)));
    }
}

/* ---- the exponential function */

static void test_exponential(void **state)
{
    enum { COUNT = 4001 };
    static const double corners[][2] = {{0, 1}, {-0.0, 1}, {-5e-324, 1}, {-708.5, 0}, {-1e300, 0}, {-INFINITY, 0}};
    static double x[COUNT], y[COUNT];
    test_random random = {3};
    const uhn_kernels *kernels;

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        x[i] = i % 2 ? -708 * random_uniform(&random) : -pow(10, 22.8 * random_uniform(&random) - 20);
    x[0] = -708;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
        const double nan = NAN, none = -INFINITY;
        double value;

        kernels->exponentials(x, COUNT, 1, 0, y);
        for (size_t i = 0; i < COUNT; i++) {
            const long double expected = expl((long double)x[i]);
            double alone;

            assert_true(fabsl((long double)y[i] - expected) <= 0x1p-50L * expected);
            kernels->exponentials(&x[i], 1, 1, 0, &alone);
            assert_true(same_double(alone, y[i]));
            uhn_kernels_at(0)->exponentials(&x[i], 1, 1, 0, &alone);
            assert_true(same_double(alone, y[i]));
            kernels->exponentials(&x[i], 1, 0.5, -x[i], &alone); /* 0.5 (x − −x) is x, to the bit */
            assert_true(same_double(alone, y[i]));
        }
        for (size_t c = 0; c < sizeof corners / sizeof *corners; c++) {
            kernels->exponentials(&corners[c][0], 1, 1, 0, &value);
            assert_true(value == corners[c][1]);
        }
        kernels->exponentials(&none, 1, 1, none, &value);
        assert_true(value == 0);
        kernels->exponentials(&none, 1, 0, 1, &value);
        assert_true(value == 0);
        kernels->exponentials(&nan, 1, 1, 0, &value);
        assert_true(isnan(value));
    }
}

/* ---- rows */

static void test_expansion(void **state)
{
    enum { COUNT = 256 + 70 };
    uint8_t bytes[COUNT];
    float values[COUNT + 1];
    const uhn_kernels *kernels;

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        bytes[i] = (uint8_t)(i * 37);
    for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++)
        for (size_t dim = 0; dim <= COUNT; dim += dim < 70 ? 1 : COUNT - 70) {
            values[dim] = -7;
            kernels->expand_uint8(bytes, values, dim);
            for (size_t i = 0; i < dim; i++)
                assert_true(values[i] == (float)bytes[i] / 255.0F); /* IEEE division rounds correctly */
            assert_true(values[dim] == -7);
            kernels->expand_bits(bytes, values, dim);
            for (size_t i = 0; i < dim; i++)
                assert_true(values[i] == (float)(bytes[i / 8] >> (7 - i % 8) & 1));
            assert_true(values[dim] == -7);
        }
}

static void test_accumulation(void **state)
{
    test_random random = {4};
    pair p = make_pair();
    double sum[LONGEST + 1];
    const uhn_kernels *kernels;

    (void)state;
    for (size_t d = 0; d < DIMS; d++) {
        draw_pair(&p, &random, dims[d]);
        for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
            for (size_t i = 0; i <= dims[d]; i++)
                sum[i] = 0.1;
            kernels->accumulate(sum, 1.0 / 3, p.x, dims[d]);
            for (size_t i = 0; i < dims[d]; i++) {
                const double product = 1.0 / 3 * (double)p.x[i];

                assert_true(same_double(sum[i], 0.1 + product));
            }
            assert_true(sum[dims[d]] == 0.1);
        }
    }
    remove_pair(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_divergences),
        cmocka_unit_test(test_divergence_corners),
        cmocka_unit_test(test_exponential),
        cmocka_unit_test(test_expansion),
        cmocka_unit_test(test_accumulation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
