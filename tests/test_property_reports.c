/* SPDX-License-Identifier: MIT
 * What a report says is true: scores, margins, supports and sums are those of the steps, certificates hold, and an
 * iterated recall ends the way it says. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"

enum { DIM = 16, ROWS = 60, QUERIES = 50 };

typedef struct step_results {
    double scores[QUERIES * ROWS], weights[QUERIES * ROWS];
    uhn_query_status statuses[QUERIES];
    float out[QUERIES * DIM];
    uhn_report reports[QUERIES];
} step_results;

static void take_steps(const uhn_memory *memory, const float *queries, const uhn_options *options, step_results *s)
{
    check_ok(uhn_recall(memory, queries, QUERIES, 0, options, s->out, 0, s->reports));
    check_ok(uhn_scores(memory, queries, QUERIES, 0, options, s->scores, NULL));
    check_ok(uhn_weights(memory, s->scores, QUERIES, options, s->weights, s->statuses));
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * (1 + fabs(b)) || same_double(a, b);
}

/* Small weights may come from estimates of their scores: 64 rounding errors of float32 for sums that short, as products
 * of split floats err by some dozen. */
static bool near_estimate(double a, double b)
{
    return fabs(a - b) <= 0x1p-18 * (1 + fabs(b)) || same_double(a, b);
}

/* Best, margin, sum and support of query q by hand. */
static void check_report(const step_results *s, size_t q, const char *separation)
{
    const double *scores = s->scores + q * ROWS, *weights = s->weights + q * ROWS;
    const uhn_report *report = &s->reports[q];
    double second = -INFINITY, sum = 0, squares = 0;
    size_t best = 0;

    for (size_t i = 1; i < ROWS; i++)
        if (scores[i] > scores[best])
            best = i;
    for (size_t i = 0; i < ROWS; i++) {
        if (i != best && scores[i] > second)
            second = scores[i];
        sum += weights[i];
        squares += weights[i] * weights[i];
    }
    assert_int_equal(report->best, best);
    assert_true(near(report->best_score, scores[best]));
    assert_true(near(report->margin, scores[best] - second));
    assert_int_equal(report->steps, 1);
    assert_int_equal(report->outcome, UHN_OUTCOME_SINGLE);
    assert_int_equal(report->period, 0);
    if (!near_estimate(report->weight_sum, sum) || !near_estimate(report->effective_support, 1 / squares))
        fail_msg("%s, query %zu: sum %.17g, support %.17g; by hand %.17g and %.17g", separation, q, report->weight_sum,
                 report->effective_support, sum, 1 / squares);
}

static void test_reports(void **state)
{
    static step_results s;

    (void)state;
    for (size_t i = 0; catalogue_separation(i) != NULL; i++) {
        static const char *const similarities[] = {"dot", "manhattan", "laplace", "hamming"};
        const char *similarity = similarities[i % 4];
        test_random random = {i + 1};
        float *rows = catalogue_data(similarity, &random, ROWS * DIM);
        float *queries = catalogue_data(similarity, &random, QUERIES * DIM);
        uhn_memory *memory = NULL;
        uhn_options options;

        check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, DIM, 0, NULL, 0, 0, &memory));
        catalogue_options(similarity, catalogue_separation(i), &options);
        options.normalise_weights = i % 3 == 0 ? UHN_NORMALISE_SUM : UHN_NORMALISE_NONE;
        take_steps(memory, queries, &options, &s);
        for (size_t q = 0; q < QUERIES; q++) {
            assert_int_equal(s.reports[q].status, s.statuses[q]);
            if (s.statuses[q] == UHN_QUERY_OK)
                check_report(&s, q, catalogue_separation(i));
        }
        uhn_memory_destroy(memory);
        free(queries);
        free(rows);
    }
}

static void test_single_memory(void **state)
{
    const float row[3] = {1, 2, 3}, query[3] = {1, 2, 4};
    float out[3];
    uhn_memory *memory = NULL;
    uhn_report report;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, row, 1, 3, 0, NULL, 0, 0, &memory));
    check_ok(uhn_recall(memory, query, 1, 0, NULL, out, 0, &report));
    assert_memory_equal(out, row, sizeof row);
    assert_true(isinf(report.margin) && report.margin > 0);
    assert_true(report.outside_bound == 0);
    assert_true(report.best_score == -1);
    uhn_memory_destroy(memory);
}

