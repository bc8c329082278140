/* SPDX-License-Identifier: MIT
 * In which order a store's bytes reach the disk: rows before what refers to them, a file before its name, and the name
 * before anything is said to be there. Runs with the shim preloaded (tests/CMakeLists.txt). */
#include "faults/shim.h"
#include "store/environment.h" /* to cut a batch into several transactions */
#include "support/scratch.h"

#include "uhn/store.h"

#include <dlfcn.h>
#include <regex.h>
#include <stdio.h>

enum { DIM = 2000, ROWS = 70 }; /* three blocks */

static __typeof__(&uhn_fault_watch) watch; /* the shim's */

/* The last "w" of a change is of the note that its pages are sound, which may be lost. */
static void check_order(const char *order, const char *pattern)
{
    regex_t compiled;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    const bool matches = regexec(&compiled, order, 0, NULL, 0) == 0;
    regfree(&compiled);
    if (!matches)
        fail_msg("the calls \"%s\" (tests/faults/shim.h) are not in the order of %s", order, pattern);
}

static void test_order(void **state)
{
    static float rows[ROWS * DIM];
    static const uint64_t ids[] = {69, 0};
    const uhn_store_rows batch = {.rows = rows, .count = ROWS}, two = {.rows = rows, .count = 2, .ids = ids};
    const char *order = watch(), *path = scratch_path(*state, "store");
    uhn_store *store;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    check_order(order, "^fw+srf$"); /* the new folder's name; then the file, its name, and the folder's contents */
    check_ok(uhn_store_open(path, &store));
    watch();
    check_ok(uhn_store_add(store, &batch, NULL));
    check_order(order, "^fw+sWw$"); /* whoever made the file may have been killed before its name was safe */
    store->stage_bytes = 1;
    watch();
    check_ok(uhn_store_add(store, &batch, NULL));
    check_order(order, "^(w+sW){3,}w$");
    watch();
    check_ok(uhn_store_compact(store));
    check_order(order, "^w+srf$");
    watch();
    check_ok(uhn_store_update(store, &two));
    check_order(order, "^f(w+sW)+w$");
    watch();
    check_ok(uhn_store_remove(store, ids, 2));
    check_order(order, "^(w+sW)+w$");
    uhn_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order)};
    watch = (__typeof__(watch))(uintptr_t)dlsym(RTLD_DEFAULT, "uhn_fault_watch");
    if (!watch) {
        puts("skipped: the shim is not preloaded");
        return 77;
    }
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
