/* SPDX-License-Identifier: MIT
 * α-entmax by what defines it, p = argmax <p, βs> + H_α(p): on the support p^(α−1) − (α−1) β s is one constant −τ,
 * outside it (α−1) β s ≤ τ, and the weights add up to 1. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/catalogue.h"

enum { ROWS = 300 };

static const double alphas[] = {1.01, 1.1, 1.25, 1.5, 1.75, 2, 2.5, 3, 8, 16};
static const double betas[] = {0.01, 0.3, 1, 40};

static uhn_memory *any_memory(float rows[ROWS])
{
    uhn_memory *memory = NULL;

    for (size_t i = 0; i < ROWS; i++)
        rows[i] = 0;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, 1, 0, NULL, 0, 0, &memory));
    return memory;
}

static void weigh(const uhn_memory *memory, const char *separation, const double *scores, double *weights)
{
    uhn_options options;
    uhn_query_status status;

    catalogue_options("dot", separation, &options);
    check_ok(uhn_weights(memory, scores, 1, &options, weights, &status));
    assert_int_equal(status, UHN_QUERY_OK);
}

/* τ follows from the largest weight. Near the edge of the support p^(α−1) is a small difference of numbers up to 1, so
 * the constant is good to their rounding and to that of (α−1) β s. */
static void check_optimality(const char *text, double alpha, double beta, const double *scores, const double *weights)
{
    double sum = 0, rounding = 1e-13 * (1 + (alpha - 1) * beta * largest(scores, ROWS)), tau;
    size_t best = 0;

    for (size_t i = 0; i < ROWS; i++) {
        assert_true(weights[i] >= 0 && weights[i] <= 1);
        sum += weights[i];
        best = scores[i] > scores[best] ? i : best;
    }
    assert_true(fabs(sum - 1) <= 1e-12);
    tau = (alpha - 1) * beta * scores[best] - pow(weights[best], alpha - 1);
    for (size_t i = 0; i < ROWS; i++) {
        double room = (alpha - 1) * beta * scores[i] - tau;
        double expected = room > 0 ? room : 0, is = weights[i] > 0 ? pow(weights[i], alpha - 1) : 0;

        if (pow(expected, 1 / (alpha - 1)) < 1e-300) /* too small a weight for float64 */
            continue;
        if (!(fabs(is - expected) <= rounding))
            fail_msg("%s, score %g: p^(alpha-1) is %.17g, should be %.17g", text, scores[i], is, expected);
    }
}

static void test_optimality(void **state)
{
    float rows[ROWS];
    double scores[ROWS], weights[ROWS];
    uhn_memory *memory = any_memory(rows);

    (void)state;
    for (size_t a = 0; a < sizeof alphas / sizeof alphas[0]; a++)
        for (size_t b = 0; b < sizeof betas / sizeof betas[0]; b++) {
            test_random random = {a * 10 + b};
            char text[64];

            snprintf(text, sizeof text, "entmax:alpha=%g,beta=%g", alphas[a], betas[b]);
            for (size_t i = 0; i < ROWS; i++)
                scores[i] = random_normal(&random);
            weigh(memory, text, scores, weights);
            check_optimality(text, alphas[a], betas[b], scores, weights);
        }
    uhn_memory_destroy(memory);
}

/* α = 1 is softmax and α = 2 is sparsemax. */
static void test_ends(void **state)
{
    static const char *const pairs[][2] = {{"entmax:alpha=1,beta=0.7", "softmax:beta=0.7"},
                                           {"entmax:alpha=2,beta=0.7", "sparsemax:beta=0.7"}};
    float rows[ROWS];
    double scores[ROWS], weights[2][ROWS];
    uhn_memory *memory = any_memory(rows);
    test_random random = {2};

    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        scores[i] = 3 * random_normal(&random);
    for (size_t p = 0; p < 2; p++) {
        weigh(memory, pairs[p][0], scores, weights[0]);
        weigh(memory, pairs[p][1], scores, weights[1]);
        for (size_t i = 0; i < ROWS; i++)
            assert_true(fabs(weights[0][i] - weights[1][i]) <= 1e-14);
    }
    uhn_memory_destroy(memory);
}

/* The margin theorem holds with equality: scores 4 and 2 with β = 1/2 and α = 2 need a margin of 2, and have it. */
static void test_exact_margin(void **state)
{
    const float rows[3] = {4, 2, 1}, query = 1;
    float out;
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_report report;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 3, 1, 0, NULL, 0, 0, &memory));
    catalogue_options("dot", "sparsemax:beta=0.5", &options);
    check_ok(uhn_recall(memory, &query, 1, 0, &options, &out, 0, &report));
    assert_true(report.margin == 2);
    assert_true(report.exact);
    assert_true(out == 4);
    assert_true(report.effective_support == 1);
    catalogue_options("dot", "sparsemax:beta=0.49", &options);
    check_ok(uhn_recall(memory, &query, 1, 0, &options, &out, 0, &report));
    assert_false(report.exact);
    assert_true(out < 4);
    uhn_memory_destroy(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimality),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_exact_margin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
