/* SPDX-License-Identifier: MIT
 * Stores that something has happened to: a full disk, a file that was cut off, bits that have flipped anywhere, another
 * version. Nothing crashes, nothing wrong is recalled, and the sentence says what it is. */
#include "kernel/crc32c.h"
#include "store/environment.h"
#include "support/length.h"
#include "support/random_data.h"
#include "support/scratch.h"

#include "uhn/store.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DIM = 300, ROWS = 1500, FLIPS_FEW = 9, FLIPS = 300, FLIPS_ALL = 3000 };

static float rows[ROWS * DIM];

static void fill_rows(void)
{
    test_random random = {7};
    for (size_t i = 0; i < ROWS * DIM; i++)
        rows[i] = (float)random_uniform(&random);
}

/* A store of ROWS rows with labels, from which some were removed. */
static const char *make_store(const scratch *folder, const char *name)
{
    const char *path = scratch_path(folder, name);
    static const char *labels[ROWS];
    static const uint64_t gone[] = {3, 100, 101, 102, 700};
    const uhn_store_rows batch = {.rows = rows, .count = ROWS, .labels = labels};
    uhn_store *store;
    for (size_t i = 0; i < ROWS; i += 3)
        labels[i] = "every third";
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, "cosine"));
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &batch, NULL));
    check_ok(uhn_store_remove(store, gone, sizeof gone / sizeof *gone));
    uhn_store_close(store);
    return path;
}

static const char *data_file(const char *path)
{
    static char name[SCRATCH_PATH + 16];
    snprintf(name, sizeof name, "%s/data-1.mdb", path);
    return name;
}

/* What is noted of the file goes: this comes sooner after a change than the times of files tell. */
static void rewrite(const char *path, const void *bytes, size_t size)
{
    char note[SCRATCH_PATH + 32];
    snprintf(note, sizeof note, "%s" UHN_NOTE_SUFFIX, data_file(path));
    (void)unlink(note);
    FILE *file = fopen(data_file(path), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* What a user would do with a store. Gives the first failure. */
static uhn_status use(const char *path, float *out)
{
    uhn_store *store = NULL;
    uhn_store_view *view = NULL;
    uhn_options options;
    size_t length;
    uhn_status status = uhn_store_open(path, &store);
    uhn_options_default(&options);
    options.threads = 1;
    if (status == UHN_OK)
        status = uhn_store_view_open(store, &view);
    if (status == UHN_OK)
        status = uhn_recall(uhn_store_view_memory(view), rows, 1, 0, &options, out, 0, NULL);
    for (uint64_t id = 0; status == UHN_OK && id < 20; id++)
        (void)uhn_store_view_label(view, id, &length);
    uhn_store_view_close(view);
    uhn_store_close(store);
    return status;
}

static uhn_status verify(const char *path)
{
    uhn_store *store = NULL;
    uhn_status status = uhn_store_open(path, &store);
    if (status == UHN_OK)
        status = uhn_store_verify(store, NULL, NULL);
    uhn_store_close(store);
    return status;
}

static void change(const char *path)
{
    static const uint64_t ids[] = {0, 50, 1200};
    const uhn_store_rows batch = {.rows = rows, .count = 200}, updated = {.rows = rows, .count = 3, .ids = ids};
    uhn_store *store = NULL;
    if (uhn_store_open(path, &store) == UHN_OK) {
        (void)uhn_store_update(store, &updated);
        (void)uhn_store_add(store, &batch, NULL);
        (void)uhn_store_remove(store, ids, 3);
        (void)uhn_store_compact(store);
    }
    uhn_store_close(store);
}

/* In a process of its own, so that a crash would be seen. Exit status 0: sound, and the answer is `expected`; 1:
 * refused; 2: sound, but another answer. */
static int try_in_child(const char *path, const float *expected, bool also_change)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        float out[DIM];
        alarm(60);
        const uhn_status status = use(path, out);
        const bool same = status == UHN_OK && memcmp(out, expected, sizeof out) == 0;
        const bool sound = verify(path) == UHN_OK;
        if (also_change)
            change(path);
        _exit(status != UHN_OK || !sound ? 1 : same ? 0 : 2);
    }
    int how = 0;
    assert_int_equal(waitpid(child, &how, 0), child);
    if (!WIFEXITED(how))
        fail_msg("%s: the process ended by signal %d", path, WTERMSIG(how));
    return WEXITSTATUS(how);
}

