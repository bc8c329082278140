/* SPDX-License-Identifier: MIT
 * The table of readers, files that none of them reads, gzip, limits, IDX and CIFAR binary. The reader of .npy and those
 * of images have tests of their own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/dataset.h"
#include "support/readers.h"
#include "support/scratch.h"

/* ----------------------------------------------------------------------------------------------------- IDX */

static void test_idx(void **state)
{
    static const uint8_t images[] = {0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2,  0,  0,
                                     0, 3, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1};
    static const uint8_t floats[] = {0, 0, 0x0d, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x3f, 0x80, 0, 0, 0xc0, 0, 0, 0};
    uhn_dataset data = read_ok(scratch_write(*state, "images-idx3-ubyte", images, sizeof images));
    assert_int_equal(data.storage, UHN_UINT8);
    assert_int_equal(data.count, 2);
    assert_int_equal(data.dim, 6);
    assert_int_equal(data.rank, 3);
    check_geometry(&data, (uhn_geometry){2, 3, 1, false});
    assert_memory_equal(data.rows, images + 16, 12);
    uhn_dataset_free(&data);

    data = read_ok(scratch_write_gzip(*state, "labels-idx1-ubyte.gz", labels, sizeof labels));
    assert_int_equal(data.count, 3);
    assert_int_equal(data.dim, 1);
    assert_int_equal(data.rank, 1);
    assert_int_equal(data.shape[0], 3);
    assert_memory_equal(data.rows, labels + 8, 3);
    check_ok(uhn_dataset_select(&data, 1, 3));
    assert_int_equal(data.shape[0], 2);
    uhn_dataset_free(&data);

    data = read_ok(scratch_write(*state, "floats.idx", floats, sizeof floats));
    assert_true(((float *)data.rows)[0] == 1 && ((float *)data.rows)[1] == -2);
    uhn_dataset_free(&data);
}

