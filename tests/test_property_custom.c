/* SPDX-License-Identifier: MIT
 * Similarities and separations of the user's own, the output functions, and many threads on one memory. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"

enum { DIM = 23, ROWS = 300, QUERIES = 12, VALUE_DIM = 6 };

typedef struct data {
    float *rows, *values, *queries;
    uhn_memory *memory;
} data;

static int open_data(void **state)
{
    data *d = test_allocate(1, sizeof *d);
    test_random random = {12};

    d->rows = random_positive(&random, ROWS * DIM);
    d->values = random_signed(&random, ROWS * VALUE_DIM);
    d->queries = random_positive(&random, QUERIES * DIM);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, d->rows, ROWS, DIM, 0, d->values, VALUE_DIM, 0, &d->memory));
    *state = d;
    return 0;
}

static int close_data(void **state)
{
    data *d = *state;

    uhn_memory_destroy(d->memory);
    free(d->rows);
    free(d->values);
    free(d->queries);
    free(d);
    return 0;
}

/* −Σ c_i |x_i − q_i|³, with the weights c in the context and the power in the parameters. */
static double weighted_power(const float *row, const float *query, size_t dim, const uhn_vector_stat *row_stat,
                             const uhn_vector_stat *query_stat, const double *parameters, const void *context)
{
    const double *factors = context;
    double sum = 0;

    (void)row_stat;
    (void)query_stat;
    for (size_t i = 0; i < dim; i++)
        sum += factors[i] * pow(fabs((double)row[i] - (double)query[i]), parameters[0]);
    return -sum;
}

static const uhn_parameter power_parameter = {
    .key = "power", .summary = "the power", .minimum = 0, .maximum = 9, .initial = 3};
static const uhn_similarity own_pair = {.name = "weighted-power",
                                        .summary = "a sum of weighted powers",
                                        .parameters = &power_parameter,
                                        .parameter_count = 1,
                                        .step = UHN_STEP_PAIR,
                                        .pair = weighted_power};

static void assert_scores(const data *d, const uhn_options *options,
                          double (*by_hand)(const float *row, const float *query, const uhn_options *options))
{
    double *scores = test_allocate(QUERIES * ROWS, sizeof *scores);

    check_ok(uhn_scores(d->memory, d->queries, QUERIES, 0, options, scores, NULL));
    for (size_t i = 0; i < QUERIES * ROWS; i++) {
        double expected = by_hand(d->rows + i % ROWS * DIM, d->queries + i / ROWS * DIM, options);

        if (!(fabs(scores[i] - expected) <= 1e-6 * (1 + fabs(expected))))
            fail_msg("%s: score %zu is %.17g, should be %.17g", options->similarity->name, i, scores[i], expected);
    }
    free(scores);
}

static void assert_thread_invariant(const data *d, uhn_options options)
{
    float out[2][QUERIES * VALUE_DIM];

    for (int t = 0; t < 2; t++) {
        options.threads = t == 0 ? 1 : 3;
        check_ok(uhn_recall(d->memory, d->queries, QUERIES, 0, &options, out[t], 0, NULL));
    }
    assert_memory_equal(out[0], out[1], sizeof out[0]);
}

static double weighted_power_by_hand(const float *row, const float *query, const uhn_options *options)
{
    return weighted_power(row, query, DIM, NULL, NULL, options->similarity_parameters, options->similarity_context);
}

static void test_own_pair(void **state)
{
    const data *d = *state;
    double factors[DIM];
    uhn_options options;

    for (size_t i = 0; i < DIM; i++)
        factors[i] = 0.1 * (double)(i + 1);
    uhn_options_default(&options);
    options.similarity = &own_pair;
    options.similarity_parameters[0] = 1.5;
    options.similarity_context = factors;
    assert_scores(d, &options, weighted_power_by_hand);
    assert_thread_invariant(d, options);
    options.similarity_parameters[0] = 10; /* beyond the range that the row itself states */
    check_refused(UHN_ERROR_RANGE, uhn_recall(d->memory, d->queries, 1, 0, &options, (float[VALUE_DIM]){0}, 0, NULL));
}

/* A step of the library between a prepare and a finish of one's own: the distance of vectors divided by their largest
 * entry, in a Cauchy kernel. */
static uhn_query_status prepare_by_largest(const float *x, size_t dim, bool is_query, const double *parameters,
                                           const void *context, float *prepared, uhn_vector_stat *stat)
{
    float most = 0;

    (void)is_query;
    (void)parameters;
    (void)context;
    for (size_t i = 0; i < dim; i++)
        most = x[i] > most ? x[i] : most;
    stat->scale = (double)most;
    if (!(most > 0))
        return UHN_QUERY_DOMAIN;
    for (size_t i = 0; i < dim; i++)
        prepared[i] = x[i] / most;
    return UHN_QUERY_OK;
}