/* Bits flip anywhere: half of the time among the pages that are not rows. */
static void test_flipped_bits(void **state)
{
    const char *path = make_store(*state, "flipped");
    float expected[DIM];
    size_t size;
    uint8_t *bytes = scratch_bytes(data_file(path), &size), *broken = test_allocate(size, 1);
    const int flips = (int[]){FLIPS_FEW, FLIPS, FLIPS_ALL}[length_of_tests()];
    test_random random = {11};
    int refused = 0;
    check_ok(use(path, expected));
    for (int i = 0; i < flips; i++) {
        memcpy(broken, bytes, size);
        size_t at = random_below(&random, size);
        for (int more = 0; i % 2 && more < 10000; more++) { /* a page that begins with what LMDB begins one with */
            const size_t page = random_below(&random, size / 4096) * 4096;
            uint16_t flags;
            memcpy(&flags, bytes + page + 10, sizeof flags);
            if (flags == 1 || flags == 2 || flags == 8) {
                at = page + random_below(&random, i % 4 == 1 ? 64 : 4096);
                break;
            }
        }
        for (size_t count = 1 + random_below(&random, 3); count; count--)
            broken[at + count < size ? at + count - 1 : at] ^= (uint8_t)(1 << random_below(&random, 8));
        rewrite(path, broken, size);
        const int outcome = try_in_child(path, expected, i % 3 == 0);
        if (outcome == 2)
            fail_msg("flip %d at byte %zu: the store is said to be sound, and recall says something else", i, at);
        refused += outcome == 1;
        char command[SCRATCH_PATH + 64]; /* compaction may have gone on to the next file */
        snprintf(command, sizeof command, "rm -f '%s'/data-*", path);
        assert_int_equal(system(command), 0);
    }
    assert_true(refused > flips / 3);
    free(bytes);
    free(broken);
}

/* A bit of a row: verify and recall name the block. */
static void test_flipped_row(void **state)
{
    const char *path = make_store(*state, "row");
    float out[DIM];
    size_t size;
    uint8_t *bytes = scratch_bytes(data_file(path), &size);
    uint8_t *found = memmem(bytes, size, rows + 900 * DIM, DIM * sizeof *rows);
    assert_non_null(found);
    assert_int_equal((uintptr_t)(found - bytes) % sizeof(float), 0);
    found[17] ^= 4;
    rewrite(path, bytes, size);
    check_refused(UHN_ERROR_DAMAGED, use(path, out));
    assert_non_null(strstr(uhn_error_detail(), "the checksum of block 4"));
    check_refused(UHN_ERROR_DAMAGED, verify(path));
    assert_non_null(strstr(uhn_error_detail(), "the checksum of block 4"));
    /* Nor does a writer put what is damaged under a new checksum. */
    static const uint64_t neighbour[] = {901};
    uhn_store *store;
    check_ok(uhn_store_open(path, &store));
    check_refused(UHN_ERROR_DAMAGED, uhn_store_remove(store, neighbour, 1));
    assert_non_null(strstr(uhn_error_detail(), "the checksum of block 4"));
    check_refused(UHN_ERROR_DAMAGED,
                  uhn_store_update(store, &(uhn_store_rows){.rows = rows, .count = 1, .ids = neighbour}));
    check_refused(UHN_ERROR_DAMAGED, uhn_store_compact(store));
    uhn_store_close(store);
    check_refused(UHN_ERROR_DAMAGED, verify(path));
    free(bytes);
}

