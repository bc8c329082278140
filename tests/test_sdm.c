/* SPDX-License-Identifier: MIT
 * Kanerva's sparse distributed memory: its counters and sums against the definition, both of its forms, saturation,
 * erasing, and its random addresses. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/sdm.h"
#include "support/check.h"
#include "support/random_data.h"

static size_t bytes_of(size_t dim)
{
    return (dim + 7) / 8;
}

static int bit_of(const uint8_t *row, size_t index)
{
    return row[index / 8] >> (7 - index % 8) & 1;
}

/* Random packed rows with zero padding. */
static uint8_t *random_rows(test_random *random, size_t count, size_t dim)
{
    size_t stride = bytes_of(dim);
    uint8_t *rows = random_bytes(random, count * stride);

    for (size_t row = 0; dim % 8 && row < count; row++)
        rows[row * stride + stride - 1] &= (uint8_t)(0xFF00U >> dim % 8);
    return rows;
}

static size_t bit_distance(const uint8_t *a, const uint8_t *b, size_t dim)
{
    size_t distance = 0;

    for (size_t i = 0; i < dim; i++)
        distance += bit_of(a, i) != bit_of(b, i);
    return distance;
}

/* A memory with random addresses of its own, and random patterns to write and read. */
typedef struct fixture {
    uhn_sdm_options options;
    size_t dim, value_dim, count, query_count;
    uint8_t *locations, *keys, *data, *queries;
    uhn_sdm *sdm;
} fixture;

static fixture make_fixture(size_t dim, size_t value_dim, unsigned counter_bits)
{
    test_random random = {dim * 1000 + value_dim};
    fixture f = {.options = {.locations = 211, .radius = dim / 2 - (dim > 20 ? 2 : 0), .counter_bits = counter_bits},
                 .dim = dim,
                 .value_dim = value_dim,
                 .count = 17,
                 .query_count = 7};

    f.locations = random_rows(&random, f.options.locations, dim);
    f.keys = random_rows(&random, f.count, dim);
    f.data = random_rows(&random, f.count, value_dim);
    f.queries = random_rows(&random, f.query_count, dim);
    check_ok(uhn_sdm_create(&f.options, dim, value_dim, f.locations, &f.sdm));
    return f;
}

static void free_fixture(fixture *f)
{
    uhn_sdm_destroy(f->sdm);
    free(f->locations);
    free(f->keys);
    free(f->data);
    free(f->queries);
}

static bool is_active(const fixture *f, size_t location, const uint8_t *address)
{
    return bit_distance(f->locations + location * bytes_of(f->dim), address, f->dim) <= f->options.radius;
}

/* Form 1: the counters of the active locations. Form 2: each written pattern, as often as it shares a location. */
static void check_forms(const fixture *f)
{
    int64_t *sums = test_allocate(f->query_count * f->value_dim, sizeof *sums);
    size_t *active = test_allocate(f->query_count, sizeof *active);
    int32_t *counters = test_allocate(f->value_dim, sizeof *counters);

    check_ok(uhn_sdm_read(f->sdm, f->queries, f->query_count, sums, active));
    for (size_t q = 0; q < f->query_count; q++) {
        const uint8_t *query = f->queries + q * bytes_of(f->dim);
        int64_t *first = test_allocate(f->value_dim, sizeof *first),
                *second = test_allocate(f->value_dim, sizeof *second);
        size_t fired = 0;

        for (size_t l = 0; l < f->options.locations; l++) {
            if (!is_active(f, l, query))
                continue;
            fired++;
            check_ok(uhn_sdm_counters(f->sdm, l, counters));
            for (size_t o = 0; o < f->value_dim; o++)
                first[o] += counters[o];
        }
        for (size_t mu = 0; mu < f->count; mu++) {
            int64_t shared = 0;

            for (size_t l = 0; l < f->options.locations; l++)
                shared += is_active(f, l, query) && is_active(f, l, f->keys + mu * bytes_of(f->dim));
            for (size_t o = 0; o < f->value_dim; o++)
                second[o] += shared * (2 * bit_of(f->data + mu * bytes_of(f->value_dim), o) - 1);
        }
        assert_int_equal(active[q], fired);
        for (size_t o = 0; o < f->value_dim; o++) {
            assert_int_equal(sums[q * f->value_dim + o], first[o]);
            assert_int_equal(sums[q * f->value_dim + o], second[o]);
        }
        free(first);
        free(second);
    }
    free(counters);
    free(active);
    free(sums);
}

