/* SPDX-License-Identifier: MIT
 * The k-th allocation fails, for k = 1, 2, … until the call succeeds: every public call that allocates must say so,
 * leave its objects as they were, and leak nothing (the sanitizer build sees to that). */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/allocate.h"
#include "support/catalogue.h"
#include "support/length.h"

enum { DIM = 12, ROWS = 700, QUERIES = 20, VALUE_DIM = 3, GIVE_UP = 5000 };

/* How many allocations still succeed; negative: all. */
static atomic_long remaining = -1;

void *__real_uhn_allocate(size_t count, size_t size);
void *__wrap_uhn_allocate(size_t count, size_t size);
void *__real_uhn_allocate_unset(size_t count, size_t size);
void *__wrap_uhn_allocate_unset(size_t count, size_t size);

static bool succeeds(void)
{
    long before = atomic_load(&remaining);

    while (before > 0 && !atomic_compare_exchange_weak(&remaining, &before, before - 1))
        continue;
    return before != 0;
}

void *__wrap_uhn_allocate(size_t count, size_t size)
{
    return succeeds() ? __real_uhn_allocate(count, size) : NULL;
}

void *__wrap_uhn_allocate_unset(size_t count, size_t size)
{
    return succeeds() ? __real_uhn_allocate_unset(count, size) : NULL;
}

typedef struct fixture {
    float *rows, *values, *queries, *out;
    uint8_t *bits;
    double *scores;
    uhn_report *reports;
    uhn_memory *memory; /* with values, owned */
    uhn_memory *self;   /* P = M, of ±1 */
    uhn_sdm *sdm;
    uhn_options options;
} fixture;

static void open_fixture(fixture *f)
{
    test_random random = {99};
    const uhn_sdm_options sdm = {.locations = 50, .radius = 5, .counter_bits = 16, .seed = 3};
    float *bipolar;

    memset(f, 0, sizeof *f);
    f->rows = random_positive(&random, (ROWS + 50) * DIM);
    f->values = random_signed(&random, (ROWS + 50) * VALUE_DIM);
    f->queries = random_positive(&random, QUERIES * DIM);
    f->out = test_allocate(QUERIES * DIM, sizeof *f->out);
    f->bits = random_bytes(&random, ROWS * 2);
    for (size_t i = 1; i < ROWS * 2; i += 2)
        f->bits[i] &= 0xf0;
    f->scores = test_allocate(QUERIES * ROWS, sizeof *f->scores);
    f->reports = test_allocate(QUERIES, sizeof *f->reports);
    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, VALUE_DIM, &f->memory));
    check_ok(uhn_memory_add(f->memory, f->rows, ROWS, 0, f->values, 0));
    check_ok(uhn_memory_create(UHN_FLOAT32, DIM, 0, &f->self));
    bipolar = random_binary(&random, ROWS * DIM);
    for (size_t i = 0; i < ROWS * DIM; i++)
        bipolar[i] = 2 * bipolar[i] - 1;
    check_ok(uhn_memory_add(f->self, bipolar, ROWS, 0, NULL, 0));
    free(bipolar);
    check_ok(uhn_sdm_create(&sdm, DIM, DIM, NULL, &f->sdm));
    check_ok(uhn_sdm_write(f->sdm, f->bits, f->bits, 30));
    uhn_options_default(&f->options);
}

static void close_fixture(fixture *f)
{
    uhn_memory_destroy(f->memory);
    uhn_memory_destroy(f->self);
    uhn_sdm_destroy(f->sdm);
    free(f->rows);
    free(f->values);
    free(f->queries);
    free(f->out);
    free(f->bits);
    free(f->scores);
    free(f->reports);
}

/* Everything that a program can see of the fixture's objects, as one number. */
static uint64_t visible_state(const fixture *f)
{
    uint64_t hash = 1469598103934665603U;
    float row[DIM];
    int32_t counters[DIM];

#define MIX(object)                                                                                                    \
    for (size_t at = 0; at < sizeof(object); at++)                                                                     \
    hash = (hash ^ ((const unsigned char *)&(object))[at]) * 1099511628211U

    for (size_t i = 0; i < uhn_memory_count(f->memory); i++) {
        check_ok(uhn_memory_row(f->memory, i, row));
        MIX(row);
        check_ok(uhn_memory_value(f->memory, i, row));
        MIX(row[0]);
    }
    for (size_t i = 0; i < uhn_memory_count(f->self); i++) {
        check_ok(uhn_memory_row(f->self, i, row));
        MIX(row);
    }
    for (size_t i = 0; i < 50; i++) {
        check_ok(uhn_sdm_counters(f->sdm, i, counters));
        MIX(counters);
    }
#undef MIX
    return hash;
}

