/* SPDX-License-Identifier: MIT
 * The bound on the extra memory of a recall that docs/architecture.md states: it holds, it does not grow with the
 * number of queries times the number of memories, and it is small for a large batch. Counts every byte that goes
 * through the allocator's one door. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/catalogue.h"
#include "support/length.h"

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's option --wrap chooses these names */
void *__real_uhn_allocate(size_t count, size_t size);
void *__wrap_uhn_allocate(size_t count, size_t size);
void *__real_uhn_allocate_unset(size_t count, size_t size);
void *__wrap_uhn_allocate_unset(size_t count, size_t size);
void __real_uhn_release(void *block);
void __wrap_uhn_release(void *block);

/* The blocks that are in use; recalls allocate in the calling thread only. */
enum { BLOCKS_MAX = 64 };
static struct {
    void *block;
    size_t bytes;
} blocks[BLOCKS_MAX];
static size_t in_use, peak;

static size_t find_block(const void *block)
{
    for (size_t i = 0; i < BLOCKS_MAX; i++)
        if (blocks[i].block == block)
            return i;
    fail_msg("%s", block ? "a block was released that nobody allocated" : "too many blocks are in use");
    return 0;
}

static void *counted(void *block, size_t bytes)
{
    if (block != NULL) {
        const size_t i = find_block(NULL);

        blocks[i].block = block;
        blocks[i].bytes = bytes;
        in_use += bytes;
        peak = in_use > peak ? in_use : peak;
    }
    return block;
}

void *__wrap_uhn_allocate(size_t count, size_t size)
{
    return counted(__real_uhn_allocate(count, size), count * size);
}

void *__wrap_uhn_allocate_unset(size_t count, size_t size)
{
    return counted(__real_uhn_allocate_unset(count, size), count * size);
}

void __wrap_uhn_release(void *block)
{
    if (block != NULL) {
        const size_t i = find_block(block);

        blocks[i].block = NULL;
        in_use -= blocks[i].bytes;
    }
    __real_uhn_release(block);
}
/* NOLINTEND(bugprone-reserved-identifier) */

enum { MEBIBYTE = 1 << 20 };

typedef struct recall_shape {
    size_t count, dim, value_dim; /* N, D, O */
    size_t queries;
    uhn_storage storage;
    bool own_values; /* else P = M, and O = D */
    bool masked;
} recall_shape;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* ⌈bytes⌉ of the document. */
static size_t lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

/* A(n): an accumulator for n memories. */
static size_t accumulator(const uhn_options *options, size_t n, size_t value_dim)
{
    const uhn_separation *separation = options->separation;

    return 128 + lines(separation->state_size(options->separation_parameters, n)) +
           (separation->selects ? 0 : lines(8 * value_dim));
}

/* S: what a thread reads rows and queries with. */
static size_t thread_room(const recall_shape *shape)
{
    const size_t row = lines(4 * shape->dim), longest = lines(4 * larger(shape->dim, shape->value_dim));

    return 2 * MEBIBYTE + lines(8 * shape->dim) + 66 * longest + larger(6 * MEBIBYTE, 32 * row) +
           larger(12 * MEBIBYTE, 48 * longest);
}

/* The formula of docs/architecture.md, "Extra memory". */
static size_t bound(const uhn_options *options, const recall_shape *shape)
{
    const size_t n = shape->count, value_dim = shape->value_dim;
    const size_t parts = (n + 1023) / 1024 < 32 ? (n + 1023) / 1024 : 32, even = (n + parts - 1) / parts;
    const size_t rows = (even + 15) / 16 * 16, chunks = (n + rows - 1) / rows;
    const size_t threads = (size_t)options->threads, groups = (4 * threads + chunks - 1) / chunks;
    const size_t wave = groups * chunks * accumulator(options, rows < n ? rows : n, value_dim);
    const size_t crowd = shape->queries < 1024 ? shape->queries : 1024;

    return larger(24 * MEBIBYTE, wave) +
           threads * (thread_room(shape) + accumulator(options, n, value_dim) + lines(8 * value_dim)) +
           20 * 1024 * larger(groups, threads) * chunks + (options->steps > 1 ? crowd * (12 * shape->dim + 112) : 0);
}

