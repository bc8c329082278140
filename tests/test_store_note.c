/* SPDX-License-Identifier: MIT
 * What is noted of a store's pages: when it is believed, that verify never does, and what it saves. */
#include "store/environment.h"
#include "support/length.h"
#include "support/scratch.h"

#include "uhn/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 3000, PAGE = 4096, LEAF = 2, LABELS = 40 };

static char file[SCRATCH_PATH + 32], note[SCRATCH_PATH + 64];

static void name_files(const char *path, int generation)
{
    snprintf(file, sizeof file, "%s/data-%d.mdb", path, generation);
    snprintf(note, sizeof note, "%s" UHN_NOTE_SUFFIX, file);
}

/* A store with a tree of labels of many pages. */
static const char *make_store(const scratch *folder, const char *name)
{
    static float rows[ROWS];
    static const char *labels[ROWS];
    const char *path = scratch_path(folder, name);
    const uhn_store_rows batch = {.rows = rows, .count = ROWS, .labels = labels};
    uhn_store *store;
    for (size_t i = 0; i < ROWS; i++)
        labels[i] = "a label";
    check_ok(uhn_store_create(path, UHN_FLOAT32, 1, 0, NULL));
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &batch, NULL));
    uhn_store_close(store);
    name_files(path, 1);
    return path;
}

static struct stat about_file(void)
{
    struct stat about;
    assert_int_equal(stat(file, &about), 0);
    return about;
}

static uhn_sound noted(void)
{
    const struct stat about = about_file();
    return uhn_note_read(note, &about);
}

static uhn_status open_and_close(const char *path)
{
    uhn_store *store = NULL;
    const uhn_status status = uhn_store_open(path, &store);
    uhn_store_close(store);
    return status;
}

/* In every leaf with labels the place of the first node is wrong. */
static void damage_leaves(void)
{
    size_t size, damaged = 0;
    uint8_t *bytes = scratch_bytes(file, &size);
    const int opened = open(file, O_WRONLY);
    for (size_t page = 0; page + PAGE <= size; page += PAGE) {
        uint64_t number;
        uint16_t head[3]; /* flags, and to where the list of nodes goes */
        memcpy(&number, bytes + page, sizeof number);
        memcpy(head, bytes + page + 10, sizeof head);
        if (number != page / PAGE || head[0] != LEAF || head[1] < 16 + 2 * LABELS)
            continue;
        assert_int_equal(pwrite(opened, "\xff\xff", 2, (off_t)page + 16), 2);
        damaged++;
    }
    assert_true(damaged > 1);
    close(opened);
    free(bytes);
}

/* Longer than the times of files take to go on. */
static void let_time_pass(long milliseconds)
{
    const struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* After its own writers nobody has to look; after anything else everybody has to. */
static void test_changes(void **state)
{
    const char *path = make_store(*state, "changes");
    assert_int_equal(noted(), UHN_SOUND_ALL);
    check_ok(open_and_close(path));
    let_time_pass(50);
    assert_int_equal(chmod(file, 0640), 0);
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN);
    check_ok(open_and_close(path));
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN); /* just changed: too soon */
    let_time_pass(2100);
    check_ok(open_and_close(path));
    assert_int_equal(noted(), UHN_SOUND_TREES); /* a reader has looked */
    damage_leaves();
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN);
    assert_int_equal(open_and_close(path), UHN_ERROR_DAMAGED);
}

static void test_after_compaction(void **state)
{
    const char *path = make_store(*state, "compacted");
    const uint64_t first = 0;
    uhn_store *store;
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_compact(store));
    assert_int_equal(access(note, F_OK), -1); /* gone with its file */
    check_ok(uhn_store_remove(store, &first, 1));
    uhn_store_close(store);
    name_files(path, 2);
    assert_int_equal(noted(), UHN_SOUND_ALL);
}

/* Damage that no time of the file tells of, as of a failing disk: opening does not see it, verify does, and after it
 * opening as well. */
static void test_verify_looks(void **state)
{
    const char *path = make_store(*state, "verify");
    uhn_store *store;
    damage_leaves();
    const struct stat about = about_file();
    uhn_note_write(note, &about, UHN_SOUND_ALL);
    check_ok(uhn_store_open(path, &store));
    assert_int_equal(uhn_store_verify(store, NULL, NULL), UHN_ERROR_DAMAGED);
    assert_non_null(strstr(uhn_error_detail(), "the nodes of a page"));
    uhn_store_close(store);
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN);
    assert_int_equal(open_and_close(path), UHN_ERROR_DAMAGED);
}

