/* SPDX-License-Identifier: MIT
 * Entropies and logarithms of one vector in float32, in every variant that this machine runs: within the bounds that
 * kernel.h states, and nothing read or written past the vectors. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/fence.h"
#include "support/random_data.h"

enum { LONGEST = 3072 };

static const size_t dims[] = {0,  1,  2,  3,   5,   7,   8,   9,   15,   16,   17,  31,
                              33, 63, 65, 127, 129, 255, 257, 784, 1025, 3071, 3072};
enum { DIMS = sizeof dims / sizeof *dims };

/* Scales and offsets, some of them no float32. */
static const double maps[][2] = {{1, 0},        {0.3, 1e-4},      {0, 1},        {1234.56789, 0.9},
                                 {0x1p-100, 0}, {0x1p-100, 1e-9}, {3.7, 1e-310}, {0x1.23456789p90, 0x1p-60}};
enum { MAPS = sizeof maps / sizeof *maps };

/* Entries: usual ones with zeros among them; of all sizes; near 1, where logarithms vanish; subnormal. */
typedef enum filling { USUAL, WIDE, NEAR_ONE, SUBNORMAL, FILLINGS } filling;

static float draw(test_random *random, filling how)
{
    switch (how) {
    case USUAL:
        return random_below(random, 8) ? (float)random_uniform(random) : 0;
    case WIDE:
        return ldexpf(1 + (float)random_uniform(random), (int)random_below(random, 60) - 50);
    case NEAR_ONE:
        return 1 + (float)((int)random_below(random, 2001) - 1000) * 0x1p-20F;
    default:
        return ldexpf((float)random_below(random, 8), -149 + (int)random_below(random, 24));
    }
}

/* a log a, and what its error is measured by. */
static double term_of(double a, double *magnitude)
{
    const double term = a > 0 ? a * log(a) : 0;

    *magnitude += a + fabs(term);
    return term;
}

static void check_entropy(const uhn_kernels *kernels, const float *x, size_t dim, const double *map, float *to)
{
    const double found = kernels->entropy(x, dim, (float)map[0], (float)map[1], NULL);
    double expected = 0, magnitude = 0, bound;

    for (size_t i = 0; i < dim; i++)
        expected += term_of((double)x[i] * map[0] + map[1], &magnitude);
    bound = UHN_ENTROPY_ROUNDING * 0x1p-24 * magnitude + (double)dim * 0x1p-126;
    if (!(fabs(found - expected) <= bound))
        fail_msg("%s, dim %zu, map %g %g: entropy %.17g, not %.17g: off by %g of the bound", kernels->isa, dim, map[0],
                 map[1], found, expected, fabs(found - expected) / bound);

    assert_true(same_double(kernels->entropy(x, dim, (float)map[0], (float)map[1], to), found));
    for (size_t i = 0; i < dim; i++) {
        const double a = (double)x[i] * map[0] + map[1];

        assert_true(fabs((double)to[i] - a) <= fmax(3 * 0x1p-24 * a, 0x1p-148));
    }
}

static void check_logarithms(const uhn_kernels *kernels, const float *x, size_t dim, const double *map, float *to)
{
    const uhn_moments found = kernels->logarithms(x, dim, (float)map[0], (float)map[1], to);
    double sum = 0, absolute = 0, squares = 0;

    for (size_t i = 0; i < dim; i++) {
        const double a = (double)x[i] * map[0] + map[1], is = (double)to[i];

        assert_true(isfinite(to[i]));
        if (a >= 0x1p-100 && !(fabs(is - log(a)) <= UHN_LOGARITHM_ROUNDING * 0x1p-24 * (1 + fabs(log(a)))))
            fail_msg("%s, dim %zu: log %.17g is %.9g, not %.9g", kernels->isa, dim, a, is, log(a));
        sum += is;
        absolute += fabs(is);
        squares += is * is;
    }
    assert_true(fabs(found.sum - sum) <= 0x1p-52 * (double)dim * absolute);
    assert_true(fabs(found.absolute - absolute) <= 0x1p-52 * (double)dim * absolute);
    assert_true(fabs(found.squares - squares) <= 0x1p-52 * (double)dim * squares);
}

static void test_bounds(void **state)
{
    test_random random = {1};
    fence rows = make_fence(LONGEST * sizeof(float)), results = make_fence(LONGEST * sizeof(float));
    const uhn_kernels *kernels;

    (void)state;
    for (size_t d = 0; d < DIMS; d++)
        for (filling how = USUAL; how < FILLINGS; how++)
            for (size_t m = 0; m < MAPS; m++) {
                float *x = before_fence(&rows, dims[d] * sizeof *x), *to = before_fence(&results, dims[d] * sizeof *to);

                for (size_t i = 0; i < dims[d]; i++)
                    x[i] = draw(&random, how);
                for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
                    check_entropy(kernels, x, dims[d], maps[m], to);
                    check_logarithms(kernels, x, dims[d], maps[m], to);
                }
            }
    remove_fence(&rows);
    remove_fence(&results);
}

/* A row's entropy counts for all queries: a vector of one number all over has that number's. */
static void test_known_values(void **state)
{
    enum { DIM = 1000 };
    float x[DIM], to[DIM];
    const uhn_kernels *kernels;

    (void)state;
    for (size_t i = 0; i < DIM; i++)
        x[i] = 0.5F;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
        assert_true(fabs(kernels->entropy(x, DIM, 2, 0, NULL)) <= UHN_ENTROPY_ROUNDING * 0x1p-24 * DIM);
        assert_true(fabs(kernels->entropy(x, DIM, 8, 0, NULL) - 4 * log(4.0) * DIM) <=
                    UHN_ENTROPY_ROUNDING * 0x1p-24 * (4 + 4 * log(4.0)) * DIM);
        assert_true(kernels->entropy(x, DIM, 0, 0, NULL) == 0);
        (void)kernels->logarithms(x, DIM, 8, 0, to);
        assert_true(fabs((double)to[DIM - 1] - log(4.0)) <= UHN_LOGARITHM_ROUNDING * 0x1p-24 * (1 + log(4.0)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_known_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