static long failures_seen;

/* Runs `call` on a fresh fixture with the k-th allocation failing, k = 1, 2, … */
static void check_call(const char *name, uhn_status (*call)(fixture *f), bool must_allocate)
{
    for (long k = 0; k < GIVE_UP; k += k < 3 ? 1 : (long)unless_short(1, 10)) {
        fixture f;
        uhn_status status;
        uint64_t before;

        open_fixture(&f);
        before = visible_state(&f);
        atomic_store(&remaining, k);
        status = call(&f);
        atomic_store(&remaining, -1);
        if (status == UHN_OK) {
            close_fixture(&f);
            if (must_allocate && k == 0)
                fail_msg("%s allocates nothing", name);
            failures_seen += k;
            return;
        }
        if (status != UHN_ERROR_OUT_OF_MEMORY || uhn_error_detail()[0] == '\0')
            fail_msg("%s, allocation %ld fails: %s (%s)", name, k + 1, uhn_status_text(status), uhn_error_detail());
        if (visible_state(&f) != before)
            fail_msg("%s, allocation %ld fails: the objects have changed", name, k + 1);
        if (call(&f) != UHN_OK)
            fail_msg("%s does not work after a failure: %s", name, uhn_error_detail());
        close_fixture(&f);
    }
    fail_msg("%s still fails after %d allocations", name, GIVE_UP);
}

/* ---- the calls */

static uhn_status call_create(fixture *f)
{
    uhn_memory *memory = NULL;
    uhn_status status = uhn_memory_create(UHN_BITS, 9, 2, &memory);

    (void)f;
    uhn_memory_destroy(memory);
    return status;
}

static uhn_status call_borrow(fixture *f)
{
    uhn_memory *memory = NULL;
    uhn_status status = uhn_memory_borrow(UHN_FLOAT32, f->rows, ROWS, DIM, 0, f->values, VALUE_DIM, 0, &memory);

    uhn_memory_destroy(memory);
    return status;
}

static uhn_status call_add(fixture *f)
{
    uhn_status status = UHN_OK;

    /* Enough batches to make the memory grow. */
    for (size_t i = 0; i < 40 && status == UHN_OK; i++)
        status = uhn_memory_add(f->memory, f->rows, ROWS, 0, f->values, 0);
    if (status != UHN_OK) { /* what came before the failure was asked for; only the failed batch must have no effect */
        size_t extra = uhn_memory_count(f->memory) - ROWS, *indices = test_allocate(extra, sizeof *indices);

        assert_int_equal(uhn_memory_count(f->memory) % ROWS, 0);
        atomic_store(&remaining, -1);
        for (size_t i = 0; i < extra; i++)
            indices[i] = ROWS + i;
        check_ok(uhn_memory_remove(f->memory, indices, extra));
        free(indices);
    }
    return status;
}

static uhn_status call_update(fixture *f)
{
    return uhn_memory_update(f->memory, 5, f->rows + ROWS * DIM, f->values + ROWS * VALUE_DIM);
}

static uhn_status call_remove(fixture *f)
{
    size_t indices[ROWS - 10];

    for (size_t i = 0; i < ROWS - 10; i++)
        indices[i] = ROWS - 1 - i;
    return uhn_memory_remove(f->memory, indices, ROWS - 10);
}

static uhn_status recall_with(fixture *f, const char *similarity, const char *separation)
{
    const uhn_options kept = f->options;

    catalogue_options(similarity, separation, &f->options);
    f->options.threads = kept.threads;
    f->options.normalise_scores = kept.normalise_scores;
    f->options.compat_paper = kept.compat_paper;
    f->options.observed = kept.observed;
    return uhn_recall(f->memory, f->queries, QUERIES, 0, &f->options, f->out, 0, f->reports);
}

static uhn_status call_recall(fixture *f)
{
    return uhn_recall(f->memory, f->queries, QUERIES, 0, NULL, f->out, 0, f->reports);
}