/* A note that others could have written, or that is of something else, is none. */
static void test_foreign_notes(void **state)
{
    struct stat about, other;
    make_store(*state, "foreign");
    about = other = about_file();
    assert_int_equal(chmod(note, 0620), 0);
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN);
    uhn_note_write(note, &about, UHN_SOUND_ALL);
    assert_int_equal(noted(), UHN_SOUND_ALL); /* it has been made anew */
    other.st_ino++;
    uhn_note_write(note, &other, UHN_SOUND_ALL);
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN);
    other = about;
    other.st_ctim.tv_nsec ^= 1;
    uhn_note_write(note, &other, UHN_SOUND_ALL);
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN);
    uhn_note_write(note, &about, UHN_SOUND_ALL);
    assert_int_equal(truncate(note, 40), 0);
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN);
    assert_int_equal(unlink(note), 0);
    assert_int_equal(symlink(file, note), 0);
    assert_int_equal(noted(), UHN_SOUND_UNKNOWN);
    uhn_note_write(note, &about, UHN_SOUND_TREES);
    assert_int_equal(noted(), UHN_SOUND_TREES); /* in place of the link, not through it */
    assert_int_equal(about_file().st_size, about.st_size);
}

typedef struct cost {
    long faults;  /* pages that were come to for the first time */
    long written; /* bytes */
} cost;

static cost cost_now(void)
{
    struct rusage usage;
    cost now = {0};
    char line[64];
    FILE *counts = fopen("/proc/self/io", "r");
    assert_non_null(counts);
    while (fgets(line, sizeof line, counts))
        (void)sscanf(line, "wchar: %ld", &now.written);
    fclose(counts);
    assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
    now.faults = usage.ru_minflt + usage.ru_majflt;
    return now;
}

/* What it takes to open a store of `count` labelled rows, whose ids are in no order, and to change `how`. */
static cost cost_of(const scratch *folder, size_t count, uhn_status (*how)(uhn_store *store))
{
    char name[32];
    snprintf(name, sizeof name, "costs-%zu", count);
    const char *path = scratch_path(folder, name);
    uhn_store_rows batch = {.rows = test_allocate(count, sizeof(float)), .count = count};
    uint64_t *ids = test_allocate(count, sizeof *ids);
    const char **labels = test_allocate(count, sizeof *labels);
    uhn_store *store;
    for (size_t i = 0; i < count; i++) {
        ids[i] = (i * 7919 + 13) % count;
        labels[i] = "a label";
    }
    batch.ids = ids;
    batch.labels = labels;
    check_ok(uhn_store_create(path, UHN_FLOAT32, 1, 0, NULL));
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_add(store, &batch, NULL));
    uhn_store_close(store);
    const cost before = cost_now();
    check_ok(uhn_store_open(path, &store));
    check_ok(how(store));
    uhn_store_close(store);
    const cost after = cost_now();
    free(ids);
    free(labels);
    free((void *)(uintptr_t)batch.rows);
    return (cost){after.faults - before.faults, after.written - before.written};
}

static uhn_status add_one(uhn_store *store)
{
    static const float row;
    return uhn_store_add(store, &(uhn_store_rows){.rows = &row, .count = 1}, NULL);
}

static uhn_status update_one(uhn_store *store)
{
    static const float row;
    static const uint64_t id = 400;
    return uhn_store_update(store, &(uhn_store_rows){.rows = &row, .count = 1, .ids = &id});
}

static uhn_status remove_one(uhn_store *store)
{
    static const uint64_t id = 500;
    return uhn_store_remove(store, &id, 1);
}

/* Changing one row costs the same, however many there are. */
static void test_costs(void **state)
{
    static uhn_status (*const changes[])(uhn_store *) = {add_one, update_one, remove_one};
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i += unless_short(1, 3)) {
        scratch *folder = *state;
        char command[128];
        const cost few = cost_of(folder, 20000, changes[i]), many = cost_of(folder, 200000, changes[i]);
        if (many.faults > 2 * few.faults || many.written > 2 * few.written)
            fail_msg("change %zu: %ld pages and %ld bytes of 20,000 rows, %ld and %ld of 200,000", i, few.faults,
                     few.written, many.faults, many.written);
        snprintf(command, sizeof command, "rm -r '%s'/costs-*", folder->folder);
        assert_int_equal(system(command), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),      cmocka_unit_test(test_after_compaction),
        cmocka_unit_test(test_verify_looks), cmocka_unit_test(test_foreign_notes),
        cmocka_unit_test(test_costs),
    };
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
