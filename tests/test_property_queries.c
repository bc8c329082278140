/* SPDX-License-Identifier: MIT
 * What a query may rely on: equal rows have equal scores, ties go to the lowest index, a mask leaves exactly the
 * observed coordinates, one broken query leaves the others alone, and the top k are the scores in order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"

enum { DIM = 37, VALUE_DIM = 4, ROWS = 211, QUERIES = 11 };

static uhn_memory *borrow(const float *rows, const float *values)
{
    uhn_memory *memory = NULL;

    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, DIM, 0, values, values != NULL ? VALUE_DIM : 0, 0, &memory));
    return memory;
}

/* Copies of one row all over the memory, and best for every query that is near it. */
static void test_identical_rows(void **state)
{
    static const size_t places[] = {3, 4, 15, 16, 63, 64, 100, 127, 200, 210};

    (void)state;
    for (size_t s = 0; uhn_similarity_at(s) != NULL; s++) {
        const char *similarity = uhn_similarity_at(s)->name;
        test_random random = {s + 1};
        float *rows = catalogue_data(similarity, &random, ROWS * DIM);
        float *queries = catalogue_data(similarity, &random, QUERIES * DIM);
        double *scores = test_allocate(QUERIES * ROWS, sizeof *scores);
        uhn_memory *memory;
        uhn_options options;

        for (size_t i = 1; i < sizeof places / sizeof places[0]; i++)
            memcpy(rows + places[i] * DIM, rows + places[0] * DIM, DIM * sizeof *rows);
        memory = borrow(rows, NULL);
        catalogue_options(similarity, "max", &options);
        check_ok(uhn_scores(memory, queries, QUERIES, 0, &options, scores, NULL));
        for (size_t q = 0; q < QUERIES; q++)
            for (size_t i = 1; i < sizeof places / sizeof places[0]; i++)
                if (!same_double(scores[q * ROWS + places[i]], scores[q * ROWS + places[0]]))
                    fail_msg("%s: row %zu scores %.17g, its copy %zu %.17g", similarity, places[0],
                             scores[q * ROWS + places[0]], places[i], scores[q * ROWS + places[i]]);
        uhn_memory_destroy(memory);
        free(scores);
        free(queries);
        free(rows);
    }
}

/* The query is a row that is there ten times: the first copy wins in every report and every selection. */
static void test_ties(void **state)
{
    static const char *const separations[] = {"max", "k-winners:k=2", "top-k-softmax:k=2"};
    test_random random = {5};
    float *rows = random_positive(&random, ROWS * DIM), *values = random_signed(&random, ROWS * VALUE_DIM);
    float out[VALUE_DIM];
    uhn_memory *memory;
    uhn_options options;
    uhn_report report;
    size_t indices[3];

    (void)state;
    for (size_t i = 0; i < 10; i++)
        memcpy(rows + (200 - 20 * i) * DIM, rows + 20 * DIM, DIM * sizeof *rows); /* 20, 40 … 200 */
    memory = borrow(rows, values);
    for (size_t i = 0; i < sizeof separations / sizeof separations[0]; i++) {
        catalogue_options("euclidean", separations[i], &options);
        check_ok(uhn_recall(memory, rows + 20 * DIM, 1, 0, &options, out, 0, &report));
        assert_int_equal(report.best, 20);
        assert_true(report.margin == 0);
        check_ok(uhn_top_k(memory, rows + 20 * DIM, 1, 0, &options, 3, indices, NULL, NULL));
        assert_int_equal(indices[0], 20);
        assert_int_equal(indices[1], 40);
        assert_int_equal(indices[2], 60);
    }
    catalogue_options("euclidean", "max", &options);
    check_ok(uhn_recall(memory, rows + 20 * DIM, 1, 0, &options, out, 0, NULL));
    assert_memory_equal(out, values + 20 * VALUE_DIM, sizeof out);
    catalogue_options("euclidean", "max-uniform", &options);
    check_ok(uhn_recall(memory, rows + 20 * DIM, 1, 0, &options, out, 0, &report));
    assert_true(fabs(report.effective_support - 10) < 1e-9);
    uhn_memory_destroy(memory);
    free(values);
    free(rows);
}

/* The observed columns alone. */
static float *columns(const float *rows, size_t count, const uint8_t *mask, size_t *width)
{
    float *kept = test_allocate(count * DIM, sizeof *kept);
    size_t at = 0;

    for (size_t i = 0; i < count * DIM; i++)
        if (mask[i % DIM] != 0)
            kept[at++] = rows[i];
    *width = at / count;
    return kept;
}

