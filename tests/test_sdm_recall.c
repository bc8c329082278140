/* SPDX-License-Identifier: MIT
 * Recall through a sparse distributed memory: the sdm preset. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/random_data.h"

static void flip(test_random *random, float *row, size_t dim, size_t count, float low)
{
    for (size_t k = 0; k < count; k++) {
        size_t i = random_below(random, dim);

        row[i] = row[i] > 0 ? low : 1;
    }
}

/* Stored patterns with some bits flipped come back, in the numbers that the memory is written in, and the report
 * has the nearest memory and the active locations. */
static void check_restores(float low)
{
    enum { DIM = 256, COUNT = 20 };
    test_random random = {42};
    float *rows = random_binary(&random, COUNT * DIM), *queries = test_allocate(COUNT * DIM, sizeof *queries);
    float *out = test_allocate(COUNT * DIM, sizeof *out);
    uhn_report reports[COUNT];
    uhn_memory *memory = NULL;
    uhn_options options;

    for (size_t i = 0; i < COUNT * DIM; i++)
        rows[i] = rows[i] > 0 ? 1 : low;
    memcpy(queries, rows, COUNT * DIM * sizeof *rows);
    for (size_t q = 0; q < COUNT; q++)
        flip(&random, queries + q * DIM, DIM, 12, low);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, COUNT, DIM, 0, NULL, 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, "sdm:locations=20000", DIM));
    options.steps = 5;
    check_ok(uhn_recall(memory, queries, COUNT, 0, &options, out, 0, reports));
    assert_int_equal(first_difference_float(out, rows, COUNT * DIM), COUNT * DIM);
    for (size_t q = 0; q < COUNT; q++) {
        assert_int_equal(reports[q].outcome, UHN_OUTCOME_FIXED_POINT);
        assert_int_equal(reports[q].best, q);
        assert_true(same_double(reports[q].best_score, 0)); /* the last step read at the memory itself */
        assert_true(reports[q].margin > 0 && isfinite(reports[q].margin));
        assert_true(reports[q].weight_sum > 20000 * 0.01 && reports[q].weight_sum < 20000 * 0.025);
    }
    uhn_memory_destroy(memory);
    free(out);
    free(queries);
    free(rows);
}

static void test_restores(void **state)
{
    (void)state;
    check_restores(0);
    check_restores(-1);
}

/* What the recall reads is what the public functions read. */
static void test_recall_is_write_and_read(void **state)
{
    enum { DIM = 37, OUT = 11, COUNT = 9 };
    test_random random = {5};
    float *rows = random_binary(&random, COUNT * DIM), *values = random_binary(&random, COUNT * OUT), out[COUNT * OUT];
    uint8_t keys[COUNT * 5] = {0}, data[COUNT * 2] = {0};
    int64_t sums[COUNT * OUT];
    size_t active[COUNT], undecided = 0;
    uhn_report reports[COUNT];
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_sdm *sdm = NULL;

    (void)state;
    for (size_t i = 0; i < COUNT * DIM; i++)
        keys[i / DIM * 5 + i % DIM / 8] |= (uint8_t)(rows[i] > 0 ? 0x80 >> i % DIM % 8 : 0);
    for (size_t i = 0; i < COUNT * OUT; i++)
        data[i / OUT * 2 + i % OUT / 8] |= (uint8_t)(values[i] > 0 ? 0x80 >> i % OUT % 8 : 0);
    check_ok(uhn_memory_borrow(UHN_BITS, keys, COUNT, DIM, 0, values, OUT, 0, &memory));
    uhn_options_default(&options);
    options.seed = 99;
    check_ok(uhn_choose_preset(&options, "sdm:locations=300,radius=15,counters=8", DIM));
    assert_int_equal(options.sdm.counter_bits, 8);
    options.sdm.seed = options.seed; /* as a recall does */
    check_ok(uhn_sdm_create(&options.sdm, DIM, OUT, NULL, &sdm));
    check_ok(uhn_sdm_write(sdm, keys, data, COUNT));
    check_ok(uhn_sdm_read(sdm, keys, COUNT, sums, active));
    check_ok(uhn_recall(memory, rows, COUNT, 0, &options, out, 0, reports));
    for (size_t i = 0; i < COUNT * OUT; i++) {
        float expected = sums[i] > 0 ? 1.0F : sums[i] < 0 ? 0.0F : 0.5F;

        undecided += sums[i] == 0;
        assert_true(same_float(out[i], expected));
    }
    assert_true(undecided > 0); /* or the rule for them was not tested */
    for (size_t q = 0; q < COUNT; q++)
        assert_int_equal((size_t)reports[q].weight_sum, active[q]);

    for (size_t i = 0; i < COUNT * OUT; i++) /* the same in ±1: undecided is 0 */
        values[i] = 2 * values[i] - 1;
    check_ok(uhn_recall(memory, rows, COUNT, 0, &options, out, 0, NULL));
    for (size_t i = 0; i < COUNT * OUT; i++)
        assert_true(same_float(out[i], (float)((sums[i] > 0) - (sums[i] < 0))));
    uhn_sdm_destroy(sdm);
    uhn_memory_destroy(memory);
    free(rows);
    free(values);
}