static void test_idx_malformed(void **state)
{
    static const struct {
        const char *says;
        size_t size;
        uint8_t bytes[32];
    } cases[] = {
        {"ends after 4 bytes", 4, {0, 0, 8, 3}},
        {"ends after 10 bytes", 10, {0, 0, 8, 2, 0, 0, 0, 1, 0, 0}},
        {"IDX type 0x0c is not read", 8, {0, 0, 0x0c, 1, 0, 0, 0, 0}},
        {"has 5 dimensions", 24, {0, 0, 8, 5, 0, 0, 0, 1}},
        {"the array is empty: its sizes are 0 × 3", 12, {0, 0, 8, 2, 0, 0, 0, 0, 0, 0, 0, 3}},
        {"3 × 2 uint8 (6 bytes) but 5 bytes follow", 17, {0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2}},
        {"(6 bytes) but 7 bytes follow", 19, {0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2}},
        {"but 1 bytes follow", 13, {0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255}},
        {"more bytes than can be counted", 20, {0,   0,   8,   4,   255, 255, 255, 255, 255, 255,
                                                255, 255, 255, 255, 255, 255, 255, 255, 255, 255}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        read_refused(scratch_write(*state, "bad.idx", cases[i].bytes, cases[i].size), UHN_ERROR_ARGUMENT,
                     cases[i].says);
}

/* --------------------------------------------------------------------------------------------------- CIFAR */

static uint8_t *cifar_records(size_t count, size_t label_bytes)
{
    uint8_t *bytes = test_allocate(count, label_bytes + 3072);
    for (size_t i = 0; i < count; i++) {
        uint8_t *record = bytes + i * (label_bytes + 3072);
        record[0] = (uint8_t)(i % 10);
        if (label_bytes == 2)
            record[1] = (uint8_t)(99 - i % 100);
        for (size_t k = 0; k < 3072; k++)
            record[label_bytes + k] = (uint8_t)(100 + i + k); /* not 0 at first: no label */
    }
    return bytes;
}

static void check_cifar(const char *path, size_t count, uint8_t first_label)
{
    uhn_dataset data = read_ok(path);
    assert_int_equal(data.storage, UHN_UINT8);
    assert_int_equal(data.count, count);
    assert_int_equal(data.dim, 3072);
    assert_int_equal(data.rank, 4);
    check_geometry(&data, (uhn_geometry){32, 32, 3, false});
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(data.labels[i], first_label ? first_label - i % 100 : i % 10);
        assert_int_equal(((uint8_t *)data.rows)[i * 3072], (uint8_t)(100 + i));
        assert_int_equal(((uint8_t *)data.rows)[i * 3072 + 3071], (uint8_t)(100 + i + 3071));
    }
    uhn_dataset_free(&data);
}

static void test_cifar(void **state)
{
    uint8_t *ten = cifar_records(3074, 1), *hundred = cifar_records(3073, 2);
    check_cifar(scratch_write(*state, "ten.bin", ten, (size_t)12 * 3073), 12, 0);
    check_cifar(scratch_write_gzip(*state, "ten.BIN.gz", ten, (size_t)12 * 3073), 12, 0);
    check_cifar(scratch_write(*state, "hundred.bin", hundred, (size_t)12 * 3074), 12, 99);
    /* Lengths that both layouts divide. */
    check_cifar(scratch_write(*state, "both.bin", ten, (size_t)3074 * 3073), 3074, 0);
    check_cifar(scratch_write(*state, "both.bin", hundred, (size_t)3073 * 3074), 3073, 99);

    read_refused(scratch_write(*state, "short.bin", ten, 3000), UHN_ERROR_ARGUMENT, "3000 bytes are neither CIFAR-10");
    read_refused(scratch_write(*state, "long.bin", ten, 3075), UHN_ERROR_ARGUMENT, "neither");
    read_refused(scratch_write(*state, "ten.dat", ten, 3073), UHN_ERROR_ARGUMENT, "CIFAR-10 or CIFAR-100 binary");
    ten[3073] = 10;
    read_refused(scratch_write(*state, "ten.bin", ten, (size_t)3 * 3073), UHN_ERROR_ARGUMENT,
                 "record 1 has label 10; those of CIFAR-10 are 0 to 9");
    hundred[3075] = 100;
    read_refused(scratch_write(*state, "hundred.bin", hundred, (size_t)3 * 3074), UHN_ERROR_ARGUMENT,
                 "record 1 has label 100");
    free(ten);
    free(hundred);
}

/* ---------------------------------------------------------------------------------------------------- gzip */

static void test_gzip(void **state)
{
    enum { ROWS = 3000, DIM = 40 };
    size_t size, gzip_size, half_size;
    float *values = test_allocate(ROWS * DIM, sizeof *values);
    for (size_t i = 0; i < ROWS * DIM; i++)
        values[i] = (float)i;
    uint8_t *bytes =
        scratch_bytes(scratch_npy(*state, "z.npy", 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3000, 40)}",
                                  values, ROWS * DIM * sizeof *values),
                      &size);
    uint8_t *gzip = scratch_gzip(bytes, size, &gzip_size);
    uint8_t *more = test_allocate(gzip_size + 1, 2);

    uhn_dataset data = read_ok(scratch_write(*state, "z.npy.gz", gzip, gzip_size));
    assert_memory_equal(data.rows, values, ROWS * DIM * sizeof *values);
    uhn_dataset_free(&data);

    for (size_t length = 1; length < gzip_size; length = length * 5 / 4 + 1)
        read_refused(scratch_write(*state, "cut.gz", gzip, length), UHN_ERROR_ARGUMENT,
                     length < 2 ? "not a format" : "cut short");
    read_refused(scratch_write(*state, "cut.gz", gzip, gzip_size - 1), UHN_ERROR_ARGUMENT, "cut short");

    memcpy(more, gzip, gzip_size);
    more[gzip_size] = 'x';
    read_refused(scratch_write(*state, "tail.gz", more, gzip_size + 1), UHN_ERROR_ARGUMENT, "not gzip follow");
    more[gzip_size - 8] ^= 1; /* the checksum, then the length */
    read_refused(scratch_write(*state, "crc.gz", more, gzip_size), UHN_ERROR_ARGUMENT,
                 "damaged (incorrect data check)");
    more[gzip_size - 8] ^= 1;
    more[gzip_size - 4] ^= 1;
    read_refused(scratch_write(*state, "len.gz", more, gzip_size), UHN_ERROR_ARGUMENT, "damaged (incorrect length");

    /* Two members are one file. */
    free(more);
    free(gzip);
    gzip = scratch_gzip(bytes, 1000, &half_size);
    uint8_t *rest = scratch_gzip(bytes + 1000, size - 1000, &gzip_size);
    more = test_allocate(half_size + gzip_size, 1);
    memcpy(more, gzip, half_size);
    memcpy(more + half_size, rest, gzip_size);
    data = read_ok(scratch_write(*state, "two.gz", more, half_size + gzip_size));
    assert_memory_equal(data.rows, values, ROWS * DIM * sizeof *values);
    uhn_dataset_free(&data);
    free(rest);
    free(more);
    free(gzip);
    free(bytes);
    free(values);
}

