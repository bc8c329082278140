/* SPDX-License-Identifier: MIT
 * Stores that somebody else has made or changed to do harm: links in the folder lead to no other file, and a list of
 * unused pages that is not as LMDB keeps it is refused before a writer takes pages from it. */
#include "support/scratch.h"

#include "uhn/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 40, DIM = 300, PAGE = 4096, PAGE_HEADER = 16, FIRST_TREE = 40, LAST_PAGE = 136, TRANSACTION = 144 };

static float rows[ROWS * DIM];

static const char *in_folder(const char *path, const char *name)
{
    static char joined[SCRATCH_PATH + 64];
    snprintf(joined, sizeof joined, "%s/%s", path, name);
    return joined;
}

/* A store with lists of unused pages of several transactions. */
static const char *make_store(const scratch *folder, const char *name)
{
    static const uint64_t gone[] = {3, 20};
    const char *path = scratch_path(folder, name);
    const uhn_store_rows batch = {.rows = rows, .count = ROWS};
    uhn_store *store;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    check_ok(uhn_store_open(path, &store));
    for (size_t i = 0; i < 12; i++)
        check_ok(uhn_store_add(store, &batch, NULL));
    check_ok(uhn_store_remove(store, gone, 1));
    check_ok(uhn_store_remove(store, gone + 1, 1));
    uhn_store_close(store);
    return path;
}

static uhn_status open_and_close(const char *path)
{
    uhn_store *store = NULL;
    const uhn_status status = uhn_store_open(path, &store);
    uhn_store_close(store);
    return status;
}

static uhn_status remove_one(const char *path, uint64_t id)
{
    uhn_store *store = NULL;
    uhn_status status = uhn_store_open(path, &store);
    if (status == UHN_OK)
        status = uhn_store_remove(store, &id, 1);
    uhn_store_close(store);
    return status;
}

static void check_untouched(const char *victim, const struct stat *before)
{
    struct stat now;
    size_t size;
    uint8_t *bytes = scratch_bytes(victim, &size);
    assert_int_equal(size, 5);
    assert_memory_equal(bytes, "dear\n", 5);
    free(bytes);
    assert_int_equal(stat(victim, &now), 0);
    assert_int_equal(now.st_mode, before->st_mode);
    assert_int_equal(now.st_uid, before->st_uid);
}

/* Each file of the folder as a link to a file that is dear to the user. */
static void test_links(void **state)
{
    static const char *const names[] = {"data-1.mdb", "data-1.mdb-lock", "lock"};
    const char *path = make_store(*state, "links"), *victim = scratch_write(*state, "victim", "dear\n", 5);
    struct stat before;
    assert_int_equal(chmod(victim, 0600), 0);
    assert_int_equal(stat(victim, &before), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *aside = scratch_path(*state, "aside");
        assert_int_equal(rename(in_folder(path, names[i]), aside), 0);
        assert_int_equal(symlink(victim, in_folder(path, names[i])), 0);
        assert_int_equal(open_and_close(path), i < 2 ? UHN_ERROR_SYSTEM : UHN_OK); /* readers need no `lock` */
        check_refused(UHN_ERROR_SYSTEM, remove_one(path, 5));
        assert_non_null(strstr(uhn_error_detail(), names[i]));
        check_untouched(victim, &before);
        assert_int_equal(rename(aside, in_folder(path, names[i])), 0);
    }
    check_ok(remove_one(path, 5));
}

/* What compaction makes, it makes itself. */
static void test_links_for_compaction(void **state)
{
    static const char *const names[] = {"data-2.mdb-lock", "data-2.mdb.tmp", "data-2.mdb-checked"};
    const char *path = make_store(*state, "compaction"), *victim = scratch_write(*state, "victim", "dear\n", 5);
    struct stat before, now;
    uhn_store *store;
    assert_int_equal(chmod(victim, 0600), 0);
    assert_int_equal(stat(victim, &before), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(symlink(victim, in_folder(path, names[i])), 0);
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_compact(store));
    check_ok(uhn_store_verify(store, NULL, NULL));
    uhn_store_close(store);
    check_ok(remove_one(path, 5));
    check_untouched(victim, &before);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(lstat(in_folder(path, names[i]), &now) != 0 || S_ISREG(now.st_mode));
}

