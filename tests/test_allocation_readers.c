/* SPDX-License-Identifier: MIT
 * Reading while memory runs out: the k-th allocation fails, for k = 1, 2, … until none is left to fail. Each time the
 * answer is "out of memory", the data are empty, and the sanitizer finds no leak. */
#include <stdlib.h>
#include <string.h>

#include <png.h>

#include "base/allocate.h"
#include "data/dataset.h"
#include "support/archives.h"
#include "support/failing_allocations.h"
#include "support/readers.h"

typedef uhn_status read_function(const char *path, const uhn_read_limits *limits, uhn_dataset *data);

static uhn_status read_failing(const char *path, read_function *read, size_t k, uhn_dataset *data)
{
    allocations_left = k;
    has_failed = false;
    uhn_status status = read(path, NULL, data);
    if (status == UHN_OK && data->rows)
        status = uhn_dataset_to_float(data);
    allocations_left = 0;
    return status;
}

static void check_each_failure(const char *path, read_function *read, size_t at_least)
{
    size_t k = 1;
    for (;; k++) {
        uhn_dataset data;
        uhn_status status = read_failing(path, read, k, &data);
        uhn_dataset_free(&data);
        if (!has_failed) {
            check_ok(status);
            break;
        }
        if (status != UHN_ERROR_OUT_OF_MEMORY)
            fail_msg("%s: allocation %zu failed, and the status is %s: %s", path, k, uhn_status_text(status),
                     uhn_error_detail());
    }
    assert_true(k > at_least);
}

static void check_all_failures(const char *path, size_t at_least)
{
    check_each_failure(path, uhn_dataset_read, at_least);
    check_each_failure(path, uhn_dataset_open, at_least);
}

static void test_arrays(void **state)
{
    static uint8_t record[3074];
    static const uint8_t labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 7, 2, 1};
    check_all_failures(
        scratch_npy(*state, "a.npy", 1, "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}", record, 6), 3);
    check_each_failure(
        scratch_npy(*state, "b.npy", 1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3)}", record, 6),
        uhn_dataset_open, 2);
    check_all_failures(scratch_write_gzip(*state, "labels.gz", labels, sizeof labels), 4);
    check_all_failures(scratch_write(*state, "c.bin", record, 3073), 3);
}

static void test_images(void **state)
{
    static const uint8_t rows[8 * 8 * 4] = {1, 2, 3, 255};
    check_all_failures(scratch_png(*state, "f/a.png", 8, 8, PNG_COLOR_TYPE_RGB_ALPHA, 8, true, rows), 8);
    check_all_failures(scratch_jpeg(*state, "f/b.jpg", 8, 8, 1, true, rows), 3);
    check_all_failures(scratch_path(*state, "f"), 20);
}

static void test_archives(void **state)
{
    static uint8_t record[3073];
    const archive_member batches[] = {{.name = "c/data_batch_2.bin", .bytes = record, .size = sizeof record},
                                      {.name = "c/data_batch_1.bin", .bytes = record, .size = sizeof record}};
    check_all_failures(archive_write(*state, "c.tar.gz", "ustar", "gzip", NULL, batches, 2), 12);
    const archive_member images[] = {archive_member_of("a/a.png", scratch_path(*state, "f/a.png")),
                                     archive_member_of("b/b.jpg", scratch_path(*state, "f/b.jpg"))};
    check_all_failures(archive_write(*state, "f.zip", "zip", NULL, NULL, images, 2), 20);
    free((void *)images[0].bytes);
    free((void *)images[1].bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_arrays), cmocka_unit_test(test_images),
                                       cmocka_unit_test(test_archives)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
