/* SPDX-License-Identifier: MIT
 * The criteria of experiments, on cases made by hand. */
#include "lab/verdict.h"
#include "support/check.h"
#include "support/random_data.h"

#include <math.h>
#include <stdlib.h>

enum { N = 4, D = 3 };

/* Rows 0 and 2 are the same image. */
static const float rows[N * D] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0};
static const double mean_errors[N] = {0.5, 0.5, 0.5, 0.5};

static uhn_stored stored_of(const float *values)
{
    uhn_stored stored;
    check_ok(uhn_stored_make(values, N, D, &stored));
    return stored;
}

static void test_twins(void **state)
{
    (void)state;
    uhn_stored stored = stored_of(rows);
    assert_int_equal(stored.twin[0], 0);
    assert_int_equal(stored.twin[1], 1);
    assert_int_equal(stored.twin[2], 0);
    assert_int_equal(stored.twin[3], 3);
    uhn_stored_free(&stored);
}

static void test_choice(void **state)
{
    (void)state;
    uhn_stored stored = stored_of(rows);
    uhn_verdict v = uhn_judge_choice(&stored, mean_errors, 2, 0); /* the other copy of the target */
    assert_true(v.defined && v.identified && v.memorized);
    assert_true(v.squared_error == 0 && v.normalised_error == 0);

    v = uhn_judge_choice(&stored, mean_errors, 1, 3);
    assert_true(v.defined && !v.identified && !v.memorized);
    assert_true(v.squared_error == 2 && v.normalised_error == 4);

    v = uhn_judge_choice(&stored, mean_errors, 1, UHN_NO_INDEX);
    assert_true(!v.defined && !v.identified && !v.memorized);
    uhn_stored_free(&stored);
}

static void test_distances(void **state)
{
    (void)state;
    uhn_stored stored = stored_of(rows);
    /* Exactly a third of the distance to the nearest other image: 1 to 9 in squares. Its copy does not count. */
    const double third[N] = {1, 9, 1, 16};
    uhn_verdict v = uhn_judge_distances(&stored, mean_errors, N, 2, third);
    assert_true(v.identified && v.memorized && v.squared_error == 1 && v.normalised_error == 2);
    const double more[N] = {1, 8.99, 1, 16};
    v = uhn_judge_distances(&stored, mean_errors, N, 0, more);
    assert_true(v.identified && !v.memorized);
    v = uhn_judge_distances(&stored, mean_errors, N, 1, more);
    assert_true(v.defined && !v.identified && !v.memorized);

    /* A tie goes to the lowest index. */
    const double tie[N] = {5, 2, 5, 2};
    assert_true(uhn_judge_distances(&stored, mean_errors, N, 1, tie).identified);
    assert_false(uhn_judge_distances(&stored, mean_errors, N, 3, tie).identified);

    const double none[N] = {NAN, NAN, NAN, NAN};
    v = uhn_judge_distances(&stored, mean_errors, N, 0, none);
    assert_true(!v.defined && !v.identified && !v.memorized);
    uhn_stored_free(&stored);
}

static void test_all_images_the_same(void **state)
{
    (void)state;
    const float same[N * D] = {0};
    const double zeros[N] = {0};
    uhn_stored stored = stored_of(same);
    const uhn_verdict v = uhn_judge_distances(&stored, zeros, N, 3, zeros);
    assert_true(v.identified && v.memorized && v.normalised_error == 0);
    uhn_stored_free(&stored);
}

static void test_tally(void **state)
{
    (void)state;
    const uhn_verdict verdicts[] = {
        {.defined = true, .identified = true, .memorized = true, .squared_error = 60, .normalised_error = 0},
        {.defined = true, .identified = true, .squared_error = 60.5, .normalised_error = 0.5},
        {.defined = false, .identified = true, .memorized = true, .squared_error = 0, .normalised_error = 0},
        {.defined = true, .squared_error = 100, .normalised_error = 2},
        {.defined = true, .squared_error = 10, .normalised_error = 1},
    };
    double values[UHN_CRITERION_COUNT];
    check_ok(uhn_tally(verdicts, 5, 60, values));
    assert_true(values[UHN_CRITERION_PAPER] == 0.4); /* the threshold itself counts */
    assert_true(values[UHN_CRITERION_IDENTIFIED] == 0.4);
    assert_true(values[UHN_CRITERION_MEMORIZED] == 0.2);
    assert_true(values[UHN_CRITERION_NORMALISED_ERROR] == 0.75); /* of those that are defined */
    assert_true(values[UHN_CRITERION_UNDEFINED] == 0.2);

    check_ok(uhn_tally(verdicts + 2, 1, 60, values));
    assert_true(isnan(values[UHN_CRITERION_NORMALISED_ERROR]));
    assert_true(values[UHN_CRITERION_UNDEFINED] == 1 && values[UHN_CRITERION_PAPER] == 0);
}

/* Distances from weights against distances of the vectors, written out. */
static void test_distances_from_weights(void **state)
{
    (void)state;
    enum { COUNT = 20, DIM = 50, USED = 13 };
    test_random random = {7};
    float *x = random_positive(&random, COUNT * DIM), projected[USED];
    uhn_stored stored;
    check_ok(uhn_stored_make(x, COUNT, DIM, &stored));
    check_ok(uhn_stored_multiply(&stored, 1));
    for (int scale = 0; scale < 3; scale++) { /* weights that sum to 1, to less, and with signs */
        double weights[USED], sum = 0, distances[USED];
        for (size_t i = 0; i < USED; i++)
            sum += weights[i] = random_uniform(&random) - (scale == 2 ? 0.5 : 0);
        for (size_t i = 0; i < USED; i++)
            weights[i] /= scale == 0 ? sum : 10;
        for (size_t i = 0; i < USED; i++) {
            double product = 0;
            for (size_t j = 0; j < USED; j++)
                product += weights[j] * (double)stored.products[j * COUNT + i];
            projected[i] = (float)product;
        }
        uhn_stored_distances(&stored, USED, weights, projected, distances);
        for (size_t i = 0; i < USED; i++) {
            double expected = 0;
            for (size_t d = 0; d < DIM; d++) {
                double z = 0;
                for (size_t j = 0; j < USED; j++)
                    z += weights[j] * (double)x[j * DIM + d];
                expected += (z - (double)x[i * DIM + d]) * (z - (double)x[i * DIM + d]);
            }
            assert_true(fabs(distances[i] - expected) <= 1e-5 * (1 + expected)); /* products are float32 */
        }
    }
    uhn_stored_free(&stored);
    free(x);
}

static void test_mean_errors(void **state)
{
    (void)state;
    uhn_stored stored = stored_of(rows);
    double errors[N];
    check_ok(uhn_stored_mean_errors(&stored, 2, 1, errors)); /* the mean of the first two: (0.5, 0, 0) */
    assert_true(errors[0] == 0.25 && errors[1] == 0.25);
    uhn_stored_free(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_twins),       cmocka_unit_test(test_choice),
        cmocka_unit_test(test_distances),   cmocka_unit_test(test_all_images_the_same),
        cmocka_unit_test(test_tally),       cmocka_unit_test(test_distances_from_weights),
        cmocka_unit_test(test_mean_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