static void test_forms(void **state)
{
    static const size_t dims[][2] = {{37, 37}, {64, 11}, {5, 130}, {129, 1}, {1, 8}, {8, 7}};

    (void)state;
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++)
        for (unsigned bits = 8; bits <= 32; bits *= 2) {
            fixture f = make_fixture(dims[i][0], dims[i][1], bits);

            check_ok(uhn_sdm_write(f.sdm, f.keys, f.data, f.count));
            check_forms(&f);
            free_fixture(&f);
        }
}

/* A read is the recall z = P · threshold(−Hamming(A, q)) with the counters as values. */
static void test_read_is_a_recall(void **state)
{
    fixture f = make_fixture(37, 19, 32);
    size_t locations = f.options.locations;
    float *rows = test_allocate(f.query_count * f.dim, sizeof *rows), *out;
    float *values = test_allocate(locations * f.value_dim, sizeof *values);
    int32_t counters[19];
    int64_t sums[7 * 19];
    uhn_memory *memory = NULL;
    uhn_options options;
    char text[64];

    (void)state;
    check_ok(uhn_sdm_write(f.sdm, f.keys, f.data, f.count));
    check_ok(uhn_sdm_read(f.sdm, f.queries, f.query_count, sums, NULL));
    for (size_t l = 0; l < locations; l++) {
        check_ok(uhn_sdm_counters(f.sdm, l, counters));
        for (size_t o = 0; o < f.value_dim; o++)
            values[l * f.value_dim + o] = (float)counters[o];
    }
    for (size_t i = 0; i < f.query_count * f.dim; i++)
        rows[i] = (float)bit_of(f.queries + i / f.dim * bytes_of(f.dim), i % f.dim);
    check_ok(uhn_memory_borrow(UHN_BITS, f.locations, locations, f.dim, 0, values, f.value_dim, 0, &memory));
    uhn_options_default(&options);
    check_ok(uhn_choose_similarity(&options, "hamming"));
    snprintf(text, sizeof text, "threshold:theta=-%zu", f.options.radius);
    check_ok(uhn_choose_separation(&options, text));
    out = test_allocate(f.query_count * f.value_dim, sizeof *out);
    check_ok(uhn_recall(memory, rows, f.query_count, 0, &options, out, 0, NULL));
    for (size_t i = 0; i < f.query_count * f.value_dim; i++)
        assert_true(same_float(out[i], (float)sums[i]));
    uhn_memory_destroy(memory);
    free(out);
    free(values);
    free(rows);
    free_fixture(&f);
}

static void check_all_counters(const fixture *f, const int32_t *expected)
{
    int32_t *counters = test_allocate(f->value_dim, sizeof *counters);

    for (size_t l = 0; l < f->options.locations; l++) {
        check_ok(uhn_sdm_counters(f->sdm, l, counters));
        for (size_t o = 0; o < f->value_dim; o++)
            assert_int_equal(counters[o], expected ? expected[l * f->value_dim + o] : 0);
    }
    free(counters);
}

