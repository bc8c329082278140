/* SPDX-License-Identifier: MIT
 * What a store is called, and what its rows are: a program may change its folder, files of numbers that no store comes
 * to are not the store's, and a label is one line. */
#include "support/scratch.h"

#include "uhn/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DIM = 5, ROWS = 3 };

static const float rows[ROWS * DIM] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};

static const char *in_folder(const char *path, const char *name)
{
    static char joined[SCRATCH_PATH + 64];
    snprintf(joined, sizeof joined, "%s/%s", path, name);
    return joined;
}

static uhn_store *make_store(const char *path)
{
    const uhn_store_rows batch = {.rows = rows, .count = ROWS};
    uhn_store *store;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &batch, NULL));
    return store;
}

static size_t count_rows(const char *path)
{
    uhn_store *store;
    uhn_store_info info;
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_get_info(store, &info));
    uhn_store_close(store);
    return info.rows;
}

/* ---- where it is */

static void test_chdir(void **state)
{
    static const uint64_t second[] = {1};
    const char *here = scratch_path(*state, "here"), *there = scratch_path(*state, "there");
    const uhn_store_rows batch = {.rows = rows, .count = 1};
    char before[4096];
    struct stat about;
    uhn_store_view *view;
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(here, 0777), 0);
    assert_int_equal(mkdir(there, 0777), 0);
    assert_int_equal(chdir(there), 0);
    uhn_store_close(make_store("st"));
    assert_int_equal(unlink(in_folder(there, "st/lock")), 0);
    assert_int_equal(chdir(here), 0);
    uhn_store *store = make_store("st");
    assert_int_equal(chdir(there), 0); /* where another store has the same name */
    check_ok(uhn_store_add(store, &batch, NULL));
    check_ok(uhn_store_remove(store, second, 1));
    check_ok(uhn_store_compact(store));
    check_ok(uhn_store_verify(store, NULL, NULL));
    check_ok(uhn_store_view_open(store, &view));
    assert_int_equal(uhn_memory_count(uhn_store_view_memory(view)), ROWS);
    uhn_store_view_close(view);
    uhn_store_close(store);
    assert_int_equal(count_rows(in_folder(here, "st")), ROWS);
    assert_int_equal(stat(in_folder(here, "st/data-2.mdb"), &about), 0);
    assert_int_equal(count_rows("st"), ROWS);
    assert_int_not_equal(stat("st/lock", &about), 0); /* nobody has locked that one */
    assert_int_not_equal(stat("st/data-2.mdb", &about), 0);
    assert_int_equal(chdir(before), 0);
}

/* A path that leads nowhere is named as it was given. */
static void test_nowhere(void **state)
{
    static const char *const paths[] = {"no/such", "./none", "tests/CMakeLists.txt/x"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        uhn_store *store = NULL;
        check_refused(UHN_ERROR_ARGUMENT, uhn_store_open(paths[i], &store));
        assert_null(store);
        assert_int_equal(strncmp(uhn_error_detail(), paths[i], strlen(paths[i])), 0);
        assert_false(uhn_store_is_here(paths[i]));
    }
}

/* ---- its files */

static void test_numbers(void **state)
{
    static const char *const foreign[] = {"data-18446744073709551615.mdb",
                                          "data-18446744073709551616.mdb",
                                          "data-9223372036854775808.mdb",
                                          "data-99999999999999999999.mdb.tmp",
                                          "data-0.mdb",
                                          "data--1.mdb",
                                          "data-01.mdb",
                                          "data-+7.mdb",
                                          "data- 7.mdb"};
    const size_t count = sizeof foreign / sizeof *foreign;
    const char *path = scratch_path(*state, "numbers");
    struct stat about;
    uhn_store *store = make_store(path);
    for (size_t i = 0; i < count; i++) {
        FILE *file = fopen(in_folder(path, foreign[i]), "wb");
        assert_non_null(file);
        assert_int_equal(fclose(file), 0);
    }
    check_ok(uhn_store_compact(store));
    uhn_store_close(store);
    assert_int_equal(count_rows(path), ROWS);
    assert_int_equal(stat(in_folder(path, "data-2.mdb"), &about), 0);
    assert_int_not_equal(stat(in_folder(path, "data-1.mdb"), &about), 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(stat(in_folder(path, foreign[i]), &about), 0);
        assert_int_equal(about.st_size, 0);
    }
}

