/* SPDX-License-Identifier: MIT
 * Rows that stay in their file are the rows that are read, whichever of them are fetched; what cannot stay is read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/dataset.h"
#include "support/readers.h"
#include "support/scratch.h"

enum { ROWS = 2600, DIM = 5 }; /* some of the chunks that are converted at a time, of 4,096 numbers */

static uint8_t bytes[ROWS * DIM * 8];

/* Numbers of any type, whose bytes in either order are no NaN, nor beyond float32's range. */
static void fill(void)
{
    uint32_t state = 7;
    for (size_t i = 0; i < sizeof bytes; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = i % 8 == 0 || i % 8 == 7 || i % 4 == 0 || i % 4 == 3 ? 0x3f : (uint8_t)(state >> 24);
    }
}

static size_t row_bytes(const uhn_dataset *data)
{
    return data->dim * (data->storage == UHN_FLOAT32 ? sizeof(float) : 1);
}

/* Opens the file and fetches all of it and parts, also of some rows only. */
static void compare(const char *path, bool stays)
{
    static const size_t parts[][2] = {{0, ROWS}, {1, 1}, {ROWS - 1, 1}, {700, 900}, {0, 1}, {ROWS, 0}, {1599, 1001}};
    uhn_dataset read = read_ok(path), opened;
    uint8_t *rows = test_allocate(ROWS, row_bytes(&read));
    check_ok(uhn_dataset_open(path, NULL, &opened));
    assert_true((opened.file != NULL) == stays && (opened.rows == NULL) == stays);
    assert_true(opened.count == read.count && opened.dim == read.dim && opened.storage == read.storage &&
                opened.rank == read.rank);
    assert_memory_equal(opened.shape, read.shape, sizeof read.shape);
    assert_memory_equal(&opened.geometry, &read.geometry, sizeof read.geometry);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        check_ok(uhn_dataset_fetch(&opened, parts[i][0], parts[i][1], rows));
        assert_memory_equal(rows, (uint8_t *)read.rows + parts[i][0] * row_bytes(&read),
                            parts[i][1] * row_bytes(&read));
    }
    check_refused(UHN_ERROR_RANGE, uhn_dataset_fetch(&opened, ROWS, 1, rows));
    check_refused(UHN_ERROR_RANGE, uhn_dataset_fetch(&opened, 1, SIZE_MAX, rows));
    for (int again = 0; again < 2; again++) { /* rows 100 to 1,999, and of these 100 to 1,799 */
        check_ok(uhn_dataset_select(&read, 100, 2000 - 100 * (size_t)again));
        check_ok(uhn_dataset_select(&opened, 100, 2000 - 100 * (size_t)again));
        check_refused(UHN_ERROR_RANGE, uhn_dataset_select(&opened, 0, 2001));
    }
    assert_int_equal(opened.count, read.count);
    assert_memory_equal(opened.shape, read.shape, sizeof read.shape);
    check_ok(uhn_dataset_fetch(&opened, 0, opened.count, rows));
    assert_memory_equal(rows, read.rows, read.count * row_bytes(&read));
    check_refused(UHN_ERROR_RANGE, uhn_dataset_fetch(&opened, 0, opened.count + 1, rows));
    uhn_dataset_free(&read);
    uhn_dataset_free(&opened);
    free(rows);
}

