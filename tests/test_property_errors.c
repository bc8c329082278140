/* SPDX-License-Identifier: MIT
 * Calls that cannot work return the status that the header documents, with a sentence, and change nothing. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"
#include "support/length.h"

enum { DIM = 4, ROWS = 3 };

static const float rows[ROWS * DIM] = {1, 2, 3, 4, 0, 1, 0, 1, 4, 3, 2, 1};
static const float values[ROWS * 2] = {1, 0, 0, 1, 1, 1};
static const float query[DIM] = {1, 2, 3, 3};

static uhn_memory *make(const float *own_values)
{
    uhn_memory *memory = NULL;

    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, own_values != NULL ? 2 : 0, &memory));
    check_ok(uhn_memory_add(memory, rows, ROWS, 0, own_values, 0));
    return memory;
}

static void test_create(void **state)
{
    uhn_memory *memory = NULL;

    (void)state;
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_create(UHN_FLOAT32, 0, 0, &memory));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_create(UHN_STORAGE_COUNT, 4, 0, &memory));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_create((uhn_storage)-1, 4, 0, &memory));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_create(UHN_FLOAT32, 4, 0, NULL));
    assert_null(memory);
    uhn_memory_destroy(NULL);
}

static void test_borrow(void **state)
{
    uhn_memory *memory = NULL;
    float out[DIM];

    (void)state;
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_borrow(UHN_FLOAT32, NULL, 3, DIM, 0, NULL, 0, 0, &memory));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_borrow(UHN_FLOAT32, rows, 3, 0, 0, NULL, 0, 0, &memory));
    check_refused(UHN_ERROR_SHAPE, uhn_memory_borrow(UHN_FLOAT32, rows, 2, DIM, 12, NULL, 0, 0, &memory));
    check_refused(UHN_ERROR_SHAPE, uhn_memory_borrow(UHN_FLOAT32, rows, 2, DIM, 18, NULL, 0, 0, &memory));
    check_refused(UHN_ERROR_SHAPE, uhn_memory_borrow(UHN_FLOAT32, rows, 2, DIM, 0, values, 2, 4, &memory));
    check_refused(UHN_ERROR_SHAPE, uhn_memory_borrow(UHN_UINT8, rows, 2, 8, 7, NULL, 0, 0, &memory));
    assert_null(memory);

    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, DIM, 0, NULL, 0, 0, &memory));
    check_refused(UHN_ERROR_READ_ONLY, uhn_memory_add(memory, rows, 1, 0, NULL, 0));
    check_refused(UHN_ERROR_READ_ONLY, uhn_memory_update(memory, 0, rows, NULL));
    check_refused(UHN_ERROR_READ_ONLY, uhn_memory_remove(memory, (size_t[1]){0}, 1));
    assert_int_equal(uhn_memory_count(memory), ROWS);
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_row(memory, ROWS, out));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_value(memory, ROWS, out));
    check_ok(uhn_memory_value(memory, 2, out)); /* P = M */
    assert_memory_equal(out, rows + 2 * DIM, sizeof out);
    uhn_memory_destroy(memory);
}

static void test_values(void **state)
{
    uhn_memory *without = make(NULL), *with = make(values);

    (void)state;
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_add(without, rows, 1, 0, values, 0));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_add(with, rows, 1, 0, NULL, 0));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_add(with, NULL, 1, 0, values, 0));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_update(without, 0, rows, values));
    check_refused(UHN_ERROR_SHAPE, uhn_memory_add(with, rows, 2, 8, values, 0));
    check_refused(UHN_ERROR_SHAPE, uhn_memory_add(with, rows, 2, 0, values, 6));
    assert_int_equal(uhn_memory_count(without), ROWS);
    assert_int_equal(uhn_memory_count(with), ROWS);
    assert_false(uhn_memory_has_values(without));
    assert_true(uhn_memory_has_values(with));
    assert_int_equal(uhn_memory_dim(with), DIM);
    assert_int_equal(uhn_memory_value_dim(with), 2);
    assert_int_equal(uhn_memory_value_dim(without), DIM);
    uhn_memory_destroy(without);
    uhn_memory_destroy(with);
}

