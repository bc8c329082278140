/* SPDX-License-Identifier: MIT
 * What the calls say agrees: between recall and its steps, between a batch and its queries one by one, and between a
 * mask and the data without the columns that it hides. And rows and sizes that cannot be used are refused at the door.
 */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "support/check.h"

static uhn_memory *borrow(const float *rows, size_t count, size_t dim)
{
    uhn_memory *memory = NULL;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, count, dim, 0, NULL, 0, 0, &memory));
    return memory;
}

static void choose(uhn_options *options, const char *similarity, const char *separation)
{
    uhn_options_default(options);
    check_ok(uhn_choose_similarity(options, similarity));
    check_ok(uhn_choose_separation(options, separation));
}

/* A memory whose observed part is refused is the trouble of the query with that mask, not of the batch. */
static void test_refused_under_own_mask(void **state)
{
    const float rows[2][3] = {{1, 1, 0}, {2, 1, -5}}, queries[2][3] = {{1, 2, 9}, {1, 2, 3}};
    const uint8_t masks[2][3] = {{1, 1, 0}, {1, 1, 1}};
    float alone[3], both[2][3];
    uhn_report reports[2];
    uhn_options options;
    uhn_memory *memory = borrow(rows[0], 2, 3);

    (void)state;
    choose(&options, "normalised-dot", "max");
    options.observed = masks[0];
    options.observed_stride = 3;
    check_ok(uhn_recall(memory, queries[0], 1, 0, &options, alone, 0, NULL));
    check_ok(uhn_recall(memory, queries[0], 2, 0, &options, both[0], 0, reports));
    assert_memory_equal(alone, both[0], sizeof alone);
    assert_int_equal(reports[0].status, UHN_QUERY_OK);
    assert_int_equal(reports[1].status, UHN_QUERY_DOMAIN);
    assert_true(isnan(both[1][0]));
    options.observed_stride = 0; /* one mask for all: the second row is fine under it */
    check_ok(uhn_recall(memory, queries[0], 2, 0, &options, both[0], 0, reports));
    options.observed = NULL;
    assert_int_equal(uhn_recall(memory, queries[0], 2, 0, &options, both[0], 0, reports), UHN_ERROR_DOMAIN);
    assert_non_null(strstr(uhn_error_detail(), "row 1"));
    options.observed = masks[0];
    options.observed_stride = 2;
    assert_int_equal(uhn_recall(memory, queries[0], 2, 0, &options, both[0], 0, reports), UHN_ERROR_SHAPE);
    uhn_memory_destroy(memory);
}

static void test_circle_under_mask(void **state)
{
    enum { DIM = 16, SEEN = 8 };
    float wide[2][DIM] = {{0}}, narrow[2][SEEN] = {{0}}, query[DIM] = {0}, out[DIM], expected[SEEN];
    uint8_t mask[DIM] = {0};
    uhn_options options;

    (void)state;
    for (size_t i = 0; i < SEEN; i++) {
        mask[2 * i] = 1;
        wide[0][2 * i] = narrow[0][i] = i % 3 == 0;
        wide[1][2 * i] = narrow[1][i] = i == 1; /* distances 3 and 1: those of a pair weigh the same */
    }
    uhn_memory *masked = borrow(wide[0], 2, DIM), *subset = borrow(narrow[0], 2, SEEN);
    choose(&options, "hamming", "sdm-circle:radius=3");
    options.normalise_weights = UHN_NORMALISE_SUM;
    check_ok(uhn_recall(subset, query, 1, 0, &options, expected, 0, NULL));
    options.observed = mask;
    check_ok(uhn_recall(masked, query, 1, 0, &options, out, 0, NULL));
    for (size_t i = 0; i < SEEN; i++)
        assert_true(out[2 * i] == expected[i]);
    options.observed_stride = DIM;
    assert_int_equal(uhn_recall(masked, query, 1, 0, &options, out, 0, NULL), UHN_ERROR_UNSUPPORTED);
    uhn_memory_destroy(masked);
    uhn_memory_destroy(subset);
}

static double odd_pair(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                       const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    (void)query, (void)dim, (void)row_stat, (void)query_stat, (void)parameters;
    return row[0] > 0 ? *(const double *)context : -1;
}

/* Scores that no weights can be made of: recall, scores and weights say so alike. */
static void test_strange_scores(void **state)
{
    static const char *const separations[] = {"identity",      "softmax",      "max",        "max-uniform",
                                              "top-k-softmax", "k-winners",    "sparsemax",  "entmax:alpha=1",
                                              "epanechnikov",  "softmax-null", "polynomial", "threshold"};
    static const uhn_similarity odd = {.name = "odd", .summary = "odd", .step = UHN_STEP_PAIR, .pair = odd_pair};
    const double strange[] = {(double)NAN, (double)INFINITY};
    const float rows[3] = {0, 1, 0}, query[1] = {0};
    uhn_memory *memory = borrow(rows, 3, 1);

    (void)state;
    for (size_t i = 0; i < sizeof separations / sizeof *separations; i++)
        for (size_t k = 0; k < 2; k++) {
            float out[1];
            double weights[3];
            const double scores[3] = {-1, strange[k], -1};
            uhn_query_status status;
            uhn_report report;
            uhn_options options;
            choose(&options, "dot", separations[i]);
            options.similarity = &odd;
            options.similarity_context = &strange[k];
            check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
            assert_int_equal(report.status, UHN_QUERY_DOMAIN);
            assert_true(isnan(out[0]));
            check_ok(uhn_weights(memory, scores, 1, &options, weights, &status));
            assert_int_equal(status, UHN_QUERY_DOMAIN);
            assert_true(isnan(weights[0]));
        }
    uhn_memory_destroy(memory);
}