static double cauchy(double raw, const uhn_vector_stat *row_stat, const uhn_vector_stat *query_stat,
                     const double *parameters, const void *context)
{
    (void)row_stat;
    (void)parameters;
    (void)context;
    return query_stat->scale / (1 + raw);
}

static const uhn_similarity own_step = {.name = "largest-one-cauchy",
                                        .summary = "a Cauchy kernel of vectors with largest entry 1",
                                        .step = UHN_STEP_ABSOLUTE_DIFFERENCE,
                                        .prepare = prepare_by_largest,
                                        .transforms = true,
                                        .domain = "vectors without a positive entry",
                                        .finish = cauchy};

static double largest_entry(const float *x)
{
    double most = 0;

    for (size_t i = 0; i < DIM; i++)
        most = fmax(most, (double)x[i]);
    return most;
}

static double cauchy_by_hand(const float *row, const float *query, const uhn_options *options)
{
    double distance = 0, row_most = largest_entry(row), query_most = largest_entry(query);

    (void)options;
    for (size_t i = 0; i < DIM; i++)
        distance += fabs((double)row[i] / row_most - (double)query[i] / query_most);
    return query_most / (1 + distance);
}

static void test_own_step(void **state)
{
    data *d = *state;
    float out[2 * VALUE_DIM];
    uhn_report reports[2];
    uhn_options options;

    uhn_options_default(&options);
    options.similarity = &own_step;
    assert_scores(d, &options, cauchy_by_hand);
    assert_thread_invariant(d, options);

    /* Its domain: a query's is its own affair, a memory's is an error that names the row. */
    memset(d->queries, 0, DIM * sizeof *d->queries);
    check_ok(uhn_recall(d->memory, d->queries, 2, 0, &options, out, 0, reports));
    assert_int_equal(reports[0].status, UHN_QUERY_DOMAIN);
    assert_true(isnan(out[0]));
    assert_int_equal(reports[1].status, UHN_QUERY_OK);
    memset(d->rows + 123 * DIM, 0, DIM * sizeof *d->rows);
    check_refused(UHN_ERROR_DOMAIN, uhn_recall(d->memory, d->queries, 2, 0, &options, out, 0, reports));
    assert_non_null(strstr(uhn_error_detail(), "123"));
    assert_non_null(strstr(uhn_error_detail(), own_step.domain));
}

/* A separation of one's own: w = max(s, 0)^2 in float64 sums, which the table has as rectified-polynomial:order=2. */
typedef struct own_state {
    size_t seen;
} own_state;

static size_t own_state_size(const double *parameters, size_t count)
{
    (void)parameters;
    (void)count;
    return sizeof(own_state);
}

static void own_init(void *state, const double *parameters, const void *context)
{
    (void)parameters;
    (void)context;
    ((own_state *)state)->seen = 0;
}

static void own_absorb(void *state, const double *scores, size_t first, size_t count, const double *parameters,
                       const void *context, double *weights, double *rescale)
{
    (void)first;
    (void)parameters;
    (void)context;
    for (size_t i = 0; i < count; i++)
        weights[i] = pow(fmax(scores[i], 0), 2);
    *rescale = 1;
    ((own_state *)state)->seen += count;
}

static void own_merge(void *state, const void *other, const double *parameters, const void *context, double *rescale,
                      double *rescale_other)
{
    (void)parameters;
    (void)context;
    ((own_state *)state)->seen += ((const own_state *)other)->seen;
    *rescale = *rescale_other = 1;
}

static uhn_query_status own_finish(void *state, const uhn_weight_sums *sums, const double *parameters,
                                   const void *context, uhn_finish *result)
{
    (void)sums;
    (void)parameters;
    result->factor = 1;
    return ((own_state *)state)->seen == *(const size_t *)context ? UHN_QUERY_OK : UHN_QUERY_DOMAIN;
}

static const uhn_separation own_separation = {.name = "own-square",
                                              .summary = "max(s, 0)^2",
                                              .state_size = own_state_size,
                                              .init = own_init,
                                              .absorb = own_absorb,
                                              .merge = own_merge,
                                              .finish = own_finish};

