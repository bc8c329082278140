/* SPDX-License-Identifier: MIT
 * Every variant's logarithm against long double, within the bound that kernel.h states, its searches, and its passes
 * over scores. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/random_data.h"

enum { COUNT = 4099 }; /* no whole number of vectors */

/* The whole range, near 1 (where the logarithm is near 0), and denormals. */
static double number(test_random *random, size_t i)
{
    const double u = (double)random_below(random, 1u << 30) / (1u << 30);

    if (i % 3 == 0)
        return exp((u - 0.5) * 1418);
    if (i % 3 == 1)
        return 1 + (u - 0.5) * ldexp(1, -(int)random_below(random, 50));
    return u * 0x1p-1040 + DBL_TRUE_MIN;
}

static void test_logarithm(void **state)
{
    (void)state;
    for (size_t v = 0; uhn_kernels_at(v) != NULL; v++) {
        static double x[COUNT], y[COUNT];
        test_random random = {v + 1};

        for (size_t i = 0; i < COUNT; i++)
            y[i] = x[i] = number(&random, i);
        uhn_kernels_at(v)->logarithm(y, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            const long double exact = logl((long double)x[i]);

            if (!(fabsl((long double)y[i] - exact) <= 0x1p-50L * fabsl(exact)))
                fail_msg("%s: log(%a) is %.17g", uhn_kernels_at(v)->isa, x[i], y[i]);
        }
    }
}

static void test_logarithm_of_edges(void **state)
{
    (void)state;
    for (size_t v = 0; uhn_kernels_at(v) != NULL; v++) {
        double x[] = {0, -0.0, -1, -INFINITY, NAN, INFINITY, 1};

        uhn_kernels_at(v)->logarithm(x, sizeof x / sizeof *x);
        assert_true(x[0] == -INFINITY && x[1] == -INFINITY);
        assert_true(isnan(x[2]) && isnan(x[3]) && isnan(x[4]));
        assert_true(x[5] == INFINITY && x[6] == 0);
    }
}

static void test_all_finite(void **state)
{
    static const float others[] = {NAN, INFINITY, -INFINITY};

    (void)state;
    for (size_t v = 0; uhn_kernels_at(v) != NULL; v++)
        for (size_t dim = 0; dim < 70; dim++) {
            float x[70] = {0, FLT_MAX, -FLT_MAX, FLT_TRUE_MIN};

            assert_true(uhn_kernels_at(v)->all_finite(x, dim));
            for (size_t i = 0; i < dim; i++) {
                const float kept = x[i];

                x[i] = others[i % 3];
                assert_false(uhn_kernels_at(v)->all_finite(x, dim));
                x[i] = kept;
            }
        }
}

static void test_reaching(void **state)
{
    (void)state;
    for (size_t v = 0; uhn_kernels_at(v) != NULL; v++)
        for (size_t count = 0; count < 70; count++) {
            double x[70];
            size_t expected = 0;

            for (size_t i = 0; i < count; i++) {
                x[i] = i % 7 == 6 ? (double)NAN : (double)(i % 7);
                expected += i % 7 >= 4; /* 4, the limit itself, 5, and NaN */
            }
            assert_int_equal(uhn_kernels_at(v)->reaching(x, count, 4), expected);
        }
}

/* Scores and weights: the same bits in every variant, and near to sums in another order. */
static void test_scores(void **state)
{
    enum { MOST = 77 };
    test_random random = {5};
    const uhn_kernels *kernels;

    (void)state;
    for (size_t count = 0; count < MOST; count++) {
        double x[MOST], scales[MOST], offsets[MOST], finished[MOST], greatest = -3;
        uhn_moments sums = {0};
        size_t reaching = 0;

        for (size_t i = 0; i < count; i++) {
            x[i] = i % 11 == 10 ? (double)NAN : 10 * random_uniform(&random) - 8;
            scales[i] = random_uniform(&random);
            offsets[i] = random_uniform(&random) - 0.5;
            greatest = x[i] > greatest ? x[i] : greatest;
            reaching += x[i] >= 0.25;
        }
        for (size_t v = 0; (kernels = uhn_kernels_at(v)) != NULL; v++) {
            float narrow[MOST];

            assert_true(kernels->largest(x, count, -3) == greatest);
            assert_true(kernels->largest(x, count, 100) == 100);
            assert_int_equal(kernels->narrow(x, count, 0.25, narrow), reaching);
            for (size_t i = 0; i < count; i++)
                assert_true(narrow[i] == (x[i] >= 0.25 ? (float)x[i] : 0.0F));
            memcpy(finished, x, sizeof x);
            if (count > 5)
                finished[5] = INFINITY;
            kernels->finish_scores(finished, count, -2, scales, 0.75, offsets);
            for (size_t i = 0; i < count; i++) {
                const double expected = i == 5 ? (double)NAN : x[i] * -2 * scales[i] + (offsets[i] + 0.75);

                assert_true(same_double(finished[i], expected) || (isnan(finished[i]) && isnan(expected)));
            }
        }
        for (size_t i = 0; i < count; i++) {
            x[i] = isnan(x[i]) ? 0.5 : x[i];
            sums.sum += x[i];
            sums.absolute += fabs(x[i]);
            sums.squares += x[i] * x[i];
        }
        const uhn_moments first = uhn_kernels_at(0)->moments_of_weights(x, count);
        for (size_t v = 0; (kernels = uhn_kernels_at(v)) != NULL; v++) {
            const uhn_moments is = kernels->moments_of_weights(x, count);

            assert_true(fabs(is.sum - sums.sum) <= 1e-14 * sums.absolute);
            assert_true(fabs(is.absolute - sums.absolute) <= 1e-14 * sums.absolute);
            assert_true(fabs(is.squares - sums.squares) <= 1e-14 * sums.squares);
            assert_true(same_double(is.sum, first.sum) && same_double(is.absolute, first.absolute) &&
                        same_double(is.squares, first.squares));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_logarithm),  cmocka_unit_test(test_logarithm_of_edges),
        cmocka_unit_test(test_all_finite), cmocka_unit_test(test_reaching),
        cmocka_unit_test(test_scores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