static void test_erase_undoes_write(void **state)
{
    (void)state;
    for (unsigned bits = 8; bits <= 32; bits *= 2) {
        fixture f = make_fixture(37, 29, bits);
        int32_t *before = test_allocate(f.options.locations * f.value_dim, sizeof *before);

        check_ok(uhn_sdm_write(f.sdm, f.keys, f.data, 9));
        for (size_t l = 0; l < f.options.locations; l++)
            check_ok(uhn_sdm_counters(f.sdm, l, before + l * f.value_dim));
        check_ok(uhn_sdm_write(f.sdm, f.keys + 9 * bytes_of(37), f.data + 9 * bytes_of(29), f.count - 9));
        check_ok(uhn_sdm_erase(f.sdm, f.keys + 9 * bytes_of(37), f.data + 9 * bytes_of(29), f.count - 9));
        check_all_counters(&f, before);
        check_ok(uhn_sdm_erase(f.sdm, f.keys, f.data, 9));
        check_all_counters(&f, NULL);
        free(before);
        free_fixture(&f);
    }
}

static void check_saturation(unsigned bits, int32_t limit)
{
    const uhn_sdm_options options = {.locations = 1, .radius = 0, .counter_bits = bits};
    const uint8_t address = 0xA0, data = 0xC0; /* 3 bits 101, 2 bits 11 → then 10 */
    uhn_sdm *sdm = NULL;
    int32_t counters[2];
    int64_t sums[2];

    check_ok(uhn_sdm_create(&options, 3, 2, &address, &sdm));
    for (int32_t i = 0; i < limit + 50; i++)
        check_ok(uhn_sdm_write(sdm, &address, &(const uint8_t){0x80}, 1));
    check_ok(uhn_sdm_counters(sdm, 0, counters));
    assert_int_equal(counters[0], limit);
    assert_int_equal(counters[1], -limit);
    check_ok(uhn_sdm_write(sdm, &address, &data, 1)); /* one counter is full, the other turns back */
    check_ok(uhn_sdm_read(sdm, &address, 1, sums, NULL));
    assert_int_equal(sums[0], limit);
    assert_int_equal(sums[1], -limit + 1);
    for (int32_t i = 0; i < 60; i++) /* from the limit, not from where the writes would have led */
        check_ok(uhn_sdm_erase(sdm, &address, &(const uint8_t){0x80}, 1));
    check_ok(uhn_sdm_counters(sdm, 0, counters));
    assert_int_equal(counters[0], limit - 60);
    assert_int_equal(counters[1], -limit + 61);
    uhn_sdm_destroy(sdm);
}

static void test_saturation(void **state)
{
    (void)state;
    check_saturation(8, 127);
    check_saturation(16, 32767);
}

static void test_random_addresses(void **state)
{
    enum { DIM = 259, LOCATIONS = 4000 };
    uhn_sdm_options options = {.locations = LOCATIONS, .radius = 112, .counter_bits = 16, .seed = 7};
    uhn_sdm *one = NULL, *same = NULL, *other = NULL, *fewer = NULL;
    size_t stride = bytes_of(DIM), differing = 0, ones = 0;

    (void)state;
    check_ok(uhn_sdm_create(&options, DIM, 3, NULL, &one));
    check_ok(uhn_sdm_create(&options, DIM, 3, NULL, &same));
    options.seed = 8;
    check_ok(uhn_sdm_create(&options, DIM, 3, NULL, &other));
    options.seed = 7;
    options.locations = 100;
    check_ok(uhn_sdm_create(&options, DIM, 3, NULL, &fewer));
    assert_memory_equal(one->addresses, same->addresses, LOCATIONS * stride);
    assert_memory_equal(one->addresses, fewer->addresses, 100 * stride);
    for (size_t l = 0; l < LOCATIONS; l++) {
        const uint8_t *row = one->addresses + l * stride;

        assert_int_equal(row[stride - 1] & 0x1F, 0); /* the padding */
        differing += bit_distance(row, other->addresses + l * stride, DIM);
        for (size_t i = 0; i < DIM; i++)
            ones += (size_t)bit_of(row, i);
    }
    /* Binomial(4000 · 259, 1/2) has standard deviation 509. */
    assert_in_range(ones, LOCATIONS * DIM / 2 - 2500, LOCATIONS * DIM / 2 + 2500);
    assert_in_range(differing, LOCATIONS * DIM / 2 - 2500, LOCATIONS * DIM / 2 + 2500);
    uhn_sdm_destroy(one);
    uhn_sdm_destroy(same);
    uhn_sdm_destroy(other);
    uhn_sdm_destroy(fewer);
}