/* One masked query against the same query on the memory of the observed columns. */
static void check_mask(const char *similarity, const float *rows, const float *values, const float *query,
                       const uint8_t *mask, size_t stride)
{
    float *hidden = test_allocate(2 * DIM, sizeof *hidden), *few_rows, *few_query, out[2][2 * VALUE_DIM];
    double *scores[2] = {test_allocate(2 * ROWS, sizeof(double)), test_allocate(ROWS, sizeof(double))};
    uhn_memory *memory = borrow(rows, values), *few = NULL;
    uhn_report reports[2][2];
    uhn_options options;
    size_t width;

    /* What is not observed is not looked at: not even to see that it is NaN. */
    for (size_t i = 0; i < DIM; i++)
        hidden[i] = hidden[DIM + i] = mask[i] != 0 ? query[i] : NAN;
    few_rows = columns(rows, ROWS, mask, &width);
    few_query = columns(query, 1, mask, &width);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, few_rows, ROWS, width, 0, values, VALUE_DIM, 0, &few));
    catalogue_options(similarity, "softmax:beta=0.7", &options);
    check_ok(uhn_scores(few, few_query, 1, 0, &options, scores[1], NULL));
    check_ok(uhn_recall(few, few_query, 1, 0, &options, out[1], 0, reports[1]));
    options.observed = mask;
    options.observed_stride = stride;
    check_ok(uhn_scores(memory, hidden, 2, 0, &options, scores[0], NULL));
    check_ok(uhn_recall(memory, hidden, 2, 0, &options, out[0], 0, reports[0]));
    assert_int_equal(reports[0][0].status, reports[1][0].status);
    assert_int_equal(reports[0][0].best, reports[1][0].best);
    for (size_t i = 0; i < 2 * ROWS; i++)
        if (!(fabs(scores[0][i] - scores[1][i % ROWS]) <= 1e-12 * fabs(scores[1][i % ROWS])))
            fail_msg("%s: masked score %zu is %.17g, on the observed columns %.17g", similarity, i, scores[0][i],
                     scores[1][i % ROWS]);
    for (size_t i = 0; i < 2 * VALUE_DIM; i++)
        assert_true(fabsf(out[0][i] - out[1][i % VALUE_DIM]) <= 1e-6F);
    uhn_memory_destroy(memory);
    uhn_memory_destroy(few);
    free(few_rows);
    free(few_query);
    free(hidden);
    free(scores[0]);
    free(scores[1]);
}

static void test_masks(void **state)
{
    (void)state;
    for (size_t s = 0; uhn_similarity_at(s) != NULL; s++)
        for (size_t t = 0; t < 4; t++) {
            const char *similarity = uhn_similarity_at(s)->name;
            test_random random = {s * 4 + t + 1};
            float *rows = catalogue_data(similarity, &random, ROWS * DIM);
            float *values = random_signed(&random, ROWS * VALUE_DIM);
            float *query = catalogue_data(similarity, &random, DIM);
            uint8_t mask[2 * DIM];

            for (size_t i = 0; i < DIM; i++)
                mask[i] =
                    t == 0 ? 1 : (uint8_t)(random_below(&random, t + 1) == 0 ? 0 : 1 + random_below(&random, 255));
            mask[5] = 1;
            memcpy(mask + DIM, mask, DIM);
            check_mask(similarity, rows, values, query, mask, t % 2 == 0 ? 0 : DIM);
            free(query);
            free(values);
            free(rows);
        }
}

/* Every query has a mask of its own; each must be answered as it is alone. */
static void test_mask_per_query(void **state)
{
    test_random random = {77};
    float *rows = random_positive(&random, ROWS * DIM), *values = random_signed(&random, ROWS * VALUE_DIM);
    float *queries = random_positive(&random, QUERIES * DIM), out[2][QUERIES * VALUE_DIM];
    uint8_t masks[QUERIES * (DIM + 2)];
    uhn_memory *memory = borrow(rows, values);
    uhn_options options;

    (void)state;
    for (size_t i = 0; i < sizeof masks; i++)
        masks[i] = i % (DIM + 2) == 1 || random_below(&random, 2) == 0;
    catalogue_options("correlation", "softmax:beta=4", &options);
    options.observed = masks;
    options.observed_stride = DIM + 2;
    check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, out[0], 0, NULL));
    for (size_t q = 0; q < QUERIES; q++) {
        options.observed = masks + q * (DIM + 2);
        options.observed_stride = 0;
        check_ok(uhn_recall(memory, queries + q * DIM, 1, 0, &options, out[1] + q * VALUE_DIM, 0, NULL));
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
    uhn_memory_destroy(memory);
    free(queries);
    free(values);
    free(rows);
}