/* Finds what is there once or more often, and flips a bit of it. */
static void flip_first(const char *path, const void *what, size_t length)
{
    size_t size;
    uint8_t *bytes = scratch_bytes(data_file(path), &size);
    for (uint8_t *at = bytes; (at = memmem(at, size - (size_t)(at - bytes), what, length)); at++)
        at[length - 1] ^= 1;
    rewrite(path, bytes, size);
    free(bytes);
}

/* A label, and the description of the store, have checksums too. */
static void test_flipped_names(void **state)
{
    const char *path = make_store(*state, "label");
    float out[DIM];
    size_t length;
    uhn_store *store;
    uhn_store_view *view;
    flip_first(path, "every third", sizeof "every third" - 1);
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_view_open(store, &view));
    assert_null(uhn_store_view_label(view, 0, &length));
    assert_true(length == UHN_STORE_LABEL_DAMAGED);
    assert_non_null(strstr(uhn_error_detail(), "the label of id 0 is damaged"));
    assert_null(uhn_store_view_label(view, 1, &length));
    assert_int_equal(length, 0);
    uhn_store_view_close(view);
    uhn_store_close(store);
    check_refused(UHN_ERROR_DAMAGED, verify(path));
    assert_non_null(strstr(uhn_error_detail(), "the label of id 0 is damaged"));
    path = make_store(*state, "description");
    flip_first(path, "cosine", sizeof "cosine" - 1);
    check_refused(UHN_ERROR_DAMAGED, use(path, out));
    assert_non_null(strstr(uhn_error_detail(), "the description of the store is damaged"));
}

/* Of a batch that failed after some transactions neither ids nor labels are left, which later rows would get. */
static void test_failed_batch(void **state)
{
    const char *path = make_store(*state, "failed");
    static const char *ghosts[ROWS];
    uhn_store *store;
    uhn_store_view *view;
    size_t length;
    for (size_t i = 0; i < ROWS; i++)
        ghosts[i] = "ghost";
    check_ok(uhn_store_open(path, &store));
    store->stage_bytes = 1;
    const float last = rows[ROWS * DIM - 1];
    rows[ROWS * DIM - 1] = __builtin_nanf("");
    check_refused(UHN_ERROR_NONFINITE,
                  uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = ROWS, .labels = ghosts}, NULL));
    rows[ROWS * DIM - 1] = last;
    check_ok(uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = ROWS}, NULL));
    check_ok(uhn_store_verify(store, NULL, NULL));
    check_ok(uhn_store_view_open(store, &view));
    for (uint64_t id = ROWS; id < 2 * ROWS; id++)
        assert_null(uhn_store_view_label(view, id, &length));
    uhn_store_view_close(view);
    /* The space of what updates replace is used again. */
    static const uint64_t one[] = {ROWS};
    uhn_store_info before, after;
    check_ok(uhn_store_get_info(store, &before));
    for (int i = 0; i < 20; i++)
        check_ok(uhn_store_update(store, &(uhn_store_rows){.rows = rows, .count = 1, .ids = one}));
    check_ok(uhn_store_get_info(store, &after));
    assert_true(after.bytes < before.bytes + 6 * (uint64_t)UHN_BLOCK_BYTES);
    uhn_store_close(store);
}

static void test_cut_off(void **state)
{
    const char *path = make_store(*state, "cut");
    size_t size;
    float expected[DIM];
    uint8_t *bytes = scratch_bytes(data_file(path), &size);
    check_ok(use(path, expected));
    for (size_t length = 0; length < size; length += (length < 20000 ? 500 : 40000) * unless_short(1, 10)) {
        rewrite(path, bytes, length);
        if (length + 300000 < size) /* the end may be unused pages */
            assert_int_equal(try_in_child(path, expected, false), 1);
        else
            assert_int_not_equal(try_in_child(path, expected, false), 2);
    }
    rewrite(path, bytes, size);
    assert_int_equal(try_in_child(path, expected, false), 0);
    free(bytes);
}