static void test_recall_arguments(void **state)
{
    uhn_memory *memory = make(NULL), *hetero = make(values), *empty = NULL;
    float out[2 * DIM];
    uhn_options options;

    (void)state;
    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, 0, &empty));
    check_refused(UHN_ERROR_ARGUMENT, uhn_recall(empty, query, 1, 0, NULL, out, 0, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_recall(NULL, query, 1, 0, NULL, out, 0, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_recall(memory, NULL, 1, 0, NULL, out, 0, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_recall(memory, query, 1, 0, NULL, NULL, 0, NULL));
    check_refused(UHN_ERROR_SHAPE, uhn_recall(memory, query, 1, 8, NULL, out, 0, NULL));
    check_refused(UHN_ERROR_SHAPE, uhn_recall(memory, query, 1, 0, NULL, out, 12, NULL));
    check_refused(UHN_ERROR_SHAPE, uhn_recall(memory, query, 1, 17, NULL, out, 0, NULL));
    check_ok(uhn_recall(memory, query, 0, 0, NULL, out, 0, NULL)); /* no queries: nothing to do */
    uhn_options_default(&options);
    options.steps = 2;
    check_refused(UHN_ERROR_SHAPE, uhn_recall(hetero, query, 1, 0, &options, out, 0, NULL));
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, NULL));
    uhn_memory_destroy(memory);
    uhn_memory_destroy(hetero);
    uhn_memory_destroy(empty);
}

/* Each of these spoils a good set of options. */
static void no_similarity(uhn_options *options)
{
    options->similarity = NULL;
}

static void no_separation(uhn_options *options)
{
    options->separation = NULL;
}

static void no_steps(uhn_options *options)
{
    options->steps = 0;
}

static void negative_tolerance(uhn_options *options)
{
    options->tolerance = -1;
}

static void unknown_tolerance(uhn_options *options)
{
    options->tolerance = NAN;
}

static void negative_threads(uhn_options *options)
{
    options->threads = -2;
}

static void unknown_output(uhn_options *options)
{
    options->output = UHN_OUTPUT_COUNT;
}

static void unknown_normalisation(uhn_options *options)
{
    options->normalise_weights = UHN_NORMALISE_COUNT;
}

static void unknown_projection(uhn_options *options)
{
    options->projection = UHN_PROJECTION_COUNT;
}

static void unknown_update(uhn_options *options)
{
    options->update = UHN_UPDATE_COUNT;
}

static void parameter_out_of_range(uhn_options *options)
{
    options->separation_parameters[0] = NAN;
}

static void test_options(void **state)
{
    static void (*const spoil[])(uhn_options *) = {no_similarity,      no_separation,         no_steps,
                                                   negative_tolerance, unknown_tolerance,     negative_threads,
                                                   unknown_output,     unknown_normalisation, unknown_projection,
                                                   unknown_update,     parameter_out_of_range};
    uhn_memory *memory = make(NULL);
    float out[DIM];

    (void)state;
    for (size_t i = 0; i < sizeof spoil / sizeof spoil[0]; i++) {
        uhn_options options;
        uhn_status status;

        uhn_options_default(&options);
        spoil[i](&options);
        status = uhn_recall(memory, query, 1, 0, &options, out, 0, NULL);
        if (status != UHN_ERROR_ARGUMENT && status != UHN_ERROR_RANGE)
            fail_msg("spoiled options %zu: %s", i, uhn_status_text(status));
        assert_true(uhn_error_detail()[0] != '\0');
    }
    uhn_memory_destroy(memory);
}

/* A row that a similarity refuses is an error of the call, and the sentence names the row. */
static void test_memory_domain(void **state)
{
    static const char *const refusing[] = {"kl", "reverse-kl", "jensen-shannon", "normalised-dot", "hamming"};
    const float bad_rows[3 * DIM] = {1, 0, 1, 1, 0, 0, 1, 1, -2, 0.5F, 0, 0};
    const float good_query[DIM] = {1, 0, 1, 0};
    uhn_memory *memory = NULL;
    float out[DIM];
    double scores[3];
    uhn_options options;

    (void)state;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, bad_rows, 3, DIM, 0, NULL, 0, 0, &memory));
    for (size_t i = 0; i < sizeof refusing / sizeof refusing[0]; i++) {
        catalogue_options(refusing[i], "softmax", &options);
        check_refused(UHN_ERROR_DOMAIN, uhn_recall(memory, good_query, 1, 0, &options, out, 0, NULL));
        assert_non_null(strstr(uhn_error_detail(), "2"));
        check_refused(UHN_ERROR_DOMAIN, uhn_scores(memory, good_query, 1, 0, &options, scores, NULL));
        check_refused(UHN_ERROR_DOMAIN, uhn_top_k(memory, good_query, 1, 0, &options, 1, NULL, scores, NULL));
    }
    uhn_memory_destroy(memory);
}

static void test_score_normalisation(void **state)
{
    uhn_memory *memory = make(NULL);
    float out[DIM];
    uhn_report report;
    uhn_options options;

    (void)state;
    catalogue_options("manhattan", "softmax", &options);
    options.normalise_scores = true; /* negative scores divided by their sum would come out upside down */
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_int_equal(report.status, UHN_QUERY_DOMAIN);
    assert_true(isnan(out[0]));
    catalogue_options("laplace", "identity", &options);
    options.normalise_scores = true;
    check_ok(uhn_recall(memory, query, 1, 0, &options, out, 0, &report));
    assert_int_equal(report.status, UHN_QUERY_OK);
    assert_true(fabs(report.weight_sum - 1) < 1e-12);
    uhn_memory_destroy(memory);
}

