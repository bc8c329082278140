/* SPDX-License-Identifier: MIT
 * The reader of .npy: versions, spellings, types, byte and index orders, geometry, and every malformed header. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset.h"
#include "support/readers.h"
#include "support/scratch.h"

static const float six[] = {0.5f, -1, 2, 3.25f, INFINITY, 0};

static void check_six(const uhn_dataset *data)
{
    assert_int_equal(data->storage, UHN_FLOAT32);
    assert_int_equal(data->count, 2);
    assert_int_equal(data->dim, 3);
    assert_memory_equal(data->rows, six, sizeof six);
    assert_null(data->labels);
    assert_int_equal(data->geometry.channels, 0);
}

static void swap_bytes(void *values, size_t count, size_t size)
{
    uint8_t *bytes = values;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < size / 2; k++) {
            uint8_t kept = bytes[i * size + k];
            bytes[i * size + k] = bytes[i * size + size - 1 - k];
            bytes[i * size + size - 1 - k] = kept;
        }
}

static void test_npy_versions(void **state)
{
    const char *dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    for (int version = 1; version <= 3; version++) {
        uhn_dataset data = read_ok(scratch_npy(*state, "v.npy", version, dictionary, six, sizeof six));
        check_six(&data);
        assert_int_equal(data.rank, 2);
        assert_int_equal(data.shape[0], 2);
        assert_int_equal(data.shape[1], 3);
        uhn_dataset_free(&data);
    }
    read_refused(scratch_npy(*state, "v.npy", 4, dictionary, six, sizeof six), UHN_ERROR_ARGUMENT, "version 4.0");
}

/* Other spellings of one and the same header that Python writes or wrote. */
static void test_npy_spellings(void **state)
{
    static const char *const dictionaries[] = {
        "{'shape':(2,3),'fortran_order':False,'descr':'<f4'}",
        "{\"descr\": \"<f4\", \"fortran_order\": False, \"shape\": (2L, 3L)}",
        " { 'descr' : '<f4' , 'fortran_order' : False , 'shape' : ( 2 , 3 , ) , } ",
    };
    for (size_t i = 0; i < sizeof dictionaries / sizeof *dictionaries; i++) {
        uhn_dataset data = read_ok(scratch_npy(*state, "s.npy", 1, dictionaries[i], six, sizeof six));
        check_six(&data);
        uhn_dataset_free(&data);
    }
}

static void test_npy_byte_orders(void **state)
{
    float swapped[6];
    double doubles[6], swapped_doubles[6];
    memcpy(swapped, six, sizeof six);
    swap_bytes(swapped, 6, 4);
    for (int i = 0; i < 6; i++)
        doubles[i] = swapped_doubles[i] = (double)six[i];
    swap_bytes(swapped_doubles, 6, 8);
    const struct {
        const char *dictionary;
        const void *bytes;
        size_t size;
    } cases[] = {
        {"{'descr': '>f4', 'fortran_order': False, 'shape': (2, 3)}", swapped, sizeof swapped},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}", doubles, sizeof doubles},
        {"{'descr': '>f8', 'fortran_order': False, 'shape': (2, 3)}", swapped_doubles, sizeof swapped_doubles},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uhn_dataset data = read_ok(scratch_npy(*state, "o.npy", 1, cases[i].dictionary, cases[i].bytes, cases[i].size));
        check_six(&data);
        uhn_dataset_free(&data);
    }
}

/* Four dimensions in both orders, of every size of element, past the length of one chunk. */
static void test_npy_fortran_order(void **state)
{
    enum { A = 7, B = 3, C = 50, D = 11, ALL = A * B * C * D };
    static const char *const types[] = {"|u1", "<f4", "<f8"};
    static const size_t sizes[] = {1, 4, 8};
    double *values = test_allocate(ALL, sizeof *values);
    for (size_t type = 0; type < 3; type++) {
        char dictionary[128];
        for (size_t a = 0; a < A; a++)
            for (size_t b = 0; b < B; b++)
                for (size_t c = 0; c < C; c++)
                    for (size_t d = 0; d < D; d++) {
                        size_t from = ((d * C + c) * B + b) * A + a, value = ((a * B + b) * C + c) * D + d;
                        uint8_t *place = (uint8_t *)values + from * sizes[type];
                        if (type == 0)
                            *place = (uint8_t)value;
                        else if (type == 1)
                            memcpy(place, &(float){(float)value}, 4);
                        else
                            memcpy(place, &(double){(double)value}, 8);
                    }
        snprintf(dictionary, sizeof dictionary, "{'descr': '%s', 'fortran_order': True, 'shape': (%d, %d, %d, %d)}",
                 types[type], A, B, C, D);
        uhn_dataset data = read_ok(scratch_npy(*state, "f.npy", 1, dictionary, values, ALL * sizes[type]));
        assert_int_equal(data.count, A);
        assert_int_equal(data.dim, B * C * D);
        for (size_t i = 0; i < ALL; i++)
            if (type == 0)
                assert_int_equal(((uint8_t *)data.rows)[i], (uint8_t)i);
            else
                assert_true(((float *)data.rows)[i] == (float)i);
        uhn_dataset_free(&data);
    }
    free(values);
}