/* Changes the record that describes the store, and makes its checksum right again. */
static void describe(const char *path, size_t at, uint32_t value)
{
    size_t size;
    uint8_t *bytes = scratch_bytes(data_file(path), &size);
    for (size_t i = 0; i + UHN_META_BYTES <= size; i++) {
        if (memcmp(bytes + i, "UHNSTORE", 8) != 0)
            continue;
        memcpy(bytes + i + at, &value, sizeof value);
        const uint32_t crc = uhn_crc32c(0, bytes + i, UHN_META_BYTES - 4);
        memcpy(bytes + i + UHN_META_BYTES - 4, &crc, sizeof crc);
    }
    rewrite(path, bytes, size);
    free(bytes);
}

static void test_other_versions(void **state)
{
    float out[DIM];
    const char *path = make_store(*state, "newer");
    describe(path, 8, 2);
    check_refused(UHN_ERROR_UNSUPPORTED, use(path, out));
    assert_non_null(strstr(uhn_error_detail(), "version 2.0, which needs a newer program"));
    path = make_store(*state, "minor");
    describe(path, 8, 1 | 7 << 16);
    check_ok(use(path, out));
    path = make_store(*state, "features");
    describe(path, 20, 1);
    check_refused(UHN_ERROR_UNSUPPORTED, use(path, out));
    path = make_store(*state, "order");
    describe(path, 12, 0x04030201);
    check_refused(UHN_ERROR_UNSUPPORTED, use(path, out));
    assert_non_null(strstr(uhn_error_detail(), "order of bytes"));
    path = make_store(*state, "storage");
    describe(path, 16, 9);
    check_refused(UHN_ERROR_DAMAGED, use(path, out));
    path = make_store(*state, "dim");
    describe(path, 24, DIM + 1);
    check_refused(UHN_ERROR_DAMAGED, use(path, out));
    path = make_store(*state, "rows");
    describe(path, 48, 5);
    check_refused(UHN_ERROR_DAMAGED, use(path, out));
}

static void test_no_store(void **state)
{
    uhn_store *store;
    char path[SCRATCH_PATH];
    static const uint8_t zeros[20000];
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_open(scratch_path(*state, "nothing"), &store));
    snprintf(path, sizeof path, "%s", scratch_path(*state, "fake/data-1.mdb"));
    scratch_write(*state, "fake/data-1.mdb", zeros, sizeof zeros);
    *strrchr(path, '/') = '\0';
    check_refused(UHN_ERROR_DAMAGED, uhn_store_open(path, &store));
    scratch_write(*state, "fake/data-1.mdb", "", 0);
    check_refused(UHN_ERROR_DAMAGED, uhn_store_open(path, &store));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_create(path, UHN_FLOAT32, 3, 0, NULL));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_create(scratch_path(*state, "x"), UHN_FLOAT32, 0, 0, NULL));
    check_refused(UHN_ERROR_NAME, uhn_store_create(scratch_path(*state, "x"), UHN_FLOAT32, 3, 0, "cosin"));
    check_refused(UHN_ERROR_SYSTEM, uhn_store_create(scratch_path(*state, "no/x/y") + 1, UHN_FLOAT32, 3, 0, NULL));
}