static void test_figures_at_the_edge(void **state)
{
    const float one[2] = {1, 0}, opposite[2] = {0, 1}, huge[2][3] = {{-3e38F, 3e38F, 3e38F}, {3e38F, -3e38F, 1}};
    float out[3];
    uhn_report report;
    uhn_options options;
    uhn_memory *memory = borrow(one, 1, 2);

    (void)state;
    choose(&options, "kl:epsilon=0", "max");
    check_ok(uhn_recall(memory, opposite, 1, 0, &options, out, 0, &report));
    assert_true(report.best_score == -INFINITY && report.margin == INFINITY);
    uhn_memory_destroy(memory);

    memory = borrow(huge[0], 2, 3);
    choose(&options, "correlation", "max");
    check_ok(uhn_recall(memory, huge[1], 1, 0, &options, out, 0, &report));
    assert_int_equal(report.best, 1);
    assert_true(fabs(report.best_score - 1) < 1e-6);
    uhn_memory_destroy(memory);
}

/* α just above 1 is softmax up to α − 1, not noise. */
static void test_entmax_next_to_softmax(void **state)
{
    const double scores[4] = {0.3, -1, 0.7, 0.1};
    const float rows[4] = {0};
    double expected[4];
    uhn_options options;
    uhn_memory *memory = borrow(rows, 4, 1);

    (void)state;
    choose(&options, "dot", "softmax");
    check_ok(uhn_weights(memory, scores, 1, &options, expected, NULL));
    for (double above = 1e-15; above < 1e-5; above *= 10) {
        double weights[4];
        choose(&options, "dot", "entmax");
        options.separation_parameters[0] = 1 + above;
        check_ok(uhn_weights(memory, scores, 1, &options, weights, NULL));
        for (size_t i = 0; i < 4; i++)
            assert_true(fabs(weights[i] - expected[i]) < 10 * above + 1e-7);
    }
    uhn_memory_destroy(memory);
}

/* What the paper's code leaves undefined stays so through the output functions. */
static void test_undefined_output_of_paper(void **state)
{
    const float rows[2][2] = {{1, 0}, {0, 1}};
    float out[2];
    uhn_options options;
    uhn_memory *memory = borrow(rows[0], 2, 2);

    (void)state;
    choose(&options, "inverse-manhattan", "identity");
    options.compat_paper = options.normalise_scores = true;
    for (int output = UHN_OUTPUT_NONE; output < UHN_OUTPUT_COUNT; output++) {
        if (output == UHN_OUTPUT_SIGN) /* there NaN > 0 is no, so −1 */
            continue;
        options.output = (uhn_output)output;
        check_ok(uhn_recall(memory, rows[0], 1, 0, &options, out, 0, NULL));
        assert_true(isnan(out[0]) && isnan(out[1]));
    }
    uhn_memory_destroy(memory);
}

static void test_refused_at_the_door(void **state)
{
    const float rows[2][2] = {{1, 0}, {0, 1}};
    float out[2];
    size_t best[3];
    uhn_options options;
    uhn_memory *memory = borrow(rows[0], 2, 2), *none = memory;
    uhn_similarity similarity = *uhn_find_similarity("dot");
    uhn_separation separation = *uhn_find_separation("max");

    (void)state;
    assert_int_equal(uhn_memory_borrow(UHN_UINT8, rows, SIZE_MAX, 2, 0, NULL, 0, 0, &none), UHN_ERROR_SHAPE);
    assert_null(none);
    choose(&options, "dot", "max");
    assert_int_equal(uhn_choose_preset(&options, "attention", 0), UHN_ERROR_ARGUMENT);
    similarity.step = UHN_STEP_PAIR;
    options.similarity = &similarity;
    assert_int_equal(uhn_recall(memory, rows[0], 1, 0, &options, out, 0, NULL), UHN_ERROR_ARGUMENT);
    similarity.step = UHN_STEP_MULTIPLY;
    similarity.parameter_count = UHN_PARAMETERS_MAX + 1;
    assert_int_equal(uhn_recall(memory, rows[0], 1, 0, &options, out, 0, NULL), UHN_ERROR_ARGUMENT);
    choose(&options, "dot", "max");
    separation.merge = NULL;
    options.separation = &separation;
    assert_int_equal(uhn_recall(memory, rows[0], 1, 0, &options, out, 0, NULL), UHN_ERROR_ARGUMENT);
    /* the k best look at the similarity alone, and k may be any number */
    options.steps = 0;
    check_ok(uhn_top_k(memory, rows[1], 1, 0, &options, 3, best, NULL, NULL));
    assert_true(best[0] == 1 && best[1] == 0 && best[2] == UHN_NO_INDEX);
    uhn_memory_destroy(memory);
}

/* The projection on the next memory is for memories that are their own values. */
static void test_next_and_values(void **state)
{
    const float rows[2][3] = {{1, 0, 0}, {0, 1, 0}}, values[2] = {1, 2};
    float out[3];
    uhn_options options;
    uhn_memory *memory = NULL;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 2, 3, 0, values, 1, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, "sequence", 3));
    assert_int_equal(uhn_recall(memory, rows[0], 1, 0, &options, out, 0, NULL), UHN_ERROR_UNSUPPORTED);
    uhn_memory_destroy(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused_under_own_mask), cmocka_unit_test(test_circle_under_mask),
        cmocka_unit_test(test_strange_scores),         cmocka_unit_test(test_figures_at_the_edge),
        cmocka_unit_test(test_entmax_next_to_softmax), cmocka_unit_test(test_undefined_output_of_paper),
        cmocka_unit_test(test_refused_at_the_door),    cmocka_unit_test(test_next_and_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
