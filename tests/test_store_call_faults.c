/* SPDX-License-Identifier: MIT
 * The k-th allocation, read and write fail within a call of include/uhn/store.h, for k = 1, 2, …, until the call needs
 * no more of them; libc's and LMDB's own are among them. Each time: the call worked, or says in one sentence what the
 * system refused, and then nothing of it is there, neither for the handle nor in a copy of the files. The same call
 * then works on the same handle. No descriptor and no temporary file is left. UHN_TEST_ALL=1: every k; else all up to
 * 8, and then ever fewer. Runs with the shim preloaded (tests/CMakeLists.txt). */
#include "faults/shim.h"
#include "store/environment.h" /* to cut a batch into several transactions */
#include "support/entries.h"
#include "support/length.h"
#include "support/scratch.h"

#include "uhn/store.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIM = 2000, VALUE_DIM = 3, ROWS = 40, ADDED = 70, GONE = 7 };

static float rows[ADDED * DIM], values[ADDED * VALUE_DIM];
static const char *labels[ADDED];
static const uint64_t ids[] = {39, 0}; /* to update, or to remove */

/* The shim's functions. */
static __typeof__(&uhn_fault_arm) arm;
static __typeof__(&uhn_fault_reached) reached;

typedef struct subject {
    const char *path, *other, *out; /* the store, where there is none, and a file */
    uhn_store *store;
    uhn_store_view *view;
    uint64_t seen; /* by the view */
} subject;

/* ---- the calls. What they open they close. */

static uhn_status create(subject *s)
{
    return uhn_store_create(s->other, UHN_UINT8, 3, 2, "dot");
}

/* In the place of one that is there: that is refused, whatever else happens. */
static uhn_status create_over(subject *s)
{
    const uhn_status status = uhn_store_create(s->path, UHN_FLOAT32, DIM, 0, NULL);
    return status == UHN_ERROR_ARGUMENT ? UHN_OK : status == UHN_OK ? UHN_ERROR_RANGE : status;
}

static uhn_status open_again(subject *s)
{
    uhn_store *store = NULL;
    const uhn_status status = uhn_store_open(s->path, &store);
    uhn_store_close(store);
    return status;
}

static uhn_status info(subject *s)
{
    uhn_store_info told;
    return uhn_store_get_info(s->store, &told);
}

static uhn_status verify(subject *s)
{
    return uhn_store_verify(s->store, NULL, NULL);
}

static uhn_status view_open(subject *s)
{
    uhn_store_view *view = NULL;
    const uhn_status status = uhn_store_view_open(s->store, &view);
    uhn_store_view_close(view);
    return status;
}

static uhn_status add(subject *s)
{
    const uhn_store_rows batch = {.rows = rows, .count = ADDED, .values = values, .labels = labels};
    return uhn_store_add(s->store, &batch, NULL);
}

static uhn_status fetch(void *context, size_t first, size_t count, void *to, float *to_values)
{
    (void)context;
    memcpy(to, rows + first * DIM, count * DIM * sizeof *rows);
    memcpy(to_values, values + first * VALUE_DIM, count * VALUE_DIM * sizeof *values);
    return UHN_OK;
}

/* In several transactions, rows asked for as they are needed. */
static uhn_status add_in_parts(subject *s)
{
    const uhn_store_rows batch = {.fetch = fetch, .count = ADDED, .labels = labels};
    s->store->stage_bytes = 1;
    return uhn_store_add(s->store, &batch, NULL);
}

static uhn_status add_with_ids(subject *s)
{
    static const uint64_t new_ids[] = {500, GONE, 300};
    const uhn_store_rows batch = {.rows = rows, .count = 3, .values = values, .ids = new_ids, .labels = labels};
    return uhn_store_add(s->store, &batch, NULL);
}

static uhn_status update(subject *s)
{
    const uhn_store_rows batch = {.rows = rows + DIM, .count = 2, .values = values, .ids = ids, .labels = labels};
    return uhn_store_update(s->store, &batch);
}

static uhn_status remove_two(subject *s)
{
    return uhn_store_remove(s->store, ids, 2);
}