static void test_npy(void **state)
{
    static const struct {
        const char *descr, *order, *pad; /* pad: makes the header longer by bytes that no NumPy would add */
        size_t size;
        bool stays;
    } cases[] = {
        {"<f4", "False", "", 4, true},      {"|u1", "False", "", 1, true},   {"|b1", "False", "", 1, true},
        {"<f8", "False", "", 8, true},      {">f4", "False", "", 4, true},   {">f8", "False", "", 8, true},
        {"<f4", "True", "", 4, false},      {"|u1", "True", "", 1, false},   {">f8", "True", "", 8, false},
        {"<f4", "False", " ", 4, true},     {"<f4", "False", "  ", 4, true}, {"<f4", "False", "   ", 4, true},
        {"|u1", "False", "     ", 1, true}, {"<f8", "False", " ", 8, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char header[160];
        uint8_t *file = test_allocate(sizeof header + sizeof bytes, 1);
        const size_t size = ROWS * DIM * cases[i].size;
        int length = snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': (%d, %d)}%s",
                              cases[i].descr, cases[i].order, ROWS, DIM, cases[i].pad);
        memcpy(file, "\x93NUMPY\x01\0", 8); /* the elements begin wherever that leads */
        file[8] = (uint8_t)length;
        memcpy(file + 10, header, (size_t)length);
        memcpy(file + 10 + length, bytes, size);
        compare(scratch_write(*state, "a.npy", file, 10 + (size_t)length + size), cases[i].stays);
        compare(scratch_write_gzip(*state, "a.npy.gz", file, 10 + (size_t)length + size), false);
        free(file);
    }
}

static void test_idx(void **state)
{
    static const struct {
        uint8_t type;
        size_t size;
    } cases[] = {{0x08, 1}, {0x0d, 4}, {0x0e, 8}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static uint8_t file[12 + sizeof bytes];
        const uint8_t header[] = {0, 0, cases[i].type, 2, 0, 0, ROWS >> 8, ROWS & 255, 0, 0, 0, DIM};
        memcpy(file, header, sizeof header);
        memcpy(file + sizeof header, bytes, ROWS * DIM * cases[i].size);
        compare(scratch_write(*state, "a.idx", file, sizeof header + ROWS * DIM * cases[i].size), true);
    }
}

/* What the header says must be there when the file is opened, and still be there later. */
static void test_cut_off(void **state)
{
    static float rows[ROWS * DIM];
    char dictionary[96];
    uhn_dataset data;
    snprintf(dictionary, sizeof dictionary, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d)}", ROWS, DIM);
    const char *path = scratch_npy(*state, "c.npy", 1, dictionary, bytes, sizeof rows - 1);
    check_refused(UHN_ERROR_ARGUMENT, uhn_dataset_open(path, NULL, &data));
    assert_non_null(strstr(uhn_error_detail(), "51999 bytes follow"));
    assert_true(!data.file && !data.rows);
    path = scratch_npy(*state, "c.npy", 1, dictionary, bytes, sizeof rows);
    check_refused(UHN_ERROR_RANGE, uhn_dataset_open(path, &(uhn_read_limits){.bytes = sizeof rows}, &data));
    check_ok(uhn_dataset_open(path, NULL, &data));
    assert_int_equal(truncate(path, 128 + sizeof rows - 1), 0);
    check_refused(UHN_ERROR_ARGUMENT, uhn_dataset_fetch(&data, ROWS - 10, 10, rows));
    assert_non_null(strstr(uhn_error_detail(), "became shorter while it was read"));
    check_ok(uhn_dataset_fetch(&data, ROWS - 11, 10, rows));
    assert_memory_equal(rows, bytes + (ROWS - 11) * DIM * sizeof(float), 10 * DIM * sizeof(float));
    uhn_dataset_free(&data);
}

/* A number that is too large is found when it is fetched, and called by its place in the file. */
static void test_too_large(void **state)
{
    static const double numbers[] = {1, 2, 3, 4, 5, 1e39};
    float row[2];
    uhn_dataset data;
    const char *path = scratch_npy(*state, "l.npy", 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2)}",
                                   numbers, sizeof numbers);
    check_ok(uhn_dataset_open(path, NULL, &data));
    check_ok(uhn_dataset_select(&data, 1, 3));
    check_ok(uhn_dataset_fetch(&data, 0, 1, row));
    assert_true(row[0] == 3 && row[1] == 4);
    check_refused(UHN_ERROR_RANGE, uhn_dataset_fetch(&data, 1, 1, row));
    assert_non_null(strstr(uhn_error_detail(), "row 2, column 1 is beyond float32's range"));
    uhn_dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_npy), cmocka_unit_test(test_idx),
                                       cmocka_unit_test(test_cut_off), cmocka_unit_test(test_too_large)};
    fill();
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
