/* SPDX-License-Identifier: MIT
 * However the rows came in and however they are stored, the recall is the same to the bit. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"
#include "support/length.h"

enum { DIM = 21, VALUE_DIM = 5, ROWS = 533, QUERIES = 9 };

typedef struct data {
    float *rows, *values, *queries;
    test_random random;
} data;

static data make_data(const char *similarity, uint64_t seed)
{
    data d = {.random = {seed}};

    d.rows = catalogue_data(similarity, &d.random, ROWS * DIM);
    d.values = random_signed(&d.random, ROWS * VALUE_DIM);
    d.queries = catalogue_data(similarity, &d.random, QUERIES * DIM);
    return d;
}

static void free_data(data *d)
{
    free(d->rows);
    free(d->values);
    free(d->queries);
}

static uhn_memory *owned(size_t value_dim)
{
    uhn_memory *memory = NULL;

    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, value_dim, &memory));
    return memory;
}

static void assert_same_recall(const uhn_memory *a, const uhn_memory *b, const float *queries,
                               const uhn_options *options)
{
    size_t width = uhn_memory_value_dim(a);
    float *out[2] = {test_allocate(QUERIES * width, sizeof(float)), test_allocate(QUERIES * width, sizeof(float))};
    uhn_report reports[2][QUERIES];

    assert_int_equal(uhn_memory_count(a), uhn_memory_count(b));
    assert_int_equal(width, uhn_memory_value_dim(b));
    check_ok(uhn_recall(a, queries, QUERIES, 0, options, out[0], 0, reports[0]));
    check_ok(uhn_recall(b, queries, QUERIES, 0, options, out[1], 0, reports[1]));
    for (size_t q = 0; q < QUERIES; q++) {
        const char *field = report_difference(&reports[0][q], &reports[1][q]);

        if (field != NULL)
            fail_msg("%s: the report of query %zu differs in %s", options->similarity->name, q, field);
    }
    for (size_t i = 0; i < QUERIES * width; i++)
        if (!same_float(out[0][i], out[1][i]))
            fail_msg("%s: query %zu, output %zu is %.9g and %.9g", options->similarity->name, i / width, i % width,
                     (double)out[0][i], (double)out[1][i]);
    free(out[0]);
    free(out[1]);
}

static void test_batches_of_rows(void **state)
{
    data d = make_data("dot", 1);
    uhn_memory *at_once = owned(VALUE_DIM), *bit_by_bit = owned(VALUE_DIM);
    uhn_options options;

    (void)state;
    catalogue_options("euclidean", "softmax", &options);
    check_ok(uhn_memory_add(at_once, d.rows, ROWS, 0, d.values, 0));
    for (size_t first = 0, count; first < ROWS; first += count) {
        count = random_below(&d.random, 60);
        if (count > ROWS - first)
            count = ROWS - first;
        check_ok(uhn_memory_add(bit_by_bit, d.rows + first * DIM, count, 0, d.values + first * VALUE_DIM, 0));
    }
    assert_same_recall(at_once, bit_by_bit, d.queries, &options);
    uhn_memory_destroy(at_once);
    uhn_memory_destroy(bit_by_bit);
    free_data(&d);
}

/* The same rows further apart, with rubbish between them. */
static float *padded(const float *rows, size_t count, size_t width, size_t room)
{
    float *apart = test_allocate(count * room, sizeof *apart);

    for (size_t i = 0; i < count * room; i++)
        apart[i] = NAN;
    for (size_t i = 0; i < count; i++)
        memcpy(apart + i * room, rows + i * width, width * sizeof *apart);
    return apart;
}