static void test_npy_small_types(void **state)
{
    static const uint8_t bytes[] = {0, 1, 2, 255};
    static const float truth[] = {0, 1, 1, 1};
    uhn_dataset data =
        read_ok(scratch_npy(*state, "u.npy", 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (4, 1)}", bytes, 4));
    assert_int_equal(data.storage, UHN_UINT8);
    assert_int_equal(data.count, 4);
    assert_memory_equal(data.rows, bytes, 4);
    uhn_dataset_free(&data);

    data =
        read_ok(scratch_npy(*state, "b.npy", 1, "{'descr': '|b1', 'fortran_order': False, 'shape': (4,)}", bytes, 4));
    assert_int_equal(data.storage, UHN_FLOAT32);
    assert_int_equal(data.count, 1);
    assert_int_equal(data.dim, 4);
    assert_int_equal(data.rank, 1);
    assert_int_equal(data.shape[0], 4);
    assert_memory_equal(data.rows, truth, sizeof truth);
    uhn_dataset_free(&data);
}

/* float64: the largest values that still round to float32 are read, the next is refused; NaN and infinities pass. */
static void test_npy_float64_range(void **state)
{
    const char *dictionary = "{'descr': '<f8', 'fortran_order': %s, 'shape': (2, 2)}";
    double values[] = {0x1.fffffefp127, -0x1.fffffefp127, NAN, -INFINITY};
    char text[128];
    snprintf(text, sizeof text, dictionary, "False");
    uhn_dataset data = read_ok(scratch_npy(*state, "d.npy", 1, text, values, sizeof values));
    const float *rows = data.rows;
    assert_true(rows[0] == 0x1.fffffep127f && rows[1] == -0x1.fffffep127f && isnan(rows[2]) && rows[3] == -INFINITY);
    uhn_dataset_free(&data);

    values[2] = 0x1.ffffffp127;
    read_refused(scratch_npy(*state, "d.npy", 1, text, values, sizeof values), UHN_ERROR_RANGE,
                 "row 1, column 0 is beyond float32's range");
    snprintf(text, sizeof text, dictionary, "True");
    read_refused(scratch_npy(*state, "d.npy", 1, text, values, sizeof values), UHN_ERROR_RANGE, "row 0, column 1");
}

static void test_npy_geometry(void **state)
{
    static const struct {
        const char *shape;
        size_t size, count;
        uhn_geometry geometry;
    } cases[] = {
        {"(784,)", 784, 1, {28, 28, 1, false}},     {"(2, 784)", 1568, 2, {28, 28, 1, false}},
        {"(1, 3072)", 3072, 1, {32, 32, 3, false}}, {"(12288,)", 12288, 1, {64, 64, 3, false}},
        {"(2, 785)", 1570, 2, {0, 0, 0, false}},    {"(2, 4, 5)", 40, 2, {4, 5, 1, false}},
        {"(2, 1, 784)", 1568, 2, {0, 0, 0, false}}, {"(2, 3, 4, 5)", 120, 2, {4, 5, 3, false}},
        {"(2, 1, 4, 5)", 40, 2, {4, 5, 1, false}},  {"(2, 4, 5, 3)", 120, 2, {4, 5, 3, true}},
        {"(2, 3, 4, 3)", 72, 2, {4, 3, 3, false}},  {"(2, 4, 5, 1)", 40, 2, {4, 5, 1, true}},
        {"(2, 4, 5, 2)", 80, 2, {0, 0, 0, false}},
    };
    uint8_t *bytes = test_allocate(12288, 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "{'descr': '|u1', 'fortran_order': False, 'shape': %s}", cases[i].shape);
        uhn_dataset data = read_ok(scratch_npy(*state, "g.npy", 1, text, bytes, cases[i].size));
        assert_int_equal(data.count, cases[i].count);
        assert_int_equal(data.dim, cases[i].size / cases[i].count);
        check_geometry(&data, cases[i].geometry);
        uhn_dataset_free(&data);
    }
    free(bytes);
}

