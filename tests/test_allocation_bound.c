/* SPDX-License-Identifier: MIT
 * The bound on the extra memory of a recall that docs/architecture.md states: it holds, and it does not grow with the
 * number of queries times the number of memories. Counts every byte that goes through the allocator's one door. */
#include "uhn/uhn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

void *__real_uhn_allocate(size_t count, size_t size);
void *__wrap_uhn_allocate(size_t count, size_t size);

static size_t allocated; /* bytes since it was last set to 0; nothing is taken off, so the peak is no higher */

void *__wrap_uhn_allocate(size_t count, size_t size)
{
    allocated += count * size + 64;
    return __real_uhn_allocate(count, size);
}

enum { MEMORIES = 6000, DIM = 100, QUERIES = 3000, THREADS = 3 };

static float *noise(size_t count)
{
    float *values = malloc(count * sizeof *values);
    uint32_t state = 1;
    assert_non_null(values);
    for (size_t i = 0; i < count; i++) {
        state = state * 1664525u + 1013904223u;
        values[i] = (float)(state >> 8) / 16777216.0f;
    }
    return values;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The formula of docs/architecture.md. */
static size_t bound(const uhn_options *options, size_t queries)
{
    const size_t chunks = 6 /* of 1,024 memories */, entry = sizeof(uhn_selected), header = 512;
    const size_t chunk_state = header + options->separation->state_size(options->separation_parameters, 1024);
    const size_t total_state = header + options->separation->state_size(options->separation_parameters, MEMORIES);
    const size_t wave = larger((size_t)32 << 20, (4 * THREADS + chunks) * (chunk_state + 8 * DIM));
    const size_t sums = (16 * THREADS * 4 + 16 * chunks) * chunks * entry;
    const size_t thread = 8 * DIM + 64 * (4 * DIM + 64) + total_state + 2 * 8 * DIM + 4096;
    const size_t states = options->steps > 1 ? larger(0, queries < 1024 ? queries : 1024) * (3 * 4 * DIM + 256) : 0;
    return wave + sums + THREADS * thread + states;
}

static size_t bytes_of_recall(const uhn_memory *memory, const float *queries, size_t count, const uhn_options *options)
{
    float *out = malloc(count * DIM * sizeof *out);
    assert_non_null(out);
    allocated = 0;
    assert_int_equal(uhn_recall(memory, queries, count, 0, options, out, 0, NULL), UHN_OK);
    free(out);
    return allocated;
}

static void extra_memory_is_bounded(void **state)
{
    (void)state;
    static const char *const separations[] = {"softmax:beta=0.1", "max", "top-k-softmax:k=50", "sparsemax:beta=0.1",
                                              "entmax:alpha=1", "polynomial"};
    float *rows = noise((size_t)MEMORIES * DIM), *queries = noise((size_t)QUERIES * DIM);
    uhn_memory *memory;
    assert_int_equal(uhn_memory_borrow(UHN_FLOAT32, rows, MEMORIES, DIM, 0, NULL, 0, 0, &memory), UHN_OK);
    for (size_t i = 0; i < sizeof separations / sizeof *separations; i++)
        for (size_t steps = 1; steps <= 2; steps++) {
            uhn_options options;
            uhn_options_default(&options);
            assert_int_equal(uhn_choose_separation(&options, separations[i]), UHN_OK);
            options.steps = steps;
            options.threads = THREADS;
            const size_t some = bytes_of_recall(memory, queries, 1100, &options);
            const size_t many = bytes_of_recall(memory, queries, QUERIES, &options);
            print_message("%s, %zu steps: %zu bytes for 1,100 queries, %zu for %d\n", separations[i], steps, some, many,
                          QUERIES);
            if (steps == 1) /* one wave's room serves all waves */
                assert_int_equal(many, some);
            assert_true(many <= bound(&options, QUERIES) * (steps == 1 ? 1 : 6));
        }
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(extra_memory_is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