typedef struct margin_case {
    const char *text;
    double alpha, beta;
} margin_case;

/* One-hot exactly when the margin is at least 1/((α − 1) β): the margin theorem. Just below it the runner-up's weight,
 * (1 − margin/threshold)^(1/(α − 1)) at most, may be lost in the rounding of 1. */
static void check_margin(const margin_case *one, const step_results *s, size_t q)
{
    const uhn_report *report = &s->reports[q];
    double threshold = 1 / ((one->alpha - 1) * one->beta), weight = s->weights[q * ROWS + report->best];
    double below = 1 - report->margin / threshold;

    if (fabs(below) <= 1e-12)
        return;
    if (report->exact != (below < 0))
        fail_msg("%s: margin %.17g, threshold %.17g, exact = %d", one->text, report->margin, threshold, report->exact);
    if (below < 0 && weight < 1)
        fail_msg("%s: margin %.17g is above %.17g, and the weight is %.17g", one->text, report->margin, threshold,
                 weight);
    if (below > 0 && pow(below, 1 / (one->alpha - 1)) > 1e-14 && !(weight < 1))
        fail_msg("%s: margin %.17g is below %.17g, and the weight is %.17g", one->text, report->margin, threshold,
                 weight);
}

static void test_margin_theorem(void **state)
{
    static const margin_case cases[] = {{"sparsemax:beta=0.7", 2, 0.7},
                                        {"entmax:alpha=1.5,beta=1.3", 1.5, 1.3},
                                        {"entmax:alpha=1.25,beta=2", 1.25, 2},
                                        {"entmax:alpha=1.8,beta=0.5", 1.8, 0.5},
                                        {"entmax:alpha=1.1,beta=9", 1.1, 9}};
    static step_results s;
    size_t certified = 0, all = 0;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            test_random random = {seed};
            float *rows = random_signed(&random, ROWS * DIM), *queries = random_signed(&random, QUERIES * DIM);
            uhn_memory *memory = NULL;
            uhn_options options;

            check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, DIM, 0, NULL, 0, 0, &memory));
            catalogue_options("dot", cases[i].text, &options);
            take_steps(memory, queries, &options, &s);
            for (size_t q = 0; q < QUERIES; q++, all++) {
                check_margin(&cases[i], &s, q);
                if (!s.reports[q].exact)
                    continue;
                certified++; /* and then the answer is the memory itself */
                assert_memory_equal(s.out + q * DIM, rows + s.reports[q].best * DIM, DIM * sizeof *rows);
            }
            uhn_memory_destroy(memory);
            free(queries);
            free(rows);
        }
    assert_in_range(certified, all / 10, all - all / 10); /* both sides of the theorem were seen */
}

static void test_softmax_bound(void **state)
{
    static const char *const texts[] = {"softmax:beta=0.2", "softmax:beta=1", "softmax:beta=5"};
    static const double betas[] = {0.2, 1, 5};
    static step_results s;

    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            test_random random = {seed};
            float *rows = random_signed(&random, ROWS * DIM), *queries = random_signed(&random, QUERIES * DIM);
            uhn_memory *memory = NULL;
            uhn_options options;

            check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, DIM, 0, NULL, 0, 0, &memory));
            catalogue_options("dot", texts[i], &options);
            take_steps(memory, queries, &options, &s);
            for (size_t q = 0; q < QUERIES; q++) {
                const uhn_report *report = &s.reports[q];
                double outside = 0;

                for (size_t r = 0; r < ROWS; r++)
                    outside += r == report->best ? 0 : s.weights[q * ROWS + r];
                assert_true(near(report->outside_bound, (ROWS - 1) * exp(-betas[i] * report->margin)));
                assert_true(outside <= report->outside_bound * (1 + 1e-12));
                assert_false(report->exact);
            }
            uhn_memory_destroy(memory);
            free(queries);
            free(rows);
        }
}

/* ---- iteration */