static uhn_status compact(subject *s)
{
    return uhn_store_compact(s->store);
}

static uhn_status get(subject *s)
{
    static float row[DIM];
    float value[VALUE_DIM];
    return uhn_store_get(s->view, 20, row, value);
}

static uhn_status list(subject *s)
{
    uint64_t listed[ROWS - 1];
    return uhn_store_list(s->view, 0, ROWS - 1, listed);
}

static uhn_status label(subject *s)
{
    size_t length;
    return uhn_store_view_label(s->view, 20, &length) ? UHN_OK : UHN_ERROR_DAMAGED;
}

static uhn_status recall(subject *s)
{
    float out[VALUE_DIM];
    uhn_options options;
    uhn_options_default(&options);
    options.threads = 1; /* OpenMP ends the program when a team finds no memory */
    return uhn_recall(uhn_store_view_memory(s->view), rows, 1, 0, &options, out, 0, NULL);
}

static uhn_status export_rows(subject *s)
{
    return uhn_store_export(s->view, false, s->out);
}

static uhn_status export_values(subject *s)
{
    return uhn_store_export(s->view, true, s->out);
}

static uhn_status salvage(subject *s)
{
    return uhn_store_salvage(s->view, false, s->out, NULL, NULL);
}

static uhn_status view_rows(subject *s)
{
    uhn_memory *memory = NULL;
    const uhn_status status = uhn_store_view_rows(s->view, 1, 3, &memory);
    uhn_memory_destroy(memory);
    return status;
}

typedef struct call {
    const char *name;
    uhn_status (*run)(subject *s);
    bool store, view;   /* are open before */
    const char *faults; /* the kinds that happen within it */
} call;

static const call calls[] = {
    {"create", create, false, false, "mrw"},
    {"create in the place of a store", create_over, false, false, "mrw"},
    {"open", open_again, false, false, "mrw"},
    {"info", info, true, false, "mr"},
    {"verify", verify, true, false, "mr"},
    {"view_open", view_open, true, false, "mr"},
    {"add", add, true, false, "mrw"},
    {"add in parts", add_in_parts, true, false, "mrw"},
    {"add with ids", add_with_ids, true, false, "mrw"},
    {"update", update, true, false, "mrw"},
    {"remove", remove_two, true, false, "mrw"},
    {"compact", compact, true, false, "mrw"},
    {"add beside a view", add, true, true, "mrw"},
    {"compact beside a view", compact, true, true, "mrw"},
    {"get", get, true, true, "m"},
    {"list", list, true, true, ""},
    {"label", label, true, true, ""},
    {"recall", recall, true, true, "m"},
    {"export of rows", export_rows, true, true, "mw"},
    {"export of values", export_values, true, true, "mw"},
    {"salvage", salvage, true, true, "mw"},
    {"view_rows", view_rows, true, true, "m"},
};

/* ---- what went wrong */

static char now[128]; /* which fault of which call */
static int complaints;
static long waited; /* times that a view had to be closed first */

static void complain(const char *what, const char *more)
{
    if (++complaints <= 30)
        print_error("%s: %s%s%s\n", now, what, *more ? ": " : "", more);
}

static void expect(bool holds, const char *what)
{
    if (!holds)
        complain(what, "");
}

static bool expect_ok(uhn_status status, const char *what)
{
    if (status != UHN_OK)
        complain(what, uhn_error_detail());
    return status == UHN_OK;
}

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void refuse_temporary(const char *path, const char *name, void *context)
{
    const uhn_status *status = context;
    char file[SCRATCH_PATH + 64];
    snprintf(file, sizeof file, "%.*s", (int)(strlen(path) - strlen("-lock")), path);
    /* Of a file that compaction has replaced the lock may be left: the next writer tries again. */
    if (ends_in(name, ".tmp") || (*status != UHN_OK && ends_in(name, ".mdb-lock") && access(file, F_OK) != 0))
        complain("a temporary file is left", name);
}

static void count_one(const char *path, const char *name, void *context)
{
    (void)path, (void)name;
    ++*(size_t *)context;
}

static size_t count_descriptors(void)
{
    size_t count = 0;
    folder_each("/proc/self/fd", count_one, &count);
    return count;
}

