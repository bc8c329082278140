/* SPDX-License-Identifier: MIT
 * Stores and processes: writers that are killed at any moment, and readers that read while others write. */
#include "store/environment.h"
#include "support/length.h"
#include "support/random_data.h"
#include "support/scratch.h"

#include "uhn/store.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DIM = 600, BATCH = 150, KILLS_FEW = 3, KILLS = 12, KILLS_ALL = 200, READERS = 3, READS = 40 };

/* What a store looks like after so many operations: a function of their number alone, so that anybody can tell. An
 * operation adds BATCH rows, updates every row of a batch, removes a batch, or compacts. A row's numbers all are
 * `stamp`, which names the operation that wrote it. */
enum { PERIOD = 7 };

static float stamp_of(uint64_t operation, size_t row)
{
    return (float)(operation * BATCH + row);
}

static uhn_status operate(uhn_store *store, uint64_t operation)
{
    static float rows[BATCH * DIM];
    static uint64_t ids[BATCH];
    static const char *labels[BATCH];
    const uint64_t round = operation / PERIOD, first = round * 4 * BATCH; /* a round adds four batches */
    uhn_store_rows batch = {.rows = rows, .count = BATCH, .ids = ids};
    for (size_t i = 0; i < BATCH * DIM; i++)
        rows[i] = stamp_of(operation, i / DIM);
    switch (operation % PERIOD) {
    case 4: /* updates the first batch of the round */
        for (size_t i = 0; i < BATCH; i++)
            ids[i] = first + i;
        return uhn_store_update(store, &batch);
    case 5: /* removes the second */
        for (size_t i = 0; i < BATCH; i++)
            ids[i] = first + BATCH + i;
        return uhn_store_remove(store, ids, BATCH);
    case 6:
        return uhn_store_compact(store);
    default: /* adds the one after the other */
        for (size_t i = 0; i < BATCH; i++) {
            ids[i] = first + operation % PERIOD * BATCH + i;
            labels[i] = "a label";
        }
        batch.labels = labels;
        return uhn_store_add(store, &batch, NULL);
    }
}

/* Which operation wrote this id last, of `done`; UINT64_MAX: the id is not there. */
static uint64_t writer_of(uint64_t id, uint64_t done)
{
    const uint64_t round = id / (4 * BATCH), within = id % (4 * BATCH) / BATCH, first = round * PERIOD;
    if (first + within >= done || (within == 1 && first + 5 < done))
        return UINT64_MAX;
    return within == 0 && first + 4 < done ? first + 4 : first + within;
}

/* Does the view show exactly what `done` operations make? */
static bool shows(const uhn_store_view *view, uint64_t done)
{
    const uhn_memory *memory = uhn_store_view_memory(view);
    const uint64_t ids = (done / PERIOD + 1) * 4 * BATCH;
    static float row[DIM];
    size_t index = 0, length;
    for (uint64_t id = 0; id < ids; id++) {
        const uint64_t writer = writer_of(id, done);
        if (writer == UINT64_MAX)
            continue;
        if (index >= uhn_memory_count(memory) || uhn_store_view_id(view, index) != id ||
            uhn_memory_row(memory, index, row) != UHN_OK || !uhn_store_view_label(view, id, &length) || length != 7)
            return false;
        for (size_t i = 0; i < DIM; i++)
            if (row[i] != stamp_of(writer, id % BATCH))
                return false;
        index++;
    }
    return index == uhn_memory_count(memory);
}

static void pause_for(double seconds)
{
    const struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
    nanosleep(&time, NULL);
}

/* Operates until it is killed; *done counts what has been acknowledged. */
static void write_until_killed(const char *path, volatile uint64_t *done, size_t stage_bytes)
{
    uhn_store *store;
    if (uhn_store_open(path, &store) != UHN_OK)
        _exit(1);
    store->stage_bytes = stage_bytes;
    for (;;) {
        if (operate(store, *done) != UHN_OK) {
            fprintf(stderr, "operation %zu: %s\n", (size_t)*done, uhn_error_detail());
            _exit(2);
        }
        (*done)++;
    }
}

static void *shared_page(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(page != MAP_FAILED);
    return page;
}

/* After a kill the store is sound, and shows all that was acknowledged, and of the operation that was not either all or
 * nothing. */
