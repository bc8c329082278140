/* SPDX-License-Identifier: MIT
 * Learning from examples, the limit, and tuning. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lab/learn.h"
#include "lab/limit.h"
#include "lab/sample.h"
#include "lab/tune.h"
#include "support/check.h"
#include "support/length.h"
#include "support/random_data.h"

/* ---- the table */

static void test_table_by_hand(void **state)
{
    static const float clean[] = {0, 0.49F, 0.5F, 1, 0.2F, 0.9F}, corrupted[] = {0, 1, 0.7F, 1, 0.4F, 0};
    /* rows: below ½, above; columns: 0, below ½, above, 1 */
    static const double counts[2][4] = {{1, 1, 0, 1}, {1, 0, 1, 1}};
    float table[8];

    (void)state;
    assert_int_equal(uhn_learned_columns(2), 4);
    check_ok(uhn_learn_table(clean, corrupted, 2, 3, 2, table));
    for (size_t r = 0; r < 2; r++)
        for (size_t c = 0; c < 4; c++)
            assert_true(same_float(table[r * 4 + c], (float)log((counts[r][c] + 0.5) / (3 + 2))));
    check_ok(uhn_learn_table(clean, corrupted, 1, 1, 2, table)); /* the upper row was never seen */
    for (size_t c = 0; c < 4; c++)
        assert_true(same_float(table[4 + c], (float)log(0.25)));
}

/* The similarity `table` puts numbers into the bins that they were counted in. */
static void test_same_bins(void **state)
{
    enum { COUNT = 4000 };
    static const size_t bins[] = {2, 3, 7, 16, 255 - 1};
    test_random random = {5};
    float *values = test_allocate(COUNT, sizeof *values);

    (void)state;
    for (size_t i = 0; i < COUNT; i++)
        values[i] = i % 3 ? (float)random_uniform(&random) : (float)random_below(&random, 17) / 16;
    for (size_t b = 0; b < sizeof bins / sizeof *bins; b++) {
        const size_t columns = uhn_learned_columns(bins[b]);
        float *table = test_allocate(bins[b] * columns, sizeof *table);
        const uhn_table of_memory = {.values = table, .rows = bins[b], .columns = columns};

        for (size_t i = 0; i + 1 < COUNT; i += 97) {
            const float x = values[i], q = values[i + 1];
            uhn_memory *memory = NULL;
            uhn_options options;
            double score;

            /* the pair's own cell is the only one that was counted */
            check_ok(uhn_learn_table(&x, &q, 1, 1, bins[b], table));
            uhn_options_default(&options);
            check_ok(uhn_choose_similarity(&options, "table"));
            options.similarity_context = &of_memory;
            check_ok(uhn_memory_borrow(UHN_FLOAT32, &x, 1, 1, 0, NULL, 0, 0, &memory));
            check_ok(uhn_scores(memory, &q, 1, 0, &options, &score, NULL));
            assert_true(score == (double)(float)log(1.5 / (1 + 0.5 * (double)columns)));
            uhn_memory_destroy(memory);
        }
        free(table);
    }
    free(values);
}

static void test_refusals(void **state)
{
    static const float good[] = {0, 1}, high[] = {0, 1.5F}, broken[] = {NAN, 0};
    float table[8];
    double bits;

    (void)state;
    check_refused(UHN_ERROR_ARGUMENT, uhn_learn_table(good, good, 0, 2, 2, table));
    check_refused(UHN_ERROR_ARGUMENT, uhn_learn_table(NULL, good, 1, 2, 2, table));
    check_refused(UHN_ERROR_ARGUMENT, uhn_learn_table(good, good, 1, 2, 2, NULL));
    check_refused(UHN_ERROR_RANGE, uhn_learn_table(good, good, 1, 2, 1, table));
    check_refused(UHN_ERROR_RANGE, uhn_learn_table(good, good, 1, 2, 255, table));
    check_refused(UHN_ERROR_DOMAIN, uhn_learn_table(high, good, 1, 2, 2, table));
    check_refused(UHN_ERROR_DOMAIN, uhn_learn_table(good, high, 1, 2, 2, table));
    check_refused(UHN_ERROR_NONFINITE, uhn_learned_information(good, broken, 1, 2, 2, &bits));
}

/* A copy tells all: the entropy of four bins alike. What is drawn apart tells nothing. */
static void test_information(void **state)
{
    const size_t count = unless_short(40000, 4000);
    test_random random = {6};
    float *x = test_allocate(count, sizeof *x), *y = test_allocate(count, sizeof *y);
    double bits;

    (void)state;
    for (size_t i = 0; i < count; i++) {
        x[i] = (float)(i % 4) / 4 + 0.1F;
        y[i] = (float)random_uniform(&random);
    }
    check_ok(uhn_learned_information(x, x, 10, count / 10, 4, &bits));
    assert_true(fabs(bits - 2) < 40 / (double)count);
    check_ok(uhn_learned_information(x, y, 10, count / 10, 4, &bits));
    assert_true(bits >= 0 &&
                bits < 20 / (double)count); /* 9 cells too many would make 9/(2 n log 2) without correction */
    free(y);
    free(x);
}

/* ---- samples and the limit */

static void test_draw(void **state)
{
    enum { ALL = 1000, SOME = 400 };
    size_t first[ALL], second[ALL], seen[ALL] = {0}, moved = 0;

    (void)state;
    check_ok(uhn_sample_draw(1, 0, ALL, ALL, first));
    check_ok(uhn_sample_draw(1, 0, ALL, SOME, second));
    assert_memory_equal(first, second, SOME * sizeof *first); /* a longer draw begins as the shorter */
    for (size_t i = 0; i < ALL; i++)
        seen[first[i]]++;
    for (size_t i = 0; i < ALL; i++)
        assert_int_equal(seen[i], 1);
    check_ok(uhn_sample_draw(1, 1, ALL, ALL, second));
    for (size_t i = 0; i < ALL; i++)
        moved += first[i] != second[i];
    assert_true(moved > 900);
}