static void test_broken_query(void **state)
{
    (void)state;
    for (size_t s = 0; uhn_similarity_at(s) != NULL; s++) {
        const char *similarity = uhn_similarity_at(s)->name;
        test_random random = {s + 9};
        float *rows = catalogue_data(similarity, &random, ROWS * DIM),
              *values = random_signed(&random, ROWS * VALUE_DIM);
        float *queries = catalogue_data(similarity, &random, QUERIES * DIM), out[2][QUERIES * VALUE_DIM];
        uhn_report reports[2][QUERIES];
        uhn_memory *memory = borrow(rows, values);
        uhn_options options;

        catalogue_options(similarity, "softmax", &options);
        check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, out[0], 0, reports[0]));
        queries[2 * DIM + 7] = NAN;
        queries[6 * DIM] = INFINITY;
        queries[9 * DIM + DIM - 1] = -INFINITY;
        check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, out[1], 0, reports[1]));
        for (size_t q = 0; q < QUERIES; q++) {
            bool broken = q == 2 || q == 6 || q == 9;

            assert_int_equal(reports[1][q].status, broken ? UHN_QUERY_NONFINITE : reports[0][q].status);
            for (size_t o = q * VALUE_DIM; o < (q + 1) * VALUE_DIM; o++)
                assert_true(broken ? isnan(out[1][o]) : same_float(out[0][o], out[1][o]));
            if (broken) {
                assert_int_equal(reports[1][q].best, UHN_NO_INDEX);
                assert_true(isnan(reports[1][q].best_score));
            } else {
                assert_null(report_difference(&reports[0][q], &reports[1][q]));
            }
        }
        uhn_memory_destroy(memory);
        free(queries);
        free(values);
        free(rows);
    }
}

/* KL without smoothing scores −∞ where a memory has what the query lacks. An answer that is called one has no NaN. */
static void test_infinite_scores(void **state)
{
    test_random random = {55};
    float *rows = random_positive(&random, ROWS * DIM), *values = random_signed(&random, ROWS * VALUE_DIM);
    float *queries = random_positive(&random, QUERIES * DIM), out[QUERIES * VALUE_DIM];
    uhn_report reports[QUERIES];
    uhn_memory *memory;

    (void)state;
    for (size_t i = 0; i < QUERIES * DIM; i++) /* more and more zeros, up to all scores being −∞ */
        if (random_below(&random, QUERIES) < i / DIM)
            queries[i] = 0;
    for (size_t i = 0; i < ROWS / 2 * DIM; i++) /* half of the memories have their mass where every query has some */
        if (i % DIM > 0)
            rows[i] = 0;
        else
            rows[i] = 1;
    for (size_t q = 0; q < QUERIES; q++)
        queries[q * DIM] = 0.5F;
    memory = borrow(rows, values);
    for (size_t i = 0; catalogue_separation(i) != NULL; i++) {
        uhn_options options;

        catalogue_options("kl:epsilon=0", catalogue_separation(i), &options);
        for (int normalise = UHN_NORMALISE_NONE; normalise < UHN_NORMALISE_COUNT; normalise++) {
            options.normalise_weights = (uhn_normalise)normalise;
            check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, out, 0, reports));
            for (size_t o = 0; o < QUERIES * VALUE_DIM; o++)
                if (isnan(out[o]) && reports[o / VALUE_DIM].status == UHN_QUERY_OK)
                    fail_msg("%s: the answer of query %zu is NaN, and its status ok", catalogue_separation(i),
                             o / VALUE_DIM);
        }
    }
    uhn_memory_destroy(memory);
    free(queries);
    free(values);
    free(rows);
}

/* The same for weights made of scores that are given: whatever they are, an answer that is called one has no NaN. */
static void test_weights_of_infinite_scores(void **state)
{
    static const double given[][4] = {{-INFINITY, -1, -2, 3},      {INFINITY, -1, 2, -3},
                                      {-INFINITY, INFINITY, 0, 1}, {-INFINITY, -INFINITY, -INFINITY, -INFINITY},
                                      {INFINITY, INFINITY, 1, 2},  {1e308, -1e308, 1e308, 1}};
    const float rows[4 * DIM] = {0};
    uhn_memory *memory = NULL;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 4, DIM, 0, NULL, 0, 0, &memory));
    for (size_t i = 0; catalogue_separation(i) != NULL; i++)
        for (size_t s = 0; s < sizeof given / sizeof given[0]; s++) {
            double weights[4];
            uhn_query_status status;
            uhn_options options;

            catalogue_options("dot", catalogue_separation(i), &options);
            check_ok(uhn_weights(memory, given[s], 1, &options, weights, &status));
            for (size_t r = 0; r < 4; r++)
                if (isnan(weights[r]) != (status != UHN_QUERY_OK))
                    fail_msg("%s, scores %g %g %g %g: weight %zu is %g, the status %s", catalogue_separation(i),
                             given[s][0], given[s][1], given[s][2], given[s][3], r, weights[r],
                             uhn_query_status_text(status));
        }
    uhn_memory_destroy(memory);
}

