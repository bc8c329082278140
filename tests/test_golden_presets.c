/* SPDX-License-Identifier: MIT
 * Golden values of whole models: the classical Hopfield network, Kanerva's sparse distributed memory, its circle
 * intersection as a separation, and separations on small given scores. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/check.h"
#include "support/golden_group.h"

/* The bits of a golden array as packed rows. */
static uint8_t *packed_rows(const npy *bits)
{
    size_t count = bits->shape[0], dim = bits->shape[1], stride = uhn_row_bytes(UHN_BITS, dim);
    uint8_t *rows = test_allocate(count, stride);

    assert_int_equal(stride, (dim + 7) / 8);
    for (size_t i = 0; i < count * dim; i++)
        if (bits->values[i] != 0)
            rows[i / dim * stride + i % dim / 8] |= (uint8_t)(0x80U >> (i % dim % 8));
    return rows;
}

/* 0 and 1 → −1 and +1. */
static float *bipolar(const npy *bits)
{
    float *values = npy_floats(bits);

    for (size_t i = 0; i < bits->count; i++)
        values[i] = 2 * values[i] - 1;
    return values;
}

typedef struct hopfield {
    golden_set golden;
    npy m, q;
    float *rows, *queries;
    size_t count, dim, query_count;
    uhn_memory *memory;
} hopfield;

static int hopfield_open(void **state)
{
    hopfield *h = test_allocate(1, sizeof *h);

    *state = h;
    if (!golden_open(&h->golden))
        return 0;
    h->m = golden_array(&h->golden, "M_bits");
    h->q = golden_array(&h->golden, "q_bits");
    h->rows = bipolar(&h->m);
    h->queries = bipolar(&h->q);
    h->count = h->m.shape[0];
    h->dim = h->m.shape[1];
    h->query_count = h->q.shape[0];
    check_ok(uhn_memory_borrow(UHN_FLOAT32, h->rows, h->count, h->dim, 0, NULL, 0, 0, &h->memory));
    return 0;
}

static int hopfield_close(void **state)
{
    hopfield *h = *state;

    uhn_memory_destroy(h->memory);
    free(h->rows);
    free(h->queries);
    npy_free(&h->m);
    npy_free(&h->q);
    golden_close(&h->golden);
    free(h);
    return 0;
}

static void assert_states(const float *is, const npy *should)
{
    for (size_t i = 0; i < should->count; i++)
        if (is[i] < (float)should->values[i] || is[i] > (float)should->values[i])
            fail_msg("query %zu, neuron %zu: %g, should be %g", i / should->shape[1], i % should->shape[1],
                     (double)is[i], should->values[i]);
}

/* The field without the diagonal is Mᵀ(Mq) − N q, and Mᵀ(Mq) is the recall with dot and identity: exact in float32. */
static void test_hopfield_field(void **state)
{
    hopfield *h = *state;
    uhn_options options;
    float *out;
    npy field;

    if (h->golden.manifest == NULL)
        skip();
    field = golden_array(&h->golden, "hop_field_zerodiag");
    out = test_allocate(field.count, sizeof *out);
    uhn_options_default(&options);
    check_ok(uhn_choose_similarity(&options, "dot"));
    check_ok(uhn_choose_separation(&options, "identity"));
    check_ok(uhn_recall(h->memory, h->queries, h->query_count, 0, &options, out, 0, NULL));
    for (size_t i = 0; i < field.count; i++)
        out[i] -= (float)h->count * h->queries[i];
    assert_states(out, &field);
    free(out);
    npy_free(&field);
}

static void check_hopfield(const hopfield *h, const char *preset, size_t steps, const char *expected)
{
    npy should = golden_array(&h->golden, expected);
    float *out = test_allocate(should.count, sizeof *out);
    uhn_report *reports = test_allocate(h->query_count, sizeof *reports);
    uhn_options options;

    uhn_options_default(&options);
    check_ok(uhn_choose_preset(&options, preset, h->dim));
    options.steps = steps;
    check_ok(uhn_recall(h->memory, h->queries, h->query_count, 0, &options, out, 0, reports));
    assert_states(out, &should);
    for (size_t q = 0; q < h->query_count; q++) {
        assert_int_equal(reports[q].status, UHN_QUERY_OK);
        assert_in_range(reports[q].steps, 1, steps);
    }
    free(reports);
    free(out);
    npy_free(&should);
}

static void test_hopfield_synchronous(void **state)
{
    const hopfield *h = *state;

    if (h->golden.manifest == NULL)
        skip();
    check_hopfield(h, "hopfield:update=sync,diagonal=zero", 1, "hop_sync");
}

