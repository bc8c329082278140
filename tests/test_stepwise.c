/* SPDX-License-Identifier: MIT
 * What all networks that go step by step have in common: how a recall ends, what a watch is told, which queries have no
 * answer, what is refused, and that order, threads and batches have no influence. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/update.h"
#include "support/networks.h"

static void test_cycle_watch(void **state)
{
    const float points[] = {9, 8, 7, 0, 1, 2, 3, 4}; /* 9 → 8 → 7 → 0 → 1 → 2 → 3 → 4 → 0 … */
    float before = points[0], checkpoint = points[0], after;
    uhn_cycle_watch watch = {0};
    uhn_report report;
    bool over = false;

    (void)state;
    uhn_report_clear(&report);
    for (size_t step = 1; !over; step++) {
        after = points[step < 3 ? step : 3 + (step - 3) % 5];
        over = uhn_cycle_step(&watch, &before, &after, &checkpoint, 1, 0, &report);
        before = after;
        assert_int_equal(report.steps, step);
        assert_true(step < 20);
    }
    assert_int_equal(report.outcome, UHN_OUTCOME_CYCLE);
    assert_int_equal(report.period, 5);
}

static void test_cycle_tolerance(void **state)
{
    const float before[2] = {3, 4}, after[2] = {3, 4.5F}, bad[2] = {3, NAN}, large[2] = {INFINITY, 0};
    float checkpoint[2] = {100, 100};
    uhn_cycle_watch watch = {.steps = 2}; /* the next step is the third: no new checkpoint */
    uhn_report report;

    (void)state;
    uhn_report_clear(&report);
    /* |after − before| = 0.5 and 1 + |after| = 1 + √29.25 = 6.408… */
    assert_false(uhn_cycle_step(&watch, before, after, checkpoint, 2, 0.0780, &report));
    assert_int_equal(report.outcome, UHN_OUTCOME_SINGLE);
    watch.steps = 2;
    assert_true(uhn_cycle_step(&watch, before, after, checkpoint, 2, 0.0781, &report));
    assert_int_equal(report.outcome, UHN_OUTCOME_FIXED_POINT);
    assert_int_equal(report.period, 1);
    assert_int_equal(report.steps, 3);
    watch.steps = 2;
    assert_false(uhn_cycle_step(&watch, before, bad, checkpoint, 2, 10, &report));
    watch.steps = 2;
    assert_false(uhn_cycle_step(&watch, before, large, checkpoint, 2, 10, &report));
}

static void test_watch(void **state)
{
    /* Query 0 swaps for ever, query 1 rests, query 2 is not asked, query 3 swaps. */
    const float rows[2] = {1, 1}, queries[8] = {1, -1, 1, 1, NAN, 0, -1, 1};
    static const size_t expected[][2] = {{1, 0}, {1, 1}, {1, 3}, {2, 0}, {2, 3}, {3, 0}, {3, 3}};
    uhn_memory *memory = borrow(rows, 1, 2, NULL, 0);
    uhn_options options = options_of("hopfield:update=sync,diagonal=zero", 2, 3);
    told all = {0};
    float out[8];

    (void)state;
    options.watch = remember;
    options.watch_context = &all;
    check_ok(uhn_recall(memory, queries, 4, 0, &options, out, 0, NULL));
    assert_int_equal(all.calls, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(all.steps[i], expected[i][0]);
        assert_int_equal(all.queries[i], expected[i][1]);
    }
    assert_int_equal(first_difference_float(all.last[0], (const float[]){-1, 1}, 2), 2);
    assert_int_equal(first_difference_float(all.last[6], out + 6, 2), 2);
    uhn_memory_destroy(memory);
}

static void test_queries_that_have_no_answer(void **state)
{
    const float rows[4] = {1, 1, -1, -1}, values[2] = {1, -1};
    const float queries[6] = {1, INFINITY, 1, 1, NAN, 1};
    uhn_memory *memory = borrow(rows, 2, 2, NULL, 0), *pairs = borrow(rows, 2, 2, values, 1);
    uhn_report reports[3];
    float out[6];

    (void)state;
    recall("dam", memory, queries, 3, 5, out, reports);
    for (size_t q = 0; q < 3; q++) {
        assert_int_equal(reports[q].status, q == 1 ? UHN_QUERY_OK : UHN_QUERY_NONFINITE);
        assert_int_equal(isnan(out[2 * q]) != 0, q != 1);
        assert_int_equal(isnan(out[2 * q + 1]) != 0, q != 1);
        assert_int_equal(reports[q].best, q == 1 ? 0 : UHN_NO_INDEX);
    }
    recall("bam", pairs, queries, 3, 5, out, reports);
    for (size_t q = 0; q < 3; q++) {
        assert_int_equal(reports[q].status, q == 1 ? UHN_QUERY_OK : UHN_QUERY_NONFINITE);
        assert_int_equal(isnan(out[q]) != 0, q != 1);
    }
    uhn_memory_destroy(memory);
    uhn_memory_destroy(pairs);
}