static void test_steps(void **state)
{
    uhn_memory *memory = make(NULL), *empty = NULL;
    double scores[ROWS], weights[ROWS];
    float out[DIM];
    uhn_query_status status;
    uhn_options options;

    (void)state;
    uhn_options_default(&options);
    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, 0, &empty));
    check_refused(UHN_ERROR_ARGUMENT, uhn_scores(empty, query, 1, 0, &options, scores, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_scores(memory, NULL, 1, 0, &options, scores, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_scores(memory, query, 1, 0, &options, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_scores(NULL, query, 1, 0, &options, scores, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_weights(memory, NULL, 1, &options, weights, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_weights(memory, scores, 1, &options, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_project(memory, NULL, 1, &options, out, 0));
    check_refused(UHN_ERROR_ARGUMENT, uhn_project(memory, weights, 1, &options, NULL, 0));
    check_refused(UHN_ERROR_SHAPE, uhn_project(memory, weights, 1, &options, out, 6));
    check_refused(UHN_ERROR_ARGUMENT, uhn_top_k(memory, query, 1, 0, &options, 0, NULL, scores, NULL));
    check_ok(uhn_scores(memory, query, 1, 0, NULL, scores, NULL)); /* NULL: the defaults */
    scores[1] = NAN;                                               /* a score outside every domain */
    check_ok(uhn_weights(memory, scores, 1, &options, weights, &status));
    assert_int_equal(status, UHN_QUERY_DOMAIN);
    assert_true(isnan(weights[0]) && isnan(weights[1]) && isnan(weights[2]));
    uhn_memory_destroy(memory);
    uhn_memory_destroy(empty);
}

/* More threads than any machine has are no reason to fail, let alone to crash. (valgrind bears 500.) */
static void test_many_threads(void **state)
{
    static const int counts[] = {1000, 100000, INT_MAX};
    const size_t many = unless_short(100000, 2000);
    uhn_memory *memory = make(NULL);
    double *scores = test_allocate(many * ROWS, sizeof *scores);
    float *queries = test_allocate(many * DIM, sizeof *queries), *out = test_allocate(many * DIM, sizeof *out);
    uhn_options options;

    (void)state;
    uhn_options_default(&options);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i += unless_short(1, 3)) {
        options.threads = (int)unless_short((size_t)counts[i], 100);
        check_ok(uhn_weights(memory, scores, many, &options, scores, NULL));
        check_ok(uhn_project(memory, scores, many, &options, out, 0));
        check_ok(uhn_recall(memory, queries, many, 0, &options, out, 0, NULL));
    }
    uhn_memory_destroy(memory);
    free(scores);
    free(queries);
    free(out);
}

static void test_sdm(void **state)
{
    uhn_sdm_options options = {.locations = 8, .radius = 3, .counter_bits = 8, .seed = 1};
    const uint8_t address[1] = {0xa0};
    uhn_sdm *sdm = NULL;
    int32_t counters[4];
    int64_t sums[4];

    (void)state;
    options.radius = 5;
    check_refused(UHN_ERROR_RANGE, uhn_sdm_create(&options, 4, 4, NULL, &sdm));
    options.radius = 4;
    options.counter_bits = 12;
    check_refused(UHN_ERROR_RANGE, uhn_sdm_create(&options, 4, 4, NULL, &sdm));
    options.counter_bits = 8;
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_create(&options, 0, 4, NULL, &sdm));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_create(NULL, 4, 4, NULL, &sdm));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_create(&options, 4, 4, NULL, NULL));
    assert_null(sdm);
    check_ok(uhn_sdm_create(&options, 4, 4, NULL, &sdm));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_write(sdm, NULL, address, 1));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_erase(sdm, address, NULL, 1));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_read(sdm, NULL, 1, sums, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_counters(sdm, 8, counters));

    /* The radius covers everything: every location takes every write, and 8 bits saturate at their limits. */
    for (int i = 0; i < 300; i++)
        check_ok(uhn_sdm_write(sdm, address, address, 1));
    check_ok(uhn_sdm_counters(sdm, 7, counters));
    assert_int_equal(counters[0], 127);
    assert_in_range(-counters[1], 127, 128);
    check_ok(uhn_sdm_read(sdm, address, 1, sums, NULL));
    assert_int_equal(sums[0], 8 * 127);
    uhn_sdm_destroy(sdm);
    uhn_sdm_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create),
        cmocka_unit_test(test_borrow),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_recall_arguments),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_memory_domain),
        cmocka_unit_test(test_score_normalisation),
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_sdm),
        cmocka_unit_test(test_many_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