static void test_killed_writers(void **state)
{
    const char *path = scratch_path(*state, "killed");
    volatile uint64_t *done = shared_page();
    const int kills = (int[]){KILLS_FEW, KILLS, KILLS_ALL}[length_of_tests()];
    test_random random = {5};
    uint64_t before = 0;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    for (int kill_number = 0; kill_number < kills; kill_number++) {
        const pid_t child = fork();
        uhn_store *store;
        uhn_store_view *view;
        int how;
        assert_true(child >= 0);
        if (child == 0)
            write_until_killed(path, done, kill_number % 2 ? 1 : UHN_BLOCK_BYTES * 64);
        pause_for(0.002 + 0.15 * (double)unless_short(1, 10) * random_uniform(&random));
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &how, 0), child);
        if (!WIFSIGNALED(how))
            fail_msg("kill %d: the writer had ended with %d", kill_number, WEXITSTATUS(how));
        check_ok(uhn_store_open(path, &store));
        check_ok(uhn_store_verify(store, NULL, NULL));
        check_ok(uhn_store_view_open(store, &view));
        const bool in_flight = !shows(view, *done);
        if (in_flight && !shows(view, *done + 1))
            fail_msg("kill %d: neither the %zu acknowledged operations nor one more", kill_number, (size_t)*done);
        *done += in_flight; /* it was done, only not acknowledged */
        uhn_store_view_close(view);
        uhn_store_close(store);
        assert_true(*done >= before);
        before = *done;
    }
    assert_true(before > 0);
    munmap((void *)(uintptr_t)done, 4096);
}

/* A reader opens views while another process writes: each view is what some number of operations made, the same until
 * it is closed, and never an older one than the last. */
static int read_meanwhile(const char *path, const volatile uint64_t *done)
{
    uhn_store *store;
    uint64_t last = 0;
    if (uhn_store_open(path, &store) != UHN_OK) {
        fprintf(stderr, "reader: %s\n", uhn_error_detail());
        return 1;
    }
    for (size_t i = 0; i < unless_short(READS, 8); i++) {
        uhn_store_view *view;
        const uint64_t least = *done;
        if (uhn_store_view_open(store, &view) != UHN_OK) {
            fprintf(stderr, "reader: %s\n", uhn_error_detail());
            return 2;
        }
        uint64_t seen = least;
        const uint64_t most = *done + 1;
        while (seen <= most && !shows(view, seen))
            seen++;
        if (seen > most || seen < last)
            return 3;
        pause_for(0.01 * (double)unless_short(1, 20)); /* the writer goes on */
        float query[DIM], answer[DIM];
        for (size_t d = 0; d < DIM; d++)
            query[d] = 0;
        if (uhn_memory_count(uhn_store_view_memory(view)) &&
            uhn_recall(uhn_store_view_memory(view), query, 1, 0, NULL, answer, 0, NULL) != UHN_OK)
            return 4;
        if (!shows(view, seen))
            return 5;
        last = seen;
        uhn_store_view_close(view);
    }
    uhn_store_close(store);
    return 0;
}

static void test_readers_meanwhile(void **state)
{
    const char *path = scratch_path(*state, "readers");
    volatile uint64_t *done = shared_page();
    pid_t writer, readers[READERS];
    int how;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    writer = fork();
    if (writer == 0)
        write_until_killed(path, done, UHN_BLOCK_BYTES * 64);
    for (int i = 0; i < READERS; i++) {
        readers[i] = fork();
        assert_true(readers[i] >= 0);
        if (readers[i] == 0)
            _exit(read_meanwhile(path, done));
    }
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(waitpid(readers[i], &how, 0), readers[i]);
        assert_true(WIFEXITED(how));
        assert_int_equal(WEXITSTATUS(how), 0);
    }
    kill(writer, SIGKILL);
    assert_int_equal(waitpid(writer, &how, 0), writer);
    assert_true(WIFSIGNALED(how)); /* it was still writing */
    assert_true(*done > unless_short(3, 0));
    munmap((void *)(uintptr_t)done, 4096);
}