/* Somebody who may write the store, and is not its owner, does not lock the owner out by compacting it. */
static void test_owner(void **state)
{
    static const char *const names[] = {".", "data-1.mdb", "data-1.mdb-lock", "lock"};
    enum { NOBODY = 65534 };
    const char *path = make_store(*state, "owner");
    struct stat now;
    int how;
    if (geteuid() != 0)
        skip();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(chmod(in_folder(path, names[i]), 0777), 0);
    assert_int_equal(chmod(((const scratch *)*state)->folder, 0755), 0);
    const pid_t child = fork();
    if (child == 0) {
        uhn_store *store = NULL;
        if (setgid(NOBODY) != 0 || setuid(NOBODY) != 0 || uhn_store_open(path, &store) != UHN_OK)
            _exit(1);
        _exit(uhn_store_compact(store) != UHN_ERROR_SYSTEM || !strstr(uhn_error_detail(), "by this user"));
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    assert_int_equal(stat(in_folder(path, "data-1.mdb"), &now), 0);
    assert_int_equal(now.st_uid, 0);
    assert_int_not_equal(stat(in_folder(path, "data-2.mdb"), &now), 0);
    check_ok(remove_one(path, 5));
}

/* ---- the list of unused pages */

static uint64_t get64(const uint8_t *at)
{
    uint64_t number;
    memcpy(&number, at, sizeof number);
    return number;
}

/* The page that holds the lists of the file's present snapshot. */
static uint8_t *page_of_lists(uint8_t *bytes)
{
    uint8_t *start = bytes + PAGE_HEADER;
    if (get64(start + PAGE + TRANSACTION - PAGE_HEADER) > get64(start + TRANSACTION - PAGE_HEADER))
        start += PAGE;
    return bytes + get64(start + FIRST_TREE - PAGE_HEADER + 40) * PAGE;
}

/* The node with list `index`: 8 bytes, then its key, then a count and the numbers of pages. */
static uint8_t *list_at(uint8_t *page, size_t index)
{
    uint16_t offset;
    memcpy(&offset, page + PAGE_HEADER + 2 * index, sizeof offset);
    return page + offset;
}

static void swap(uint8_t *a, uint8_t *b)
{
    uint8_t kept[8];
    memcpy(kept, a, sizeof kept);
    memcpy(a, b, sizeof kept);
    memcpy(b, kept, sizeof kept);
}

static void swap_pages(uint8_t *page)
{
    uint8_t *list = list_at(page, 0);
    assert_true(get64(list + 16) >= 2);
    swap(list + 24, list + 32);
}

static void swap_keys(uint8_t *page)
{
    swap(list_at(page, 0) + 8, list_at(page, 1) + 8);
}

static void clear_key(uint8_t *page)
{
    memset(list_at(page, 0) + 8, 0, 8);
}

static void raise_key(uint8_t *page)
{
    uint16_t lower;
    memcpy(&lower, page + 12, sizeof lower);
    memset(list_at(page, (size_t)(lower - PAGE_HEADER) / 2 - 1) + 8, 0x11, 8);
}

static void test_unused_lists(void **state)
{
    static void (*const damages[])(uint8_t * page) = {swap_pages, swap_keys, clear_key, raise_key};
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        char name[16], noted[SCRATCH_PATH + 64];
        snprintf(name, sizeof name, "lists%zu", i);
        const char *path = make_store(*state, name);
        size_t size;
        uint8_t *bytes = scratch_bytes(in_folder(path, "data-1.mdb"), &size);
        damages[i](page_of_lists(bytes));
        snprintf(noted, sizeof noted, "%s", in_folder(path, "data-1.mdb-checked"));
        assert_int_equal(unlink(noted), 0); /* this comes sooner than times of files tell */
        FILE *file = fopen(in_folder(path, "data-1.mdb"), "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(bytes, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
        free(bytes);
        uhn_store *store;
        uhn_store_info info;
        check_ok(uhn_store_open(path, &store)); /* who only reads does not need the lists */
        check_ok(uhn_store_get_info(store, &info));
        assert_int_equal(info.unused_bytes, 0);
        check_refused(UHN_ERROR_DAMAGED, uhn_store_verify(store, NULL, NULL));
        uhn_store_close(store);
        check_refused(UHN_ERROR_DAMAGED, remove_one(path, 5));
        assert_non_null(strstr(uhn_error_detail(), "unused pages"));
    }
}

/* Another program changes a page while a writer has the store open: the writer does not vouch for it. */
static void test_changed_meanwhile(void **state)
{
    const char *path = make_store(*state, "meanwhile");
    const uint64_t first = 5, second = 6;
    struct timespec moment = {.tv_nsec = 50000000};
    uhn_store *store;
    size_t size;
    uint8_t damaged[2] = {0xff, 0xff};
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_remove(store, &first, 1));
    nanosleep(&moment, NULL); /* times of files go on in steps */
    uint8_t *bytes = scratch_bytes(in_folder(path, "data-1.mdb"), &size);
    const long at = page_of_lists(bytes) - bytes;
    free(bytes);
    FILE *file = fopen(in_folder(path, "data-1.mdb"), "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at + PAGE_HEADER, SEEK_SET), 0);
    assert_int_equal(fwrite(damaged, 1, sizeof damaged, file), sizeof damaged);
    assert_int_equal(fclose(file), 0);
    check_refused(UHN_ERROR_DAMAGED, uhn_store_remove(store, &second, 1));
    uhn_store_close(store);
}

/* Who asks for a row of a damaged block is told so, not that there is no such row. */
static void test_damaged_row(void **state)
{
    const char *path = make_store(*state, "row");
    uhn_store *store;
    uhn_store_view *view;
    float row[DIM];
    uint64_t id;
    size_t size;
    uint8_t *bytes = scratch_bytes(in_folder(path, "data-1.mdb"), &size);
    FILE *file = fopen(in_folder(path, "data-1.mdb"), "r+b");
    assert_non_null(file);
    for (uint8_t *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), "UHNBLOCK", 8)); at++) {
        assert_int_equal(fseek(file, at - bytes + 60, SEEK_SET), 0);
        assert_int_equal(fputc(4, file), 4);
    }
    assert_int_equal(fclose(file), 0);
    free(bytes);
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_view_open(store, &view));
    check_refused(UHN_ERROR_DAMAGED, uhn_store_get(view, 5, row, NULL));
    assert_non_null(strstr(uhn_error_detail(), "the checksum of block 0"));
    check_refused(UHN_ERROR_DAMAGED, uhn_store_list(view, 0, 1, &id));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_get(view, 12 * ROWS, row, NULL));
    uhn_store_view_close(view);
    uhn_store_close(store);
}

/* ---- ids */

/* The last id there is leaves room for those that are named. */
static void test_last_id(void **state)
{
    static const uint64_t last[] = {UHN_STORE_IDS - 1}, other[] = {7};
    const char *path = scratch_path(*state, "ids");
    uhn_store *store;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1, .ids = last}, NULL));
    check_ok(uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1, .ids = other}, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1}, NULL));
    check_ok(uhn_store_verify(store, NULL, NULL));
    uhn_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_links),
                                       cmocka_unit_test(test_links_for_compaction),
                                       cmocka_unit_test(test_owner),
                                       cmocka_unit_test(test_unused_lists),
                                       cmocka_unit_test(test_changed_meanwhile),
                                       cmocka_unit_test(test_damaged_row),
                                       cmocka_unit_test(test_last_id)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
