/* SPDX-License-Identifier: MIT
 * The projection of many rows for many queries, in every variant that this machine runs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/kernel.h"
#include "support/check.h"
#include "support/fence.h"
#include "support/random_data.h"

enum { ROWS = 300, QUERIES = 41, LONGEST = 1025, WEIGHT_STRIDE = ROWS + 3 };

static const size_t out_dims[] = {0, 1, 2, 3, 5, 8, 15, 16, 17, 31, 33, 47, 48, 49, 63, 65, 127, 257, 784, 1025};
static const size_t row_counts[] = {0, 1, 2, 127, 128, 129, 300};
static const size_t query_counts[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 41};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* Rows that end at fences, weights, and sums at fences too. */
typedef struct setting {
    fence rows_at[ROWS], sums_at[QUERIES];
    const float *rows[ROWS];
    double *sums[QUERIES];
    float weights[QUERIES * WEIGHT_STRIDE];
    size_t out_dim;
} setting;

static setting *make_setting(void)
{
    setting *made = test_allocate(1, sizeof *made);

    for (size_t r = 0; r < ROWS; r++)
        made->rows_at[r] = make_fence(LONGEST * sizeof(float));
    for (size_t q = 0; q < QUERIES; q++)
        made->sums_at[q] = make_fence(LONGEST * sizeof(double));
    return made;
}

static void free_setting(setting *s)
{
    for (size_t r = 0; r < ROWS; r++)
        remove_fence(&s->rows_at[r]);
    for (size_t q = 0; q < QUERIES; q++)
        remove_fence(&s->sums_at[q]);
    free(s);
}

static void draw(setting *s, test_random *random, size_t out_dim)
{
    s->out_dim = out_dim;
    for (size_t r = 0; r < ROWS; r++) {
        float *row = before_fence(&s->rows_at[r], out_dim * sizeof *row);

        for (size_t o = 0; o < out_dim; o++)
            row[o] = (float)random_normal(random);
        s->rows[r] = row;
    }
    for (size_t q = 0; q < QUERIES; q++)
        s->sums[q] = before_fence(&s->sums_at[q], out_dim * sizeof(double));
    for (size_t i = 0; i < LENGTH(s->weights); i++)
        s->weights[i] = random_below(random, 4) ? (float)random_uniform(random) : 0;
}

static double before(size_t query, size_t column)
{
    return 0.25 * (double)query - 0.5 * (double)column;
}

static void project(const uhn_kernels *kernels, setting *s, size_t row_count, size_t first, size_t query_count)
{
    for (size_t q = first; q < first + query_count; q++)
        for (size_t o = 0; o < s->out_dim; o++)
            s->sums[q][o] = before(q, o);
    kernels->project(s->rows, row_count, s->weights + first * WEIGHT_STRIDE, WEIGHT_STRIDE, s->sums + first,
                     query_count, s->out_dim);
}

static void test_bound(void **state)
{
    test_random random = {1};
    setting *s = make_setting();
    const uhn_kernels *kernels;

    (void)state;
    for (size_t d = 0; d < LENGTH(out_dims); d++)
        for (size_t n = 0; n < LENGTH(row_counts); n++) {
            draw(s, &random, out_dims[d]);
            for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
                project(kernels, s, row_counts[n], 0, QUERIES);
                for (size_t i = 0; i < QUERIES * s->out_dim; i++) {
                    const size_t q = i / s->out_dim, o = i % s->out_dim;
                    double sum = before(q, o), magnitude = 0;

                    for (size_t r = 0; r < row_counts[n]; r++) {
                        const double term = (double)s->weights[q * WEIGHT_STRIDE + r] * (double)s->rows[r][o];

                        sum += term;
                        magnitude += fabs(term);
                    }
                    /* The sum above and the additions in float64 cost far less than the last term. */
                    assert_true(fabs(s->sums[q][o] - sum) <=
                                130 * 0x1p-24 * magnitude + 0x1p-43 * (magnitude + fabs(before(q, o))));
                }
            }
        }
    free_setting(s);
}

/* As a query alone. */
static void test_counts(void **state)
{
    test_random random = {2};
    setting *s = make_setting();
    double *alone = test_allocate(QUERIES * LONGEST, sizeof *alone);
    const uhn_kernels *kernels;

    (void)state;
    for (size_t d = 0; d < LENGTH(out_dims); d++) {
        const size_t bytes = out_dims[d] * sizeof(double);

        draw(s, &random, out_dims[d]);
        for (size_t v = 0; (kernels = uhn_kernels_at(v)); v++) {
            for (size_t q = 0; q < QUERIES; q++) {
                project(kernels, s, 130, q, 1);
                memcpy(alone + q * LONGEST, s->sums[q], bytes);
            }
            for (size_t n = 0; n < LENGTH(query_counts); n++) {
                project(kernels, s, 130, 0, query_counts[n]);
                for (size_t q = 0; q < query_counts[n]; q++)
                    if (memcmp(s->sums[q], alone + q * LONGEST, bytes) != 0)
                        fail_msg("%s, out_dim %zu, %zu queries: the sums of query %zu differ from those of it alone",
                                 kernels->isa, out_dims[d], query_counts[n], q);
            }
        }
    }
    free(alone);
    free_setting(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bound), cmocka_unit_test(test_counts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