/* Two writers at once: all batches of both are there, each in one piece. */
static void test_two_writers(void **state)
{
    enum { EACH = 15 };
    const char *path = scratch_path(*state, "writers");
    uhn_store *store;
    uhn_store_info info;
    pid_t writers[2];
    int how;
    check_ok(uhn_store_create(path, UHN_UINT8, DIM, 0, NULL));
    for (int w = 0; w < 2; w++) {
        writers[w] = fork();
        if (writers[w] == 0) {
            static uint8_t rows[BATCH * DIM];
            memset(rows, w + 1, sizeof rows);
            const uhn_store_rows batch = {.rows = rows, .count = BATCH};
            uhn_status status = uhn_store_open(path, &store);
            for (int i = 0; status == UHN_OK && i < EACH; i++)
                status = i == 5 && w ? uhn_store_compact(store) : uhn_store_add(store, &batch, NULL);
            _exit(status != UHN_OK);
        }
    }
    for (int w = 0; w < 2; w++) {
        assert_int_equal(waitpid(writers[w], &how, 0), writers[w]);
        assert_int_equal(how, 0);
    }
    check_ok(uhn_store_open(path, &store));
    check_ok(uhn_store_verify(store, NULL, NULL));
    check_ok(uhn_store_get_info(store, &info));
    assert_int_equal(info.rows, (2 * EACH - 1) * BATCH);
    uhn_store_view *view;
    float row[DIM], first[DIM];
    check_ok(uhn_store_view_open(store, &view));
    for (uint64_t id = 0; id < info.rows; id++) {
        check_ok(uhn_store_get(view, id, row, NULL));
        check_ok(uhn_store_get(view, id / BATCH * BATCH, first, NULL));
        assert_memory_equal(row, first, sizeof row);
    }
    uhn_store_view_close(view);
    uhn_store_close(store);
}

/* Several handles of one process, closed in any order; a view outlives its store and compaction. */
static void test_handles(void **state)
{
    const char *path = scratch_path(*state, "handles");
    uhn_store *first, *second;
    uhn_store_view *view, *later;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    check_ok(uhn_store_open(path, &first));
    check_ok(uhn_store_open(path, &second));
    assert_ptr_equal(first->environment, second->environment);
    check_ok(operate(first, 0));
    check_ok(uhn_store_view_open(second, &view));
    check_ok(operate(second, 1));
    uhn_store_close(first);
    check_ok(uhn_store_compact(second));
    check_ok(operate(second, 2));
    check_ok(uhn_store_view_open(second, &later));
    assert_true(shows(view, 1));
    assert_true(shows(later, 3));
    uhn_store_close(second);
    assert_true(shows(view, 1));
    uhn_store_view_close(view);
    assert_true(shows(later, 3));
    uhn_store_view_close(later);
}

/* Opens the store anew, says 'o', waits for a byte, and says whether its view is still what it was. */
static void view_meanwhile(const char *path, int hear, int tell)
{
    uhn_store *store = NULL;
    uhn_store_view *view = NULL;
    char heard;
    alarm(60);
    const bool opened = uhn_store_open(path, &store) == UHN_OK && uhn_store_view_open(store, &view) == UHN_OK;
    if (write(tell, opened ? "o" : "x", 1) != 1 || read(hear, &heard, 1) != 1)
        _exit(1);
    _exit(write(tell, shows(view, 1) ? "s" : "x", 1) != 1);
}

/* A process that had the store open has forked and ended, as daemons do: the child's views are its own. */
static void test_child_outlives_parent(void **state)
{
    const char *path = scratch_path(*state, "daemon");
    uhn_store *store;
    int to[2], from[2], how;
    char told;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, 0, NULL));
    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        if (uhn_store_open(path, &store) != UHN_OK || operate(store, 0) != UHN_OK)
            _exit(1);
        const pid_t child = fork();
        if (child == 0)
            view_meanwhile(path, to[0], from[1]);
        _exit(child < 0);
    }
    close(to[0]);
    close(from[1]); /* so that the end of the child would be heard of */
    assert_int_equal(waitpid(parent, &how, 0), parent);
    assert_int_equal(how, 0);
    assert_int_equal(read(from[0], &told, 1), 1);
    assert_int_equal(told, 'o');
    check_ok(uhn_store_open(path, &store));
    for (uint64_t operation = 1; operation < PERIOD - 1; operation++)
        check_ok(operate(store, operation)); /* which would use the pages of views that nobody has */
    uhn_store_close(store);
    assert_int_equal(write(to[1], "g", 1), 1);
    assert_int_equal(read(from[0], &told, 1), 1);
    assert_int_equal(told, 's');
    close(to[1]);
    close(from[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_killed_writers), cmocka_unit_test(test_readers_meanwhile),
                                       cmocka_unit_test(test_two_writers), cmocka_unit_test(test_handles),
                                       cmocka_unit_test(test_child_outlives_parent)};
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