static void test_fixed_point(void **state)
{
    test_random random = {3};
    float *rows = random_signed(&random, 20 * DIM), *query = random_signed(&random, DIM), out[DIM], again[DIM];
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_report report;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 20, DIM, 0, NULL, 0, 0, &memory));
    catalogue_options("sqeuclidean", "max", &options);
    options.steps = 50;
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_int_equal(report.outcome, UHN_OUTCOME_FIXED_POINT);
    assert_int_equal(report.period, 1);
    assert_int_equal(report.steps, 2); /* to the nearest memory, and there it stays */
    assert_memory_equal(out, rows + report.best * DIM, sizeof out);

    /* With a tolerance: the last step moved the state by no more than it says. */
    catalogue_options("sqeuclidean", "softmax:beta=0.02", &options);
    options.steps = 500;
    options.tolerance = 1e-4;
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_int_equal(report.outcome, UHN_OUTCOME_FIXED_POINT);
    assert_in_range(report.steps, 2, 499);
    options.steps = 1;
    check_ok(uhn_recall(memory, out, 1, 0, &options, again, 0, NULL));
    {
        double moved = 0, length = 0;

        for (size_t i = 0; i < DIM; i++) {
            moved += pow((double)again[i] - (double)out[i], 2);
            length += pow((double)again[i], 2);
        }
        assert_true(sqrt(moved) <= 1e-4 * (1 + sqrt(length)));
    }
    uhn_memory_destroy(memory);
    free(query);
    free(rows);
}

/* W = [[0, 1], [1, 0]] and s = (1, −1): the smallest network that goes round in two. */
static void test_two_cycle(void **state)
{
    const float row[2] = {1, 1}, query[2] = {1, -1};
    float out[2];
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_report report;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, row, 1, 2, 0, NULL, 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, "hopfield:update=sync,diagonal=zero", 2));
    options.steps = 20;
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_int_equal(report.outcome, UHN_OUTCOME_CYCLE);
    assert_int_equal(report.period, 2);
    assert_in_range(report.steps, 2, 6);
    assert_true(out[0] * out[1] == -1); /* one of the two states */
    uhn_memory_destroy(memory);
}

/* A sequence of K memories replays with period K and is reported so. */
static void test_sequence_cycle(void **state)
{
    test_random random = {8};
    float *rows = random_signed(&random, 7 * DIM), out[DIM];
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_report report;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 7, DIM, 0, NULL, 0, 0, &memory));
    catalogue_options("euclidean", "max", &options);
    options.projection = UHN_PROJECTION_NEXT;
    check_ok(uhn_recall(memory, rows + 6 * DIM, 1, 0, &options, out, 0, NULL));
    assert_memory_equal(out, rows, sizeof out); /* the last is followed by the first */
    for (size_t steps = 1; steps < 7; steps++) {
        options.steps = steps;
        check_ok(uhn_recall(memory, rows + 2 * DIM, 1, 0, &options, out, 0, &report));
        assert_memory_equal(out, rows + (2 + steps) % 7 * DIM, sizeof out);
        assert_int_equal(report.steps, steps);
        assert_int_equal(report.outcome, steps == 1 ? UHN_OUTCOME_SINGLE : UHN_OUTCOME_LIMIT);
        assert_int_equal(report.period, 0);
    }
    options.steps = 100;
    check_ok(uhn_recall(memory, rows + 2 * DIM, 1, 0, &options, out, 0, &report));
    assert_int_equal(report.outcome, UHN_OUTCOME_CYCLE);
    assert_int_equal(report.period, 7);
    assert_in_range(report.steps, 7, 21);
    uhn_memory_destroy(memory);
    free(rows);
}

static void test_limit(void **state)
{
    test_random random = {4};
    float *rows = random_signed(&random, 20 * DIM), *query = random_signed(&random, DIM), out[DIM];
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_report report;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 20, DIM, 0, NULL, 0, 0, &memory));
    catalogue_options("sqeuclidean", "softmax:beta=0.02", &options);
    options.steps = 3;
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_int_equal(report.outcome, UHN_OUTCOME_LIMIT);
    assert_int_equal(report.steps, 3);
    assert_int_equal(report.period, 0);
    uhn_memory_destroy(memory);
    free(query);
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reports),        cmocka_unit_test(test_single_memory),
        cmocka_unit_test(test_margin_theorem), cmocka_unit_test(test_softmax_bound),
        cmocka_unit_test(test_fixed_point),    cmocka_unit_test(test_two_cycle),
        cmocka_unit_test(test_sequence_cycle), cmocka_unit_test(test_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