static uhn_status call_recall_threads(fixture *f)
{
    f->options.threads = 3;
    return recall_with(f, "correlation", "entmax:alpha=1.25,beta=0.1");
}

static uhn_status call_recall_bound(fixture *f)
{
    return recall_with(f, "manhattan", "sdm-circle:radius=4");
}

static uhn_status call_recall_normalised(fixture *f)
{
    f->options.normalise_scores = true;
    return recall_with(f, "laplace", "softmax:beta=100");
}

static uhn_status call_recall_paper(fixture *f)
{
    f->options.normalise_scores = f->options.compat_paper = true;
    return recall_with(f, "cosine", "log");
}

static uhn_status call_recall_masked(fixture *f)
{
    static const uint8_t mask[DIM] = {1, 1, 0, 1, 0, 1, 1, 1, 1};

    f->options.observed = mask;
    return recall_with(f, "kl", "top-k-softmax:k=50");
}

static uhn_status update_with(fixture *f, const char *preset, uhn_memory *memory)
{
    float queries[QUERIES * DIM];

    for (size_t i = 0; i < QUERIES * DIM; i++)
        queries[i] = f->queries[i] < 0.5F ? -1 : 1;
    check_ok(uhn_choose_preset(&f->options, preset, DIM));
    f->options.steps = 3;
    return uhn_recall(memory, queries, QUERIES, 0, &f->options, f->out, 0, f->reports);
}

static uhn_status call_iterate(fixture *f)
{
    return update_with(f, "mchn:beta=0.5", f->self);
}

static uhn_status call_synchronous(fixture *f)
{
    return update_with(f, "hopfield:update=sync", f->self);
}

static uhn_status call_asynchronous(fixture *f)
{
    return update_with(f, "hopfield:update=async,diagonal=zero", f->self);
}

static uhn_status call_dense(fixture *f)
{
    return update_with(f, "dam", f->self);
}

/* ±1 in both layers, made anew because failing to make it is the test's affair, not the call's. */
static uhn_status call_bidirectional(fixture *f)
{
    float rows[30 * DIM], values[30 * VALUE_DIM];
    uhn_memory *memory = NULL;
    uhn_status status;
    long limit = atomic_exchange(&remaining, -1);

    for (size_t i = 0; i < 30 * DIM; i++)
        rows[i] = f->rows[i] < 0.5F ? -1 : 1;
    for (size_t i = 0; i < 30 * VALUE_DIM; i++)
        values[i] = f->values[i] < 0 ? -1 : 1;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, 30, DIM, 0, values, VALUE_DIM, 0, &memory));
    atomic_store(&remaining, limit);
    status = update_with(f, "bam", memory);
    atomic_store(&remaining, -1);
    uhn_memory_destroy(memory);
    return status;
}

static uhn_status call_sdm_recall(fixture *f)
{
    uhn_memory *memory = NULL;
    uhn_status status;
    long limit = atomic_exchange(&remaining, -1);

    check_ok(uhn_memory_borrow(UHN_BITS, f->bits, ROWS, DIM, 0, NULL, 0, 0, &memory));
    for (size_t i = 0; i < QUERIES * DIM; i++)
        f->queries[i] = f->queries[i] < 0.5F ? 0 : 1;
    check_ok(uhn_choose_preset(&f->options, "sdm:locations=60,radius=4", DIM));
    atomic_store(&remaining, limit);
    status = uhn_recall(memory, f->queries, QUERIES, 0, &f->options, f->out, 0, f->reports);
    atomic_store(&remaining, -1);
    uhn_memory_destroy(memory);
    return status;
}

static uhn_status call_scores(fixture *f)
{
    return uhn_scores(f->memory, f->queries, QUERIES, 0, NULL, f->scores, NULL);
}

static uhn_status call_weights(fixture *f)
{
    for (size_t i = 0; i < QUERIES * ROWS; i++)
        f->scores[i] = -(double)(i % 97);
    check_ok(uhn_choose_separation(&f->options, "sparsemax:beta=0.01"));
    return uhn_weights(f->memory, f->scores, QUERIES, &f->options, f->scores, NULL);
}

static uhn_status call_project(fixture *f)
{
    for (size_t i = 0; i < QUERIES * ROWS; i++)
        f->scores[i] = 1;
    return uhn_project(f->memory, f->scores, QUERIES, &f->options, f->out, 0);
}

