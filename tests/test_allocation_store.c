/* SPDX-License-Identifier: MIT
 * A store while memory runs out: the k-th allocation of ours fails, for k = 1, 2, … until none is left to fail. Each
 * time the answer is "out of memory", and the store is as it was. */
#include "base/allocate.h"
#include "store/environment.h"
#include "support/failing_allocations.h"
#include "support/scratch.h"

#include <stdio.h>

#include "uhn/store.h"

enum { DIM = 500, ROWS = 400 };

static float rows[ROWS * DIM];
static uint64_t ids[ROWS];
static const char *labels[ROWS];

static size_t count_rows(const char *path)
{
    uhn_store *store;
    uhn_store_info info;
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_verify(store, NULL, NULL));
    check_ok(uhn_store_get_info(store, &info));
    uhn_store_close(store);
    return info.rows;
}

/* Each does one thing with the store and tells by how many rows it grows. */
typedef uhn_status action(const char *path, uhn_store *store, long *grows);

static uhn_status create(const char *path, uhn_store *store, long *grows)
{
    char other[SCRATCH_PATH];
    (void)store, (void)grows;
    snprintf(other, sizeof other, "%s-other", path);
    return uhn_store_is_here(other) ? UHN_OK : uhn_store_create(other, UHN_UINT8, 3, 2, "dot");
}

static uhn_status reopen(const char *path, uhn_store *store, long *grows)
{
    uhn_store *again = NULL;
    (void)store, (void)grows;
    const uhn_status status = uhn_store_open(path, &again);
    uhn_store_close(again);
    return status;
}

static uhn_status add(const char *path, uhn_store *store, long *grows)
{
    const uhn_store_rows batch = {.rows = rows, .count = ROWS, .labels = labels};
    (void)path;
    *grows = ROWS;
    return uhn_store_add(store, &batch, NULL);
}

static uhn_status add_with_ids(const char *path, uhn_store *store, long *grows)
{
    uhn_store_info info;
    const uhn_store_rows batch = {.rows = rows, .count = 3, .ids = ids};
    (void)path;
    const uhn_status status = uhn_store_get_info(store, &info);
    for (size_t i = 0; i < 3; i++)
        ids[i] = info.next_id + 2 * i;
    *grows = 3;
    return status == UHN_OK ? uhn_store_add(store, &batch, NULL) : status;
}

static uhn_status update(const char *path, uhn_store *store, long *grows)
{
    static const uint64_t some[] = {1, 2, 390};
    const uhn_store_rows batch = {.rows = rows, .count = 3, .ids = some, .labels = labels};
    (void)path, (void)grows;
    return uhn_store_update(store, &batch);
}

static uhn_status remove_one(const char *path, uhn_store *store, long *grows)
{
    uhn_store_view *view = NULL;
    uint64_t id[2];
    (void)path;
    *grows = -2;
    uhn_status status = uhn_store_view_open(store, &view);
    if (status == UHN_OK)
        status = uhn_store_list(view, 10, 2, id);
    uhn_store_view_close(view);
    return status == UHN_OK ? uhn_store_remove(store, id, 2) : status;
}

static uhn_status compact(const char *path, uhn_store *store, long *grows)
{
    (void)path, (void)grows;
    return uhn_store_compact(store);
}

static uhn_status verify(const char *path, uhn_store *store, long *grows)
{
    (void)path, (void)grows;
    return uhn_store_verify(store, NULL, NULL);
}

static uhn_status write_rows(const char *path, uhn_store *store, bool salvage)
{
    char out[SCRATCH_PATH];
    uhn_store_view *view = NULL;
    snprintf(out, sizeof out, "%s.npy", path);
    uhn_status status = uhn_store_view_open(store, &view);
    if (status == UHN_OK)
        status = salvage ? uhn_store_salvage(view, false, out, NULL, NULL) : uhn_store_export(view, false, out);
    uhn_store_view_close(view);
    return status;
}

static uhn_status export(const char *path, uhn_store *store, long *grows)
{
    (void)grows;
    return write_rows(path, store, false);
}

static uhn_status salvage(const char *path, uhn_store *store, long *grows)
{
    (void)grows;
    return write_rows(path, store, true);
}

static uhn_status take_rows(const char *path, uhn_store *store, long *grows)
{
    uhn_store_view *view = NULL;
    uhn_memory *memory = NULL;
    (void)path, (void)grows;
    uhn_status status = uhn_store_view_open(store, &view);
    if (status == UHN_OK)
        status = uhn_store_view_rows(view, 1, 2, &memory);
    uhn_memory_destroy(memory);
    uhn_store_view_close(view);
    return status;
}

static void test_all(void **state)
{
    static action *const actions[] = {create,  reopen, add,    add_with_ids, update,   remove_one,
                                      compact, verify, export, salvage,      take_rows};
    const char *path = scratch_path(*state, "store");
    uhn_store *store;
    long grows;
    labels[0] = "first";
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    check_ok(uhn_store_open(path, &store));
    check_ok(add(path, store, &grows));
    store->stage_bytes = 1; /* several transactions */
    for (size_t a = 0; a < sizeof actions / sizeof *actions; a++) {
        size_t k = 1;
        for (has_failed = true; has_failed; k++) {
            const size_t before = count_rows(path);
            grows = 0;
            has_failed = false;
            allocations_left = k;
            const uhn_status status = actions[a](path, store, &grows);
            allocations_left = 0;
            if (has_failed && status != UHN_ERROR_OUT_OF_MEMORY)
                fail_msg("action %zu, allocation %zu failed, and the status is %s: %s", a, k, uhn_status_text(status),
                         uhn_error_detail());
            if (!has_failed)
                check_ok(status);
            assert_int_equal(count_rows(path), (long)before + (has_failed ? 0 : grows));
        }
        assert_true(k > 3);
    }
    uhn_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
