/* SPDX-License-Identifier: MIT
 * The passes of flows, in every variant: what kernel.h says, and the same bits. */
#include <math.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/random_data.h"

enum { COUNT = 104 }; /* no whole number of pairs of the widest vector */

typedef struct arrays {
    double scores[COUNT], targets[COUNT], shares[COUNT], weights[COUNT], x[COUNT];
    float given[COUNT];
} arrays;

static arrays some(void)
{
    test_random random = {5};
    arrays a = {.scores = {0}};
    for (size_t i = 0; i < COUNT; i++) {
        a.scores[i] = 30 * random_normal(&random);
        a.targets[i] = 30 * random_normal(&random);
        a.shares[i] = random_normal(&random);
        a.weights[i] = random_uniform(&random);
        a.x[i] = random_normal(&random);
        a.given[i] = (float)random_normal(&random);
    }
    return a;
}

static bool near(double is, double should, double magnitude)
{
    return fabs(is - should) <= 1e-14 * magnitude;
}

static void test_relax(void **state)
{
    const uhn_kernels *kernels;
    arrays first;
    uhn_relaxed first_sums;
    (void)state;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)) != NULL; v++) {
        const arrays was = some();
        arrays a = was;
        double scores = 0, targets = 0, top = -INFINITY;
        const uhn_relaxed sums = kernels->flow_relax(a.scores, a.targets, a.shares, a.weights, COUNT, 0.7, 0.3);
        for (size_t i = 0; i < COUNT; i++) {
            assert_true(a.scores[i] == 0.7 * was.scores[i] + 0.3 * was.targets[i]);
            assert_true(a.shares[i] == 0.7 * was.shares[i] + 0.3 * was.weights[i]);
            scores += was.weights[i] * was.scores[i];
            targets += was.weights[i] * was.targets[i];
            top = fmax(top, a.scores[i]);
        }
        assert_true(near(sums.along_scores, scores, 30 * COUNT) && near(sums.along_targets, targets, 30 * COUNT));
        assert_true(sums.top == top);
        if (v == 0) {
            first = a;
            first_sums = sums;
        }
        assert_memory_equal(&a, &first, sizeof a);
        assert_memory_equal(&sums, &first_sums, sizeof sums);
    }
}

static void test_soften(void **state)
{
    const uhn_kernels *kernels;
    arrays first;
    uhn_moments first_sums;
    (void)state;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)) != NULL; v++) {
        arrays a = some();
        double expected[COUNT], sum = 0, squares = 0;
        for (size_t i = 40; i < 60; i++)
            a.scores[i] = -1e3; /* whole vectors of nothing */
        kernels->exponentials(a.scores, COUNT, 0.5, 200, expected);
        const uhn_moments sums = kernels->flow_soften(a.scores, COUNT, 0.5, 200, a.x);
        for (size_t i = 0; i < COUNT; i++) {
            const bool counts = 0.5 * (a.scores[i] - 200) > UHN_FLOW_NOTHING;
            assert_true(a.x[i] == (counts ? expected[i] : 0));
            sum += a.x[i];
            squares += a.x[i] * a.x[i];
        }
        assert_true(sum > 0 && near(sums.sum, sum, sum) && near(sums.squares, squares, squares));
        if (v == 0) {
            first = a;
            first_sums = sums;
        }
        assert_memory_equal(&a, &first, sizeof a);
        assert_memory_equal(&sums, &first_sums, sizeof sums);
    }
}

static void test_grant(void **state)
{
    const uhn_kernels *kernels;
    arrays first;
    double first_sums[3];
    (void)state;
    for (size_t v = 0; (kernels = uhn_kernels_at(v)) != NULL; v++) {
        const arrays was = some();
        arrays a = was;
        double lacks = 0, given = 0, along = 0;
        size_t count = 0;
        const double lacking = kernels->flow_lack(a.x, a.weights, COUNT, 1.5);
        const uhn_granted granted = kernels->flow_grant(a.x, a.weights, COUNT, 0.8, a.given);
        const double sums[3] = {lacking, granted.sum, kernels->flow_along(a.given, a.targets, a.scores, COUNT)};
        for (size_t i = 0; i < COUNT; i++) {
            const double lack = was.x[i] * 1.5 - was.weights[i];
            assert_true(a.x[i] == lack);
            assert_true(a.given[i] == (fabs(lack) > 0.8 ? (float)lack : 0.0F));
            assert_true(a.weights[i] == was.weights[i] + (double)a.given[i]);
            lacks += fabs(lack);
            given += fabs((double)a.given[i]);
            along += (double)a.given[i] * (was.targets[i] - was.scores[i]);
            count += a.given[i] != 0;
        }
        assert_int_equal(granted.count, count);
        assert_true(count > COUNT / 8 && count < COUNT);
        assert_true(near(lacking, lacks, lacks) && near(granted.sum, given, given) &&
                    near(sums[2], along, 100 * given));
        if (v == 0) {
            first = a;
            memcpy(first_sums, sums, sizeof sums);
        }
        assert_memory_equal(&a, &first, sizeof a);
        assert_memory_equal(sums, first_sums, sizeof sums);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_relax), cmocka_unit_test(test_soften),
                                       cmocka_unit_test(test_grant)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