static void test_hopfield_asynchronous(void **state)
{
    const hopfield *h = *state;

    if (h->golden.manifest == NULL)
        skip();
    check_hopfield(h, "hopfield:update=async,diagonal=zero", 3, "hop_async3");
}

/* The states do not depend on how the rows are stored; bits hold 0 and 1, so here they are the ±1 rows as float32
 * added one by one to a memory that owns them. */
static void test_hopfield_owned_rows(void **state)
{
    hopfield *h = *state;
    uhn_memory *borrowed = h->memory;

    if (h->golden.manifest == NULL)
        skip();
    check_ok(uhn_memory_create(UHN_FLOAT32, h->dim, 0, &h->memory));
    for (size_t i = 0; i < h->count; i++)
        check_ok(uhn_memory_add(h->memory, h->rows + i * h->dim, 1, 0, NULL, 0));
    check_hopfield(h, "hopfield:update=async,diagonal=zero", 3, "hop_async3");
    uhn_memory_destroy(h->memory);
    h->memory = borrowed;
}

static void check_sdm(const golden_set *golden, uhn_sdm *sdm, const uint8_t *rows, const uint8_t *queries, npy m, npy q)
{
    npy counters = golden_array(golden, "sdm_counters"), sums = golden_array(golden, "sdm_sums");
    int32_t *location = test_allocate(m.shape[1], sizeof *location);
    int64_t *is = test_allocate(sums.count, sizeof *is);

    check_ok(uhn_sdm_write(sdm, rows, rows, m.shape[0]));
    for (size_t i = 0; i < counters.count; i++) {
        if (i % m.shape[1] == 0)
            check_ok(uhn_sdm_counters(sdm, i / m.shape[1], location));
        assert_int_equal(location[i % m.shape[1]], (int32_t)counters.values[i]);
    }
    check_ok(uhn_sdm_read(sdm, queries, q.shape[0], is, NULL));
    for (size_t i = 0; i < sums.count; i++)
        assert_int_equal(is[i], (int64_t)sums.values[i]);

    check_ok(uhn_sdm_erase(sdm, rows, rows, m.shape[0]));
    check_ok(uhn_sdm_read(sdm, queries, q.shape[0], is, NULL));
    for (size_t i = 0; i < sums.count; i++)
        assert_int_equal(is[i], 0);
    free(is);
    free(location);
    npy_free(&counters);
    npy_free(&sums);
}

static void test_sdm(void **state)
{
    const uhn_sdm_options options = {.locations = 200, .radius = 15, .counter_bits = 32, .seed = 1};
    golden_set golden;
    uhn_sdm *sdm = NULL;
    npy m, q, a;
    uint8_t *rows, *queries, *addresses;
    size_t *active;
    int64_t *sums;

    (void)state;
    if (!golden_open(&golden))
        skip();
    m = golden_array(&golden, "M_bits");
    q = golden_array(&golden, "q_bits");
    a = golden_array(&golden, "sdm_A");
    rows = packed_rows(&m);
    queries = packed_rows(&q);
    addresses = packed_rows(&a);
    assert_int_equal(a.shape[0], options.locations);
    check_ok(uhn_sdm_create(&options, m.shape[1], m.shape[1], addresses, &sdm));
    check_sdm(&golden, sdm, rows, queries, m, q);

    active = test_allocate(q.shape[0], sizeof *active);
    sums = test_allocate(q.count, sizeof *sums);
    check_ok(uhn_sdm_read(sdm, queries, q.shape[0], sums, active));
    for (size_t i = 0; i < q.shape[0]; i++) {
        size_t within = 0;

        for (size_t l = 0; l < a.shape[0]; l++) {
            size_t distance = 0;

            for (size_t d = 0; d < a.shape[1]; d++)
                distance += q.values[i * q.shape[1] + d] != a.values[l * a.shape[1] + d];
            within += distance <= options.radius;
        }
        assert_int_equal(active[i], within);
    }
    free(active);
    free(sums);
    free(rows);
    free(queries);
    free(addresses);
    uhn_sdm_destroy(sdm);
    npy_free(&m);
    npy_free(&q);
    npy_free(&a);
    golden_close(&golden);
}

/* Scores −0, −1, −2 … give |ball ∩ ball| / 2^n. The whole numbers have up to 62 bits, so 2^-52 is what can be had;
 * a few roundings more are allowed for their sum. Logarithms of factorials, near 200, need long double. */