static void test_own_separation(void **state)
{
    const data *d = *state;
    const size_t expected = ROWS;
    float out[2][QUERIES * VALUE_DIM];
    uhn_report reports[QUERIES];
    uhn_options options;

    catalogue_options("correlation", "rectified-polynomial:order=2", &options);
    options.normalise_weights = UHN_NORMALISE_SUM;
    check_ok(uhn_recall(d->memory, d->queries, QUERIES, 0, &options, out[0], 0, NULL));
    options.separation = &own_separation;
    options.separation_context = &expected;
    for (int threads = 1; threads < 4; threads++) {
        options.threads = threads;
        check_ok(uhn_recall(d->memory, d->queries, QUERIES, 0, &options, out[1], 0, reports));
        for (size_t i = 0; i < QUERIES * VALUE_DIM; i++)
            assert_true(fabsf(out[0][i] - out[1][i]) <= 1e-6F);
        for (size_t q = 0; q < QUERIES; q++) /* each memory was seen, once */
            assert_int_equal(reports[q].status, UHN_QUERY_OK);
    }
}

/* ---- output functions */

static void check_output(const data *d, uhn_output output, const float *raw, float *out)
{
    uhn_options options;

    catalogue_options("correlation", "identity", &options);
    options.output = output;
    check_ok(uhn_recall(d->memory, d->queries, QUERIES, 0, &options, out, 0, NULL));
    for (size_t q = 0; q < QUERIES; q++) {
        double squares = 0, sum = 0;

        for (size_t o = q * VALUE_DIM; o < (q + 1) * VALUE_DIM; o++) {
            squares += pow((double)raw[o], 2);
            sum += (double)raw[o];
        }
        for (size_t o = q * VALUE_DIM; o < (q + 1) * VALUE_DIM; o++) {
            double z = (double)raw[o], expected = z;

            if (output == UHN_OUTPUT_SIGN)
                expected = z > 0 ? 1 : -1;
            else if (output == UHN_OUTPUT_STEP)
                expected = z > 0;
            else if (output == UHN_OUTPUT_CLAMP)
                expected = fmin(fmax(z, 0), 1);
            else if (output == UHN_OUTPUT_UNIT)
                expected = z / sqrt(squares);
            else if (output == UHN_OUTPUT_SUM)
                expected = sum > 0 ? z / sum : NAN;
            if (isnan(expected))
                assert_true(isnan(out[o]));
            else if (!(fabs((double)out[o] - expected) <= 1e-5 * (1 + fabs(expected))))
                fail_msg("output %d: %.9g of %.9g, should be %.9g", (int)output, (double)out[o], z, expected);
        }
    }
}

static void test_outputs(void **state)
{
    const data *d = *state;
    float raw[QUERIES * VALUE_DIM], out[QUERIES * VALUE_DIM];
    uhn_options options;

    catalogue_options("correlation", "identity", &options);
    check_ok(uhn_recall(d->memory, d->queries, QUERIES, 0, &options, raw, 0, NULL));
    for (int output = UHN_OUTPUT_NONE; output < UHN_OUTPUT_COUNT; output++)
        check_output(d, (uhn_output)output, raw, out);
}

/* ---- one memory, many threads of the program's own */

typedef struct worker {
    const data *data;
    float out[QUERIES * VALUE_DIM];
    size_t index;
    uhn_status status;
} worker;

static void *recall_often(void *argument)
{
    worker *w = argument;

    for (int i = 0; i < 20 && w->status == UHN_OK; i++) {
        uhn_options options;

        uhn_options_default(&options);
        options.threads = (int)(w->index % 3) + 1;
        w->status = uhn_recall(w->data->memory, w->data->queries, QUERIES, 0, &options, w->out, 0, NULL);
        if (uhn_find_similarity(w->index % 2 == 0 ? "manhatten" : "eucliden") != NULL ||
            strstr(uhn_error_detail(), w->index % 2 == 0 ? "manhattan" : "euclidean") == NULL)
            w->status = UHN_ERROR_NAME; /* the sentence about an error is the thread's own */
    }
    return NULL;
}

static void test_concurrent_recalls(void **state)
{
    static worker workers[8];
    pthread_t threads[8];
    const data *d = *state;
    float expected[QUERIES * VALUE_DIM];

    check_ok(uhn_recall(d->memory, d->queries, QUERIES, 0, NULL, expected, 0, NULL));
    for (size_t i = 0; i < 8; i++) {
        workers[i] = (worker){.data = d, .index = i, .status = UHN_OK};
        assert_int_equal(pthread_create(&threads[i], NULL, recall_often, &workers[i]), 0);
    }
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(workers[i].status, UHN_OK);
        assert_memory_equal(workers[i].out, expected, sizeof expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_own_pair, open_data, close_data),
        cmocka_unit_test_setup_teardown(test_own_step, open_data, close_data),
        cmocka_unit_test_setup_teardown(test_own_separation, open_data, close_data),
        cmocka_unit_test_setup_teardown(test_outputs, open_data, close_data),
        cmocka_unit_test_setup_teardown(test_concurrent_recalls, open_data, close_data),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