static uhn_status call_top_k(fixture *f)
{
    return uhn_top_k(f->memory, f->queries, QUERIES, 0, NULL, 30, NULL, f->scores, NULL);
}

static uhn_status call_sdm_create(fixture *f)
{
    const uhn_sdm_options options = {.locations = 20, .radius = 3, .counter_bits = 8, .seed = 1};
    uhn_sdm *sdm = NULL;
    uhn_status status = uhn_sdm_create(&options, DIM, DIM, f->bits, &sdm);

    uhn_sdm_destroy(sdm);
    if (status == UHN_OK) {
        status = uhn_sdm_create(&options, DIM, DIM, NULL, &sdm);
        uhn_sdm_destroy(status == UHN_OK ? sdm : NULL);
    }
    return status;
}

static uhn_status call_sdm_write(fixture *f)
{
    return uhn_sdm_write(f->sdm, f->bits, f->bits, 40);
}

static uhn_status call_sdm_erase(fixture *f)
{
    return uhn_sdm_erase(f->sdm, f->bits, f->bits, 30);
}

static uhn_status call_sdm_read(fixture *f)
{
    int64_t sums[QUERIES * DIM];
    size_t active[QUERIES];

    return uhn_sdm_read(f->sdm, f->bits, QUERIES, sums, active);
}

static uhn_status call_find(fixture *f)
{
    uhn_status status = uhn_choose_similarity(&f->options, "minkowski:p=4");

    return status == UHN_OK ? uhn_choose_preset(&f->options, "mchn:beta=3", DIM) : status;
}

static void test_calls(void **state)
{
    static const struct {
        const char *name;
        uhn_status (*call)(fixture *f);
        bool must_allocate;
    } calls[] = {
        {"uhn_memory_create", call_create, true},
        {"uhn_memory_borrow", call_borrow, true},
        {"uhn_memory_add", call_add, true},
        {"uhn_memory_update", call_update, false},
        {"uhn_memory_remove", call_remove, false},
        {"uhn_recall", call_recall, true},
        {"uhn_recall with threads", call_recall_threads, true},
        {"uhn_recall with a bound separation", call_recall_bound, true},
        {"uhn_recall with normalised scores", call_recall_normalised, true},
        {"uhn_recall of the paper", call_recall_paper, true},
        {"uhn_recall with a mask", call_recall_masked, true},
        {"uhn_recall, iterated", call_iterate, true},
        {"uhn_recall, synchronous", call_synchronous, true},
        {"uhn_recall, asynchronous", call_asynchronous, true},
        {"uhn_recall, dense associative memory", call_dense, true},
        {"uhn_recall, bidirectional", call_bidirectional, true},
        {"uhn_recall, sparse distributed memory", call_sdm_recall, true},
        {"uhn_scores", call_scores, false},
        {"uhn_weights", call_weights, true},
        {"uhn_project", call_project, false},
        {"uhn_top_k", call_top_k, true},
        {"uhn_sdm_create", call_sdm_create, true},
        {"uhn_sdm_write", call_sdm_write, false},
        {"uhn_sdm_erase", call_sdm_erase, false},
        {"uhn_sdm_read", call_sdm_read, false},
        {"uhn_choose_similarity and preset", call_find, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        check_call(calls[i].name, calls[i].call, calls[i].must_allocate);
    print_message("%ld allocations made to fail\n", failures_seen);
}

/* Every separation of the table has a state of its own that may grow. */
static const char *similarity_now, *separation_now;

static uhn_status call_pair(fixture *f)
{
    if (strcmp(similarity_now, "hamming") != 0)
        return recall_with(f, similarity_now, separation_now);
    catalogue_options(similarity_now, separation_now, &f->options);
    for (size_t i = 0; i < QUERIES * DIM; i++)
        f->queries[i] = f->queries[i] < 0.5F ? 0 : 1;
    return uhn_recall(f->self, f->queries, QUERIES, 0, &f->options, f->out, 0, f->reports);
}

static void test_every_row(void **state)
{
    (void)state;
    similarity_now = "manhattan";
    for (size_t i = 0; (separation_now = catalogue_separation(i)) != NULL; i++)
        check_call(separation_now, call_pair, true);
    separation_now = "softmax";
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i++) {
        similarity_now = uhn_similarity_at(i)->name;
        check_call(similarity_now, call_pair, true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_calls), cmocka_unit_test(test_every_row)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