/* Files must not grow past `limit`: what the disk says when it is full, but for the number of the error. */
static void test_full_disk(void **state)
{
    static const uint64_t ids[] = {5, 900};
    const char *path = make_store(*state, "full");
    const uhn_store_rows batch = {.rows = rows, .count = ROWS}, updated = {.rows = rows, .count = 2, .ids = ids};
    struct stat about;
    struct rlimit before, tight;
    uhn_store *store;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(stat(data_file(path), &about), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    check_ok(uhn_store_open(path, &store));
    for (size_t stage = 1; stage < UHN_BLOCK_BYTES * 8; stage *= 64) {
        uhn_store_info info;
        store->stage_bytes = stage;
        for (rlim_t room = 0; room < sizeof rows; room += sizeof rows / 7) {
            tight = before;
            tight.rlim_cur = (rlim_t)about.st_size + room;
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
            const uhn_status status = uhn_store_add(store, &batch, NULL);
            assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
            if (status != UHN_ERROR_SYSTEM ||
                (!strstr(uhn_error_detail(), "File too large") && !strstr(uhn_error_detail(), "the disk may be full")))
                fail_msg("room for %zu bytes: %s, %s", (size_t)room, uhn_status_text(status), uhn_error_detail());
            check_ok(uhn_store_verify(store, NULL, NULL));
            check_ok(uhn_store_get_info(store, &info));
            assert_int_equal(info.rows, ROWS - 5);
            assert_int_equal(info.next_id, ROWS);
        }
    }
    tight.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    const uhn_status compacted = uhn_store_compact(store), changed = uhn_store_update(store, &updated);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(compacted, UHN_ERROR_SYSTEM);
    (void)changed; /* there may be unused pages for it */
    check_ok(uhn_store_verify(store, NULL, NULL));
    check_ok(uhn_store_add(store, &batch, NULL)); /* there is room again */
    check_ok(uhn_store_verify(store, NULL, NULL));
    uhn_store_close(store);
}

/* What is wrong with a call is said, and changes nothing. */
static void test_wrong_calls(void **state)
{
    const char *path = make_store(*state, "calls");
    static float bad[3 * DIM];
    static const uint64_t twice[] = {9000, 9000}, there[] = {9001, 42}, large[] = {UHN_STORE_IDS}, absent[] = {1, 3};
    static const uint64_t present[] = {1, 2, 42};
    static char long_label[UHN_STORE_LABEL_MAX + 2];
    static const char *long_labels[] = {long_label};
    uhn_store_view *view;
    uhn_store *store;
    uhn_store_info info;
    uint64_t ids[3];
    bad[2 * DIM + 4] = __builtin_nanf("");
    memset(long_label, 'x', UHN_STORE_LABEL_MAX + 1);
    check_ok(uhn_store_open(path, &store));
    check_refused(UHN_ERROR_NONFINITE, uhn_store_add(store, &(uhn_store_rows){.rows = bad, .count = 3}, NULL));
    assert_non_null(strstr(uhn_error_detail(), "row 2 has a NaN or an infinity at coordinate 4"));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 2, .ids = twice}, NULL));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 2, .ids = there}, NULL));
    assert_non_null(strstr(uhn_error_detail(), "id 42 already"));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1, .ids = large}, NULL));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1, .labels = long_labels}, NULL));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1, .values = rows}, NULL));
    check_refused(UHN_ERROR_SHAPE,
                  uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1, .row_stride = 8}, NULL));
    check_refused(UHN_ERROR_ARGUMENT,
                  uhn_store_update(store, &(uhn_store_rows){.rows = rows, .count = 2, .ids = absent}));
    assert_non_null(strstr(uhn_error_detail(), "no memory with id 3"));
    check_refused(UHN_ERROR_NONFINITE,
                  uhn_store_update(store, &(uhn_store_rows){.rows = bad, .count = 3, .ids = present}));
    assert_non_null(strstr(uhn_error_detail(), "row 2 has a NaN or an infinity at coordinate 4"));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_remove(store, absent, 2));
    check_ok(uhn_store_view_open(store, &view));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_get(view, 3, NULL, NULL));
    check_refused(UHN_ERROR_RANGE, uhn_store_list(view, ROWS - 6, 3, ids));
    check_refused(UHN_ERROR_ARGUMENT, uhn_store_export(view, true, scratch_path(*state, "v.npy")));
    uhn_store_view_close(view);
    check_ok(uhn_store_get_info(store, &info));
    assert_int_equal(info.rows, ROWS - 5);
    /* An id that was removed may come again. */
    check_ok(uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1, .ids = absent + 1}, NULL));
    check_ok(uhn_store_verify(store, NULL, NULL));
    uhn_store_close(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flipped_row), cmocka_unit_test(test_flipped_names),  cmocka_unit_test(test_failed_batch),
        cmocka_unit_test(test_cut_off),     cmocka_unit_test(test_other_versions), cmocka_unit_test(test_no_store),
        cmocka_unit_test(test_full_disk),   cmocka_unit_test(test_wrong_calls),    cmocka_unit_test(test_flipped_bits),
    };
    fill_rows();
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