/* Share of all addresses of `dim` bits within `radius` of one of them. */
static double share_within(size_t dim, size_t radius)
{
    double share = 0;

    for (size_t k = 0; k <= radius; k++)
        share +=
            exp(lgamma((double)dim + 1) - lgamma((double)k + 1) - lgamma((double)(dim - k) + 1) - (double)dim * log(2));
    return share;
}

static void test_default_radius(void **state)
{
    static const size_t dims[] = {6, 7, 16, 37, 64, 255, 256, 784, 1000, 3072, 12288};

    (void)state;
    for (size_t i = 0; i < sizeof dims / sizeof *dims; i++) {
        size_t radius = uhn_sdm_default_radius(dims[i]);

        assert_true(share_within(dims[i], radius) <= 0.02 + 1e-9);
        assert_true(share_within(dims[i], radius + 1) > 0.02);
    }
    for (size_t dim = 1; dim < 6; dim++)
        assert_int_equal(uhn_sdm_default_radius(dim), 0);
}

static void test_refusals(void **state)
{
    const uhn_sdm_options good = {.locations = 4, .radius = 3, .counter_bits = 8, .seed = 1};
    uhn_sdm_options options;
    const uint8_t clean[4] = {0x10, 0xF0, 0, 0xA0}, dirty[4] = {0x10, 0xF8, 0, 0};
    uhn_sdm *sdm = NULL;
    int64_t sums[16];
    int32_t counters[4];

    (void)state;
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_create(&good, 4, 4, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_create(NULL, 4, 4, NULL, &sdm));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_create(&good, 0, 4, NULL, &sdm));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_create(&good, 4, 0, NULL, &sdm));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_create(&good, 4, 4, dirty, &sdm));
    options = good, options.locations = 0;
    check_refused(UHN_ERROR_RANGE, uhn_sdm_create(&options, 4, 4, NULL, &sdm));
    options = good, options.radius = 5;
    check_refused(UHN_ERROR_RANGE, uhn_sdm_create(&options, 4, 4, NULL, &sdm));
    options = good, options.counter_bits = 12;
    check_refused(UHN_ERROR_RANGE, uhn_sdm_create(&options, 4, 4, NULL, &sdm));
    options = good, options.locations = SIZE_MAX / 2;
    check_refused(UHN_ERROR_OUT_OF_MEMORY, uhn_sdm_create(&options, 4, 4, NULL, &sdm));
    assert_null(sdm);

    check_ok(uhn_sdm_create(&good, 4, 4, clean, &sdm));
    check_ok(uhn_sdm_write(sdm, NULL, NULL, 0));
    check_ok(uhn_sdm_read(sdm, NULL, 0, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_write(sdm, clean, dirty, 4));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_write(sdm, dirty, clean, 4));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_erase(sdm, NULL, clean, 4));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_erase(sdm, clean, NULL, 4));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_read(sdm, dirty, 4, sums, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_read(sdm, clean, 4, NULL, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_counters(sdm, 4, counters));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_counters(sdm, 0, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_write(NULL, clean, clean, 4));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_read(NULL, clean, 4, sums, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_sdm_counters(NULL, 0, counters));
    for (size_t l = 0; l < 4; l++) { /* a refused write leaves no trace */
        check_ok(uhn_sdm_counters(sdm, l, counters));
        for (size_t o = 0; o < 4; o++)
            assert_int_equal(counters[o], 0);
    }
    uhn_sdm_destroy(sdm);
    uhn_sdm_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),
        cmocka_unit_test(test_read_is_a_recall),
        cmocka_unit_test(test_erase_undoes_write),
        cmocka_unit_test(test_saturation),
        cmocka_unit_test(test_random_addresses),
        cmocka_unit_test(test_default_radius),
        cmocka_unit_test(test_refusals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