static void test_npy_malformed_headers(void **state)
{
    static const struct {
        const char *dictionary, *says;
    } cases[] = {
        {"", "a dictionary expected"},
        {"{}", "lacks descr"},
        {"{'descr': '<f4', 'shape': (2, 3)}", "lacks fortran_order"},
        {"{'descr': '<f4', 'fortran_order': False}", "lacks shape"},
        {"{'descr': '<f4', 'descr': '<f4'}", "says descr twice"},
        {"{'descr': '<f4' 'fortran_order': False}", "a comma expected"},
        {"{'descr' '<f4'}", "a colon expected"},
        {"{'descr': '<f4', 'extra': 1}", "unknown entry 'extra'"},
        {"{'descr': <f4}", "a string expected"},
        {"{'descr': '<f4", "the end of a plain string"},
        {"{'descr': '<f\\x34'}", "the end of a plain string"},
        {"{'descr': '<i8'}", "dtype '<i8' is not read"},
        {"{'descr': '|O'}", "dtype '|O' is not read"},
        {"{'descr': '<U12'}", "dtype '<U12' is not read"},
        {"{'descr': '<f2'}", "dtype '<f2' is not read"},
        {"{'descr': '|f4'}", "dtype '|f4' is not read"},
        {"{'descr': [('a', '<f4'), ('b', '<f4')]}", "structured dtype [('a', '<f4')"},
        {"{'fortran_order': 1}", "True or False expected"},
        {"{'shape': [2, 3]}", "the tuple of sizes expected"},
        {"{'shape': (2 3)}", "a comma expected"},
        {"{'shape': (6)}", "a comma in the tuple"},
        {"{'shape': (2, , 3)}", "a size expected"},
        {"{'shape': (2, -3)}", "negative"},
        {"{'shape': ()}", "single number"},
        {"{'shape': (1, 1, 1, 2, 3)}", "more than 4 dimensions"},
        {"{'shape': (99999999999999999999,)}", "too large to be counted"},
        {"{'shape': (2, 3", "a comma expected"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} x", "the end of the header expected"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3)}", "the array is empty: its sizes are 0 × 3"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 0)}", "the array is empty"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1000, 784)}",
         "the header says 1000 × 784 float32 (3136000 bytes) but 24 bytes follow"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}", "(20 bytes) but 24 bytes follow"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "more bytes than can be"},
        {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904,)}", "more bytes than can be"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        read_refused(scratch_npy(*state, "bad.npy", 1, cases[i].dictionary, six, sizeof six), UHN_ERROR_ARGUMENT,
                     cases[i].says);
}

static void test_npy_cut_short(void **state)
{
    size_t size;
    uint8_t *bytes = scratch_bytes(
        scratch_npy(*state, "t.npy", 2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", six, sizeof six),
        &size);
    for (size_t length = 0; length < size; length++)
        read_refused(scratch_write(*state, "t.npy", bytes, length), UHN_ERROR_ARGUMENT,
                     length == 0   ? "empty"
                     : length < 6  ? "not a format"
                     : length < 12 ? "ends after"
                                   : "follow|first");
    memset(bytes + 8, 0xff, 4); /* a header of 4 GiB */
    read_refused(scratch_write(*state, "t.npy", bytes, size), UHN_ERROR_ARGUMENT, "4294967295 bytes long");
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_npy_versions),    cmocka_unit_test(test_npy_spellings),
        cmocka_unit_test(test_npy_byte_orders), cmocka_unit_test(test_npy_fortran_order),
        cmocka_unit_test(test_npy_small_types), cmocka_unit_test(test_npy_float64_range),
        cmocka_unit_test(test_npy_geometry),    cmocka_unit_test(test_npy_malformed_headers),
        cmocka_unit_test(test_npy_cut_short),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