static void check_update_refused(uhn_status expected, const uhn_memory *memory, const uhn_options *options)
{
    const float query[2] = {1, 1};
    float out[2];

    check_refused(expected, uhn_recall(memory, query, 1, 0, options, out, 0, NULL));
}

static void test_refusals(void **state)
{
    static const char *const networks[] = {"hopfield:update=async", "dam:update=sync", "bam", "sdm"};
    const float rows[4] = {1, 1, 1, 1};
    const uint8_t mask[2] = {1, 0};
    uhn_memory *memory = borrow(rows, 2, 2, NULL, 0), *pairs = borrow(rows, 2, 2, rows, 2);
    uhn_options options;

    (void)state;
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        options = options_of(networks[i], 2, 1);
        options.observed = mask;
        check_update_refused(UHN_ERROR_UNSUPPORTED, strcmp(networks[i], "bam") == 0 ? pairs : memory, &options);
    }
    options = options_of("dam", 2, 1);
    check_update_refused(UHN_ERROR_UNSUPPORTED, pairs, &options);
    options.projection = UHN_PROJECTION_NEXT;
    check_update_refused(UHN_ERROR_UNSUPPORTED, memory, &options);
    options = options_of("dam", 2, 1);
    options.binary.order = 1;
    check_update_refused(UHN_ERROR_RANGE, memory, &options);
    options.binary.order = 513;
    check_update_refused(UHN_ERROR_RANGE, memory, &options);
    options = options_of("bam", 2, 1);
    check_update_refused(UHN_ERROR_UNSUPPORTED, memory, &options);
    options = options_of("sdm:radius=1", 2, 1);
    options.projection = UHN_PROJECTION_NEXT;
    check_update_refused(UHN_ERROR_UNSUPPORTED, pairs, &options);
    options = options_of("sdm:radius=3", 2, 1);
    check_update_refused(UHN_ERROR_RANGE, memory, &options);
    uhn_memory_destroy(memory);
    uhn_memory_destroy(pairs);
}

/* The output function comes last, on what the network has settled to. */
static void test_output_function(void **state)
{
    const float rows[4] = {1, 1, 1, -1}, query[4] = {1, 1, 1, -1};
    uhn_memory *memory = borrow(rows, 1, 4, NULL, 0);
    uhn_options options = options_of("hopfield:update=async", 4, 5);
    float out[4];
    uhn_report report;

    (void)state;
    options.output = UHN_OUTPUT_STEP;
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_int_equal(first_difference_float(out, (const float[]){1, 1, 1, 0}, 4), 4);
    options.output = UHN_OUTPUT_UNIT;
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_int_equal(first_difference_float(out, (const float[]){0.5F, 0.5F, 0.5F, -0.5F}, 4), 4);
    options.output = UHN_OUTPUT_SUM; /* −1 − 1 − 1 + 1 has no positive sum */
    check_ok(uhn_recall(memory, (const float[]){-1, -1, -1, 1}, 1, 0, &options, out, 0, &report));
    assert_int_equal(report.status, UHN_QUERY_ZERO_SUM);
    for (size_t i = 0; i < 4; i++)
        assert_true(isnan(out[i]));
    uhn_memory_destroy(memory);
}