static void test_borrowed_and_strides(void **state)
{
    data d = make_data("dot", 2);
    float *rows = padded(d.rows, ROWS, DIM, DIM + 3), *values = padded(d.values, ROWS, VALUE_DIM, VALUE_DIM + 1);
    float *queries = padded(d.queries, QUERIES, DIM, DIM + 5), out[2][QUERIES * (VALUE_DIM + 2)];
    uhn_memory *copied = owned(VALUE_DIM), *borrowed = NULL, *apart = NULL, *copied_apart = owned(VALUE_DIM);
    uhn_options options;

    (void)state;
    check_ok(uhn_memory_add(copied, d.rows, ROWS, 0, d.values, 0));
    check_ok(uhn_memory_borrow(UHN_FLOAT32, d.rows, ROWS, DIM, 0, d.values, VALUE_DIM, 0, &borrowed));
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, DIM, (DIM + 3) * sizeof(float), values, VALUE_DIM,
                               (VALUE_DIM + 1) * sizeof(float), &apart));
    check_ok(
        uhn_memory_add(copied_apart, rows, ROWS, (DIM + 3) * sizeof(float), values, (VALUE_DIM + 1) * sizeof(float)));
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i += unless_short(1, 5)) {
        if (strcmp(uhn_similarity_at(i)->name, "hamming") == 0)
            continue;
        catalogue_options(uhn_similarity_at(i)->name, "entmax:alpha=1.25,beta=0.2", &options);
        assert_same_recall(copied, borrowed, d.queries, &options);
        assert_same_recall(copied, apart, d.queries, &options);
        assert_same_recall(copied, copied_apart, d.queries, &options);
    }

    /* Queries and answers further apart; what lies between the answers is not written. */
    memset(out, 0x7e, sizeof out);
    check_ok(uhn_recall(copied, d.queries, QUERIES, 0, NULL, out[0], 0, NULL));
    check_ok(uhn_recall(copied, queries, QUERIES, (DIM + 5) * sizeof(float), NULL, out[1],
                        (VALUE_DIM + 2) * sizeof(float), NULL));
    for (size_t q = 0; q < QUERIES; q++) {
        assert_memory_equal(out[0] + q * VALUE_DIM, out[1] + q * (VALUE_DIM + 2), VALUE_DIM * sizeof(float));
        assert_int_equal(((unsigned char *)(out[1] + q * (VALUE_DIM + 2) + VALUE_DIM))[0], 0x7e);
        assert_int_equal(((unsigned char *)(out[1] + q * (VALUE_DIM + 2) + VALUE_DIM + 1))[3], 0x7e);
    }
    assert_int_equal(uhn_memory_bytes(borrowed), 0);
    assert_true(uhn_memory_bytes(copied) >= ROWS * (DIM + VALUE_DIM) * sizeof(float));
    uhn_memory_destroy(copied);
    uhn_memory_destroy(borrowed);
    uhn_memory_destroy(apart);
    uhn_memory_destroy(copied_apart);
    free(rows);
    free(values);
    free(queries);
    free_data(&d);
}

/* Bytes v mean (float)v / 255, bits mean 0 and 1, for P = M as well. */
static void check_storage(uhn_storage storage, const char *similarity, bool own_values)
{
    test_random random = {(uint64_t)storage * 2 + own_values};
    size_t bytes = uhn_row_bytes(storage, DIM);
    uint8_t *rows = random_bytes(&random, ROWS * bytes);
    float *expanded = test_allocate(ROWS * DIM, sizeof *expanded), row[DIM];
    float *values = random_signed(&random, ROWS * VALUE_DIM);
    float *queries = storage == UHN_BITS ? catalogue_data(similarity, &random, QUERIES * DIM)
                                         : random_positive(&random, QUERIES * DIM);
    uhn_memory *small = NULL, *borrowed = NULL, *large = owned(own_values ? VALUE_DIM : 0);
    uhn_options options;

    for (size_t i = 0; i < ROWS * DIM; i++) {
        if (storage == UHN_UINT8)
            expanded[i] = (float)rows[i] / 255.0F;
        else
            expanded[i] = (float)(rows[i / DIM * bytes + i % DIM / 8] >> (7 - i % DIM % 8) & 1);
    }
    for (size_t i = 0; storage == UHN_BITS && i < ROWS; i++)
        rows[i * bytes + bytes - 1] &= (uint8_t)(0xff << (bytes * 8 - DIM)); /* past the last coordinate: 0 */
    check_ok(uhn_memory_create(storage, DIM, own_values ? VALUE_DIM : 0, &small));
    check_ok(uhn_memory_add(small, rows, ROWS, 0, own_values ? values : NULL, 0));
    check_ok(uhn_memory_borrow(storage, rows, ROWS, DIM, 0, own_values ? values : NULL, own_values ? VALUE_DIM : 0, 0,
                               &borrowed));
    check_ok(uhn_memory_add(large, expanded, ROWS, 0, own_values ? values : NULL, 0));
    assert_int_equal(uhn_memory_storage(small), storage);
    for (size_t i = 0; i < ROWS; i += 37) {
        check_ok(uhn_memory_row(small, i, row));
        assert_memory_equal(row, expanded + i * DIM, sizeof row);
    }
    catalogue_options(similarity, "softmax:beta=0.5", &options);
    assert_same_recall(large, small, queries, &options);
    assert_same_recall(large, borrowed, queries, &options);
    uhn_memory_destroy(small);
    uhn_memory_destroy(borrowed);
    uhn_memory_destroy(large);
    free(queries);
    free(values);
    free(expanded);
    free(rows);
}

static void test_storage(void **state)
{
    (void)state;
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i++)
        for (int own_values = 0; own_values < 2; own_values++) {
            if (strcmp(uhn_similarity_at(i)->name, "hamming") != 0) /* bytes are not bits */
                check_storage(UHN_UINT8, uhn_similarity_at(i)->name, own_values);
            check_storage(UHN_BITS, uhn_similarity_at(i)->name, own_values);
        }
}