/* Queries that hold a NaN are not answered: they are given the same room, and nothing is computed. */
static float *unanswered(size_t queries, size_t dim)
{
    float *x = test_allocate(queries * dim, sizeof *x);

    for (size_t q = 0; q < queries; q++)
        x[q * dim] = NAN;
    return x;
}

/* The peak of one recall, without what the memory keeps of it. */
static size_t measure(const uhn_options *given, const recall_shape *shape, bool answered)
{
    const size_t n = shape->count, dim = shape->dim, value_dim = shape->value_dim;
    test_random random = {n + shape->queries};
    void *rows = test_allocate(n, uhn_row_bytes(shape->storage, dim));
    float *queries = answered ? random_positive(&random, shape->queries * dim) : unanswered(shape->queries, dim);
    float *values = shape->own_values ? test_allocate(n * value_dim, sizeof *values) : NULL;
    float *out = test_allocate(shape->queries * value_dim, sizeof *out);
    uint8_t *mask = test_allocate(dim, 1);
    uhn_memory *memory = NULL;
    uhn_options options = *given;

    mask[0] = mask[dim - 1] = 1;
    options.observed = shape->masked ? mask : NULL;
    check_ok(uhn_memory_borrow(shape->storage, rows, n, dim, 0, values, value_dim, 0, &memory));
    const size_t before = peak = in_use;
    check_ok(uhn_recall(memory, queries, shape->queries, 0, &options, out, 0, NULL));
    const size_t left = in_use - before, taken = peak - before - left;
    if (strcmp(options.similarity->name, "kl") == 0 && !shape->masked)
        assert_int_equal(left, 8 + 24 * n);
    else
        assert_int_equal(left, 0);
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
    free(values);
    free(out);
    free(mask);
    return taken;
}

static const char *const separations[] = {"softmax:beta=0.1", "max",       "max-uniform", "top-k-softmax:k=3000",
                                          "entmax:alpha=1",   "polynomial"};

enum { SEPARATIONS = sizeof separations / sizeof separations[0] };

static void check_formula(const uhn_options *options, const recall_shape *shape, bool answered)
{
    const size_t taken = measure(options, shape, answered), allowed = bound(options, shape);

    if (taken > allowed)
        fail_msg("%s, %s, storage %d, N = %zu, D = %zu, O = %zu, %zu queries%s, %zu steps, %d threads: %zu bytes, "
                 "above %zu",
                 options->similarity->name, options->separation->name, (int)shape->storage, shape->count, shape->dim,
                 shape->value_dim, shape->queries, shape->masked ? " with a mask" : "", options->steps,
                 options->threads, taken, allowed);
}