/* A bomb: 8 MB of zeros in a few KB are not decoded beyond the limit. */
static void test_limits(void **state)
{
    enum { SIZE = 8000000 };
    uint8_t *zeros = test_allocate(SIZE, 1);
    const uhn_read_limits limits = {.bytes = 100000};
    uhn_dataset data;
    memcpy(zeros, (const uint8_t[]){0, 0, 8, 1, 0, 0x7a, 0x12, 0}, 8);
    const char *path = scratch_write_gzip(*state, "bomb.gz", zeros, SIZE);
    check_refused(UHN_ERROR_RANGE, uhn_dataset_read(path, &limits, &data));
    assert_non_null(strstr(uhn_error_detail(), "bomb.gz: decodes to more than the limit of 100000 bytes"));
    path = scratch_write(*state, "plain.idx", zeros, SIZE);
    check_refused(UHN_ERROR_RANGE, uhn_dataset_read(path, &limits, &data));
    assert_non_null(strstr(uhn_error_detail(), "plain.idx: holds more than the limit"));
    /* 30000 bytes of truth values become 120000 bytes of float32. */
    path =
        scratch_npy(*state, "b.npy", 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (3, 10000)}", zeros, 30000);
    check_refused(UHN_ERROR_RANGE, uhn_dataset_read(path, &limits, &data));
    assert_non_null(strstr(uhn_error_detail(), "3 rows of 40000 bytes are more than the limit of 100000"));
    assert_null(data.rows);
    free(zeros);
}

/* ------------------------------------------------------------------------------------------------ any file */

static void test_not_readable(void **state)
{
    read_refused(scratch_path(*state, "absent.npy"), UHN_ERROR_ARGUMENT, "No such file or directory");
    read_refused("-", UHN_ERROR_ARGUMENT, "standard input is not read");
    read_refused("/dev/null", UHN_ERROR_ARGUMENT, "neither a regular file nor a folder");
    read_refused(scratch_write(*state, "empty", "", 0), UHN_ERROR_ARGUMENT, "the file is empty");
    read_refused(scratch_write_gzip(*state, "empty.gz", "", 0), UHN_ERROR_ARGUMENT, "the file is empty");
    read_refused(scratch_write(*state, "notes.md", "# Notes\n", 8), UHN_ERROR_ARGUMENT,
                 "not a format that is recognised");
    const char *pipe_path = scratch_path(*state, "pipe");
    assert_int_equal(mkfifo(pipe_path, 0600), 0);
    read_refused(pipe_path, UHN_ERROR_ARGUMENT, "neither a regular file nor a folder");
    if (geteuid() != 0) { /* root may read everything */
        const char *locked = scratch_write(*state, "locked.npy", "x", 1);
        assert_int_equal(chmod(locked, 0), 0);
        read_refused(locked, UHN_ERROR_ARGUMENT, "Permission denied");
    }
}

/* A table row with a missing field, or a reader that takes everything, must not pass. */
static void test_table(void **state)
{
    size_t count = 0;
    (void)state;
    for (; uhn_reader_at(count); count++) {
        const uhn_reader *reader = uhn_reader_at(count);
        assert_true(reader->name && *reader->name && reader->summary && *reader->summary && reader->read);
        assert_false(reader->probe("notes.md", (const uint8_t *)"# Notes", 7, false));
        assert_false(reader->probe("notes.md", (const uint8_t *)"", 0, false));
    }
    assert_int_equal(count, 7);
    assert_null(uhn_reader_at((size_t)-1));
}

static void test_select_and_to_float(void **state)
{
    static const uint8_t bytes[] = {0, 51, 102, 153, 204, 255};
    uhn_dataset data =
        read_ok(scratch_npy(*state, "s.npy", 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2)}", bytes, 6));
    check_refused(UHN_ERROR_RANGE, uhn_dataset_select(&data, 1, 4));
    check_refused(UHN_ERROR_RANGE, uhn_dataset_select(&data, 2, 2));
    check_refused(UHN_ERROR_RANGE, uhn_dataset_select(&data, 2, 1));
    assert_int_equal(data.count, 3);
    check_ok(uhn_dataset_select(&data, 1, 3));
    assert_int_equal(data.count, 2);
    assert_int_equal(data.shape[0], 2);
    assert_memory_equal(data.rows, bytes + 2, 4);
    for (int again = 0; again < 2; again++) { /* the second time there is nothing to do */
        check_ok(uhn_dataset_to_float(&data));
        assert_int_equal(data.storage, UHN_FLOAT32);
        for (size_t i = 0; i < 4; i++)
            assert_true(((float *)data.rows)[i] == (float)bytes[i + 2] / 255.0f);
    }
    uhn_dataset_free(&data);
    uhn_dataset_free(&data); /* an empty one is fine */
    assert_null(data.rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idx),    cmocka_unit_test(test_idx_malformed),
        cmocka_unit_test(test_cifar),  cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_limits), cmocka_unit_test(test_not_readable),
        cmocka_unit_test(test_table),  cmocka_unit_test(test_select_and_to_float),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
