/* SPDX-License-Identifier: MIT
 * The fast way to what the paper's code finds against the recall that computes as that code does: the same memory for
 * every query, on images and on all that makes scores infinite, NaN, negative, equal, or nearly so. */
#include "lab/paper_best.h"
#include "data/dataset.h"
#include "support/check.h"
#include "support/length.h"
#include "support/random_data.h"

#include <stdlib.h>
#include <string.h>

enum { N = 70, D = 150, Q = N };

static const char *const similarities[] = {"inverse-sqeuclidean",
                                           "inverse-manhattan",
                                           "normalised-dot",
                                           "kl",
                                           "reverse-kl",
                                           "jensen-shannon",
                                           "dot",
                                           "cosine"};

/* How rows and queries come about. */
typedef void fill_function(test_random *random, float *rows, float *queries);

static void fill_noisy(test_random *random, float *rows, float *queries)
{
    for (size_t i = 0; i < N * D; i++) {
        rows[i] = random_below(random, 3) ? (float)(random_below(random, 256) / 255.0) : 0;
        const double noisy = (double)rows[i] + 0.5 * random_normal(random);
        queries[i] = noisy < 0 ? (float)-noisy : (float)noisy;
        queries[i] = queries[i] > 1 ? 1 : queries[i];
    }
}

/* Half of each query black: some are equal to their memory, some to another one's. */
static void fill_masked(test_random *random, float *rows, float *queries)
{
    fill_noisy(random, rows, queries);
    for (size_t q = 0; q < Q; q++) {
        memcpy(queries + q * D, rows + q * D, D * sizeof(float));
        memset(queries + q * D + D / 2, 0, (D - D / 2) * sizeof(float));
        if (q % 3 == 0)
            memcpy(rows + q * D, queries + q * D, D * sizeof(float));
    }
}

/* Copies of the same images, in pairs; and queries that are equal to them. */
static void fill_duplicates(test_random *random, float *rows, float *queries)
{
    fill_noisy(random, rows, queries);
    for (size_t i = 1; i < N; i += 2)
        memcpy(rows + i * D, rows + (i - 1) * D, D * sizeof(float));
    memcpy(queries, rows, Q * D / 2 * sizeof(float));
}

/* Nearly the same: divergences that are 0, negative, or nearer to each other than float32 tells. */
static void fill_alike(test_random *random, float *rows, float *queries)
{
    for (size_t i = 0; i < N * D; i++) {
        rows[i] = 0.5f + (i % D < 75 ? 0.1f : 0.0f) + 1e-3f * (float)random_uniform(random);
        queries[i] = 0.5f + (i % D < 75 ? 0.1f : 0.0f) + 1e-3f * (float)random_uniform(random);
    }
}

/* Bright images of many pixels' weight: ε is larger than a pixel's share. */
static void fill_scaled(test_random *random, float *rows, float *queries)
{
    fill_noisy(random, rows, queries);
    for (size_t i = 0; i < N * D; i++)
        queries[i] = 0.9f * rows[i] + 0.1f * queries[i];
}

static void fill_zero_row(test_random *random, float *rows, float *queries)
{
    fill_noisy(random, rows, queries);
    memset(rows + 7 * D, 0, D * sizeof(float));
}

static void fill_zero_queries(test_random *random, float *rows, float *queries)
{
    fill_noisy(random, rows, queries);
    for (size_t q = 0; q < Q; q += 4)
        memset(queries + q * D, 0, D * sizeof(float));
}

/* Many equal distances: few values, few of them different. */
static void fill_ties(test_random *random, float *rows, float *queries)
{
    for (size_t i = 0; i < N * D; i++) {
        rows[i] = i % D < 5 && random_below(random, 2) ? 1 : 0.5f;
        queries[i] = i % D < 5 ? (float)random_below(random, 2) : 0.5f;
    }
}

static fill_function *const fills[] = {fill_noisy,  fill_masked,   fill_duplicates,   fill_alike,
                                       fill_scaled, fill_zero_row, fill_zero_queries, fill_ties};

static void compare(size_t fill, test_random *random)
{
    float *rows = test_allocate(N * D, sizeof *rows), *queries = test_allocate(Q * D, sizeof *queries);
    uhn_memory *memory;
    fills[fill](random, rows, queries);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, N, D, 0, NULL, 0, 0, &memory));
    uhn_paper_cell cell = {
        .rows = rows, .count = N, .dim = D, .memory = memory, .queries = queries, .query_count = Q, .threads = 1};
    for (size_t s = 0; s < sizeof similarities / sizeof *similarities; s++) {
        size_t fast[Q], plain[Q];

        if (!is_tried(fill + s, 4))
            continue;
        check_ok(uhn_paper_best(&cell, similarities[s], fast));
        check_ok(uhn_paper_best_plain(&cell, similarities[s], plain));
        for (size_t q = 0; q < Q; q++)
            if (fast[q] != plain[q])
                fail_msg("data %zu, %s, query %zu: memory %zu, but the recall finds %zu", fill, similarities[s], q,
                         fast[q], plain[q]);
    }
    uhn_paper_cell_free(&cell);
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

static void test_same_memories(void **state)
{
    (void)state;
    test_random random = {20};
    for (size_t fill = 0; fill < sizeof fills / sizeof *fills; fill++)
        for (size_t repeat = 0; repeat < unless_short(3, 1); repeat++)
            compare(fill, &random);
}

/* On what experiments see, hardly any query needs the recall. */
static void test_few_doubts(void **state)
{
    (void)state;
    test_random random = {21};
    float *rows = test_allocate(N * D, sizeof *rows), *queries = test_allocate(Q * D, sizeof *queries);
    uhn_memory *memory;
    size_t best[Q];
    fill_noisy(&random, rows, queries);
    check_ok(uhn_memory_borrow(UHN_FLOAT32, rows, N, D, 0, NULL, 0, 0, &memory));
    uhn_paper_cell cell = {
        .rows = rows, .count = N, .dim = D, .memory = memory, .queries = queries, .query_count = Q, .threads = 1};
    for (size_t s = 0; s < 6; s++)
        check_ok(uhn_paper_best(&cell, similarities[s], best));
    assert_true(cell.doubtful == 0);
    uhn_paper_cell_free(&cell);
    uhn_memory_destroy(memory);
    free(rows);
    free(queries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_memories),
        cmocka_unit_test(test_few_doubts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