/* Nothing observed: nothing to compare, so that query has no answer, and the next one is none the worse for it. */
static void test_nothing_observed(void **state)
{
    static const uint8_t masks[2][DIM] = {{0}, {1, 1, 1, 1, 1, 1, 1, 1, 1}};

    (void)state;
    for (size_t s = 0; uhn_similarity_at(s) != NULL; s++) {
        const char *similarity = uhn_similarity_at(s)->name;
        test_random random = {s + 71};
        float *rows = catalogue_data(similarity, &random, ROWS * DIM);
        float *values = random_signed(&random, ROWS * VALUE_DIM),
              *queries = catalogue_data(similarity, &random, 2 * DIM);
        float out[2][VALUE_DIM], alone[VALUE_DIM];
        uhn_memory *memory = borrow(rows, values);
        uhn_report reports[2];
        uhn_options options;

        catalogue_options(similarity, "softmax", &options);
        options.observed = masks[1];
        check_ok(uhn_recall(memory, queries + DIM, 1, 0, &options, alone, 0, NULL));
        options.observed = masks[0];
        options.observed_stride = DIM;
        check_ok(uhn_recall(memory, queries, 2, 0, &options, out[0], 0, reports));
        assert_int_equal(reports[0].status, UHN_QUERY_DOMAIN);
        assert_true(isnan(out[0][0]));
        assert_int_equal(reports[1].status, UHN_QUERY_OK);
        assert_memory_equal(out[1], alone, sizeof alone);
        uhn_memory_destroy(memory);
        free(queries);
        free(values);
        free(rows);
    }
}

static void check_top_k(const uhn_memory *memory, const float *queries, const uhn_options *options, size_t k,
                        const double *scores)
{
    size_t *indices = test_allocate(QUERIES * k, sizeof *indices);
    double *best = test_allocate(QUERIES * k, sizeof *best);
    uhn_query_status statuses[QUERIES];

    check_ok(uhn_top_k(memory, queries, QUERIES, 0, options, k, indices, best, statuses));
    for (size_t q = 0; q < QUERIES; q++) {
        bool used[ROWS] = {false};

        assert_int_equal(statuses[q], UHN_QUERY_OK);
        for (size_t i = 0; i < k; i++) {
            size_t expected = UHN_NO_INDEX;

            for (size_t r = 0; r < ROWS; r++)
                if (!used[r] && (expected == UHN_NO_INDEX || scores[q * ROWS + r] > scores[q * ROWS + expected]))
                    expected = r;
            assert_int_equal(indices[q * k + i], expected);
            if (expected == UHN_NO_INDEX) {
                assert_true(isinf(best[q * k + i]) && best[q * k + i] < 0);
                continue;
            }
            assert_true(same_double(best[q * k + i], scores[q * ROWS + expected]));
            used[expected] = true;
        }
    }
    check_ok(uhn_top_k(memory, queries, QUERIES, 0, options, k, NULL, best, NULL));
    check_ok(uhn_top_k(memory, queries, QUERIES, 0, options, k, indices, NULL, NULL));
    free(best);
    free(indices);
}

static void test_top_k(void **state)
{
    static const size_t ks[] = {1, 2, 17, ROWS, ROWS + 6};

    (void)state;
    for (size_t s = 0; uhn_similarity_at(s) != NULL; s++) {
        const char *similarity = uhn_similarity_at(s)->name;
        test_random random = {s + 31};
        float *rows = catalogue_data(similarity, &random, ROWS * DIM);
        float *queries = catalogue_data(similarity, &random, QUERIES * DIM);
        double *scores = test_allocate(QUERIES * ROWS, sizeof *scores);
        uhn_memory *memory = borrow(rows, NULL);
        uhn_options options;

        catalogue_options(similarity, "softmax", &options);
        check_ok(uhn_scores(memory, queries, QUERIES, 0, &options, scores, NULL));
        for (size_t i = 0; i < sizeof ks / sizeof ks[0]; i++)
            check_top_k(memory, queries, &options, ks[i], scores);
        uhn_memory_destroy(memory);
        free(scores);
        free(queries);
        free(rows);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identical_rows),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_mask_per_query),
        cmocka_unit_test(test_broken_query),
        cmocka_unit_test(test_top_k),
        cmocka_unit_test(test_infinite_scores),
        cmocka_unit_test(test_weights_of_infinite_scores),
        cmocka_unit_test(test_nothing_observed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