/* The last number of all: the store works, but is not compacted into a file that would not be found. */
static void test_last_number(void **state)
{
    const char *path = scratch_path(*state, "last");
    char first[SCRATCH_PATH + 64];
    uhn_store *store;
    const uhn_store_rows batch = {.rows = rows, .count = ROWS};
    uhn_store_close(make_store(path));
    snprintf(first, sizeof first, "%s", in_folder(path, "data-1.mdb"));
    assert_int_equal(rename(first, in_folder(path, "data-9223372036854775807.mdb")), 0);
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &batch, NULL));
    check_refused(UHN_ERROR_SYSTEM, uhn_store_compact(store));
    assert_non_null(strstr(uhn_error_detail(), "data-9223372036854775807.mdb: cannot be compacted"));
    check_ok(uhn_store_add(store, &batch, NULL));
    uhn_store_close(store);
    assert_int_equal(count_rows(path), 3 * ROWS);
}

/* ---- labels */

static void check_labels(uhn_store *store, const char *const expected[ROWS])
{
    uhn_store_view *view;
    uhn_store_info info;
    size_t labels = 0;
    check_ok(uhn_store_view_open(store, &view));
    assert_int_equal(uhn_memory_count(uhn_store_view_memory(view)), ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        size_t length = 99;
        const char *label = uhn_store_view_label(view, i, &length);
        if (!expected[i]) {
            assert_null(label);
            continue;
        }
        labels++;
        assert_non_null(label);
        assert_int_equal(length, strlen(expected[i]));
        assert_memory_equal(label, expected[i], length);
    }
    uhn_store_view_close(view);
    check_ok(uhn_store_get_info(store, &info));
    assert_int_equal(info.labels, labels);
    check_ok(uhn_store_verify(store, NULL, NULL));
}

static void test_labels(void **state)
{
    static const char *const broken[] = {"two\nlines", "line\n", "\n", "a\rb", "line\r\n", "\r"};
    static const uint64_t ids[ROWS] = {0, 1, 2};
    const char *labels[ROWS] = {"one", "", NULL}, *const kept[ROWS] = {"one", NULL, NULL};
    uhn_store_rows batch = {.rows = rows, .count = ROWS, .labels = labels};
    const char *path = scratch_path(*state, "labels");
    uhn_store *store;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &batch, NULL));
    check_labels(store, kept);
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        labels[2] = broken[i];
        batch.ids = NULL;
        check_refused(UHN_ERROR_ARGUMENT, uhn_store_add(store, &batch, NULL));
        assert_non_null(strstr(uhn_error_detail(), "the label of row 2 has a line break"));
        batch.ids = ids;
        check_refused(UHN_ERROR_ARGUMENT, uhn_store_update(store, &batch));
        assert_non_null(strstr(uhn_error_detail(), "the label of row 2 has a line break"));
        check_labels(store, kept);
    }
    labels[0] = ""; /* an update takes a label away */
    labels[1] = "tab\tand \xc3\xa9";
    labels[2] = NULL;
    check_ok(uhn_store_update(store, &batch));
    check_labels(store, (const char *const[ROWS]){NULL, labels[1], NULL});
    batch.labels = NULL;
    check_ok(uhn_store_update(store, &batch));
    check_labels(store, (const char *const[ROWS]){NULL, labels[1], NULL});
    uhn_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chdir), cmocka_unit_test(test_nowhere),
                                       cmocka_unit_test(test_numbers), cmocka_unit_test(test_last_number),
                                       cmocka_unit_test(test_labels)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