/* Where no location is active, the query stays as it is: in the numbers of the memory. */
static void test_silence_keeps_the_query(void **state)
{
    enum { DIM = 200 };
    test_random random = {6};
    float *rows = random_binary(&random, 2 * DIM), *query = random_binary(&random, DIM), out[DIM];
    uhn_memory *memory = NULL;
    uhn_options options;
    uhn_report report;

    (void)state;
    for (size_t i = 0; i < 2 * DIM; i++)
        rows[i] = 2 * rows[i] - 1;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 2, DIM, 0, NULL, 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, "sdm:radius=0", DIM));
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    for (size_t i = 0; i < DIM; i++)
        assert_true(same_float(out[i], 2 * query[i] - 1));
    assert_int_equal(report.status, UHN_QUERY_OK);
    assert_true(same_double(report.weight_sum, 0));
    uhn_memory_destroy(memory);
    free(rows);
    free(query);
}

static void check_memory_refused(const float *rows, const char *named)
{
    const float query[3] = {1, 0, 1};
    float out[3];
    uhn_memory *memory = NULL;
    uhn_options options;

    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 2, 3, 0, NULL, 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, "sdm:locations=10,radius=1", 3));
    check_refused(UHN_ERROR_DOMAIN, uhn_recall(memory, query, 1, 0, &options, out, 0, NULL));
    assert_non_null(strstr(uhn_error_detail(), named));
    uhn_memory_destroy(memory);
}

static void test_domain(void **state)
{
    const float rows[6] = {1, 0, 1, 0, 0, 1};
    const float queries[12] = {1, 0, 1, 1, 0.5F, 1, NAN, 0, 1, -1, 0, 1};
    float out[12];
    uhn_report reports[4];
    uhn_memory *memory = NULL;
    uhn_options options;

    (void)state;
    check_memory_refused((const float[]){1, 0, 1, 1, 0.25F, 1}, "memory 1");
    check_memory_refused((const float[]){1, 0, -1, 1, 0, 1}, "memory 0");
    check_memory_refused((const float[]){1, 0, 1, 1, -1, 1}, "memory 1");

    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 2, 3, 0, NULL, 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, "sdm:locations=64,radius=1", 3));
    check_ok(uhn_recall(memory, queries, 4, 0, &options, out, 0, reports));
    assert_int_equal(reports[0].status, UHN_QUERY_OK);
    assert_int_equal(reports[1].status, UHN_QUERY_DOMAIN);
    assert_int_equal(reports[2].status, UHN_QUERY_NONFINITE);
    assert_int_equal(reports[3].status, UHN_QUERY_DOMAIN);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(isnan(out[i]) != 0, i >= 3);
    uhn_memory_destroy(memory);
}

/* Kanerva's sequences: each memory is written with the next as its data, and reading goes through them. */
static void test_sequence(void **state)
{
    enum { DIM = 256, COUNT = 6 };
    test_random random = {77};
    float *rows = random_binary(&random, COUNT * DIM), out[DIM];
    uhn_report report;
    uhn_memory *memory = NULL;
    uhn_options options;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, COUNT, DIM, 0, NULL, 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, "sdm:locations=10000", DIM));
    options.projection = UHN_PROJECTION_NEXT;
    options.steps = 4;
    check_ok(uhn_recall(memory, rows, 1, 0, &options, out, 0, &report));
    assert_int_equal(first_difference_float(out, rows + 4 * DIM, DIM), DIM);
    assert_int_equal(report.best, 3);
    uhn_memory_destroy(memory);
    free(rows);
}

static void test_threads_and_batches(void **state)
{
    enum { DIM = 64, COUNT = 30, QUERIES = 13 };
    static const int threads[] = {1, 2, 3, 8};
    test_random random = {8};
    float *rows = random_binary(&random, COUNT * DIM), *queries = random_binary(&random, QUERIES * DIM);
    float first[QUERIES * DIM], out[QUERIES * DIM];
    uhn_report reports[QUERIES], single;
    uhn_memory *memory = NULL;
    uhn_options options;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, COUNT, DIM, 0, NULL, 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, "sdm:locations=500,counters=8", DIM));
    options.steps = 4;
    options.threads = 1;
    check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, first, 0, reports));
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        options.threads = threads[t];
        check_ok(uhn_recall(memory, queries, QUERIES, 0, &options, out, 0, NULL));
        assert_int_equal(first_difference_float(out, first, QUERIES * DIM), QUERIES * DIM);
        for (size_t q = 0; q < QUERIES; q++) {
            check_ok(uhn_recall(memory, queries + q * DIM, 1, 0, &options, out, 0, &single));
            assert_int_equal(first_difference_float(out, first + q * DIM, DIM), DIM);
            assert_null(report_difference(&single, &reports[q]));
        }
    }
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restores),
        cmocka_unit_test(test_recall_is_write_and_read),
        cmocka_unit_test(test_silence_keeps_the_query),
        cmocka_unit_test(test_domain),
        cmocka_unit_test(test_sequence),
        cmocka_unit_test(test_threads_and_batches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