static void test_row_bytes(void **state)
{
    uint8_t row[3] = {0xff, 0xff, 0xff};
    uhn_memory *memory = NULL;

    (void)state;
    assert_int_equal(uhn_row_bytes(UHN_FLOAT32, 21), 84);
    assert_int_equal(uhn_row_bytes(UHN_UINT8, 21), 21);
    assert_int_equal(uhn_row_bytes(UHN_BITS, 21), 3);
    assert_int_equal(uhn_row_bytes(UHN_BITS, 24), 3);
    assert_int_equal(uhn_row_bytes(UHN_BITS, 25), 4);
    assert_int_equal(uhn_row_bytes(UHN_STORAGE_COUNT, 8), 0);
    assert_int_equal(uhn_row_bytes(UHN_FLOAT32, SIZE_MAX / 2), 0);

    /* Bits past the last coordinate must be 0: they are refused, not counted. */
    check_ok(uhn_memory_create(UHN_BITS, DIM, 0, &memory));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_add(memory, row, 1, 0, NULL, 0));
    assert_int_equal(uhn_memory_count(memory), 0);
    row[2] = 0xf8;
    check_ok(uhn_memory_add(memory, row, 1, 0, NULL, 0));
    uhn_memory_destroy(memory);
}

static void test_update(void **state)
{
    data d = make_data("dot", 5);
    uhn_memory *changed = owned(VALUE_DIM), *fresh = owned(VALUE_DIM);
    uhn_options options;
    float row[DIM], value[VALUE_DIM];

    (void)state;
    catalogue_options("manhattan", "softmax:beta=0.3", &options);
    check_ok(uhn_memory_add(changed, d.rows, ROWS, 0, d.values, 0));
    for (size_t step = 0; step < 40; step++) {
        size_t to = random_below(&d.random, ROWS), from = random_below(&d.random, ROWS);
        bool both = random_below(&d.random, 2) == 0;

        memcpy(row, d.rows + from * DIM, sizeof row);
        memcpy(value, d.values + from * VALUE_DIM, sizeof value);
        check_ok(uhn_memory_update(changed, to, row, both ? value : NULL));
        memcpy(d.rows + to * DIM, row, sizeof row);
        if (both)
            memcpy(d.values + to * VALUE_DIM, value, sizeof value);
    }
    check_ok(uhn_memory_add(fresh, d.rows, ROWS, 0, d.values, 0));
    assert_same_recall(fresh, changed, d.queries, &options);
    check_ok(uhn_memory_value(changed, 7, value));
    assert_memory_equal(value, d.values + 7 * VALUE_DIM, sizeof value);
    uhn_memory_destroy(changed);
    uhn_memory_destroy(fresh);
    free_data(&d);
}

static void test_remove(void **state)
{
    data d = make_data("dot", 6);
    uhn_memory *changed = owned(VALUE_DIM), *fresh = owned(VALUE_DIM);
    uhn_options options;
    size_t indices[ROWS], count = 0, full;
    bool gone[ROWS] = {false};

    (void)state;
    catalogue_options("sqeuclidean", "k-winners:k=4", &options);
    check_ok(uhn_memory_add(changed, d.rows, ROWS, 0, d.values, 0));
    full = uhn_memory_bytes(changed);
    for (; count < ROWS - 1; count++) { /* any order, repeats allowed; about a third stays */
        indices[count] = random_below(&d.random, ROWS);
        gone[indices[count]] = true;
    }
    check_ok(uhn_memory_remove(changed, indices, count));
    for (size_t i = 0; i < ROWS; i++)
        if (!gone[i])
            check_ok(uhn_memory_add(fresh, d.rows + i * DIM, 1, 0, d.values + i * VALUE_DIM, 0));
    assert_same_recall(fresh, changed, d.queries, &options);

    /* Space goes back, and the memory is as good as new. */
    for (count = 0; count + 3 < uhn_memory_count(changed); count++)
        indices[count] = count;
    check_ok(uhn_memory_remove(changed, indices, count));
    assert_int_equal(uhn_memory_count(changed), 3);
    if (uhn_memory_bytes(changed) * 4 > full)
        fail_msg("3 rows of %d still take %zu bytes of %zu", ROWS, uhn_memory_bytes(changed), full);
    indices[0] = 2, indices[1] = 0, indices[2] = 1, indices[3] = 0;
    check_ok(uhn_memory_remove(changed, indices, 4));
    assert_int_equal(uhn_memory_count(changed), 0);
    check_ok(uhn_memory_add(changed, d.rows, ROWS, 0, d.values, 0));
    check_ok(uhn_memory_remove(fresh, NULL, 0));
    uhn_memory_destroy(fresh);
    fresh = owned(VALUE_DIM);
    check_ok(uhn_memory_add(fresh, d.rows, ROWS, 0, d.values, 0));
    assert_same_recall(fresh, changed, d.queries, &options);

    indices[0] = 1, indices[1] = ROWS;
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_remove(changed, indices, 2));
    assert_int_equal(uhn_memory_count(changed), ROWS);
    assert_same_recall(fresh, changed, d.queries, &options);
    uhn_memory_destroy(changed);
    uhn_memory_destroy(fresh);
    free_data(&d);
}