/* N, D, O, queries; the last ones fill a wave, or have accumulators too large for 20 MiB. */
static void test_formula(void **state)
{
    static const size_t sizes[][4] = {{1, 1, 1, 1},     {20, 40, 3, 300}, {1500, 8, 70, 100}, {40, 6, 6, 1100},
                                      {5000, 3, 9, 60}, {40000, 2, 2, 4}, {3, 2, 300000, 24}};

    (void)state;
    for (size_t i = 0; i < SEPARATIONS; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
            for (int threads = 1; threads <= 5 && is_tried(i + j, 7); threads += 4) {
                const recall_shape shape = {.count = sizes[j][0],
                                            .dim = sizes[j][1],
                                            .value_dim = sizes[j][2],
                                            .queries = sizes[j][3],
                                            .own_values = true};
                uhn_options options;

                catalogue_options("manhattan", separations[i], &options);
                options.threads = threads;
                check_formula(&options, &shape, true);
                options.steps = shape.dim == shape.value_dim ? 3 : 1;
                if (options.steps > 1)
                    check_formula(&options, &shape, true);
            }
}

/* Every similarity, as its forms have rooms of their own: rows that are packed, expanded, masked, long and short. */
static void test_rooms(void **state)
{
    static const recall_shape shapes[] = {
        {.count = 1100, .dim = 3072, .value_dim = 3072, .queries = 300},
        {.count = 40, .dim = 100000, .value_dim = 100000, .queries = 5},
        {.count = 40000, .dim = 2, .value_dim = 2, .queries = 2200},
        {.count = 520, .dim = 3, .value_dim = 9000, .queries = 1100, .own_values = true},
    };

    (void)state;
    for (size_t i = 0; uhn_similarity_at(i) != NULL; i++)
        for (size_t j = 0; j < sizeof shapes / sizeof shapes[0]; j++) {
            const unsigned ways = uhn_similarity_at(i)->estimates == NULL ? 1 : shapes[j].dim > 10000 ? 2 : 6;

            for (unsigned way = 0; way < ways; way++) {
                recall_shape shape = shapes[j];
                uhn_options options;

                if (!is_tried(i + j + way, 9))
                    continue;
                shape.storage = (uhn_storage)(way % 3);
                shape.masked = (way / 3 + i + j) % 2 != 0;
                catalogue_options(uhn_similarity_at(i)->name, (way + i) % 2 ? "max" : "softmax", &options);
                options.threads = 2;
                check_formula(&options, &shape, false);
            }
        }
}

/* Once a wave is full more queries take no more memory. When they iterate, how many take a step together varies, and
 * with it how they are put into groups, but that is all. */
static void test_queries_do_not_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEPARATIONS; i++)
        for (size_t steps = 1; steps <= 2; steps++) {
            const recall_shape full = {.count = 60, .dim = 4, .value_dim = 4, .queries = 8 * 1024 + 60};
            recall_shape more = full;
            uhn_options options;

            if (!is_tried(i + steps, 5))
                continue;
            more.queries *= 2;
            catalogue_options("manhattan", separations[i], &options);
            options.threads = 2;
            options.steps = steps;
            const size_t taken = measure(&options, &full, true), taken_by_more = measure(&options, &more, true);
            if (taken_by_more > (steps > 1 ? taken + taken / 2 : taken))
                fail_msg("%s, %zu steps: %zu queries take %zu bytes, %zu take %zu", separations[i], steps, full.queries,
                         taken, more.queries, taken_by_more);
        }
}

/* A batch of 1,000 queries of 3,072 numbers with 10,000 memories takes no more than 64 MiB besides the memories: with
 * forms that read rows where they lie, that pack them, and that expand them before. */
static void test_a_large_batch(void **state)
{
    static const char *const similarities[] = {"manhattan", "correlation", "kl", "dot"}, *const chosen[] = {"softmax",
                                                                                                            "max"};

    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (unsigned way = 0; way < 16; way++) {
            const recall_shape shape = {.count = 10000,
                                        .dim = 3072,
                                        .value_dim = 3072,
                                        .queries = way / 8 ? 2000 : 1000,
                                        .storage = way / 4 % 2 ? UHN_UINT8 : UHN_FLOAT32,
                                        .own_values = way / 2 % 2 != 0};
            uhn_options options;

            if (!is_tried(5 * i + way, 16))
                continue;
            catalogue_options(similarities[i], chosen[way % 2], &options);
            options.threads = 2;
            const size_t taken = measure(&options, &shape, false);
            if (taken > 64 * MEBIBYTE || taken > bound(&options, &shape))
                fail_msg("%s, %s, storage %d, %s, %zu queries: %zu bytes", similarities[i], chosen[way % 2],
                         (int)shape.storage, shape.own_values ? "P" : "P = M", shape.queries, taken);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formula),
        cmocka_unit_test(test_rooms),
        cmocka_unit_test(test_queries_do_not_count),
        cmocka_unit_test(test_a_large_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