/* ---- what a store holds, as a number */

static uint64_t mix(uint64_t sum, const void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3;
    return sum;
}

static uint64_t contents_of_view(const uhn_store_view *view)
{
    static float row[DIM];
    float value[VALUE_DIM];
    const size_t count = uhn_memory_count(uhn_store_view_memory(view));
    uint64_t sum = mix(14695981039346656037U, &count, sizeof count);
    for (size_t i = 0; i < count; i++) {
        const uint64_t id = uhn_store_view_id(view, i);
        size_t length = 0;
        const char *text = uhn_store_view_label(view, id, &length);
        expect_ok(uhn_store_get(view, id, row, value), "a row cannot be read");
        sum = mix(mix(mix(sum, &id, sizeof id), row, sizeof row), value, sizeof value);
        sum = mix(mix(sum, &length, sizeof length), text, text ? length : 0);
    }
    return sum;
}

static uint64_t contents(uhn_store *store)
{
    uhn_store_view *view;
    uhn_store_info told;
    uint64_t sum = 0;
    if (expect_ok(uhn_store_view_open(store, &view), "no view can be opened")) {
        sum = contents_of_view(view);
        uhn_store_view_close(view);
    }
    if (expect_ok(uhn_store_get_info(store, &told), "it cannot be described"))
        sum = mix(sum, &told.next_id, sizeof told.next_id);
    return sum;
}

/* The same of a store that nobody has open. */
static uint64_t sound_contents(const char *path)
{
    uhn_store *store;
    if (!expect_ok(uhn_store_open(path, &store), "it cannot be opened"))
        return 0;
    expect_ok(uhn_store_verify(store, NULL, NULL), "it is not sound");
    const uint64_t sum = contents(store);
    uhn_store_close(store);
    return sum;
}

/* ---- faults */

static void start_over(const scratch *folder, const call *c, subject *s)
{
    *s = (subject){
        scratch_path(folder, "store"), scratch_path(folder, "other"), scratch_path(folder, "out.npy"), NULL, NULL, 0};
    folder_copy(scratch_path(folder, "before"), s->path);
    folder_clear(s->other);
    (void)unlink(s->out);
    if (c->store)
        check_ok(uhn_store_open(s->path, &s->store));
    if (c->view)
        check_ok(uhn_store_view_open(s->store, &s->view));
    s->seen = c->view ? contents_of_view(s->view) : 0;
}

/* What the system refused is said, and not that the store is damaged, or a call wrong. */
static void check_sentence(uhn_status status, char kind)
{
    const char *sentence = uhn_error_detail();
    if (status == UHN_OK)
        return;
    if (status != UHN_ERROR_SYSTEM && (kind != 'm' || status != UHN_ERROR_OUT_OF_MEMORY))
        complain(uhn_status_text(status), sentence);
    expect(*sentence && !strchr(sentence, '\n'), "there is not one sentence");
}

/* What the call leaves; `before` and `after` are what the store should hold without it and with it. */
static void check_end(const scratch *folder, const call *c, subject *s, uhn_status status, uint64_t before,
                      uint64_t after)
{
    const char *copy = scratch_path(folder, "copy");
    folder_each(s->path, refuse_temporary, &status);
    folder_each(folder->folder, refuse_temporary, &status);
    if (status != UHN_OK)
        expect(access(s->other, F_OK) != 0 && access(s->out, F_OK) != 0, "it failed, but has left something");
    if (s->view) {
        expect(contents_of_view(s->view) == s->seen, "the view does not see what it saw");
        if (status != UHN_OK && info(s) != UHN_OK) { /* as store.h says */
            waited++;
            expect(strstr(uhn_error_detail(), "when all views of it are closed"), "it cannot be used beside the view");
        }
    }
    uhn_store_view_close(s->view);
    s->view = NULL;
    folder_copy(s->path, copy);
    expect(sound_contents(copy) == (status == UHN_OK ? after : before), "the files do not hold what they should");
    if (s->store)
        expect(contents(s->store) == (status == UHN_OK ? after : before), "the handle does not see what it should");
    if (status != UHN_OK) {
        if (c->view)
            check_ok(uhn_store_view_open(s->store, &s->view));
        expect_ok(c->run(s), "does not work after that");
        uhn_store_view_close(s->view);
    }
    uhn_store_close(s->store);
    expect(sound_contents(s->path) == after, "the store does not hold what it should");
    if (access(s->other, F_OK) == 0)
        (void)sound_contents(s->other);
}