/* A batch is added whole or not at all. */
static void test_refused_rows(void **state)
{
    data d = make_data("dot", 7);
    uhn_memory *memory = owned(VALUE_DIM), *fresh = owned(VALUE_DIM), *bad = NULL;
    uhn_options options;
    float row[DIM];

    (void)state;
    catalogue_options("dot", "softmax", &options);
    check_ok(uhn_memory_add(fresh, d.rows, 40, 0, d.values, 0));
    check_ok(uhn_memory_add(memory, d.rows, 40, 0, d.values, 0));
    d.rows[60 * DIM + 3] = NAN;
    check_refused(UHN_ERROR_NONFINITE, uhn_memory_add(memory, d.rows + 40 * DIM, 30, 0, d.values, 0));
    check_refused(UHN_ERROR_NONFINITE, uhn_memory_borrow(UHN_FLOAT32, d.rows, ROWS, DIM, 0, NULL, 0, 0, &bad));
    d.values[50 * VALUE_DIM] = INFINITY;
    check_refused(UHN_ERROR_NONFINITE, uhn_memory_add(memory, d.rows, 10, 0, d.values + 45 * VALUE_DIM, 0));
    check_refused(UHN_ERROR_NONFINITE,
                  uhn_memory_borrow(UHN_FLOAT32, d.rows, 55, DIM, 0, d.values, VALUE_DIM, 0, &bad));
    memcpy(row, d.rows, sizeof row);
    row[DIM - 1] = -INFINITY;
    check_refused(UHN_ERROR_NONFINITE, uhn_memory_update(memory, 3, row, NULL));
    check_refused(UHN_ERROR_NONFINITE, uhn_memory_update(memory, 3, d.rows, d.values + 50 * VALUE_DIM));
    check_refused(UHN_ERROR_ARGUMENT, uhn_memory_update(memory, 40, d.rows, NULL));
    assert_same_recall(fresh, memory, d.queries, &options);
    uhn_memory_destroy(memory);
    uhn_memory_destroy(fresh);
    free_data(&d);
}

/* What a recall notes of the rows is that of the rows as they are, and of this recall's smoothing. */
static void test_noted_distributions(void **state)
{
    static const char *const names[] = {"kl", "kl:epsilon=0.01", "reverse-kl", "jensen-shannon"};
    const size_t gone[] = {0, 7, 100};
    data d = make_data("kl", 8);
    uhn_memory *used = owned(VALUE_DIM);

    (void)state;
    check_ok(uhn_memory_add(used, d.rows, 400, 0, d.values, 0));
    for (size_t step = 0; step < 4; step++) {
        float *rows, *values;
        size_t count;

        if (step == 1)
            check_ok(uhn_memory_update(used, 3, d.rows + 500 * DIM, NULL));
        else if (step == 2)
            check_ok(uhn_memory_remove(used, gone, 3));
        else if (step == 3)
            check_ok(uhn_memory_add(used, d.rows + 400 * DIM, 133, 0, d.values + 400 * VALUE_DIM, 0));
        count = uhn_memory_count(used);
        rows = test_allocate(count * DIM, sizeof *rows);
        values = test_allocate(count * VALUE_DIM, sizeof *values);
        for (size_t i = 0; i < count; i++) {
            check_ok(uhn_memory_row(used, i, rows + i * DIM));
            check_ok(uhn_memory_value(used, i, values + i * VALUE_DIM));
        }
        for (size_t i = 0; i < 2 * sizeof names / sizeof *names; i++) {
            uhn_memory *fresh = owned(VALUE_DIM);
            uhn_options options;

            check_ok(uhn_memory_add(fresh, rows, count, 0, values, 0));
            catalogue_options(names[i / 2], "softmax:beta=30", &options);
            options.threads = 1 + (int)(i % 2);
            assert_same_recall(used, fresh, d.queries, &options);
            uhn_memory_destroy(fresh);
        }
        free(rows);
        free(values);
    }
    uhn_memory_destroy(used);
    free_data(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches_of_rows), cmocka_unit_test(test_borrowed_and_strides),
        cmocka_unit_test(test_storage),         cmocka_unit_test(test_row_bytes),
        cmocka_unit_test(test_update),          cmocka_unit_test(test_remove),
        cmocka_unit_test(test_refused_rows),    cmocka_unit_test(test_noted_distributions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
