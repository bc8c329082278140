/* SPDX-License-Identifier: MIT
 * The bound on the extra memory of a recall that docs/architecture.md states: it holds, and it does not grow with the
 * number of queries times the number of memories. Counts every byte that goes through the allocator's one door. */
#include <stdlib.h>

#include "support/catalogue.h"

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's option --wrap chooses these names */
void *__real_uhn_allocate(size_t count, size_t size);
void *__wrap_uhn_allocate(size_t count, size_t size);
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

void *__wrap_uhn_allocate(size_t count, size_t size)
{
    void *block = __real_uhn_allocate(count, size);

    if (block != NULL) {
        const size_t i = find_block(NULL);

        blocks[i].block = block;
        blocks[i].bytes = count * size;
        in_use += count * size;
        peak = in_use > peak ? in_use : peak;
    }
    return block;
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

/* The formula of docs/architecture.md, "Extra memory". */
static size_t bound(const uhn_options *options, size_t n, size_t dim, size_t value_dim, size_t count)
{
    const size_t rows = larger(1024, ((n + 31) / 32 + 15) / 16 * 16), chunks = (n + rows - 1) / rows;
    const size_t threads = (size_t)options->threads, groups = (4 * threads + chunks - 1) / chunks;
    const size_t wave = groups * chunks * accumulator(options, rows < n ? rows : n, value_dim);
    const size_t scratch = 1088 + lines(8 * dim) + 64 * lines(4 * larger(dim, value_dim));
    const size_t crowd = count < 1024 ? count : 1024;

    return larger((size_t)32 << 20, wave) +
           threads * (scratch + accumulator(options, n, value_dim) + lines(8 * value_dim)) + 256 * groups * chunks +
           64 * groups + (options->steps > 1 ? crowd * (12 * dim + 112) : 0);
}

/* The peak of one recall: count queries from n memories. */
static size_t measure(const uhn_options *options, size_t n, size_t dim, size_t value_dim, size_t count)
{
    test_random random = {n + count};
    float *rows = random_positive(&random, n * dim), *queries = random_positive(&random, count * dim);
    float *values = random_positive(&random, n * value_dim), *out = test_allocate(count * value_dim, sizeof *out);
    uhn_memory *memory = NULL;

    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, n, dim, 0, values, value_dim, 0, &memory));
    const size_t before = peak = in_use;
    check_ok(uhn_recall(memory, queries, count, 0, options, out, 0, NULL));
    const size_t taken = peak - before;
    assert_int_equal(in_use, before);
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
    free(values);
    free(out);
    return taken;
}

static const char *const separations[] = {"softmax:beta=0.1", "max", "top-k-softmax:k=3000", "entmax:alpha=1",
                                          "polynomial"};

enum { SEPARATIONS = sizeof separations / sizeof separations[0] };

static void check_formula(const uhn_options *options, const char *separation, const size_t sizes[4])
{
    const size_t n = sizes[0], dim = sizes[1], value_dim = sizes[2], count = sizes[3];
    const size_t taken = measure(options, n, dim, value_dim, count);
    const size_t allowed = bound(options, n, dim, value_dim, count);

    if (taken > allowed)
        fail_msg("%s, N = %zu, D = %zu, O = %zu, %zu queries, %zu steps, %d threads: %zu bytes, above %zu", separation,
                 n, dim, value_dim, count, options->steps, options->threads, taken, allowed);
}

/* N, D, O, queries; the last ones fill a wave, or have accumulators too large for 32 MiB. */
static void test_formula(void **state)
{
    static const size_t sizes[][4] = {{1, 1, 1, 1},     {20, 40, 3, 300}, {1500, 8, 70, 100}, {40, 6, 6, 1100},
                                      {5000, 3, 9, 60}, {40000, 2, 2, 4}, {3, 2, 300000, 24}};

    (void)state;
    for (size_t i = 0; i < SEPARATIONS; i++)
        for (size_t j = 0; j < sizeof sizes / sizeof sizes[0]; j++)
            for (int threads = 1; threads <= 5; threads += 4) {
                uhn_options options;

                catalogue_options("manhattan", separations[i], &options);
                options.threads = threads;
                check_formula(&options, separations[i], sizes[j]);
                options.steps = sizes[j][1] == sizes[j][2] ? 3 : 1;
                if (options.steps > 1)
                    check_formula(&options, separations[i], sizes[j]);
            }
}

/* Once a wave is full, and 1,024 queries iterate side by side, more queries take no more memory. */
static void test_queries_do_not_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < SEPARATIONS; i++)
        for (size_t steps = 1; steps <= 2; steps++) {
            uhn_options options;

            catalogue_options("manhattan", separations[i], &options);
            options.threads = 2;
            options.steps = steps;
            assert_int_equal(measure(&options, 60, 4, 4, 1300), measure(&options, 60, 4, 4, 1030));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_formula),
        cmocka_unit_test(test_queries_do_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