/* false: the call works without a k-th call of this kind. */
static bool attempt(const scratch *folder, const call *c, char kind, long k, uint64_t before, uint64_t after)
{
    subject s;
    const size_t at_start = count_descriptors();
    snprintf(now, sizeof now, "%s, %c %ld", c->name, kind, k);
    start_over(folder, c, &s);
    const size_t descriptors = count_descriptors();
    arm(kind, k);
    const uhn_status status = c->run(&s);
    const bool used = reached();
    arm(0, 0);
    if (used)
        check_sentence(status, kind);
    else
        expect_ok(status, "does not work without a fault");
    if (!c->view) /* which keeps the file that compaction has replaced */
        expect(count_descriptors() <= descriptors, "a file is left open");
    check_end(folder, c, &s, status, before, after);
    expect(count_descriptors() == at_start, "a file is left open at the end");
    return used;
}

static void make_before(const scratch *folder)
{
    const char *path = scratch_path(folder, "before");
    static const uint64_t gone[] = {GONE};
    uhn_store *store;
    size_t size;
    for (size_t i = 0; i < ADDED * DIM; i++)
        rows[i] = (float)(i * i % 1009);
    memcpy(values, rows, sizeof values);
    for (size_t i = 0; i < ADDED; i++)
        labels[i] = i % 3 ? "of every three two" : NULL;
    check_ok(uhn_store_create(path, UHN_FLOAT32, DIM, VALUE_DIM, "manhattan"));
    check_ok(uhn_store_open(path, &store));
    check_ok(
        uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = ROWS, .values = values, .labels = labels}, NULL));
    uint8_t *bytes = scratch_bytes(scratch_path(folder, "before/data-1.mdb"), &size);
    check_ok(uhn_store_remove(store, gone, 1));
    check_ok(uhn_store_compact(store));
    check_ok(uhn_store_remove(store, (uint64_t[]){GONE + 1}, 1)); /* so that there are pages that are not used */
    check_ok(
        uhn_store_add(store, &(uhn_store_rows){.rows = rows, .count = 1, .values = values, .labels = labels}, NULL));
    uhn_store_close(store);
    /* A compaction was killed before it could remove the older file: who takes that one for the store loses rows. */
    scratch_write(folder, "before/data-1.mdb", bytes, size);
    free(bytes);
}

static void test_faults(void **state)
{
    const scratch *folder = *state;
    make_before(folder);
    const uint64_t before = sound_contents(scratch_path(folder, "before"));
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const call *c = &calls[i];
        subject s;
        long faults = 0;
        start_over(folder, c, &s);
        snprintf(now, sizeof now, "%s", c->name);
        expect_ok(c->run(&s), "does not work");
        uhn_store_view_close(s.view);
        uhn_store_close(s.store);
        const uint64_t after = sound_contents(s.path);
        for (const char *kind = "mrw"; *kind; kind++) {
            long k = 1;
            while (attempt(folder, c, *kind, k, before, after)) {
                faults++;
                k += k < 8 || length_of_tests() == TEST_ALL ? 1 : 1 + k / 4;
            }
            if (!strchr(c->faults, *kind) != (k == 1))
                complain("other kinds of faults happen than were thought", "");
        }
        printf("%s: %ld faults\n", c->name, faults);
    }
    assert_true(waited > 0);
    assert_int_equal(complaints, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_faults)};
    arm = (__typeof__(arm))(uintptr_t)dlsym(RTLD_DEFAULT, "uhn_fault_arm");
    reached = (__typeof__(reached))(uintptr_t)dlsym(RTLD_DEFAULT, "uhn_fault_reached");
    if (!arm || !reached) {
        puts("skipped: the shim is not preloaded");
        return 77;
    }
    return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