static void check_circle(const char *key, const cJSON *integers)
{
    unsigned n, radius;
    size_t count = (size_t)cJSON_GetArraySize(integers);
    char text[GOLDEN_TEXT];
    uhn_options options;
    uhn_memory *memory = NULL;
    double *scores = test_allocate(count, sizeof *scores), *weights = test_allocate(count, sizeof *weights);
    float *rows;

    assert_int_equal(sscanf(key, "n=%u,r=%u", &n, &radius), 2);
    rows = test_allocate(count * n, sizeof *rows);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, count, n, 0, NULL, 0, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_similarity(&options, "hamming"));
    snprintf(text, sizeof text, "sdm-circle:radius=%u", radius);
    check_ok(uhn_choose_separation(&options, text));
    for (size_t i = 0; i < count; i++)
        scores[i] = -(double)i;
    check_ok(uhn_weights(memory, scores, 1, &options, weights, NULL));
    for (size_t i = 0; i < count; i++) {
        double is = ldexp(weights[i], (int)n),
               should = strtod(cJSON_GetStringValue(cJSON_GetArrayItem(integers, (int)i)), NULL);

        if (!(fabs(is - should) <= (0x1p-48 + 0x1p10 * (double)lost_rounding()) * should))
            fail_msg("%s, distance %zu: %.17g, should be %.17g", key, i, is, should);
    }
    uhn_memory_destroy(memory);
    free(rows);
    free(weights);
    free(scores);
}

static void test_sdm_circle_exact(void **state)
{
    golden_set golden;
    const cJSON *integers;
    size_t run = 0;

    (void)state;
    if (!golden_open(&golden))
        skip();
    cJSON_ArrayForEach(integers, cJSON_GetObjectItemCaseSensitive(golden.manifest, "sdm_circle_exact"))
    {
        check_circle(integers->string, integers);
        run++;
    }
    golden_close(&golden);
    assert_int_equal(run, 4);
}

static size_t check_unit(const golden_group_data *group, const cJSON *unit)
{
    const cJSON *s = cJSON_GetObjectItemCaseSensitive(unit, "s"), *w = cJSON_GetObjectItemCaseSensitive(unit, "w");
    size_t count = (size_t)cJSON_GetArraySize(s);
    double *scores = test_allocate(count, sizeof *scores), *should = test_allocate(count, sizeof *should);
    float *rows = test_allocate(count, sizeof *rows);
    char text[GOLDEN_TEXT];
    uhn_options options;
    uhn_memory *memory = NULL;
    uhn_query_status status, expected = golden_status_named(golden_string(unit, "status"));
    bool good;

    for (size_t i = 0; i < count; i++) {
        scores[i] = cJSON_GetArrayItem(s, (int)i)->valuedouble;
        should[i] = cJSON_IsArray(w) ? cJSON_GetArrayItem(w, (int)i)->valuedouble : NAN;
    }
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, count, 1, 0, NULL, 0, 0, &memory));
    golden_separation_text(golden_string(unit, "sep"), cJSON_GetObjectItemCaseSensitive(unit, "par"), text);
    uhn_options_default(&options);
    check_ok(uhn_choose_separation(&options, text));
    check_ok(uhn_weights(memory, scores, 1, &options, scores, &status)); /* in place */
    good = status_is(group, unit, 0, status, expected) &&
           (golden_answered(expected)
                ? row_near(group, unit, 0, "weight", scores, should, count, 1e-12 * largest(should, count))
                : row_is_nan(group, unit, 0, "weight", scores, count));
    uhn_memory_destroy(memory);
    free(rows);
    free(should);
    free(scores);
    return good ? 0 : 1;
}

static void test_separations_alone(void **state)
{
    golden_group_data group = {.name = "sep_unit"};
    const cJSON *unit;
    size_t failures = 0, run = 0;

    (void)state;
    if (!golden_open(&group.golden))
        skip();
    cJSON_ArrayForEach(unit, cJSON_GetObjectItemCaseSensitive(group.golden.manifest, "sep_unit"))
    {
        failures += check_unit(&group, unit);
        run++;
    }
    golden_close(&group.golden);
    print_message("sep_unit: %zu cases, %zu disagreements\n", run, failures);
    assert_int_equal(failures, 0);
    assert_int_equal(run, 144);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_hopfield_field, hopfield_open, hopfield_close),
        cmocka_unit_test_setup_teardown(test_hopfield_synchronous, hopfield_open, hopfield_close),
        cmocka_unit_test_setup_teardown(test_hopfield_asynchronous, hopfield_open, hopfield_close),
        cmocka_unit_test_setup_teardown(test_hopfield_owned_rows, hopfield_open, hopfield_close),
        cmocka_unit_test(test_sdm),
        cmocka_unit_test(test_sdm_circle_exact),
        cmocka_unit_test(test_separations_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
