/* SPDX-License-Identifier: MIT
 * Several threads of a program's own recall from one memory at the same time, each with one thread of the library: the
 * answers are those of one after the other. What recalls keep with a memory is made while others look for it. In the
 * preset tsan the thread sanitizer watches. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"

enum { THREADS = 4, ROUNDS = 3, ROWS = 96, DIM = 24, QUERIES = 6 };

static const char *const separations[] = {"max", "softmax:beta=2", "entmax:alpha=1.5"};

typedef struct shared {
    const uhn_memory *memory;
    const float *queries;
    uhn_options options;
    pthread_barrier_t start;
} shared;

typedef struct caller {
    shared *with;
    pthread_t thread;
    uhn_status status;
    float out[QUERIES * DIM];
    uhn_report reports[QUERIES];
} caller;

static void *recall(void *argument)
{
    caller *own = argument;
    const shared *with = own->with;
    pthread_barrier_wait(&own->with->start);
    own->status = uhn_recall(with->memory, with->queries, QUERIES, 0, &with->options, own->out, 0, own->reports);
    return NULL;
}

/* All callers at once; a fresh memory knows nothing of its rows yet. */
static void recall_at_once(shared *with, const float *rows, const float *expected)
{
    static caller callers[THREADS];
    uhn_memory *memory = NULL;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, DIM, 0, NULL, 0, 0, &memory));
    with->memory = memory;
    for (size_t i = 0; i < THREADS; i++) {
        callers[i].with = with;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, recall, &callers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
    for (size_t i = 0; i < THREADS; i++) {
        check_ok(callers[i].status);
        assert_int_equal(first_difference_float(callers[i].out, expected, QUERIES * DIM), QUERIES * DIM);
    }
    uhn_memory_destroy(memory);
}

static void check_similarity(const char *similarity, const char *separation, test_random *random)
{
    shared with;
    float expected[QUERIES * DIM], *rows = catalogue_data(similarity, random, ROWS * DIM),
                                   *queries = catalogue_data(similarity, random, QUERIES * DIM);
    uhn_memory *memory = NULL;
    catalogue_options(similarity, separation, &with.options);
    with.options.threads = 1;
    with.queries = queries;
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, ROWS, DIM, 0, NULL, 0, 0, &memory));
    check_ok(uhn_recall(memory, queries, QUERIES, 0, &with.options, expected, 0, NULL));
    uhn_memory_destroy(memory);
    assert_int_equal(pthread_barrier_init(&with.start, NULL, THREADS), 0);
    for (size_t round = 0; round < ROUNDS; round++)
        recall_at_once(&with, rows, expected);
    pthread_barrier_destroy(&with.start);
    free(rows);
    free(queries);
}

static void test_recalls(void **state)
{
    (void)state;
    test_random random = {11};
    for (size_t i = 0; uhn_similarity_at(i); i++)
        for (size_t k = 0; k < sizeof separations / sizeof *separations; k++)
            check_similarity(uhn_similarity_at(i)->name, separations[k], &random);
}

/* Each thread has its own last error. */
static void *refuse(void *argument)
{
    uhn_options options;
    uhn_options_default(&options);
    const char *name = argument;
    for (int i = 0; i < 100; i++)
        if (uhn_choose_similarity(&options, name) != UHN_ERROR_NAME || !strstr(uhn_error_detail(), name))
            return argument;
    return NULL;
}

static void test_errors(void **state)
{
    static char names[THREADS][8] = {"onex", "twox", "threex", "fourx"};
    pthread_t threads[THREADS];
    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, refuse, names[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *wrong;
        assert_int_equal(pthread_join(threads[i], &wrong), 0);
        assert_null(wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recalls), cmocka_unit_test(test_errors)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