static void test_limits(void **state)
{
    static const uhn_geometry planar = {.height = 4, .width = 4, .channels = 3};
    static const uhn_geometry interleaved = {.height = 4, .width = 4, .channels = 3, .interleaved = true};
    uhn_limit limit;

    (void)state;
    check_ok(uhn_limit_find(uhn_find_corruption("noise"), 0.1, NULL, 5, &limit));
    assert_true(limit.known && !limit.observed);
    assert_string_equal(limit.similarity, "likelihood-gaussian:sigma=0.1");
    check_ok(uhn_limit_find(uhn_find_corruption("random-mask"), 0.6, &planar, 48, &limit));
    assert_string_equal(limit.similarity, "likelihood-mask:p=0.6,channels=3");
    check_ok(uhn_limit_find(uhn_find_corruption("random-mask"), 0.25, &interleaved, 48, &limit));
    assert_string_equal(limit.similarity, "likelihood-mask:p=0.25,channels=3,interleaved=1");
    check_ok(uhn_limit_find(uhn_find_corruption("mask"), 0.5, &planar, 48, &limit));
    for (size_t i = 0; i < 48; i++)
        assert_int_equal(limit.observed[i], i % 16 < 8);
    uhn_limit_free(&limit);
    check_ok(uhn_limit_find(uhn_find_corruption("mask"), 1, &planar, 48, &limit));
    assert_true(limit.known && !limit.observed);    /* nothing is left */
    for (size_t i = 0; uhn_corruption_at(i); i++) { /* each that there is has one, which can be chosen */
        uhn_options options;

        uhn_options_default(&options);
        for (int level = 0; level <= 1; level++) {
            check_ok(uhn_limit_find(uhn_corruption_at(i), level, &planar, 48, &limit));
            assert_true(limit.known);
            check_ok(uhn_choose_similarity(&options, limit.similarity));
            uhn_limit_free(&limit);
        }
    }
}

/* ---- tuning */

static void make_glyphs(size_t count, uhn_dataset *data)
{
    check_ok(uhn_make_glyphs(count, 16, 9, data));
}

static void test_tuning(void **state)
{
    uhn_tuning what = {.corruption = uhn_find_corruption("noise"), .level = 0.5, .seed = 1, .files = true};
    const size_t count = unless_short(260, 130), stored = count - 50;
    uhn_dataset data = {0};
    uhn_tuned tuned, again;

    (void)state;
    make_glyphs(count, &data);
    check_ok(uhn_tune(&data, &what, &tuned));
    assert_int_equal(tuned.examples, 50);
    assert_int_equal(tuned.stored, stored);
    assert_int_equal(tuned.queries, stored / 2 < 100 ? stored / 2 : 100);
    for (size_t i = 1; i < tuned.count; i++) {
        const uhn_trial_result *better = &tuned.candidates[i - 1].result, *worse = &tuned.candidates[i].result;

        assert_true(better->identified > worse->identified ||
                    (better->identified == worse->identified && better->normalised_error <= worse->normalised_error));
    }
    assert_int_equal(tuned.winner, 0);
    assert_true(tuned.test.identified > 0.8 && tuned.test.identified >= tuned.manhattan.identified - 0.03);
    what.threads = 1;
    check_ok(uhn_tune(&data, &what, &again));
    assert_int_equal(again.count, tuned.count);
    for (size_t i = 0; i < tuned.count; i++) {
        assert_string_equal(again.candidates[i].similarity, tuned.candidates[i].similarity);
        assert_string_equal(again.candidates[i].separation, tuned.candidates[i].separation);
    }
    uhn_tuned_free(&again);
    uhn_tuned_free(&tuned);

    /* Where the best needs a file and may not have one, it is passed over. */
    what.corruption = uhn_find_corruption("mask");
    check_ok(uhn_tune(&data, &what, &tuned));
    assert_true(tuned.candidates[0].observed && tuned.winner == 0 && tuned.observed != NULL);
    uhn_tuned_free(&tuned);
    what.files = false;
    check_ok(uhn_tune(&data, &what, &tuned));
    assert_true(tuned.winner > 0 && !tuned.candidates[tuned.winner].observed && !tuned.candidates[tuned.winner].bins);
    uhn_tuned_free(&tuned);
    uhn_dataset_free(&data);
}

static void test_tuning_refusals(void **state)
{
    static const struct {
        size_t stored, queries, examples;
        const char *sentence;
    } asked[] = {{50, 0, 20, "70 images are needed"}, {40, 21, 10, "20 queries"}, {1, 0, 60, "62 images are needed"}};
    uhn_dataset data = {0};
    uhn_tuned tuned;

    (void)state;
    make_glyphs(60, &data);
    for (size_t i = 0; i < 3; i++) {
        const uhn_tuning what = {.corruption = uhn_find_corruption("noise"),
                                 .level = 0.5,
                                 .stored = asked[i].stored,
                                 .queries = asked[i].queries,
                                 .examples = asked[i].examples};

        check_refused(UHN_ERROR_ARGUMENT, uhn_tune(&data, &what, &tuned));
        assert_non_null(strstr(uhn_error_detail(), asked[i].sentence));
        assert_null(tuned.candidates);
    }
    uhn_dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_by_hand), cmocka_unit_test(test_same_bins),
        cmocka_unit_test(test_refusals),      cmocka_unit_test(test_information),
        cmocka_unit_test(test_draw),          cmocka_unit_test(test_limits),
        cmocka_unit_test(test_tuning),        cmocka_unit_test(test_tuning_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