/* Threads, batches and strides change no bit; 300 queries take more than one chunk. */
static void check_invariance(const char *preset, const uhn_memory *memory, const float *queries, size_t count)
{
    static const int threads[] = {2, 3, 8};
    size_t dim = uhn_memory_dim(memory), value_dim = uhn_memory_value_dim(memory), pad = 3;
    float *first = test_allocate(count * value_dim, sizeof *first);
    float *out = test_allocate(count * (value_dim + pad), sizeof *out);
    uhn_report *reports = test_allocate(count, sizeof *reports), *others = test_allocate(count, sizeof *others);
    uhn_options options = options_of(preset, dim, 30);

    options.threads = 1;
    check_ok(uhn_recall(memory, queries, count, 0, &options, first, 0, reports));
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        options.threads = threads[t];
        check_ok(uhn_recall(memory, queries, count, 0, &options, out, (value_dim + pad) * sizeof *out, others));
        for (size_t q = 0; q < count; q++) {
            assert_int_equal(first_difference_float(out + q * (value_dim + pad), first + q * value_dim, value_dim),
                             value_dim);
            assert_null(report_difference(&reports[q], &others[q]));
        }
    }
    for (size_t begin = 0, size = 1; begin < count; begin += size, size = size * 2 + 1) {
        size_t end = begin + size < count ? begin + size : count;

        check_ok(uhn_recall(memory, queries + begin * dim, end - begin, 0, &options, out, 0, others));
        assert_int_equal(first_difference_float(out, first + begin * value_dim, (end - begin) * value_dim),
                         (end - begin) * value_dim);
        for (size_t q = begin; q < end; q++)
            assert_null(report_difference(&reports[q], &others[q - begin]));
    }
    free(others);
    free(reports);
    free(out);
    free(first);
}

static bool count_numbers(void *context, size_t query, size_t step, const float *state, size_t dim)
{
    (void)query, (void)step;
    for (size_t i = 0; i < dim; i++)
        assert_false(isnan(state[i]));
    ++*(size_t *)context;
    return true;
}

/* Whatever the update and the number of steps, a query without an answer is not shown to the watch. */
static void test_watch_sees_answers_only(void **state)
{
    const float rows[2][3] = {{1, -1, 1}, {-1, 1, 1}}, queries[3][3] = {{1, -1, -1}, {1, NAN, 1}, {-1, 1, 1}};
    static const char *const presets[] = {"mchn", "hopfield"};
    float out[9];
    uhn_memory *memory = borrow(rows[0], 2, 3, NULL, 0);

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        uhn_options options = options_of(presets[i / 2], 3, i % 2 ? 1 : 4);
        size_t calls = 0;
        options.watch = count_numbers;
        options.watch_context = &calls;
        check_ok(uhn_recall(memory, queries[0], 3, 0, &options, out, 0, NULL));
        assert_true(calls >= 2 && (options.steps > 1 || calls == 2));
    }
    uhn_memory_destroy(memory);
}

static bool stop_at_second_step(void *context, size_t query, size_t step, const float *state, size_t dim)
{
    (void)query, (void)state, (void)dim;
    ++*(size_t *)context;
    return step < 2;
}

/* A watch ends every kind of recall: after 3 first steps, at the first second one. */
static void test_watch_stops(void **state)
{
    enum { DIM = 12, COUNT = 5, QUERIES = 3 };
    static const char *const presets[] = {"mchn:beta=0.1", "hopfield:update=async", "hopfield"};
    test_random random = {37};
    float *rows = random_bipolar(&random, COUNT * DIM), *queries = random_signed(&random, QUERIES * DIM);
    float out[QUERIES * DIM];
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0);

    (void)state;
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        uhn_options options = options_of(presets[i], DIM, 5);
        size_t calls = 0;
        options.watch = stop_at_second_step;
        options.watch_context = &calls;
        check_refused(UHN_ERROR_STOPPED, uhn_recall(memory, queries, QUERIES, 0, &options, out, 0, NULL));
        assert_int_equal(calls, QUERIES + 1);
    }
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

static void test_threads_and_batches(void **state)
{
    enum { DIM = 30, OUT = 17, COUNT = 14, QUERIES = 300 };
    static const char *const presets[] = {"hopfield:update=sync,diagonal=zero", "hopfield:update=async",
                                          "hopfield:update=async,shuffle=1", "dam", "dam:rectified=1,update=sync"};
    test_random random = {36};
    float *rows = random_signed(&random, COUNT * DIM), *values = random_bipolar(&random, COUNT * OUT);
    float *queries = random_signed(&random, QUERIES * DIM);
    uhn_memory *memory = borrow(rows, COUNT, DIM, NULL, 0), *pairs = borrow(rows, COUNT, DIM, values, OUT);

    (void)state;
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        check_invariance(presets[i], memory, queries, QUERIES);
    check_invariance("bam", pairs, queries, QUERIES);
    uhn_memory_destroy(memory);
    uhn_memory_destroy(pairs);
    free(rows);
    free(values);
    free(queries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cycle_watch),
        cmocka_unit_test(test_cycle_tolerance),
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_watch_stops),
        cmocka_unit_test(test_watch_sees_answers_only),
        cmocka_unit_test(test_queries_that_have_no_answer),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_output_function),
        cmocka_unit_test(test_threads_and_batches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
