/* SPDX-License-Identifier: MIT
 * Numbers near the ends of what float32 and float64 hold: an answer is a number, or the query has no answer. */
#include <float.h>
#include <math.h>

#include "support/check.h"

enum { DIM = 3 };

/* Orders beyond all use are the Chebyshev distance in float64. */
static void test_large_orders(void **state)
{
    static const char *const orders[] = {"minkowski:p=1e15", "minkowski:p=1e18", "minkowski:p=1e19",
                                         "minkowski:p=1e300", "minkowski:p=inf"};
    const float query[DIM] = {0};

    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        for (float distance = 0.03F; distance < 3; distance *= 1.37F) {
            const float row[DIM] = {-distance, distance / 3, distance};
            uhn_memory *memory = NULL;
            uhn_options options;
            double score;

            uhn_options_default(&options);
            check_ok(uhn_choose_similarity(&options, orders[i]));
            check_ok(uhn_memory_borrow(UHN_FLOAT32, row, 1, DIM, 0, NULL, 0, 0, &memory));
            check_ok(uhn_scores(memory, query, 1, 0, &options, &score, NULL));
            if (fabs(score + (double)distance) > 1e-12 * (double)distance)
                fail_msg("%s: the score at distance %.9g is %.17g", orders[i], (double)distance, score);
            uhn_memory_destroy(memory);
        }
}

/* The answer to one query of `value` · (1, 0, 0) from memories of `value`, through these separation and output. */
static uhn_query_status ask(float value, const char *separation, uhn_output output, float *z)
{
    const float row[DIM] = {value, 0, -value}, query[DIM] = {value, 0, 0};
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_report report;

    uhn_options_default(&options);
    options.output = output;
    check_ok(uhn_choose_similarity(&options, "dot"));
    check_ok(uhn_choose_separation(&options, separation));
    check_ok(uhn_memory_borrow(UHN_FLOAT32, row, 1, DIM, 0, NULL, 0, 0, &memory));
    check_ok(uhn_recall(memory, query, 1, 0, &options, z, 0, &report));
    uhn_memory_destroy(memory);
    return report.status;
}

static void test_answers_beyond_float(void **state)
{
    float z[DIM];

    (void)state;
    assert_int_equal(ask(1e12F, "identity", UHN_OUTPUT_NONE, z), UHN_QUERY_OK); /* 1e36 */
    assert_true(z[0] > 0.99e36F && z[1] == 0 && z[2] == -z[0]);
    assert_int_equal(ask(1e13F, "identity", UHN_OUTPUT_NONE, z), UHN_QUERY_DOMAIN); /* 1e39 */
    assert_true(isnan(z[0]) && isnan(z[1]) && isnan(z[2]));
    assert_int_equal(ask(1e30F, "polynomial:order=6", UHN_OUTPUT_NONE, z), UHN_QUERY_DOMAIN); /* 1e390 */
    assert_true(isnan(z[0]) && isnan(z[1]) && isnan(z[2]));

    /* What the output function brings back into range is an answer. */
    assert_int_equal(ask(1e13F, "identity", UHN_OUTPUT_SIGN, z), UHN_QUERY_OK);
    assert_true(z[0] == 1 && z[1] == 0 && z[2] == -1);
    assert_int_equal(ask(1e13F, "identity", UHN_OUTPUT_UNIT, z), UHN_QUERY_OK);
    assert_true(fabs((double)z[0] - sqrt(0.5)) < 1e-7);

    /* Weights relative to the largest score: FLT_MAX² does no harm. */
    assert_int_equal(ask(FLT_MAX, "softmax:beta=1", UHN_OUTPUT_NONE, z), UHN_QUERY_OK);
    assert_true(z[0] == FLT_MAX && z[1] == 0 && z[2] == -FLT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_orders),
        cmocka_unit_test(test_answers_beyond_float),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
